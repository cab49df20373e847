//! What no excerpt of a configuration may show, found in its text alone: a file that is no YAML, or a key that nobody
//! knows, has no node that says so. Owns the words that a secret is called by. Only ever stars more than it must.

use super::problem::nearest;
use std::ops::Range;

/// What the keys are called that hold secrets; slips of the finger count.
const WORDS: [&str; 10] =
    ["bearer", "password", "passwd", "passphrase", "token", "secret", "authorization", "credentials", "api-key", "apikey"];

/// Stars in place of what may be a secret; every other byte stays where it is.
pub fn hushed(text: &str) -> String {
    text.split_inclusive('\n').map(line).collect()
}

/// Stars in place of the passwords of addresses, and of what their queries call a secret.
pub fn without_passwords(text: &str) -> String {
    let found: Vec<_> = text.match_indices("://").filter_map(|(at, sign)| password(text, at + sign.len())).collect();
    let text = starred(text, &found);
    let asked: Vec<_> = text.match_indices('=').filter_map(|(at, _)| asked(&text, at)).collect();
    starred(&text, &asked)
}

/// The value behind `?token=` or `&token=`.
fn asked(text: &str, equal: usize) -> Option<Range<usize>> {
    let begin = text[..equal].rfind(['?', '&'])? + 1;
    let rest = &text[equal + 1..];
    let length = rest.find(|c: char| c.is_whitespace() || "&#\"'`".contains(c)).unwrap_or(rest.len());
    let key = &text[begin..equal];
    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (length > 0 && plain && sounds_secret(key)).then_some(equal + 1..equal + 1 + length)
}

fn line(text: &str) -> String {
    let found: Vec<_> = text.match_indices(':').filter_map(|(colon, _)| value(text, colon)).collect();
    without_passwords(&starred(text, &found))
}

/// `user:PASSWORD@` of an address that begins at `from`.
fn password(text: &str, from: usize) -> Option<Range<usize>> {
    let authority = text[from..].find(|c: char| c.is_whitespace() || "/?#\"'`".contains(c)).map_or(text.len(), |end| from + end);
    let end = from + text[from..authority].rfind('@')?;
    let colon = text[from..end].find(':')?;
    Some(from + colon + 1..end)
}

/// The value behind the colon of a key that a secret may be called by; `{env: …}` and its like are none.
fn value(text: &str, colon: usize) -> Option<Range<usize>> {
    let key = text[..colon].trim_end_matches(['"', '\'', ' ']);
    let begin = key.rfind(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c)).map_or(0, |at| at + 1);
    let rest = &text[colon + 1..];
    if !sounds_secret(&key[begin..]) || !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let start = colon + 1 + (rest.len() - rest.trim_start().len());
    let value = text[start..].trim_end();
    let length = match value.chars().next()? {
        '{' if ["env", "file", "command"].iter().any(|way| value[1..].trim_start().starts_with(&format!("{way}:"))) => {
            return None;
        }
        quote @ ('"' | '\'') => closing(value, quote),
        '{' | '[' => value.len(),
        _ => next_key(value),
    };
    Some(start..start + length)
}

/// Behind the quote that closes the value; one that something else follows stands inside of it.
fn closing(value: &str, quote: char) -> usize {
    let ends = |rest: &str| rest.chars().next().is_none_or(|next| ",]} ".contains(next));
    let quotes = value[1..].match_indices(quote).map(|(at, _)| at + 2);
    quotes.into_iter().find(|end| ends(&value[*end..])).unwrap_or(value.len())
}

fn sounds_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('_', "-");
    WORDS.iter().any(|word| key.contains(word)) || key.len() > 4 && nearest(&key, &WORDS).is_some()
}

/// Where a plain value ends at the latest: before `, key:`, or before the brackets that close the line.
fn next_key(value: &str) -> usize {
    let named = |(at, comma): (usize, &str)| {
        let (key, _) = value[at + comma.len()..].split_once(':')?;
        key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)).then_some(at)
    };
    value.match_indices(", ").find_map(named).unwrap_or_else(|| value.trim_end_matches(['}', ']']).len())
}

fn starred(text: &str, found: &[Range<usize>]) -> String {
    let within = |at: usize| found.iter().any(|range| range.contains(&at));
    text.char_indices().map(|(at, c)| if within(at) { '*' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_starred_and_what_says_where_one_is_stays() {
        for (line, shown) in [
            ("bearer: abc", "bearer: ***"),
            ("- {baerer: abc, urls: [x]}\n", "- {baerer: ***, urls: [x]}\n"),
            ("{user: u, pasword: a,b}c}}", "{user: u, pasword: *****}}"),
            ("bearer: \"abc, foo: [", "bearer: ************"),
            ("bearer: 'it''s', urls: [x]", "bearer: *******, urls: [x]"),
            ("X-Api-Key: 'a b', other: 1", "X-Api-Key: *****, other: 1"),
            ("bearer: [abc]", "bearer: *****"),
            ("bearer: {valu: abc}", "bearer: ***********"),
            ("{bearer: a: x}", "{bearer: ****}"),
            ("bearer: {env: TOKEN}", "bearer: {env: TOKEN}"),
            ("password: {file: /run/x}", "password: {file: /run/x}"),
            ("urls: [\"http://u:p:w@am:9093/x\", http://am]", "urls: [\"http://u:***@am:9093/x\", http://am]"),
            ("services: [{name: checkout, tier: 1}]", "services: [{name: checkout, tier: 1}]"),
            ("console: {theme: nosuch, keys: {ack: a}}", "console: {theme: nosuch, keys: {ack: a}}"),
        ] {
            assert_eq!(hushed(line), shown, "{line}");
        }
    }

    #[test]
    fn what_a_query_calls_a_secret_is_starred() {
        assert_eq!(without_passwords("- http://am:9093/x?team=db&token=hunter2#y"), "- http://am:9093/x?team=db&token=*******#y");
        assert_eq!(without_passwords("\"http://am?api_key=abc\" and a=b"), "\"http://am?api_key=***\" and a=b");
    }
}
