//! `manual`: a person does it and says so.

use crate::domain::node::Problems;
use crate::domain::playbook::{Claim, How, KindSpec, Step};

pub const KIND: KindSpec = KindSpec {
    name: "manual",
    about: "a person does it: complete when every task item is ticked and the step is confirmed",
    fields: &[],
    infer: |_| Claim::Otherwise,
    how: |_, _| How::Person,
    check: no_body,
};

pub(super) fn no_body(step: &Step, problems: &mut Problems) {
    // Without a stated kind, body and field both claim the step, and that is reported already.
    if let (Some(body), Some(_)) = (&step.body, step.field("kind")) {
        let message = format!("a {} step has no body, and this `{}` block would never run", step.kind, body.lang.word());
        problems.lint("E012", body.span, message, "write `example` after the language, or leave `kind` out".to_owned());
    }
}
