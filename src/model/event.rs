//! Everything that can reach the core, in one numbered stream.

use super::command::Command;
use super::exported::Exported;
use super::health::Past;
use super::looked::{Opened, Routed};
use super::past::{Recalled, Recounted};
use super::troubles::Own;
use crate::domain::act::{ActEnd, Found};
use crate::domain::alert::{Alert, Silence};
use crate::domain::attention::Way;
use crate::domain::change::Told;
use crate::domain::entry::{Entry, Evidence};
use crate::domain::health::Reading;
use crate::domain::ids::{EntryId, FeedName, Fingerprint, IncidentId, QuestionId, RequestId, SourceName};
use crate::domain::incident;
use crate::domain::playbook::{Behind, Selector};
use crate::domain::pushed::Pushed;
use crate::domain::scenario::Scenario;
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use crate::domain::watcher::Watcher;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// One step of the world, numbered by the one sequencer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    pub seq: u64,
    pub stamp: Stamp,
    pub body: Body,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Body {
    /// A human asks for something.
    Command(RequestId, Command),
    /// Something happened outside.
    Fact(Fact),
    /// The time that `Effect::WakeAt` asked for has come.
    Tick,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Fact {
    /// The journal holds this entry. With a request it is the answer to our own `Effect::Record`, and what it
    /// intends may now be done; without one it was loaded at start-up or written by another process.
    Recorded { entry: Arc<Entry>, request: Option<RequestId> },
    /// Everything that the journal holds open was told at the start.
    Read,
    /// The journal does not hold any draft of this request, and nothing was done.
    RecordFailed { request: RequestId, why: String },
    /// Entries that a person has named, of whatever age: what is said next is about them.
    Named(Vec<Arc<Entry>>),
    /// The scenarios of drills were read; of those with errors, the names.
    Scenarios { scripts: Arc<Vec<Scenario>>, broken: Vec<String> },
    /// The disk was full and the journal gave its reserve up for what it recorded last: there is no second one.
    ReserveFreed,
    /// Who watched until this process does, which `Watching` says next. One that `hung` did not give it up: it was taken over.
    WatchedBefore { last: Watcher, hung: bool },
    /// This process became the one that records outside facts, or lost that to another.
    Watching(bool),
    /// It was lost because this process gave no sign of life: another one has taken it over.
    WatchLost,
    /// This process can't become the one that watches, or can't do it, though nobody else may be watching; and why.
    WatchBarred { why: String },
    /// The process from which it was taken over, or could not be, has ended, or gives signs of life again.
    WatcherAnswered,
    /// A part of what a source's new snapshot changed, at most 500 alerts; `SourceAnswered` follows the last part.
    AlertsChanged { source: SourceName, upserts: Vec<Arc<Alert>>, gone: Vec<Fingerprint> },
    /// A poll succeeded; its changes have been delivered before.
    SourceAnswered { source: SourceName, answer: SourceAnswer },
    /// A poll failed: what was known stays, and is stale.
    SourceFailed { source: SourceName, trouble: Trouble },
    /// How long a source is left alone now that it has been asked, unless somebody has it asked before.
    SourceSpared { source: SourceName, pause: Pause },
    /// A source could tell of changes by itself, and refuses to tell us: it is asked in its interval alone.
    NewsRefused { source: SourceName, why: Outside },
    /// Alerts from the cache of an earlier process, `read_at` its time: shown as stale until the source answers. There may be `more`
    /// of them, which is still being read.
    AlertsCached {
        source: SourceName,
        alerts: Vec<Arc<Alert>>,
        read_at: DateTime<Utc>,
        /// Those that it did not list then and that were not certainly over, each with the last that is known to have listed it.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        unlisted: BTreeMap<Fingerprint, DateTime<Utc>>,
        #[serde(default)]
        more: bool,
    },
    /// What an earlier session knew of feeds, to go on from. It says nothing of how they are.
    FeedsRemembered(Vec<(FeedName, Past)>),
    /// A feed was judged.
    FeedRead { feed: FeedName, reading: Reading },
    /// A feed could not ask.
    FeedFailed { feed: FeedName, trouble: Trouble },
    /// Somebody pushed what was changed to this source; the oldest first.
    ChangesTold { source: SourceName, changes: Vec<Told> },
    /// Somebody wants to know how feeds are, within this time; answered by one `Effect::Answer`.
    FeedsAsked { question: QuestionId, selector: Selector, within: Duration },
    /// The remote has taken an act that is under way; what became of it is still to be read back.
    ActAccepted { intent: EntryId },
    /// An act that `Effect::Act` asked for has ended.
    ActEnded { intent: EntryId, end: ActEnd },
    /// A call that `Effect::Call` asked for has ended; `Err`: nobody was called, and why.
    CallEnded { intent: EntryId, way: Way, end: Result<(), Outside> },
    /// The answer to `Effect::Find`.
    ActFound { intent: EntryId, found: Result<Found, Trouble> },
    /// The answer to `Effect::Recall`.
    Recalled(Recalled),
    /// The answer to `Effect::LookBack`, corrections among it; the error says why the journal could not be read.
    LookedBack { incident: IncidentId, found: Result<incident::Past, String> },
    /// The answer to `Effect::Keep`: what an entry is to say of the copy, or why there is none.
    Kept { request: RequestId, kept: Result<Evidence, String> },
    /// The answer to `Effect::RecallPractice`.
    Practised(Result<super::practice::Record, String>),
    /// The answer to `Effect::Export`.
    Exported(Exported),
    /// What one source answers to `Effect::Recount`.
    Recounted(Recounted),
    /// An answer to `Effect::Look`: whom the source tells.
    Routed(Routed),
    /// An answer to `Effect::Look`: what the alert is made of.
    Opened(Opened),
    /// Something of this console's own could not be done, and why; or it can again.
    Hampered { what: Own, why: Option<String> },
    /// The configuration was read again and is in force.
    Configured(Arc<Settings>),
    /// The configuration was changed and can't be read: the old one stays in force.
    Misconfigured(String),
    /// The playbook folders that lack commits of their upstreams: all of them, so none takes the warning away.
    PlaybooksBehind(Vec<Behind>),
    /// Runs of playbooks: attempts started, wrote, ended.
    Run(super::runs::RunFact),
}

/// How long something is left alone before it is asked again, and why for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub lasts: Duration,
    pub why: Spared,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spared {
    /// It is asked so often.
    Usually,
    /// It has failed so many times in a row.
    Failing(u32),
    /// It has said itself when to come back.
    Ordered,
}

/// What a successful poll says besides its alerts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SourceAnswer {
    /// Every part answered: only then does absence count.
    pub complete: bool,
    pub started_at: Option<DateTime<Utc>>,
    /// An instance moves the beginning of what it lists only where that was over in between.
    #[serde(default)]
    pub beginnings_tell: bool,
    /// That it does not list these says nothing.
    #[serde(default)]
    pub unsure: Vec<Fingerprint>,
    /// These were pending there and fire now, which another source tells of.
    #[serde(default)]
    pub began: Vec<Fingerprint>,
    /// These are not listed any more only because nobody has told the source of them, and since when.
    #[serde(default)]
    pub untold: Vec<(Fingerprint, DateTime<Utc>)>,
    pub missing: Vec<Outside>,
    /// These an answer before had, and the parts of this one have not: whoever would tell of them may not have answered.
    #[serde(default)]
    pub unheard: Vec<Fingerprint>,
    pub silences: Arc<Vec<Silence>>,
    pub skew_ms: Option<i64>,
    /// Of a source that is pushed to.
    #[serde(default)]
    pub pushed: Option<Pushed>,
}
