//! What a drill has shown, measured by its entries alone.

use crate::domain::drill::{Drill, Measured};
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::RunId;
use crate::domain::practice::{Practised, Slips, Verdict};
use crate::domain::run::Run;
use crate::domain::scenario::Outcome;
use crate::model::World;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

impl World {
    /// What a drill has shown so far.
    pub fn measured(&self, drill: &Drill) -> Measured {
        let book = drill.scenario.playbook.as_ref().and_then(|name| self.runs.playbook(name));
        let goals = book.map_or((None, None), |book| (book.meta.rto, book.meta.rpo));
        measured(drill, &self.drills.entries(drill.incident, &self.corrections), goals)
    }
}

/// `entries` are those of the drill, corrected, in the order of the fold; `goals` its playbook's RTO and RPO.
fn measured(drill: &Drill, entries: &[Arc<Entry>], goals: (Option<Duration>, Option<Duration>)) -> Measured {
    let mut runs: BTreeMap<RunId, Run> = BTreeMap::new();
    let mut acted = None;
    for entry in entries {
        let Some(id) = entry.run else { continue };
        let run = runs.entry(id).or_default();
        run.apply(entry);
        if acted.is_none() && run.acts_by(entry) {
            acted = Some(entry.at);
        }
    }
    let whole: Vec<&Run> = runs.values().filter(|run| run.parent.is_none()).collect();
    let mut practised: Vec<Practised> = whole.iter().filter_map(|run| Practised::of(run)).collect();
    let first = |kind: Kind| entries.iter().find(|entry| entry.kind == kind).map(|entry| entry.at);
    let from = first(Kind::AlertFired);
    // Its clock stands still while it is paused.
    let since = |at: Option<DateTime<Utc>>| drill.elapsed(at?).checked_sub(drill.elapsed(from?));
    let won = |run: &&&Run| run.ended.as_ref().is_some_and(|(state, ..)| state.is_success());
    let verified = whole.iter().filter(won).filter_map(|run| run.verified_at).max();
    let recovered = since(verified);
    practised.iter_mut().for_each(|one| one.took = recovered.or(one.took));
    let score = drill.scenario.score(entries, |at| drill.elapsed(at));
    let missed = score.of(Outcome::Missed) + score.of(Outcome::Late);
    let found = entries.iter().any(|entry| entry.kind == Kind::Finding && !entry.data.contains_key("closes"));
    let of_runs = practised.iter().map(|one| one.verdict(goals.0, goals.1)).max_by_key(|verdict| *verdict as u8);
    let verdict = match of_runs {
        _ if drill.aborted.is_some() => Verdict::Aborted,
        None if drill.builds() => Verdict::Fail,
        _ if !score.all.is_empty() && score.points() == 0 => Verdict::Fail,
        Some(Verdict::Pass) | None if missed > 0 || found => Verdict::Findings,
        None => Verdict::Pass,
        Some(verdict) => verdict,
    };
    Measured {
        verdict,
        acknowledged: since(first(Kind::Ack)),
        acted: since(acted),
        recovered,
        rto: goals.0,
        lost: practised.iter().filter_map(|one| one.lost).max(),
        rpo: goals.1,
        slips: practised.iter().map(|one| one.slips).fold(Slips::default(), Slips::and),
        score,
    }
}
