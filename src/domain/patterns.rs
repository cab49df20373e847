//! What looks like a secret and may have slipped into a text that leaves the house. The values that are known are struck when they are
//! written; this is for those that nobody has named.

use regex::{Regex, RegexSet};
use std::ops::Range;

/// What stands in place of a secret.
pub const STRUCK: &str = "•••";

/// The first group, if there is one, is kept: it says what the secret was.
const KNOWN: [&str; 9] = [
    r"(?i)\b((?:authorization|proxy-authorization|x-api-key|cookie)\s*:\s*(?:(?:bearer|basic|token)\s+)?)[^\s,;]{6,}",
    r"(?i)\b(bearer\s+)[a-z0-9._~+/=-]{8,}",
    r#"(?i)\b((?:[a-z_]*password|[a-z_]*passphrase|(?:[a-z_]*_)?(?:passwd|pwd)|[a-z_]*_pass|[a-z_]*secret|[a-z_]*token|api[_-]?key|access[_-]?key)["']?\s*[=:]\s*["']?|\bpass(?:["']?\s*=|["']\s*:)\s*["']?)[^\s"'&,;}]{4,}"#,
    r"([a-z][a-z0-9+.-]*://[^/\s:@]*:)[^/\s@]+@",
    r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    r"\bA(?:KIA|SIA)[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{30,}\b",
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*",
];

/// The known ones and a team's own.
#[derive(Debug, Clone)]
pub struct Patterns {
    /// Whether any holds: most texts hold none, and are looked at once.
    any: RegexSet,
    each: Vec<Regex>,
}

impl Default for Patterns {
    fn default() -> Self {
        // The known ones are expressions; a test holds them to it.
        Self::with(&[]).unwrap_or_else(|_| Self { any: RegexSet::empty(), each: Vec::new() })
    }
}

impl Patterns {
    /// # Errors
    /// One of these is no regular expression, or strikes everything.
    pub fn with(more: &[String]) -> Result<Self, String> {
        let all: Vec<&str> = KNOWN.into_iter().chain(more.iter().map(String::as_str)).collect();
        let each = all.iter().map(|text| read(text)).collect::<Result<Vec<_>, _>>()?;
        let any = RegexSet::new(&all).map_err(|error| error.to_string())?;
        Ok(Self { any, each })
    }

    pub fn find(&self, text: &str) -> bool {
        self.any.is_match(text)
    }

    /// Where in the text something is to be struck, in order; none of these overlap. Every pattern looks at the text as it is: what one
    /// of them strikes hides nothing from another.
    pub fn spots(&self, text: &str) -> Vec<Range<usize>> {
        if !self.find(text) {
            return Vec::new();
        }
        let mut spots = Vec::new();
        for index in self.any.matches(text) {
            let Some(regex) = self.each.get(index) else { continue };
            if index >= KNOWN.len() {
                // What a team groups in its own pattern is not meant to stay.
                spots.extend(regex.find_iter(text).map(|found| found.range()));
                continue;
            }
            spots.extend(regex.captures_iter(text).filter_map(|found| {
                let whole = found.get(0)?;
                let from = found.get(1).map_or(whole.start(), |kept| kept.end());
                Some(from..whole.end() - usize::from(whole.as_str().ends_with('@')))
            }));
        }
        joined(spots)
    }
}

/// The same places, in order; those that overlap are one.
pub fn joined(mut spots: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spots.sort_by_key(|spot| spot.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(spots.len());
    for spot in spots {
        match joined.last_mut() {
            Some(last) if spot.start < last.end => last.end = last.end.max(spot.end),
            _ => joined.push(spot),
        }
    }
    joined
}

/// The text with something else in these places, which are in order and don't overlap.
pub fn replaced<'a>(text: &str, places: impl IntoIterator<Item = (Range<usize>, &'a str)>) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (place, instead) in places {
        out.push_str(&text[at..place.start]);
        out.push_str(instead);
        at = place.end;
    }
    out + &text[at..]
}

fn read(text: &str) -> Result<Regex, String> {
    let regex = Regex::new(text).map_err(|error| {
        let why = error.to_string();
        let last = why.lines().last().unwrap_or_default();
        format!("`{text}` is no regular expression: {}", last.trim_start_matches("error: "))
    })?;
    match regex.is_match("") {
        true => Err(format!("`{text}` fits where nothing is, and would strike everything")),
        false => Ok(regex),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(text: &str) -> String {
        by(&Patterns::default(), text)
    }

    fn by(patterns: &Patterns, text: &str) -> String {
        replaced(text, patterns.spots(text).into_iter().map(|spot| (spot, STRUCK)))
    }

    #[test]
    fn what_looks_like_a_secret_goes_and_what_it_was_stays() {
        for (text, shown) in [
            ("curl -H 'Authorization: Bearer abcdef123456' x", "curl -H 'Authorization: Bearer ••• x"),
            ("token=abc123&x=1", "token=•••&x=1"),
            (r#"{"db_password": "hunter22", "n": 1}"#, r#"{"db_password": "•••", "n": 1}"#),
            ("as app, pass=hunter2, then", "as app, pass=•••, then"),
            ("PGPASS: hunter2, pwd=hunter22", "PGPASS: hunter2, pwd=•••"),
            ("DB_PASS=hunter2 ssh_passphrase='open sesame'", "DB_PASS=••• ssh_passphrase='••• sesame'"),
            ("bypass=true compass: north", "bypass=true compass: north"),
            ("smoke tests pass: 1234 of 1300", "smoke tests pass: 1234 of 1300"),
            (r#"{"pass": "hunter2"}"#, r#"{"pass": "•••"}"#),
            ("see postgres://app:s3cret@db-1/shop", "see postgres://app:•••@db-1/shop"),
            ("key AKIAIOSFODNN7EXAMPLE found", "key ••• found"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter", "•••\nafter"),
            ("-----BEGIN PRIVATE KEY-----\ncut off", "•••"),
            ("sent bearer abcdef1234567 twice", "sent bearer ••• twice"),
            ("Cookie: sid=8f7e6d5c", "Cookie: •••"),
            ("with ghp_abcdefghijklmnopqrstuvwxyz012345 it works", "with ••• it works"),
            ("posted by xoxb-123456789012-abc", "posted by •••"),
            ("as eyJhbGciOiJI.eyJzdWIiOiI.c2lnbmF0 says", "as ••• says"),
        ] {
            assert_eq!(struck(text), shown);
        }
    }

    #[test]
    fn what_is_none_stays() {
        for text in [
            "the token expired",
            "password reset mails are late",
            "https://g.example:3000/d/7",
            "secret: on",
            "see ana@example.org",
            "",
        ] {
            assert_eq!(struck(text), text);
        }
    }

    #[test]
    fn a_teams_own_patterns_are_struck_whole_and_a_wrong_one_is_named() {
        let patterns = Patterns::with(&["CUST-[0-9]+".to_owned()]).expect("an expression");
        assert_eq!(by(&patterns, "for CUST-1234 and CUST-9"), "for ••• and •••");
        assert_eq!(by(&Patterns::with(&["(CUST|ACCT)-([0-9]+)".to_owned()]).expect("one"), "for ACCT-9"), "for •••");
        let why = |text: &str| Patterns::with(&[text.to_owned()]).expect_err("wrong");
        assert_eq!(why("("), "`(` is no regular expression: unclosed group");
        assert_eq!(why("[0-9]*"), "`[0-9]*` fits where nothing is, and would strike everything");
        assert_eq!(Patterns::default().each.len(), KNOWN.len());
    }

    #[test]
    fn what_one_pattern_strikes_hides_nothing_from_another() {
        let (short, long) = ("CUST-[0-9]+".to_owned(), r"CUST-[0-9]+ \([^)]*\)".to_owned());
        for patterns in [[short.clone(), long.clone()], [long, short]] {
            let patterns = Patterns::with(&patterns).expect("expressions");
            assert_eq!(by(&patterns, "for CUST-7 (ACME) and CUST-8, é"), "for ••• and •••, é");
        }
        let patterns = Patterns::with(&["abc x".to_owned()]).expect("an expression");
        assert_eq!(by(&patterns, "token=123abc xyz"), "token=•••yz", "one that ends where another goes on");
    }
}
