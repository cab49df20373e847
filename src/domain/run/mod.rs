//! A run of a playbook as its entries tell it, and nothing else: the playbook's own text is not needed to show one.
//!
//! Invariants: at most one attempt is open; what is over changes only by a resolution; an entry that doesn't fit is passed over,
//! so that two consoles which recorded the same end make one end of it.

mod state;

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
}

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
    pub ticked: BTreeSet<u32>,
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
}

/// Where an entry moves the cursor: `data.goto`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goto {
    Step(StepId),
    End,
    Stop,
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
    /// Jumps back so far; they are limited.
    pub jumps_back: u32,
    /// The last success criterion held: the end of the recovery time.
    pub verified_at: Option<DateTime<Utc>>,
    pub ended: Option<(RunState, DateTime<Utc>, String)>,
    /// When the newest of its entries happened.
    pub last_at: Option<DateTime<Utc>>,
}

impl Run {
    /// Takes in the next entry that carries this run's id.
    pub fn apply(&mut self, entry: &Entry) {
        match entry.kind {
            Kind::Run => self.prepare(entry),
            _ if self.id.is_none() || self.ended.is_some() => return,
            Kind::RunDriver => {
                self.driver = entry.text_of("driver").map(str::to_owned);
                self.interrupted |= entry.data_of("interrupted").unwrap_or(false);
                self.begun = true;
            }
            Kind::RunResumed => self.interrupted = false,
            Kind::RunEnded => {
                let over = |state: &RunState| state.is_final() || *state == RunState::Blocked;
                let state = entry.data_of("state").filter(over);
                self.ended = state.map(|state| (state, entry.at, entry.text_of("reason").unwrap_or("").to_owned()));
            }
            Kind::StepIntent => self.begin(entry),
            Kind::StepEnded => self.end(entry),
            Kind::StepAnswer => self.answer(entry),
            _ => return,
        }
        self.last_at = Some(entry.at);
    }

    fn prepare(&mut self, entry: &Entry) {
        if self.id.is_some() {
            return;
        }
        let plan: Vec<Planned> = entry.data_of("steps").unwrap_or_default();
        self.id = Some(RunId(entry.id.0));
        self.playbook = entry.playbook.clone();
        self.title = entry.text_of("title").unwrap_or(&entry.text).to_owned();
        self.digest = entry.text_of("digest").unwrap_or("").to_owned();
        self.mode = entry.data_of("mode");
        self.auto = entry.data_of("auto");
        self.params = entry.data_of("params").unwrap_or_default();
        self.incident = entry.incident;
        self.alert = entry.alert.clone();
        self.prepared_by = entry.actor.name.clone();
        self.prepared_at = Some(entry.at);
        self.driver = Some(entry.actor.name.clone());
        self.cursor = Some(match plan.first() {
            Some(first) => Cursor::At { step: first.id.clone(), attempt: 1 },
            None => Cursor::End,
        });
        self.steps = plan
            .into_iter()
            .map(|plan| StepRecord { plan, attempts: Vec::new(), skipped: None, ticked: BTreeSet::new() })
            .collect();
    }

    fn begin(&mut self, entry: &Entry) {
        let Some((step, number)) = self.named(entry) else { return };
        if self.open_attempt().is_some() || self.cursor != Some(Cursor::At { step: step.clone(), attempt: number }) {
            return;
        }
        let Some(record) = self.record_mut(&step) else { return };
        if record.attempts.len() + 1 == number as usize {
            record.attempts.push(Attempt::begun(number, StepState::Starting, entry));
            self.begun = true;
        }
    }

    fn end(&mut self, entry: &Entry) {
        let Some((step, number)) = self.named(entry) else { return };
        let Ok(end) = serde_json::from_value::<StepEnd>(entry.data.clone().into()) else { return };
        let Some(attempt) = self.attempt_mut(&step, number) else { return };
        let Some(state) = attempt.state.after(Move::End(end.state)) else { return };
        attempt.state = state;
        attempt.ended_at = Some(end.ended_at);
        attempt.started_at = end.started_at.unwrap_or(attempt.started_at);
        attempt.end = Some(end);
        if entry.data_of("accepted").unwrap_or(false) {
            self.settle(&step, number, Move::Accept, entry);
        }
        self.go(entry, &step);
    }

    fn answer(&mut self, entry: &Entry) {
        let Some((step, number)) = self.named(entry) else { return };
        if self.cursor != Some(Cursor::At { step: step.clone(), attempt: number }) {
            return;
        }
        let taken = match entry.text_of("answer") {
            Some("tick") => self.tick(&step, entry),
            Some("done") => self.done(&step, number, entry),
            Some("skip") => self.skip(&step, entry),
            Some("retry") => return self.retry(&step, number),
            Some("accept") => self.settle(&step, number, Move::Accept, entry),
            Some("assert") => {
                let done = entry.data_of("done").unwrap_or(false);
                self.settle(&step, number, Move::Resolve { done }, entry)
            }
            _ => false,
        };
        if taken {
            self.begun = true;
            self.go(entry, &step);
        }
    }

    fn tick(&mut self, step: &StepId, entry: &Entry) -> bool {
        let Some(item) = entry.data_of("item") else { return false };
        let Some(record) = self.record_mut(step) else { return false };
        match entry.data_of("done").unwrap_or(true) {
            true => record.ticked.insert(item),
            false => record.ticked.remove(&item),
        };
        true
    }

    /// A person did it and says so: an attempt that begins and ends in one entry.
    fn done(&mut self, step: &StepId, number: u32, entry: &Entry) -> bool {
        let Some(record) = self.record_mut(step) else { return false };
        if record.attempts.len() + 1 != number as usize {
            return false;
        }
        let attempt = Attempt::begun(number, StepState::Succeeded, entry);
        record.attempts.push(Attempt { ended_at: Some(entry.at), ..attempt });
        true
    }

    fn skip(&mut self, step: &StepId, entry: &Entry) -> bool {
        if self.open_attempt().is_some() {
            return false;
        }
        // `when` did not hold: that is how the playbook is meant, not an exception.
        self.exceptions |= !entry.data_of("condition").unwrap_or(false);
        let reason = entry.text_of("reason").unwrap_or("").to_owned();
        self.record_mut(step).map(|record| record.skipped = Some(reason)).is_some()
    }

    fn retry(&mut self, step: &StepId, number: u32) {
        let over = self.record(step).and_then(|record| record.attempt(number)).is_some_and(|attempt| !attempt.state.is_open());
        if over {
            self.cursor = Some(Cursor::At { step: step.clone(), attempt: number + 1 });
        }
    }

    fn settle(&mut self, step: &StepId, number: u32, how: Move, entry: &Entry) -> bool {
        let Some(attempt) = self.attempt_mut(step, number) else { return false };
        let Some(state) = attempt.state.after(how) else { return false };
        attempt.state = state;
        let why = entry.text_of("reason").or(entry.text_of("note")).unwrap_or("");
        attempt.resolved = Some(format!("{}: {why}", entry.actor.name));
        self.exceptions |= how == Move::Accept;
        true
    }

    /// Moves the cursor as the entry says. Steps that are jumped over are skipped.
    fn go(&mut self, entry: &Entry, from: &StepId) {
        let Some(goto) = entry.data_of::<Goto>("goto") else { return };
        if entry.data_of("verified").unwrap_or(false) {
            self.verified_at = Some(entry.at);
        }
        self.cursor = match goto {
            Goto::End => Some(Cursor::End),
            Goto::Stop => Some(Cursor::Stopped { step: from.clone(), why: entry.text.clone() }),
            Goto::Step(to) => self.jump(from, to),
        };
    }

    fn jump(&mut self, from: &StepId, to: StepId) -> Option<Cursor> {
        let place = |id: &StepId| self.steps.iter().position(|record| record.plan.id == *id);
        let (Some(here), Some(there)) = (place(from), place(&to)) else { return self.cursor.clone() };
        self.jumps_back += u32::from(there <= here);
        for passed in self.steps.iter_mut().take(there).skip(here + 1).filter(|record| record.attempts.is_empty()) {
            passed.skipped.get_or_insert("not taken".into());
        }
        let target = self.steps.get_mut(there)?;
        target.skipped = None;
        Some(Cursor::At { step: to, attempt: target.attempts.len() as u32 + 1 })
    }

    fn named(&self, entry: &Entry) -> Option<(StepId, u32)> {
        Some((entry.step.clone()?, entry.attempt?))
    }

    pub fn record(&self, step: &StepId) -> Option<&StepRecord> {
        self.steps.iter().find(|record| record.plan.id == *step)
    }

    fn record_mut(&mut self, step: &StepId) -> Option<&mut StepRecord> {
        self.steps.iter_mut().find(|record| record.plan.id == *step)
    }

    fn attempt_mut(&mut self, step: &StepId, number: u32) -> Option<&mut Attempt> {
        self.record_mut(step)?.attempts.iter_mut().find(|attempt| attempt.number == number)
    }

    /// The attempt that may be executing.
    pub fn open_attempt(&self) -> Option<(&StepId, &Attempt)> {
        self.steps.iter().find_map(|record| {
            let attempt = record.attempts.iter().find(|attempt| attempt.state.is_open())?;
            Some((&record.plan.id, attempt))
        })
    }

    /// The step that the run is at, and the number of its attempt.
    pub fn at(&self) -> Option<(&StepRecord, u32)> {
        match &self.cursor {
            Some(Cursor::At { step, attempt }) => Some((self.record(step)?, *attempt)),
            _ => None,
        }
    }

    /// How a step stands.
    pub fn state_of(&self, step: &StepId) -> Option<StepState> {
        let record = self.record(step)?;
        let here = self.at().filter(|(at, _)| at.plan.id == *step).map(|(_, attempt)| attempt);
        let last = record.attempts.last().map(|attempt| attempt.state);
        Some(match (here, last) {
            (Some(number), _) if self.ended.is_none() && record.attempt(number).is_none() => record.plan.arrives,
            (_, last) => match (&record.skipped, last) {
                (Some(_), _) => StepState::Skipped,
                (None, last) => last.unwrap_or(StepState::Pending),
            },
        })
    }

    /// How the run stands.
    pub fn state(&self) -> RunState {
        match (&self.ended, &self.cursor) {
            (Some((state, ..)), _) => *state,
            _ if self.interrupted => RunState::Interrupted,
            _ if !self.begun => RunState::Prepared,
            (None, Some(Cursor::At { .. })) => self.state_at_step(),
            _ => RunState::Active,
        }
    }

    fn state_at_step(&self) -> RunState {
        let Some((record, number)) = self.at() else { return RunState::Active };
        let state = record.attempt(number).map(|attempt| attempt.state);
        match (record.plan.section.as_str(), state) {
            ("rollback", _) => RunState::RollingBack,
            ("verify", Some(state)) if state.is_open() => RunState::Verifying,
            (_, Some(state)) if state.is_open() => RunState::Active,
            ("before-you-start", Some(state)) if state.is_failure() => RunState::Blocked,
            _ => RunState::Waiting,
        }
    }

    /// What earlier steps have set; the newest value of a name counts.
    pub fn outputs(&self) -> BTreeMap<String, String> {
        let mut ends: Vec<_> =
            self.steps.iter().flat_map(|record| &record.attempts).filter_map(|attempt| attempt.end.as_ref()).collect();
        ends.sort_by_key(|end| end.ended_at);
        ends.into_iter().flat_map(|end| end.outputs.clone()).collect()
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
