//! What looks like a secret and may have slipped into a text that leaves the house. The values that are known are struck when they are
//! written; this is for those that nobody has named.

use regex::{Regex, RegexSet};
use std::borrow::Cow;

/// What stands in place of a secret.
pub const STRUCK: &str = "•••";

/// The first group, if there is one, is kept: it says what the secret was.
const KNOWN: [&str; 9] = [
    r"(?i)\b((?:authorization|proxy-authorization|x-api-key|cookie)\s*:\s*(?:(?:bearer|basic|token)\s+)?)[^\s,;]{6,}",
    r"(?i)\b(bearer\s+)[a-z0-9._~+/=-]{8,}",
    r#"(?i)\b((?:[a-z_]*password|passwd|[a-z_]*secret|[a-z_]*token|api[_-]?key|access[_-]?key)["']?\s*[=:]\s*["']?)[^\s"'&,;}]{4,}"#,
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

    /// The text without what looks like a secret.
    pub fn struck<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut struck = Cow::Borrowed(text);
        for index in self.any.matches(text) {
            let Some(regex) = self.each.get(index) else { continue };
            if index >= KNOWN.len() {
                // What a team groups in its own pattern is not meant to stay.
                struck = Cow::Owned(regex.replace_all(&struck, STRUCK).into_owned());
                continue;
            }
            let replaced = regex.replace_all(&struck, |found: &regex::Captures| {
                let kept = found.get(1).map_or("", |kept| kept.as_str());
                let end = if found[0].ends_with('@') { "@" } else { "" };
                format!("{kept}{STRUCK}{end}")
            });
            struck = Cow::Owned(replaced.into_owned());
        }
        struck
    }
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
        Patterns::default().struck(text).into_owned()
    }

    #[test]
    fn what_looks_like_a_secret_goes_and_what_it_was_stays() {
        for (text, shown) in [
            ("curl -H 'Authorization: Bearer abcdef123456' x", "curl -H 'Authorization: Bearer ••• x"),
            ("token=abc123&x=1", "token=•••&x=1"),
            (r#"{"db_password": "hunter22", "n": 1}"#, r#"{"db_password": "•••", "n": 1}"#),
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
        assert_eq!(patterns.struck("for CUST-1234 and CUST-9"), "for ••• and •••");
        assert_eq!(Patterns::with(&["(CUST|ACCT)-([0-9]+)".to_owned()]).expect("one").struck("for ACCT-9"), "for •••");
        let why = |text: &str| Patterns::with(&[text.to_owned()]).expect_err("wrong");
        assert_eq!(why("("), "`(` is no regular expression: unclosed group");
        assert_eq!(why("[0-9]*"), "`[0-9]*` fits where nothing is, and would strike everything");
        assert_eq!(Patterns::default().each.len(), KNOWN.len());
    }
}
