//! What an alert stands for: a trigger, or one problem of a trigger that has several at once.

use super::wire::{Number, Problem, Trigger};
use crate::domain::ids::Fingerprint;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    pub trigger: i64,
    pub event: Option<i64>,
}

impl Name {
    pub fn new(problem: &Problem, trigger: &Trigger) -> Self {
        Self { trigger: problem.objectid.0, event: (trigger.kind == Number(1)).then_some(problem.eventid.0) }
    }

    pub fn fingerprint(self) -> Fingerprint {
        Fingerprint::new(self.event.map_or_else(|| self.trigger.to_string(), |event| format!("{}.{event}", self.trigger)))
    }

    /// `None` for what `fingerprint` never makes.
    pub fn of(fingerprint: &Fingerprint) -> Option<Self> {
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        Some(match fingerprint.as_str().split_once('.') {
            Some((trigger, event)) => Self { trigger: number(trigger)?, event: Some(number(event)?) },
            None => Self { trigger: number(fingerprint.as_str())?, event: None },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_out_of_its_id_again_and_nothing_else_is_one() {
        for name in [Name { trigger: 23_133, event: None }, Name { trigger: 7, event: Some(25) }] {
            assert_eq!(Name::of(&name.fingerprint()), Some(name));
        }
        for text in ["", "x", "7.", ".7", "-7", "+7", "7.2.1", "99999999999999999999"] {
            assert_eq!(Name::of(&text.into()), None, "{text}");
        }
    }
}
