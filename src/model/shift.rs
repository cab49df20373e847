//! Who has the watch, and what whoever takes it over must know. A handoff is two-sided: offered by one, accepted by the other.

use super::World;
use super::alerts::{Ack, Bad, SourceHealth, SourceState, State, Tracked};
use super::fold::{Corrections, Entity, Folded};
use super::health::FeedHealth;
use super::silences::{On, Phase, Standing};
use crate::domain::act::ActKind;
use crate::domain::alert::Severity;
use crate::domain::entry::{Entry, Kind};
use crate::domain::health::FeedState;
use crate::domain::ids::{AlertId, FeedName, IncidentId, RunId, ServiceName, SourceName};
use crate::domain::incident::{Offer, Role};
use crate::domain::settings::Carry;
use crate::domain::text::{Outside, inert};
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Of what fires and nobody has, so many are named of each severity.
const NAMED: usize = 3;

/// What is known of the shift.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watch {
    /// Who is asked to take it over, until they do.
    pub offer: Option<Offer>,
    /// Who took it over last, and when.
    pub holder: Option<(String, DateTime<Utc>)>,
}

impl Entity for Watch {
    fn apply(&mut self, entry: &Entry) {
        match entry.text_of("step") {
            Some("offered") => self.offer = Offer::of(entry),
            Some("accepted") => {
                self.offer = None;
                self.holder = entry.text_of("person").map(|person| (person.to_owned(), entry.at));
            }
            _ => {}
        }
    }
}

/// The entries of handoffs that are of no incident.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shift(Folded<Watch>);

impl Shift {
    pub fn watch(&self) -> &Watch {
        self.0.state()
    }

    pub(super) fn fold(&mut self, entry: &Arc<Entry>, corrections: &Corrections) {
        if entry.kind == Kind::Handoff && entry.incident.is_none() {
            self.0.insert(entry.clone(), corrections);
        }
    }
}

/// What the next person must know.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    pub at: DateTime<Utc>,
    pub watch: Watch,
    pub incidents: Vec<IncidentId>,
    /// What fires and nobody has: how many of each severity, the worst first, and the names of the first.
    pub nobodys: Vec<(Severity, usize, Vec<AlertId>)>,
    /// Services that are down, not well, or of which nobody knows how they are; or in which alerts fire, and how many problems those are.
    pub unwell: Vec<(ServiceName, Option<FeedState>, Bad)>,
    /// Feeds of no service that are so, each with what it says.
    pub alone: Vec<(FeedName, FeedState, Option<Outside>)>,
    /// Sources that don't answer, or not in full, each with the reason.
    pub silent: Vec<(SourceName, Outside)>,
    /// What is acknowledged and still fires, the oldest first.
    pub acks: Vec<(AlertId, String, Ack)>,
    /// What is taken for over though nobody has said that it is: since when, and who had it then.
    pub untold: Vec<(AlertId, DateTime<Utc>, Option<Ack>)>,
    /// What ends within the time that was asked for.
    pub silences: Vec<Standing>,
    pub runs: Vec<RunId>,
}

impl World {
    /// What somebody has to know who takes over now, and watches for so long.
    pub fn pack(&self, within: Duration) -> Pack {
        let now = self.now.wall;
        let end = chrono::Duration::from_std(within).ok().and_then(|within| now.checked_add_signed(within));
        let ends = |one: &Standing| one.phase == Phase::Active && end.is_none_or(|end| one.ends_at <= end) && !self.carries(one);
        // What several sources tell of is one problem, as in the queue.
        let own = |tracked: &Tracked| self.alerts.told_by(tracked).is_none();
        let acks = self.alerts.aging(now).into_iter().filter(|(tracked, _)| own(tracked));
        let mut nobodys: BTreeMap<Reverse<Severity>, (usize, Vec<AlertId>)> = BTreeMap::new();
        for tracked in self.alerts.real().filter(|tracked| tracked.state == State::Firing && own(tracked)) {
            let (count, first) = nobodys.entry(Reverse(tracked.severity)).or_default();
            *count += 1;
            if first.len() < NAMED {
                first.push(tracked.alert.id.clone());
            }
        }
        let unwell = |name: &ServiceName| {
            let (state, fires) = (self.health.service(name), self.alerts.bad_in(name));
            let bad = !fires.is_none() || state.is_some_and(|state| state >= FeedState::Unknown);
            bad.then(|| (name.clone(), state, fires))
        };
        let alone = |feed: &&FeedHealth| feed.spec.service.is_none() && feed.state >= FeedState::Unknown;
        let services = self.settings.services.iter().map(|service| &service.name);
        let doubted = |(name, source): (&SourceName, &SourceState)| {
            let doubts: Vec<&str> = source.doubts().map(Outside::raw).collect();
            let why = if doubts.is_empty() { "stale".into() } else { doubts.join("; ").into() };
            (source.health != SourceHealth::Fresh || source.is_partial()).then_some((name.clone(), why))
        };
        Pack {
            at: now,
            watch: self.shift.watch().clone(),
            incidents: self.incidents.open().map(|incident| incident.id).collect(),
            nobodys: nobodys.into_iter().map(|(Reverse(severity), (count, first))| (severity, count, first)).collect(),
            unwell: services.filter_map(unwell).collect(),
            alone: self
                .health
                .iter()
                .filter(alone)
                .map(|feed| (feed.spec.name.clone(), feed.state, feed.message().cloned()))
                .collect(),
            silent: self.alerts.sources().filter_map(doubted).collect(),
            acks: acks.map(|(tracked, ack)| (tracked.alert.id.clone(), tracked.alert.name().to_owned(), ack)).collect(),
            untold: self.alerts.all_untold(now),
            silences: self.silences().into_iter().filter(ends).collect(),
            runs: self.runs.open().filter(|(_, run)| run.drill.is_none()).map(|(id, _)| id).collect(),
        }
    }

    /// What one is called that is taken for over without a word, and that may be in the queue no more.
    pub fn untold_name(&self, id: &AlertId) -> String {
        self.alerts.name_of_untold(id).map_or_else(|| self.in_full(id), |name| inert(name).into())
    }

    /// It stands for an acknowledgement, which is told by itself.
    fn carries(&self, silence: &Standing) -> bool {
        let marked = |on: &On| match self.settings.source(&on.source).and_then(|spec| spec.carry.as_ref()) {
            Some(Carry::Silence { prefix }) => silence.comment.raw().starts_with(prefix.as_str()),
            _ => false,
        };
        silence.on.iter().any(marked)
    }

    /// That what these sources would say is not among what was found: nobody knows what they don't answer.
    fn not_said(&self, pack: &Pack, found: usize, would: impl Fn(&SourceName) -> bool) -> Option<String> {
        let in_part = |name: &SourceName| self.alerts.source(name).is_some_and(SourceState::is_partial);
        let asked = || pack.silent.iter().map(|(name, _)| name).filter(|name| would(name));
        let names = asked().map(|name| if in_part(name) { format!("a part of {name}") } else { name.to_string() });
        let names: Vec<String> = names.collect();
        let verb = if names.len() == 1 { "does not answer" } else { "don't answer" };
        let known = if found == 0 && !asked().all(in_part) { "nobody knows" } else { "nobody knows whether there is more" };
        (!names.is_empty()).then(|| format!("{known}: {} {verb}", names.join(", ")))
    }

    /// A pack for people: parts under a title, each line inert. `age` and `clock` are how spans and times are told here.
    pub fn told(
        &self,
        pack: &Pack,
        age: impl Fn(Duration) -> String,
        clock: impl Fn(DateTime<Utc>) -> String,
    ) -> Vec<(&'static str, Vec<String>)> {
        let since = |at: DateTime<Utc>| age((pack.at - at).to_std().unwrap_or_default());
        let incident = |id: &IncidentId| {
            let one = self.incidents.get(*id)?;
            let roles = Role::ALL.into_iter().filter_map(|role| Some(format!("{} {}", role.word(), inert(one.has(role)?))));
            let roles = roles.collect::<Vec<_>>().join(", ");
            let offer = one.offer.as_ref().map(|offer| format!(", offered to {}", inert(&offer.to))).unwrap_or_default();
            let due = one.next_update().map(|at| match at <= pack.at {
                true => format!("; an update was promised for {}", clock(at)),
                false => format!("; next update promised for {}", clock(at)),
            });
            let (label, title, word) = (one.label(), inert(&one.title), one.status.word());
            Some(format!(
                "{label} {} {title}: {word} for {}; {roles}{offer}{}",
                one.severity,
                since(one.opened_at),
                due.unwrap_or_default()
            ))
        };
        // As it was told last, where its source tells nothing now.
        let named = |id: &AlertId| {
            let doubt = self.alerts.get(id).and_then(|tracked| self.alerts.doubt_beside(tracked));
            format!("{}{}", if doubt.is_some() { "? " } else { "" }, self.in_full(id))
        };
        let ack = |(id, _, ack): &(AlertId, String, Ack)| {
            let held = ack.since.map(|at| format!(" for {}", since(at))).unwrap_or_default();
            let until = ack.until.map(|at| format!(", until {}", clock(at))).unwrap_or_default();
            let why = if ack.reason.is_empty() { String::new() } else { format!(": {}", inert(&ack.reason)) };
            let uncarried = self.alerts.get(id).and_then(|tracked| self.uncarried(tracked));
            let uncarried =
                uncarried.map(|it| format!("; not carried, its source goes on calling others: {}", it.end.detail.inert()));
            format!("{} by {}{held}{until}{why}{}", named(id), inert(&ack.by), uncarried.unwrap_or_default())
        };
        let over = |(id, at, ack): &(AlertId, DateTime<Utc>, Option<Ack>)| {
            let name = self.untold_name(id);
            let had = ack.as_ref().map_or("nobody".to_owned(), |ack| inert(&ack.by).into());
            format!("? {name}: {had} had it; nobody has told of it, and it is taken for over for {}", since(*at))
        };
        let silence = |one: &Standing| {
            let again = match one.again.as_slice() {
                [] => "nothing fires again then".to_owned(),
                [id] => format!("{} fires again then", self.in_full(id)),
                several => format!("{} alerts fire again then", several.len()),
            };
            format!("{} of {}, until {}: {again}", one.comment.inert(), one.by.inert(), clock(one.ends_at))
        };
        let run = |id: &RunId| {
            let run = self.runs.get(*id)?;
            let at = run.at().map(|(record, _)| format!(", at “{}”", inert(&record.plan.title))).unwrap_or_default();
            Some(format!("“{}”{at}, prepared by {}", inert(&run.title), inert(&run.prepared_by)))
        };
        let holder = pack.watch.holder.as_ref().map(|(person, at)| format!("{} has it since {}", inert(person), clock(*at)));
        let offer = pack.watch.offer.as_ref();
        let offer =
            offer.map(|offer| format!("{} offers it to {} since {}", inert(&offer.by), inert(&offer.to), clock(offer.at)));
        let nobodys = |(severity, count, first): &(Severity, usize, Vec<AlertId>)| {
            let names: Vec<String> = first.iter().map(named).collect();
            let more = count - first.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{count} {}: {}{more}", severity.word(), names.join(", "))
        };
        let count = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let unwell = |(name, state, fires): &(ServiceName, Option<FeedState>, Bad)| {
            let state = state.filter(|state| *state >= FeedState::Unknown).map(|state| state.word().to_owned());
            let firing = count(fires.firing(), "alert fires", "alerts fire");
            let acknowledged = count(fires.acknowledged, "is acknowledged", "are acknowledged");
            let stale = fires.stale.then(|| "? stale".to_owned());
            let untold = (fires.untold > 0).then(|| format!("? {} untold", fires.untold));
            let fires = firing.into_iter().chain(acknowledged).chain(stale).chain(untold);
            format!("{name}: {}", state.into_iter().chain(fires).collect::<Vec<_>>().join(", "))
        };
        let alone = |(name, state, said): &(FeedName, FeedState, Option<Outside>)| {
            let said = said.as_ref().map(|said| format!(", {}", said.inert())).unwrap_or_default();
            format!("feed {name}: {}{said}", state.word())
        };
        let untold = || self.nobody_tells_firing().then(|| "nobody knows: no source tells what fires".to_owned());
        let silences = |name: &SourceName| self.settings.source(name).is_some_and(|spec| spec.acts.contains(&ActKind::Silence));
        let silent = |(name, why): &(SourceName, Outside)| format!("{name}: {}", why.inert());
        vec![
            ("The watch", holder.into_iter().chain(offer).collect()),
            ("Open incidents", pack.incidents.iter().filter_map(incident).collect()),
            (
                "Firing and nobody's",
                pack.nobodys
                    .iter()
                    .map(nobodys)
                    .chain(self.not_said(pack, pack.nobodys.len(), |_| true))
                    .chain(untold())
                    .collect(),
            ),
            (
                "Acknowledged and still firing",
                pack.acks.iter().map(ack).chain(self.not_said(pack, pack.acks.len(), |_| true)).chain(untold()).collect(),
            ),
            ("Nobody knows whether they are over", pack.untold.iter().map(over).collect()),
            (
                "Silences that end",
                pack.silences.iter().map(silence).chain(self.not_said(pack, pack.silences.len(), silences)).collect(),
            ),
            ("Playbooks that are not through", pack.runs.iter().filter_map(run).collect()),
            (
                "Services that are not well",
                pack.unwell
                    .iter()
                    .map(unwell)
                    .chain(pack.alone.iter().map(alone))
                    .chain(self.not_said(pack, pack.unwell.len(), |_| true))
                    .collect(),
            ),
            ("Sources that don't answer", pack.silent.iter().map(silent).collect()),
        ]
    }
}
