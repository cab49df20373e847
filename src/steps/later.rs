//! Kinds of the format that this version understands and shows but does not run: a run of a playbook that has one is
//! refused, because a gate that nobody keeps would stand open. Each moves into a file of its own with its runner.

use crate::domain::playbook::{Claim, How, KindSpec, Step};

pub const APPROVAL: KindSpec =
    later("approval", "waits until other people have approved", &["approve"], |step| has(step, "approve"));

pub const DECISION: KindSpec = later("decision", "a person picks where the run goes on", &["ask"], |step| has(step, "ask"));

pub const PLAYBOOK: KindSpec =
    later("playbook", "runs another playbook as a part of this one", &["playbook", "with"], |step| has(step, "playbook"));

pub const RECORD: KindSpec =
    later("record", "asks for a text or a file and attaches it", &[], |step| match (step.field("record"), &step.body) {
        (Some(_), None) => Claim::Weak,
        _ => Claim::No,
    });

pub const WAIT: KindSpec = later("wait", "lets some time pass, or less if a person ends it", &["wait"], |step| has(step, "wait"));

const fn later(name: &'static str, about: &'static str, fields: &'static [&'static str], infer: fn(&Step) -> Claim) -> KindSpec {
    KindSpec { name, about, fields, infer, how: |_| How::Unsupported, check: |_, _| {} }
}

fn has(step: &Step, key: &str) -> Claim {
    if step.field(key).is_some() { Claim::Strong } else { Claim::No }
}
