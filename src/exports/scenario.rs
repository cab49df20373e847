//! An incident as a scenario for a drill. Not a format of its own: what writes scenarios is where they are read.

use super::masks::Masks;
use crate::domain::scenario::Scenario;
use crate::domain::timeline::Timeline;

/// People are called as in every export, and what is struck from those is struck from it.
///
/// # Errors
/// Nothing happened in it that could be played.
pub fn script(timeline: &Timeline) -> Result<Scenario, String> {
    let masks = Masks::of(timeline);
    Scenario::of_incident(timeline, &|text| masks.text(text).into_owned())
}
