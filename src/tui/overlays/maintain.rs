//! Planned work: what for and for how long; where it is on already, its end.

use super::confirm::{self, Question};
use super::dialog::{Dialog, Form, field, proposed};
use super::{ack, feed};
use crate::domain::maintenance::Subjects;
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::maintenance::On;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};
use std::time::Duration;

/// How long it lasts unless told otherwise.
const DEFAULT: &str = "1h";

struct Maintain(Subjects);

/// What is on is ended, after a question; else work begins.
pub fn open(subjects: Subjects, view: &View) -> Reply {
    let on: Vec<&On> = view.world.maintenance.touching(&subjects).collect();
    if on.is_empty() {
        return Reply::Open(Box::new(Dialog::new(Maintain(subjects), vec![field("what for", ""), proposed("for", DEFAULT)])));
    }
    let told = |on: &&On| format!("{} is {}.", inert(&on.subjects.names()), feed::told(&on.work, view));
    let news = "What fires there now is news again, and rings.".to_owned();
    Reply::Open(confirm::open(Question {
        title: format!("End the maintenance of {}?", inert(&subjects.names())),
        facts: on.iter().map(told).chain([news]).collect(),
        verb: "end it",
        typed: None,
        yes: Box::new(move |_| vec![Reply::Ask(Command::EndMaintenance { subjects: subjects.clone() })]),
    }))
}

fn lasting(text: &str) -> Result<Duration, String> {
    ack::hold(text)?.ok_or_else(|| "Say for how long: it ends by itself.".to_owned())
}

impl Form for Maintain {
    fn title(&self, _view: &View) -> String {
        format!("Maintenance of {}", inert(&self.0.names()))
    }

    fn verb(&self) -> String {
        "begin".to_owned()
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let until = lasting(texts[1]).ok().and_then(|hold| chrono::Duration::from_std(hold).ok());
        let until = until.and_then(|hold| view.now.wall.checked_add_signed(hold));
        let until = until.map(|until| time::until(until, view.now.wall, view.zone));
        let rings = if self.0.services.is_empty() { "" } else { ", and no alert of it rings" };
        let quiet = format!("Until {}: measured and shown as ever{rings}.", until.as_deref().unwrap_or("then"));
        vec![(quiet, Role::Text), ("What is bad when it ends is news.".to_owned(), Role::Dim)]
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        let (hold, reason) = (lasting(texts[1])?, texts[0].trim().to_owned());
        Ok(vec![Reply::Ask(Command::Maintain { subjects: self.0.clone(), hold, reason })])
    }
}
