//! What an export hides in what was written and recorded: people's names, replaced by roles where it is to be given away, and what
//! looks like a secret. A name is found as a whole word only; what somebody wrote in other words stays.

use crate::domain::entry::{Actor, ActorKind, Entry, Kind};
use crate::domain::ids::{AlertId, PlaybookId, ServiceName, StepId};
use crate::domain::patterns::{Patterns, STRUCK, joined, replaced};
use crate::domain::timeline::{People, Timeline};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

pub struct Masks {
    /// Longest first, and what stands for each; none where names were asked for.
    names: Vec<(String, String)>,
    patterns: Arc<Patterns>,
}

impl Masks {
    pub fn of(timeline: &Timeline) -> Self {
        let patterns = timeline.patterns.clone();
        let mut names = if timeline.people == People::Names { Vec::new() } else { names(timeline) };
        // What stands for a name is outside text as well.
        for (_, role) in &mut names {
            *role = replaced(role, patterns.spots(role).into_iter().map(|spot| (spot, STRUCK)));
        }
        Self { names, patterns }
    }

    /// How somebody is called in this export: by what they are, unless names were asked for.
    pub fn called<'a>(&'a self, actor: &'a Actor) -> &'a str {
        let named = || self.names.iter().find(|(name, _)| *name == actor.name).map(|(_, role)| role.as_str());
        match actor.kind {
            ActorKind::System => &actor.name,
            ActorKind::Person => named().unwrap_or(&actor.name),
        }
    }

    /// Whether anything in its entries is struck.
    pub fn strike(&self, timeline: &Timeline) -> bool {
        let found = |text: &str| self.patterns.find(text);
        timeline.lines.iter().any(|line| {
            let data = line.entry.data.values().any(|value| any(value, &found));
            data || found(&line.text)
                || texts(&line.entry).any(found)
                || line.entry.alert.as_ref().is_some_and(|id| found(&id.to_string()))
        })
    }

    /// Names and secrets are looked for in what was written, not in what the other has left of it.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let (mut spots, mut named) = (self.patterns.spots(text), Vec::<(Range<usize>, &str)>::new());
        for (name, role) in &self.names {
            for at in words(text, name) {
                let meets = |other: &Range<usize>| other.start < at.end && at.start < other.end;
                if named.iter().any(|(other, _)| meets(other)) {
                    continue;
                }
                // A part of a name says whose it is.
                if spots.iter().any(meets) { spots.push(at) } else { named.push((at, role)) }
            }
        }
        if spots.is_empty() && named.is_empty() {
            return Cow::Borrowed(text);
        }
        named.extend(joined(spots).into_iter().map(|spot| (spot, STRUCK)));
        named.sort_by_key(|(at, _)| at.start);
        Cow::Owned(replaced(text, named))
    }

    /// What is left of it is still the name of an alert: of a source, and of what that calls it.
    pub fn alert(&self, id: &AlertId) -> String {
        let id = id.to_string();
        let masked = self.text(&id);
        if masked.contains('/') { masked.into_owned() } else { format!("{masked}/{STRUCK}") }
    }

    /// Whether anything in a value is changed by them.
    pub fn hide(&self, value: &Value) -> bool {
        any(value, &|text| matches!(self.text(text), Cow::Owned(_)))
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

/// What of an entry may be struck, besides its data and its alert: the rest is ids, hashes, times and kinds.
fn texts(entry: &Entry) -> impl Iterator<Item = &str> {
    let actor = &entry.actor;
    let who = [Some(&actor.name), actor.role.as_ref(), actor.os_user.as_ref(), actor.tty.as_ref()];
    let shown = entry.evidence.iter().flat_map(|one| [one.name.as_ref(), one.url.as_ref()]);
    let typed = [Some(&entry.text), entry.key.as_ref(), entry.drill.as_ref()].into_iter().chain(who).chain(shown);
    let of = [
        entry.service.as_ref().map(ServiceName::as_str),
        entry.playbook.as_ref().map(PlaybookId::as_str),
        entry.step.as_ref().map(StepId::as_str),
    ];
    typed.flatten().map(String::as_str).chain(of.into_iter().flatten())
}

/// Whether a value is what is left of another one once something in it was struck: where it says `STRUCK` may stand anything.
pub fn fits(shown: &Value, whole: &Value) -> bool {
    match (shown, whole) {
        (Value::String(shown), Value::String(whole)) => left_of(shown, whole),
        (Value::Array(shown), Value::Array(whole)) => {
            shown.len() == whole.len() && shown.iter().zip(whole).all(|(shown, whole)| fits(shown, whole))
        }
        (Value::Object(shown), Value::Object(whole)) => {
            shown.len() == whole.len()
                && shown.iter().all(|(name, shown)| whole.get(name).is_some_and(|whole| fits(shown, whole)))
        }
        (shown, whole) => shown == whole,
    }
}

fn left_of(shown: &str, whole: &str) -> bool {
    let mut parts = shown.split(STRUCK);
    let Some(mut rest) = parts.next().and_then(|first| whole.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn any(value: &Value, found: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().any(|item| any(item, found)),
        Value::Object(fields) => fields.values().any(|field| any(field, found)),
        _ => false,
    }
}

/// Everybody by what they said of themselves that they are, and of several the second is another one. Who leads or writes changes while
/// an incident lasts: whom that is said of is called as before and after it.
fn names(timeline: &Timeline) -> Vec<(String, String)> {
    let mut known: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    let entries = || timeline.lines.iter().map(|line| line.entry.as_ref());
    let acting = entries().filter(|entry| entry.actor.kind == ActorKind::Person);
    let acting = acting.map(|entry| (entry.actor.name.as_str(), entry.actor.role.as_deref()));
    let told = entries().flat_map(|entry| {
        let to = entry.text_of("to").filter(|_| entry.kind == Kind::Handoff);
        // Whoever had an alert elsewhere, or before it was taken over, has written nothing here.
        let holders = matches!(entry.kind, Kind::Ack | Kind::Unack | Kind::Act).then_some(["by", "from"]);
        let fields = ["lead", "person"].into_iter().chain(holders.into_iter().flatten());
        fields.filter_map(move |field| entry.text_of(field)).chain(giver(entry)).chain(to)
    });
    let held = timeline.incident.lead.iter().chain(timeline.incident.roles.values()).map(String::as_str);
    for (name, role) in acting.chain(told.chain(held).map(|name| (name, None))).filter(|(name, _)| !name.trim().is_empty()) {
        if !known.contains_key(name) {
            order.push(name);
        }
        let is = known.entry(name).or_default();
        *is = is.or(role);
    }
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let mut names = Vec::new();
    for name in order {
        let role = known.get(name).copied().flatten().unwrap_or("responder");
        let nth = count.entry(role).or_default();
        *nth += 1;
        let called = match *nth {
            1 => role.to_owned(),
            2 => format!("another {role}"),
            nth => format!("{role} no. {nth}"),
        };
        names.push((name.to_owned(), called));
    }
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    names
}

/// In whose name an act was sent.
fn giver(entry: &Entry) -> Option<&str> {
    let act = entry.data.get("act")?.as_object()?;
    let by = act.get("by").or_else(|| act.values().find_map(|inside| inside.get("by")));
    by.and_then(Value::as_str)
}

/// Where the name stands by itself, and not in another word.
fn words<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    text.match_indices(name).map(|(at, name)| at..at + name.len()).filter(|at| {
        let beside = [text[..at.start].chars().next_back(), text[at.end..].chars().next()];
        !beside.into_iter().flatten().any(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_finds_what_has_a_name_in_it_and_no_half_of_a_name_is_left() {
        let names = vec![("ana smith".into(), "lead".into()), ("ana".into(), "on-call".into())];
        let patterns = [r"ana\.smith@corp\.com".to_owned(), "smith,".to_owned()];
        let masks = Masks { names, patterns: Arc::new(Patterns::with(&patterns).expect("expressions")) };
        assert_eq!(masks.text("ana wrote to ana.smith@corp.com"), "on-call wrote to •••");
        assert_eq!(masks.text("ana smith, é ana smith."), "••• é lead.");
        let names = vec![("kim lee".into(), "expert".into()), ("lee ACME".into(), "lead".into())];
        let masks = Masks { names, patterns: Arc::new(Patterns::with(&["ACME".to_owned()]).expect("an expression")) };
        assert_eq!(masks.text("kim lee ACME"), "expert •••", "of names that overlap one is seen");
        let masks = Masks { names: vec![("ana".into(), "on-call".into())], patterns: Arc::default() };
        assert_eq!(masks.alert(&AlertId::try_from("am/ana".to_owned()).expect("an id")), "am/on-call");
        let all = Masks { names: Vec::new(), patterns: Arc::new(Patterns::with(&["am/.*".to_owned()]).expect("an expression")) };
        assert_eq!(all.alert(&AlertId::try_from("am/ana".to_owned()).expect("an id")), "•••/•••");
    }

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
