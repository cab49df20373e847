//! `wait`: lets some time pass, or less if a person ends it.

use super::manual::no_body;
use crate::domain::playbook::{FieldSpec, How, KindSpec, Reading, Step};

pub const KIND: KindSpec = KindSpec {
    name: "wait",
    about: "lets some time pass: complete when `wait` has passed by the clock, or a person ends it with a reason",
    fields: &[FieldSpec::new("wait", "a duration", "the step is of another kind")],
    infer: |step| super::states(step, "wait"),
    how,
    check: no_body,
};

fn how(step: &Step, reading: &mut Reading<'_>) -> How {
    const WHAT: &str = "a duration such as 10s or 1h30m";
    let Some(field) = reading.needs(step, "wait", WHAT) else { return How::Unsupported };
    match humantime::parse_duration(&field.text()).ok().filter(|time| !time.is_zero()) {
        Some(time) => How::Wait(time),
        None => {
            reading.expected(field, WHAT);
            How::Unsupported
        }
    }
}
