//! The one grammar of label matchers: a value is equal, `~re` is an anchored regular expression.

use regex::Regex;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What one label must be.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Matcher {
    Equal(String),
    Like(Regex),
}

impl Matcher {
    /// Parses `value` or `~regular expression`; the error says what is wrong with the expression.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(expression) = text.strip_prefix('~') else {
            return Ok(Self::Equal(text.to_owned()));
        };
        Self::like(expression)
    }

    /// An expression that must match from the first to the last character.
    pub fn like(expression: &str) -> Result<Self, String> {
        Regex::new(&format!("^(?:{expression})$")).map(Self::Like).map_err(|error| error.to_string())
    }

    #[inline]
    pub fn matches(&self, value: &str) -> bool {
        match self {
            Self::Equal(text) => text == value,
            Self::Like(regex) => regex.is_match(value),
        }
    }
}

impl TryFrom<String> for Matcher {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Matcher> for String {
    fn from(matcher: Matcher) -> Self {
        matcher.to_string()
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal(text) => f.write_str(text),
            Self::Like(regex) => {
                let inner = regex.as_str();
                write!(f, "~{}", &inner[4..inner.len() - 2])
            }
        }
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

/// All labels named must match; one that is missing counts as empty. An empty set matches nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelSet(pub Vec<(String, Matcher)>);

impl LabelSet {
    pub fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        !self.0.is_empty() && self.0.iter().all(|(name, matcher)| matcher.matches(label(name).unwrap_or("")))
    }

    /// Whether something might match of which only these labels are known.
    pub fn may_match<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        !self.0.is_empty() && self.0.iter().all(|(name, matcher)| label(name).is_none_or(|value| matcher.matches(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_anchored_on_both_sides() {
        let matcher = Matcher::parse("~db-[0-9]+|cache").expect("parses");
        assert!(matcher.matches("db-12") && matcher.matches("cache"));
        assert!(!matcher.matches("xdb-12") && !matcher.matches("cache2"));
        assert_eq!(matcher.to_string(), "~db-[0-9]+|cache");
    }

    #[test]
    fn an_empty_set_never_means_everything() {
        assert!(!LabelSet::default().matches(|_| Some("x")));
    }
}
