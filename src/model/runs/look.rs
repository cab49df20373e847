//! What an attempt has written, for somebody who looks at it: read from the run's folder, and again while it grows. One at a
//! time, and nothing of it is recorded.

use super::{RunEffect, Runs};
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{Origin, ParamType, ParamValue, Resolved};
use crate::domain::run::{StepEnd, StepState};
use crate::domain::secret::{Secret, redacted};
use crate::domain::stamp::Stamp;
use crate::domain::text::Outside;
use crate::model::Effect;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Lines as they were read the last time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Written {
    pub lines: Arc<[Outside]>,
    /// More is kept than what was read.
    pub cut: bool,
    /// Why less is kept than was written.
    #[serde(default)]
    pub lost: Option<String>,
    /// Why it can't be read, or must not be shown.
    pub trouble: Option<String>,
}

/// So much time lies between two readings of what grows.
const PAUSE: Duration = Duration::from_millis(200);

/// The attempt that somebody looks at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Watched {
    run: RunId,
    step: StepId,
    attempt: u32,
    written: Option<Written>,
    /// The outside has been asked and has not answered.
    asked: bool,
    /// Something was written since.
    grown: bool,
    read_at: Duration,
}

impl Runs {
    /// What was read of an attempt that somebody looks at; `None` until it has been.
    pub fn written(&self, run: RunId, step: &StepId, attempt: u32) -> Option<&Written> {
        let of = |look: &&Watched| look.run == run && look.step == *step && look.attempt == attempt;
        self.watched.as_ref().filter(of)?.written.as_ref()
    }

    pub(super) fn look_at(&mut self, now: Stamp, run: RunId, step: StepId, attempt: u32) -> Vec<Effect> {
        let watched = Watched { run, step, attempt, written: None, asked: false, grown: true, read_at: Duration::ZERO };
        self.watched = Some(watched);
        self.read(now)
    }

    pub(super) fn look_away(&mut self) -> Vec<Effect> {
        self.watched = None;
        Vec::new()
    }

    /// The attempt has written more, or ended.
    pub(super) fn grown(&mut self, now: Stamp, run: RunId, step: &StepId, attempt: u32) -> Vec<Effect> {
        let of = |look: &&mut Watched| look.run == run && look.step == *step && look.attempt == attempt;
        match self.watched.as_mut().filter(of) {
            Some(look) => look.grown = true,
            None => return Vec::new(),
        }
        self.read(now)
    }

    pub(super) fn was_read(&mut self, now: Stamp, run: RunId, step: &StepId, attempt: u32, written: Written) -> Vec<Effect> {
        let of = |look: &&mut Watched| look.run == run && look.step == *step && look.attempt == attempt;
        if let Some(look) = self.watched.as_mut().filter(of) {
            (look.written, look.asked, look.read_at) = (Some(written), false, now.mono);
        }
        self.read(now)
    }

    /// When what has grown is to be read again.
    pub(super) fn next_look(&self) -> Option<Duration> {
        self.watched.as_ref().filter(|look| look.grown && !look.asked).map(|look| look.read_at + PAUSE)
    }

    /// Reads what has grown, unless that was just done.
    pub(super) fn read(&mut self, now: Stamp) -> Vec<Effect> {
        let due =
            self.next_look().is_some_and(|at| at <= now.mono || self.watched.as_ref().is_some_and(|look| look.written.is_none()));
        let Some((run, step, attempt)) =
            self.watched.as_ref().filter(|_| due).map(|look| (look.run, look.step.clone(), look.attempt))
        else {
            return Vec::new();
        };
        let secrets = self.secrets(run);
        let Some(look) = &mut self.watched else { return Vec::new() };
        (look.asked, look.grown) = (true, false);
        match secrets {
            Ok(secrets) => vec![Effect::Run(RunEffect::Read { run, step, attempt, secrets })],
            Err(why) => {
                (look.asked, look.written) = (false, Some(Written { trouble: Some(why), ..Written::default() }));
                Vec::new()
            }
        }
    }

    /// How an attempt ended, as it may be recorded. What it set is not, where that may hold a secret that nobody here knows: then
    /// a person has to say how it goes on.
    pub(super) fn tellable(&self, run: RunId, end: &StepEnd) -> StepEnd {
        let end = end.clone();
        match self.secrets(run) {
            Ok(known) => {
                let clean = |text: &str| redacted(text, known.secrets());
                let outputs = end.outputs.iter().map(|(name, value)| (name.clone(), clean(value))).collect();
                StepEnd { outputs, detail: clean(&end.detail), ..end }
            }
            Err(_) if end.outputs.is_empty() => end,
            Err(why) => StepEnd { state: StepState::Unknown, outputs: BTreeMap::new(), detail: lost(&why), ..end },
        }
    }

    /// What must not be shown. A secret that this console doesn't know can't be hidden: then nothing is shown.
    pub(super) fn secrets(&self, run: RunId) -> Result<Resolved, String> {
        let live = self.live.get(&run);
        let mut known = live.map(|live| live.params.clone()).unwrap_or_default();
        let typed = live.and_then(|live| live.resuming.as_ref()).map(|(_, typed)| typed);
        let Some(state) = self.get(run) else { return Err("the run is not known any more".to_owned()) };
        let Some(book) = self.playbook_of(run) else { return Err("the playbook's text of this run is lost".to_owned()) };
        // What was never given can't stand in it.
        let was_given = |name: &str| state.origins.contains_key(name);
        for param in book.params.iter().filter(|param| param.kind == ParamType::Secret && was_given(&param.name)) {
            let given = param.from.as_ref().and_then(|source| Some((source.clone(), self.given.0.get(source)?.clone())));
            let typed = typed.and_then(|typed| typed.0.get(&param.name));
            match given {
                _ if known.get(&param.name).is_some() => {}
                _ if let Some(text) = typed => {
                    let secret = ParamValue::Hidden(Secret::new(text.clone()));
                    known.values.push((param.name.clone(), secret, Origin::Operator));
                }
                Some((source, secret)) => {
                    known.values.push((param.name.clone(), ParamValue::Hidden(secret), Origin::Source(source)));
                }
                None => return Err(unknown(&param.name)),
            }
        }
        Ok(known)
    }
}

fn lost(why: &str) -> String {
    format!("it succeeded, but what it set is not taken over: {why}")
}

fn unknown(name: &str) -> String {
    format!("it may hold {name}, a secret that this console doesn't know: take the run up to see it")
}
