//! The files: which are of what sort, and what is wrong with each.

use crate::cli::session::{self, Loaded};
use crate::cli::{Failure, Globals, out};
use crate::config::{self, Report};
use crate::domain::node::{Level, Problem};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// One file that was judged.
pub struct Checked {
    path: PathBuf,
    /// `configuration`, `playbook` or `theme`.
    sort: &'static str,
    problems: Vec<Problem>,
    /// The text, for excerpts.
    text: String,
}

impl Checked {
    fn of(sort: &'static str, report: Report) -> Self {
        Self { path: report.file.path, sort, problems: report.problems, text: report.file.text }
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
        if self.problems.is_empty() {
            return format!("{}: {} is good\n", out::inert(&name), self.sort);
        }
        self.problems.iter().map(|problem| problem.show(&name, &self.text)).collect()
    }

    pub fn document(&self) -> Value {
        json!({"path": self.path, "sort": self.sort, "problems": self.problems.iter().map(problem).collect::<Vec<_>>()})
    }
}

/// The files, and the configuration if there is a good one.
pub type Found = (Vec<Checked>, Option<Loaded>);

/// The configuration and everything that it names.
///
/// # Errors
/// There is none, or it can't be read.
pub fn configured(globals: &Globals) -> anyhow::Result<Found> {
    let path = config::locate(globals.config.clone()).map_err(Failure::usage)?;
    Ok(configuration(&path)?)
}

/// These files and no others.
///
/// # Errors
/// One of them can't be read.
pub fn named(paths: &[PathBuf]) -> anyhow::Result<Found> {
    let mut found = (Vec::new(), None);
    for path in paths {
        let (files, config) = configuration(path)?;
        found.0.extend(files);
        found.1 = config.or(found.1);
    }
    Ok(found)
}

fn configuration(path: &Path) -> Result<Found, Failure> {
    match config::load(path, &session::kinds()) {
        Ok((config, report)) => Ok((vec![Checked::of("configuration", report)], Some(config))),
        Err(config::Failure::Wrong(report)) => Ok((vec![Checked::of("configuration", report)], None)),
        Err(config::Failure::Unreadable(why)) => Err(Failure::usage(why)),
    }
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
