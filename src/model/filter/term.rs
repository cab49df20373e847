//! One term of a filter: what it asks of an alert.

use crate::domain::alert::Severity;
use crate::domain::node::nearest;
use crate::model::World;
use crate::model::alerts::{State, Tracked};
use regex::Regex;
use std::cmp::Ordering;
use std::time::Duration;

/// At which byte of a term something is wrong, and what.
pub type Wrong = (usize, String);

#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// Lower case; anywhere in the name, the summary or a label's value.
    Text(String),
    Equal {
        label: String,
        value: String,
        not: bool,
    },
    Like {
        label: String,
        regex: Pattern,
        not: bool,
    },
    State(State),
    Severity(Compare, Severity),
    /// How long ago the episode began.
    Age(Compare, Duration),
    Service(String),
    Source(String),
    Mine,
}

/// A regular expression; what it was made of is what it is.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// How something is to compare with what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    Less,
    AtMost,
    Exactly,
    AtLeast,
    More,
}

impl Compare {
    /// Longest first: `>` is the beginning of `>=`.
    const SIGNS: [(&str, Self); 4] = [(">=", Self::AtLeast), ("<=", Self::AtMost), (">", Self::More), ("<", Self::Less)];

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::Exactly => ordering.is_eq(),
            Self::AtLeast => ordering.is_ge(),
            Self::More => ordering.is_gt(),
        }
    }
}

impl Term {
    /// # Errors
    /// What is wrong with it, and at which byte.
    pub fn parse(word: &str) -> Result<Self, Wrong> {
        let makes = [state as fn(&str) -> _, exact, service, source];
        for (key, make) in KEYS.into_iter().zip(makes) {
            match word.strip_prefix(key) {
                Some("") => return Err((word.len(), format!("`{key}` needs {}", wanted(key)))),
                Some(value) => return make(value).map_err(|why| (key.len(), why)),
                None => {}
            }
        }
        if let Some(compared) = compared(word) {
            return compared;
        }
        if word == "mine" {
            return Ok(Self::Mine);
        }
        match signed(word) {
            Some((at, sign, value)) if Compare::SIGNS.iter().any(|(known, _)| *known == sign) => {
                Err((0, compares_nothing(&word[..at], sign, value)))
            }
            Some((at, ..)) => Self::label(&word[..at], &word[at..]),
            None => no_text(word).map_or_else(|| Ok(Self::text(word)), Err),
        }
    }

    /// # Errors
    /// It is no text, and asks a label for what nothing would be: `job==node`, `severity=>warning`, `job=a&&b`.
    pub fn meant(self) -> Result<Self, Wrong> {
        let Self::Equal { label, value, not } = &self else { return Ok(self) };
        let sign = if *not { "!=" } else { "=" };
        if let Some(rest) = value.strip_prefix('=') {
            let rest = rest.trim_start_matches('=');
            let right = if rest.contains(char::is_whitespace) { format!("\"{rest}\"") } else { rest.to_owned() };
            return Err((label.len() + sign.len(), format!("`{sign}=` is no sign: write {label}{sign}{right}")));
        }
        if let (Some(key), Some(compares)) =
            (nearest(label, &COMPARED), value.get(..1).filter(|first| ["<", ">"].contains(first)))
        {
            let right = format!("{key}{compares}={}", &value[1..]);
            return Err((label.len(), format!("`{sign}{compares}` is no sign: write {right}")));
        }
        match foreign(value) {
            Some((at, why)) => Err((label.len() + sign.len() + at, why)),
            None => Ok(self),
        }
    }

    /// What is asked of a label: `rest` is the sign and the value.
    ///
    /// # Errors
    /// What is wrong with it, and at which byte of both.
    pub fn label(name: &str, rest: &str) -> Result<Self, Wrong> {
        let Some((sign, value)) = sign(rest) else { return Ok(Self::text(&format!("{name}{rest}"))) };
        if name.is_empty() {
            return Err((0, "a label's name is missing before the sign".into()));
        }
        let (label, not) = (name.to_owned(), sign.starts_with('!'));
        if !sign.ends_with('~') {
            return Ok(Self::Equal { label, value: value.to_owned(), not });
        }
        let regex = Regex::new(&format!("^(?:{value})$"));
        let why = |error| (name.len() + sign.len(), format!("`{value}` is no regular expression: {error}"));
        regex.map(|regex| Self::Like { label, regex: Pattern(regex), not }).map_err(why)
    }

    pub fn text(word: &str) -> Self {
        Self::Text(word.to_lowercase())
    }

    pub fn holds(&self, world: &World, tracked: &Tracked) -> bool {
        let alert = &tracked.alert;
        match self {
            Self::Text(text) => contains(tracked, text),
            Self::Equal { label, value, not } => (alert.labels.get(label).unwrap_or("") == value) != *not,
            Self::Like { label, regex, not } => regex.0.is_match(alert.labels.get(label).unwrap_or("")) != *not,
            // The one by precedence, as its row, the header and `--state` say: what somebody owns does not fire for whoever looks for that.
            Self::State(state) => tracked.state == *state,
            Self::Severity(compare, severity) => compare.holds(tracked.severity.cmp(severity)),
            Self::Age(compare, age) => compare.holds((world.now.wall - tracked.episode).to_std().unwrap_or_default().cmp(age)),
            Self::Service(name) => tracked.service.as_ref().is_some_and(|service| service.as_str() == name),
            Self::Source(name) => alert.id.source.as_str() == name,
            Self::Mine => world.alerts.ack(tracked, world.now.wall).is_some_and(|ack| ack.by == world.me.name),
        }
    }
}

impl Compare {
    /// How many alerts are of such a severity; known without looking at any of them.
    pub fn counted(self, than: Severity, world: &World) -> usize {
        let meant = Severity::ALL.into_iter().filter(|severity| self.holds(severity.cmp(&than)));
        meant.map(|severity| world.alerts.of_severity(severity)).sum()
    }
}

/// What stands behind a key.
fn wanted(key: &str) -> String {
    match key {
        "state:" => format!("a state: {}", State::ALL.map(State::word).join(", ")),
        "severity:" => SEVERITIES.to_owned(),
        "service:" => "the name of a service".to_owned(),
        _ => "the name of a source".to_owned(),
    }
}

const SEVERITIES: &str = "a severity: critical, warning, info, unknown";

/// What a `:` stands behind.
const KEYS: [&str; 4] = ["state:", "severity:", "service:", "source:"];
/// What has more and less.
const COMPARED: [&str; 2] = ["severity", "age"];

/// `tier>=2` would be looked for as a text that nothing has, and `not` would make everything of that.
fn compares_nothing(key: &str, sign: &str, value: &str) -> String {
    match nearest(&key.to_lowercase(), &COMPARED) {
        _ if key.is_empty() => "what is compared is missing before the sign: severity or age".to_owned(),
        Some(near) => format!("`{key}` is no key: is {near}{sign}{value} meant?"),
        None => format!("`{key}` is no key: `{sign}` compares severity and age; a text that has it stands in quotes"),
    }
}

/// What looks like something else would be looked for as a text without a word.
fn no_text(word: &str) -> Option<Wrong> {
    let bang = |rest: &str| format!("`!` is no word here: write not {}", if rest.starts_with('(') { "" } else { rest });
    let bang = word.strip_prefix('!').map(|rest| (0, bang(rest).trim_end().to_owned()));
    bang.or_else(|| foreign(word)).or_else(|| tilde(word)).or_else(|| no_key(word).map(|why| (0, why)))
}

/// The sign of a pattern is `~` in playbooks and in the configuration, and in other languages.
fn tilde(word: &str) -> Option<Wrong> {
    let (label, value) = word.split_once('~').filter(|(label, value)| !label.is_empty() && !value.is_empty())?;
    let name = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    name.then(|| {
        (label.chars().count(), format!("`~` alone is no sign: write {label}=~{} or \"{word}\"", value.trim_start_matches('=')))
    })
}

/// The words by which other languages connect terms.
fn foreign(text: &str) -> Option<Wrong> {
    let words = [("&&", "and"), ("||", "or")];
    let inside = words.into_iter().find_map(|(foreign, ours)| Some((text.find(foreign)?, foreign, ours)));
    let alone = [("&", "and"), ("|", "or")].into_iter().find(|(foreign, _)| text == *foreign);
    let found = inside.or(alone.map(|(foreign, ours)| (0, foreign, ours)));
    found.map(|(at, foreign, ours)| (at, format!("`{foreign}` is no word here: write {ours}")))
}

/// `team:db` looks like a key. An address (`db:5432`) is a text.
fn no_key(word: &str) -> Option<String> {
    let (key, value) = word.split_once(':')?;
    if key == "age" {
        return Some("`age:` is no key: write age>10m".to_owned());
    }
    let letters = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    let near = nearest(&format!("{}:", key.to_lowercase()), &KEYS);
    (letters && value.starts_with(char::is_alphabetic)).then(|| match near {
        Some(near) => format!("`{key}:` is no key: is {near}{value} meant, or the label {key}={value}?"),
        None => format!("`{key}:` is no key: write {key}={value} or \"{word}\""),
    })
}

/// `severity>=warning`, `age<10m`; the label of that name is asked for by `=`.
fn compared(word: &str) -> Option<Result<Term, Wrong>> {
    let read = |key: &str| {
        let rest = word.strip_prefix(key)?;
        Compare::SIGNS.iter().find_map(|(sign, compare)| Some((*compare, rest.strip_prefix(sign)?)))
    };
    if let Some((_, "")) = read("severity") {
        return Some(Err((word.len(), format!("`{word}` needs {SEVERITIES}"))));
    }
    if let Some((compare, value)) = read("severity") {
        let severity = severity(value).map_err(|why| (word.len() - value.len(), why));
        return Some(severity.map(|severity| Term::Severity(compare, severity)));
    }
    let (compare, value) = read("age")?;
    if value.is_empty() {
        return Some(Err((word.len(), format!("`{word}` needs a duration: write age>10m"))));
    }
    let why = |_| (word.len() - value.len(), format!("`{value}` is no duration: write age>10m"));
    let age = humantime::parse_duration(value).map_err(why);
    Some(age.map(|age| Term::Age(compare, age)))
}

/// The sign that this begins with, and the value behind it.
pub fn sign(rest: &str) -> Option<(&'static str, &str)> {
    ["!=", "!~", "=~", "="].into_iter().find_map(|sign| Some((sign, rest.strip_prefix(sign)?)))
}

/// The first sign in a word: at which byte it stands, and the value behind it. Behind a key a `:` is one.
pub fn signed(word: &str) -> Option<(usize, &'static str, &str)> {
    let bare = word.trim_start_matches('-');
    if let Some(key) = KEYS.into_iter().find(|key| bare.starts_with(key)) {
        let at = word.len() - bare.len() + key.len() - 1;
        return Some((at, ":", &word[at + 1..]));
    }
    let at = word.find(['=', '!', '<', '>'])?;
    let rest = &word[at..];
    let compares = || Compare::SIGNS.iter().find_map(|(sign, _)| Some((*sign, rest.strip_prefix(sign)?)));
    sign(rest).or_else(compares).map(|(sign, value)| (at, sign, value))
}

/// A sign that belongs to what was typed before blanks.
pub fn begins_with_sign(before: &str, next: &str) -> bool {
    let key = || KEYS.contains(&format!("{}:", before.trim_start_matches('-')).as_str());
    sign(next).is_some() || next.starts_with(['<', '>']) || next.starts_with(':') && key()
}

fn state(value: &str) -> Result<Term, String> {
    let found = State::ALL.into_iter().find(|state| !value.is_empty() && state.word().starts_with(value));
    found.map(Term::State).ok_or_else(|| format!("`{value}` is no state: {}", State::ALL.map(State::word).join(", ")))
}

fn exact(value: &str) -> Result<Term, String> {
    severity(value).map(|severity| Term::Severity(Compare::Exactly, severity))
}

fn severity(value: &str) -> Result<Severity, String> {
    let found = Severity::ALL.into_iter().find(|severity| !value.is_empty() && severity.word().starts_with(value));
    found.ok_or_else(|| format!("`{value}` is no severity: critical, warning, info, unknown"))
}

fn service(value: &str) -> Result<Term, String> {
    Ok(Term::Service(value.to_owned()))
}

fn source(value: &str) -> Result<Term, String> {
    Ok(Term::Source(value.to_owned()))
}

fn contains(tracked: &Tracked, text: &str) -> bool {
    let alert = &tracked.alert;
    // A name is a label, and looked at as such; without one the fingerprint stands for it.
    let nameless = || alert.labels.get("alertname").is_none() && has(alert.name(), text);
    alert.labels.iter().any(|(_, value)| has(value.raw(), text)) || alert.summary().is_some_and(|it| has(it, text)) || nameless()
}

/// `wanted` is in lower case. Nearly everything is ASCII, and then nothing is copied.
fn has(text: &str, wanted: &str) -> bool {
    if !(text.is_ascii() && wanted.is_ascii()) {
        return text.to_lowercase().contains(wanted);
    }
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    let Some(first) = wanted.first() else { return true };
    // Most places differ in the first letter already: of a storm a million are looked at for one key.
    let likely = memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text);
    likely.filter_map(|at| text.get(at..at + wanted.len())).any(|part| part.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_case_match() {
        assert!(has("PostgresDown", "gresd") && has("ÄRGER", "är") && !has("db", "dbx") && has("anything", ""));
    }

    #[test]
    fn severities_and_ages_compare_and_labels_of_that_name_are_labels() {
        let severity = |word| match Term::parse(word).expect("parses") {
            Term::Severity(compare, Severity::Warning) => compare,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            ["severity>=warning", "severity<warn", "severity:warning"].map(severity),
            [Compare::AtLeast, Compare::Less, Compare::Exactly]
        );
        assert!(matches!(Term::parse("age>=1h30m"), Ok(Term::Age(Compare::AtLeast, age)) if age.as_secs() == 5400));
        assert!(matches!(Term::parse("severity=page"), Ok(Term::Equal { .. })));
        assert!(Term::parse("uptime>1").is_err_and(|(at, why)| at == 0 && why.contains("compares severity and age")));
        assert!(Term::parse("Severity<=info").is_err_and(|(_, why)| why.contains("is severity<=info meant?")));
        assert!(Term::parse("age>soon").is_err_and(|(_, why)| why.contains("age>10m")));
        assert!(Term::parse("severity>=bad").is_err());
    }

    #[test]
    fn what_is_missing_is_named_and_what_looks_like_a_key_and_is_none_is_no_text() {
        let why = |word: &str| Term::parse(word).expect_err("a mistake").1;
        assert!(why("state:").starts_with("`state:` needs a state: resolved, "));
        assert!(why("service:").ends_with("the name of a service") && why("source:").ends_with("the name of a source"));
        assert!(
            why("severity:").contains("a severity: critical") && why("severity>=").starts_with("`severity>=` needs a severity")
        );
        assert!(why("age>").contains("write age>10m"));
        assert!(why("team:db") == "`team:` is no key: write team=db or \"team:db\"");
        assert_eq!(
            Term::parse("instance~i5"),
            Err((8, "`~` alone is no sign: write instance=~i5 or \"instance~i5\"".to_owned()))
        );
        let text = |word: &str| matches!(Term::parse(word), Ok(Term::Text(_)));
        assert!(
            text("~db")
                && text("a.b~c")
                && text("db~")
                && text("db:5432")
                && text("http://x")
                && text("db-1:x")
                && text("team:")
                && text(":x")
                && text("db")
        );
        assert!(matches!(Term::parse("team="), Ok(Term::Equal { .. })), "a label that is not there");
    }
}
