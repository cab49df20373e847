//! Selectors: put to the core, which alone knows how the feeds are, and judged like any other answer. Looking changes nothing.

use super::Which;
use super::attempt::{Try, cancelled};
use super::block::say_started;
use super::request;
use crate::domain::ids::QuestionId;
use crate::domain::playbook::{Found, Seen, Selector};
use crate::domain::run::{StepEnd, StepState};
use crate::domain::secret::redacted;
use crate::domain::text::Outside;
use crate::model::Fact;
use crate::model::runs::RunFact;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Who waits for which answer.
#[derive(Default)]
pub struct Questions(Mutex<(u64, BTreeMap<QuestionId, oneshot::Sender<Found>>)>);

/// The core answers in time; only one that is on its way out doesn't.
const GRACE: Duration = Duration::from_secs(5);

impl Questions {
    fn open(&self) -> (QuestionId, oneshot::Receiver<Found>) {
        let (sender, answer) = oneshot::channel();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.0 += 1;
        let id = QuestionId(open.0);
        open.1.insert(id, sender);
        (id, answer)
    }

    /// Hands an answer to whoever waits for it, if anybody still does.
    pub(super) fn answer(&self, id: QuestionId, found: Found) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = open.1.remove(&id) {
            // Who was cancelled meanwhile has gone.
            let _ = waiting.send(found);
        }
    }
}

pub(super) fn ask(this: &Try<'_>, selector: Selector) -> StepEnd {
    if let Err(error) = request::mark(&this.folder, true) {
        return this.end(StepState::Failed, format!("nothing was asked: {}: {error}", this.folder.display()));
    }
    say_started(this, None);
    let began = Instant::now();
    let within = this.left.min(this.step.fields.timeout);
    let (question, answer) = this.setup.questions.open();
    // Nobody listens any more when the console is on its way out.
    let _ = this.setup.facts.send(Fact::FeedsAsked { question, selector, within });
    this.setup.runtime.block_on(async {
        tokio::select! {
            Ok(found) = answer => told(this, found, began.elapsed()),
            who = cancelled(this.wish.clone()) => StepEnd { cancelled_by: Some(who), ..this.end(StepState::Cancelled, "nothing was changed") },
            () = tokio::time::sleep(within + GRACE) => this.end(StepState::Failed, "the console gave no answer"),
        }
    })
}

fn told(this: &Try<'_>, found: Found, took: Duration) -> StepEnd {
    let lines: Vec<String> = found.lines().map(|line| redacted(&line, this.shared.params.secrets())).collect();
    let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    // Evidence, not needed to go on.
    let _ = request::write(&this.folder.join("out"), text.as_bytes());
    let Which { run, step, attempt } = this.which.clone();
    let tail = lines.iter().map(|line| Outside::from(line.as_str())).collect();
    this.setup.say(RunFact::Output { run, step, attempt, tail, bytes: text.len() as u64 });
    let (state, detail) = this.judge(&Seen { found: Some(found), took: Some(took), ..Seen::default() });
    this.end(state, detail)
}
