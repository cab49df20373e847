//! What the queue is narrowed to: words that must stand somewhere in the alert, `label=value`, `state:` and `severity:`.
//! All terms must hold; `-` before a term, or `!=`, turns it around.

use crate::domain::alert::{Labels, Severity};
use crate::domain::matcher::Matcher;
use crate::domain::text::Outside;
use crate::model::alerts::{State, Tracked};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    text: String,
    terms: Vec<(bool, Term)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Term {
    /// In lower case.
    Words(String),
    Label(String, Matcher),
    State(State),
    Severity(Severity),
    Service(String),
}

impl Filter {
    /// Reads a filter; the error says which term can't be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let terms = text.split_whitespace().map(term).collect::<Result<_, _>>()?;
        Ok(Self { text: text.trim().to_owned(), terms })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub fn matches(&self, tracked: &Tracked) -> bool {
        self.terms.iter().all(|(wanted, term)| term.matches(tracked) == *wanted)
    }
}

fn term(word: &str) -> Result<(bool, Term), String> {
    if let Some(rest) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
        let (wanted, inner) = term(rest)?;
        return Ok((!wanted, inner));
    }
    if let Some((name, value)) = word.split_once("!=") {
        return Ok((false, label(name, value)?));
    }
    if let Some((name, value)) = word.split_once('=').filter(|(name, _)| !name.is_empty()) {
        return Ok((true, label(name, value)?));
    }
    let found = match word.split_once(':') {
        Some(("state", value)) => Term::State(state(value)?),
        Some(("severity", value)) => Term::Severity(severity(value)?),
        Some(("service", value)) => Term::Service(value.to_owned()),
        _ => Term::Words(word.to_lowercase()),
    };
    Ok((true, found))
}

fn label(name: &str, value: &str) -> Result<Term, String> {
    Ok(Term::Label(name.to_owned(), Matcher::parse(value).map_err(|_| format!("`{value}` is not a regular expression"))?))
}

fn state(word: &str) -> Result<State, String> {
    let begins = |state: &State| !word.is_empty() && state.word().starts_with(word);
    State::ALL
        .into_iter()
        .find(begins)
        .ok_or_else(|| format!("`{word}` is not a state: {}", State::ALL.map(State::word).join(", ")))
}

fn severity(word: &str) -> Result<Severity, String> {
    let all = [
        ("critical", Severity::Critical),
        ("warning", Severity::Warning),
        ("info", Severity::Info),
        ("unknown", Severity::Unknown),
    ];
    let found = all.iter().find(|(name, _)| !word.is_empty() && name.starts_with(word));
    found.map(|(_, severity)| *severity).ok_or_else(|| format!("`{word}` is not a severity: critical, warning, info, unknown"))
}

impl Term {
    fn matches(&self, tracked: &Tracked) -> bool {
        match self {
            Self::Words(word) => {
                has(&tracked.alert.labels, word) || tracked.alert.summary().is_some_and(|text| contains(text, word))
            }
            Self::Label(name, matcher) => matcher.matches(tracked.alert.labels.get(name).unwrap_or("")),
            Self::State(wanted) => tracked.state == *wanted,
            Self::Severity(wanted) => tracked.severity == *wanted,
            Self::Service(name) => tracked.service.as_ref().is_some_and(|service| service.as_str() == name),
        }
    }
}

fn has(labels: &Labels, word: &str) -> bool {
    labels.iter().any(|(_, value): &(Outside, Outside)| contains(value.raw(), word))
}

/// `word` is in lower case.
fn contains(text: &str, word: &str) -> bool {
    match text.is_ascii() && word.is_ascii() {
        true => word.is_empty() || text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes())),
        false => text.to_lowercase().contains(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_that_cannot_be_read_says_what_could_be() {
        assert!(Filter::parse("state:frozen").expect_err("no such state").contains("firing"));
        assert!(Filter::parse("job=~(").is_err());
        assert!(Filter::parse("severity:crit state:fir db").is_ok());
    }

    #[test]
    fn letters_of_any_case_match() {
        assert!(contains("PostgresDown", "gresd") && contains("ÄRGER", "är") && !contains("db", "dbx"));
        assert!(contains("anything", ""));
    }
}
