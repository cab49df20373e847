//! `approval`: other people say that the run may go on.

use super::manual::no_body;
use crate::domain::playbook::{Approval, FieldSpec, How, KindSpec, Reading, Step};

pub const KIND: KindSpec = KindSpec {
    name: "approval",
    about: "waits until other people have approved: complete with as many as `approve` wants, none of them who asked",
    fields: &[FieldSpec::new("approve", "`N of role`, or `N of role, role`", "the step is of another kind")],
    infer: |step| super::states(step, "approve"),
    how,
    check: no_body,
};

fn how(step: &Step, reading: &mut Reading<'_>) -> How {
    const WHAT: &str = "`N of role`, or `N of role, role`";
    let Some(field) = reading.needs(step, "approve", WHAT) else { return How::Unsupported };
    match grammar(&field.text()) {
        Some((count, roles)) => {
            let expires = step.field("timeout").map(|_| step.fields.timeout);
            How::Approval(Approval { count, roles, expires })
        }
        None => {
            reading.expected(field, WHAT);
            How::Unsupported
        }
    }
}

fn grammar(text: &str) -> Option<(u32, Vec<String>)> {
    let (count, roles) = text.split_once(" of ")?;
    let count = count.trim().parse().ok().filter(|count| (1..=100).contains(count))?;
    let roles: Vec<String> = roles.split(',').map(|role| role.trim().to_owned()).collect();
    (!roles.iter().any(String::is_empty)).then_some((count, roles))
}
