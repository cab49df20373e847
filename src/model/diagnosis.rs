//! Which diagnoses begin, and when. Where the configuration allows it, the checks of the playbooks that fit an alert are
//! looked at as soon as it fires, so that the evidence is there when somebody opens one. A storm must not become a storm of
//! commands: few are begun, few at a time, those of the oldest episodes first, and what waits is shown.

use super::World;
use super::alerts::{State, Tracked};
use super::effect::Effect;
use super::runs::checks;
use super::suggestions::SUGGESTED;
use crate::domain::ids::{AlertId, PlaybookId, RequestId, RunId};
use crate::domain::run::Run;
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// So many are under way at most.
pub const AT_ONCE: usize = 2;

/// So many are begun within `WINDOW` at most, by all consoles of a journal.
pub const MOST: usize = 6;
const WINDOW: chrono::Duration = chrono::Duration::minutes(10);

/// Episodes whose playbooks are chosen between two looks at the clock: keys come first, in a storm too.
const CHOSEN: usize = 100;

/// An episode that began longer ago is no news.
const LATEST: chrono::Duration = chrono::Duration::hours(1);

/// What waits to be looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Diagnoses {
    /// Episodes whose playbooks have not been chosen yet, the oldest first.
    episodes: BTreeSet<(DateTime<Utc>, AlertId)>,
    /// What is looked at next.
    chosen: VecDeque<(DateTime<Utc>, AlertId, PlaybookId)>,
    /// Asked of the journal.
    asked: BTreeSet<RequestId>,
}

/// How far the diagnosis by a suggested playbook is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Diagnosis<'a> {
    /// As many as may be are begun.
    Waits,
    Begun(RunId, &'a Run),
}

impl Diagnoses {
    fn is_empty(&self) -> bool {
        self.episodes.is_empty() && self.chosen.is_empty()
    }

    pub fn answered(&mut self, request: RequestId) {
        self.asked.remove(&request);
    }
}

impl World {
    /// The diagnosis by a playbook that is suggested for an alert.
    pub fn diagnosis(&self, alert: &AlertId, book: &PlaybookId) -> Option<Diagnosis<'_>> {
        let episode = self.alerts.get(alert)?.episode;
        if let Some((id, run)) = self.runs.diagnosis(alert, episode, book) {
            return Some(Diagnosis::Begun(id, run));
        }
        let Diagnoses { episodes, chosen, .. } = &self.diagnoses;
        let waits = || {
            episodes.contains(&(episode, alert.clone())) && self.runs.playbook(book).is_some_and(|book| !checks(book).is_empty())
        };
        let next = chosen.iter().any(|(_, own, playbook)| own == alert && playbook == book);
        (self.is_news(episode) && (next || waits())).then_some(Diagnosis::Waits)
    }

    /// These may have begun to fire.
    pub(super) fn may_be_diagnosed(&mut self, alerts: impl Iterator<Item = AlertId>) {
        if !self.settings.diagnose {
            return;
        }
        let fires = |tracked: &&Tracked| tracked.state == State::Firing && !tracked.is_drill();
        let new = alerts.filter_map(|id| self.alerts.get(&id).filter(fires));
        let new = new.map(|tracked| (tracked.episode, tracked.alert.id.clone()));
        let new: Vec<_> = new.filter(|(episode, _)| self.is_news(*episode)).collect();
        self.diagnoses.episodes.extend(new);
    }

    /// Another configuration is in force.
    pub(super) fn diagnose_from_now_on(&mut self, before: bool) {
        match (before, self.settings.diagnose) {
            (_, false) => (self.diagnoses.episodes, self.diagnoses.chosen) = Default::default(),
            (false, true) => {
                let all: Vec<AlertId> = self.alerts.queue().map(|tracked| tracked.alert.id.clone()).collect();
                self.may_be_diagnosed(all.into_iter());
            }
            (true, true) => {}
        }
    }

    /// Begins what may be begun now.
    pub(super) fn diagnose(&mut self) -> Vec<Effect> {
        let (mut effects, mut left) = (Vec::new(), CHOSEN);
        while self.may_diagnose() && self.has_room() {
            match self.next_diagnosis(&mut left) {
                Some((episode, alert, book)) => effects.extend(self.begin_diagnosis(episode, &alert, &book)),
                None => break,
            }
        }
        effects
    }

    fn may_diagnose(&self) -> bool {
        !self.diagnoses.is_empty() && self.settings.diagnose && !self.settings.read_only && self.runs.ready()
    }

    fn has_room(&self) -> bool {
        let asked = self.diagnoses.asked.len();
        let ours = |id: RunId| self.runs.live(id).is_some_and(|live| live.driving);
        let open = self.runs.diagnoses().filter(|(id, run)| run.ended.is_none() && ours(*id)).count();
        open + asked < AT_ONCE && self.begun_lately().count() + asked < MOST
    }

    /// When those of the last while were begun.
    fn begun_lately(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let since = self.now.wall - WINDOW;
        self.runs.diagnoses().filter_map(|(_, run)| run.prepared_at).filter(move |at| *at > since)
    }

    /// When more may be begun: now, where something is left to be chosen; else when the last while is over.
    pub(super) fn next_room(&self) -> Option<Duration> {
        if !self.may_diagnose() {
            return None;
        }
        if self.has_room() {
            return Some(self.now.mono);
        }
        let first = self.begun_lately().min().filter(|_| self.begun_lately().count() >= MOST)?;
        Some(self.now.mono + (first + WINDOW - self.now.wall).to_std().unwrap_or_default())
    }

    fn next_diagnosis(&mut self, left: &mut usize) -> Option<(DateTime<Utc>, AlertId, PlaybookId)> {
        loop {
            if let Some(next) = self.diagnoses.chosen.pop_front() {
                return Some(next);
            }
            *left = left.checked_sub(1)?;
            let (episode, alert) = self.diagnoses.episodes.pop_first()?;
            let books = self.suggestions(Some(&alert), None).into_iter().take(SUGGESTED);
            let books =
                books.filter(|suggestion| !checks(&suggestion.book).is_empty()).map(|suggestion| suggestion.book.id.clone());
            let chosen: Vec<_> = books.map(|book| (episode, alert.clone(), book)).collect();
            self.diagnoses.chosen.extend(chosen);
        }
    }

    /// Nothing, where the alert has changed meanwhile, it was done before, or the playbook can't be run as it is: a value that is
    /// missing or unacceptable is for whoever opens it.
    fn begin_diagnosis(&mut self, episode: DateTime<Utc>, alert: &AlertId, book: &PlaybookId) -> Option<Effect> {
        let fires = |tracked: &&Tracked| tracked.state == State::Firing && tracked.episode == episode && tracked.missing == 0;
        let tracked = self.alerts.get(alert).filter(fires).filter(|_| self.is_news(episode))?.clone();
        let book = self.runs.playbook(book)?.clone();
        if self.runs.was_diagnosed(alert, episode, &book) {
            return None;
        }
        let incident = self.incidents.covering(Some(alert), tracked.service.as_ref());
        let (runs, mut context, ..) = self.split();
        let draft = runs.diagnose(&mut context, &book, &tracked, incident).ok()?;
        let request = context.request();
        self.diagnoses.asked.insert(request);
        Some(Effect::Record { request, drafts: vec![draft] })
    }

    fn is_news(&self, episode: DateTime<Utc>) -> bool {
        self.now.wall - episode <= LATEST
    }
}
