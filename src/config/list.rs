//! Readers of the small things that all sections are made of: lists, names, words, times.

use crate::domain::node::{Node, Problems, Value};
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::time::Duration;
use url::Url;

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// What `read` makes of each item; one that is wrong is left out, and its problems are told.
pub fn each<T>(list: Option<&Node>, problems: &mut Problems, mut read: impl FnMut(&Node, &mut Problems) -> Option<T>) -> Vec<T> {
    let items = list.and_then(|node| node.seq(problems)).unwrap_or_default();
    items.iter().filter_map(|item| read(item, problems)).collect()
}

/// The items of a list; anything else counts as a list of one.
pub fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::Seq(items) => items,
        _ => std::slice::from_ref(node),
    }
}

/// One of the words, and what it stands for.
pub fn one_of<T: Copy>(node: &Node, what: &str, words: &[(&str, T)], problems: &mut Problems) -> Option<T> {
    let text = node.text(problems)?;
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
    if found.is_none() {
        problems.unknown(node.span, what, text, &words.iter().map(|(word, _)| *word).collect::<Vec<_>>());
    }
    found
}

/// A time within bounds.
pub fn time(node: Option<&Node>, bounds: RangeInclusive<Duration>, problems: &mut Problems) -> Option<Duration> {
    let node = node?;
    let time = node.duration(problems)?;
    if bounds.contains(&time) {
        return Some(time);
    }
    let [least, most] = [bounds.start(), bounds.end()].map(|bound| humantime::format_duration(*bound));
    problems.error(node.span, format!("expected {least} to {most}, found {}", humantime::format_duration(time)));
    None
}

/// Text that people read on one line.
pub fn label(node: &Node, problems: &mut Problems) -> Option<String> {
    node.read("a few words on one line", problems, |text| {
        let fits = !text.trim().is_empty() && text.chars().count() <= LONGEST_NAME && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    })
}

/// The start of an address; a trailing slash makes no difference.
pub fn address(text: &str) -> Option<String> {
    let good = Url::parse(text).is_ok_and(|url| url.has_host() && ["http", "https"].contains(&url.scheme()));
    good.then(|| text.trim_end_matches('/').to_owned())
}

/// The names of one list, and the line of each: a name stands once.
pub struct Names {
    what: &'static str,
    lines: HashMap<String, usize>,
}

impl Names {
    /// `what` is the sort of thing that is named, for messages.
    pub fn of(what: &'static str) -> Self {
        Self { what, lines: HashMap::new() }
    }

    /// The item's name, checked.
    pub fn take(&mut self, node: &Node, problems: &mut Problems) -> Option<String> {
        let name = node.read("a name without spaces", problems, plain)?;
        if let Some(line) = self.lines.insert(name.clone(), node.span.line) {
            problems.error(node.span, format!("there is a {} `{name}` already, in line {line}", self.what));
            return None;
        }
        Some(name)
    }
}

fn plain(text: &str) -> Option<String> {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    (!text.is_empty() && text.chars().count() <= LONGEST_NAME && !text.contains(odd)).then(|| text.to_owned())
}
