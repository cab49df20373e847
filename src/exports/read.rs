//! An export read back: JSON lines or the JSON document, whole or not at all. What can be checked is: that nothing is missing, and, where
//! the names of people stand in it, that no entry is another one than the journal had.

use crate::domain::chain;
use crate::domain::entry::{Entry, Head, Kind, VERSION, Visibility};
use crate::domain::ids::{EntryId, IncidentId, OriginId, ServiceName};
use crate::domain::incident::{Incident, Role, Sev, Status};
use crate::domain::timeline::{Line, People, Timeline, Times};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Why a file is not taken, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// From 1.
    pub line: usize,
    pub column: Option<usize>,
    pub why: String,
}

impl Flaw {
    fn at(line: usize, why: impl Into<String>) -> Self {
        Self { line, column: None, why: why.into() }
    }

    fn of(line: usize, error: &serde_json::Error) -> Self {
        let (line, column) = (line + error.line().max(1) - 1, Some(error.column()).filter(|column| *column > 0));
        let why = error.to_string();
        // It says where by itself, as if this line were the whole file.
        Self { line, column, why: why.split(" at line ").next().unwrap_or(&why).to_owned() }
    }
}

/// The first line, or the document without its entries.
#[derive(Deserialize)]
struct About {
    incident: Told,
    metrics: Measured,
    heads: Vec<Head>,
    verifiable: bool,
    #[serde(default)]
    left_out: usize,
    lines: Option<usize>,
    entries: Option<Vec<Map<String, Value>>>,
}

#[derive(Deserialize)]
struct Told {
    id: IncidentId,
    number: u64,
    title: String,
    #[serde(default)]
    drill: Option<String>,
    severity: Sev,
    status: Status,
    opened_at: DateTime<Utc>,
    mitigated_at: Option<DateTime<Utc>>,
    resolved_at: Option<DateTime<Utc>>,
    #[serde(default)]
    next_update_at: Option<DateTime<Utc>>,
    lead: Option<String>,
    #[serde(default)]
    roles: BTreeMap<Role, String>,
    #[serde(default)]
    private: bool,
    services: BTreeSet<ServiceName>,
}

#[derive(Deserialize)]
struct Measured {
    impact_at: Option<DateTime<Utc>>,
    alerted_at: Option<DateTime<Utc>>,
    acknowledged_at: Option<DateTime<Utc>>,
    declared_at: Option<DateTime<Utc>>,
    mitigated_at: Option<DateTime<Utc>>,
    resolved_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
}

/// What corrections made of an entry.
#[derive(Deserialize)]
struct Corrected {
    at: DateTime<Utc>,
    text: String,
    kind: Option<Kind>,
    visibility: Option<Visibility>,
    important: Option<bool>,
}

/// Whether what stands in it can be checked; `None` of what is no export.
pub fn verifiable(text: &str) -> Option<bool> {
    let first = text.lines().next().unwrap_or_default();
    let about = serde_json::from_str::<Value>(first).or_else(|_| serde_json::from_str(text)).ok()?;
    about.get("verifiable")?.as_bool()
}

/// # Errors
/// What is wrong first, and where: then nothing of it is taken.
pub fn read(text: &str, zone: Tz) -> Result<Timeline, Flaw> {
    if text.trim().is_empty() {
        return Err(Flaw::at(1, "the file is empty"));
    }
    let first = text.lines().next().unwrap_or_default();
    // A document over several lines has no whole value in its first one.
    let (about, rest) = match serde_json::from_str::<Value>(first) {
        Ok(value) => (about(value, 1)?, text.split_once('\n').map_or("", |(_, rest)| rest)),
        Err(_) => (about(serde_json::from_str(text).map_err(|error| Flaw::of(1, &error))?, 1)?, ""),
    };
    let mut checks = Checks { verifiable: about.verifiable, ids: BTreeSet::new(), last: HashMap::new() };
    let mut lines = Vec::new();
    for (n, entry) in about.entries.iter().flatten().enumerate() {
        let place = |why: String| Flaw::at(1, format!("entry {}: {why}", n + 1));
        lines.push(line(entry.clone()).and_then(|line| checks.pass(line)).map_err(place)?);
    }
    for (n, text) in rest.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let entry = serde_json::from_str(text).map_err(|error| Flaw::of(n + 2, &error))?;
        lines.push(line(entry).and_then(|line| checks.pass(line)).map_err(|why| Flaw::at(n + 2, why))?);
    }
    if let Some(told) = about.lines.filter(|told| *told != lines.len()) {
        let why = format!("it says that it has {told} entries, and has {}: a part of it is missing", lines.len());
        return Err(Flaw::at(lines.len() + 1, why));
    }
    if about.lines.is_none() && about.entries.is_none() {
        return Err(Flaw::at(1, "it has no entries: it is not what `midwatch export` writes"));
    }
    Ok(timeline(about, lines, zone))
}

fn about(value: Value, line: usize) -> Result<About, Flaw> {
    match value.get("schema").and_then(Value::as_u64) {
        Some(1) => {}
        Some(newer) => {
            return Err(Flaw::at(line, format!("it is of schema {newer}, which a newer midwatch writes; this one reads 1")));
        }
        None => return Err(Flaw::at(line, "it has no `schema`: it is not what `midwatch export` writes")),
    }
    serde_json::from_value(value).map_err(|error| Flaw::at(line, error.to_string()))
}

fn line(mut fields: Map<String, Value>) -> Result<(Line, String, String), String> {
    let mut text = |name: &str| fields.remove(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let (prev, hash) = (text("prev"), text("hash"));
    let corrected = fields.remove("corrected").map(serde_json::from_value::<Corrected>).transpose();
    let corrected = corrected.map_err(|error| format!("`corrected`: {error}"))?;
    let entry: Entry = serde_json::from_value(fields.into()).map_err(|error| error.to_string())?;
    if entry.v > VERSION {
        return Err(format!("it is of version {}, which a newer midwatch writes; this one reads {VERSION}", entry.v));
    }
    let line = Line {
        at: corrected.as_ref().map_or(entry.at, |now| now.at),
        text: corrected.as_ref().map_or_else(|| entry.text.clone(), |now| now.text.clone()),
        kind: corrected.as_ref().and_then(|now| now.kind.clone()).unwrap_or_else(|| entry.kind.clone()),
        visibility: corrected.as_ref().and_then(|now| now.visibility).unwrap_or(entry.visibility),
        important: corrected.as_ref().and_then(|now| now.important).unwrap_or(entry.important),
        corrected: corrected.is_some(),
        entry: Arc::new(entry),
    };
    Ok((line, prev, hash))
}

struct Checks {
    verifiable: bool,
    ids: BTreeSet<EntryId>,
    /// Of each chain what was read: an entry that follows another one directly names its hash.
    last: HashMap<OriginId, BTreeMap<u64, (String, String)>>,
}

impl Checks {
    fn pass(&mut self, (line, prev, hash): (Line, String, String)) -> Result<Line, String> {
        let entry = line.entry.as_ref();
        if !self.ids.insert(entry.id) {
            return Err(format!("entry {} is in it twice", entry.id));
        }
        if !self.verifiable {
            return Ok(line);
        }
        let body = serde_json::to_string(entry).map_err(|error| error.to_string())?;
        if chain::hash(&prev, &body) != hash {
            return Err(format!("entry {} is not what the journal had: it was changed since", entry.id));
        }
        let chain = self.last.entry(entry.origin).or_default();
        let before = entry.seq.checked_sub(1).and_then(|seq| chain.get(&seq)).is_none_or(|(_, before)| *before == prev);
        let after = chain.get(&(entry.seq + 1)).is_none_or(|(prev, _)| *prev == hash);
        chain.insert(entry.seq, (prev, hash));
        match before && after {
            true => Ok(line),
            false => Err(format!("entry {} does not continue the one before it: the chain was written anew", entry.id)),
        }
    }
}

fn timeline(about: About, lines: Vec<Line>, zone: Tz) -> Timeline {
    let (told, at) = (about.incident, about.metrics);
    let incident = Incident {
        id: told.id,
        number: told.number,
        origin: lines.first().map_or(OriginId(told.id.0), |line| line.entry.origin),
        title: told.title,
        drill: told.drill,
        severity: told.severity,
        status: told.status,
        opened_at: told.opened_at,
        mitigated_at: told.mitigated_at,
        resolved_at: told.resolved_at,
        ended_at: at.closed_at,
        lead: told.lead,
        roles: told.roles,
        offer: None,
        told_at: None,
        promised: told.next_update_at,
        private: told.private,
        merged_into: None,
        services: told.services,
        alerts: BTreeSet::new(),
        reach: None,
        took_in: false,
        follows: BTreeSet::new(),
        linked: BTreeSet::new(),
        absorbed: BTreeMap::new(),
        taken_out: BTreeMap::new(),
        turns: 0,
    };
    let times = Times {
        impact: at.impact_at,
        alerted: at.alerted_at,
        acknowledged: at.acknowledged_at,
        declared: at.declared_at,
        mitigated: at.mitigated_at,
        resolved: at.resolved_at,
        closed: at.closed_at,
    };
    // What can't be checked is not to look as if it could.
    let people = if about.verifiable { People::Names } else { People::Roles };
    Timeline { incident, times, lines, heads: about.heads, people, zone, left_out: about.left_out, patterns: Arc::default() }
}
