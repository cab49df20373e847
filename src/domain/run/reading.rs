//! What can be asked of a run.

use super::*;

impl Run {
    pub fn record(&self, step: &StepId) -> Option<&StepRecord> {
        self.steps.iter().find(|record| record.plan.id == *step)
    }

    /// The step is a run of its own.
    pub fn is_child(&self, step: &StepId) -> bool {
        self.record(step).is_some_and(|record| record.plan.kind == CHILD)
    }

    /// Nobody began it, and it is none of people's runs.
    pub fn is_diagnosis(&self) -> bool {
        self.mode == Some(RunMode::Diagnosis)
    }

    /// Where the recovery time begins: with the alert, or else with the run; of a drill when its scene stood, and not before.
    pub fn began(&self) -> Option<DateTime<Utc>> {
        let mut scene = self.steps.iter().filter(|record| record.plan.section == "drill-setup").peekable();
        match scene.peek() {
            Some(_) => scene.flat_map(|record| &record.attempts).filter_map(|attempt| attempt.ended_at).max(),
            None => self.alert_since.into_iter().chain(self.prepared_at).min(),
        }
    }

    /// When everything under Verify was found to hold, of a run that did something to what is real: no drill, which makes a place of
    /// its own, and no dry run. A run in which a step was skipped, or accepted though it failed, proves nothing; nor does one in which
    /// everything had been done before: what is found to hold then may have been there all along.
    pub fn proven(&self) -> Option<DateTime<Utc>> {
        let whole = self.ended.as_ref()?.0 == RunState::Completed;
        let of = |section: &'static str| self.steps.iter().filter(move |record| record.plan.section == section);
        let did = of("steps").any(|record| self.state_of(&record.plan.id) == Some(StepState::Succeeded));
        let real = matches!(self.mode, Some(RunMode::Live | RunMode::Manual)) && self.drill.is_none();
        let mut criteria = of("verify").peekable();
        let any = criteria.peek().is_some();
        let held = |id: &StepId| matches!(self.state_of(id), Some(StepState::Succeeded | StepState::AlreadyDone));
        self.verified_at.filter(|_| whole && did && real && any && criteria.all(|record| held(&record.plan.id)))
    }

    /// The step at which what a drill made could not be cleared away: somebody has to try it again, or to end the run.
    pub fn stuck_clearing(&self) -> Option<&StepRecord> {
        let (record, number) = self.at().filter(|_| self.outcome.is_some() && self.ended.is_none())?;
        record.attempt(number).filter(|attempt| attempt.state.is_failure()).map(|_| record)
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
            (Some(number), _) if self.ended.is_none() && record.attempt(number).is_none() => match self.visit.probe {
                Some(Probe::Done) => StepState::AlreadyDone,
                _ => record.plan.arrives,
            },
            (_, last) => match (&record.skipped, last) {
                (Some(_), _) => StepState::Skipped,
                (None, _) if record.passed => StepState::AlreadyDone,
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
            _ if self.paused && self.open_attempt().is_none() => RunState::Paused,
            (None, Some(Cursor::Rollback { .. })) => RunState::Waiting,
            (None, Some(Cursor::At { .. })) => self.state_at_step(),
            _ => RunState::Active,
        }
    }

    fn state_at_step(&self) -> RunState {
        let Some((record, number)) = self.at() else { return RunState::Active };
        let state = record.attempt(number).map(|attempt| attempt.state);
        match (record.plan.section.as_str(), state) {
            ("rollback" | UNDO, _) => RunState::RollingBack,
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
