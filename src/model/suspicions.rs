//! What is suspected to be why services are bad, and whether that was right. Judged anew when something has begun or ended, never
//! because a feed said the same again. What holds for a while is written down, and compared with what happens later: a cause that
//! goes and leaves its symptoms behind was none.

use super::World;
use super::alerts::Tracked;
use super::causes::evidence::{Cause, Changed, Evidence, Sign, Suspicion, Watched, percent};
use super::causes::{BACK, judge, signs};
use super::effect::Effect;
use super::health::Proven;
use crate::domain::change::Change;
use crate::domain::entry::{Draft, Entry, Kind};
use crate::domain::ids::ServiceName;
use crate::domain::text::inert;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A suspicion that holds for so long is written down and counts: the first minute of an outage changes its mind.
const HOLDS: Duration = Duration::from_secs(60);
/// A cause and its symptoms end within this time of each other, or it was none.
const FOLLOWS: Duration = Duration::from_secs(10 * 60);
/// How long what was written down is worth anything without an end.
const STANDS: chrono::Duration = chrono::Duration::days(1);
/// Services that are named in one line.
const NAMED: usize = 4;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Suspicions {
    verdict: Arc<judge::Verdict>,
    /// What the verdict is of.
    judged: Option<Mark>,
    told: BTreeMap<Cause, Told>,
    /// What was written down and has no end yet, by whichever process: by the words for the cause.
    written: BTreeMap<String, Written>,
    /// What a person has said is not why, until that is over.
    denied: BTreeSet<(ServiceName, Cause)>,
    proven: Proven,
    /// Of the entry that `proven` is of.
    proven_at: Option<crate::domain::entry::Clock>,
    revision: u64,
}

/// Changes whenever something begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    alerts: u64,
    health: u64,
}

/// A suspicion that has to come true.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    since: Duration,
    began: DateTime<Utc>,
    symptoms: BTreeSet<ServiceName>,
    found: Suspicion,
    /// It has held long enough.
    holds: bool,
    /// Since when the cause, or every symptom, is over.
    cause_over: Option<Duration>,
    symptoms_over: Option<Duration>,
}

/// A suspicion as the record has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub cause: String,
    pub services: BTreeSet<ServiceName>,
    pub since: DateTime<Utc>,
    pub confidence: f64,
    /// What the entry says.
    pub text: String,
}

impl Written {
    /// `84 %`: never certain.
    pub fn percent(&self) -> String {
        percent(self.confidence)
    }
}

/// What became of a suspicion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Right,
    Wrong,
    /// Cause and symptoms ended at once, as in one answer of their source: that shows nothing.
    Together,
    /// One of them has ended only because nobody tells of it any more.
    Untold,
    /// It was gone too soon, or nobody can know.
    Neither,
}

impl Suspicions {
    pub fn of(&self, service: &ServiceName) -> Option<&Suspicion> {
        self.verdict.suspicions.get(service)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&ServiceName, &Suspicion)> {
        self.verdict.suspicions.iter()
    }

    /// What was written down of why this service is bad, and not taken back: for who has not seen how it is. After a day nobody knows
    /// any more, for whoever wrote it has seen no end of it.
    pub fn written(&self, service: &ServiceName, now: DateTime<Utc>) -> Option<&Written> {
        let standing = |written: &&Written| written.services.contains(service) && now - written.since < STANDS;
        self.written.values().filter(standing).max_by(|a, b| a.since.cmp(&b.since))
    }

    /// Somebody has said that this service is not why that one is bad.
    pub fn is_denied(&self, service: &ServiceName, cause: &ServiceName) -> bool {
        !self.denied.is_empty() && self.denied.contains(&(service.clone(), Cause::Service(cause.clone())))
    }

    /// How often what was suspected was right.
    pub fn proven(&self) -> Proven {
        self.proven
    }

    /// Changes with every verdict that is another one.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn judge_anew(&mut self) {
        self.judged = None;
    }

    pub(super) fn fold(&mut self, entry: &Entry) {
        match entry.kind {
            Kind::Change => self.judged = None,
            Kind::Cause => self.fold_cause(entry),
            _ => {}
        }
    }

    fn fold_cause(&mut self, entry: &Entry) {
        if let Some(proven) = entry.data_of("proven").filter(|_| self.proven_at.is_none_or(|at| at < entry.clock)) {
            (self.proven, self.proven_at) = (proven, Some(entry.clock));
        }
        self.fold_written(entry);
        let denied = self.told.iter().find(|(cause, _)| Some(cause.to_string().as_str()) == entry.text_of("cause"));
        if let (Some("denied"), Some((cause, told))) = (entry.text_of("verdict"), denied) {
            let cause = cause.clone();
            self.denied.extend(told.symptoms.iter().map(|name| (name.clone(), cause.clone())));
            self.told.remove(&cause);
            self.judged = None;
        }
    }

    fn fold_written(&mut self, entry: &Entry) {
        let (Some(cause), Some(verdict)) = (entry.text_of("cause"), entry.text_of("verdict")) else { return };
        if verdict != "suspected" {
            self.written.remove(cause);
            return;
        }
        let (services, confidence) = (entry.data_of("services"), entry.data_of("confidence"));
        let (cause, since, text) = (cause.to_owned(), entry.at, entry.text.clone());
        let (services, confidence) = (services.unwrap_or_default(), confidence.unwrap_or_default());
        self.written.insert(cause.clone(), Written { cause, services, since, confidence, text });
    }

    /// When something has to be looked at again.
    pub(super) fn next_due(&self) -> Option<Duration> {
        let due = |told: &Told| {
            let over = [told.cause_over, told.symptoms_over].into_iter().flatten().map(|at| at + FOLLOWS);
            over.chain((!told.holds).then_some(told.since + HOLDS)).min()
        };
        self.told.values().filter_map(due).min()
    }
}

impl World {
    /// What is suspected to be why services are bad.
    pub fn suspicions(&self) -> &Suspicions {
        &self.suspicions
    }

    /// Judges anew if something has begun or ended, and sees what became of what was suspected.
    pub(super) fn suspect(&mut self) -> Vec<Effect> {
        let mark = Mark { alerts: self.alerts.stirred(), health: self.health.stirred() };
        let stirred = self.suspicions.judged != Some(mark);
        if !stirred && self.suspicions.next_due().is_none_or(|at| at > self.now.mono) {
            return Vec::new();
        }
        let signs = signs::of(self);
        if stirred {
            let verdict = self.judged(&signs);
            if *self.suspicions.verdict != verdict {
                self.suspicions.verdict = Arc::new(verdict);
                self.suspicions.revision += 1;
            }
            self.suspicions.judged = Some(mark);
            self.tell();
        }
        self.compare(&signs)
    }

    fn judged(&self, signs: &BTreeMap<usize, Sign>) -> judge::Verdict {
        let map = &self.settings.services;
        let watched = |at: usize| signs::watched(self, at);
        let denied = |name: &ServiceName, cause: &Cause| {
            !self.suspicions.denied.is_empty() && self.suspicions.denied.contains(&(name.clone(), cause.clone()))
        };
        let first = signs.values().map(|sign| sign.since).min();
        let changes = first.map(|first| self.changed_since(first - BACK)).unwrap_or_default();
        judge::judge(&Evidence { map, signs: signs.clone(), watched: &watched, changes, denied: &denied })
    }

    /// What was changed since then, the oldest first.
    fn changed_since(&self, since: DateTime<Utc>) -> Vec<Changed> {
        let changed = |change: &Change| Some(Changed { service: change.service.clone()?, at: change.at, words: change.line() });
        let mut found: Vec<Changed> = self.changes.between(since, self.now.wall).filter_map(changed).collect();
        found.reverse();
        found
    }

    /// Keeps what is suspected now, to be compared with what happens.
    fn tell(&mut self) {
        let verdict = self.suspicions.verdict.clone();
        let mut now: BTreeMap<&Cause, (BTreeSet<ServiceName>, &Suspicion)> = BTreeMap::new();
        for (name, found) in &verdict.suspicions {
            let (symptoms, surest) = now.entry(&found.cause).or_insert_with(|| (BTreeSet::new(), found));
            symptoms.insert(name.clone());
            if found.confidence > surest.confidence {
                *surest = found;
            }
        }
        // What has not held for long and is not suspected any more never was.
        self.suspicions.told.retain(|cause, told| told.holds || now.contains_key(cause));
        for (cause, (symptoms, found)) in now {
            let told = self.suspicions.told.entry(cause.clone()).or_insert_with(|| Told {
                since: self.now.mono,
                began: self.now.wall,
                symptoms: BTreeSet::new(),
                found: found.clone(),
                holds: false,
                cause_over: None,
                symptoms_over: None,
            });
            told.symptoms.extend(symptoms);
            if !told.holds {
                told.found = found.clone();
            }
        }
    }

    fn compare(&mut self, signs: &BTreeMap<usize, Sign>) -> Vec<Effect> {
        let mut told = std::mem::take(&mut self.suspicions.told);
        let mut drafts = Vec::new();
        told.retain(|cause, told| {
            if !told.holds && self.now.mono >= told.since + HOLDS {
                told.holds = true;
                drafts.extend(self.held_draft(cause, told));
            }
            let end = self.end_of(cause, told, signs);
            if let Some(end) = end.filter(|end| *end != End::Neither) {
                drafts.extend(self.end_draft(cause, told, end));
            }
            end.is_none()
        });
        self.suspicions.told = told;
        let bad = |name: &ServiceName| self.settings.services.place(name.as_str()).is_some_and(|at| signs.contains_key(&at));
        let denied = std::mem::take(&mut self.suspicions.denied);
        self.suspicions.denied = denied.into_iter().filter(|(name, _)| bad(name)).collect();
        if self.watching { self.record(drafts) } else { Vec::new() }
    }

    /// What has become of it; `None` while that can't be said.
    fn end_of(&self, cause: &Cause, told: &mut Told, signs: &BTreeMap<usize, Sign>) -> Option<End> {
        let map = &self.settings.services;
        // What nobody can ask is not over.
        let is_over = |at: usize| !signs.contains_key(&at) && signs::watched(self, at) != Watched::Unknown;
        let over = |name: &ServiceName| map.place(name.as_str()).is_none_or(is_over);
        let symptoms_over = told.symptoms.iter().all(over);
        let cause_over = match cause {
            Cause::Service(name) => over(name),
            // It ends with what it has broken.
            _ => told.symptoms.iter().any(over),
        };
        let now = self.now.mono;
        let since = |was: Option<Duration>, over: bool| over.then(|| was.unwrap_or(now));
        (told.cause_over, told.symptoms_over) = (since(told.cause_over, cause_over), since(told.symptoms_over, symptoms_over));
        let late = |at: Option<Duration>| at.is_some_and(|at| now >= at + FOLLOWS);
        let end = match (cause_over, symptoms_over, cause) {
            (true, true, _) if !told.holds => Some(End::Neither),
            (true, true, Cause::Service(_)) if told.cause_over == told.symptoms_over => Some(End::Together),
            (true, true, Cause::Change(service, words)) => Some(self.taken_back(service, words, told.began)),
            (true, true, _) => Some(End::Right),
            (true, false, _) if late(told.cause_over) => Some(End::Wrong),
            (false, true, _) if late(told.symptoms_over) => Some(End::Wrong),
            _ => None,
        };
        end.map(|end| if end != End::Neither && self.is_untold(cause, told) { End::Untold } else { end })
    }

    /// Of the cause, or of what it is said to have broken, something is only taken for over.
    fn is_untold(&self, cause: &Cause, told: &Told) -> bool {
        let concerned = |name: &ServiceName| cause.service() == Some(name) || told.symptoms.contains(name);
        let untold = |tracked: &Tracked| tracked.presumed().is_some() && tracked.resolved_at >= Some(told.began);
        self.alerts.real().any(|tracked| untold(tracked) && tracked.service.as_ref().is_some_and(concerned))
    }

    /// What was well again after another change of the same service was broken by the first.
    fn taken_back(&self, service: &ServiceName, words: &str, since: DateTime<Utc>) -> End {
        let again = |changed: &Changed| changed.service == *service && changed.words != words && changed.at >= since;
        if self.changed_since(since).iter().any(again) { End::Right } else { End::Neither }
    }

    fn held_draft(&mut self, cause: &Cause, told: &Told) -> Option<Draft> {
        let names = names(&told.symptoms);
        let text = format!(
            "suspected cause of {names}: {}, {}: {}",
            inert(&cause.to_string()),
            told.found.percent(),
            told.found.reasons.join("; ")
        );
        let draft = self.context().seen("causes", Kind::Cause, text).with("confidence", told.found.confidence);
        Some(self.about_cause(draft, cause, told, "suspected"))
    }

    fn end_draft(&mut self, cause: &Cause, told: &Told, end: End) -> Option<Draft> {
        let Proven { right, wrong } = self.suspicions.proven;
        let (named, failed) = (inert(&cause.to_string()).into_owned(), names(&told.symptoms));
        let (verdict, proven, text) = match end {
            End::Right => {
                let text = format!("{named} was rightly suspected to be why {failed} failed");
                ("right", Proven { right: right + 1, wrong }, text)
            }
            End::Untold => {
                let text = format!("nobody told of an end of {named} or {failed}: whether it was why can't be told by that");
                ("untold", Proven { right, wrong }, text)
            }
            End::Together => {
                let text = format!("{named} and {failed} ended together: whether it was why can't be told by that");
                ("together", Proven { right, wrong }, text)
            }
            _ => {
                let text = format!("{named} was wrongly suspected to be why {failed} failed");
                ("wrong", Proven { right, wrong: wrong + 1 }, text)
            }
        };
        self.suspicions.proven = proven;
        let draft = self.context().seen("causes", Kind::Cause, text).with("proven", proven);
        Some(self.about_cause(draft, cause, told, verdict))
    }

    fn about_cause(&self, draft: Draft, cause: &Cause, told: &Told, verdict: &str) -> Draft {
        let mut draft = draft.with("cause", cause.to_string()).with("verdict", verdict).with("services", &told.symptoms);
        draft.key = Some(format!("cause/{cause}/{}/{verdict}", told.began.timestamp_millis()));
        draft.service = cause.service().or(told.symptoms.first()).cloned();
        draft.incident = told.symptoms.iter().find_map(|name| self.incidents.covering(None, Some(name)));
        draft
    }

    /// A person says that what is suspected is not why: it counts as wrong, and is not named again until this is over. Who does not
    /// watch means what was written down.
    pub(super) fn deny_cause(&mut self, service: &ServiceName) -> Result<Draft, String> {
        let seen = self.suspicions.of(service).map(|found| found.cause.to_string());
        let written = || self.suspicions.written(service, self.now.wall).map(|written| written.cause.clone());
        let Some(cause) = seen.or_else(written) else {
            return Err(format!("no cause is suspected for {service}"));
        };
        let Proven { right, wrong } = self.suspicions.proven;
        let text = format!("{} is not why {service} is bad", inert(&cause));
        let mut draft = self.context().by_me(Kind::Cause, text).with("cause", cause);
        draft = draft.with("verdict", "denied").with("proven", Proven { right, wrong: wrong + 1 });
        draft.service = Some(service.clone());
        draft.incident = self.incidents.covering(None, Some(service));
        Ok(draft)
    }
}

/// `checkout, cart and 3 more`
fn names(all: &BTreeSet<ServiceName>) -> String {
    let named: Vec<&str> = all.iter().take(NAMED).map(|name| name.as_str()).collect();
    let more = all.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}
