//! Markdown becomes playbooks, and YAML the scenarios of their drills: reading, lint, the catalogue of folders and of what is bundled. Knows kinds of steps only
//! as the `KindSpec`s that it is handed, and runs not at all. Whatever the text, reading ends with a `Playbook` and its
//! problems; one document's problems never touch another.

mod adopt;
mod bundled;
mod catalogue;
mod document;
mod expect;
mod fields;
#[expect(clippy::disallowed_methods, reason = "reads the playbook folders")]
mod folder;
mod front;
mod lint;
mod outline;
mod params;
mod plain;
mod plan;
pub mod scenario;
mod shell;
mod show;
mod slug;
mod steps;
mod survey;
mod upstream;

pub use adopt::{Adopted, adopt};
pub use bundled::BUNDLED;
pub use catalogue::Catalogue;
pub use fields::COMMON as FIELDS;
pub use folder::{replace, text_of};
pub use front::KEYS as FRONT_KEYS;
pub use lint::{RULES, Rule};
pub use params::KEYS as PARAM_KEYS;
pub use plan::{Plan, PlanParam, plan};
pub use survey::Around;
pub use upstream::behind;

use crate::domain::ids::PlaybookId;
use crate::domain::node::{Level, Problem, Problems, Span};
use crate::domain::playbook::{KindSpec, Meta, Place, Playbook, Step};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A longer document is not read.
pub const LONGEST: usize = 1 << 20;

/// More problems are not kept.
const MOST_PROBLEMS: usize = 200;

/// Reads one document.
pub fn read(text: &str, place: Place, kinds: &[&'static KindSpec]) -> Playbook {
    let mut problems = Problems::default();
    let front = front::read(text, &mut problems);
    if text.starts_with('\u{feff}') && front.executable {
        problems.lint(
            "E001",
            Span { line: 1, col: 1, start: 0, end: 3 },
            "the file begins with a byte order mark",
            "save it as plain UTF-8".to_owned(),
        );
    }
    let lines = document::Lines::new(text);
    let parts = document::read(text, front.body);
    let title = outline::title(&parts).map(|heading| heading.text.clone());
    let steps = match front.executable {
        true => {
            let headings = outline::anchors(&parts);
            let setting = steps::Setting { params: &front.params, mode: front.meta.mode, kinds, headings: &headings };
            steps::read(outline::drafts(&parts, &lines, text.len(), &mut problems), &setting, &mut problems)
        }
        false => plain::read(&parts, &lines, text.len(), &mut problems),
    };
    let stem = stem(&place);
    let mut playbook = Playbook {
        id: PlaybookId::new(front.id.unwrap_or_else(|| stem.clone())),
        title: front.title.as_ref().map(|(title, _)| title.clone()).or(title).unwrap_or(stem),
        digest: digest(text.as_bytes()),
        place,
        executable: front.executable,
        meta: front.meta,
        params: front.params,
        undo: steps.iter().filter_map(Step::undoing).collect(),
        steps,
        text: text.into(),
        problems: Vec::new(),
        refused: None,
    };
    if playbook.executable {
        let document = lint::Document { playbook: &playbook, parts: &parts, title: front.title.as_ref(), lines: &lines };
        lint::check(&document, &mut problems);
    }
    playbook.problems = in_order(problems.list);
    playbook
}

/// A document that could not be read at all: listed with the reason.
pub fn unreadable(place: Place, why: impl Into<String>) -> Playbook {
    let stem = stem(&place);
    let problem = Problem {
        level: Level::Error,
        code: Some("E009"),
        span: Span { line: 1, col: 1, ..Span::default() },
        message: why.into(),
        help: None,
    };
    Playbook {
        id: PlaybookId::new(stem.clone()),
        title: stem,
        digest: String::new(),
        place,
        executable: false,
        meta: Meta::default(),
        params: Vec::new(),
        steps: Vec::new(),
        undo: Vec::new(),
        text: Arc::from(""),
        problems: vec![problem],
        refused: None,
    }
}

/// In the order of the document; of a flood the first ones, errors before warnings, so that an error never gets lost.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    if problems.len() > MOST_PROBLEMS {
        problems.sort_by_key(|problem| (problem.level != Level::Error, problem.span.line));
        problems.truncate(MOST_PROBLEMS);
    }
    problems.sort_by_key(|problem| (problem.span.line, problem.span.col, problem.code));
    problems
}

/// The id of a document that doesn't state one.
fn stem(place: &Place) -> String {
    let name = place.file_name();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let slug = slug::slug(stem);
    if slug.is_empty() { "playbook".to_owned() } else { slug }
}

/// SHA-256, lower-case hex.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
