//! When alerts fired by the records of sources that keep one, beside what the journal saw: for `history TARGET --ask`.

use super::super::session::Loaded;
use super::super::{Globals, log, out, session};
use crate::domain::alert::{Alert, Firing};
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::millis;
use crate::domain::trouble::Trouble;
use crate::model::past;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Of so many alerts at most: what is meant is one.
const ALERTS: usize = 8;

pub struct Record {
    alert: AlertId,
    source: SourceName,
    firings: Result<Vec<Firing>, Trouble>,
}

/// Asks for the alerts that `wanted` names, by the labels that the journal holds of them.
pub fn ask(
    globals: &Globals,
    config: &Loaded,
    entries: &[Arc<Entry>],
    wanted: impl Fn(&AlertId) -> bool,
    between: (DateTime<Utc>, DateTime<Utc>),
) -> anyhow::Result<Vec<Record>> {
    let fired = entries.iter().filter(|entry| entry.kind == Kind::AlertFired && entry.drill.is_none());
    let known: BTreeMap<AlertId, Alert> =
        fired.filter_map(|entry| Alert::recorded(entry)).map(|alert| (alert.id.clone(), alert)).collect();
    let ports = session::ports(globals);
    let runtime = session::runtime()?;
    let mut records = Vec::new();
    for (id, alert) in known.into_iter().filter(|(id, _)| wanted(id)).take(ALERTS) {
        for (spec, source) in &config.sources {
            if let Some(told) = source.fired(&alert.labels, between, &ports, spec.timeout) {
                let firings = runtime.block_on(told);
                records.push(Record { alert: id.clone(), source: spec.name.clone(), firings });
            }
        }
    }
    Ok(records)
}

pub fn document(record: &Record) -> Value {
    let firing = |firing: &Firing| json!({"starts_at": millis::text(firing.from), "ended_at": firing.to.map(millis::text)});
    let (firings, error) = match &record.firings {
        Ok(firings) => (json!(firings.iter().map(firing).collect::<Vec<_>>()), Value::Null),
        Err(trouble) => (Value::Null, trouble.to_string().into()),
    };
    json!({"alert": record.alert, "source": record.source, "firings": firings, "error": error})
}

/// How often each fired by each record.
pub fn counts(records: &[Record], back: Duration) -> String {
    let count = |record: &Record| {
        let times = past::fired(record.firings.as_ref().ok()?.len(), back, out::age);
        let told = format!("{} {times}, by the record of {}", record.alert, record.source);
        Some(format!("{}\n", out::inert(&told)))
    };
    records.iter().filter_map(count).collect()
}

pub fn table(globals: &Globals, records: &[Record], zone: chrono_tz::Tz) -> String {
    let lasted = |firing: &Firing| firing.to.map(|to| out::age((to - firing.from).to_std().unwrap_or_default()));
    let told = records.iter().filter_map(|record| Some((record, record.firings.as_ref().ok()?)));
    let rows: Vec<Vec<String>> = told
        .flat_map(|(record, firings)| {
            firings.iter().map(move |firing| {
                let lasted = lasted(firing).unwrap_or_else(|| "still".to_owned());
                vec![log::time(firing.from, zone), lasted, record.source.to_string(), record.alert.to_string()]
            })
        })
        .collect();
    out::painted(globals, &["FIRED", "LASTED", "RECORD OF", "ID"], &rows)
}

/// What could not be asked is said, and is no empty record.
pub fn warn(records: &[Record]) {
    if records.is_empty() {
        out::warn("midwatch: no source keeps a record of such an alert, or the journal doesn't know it");
    }
    for (record, trouble) in records.iter().filter_map(|record| Some((record, record.firings.as_ref().err()?))) {
        out::warn(&format!("midwatch: {} can't say when {} fired: {trouble}", record.source, record.alert));
    }
}
