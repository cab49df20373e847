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
        let last = self.last.as_ref().filter(|(_, verdict)| matches!(verdict, Verdict::Fail | Verdict::Aborted));
        let last = last.map(|(_, verdict)| word(*verdict).to_owned());
        last.into_iter().chain(self.others()).collect::<Vec<_>>().join("; ")
    }

    /// All that is known of it, in one sentence.
    pub fn told(&self, age: impl Fn(Duration) -> String, now: DateTime<Utc>) -> String {
        std::iter::once(self.badge(age, now)).chain(self.others()).collect::<Vec<_>>().join("; ")
    }

    /// What the badge does not say.
    fn others(&self) -> impl Iterator<Item = String> {
        let last = self.last.as_ref();
        let notes = [
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
        notes.into_iter().flatten()
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

    /// How many stand so.
    pub fn count(&self, state: State) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
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

#[cfg(test)]
mod tests {
    use super::super::ids::RunId;
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::from_secs(1_000 * 86_400)
    }

    fn row(name: &str, practice: Option<Practice>, state: State, services: &[&str]) -> Row {
        Row {
            playbook: name.into(),
            title: name.to_owned(),
            practice,
            services: services.iter().map(|name| (*name).into()).collect(),
            tier: None,
            owner: None,
            rto: None,
            rpo: None,
            cadence: None,
            state,
            last: None,
            proven: None,
            times: 0,
            due: None,
            changed: false,
            findings: 0,
            skip: None,
            score: 0,
            ours: true,
            takes_turns: true,
        }
    }

    fn board(rows: Vec<Row>) -> Board {
        let week = Week::of(now());
        let week = This { week, turn: None, why: Vec::new(), done: false, held: None, streak: 0, skips: Vec::new() };
        Board { at: now(), rows, week, restores: Vec::new() }
    }

    fn days(time: Duration) -> String {
        format!("{} d", time.as_secs() / 86_400)
    }

    #[test]
    fn the_badge_says_what_was_proven_and_what_came_of_it_since() {
        let at = |days: u64, run: u128| {
            let done = Practised::as_if("t".into(), String::new(), now() - Duration::from_secs(days * 86_400));
            Practised { run: RunId(uuid::Uuid::from_u128(run)), took: Some(Duration::from_secs(86_400)), ..done }
        };
        let badge = |proven: Option<Practised>, last: Option<(Practised, Verdict)>| {
            Row { proven, last, ..row("t", None, State::Fresh, &[]) }.badge(days, now())
        };
        assert_eq!(badge(None, None), "never practised");
        assert_eq!(badge(None, Some((at(2, 1), Verdict::Fail))), "failed 2 d ago, never proven");
        assert_eq!(badge(Some(at(9, 1)), Some((at(9, 1), Verdict::Pass))), "last proven 9 d ago, took 1 d");
        let since = badge(Some(at(9, 1)), Some((at(2, 2), Verdict::Aborted)));
        assert_eq!(since, "last proven 9 d ago, took 1 d; given up 2 d ago", "a success of once hides no failure of now");
        let rto = Row { rto: Some(Duration::from_secs(3 * 86_400)), ..row("t", None, State::Fresh, &[]) };
        let rto = Row { proven: Some(at(9, 1)), last: Some((at(9, 1), Verdict::Pass)), ..rto };
        assert_eq!(rto.badge(days, now()), "last proven 9 d ago, 1 d of 3 d");
    }

    #[test]
    fn the_worst_of_several_playbooks_stands_for_a_service() {
        let failover = Some(Practice::Failover);
        let rows = |order: [usize; 3]| {
            let states = [State::Fresh, State::Never, State::Failed];
            board(order.map(|at| row("t", failover, states[at], &["shop"])).into()).matrix()
        };
        for order in [[0, 1, 2], [1, 0, 2], [2, 0, 1]] {
            assert_eq!(rows(order)[&("shop".into(), Practice::Failover)], State::Never, "{order:?}");
        }
        let other = board(vec![row("a", failover, State::Fresh, &["shop"]), row("b", failover, State::Never, &["cart"])]);
        assert_eq!(other.matrix()[&("shop".into(), Practice::Failover)], State::Fresh, "of its own playbooks only");
        assert_eq!(other.matrix().len(), 2);
    }

    #[test]
    fn a_practice_without_a_playbook_is_missing() {
        let all = |practices: &[Practice]| {
            board(practices.iter().map(|practice| row("t", Some(*practice), State::Never, &[])).collect()).missing()
        };
        assert_eq!(all(&[]), Practice::ALL);
        assert_eq!(all(Practice::ALL), []);
        assert_eq!(all(&Practice::ALL[1..]), &Practice::ALL[..1]);
        assert_eq!(board(vec![row("t", None, State::Fresh, &[])]).missing(), Practice::ALL, "what is of no practice fills none");
    }
}
