//! How an attempt ended, in words for people.

use super::{StepEnd, StepState};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One try of an attempt whose step has `retry` or `repeat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// Counted from 1.
    pub number: u32,
    /// How many there may be at most, where that is known beforehand.
    #[serde(default)]
    pub of: Option<u32>,
    pub state: StepState,
    pub exit_code: Option<i32>,
    pub signal: Option<i32>,
    pub started_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
}

/// Of more tries than this only the first two and the last are told; the journal holds all.
const TOLD: usize = 6;

impl Tried {
    /// `failed after 0.2 s (exit 1)`.
    fn words(&self) -> String {
        let how = match (self.exit_code, self.signal) {
            (Some(code), _) => format!(" (exit {code})"),
            (None, Some(signal)) => format!(" ({})", by_signal(signal)),
            (None, None) => String::new(),
        };
        format!("{} after {}{how}", self.state, seconds(self.ended_at - self.started_at))
    }
}

impl StepEnd {
    /// `exit 1`; of one that is no failure though it is not 0, that it is meant so.
    pub fn code(&self) -> Option<String> {
        let declared = self.state == StepState::Succeeded;
        self.exit_code.map(|code| match code {
            0 => "exit 0".to_owned(),
            code if declared => format!("exit {code}, as the step declares"),
            code => format!("exit {code}"),
        })
    }

    /// What is to be said besides the state: an exit that looks like a failure and is none, why, and every try.
    pub fn why(&self) -> String {
        let odd = self.code().filter(|_| self.state == StepState::Succeeded && self.exit_code != Some(0));
        joined("; ", [odd.unwrap_or_default(), self.detail.clone(), self.tried()])
    }

    /// The same with the exit code, whatever it is.
    pub fn shown(&self) -> String {
        joined(" ", [self.code().unwrap_or_default(), joined("; ", [self.detail.clone(), self.tried()])])
    }

    /// Each try, where there was more than one.
    fn tried(&self) -> String {
        let Some(last) = self.tries.last().filter(|_| self.tries.len() > 1) else { return String::new() };
        let of = last.of.map(|most| format!(" of at most {most}")).unwrap_or_default();
        let mut told: Vec<String> = self.tries.iter().map(Tried::words).collect();
        if told.len() > TOLD {
            let left = told.len() - TOLD;
            told.splice(2..=2 + left, [format!("{} more", left + 1)]);
        }
        format!("{} tries{of}: {}", self.tries.len(), told.join(", "))
    }
}

fn joined(with: &str, parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(with)
}

/// `1.2 s`, `63 s`: with a tenth while that tells something.
pub fn seconds(span: chrono::Duration) -> String {
    let s = span.num_milliseconds().max(0) as f64 / 1000.0;
    let text = if s < 60.0 { format!("{s:.1}") } else { format!("{s:.0}") };
    format!("{} s", text.strip_suffix(".0").unwrap_or(&text))
}

/// `TERM`, `KILL`, `signal 11`.
pub fn by_signal(signal: i32) -> String {
    match signal {
        1 => "HUP".to_owned(),
        2 => "INT".to_owned(),
        9 => "KILL".to_owned(),
        15 => "TERM".to_owned(),
        other => format!("signal {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(state: StepState, code: i32, tries: u32) -> StepEnd {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let tried = |number| Tried {
            number,
            of: Some(20),
            state: if number == tries { state } else { StepState::Failed },
            exit_code: Some(if number == tries { code } else { 1 }),
            signal: None,
            started_at: at,
            ended_at: at + chrono::Duration::milliseconds(i64::from(number) * 100),
        };
        StepEnd { exit_code: Some(code), tries: (1..=tries).map(tried).collect(), ..StepEnd::without_process(state, at, "") }
    }

    #[test]
    fn an_exit_that_is_declared_is_told_as_such_and_one_that_is_not_is_plain() {
        assert_eq!(end(StepState::Succeeded, 1, 1).why(), "exit 1, as the step declares");
        assert_eq!(end(StepState::Succeeded, 0, 1).why(), "");
        assert_eq!(end(StepState::Failed, 1, 1).why(), "");
        assert_eq!(end(StepState::Failed, 1, 1).shown(), "exit 1");
    }

    #[test]
    fn every_try_is_told_and_of_many_the_first_and_the_last() {
        let two = "2 tries of at most 20: failed after 0.1 s (exit 1), succeeded after 0.2 s (exit 0)";
        assert_eq!(end(StepState::Succeeded, 0, 2).why(), two);
        let many = end(StepState::Failed, 1, 20).why();
        assert!(many.starts_with("20 tries of at most 20: failed after 0.1 s (exit 1), failed after 0.2 s (exit 1), 15 more, "));
        assert!(many.ends_with("failed after 1.8 s (exit 1), failed after 1.9 s (exit 1), failed after 2 s (exit 1)"), "{many}");
        assert_eq!(end(StepState::Failed, 1, 6).why().matches("after").count(), 6);
    }

    #[test]
    fn a_span_has_a_tenth_while_that_tells_something() {
        let of = |ms| seconds(chrono::Duration::milliseconds(ms));
        assert_eq!([of(0), of(1_240), of(3_000), of(61_200), of(-5)], ["0 s", "1.2 s", "3 s", "61 s", "0 s"]);
    }
}
