//! What people ask of drills, and what keeps them apart from reality: each entry of a drill is told to be one here, in one place, and
//! while a drill is held whatever is real comes first.

use super::World;
use super::commands::Refusal;
use crate::domain::alert::Severity;
use crate::domain::drill::{Debrief, Drill, is_alert};
use crate::domain::entry::{Actor, Draft, Entry, Kind};
use crate::domain::ids::{EntryId, IncidentId, RequestId, RunId, ServiceName};
use crate::domain::incident::{Incident, Sev, Status};
use crate::domain::practice::Verdict;
use crate::domain::run::{Auto, Run, RunMode};
use crate::domain::scenario::{self, Scenario};
use crate::domain::settings::Environment;
use crate::domain::text::inert;
use crate::model::drills::{Drilling, Found};
use crate::model::practice::Said;
use crate::model::runs::{RunCommand, Typed};
use crate::model::{Command, Effect};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What this process knows of drills besides their entries.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Held {
    /// Up to which turn of their clocks the queue is what drills say.
    pub seen: Option<u64>,
    /// How far the time of the one that is held has come here.
    pub reached: Option<(IncidentId, chrono::DateTime<chrono::Utc>)>,
    /// When their next beat is due.
    pub due: Option<chrono::DateTime<chrono::Utc>>,
    /// Keys of what the journal was asked to hold.
    pub asked: BTreeSet<String>,
    /// The journal could not hold it: not asked again before.
    pub again: Option<Duration>,
    /// What the runs of drills that are being begun are given.
    starting: BTreeMap<RequestId, (Typed, Auto)>,
}

impl World {
    /// Tells each entry that is to be recorded whether it is of a drill: by what it is about, and by nothing that anybody says.
    pub(super) fn mark(&self, effects: &mut [Effect]) {
        for effect in effects {
            let Effect::Record { drafts, .. } = effect else { continue };
            for draft in drafts.iter_mut().filter(|draft| draft.kind != Kind::Declare) {
                if let Some(drill) = self.drill_of(draft) {
                    draft.drill = Some(drill);
                }
            }
        }
    }

    /// The drill that an entry would be of.
    fn drill_of(&self, draft: &Draft) -> Option<String> {
        // A real alert is of no drill, whichever incident is shown.
        let real = draft.alert.as_ref().is_some_and(|id| !is_alert(id));
        let by_incident = || self.incidents.get(draft.incident.filter(|_| !real)?)?.drill.clone();
        let by_alert = || draft.alert.as_ref().filter(|id| is_alert(id)).and_then(|id| self.drills.of_alert(id));
        let by_run = || self.runs.get(draft.run?)?.drill.clone();
        let named = || self.entry(draft.corrects?)?.drill.clone();
        by_incident().or_else(|| by_alert().map(|drill| drill.id.clone())).or_else(by_run).or_else(named)
    }

    /// An entry of the log, of whatever age: what is newest, what is of an incident that is loaded, and what a person has named.
    pub(super) fn entry(&self, id: EntryId) -> Option<&Arc<Entry>> {
        self.log.get(id).or_else(|| self.incidents.entry(id))
    }

    /// An entry may be made part of an incident that is as real as it is. Of one that nobody knows nobody can say that it is practice.
    pub(super) fn as_real_as(&self, entry: EntryId, incident: IncidentId) -> Result<(), Refusal> {
        let incident = self.incident(incident)?;
        let label = incident.label();
        match self.entry(entry) {
            Some(entry) if entry.drill != incident.drill => {
                Err(format!("“{}” is not as real as {label} is: practice is kept apart", inert(&entry.text)))
            }
            None if incident.drill.is_some() => {
                Err(format!("entry {entry} is too old to be known here, and {label} is practice, which is kept apart"))
            }
            _ => Ok(()),
        }
    }

    /// In a drill nobody outside is told: what would have been sent is written down.
    pub(super) fn only_written(&self, mut draft: Draft) -> Draft {
        if draft.kind == Kind::Act && self.drill_of(&draft).is_some() {
            draft.kind = Kind::Comms;
            draft.text = format!("nothing left the drill; for real it would have {}", draft.text);
            draft.data.clear();
        }
        draft
    }

    /// What is asked of runs in a drill: a run that would be real is one of the drill.
    pub(super) fn practised_in(&self, command: RunCommand) -> Result<RunCommand, Refusal> {
        let RunCommand::Prepare { playbook, params, alert, mut incident, mode, auto } = command else {
            let goes_on = matches!(command, RunCommand::Resume { .. } | RunCommand::Unpause { .. } | RunCommand::Start { .. });
            let of = command.run().filter(|_| goes_on).and_then(|run| self.drills.get(self.runs.get(run)?.incident?));
            return match of.filter(|drill| drill.aborted.is_none()).and_then(|drill| drill.paused.as_ref()) {
                Some(why) => Err(format!("the drill is paused ({}): resume it first", inert(why))),
                None => Ok(command),
            };
        };
        let practised = alert.as_ref().filter(|id| is_alert(id)).and_then(|id| self.drills.of_alert(id));
        let drill = match (&alert, incident.and_then(|id| self.incidents.get(id))) {
            (Some(id), Some(real)) if practised.is_some() && real.drill.is_none() => {
                return Err(format!(
                    "{} is of a drill and {} is real: begin it from the one that is meant",
                    self.name_of(id),
                    real.label()
                ));
            }
            // What is done about a real alert is real, whichever incident is shown.
            (Some(id), Some(shown)) if practised.is_none() && shown.drill.is_some() => {
                let service = self.alerts.get(id).and_then(|tracked| tracked.service.as_ref());
                incident = self.incidents.covering(Some(id), service);
                None
            }
            _ => practised.or_else(|| self.drills.get(incident?)),
        };
        let Some(drill) = drill else {
            return match incident.and_then(|id| self.incidents.get(id)) {
                Some(real) if mode == RunMode::Drill => {
                    Err(format!("{} is real: a drill has an incident of its own", real.label()))
                }
                _ => Ok(RunCommand::Prepare { playbook, params, alert, incident, mode, auto }),
            };
        };
        if let Some(why) = drill.paused.as_ref() {
            return Err(format!("the drill is paused ({}): resume it first", inert(why)));
        }
        if drill.is_over() || drill.aborted.is_some() {
            return Err("the drill is over".into());
        }
        let told = matches!(drill.scenario.kind, scenario::Kind::Tabletop | scenario::Kind::Replay);
        let mode = match mode {
            RunMode::Live | RunMode::Drill if told => RunMode::Manual,
            RunMode::Live => RunMode::Drill,
            mode => mode,
        };
        Ok(RunCommand::Prepare { playbook, params, alert, incident: Some(drill.incident), mode, auto })
    }

    pub(super) fn drilling(&mut self, request: RequestId, asked: Drilling) -> Vec<Effect> {
        let title = asked.title().to_owned();
        let drafts = match asked {
            Drilling::Start { scenario, params, auto, anyway } => {
                let drafts = self.begin_drill(&scenario, &params, anyway);
                if drafts.is_ok() {
                    self.drilling.starting.insert(request, (params, auto));
                }
                drafts
            }
            Drilling::Pause { drill, reason } => self.pause_drill(drill, reason.trim()),
            Drilling::Resume { drill } => self.resume_drill(drill),
            Drilling::Abort { drill, reason } => self.abort_drill(drill, reason.trim()),
            Drilling::Finish { drill, said, found } => self.finish_drill(drill, &said, found),
        };
        match drafts {
            Ok(drafts) => self.ask_to_record(request, title, drafts.into()),
            Err(why) => self.refuse(request, &title, why),
        }
    }

    fn begin_drill(&mut self, scenario: &Scenario, params: &Typed, anyway: bool) -> Result<Vec<Draft>, Refusal> {
        if let Some(open) = self.drills.open() {
            return Err(format!("the drill {} is open: finish it first", open.id));
        }
        if let Some(real) = self.incidents.open().next().filter(|_| !anyway) {
            let title = inert(&real.title);
            return Err(format!(
                "{} ({title}) is open, and a drill takes people away from it: say that you mean it (`--anyway`)",
                real.label()
            ));
        }
        self.may_be_held(scenario, params)?;
        let id = format!("{}-{}", scenario.id, self.now.wall.format("%Y%m%dT%H%M%S%3f"));
        let worst = scenario.alerts().map(|(_, alert)| alert.severity).max();
        let severity: Sev = if worst == Some(Severity::Critical) { Sev::ALL[1] } else { Sev::ALL[2] };
        let title = inert(&scenario.title);
        let draft = self.context().by_me(Kind::Declare, format!("began the drill “{title}” ({})", scenario.kind.word()));
        let draft = draft.with("title", &scenario.title).with("severity", severity).with("services", &scenario.services);
        let mut draft = draft.with("lead", &self.me.name).with("scenario", scenario);
        (draft.important, draft.playbook, draft.drill) = (true, scenario.playbook.clone(), Some(id));
        draft.service = scenario.services.first().cloned();
        Ok(vec![draft])
    }

    /// Only what may be broken is broken, and only what can be run is begun.
    fn may_be_held(&mut self, scenario: &Scenario, params: &Typed) -> Result<(), Refusal> {
        let declared = |name: &ServiceName| self.settings.services.named(name.as_str()).is_some_and(|service| service.drill);
        if scenario.kind == scenario::Kind::GameDay && self.settings.environment != Environment::Lab {
            match scenario.services.iter().find(|name| !declared(name)) {
                Some(name) => {
                    return Err(format!(
                        "{name} may not be drilled: mark it with `drill: true` among the services of the configuration"
                    ));
                }
                None if scenario.services.is_empty() => return Err("a game day names the services that it breaks".into()),
                None => {}
            }
        }
        match &scenario.playbook {
            None => Ok(()),
            Some(name) => {
                let builds = matches!(scenario.kind, scenario::Kind::Live | scenario::Kind::GameDay);
                let (runs, context, ..) = self.split();
                let book = runs.playbook(name).cloned().ok_or_else(|| format!("there is no playbook `{name}`"))?;
                if builds { runs.admits(&context, &book, params, RunMode::Drill) } else { Ok(()) }
            }
        }
    }

    fn held(&self, id: IncidentId) -> Result<&Drill, Refusal> {
        match self.drills.get(id) {
            Some(drill) if drill.is_over() => Err("the drill is over".into()),
            Some(drill) => Ok(drill),
            None => Err("there is no such drill".into()),
        }
    }

    /// A line of the drill itself.
    fn of_drill(&mut self, id: IncidentId, step: &str, text: String) -> Draft {
        let mut draft = self.context().by_me(Kind::Drill, text).with("step", step);
        (draft.incident, draft.important) = (Some(id), true);
        draft
    }

    /// The same of what nobody asked for.
    pub(super) fn seen_in_drill(&mut self, id: IncidentId, step: &str, text: String) -> Draft {
        let draft = self.of_drill(id, step, text);
        Draft { actor: Actor::system("drill"), ..draft }
    }

    fn pause_drill(&mut self, id: IncidentId, reason: &str) -> Result<Vec<Draft>, Refusal> {
        match self.held(id)? {
            drill if drill.paused.is_some() => return Err("the drill is paused already".into()),
            drill if drill.aborted.is_some() => return Err("the drill is called off".into()),
            _ if reason.is_empty() => return Err("a drill is paused with a reason".into()),
            _ => {}
        }
        Ok(vec![self.of_drill(id, "paused", format!("paused the drill: {}", inert(reason))).with("reason", reason)])
    }

    fn resume_drill(&mut self, id: IncidentId) -> Result<Vec<Draft>, Refusal> {
        match self.held(id)? {
            drill if drill.paused.is_none() => Err("the drill is not paused".into()),
            _ => Ok(vec![self.of_drill(id, "resumed", "resumed the drill".into())]),
        }
    }

    fn abort_drill(&mut self, id: IncidentId, reason: &str) -> Result<Vec<Draft>, Refusal> {
        match self.held(id)? {
            drill if drill.aborted.is_some() => return Err("the drill is called off already".into()),
            _ if reason.is_empty() => return Err("a drill is called off with a reason".into()),
            _ => {}
        }
        Ok(vec![self.of_drill(id, "aborted", format!("called the drill off: {}", inert(reason))).with("reason", reason)])
    }

    fn finish_drill(&mut self, id: IncidentId, said: &Debrief, found: Vec<Found>) -> Result<Vec<Draft>, Refusal> {
        let drill = self.held(id)?.clone();
        let left = self.runs.open().find(|(_, run)| run.incident == Some(id));
        if let Some((run, state)) = left {
            let title = inert(&state.title);
            return Err(format!("“{title}” is not over ({run}): end it first, or call the drill off, which clears it away"));
        }
        let found = self.findings_of(&drill, found)?;
        let mut measured = self.measured(&drill);
        // What has found something did not merely pass.
        if measured.verdict == Verdict::Pass && !found.is_empty() {
            measured.verdict = Verdict::Findings;
        }
        let recovered = measured.recovered.map(|took| format!(", recovered in {} s", took.as_secs())).unwrap_or_default();
        let text = format!("the drill is over: {}{recovered}", measured.verdict.word());
        let mut over = self.of_drill(id, "finished", text).with("said", said).with("measured", measured);
        over = over.with("scenario", &drill.scenario.id).with("title", &drill.scenario.title).with("kind", drill.scenario.kind);
        over.playbook = drill.scenario.playbook.clone();
        over.key = Some(format!("practice/drill/{}", drill.id));
        let ends = self.ends_of(&drill);
        let label = self.incident(id).map(Incident::label)?;
        let close = self.about_incident(id, Kind::Status, format!("{label} closed")).with("status", Status::Closed);
        // What was kept back while it was played.
        let truth = drill.scenario.ending.as_ref().map(|ending| {
            let draft = self.about_incident(id, Kind::Note, format!("in truth: {}", inert(ending)));
            Draft { actor: Actor::system("game master"), ..draft }
        });
        Ok(ends.into_iter().chain(found).chain(truth).chain([over, close]).collect())
    }

    /// Of the playbook that was gone through, or that was to be.
    fn findings_of(&mut self, drill: &Drill, found: Vec<Found>) -> Result<Vec<Draft>, Refusal> {
        let of = |(_, run): &(RunId, &Run)| run.incident == Some(drill.incident) && run.parent.is_none();
        let run = self.runs.iter().find(of).and_then(|(id, run)| Some((id, run.playbook.clone()?)));
        let mut drafts = Vec::new();
        for (place, Found { text, owner, due }) in found.into_iter().enumerate() {
            let playbook = run.as_ref().map(|(_, playbook)| playbook).or(drill.scenario.playbook.as_ref()).cloned();
            let playbook = playbook.ok_or("a finding is about a playbook, and this drill had none")?;
            let said = Said::Found { playbook, run: run.as_ref().map(|(id, _)| *id), text, owner, due };
            for mut draft in self.practise(said)? {
                draft.incident = Some(drill.incident);
                draft.key = draft.key.map(|key| format!("{key}/{place}"));
                drafts.push(draft);
            }
        }
        Ok(drafts)
    }

    /// The journal holds what we asked for: a drill that builds what is drilled on begins to; of one that is called off the runs are taken
    /// up that nobody holds, to be ended and cleared away.
    pub(super) fn drill_recorded(&mut self, entry: &Entry, request: RequestId) -> Vec<Effect> {
        if entry.kind == Kind::Drill && entry.text_of("step") == Some("aborted") {
            return self.take_up_runs(entry.incident);
        }
        let Some((params, auto)) = self.drilling.starting.remove(&request) else { return Vec::new() };
        let Some(drill) = self.drills.get(IncidentId(entry.id.0)).filter(|drill| drill.builds()) else { return Vec::new() };
        let (incident, playbook) = (Some(drill.incident), drill.scenario.playbook.clone());
        let Some(playbook) = playbook else { return Vec::new() };
        let prepare = RunCommand::Prepare { playbook, params, alert: None, incident, mode: RunMode::Drill, auto };
        let request = self.context().request();
        self.command(request, Command::Run(prepare))
    }

    fn take_up_runs(&mut self, incident: Option<IncidentId>) -> Vec<Effect> {
        let held = |run: &RunId| self.runs.live(*run).is_some_and(|live| live.engaged() || live.elsewhere);
        let of = self.runs.open().filter(|(_, run)| incident.is_some() && run.incident == incident && run.parent.is_none());
        let left: Vec<RunId> = of.map(|(id, _)| id).filter(|id| !held(id)).collect();
        let take = |run| {
            let request = self.context().request();
            self.command(request, Command::Run(RunCommand::Resume { run, params: Typed::default() }))
        };
        left.into_iter().flat_map(take).collect()
    }

    /// What is real comes first: a drill is paused at once when something of tier 1 fires, or an incident is declared. What a game day
    /// breaks on purpose is none of that.
    pub(super) fn disturbed(&mut self, entry: &Entry) -> Vec<Effect> {
        // Whoever watches says so, as of everything that happens outside; what was read at the start is nobody's news.
        let Some(drill) = self.drills.open().filter(|_| self.watching && entry.drill.is_none()) else { return Vec::new() };
        // By the order of the log: times would be wrong where a clock was set back.
        if drill.paused.is_some() || drill.aborted.is_some() || !drill.is_before(entry) {
            return Vec::new();
        }
        let broken =
            |name: &ServiceName| drill.scenario.kind == scenario::Kind::GameDay && drill.scenario.services.contains(name);
        let tier = |name: &ServiceName| self.settings.services.named(name.as_str()).and_then(|service| service.tier);
        let first = |name: &&ServiceName| tier(name) == Some(1) && !broken(name);
        let why = match (&entry.kind, entry.service.as_ref().filter(first)) {
            (Kind::Declare, _) => format!("a real incident was declared: {}", entry.text_of("title").unwrap_or(&entry.text)),
            (Kind::Status, _) if entry.data_of("status") == Some(Status::Open) => {
                format!("a real incident was reopened: {}", entry.text)
            }
            (Kind::AlertFired, Some(service)) => {
                format!("{} fires for real, and {service} is of tier 1", entry.text_of("name").unwrap_or(&entry.text))
            }
            _ => return Vec::new(),
        };
        let (id, key) = (drill.incident, format!("drill/{}/paused/{}", drill.id, entry.id));
        let mut draft = self.seen_in_drill(id, "paused", format!("the drill is paused: {}", inert(&why))).with("reason", why);
        draft.key = Some(key);
        self.record(vec![draft])
    }

    /// The runs of a drill stand still with it, each held by whoever drives it.
    pub(super) fn pause_with(&mut self, entry: &Entry) -> Vec<Effect> {
        let paused = match (&entry.kind, entry.text_of("step")) {
            (Kind::Drill, Some("paused")) => true,
            (Kind::Drill, Some("resumed")) => false,
            _ => return Vec::new(),
        };
        let ours: Vec<RunId> = self.ours_of(entry.incident);
        let (runs, context, ..) = self.split();
        let drafts = ours.into_iter().filter_map(|run| runs.stands_still(&context, run, paused)).collect();
        self.record(drafts)
    }

    /// The runs of a drill that this process holds and that are not over.
    pub(super) fn ours_of(&self, incident: Option<IncidentId>) -> Vec<RunId> {
        let ours = |run: &RunId| self.runs.live(*run).is_some_and(|live| live.driving);
        let of = self.runs.open().filter(|(_, run)| incident.is_some() && run.incident == incident);
        of.map(|(id, _)| id).filter(ours).collect()
    }
}
