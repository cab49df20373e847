//! What a person answers at a step that asks for one: a decision, a wait, an approval, a record, items to tick.

use super::dialog::{Dialog, Form, field};
use super::menu::{Choosable, Menu, choosable, looking};
use super::reason::{self, Reason};
use super::resume;
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{Approval, Choice, Picked, Step, Target, expand};
use crate::domain::run::Run;
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::runs::{Person, RunCommand, flow};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};

fn ask(command: RunCommand) -> Vec<Reply> {
    vec![Reply::Ask(Command::Run(command))]
}

/// A dialog for one sentence, and what is asked for with it.
pub fn reasoned(
    (title, verb, fact): (String, &'static str, String),
    make: impl Fn(String) -> RunCommand + Clone + 'static,
) -> impl Fn() -> Vec<Reply> {
    move || {
        let make = make.clone();
        let ask = Box::new(move |reason| Command::Run(make(reason)));
        vec![Reply::Open(reason::open(Reason { title: title.clone(), verb, fact: fact.clone(), ask }))]
    }
}

/// The options of a decision, each with where it leads.
pub fn decision(id: RunId, run: &Run, step: &Step, choice: &Choice) -> Vec<Reply> {
    let question = expand(&choice.question, &|name| flow::value(run, name)).unwrap_or_else(|_| choice.question.clone());
    let options = choice.options.iter().map(|option| picked(id, run, step, option)).collect();
    let facts = move |_: &View| vec![(inert(&question).replace('`', ""), Role::Strong)];
    vec![Reply::Open(Box::new(Menu::new(inert(&step.title), facts, options)))]
}

fn picked(id: RunId, run: &Run, step: &Step, option: &Picked) -> Choosable {
    let to = match &option.to {
        Target::Step(step) => {
            let title = run.record(step).map_or(step.as_str(), |record| record.plan.title.as_str());
            format!("goes on at “{}”", inert(title))
        }
        Target::Section(section) => format!("goes on with {}", section.heading()),
    };
    let (step, label) = (step.id.clone(), option.label.clone());
    choosable(inert(&option.label), to, move || ask(RunCommand::Choose { run: id, step: step.clone(), label: label.clone() }))
}

/// A wait: how long it still takes, and a reason to end it now.
struct Wait {
    run: RunId,
    step: StepId,
    title: String,
}

pub fn wait(run: RunId, step: &Step) -> Vec<Reply> {
    let form = Wait { run, step: step.id.clone(), title: inert(&step.title).into_owned() };
    vec![Reply::Open(Box::new(Dialog::new(form, vec![field("reason", "")])))]
}

/// Until a wait is over, or the time for an approval.
pub fn left(run: &Run, step: &Step, view: &View) -> Option<String> {
    let due = flow::due(run, step)?;
    Some(time::age(time::since(view.now.wall, due)))
}

impl Form for Wait {
    fn title(&self, _view: &View) -> String {
        format!("End the wait? {}", self.title)
    }

    fn verb(&self) -> String {
        "end it now".to_owned()
    }

    fn facts(&self, _texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let run = view.world.runs.get(self.run);
        let step = view.world.runs.playbook_of(self.run).and_then(|book| book.step(&self.step));
        let left = run.zip(step).and_then(|(run, step)| left(run, step, view));
        let left = left.map_or_else(|| "It is over.".to_owned(), |left| format!("{left} are left; it ends by itself then."));
        vec![(left, Role::Text), ("Ending it now needs a reason: it stands in the log.".to_owned(), Role::Dim)]
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        match texts[0].trim() {
            "" => Err("A reason is needed: it stands in the log.".to_owned()),
            reason => Ok(ask(RunCommand::EndWait { run: self.run, step: self.step.clone(), reason: reason.to_owned() })),
        }
    }
}

/// Who asked, who may, who has: and what can be said to it.
pub fn approval(id: RunId, step: &Step, approval: &Approval, view: &View) -> Vec<Reply> {
    let (of, me) = (step.id.clone(), step.id.clone());
    let mut choices = vec![
        choosable("approve as yourself", "", move || ask(RunCommand::Approve { run: id, step: me.clone(), by: None })),
        choosable("somebody else here approves", "who doesn't operate this console: name and role are asked", move || {
            let form = Else { run: id, step: of.clone() };
            vec![Reply::Open(Box::new(Dialog::new(form, vec![field("name", ""), field("role", "")])))]
        }),
        choosable("refuse", "with a reason", {
            let (step, words) = (step.id.clone(), words(step, "Refuse", "refuse it", "The run waits for another way."));
            reasoned(words, move |reason| RunCommand::Refuse { run: id, step: step.clone(), by: None, reason })
        }),
    ];
    let live = view.world.runs.live(id);
    if live.is_some_and(|live| live.driving) {
        let fact = "Recorded as an exception, and marked in every export: nobody else was there to ask.";
        let (step, words) = (step.id.clone(), words(step, "Alone with", "go on alone", fact));
        let alone = reasoned(words, move |reason| RunCommand::Alone { run: id, step: step.clone(), reason });
        choices.push(choosable("go on alone", "nobody else is there; with a reason", alone));
    } else if !view.world.runs.is_elsewhere(id) {
        let about = "nobody holds it; whoever does need not wait for an approval";
        choices.push(looking("take the run up", about, move |view| {
            let run = view.world.runs.get(id);
            run.map(|run| Reply::Open(resume::open(id, run, view))).into_iter().collect()
        }));
    }
    let (step, wanted) = (step.clone(), approval.clone());
    let facts = move |view: &View| view.world.runs.get(id).map(|run| asked(run, &step, &wanted, view)).unwrap_or_default();
    vec![Reply::Open(Box::new(Menu::new("Approval", facts, choices)))]
}

fn words(step: &Step, what: &str, verb: &'static str, fact: &str) -> (String, &'static str, String) {
    (format!("{what} {}", inert(&step.title)), verb, fact.to_owned())
}

fn asked(run: &Run, step: &Step, approval: &Approval, view: &View) -> Vec<(String, Role)> {
    let mut facts = vec![(inert(&step.title).into_owned(), Role::Strong)];
    let (count, roles) = (approval.count, inert(&approval.roles.join(" or ")).into_owned());
    facts.push((format!("{} asks; wanted: {count} of {roles}, and not who asks.", inert(&run.visit.requester)), Role::Text));
    for given in &run.visit.approvals {
        let role = given.role.as_deref().unwrap_or("no role");
        facts.push((format!("✓ {} ({}) at {}", inert(&given.name), inert(role), time::clock(given.at, view.zone)), Role::Ok));
    }
    facts.extend(left(run, step, view).map(|left| (format!("It expires in {left}."), Role::Dim)));
    let me = &view.world.me;
    facts.push((format!("You are {}, {}.", inert(&me.name), inert(me.role.as_deref().unwrap_or("without a role"))), Role::Dim));
    facts
}

/// Somebody at this console who is not its operator.
struct Else {
    run: RunId,
    step: StepId,
}

impl Form for Else {
    fn title(&self, _view: &View) -> String {
        "Who approves?".to_owned()
    }

    fn verb(&self) -> String {
        "approve".to_owned()
    }

    fn facts(&self, _texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let account = view.world.me.os_user.as_deref().unwrap_or("this account");
        let text = "On one machine and one account this is an agreement between people, and no proof: the log keeps";
        vec![(format!("{text} that it was said at {}'s terminal.", inert(account)), Role::Dim)]
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        let (name, role) = (texts[0].trim().to_owned(), texts[1].trim().to_owned());
        if name.is_empty() || role.is_empty() {
            return Err("A name and a role are needed.".to_owned());
        }
        let by = Some(Person { name, role: Some(role) });
        Ok(ask(RunCommand::Approve { run: self.run, step: self.step.clone(), by }))
    }
}

/// What the step wants written down.
struct Record {
    run: RunId,
    step: StepId,
    prompt: String,
}

pub fn record(run: RunId, step: &Step) -> Vec<Reply> {
    let prompt = inert(step.asks().unwrap_or("")).into_owned();
    let form = Record { run, step: step.id.clone(), prompt };
    vec![Reply::Open(Box::new(Dialog::new(form, vec![field("text", "")])))]
}

impl Form for Record {
    fn title(&self, _view: &View) -> String {
        "Write down".to_owned()
    }

    fn verb(&self) -> String {
        "record".to_owned()
    }

    fn facts(&self, _texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        let file = format!("A file is attached with `midwatch playbook answer {} {} --file FILE`.", self.run, self.step);
        vec![(self.prompt.clone(), Role::Strong), (file, Role::Dim)]
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        match texts[0].trim() {
            "" => Err(format!("Wanted: {}", self.prompt)),
            note => {
                let (run, step, note) = (self.run, self.step.clone(), note.to_owned());
                Ok(ask(RunCommand::Attach { run, step, note, evidence: Vec::new() }))
            }
        }
    }
}

/// The items of a step; a letter ticks one, or takes the tick back.
pub fn items(id: RunId, run: &Run, step: &Step) -> Vec<Reply> {
    let ticked = |index: usize| run.record(&step.id).is_some_and(|record| record.ticked.contains(&(index as u32)));
    let choices = step.items.iter().enumerate().map(|(index, item)| {
        let (step, done) = (step.id.clone(), !ticked(index));
        let mark = if done { "○" } else { "✓" };
        let text = format!("{mark} {}", inert(&item.text));
        choosable(text, "", move || ask(RunCommand::Tick { run: id, step: step.clone(), item: index as u32, done }))
    });
    let facts = |_: &View| vec![("A letter ticks an item, or takes its tick back.".to_owned(), Role::Dim)];
    // Enter ticks one after the other, and never takes back what was ticked a moment ago.
    let next = (0..step.items.len()).find(|index| !ticked(*index)).unwrap_or(0);
    vec![Reply::Open(Box::new(Menu::new("Which item is done?", facts, choices.collect()).at(next)))]
}
