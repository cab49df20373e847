//! What can be done with a run and with its step at hand. Whatever it is, the step is named: if the run has moved on
//! meanwhile, the world refuses.

use super::Overlay;
use super::answer::{self, reasoned};
use super::confirm::{self, Question};
use super::menu::{Choosable, Menu, choosable};
use super::{resume, rollback};
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{Confirm, How, Step};
use crate::domain::run::{Cursor, Run, RunMode, StepState};
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::runs::{RunCommand, Sitting, flow, shown};
use crate::tui::action::Action;
use crate::tui::panes::playbook::step_of;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};

/// The next thing to do with the step at hand.
pub fn go(run: RunId, step: &StepId, view: &View) -> Vec<Reply> {
    let Some(state) = view.world.runs.get(run) else { return say("The run is not known any more.") };
    if state.ended.is_some() {
        return say("The run is over: esc shows the library.");
    }
    let driving = view.world.runs.live(run).is_some_and(|live| live.driving);
    let stands = view.world.runs.state_of(run, step);
    // Whoever approves need not hold the run; where enough have, it has to be held to go on.
    if let (Some(StepState::AwaitingApproval), Some((step, approval))) = (stands, wanted(run, step, view))
        && flow::missing(state, approval) > 0
    {
        return answer::approval(run, step, approval, view);
    }
    if state.interrupted || !driving {
        return vec![Reply::Open(resume::open(run, state, view))];
    }
    if state.paused {
        return vec![Reply::Open(confirm::open(unpause(run)))];
    }
    if matches!(state.cursor, Some(Cursor::Rollback { .. })) {
        return rollback::open(run, view);
    }
    match (step_of(run, step, view), state.at()) {
        (None, _) => say("The playbook's text of this run is lost: b ends it."),
        (_, Some((at, _))) if at.plan.id != *step => say(&format!("The run is at “{}”: esc goes there.", inert(&at.plan.title))),
        (Some(own), _) => at_hand(run, state, own, stands, view),
    }
}

/// What is asked of whoever comes back from a step that had the terminal: nothing that would start anything.
pub fn after_sitting(from: &Sitting, view: &View) -> Vec<Reply> {
    use StepState::{Cancelled, Failed, Succeeded, TimedOut, Unknown};
    let at = view.world.runs.get(from.run).and_then(Run::at).is_some_and(|(at, _)| at.plan.id == from.step);
    match view.world.runs.state_of(from.run, &from.step) {
        Some(Succeeded | Failed | TimedOut | Cancelled | Unknown) if at => go(from.run, &from.step, view),
        _ => Vec::new(),
    }
}

fn at_hand(id: RunId, run: &Run, step: &Step, stands: Option<StepState>, view: &View) -> Vec<Reply> {
    let mode = run.mode.unwrap_or(RunMode::Live);
    match (stands, &step.how) {
        (Some(StepState::Failed | StepState::TimedOut | StepState::Cancelled | StepState::Refused), _) => {
            vec![Reply::Open(after_failure(id, run, step, view))]
        }
        (Some(StepState::Unknown), _) => vec![Reply::Open(unknown(id, step))],
        (Some(open), How::Child(_)) if open.is_open() => say("It is a run of its own: enter shows it."),
        (Some(open), _) if open.is_open() => say("It is running: x cancels it, o shows what it writes."),
        (Some(StepState::AlreadyDone), _) => vec![Reply::Open(already(id, step))],
        (Some(StepState::Ready | StepState::AwaitingConfirm | StepState::AwaitingInput | StepState::Succeeded), _) => {
            match owed(id, run, step) {
                Some(replies) => replies,
                None => begin(id, run, step, (stands, mode), view),
            }
        }
        _ => say("There is nothing to do with this step now."),
    }
}

/// What a person has to do before the step can be complete.
fn owed(id: RunId, run: &Run, step: &Step) -> Option<Vec<Reply>> {
    let record = run.record(&step.id)?;
    if (record.plan.items as usize) > record.ticked.len() {
        return Some(answer::items(id, run, step));
    }
    let now = !flow::runs_first(step, run.mode.unwrap_or(RunMode::Live)) || run.state_of(&step.id) == Some(StepState::Succeeded);
    (record.plan.records && !run.visit.recorded && now).then(|| answer::record(id, step))
}

fn begin(id: RunId, run: &Run, step: &Step, (stands, mode): (Option<StepState>, RunMode), view: &View) -> Vec<Reply> {
    match (&step.how, stands) {
        (How::Choice(choice), _) => answer::decision(id, run, step, choice),
        (How::Wait(_), _) => answer::wait(id, step),
        _ if flow::by_person(step, mode) => vec![Reply::Open(confirm::open(by_person(id, run, step)))],
        (_, Some(StepState::Ready)) => vec![ask(RunCommand::Start { run: id, step: step.id.clone(), confirmed: None })],
        (_, Some(StepState::AwaitingConfirm)) => vec![confirmed(id, run, step, false, view)],
        _ => say("There is nothing to do with this step now."),
    }
}

/// The approval that a step wants.
fn wanted<'a>(run: RunId, step: &StepId, view: &View<'a>) -> Option<(&'a Step, &'a crate::domain::playbook::Approval)> {
    let step = step_of(run, step, view)?;
    match &step.how {
        How::Approval(approval) => Some((step, approval)),
        _ => None,
    }
}

fn say(text: &str) -> Vec<Reply> {
    vec![Reply::Say(text.to_owned())]
}

fn ask(command: RunCommand) -> Reply {
    Reply::Ask(Command::Run(command))
}

fn unpause(run: RunId) -> Question {
    Question {
        title: "Let the run go on?".to_owned(),
        facts: vec!["It was paused. What may start by itself starts again.".to_owned()],
        verb: "go on",
        typed: None,
        yes: Box::new(move |_| vec![ask(RunCommand::Unpause { run })]),
    }
}

/// Asks for the second act, with exactly what will run, where and as whom.
fn confirmed(run: RunId, state: &Run, step: &Step, again: bool, view: &View) -> Reply {
    let typed = match step.fields.confirm {
        Confirm::Type(_) => flow::wants_typed(state, step),
        _ => None,
    };
    let id = step.id.clone();
    Reply::Open(confirm::open(Question {
        title: format!("Run {}", inert(&step.title)),
        facts: shown::step(view.world, state, step),
        verb: "run it",
        typed,
        yes: Box::new(move |typed| {
            let (step, confirmed) = (id.clone(), Some(typed.unwrap_or_else(|| "yes".to_owned())));
            vec![ask(match again {
                true => RunCommand::Retry { run, step, confirmed },
                false => RunCommand::Start { run, step, confirmed },
            })]
        }),
    }))
}

/// A manual step: the assurance that it was done.
fn by_person(run: RunId, state: &Run, step: &Step) -> Question {
    let typed = match step.fields.confirm {
        Confirm::Type(_) => flow::wants_typed(state, step),
        _ => None,
    };
    let id = step.id.clone();
    Question {
        title: format!("Is it done? {}", inert(&step.title)),
        facts: vec!["The log will say that you did it.".to_owned()],
        verb: "it is done",
        typed,
        yes: Box::new(move |typed| {
            let confirmed = Some(typed.unwrap_or_else(|| "yes".to_owned()));
            vec![ask(RunCommand::Start { run, step: id.clone(), confirmed })]
        }),
    }
}

/// Its `status` says that there is nothing to do.
fn already(run: RunId, step: &Step) -> Box<dyn Overlay> {
    let (id, again) = (step.id.clone(), step.id.clone());
    let choices = vec![
        choosable("leave it as it is", "the run goes on", move || vec![ask(RunCommand::Pass { run, step: id.clone() })]),
        choosable("run it all the same", "", move || {
            vec![ask(RunCommand::Start { run, step: again.clone(), confirmed: Some("yes".to_owned()) })]
        }),
    ];
    menu("It is done already", "Its status block says that there is nothing to do.", choices)
}

fn menu(title: &str, fact: &str, choices: Vec<Choosable>) -> Box<dyn Overlay> {
    let fact = fact.to_owned();
    Box::new(Menu::new(title, move |_: &View| vec![(fact.clone(), Role::Text)], choices))
}

fn after_failure(run: RunId, state: &Run, step: &Step, view: &View) -> Box<dyn Overlay> {
    let end = state.record(&step.id).and_then(|record| record.attempts.last()?.end.as_ref());
    let why = end.map_or(String::new(), |end| inert(&end.shown()).into_owned());
    let id = step.id.clone();
    let mut choices = vec![
        choosable("try again", "after it has been confirmed once more", || vec![Reply::Do(Action::Retry)]),
        choosable("go on all the same", "the failure is accepted, with a reason", {
            let words = (format!("Accept {id} as it is"), "go on", "The run will have ended with exceptions.".to_owned());
            let step = id.clone();
            reasoned(words, move |reason| RunCommand::Accept { run, step: step.clone(), reason })
        }),
        choosable("skip it", "go on without it, with a reason", skipping(run, &id)),
    ];
    choices.extend(ways_back(run, view));
    menu("It did not succeed. What now?", &why, choices)
}

/// The step that has failed once more.
pub fn retry(run: RunId, step: &StepId, view: &View) -> Vec<Reply> {
    let retriable =
        view.world.runs.state_of(run, step).is_some_and(|state| state.may_be_retried() || state == StepState::Unknown);
    let (Some(state), Some(own)) = (view.world.runs.get(run), step_of(run, step, view)) else {
        return say("The run is not known any more.");
    };
    let driving = view.world.runs.live(run).is_some_and(|live| live.driving);
    if retriable && state.ended.is_none() && (state.interrupted || !driving) {
        return vec![Reply::Open(resume::open(run, state, view))];
    }
    match (retriable, &own.how) {
        (false, _) => say("It has not failed: r is the next thing to do with it."),
        (true, How::Launch | How::Child(_)) => vec![confirmed(run, state, own, true, view)],
        // To be asked once more changes nothing.
        (true, _) => vec![ask(RunCommand::Retry { run, step: own.id.clone(), confirmed: Some("yes".to_owned()) })],
    }
}

fn skipping(run: RunId, id: &StepId) -> impl Fn() -> Vec<Reply> + 'static {
    let step = id.clone();
    let words = (format!("Skip {id}"), "skip it", "The run goes on with the next step.".to_owned());
    reasoned(words, move |reason| RunCommand::Skip { run, step: step.clone(), reason })
}

pub fn skip(run: RunId, step: &StepId) -> Vec<Reply> {
    skipping(run, step)()
}

/// Everything that ends a run, or stops it for a while.
pub fn back_out(run: RunId, view: &View) -> Vec<Reply> {
    let Some(state) = view.world.runs.get(run).filter(|state| state.ended.is_none()) else { return say("The run is over.") };
    let driving = view.world.runs.live(run).is_some_and(|live| live.driving) && !state.interrupted;
    let choices = match (driving, state.paused) {
        (true, false) => [pause(run), leave(run)].into_iter().chain(ways_back(run, view)).collect(),
        (true, true) => {
            let goes_on = choosable("let it go on", "it is paused", move || vec![ask(RunCommand::Unpause { run })]);
            [goes_on, leave(run)].into_iter().chain(ways_back(run, view)).collect()
        }
        (false, _) => vec![abandon(run)],
    };
    vec![Reply::Open(menu("Back out", "Nothing is undone by itself.", choices))]
}

fn pause(run: RunId) -> Choosable {
    let words = ("Pause the run".to_owned(), "pause it", "Nothing starts until it is let go on.".to_owned());
    let pause = reasoned(words, move |reason| RunCommand::Pause { run, reason });
    choosable("pause the run", "nothing starts until it is let go on; with a reason", pause)
}

fn leave(run: RunId) -> Choosable {
    choosable("leave it", "another console may take it up", move || vec![ask(RunCommand::Leave { run })])
}

fn abandon(run: RunId) -> Choosable {
    let words = ("Abandon the run".to_owned(), "abandon it", "What was done stays done; nobody goes on with it.".to_owned());
    let abandon = reasoned(words, move |reason| RunCommand::Abandon { run, reason });
    choosable("abandon the run", "close it without going on, with a reason", abandon)
}

/// The rollback where there is one, and the end.
fn ways_back(run: RunId, view: &View) -> Vec<Choosable> {
    let mut choices = Vec::new();
    if let Some(plan) = rollback::plan(run, view) {
        choices.push(choosable("roll back…", "its plan is shown first", move || plan.open()));
    }
    let words = ("Abort the run".to_owned(), "abort it", "What was done stays done; nothing more of it is run.".to_owned());
    let abort = reasoned(words, move |reason| RunCommand::Abort { run, reason });
    choices.push(choosable("abort the run", "nothing more of it is done; with a reason", abort));
    choices
}

/// Ends the command that is running.
pub fn cancel(run: RunId, view: &View) -> Vec<Reply> {
    let innermost = view.world.runs.innermost(run);
    let open = view.world.runs.get(innermost).and_then(Run::open_attempt);
    let Some((step, _)) = open else { return say("Nothing is running.") };
    vec![Reply::Open(confirm::open(Question {
        title: format!("Cancel {step}?"),
        facts: vec!["Its whole process group is told to end, and killed if it doesn't.".to_owned()],
        verb: "cancel it",
        typed: None,
        yes: Box::new(move |_| vec![ask(RunCommand::Cancel { run: innermost })]),
    }))]
}

/// Nobody knows whether it was done: it is found out, or somebody says so.
fn unknown(run: RunId, step: &Step) -> Box<dyn Overlay> {
    let said = |done: bool, text: &str| {
        let id = step.id.clone();
        let words = (format!("What became of {id}?"), "say so", "Write how you know: the log keeps it.".to_owned());
        let assert = reasoned(words, move |note| RunCommand::Assert { run, step: id.clone(), done, note });
        choosable(text, "and how you know", assert)
    };
    let mut choices = Vec::new();
    if step.status.is_some() {
        let id = step.id.clone();
        let about = "its status block is run: it only looks";
        choices.push(choosable("ask it", about, move || vec![ask(RunCommand::Probe { run, step: id.clone() })]));
    }
    choices.push(said(true, "it was done"));
    choices.push(said(false, "it was not done"));
    if step.fields.idempotent {
        choices.push(choosable("try again", "it may be done twice", || vec![Reply::Do(Action::Retry)]));
    }
    let words = ("Abort the run".to_owned(), "abort it", "What was done stays done; nothing more of it is run.".to_owned());
    let abort = reasoned(words, move |reason| RunCommand::Abort { run, reason });
    choices.push(choosable("abort the run", "nothing more of it is done; with a reason", abort));
    menu("Nobody knows what became of it", "Look first; nothing is done twice by itself.", choices)
}
