//! `record`: a person writes down a text or attaches a file.

use super::manual::no_body;
use crate::domain::playbook::{Claim, How, KindSpec, Reading, Step};

pub const KIND: KindSpec = KindSpec {
    name: "record",
    about: "asks for a text or a file: complete when it is attached and every task item is ticked",
    fields: &[],
    infer: |step| match (step.field("record"), &step.body) {
        (Some(_), None) => Claim::Weak,
        _ => Claim::No,
    },
    how,
    check: no_body,
};

fn how(step: &Step, reading: &mut Reading<'_>) -> How {
    match reading.needs(step, "record", "what is to be written down") {
        Some(_) => How::Person,
        None => How::Unsupported,
    }
}
