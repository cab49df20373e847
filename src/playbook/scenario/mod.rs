//! Scenarios of drills: plain files of YAML, the team's own and those that come with the program. Whatever the text, reading ends with
//! its problems, and with a scenario only where none of them is an error: one that is half understood would be half played.

mod bundled;
mod reading;
mod shelf;
mod told;
mod wanting;

pub use bundled::BUNDLED;
pub use shelf::{FOLDER, Shelf, file};

use super::in_order;
use crate::domain::catalogue::Service;
use crate::domain::health::FeedSpec;
use crate::domain::node::{Level, Node, Problem, Problems, Span};
use crate::domain::playbook::{Place, Playbook};
use crate::domain::scenario::Scenario;
use std::sync::Arc;

/// The codes of what can be wrong, and what each finds.
pub const RULES: &[(&str, &str)] = &[
    ("S001", "a scenario that is not YAML, or a key that stands twice"),
    ("S002", "an unknown key or word in a scenario"),
    ("S003", "something that is missing in a scenario, or of the wrong type"),
    ("S004", "a time that is negative, earlier than the one before it, or too late"),
    ("S005", "an alert that is over before it fires, fires twice, or never does"),
    ("S006", "a service, a feed, a playbook or a step that is not there"),
    ("S007", "a scenario that goes round in a circle: its playbook starts drills itself"),
    ("S008", "an `id` that is none, or that another scenario has"),
    ("S009", "a scenario that can't be read at all, or of a version that this program doesn't know"),
    ("S010", "a scenario in which nothing is expected of anybody, or that nothing calls off"),
];

/// What a scenario is held against; what is `None` isn't judged.
#[derive(Clone, Copy, Default)]
pub struct Around<'a> {
    pub services: Option<&'a [Service]>,
    pub feeds: Option<&'a [FeedSpec]>,
    pub playbooks: Option<&'a [Arc<Playbook>]>,
}

/// One file and what was understood of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// What it is called: by itself, or by its file.
    pub id: String,
    pub place: Place,
    /// `None` where anything is wrong with it.
    pub scenario: Option<Scenario>,
    pub problems: Vec<Problem>,
    pub text: Arc<str>,
}

impl Script {
    /// Everything that is wrong with it, as it is printed.
    pub fn shown(&self) -> String {
        let name = self.place.to_string();
        self.problems.iter().map(|problem| problem.show(&name, &self.text)).collect()
    }

    fn fail(&mut self, code: &'static str, message: String, help: &str) {
        let span = Span { line: 1, col: 1, ..Span::default() };
        self.problems.push(Problem { level: Level::Error, code: Some(code), span, message, help: Some(help.to_owned()) });
        self.scenario = None;
    }
}

/// Reads one file.
pub fn read(text: &str, place: Place, around: Around<'_>) -> Script {
    let mut problems = Problems::default();
    let node = problems.coded("S001", |problems| Node::parse(text, problems));
    let found = node.map(|node| reading::read(&node, around, &mut problems)).unwrap_or_default();
    let whole = !problems.failed();
    let id = found.id.unwrap_or_else(|| super::stem(&place));
    Script {
        scenario: found.scenario.filter(|_| whole).map(|scenario| Scenario { id: id.clone(), ..scenario }),
        id,
        place,
        problems: in_order(problems.list),
        text: text.into(),
    }
}

/// Writes one as a file, so that reading it gives the same.
pub fn write(scenario: &Scenario) -> String {
    told::text(scenario)
}
