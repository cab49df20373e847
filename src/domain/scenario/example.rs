//! Labels that a playbook is meant for, made up from what it says of them.

use crate::domain::matcher::{LabelSet, Matcher};
use regex_syntax::hir::{Class, Hir, HirKind};
use std::collections::BTreeMap;

/// More would not be a label that anybody reads.
const LONGEST: usize = 200;

/// Labels that the set matches; `None` where none are found.
pub fn labels(set: &LabelSet) -> Option<BTreeMap<String, String>> {
    let value = |matcher: &Matcher| match matcher {
        Matcher::Equal(text) => Some(text.clone()),
        Matcher::Like(_) => like(matcher),
    };
    let all = set.0.iter().map(|(name, matcher)| Some((name.clone(), value(matcher)?)));
    all.collect::<Option<BTreeMap<_, _>>>().filter(|labels| set.matches(|name| labels.get(name).map(String::as_str)))
}

/// The fullest text first: `Postgres(ql)?Down` rather reads `PostgresqlDown`, and `prod.*` rather `prod`.
fn like(matcher: &Matcher) -> Option<String> {
    let expression = matcher.to_string();
    let hir = regex_syntax::parse(expression.strip_prefix('~')?).ok()?;
    let mut text = String::new();
    write(&hir, &mut text)?;
    matcher.matches(&text).then_some(text)
}

/// `None` where it would grow too long.
fn write(hir: &Hir, text: &mut String) -> Option<()> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(member(class)?),
        HirKind::Repetition(repeated) => {
            // What may be left out is written where it is a word, and left out where it is anything at all.
            let words = matches!(repeated.sub.kind(), HirKind::Capture(_) | HirKind::Literal(_));
            let times = if words && repeated.max == Some(1) { 1 } else { repeated.min };
            for _ in 0..times {
                write(&repeated.sub, text)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, text))?,
        HirKind::Alternation(ways) => write(ways.first()?, text)?,
    }
    (text.len() <= LONGEST).then_some(())
}

/// A letter or a digit of it, else whatever comes first.
fn member(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect(),
    };
    let has = |wanted: &char| ranges.iter().any(|(from, to)| (from..=to).contains(&wanted));
    ['a', 'A', '1'].into_iter().find(has).or_else(|| ranges.first().map(|(from, _)| *from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_for_whatever_a_playbook_says() {
        let found = |text: &str| like(&Matcher::parse(text).expect("an expression"));
        assert_eq!(found("~Postgres(ql)?(Primary)?Down").as_deref(), Some("PostgresqlPrimaryDown"));
        assert_eq!(found("~prod.*|staging|lab").as_deref(), Some("prod"));
        assert_eq!(found("~db-[0-9]{2}").as_deref(), Some("db-11"));
        assert_eq!(found("~(?i)down").as_deref().map(str::to_ascii_lowercase).as_deref(), Some("down"));
        assert_eq!(found("~a{5000}"), None, "nobody reads that");
        assert_eq!(found("~[a&&b]"), None, "nothing matches");
    }

    #[test]
    fn labels_that_do_not_match_are_none() {
        let set = LabelSet(vec![("a".to_owned(), Matcher::parse("x").expect("a matcher"))]);
        assert_eq!(labels(&set), Some([("a".to_owned(), "x".to_owned())].into()));
        assert_eq!(labels(&LabelSet::default()), None, "an empty set matches nothing");
    }
}
