//! One attempt: its body is performed, once or again and again as `retry` and `repeat` say, and judged.

use super::{Setup, Which, block, feeds, request};
use crate::domain::playbook::{Place, Playbook, Seen, Step, Times, Values, Verdict};
use crate::domain::run::{StepEnd, StepState, Tried};
use crate::domain::secret::redacted;
use crate::model::runs::{self, Launch, RunFact, flow};
use crate::steps::{self, Setting};
use chrono::{DateTime, Utc};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Everything that one try of a body needs.
pub(super) struct Try<'a> {
    pub setup: &'a Setup,
    pub which: &'a Which,
    pub step: &'a Step,
    pub shared: &'a runs::Setup,
    /// The folder of this try; the attempt's own for the first one.
    pub folder: PathBuf,
    /// Where its steps work.
    pub works_in: PathBuf,
    pub wish: watch::Receiver<Option<String>>,
    pub left: Duration,
}

impl Try<'_> {
    pub fn setting<'b>(&'b self, out: &'b Path) -> Setting<'b> {
        Setting {
            run: self.which.run,
            step: &self.which.step,
            attempt: self.which.attempt,
            mode: self.shared.mode.word(),
            out,
            folder: &self.works_in,
            params: &self.shared.params,
            outputs: &self.shared.outputs,
            console: &self.setup.environment,
            allowed: &self.setup.allowed,
            transport: &self.setup.transport,
        }
    }

    pub fn outputs_file(&self) -> PathBuf {
        self.folder.join("outputs")
    }

    pub fn end(&self, state: StepState, detail: impl Into<String>) -> StepEnd {
        let detail = redacted(&detail.into(), self.shared.params.secrets());
        StepEnd::without_process(state, self.setup.ports.clock.now().wall, detail)
    }

    /// What was seen becomes succeeded or failed; what can't be judged has failed.
    pub fn judge(&self, seen: &Seen) -> (StepState, String) {
        let out = self.outputs_file();
        let setting = self.setting(&out);
        let values: Values<'_> = &|name| setting.plain(name);
        match steps::judge(self.step, seen, values) {
            Verdict::Holds => (StepState::Succeeded, String::new()),
            Verdict::Fails(why) | Verdict::CannotTell(why) => (StepState::Failed, why),
        }
    }
}

/// The folder of an attempt.
pub(super) fn folder(setup: &Setup, which: &Which) -> PathBuf {
    setup.folder(which.run).join(format!("{}.{}", which.step, which.attempt))
}

/// Where the steps of a playbook work: beside it, or in the run's folder.
pub(super) fn works_in(setup: &Setup, which: &Which, playbook: &Playbook) -> PathBuf {
    match &playbook.place {
        Place::File(_) => playbook.place.folder().map(Path::to_owned).unwrap_or_else(|| setup.folder(which.run)),
        Place::Bundled(_) => setup.folder(which.run),
    }
}

/// Performs a recorded attempt to its end and says how that was.
pub(super) fn perform(setup: &Setup, which: Which, launch: &Launch, wish: watch::Receiver<Option<String>>) {
    let now = || setup.ports.clock.now().wall;
    let begun = now();
    let end = match launch.playbook.step(&launch.step) {
        Some(step) => match flow::acting(step, launch.setup.mode) {
            Some(step) => tries(setup, &which, &step, launch, &wish),
            None => StepEnd::without_process(StepState::Failed, now(), "nothing was executed: this mode passes the step over"),
        },
        None => StepEnd::without_process(StepState::Failed, now(), "nothing was executed: the playbook has no such step"),
    };
    let end = StepEnd { started_at: end.started_at.or(Some(begun)), ..end };
    let Which { run, step, attempt } = which;
    setup.say(RunFact::Ended { run, step, attempt, end });
}

fn tries(setup: &Setup, which: &Which, step: &Step, launch: &Launch, wish: &watch::Receiver<Option<String>>) -> StepEnd {
    let deadline = Instant::now() + step.fields.timeout;
    let mut count = Count::default();
    let mut tried: Vec<Tried> = Vec::new();
    loop {
        let folder = self::folder(setup, which);
        let this = Try {
            setup,
            which,
            step,
            shared: &launch.setup,
            folder: if count.tries == 0 { folder } else { folder.join(format!("try-{}", count.tries + 1)) },
            works_in: works_in(setup, which, &launch.playbook),
            wish: wish.clone(),
            left: deadline.saturating_duration_since(Instant::now()),
        };
        let begun = setup.ports.clock.now().wall;
        let end = once(&this, launch);
        tried.extend(self::tried(step, count.tries + 1, &end, begun));
        let end = StepEnd { tries: tried.clone(), ..end };
        let Some(pause) = count.again(step, end.state) else { return end };
        if Instant::now() + pause >= deadline {
            let why = format!("did not hold within {} s; the last time: {}", step.fields.timeout.as_secs(), end.detail);
            return StepEnd { state: StepState::TimedOut, detail: why, ..end };
        }
        if let Some(who) = pause_for(setup, pause, wish.clone()) {
            return StepEnd { state: StepState::Cancelled, cancelled_by: Some(who), ..end };
        }
    }
}

/// A try as it is recorded; `None` where there can be only one, which the attempt itself tells of.
pub(super) fn tried(step: &Step, number: u32, end: &StepEnd, begun: DateTime<Utc>) -> Option<Tried> {
    let most = |times: Option<Times>| times.map_or(1, |times| times.count);
    let (retry, repeat) = (most(step.fields.retry), most(step.fields.repeat));
    let of = if retry == 1 || repeat == 1 { Some(retry.max(repeat)) } else { None };
    let StepEnd { state, exit_code, signal, started_at, ended_at, .. } = *end;
    let started_at = started_at.unwrap_or(begun).min(ended_at);
    (of != Some(1)).then_some(Tried { number, of, state, exit_code, signal, started_at, ended_at })
}

fn once(this: &Try<'_>, launch: &Launch) -> StepEnd {
    let Some(body) = &this.step.body else { return this.end(StepState::Failed, "nothing was executed: the step has no body") };
    let out = this.outputs_file();
    match steps::launch(this.step, body, &this.setting(&out)) {
        Ok(steps::Launch::Shell(shell)) => block::run(this, launch.intent.id(), shell),
        Ok(steps::Launch::Http { request, reads }) => {
            // Only where all that it may touch is declared drillable was the run of a drill let begin.
            request::run(this, Some(launch.intent.where_drillable()), *request, reads)
        }
        Ok(steps::Launch::Query(query)) => request::query(this, &query),
        Ok(steps::Launch::Feeds(selector)) => feeds::ask(this, selector),
        Err(why) => this.end(StepState::Failed, format!("nothing was executed: {why}")),
    }
}

/// Waits between two tries; who cancelled meanwhile.
fn pause_for(setup: &Setup, pause: Duration, wish: watch::Receiver<Option<String>>) -> Option<String> {
    setup.runtime.block_on(async {
        tokio::select! {
            who = cancelled(wish) => Some(who),
            () = tokio::time::sleep(pause) => None,
        }
    })
}

/// Ends when somebody wants the attempt to end, and says who.
pub(super) async fn cancelled(mut wish: watch::Receiver<Option<String>>) -> String {
    match wish.wait_for(Option::is_some).await {
        Ok(who) => who.clone().unwrap_or_default(),
        Err(_) => std::future::pending().await,
    }
}

/// How often the body was tried, how often it failed, how often it held in a row.
#[derive(Default)]
struct Count {
    tries: u32,
    failures: u32,
    row: u32,
}

impl Count {
    /// How long to wait before the next try; `None` when this one decides.
    fn again(&mut self, step: &Step, state: StepState) -> Option<Duration> {
        self.tries += 1;
        let every = |times: Option<Times>| times.map_or(Duration::ZERO, |times| times.every);
        let most = |times: Option<Times>| times.map_or(1, |times| times.count);
        match state {
            StepState::Succeeded => {
                self.row += 1;
                (self.row < most(step.fields.repeat)).then(|| every(step.fields.repeat))
            }
            StepState::Failed => {
                (self.row, self.failures) = (0, self.failures + 1);
                (self.failures < most(step.fields.retry)).then(|| every(step.fields.retry))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::node::Span;
    use crate::domain::playbook::{Fields, How, Section};

    fn step(retry: u32, repeat: u32) -> Step {
        let times = |count| Some(Times { count, every: Duration::from_secs(count.into()) });
        let fields = Fields { retry: times(retry), repeat: times(repeat), ..Fields::default() };
        Step {
            id: "go".into(),
            title: "Go".into(),
            number: None,
            section: Section::Steps,
            kind: "check",
            how: How::Launch,
            span: Span::default(),
            prose: 0..0,
            fields,
            raw: Vec::new(),
            body: None,
            dry_run: None,
            status: None,
            undo: None,
            items: Vec::new(),
        }
    }

    #[test]
    fn the_first_success_wins_but_a_row_must_be_unbroken() {
        use StepState::{Failed, Succeeded, Unknown};
        let decide = |retry, repeat, states: &[StepState]| {
            let mut count = Count::default();
            let step = step(retry, repeat);
            states.iter().map(|state| count.again(&step, *state).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(decide(3, 1, &[Failed, Failed, Failed]), [true, true, false]);
        assert_eq!(decide(3, 1, &[Failed, Succeeded]), [true, false]);
        assert_eq!(decide(1, 3, &[Succeeded, Succeeded, Succeeded]), [true, true, false]);
        assert_eq!(decide(1, 3, &[Succeeded, Failed]), [true, false]);
        assert_eq!(decide(2, 2, &[Succeeded, Failed, Succeeded, Succeeded]), [true, true, true, false]);
        assert_eq!(decide(9, 1, &[Unknown]), [false], "what nobody knows is not tried again");
    }
}
