//! What an export hides in what was written and recorded: people's names, replaced by roles where it is to be given away, and what
//! looks like a secret. A name is found as a whole word only; what somebody wrote in other words stays.

use super::called;
use crate::domain::entry::{ActorKind, Entry};
use crate::domain::patterns::Patterns;
use crate::domain::timeline::{People, Timeline};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct Masks {
    /// Longest first, and what stands for each; none where names were asked for.
    names: Vec<(String, String)>,
    patterns: Arc<Patterns>,
}

impl Masks {
    pub fn of(timeline: &Timeline) -> Self {
        let names = if timeline.people == People::Names { Vec::new() } else { names(timeline) };
        Self { names, patterns: timeline.patterns.clone() }
    }

    /// Whether anything in it is struck.
    pub fn strike(&self, timeline: &Timeline) -> bool {
        timeline.lines.iter().any(|line| {
            let found = |text: &str| self.patterns.find(text);
            found(&line.entry.text) || found(&line.text) || line.entry.data.values().any(|value| any(value, &found))
        })
    }

    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let named = self.names.iter().fold(Cow::Borrowed(text), |text, (name, role)| match text.contains(name.as_str()) {
            true => Cow::Owned(replaced(&text, name, role)),
            false => text,
        });
        match self.patterns.find(&named) {
            true => Cow::Owned(self.patterns.struck(&named).into_owned()),
            false => named,
        }
    }

    /// Every text in a value, however deep.
    pub fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text).into_owned(),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.value(field)),
            _ => {}
        }
    }
}

fn any(value: &Value, found: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().any(|item| any(item, found)),
        Value::Object(fields) => fields.values().any(|field| any(field, found)),
        _ => false,
    }
}

fn names(timeline: &Timeline) -> Vec<(String, String)> {
    let mut names = BTreeMap::new();
    for entry in timeline.lines.iter().map(|line| &line.entry) {
        if entry.actor.kind == ActorKind::Person {
            names.insert(entry.actor.name.clone(), called(&entry.actor, timeline.people));
        }
    }
    let lead = timeline.incident.lead.as_deref().map(|name| (name, "lead"));
    for (name, role) in timeline.lines.iter().flat_map(|line| said(&line.entry)).chain(lead) {
        names.entry(name.to_owned()).or_insert_with(|| role.to_owned());
    }
    let mut names: Vec<_> = names.into_iter().filter(|(name, _)| !name.trim().is_empty()).collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    names
}

/// People whom an entry names as what they are.
fn said(entry: &Entry) -> impl Iterator<Item = (&str, &str)> {
    let role = entry.text_of("role").unwrap_or("lead");
    [(entry.text_of("lead"), "lead"), (entry.text_of("person"), role)].into_iter().filter_map(|(name, role)| Some((name?, role)))
}

fn replaced(text: &str, name: &str, role: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let last = before.chars().next_back().or_else(|| out.chars().next_back());
        let part = [last, after.chars().next()].into_iter().flatten().any(char::is_alphanumeric);
        out.push_str(before);
        out.push_str(if part { name } else { role });
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_replaced_as_a_word_and_nowhere_else() {
        let names = vec![("ana maria".into(), "lead".into()), ("ana".into(), "on-call".into())];
        let masks = Masks { names, patterns: Arc::default() };
        assert_eq!(masks.text("ana: banana, (ana) and ana maria"), "on-call: banana, (on-call) and lead");
        assert_eq!(masks.text("analysis"), "analysis");
        let mut data = serde_json::json!({"by": "ana", "list": [{"comment": "ACK! ana: on it"}], "n": 1});
        masks.value(&mut data);
        assert_eq!(data, serde_json::json!({"by": "on-call", "list": [{"comment": "ACK! on-call: on it"}], "n": 1}));
    }
}
