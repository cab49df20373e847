//! A drill as it goes on: its alerts in the queue, its turns of feeds and the words of its game master in the log, the conditions under
//! which it is called off. All of it follows from its entries and the time.

use super::World;
use crate::domain::drill::Drill;
use crate::domain::entry::{Actor, Draft, Kind};
use crate::domain::ids::IncidentId;
use crate::domain::playbook::{Section, Selector};
use crate::domain::run::Run;
use crate::domain::scenario::{Beat, Scenario, What};
use crate::domain::text::inert;
use crate::model::Effect;
use crate::model::health::FeedHealth;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// How long a journal that could not hold something is left alone: it would be asked again by every answer that it gives.
pub(super) const BREATH: Duration = Duration::from_secs(10);

impl World {
    /// Whatever is due in drills.
    pub(super) fn play(&mut self) -> Vec<Effect> {
        self.drilling.reached = self.drills.open().map(|drill| (drill.incident, self.time_in(drill, self.now.wall)));
        let due = self.drilling.due.zip(self.drilling.reached).is_some_and(|(at, (_, now))| at <= now);
        let news = self.drilling.seen.replace(self.drills.revision()) != Some(self.drills.revision());
        let again = self.drilling.again.is_some_and(|at| at <= self.now.mono);
        let mut effects = if due || news || again { self.play_beats() } else { Vec::new() };
        let may_ask = self.drilling.again.is_none_or(|at| at <= self.now.mono);
        if self.drills.open().is_some() && may_ask {
            self.drilling.again = None;
            effects.extend(self.stands());
            effects.extend(self.call_off_by_feeds());
            effects.extend(self.called_off());
        }
        effects
    }

    /// What time it is in a drill: its clock never goes back, though the machine's may.
    fn time_in(&self, drill: &Drill, wall: DateTime<Utc>) -> DateTime<Utc> {
        let seen = self.drilling.reached.filter(|(id, _)| *id == drill.incident);
        drill.time(seen.map_or(wall, |(_, seen)| seen.max(wall)))
    }

    /// What the clock of a drill shows when the machine's says so.
    pub fn elapsed_in(&self, drill: &Drill, wall: DateTime<Utc>) -> Duration {
        drill.elapsed(self.time_in(drill, wall))
    }

    fn play_beats(&mut self) -> Vec<Effect> {
        let (settings, now) = (self.settings.clone(), self.now);
        let held = self.drills.open().map(|drill| (drill, self.time_in(drill, now.wall)));
        self.drilling.due = held.and_then(|(drill, at)| drill.next_beat(at));
        let turns = self.alerts.play(&settings, held, now);
        let drafts = self.told_beats();
        let mut effects = self.note_turns(turns);
        effects.extend(self.record(drafts));
        effects
    }

    /// What of a drill is no alert, and due: recorded once, by whoever watches.
    fn told_beats(&mut self) -> Vec<Draft> {
        let Some(drill) = self.drills.open().filter(|_| self.watching && !self.settings.read_only) else { return Vec::new() };
        let due = drill.scenario.due(self.elapsed_in(drill, self.now.wall)).iter().enumerate();
        let due = due.filter(|(_, beat)| matches!(beat.what, What::Feed(_) | What::Note { .. }) && drill.has_begun());
        let new = due.filter(|(place, _)| !drill.has_told(*place)).map(|(place, beat)| (drill.beat_key(place), beat));
        let new = new.filter(|(key, _)| !self.drilling.asked.contains(key));
        let drafts: Vec<Draft> = new.filter_map(|(key, beat)| told(drill, key, beat)).collect();
        self.drilling.asked.extend(drafts.iter().filter_map(|draft| draft.key.clone()));
        drafts
    }

    /// The clock of a drill that builds what is drilled on begins when that stands.
    fn stands(&mut self) -> Vec<Effect> {
        let Some(drill) = self.drills.open().filter(|drill| drill.builds() && !drill.has_begun()) else { return Vec::new() };
        let (id, key) = (drill.incident, format!("drill/{}/began", drill.id));
        let runs = self.ours_of(Some(id)).into_iter().filter_map(|run| self.runs.get(run));
        let Some(at) = runs.filter(|run| run.parent.is_none()).find_map(scene_stands) else { return Vec::new() };
        if !self.drilling.asked.insert(key.clone()) {
            return Vec::new();
        }
        let mut draft = self.seen_in_drill(id, "began", "the scene of the drill stands".into());
        (draft.key, draft.at) = (Some(key), at.min(self.now.wall));
        self.record(vec![draft])
    }

    /// A condition under which a drill is called off is watched all the time.
    fn call_off_by_feeds(&mut self) -> Vec<Effect> {
        let Some(drill) = self.drills.open().filter(|drill| drill.aborted.is_none()) else { return Vec::new() };
        let holds = |selector: &Selector| {
            let found = self
                .health
                .iter()
                .find(|feed| selector.means(&feed.spec) && self.lasts(selector, feed) == Some(Duration::ZERO))?;
            Some(format!("{} is {}", found.spec.name, found.state.word()))
        };
        let Some(why) = drill.scenario.abort.iter().find_map(holds) else { return Vec::new() };
        let (id, key) = (drill.incident, format!("drill/{}/aborted", drill.id));
        if !self.drilling.asked.insert(key.clone()) {
            return Vec::new();
        }
        let mut draft =
            self.seen_in_drill(id, "aborted", format!("the drill is called off: {}", inert(&why))).with("reason", why);
        draft.key = Some(key);
        self.record(vec![draft])
    }

    /// For how long a feed has still to be so until the condition holds; `None` where it is not so, or nobody knows.
    fn lasts(&self, selector: &Selector, feed: &FeedHealth) -> Option<Duration> {
        let state = feed.trouble.is_none().then_some(feed.state).filter(|state| selector.holds(*state) == Some(true));
        let since = state.and(feed.since)?;
        Some(selector.lasting.unwrap_or_default().saturating_sub(self.now.since(since)))
    }

    /// Runs of a drill that is called off are ended, and clear away what they made.
    fn called_off(&mut self) -> Vec<Effect> {
        let drill = self.drills.open().and_then(|drill| Some((drill.incident, drill.aborted.clone()?)));
        let Some((id, reason)) = drill else { return Vec::new() };
        let mut drafts = Vec::new();
        for run in self.ours_of(Some(id)) {
            let Some(state) = self.runs.get(run).filter(|run| run.parent.is_none() && run.outcome.is_none()) else { continue };
            let begun: usize = state.steps.iter().map(|record| record.attempts.len()).sum();
            let key = format!("drill/{run}/{begun}/{}/off", state.open_attempt().is_some());
            if self.drilling.asked.insert(key) {
                let (runs, context, ..) = self.split();
                drafts.extend(runs.call_off(&context, run, &reason));
            }
        }
        self.record(drafts)
    }

    /// When something of a drill is due.
    pub(super) fn next_beat(&self) -> Option<Duration> {
        let beat = self.drilling.due.map(|at| self.now.mono + (at - self.now.wall).to_std().unwrap_or_default());
        let drill = self.drills.open().filter(|drill| drill.aborted.is_none());
        let lasts = drill.into_iter().flat_map(|drill| &drill.scenario.abort).flat_map(|selector| {
            self.health.iter().filter(|feed| selector.means(&feed.spec)).filter_map(|feed| self.lasts(selector, feed))
        });
        let lasts = lasts.filter(|left| !left.is_zero()).min().map(|left| self.now.mono + left);
        let again = self.drilling.again.filter(|_| self.drills.open().is_some());
        [beat, lasts, again].into_iter().flatten().min()
    }

    /// With a drill its alerts are over, and nobody has to wait for their end.
    pub(super) fn ends_of(&mut self, drill: &Drill) -> Vec<Draft> {
        let open = drill.scenario.alerts().map(|(_, alert)| (Scenario::alert(&drill.id, &alert.name), alert.name.clone()));
        let open: Vec<_> = open.filter_map(|(id, name)| Some((self.alerts.record(&id)?.open_episode()?, id, name))).collect();
        let (incident, now) = (drill.incident, self.now.wall);
        let end = |(episode, alert, name): (DateTime<Utc>, _, String)| {
            let text = format!("{} is over with its drill", inert(&name));
            let mut draft = Draft::new(Kind::AlertResolved, now, Actor::system("drill"), text);
            draft.key = Some(format!("{alert}/{}/resolved", episode.timestamp_millis()));
            (draft.alert, draft.incident) = (Some(alert), Some(incident));
            draft.with("starts_at", episode).with("name", name)
        };
        open.into_iter().map(end).collect()
    }

    /// However a drill was ended, its alerts are.
    pub(super) fn drill_ended(&mut self, incident: IncidentId) -> Vec<Effect> {
        let Some(drill) = self.drills.get(incident).filter(|drill| drill.is_over()).cloned() else { return Vec::new() };
        let drafts = self.ends_of(&drill);
        self.record(drafts)
    }
}

/// When everything that the drill needs stood, if it does.
fn scene_stands(run: &Run) -> Option<DateTime<Utc>> {
    let (record, _) = run.at().filter(|_| run.outcome.is_none() && run.ended.is_none())?;
    let scene = Section::DrillSetup.word();
    if record.plan.section == scene || record.plan.section == Section::DrillCleanup.word() {
        return None;
    }
    let setup = run.steps.iter().filter(|record| record.plan.section == scene).flat_map(|record| &record.attempts);
    setup.filter_map(|attempt| attempt.ended_at).max().or(run.prepared_at)
}

/// A turn of a feed, or what the game master says.
fn told(drill: &Drill, key: String, beat: &Beat) -> Option<Draft> {
    let at = drill.moment(beat.at)?;
    let mut draft = match &beat.what {
        What::Feed(turn) => {
            let text = format!("{} {}: {}", inert(&turn.feed), turn.state.word(), inert(&turn.text));
            let draft = Draft::new(Kind::FeedChanged, at, Actor::system("drill"), text);
            let draft = draft.with("feed", &turn.feed).with("to", turn.state).with("message", &turn.text);
            Draft { service: turn.service.clone(), ..draft }
        }
        What::Note { text } => Draft::new(Kind::Note, at, Actor::system("game master"), inert(text)),
        What::Fires(_) | What::Resolves { .. } => return None,
    };
    (draft.key, draft.incident) = (Some(key), Some(drill.incident));
    Some(draft)
}
