//! Which alerts of the queue are meant: terms that must all hold, the same for the console and the command line.
//!
//! `text`, `label=value`, `label!=value`, `label=~re`, `label!~re`, `state:firing`, `severity:critical`, `service:db`,
//! `source:prod`, `mine`; `-` before a term turns it around. A value may stand in double quotes. A state or severity may
//! be cut short: `state:fir`.

use super::World;
use super::alerts::{State, Tracked};
use crate::domain::alert::Severity;
use regex::Regex;

/// A filter as it was typed; without terms it holds for every alert.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    terms: Vec<Term>,
    text: String,
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[derive(Debug, Clone)]
enum Term {
    /// Lower case; anywhere in the name, the summary or a label's value.
    Text(String),
    Equal {
        label: String,
        value: String,
        not: bool,
    },
    Like {
        label: String,
        regex: Regex,
        not: bool,
    },
    State(State),
    Severity(Severity),
    Service(String),
    Source(String),
    Mine,
    Not(Box<Term>),
}

/// Where a filter is wrong: the character (from 0), and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub at: usize,
    pub message: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at character {}: {}", self.at + 1, self.message)
    }
}

impl Filter {
    /// # Errors
    /// The first term that can't be understood, and where it stands.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let terms = words(text)?.into_iter().map(|(at, word)| term(&word).map_err(|message| Mistake { at, message }));
        Ok(Self { terms: terms.collect::<Result<_, _>>()?, text: text.trim().to_owned() })
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// It holds for every alert.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub fn holds(&self, world: &World, tracked: &Tracked) -> bool {
        self.terms.iter().all(|term| holds(term, world, tracked))
    }
}

/// Splits at spaces that are not in quotes; the quotes themselves go.
fn words(text: &str) -> Result<Vec<(usize, String)>, Mistake> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let mut open: Option<usize> = None;
    let mut inside = false;
    for (at, c) in text.chars().enumerate() {
        match c {
            '"' => open = if open.is_some() { None } else { Some(at) },
            c if c.is_whitespace() && open.is_none() => {
                inside = false;
                continue;
            }
            _ => {}
        }
        if !inside {
            words.push((at, String::new()));
            inside = true;
        }
        if let Some((_, word)) = words.last_mut().filter(|_| c != '"') {
            word.push(c);
        }
    }
    match open {
        Some(at) => Err(Mistake { at, message: "this quote is not closed".into() }),
        None => Ok(words.into_iter().filter(|(_, word)| !word.is_empty()).collect()),
    }
}

fn term(word: &str) -> Result<Term, String> {
    for (key, make) in [("state:", state as fn(&str) -> _), ("severity:", severity), ("service:", service), ("source:", source)] {
        if let Some(value) = word.strip_prefix(key) {
            return make(value);
        }
    }
    match word {
        "mine" => Ok(Term::Mine),
        word if word.len() > 1 && word.starts_with('-') => Ok(Term::Not(Box::new(term(&word[1..])?))),
        word => label(word).unwrap_or_else(|| Ok(Term::Text(word.to_lowercase()))),
    }
}

fn label(word: &str) -> Option<Result<Term, String>> {
    let at = word.find(['=', '!'])?;
    let (label, rest) = word.split_at(at);
    let (not, like, value) = ["!=", "!~", "=~", "="]
        .into_iter()
        .find_map(|sign| Some((sign.starts_with('!'), sign.ends_with('~'), rest.strip_prefix(sign)?)))?;
    let (label, value) = (label.to_owned(), value.to_owned());
    if label.is_empty() {
        return Some(Err("a label's name is missing before the sign".into()));
    }
    if !like {
        return Some(Ok(Term::Equal { label, value, not }));
    }
    let regex = Regex::new(&format!("^(?:{value})$"));
    Some(
        regex
            .map(|regex| Term::Like { label, regex, not })
            .map_err(|error| format!("`{value}` is no regular expression: {error}")),
    )
}

fn state(value: &str) -> Result<Term, String> {
    let found = State::ALL.into_iter().find(|state| !value.is_empty() && state.word().starts_with(value));
    found.map(Term::State).ok_or_else(|| format!("`{value}` is no state: {}", State::ALL.map(State::word).join(", ")))
}

fn severity(value: &str) -> Result<Term, String> {
    let words = [
        ("critical", Severity::Critical),
        ("warning", Severity::Warning),
        ("info", Severity::Info),
        ("unknown", Severity::Unknown),
    ];
    let found = words.iter().find(|(word, _)| !value.is_empty() && word.starts_with(value));
    found
        .map(|(_, severity)| Term::Severity(*severity))
        .ok_or_else(|| format!("`{value}` is no severity: critical, warning, info, unknown"))
}

fn service(value: &str) -> Result<Term, String> {
    Ok(Term::Service(value.to_owned()))
}

fn source(value: &str) -> Result<Term, String> {
    Ok(Term::Source(value.to_owned()))
}

fn holds(term: &Term, world: &World, tracked: &Tracked) -> bool {
    let alert = &tracked.alert;
    match term {
        Term::Text(text) => contains(tracked, text),
        Term::Equal { label, value, not } => (alert.labels.get(label).unwrap_or("") == value) != *not,
        Term::Like { label, regex, not } => regex.is_match(alert.labels.get(label).unwrap_or("")) != *not,
        Term::State(state) => world.alerts.states_of(tracked, world.now.wall).contains(state),
        Term::Severity(severity) => tracked.severity == *severity,
        Term::Service(name) => tracked.service.as_ref().is_some_and(|service| service.as_str() == name),
        Term::Source(name) => alert.id.source.as_str() == name,
        Term::Not(inner) => !holds(inner, world, tracked),
        Term::Mine => world.alerts.ack(tracked, world.now.wall).is_some_and(|ack| ack.by == world.me.name),
    }
}

fn contains(tracked: &Tracked, text: &str) -> bool {
    let alert = &tracked.alert;
    let labels = alert.labels.iter().map(|(_, value)| value.raw());
    labels.chain(alert.summary()).chain([alert.name()]).any(|value| has(value, text))
}

/// `wanted` is in lower case. Nearly everything is ASCII, and then nothing is copied.
fn has(text: &str, wanted: &str) -> bool {
    match text.is_ascii() && wanted.is_ascii() {
        true => {
            wanted.is_empty() || text.as_bytes().windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted.as_bytes()))
        }
        false => text.to_lowercase().contains(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_points_at_its_character() {
        assert_eq!(Filter::parse("db state:burning").expect_err("no state").at, 3);
        assert_eq!(Filter::parse("x job=~[").expect_err("no expression").at, 2);
        assert_eq!(Filter::parse("job=\"a b").expect_err("open").at, 4);
        assert!(Filter::parse("=x").is_err());
    }

    #[test]
    fn quotes_keep_a_value_together_and_nothing_means_everything() {
        let filter = Filter::parse(r#"team="data base" x"#).expect("parses");
        assert_eq!(filter.terms.len(), 2);
        assert!(matches!(&filter.terms[0], Term::Equal { value, .. } if value == "data base"));
        assert!(Filter::parse("  ").expect("parses").is_empty());
    }

    #[test]
    fn letters_of_any_case_match_and_a_minus_turns_a_term_around() {
        assert!(has("PostgresDown", "gresd") && has("ÄRGER", "är") && !has("db", "dbx") && has("anything", ""));
        assert!(matches!(Filter::parse("-state:fir").expect("parses").terms[0], Term::Not(_)));
    }
}
