//! `manual`: a person does it and says so.

use crate::domain::node::Problems;
use crate::domain::playbook::{Claim, How, KindSpec, Step};

pub const KIND: KindSpec = KindSpec {
    name: "manual",
    about: "a person does it: complete when every task item is ticked and the step is confirmed",
    fields: &[],
    infer: |_| Claim::Otherwise,
    how: |_| How::Person,
    check,
};

fn check(step: &Step, problems: &mut Problems) {
    if let Some(body) = &step.body {
        let message = format!("a manual step has no body, and this `{}` block would never run", body.lang.word());
        problems.lint("E012", body.span, message, "write `example` after the language, or leave `kind` out".to_owned());
    }
}
