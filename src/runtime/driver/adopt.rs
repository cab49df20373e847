//! What a dead console left: each attempt without an end is looked at, settled, or followed to its end.

use super::attempt::{self, Try};
use super::{Setup, Which, block, holding, request};
use crate::domain::playbook::Playbook;
use crate::domain::run::{StepEnd, StepState};
use crate::model::runs::{Adopt, Finding, RunFact, flow};
use crate::runtime::supervisor::{self, Folder, Verdict};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Looks at a run that we now hold. A command that still runs is followed here, and its end is told like any other.
pub(super) fn look(setup: &Setup, wanted: Adopt, folder: PathBuf, wishes: Vec<watch::Receiver<Option<String>>>) {
    let run = wanted.setup.run;
    let playbook = holding::kept(&folder, &wanted.digest, &setup.read).map(Arc::new);
    let book = match &playbook {
        Ok(book) => book.clone(),
        Err(why) => {
            let found = lost(&wanted, setup, why);
            return setup.say(RunFact::Adopted { run, playbook, found });
        }
    };
    let ends: Vec<Option<StepEnd>> = each(setup, &wanted, &book, &wishes, settled).collect();
    let found = wanted.open.iter().zip(&ends).map(|((step, attempt, _), end)| {
        let end = end.clone();
        Finding { step: step.clone(), attempt: *attempt, end }
    });
    setup.say(RunFact::Adopted { run, playbook, found: found.collect() });
    for (end, followed) in ends.iter().zip(wanted.open.iter().zip(&wishes)) {
        if end.is_none() {
            follow(setup, &wanted, &book, followed);
        }
    }
}

type Open = (crate::domain::ids::StepId, u32, crate::domain::ids::EntryId);

fn each<'a, T>(
    setup: &'a Setup,
    wanted: &'a Adopt,
    book: &'a Playbook,
    wishes: &'a [watch::Receiver<Option<String>>],
    mut look: impl FnMut(&Try<'_>) -> Option<T> + 'a,
) -> impl Iterator<Item = Option<T>> + 'a {
    wanted.open.iter().zip(wishes).map(move |(open, wish)| with_try(setup, wanted, book, open, wish, |this| look(this)).flatten())
}

/// `None` where the playbook has no such step.
fn with_try<T>(
    setup: &Setup,
    wanted: &Adopt,
    book: &Playbook,
    (step, attempt, _): &Open,
    wish: &watch::Receiver<Option<String>>,
    use_it: impl FnOnce(&Try<'_>) -> T,
) -> Option<T> {
    let which = Which { run: wanted.setup.run, step: step.clone(), attempt: *attempt };
    let acting = flow::acting(book.step(step)?, wanted.setup.mode)?;
    let this = Try {
        setup,
        which: &which,
        step: &acting,
        shared: &wanted.setup,
        folder: block::newest(&attempt::folder(setup, &which)),
        works_in: attempt::works_in(setup, &which, book),
        wish: wish.clone(),
        left: Duration::ZERO,
    };
    Some(use_it(&this))
}

/// How an attempt ended; `None` while it is running.
fn settled(this: &Try<'_>) -> Option<StepEnd> {
    if let Some(end) = request::left(this) {
        return Some(with_earlier(this, end));
    }
    match supervisor::adopt(&Folder::at(&this.folder), &block::name(this.which)) {
        Ok(Verdict::Running) => None,
        verdict => Some(once_of_several(this, block::found(this, verdict))),
    }
}

fn follow(setup: &Setup, wanted: &Adopt, book: &Playbook, (open, wish): (&Open, &watch::Receiver<Option<String>>)) {
    let end = with_try(setup, wanted, book, open, wish, |this| once_of_several(this, block::watch(this, None)));
    if let Some(end) = end {
        setup.say(RunFact::Ended { run: wanted.setup.run, step: open.0.clone(), attempt: open.1, end });
    }
}

/// The tries before this one, as their folders tell them: whoever counted them is dead.
fn with_earlier(this: &Try<'_>, end: StepEnd) -> StepEnd {
    let folders = block::tries(&attempt::folder(this.setup, this.which));
    let number = folders.len().max(1) as u32;
    let before = folders.into_iter().zip(1..number).filter_map(|(folder, number)| {
        let one = Try { folder, works_in: this.works_in.clone(), wish: this.wish.clone(), ..*this };
        let end = block::left(&one)?;
        attempt::tried(this.step, number, &end, end.ended_at)
    });
    let tries = before.chain(attempt::tried(this.step, number, &end, end.ended_at)).collect();
    StepEnd { tries, ..end }
}

/// A step that has to hold several times in a row has held once: nobody counted the others.
fn once_of_several(this: &Try<'_>, end: StepEnd) -> StepEnd {
    let end = with_earlier(this, end);
    match this.step.fields.repeat {
        Some(times) if times.count > 1 && end.state == StepState::Succeeded => {
            let detail = format!("it held, but has to hold {} times in a row, and its console died in between", times.count);
            StepEnd { state: StepState::Failed, detail, ..end }
        }
        _ => end,
    }
}

/// Without the playbook nothing can be judged: what is open stays unknown.
pub(super) fn lost(wanted: &Adopt, setup: &Setup, why: &str) -> Vec<Finding> {
    let now = setup.ports.clock.now().wall;
    let unknown = |(step, attempt, _): &Open| Finding {
        step: step.clone(),
        attempt: *attempt,
        end: Some(StepEnd::without_process(StepState::Unknown, now, why)),
    };
    wanted.open.iter().map(unknown).collect()
}
