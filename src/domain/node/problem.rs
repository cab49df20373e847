//! What is wrong with a file: place, sentence, what to do. All problems of a file are collected in one pass.

use super::Span;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Warning,
    Error,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub level: Level,
    /// A playbook's lint code, e.g. `E014`.
    pub code: Option<&'static str>,
    pub span: Span,
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
}

/// The problems of one file.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    pub list: Vec<Problem>,
    /// Where the paths begin that the file names.
    pub roots: Roots,
}

/// What `~` means, and the folder that relative paths begin in: the file's own, never the current one.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    pub home: Option<PathBuf>,
    pub folder: PathBuf,
}

impl Roots {
    pub fn full(&self, path: &str) -> PathBuf {
        let home = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
        match (home, &self.home) {
            (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
            _ => self.folder.join(Path::new(path)),
        }
    }
}

impl Problems {
    pub fn error(&mut self, span: Span, message: impl Into<String>) {
        self.push(Level::Error, span, message.into(), None);
    }

    pub fn warning(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.push(Level::Warning, span, message.into(), Some(help.into()));
    }

    pub fn error_with_help(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.push(Level::Error, span, message.into(), Some(help.into()));
    }

    /// An unknown name, with the nearest of those that exist.
    pub fn unknown(&mut self, span: Span, what: &str, found: &str, known: &[&str]) {
        let help = match nearest(found, known) {
            Some(name) => format!("did you mean `{name}`?"),
            None if known.is_empty() => format!("there is no {what}"),
            None => format!("one of: {}", known.join(", ")),
        };
        self.error_with_help(span, format!("unknown {what} `{found}`"), help);
    }

    /// A finding of a playbook's lint: an error where the code begins with `E`, else a warning.
    pub fn lint(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: impl Into<Option<String>>) {
        let level = if code.starts_with('E') { Level::Error } else { Level::Warning };
        self.list.push(Problem { level, code: Some(code), span, message: message.into(), help: help.into() });
    }

    pub fn failed(&self) -> bool {
        self.list.iter().any(|problem| problem.level == Level::Error)
    }

    fn push(&mut self, level: Level, span: Span, message: String, help: Option<String>) {
        self.list.push(Problem { level, code: None, span, message, help });
    }
}

impl Problem {
    /// `file:line:col: error: message`, the line with a caret under the place, and a `help:` line.
    pub fn show(&self, file: &str, source: &str) -> String {
        let Span { line, col, start, end } = self.span;
        let level = if self.level == Level::Error { "error" } else { "warning" };
        let code = self.code.map(|code| format!("[{code}]")).unwrap_or_default();
        let mut out = format!("{file}:{line}:{col}: {level}{code}: {}\n", self.message);
        if let Some(text) = source.lines().nth(line.saturating_sub(1)) {
            let width = source.get(start..end).map_or(1, |s| s.lines().next().unwrap_or("").chars().count()).max(1);
            let left = text.chars().count().saturating_sub(col - 1).max(1);
            let pad: String = text.chars().take(col - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            let gutter = line.to_string();
            let blank = " ".repeat(gutter.len());
            out += &format!("{gutter} | {}\n{blank} | {pad}{}\n", crate::domain::text::inert(text), "^".repeat(width.min(left)));
        }
        if let Some(help) = &self.help {
            out += &format!("help: {help}\n");
        }
        out
    }
}

/// The known name that is fewest edits away, if it is near enough to be a slip of the finger.
pub fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = known.iter().map(|name| (distance(found, name), *name)).min()?;
    (near.0 <= 1 + found.chars().count() / 4).then_some(near.1)
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_named_and_a_stranger_is_not() {
        assert_eq!(nearest("sorces", &["sources", "feeds"]), Some("sources"));
        assert_eq!(nearest("banana", &["sources", "feeds"]), None);
    }

    #[test]
    fn paths_begin_at_home_or_at_the_file() {
        let roots = Roots { home: Some("/home/ana".into()), folder: "/etc/midwatch".into() };
        let full = ["~", "~/books", "books", "/srv", "~ana/x"].map(|path| roots.full(path).display().to_string());
        assert_eq!(full, ["/home/ana/", "/home/ana/books", "/etc/midwatch/books", "/srv", "/etc/midwatch/~ana/x"]);
    }

    #[test]
    fn the_caret_stands_under_the_word() {
        let mut problems = Problems::default();
        problems.error(Span { line: 2, col: 3, start: 7, end: 11 }, "bad");
        assert_eq!(problems.list[0].show("f.yaml", "a: b\n  nope: 1\n"), "f.yaml:2:3: error: bad\n2 |   nope: 1\n  |   ^^^^\n");
    }
}
