//! `command`: a shell block or an HTTP request that changes something.

use super::check::{is_check, launchable};
use crate::domain::node::Problems;
use crate::domain::playbook::{Claim, KindSpec, Step};

pub const KIND: KindSpec = KindSpec {
    name: "command",
    about: "an `sh`, `bash` or `http` block: complete when it has ended and `expect` holds",
    fields: &[],
    infer: |step| if step.body.is_some() && !is_check(step) { Claim::Strong } else { Claim::No },
    how: |step, _| launchable(step),
    check,
};

fn check(step: &Step, problems: &mut Problems) {
    super::check::check_body(step, problems);
    if let (Some(field), false) = (step.field("retry"), step.fields.idempotent) {
        let help = "state `**idempotent:** yes` if doing it twice is harmless";
        problems.lint("E011", field.span, "`retry` is for checks and for idempotent commands only", help.to_owned());
    }
}
