//! JSON: complete and versioned, with the heads of the chains. The names are pinned: scripts rely on them.

use super::masks::Masks;
use super::{Kind, called};
use crate::domain::entry::Entry;
use crate::domain::incident::{Incident, Role};
use crate::domain::timeline::{Line, People, Timeline};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

pub const KIND: Kind = Kind { name: "json", about: "everything, with the chain's hashes: for other tools", write };

fn write(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document { timeline, masks: Masks::of(timeline) })?;
    writeln!(out)
}

/// What `document` makes, one entry in memory at a time.
struct Document<'t> {
    timeline: &'t Timeline,
    masks: Masks,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        // The names of a document are sorted, and no other comes before this one.
        map.serialize_entry("entries", &Entries(self))?;
        for (name, value) in about(self.timeline, &self.masks).as_object().into_iter().flatten() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

struct Entries<'d, 't>(&'d Document<'t>);

impl Serialize for Entries<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Document { timeline, masks } = self.0;
        serializer.collect_seq(timeline.lines.iter().map(|line| entry(line, timeline.people, masks)))
    }
}

/// The whole document; `incident show --json` prints it too.
pub fn document(timeline: &Timeline) -> Value {
    let masks = Masks::of(timeline);
    let mut document = about(timeline, &masks);
    document["entries"] = timeline.lines.iter().map(|line| entry(line, timeline.people, &masks)).collect();
    document
}

/// Everything but the entries.
pub(super) fn about(timeline: &Timeline, masks: &Masks) -> Value {
    let mut incident = incident(&timeline.incident, timeline.people);
    for field in ["title", "lead", "roles", "services"] {
        masks.value(&mut incident[field]);
    }
    json!({
        "schema": 1,
        "incident": incident,
        "metrics": metrics(timeline),
        "heads": timeline.heads,
        // Without the names, or with something struck, the bodies are not what was hashed.
        "verifiable": timeline.people == People::Names && !masks.strike(timeline),
        "left_out": timeline.left_out,
    })
}

/// An incident as every document shows it.
pub fn incident(incident: &Incident, people: People) -> Value {
    let lead = incident.lead.clone().map(|name| if people == People::Names { name } else { "lead".to_owned() });
    let called = |(role, name): (&Role, &String)| {
        (role.word().to_owned(), Value::from(if people == People::Names { name } else { role.word() }))
    };
    let roles: Map<String, Value> = incident.roles.iter().map(called).collect();
    json!({
        "id": incident.id,
        "number": incident.number,
        "title": incident.title,
        "severity": incident.severity,
        "status": incident.status,
        "opened_at": time(incident.opened_at),
        "mitigated_at": incident.mitigated_at.map(time),
        "resolved_at": incident.resolved_at.map(time),
        "next_update_at": incident.next_update().map(time),
        "lead": lead,
        "roles": roles,
        "private": incident.private,
        "services": incident.services,
    })
}

fn metrics(timeline: &Timeline) -> Value {
    let times = &timeline.times;
    let mut object = Map::new();
    let raw = [
        ("impact_at", times.impact),
        ("alerted_at", times.alerted),
        ("acknowledged_at", times.acknowledged),
        ("declared_at", times.declared),
        ("mitigated_at", times.mitigated),
        ("resolved_at", times.resolved),
        ("closed_at", times.closed),
    ];
    for (name, at) in raw {
        object.insert(name.to_owned(), at.map(time).into());
    }
    for metric in times.metrics() {
        object.insert(format!("{}_ms", metric.name), metric.ms.into());
    }
    let formulas: Map<String, Value> =
        times.metrics().iter().map(|metric| (metric.name.to_owned(), metric.formula.into())).collect();
    object.insert("formulas".to_owned(), formulas.into());
    object.into()
}

/// An entry as it is stored, with its place in the chain: as every document shows it.
pub fn stored(entry: &Entry) -> Value {
    // Entries are plain data; this can't fail, and an empty object would be seen by everybody who reads it.
    let mut value = serde_json::to_value(entry).unwrap_or_default();
    let seal = entry.seal();
    value["prev"] = seal.map(|seal| seal.prev.to_string()).into();
    value["hash"] = seal.map(|seal| seal.hash.to_string()).into();
    value
}

/// The same, with what corrections made of it, and without what may not leave the house.
pub(super) fn entry(line: &Line, people: People, masks: &Masks) -> Value {
    let mut value = stored(&line.entry);
    if line.corrected {
        value["corrected"] = json!({
            "at": time(line.at),
            "text": line.text,
            "kind": line.kind,
            "visibility": line.visibility,
            "important": line.important,
        });
    }
    if people == People::Roles {
        value["actor"]["name"] = called(&line.entry.actor, people).into();
        value["actor"]["os_user"] = Value::Null;
        value["actor"]["tty"] = Value::Null;
    }
    if let Some(alert) = &line.entry.alert {
        value["alert"] = masks.alert(alert).into();
    }
    for evidence in value["evidence"].as_array_mut().into_iter().flatten() {
        hidden(evidence, &["name", "url"], masks);
    }
    hidden(&mut value["actor"], &["name", "role", "os_user", "tty"], masks);
    if let Some(corrected) = value.get_mut("corrected") {
        hidden(corrected, &["text"], masks);
    }
    // `Masks::strike` looks at the same ones.
    hidden(&mut value, &["key", "text", "service", "playbook", "step", "drill", "data"], masks);
    value
}

fn hidden(value: &mut Value, fields: &[&str], masks: &Masks) {
    for field in fields {
        if let Some(field) = value.get_mut(field) {
            masks.value(field);
        }
    }
}

/// RFC 3339 in UTC with milliseconds.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
