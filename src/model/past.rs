//! What the journal remembers of alerts: which fired, how that ended, and who handled it. Made of entries whenever somebody
//! wants to know, and kept for those who look at it.

use super::alerts::GIVEN_ELSEWHERE;
use super::alerts::ended::{FORGOTTEN, UNSEEN, UNTOLD};
use super::fold::Corrections;
use crate::domain::act::Outcome;
use crate::domain::alert::{Firing, Severity, target};
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::{AlertId, EntryId, IncidentId, PlaybookId, RunId, ServiceName, SourceName};
use crate::domain::run::RunState;
use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// More of a label tells nobody anything, and two thousand episodes are kept.
const TARGET: usize = 200;

/// One time that an alert fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    pub alert: AlertId,
    pub name: String,
    /// What tells it from others of its name; empty without such a label.
    #[serde(default)]
    pub target: String,
    pub service: Option<ServiceName>,
    /// `None` where its beginning was not recorded here.
    pub severity: Option<Severity>,
    pub from: DateTime<Utc>,
    /// `None`: as far as the journal knows it fires still.
    pub to: Option<DateTime<Utc>>,
    #[serde(default)]
    pub end: End,
    /// Who acknowledged it, the first first; not whoever only tried to, where its source refused or contradicted that.
    pub owners: Vec<String>,
    pub playbooks: Vec<Used>,
    pub incident: Option<IncidentId>,
}

/// How it is known that an episode ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// Its source has said so, and when.
    #[default]
    Told,
    /// Nobody has said so: it is only taken for over.
    Presumed,
    /// It was over by then, and nobody saw when it ended.
    Unseen,
}

/// A playbook that was run while it fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    pub playbook: PlaybookId,
    /// How the run ended, or that it was `interrupted` and nobody has taken it up since; `None` while it goes on.
    pub state: Option<String>,
}

impl Used {
    pub fn helped(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.starts_with("completed"))
    }
}

impl Episode {
    /// `None` while it fires, and where nobody knows when it ended.
    pub fn lasted(&self) -> Option<Duration> {
        self.to.filter(|_| self.end == End::Told).map(|to| self.until(to))
    }

    /// `14m`, `≤ 14m`, `?`, `still`.
    pub fn duration(&self, age: impl Fn(Duration) -> String) -> String {
        match (self.to, self.end) {
            (None, _) => "still".to_owned(),
            (Some(to), End::Told) => age(self.until(to)),
            (Some(to), End::Unseen) => format!("≤ {}", age(self.until(to))),
            (Some(_), End::Presumed) => "?".to_owned(),
        }
    }

    fn until(&self, to: DateTime<Utc>) -> Duration {
        (to - self.from).to_std().unwrap_or_default()
    }

    fn was_handled(&self) -> bool {
        !self.owners.is_empty() || self.playbooks.iter().any(Used::helped)
    }
}

/// How far back the list of everything that fired goes, unless somebody says otherwise.
pub const NIGHT: Duration = Duration::from_secs(24 * 3600);

/// The episodes of entries in the order of the fold, corrections among them; the newest first. Drills are left out.
pub fn episodes(entries: &[Arc<Entry>]) -> Vec<Episode> {
    let mut corrections = Corrections::default();
    for entry in entries {
        corrections.insert(entry);
    }
    let mut reading = Reading::default();
    for entry in entries.iter().filter(|entry| entry.corrects.is_none() && entry.drill.is_none()) {
        reading.take(&corrections.applied(entry));
    }
    let mut episodes = reading.owned();
    episodes.sort_by(|one, other| (other.from, &one.alert).cmp(&(one.from, &other.alert)));
    episodes
}

#[derive(Default)]
struct Reading {
    episodes: Vec<Episode>,
    /// The newest episode of each alert.
    newest: HashMap<AlertId, usize>,
    /// The episode that a run belongs to, and its place among the playbooks there.
    runs: BTreeMap<RunId, (usize, usize)>,
    /// Acknowledgements, each with its episode and by whom.
    acks: Vec<(EntryId, usize, String)>,
    /// The acts that serve them, and whether one of those was done.
    acts: HashMap<EntryId, EntryId>,
    served: HashMap<EntryId, bool>,
}

/// How many of these were looked for: what became of acknowledgements comes with them, and how what ended since then had begun before.
pub fn looked_for(entries: &[Arc<Entry>], since: DateTime<Utc>) -> usize {
    entries.iter().filter(|entry| since <= entry.at && !matches!(entry.kind, Kind::Act | Kind::ActEnded)).count()
}

impl Reading {
    fn take(&mut self, entry: &Entry) {
        let Some(alert) = &entry.alert else { return };
        match entry.kind {
            Kind::AlertFired => drop(self.begin(alert, entry)),
            Kind::AlertResolved => {
                // What was only presumed may be told later.
                let open = |known: &usize| self.episodes[*known].to.is_none() || self.episodes[*known].end != End::Told;
                let known = self.of(alert, entry.data_of("starts_at")).filter(open);
                // It began before what was asked for.
                let index = known.unwrap_or_else(|| self.begin(alert, entry));
                let episode = &mut self.episodes[index];
                (episode.to, episode.end) = (Some(entry.at.max(episode.from)), end_of(entry));
            }
            Kind::Ack => {
                let episode = self.of(alert, entry.data_of("episode"));
                // Of one that was given elsewhere the entry is nobody's own.
                let by = entry.text_of("by").filter(|_| entry.text_of("why") == Some(GIVEN_ELSEWHERE));
                let by = by.map_or_else(|| entry.actor.name.clone(), str::to_owned);
                self.acks.extend(episode.map(|episode| (entry.id, episode, by)));
            }
            Kind::Act => {
                if let Some(ack) = entry.data_of("for") {
                    self.acts.insert(entry.id, ack);
                    self.served.entry(ack).or_default();
                }
            }
            Kind::ActEnded if entry.data_of("outcome") == Some(Outcome::Done) => {
                let ack = entry.data_of("intent").and_then(|intent: EntryId| self.acts.get(&intent));
                self.served.extend(ack.map(|ack| (*ack, true)));
            }
            Kind::Run => self.used(alert, entry),
            Kind::RunDriver | Kind::RunResumed | Kind::RunEnded => {
                if let Some((episode, place)) = entry.run.and_then(|run| self.runs.get(&run)) {
                    self.episodes[*episode].playbooks[*place].state = state_of(entry);
                }
            }
            _ => {}
        }
    }

    /// Whoever has acknowledged an episode owns it, unless an act was to say so elsewhere and none did.
    fn owned(self) -> Vec<Episode> {
        let Self { mut episodes, acks, served, .. } = self;
        for (ack, episode, by) in acks {
            let owners = &mut episodes[episode].owners;
            if served.get(&ack).copied().unwrap_or(true) {
                // Who has it once more has it last.
                owners.retain(|owner| *owner != by);
                owners.push(by);
            }
        }
        episodes
    }

    fn begin(&mut self, alert: &AlertId, entry: &Entry) -> usize {
        let name = entry.data_of("name").unwrap_or_else(|| alert.fingerprint.to_string());
        self.episodes.push(Episode {
            alert: alert.clone(),
            name,
            target: target_of(entry),
            service: entry.service.clone(),
            severity: entry.data_of("severity"),
            from: entry.data_of("starts_at").unwrap_or(entry.at),
            to: None,
            end: End::Told,
            owners: Vec::new(),
            playbooks: Vec::new(),
            incident: entry.incident,
        });
        self.newest.insert(alert.clone(), self.episodes.len() - 1);
        self.episodes.len() - 1
    }

    /// The episode of that beginning, or the newest.
    fn of(&self, alert: &AlertId, from: Option<DateTime<Utc>>) -> Option<usize> {
        let newest = *self.newest.get(alert)?;
        match from {
            Some(from) if self.episodes[newest].from != from => {
                self.episodes.iter().rposition(|episode| episode.alert == *alert && episode.from == from)
            }
            _ => Some(newest),
        }
    }

    /// Checks that nobody began are no help of anybody's.
    fn used(&mut self, alert: &AlertId, entry: &Entry) {
        let diagnosis = entry.data_of("diagnosis").unwrap_or(false);
        let Some((index, playbook)) = self.of(alert, None).zip(entry.playbook.clone()).filter(|_| !diagnosis) else { return };
        let playbooks = &mut self.episodes[index].playbooks;
        playbooks.push(Used { playbook, state: None });
        if let Some(run) = entry.run {
            self.runs.insert(run, (index, playbooks.len() - 1));
        }
    }
}

/// How a run stands by an entry of it.
fn state_of(entry: &Entry) -> Option<String> {
    match entry.kind {
        Kind::RunEnded => entry.data_of("state"),
        _ => (entry.data_of("interrupted") == Some(true)).then(|| RunState::Interrupted.word().to_owned()),
    }
}

fn end_of(entry: &Entry) -> End {
    match entry.text_of("why") {
        Some(UNTOLD | FORGOTTEN) => End::Presumed,
        Some(UNSEEN) => End::Unseen,
        _ => End::Told,
    }
}

/// By its labels; an end says it alone.
fn target_of(entry: &Entry) -> String {
    let label = |name: &str| entry.data.get("labels")?.get(name)?.as_str();
    entry.text_of("target").unwrap_or_else(|| target(label)).chars().take(TARGET).collect()
}

/// `fired 7 times in 30 days, usually 12m, last handled by ana with pg-primary-failover`; nothing where it fired once only and
/// nobody did anything. `episodes` are those of one alert, the newest first.
pub fn summary(episodes: &[Episode], within: Duration, age: impl Fn(Duration) -> String) -> Option<String> {
    (episodes.len() > 1 || episodes.iter().any(Episode::was_handled)).then(|| told(episodes, within, age))
}

/// The same whatever there is to say of it: for where another record says it, too.
pub fn told(episodes: &[Episode], within: Duration, age: impl Fn(Duration) -> String) -> String {
    let mut lasted: Vec<Duration> = episodes.iter().filter_map(Episode::lasted).collect();
    lasted.sort_unstable();
    let handled = episodes.iter().find(|episode| episode.was_handled());
    let mut said = fired(episodes.len(), within, &age);
    if let Some(usually) = lasted.get(lasted.len() / 2) {
        said += &format!(", usually {}", age(*usually));
    }
    if let Some(episode) = handled {
        let by = episode.owners.last().map(|by| format!(" by {by}")).unwrap_or_default();
        let with = episode.playbooks.iter().rfind(|used| used.helped());
        let with = with.map(|used| format!(" with {}", used.playbook)).unwrap_or_default();
        said += &format!(", last handled{by}{with}");
    }
    said
}

/// `fired 3 times in 7d`.
pub fn fired(times: usize, within: Duration, age: impl Fn(Duration) -> String) -> String {
    let within = age(within);
    match times {
        0 => format!("did not fire in {within}"),
        1 => format!("fired once in {within}"),
        times => format!("fired {times} times in {within}"),
    }
}

/// The last few answers, for the console.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Past {
    recalled: Vec<Recalled>,
    recounted: Vec<Recounted>,
}

/// When an alert fired, by the record of a source. That is another thing than what the journal saw: it may know more, of times
/// when nobody watched, and less of how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recounted {
    pub alert: AlertId,
    pub source: SourceName,
    pub since: DateTime<Utc>,
    /// The newest first; the error says why it can't tell.
    pub firings: Result<Arc<[Firing]>, Outside>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recalled {
    /// `None`: of all.
    pub alert: Option<AlertId>,
    pub since: DateTime<Utc>,
    /// There was more than is read: these are the newest only.
    pub cut: bool,
    /// The newest first; the error says why the journal could not be read.
    pub episodes: Result<Arc<[Episode]>, String>,
}

/// More than anybody has open.
const KEPT: usize = 16;

impl Past {
    pub(super) fn keep(&mut self, recalled: Recalled) {
        self.recalled.retain(|known| known.alert != recalled.alert);
        self.recalled.insert(0, recalled);
        self.recalled.truncate(KEPT);
    }

    pub(super) fn keep_recounted(&mut self, told: Recounted) {
        self.recounted.retain(|known| (&known.alert, &known.source) != (&told.alert, &told.source));
        self.recounted.insert(0, told);
        self.recounted.truncate(KEPT);
    }

    /// What sources have told of it so far.
    pub fn recounted<'a>(&'a self, alert: &'a AlertId) -> impl Iterator<Item = &'a Recounted> {
        self.recounted.iter().filter(move |known| known.alert == *alert)
    }

    /// `None` until the journal has answered.
    pub fn of(&self, alert: Option<&AlertId>) -> Option<&Recalled> {
        self.recalled.iter().find(|known| known.alert.as_ref() == alert)
    }
}
