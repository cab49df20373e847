//! One time that a playbook was gone through, as evidence that somebody can: how it ended, how long it took, what it would have cost.
//! And the week, by which practice is counted.

use super::ids::{EntryId, IncidentId, PlaybookId, RunId};
use super::millis;
use super::playbook::words;
use super::run::{Run, RunMode, RunState, StepRecord, StepState};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// The output in which a step says how many seconds of data would have been lost: what is held against the RPO.
pub const LOSS: &str = "LOSS_SECONDS";

/// The source of the alerts that practice is overdue: the program itself; no configuration can name another one so.
pub const SOURCE: &str = "practice";

words! {
    /// What a practice showed, the worst last.
    Verdict {
        /// Everything was done as it is written, and held, in time.
        Pass = "pass",
        /// It led to the goal, but something was skipped, failed at first, or was not as it is written.
        Findings = "pass-with-findings",
        /// A person gave it up.
        Aborted = "aborted",
        /// It did not lead to the goal, or not within RTO or RPO.
        Fail = "fail",
    }
}

/// What did not go as it is written: how many steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slips {
    /// Skipped by a person.
    pub skipped: usize,
    /// Their last attempt failed.
    pub failed: usize,
    /// They needed more than one attempt.
    pub retried: usize,
    /// Nobody knows whether they were done.
    pub unknown: usize,
}

impl Slips {
    pub fn any(self) -> bool {
        self != Self::default()
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            skipped: self.skipped + other.skipped,
            failed: self.failed + other.failed,
            retried: self.retried + other.retried,
            unknown: self.unknown + other.unknown,
        }
    }
}

/// A run that is over and in which something was done. Dry runs and what ran without anybody are no practice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Practised {
    pub run: RunId,
    pub playbook: PlaybookId,
    /// Of the text that was followed.
    pub digest: String,
    /// It was a drill; else it was live, in a real incident where there is one.
    pub drill: bool,
    pub incident: Option<IncidentId>,
    #[serde(with = "millis")]
    pub ended_at: DateTime<Utc>,
    pub by: String,
    pub ended: RunState,
    /// Something was skipped or accepted by a person.
    pub exceptions: bool,
    /// From the alert, or else the beginning of the run, in a drill from when its scene stood, until the last success criterion held.
    pub took: Option<Duration>,
    /// What was measured of the loss of data.
    pub lost: Option<Duration>,
    /// A step said what was lost, and nobody can read it.
    pub loss_unread: bool,
    pub slips: Slips,
}

impl Practised {
    pub fn of(run: &Run) -> Option<Self> {
        let (ended, ended_at, _) = run.ended.as_ref()?;
        // What was only told, in a drill without a place of its own, shows nobody that it works.
        let told = run.mode == Some(RunMode::Manual) && run.drill.is_some();
        let counts = !told && matches!(run.mode, Some(RunMode::Live | RunMode::Manual | RunMode::Drill));
        let did = run.steps.iter().any(|record| record.plan.section == "steps" && worked(record));
        if !counts || !did {
            return None;
        }
        let verified = run.verified_at.filter(|_| ended.is_success());
        let outputs = run.outputs();
        let said =
            outputs.get(LOSS).map(|text| text.trim().parse::<f64>().ok().and_then(|s| Duration::try_from_secs_f64(s).ok()));
        Some(Self {
            run: run.id?,
            playbook: run.playbook.clone()?,
            digest: run.digest.clone(),
            drill: run.mode == Some(RunMode::Drill) || run.drill.is_some(),
            incident: run.incident,
            ended_at: *ended_at,
            by: run.prepared_by.clone(),
            ended: *ended,
            exceptions: run.exceptions,
            took: verified.zip(run.began()).and_then(|(to, from)| (to - from).to_std().ok()),
            lost: said.flatten(),
            loss_unread: said == Some(None),
            slips: slips(run),
        })
    }

    /// One that has not been, for looking ahead.
    pub fn as_if(playbook: PlaybookId, digest: String, at: DateTime<Utc>) -> Self {
        Self {
            run: RunId(uuid::Uuid::nil()),
            playbook,
            digest,
            drill: true,
            incident: None,
            ended_at: at,
            by: String::new(),
            ended: RunState::Completed,
            exceptions: false,
            took: Some(Duration::ZERO),
            lost: None,
            loss_unread: false,
            slips: Slips::default(),
        }
    }

    /// Held against what the playbook promises.
    pub fn verdict(&self, rto: Option<Duration>, rpo: Option<Duration>) -> Verdict {
        let late = |measured: Option<Duration>, limit: Option<Duration>| measured.zip(limit).is_some_and(|(is, may)| is > may);
        match self.ended {
            RunState::Aborted | RunState::Abandoned => Verdict::Aborted,
            RunState::Completed | RunState::CompletedWithExceptions if late(self.took, rto) || late(self.lost, rpo) => {
                Verdict::Fail
            }
            RunState::Completed if self.took.is_some() && !self.exceptions && !self.loss_unread && !self.slips.any() => {
                Verdict::Pass
            }
            // What is deployed and taken back in order was practised to its end.
            RunState::Completed | RunState::CompletedWithExceptions | RunState::RolledBack => Verdict::Findings,
            _ => Verdict::Fail,
        }
    }
}

/// Something was done, by the machine or by a person: approvals, decisions and waits are not what is practised, nor is what was refused.
fn worked(record: &StepRecord) -> bool {
    let works = !matches!(record.plan.kind.as_str(), "approval" | "decision" | "wait");
    works && record.attempts.iter().any(|attempt| attempt.state != StepState::Refused)
}

fn slips(run: &Run) -> Slips {
    let own = || run.steps.iter().filter(|record| !record.plan.section.starts_with("drill-"));
    let of = |wanted: fn(StepState) -> bool| own().filter(|record| run.state_of(&record.plan.id).is_some_and(wanted)).count();
    Slips {
        skipped: own().filter(|record| record.waived).count(),
        failed: of(|state| state.is_failure() || state == StepState::Accepted),
        retried: own().filter(|record| record.attempts.len() > 1).count(),
        unknown: of(|state| state == StepState::Unknown),
    }
}

/// A week of the calendar, from Monday to Sunday in UTC, so that consoles in different zones have the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Week(i64);

impl From<Week> for String {
    fn from(week: Week) -> Self {
        week.to_string()
    }
}

impl TryFrom<String> for Week {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no week: write it as 2026-W48"))
    }
}

/// A Monday.
const FIRST: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 5).expect("a date");

impl Week {
    pub fn of(at: DateTime<Utc>) -> Self {
        Self((at.date_naive() - FIRST).num_days().div_euclid(7))
    }

    pub fn number(self) -> i64 {
        self.0
    }

    #[must_use]
    pub fn after(self, weeks: i64) -> Self {
        Self(self.0.saturating_add(weeks))
    }

    pub fn monday(self) -> NaiveDate {
        let days = chrono::Duration::try_days(self.0.saturating_mul(7));
        days.and_then(|days| FIRST.checked_add_signed(days)).unwrap_or(FIRST)
    }

    pub fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.monday().iter_days().take(7)
    }

    /// `2026-W48`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, week) = text.split_once("-W")?;
        let monday = NaiveDate::from_isoywd_opt(year.parse().ok()?, week.parse().ok()?, chrono::Weekday::Mon)?;
        Some(Self((monday - FIRST).num_days().div_euclid(7)))
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let week = self.monday().iso_week();
        write!(f, "{}-W{:02}", week.year(), week.week())
    }
}

/// Something that practice has found, open until somebody says what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub id: EntryId,
    pub text: String,
    pub playbook: PlaybookId,
    pub run: Option<RunId>,
    #[serde(with = "millis")]
    pub at: DateTime<Utc>,
    pub by: String,
    pub owner: Option<String>,
    pub due: Option<NaiveDate>,
    pub closed: Option<Closed>,
}

/// How a finding was closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    #[serde(with = "millis")]
    pub at: DateTime<Utc>,
    pub by: String,
    pub how: String,
}

/// A turn that was put off, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Skip {
    pub week: Week,
    pub playbook: PlaybookId,
    #[serde(with = "millis")]
    pub at: DateTime<Utc>,
    pub by: String,
    pub reason: String,
}

/// Days on which nothing is practised: a freeze, holidays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub from: NaiveDate,
    /// The last of them.
    pub to: NaiveDate,
    pub why: Option<String>,
}

impl Hold {
    pub fn covers(&self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

#[cfg(test)]
mod tests;
