//! Drills: beginning one, and what can be done with the one that is held.

use super::Overlay;
use super::choice::{Choice, Item, item};
use super::dialog::{self, Dialog, Form};
use super::page::{Content, Line, Page, field, heading};
use super::reason::{self, Reason};
use crate::domain::drill::{Debrief, Drill};
use crate::domain::ids::{IncidentId, PlaybookId};
use crate::domain::node::nearest;
use crate::domain::readiness::word;
use crate::domain::run::Auto;
use crate::domain::scenario::Scenario;
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::drills::Drilling;
use crate::model::runs::Typed;
use crate::tui::markdown;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Record, Reply, View};

/// What can be done now.
pub fn open(view: &View) -> Box<dyn Overlay> {
    match view.world.drills.open() {
        Some(drill) => menu(drill),
        None => {
            let real = view.world.incidents.open().next().map(|_| dialog::field("mean it", ""));
            Box::new(Dialog::new(Begin, [dialog::field("playbook", turn(view))].into_iter().chain(real).collect()))
        }
    }
}

/// Whose turn it is this week.
fn turn(view: &View) -> String {
    let record = view.world.practice.as_ref().and_then(|record| record.as_ref().ok());
    let turn = record.and_then(|record| view.world.board(record).week.turn);
    turn.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn menu(drill: &Drill) -> Box<dyn Overlay> {
    let id = drill.incident;
    let show = item("show it", "its record in the log", move || vec![Reply::Show(Record::Of(id))]);
    let stands = match &drill.paused {
        Some(why) => item("resume", format!("it is paused: {}", inert(why)), move || {
            vec![Reply::Ask(Command::Drill(Drilling::Resume { drill: id }))]
        }),
        None => item("pause…", "its clock and its runs stand still", move || vec![Reply::Open(pause(id))]),
    };
    let off = item("call it off…", "its runs are ended, and clear away what they made", move || vec![Reply::Open(abort(id))]);
    let finish = item("finish…", "it is over: three questions, none of which has to be answered", move || {
        vec![Reply::Open(Box::new(Dialog::new(
            Finish(id),
            vec![dialog::field("went well", ""), dialog::field("went badly", ""), dialog::field("lucky", "")],
        )))]
    });
    let stands = drill.aborted.is_none().then_some(stands);
    let off = drill.aborted.is_none().then_some(off);
    let items: Vec<Item> = [Some(show), stands, Some(finish), off].into_iter().flatten().collect();
    Box::new(Choice::new(format!("Drill {}", inert(&drill.id)), items))
}

fn pause(drill: IncidentId) -> Box<dyn Overlay> {
    reason::open(Reason {
        title: "Pause the drill".to_owned(),
        verb: "pause",
        fact: "Nothing of it goes on until it is resumed.".to_owned(),
        ask: Box::new(move |reason| Command::Drill(Drilling::Pause { drill, reason })),
    })
}

fn abort(drill: IncidentId) -> Box<dyn Overlay> {
    reason::open(Reason {
        title: "Call the drill off".to_owned(),
        verb: "call it off",
        fact: "Its runs are ended and clear away what they made, those of a console that is gone too.".to_owned(),
        ask: Box::new(move |reason| Command::Drill(Drilling::Abort { drill, reason })),
    })
}

struct Begin;

impl Form for Begin {
    fn title(&self, _view: &View) -> String {
        "Begin a drill".to_owned()
    }

    fn verb(&self) -> String {
        "begin".to_owned()
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let book = view.world.runs.playbook(&PlaybookId::from(texts[0].trim()));
        let what = book.map(|book| {
            (format!("“{}” builds what is drilled on, breaks it, and clears it away.", inert(&book.title)), Role::Text)
        });
        let real = view.world.incidents.open().next();
        let real =
            real.map(|real| (format!("{} is open and real: type yes to drill all the same.", real.label()), Role::Critical));
        let kept = ("Nothing of it counts as real, and nobody outside is told.".to_owned(), Role::Dim);
        what.into_iter().chain(real).chain([kept]).collect()
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let name = texts[0].trim();
        let Some(book) = view.world.runs.playbook(&PlaybookId::from(name)) else {
            let names: Vec<&str> = view.world.runs.playbooks().iter().map(|book| book.id.as_str()).collect();
            let near = nearest(name, &names).map(|near| format!(": did you mean {near}?")).unwrap_or_default();
            return Err(format!("No playbook is named {}{near}", inert(name)));
        };
        let scenario = Box::new(Scenario::for_playbook(book));
        let anyway = texts.get(1).is_some_and(|text| text.trim() == "yes");
        Ok(vec![Reply::Ask(Command::Drill(Drilling::Start { scenario, params: Typed::default(), auto: Auto::No, anyway }))])
    }
}

struct Finish(IncidentId);

impl Form for Finish {
    fn title(&self, _view: &View) -> String {
        "The drill is over".to_owned()
    }

    fn verb(&self) -> String {
        "finish".to_owned()
    }

    fn facts(&self, _texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        let text = "What went well? What went badly, or was confusing? Where were we lucky? What has to be mended is a finding: `midwatch drill find`.";
        vec![(text.to_owned(), Role::Dim)]
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let said = Debrief { well: said(texts[0]), badly: said(texts[1]), lucky: said(texts[2]) };
        let finish = Reply::Ask(Command::Drill(Drilling::Finish { drill: self.0, said }));
        Ok(vec![finish, Reply::Open(Box::new(Page::new(Shown(self.0))))])
    }
}

/// What a drill that is over has shown, and how its story ends.
struct Shown(IncidentId);

impl Content for Shown {
    fn title(&self, view: &View) -> String {
        let drill = view.world.drills.get(self.0);
        drill.map_or_else(String::new, |drill| format!("Drill {}", inert(&drill.scenario.title)))
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let Some(drill) = view.world.drills.get(self.0) else { return Vec::new() };
        if !drill.is_over() {
            return field("over", "not yet", Role::Pending, columns);
        }
        let measured = view.world.measured(drill);
        let mut lines = field("verdict", word(measured.verdict), Role::Strong, columns);
        for (name, text) in measured.told(time::age) {
            let role = if text.starts_with('✗') { Role::Warning } else { Role::Text };
            lines.extend(field(name, &text, role, columns));
        }
        if let Some(ending) = &drill.scenario.ending {
            lines.extend(heading("How it came"));
            lines.extend(markdown::document(ending, columns));
        }
        lines
    }
}
