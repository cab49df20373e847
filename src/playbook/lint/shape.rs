//! The document's own shape: title, sections, how long a step may be.

use super::Document;
use crate::domain::node::{Problems, Span};
use crate::domain::playbook::{Purpose, Section, Step};
use crate::playbook::outline;

/// Items that a person can keep in mind between two looks at the page.
const MOST_ITEMS: usize = 9;

/// Lines of a step that fit on one screen.
const MOST_LINES: usize = 40;

pub fn title(document: &Document<'_>, problems: &mut Problems) {
    let Some(((title, _), heading)) = document.title.zip(outline::title(document.parts)) else { return };
    if heading.text.trim() != title.trim() {
        let message = format!("the heading and the front matter's title `{title}` differ");
        problems.lint("W100", document.lines.span(&heading.range), message, "give both the same words".to_owned());
    }
}

pub fn sections(document: &Document<'_>, problems: &mut Problems) {
    let top = Span { line: 1, col: 1, start: 0, end: 3 };
    if document.playbook.steps.is_empty() {
        let help = "steps are `###` headings under `## Steps`, `## Before you start`, `## Verify`, ...";
        problems.lint("W104", top, "the playbook has no steps", help.to_owned());
    }
    if !matches!(document.playbook.meta.purpose, Some(Purpose::Recovery | Purpose::Deployment)) {
        return;
    }
    let there = outline::sections(document.parts);
    let wanted = [
        (Section::Verify, "say by what anybody can see that it has worked; it also ends the clock of the `rto`"),
        (Section::Rollback, "say what to do if it must be undone, or why that can't be"),
    ];
    for (section, help) in wanted.iter().filter(|(section, _)| !there.contains(section)) {
        problems.lint("W104", top, format!("there is no `## {}`", section.heading()), (*help).to_owned());
    }
}

/// What sets up and clears a drill is read by nobody at 3 a.m.
pub fn length(document: &Document<'_>, step: &Step, problems: &mut Problems) {
    if matches!(step.section, Section::DrillSetup | Section::DrillCleanup) {
        return;
    }
    if step.items.len() > MOST_ITEMS {
        let message = format!("{} items in one step; more than {MOST_ITEMS} get lost", step.items.len());
        problems.lint("W108", step.span, message, "make two steps of it: each is a pause".to_owned());
    }
    let lines = read_before(document, step);
    if lines > MOST_LINES {
        let message = format!("the step has {lines} lines; {MOST_LINES} fit on a screen");
        problems.lint(
            "W108",
            step.span,
            message,
            "make two steps of it, or keep the script in a file beside the playbook".to_owned(),
        );
    }
}

/// What is read before a step is started: what is written, and the body. Blank lines and the blocks beside it don't count.
fn read_before(document: &Document<'_>, step: &Step) -> usize {
    let full = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
    let beside = [&step.dry_run, &step.status, &step.undo].into_iter().flatten().map(|block| full(&block.text) + 2);
    let all = full(document.playbook.slice(&(step.span.start..step.prose.end)));
    all.saturating_sub(beside.sum())
}
