//! An entry as its JSON stands: all fields in one object.

use super::{Actor, AtSource, Clock, Draft, Entry, Evidence, Kind, Visibility};
use crate::domain::ids::{AlertId, EntryId, IncidentId, OriginId, PlaybookId, RunId, ServiceName, StepId};
use crate::domain::millis;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

/// An entry as it is read: a record within a record would be read twice, and a journal has hundreds of thousands.
#[derive(Deserialize)]
pub struct Flat {
    v: u32,
    id: EntryId,
    origin: OriginId,
    seq: u64,
    clock: Clock,
    #[serde(with = "millis")]
    recorded_at: DateTime<Utc>,
    key: Option<String>,
    #[serde(with = "millis")]
    at: DateTime<Utc>,
    at_source: AtSource,
    actor: Actor,
    kind: Kind,
    text: String,
    incident: Option<IncidentId>,
    service: Option<ServiceName>,
    alert: Option<AlertId>,
    playbook: Option<PlaybookId>,
    run: Option<RunId>,
    step: Option<StepId>,
    attempt: Option<u32>,
    drill: Option<String>,
    data: Map<String, Value>,
    evidence: Vec<Evidence>,
    visibility: Visibility,
    important: bool,
    corrects: Option<EntryId>,
    links: Vec<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl From<Flat> for Entry {
    fn from(flat: Flat) -> Self {
        let Flat { v, id, origin, seq, clock, recorded_at, key, at, at_source, actor, kind, text, .. } = flat;
        let Flat { incident, service, alert, playbook, run, step, attempt, drill, .. } = flat;
        let Flat { data, evidence, visibility, important, corrects, links, rest, .. } = flat;
        let draft = Draft {
            key,
            also: Vec::new(),
            at,
            at_source,
            actor,
            kind,
            text,
            incident,
            service,
            alert,
            playbook,
            run,
            step,
            attempt,
            drill,
            data,
            evidence,
            visibility,
            important,
            corrects,
            links,
            rest,
        };
        Self { v, id, origin, seq, clock, recorded_at, draft, seal: None }
    }
}
