//! What a step's result is judged by. Gates fail closed: a condition that can't be evaluated is an error, never true.

use crate::domain::text::inert;
use regex::Regex;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// One condition of `expect`. `$NAME` in texts stands for a parameter or an output.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The exit code is one of these.
    Exit(Vec<i32>),
    Text(Stream, TextTest),
    /// Standard output, or the body of an answer, has fewer lines than this.
    LinesBelow(u64),
    /// The HTTP status is this, or of this class (`2xx` is 200 to 299).
    Status {
        from: u16,
        to: u16,
    },
    /// The value at a path such as `a.b[0]` equals.
    Json {
        path: String,
        value: String,
    },
    /// The answer took no longer.
    Within(Duration),
    /// A number of a query's answer.
    Value(Bounds),
    /// A query's answer has no, or some, series; a selector's no, or some, feeds.
    Empty(bool),
    /// All feeds that a selector means are as it says.
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
    Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextTest {
    /// Equal once one final newline is gone.
    Equal(String),
    /// The expression matches somewhere; one final newline is gone for it, too.
    Like(String),
    Contains(String),
}

/// `value < 1`, `value between 0 and 5`.
#[derive(Debug, Clone, PartialEq)]
pub enum Bounds {
    Below(f64),
    AtMost(f64),
    Above(f64),
    AtLeast(f64),
    Equal(f64),
    Between(f64, f64),
}

/// What came of a body. What a kind of body doesn't have is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// `None` when a signal ended it.
    pub exit: Option<i32>,
    pub stdout: Option<String>,
    pub stderr: Option<String>,
    /// Not all of the output was kept: it was too long, or could not be written.
    pub truncated: bool,
    pub status: Option<u16>,
    pub body: Option<String>,
    pub took: Option<Duration>,
    /// What a query, or a selector, has found.
    pub found: Option<Found>,
}

/// What was found among the things that were asked about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// What is so: in words, and its value where it has one.
    pub matches: Vec<(String, Option<f64>)>,
    /// What is not so, in words.
    pub others: Vec<String>,
    /// Of what nobody can tell whether it is so, and why.
    pub unclear: Vec<String>,
}

/// The values of parameters and outputs, by name.
pub type Values<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Condition {
    /// Whether it holds; an error says why that can't be told.
    pub fn holds(&self, seen: &Seen, values: Values<'_>) -> Result<bool, String> {
        match self {
            Self::Exit(codes) => exit(seen, codes),
            Self::Text(stream, test) => test.holds(stream.of(seen)?, seen.truncated, values),
            Self::LinesBelow(count) => lines_below(seen, *count),
            Self::Status { from, to } => seen.status.map(|code| (*from..=*to).contains(&code)).ok_or_else(no_answer),
            Self::Json { path, value } => json(seen, path, &expand(value, values)?),
            Self::Within(limit) => seen.took.map(|took| took <= *limit).ok_or_else(no_answer),
            Self::Value(bounds) => bounds.hold(&seen.found.as_ref().ok_or_else(no_answer)?.values()?),
            Self::Empty(wanted) => Ok(seen.found.as_ref().ok_or_else(no_answer)?.is_empty()? == *wanted),
            Self::All => seen.found.as_ref().ok_or_else(no_answer)?.is_all(),
        }
    }

    /// The texts in which `$NAME` is replaced.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Text(_, TextTest::Equal(text) | TextTest::Like(text) | TextTest::Contains(text)) => vec![text],
            Self::Json { value, .. } => vec![value],
            _ => Vec::new(),
        }
    }
}

fn no_answer() -> String {
    "there is no answer to judge".into()
}

fn exit(seen: &Seen, codes: &[i32]) -> Result<bool, String> {
    match seen.exit {
        Some(code) => Ok(codes.contains(&code)),
        None if seen.stdout.is_some() => Ok(false),
        None => Err("there is no exit code to judge".into()),
    }
}

fn lines_below(seen: &Seen, count: u64) -> Result<bool, String> {
    let text = seen.stdout.as_deref().or(seen.body.as_deref()).ok_or("there is no output to judge")?;
    if seen.truncated {
        return Err("not all of the output was kept, so its lines can't be counted".into());
    }
    Ok((text.lines().count() as u64) < count)
}

impl Stream {
    fn of(self, seen: &Seen) -> Result<&str, String> {
        let text = match self {
            Self::Stdout => &seen.stdout,
            Self::Stderr => &seen.stderr,
            Self::Body => &seen.body,
        };
        text.as_deref().ok_or_else(|| format!("there is no {} to judge", self.name()))
    }
}

impl TextTest {
    fn holds(&self, text: &str, truncated: bool, values: Values<'_>) -> Result<bool, String> {
        if truncated {
            return Err("not all of the output was kept, so it can't be judged".into());
        }
        // Nobody means the newline that ends the output: `^[0-9]+$` is one number.
        let text = text.strip_suffix('\n').unwrap_or(text);
        match self {
            Self::Equal(wanted) => Ok(text == expand(wanted, values)?),
            Self::Contains(part) => Ok(text.contains(&expand(part, values)?)),
            Self::Like(expression) => {
                let expression = expand_with(expression, values, |value| regex::escape(&value))?;
                Ok(compile(&expression)?.is_match(text))
            }
        }
    }
}

/// Whether an expression will compile. A short one without counted repetitions is as big as it is long: reading it tells, at a
/// tenth of the cost, which a playbook with hundreds of them feels.
pub fn sound(expression: &str) -> bool {
    const SHORT: usize = 200;
    match expression.len() <= SHORT && !expression.contains('{') {
        true => regex_syntax::parse(expression).is_ok(),
        false => compile(expression).is_ok(),
    }
}

/// Compiles an expression; the error is one line.
pub fn compile(expression: &str) -> Result<Regex, String> {
    Regex::new(expression).map_err(|error| {
        let text = error.to_string();
        let last = text.lines().last().unwrap_or("").trim_start_matches("error: ");
        format!("`{}` is not a regular expression: {last}", inert(expression))
    })
}

fn json(seen: &Seen, path: &str, wanted: &str) -> Result<bool, String> {
    let text = seen.body.as_deref().or(seen.stdout.as_deref()).ok_or_else(no_answer)?;
    let root: Value = serde_json::from_str(text).map_err(|error| format!("the answer is not JSON: {error}"))?;
    let found = segments(path).try_fold(&root, |value, segment| match segment.parse::<usize>() {
        Ok(index) if value.is_array() => value.get(index),
        _ => value.get(segment),
    });
    let found = found.ok_or_else(|| format!("the answer has no `{path}`"))?;
    // A number or a list is compared as it is written in JSON.
    let told = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
    Ok(told == wanted)
}

/// `a.b[0]` as `a`, `b`, `0`.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '[', ']']).filter(|part| !part.is_empty())
}

impl Found {
    /// One thing for each value.
    pub fn values_of(values: Vec<f64>) -> Self {
        Self { matches: values.into_iter().map(|value| (value.to_string(), Some(value))).collect(), ..Self::default() }
    }

    /// What was found, one line for each thing that was asked about.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let matches = self.matches.iter().map(|(words, _)| format!("✓ {words}"));
        let others = self.others.iter().map(|words| format!("✗ {words}"));
        matches.chain(others).chain(self.unclear.iter().map(|words| format!("? {words}")))
    }

    /// Whatever is unclear may be so.
    fn clear(&self) -> Result<(), String> {
        self.unclear.first().map_or(Ok(()), |why| Err(why.clone()))
    }

    fn is_empty(&self) -> Result<bool, String> {
        if self.matches.is_empty() { self.clear().map(|()| true) } else { Ok(false) }
    }

    fn is_all(&self) -> Result<bool, String> {
        if !self.others.is_empty() {
            return Ok(false);
        }
        self.clear()?;
        if self.matches.is_empty() { Err("nothing was asked about".into()) } else { Ok(true) }
    }

    fn values(&self) -> Result<Vec<f64>, String> {
        self.clear()?;
        self.matches.iter().map(|(words, value)| value.ok_or_else(|| format!("{words}, and has no value"))).collect()
    }
}

impl Bounds {
    /// All values must be inside; no value can't be judged.
    fn hold(&self, values: &[f64]) -> Result<bool, String> {
        match values {
            [] => Err("there is no value".into()),
            all if all.iter().any(|value| value.is_nan()) => Err("the value is not a number".into()),
            all => Ok(all.iter().all(|value| self.inside(*value))),
        }
    }

    fn inside(&self, value: f64) -> bool {
        match *self {
            Self::Below(limit) => value < limit,
            Self::AtMost(limit) => value <= limit,
            Self::Above(limit) => value > limit,
            Self::AtLeast(limit) => value >= limit,
            Self::Equal(wanted) => value == wanted,
            Self::Between(low, high) => (low..=high).contains(&value),
        }
    }
}

/// Replaces `$NAME` and `${NAME}` (upper case: nothing else is touched). A name without a value is an error.
pub fn expand(text: &str, values: Values<'_>) -> Result<String, String> {
    expand_with(text, values, |value| value)
}

/// The same, with every value passed through `quote` first.
pub fn expand_with(text: &str, values: Values<'_>, quote: impl Fn(String) -> String) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (range, name) in names(text) {
        out += &text[done..range.start];
        out += &quote(values(name).ok_or_else(|| format!("`{name}` has no value"))?);
        done = range.end;
    }
    Ok(out + &text[done..])
}

/// The places of `$NAME` and `${NAME}` in a text, with the names.
pub fn names(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, &str)> {
    text.match_indices('$').filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        let (braced, rest) = rest.strip_prefix('{').map_or((false, rest), |rest| (true, rest));
        let length = rest.find(|c: char| !matches!(c, 'A'..='Z' | '0'..='9' | '_')).unwrap_or(rest.len());
        let name = &rest[..length];
        let named = name.starts_with(|c: char| c.is_ascii_uppercase());
        match (named, braced) {
            (true, false) => Some((at..at + 1 + length, name)),
            (true, true) if rest[length..].starts_with('}') => Some((at..at + 3 + length, name)),
            _ => None,
        }
    })
}

/// As it is written in `expect`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(codes) => {
                let codes: Vec<String> = codes.iter().map(i32::to_string).collect();
                write!(f, "exit {}", codes.join(" or "))
            }
            Self::Text(stream, TextTest::Equal(text)) => write!(f, "{} `{}`", stream.name(), inert(text)),
            Self::Text(stream, TextTest::Like(text)) => write!(f, "{} ~ `{}`", stream.name(), inert(text)),
            Self::Text(stream, TextTest::Contains(text)) => write!(f, "{} contains `{}`", stream.name(), inert(text)),
            Self::LinesBelow(count) => write!(f, "lines < {count}"),
            Self::Status { from, to } if from == to => write!(f, "status {from}"),
            Self::Status { from, .. } => write!(f, "status {}xx", from / 100),
            Self::Json { path, value } => write!(f, "json `{}` = `{}`", inert(path), inert(value)),
            Self::Within(limit) => write!(f, "within {}", humantime::format_duration(*limit)),
            Self::Value(bounds) => write!(f, "value {bounds}"),
            Self::Empty(true) => f.write_str("empty"),
            Self::Empty(false) => f.write_str("not empty"),
            Self::All => f.write_str("all"),
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below(limit) => write!(f, "< {limit}"),
            Self::AtMost(limit) => write!(f, "<= {limit}"),
            Self::Above(limit) => write!(f, "> {limit}"),
            Self::AtLeast(limit) => write!(f, ">= {limit}"),
            Self::Equal(value) => write!(f, "= {value}"),
            Self::Between(low, high) => write!(f, "between {low} and {high}"),
        }
    }
}

impl Stream {
    fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Body => "body",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{compile, sound};
    use proptest::prelude::*;

    #[test]
    fn an_expression_that_would_be_too_big_is_not_sound() {
        assert!(sound(r"^\w{5}$"));
        assert!(!sound(r"(\w{500}){500}"));
        assert!(!sound(r"(?-u)\xFF"), "it would match half of a character");
    }

    proptest! {
        #[test]
        fn what_is_sound_compiles_and_nothing_else_does(expression in r"[a-cé(){}\[\]*+?|^$.\\dwpxLu:=<>!i0-9-]{0,14}") {
            prop_assert_eq!(sound(&expression), compile(&expression).is_ok());
        }
    }
}
