//! What a step's blocks must have beside them.

use super::Document;
use crate::domain::node::Problems;
use crate::domain::playbook::{Risk, Step};

pub fn alone(_: &Document<'_>, step: &Step, problems: &mut Problems) {
    if step.body.is_some() {
        return;
    }
    let alone = [(&step.undo, "undo"), (&step.dry_run, "dry-run"), (&step.status, "status")];
    for (block, role) in alone.iter().filter_map(|(block, role)| block.as_ref().map(|block| (block, role))) {
        let help = "add the block that it belongs to: one without a second word".to_owned();
        problems.lint("E020", block.span, format!("a `{role}` block without a body to go with"), help);
    }
}

pub fn status(_: &Document<'_>, step: &Step, problems: &mut Problems) {
    if step.body.is_some() && step.fields.risk == Risk::Destructive && step.status.is_none() {
        let help = "after a crash only it can tell whether the step has happened: exit 0 yes, 1 no";
        problems.lint("W101", step.span, "a destructive step without a `status` block", help.to_owned());
    }
}

pub fn timeout(_: &Document<'_>, step: &Step, problems: &mut Problems) {
    let changes = step.kind != "check" && step.fields.risk != Risk::Read;
    if step.body.is_some() && changes && !step.fields.tty && step.field("timeout").is_none() {
        let help = "without it the step is stopped after 60 s";
        problems.lint("W102", step.span, "a step that changes something states no `timeout`", help.to_owned());
    }
}
