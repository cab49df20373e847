//! Which runs of a playbook have proven what they did: the journal's word for a restore.

use crate::cli::{Exit, Globals, log, out, session};
use crate::domain::entry::Entry;
use crate::domain::ids::{PlaybookId, RunId};
use crate::domain::millis;
use crate::domain::run::Run;
use crate::journal::Journal;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// One run that has.
struct Proof {
    run: RunId,
    at: DateTime<Utc>,
    took: Option<Duration>,
    by: String,
}

pub fn run(globals: &Globals, playbook: PlaybookId, params: &BTreeMap<String, String>) -> anyhow::Result<Exit> {
    let entries = session::reader(globals)?.of_playbook(&playbook)?;
    let proofs: Vec<Proof> = runs(&entries).into_iter().filter_map(|(id, run)| proof(id, &run, params)).collect();
    if globals.json {
        let restores: Vec<Value> = proofs.iter().map(document).collect();
        out::json(&json!({"schema": 1, "playbook": playbook, "restores": restores}))?;
        return Ok(Exit::Done);
    }
    let zone = session::load_if_there(globals)?.console.zone;
    let took = |proof: &Proof| proof.took.map_or("-".to_owned(), out::age);
    let row = |proof: &Proof| vec![log::time(proof.at, zone), took(proof), proof.by.clone(), proof.run.to_string()];
    out::text(&out::table(&["VERIFIED", "TOOK", "BY", "RUN"], &proofs.iter().map(row).collect::<Vec<_>>()))?;
    Ok(Exit::Done)
}

/// In the order in which they were prepared.
fn runs(entries: &[Arc<Entry>]) -> Vec<(RunId, Run)> {
    let mut runs: Vec<(RunId, Run)> = Vec::new();
    for entry in entries {
        let Some(id) = entry.run else { continue };
        let place = runs.iter().position(|(known, _)| *known == id).unwrap_or_else(|| {
            runs.push((id, Run::default()));
            runs.len() - 1
        });
        runs[place].1.apply(entry);
    }
    runs
}

fn proof(id: RunId, run: &Run, params: &BTreeMap<String, String>) -> Option<Proof> {
    let at = run.proven().filter(|_| params.iter().all(|(name, value)| run.params.get(name) == Some(value)))?;
    let took = run.began().and_then(|began| (at - began).to_std().ok());
    Some(Proof { run: id, at, took, by: run.prepared_by.clone() })
}

/// As a listing of restores has it, too.
fn document(proof: &Proof) -> Value {
    json!({
        "name": proof.run, "at": millis::text(proof.at), "took_s": proof.took.map(|took| took.as_secs_f64()), "by": proof.by,
    })
}
