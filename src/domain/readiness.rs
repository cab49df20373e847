//! The readiness board: of every playbook, whether somebody has shown lately that it works. It can't flatter: what was never practised
//! is worse than what failed, and the worst of several playbooks stands for a service.

use super::ids::{FeedName, PlaybookId, ServiceName};
use super::playbook::{Practice, words};
use super::practice::{Practised, Skip, Verdict, Week};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::time::Duration;

words! {
    /// How well a playbook is practised, the worst first.
    State {
        /// Nobody ever did.
        Never = "never",
        /// The last time it did not lead to the goal, or was given up.
        Failed = "failed",
        /// Longer ago than its cadence.
        Stale = "stale",
        Fresh = "fresh",
        /// Its `drill-every` says `never`, and why.
        Exempt = "exempt",
    }
}

/// How the score comes about, for whoever sees it.
pub const FORMULA: &str = "score: never 0; failed or given up 20; else 100, less 50 x age / cadence, at least 40; \
less 10 with open findings, less 10 when its text has changed since";

/// One playbook.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub playbook: PlaybookId,
    pub title: String,
    pub practice: Option<Practice>,
    /// Those that it names and those that name it.
    pub services: Vec<ServiceName>,
    /// Of the most important of them.
    pub tier: Option<u8>,
    pub owner: Option<String>,
    pub rto: Option<Duration>,
    pub rpo: Option<Duration>,
    /// `None`: it need not be practised.
    pub cadence: Option<Duration>,
    pub state: State,
    /// The last time, and what it showed.
    pub last: Option<(Practised, Verdict)>,
    /// The last time that it led to the goal.
    pub proven: Option<Practised>,
    pub times: usize,
    pub due: Option<DateTime<Utc>>,
    /// Its text is another than the one that was practised last.
    pub changed: bool,
    pub findings: usize,
    /// The newest reason for which its turn was put off since it was practised.
    pub skip: Option<Skip>,
    pub score: u32,
    /// It is the team's own, or for one of its services; the bundled ones that are neither take turns only where there is none.
    pub ours: bool,
    /// Its turn comes in the weekly round.
    pub takes_turns: bool,
}

/// The whole of it at one time, by practice and then the worst first.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    pub at: DateTime<Utc>,
    pub rows: Vec<Row>,
    pub week: This,
    /// Of every set of data that is backed up.
    pub restores: Vec<Restore>,
}

/// Whether a set of data was brought back from its backup: what a backup feed looks at, by the playbooks of recovery that are for its
/// service.
#[derive(Debug, Clone, PartialEq)]
pub struct Restore {
    pub feed: FeedName,
    pub service: Option<ServiceName>,
    /// `Never` as long as nobody has done it to its end.
    pub state: State,
    /// The newest run that led to the goal.
    pub proof: Option<Practised>,
    /// By which it can be done; none is as bad as never.
    pub playbooks: Vec<PlaybookId>,
}

impl Restore {
    /// What stands beside it.
    pub fn badge(&self, age: impl Fn(Duration) -> String, now: DateTime<Utc>) -> String {
        match (&self.proof, self.playbooks.as_slice()) {
            (None, []) => "never restored: no playbook of recovery is for its service".to_owned(),
            (None, _) => "never restored".to_owned(),
            (Some(proof), _) => {
                let ago = age((now - proof.ended_at).to_std().unwrap_or_default());
                let took = proof.took.map(|took| format!(" in {}", age(took))).unwrap_or_default();
                let lost = proof.lost.map(|lost| format!(", {} lost", age(lost))).unwrap_or_default();
                let since = if self.state == State::Failed { "; failed since" } else { "" };
                format!("restored {ago} ago{took}{lost} by {} with {}{since}", proof.by, proof.playbook)
            }
        }
    }
}

/// This week's practice.
#[derive(Debug, Clone, PartialEq)]
pub struct This {
    pub week: Week,
    pub turn: Option<PlaybookId>,
    /// Why it is its turn, in words.
    pub why: Vec<String>,
    /// Something was practised already this week.
    pub done: bool,
    /// All days of the week are held: why.
    pub held: Option<String>,
    /// Weeks in a row in which something was practised; held ones don't count and don't end it.
    pub streak: usize,
    /// Turns that were put off this week.
    pub skips: Vec<Skip>,
}

impl Row {
    /// What else must be known of it.
    pub fn notes(&self) -> String {
        let last = self.last.as_ref();
        let notes = [
            last.filter(|(_, verdict)| matches!(verdict, Verdict::Fail | Verdict::Aborted))
                .map(|(_, verdict)| word(*verdict).to_owned()),
            last.filter(|(last, _)| !last.drill && last.incident.is_some()).map(|_| "in a real incident".to_owned()),
            last.filter(|(last, _)| !last.drill && last.incident.is_none()).map(|_| "live, in no incident".to_owned()),
            last.filter(|(last, _)| last.loss_unread).map(|_| "what was lost can't be read".to_owned()),
            match self.findings {
                0 => None,
                1 => Some("1 open finding".to_owned()),
                findings => Some(format!("{findings} open findings")),
            },
            self.changed.then(|| "its text has changed since".to_owned()),
            self.skip.as_ref().map(|skip| format!("put off in {} by {}: {}", skip.week, skip.by, skip.reason)),
        ];
        notes.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// What stands beside the playbook wherever it is suggested.
    pub fn badge(&self, age: impl Fn(Duration) -> String, now: DateTime<Utc>) -> String {
        let ago = |at: DateTime<Utc>| age((now - at).to_std().unwrap_or_default());
        let of = |took: Duration| match self.rto {
            Some(rto) => format!(", {} of {}", age(took), age(rto)),
            None => format!(", took {}", age(took)),
        };
        match (&self.proven, &self.last) {
            (_, None) => "never practised".to_owned(),
            (None, Some((last, verdict))) => format!("{} {} ago, never proven", word(*verdict), ago(last.ended_at)),
            (Some(proven), Some((last, verdict))) => {
                let then = format!("last proven {} ago{}", ago(proven.ended_at), proven.took.map(of).unwrap_or_default());
                if proven.run == last.run { then } else { format!("{then}; {} {} ago", word(*verdict), ago(last.ended_at)) }
            }
        }
    }
}

/// As it stands in a sentence.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "passed",
        Verdict::Findings => "passed with findings",
        Verdict::Aborted => "given up",
        Verdict::Fail => "failed",
    }
}

impl Board {
    pub fn row(&self, playbook: &PlaybookId) -> Option<&Row> {
        self.rows.iter().find(|row| row.playbook == *playbook)
    }

    /// The practices that have no playbook at all.
    pub fn missing(&self) -> Vec<Practice> {
        let has = |practice: &&Practice| self.rows.iter().any(|row| row.practice == Some(**practice));
        Practice::ALL.iter().filter(|practice| !has(practice)).copied().collect()
    }

    /// How well each practice is practised for each service: the worst of its playbooks. What is not there has none.
    pub fn matrix(&self) -> BTreeMap<(ServiceName, Practice), State> {
        let mut cells: BTreeMap<(ServiceName, Practice), State> = BTreeMap::new();
        for row in &self.rows {
            let Some(practice) = row.practice else { continue };
            for service in &row.services {
                let cell = cells.entry((service.clone(), practice)).or_insert(row.state);
                *cell = (*cell).min(row.state);
            }
        }
        cells
    }
}
