//! JSON: complete and versioned, with the heads of the chains. The names are pinned: scripts rely on them.

use super::Kind;
use super::masks::Masks;
use crate::domain::entry::{AtSource, Clock, Entry, Kind as What, Visibility};
use crate::domain::ids::{EntryId, IncidentId, OriginId, RunId};
use crate::domain::incident::{Incident, Role};
use crate::domain::millis;
use crate::domain::timeline::{Line, People, Timeline};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
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
        serializer.collect_seq(timeline.lines.iter().map(|line| Written::of(line, timeline.people, masks)))
    }
}

/// The whole document; `incident show --json` prints it too.
pub fn document(timeline: &Timeline) -> Value {
    let masks = Masks::of(timeline);
    let mut document = about(timeline, &masks);
    let written = |line| serde_json::to_value(Written::of(line, timeline.people, &masks)).unwrap_or_default();
    document["entries"] = timeline.lines.iter().map(written).collect();
    document
}

/// Everything but the entries.
pub(super) fn about(timeline: &Timeline, masks: &Masks) -> Value {
    let mut incident = incident(&timeline.incident, timeline.people);
    for field in ["title", "drill", "lead", "roles", "services"] {
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
        "drill": incident.drill,
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

/// The same, with what corrections made of it, and without what may not leave the house. Its fields are in the order of their names, as
/// everywhere in the document; most of them are written as they lie in memory, for there may be a hundred thousand entries.
/// `Masks::strike` looks at the same ones.
#[derive(Serialize)]
pub(super) struct Written<'l> {
    actor: Value,
    alert: Option<String>,
    #[serde(with = "millis")]
    at: DateTime<Utc>,
    at_source: AtSource,
    attempt: Option<u32>,
    clock: &'l Clock,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected: Option<Value>,
    corrects: Option<EntryId>,
    data: Cow<'l, Map<String, Value>>,
    drill: Option<Cow<'l, str>>,
    evidence: Value,
    hash: Option<&'l str>,
    id: EntryId,
    important: bool,
    incident: Option<IncidentId>,
    key: Option<Cow<'l, str>>,
    kind: &'l What,
    links: &'l [String],
    origin: OriginId,
    playbook: Option<Cow<'l, str>>,
    prev: Option<&'l str>,
    #[serde(with = "millis")]
    recorded_at: DateTime<Utc>,
    run: Option<RunId>,
    seq: u64,
    service: Option<Cow<'l, str>>,
    step: Option<Cow<'l, str>>,
    text: Cow<'l, str>,
    v: u32,
    visibility: Visibility,
    #[serde(flatten)]
    rest: &'l Map<String, Value>,
}

impl<'l> Written<'l> {
    pub fn of(line: &'l Line, people: People, masks: &Masks) -> Self {
        let entry = &line.entry;
        let text = |text: &'l str| masks.text(text);
        let seal = entry.seal();
        let mut data = Cow::Borrowed(&entry.data);
        if entry.data.values().any(|value| masks.hide(value)) {
            data.to_mut().values_mut().for_each(|value| masks.value(value));
        }
        Self {
            actor: actor(line, people, masks),
            alert: entry.alert.as_ref().map(|alert| masks.alert(alert)),
            at: entry.at,
            at_source: entry.at_source,
            attempt: entry.attempt,
            clock: &entry.clock,
            corrected: line.corrected.then(|| {
                json!({
                    "at": time(line.at),
                    "text": masks.text(&line.text),
                    "kind": line.kind,
                    "visibility": line.visibility,
                    "important": line.important,
                })
            }),
            corrects: entry.corrects,
            data,
            drill: entry.drill.as_deref().map(text),
            evidence: evidence(entry, masks),
            hash: seal.map(|seal| seal.hash.as_ref()),
            id: entry.id,
            important: entry.important,
            incident: entry.incident,
            key: entry.key.as_deref().map(text),
            kind: &entry.kind,
            links: &entry.links,
            origin: entry.origin,
            playbook: entry.playbook.as_ref().map(|name| text(name.as_str())),
            prev: seal.map(|seal| seal.prev.as_ref()),
            recorded_at: entry.recorded_at,
            run: entry.run,
            seq: entry.seq,
            service: entry.service.as_ref().map(|name| text(name.as_str())),
            step: entry.step.as_ref().map(|name| text(name.as_str())),
            text: text(&entry.text),
            v: entry.v,
            visibility: entry.visibility,
            rest: &entry.rest,
        }
    }
}

fn actor(line: &Line, people: People, masks: &Masks) -> Value {
    let mut actor = serde_json::to_value(&line.entry.actor).unwrap_or_default();
    if people == People::Roles {
        actor["name"] = masks.called(&line.entry.actor).into();
        actor["os_user"] = Value::Null;
        actor["tty"] = Value::Null;
    }
    hidden(&mut actor, &["name", "role", "os_user", "tty"], masks);
    actor
}

fn evidence(entry: &Entry, masks: &Masks) -> Value {
    let mut all = serde_json::to_value(&entry.evidence).unwrap_or_default();
    all.as_array_mut().into_iter().flatten().for_each(|one| hidden(one, &["name", "url"], masks));
    all
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
