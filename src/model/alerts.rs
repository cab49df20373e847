//! The queue: what every source says, whose it is, and when an episode of an alert begins and ends.
//!
//! Absence is not resolution. An alert that a source stops listing is `missing` until enough good, complete polls of
//! an instance that has not just restarted agree; until then it stays on screen as it was.

mod anew;
mod cached;
mod changes;
mod doubt;
mod drilled;
pub mod ended;
mod episode;
mod flapping;
mod lapsing;
mod left;
mod listing;
mod news;
mod passing;
mod queue;
mod recording;
mod snoozing;
mod source;
mod state;
mod twins;
mod unseen;
mod untold;
mod view;

pub(in crate::model) use cached::Cached;
pub use doubt::Doubt;
pub use episode::{Ack, Record};
pub(in crate::model) use episode::{ENDED_ELSEWHERE, GIVEN_ELSEWHERE, UNDONE};
pub use flapping::Flapping;
pub(in crate::model) use lapsing::Elsewhere;
pub use left::{Gone, Why};
pub use news::News;
pub use queue::Rank;
pub use recording::Turn;
pub(in crate::model) use snoozing::SNOOZED;
pub use source::{SourceHealth, SourceState};
pub use state::State;
pub use view::Bad;

use left::Left;
use queue::Queue;
use recording::{Noted, begun};
use unseen::Unseen;

use super::groups::SLOPE;
use crate::domain::alert::{Alert, Cover, Severity, SilenceMatcher, Upstream};
use crate::domain::drill::is_alert;
use crate::domain::ids::{AlertId, Fingerprint, ServiceName, SourceName};
use crate::domain::millis;
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use crate::domain::trouble::Trouble;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// One alert of the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    pub alert: Arc<Alert>,
    /// The first `starts_at` of this episode: it stays when a restart moves the alert's own.
    pub episode: DateTime<Utc>,
    pub severity: Severity,
    /// The worst that it has been in this episode: what is worse than ever is news, what is as bad as it was is none.
    worst: Severity,
    pub service: Option<ServiceName>,
    /// When it became news to this process: first seen, worse than ever, or firing for everybody after it was kept quiet. `None` for
    /// what was so before.
    pub arrived: Option<Stamp>,
    pub news: News,
    /// It had fired for long before this process met it: that it arrived is no rise.
    pub(in crate::model) met_late: bool,
    /// Good polls in a row that did not list it.
    pub missing: u32,
    /// The start of the instance that is known to have listed it: that instance's word is good when it lists it no more.
    listed_since: Option<DateTime<Utc>>,
    /// When it was listed last, by whatever instance: one that was started later has not listed it.
    listed_at: Option<DateTime<Utc>>,
    untold: Option<DateTime<Utc>>,
    /// It is over only because its source, which was restarted, has not listed it since.
    forgotten: bool,
    /// The part of its source that told of it does not answer: it is shown as it was.
    pub unheard: bool,
    pub resolved_at: Option<DateTime<Utc>>,
    /// What it is to the operator now; kept, because a frame must not judge twenty thousand of them.
    pub state: State,
    /// Who has acknowledged it elsewhere, while they have.
    elsewhere: Option<Box<Elsewhere>>,
    /// It fires and ends again and again.
    pub flapping: Option<Flapping>,
    /// The journal was asked to record how the episode stands.
    noted: Noted,
}

/// Good polls that must miss an alert before it counts as resolved.
const ABSENT_POLLS: u32 = 2;
/// How long after the start of an instance absence means nothing: its senders repeat themselves only every minute or so.
const RESTART_GRACE: Duration = Duration::from_secs(5 * 60);
/// How long a resolved alert stays in the queue.
const RESOLVED_FOR: chrono::Duration = chrono::Duration::minutes(10);
/// How long one does of which nobody ever said that it ended.
pub const UNTOLD_FOR: chrono::Duration = chrono::Duration::days(1);

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Alerts {
    sources: BTreeMap<SourceName, SourceState>,
    queue: Queue,
    records: BTreeMap<AlertId, Record>,
    /// When acknowledgements run out, soonest first.
    lapsing: BTreeSet<(DateTime<Utc>, AlertId)>,
    /// When resolved alerts leave the queue, soonest first.
    leaving: BTreeSet<(DateTime<Utc>, AlertId)>,
    /// When flapping alerts will have been quiet for long enough, soonest first.
    calming: BTreeSet<(DateTime<Utc>, AlertId)>,
    /// When what was put off comes back, soonest first.
    waking: BTreeSet<(DateTime<Utc>, AlertId)>,
    /// Alerts that somebody had acknowledged elsewhere and that fire unowned.
    released: BTreeMap<AlertId, Box<Elsewhere>>,
    /// Those of which their sources have confirmed that nobody holds them there any more, and that they have not listed since.
    given_back: BTreeMap<AlertId, DateTime<Utc>>,
    /// Those that began anew while nobody looked, and their episodes before that.
    anew: BTreeMap<AlertId, DateTime<Utc>>,
    /// What has left the queue lately.
    left: Left,
    /// What the journal holds open and no source has listed.
    unseen: Unseen,
    /// Watchdogs that fire by the journal's word.
    watchdogs: BTreeMap<AlertId, Arc<Alert>>,
    /// Those that have ended, and when that was seen.
    dead: BTreeMap<AlertId, Stamp>,
    revision: u64,
    notes_lost: bool,
    /// When this process began: what was recorded since is news to it, whoever saw it first.
    began: Stamp,
    /// When it last woke up after it had slept.
    woke: Option<DateTime<Utc>>,
}

impl Alerts {
    pub fn new(settings: &Settings, now: Stamp) -> Self {
        let sources = settings.sources.iter().map(|spec| (spec.name.clone(), SourceState::new(spec))).collect();
        let mut queue = Queue::default();
        queue.same_by(&settings.same);
        Self { sources, queue, began: now, ..Self::default() }
    }

    /// Takes another configuration: alerts of sources that are gone leave, those of one that is back return until it answers, the others
    /// are judged anew.
    pub(super) fn configure(&mut self, settings: &Settings, now: Stamp) {
        let back: Vec<SourceName> =
            settings.sources.iter().map(|spec| &spec.name).filter(|name| !self.sources.contains_key(*name)).cloned().collect();
        let mut before = std::mem::take(&mut self.sources);
        for spec in &settings.sources {
            let kept = before.remove(&spec.name).filter(|state| state.is_of(spec));
            self.sources.insert(spec.name.clone(), kept.unwrap_or_else(|| SourceState::new(spec)));
        }
        let ids: Vec<AlertId> = self.queue().map(|tracked| tracked.alert.id.clone()).collect();
        // From the end: of more than are remembered the first ones count.
        for id in ids.into_iter().rev() {
            let known = self.sources.contains_key(&id.source) || is_alert(&id);
            let Some(mut tracked) = self.queue.take(&id) else { continue };
            if !known {
                let listed_at = tracked.listed_at.unwrap_or(now.wall);
                self.left.unasked(&tracked, listed_at);
                continue;
            }
            tracked.severity = settings.severity(&tracked.alert.labels);
            tracked.service = settings.service(&tracked.alert.labels);
            self.place(settings, tracked, now);
        }
        self.queue.same_by(&settings.same);
        for source in &back {
            self.returned(settings, source, now);
            self.show_unheard(settings, source, now);
        }
        self.revision += 1;
    }

    /// Changes with everything that the queue shows: whoever keeps a view of it compares this.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// All alerts in the order of the queue.
    pub fn queue(&self) -> impl Iterator<Item = &Tracked> {
        self.queue.iter()
    }

    pub fn get(&self, id: &AlertId) -> Option<&Tracked> {
        self.queue.get(id)
    }

    pub fn len(&self) -> usize {
        self.queue.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn sources(&self) -> impl Iterator<Item = (&SourceName, &SourceState)> {
        self.sources.iter()
    }

    pub fn source(&self, name: &SourceName) -> Option<&SourceState> {
        self.sources.get(name)
    }

    /// How many problems are in this state: what several sources tell of is one.
    pub fn count(&self, state: State) -> usize {
        self.queue.problems(state).iter().sum()
    }

    /// How many critical problems fire and are nobody's yet.
    pub fn urgent(&self) -> usize {
        self.queue.problems(State::Firing)[Severity::Critical as usize]
    }

    /// How many alerts of a source these matchers hold for; none where they can't be read.
    pub fn covered(&self, source: &SourceName, matchers: &[SilenceMatcher]) -> usize {
        let Ok(cover) = Cover::of(matchers) else { return 0 };
        let of_source = self.queue().filter(|tracked| tracked.alert.id.source == *source && tracked.resolved_at.is_none());
        of_source.filter(|tracked| cover.covers(&tracked.alert.labels)).count()
    }

    /// Takes in what changed at a source; gives the episodes that began, and those of which the source says that they ended.
    pub(super) fn changed(&mut self, settings: &Settings, source: &SourceName, now: Stamp, change: Change) -> Vec<Turn> {
        let came = self.may_have_been_pending(&change.upserts);
        let turn = |alert: Arc<Alert>| match alert.upstream {
            Upstream::Resolved { .. } => self.resolved(settings, alert, now),
            Upstream::Firing | Upstream::Pending => self.upsert(settings, alert, now),
        };
        let turns = change.upserts.into_iter().filter_map(turn).collect();
        self.follow_pending(settings, &came, now);
        for fingerprint in change.gone {
            let id = AlertId { source: source.clone(), fingerprint };
            if let Some(tracked) = self.queue.get_mut(&id) {
                tracked.missing = tracked.missing.max(1);
                self.queue.touch(&id);
            }
        }
        self.revision += 1;
        turns
    }

    /// The source says that an alert is over. One that the queue doesn't show was over before anybody here knew of it.
    fn resolved(&mut self, settings: &Settings, alert: Arc<Alert>, now: Stamp) -> Option<Turn> {
        let id = alert.id.clone();
        let untold = self.left.untold.remove(&id);
        if let Some(untold) = untold.filter(|_| !self.queue.holds(&id)) {
            return self.told_late(settings, alert, &untold, now);
        }
        if !self.queue.holds(&id) && self.is_open(&id) {
            // The journal knows that it began, in a session whose cache is gone.
            self.upsert(settings, Arc::new(Alert { upstream: Upstream::Firing, ..Alert::clone(&alert) }), now);
        }
        let mut tracked = self.queue.take(&id)?;
        if tracked.alert.upstream == Upstream::Pending {
            // It never fired: there is no end of anything to record.
            self.left.add(&tracked, Why::Calm);
            return None;
        }
        // What was only presumed is recorded once more, now that it is told.
        let (news, presumed) = (tracked.resolved_at.is_none(), tracked.presumed().is_some());
        (tracked.alert, tracked.missing, tracked.untold, tracked.forgotten) = (alert, 0, None, false);
        if news {
            tracked.resolved_at = Some(tracked.told_end(now.wall));
        }
        // What was over by silence alone stays as long from now on, too.
        self.leaving.insert((now.wall + RESOLVED_FOR, id.clone()));
        self.place(settings, tracked, now);
        if news {
            self.note_watchdog(settings, &id, now);
        }
        (news || presumed).then_some(Turn { id, fired: false })
    }

    /// Gives the turn that is to be recorded, if it is one.
    fn upsert(&mut self, settings: &Settings, alert: Arc<Alert>, now: Stamp) -> Option<Turn> {
        self.left.back(&alert.id);
        self.given_back.remove(&alert.id);
        let tracked = match self.queue.take(&alert.id) {
            Some(mut old) if old.resolved_at.is_none() => {
                if alert.labels != old.alert.labels {
                    // Elsewhere a problem gets worse under the same name.
                    (old.severity, old.service) = (settings.severity(&alert.labels), settings.service(&alert.labels));
                    old.gets_worse(now);
                }
                let begins = old.alert.upstream == Upstream::Pending && alert.upstream == Upstream::Firing;
                (old.alert, old.missing, old.untold) = (alert, 0, None);
                if begins {
                    self.begins(&mut old, now.wall);
                }
                old
            }
            old => Box::new(self.fresh(settings, alert, now, old.is_some())),
        };
        let unnoted = begun(&tracked) && tracked.noted == Noted::Nothing;
        let turn = unnoted.then(|| Turn { id: tracked.alert.id.clone(), fired: true });
        self.place(settings, tracked, now);
        turn
    }

    /// An alert that was not in the queue, or had resolved there.
    fn fresh(&self, settings: &Settings, alert: Arc<Alert>, now: Stamp, shown: bool) -> Tracked {
        let record = self.records.get(&alert.id);
        let open = record.is_some_and(Record::is_open);
        // Another process may have written it down before we heard of it.
        let known = open && (shown || !record.is_some_and(|record| record.began_since(self.began_at(now))));
        // As it will be read back: stored times have milliseconds.
        let episode = millis::truncated(record.map_or(alert.starts_at, |record| record.episode_of(alert.starts_at, now.wall)));
        let severity = settings.severity(&alert.labels);
        let every = settings.source(&alert.id.source).map_or(Duration::ZERO, |spec| spec.every);
        let met_late = (now.wall - alert.starts_at).to_std().is_ok_and(|fired| fired > Duration::from_secs(SLOPE) + every);
        Tracked {
            episode,
            severity,
            worst: severity,
            service: settings.service(&alert.labels),
            arrived: (!known && !Self::flaps_on(record, now.wall)).then_some(now),
            news: News::At(episode),
            met_late,
            missing: 0,
            listed_since: None,
            listed_at: None,
            untold: None,
            forgotten: false,
            unheard: false,
            resolved_at: None,
            state: State::Firing,
            elsewhere: None,
            flapping: None,
            noted: if open { Noted::Fired } else { Noted::Nothing },
            alert,
        }
    }

    /// Judges an alert that stands nowhere and puts it where it belongs.
    fn place(&mut self, settings: &Settings, mut tracked: Box<Tracked>, now: Stamp) {
        self.unseen.seen(&tracked);
        let before = tracked.state;
        tracked.state = self.state_of(&tracked, now.wall);
        self.note_elsewhere(&mut tracked, now.wall);
        tracked.flapping = self.flapping(&tracked.alert.id, now.wall);
        let every = settings.source(&tracked.alert.id.source).map_or(Duration::ZERO, |spec| spec.every);
        tracked.comes_out(before, every, now);
        if self.is_known_over(&tracked) {
            // Nobody has to look at it any more.
            return self.left.add(&tracked, Why::Over);
        }
        self.calms(&tracked);
        self.wakes(&tracked, now.wall);
        self.queue.put(rank(settings, &tracked), tracked);
    }

    pub(super) fn failed(&mut self, source: &SourceName, trouble: Trouble, now: Stamp) {
        if let Some(state) = self.sources.get_mut(source) {
            state.failed(trouble, now);
            self.revision += 1;
        }
    }

    fn rerank(&mut self, settings: &Settings, ids: &[AlertId], now: Stamp) {
        for id in ids {
            if let Some(tracked) = self.queue.take(id) {
                self.place(settings, tracked, now);
            }
        }
        self.revision += 1;
    }
}

fn rank(settings: &Settings, tracked: &Tracked) -> Rank {
    let (group, within) = match tracked.state {
        State::Firing => (0, 0),
        State::Pending => (0, 1),
        State::Acknowledged => (0, 2),
        State::Snoozed | State::Silenced | State::Inhibited => (1, 0),
        // Of what nobody has said to be over somebody may have to find out how it is: it stands before what certainly is.
        State::Resolved if tracked.presumed().is_some() => (2, 0),
        State::Resolved => (3, 0),
    };
    let tier = tracked.service.as_ref().and_then(|name| settings.services.named(name.as_str())?.tier);
    // What flaps keeps its place: each beginning is not the newest thing of all.
    let since = tracked.flapping.map_or(tracked.episode, |flapping| flapping.since);
    (group, Reverse(tracked.severity), within, tier.unwrap_or(u8::MAX), Reverse(since.timestamp_millis()))
}

/// One part of what a source's new snapshot changed.
#[derive(Debug, Default)]
pub(in crate::model) struct Change {
    pub upserts: Vec<Arc<Alert>>,
    pub gone: Vec<Fingerprint>,
}
