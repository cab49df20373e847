//! Names and roles that fields mention.

use super::Document;
use crate::domain::node::{Problems, nearest};
use crate::domain::playbook::{Confirm, Field, How, ParamType, Piece, Playbook, Step, When, names};
use std::collections::BTreeSet;

/// The names that texts may hold: parameters that aren't secret, and declared outputs.
pub fn shown(playbook: &Playbook) -> BTreeSet<&str> {
    let params = playbook.params.iter().filter(|param| param.kind != ParamType::Secret).map(|param| param.name.as_str());
    let outputs = playbook.steps.iter().flat_map(|step| &step.fields.outputs).map(|output| output.name.as_str());
    params.chain(outputs).collect()
}

pub fn known(document: &Document<'_>, step: &Step, problems: &mut Problems) {
    let used = used(step);
    if used.is_empty() {
        return;
    }
    let known = shown(document.playbook);
    // What is handed to another playbook is not shown: a secret may be.
    let handed = |key: &str, name: &str| key == "with" && document.playbook.params.iter().any(|param| param.name == name);
    for (key, name) in used.iter().filter(|(key, name)| !known.contains(name.as_str()) && !handed(key, name)) {
        let span = step.field(key).map_or(step.span, |field| field.span);
        let message = format!("`{name}` in `{key}` is neither a parameter that may be shown nor a declared output");
        let known: Vec<&str> = known.iter().copied().collect();
        let help = nearest(name, &known).map(|near| format!("did you mean `{near}`?"));
        problems.lint("E016", span, message, help);
    }
}

/// Every name that is replaced in a field, with the key of the field.
pub fn used(step: &Step) -> Vec<(&'static str, String)> {
    let mut used = Vec::new();
    let mut take = |key, text: &str| used.extend(names(text).map(|(_, name)| (key, name.to_owned())));
    step.fields.expect.iter().flat_map(|condition| condition.texts()).for_each(|text| take("expect", text));
    if let (Confirm::Type(text), Some(_)) = (&step.fields.confirm, step.field("confirm")) {
        take("confirm", text);
    }
    if let Some(host) = &step.fields.host {
        take("host", host);
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

pub fn role(document: &Document<'_>, step: &Step, problems: &mut Problems) {
    let wanted = step.fields.role.iter().map(|role| ("role", role));
    let approving = match &step.how {
        How::Approval(approval) => approval.roles.as_slice(),
        _ => &[],
    };
    let roles = &document.playbook.meta.roles;
    for (key, role) in wanted.chain(approving.iter().map(|role| ("approve", role))).filter(|(_, role)| !roles.contains(role)) {
        let span = step.field(key).map_or(step.span, |field| field.span);
        let help = match roles.as_slice() {
            [] => "add `roles: [...]` to the front matter".to_owned(),
            roles => format!("one of: {}", roles.join(", ")),
        };
        problems.lint("E019", span, format!("the role `{role}` is not declared"), help);
    }
}
