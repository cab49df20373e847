//! What can be done with the step at hand. Whatever it is, the step is named: if the run has moved on meanwhile, the
//! world refuses.

use super::Overlay;
use super::choice::{Choice, Item, item};
use super::confirm::{self, Question};
use super::dialog::{Dialog, Form};
use super::playbook::asked;
use super::reason::{self, Reason};
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{Confirm, ParamType, names};
use crate::domain::run::{Run, StepState};
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::runs::{RunCommand, Typed, flow};
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
    if state.interrupted || !driving {
        return vec![Reply::Open(resume(run, state, view))];
    }
    match view.world.runs.state_of(run, step) {
        Some(StepState::Ready) => vec![ask(RunCommand::Start { run, step: step.clone(), confirmed: None })],
        Some(StepState::AwaitingConfirm) => vec![confirmed(run, state, step, false, view)],
        Some(StepState::AwaitingInput) => by_person(run, state, step, view),
        Some(failed) if failed.is_failure() => vec![Reply::Open(after_failure(run, state, step, view))],
        Some(StepState::Unknown) => vec![Reply::Open(unknown(run, step))],
        Some(open) if open.is_open() => say("It is running: x cancels it."),
        _ => say("There is nothing to do with this step now."),
    }
}

fn say(text: &str) -> Vec<Reply> {
    vec![Reply::Say(text.to_owned())]
}

fn ask(command: RunCommand) -> Reply {
    Reply::Ask(Command::Run(command))
}

/// Taking up a run: who goes on is named, and what is too secret for the journal is asked for again.
struct Resume {
    run: RunId,
    title: String,
    fact: String,
    secrets: Vec<String>,
}

fn resume(run: RunId, state: &Run, view: &View) -> Box<dyn Overlay> {
    let who = state.driver.as_deref().unwrap_or("nobody");
    let how = if state.interrupted { "its console died" } else { "no console of yours holds it" };
    let book = view.world.runs.playbook_of(run);
    let secrets: Vec<_> = book.iter().flat_map(|book| &book.params).filter(|param| param.kind == ParamType::Secret).collect();
    let fields = secrets.iter().map(|param| asked(param, "")).collect();
    let form = Resume {
        run,
        title: format!("Take up {}?", inert(&state.title)),
        fact: format!("It was last driven by {}; {how}. You will be named as the one who goes on.", inert(who)),
        secrets: secrets.iter().map(|param| param.name.clone()).collect(),
    };
    Box::new(Dialog::new(form, fields))
}

impl Form for Resume {
    fn title(&self, _view: &View) -> String {
        self.title.clone()
    }

    fn verb(&self) -> String {
        "take it up".to_owned()
    }

    fn facts(&self, _texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        let empty = "Secrets are not kept with a run. One that is left empty is taken from where the playbook says.";
        let secret = (!self.secrets.is_empty()).then(|| (empty.to_owned(), Role::Dim));
        std::iter::once((self.fact.clone(), Role::Text)).chain(secret).collect()
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        let typed = self.secrets.iter().zip(texts).filter(|(_, text)| !text.is_empty());
        let params = Typed(typed.map(|(name, text)| (name.clone(), (*text).to_owned())).collect());
        Ok(vec![ask(RunCommand::Resume { run: self.run, params })])
    }
}

/// Asks for the second act, with exactly what will run, where and as whom.
fn confirmed(run: RunId, state: &Run, id: &StepId, again: bool, view: &View) -> Reply {
    let Some(step) = step_of(run, id, view) else { return Reply::Say("The playbook's text of this run is lost.".to_owned()) };
    let typed = match step.fields.confirm {
        Confirm::Type(_) => flow::wants_typed(state, step),
        _ => None,
    };
    let step_id = id.clone();
    Reply::Open(confirm::open(Question {
        title: format!("Run {}", inert(&step.title)),
        facts: facts(run, state, id, view),
        verb: "run it",
        typed,
        yes: Box::new(move |typed| {
            let (step, confirmed) = (step_id.clone(), Some(typed.unwrap_or_else(|| "yes".to_owned())));
            vec![ask(match again {
                true => RunCommand::Retry { run, step, confirmed },
                false => RunCommand::Start { run, step, confirmed },
            })]
        }),
    }))
}

/// What will run, where, as whom, with the parameters filled in.
fn facts(run: RunId, state: &Run, id: &StepId, view: &View) -> Vec<String> {
    let Some(step) = step_of(run, id, view) else { return Vec::new() };
    let body = step.body.as_ref().map_or("", |body| body.text.as_str());
    let mut facts: Vec<String> = body.lines().map(|line| format!("$ {}", inert(line))).collect();
    for (_, name) in names(body) {
        let value = flow::value(state, name).map_or_else(|| "(not shown)".to_owned(), |value| inert(&value).into_owned());
        let fact = format!("{name}={value}");
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    facts.push(super::step::place(state, step, view));
    facts.push(format!("risk: {} · timeout {}", step.fields.risk.word(), humantime::format_duration(step.fields.timeout)));
    facts
}

/// A manual step: its open items to be ticked, or the assurance that it was done.
fn by_person(run: RunId, state: &Run, id: &StepId, view: &View) -> Vec<Reply> {
    let Some(step) = step_of(run, id, view) else { return say("The playbook's text of this run is lost.") };
    let ticked = |index: usize| state.record(id).is_some_and(|record| record.ticked.contains(&(index as u32)));
    let open: Vec<Item> = (0..step.items.len())
        .filter(|index| !ticked(*index))
        .map(|index| tick(run, id, index, &step.items[index].text))
        .collect();
    if !open.is_empty() {
        return vec![Reply::Open(Box::new(Choice::new("Which item is done?", open)))];
    }
    let typed = match step.fields.confirm {
        Confirm::Type(_) => flow::wants_typed(state, step),
        _ => None,
    };
    let step_id = id.clone();
    vec![Reply::Open(confirm::open(Question {
        title: format!("Is it done? {}", inert(&step.title)),
        facts: vec!["The log will say that you did it.".to_owned()],
        verb: "it is done",
        typed,
        yes: Box::new(move |typed| {
            let confirmed = Some(typed.unwrap_or_else(|| "yes".to_owned()));
            vec![ask(RunCommand::Start { run, step: step_id.clone(), confirmed })]
        }),
    }))]
}

fn tick(run: RunId, id: &StepId, index: usize, text: &str) -> Item {
    let step = id.clone();
    item(inert(text), "", move || vec![ask(RunCommand::Tick { run, step: step.clone(), item: index as u32, done: true })])
}

fn after_failure(run: RunId, state: &Run, id: &StepId, view: &View) -> Box<dyn Overlay> {
    // Made beforehand: what is chosen is what was shown.
    let again = facts(run, state, id, view).join("; ");
    let items = vec![
        item("try again", again, || vec![Reply::Do(Action::Retry)]),
        reasoned("go on all the same", "the failure is accepted, with a reason", accept(run, id)),
        reasoned("skip it", "go on without it, with a reason", skip_reason(run, id)),
        reasoned("abort the run", "nothing more of it is done", abort_reason(run)),
    ];
    Box::new(Choice::new("It failed. What now?", items))
}

/// The step that has failed once more.
pub fn retry(run: RunId, step: &StepId, view: &View) -> Vec<Reply> {
    match view.world.runs.get(run) {
        Some(state) => vec![confirmed(run, state, step, true, view)],
        None => say("The run is not known any more."),
    }
}

fn reasoned(text: &str, about: &str, make: impl Fn() -> Reason + 'static) -> Item {
    item(text, about, move || vec![Reply::Open(reason::open(make()))])
}

fn accept(run: RunId, id: &StepId) -> impl Fn() -> Reason + 'static {
    let step = id.clone();
    move || {
        let step = step.clone();
        Reason {
            title: format!("Accept {step} as it is"),
            verb: "go on",
            fact: "The run will have ended with exceptions.".to_owned(),
            ask: Box::new(move |reason| Command::Run(RunCommand::Accept { run, step: step.clone(), reason })),
        }
    }
}

fn skip_reason(run: RunId, id: &StepId) -> impl Fn() -> Reason + 'static {
    let step = id.clone();
    move || {
        let step = step.clone();
        Reason {
            title: format!("Skip {step}"),
            verb: "skip it",
            fact: "The run goes on with the next step.".to_owned(),
            ask: Box::new(move |reason| Command::Run(RunCommand::Skip { run, step: step.clone(), reason })),
        }
    }
}

fn abort_reason(run: RunId) -> impl Fn() -> Reason + 'static {
    move || Reason {
        title: "Abort the run".to_owned(),
        verb: "abort it",
        fact: "What was done stays done; nothing more of it is run.".to_owned(),
        ask: Box::new(move |reason| Command::Run(RunCommand::Abort { run, reason })),
    }
}

pub fn skip(run: RunId, step: &StepId) -> Box<dyn Overlay> {
    reason::open(skip_reason(run, step)())
}

pub fn back_out(run: RunId) -> Box<dyn Overlay> {
    reason::open(abort_reason(run)())
}

/// Ends the command that is running.
pub fn cancel(run: RunId, step: &StepId, view: &View) -> Vec<Reply> {
    let open = view.world.runs.state_of(run, step).is_some_and(StepState::is_open);
    if !open {
        return say("Nothing is running.");
    }
    vec![Reply::Open(confirm::open(Question {
        title: format!("Cancel {step}?"),
        facts: vec!["Its whole process group is told to end, and killed if it doesn't.".to_owned()],
        verb: "cancel it",
        typed: None,
        yes: Box::new(move |_| vec![ask(RunCommand::Cancel { run })]),
    }))]
}

fn unknown(run: RunId, id: &StepId) -> Box<dyn Overlay> {
    let say_so = |done: bool, text: &str| {
        let step = id.clone();
        reasoned(text, "and how you know", move || {
            let step = step.clone();
            Reason {
                title: format!("What became of {step}?"),
                verb: "say so",
                fact: "Write how you know: the log keeps it.".to_owned(),
                ask: Box::new(move |note| Command::Run(RunCommand::Assert { run, step: step.clone(), done, note })),
            }
        })
    };
    let items = vec![
        say_so(true, "it was done"),
        say_so(false, "it was not done"),
        reasoned("abort the run", "nothing more of it is done", abort_reason(run)),
    ];
    Box::new(Choice::new("Nobody knows what became of it. Look, then:", items))
}
