//! Silences that a person makes, lets last longer and ends. The guards are here: a reason, matchers that say something, and
//! for a silence that hides what nobody should lose sight of the number of alerts, given once more on purpose.

use super::World;
use super::commands::{Asked, Refusal, lasting, some};
use super::watch::to_chrono;
use crate::domain::act::{Act, ActKind, unmarked};
use crate::domain::alert::{Cover, Labels, SilenceMatcher};
use crate::domain::entry::Draft;
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::settings::{Carry, SourceSpec};
use crate::domain::text::{Outside, inert};
use crate::model::alerts::{State, Tracked};
use crate::model::silences::Phase;
use chrono::{DateTime, SecondsFormat, Utc};
use std::collections::BTreeSet;
use std::time::Duration;

/// So many alerts may be most of a queue.
const SEVERAL: usize = 4;

/// So many of them that somebody acknowledges: each stays on the screen with its owner, and on a quiet night a handful is all
/// that fires.
const CROWD: usize = 20;

/// A silence that has to be confirmed by the number of alerts that it keeps quiet now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broad {
    pub alerts: usize,
    /// What is special about it, as a sentence without its end.
    pub why: String,
}

impl World {
    /// Why such a silence is broad, if it is.
    pub fn broad(&self, source: &SourceName, matchers: &[SilenceMatcher]) -> Option<Broad> {
        self.broad_over(&BTreeSet::from([source]), matchers)
    }

    /// The same of one that stands on several sources.
    pub fn broad_over(&self, sources: &BTreeSet<&SourceName>, matchers: &[SilenceMatcher]) -> Option<Broad> {
        let cover = Cover::of(matchers).ok()?;
        let alone = |name: &&String| cover.covers(&Labels::new(vec![("alertname".into(), name.as_str().into())]));
        let watchdog = self.settings.watchdogs.iter().find(alone).map(String::as_str);
        let there = self.alerts.queue().filter(|tracked| sources.contains(&tracked.alert.id.source));
        self.breadth(there.filter(|tracked| cover.covers(&tracked.alert.labels)), watchdog, SEVERAL)
    }

    /// The same for silences of these alerts, each alone.
    pub fn broad_for(&self, alerts: &[AlertId]) -> Option<Broad> {
        self.breadth(alerts.iter().filter_map(|id| self.alerts.get(id)), None, SEVERAL)
    }

    /// The same for acknowledgements of these alerts, of those that are carried as a silence.
    pub fn broad_acks(&self, alerts: &[AlertId]) -> Option<Broad> {
        let quiet: BTreeSet<&SourceName> = self.silencing_acks().collect();
        // What was pending and fires now is acknowledged where it fires.
        let meant: BTreeSet<&AlertId> = alerts.iter().map(|id| self.alerts.now(id)).collect();
        let meant = meant.into_iter().filter(|id| quiet.contains(&id.source)).filter_map(|id| self.alerts.get(id));
        self.breadth(meant, None, CROWD)
    }

    /// Sources on which an acknowledgement becomes a silence.
    pub fn silencing_acks(&self) -> impl Iterator<Item = &SourceName> {
        let silences = |spec: &&SourceSpec| matches!(spec.carry, Some(Carry::Silence { .. }));
        self.settings.sources.iter().filter(silences).map(|spec| &spec.name)
    }

    /// From so many alerts on that fire, the most of them are many.
    fn breadth<'a>(&self, quiet: impl Iterator<Item = &'a Tracked>, watchdog: Option<&str>, many: usize) -> Option<Broad> {
        let (mut alerts, mut firing, mut watchdog) = (0, 0, watchdog.map(str::to_owned));
        for tracked in quiet.filter(|tracked| tracked.resolved_at.is_none()) {
            alerts += 1;
            firing += usize::from(tracked.state == State::Firing);
            let name = tracked.alert.name();
            if watchdog.is_none() && self.settings.is_watchdog(name) {
                watchdog = Some(name.to_owned());
            }
        }
        let all = self.alerts.each(State::Firing);
        let why = match watchdog {
            Some(name) => format!("it hides {}, which says that alerting works", inert(&name)),
            None if firing >= many && firing * 2 > all => format!("it hides {firing} of the {all} alerts that fire"),
            None => return None,
        };
        Some(Broad { alerts, why })
    }

    pub(super) fn silence(
        &mut self,
        source: SourceName,
        matchers: Vec<SilenceMatcher>,
        hold: Duration,
        reason: String,
        (covers, confirmed): (usize, Option<usize>),
    ) -> Result<Vec<Draft>, Refusal> {
        self.can(&source, ActKind::Silence)?;
        lasting(hold)?;
        hides_something(&matchers)?;
        reasoned(&reason)?;
        meant(self.broad(&source, &matchers), confirmed)?;
        let by = self.me.name.clone();
        let ends_at = self.now.wall + to_chrono(hold);
        let lasts = humantime::format_duration(hold);
        let text = format!("silencing {} for {lasts} ({covers} alerts now): {}", show(&matchers), inert(&reason));
        let act = Act::Silence { id: None, matchers, starts_at: self.now.wall, ends_at, by, comment: reason };
        Ok(vec![self.act_draft(&source, act, &text).with("covers", covers)])
    }

    /// A silence of its own for each of these alerts.
    pub(super) fn silence_each(
        &mut self,
        alerts: Vec<AlertId>,
        hold: Duration,
        reason: &str,
        confirmed: Option<usize>,
    ) -> Result<Asked, Refusal> {
        some(&alerts)?;
        lasting(hold)?;
        reasoned(reason)?;
        meant(self.broad_for(&alerts), confirmed)?;
        let ends_at = self.now.wall + to_chrono(hold);
        Ok(Asked::each(alerts, |id| self.silence_one(&id, ends_at, reason)))
    }

    fn silence_one(&mut self, id: &AlertId, ends_at: DateTime<Utc>, reason: &str) -> Result<Draft, Refusal> {
        let tracked = self.alerts.get(id).ok_or_else(|| self.absent(id))?;
        let (name, matchers) = (self.in_full(id), tracked.alert.labels.exactly());
        if tracked.resolved_at.is_some() {
            return Err(format!("{name} has resolved already"));
        }
        self.can(&id.source, ActKind::Silence)?;
        let text = format!("silencing {name} until {}: {}", seconds(ends_at), inert(reason));
        let (starts_at, by, comment) = (self.now.wall, self.me.name.clone(), reason.to_owned());
        let draft = self.act_draft(&id.source, Act::Silence { id: None, matchers, starts_at, ends_at, by, comment }, &text);
        Ok(self.about_alert(draft, id))
    }

    /// It stays whose it was; who let it last longer stands in the log.
    pub(super) fn extend(
        &mut self,
        source: &SourceName,
        id: &Outside,
        by: Duration,
        confirmed: Option<usize>,
    ) -> Result<Vec<Draft>, Refusal> {
        self.can(source, ActKind::Silence)?;
        lasting(by)?;
        let known = self.alerts.source(source).and_then(|state| state.silence(id)).cloned();
        let silence = known.ok_or_else(|| format!("no silence {} is on {source}", id.inert()))?;
        if Phase::of(&silence, self.now.wall) == Phase::Ended {
            return Err(format!("silence {} has ended: make it again", id.inert()));
        }
        let ends_at = silence.ends_at + to_chrono(by);
        lasting((ends_at - self.now.wall).to_std().unwrap_or_default())?;
        meant(self.broad(source, &silence.matchers), confirmed)?;
        let text = format!("letting silence {} last until {}", show(&silence.matchers), seconds(ends_at));
        let act = Act::Silence {
            id: Some(silence.id),
            matchers: silence.matchers,
            starts_at: silence.starts_at,
            ends_at,
            by: silence.created_by.raw().to_owned(),
            comment: unmarked(silence.comment.raw()).to_owned(),
        };
        Ok(vec![self.act_draft(source, act, &text)])
    }

    pub(super) fn expire(&mut self, source: &SourceName, id: Outside) -> Result<Vec<Draft>, Refusal> {
        self.can(source, ActKind::Expire)?;
        let known = self.alerts.source(source).and_then(|state| state.silence(&id));
        let text = format!("ending silence {}", known.map_or_else(|| id.inert().into_owned(), |known| show(&known.matchers)));
        Ok(vec![self.act_draft(source, Act::Expire { id }, &text)])
    }
}

/// Whether a server takes a silence by these: one of them must not hold for a label that is missing.
///
/// # Errors
/// Each of them does.
pub fn hides_something(matchers: &[SilenceMatcher]) -> Result<(), String> {
    match matchers.iter().all(|matcher| matcher.matches(&Labels::default())) {
        true => Err("a silence needs at least one matcher with a value, as service=\"shop\": each of these holds for what lacks its label".into()),
        false => Ok(()),
    }
}

fn reasoned(reason: &str) -> Result<(), Refusal> {
    match reason.trim() {
        "" => Err("a silence needs a reason: others will ask why it is quiet".into()),
        _ => Ok(()),
    }
}

pub(in crate::model) fn meant(broad: Option<Broad>, confirmed: Option<usize>) -> Result<(), Refusal> {
    match broad.filter(|broad| confirmed != Some(broad.alerts)) {
        Some(Broad { alerts, why }) => {
            let number = "confirm it with the number of alerts that it keeps quiet now, which is";
            Err(format!("{why}: {number} {alerts} (`--confirm {alerts}`)"))
        }
        None => Ok(()),
    }
}

fn seconds(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `{job="db", instance=~"db-[0-9]+"}`, as Alertmanager's own tools write it, inert.
fn show(matchers: &[SilenceMatcher]) -> String {
    let one = |matcher: &SilenceMatcher| format!("{}{}\"{}\"", matcher.name.inert(), matcher.sign(), matcher.value.inert());
    format!("{{{}}}", matchers.iter().map(one).collect::<Vec<_>>().join(", "))
}
