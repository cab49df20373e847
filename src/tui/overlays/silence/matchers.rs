//! Matchers as they are typed and shown: `job="db" instance=~"db-.*", env!=test`. A name that is no word is quoted, too. What no terminal
//! may be told stands there as `\n` or `\u{202e}`: with a picture in its place the matchers would hide another alert than the one that is meant.

use crate::domain::alert::{Cover, SilenceMatcher};
use crate::domain::text::inert;
use crate::tui::canvas::fit;
use std::borrow::Cow;

/// As they stand in a field, to be changed there.
pub fn written(matchers: &[SilenceMatcher]) -> String {
    matchers.iter().map(text).collect::<Vec<_>>().join(" ")
}

fn text(matcher: &SilenceMatcher) -> String {
    let name = matcher.name.raw();
    let word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_.:/-".contains(c));
    let name = if word { Cow::Borrowed(name) } else { quoted(name).into() };
    format!("{name}{}{}", matcher.sign(), quoted(matcher.value.raw()))
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if matches!(inert(c.encode_utf8(&mut [0; 4])), Cow::Borrowed(_)) => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
    }
    out + "\""
}

/// `{job="db", instance=~"db-.*"}`.
pub fn show(matchers: &[SilenceMatcher]) -> String {
    format!("{{{}}}", matchers.iter().map(text).collect::<Vec<_>>().join(", "))
}

/// The same to be looked at: a label of ten thousand characters would push the rest off the screen.
pub fn told(matchers: &[SilenceMatcher]) -> String {
    fit(&show(matchers), 400).into_owned()
}

/// Reads `job="db" instance=~"db-.*", env!=test`.
pub fn parse(text: &str) -> Result<Vec<SilenceMatcher>, String> {
    let mut matchers = Vec::new();
    let mut rest = text.trim_start_matches([' ', ',', '{', '}']);
    while !rest.is_empty() {
        let (matcher, tail) = one(rest)?;
        matchers.push(matcher);
        rest = tail.trim_start_matches([' ', ',', '}']);
    }
    Ok(matchers)
}

fn one(text: &str) -> Result<(SilenceMatcher, &str), String> {
    let wrong = || format!("`{text}`: write name=\"value\", name=~\"regex\", name!=\"value\" or name!~\"regex\".");
    let (name, rest) = match text.starts_with('"') {
        true => value(text).ok_or_else(wrong)?,
        false => text.find(['=', '!']).map(|at| (text[..at].trim().to_owned(), &text[at..])).ok_or_else(wrong)?,
    };
    let rest = rest.trim_start();
    let signs = [("=~", true, true), ("!~", false, true), ("!=", false, false), ("=", true, false)];
    let (sign, equal, regex) = signs.into_iter().find(|(sign, _, _)| rest.starts_with(sign)).ok_or_else(wrong)?;
    let (value, tail) = value(&rest[sign.len()..]).ok_or_else(wrong)?;
    if name.is_empty() {
        return Err(wrong());
    }
    let matcher = SilenceMatcher { name: name.into(), value: value.into(), regex, equal };
    Cover::of(std::slice::from_ref(&matcher))?;
    Ok((matcher, tail))
}

/// A quoted value, or a word.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(inner) = text.strip_prefix('"') else {
        let end = text.find([' ', ',', '}']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let (mut value, mut chars) = (String::new(), inner.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &inner[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                'u' => {
                    let (code, _) = inner[at + 2..].strip_prefix('{')?.split_once('}')?;
                    value.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
                    chars.by_ref().take(code.len() + 2).for_each(drop);
                }
                c @ ('"' | '\\') => value.push(c),
                // An expression that was typed as it is: `db-\d+`.
                c => value.extend(['\\', c]),
            },
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::Labels;

    #[test]
    fn matchers_are_read_as_they_are_shown() {
        let matchers = parse(r#"job="db", instance=~"db-[0-9]+" env!=test path!~"/a b/.*\"x\"""#).expect("four");
        assert_eq!(matchers.len(), 4);
        assert_eq!(parse(&show(&matchers)), Ok(matchers));
        let names = parse(r#"my.label="x" "größe 🦀"!="1", "a=\"b\\"=~"c""#).expect("three");
        assert_eq!(names.iter().map(|it| it.name.raw()).collect::<Vec<_>>(), ["my.label", "größe 🦀", "a=\"b\\"]);
        assert_eq!(parse(&show(&names)), Ok(names));
        let hostile = "New\nline \u{1b}[2J \u{202e}txet\u{200b} \u{1f1e9} \\u{41} \\n";
        let labels = Labels::new(vec![("alertname".into(), hostile.into()), ("instance".into(), "x".repeat(10_240).into())]);
        let exact = written(&labels.exactly());
        assert!(exact.contains(r#"alertname="New\nline \u{1b}[2J \u{202e}txet\u{200b} \u{1f1e9} \\u{41} \\n""#), "{exact}");
        assert_eq!(parse(&exact), Ok(labels.exactly()), "what is hidden is what was meant, whatever its text");
        assert_eq!(parse(r#"host=~"db-\d+\.eu""#).expect("one")[0].value.raw(), r"db-\d+\.eu");
        for text in [
            r#"a="\u{}""#,
            r#"a="\u{d800}""#,
            r#"a="\u{41""#,
            r#"a="\u41""#,
            r#"a="\"#,
            "job",
            "=x",
            "\"\"=x",
            "\"job=x",
            "\"a\"b=x",
            "job=~\"(\"",
            "job=\"open",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
