//! What can be done with the incident.

use super::choice::{Choice, Item, item};
use super::dialog::{Dialog, Form, field};
use super::naming::People;
use super::{Overlay, attach};
use crate::domain::capture;
use crate::domain::ids::IncidentId;
use crate::domain::incident::{Incident, Role as Part, Sev, Status};
use crate::domain::text::inert;
use crate::model::Command;
use crate::tui::action::Action;
use crate::tui::input::Input;
use crate::tui::keymap::Context;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Record, Reply, View};

/// Everything that can be done with the incident that is shown, and declaring another.
pub fn menu(incident: &Incident, view: &View) -> Box<dyn Overlay> {
    let actions = [
        (Action::Mitigate, incident.status.may_become(Status::Mitigated)),
        (Action::Resolve, incident.status.may_become(Status::Resolved)),
        (Action::CloseIncident, incident.status.may_become(Status::Closed)),
        (Action::Reopen, incident.status.may_become(Status::Open)),
        (Action::Severity, true),
        (Action::Title, true),
        (Action::Lead, true),
        (Action::Roles, true),
        (Action::HandOver, !incident.status.is_over()),
        (Action::Accept, offered(incident, view)),
        (Action::Private, true),
        (Action::Merge, !incident.status.is_over() && view.world.incidents.open().count() > 1),
        (Action::Note, true),
        (Action::Attach, true),
        (Action::Update, true),
        (Action::Link, true),
        (Action::Export, true),
        (Action::Declare, true),
        (Action::SwitchIncident, true),
    ];
    let possible = actions.into_iter().filter(|(_, possible)| *possible).map(|(action, _)| entry(action, incident.id, view));
    let title = format!("{} {} {}", incident.label(), incident.severity, inert(&incident.title));
    Box::new(Choice::new(title, possible.collect()))
}

/// What is said where something is asked of an incident and there is none.
pub fn none_open(view: &View) -> Reply {
    Reply::Say(match view.world.is_declaring() {
        true => "The incident is being recorded: once it is, press that again.".to_owned(),
        false => "No incident is open: D declares one from an alert, i one from nothing.".to_owned(),
    })
}

/// Somebody asks whoever sits here to lead it.
pub fn offered(incident: &Incident, view: &View) -> bool {
    !incident.status.is_over() && incident.offer.as_ref().is_some_and(|offer| offer.to == view.world.me.name)
}

fn entry(action: Action, incident: IncidentId, view: &View) -> Item {
    Item {
        text: action.name().to_owned(),
        about: action.about().to_owned(),
        // In the log its key is about the entry; here it is about the incident, whatever the cursor there stands on.
        keys: if action == Action::Attach { String::new() } else { view.keymap.keys_of(action) },
        choose: Box::new(move || match action {
            Action::Attach => vec![Reply::Open(attach::open(Some(incident)))],
            action => vec![Reply::Do(action)],
        }),
    }
}

/// Which incident's record is shown.
pub fn switch(view: &View) -> Box<dyn Overlay> {
    let one = |incident: &Incident| {
        let (id, text) = (incident.id, format!("{} {} {}", incident.label(), incident.severity, inert(&incident.title)));
        item(
            text,
            format!(
                "{}{}{} {}",
                shown(incident, view),
                late(incident, view),
                stands(incident),
                time::until(incident.opened_at, view.now.wall, view.zone)
            ),
            move || vec![Reply::Show(Record::Of(id))],
        )
    };
    let all = item("everything", "outside any incident too", || vec![Reply::Show(Record::Everything)]);
    let mut known: Vec<&Incident> = view.world.incidents.with_drills().collect();
    // Whose people wait for an update stands first, the one that has waited longest before all.
    known.sort_by_key(|incident| {
        incident.next_update().filter(|at| *at <= view.now.wall).map_or((true, None), |at| (false, Some(at)))
    });
    Box::new(Choice::new("Show which incident?", known.into_iter().map(one).chain([all]).collect()).of_titles())
}

/// What the time is that follows.
fn stands(incident: &Incident) -> String {
    match incident.status {
        Status::Open => "open since".to_owned(),
        status => format!("{}, opened", status.word()),
    }
}

fn shown(incident: &Incident, view: &View) -> &'static str {
    if view.incident.is_some_and(|shown| shown.id == incident.id) { "shown now, " } else { "" }
}

fn late(incident: &Incident, view: &View) -> &'static str {
    if incident.next_update().is_some_and(|at| at <= view.now.wall) { "update late, " } else { "" }
}

pub fn severity(incident: &Incident) -> Box<dyn Overlay> {
    let (id, from) = (incident.id, incident.severity);
    let one = |severity: Sev| {
        let about = if severity == from { "as it is now" } else { "" };
        let undo = Command::SetSeverity { incident: id, severity: from };
        item(severity.to_string(), about, move || {
            vec![Reply::Ask(Command::SetSeverity { incident: id, severity }), Reply::Undo(undo.clone())]
        })
    };
    Box::new(Choice::new(format!("Severity of {}", incident.label()), Sev::ALL.map(one).into()))
}

/// One text of the incident that is changed.
enum Change {
    Title,
    Lead,
    Status(Stages),
}

/// What it becomes: what it passes on the way, and then this.
struct Stages {
    by_way: Vec<Status>,
    to: Status,
}

impl Stages {
    /// What was reopened stays open for now.
    fn next(&self) -> Option<Status> {
        self.to.next().filter(|_| self.to != Status::Open)
    }

    fn further(&mut self) {
        if let Some(next) = self.next() {
            self.by_way.push(std::mem::replace(&mut self.to, next));
        }
    }

    /// Never before the one that was asked for.
    fn nearer(&mut self) {
        self.to = self.by_way.pop().unwrap_or(self.to);
    }

    /// Where there is but this one, its keys go through the fields as everywhere.
    fn are_several(&self) -> bool {
        self.next().is_some() || !self.by_way.is_empty()
    }

    /// Which key goes where from here.
    fn ways(&self, view: &View) -> Option<String> {
        let key = |action| view.keymap.key_of(action);
        let on = self.next().map(|next| format!("{}: and {} as well", key(Action::Further), next.word()));
        let back = (!self.by_way.is_empty()).then(|| format!("{}: without {}", key(Action::Nearer), self.to.word()));
        let ways: Vec<String> = on.into_iter().chain(back).collect();
        (!ways.is_empty()).then(|| ways.join(" · "))
    }

    /// `mitigated, resolved, closed`.
    fn words(&self) -> String {
        let words: Vec<&str> = self.by_way.iter().chain([&self.to]).map(|stage| stage.word()).collect();
        words.join(", ")
    }
}

struct Edit {
    incident: IncidentId,
    label: String,
    was: String,
    change: Change,
    people: People,
}

pub fn title(incident: &Incident) -> Box<dyn Overlay> {
    edit(incident, Change::Title, incident.title.clone(), "title")
}

pub fn lead(incident: &Incident) -> Box<dyn Overlay> {
    edit(incident, Change::Lead, incident.lead.clone().unwrap_or_default(), "lead")
}

fn edit(incident: &Incident, change: Change, was: String, label: &'static str) -> Box<dyn Overlay> {
    let fields = vec![field(label, was.clone())];
    Box::new(Dialog::new(Edit { incident: incident.id, label: incident.label(), was, change, people: People::default() }, fields))
}

pub fn status(incident: &Incident, status: Status) -> Box<dyn Overlay> {
    let (change, people) = (Change::Status(Stages { by_way: Vec::new(), to: status }), People::default());
    let form = Edit { incident: incident.id, label: incident.label(), was: String::new(), change, people };
    Box::new(Dialog::new(form, vec![field("what happened", ""), field("at", "")]))
}

impl Form for Edit {
    fn title(&self, _view: &View) -> String {
        match &self.change {
            Change::Title => format!("Title of {}", self.label),
            Change::Lead => format!("Lead of {}", self.label),
            Change::Status(Stages { to: Status::Open, .. }) => format!("{} is open again", self.label),
            Change::Status(stages) => format!("{} is {}", self.label, stages.words()),
        }
    }

    fn verb(&self) -> String {
        match &self.change {
            Change::Status(Stages { to: Status::Closed, by_way }) if by_way.is_empty() => "close it".to_owned(),
            Change::Status(Stages { to: Status::Open, .. }) => "reopen it".to_owned(),
            Change::Status(stages) if !stages.by_way.is_empty() => format!("record all {}", stages.by_way.len() + 1),
            Change::Status(stages) => format!("set {}", stages.to.word()),
            _ => "record".to_owned(),
        }
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let stages = match &self.change {
            Change::Title => return vec![("Short and about the impact: what people can't do.".to_owned(), Role::Dim)],
            Change::Lead => return vec![("Who decides; one person at a time.".to_owned(), Role::Dim)],
            Change::Status(stages) => stages,
        };
        let open = view.world.runs.open().filter(|(_, run)| stages.to.is_over() && run.incident == Some(self.incident));
        let open = open.map(|(_, run)| (format!("The playbook “{}” is not through yet.", inert(&run.title)), Role::Warning));
        let means = match stages.to {
            Status::Mitigated => "The impact has ended; the cause may remain. ",
            Status::Resolved => "The cause is gone. ",
            Status::Closed => "Its record ends here. It can be reopened. ",
            _ => "",
        };
        let of_all = if stages.by_way.is_empty() { "" } else { "Each is recorded, one after the other. " };
        let ways = stages.ways(view).map(|ways| (ways, Role::Text));
        let at = match texts[1].trim() {
            "" => "`at` is empty for now, else 14:02 or -7m.".to_owned(),
            // Which day it is of is not typed.
            word => capture::when(word, view.now.wall, view.zone)
                .map_or_else(|why| why, |at| format!("set at {}", time::full(at, view.zone))),
        };
        let bad = view.world.still_bad(self.incident).filter(|_| stages.to != Status::Open);
        let bad = bad.map(|bad| (format!("Not well yet: {bad}."), Role::Warning));
        // First: of a small screen's few lines it is the one that nobody would guess.
        ways.into_iter().chain(bad).chain(open).chain([(format!("{means}{of_all}{at}"), Role::Dim)]).collect()
    }

    fn contexts(&self) -> &'static [Context] {
        match &self.change {
            Change::Lead => &[Context::Naming, Context::Typing],
            Change::Status(stages) if stages.are_several() => &[Context::Staging, Context::Typing],
            _ => &[Context::Typing],
        }
    }

    fn act(&mut self, action: Action, input: &mut Input, view: &View) -> bool {
        match (action, &mut self.change) {
            (Action::Further, Change::Status(stages)) => stages.further(),
            (Action::Nearer, Change::Status(stages)) => stages.nearer(),
            _ => return action == Action::Complete && self.people.complete(input, view, std::slice::from_ref(&self.was)),
        }
        false
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let (incident, text) = (self.incident, texts[0].trim().to_owned());
        let was = self.was.clone();
        let (ask, undo) = match &self.change {
            Change::Status(stages) => return self.set(stages, texts, view),
            _ if text.is_empty() => return Err("It can't be empty.".to_owned()),
            Change::Title => (Command::SetTitle { incident, title: text }, Command::SetTitle { incident, title: was }),
            Change::Lead => {
                let lead = |person| Command::SetRole { incident, role: Part::Lead, person };
                (lead(text), lead(was))
            }
        };
        let undo = (!self.was.is_empty()).then_some(Reply::Undo(undo));
        Ok([Reply::Ask(ask)].into_iter().chain(undo).collect())
    }
}

impl Edit {
    fn set(&self, stages: &Stages, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let reason = Some(texts[0].trim().to_owned()).filter(|text| !text.is_empty());
        let at = match texts[1].trim() {
            "" => None,
            word => Some(capture::when(word, view.now.wall, view.zone)?),
        };
        let set = |by_way, status, reason, at| Command::SetStatus { incident: self.incident, by_way, status, reason, at };
        let reopen = set(Vec::new(), Status::Open, Some("undone".to_owned()), None);
        let undo = (stages.to != Status::Open).then_some(Reply::Undo(reopen));
        let ask = set(stages.by_way.clone(), stages.to, reason, at);
        Ok([Reply::Ask(ask)].into_iter().chain(undo).collect())
    }
}
