//! What is wrong with a document as a whole: names, roles, links between steps, and the habits that hurt at 3 a.m.

mod shell;

pub use shell::opens_heredoc;

use super::document::{Lines, Part};
use super::outline;
use crate::domain::node::{Problems, Span};
use crate::domain::playbook::{
    Block, Confirm, Field, How, Language, ParamType, Piece, Playbook, Purpose, Risk, Section, Step, When, names,
};
use std::collections::BTreeSet;

pub fn check(playbook: &Playbook, parts: &[Part], title: Option<&(String, Span)>, lines: &Lines<'_>, problems: &mut Problems) {
    check_title(parts, title, lines, problems);
    check_sections(playbook, parts, problems);
    let known = known(playbook);
    for step in &playbook.steps {
        check_names(step, &known, problems);
        check_role(step, &playbook.meta.roles, problems);
        check_blocks(step, problems);
        check_habits(step, problems);
    }
}

fn check_title(parts: &[Part], title: Option<&(String, Span)>, lines: &Lines<'_>, problems: &mut Problems) {
    let Some(((title, _), heading)) = title.zip(outline::title(parts)) else { return };
    if heading.text.trim() != title.trim() {
        let message = format!("the heading and the front matter's title `{title}` differ");
        problems.lint("W100", lines.span(&heading.range), message, None);
    }
}

fn check_sections(playbook: &Playbook, parts: &[Part], problems: &mut Problems) {
    let top = Span { line: 1, col: 1, start: 0, end: 3 };
    if playbook.steps.is_empty() {
        let help = "steps are `###` headings under `## Steps`, `## Before you start`, `## Verify`, ...";
        problems.lint("W104", top, "the playbook has no steps", help.to_owned());
    }
    if !matches!(playbook.meta.purpose, Some(Purpose::Recovery | Purpose::Deployment)) {
        return;
    }
    let there = outline::sections(parts);
    for section in [Section::Verify, Section::Rollback].into_iter().filter(|section| !there.contains(section)) {
        problems.lint("W104", top, format!("there is no `## {}`", section.heading()), None);
    }
}

/// The names that texts may hold: parameters that aren't secret, and declared outputs.
fn known(playbook: &Playbook) -> BTreeSet<&str> {
    let params = playbook.params.iter().filter(|param| param.kind != ParamType::Secret).map(|param| param.name.as_str());
    let outputs = playbook.steps.iter().flat_map(|step| &step.fields.outputs).map(|output| output.name.as_str());
    params.chain(outputs).collect()
}

fn check_names(step: &Step, known: &BTreeSet<&str>, problems: &mut Problems) {
    for (key, name) in used_names(step) {
        if !known.contains(name.as_str()) {
            let span = step.field(key).map_or(step.span, |field| field.span);
            let message = format!("`{name}` in `{key}` is neither a parameter that may be shown nor a declared output");
            let known: Vec<&str> = known.iter().copied().collect();
            let help = crate::domain::node::nearest(&name, &known).map(|near| format!("did you mean `{near}`?"));
            problems.lint("E016", span, message, help);
        }
    }
}

/// Every name that is replaced in a field, with the key of the field.
fn used_names(step: &Step) -> Vec<(&'static str, String)> {
    let mut used = Vec::new();
    let mut take = |key, text: &str| used.extend(names(text).map(|(_, name)| (key, name.to_owned())));
    step.fields.expect.iter().flat_map(|condition| condition.texts()).for_each(|text| take("expect", text));
    if let (Confirm::Type(text), Some(_)) = (&step.fields.confirm, step.field("confirm")) {
        take("confirm", text);
    }
    if let Some(field) = step.field("ask") {
        codes(field).for_each(|code| take("ask", code));
    }
    used.extend(step.fields.when.iter().filter_map(|when| match when {
        When::Value { name, .. } => Some(("when", name.clone())),
        When::Step { .. } => None,
    }));
    if let How::Child(child) = &step.how {
        used.extend(child.with.iter().map(|(_, ours)| ("with", ours.clone())));
    }
    used
}

fn codes(field: &Field) -> impl Iterator<Item = &str> {
    field.value.iter().filter_map(|piece| match piece {
        Piece::Code(code) => Some(code.as_str()),
        _ => None,
    })
}

fn check_role(step: &Step, roles: &[String], problems: &mut Problems) {
    let wanted = step.fields.role.iter().map(|role| ("role", role));
    let approving = match &step.how {
        How::Approval(approval) => approval.roles.as_slice(),
        _ => &[],
    };
    for (key, role) in wanted.chain(approving.iter().map(|role| ("approve", role))).filter(|(_, role)| !roles.contains(role)) {
        let span = step.field(key).map_or(step.span, |field| field.span);
        let help = if roles.is_empty() {
            "add `roles: [...]` to the front matter".to_owned()
        } else {
            format!("one of: {}", roles.join(", "))
        };
        problems.lint("E019", span, format!("the role `{role}` is not declared"), help);
    }
}

fn check_blocks(step: &Step, problems: &mut Problems) {
    if step.body.is_some() {
        return;
    }
    let alone = [(&step.undo, "undo"), (&step.dry_run, "dry-run"), (&step.status, "status")];
    for (block, role) in alone.iter().filter_map(|(block, role)| block.as_ref().map(|block| (block, role))) {
        problems.lint("E020", block.span, format!("a `{role}` block without a body to go with"), None);
    }
}

fn check_habits(step: &Step, problems: &mut Problems) {
    let Some(body) = &step.body else { return };
    if step.fields.risk == Risk::Destructive && step.status.is_none() {
        let help = "after a crash only it can tell whether the step has happened: exit 0 yes, 1 no";
        problems.lint("W101", step.span, "a destructive step without a `status` block", help.to_owned());
    }
    if step.fields.risk != Risk::Read && step.how == How::Launch && step.field("timeout").is_none() {
        let help = "without it the step is stopped after 60 s";
        problems.lint("W102", step.span, "a step that changes something states no `timeout`", help.to_owned());
    }
    let blocks = [Some(body), step.status.as_ref(), step.undo.as_ref(), step.dry_run.as_ref()];
    blocks.into_iter().flatten().filter(|block| is_shell(block)).for_each(|block| shell::check(block, problems));
}

fn is_shell(block: &Block) -> bool {
    matches!(block.lang, Language::Sh | Language::Bash)
}
