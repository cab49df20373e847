//! What is true: alerts, health, incidents, runs, the newest log. Every way of using the program shares it.
//!
//! `update` is pure: the same events give the same world and the same effects, live, in a replay and in a test.
//! A command changes nothing that is recorded; `fold` alone does, and only from entries that the journal holds.

mod acts;
mod again;
mod asked;
mod attaching;
mod beside;
mod blind;
mod calling;
mod carrying;
mod changing;
mod commands;
mod configured;
mod drilling;
mod duties;
mod elsewhere;
mod ends;
mod facts;
mod folding;
mod forgotten;
mod incidents;
mod moving;
mod paging;
mod passing;
mod playing;
mod practising;
mod preceding;
mod recorded;
mod released;
mod reminding;
mod resend;
mod revived;
mod settling;
mod silencing;
mod taken;
mod unacking;
mod unasked;
pub mod uncarried;
mod unwell;
mod updates;
mod watch;
mod watched;
mod working;

pub use asked::Elsewhere;
pub use practising::BACK;
pub use preceding::{LOOKED_AT, MOST as TAKEN_IN};
pub(in crate::model) use silencing::meant;
pub use silencing::{Broad, hides_something};

use super::Effect;
use super::alerts::Alerts;
use super::calls::Calls;
use super::changes::Changes;
use super::context::Context;
use super::diagnosis::Diagnoses;
use super::drills::Drills;
use super::event::{Body, Event, Fact};
use super::exported::Exports;
use super::fold::Corrections;
use super::health::Health;
use super::incidents::Incidents;
use super::lanes::Lanes;
use super::log::Log;
use super::looked::Answers;
use super::maintenance::Maintenance;
use super::notes::Notes;
use super::offline::Offline;
use super::outbox::Outbox;
use super::past::Past;
use super::practice::Record;
use super::progress::Requests;
use super::questions::Questions;
use super::runs::{Runs, Typed};
use super::shift::Shift;
use super::soon::Soon;
use super::storm::Storm;
use super::suspicions::Suspicions;
use super::troubles::Troubles;
use crate::domain::alert::{Inside, Route};
use crate::domain::entry::{Actor, Draft};
use crate::domain::ids::{AlertId, EntryId, IncidentId, RequestId};
use crate::domain::playbook::{Behind, Playbook, Resolved};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub struct World {
    pub settings: Arc<Settings>,
    /// The stamp of the last event: "now" for everything that is drawn.
    pub now: Stamp,
    /// The person at this console.
    pub me: Actor,
    /// This process alone records outside facts, extends carried acks and sends the outbox.
    pub watching: bool,
    pub alerts: Alerts,
    pub storm: Storm,
    /// Who is called of what is new.
    pub calls: Calls,
    pub health: Health,
    /// What was changed of late.
    pub changes: Changes,
    /// What is worked on.
    pub maintenance: Maintenance,
    /// Which limits come near.
    pub(in crate::model) soon: Soon,
    pub incidents: Incidents,
    /// What of them is practice.
    pub drills: Drills,
    drilling: drilling::Held,
    /// Who has the watch.
    pub shift: Shift,
    pub runs: Runs,
    /// Whether anything remote answers.
    pub offline: Offline,
    blind: blind::Blind,
    /// Why services are bad.
    pub(super) suspicions: Suspicions,
    /// What steps want to know of feeds.
    questions: Questions,
    /// What waits to be looked at by itself.
    pub(super) diagnoses: Diagnoses,
    pub log: Log,
    pub corrections: Corrections,
    pub outbox: Outbox,
    /// What the journal was asked for of late.
    pub past: Past,
    /// What was practised, once somebody has asked.
    pub practice: Option<Result<Record, String>>,
    recalling: practising::Recalling,
    /// The day on which it was last looked whether practice is overdue; `None`: something has changed since.
    reminded: Option<NaiveDate>,
    /// Exports that were asked for of late.
    pub exports: Exports,
    /// Whom sources tell of the alerts that were looked at of late.
    pub routes: Answers<Vec<Route>>,
    /// What those are made of.
    pub inside: Answers<Inside>,
    pub requests: Requests,
    /// What has failed of late.
    pub troubles: Troubles,
    /// Why the journal could not be written the last time, until it can again.
    pub journal_trouble: Option<String>,
    /// Why the changed configuration is not in force.
    pub config_trouble: Option<String>,
    /// The disk is full and the reserve is used up: the next entry may not fit.
    pub reserve_freed: bool,
    /// Playbook folders that lack commits of their upstreams.
    pub books_behind: Vec<Behind>,
    /// Acts that wait for others of their source to end, and those under way.
    lanes: Lanes,
    next_request: u64,
    wake_at: Option<Duration>,
    /// What is recorded once its file is kept.
    attaching: BTreeMap<RequestId, Draft>,
    /// Episodes that began or ended, on their way into the journal.
    notes: Notes,
    /// Acts that are being looked for at their source.
    searching: BTreeSet<EntryId>,
    /// Acknowledgements whose carrier is on its way into the journal.
    extending: BTreeSet<EntryId>,
    /// Acts that could not be sent and whose repetition or end the journal has been asked to record.
    resending: BTreeSet<EntryId>,
    /// Keys of what is on its way into the journal and is asked for once.
    pub(super) telling: BTreeSet<String>,
    /// Incidents whose past is being looked up, and those of which the answer has come.
    looking_back: BTreeSet<IncidentId>,
    looked_back: BTreeSet<IncidentId>,
    /// Acts of which nobody knows what became.
    doubts: settling::Doubts,
    /// How acts have ended, on its way into the journal.
    ends: ends::Ends,
    /// What was seen of acknowledgements at their sources.
    looked: taken::Looked,
    /// Silences of people that a whole answer had, and how many in a row lack each since.
    forgotten: BTreeMap<EntryId, u32>,
    /// How many answers in a row said that nobody holds what somebody held elsewhere.
    released: BTreeMap<AlertId, u32>,
    /// Whom sources tell as having acknowledged what, and by how many answers in a row.
    given: BTreeMap<AlertId, (String, u32)>,
    /// Incidents whose status is on its way into the journal, and by which request.
    stating: BTreeMap<IncidentId, RequestId>,
    /// When the watcher next has something to do; `None`: to be worked out.
    duties: Option<Option<DateTime<Utc>>>,
    /// When they were worked out last.
    judged: Duration,
    /// Who watched before.
    watched: watched::Watched,
    /// The journal could not hold something: the watcher asks it for nothing before.
    rest: Option<Duration>,
}

impl World {
    pub fn new(settings: Arc<Settings>, me: Actor, now: Stamp) -> Self {
        Self {
            alerts: Alerts::new(&settings, now),
            storm: Storm::default(),
            calls: Calls::default(),
            health: Health::new(&settings),
            changes: Changes::default(),
            maintenance: Maintenance::default(),
            soon: Soon::default(),
            settings,
            now,
            me,
            watching: false,
            incidents: Incidents::default(),
            drills: Drills::default(),
            drilling: drilling::Held::default(),
            shift: Shift::default(),
            runs: Runs::default(),
            offline: Offline::default(),
            blind: blind::Blind::default(),
            suspicions: Suspicions::default(),
            questions: Questions::default(),
            diagnoses: Diagnoses::default(),
            log: Log::default(),
            corrections: Corrections::default(),
            outbox: Outbox::default(),
            past: Past::default(),
            practice: None,
            recalling: practising::Recalling::default(),
            reminded: None,
            exports: Exports::default(),
            routes: Answers::default(),
            inside: Answers::default(),
            requests: Requests::default(),
            troubles: Troubles::default(),
            journal_trouble: None,
            config_trouble: None,
            reserve_freed: false,
            books_behind: Vec::new(),
            lanes: Lanes::default(),
            next_request: 0,
            wake_at: None,
            attaching: BTreeMap::new(),
            notes: Notes::default(),
            searching: BTreeSet::new(),
            extending: BTreeSet::new(),
            resending: BTreeSet::new(),
            telling: BTreeSet::new(),
            looking_back: BTreeSet::new(),
            looked_back: BTreeSet::new(),
            doubts: settling::Doubts::default(),
            ends: ends::Ends::default(),
            looked: taken::Looked::default(),
            forgotten: BTreeMap::new(),
            released: BTreeMap::new(),
            given: BTreeMap::new(),
            stating: BTreeMap::new(),
            duties: None,
            judged: Duration::ZERO,
            watched: watched::Watched::default(),
            rest: None,
        }
    }

    /// The only way in which anything changes.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        // Whoever has lost the watch has none of its duties any more, however late it learns of it.
        if matches!(event.body, Body::Fact(Fact::Watching(false))) {
            self.watching = false;
        }
        let mut effects = self.pass_time(event.stamp);
        effects.extend(match event.body {
            Body::Command(request, command) => self.command(request, command),
            Body::Fact(fact) => {
                if !matches!(fact, Fact::RecordFailed { request, .. } if self.is_anothers(request)) {
                    self.troubles.learn(&fact, self.now);
                }
                self.fact(fact)
            }
            Body::Tick => {
                self.find_silent();
                Vec::new()
            }
        });
        effects.extend(self.work());
        effects.extend(self.questions.answer(&self.health, self.now));
        effects.extend(self.suspect());
        effects.extend(self.diagnose());
        effects.extend(self.play());
        effects.extend(self.remind());
        effects.extend(self.wake());
        self.mark(&mut effects);
        effects
    }

    /// The parameters of a playbook as a run would have them, for an alert where there is one.
    pub fn resolved(&self, playbook: &Playbook, typed: &Typed, alert: Option<&AlertId>) -> Resolved {
        let alert = alert.and_then(|id| self.alerts.get(id)).map(|tracked| (&tracked.alert.labels, &tracked.alert.annotations));
        self.runs.resolve((&self.settings, &self.me), playbook, typed, alert)
    }

    /// The runs, and what they are handed.
    pub(super) fn split(&mut self) -> (&mut Runs, Context<'_>, &mut Requests, &Alerts) {
        let Self { runs, settings, me, now, next_request, requests, alerts, .. } = self;
        (runs, Context { now: *now, settings, me, next_request }, requests, alerts)
    }

    pub(super) fn context(&mut self) -> Context<'_> {
        Context { now: self.now, settings: &self.settings, me: &self.me, next_request: &mut self.next_request }
    }

    /// Asks the journal for something that nobody typed.
    pub(super) fn record(&mut self, drafts: Vec<Draft>) -> Vec<Effect> {
        if drafts.is_empty() || self.settings.read_only {
            return Vec::new();
        }
        let request = self.duty_request();
        vec![Effect::Record { request, drafts }]
    }

    /// How many requests and acts are under way, and what follows from them: a test waits for none.
    pub fn unsettled(&self) -> usize {
        self.requests.unsettled() + self.looking_back.len()
    }

    /// Whether an effect of this request would be refused: nothing is changed in read-only mode.
    fn refuse(&mut self, request: RequestId, title: &str, why: impl Into<String>) -> Vec<Effect> {
        self.requests.refuse(request, title.to_owned(), why.into());
        Vec::new()
    }
}
