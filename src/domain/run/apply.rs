//! How entries make a run.

use super::*;
use crate::domain::entry::{Actor, ActorKind, Kind};

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
            // Something was started a moment before: the run isn't over while it may be executing.
            Kind::RunEnded if self.open_attempt().is_some() => return,
            Kind::RunEnded => {
                let over = |state: &RunState| state.is_final() || *state == RunState::Blocked;
                let state = entry.data_of("state").filter(over);
                self.ended = state.map(|state| (state, entry.at, entry.text_of("reason").unwrap_or("").to_owned()));
            }
            Kind::RunPaused => {
                self.paused = entry.data_of("paused").unwrap_or(true);
                self.stands_still = self.paused && entry.actor.kind == ActorKind::System;
            }
            Kind::RunRollback => self.roll_back(entry),
            Kind::RunCleanup => self.clear_away(entry),
            Kind::StepIntent => self.begin(entry),
            Kind::StepEnded => self.end(entry),
            Kind::StepAnswer if entry.text_of("answer") == Some("call-off") => {
                self.called_off = Some((entry.actor.name.clone(), entry.text_of("reason").unwrap_or("").to_owned()));
            }
            Kind::StepAnswer => self.answer(entry),
            Kind::StepProbed => self.probed(entry),
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
        self.origins = entry.data_of("origins").unwrap_or_default();
        self.alert_since = entry.data_of("alert_since");
        self.incident = entry.incident;
        self.alert = entry.alert.clone();
        self.prepared_by = entry.actor.name.clone();
        self.prepared_at = Some(entry.at);
        self.driver = Some(entry.actor.name.clone());
        self.drill = entry.drill.clone();
        self.parent = entry.data_of("parent");
        self.steps = plan.into_iter().map(StepRecord::planned).collect();
        self.cursor =
            Some(self.steps.first().map_or(Cursor::End, |first| Cursor::At { step: first.plan.id.clone(), attempt: 1 }));
        self.arrive(entry);
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
        self.exceptions |= entry.data_of("exceptions").unwrap_or(false);
        self.undone(&step, state);
        self.go(entry, &step);
    }

    fn answer(&mut self, entry: &Entry) {
        let Some((step, number)) = self.named(entry) else { return };
        if self.cursor != Some(Cursor::At { step: step.clone(), attempt: number }) {
            return;
        }
        let taken = match entry.text_of("answer") {
            Some("tick") => self.tick(&step, entry),
            Some("done" | "choose" | "waited" | "approved" | "alone") => self.over(&step, number, StepState::Succeeded, entry),
            Some("refuse" | "expired") => self.over(&step, number, StepState::Refused, entry),
            Some("approve") => self.approve(entry),
            Some("record") => self.note(&step, entry),
            Some("skip") => self.skip(&step, entry),
            Some("pass") => self.pass(&step),
            Some("retry") => return self.retry(&step, number, entry),
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

    /// An attempt that begins and ends in one entry: a person, or the time, has decided it.
    fn over(&mut self, step: &StepId, number: u32, state: StepState, entry: &Entry) -> bool {
        let Some(record) = self.record_mut(step) else { return false };
        if record.attempts.len() + 1 != number as usize {
            return false;
        }
        let resolved = entry.text_of("label").or(entry.text_of("reason")).map(|why| format!("{}: {why}", entry.actor.name));
        let attempt = Attempt::begun(number, state, entry);
        record.attempts.push(Attempt { ended_at: Some(entry.at), resolved, ..attempt });
        self.exceptions |= entry.text_of("answer") == Some("alone");
        true
    }

    fn approve(&mut self, entry: &Entry) -> bool {
        let Actor { name, role, .. } = entry.actor.clone();
        if name == self.visit.requester || self.visit.approvals.iter().any(|given| given.name == name) {
            return false;
        }
        self.visit.approvals.push(Approved { name, role, at: entry.at });
        true
    }

    fn note(&mut self, step: &StepId, entry: &Entry) -> bool {
        let Some(record) = self.record_mut(step) else { return false };
        record.notes.push(entry.text_of("note").unwrap_or("").to_owned());
        self.visit.recorded = true;
        true
    }

    /// There is nothing to do: its `status` says so, and nobody wants it done all the same.
    fn pass(&mut self, step: &StepId) -> bool {
        let there = self.open_attempt().is_none() && self.visit.probe == Some(Probe::Done);
        if let Some(record) = self.record_mut(step).filter(|_| there) {
            record.passed = true;
        }
        there
    }

    /// What a `status` block said: of an attempt that nobody knew about, or before the first one.
    fn probed(&mut self, entry: &Entry) {
        let Some(((step, number), probe)) = self.named(entry).zip(entry.data_of::<Probe>("probe")) else { return };
        if self.cursor != Some(Cursor::At { step: step.clone(), attempt: number }) {
            return;
        }
        self.begun = true;
        if self.attempt_mut(&step, number).is_none() {
            self.visit.probe = Some(probe);
            return;
        }
        let settled = match probe {
            Probe::Done => self.settle(&step, number, Move::Resolve { done: true }, entry),
            Probe::NotDone => self.settle(&step, number, Move::Resolve { done: false }, entry),
            Probe::Unclear => false,
        };
        if settled {
            self.go(entry, &step);
        }
    }

    /// The rollback begins: its plan is the undo of what was done, newest first, and then its own section.
    fn roll_back(&mut self, entry: &Entry) {
        if self.rolling_back || self.open_attempt().is_some() {
            return;
        }
        let undo: Vec<Planned> = entry.data_of("undo").unwrap_or_default();
        let unwanted: BTreeSet<StepId> = entry.data_of("unwanted").unwrap_or_default();
        let at = self.steps.iter().position(|record| record.plan.in_rollback()).unwrap_or(self.forward());
        self.steps.splice(at..at, undo.into_iter().map(StepRecord::planned));
        for record in self.steps.iter_mut().take(at).filter(|record| record.attempts.is_empty() && !record.passed) {
            record.skipped.get_or_insert("not taken".into());
        }
        for record in self.steps.iter_mut().filter(|record| unwanted.contains(&record.plan.id)) {
            record.skipped = Some("its condition does not hold".into());
        }
        (self.rolling_back, self.begun) = (true, true);
        let first = self.steps.iter().skip(at).find(|record| record.plan.in_rollback() && record.skipped.is_none());
        self.cursor =
            Some(first.map_or(Cursor::End, |first| Cursor::At {
                step: first.plan.id.clone(),
                attempt: first.attempts.len() as u32 + 1,
            }));
        self.arrive(entry);
    }

    /// The number of steps before those of the drill's end.
    fn forward(&self) -> usize {
        self.steps.iter().position(|record| record.plan.section == "drill-cleanup").unwrap_or(self.steps.len())
    }

    /// A drill is over, and what it made is cleared away.
    fn clear_away(&mut self, entry: &Entry) {
        let first = self.steps.iter().find(|record| record.plan.section == "drill-cleanup");
        let (Some(first), Some(state), None) = (first, entry.data_of("state"), &self.outcome) else { return };
        if self.open_attempt().is_some() {
            return;
        }
        let cursor = Cursor::At { step: first.plan.id.clone(), attempt: first.attempts.len() as u32 + 1 };
        self.outcome = Some((state, entry.text_of("reason").unwrap_or("").to_owned()));
        // What was called off was the run proper; what it made is cleared away all the same.
        (self.cursor, self.paused, self.called_off) = (Some(cursor), false, None);
        for record in self.steps.iter_mut().filter(|record| record.plan.section != "drill-cleanup" && record.attempts.is_empty())
        {
            if !record.passed {
                record.skipped.get_or_insert("not taken".into());
            }
        }
        self.arrive(entry);
    }

    /// What an undo did changes the step that it undid.
    fn undone(&mut self, undo: &StepId, state: StepState) {
        let done = match state {
            StepState::Succeeded => true,
            StepState::Failed | StepState::TimedOut | StepState::Cancelled => false,
            _ => return,
        };
        let last = undo.undoes().and_then(|step| self.record_mut(&step)?.attempts.last_mut());
        if let Some((attempt, state)) = last.and_then(|last| Some((last.state.after(Move::Undo { done })?, last))) {
            state.state = attempt;
        }
    }

    /// The run has come to a step: nothing that was given before counts here.
    fn arrive(&mut self, entry: &Entry) {
        let requester = self.driver.clone().unwrap_or_else(|| self.visit.requester.clone());
        self.visit = Visit { since: entry.at, requester, ..Visit::default() };
        if let Some(Cursor::At { step, .. }) = self.cursor.clone()
            && let Some(record) = self.record_mut(&step)
        {
            (record.passed, record.skipped, record.waived) = (false, None, false);
            record.ticked.clear();
        }
    }

    fn skip(&mut self, step: &StepId, entry: &Entry) -> bool {
        if self.open_attempt().is_some() {
            return false;
        }
        // `when` did not hold: that is how the playbook is meant, not an exception.
        let by_person = !entry.data_of("condition").unwrap_or(false);
        self.exceptions |= by_person;
        self.flawed |= by_person && self.goes_back(step);
        let reason = entry.text_of("reason").unwrap_or("").to_owned();
        self.record_mut(step).map(|record| (record.skipped, record.waived) = (Some(reason), by_person)).is_some()
    }

    fn retry(&mut self, step: &StepId, number: u32, entry: &Entry) {
        let over = self.record(step).and_then(|record| record.attempt(number)).is_some_and(|attempt| !attempt.state.is_open());
        if over {
            self.cursor = Some(Cursor::At { step: step.clone(), attempt: number + 1 });
            self.arrive(entry);
        }
    }

    fn settle(&mut self, step: &StepId, number: u32, how: Move, entry: &Entry) -> bool {
        let Some(attempt) = self.attempt_mut(step, number) else { return false };
        let Some(state) = attempt.state.after(how) else { return false };
        attempt.state = state;
        let why = entry.text_of("reason").or(entry.text_of("note")).unwrap_or("");
        attempt.resolved = Some(format!("{}: {why}", entry.actor.name));
        self.exceptions |= how == Move::Accept;
        self.flawed |= how == Move::Accept && self.goes_back(step);
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
            Goto::Rollback => Some(Cursor::Rollback { step: from.clone() }),
            Goto::Step(to) => self.jump(from, to),
        };
        self.arrive(entry);
    }

    fn jump(&mut self, from: &StepId, to: StepId) -> Option<Cursor> {
        let place = |id: &StepId| self.steps.iter().position(|record| record.plan.id == *id);
        let (Some(here), Some(there)) = (place(from), place(&to)) else { return self.cursor.clone() };
        self.jumps_back += u32::from(there <= here);
        for over in self.steps.iter_mut().take(there).skip(here + 1).filter(|record| record.attempts.is_empty() && !record.passed)
        {
            over.skipped.get_or_insert("not taken".into());
        }
        let target = self.steps.get(there)?;
        Some(Cursor::At { step: to, attempt: target.attempts.len() as u32 + 1 })
    }

    fn goes_back(&self, step: &StepId) -> bool {
        self.record(step).is_some_and(|record| record.plan.in_rollback())
    }

    fn named(&self, entry: &Entry) -> Option<(StepId, u32)> {
        Some((entry.step.clone()?, entry.attempt?))
    }

    fn record_mut(&mut self, step: &StepId) -> Option<&mut StepRecord> {
        self.steps.iter_mut().find(|record| record.plan.id == *step)
    }

    fn attempt_mut(&mut self, step: &StepId, number: u32) -> Option<&mut Attempt> {
        self.record_mut(step)?.attempts.iter_mut().find(|attempt| attempt.number == number)
    }
}

impl StepRecord {
    fn planned(plan: Planned) -> Self {
        Self {
            plan,
            attempts: Vec::new(),
            skipped: None,
            waived: false,
            passed: false,
            ticked: BTreeSet::new(),
            notes: Vec::new(),
        }
    }
}
