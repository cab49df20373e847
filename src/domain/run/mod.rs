//! A run of a playbook as its entries tell it, and nothing else: the playbook's own text is not needed to show one.
//!
//! Invariants: at most one attempt is open; what is over changes only by a resolution; an entry that doesn't fit is passed over,
//! so that two consoles which recorded the same end make one end of it.

mod apply;
mod ended;
mod reading;
mod state;

pub use ended::{Tried, by_signal, seconds};
pub use state::{Auto, Move, RunMode, RunState, StepState};

use super::entry::{Entry, Kind};
use super::ids::{AlertId, EntryId, IncidentId, PlaybookId, RunId, StepId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One step of the plan, as it was when the run was prepared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    pub id: StepId,
    pub title: String,
    /// Name of the step's kind.
    pub kind: String,
    /// The section's anchor: `before-you-start`, `steps`, `verify`, `rollback`, `afterwards`.
    pub section: String,
    /// How it stands when the run comes to it: ready, awaiting-confirm or awaiting-input.
    pub arrives: StepState,
    /// Number of task items.
    #[serde(default)]
    pub items: u32,
    /// It asks a person to write something down or to attach it.
    #[serde(default)]
    pub records: bool,
}

/// The section under which the undo of a step stands: it belongs to the rollback.
pub const UNDO: &str = "undo";

/// The kind of a step that is a run of its own.
pub const CHILD: &str = "playbook";

/// How an attempt ended: the data of `StepEnded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEnd {
    pub state: StepState,
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    #[serde(default)]
    pub timed_out: bool,
    #[serde(default)]
    pub cancelled_by: Option<String>,
    /// Names and numbers of processes that were left running.
    #[serde(default)]
    pub survivors: Vec<String>,
    #[serde(default)]
    pub truncated: bool,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: DateTime<Utc>,
    /// What it set for later steps.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
    /// Why, in one sentence; empty where there is nothing to say.
    #[serde(default)]
    pub detail: String,
    /// Each try, oldest first, of a step that may be tried more than once.
    #[serde(default)]
    pub tries: Vec<Tried>,
}

impl StepEnd {
    /// An end without a process: nothing ran, or nobody knows.
    pub fn without_process(state: StepState, at: DateTime<Utc>, detail: impl Into<String>) -> Self {
        Self {
            state,
            exit_code: None,
            signal: None,
            timed_out: false,
            cancelled_by: None,
            survivors: Vec::new(),
            truncated: false,
            started_at: None,
            ended_at: at,
            outputs: BTreeMap::new(),
            detail: detail.into(),
            tries: Vec::new(),
        }
    }
}

/// One attempt of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    pub number: u32,
    pub state: StepState,
    /// The entry that allowed it, or in which a person said that it was done.
    pub intent: EntryId,
    pub by: String,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub end: Option<StepEnd>,
    /// Who settled it and how, where a person did: an assertion, an acceptance.
    pub resolved: Option<String>,
}

/// One step and what was done about it.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    pub plan: Planned,
    pub attempts: Vec<Attempt>,
    /// Why it was skipped the last time that the run came by.
    pub skipped: Option<String>,
    /// A person skipped it, and not its condition.
    pub waived: bool,
    /// It was passed because its `status` said that there was nothing to do.
    pub passed: bool,
    pub ticked: BTreeSet<u32>,
    /// What was written down or attached, newest last.
    pub notes: Vec<String>,
}

/// What has been given since the run came to its step: all of it is asked again when the run comes by again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Visit {
    pub since: DateTime<Utc>,
    /// Who drove the run here: nobody approves what he asked for himself.
    pub requester: String,
    pub approvals: Vec<Approved>,
    /// What the step wants written down is there.
    pub recorded: bool,
    /// What its `status` said before anything was started.
    pub probe: Option<Probe>,
}

/// One person who has approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    pub name: String,
    pub role: Option<String>,
    pub at: DateTime<Utc>,
}

/// What a `status` block said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    Done,
    NotDone,
    Unclear,
}

/// The step of another run that this run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    pub run: RunId,
    pub step: StepId,
    pub attempt: u32,
}

/// Where a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// At a step, in its attempt of this number, which may not have begun.
    At { step: StepId, attempt: u32 },
    /// Past the last step.
    End,
    /// A step failed that says `stop`.
    Stopped { step: StepId, why: String },
    /// At the door of the rollback: its plan is shown, and a person has to start it.
    Rollback { step: StepId },
}

/// Where an entry moves the cursor: `data.goto`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goto {
    Step(StepId),
    End,
    Stop,
    Rollback,
}

/// The whole of it. Everything is empty until the entry that prepared the run is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    pub id: Option<RunId>,
    pub playbook: Option<PlaybookId>,
    pub title: String,
    pub digest: String,
    pub mode: Option<RunMode>,
    pub auto: Option<Auto>,
    /// The parameters that are not secret.
    pub params: BTreeMap<String, String>,
    /// Where each parameter came from; the secret ones too.
    pub origins: BTreeMap<String, String>,
    /// When the alert fired that it was prepared for: the recovery time counts from then.
    pub alert_since: Option<DateTime<Utc>>,
    pub incident: Option<IncidentId>,
    pub alert: Option<AlertId>,
    pub prepared_by: String,
    pub prepared_at: Option<DateTime<Utc>>,
    pub steps: Vec<StepRecord>,
    pub cursor: Option<Cursor>,
    /// Who drives it; `None` when it was left in order.
    pub driver: Option<String>,
    /// Its console died and nobody has resumed it.
    pub interrupted: bool,
    /// Anything has been done.
    pub begun: bool,
    /// Something was skipped or accepted by a person.
    pub exceptions: bool,
    /// It was stopped for a while.
    pub paused: bool,
    /// That was its drill, and no person.
    pub stands_still: bool,
    /// The rollback has been started.
    pub rolling_back: bool,
    /// Something of the rollback failed or was skipped by a person.
    pub flawed: bool,
    /// Who wants it to end though another console drives it, and why: that one ends it.
    pub called_off: Option<(String, String)>,
    /// How the run proper ended, while what a drill made is being cleared away.
    pub outcome: Option<(RunState, String)>,
    /// The drill that it belongs to.
    pub drill: Option<String>,
    pub parent: Option<Parent>,
    pub visit: Visit,
    /// Jumps back so far; they are limited.
    pub jumps_back: u32,
    /// The last success criterion held: the end of the recovery time.
    pub verified_at: Option<DateTime<Utc>>,
    pub ended: Option<(RunState, DateTime<Utc>, String)>,
    /// When the newest of its entries happened.
    pub last_at: Option<DateTime<Utc>>,
}

impl Planned {
    /// It is done only when the run is rolled back.
    pub fn in_rollback(&self) -> bool {
        matches!(self.section.as_str(), "rollback" | UNDO)
    }
}

impl Run {
    /// Whether by one of its entries somebody, or the run by itself, began to do what stands under Steps: nobody does in one that only
    /// looks, or tries.
    pub fn acts_by(&self, entry: &Entry) -> bool {
        let step = entry.step.as_ref().and_then(|step| self.record(step));
        let proper = step.is_some_and(|record| record.plan.section == "steps");
        let counts = matches!(self.mode, Some(RunMode::Live | RunMode::Manual | RunMode::Drill));
        counts && proper && matches!(entry.kind, Kind::StepIntent | Kind::StepAnswer)
    }
}

impl StepRecord {
    pub fn attempt(&self, number: u32) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.number == number)
    }

    /// No attempt ever reached `starting`.
    pub fn not_started(&self) -> bool {
        self.attempts.is_empty()
    }
}

impl Attempt {
    fn begun(number: u32, state: StepState, entry: &Entry) -> Self {
        Self {
            number,
            state,
            intent: entry.id,
            by: entry.actor.name.clone(),
            started_at: entry.at,
            ended_at: None,
            end: None,
            resolved: None,
        }
    }
}
