//! YAML with places. A scalar keeps its source text and is typed only by whoever asks, so `1.10`, `012`, `no`
//! and `y` stay what was typed. Whoever reads a node reports into `Problems`, all in one pass.

mod hush;
mod problem;
mod spec;
mod yaml;

pub use problem::{Level, Problem, Problems, Roots, nearest};
pub use spec::FieldSpec;

use std::path::PathBuf;
use std::time::Duration;

/// Where something stands in its file: 1-based line and column (in characters), and byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    pub line: usize,
    pub col: usize,
    pub start: usize,
    pub end: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub span: Span,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Map(Vec<(Key, Node)>),
    Seq(Vec<Node>),
    /// The text as it was typed, without quotes.
    Scalar {
        text: String,
        quoted: bool,
    },
    Null,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub text: String,
    pub span: Span,
}

impl Node {
    /// Reads one YAML document; an empty one is `Null`. What can't be read is reported at its place and gives `None`; a key
    /// that stands twice is reported too, and its first value kept, so that the rest can still be judged.
    pub fn parse(text: &str, problems: &mut Problems) -> Option<Self> {
        Self::parse_at(Span { line: 1, ..Span::default() }, text, problems)
    }

    /// The same for text that begins in the first column of line `origin.line` and at byte `origin.start` of a larger file
    /// (front matter): every place is one of the file.
    pub fn parse_at(origin: Span, text: &str, problems: &mut Problems) -> Option<Self> {
        yaml::parse(origin, text, problems)
    }

    /// What it is, for messages.
    fn sort(&self) -> &'static str {
        match self.value {
            Value::Map(_) => "a map",
            Value::Seq(_) => "a list",
            Value::Scalar { .. } => "a value",
            Value::Null => "nothing",
        }
    }

    fn expected<T>(&self, what: &str, problems: &mut Problems) -> Option<T> {
        problems.error(self.span, format!("expected {what}, found {}", self.sort()));
        None
    }

    /// Any scalar, as typed.
    pub fn text(&self, problems: &mut Problems) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => self.expected("a value", problems),
        }
    }

    /// A value that `read` understands; else an error that says what was expected.
    pub fn read<T>(&self, what: &str, problems: &mut Problems, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(problems)?;
        let found = read(text);
        if found.is_none() {
            problems.error(self.span, format!("expected {what}, found `{text}`"));
        }
        found
    }

    /// `true` or `false` (`yes` and `no` too).
    pub fn bool(&self, problems: &mut Problems) -> Option<bool> {
        self.read("true or false", problems, |text| match text {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        })
    }

    pub fn number<T: std::str::FromStr>(&self, problems: &mut Problems) -> Option<T> {
        self.read("a number", problems, |text| text.parse().ok())
    }

    /// `500ms`, `10s`, `1h30m`, `4w`.
    pub fn duration(&self, problems: &mut Problems) -> Option<Duration> {
        self.read("a duration such as 500ms, 10s or 1h30m", problems, |text| humantime::parse_duration(text).ok())
    }

    /// A path; `~` is the home folder, and what is relative begins at the file's own folder.
    pub fn path(&self, problems: &mut Problems) -> Option<PathBuf> {
        let text = self.text(problems)?.to_owned();
        Some(problems.roots.full(&text))
    }

    pub fn seq(&self, problems: &mut Problems) -> Option<&[Node]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => self.expected("a list", problems),
        }
    }

    /// A list of values; a single value counts as a list of one.
    pub fn texts(&self, problems: &mut Problems) -> Option<Vec<String>> {
        match &self.value {
            Value::Seq(items) => items.iter().map(|item| item.text(problems).map(str::to_owned)).collect(),
            _ => self.text(problems).map(|text| vec![text.to_owned()]),
        }
    }

    pub fn map(&self, problems: &mut Problems) -> Option<&[(Key, Node)]> {
        match &self.value {
            Value::Map(pairs) => Some(pairs),
            _ => self.expected("a map", problems),
        }
    }

    /// The fields of a map that may hold the `known` names and keys starting with `x-`; every other key is reported with
    /// the nearest known one.
    pub fn fields<'a>(&'a self, known: &[&str], problems: &mut Problems) -> Option<Fields<'a>> {
        let pairs = self.map(problems)?;
        for (key, _) in pairs {
            if !known.contains(&key.text.as_str()) && !key.text.starts_with("x-") {
                problems.unknown(key.span, "key", &key.text, known);
            }
        }
        Some(Fields { span: self.span, pairs })
    }
}

/// A map whose keys have been checked.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    span: Span,
    pairs: &'a [(Key, Node)],
}

impl<'a> Fields<'a> {
    /// The field's node; a null value counts as absent.
    pub fn get(&self, name: &str) -> Option<&'a Node> {
        self.pairs.iter().find(|(key, node)| key.text == name && node.value != Value::Null).map(|(_, node)| node)
    }

    /// The field's node, or an error that it is missing.
    pub fn need(&self, name: &str, problems: &mut Problems) -> Option<&'a Node> {
        let found = self.get(name);
        if found.is_none() {
            problems.error(self.span, format!("`{name}` is missing"));
        }
        found
    }
}
