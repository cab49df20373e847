//! What is wrong with a file: place, sentence, what to do. All problems of a file are collected in one pass.

use super::{Span, hush};
use crate::domain::secret::SecretRef;
use crate::domain::text::inert;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use unicode_width::UnicodeWidthStr;

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

impl Problem {
    /// One of a file, or a folder, as a whole.
    pub fn whole(level: Level, message: impl Into<String>) -> Self {
        Self { level, code: None, span: Span::default(), message: message.into(), help: None }
    }
}

/// The problems of one file.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    pub list: Vec<Problem>,
    /// Where the paths begin that the file names.
    pub roots: Roots,
    /// Where secrets stand in the file itself: no excerpt may show them.
    pub secrets: Vec<Span>,
    /// The secrets that the file names, wherever they stand.
    pub named: Vec<SecretRef>,
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

    /// The file's text for excerpts: stars in place of secrets, and of all that may be one.
    pub fn masked(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for secret in &self.secrets {
            let part = bytes.get_mut(secret.start..secret.end).unwrap_or_default();
            part.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b'*');
        }
        hush::hushed(&String::from_utf8_lossy(&bytes))
    }

    /// Gives the code to every problem that `read` finds and that has none.
    pub fn coded<T>(&mut self, code: &'static str, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.list.len();
        let found = read(self);
        for problem in self.list[before..].iter_mut().filter(|problem| problem.code.is_none()) {
            problem.code = Some(code);
        }
        found
    }

    pub fn failed(&self) -> bool {
        self.list.iter().any(|problem| problem.level == Level::Error)
    }

    fn push(&mut self, level: Level, span: Span, message: String, help: Option<String>) {
        let message = hush::without_passwords(&message);
        self.list.push(Problem { level, code: None, span, message, help });
    }
}

impl Problem {
    /// `file:line:col: error: message`, the line with a caret under the place, and a `help:` line; without a line (0) it is
    /// about the file as a whole. The file may hold anything, so all of it is made inert.
    pub fn show(&self, file: &str, source: &str) -> String {
        let Span { line, col, .. } = self.span;
        let level = if self.level == Level::Error { "error" } else { "warning" };
        let code = self.code.map(|code| format!("[{code}]")).unwrap_or_default();
        let place = if line > 0 { format!(":{line}:{col}") } else { String::new() };
        let mut out = format!("{}{place}: {level}{code}: {}\n", inert(file), inert(&self.message));
        if let Some(text) = line.checked_sub(1).and_then(|line| source.lines().nth(line)) {
            let (shown, before, marked) = self.excerpt(text, source);
            let blank = " ".repeat(line.to_string().len());
            out += &format!("{line} | {shown}\n{blank} | {}{}\n", " ".repeat(before), "^".repeat(marked.max(1)));
        }
        if let Some(help) = &self.help {
            out += &format!("help: {}\n", inert(help));
        }
        out
    }

    /// The part of the line that is shown, and the cells before and under the place.
    fn excerpt<'a>(&self, text: &'a str, source: &str) -> (Cow<'a, str>, usize, usize) {
        let byte = |chars: usize| text.char_indices().nth(chars).map_or(text.len(), |(byte, _)| byte);
        let col = self.span.col.saturating_sub(1);
        let from = if col > EXCERPT { byte(col - EXCERPT / 2) } else { 0 };
        let (at, to) = (byte(col), byte(col.max(EXCERPT) + EXCERPT));
        let length = source.get(self.span.start..self.span.end).map_or(0, |marked| marked.lines().next().unwrap_or("").len());
        let marked = text.get(at..(at + length).min(to)).unwrap_or("");
        (inert(&text[from..to]), inert(&text[from..at]).width(), inert(marked).width())
    }
}

/// Characters that are shown on either side of a place in a long line.
const EXCERPT: usize = 100;

/// Nothing longer is a slip of the finger.
const LONGEST: usize = 60;

/// More names are not compared: a document may know any number of them.
const MOST: usize = 500;

/// The known name that is fewest edits away, if it is near enough to be a slip of the finger.
pub fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let length = found.chars().count();
    if length > LONGEST {
        return None;
    }
    let most = 1 + length / 4;
    // What is longer or shorter by more can't be near, and comparing takes its time.
    let near = |name: &&&str| name.len() <= 4 * (length + most) && name.chars().count().abs_diff(length) <= most;
    let best = known.iter().filter(near).take(MOST).map(|name| (distance(found, name), *name)).min()?;
    (best.0 <= most).then_some(best.1)
}

/// Characters to insert, drop, replace, or exchange with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            let exchanged = if exchanged { rows[i - 2][j - 2] + 1 } else { usize::MAX };
            row.push(replaced.min(exchanged).min(rows[i - 1][j] + 1).min(row[j - 1] + 1));
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_named_and_a_stranger_is_not() {
        assert_eq!(nearest("sorces", &["sources", "feeds"]), Some("sources"));
        assert_eq!(nearest("akc", &["ack", "quit"]), Some("ack"));
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

    #[test]
    fn what_is_wrong_with_a_whole_file_has_no_line() {
        assert_eq!(Problem::whole(Level::Error, "it is a folder").show("f", "text"), "f: error: it is a folder\n");
    }

    #[test]
    fn the_caret_finds_its_place_behind_tabs_wide_letters_and_long_lines() {
        let shown = |source: &str, word: &str| {
            let start = source.find(word).expect("is there");
            let col = source[..start].chars().count() + 1;
            let mut problems = Problems::default();
            problems.error(Span { line: 1, col, start, end: start + word.len() }, "bad\u{1b}[2J");
            problems.list[0].show("f", source)
        };
        assert_eq!(shown("\t日本: nope", "nope"), "f:1:6: error: bad␛[2J\n1 | ␉日本: nope\n  |        ^^^^\n");
        let long = shown(&format!("{}nope{}", "x".repeat(5_000), "y".repeat(5_000)), "nope");
        assert!(long.len() < 400 && long.contains(&format!("{}^^^^\n", " ".repeat(50))), "{long}");
    }
}
