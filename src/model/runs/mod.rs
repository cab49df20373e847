//! Runs of playbooks: the recorded ones folded from their entries, and what this process knows besides about those it drives.
//!
//! A command yields drafts alone. What they allow is done when the journal holds them and they are ours: `recorded` turns a
//! step's intent into a launch, and nothing else does. So a step that was started twice by mistake is launched once.

mod advance;
mod answers;
mod children;
mod commands;
mod diagnosis;
mod due;
pub mod flow;
mod look;
mod message;
mod prepare;
mod probe;
mod reading;
pub mod shown;
mod terminal;
mod whole;

pub use diagnosis::checks;
pub use look::Written;
pub use message::{Adopt, Finding, Given, Launch, Look, Person, RunCommand, RunEffect, RunFact, Setup, Typed};
pub use prepare::unanswered;
pub use terminal::Sitting;

use super::Effect;
use super::alerts::Alerts;
use super::context::Context;
use super::fold::{Corrections, Entity, Folded};
use super::progress::{Requests, Target};
use crate::domain::alert::Labels;
use crate::domain::entry::{Draft, Entry, Kind};
use crate::domain::ids::{RequestId, RunId, StepId};
use crate::domain::playbook::{Origin, ParamValue, Playbook, Resolved};
use crate::domain::run::Run;
use crate::domain::secret::Secret;
use crate::domain::stamp::Stamp;
use crate::domain::text::Outside;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

impl Entity for Run {
    fn apply(&mut self, entry: &Entry) {
        Self::apply(self, entry);
    }
}

/// Runs that are over and still shown.
const KEPT: usize = 100;

/// What is true of runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Runs {
    books: Arc<Vec<Arc<Playbook>>>,
    given: Arc<Given>,
    /// The library has been read: runs can be taken up.
    ready: bool,
    /// A step may be given the terminal of this process.
    at_terminal: bool,
    runs: BTreeMap<RunId, Folded<Run>>,
    live: BTreeMap<RunId, Live>,
    /// Parameters of runs that are being prepared, by the number that their draft carries.
    preparing: BTreeMap<u64, Prepared>,
    looked: Option<Duration>,
    /// The attempt that somebody looks at.
    watched: Option<look::Watched>,
}

/// What is kept of a run until its entry is there.
#[derive(Debug, Clone, PartialEq)]
struct Prepared {
    playbook: Arc<Playbook>,
    params: Resolved,
    /// Labels and annotations of the alert that it is for.
    alert: Option<(Labels, Labels)>,
    /// When the journal was asked.
    at: chrono::DateTime<chrono::Utc>,
}

/// What only this process knows of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Live {
    /// The playbook as it was when the run was prepared.
    pub playbook: Option<Arc<Playbook>>,
    params: Resolved,
    /// Labels and annotations of the alert that it was prepared for.
    alert: Option<(Labels, Labels)>,
    /// We hold it, and only we record what happens.
    pub driving: bool,
    /// A person at this console works with it: it may go on by itself where it may.
    engaged: bool,
    /// That its console died is being recorded.
    interrupting: bool,
    /// Another process holds it.
    pub elsewhere: bool,
    pub attempt: Option<LiveAttempt>,
    /// The newest lines of each attempt that this process has followed: they are wanted most when it has failed.
    outputs: BTreeMap<(StepId, u32), Arc<[Outside]>>,
    /// Attempts whose `status` has been asked for here, before they began or after.
    asked: BTreeSet<(StepId, u32, bool)>,
    /// The time has come for something, and the journal has been asked to hold it.
    asked_until: Option<chrono::DateTime<chrono::Utc>>,
    /// A `status` block is running.
    pub probing: bool,
    /// A person who waits for the run to be taken up.
    resuming: Option<(RequestId, Typed)>,
    /// Why it can't go on, though nothing failed: a lost snapshot, a condition that can't be evaluated.
    pub stuck: Option<String>,
}

/// The attempt that is being executed, as it is reported.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveAttempt {
    pub step: StepId,
    pub number: u32,
    /// `None` until the supervisor has reported, and for requests.
    pub pid: Option<i32>,
    pub running: bool,
    pub stopping: bool,
    pub since: Stamp,
    /// When output came the last time.
    pub heard: Stamp,
    pub tail: Arc<[Outside]>,
    pub bytes: u64,
    /// It has the terminal, or waits for it.
    sits: bool,
    /// What is started when the terminal has been handed over.
    waiting: Option<Box<Launch>>,
}

impl Runs {
    pub(super) fn command(
        &mut self,
        context: &mut Context<'_>,
        requests: &mut Requests,
        alerts: &Alerts,
        request: RequestId,
        command: RunCommand,
    ) -> Vec<Effect> {
        let title = command.title();
        if self.is_nobodys(&command) {
            requests.refuse(request, title, "it is a diagnosis: it goes on by itself, or not at all".into());
            return Vec::new();
        }
        let answer = match command {
            RunCommand::Resume { run, params } if !self.drives(run) => {
                return self.take_up(requests, request, title, run, params);
            }
            RunCommand::Look { run, step, attempt } => return self.look_at(context.now, run, step, attempt),
            RunCommand::LookAway => return self.look_away(),
            RunCommand::Probe { run, step } => match self.asks(context, run, &step) {
                Ok(effects) => {
                    requests.begin(request, title, std::iter::empty());
                    return effects;
                }
                Err(why) => Err(why),
            },
            command => self.drafts(context, alerts, command),
        };
        match answer {
            Ok(drafts) => {
                // Whoever writes a reason may paste what the run was given in confidence.
                let secrets: Vec<Secret> = self.live.values().flat_map(|live| live.params.secrets().cloned()).collect();
                record(
                    requests,
                    request,
                    title,
                    drafts.into_iter().map(|draft| self.in_its_name(draft).without(&secrets)).collect(),
                )
            }
            Err(why) => {
                requests.refuse(request, title, why);
                Vec::new()
            }
        }
    }

    /// A run that nobody holds is held first; who asked waits for that.
    fn take_up(&mut self, requests: &mut Requests, request: RequestId, title: String, run: RunId, params: Typed) -> Vec<Effect> {
        if self.live.get(&run).is_some_and(|live| live.resuming.is_some()) {
            requests.refuse(request, title, "it is being taken up already".into());
            return Vec::new();
        }
        // Before it is looked at: what is typed here is struck out of what is found.
        self.live.entry(run).or_default().resuming = Some((request, params));
        match self.adopt(run) {
            Ok(effect) => {
                requests.begin(request, title, std::iter::once(Target::default()));
                vec![effect]
            }
            Err(why) => {
                self.live.entry(run).or_default().resuming = None;
                requests.refuse(request, title, why);
                Vec::new()
            }
        }
    }

    fn adopt(&self, run: RunId) -> Result<Effect, String> {
        let state = self.get(run).filter(|state| state.id.is_some()).ok_or("there is no such run")?;
        if let Some((over, ..)) = &state.ended {
            return Err(format!("the run is over: {over}"));
        }
        // A part is a run of its own and is taken up as such.
        let open = state.open_attempt().filter(|(step, _)| !state.is_child(step));
        let open = open.map(|(step, attempt)| (step.clone(), attempt.number, attempt.intent));
        let (mut params, secrets) = (whole::plain(state), self.secrets(run));
        let hushed = secrets.is_err();
        let hidden = |(_, value, _): &(String, ParamValue, Origin)| matches!(value, ParamValue::Hidden(_));
        params.values.extend(secrets.unwrap_or_default().values.into_iter().filter(hidden));
        let adopt = Adopt {
            setup: Setup { params, hushed, ..self.setup(run, state) },
            digest: state.digest.clone(),
            open: open.into_iter().collect(),
        };
        Ok(Effect::Run(RunEffect::Adopt(Box::new(adopt))))
    }

    fn setup(&self, run: RunId, state: &Run) -> Setup {
        let params = self.live.get(&run).map(|live| live.params.clone()).unwrap_or_default();
        Setup {
            run,
            mode: state.mode.unwrap_or(crate::domain::run::RunMode::Live),
            params,
            outputs: state.outputs(),
            hushed: false,
        }
    }

    fn drives(&self, run: RunId) -> bool {
        self.live.get(&run).is_some_and(|live| live.driving)
    }

    pub(super) fn fact(&mut self, context: &mut Context<'_>, requests: &mut Requests, fact: RunFact) -> Vec<Effect> {
        match fact {
            RunFact::Playbooks { books, given } => {
                (self.books, self.given, self.ready) = (books, given, true);
                self.look(context)
            }
            RunFact::Shelf(books) => {
                self.books = books;
                Vec::new()
            }
            RunFact::AtTerminal => {
                self.at_terminal = true;
                Vec::new()
            }
            RunFact::Lent { sitting, refused } => self.lent(context, &sitting, refused),
            RunFact::Started { run, step, attempt, pid } => {
                if let Some(live) = self.attempt_of(run, &step, attempt) {
                    // What was found running has run since it was begun, whoever reads that anew.
                    live.since = if live.running { live.since } else { context.now };
                    (live.pid, live.running) = (pid, true);
                }
                Vec::new()
            }
            RunFact::Output { run, step, attempt, tail, bytes } => {
                // What a dead console's command wrote is told before the run is ours.
                self.live.entry(run).or_default().outputs.insert((step.clone(), attempt), tail.clone());
                if let Some(live) = self.attempt_of(run, &step, attempt) {
                    (live.tail, live.bytes, live.heard) = (tail, bytes, context.now);
                }
                self.grown(context.now, run, &step, attempt)
            }
            RunFact::Ended { run, step, attempt, end } => {
                let mut effects = self.grown(context.now, run, &step, attempt);
                effects.extend(self.ended(context, run, &step, attempt, end));
                effects
            }
            RunFact::Read { run, step, attempt, written } => self.was_read(context.now, run, &step, attempt, written),
            RunFact::Probed { run, step, attempt, probe, exit_code, detail } => {
                self.probed(context, run, (&step, attempt), probe, exit_code, &detail)
            }
            RunFact::Adopted { run, playbook, found } => self.adopted(context, requests, run, playbook, found),
            RunFact::Elsewhere { run } => {
                let live = self.live.entry(run).or_default();
                live.elsewhere = true;
                if let Some((request, _)) = live.resuming.take() {
                    let why = "another console holds this run; end it there first, or work there".to_owned();
                    requests.refuse(request, "resume the run".into(), why);
                }
                Vec::new()
            }
        }
    }

    fn attempt_of(&mut self, run: RunId, step: &StepId, number: u32) -> Option<&mut LiveAttempt> {
        let live = self.live.get_mut(&run)?.attempt.as_mut()?;
        (live.step == *step && live.number == number).then_some(live)
    }

    /// Folds an entry about a run; what our own request recorded may now be done.
    pub(super) fn recorded(&mut self, context: &mut Context<'_>, entry: &Arc<Entry>, live: bool) -> Vec<Effect> {
        let Some(run) = entry.run.filter(|_| is_of_run(&entry.kind)) else { return Vec::new() };
        self.runs.entry(run).or_default().insert(entry.clone(), &Corrections::default());
        self.forget();
        let mut effects = if live { self.on_recorded(context, run, entry) } else { self.heard(context, run, entry) };
        if entry.kind == Kind::RunEnded
            && let Some(parent) = self.get(run).and_then(|run| run.parent.clone())
        {
            effects.extend(self.advance(context, parent.run));
        }
        effects
    }

    /// Another process recorded something about a run: where it is ours, that may have been what it waited for.
    fn heard(&mut self, context: &mut Context<'_>, run: RunId, entry: &Entry) -> Vec<Effect> {
        if let (Some("cancel"), Some(step), Some(number)) = (entry.text_of("answer"), &entry.step, entry.attempt)
            && let Some(attempt) = self.attempt_of(run, step, number)
        {
            attempt.stopping = true;
        }
        if self.ready && self.drives(run) { self.advance(context, run) } else { Vec::new() }
    }

    /// What is over and long ago is not kept; the journal has it.
    fn forget(&mut self) {
        if self.runs.len() <= KEPT {
            return;
        }
        // What nobody began pushes nothing of people's out.
        for diagnosis in [false, true] {
            let of_sort = |run: &Run| run.is_diagnosis() == diagnosis;
            let surplus = self.every().filter(|(_, run)| of_sort(run)).count().saturating_sub(KEPT);
            let over = self.runs.iter().filter(|(_, run)| of_sort(run.state()) && run.state().ended.is_some());
            for id in over.map(|(id, _)| *id).take(surplus).collect::<Vec<_>>() {
                self.runs.remove(&id);
                self.live.remove(&id);
            }
        }
    }
}

fn is_of_run(kind: &Kind) -> bool {
    use Kind::{Run, RunCleanup, RunDriver, RunEnded, RunPaused, RunResumed, RunRollback};
    use Kind::{StepAnswer, StepEnded, StepIntent, StepProbed};
    matches!(
        kind,
        Run | RunDriver
            | RunResumed
            | RunPaused
            | RunRollback
            | RunCleanup
            | RunEnded
            | StepIntent
            | StepEnded
            | StepAnswer
            | StepProbed
    )
}

fn record(requests: &mut Requests, request: RequestId, title: String, drafts: Vec<Draft>) -> Vec<Effect> {
    requests.begin(request, title, drafts.iter().map(Target::of));
    vec![Effect::Record { request, drafts }]
}
