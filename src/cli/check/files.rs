//! The files: which are of what sort, and what is wrong with each.

use super::live;
use crate::cli::session::{self, Loaded};
use crate::cli::{Failure, Globals, keys, library, out};
use crate::config::{self, Report};
use crate::domain::node::{Level, Problem, Problems};
use crate::domain::playbook::{Place, Playbook};
use crate::playbook::Catalogue;
use crate::playbook::scenario::{self, Around, Script, Shelf};
use crate::steps::KINDS;
use crate::tui::theme::Theme;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One file that was judged.
pub struct Checked {
    pub path: PathBuf,
    /// `configuration`, `library`, `playbook`, `scenario` or `theme`.
    pub sort: &'static str,
    pub problems: Vec<Problem>,
    /// The text, for excerpts.
    pub text: Arc<str>,
}

impl Checked {
    fn configuration(report: Report) -> Self {
        Self { path: report.file.path, sort: "configuration", problems: report.problems, text: report.file.text.into() }
    }

    /// A bundled playbook is the program's own business.
    fn playbook(playbook: &Playbook) -> Option<Self> {
        let Place::File(path) = &playbook.place else { return None };
        let mut problems = playbook.problems.clone();
        problems.extend(playbook.refused.iter().map(|why| Problem::whole(Level::Warning, why)));
        Some(Self { path: path.clone(), sort: "playbook", problems, text: playbook.text.clone() })
    }

    /// So is a bundled scenario.
    fn scenario(script: &Script) -> Option<Self> {
        let Place::File(path) = &script.place else { return None };
        Some(Self { path: path.clone(), sort: "scenario", problems: script.problems.clone(), text: script.text.clone() })
    }

    /// Something that can't be judged.
    fn lost(path: &Path, sort: &'static str, why: impl Into<String>) -> Self {
        Self { path: path.to_owned(), sort, problems: vec![Problem::whole(Level::Error, why)], text: "".into() }
    }

    pub fn errors(&self) -> usize {
        self.count(Level::Error)
    }

    pub fn warnings(&self) -> usize {
        self.count(Level::Warning)
    }

    fn count(&self, level: Level) -> usize {
        self.problems.iter().filter(|problem| problem.level == level).count()
    }

    pub fn shown(&self) -> String {
        let name = self.path.display().to_string();
        if self.problems.is_empty() && self.sort == "configuration" {
            return format!("{}: the configuration is good\n", out::inert(&name));
        }
        self.problems.iter().map(|problem| problem.show(&name, &self.text)).collect()
    }

    pub fn document(&self) -> Value {
        json!({"path": self.path, "sort": self.sort, "problems": self.problems.iter().map(problem).collect::<Vec<_>>()})
    }
}

/// The files, and the configuration if there is a good one.
pub type Found = (Vec<Checked>, Option<Loaded>);

/// The configuration and everything that it names; `live`, judged by the rules of its sources too.
///
/// # Errors
/// There is none, or it can't be read.
pub fn configured(globals: &Globals, live: bool) -> anyhow::Result<Found> {
    let path = config::locate(globals.config.clone()).map_err(Failure::usage)?;
    let (mut files, config) = configuration(&path)?;
    if let Some(config) = &config {
        let rules = if live { live::rules(globals, config)? } else { None };
        let catalogue = library::judged(library::all(config), Some(config), rules.as_deref());
        let (books, strangers) = library(&path, config, &catalogue);
        files.iter_mut().take(1).for_each(|file| file.problems.extend(strangers.clone()));
        files.extend(books);
        files.extend(shelved(&library::scenarios(Some(&path), config, &catalogue)));
    }
    files.extend(config.iter().filter_map(|config| theme_file(&config.console)));
    Ok((files, config))
}

/// These files and folders and no others.
///
/// # Errors
/// A configuration among them can't be read.
pub fn named(paths: &[PathBuf]) -> anyhow::Result<Found> {
    let mut found = (Vec::new(), None);
    for path in paths {
        // Of what is not there nobody knows what it was to be.
        if !path.exists() {
            return Err(Failure::usage(format!("{} is no file and no folder", path.display())).into());
        }
        let (files, config) = match () {
            () if path.is_dir() => (folder(path), None),
            () if is(path, &["md", "markdown"]) => (book(path), None),
            () if is_in("themes", path) => (vec![theme(path)], None),
            () if is_in(scenario::FOLDER, path) => (shelved(&alone(path)), None),
            () => configuration(path)?,
        };
        found.0.extend(files);
        found.1 = config.or(found.1);
    }
    Ok(found)
}

/// A file of the folder in which themes lie, or scenarios, by custom.
fn is_in(custom: &str, path: &Path) -> bool {
    path.parent().and_then(Path::file_name).is_some_and(|folder| folder == custom)
}

/// One scenario by itself: whether the services and the playbook that it names are there, a configuration would have to say.
fn alone(path: &Path) -> Shelf {
    Shelf { all: vec![scenario::file(path, Around::default())], troubles: Vec::new() }
}

fn shelved(shelf: &Shelf) -> Vec<Checked> {
    let lost = shelf.troubles.iter().map(|why| Checked::lost(Path::new(scenario::FOLDER), "scenario", why.as_str()));
    lost.chain(shelf.all.iter().filter_map(Checked::scenario)).collect()
}

fn is(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|found| extensions.iter().any(|extension| found.eq_ignore_ascii_case(extension)))
}

fn configuration(path: &Path) -> Result<Found, Failure> {
    match config::load(path, &session::kinds()) {
        Ok((config, mut report)) => {
            report.problems.extend(keys::bound(&config.console).1);
            Ok((vec![Checked::configuration(report)], Some(config)))
        }
        Err(config::Failure::Wrong(report)) => Ok((vec![Checked::configuration(report)], None)),
        Err(config::Failure::Unreadable(why)) => Err(Failure::usage(why)),
    }
}

/// The playbooks of the configuration, and what they lack as a whole; and the names of some that it doesn't have.
fn library(path: &Path, config: &Loaded, catalogue: &Catalogue) -> (Vec<Checked>, Vec<Problem>) {
    let whole = Checked { path: path.to_owned(), sort: "library", problems: catalogue.gaps.clone(), text: "".into() };
    let mut files = listed(catalogue);
    files.extend((!whole.problems.is_empty()).then_some(whole));
    let known: Vec<&str> = catalogue.all().iter().map(|book| book.id.as_str()).collect();
    let mut strangers = Problems::default();
    for (id, span) in config.books.iter().filter(|(id, _)| !known.contains(&id.as_str())) {
        strangers.unknown(*span, "playbook", id.as_str(), &known);
    }
    (files, strangers.list)
}

/// Playbooks, and the scenarios of a folder that is called so: this one, or one in it.
fn folder(path: &Path) -> Vec<Checked> {
    let catalogue = library::judged(Catalogue::load(&[path.to_owned()], KINDS), None, None);
    let own =
        if path.file_name().is_some_and(|name| name == scenario::FOLDER) { path.to_owned() } else { path.join(scenario::FOLDER) };
    let around = Around { playbooks: Some(catalogue.all()), ..Around::default() };
    let mut files = listed(&catalogue);
    files.extend(shelved(&Shelf::own(&[own], around)));
    files
}

/// One file, judged with those that it leads to.
fn book(path: &Path) -> Vec<Checked> {
    let catalogue = library::judged(Catalogue::of_file(path, KINDS), None, None);
    catalogue.all().first().and_then(|book| Checked::playbook(book)).into_iter().collect()
}

fn listed(catalogue: &Catalogue) -> Vec<Checked> {
    let lost = catalogue.troubles.iter().map(|why| Checked::lost(Path::new("playbooks"), "playbook", why.as_str()));
    lost.chain(catalogue.all().iter().filter_map(|playbook| Checked::playbook(playbook))).collect()
}

/// The theme that the configuration names, if it is a file.
fn theme_file(console: &config::Console) -> Option<Checked> {
    let name = console.theme.as_deref()?;
    Theme::embedded(name).is_none().then(|| theme(Path::new(name)))
}

fn theme(path: &Path) -> Checked {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return Checked::lost(path, "theme", error.to_string()),
    };
    let mut problems = Problems::default();
    Theme::parse(&text, &mut problems);
    Checked { path: path.to_owned(), sort: "theme", problems: problems.list, text: text.into() }
}

fn problem(problem: &Problem) -> Value {
    let level = if problem.level == Level::Error { "error" } else { "warning" };
    json!({
        "level": level,
        "code": problem.code,
        "line": problem.span.line,
        "column": problem.span.col,
        "message": problem.message,
        "help": problem.help,
    })
}
