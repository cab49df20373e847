//! How a filter that is being typed may go on, from what stands in the queue.

use super::term::{Term, sign};
use super::token::is_word;
use crate::domain::text::{Outside, inert};
use crate::model::World;
use crate::model::alerts::{State, Tracked};
use std::borrow::Cow;
use std::collections::HashMap;

/// The longest value that is offered, in bytes: nobody reads a longer one in a line.
const LONGEST: usize = 80;
/// No more ways than a line can show.
const MOST: usize = 9;

/// One way on: the whole word as it would stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub text: String,
    /// How many alerts it holds for, or have such a label; `None` where that says nothing.
    pub alerts: Option<usize>,
    /// Nothing is missing in it.
    pub whole: bool,
}

/// The word at the cursor (byte `at`, which ends it): where it begins, and how it may go on, the most frequent first. No ways
/// before anything of it is typed, nor inside a word.
pub fn complete(world: &World, text: &str, at: usize) -> (usize, Vec<Way>) {
    let (head, tail) = text.split_at(at.min(text.len()));
    let from = begins(head);
    let inside = tail.starts_with(|c: char| !c.is_whitespace() && c != ')');
    let word = &head[from..];
    if word.is_empty() || inside { (from, Vec::new()) } else { (from, ways(world, word)) }
}

/// Where the last word begins: after a space outside quotes, an opening parenthesis or the `-` that negates it.
fn begins(head: &str) -> usize {
    let (mut from, mut quoted) = (0, false);
    for (at, c) in head.char_indices() {
        let starts = at == from;
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => from = at + c.len_utf8(),
            '(' | '-' if starts => from = at + 1,
            _ => {}
        }
    }
    from
}

fn ways(world: &World, word: &str) -> Vec<Way> {
    let keyed: [(&str, Seen); 4] = [
        ("state:", |_, alert, each| {
            State::ALL.into_iter().filter(|state| alert.state == *state).for_each(|state| each(state.word()))
        }),
        ("severity:", |_, alert, each| each(alert.severity.word())),
        ("service:", |_, alert, each| alert.service.iter().for_each(|service| each(service.as_str()))),
        ("source:", |_, alert, each| each(alert.alert.id.source.as_str())),
    ];
    for (key, seen) in keyed {
        if let Some(typed) = word.strip_prefix(key) {
            return most(count(world, typed, |alert, each| seen(world, alert, each)), |value| value_of(key, value), true);
        }
    }
    if let Some((sign, typed)) = signed(word, "severity", &[">=", "<=", ">", "<"]) {
        let words = ["critical", "warning", "info"].into_iter().filter(|level| level.starts_with(typed));
        return words.filter_map(|level| compared(world, format!("severity{sign}{level}"))).collect();
    }
    if let Some((label, (sign, typed))) = labelled(word) {
        let counted =
            count(world, &typed.replace('"', ""), |alert, each| alert.alert.labels.get(label).into_iter().for_each(each));
        let text = |value: &str| {
            let value = if sign.ends_with('~') { regex::escape(value) } else { value.to_owned() };
            value_of(&word[..word.len() - typed.len()], &value)
        };
        return most(counted, text, true);
    }
    words(world, word)
}

type Seen = fn(&World, &Tracked, &mut dyn FnMut(&str));

/// A word of the language, the name of an alert, or a label's.
fn words(world: &World, word: &str) -> Vec<Way> {
    let begun = |known: &&str| known.len() > word.len() && known.starts_with(word);
    let own = ["state:", "severity:", "severity>=", "age>", "service:", "source:", "mine", "not"].into_iter().filter(begun);
    let mut ways: Vec<Way> =
        own.map(|text| Way { text: text.to_owned(), alerts: None, whole: text.ends_with(char::is_alphabetic) }).collect();
    let typed = word.replace('"', "");
    let mut names = Found::new();
    world.alerts.names().for_each(|(name, alerts)| add(&mut names, &typed, name, alerts));
    ways.extend(most(names, |name| value_of("", name), true));
    // Every alert is looked at for them: not where there is no room for what is found.
    if ways.len() < MOST {
        ways.extend(most(labels(world, &typed), name_of, false));
    }
    ways.truncate(MOST);
    ways
}

/// A label's name before its sign, in quotes where it must be; `None`: what can't be typed.
fn name_of(label: &str) -> Option<String> {
    let plain = label.chars().all(|c| c.is_alphanumeric() || "_-./".contains(c)) && !label.starts_with('-');
    let name = if plain { Some(label.to_owned()) } else { quotable(label).then(|| format!("\"{label}\"")) };
    name.map(|name| format!("{name}="))
}

/// The name of a label as it is, and the sign and the value that are typed behind it.
fn labelled(word: &str) -> Option<(&str, (&'static str, &str))> {
    let (name, rest) = match word.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => word.split_at(word.find(['=', '!'])?),
    };
    (!name.is_empty()).then_some((name, sign(rest)?))
}

/// `severity>=warning`, with the number of such alerts.
fn compared(world: &World, text: String) -> Option<Way> {
    let Ok(Term::Severity(compare, severity)) = Term::parse(&text) else { return None };
    Some(Way { text, alerts: Some(compare.counted(severity, world)), whole: true })
}

/// `label!=x` as its sign and what is typed behind it.
fn signed<'a>(word: &'a str, before: &str, signs: &[&'a str]) -> Option<(&'a str, &'a str)> {
    let rest = word.strip_prefix(before).filter(|_| !before.is_empty())?;
    signs.iter().find_map(|sign| Some((*sign, rest.strip_prefix(sign)?)))
}

type Found = HashMap<String, usize>;

/// How many alerts have each of what `seen` tells of them, of what begins as was typed; whatever its case.
fn count<'w>(world: &'w World, typed: &str, seen: impl Fn(&'w Tracked, &mut dyn FnMut(&str))) -> Found {
    let mut found = Found::new();
    for tracked in world.alerts.queue() {
        seen(tracked, &mut |value| add(&mut found, typed, value, 1));
    }
    found
}

/// The same of the names of labels. The alerts of a rule have one list of them together, which is looked at once.
fn labels(world: &World, typed: &str) -> Found {
    let mut lists: HashMap<*const Outside, (&[Outside], usize)> = HashMap::new();
    for tracked in world.alerts.queue() {
        let list = tracked.alert.labels.names();
        lists.entry(list.as_ptr()).or_insert((list, 0)).1 += 1;
    }
    let mut labels = Found::new();
    for (list, alerts) in lists.into_values() {
        list.iter().for_each(|label| add(&mut labels, typed, label.raw(), alerts));
    }
    labels
}

fn add(found: &mut Found, typed: &str, value: &str, alerts: usize) {
    let begins = value.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed));
    if !begins || value.is_empty() || value.len() > LONGEST {
        return;
    }
    match found.get_mut(value) {
        Some(count) => *count += alerts,
        None => drop(found.insert(value.to_owned(), alerts)),
    }
}

fn most(found: Found, text: impl Fn(&str) -> Option<String>, whole: bool) -> Vec<Way> {
    let mut found: Vec<(String, usize)> = found.into_iter().collect();
    found.sort_by(|(one, few), (other, many)| many.cmp(few).then_with(|| one.cmp(other)));
    let way = |(value, alerts): (String, usize)| Some(Way { text: text(&value)?, alerts: Some(alerts), whole });
    found.into_iter().filter_map(way).take(MOST).collect()
}

fn quotable(text: &str) -> bool {
    !text.contains('"') && matches!(inert(text), Cow::Borrowed(_))
}

/// The term, in quotes where it must be. `None`: what can't be typed, or wouldn't be what it looks like.
fn value_of(key: &str, value: &str) -> Option<String> {
    if !quotable(value) {
        return None;
    }
    let bare = !value.contains(|c: char| c.is_whitespace() || "()&|".contains(c)) && !value.starts_with(['-', '=', '<', '>']);
    let word = !key.is_empty() || value != "mine" && !is_word(value) && !value.contains([':', '=', '!', '<', '>']);
    Some(match bare && word {
        true => format!("{key}{value}"),
        // A quote around a whole word makes it text to look for; one inside keeps a value together.
        false => format!("{key}\"{value}\""),
    })
}
