//! Drills, each folded from the entries that carry its incident's id. Nothing of them is an entity of what is real.

mod measure;

use super::fold::{Corrections, Entity, Folded};
use super::runs::Typed;
use crate::domain::drill::{Debrief, Drill, Forwards};
use crate::domain::entry::Entry;
use crate::domain::ids::{AlertId, EntryId, IncidentId};
use crate::domain::run::Auto;
use crate::domain::scenario::Scenario;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a drill has found: open until somebody says what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    pub text: String,
    pub owner: Option<String>,
    pub due: Option<NaiveDate>,
}

/// What a person asks of a drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Drilling {
    /// Begin one. `params` and `auto` are its run's, where its playbook builds what is drilled on; `anyway`: though a real incident is
    /// open.
    Start {
        scenario: Box<Scenario>,
        params: Typed,
        auto: Auto,
        anyway: bool,
    },
    /// Nothing of it goes on until it is resumed.
    Pause {
        drill: IncidentId,
        reason: String,
    },
    Resume {
        drill: IncidentId,
    },
    /// Call it off: its runs are aborted, and clear away what they made.
    Abort {
        drill: IncidentId,
        reason: String,
    },
    /// It is over, this is to be said of it, and that has to be mended.
    Finish {
        drill: IncidentId,
        said: Debrief,
        #[serde(default)]
        found: Vec<Found>,
    },
}

impl Drilling {
    pub fn title(&self) -> &'static str {
        match self {
            Self::Start { .. } => "begin a drill",
            Self::Pause { .. } => "pause the drill",
            Self::Resume { .. } => "resume the drill",
            Self::Abort { .. } => "call the drill off",
            Self::Finish { .. } => "finish the drill",
        }
    }
}

/// A drill whose declaration may not have arrived yet.
#[derive(Debug, Clone, Default, PartialEq)]
struct Case(Option<Drill>);

impl Entity for Case {
    fn apply(&mut self, entry: &Entry) {
        match &mut self.0 {
            Some(drill) => drill.apply(entry),
            None => self.0 = Drill::declared(entry),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drills {
    all: BTreeMap<IncidentId, Folded<Case>>,
    revision: u64,
    scripts: Arc<Vec<Scenario>>,
    broken: Vec<String>,
}

impl Drills {
    pub fn get(&self, incident: IncidentId) -> Option<&Drill> {
        self.all.get(&incident)?.state().0.as_ref()
    }

    /// Those that are loaded, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Drill> {
        self.all.values().rev().filter_map(|folded| folded.state().0.as_ref())
    }

    /// The one that is held: there is one at a time, on one journal.
    pub fn open(&self) -> Option<&Drill> {
        self.iter().find(|drill| !drill.is_over())
    }

    /// The one that an alert of the queue is a part of.
    pub fn of_alert(&self, id: &AlertId) -> Option<&Drill> {
        self.iter().find(|drill| drill.has_alert(id))
    }

    /// What was recorded in a drill, as it was corrected, at the times of a clock that never went back.
    pub(super) fn entries(&self, incident: IncidentId, corrections: &Corrections) -> Vec<Arc<Entry>> {
        let all = self.all.get(&incident).map_or(&[][..], Folded::entries);
        let Some(mut clock) = all.first().map(|entry| Forwards::from(entry)) else { return Vec::new() };
        let mut entry = |entry: &Arc<Entry>| {
            let mut entry = corrections.applied(entry);
            let at = clock.at(&entry);
            if at != entry.at {
                Arc::make_mut(&mut entry).draft.at = at;
            }
            entry
        };
        all.iter().map(&mut entry).collect()
    }

    /// What can be played besides playbooks.
    pub fn scripts(&self) -> &[Scenario] {
        &self.scripts
    }

    /// A scenario of this name has errors, and none is played by it.
    pub fn is_broken(&self, name: &str) -> bool {
        self.broken.iter().any(|broken| broken == name)
    }

    pub(super) fn know(&mut self, scripts: Arc<Vec<Scenario>>, broken: Vec<String>) {
        (self.scripts, self.broken) = (scripts, broken);
    }

    /// Changes when the clock of a drill is begun, stopped, or goes on. Most entries of one change nothing of what happens in it.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn fold(&mut self, entry: &Arc<Entry>, corrections: &Corrections) {
        if let Some(incident) = entry.incident.filter(|_| entry.drill.is_some()) {
            let folded = self.all.entry(incident).or_default();
            let before = pace(folded);
            folded.insert(entry.clone(), corrections);
            self.revision += u64::from(pace(folded) != before);
        }
    }

    /// An entry was corrected: whoever holds it is made anew.
    pub(super) fn corrected(&mut self, original: EntryId, corrections: &Corrections) {
        for folded in self.all.values_mut().filter(|folded| folded.holds(original)) {
            folded.rebuild(corrections);
            self.revision += 1;
        }
    }
}

fn pace(folded: &Folded<Case>) -> Option<impl PartialEq + use<>> {
    folded.state().0.as_ref().map(Drill::pace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::{Actor, Clock, Draft, Kind};
    use crate::domain::ids::OriginId;
    use crate::domain::scenario::{self, Scenario};
    use chrono::DateTime;
    use uuid::Uuid;

    /// The queue is compared with the script at each turn: if that were at each entry, a script of thousands of alerts would be at a
    /// standstill.
    #[test]
    fn what_is_recorded_in_a_drill_is_no_turn_of_its_clock() {
        let scenario = Scenario {
            id: "s".to_owned(),
            title: "S".to_owned(),
            kind: scenario::Kind::Tabletop,
            playbook: None,
            services: Vec::new(),
            beats: Vec::new(),
            expects: Vec::new(),
            abort: Vec::new(),
            ending: None,
        };
        let mut drills = Drills::default();
        let mut seq = 0;
        let mut turns_by = |kind: Kind, step: Option<&str>| {
            seq += 1;
            let mut draft = Draft::new(kind, DateTime::UNIX_EPOCH, Actor::system("test"), "").with("scenario", &scenario);
            (draft.drill, draft.incident) = (Some("s-1".to_owned()), Some(IncidentId(Uuid::from_u128(1))));
            let draft = draft.with("step", step);
            let (id, clock) = (EntryId(Uuid::from_u128(seq)), Clock { ms: i64::try_from(seq).expect("few"), count: 0 });
            let seq = u64::try_from(seq).expect("few");
            let entry = Entry::stamped(id, OriginId(Uuid::nil()), seq, clock, DateTime::UNIX_EPOCH, draft);
            let before = drills.revision();
            drills.fold(&Arc::new(entry), &Corrections::default());
            drills.revision() - before
        };
        assert_eq!(turns_by(Kind::Declare, None), 1);
        let storm: u64 = (0..2_000).map(|_| turns_by(Kind::AlertFired, None)).sum();
        assert_eq!((storm, turns_by(Kind::Ack, None), turns_by(Kind::Note, None)), (0, 0, 0));
        let steps = ["paused", "paused", "resumed", "aborted", "finished"];
        assert_eq!(steps.map(|step| turns_by(Kind::Drill, Some(step))), [1, 0, 1, 1, 1]);
    }
}
