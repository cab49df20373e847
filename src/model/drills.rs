//! Drills, each folded from the entries that carry its incident's id. Nothing of them is an entity of what is real.

mod measure;

use super::fold::{Corrections, Entity, Folded};
use super::runs::Typed;
use crate::domain::drill::{Debrief, Drill};
use crate::domain::entry::Entry;
use crate::domain::ids::{AlertId, IncidentId};
use crate::domain::run::Auto;
use crate::domain::scenario::Scenario;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

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
    /// It is over, and this is to be said of it.
    Finish {
        drill: IncidentId,
        said: Debrief,
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

    /// Changes with every entry of a drill.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn fold(&mut self, entry: &Arc<Entry>, corrections: &Corrections) {
        if let Some(incident) = entry.incident.filter(|_| entry.drill.is_some()) {
            self.all.entry(incident).or_default().insert(entry.clone(), corrections);
            self.revision += 1;
        }
    }
}
