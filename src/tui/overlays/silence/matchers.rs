//! Matchers as they are typed and shown: `job="db" instance=~"db-.*", env!=test`. A name that is no word is quoted, too.

use crate::domain::alert::{Cover, SilenceMatcher};

/// As they stand in a field, to be changed there.
pub fn written(matchers: &[SilenceMatcher]) -> String {
    matchers.iter().map(text).collect::<Vec<_>>().join(" ")
}

fn text(matcher: &SilenceMatcher) -> String {
    let name = matcher.name.inert();
    let word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_.:/-".contains(c));
    let name = if word { name } else { quoted(&name).into() };
    format!("{name}{}{}", matcher.sign(), quoted(&matcher.value.inert()))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `{job="db", instance=~"db-.*"}`.
pub fn show(matchers: &[SilenceMatcher]) -> String {
    format!("{{{}}}", matchers.iter().map(text).collect::<Vec<_>>().join(", "))
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
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_read_as_they_are_shown() {
        let matchers = parse(r#"job="db", instance=~"db-[0-9]+" env!=test path!~"/a b/.*\"x\"""#).expect("four");
        assert_eq!(matchers.len(), 4);
        assert_eq!(parse(&show(&matchers)), Ok(matchers));
        let names = parse(r#"my.label="x" "größe 🦀"!="1", "a=\"b\\"=~"c""#).expect("three");
        assert_eq!(names.iter().map(|it| it.name.raw()).collect::<Vec<_>>(), ["my.label", "größe 🦀", "a=\"b\\"]);
        assert_eq!(parse(&show(&names)), Ok(names));
        for text in ["job", "=x", "\"\"=x", "\"job=x", "\"a\"b=x", "job=~\"(\"", "job=\"open"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
