//! What a human asks: the guards, and the drafts that the journal is asked to hold. Nothing is changed here.

use super::World;
use super::again::kept;
use super::attaching::named;
use super::silencing::meant;
use super::watch::to_chrono;
use crate::domain::alert::{Alert, Severity};
use crate::domain::entry::{Draft, Kind, Visibility};
use crate::domain::ids::{AlertId, EntryId, IncidentId, RequestId};
use crate::domain::text::inert;
use crate::model::alerts::Tracked;
use crate::model::exported::Exported;
use crate::model::past;
use crate::model::practice::Said;
use crate::model::progress::Target;
use crate::model::{Command, Effect};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What a guard says no to, in a sentence for the operator.
pub(super) type Refusal = String;

/// Acknowledgements that are recorded, by their alerts.
pub(super) type Given = BTreeMap<AlertId, EntryId>;

/// What the journal is to be asked for, and what a guard said no to, alert by alert.
#[derive(Default)]
pub(super) struct Asked {
    pub drafts: Vec<Draft>,
    pub refused: Vec<(AlertId, Refusal)>,
    /// Each of the drafts stands for itself: an act waits for its turn, whatever else is recorded.
    pub apart: bool,
}

impl From<Vec<Draft>> for Asked {
    fn from(drafts: Vec<Draft>) -> Self {
        Self { drafts, ..Self::default() }
    }
}

impl Asked {
    pub fn each(alerts: Vec<AlertId>, mut one: impl FnMut(AlertId) -> Result<Draft, Refusal>) -> Self {
        let mut asked = Self::default();
        for id in alerts {
            match one(id.clone()) {
                Ok(draft) => asked.drafts.push(draft),
                Err(why) => asked.refused.push((id, why)),
            }
        }
        asked
    }
}

/// What of a label's value stands in a sentence, in characters.
const LABEL: usize = 40;

impl World {
    /// The journal is asked and, of an alert that is listed, its source for whom it tells and what it is made of, and those that have a record of their own.
    fn recall(&self, alert: Option<AlertId>) -> Vec<Effect> {
        let back = |back| self.now.wall - to_chrono(back);
        let listed = alert.as_ref().and_then(|id| self.alerts.get(id));
        let listed = listed.map(|tracked| tracked.alert.clone());
        let told =
            listed.map(|alert| [Effect::Recount { alert: alert.clone(), since: back(past::NIGHT) }, Effect::Look { alert }]);
        let memory = if alert.is_some() { self.settings.memory } else { past::NIGHT };
        [Effect::Recall { alert, since: back(memory) }].into_iter().chain(told.into_iter().flatten()).collect()
    }

    pub(super) fn command(&mut self, request: RequestId, command: Command) -> Vec<Effect> {
        let title = self.title(&command);
        let looks = match &command {
            Command::Run(command) => command.only_looks(),
            command => {
                use Command::{Call, Export, Recall, RecallPractice, Refresh};
                matches!(command, Refresh | Recall { .. } | RecallPractice | Export { .. } | Call(_))
            }
        };
        if self.settings.read_only && !looks {
            return self.refuse(request, &title, "this console is read-only");
        }
        match command {
            Command::Refresh => self.refresh(),
            Command::Recall { alert } => self.recall(alert),
            Command::RecallPractice => self.recall_practice(),
            Command::Export { incident, file } => {
                if file.is_none() {
                    self.exports.forget();
                }
                // Without what it says is to be struck, nothing leaves the house.
                if let Some(why) = self.config_trouble.clone() {
                    self.exports.keep(Exported { incident, file, outcome: Err(why) });
                    return Vec::new();
                }
                vec![Effect::Export { incident, file }]
            }
            Command::Attach { incident, file, text, about } => match self.attach(request, incident, &file, &text, about) {
                Ok(target) => {
                    self.requests.begin(request, title, std::iter::once(target));
                    vec![Effect::Keep { request, file }]
                }
                Err(why) => self.refuse(request, &title, why),
            },
            Command::Run(command) => {
                let command = match self.practised_in(command) {
                    Ok(command) => command,
                    Err(why) => return self.refuse(request, &title, why),
                };
                let (runs, mut context, requests, alerts) = self.split();
                runs.command(&mut context, requests, alerts, request, command)
            }
            Command::Drill(asked) => self.drilling(request, asked),
            Command::Call(call) => self.call(call),
            Command::Undo { request: undone } => self.undo(request, &title, undone),
            Command::Retry { request: failed } => self.retry(request, &title, failed),
            Command::Stop { request: stopped } => self.stop(request, &title, stopped),
            command => {
                let kept = kept(&command);
                let asked = self.asked(command);
                self.ask(request, title, kept, asked)
            }
        }
    }

    /// Asks the journal for what the guards let through; `kept` is what may be tried again or taken back.
    pub(super) fn ask(
        &mut self,
        request: RequestId,
        title: String,
        kept: Option<Command>,
        asked: Result<Asked, Refusal>,
    ) -> Vec<Effect> {
        let effects = match asked {
            Ok(asked) => self.ask_to_record(request, title, asked),
            Err(why) => self.refuse(request, &title, why),
        };
        self.requests.asked_with(request, kept);
        effects
    }

    pub(super) fn ask_to_record(&mut self, request: RequestId, title: String, asked: Asked) -> Vec<Effect> {
        let Asked { drafts, refused, apart } = asked;
        let drafts: Vec<Draft> = drafts.into_iter().map(|draft| self.only_written(draft)).collect();
        self.requests.begin(request, title.clone(), drafts.iter().map(Target::of));
        let stated = drafts.iter().filter(|draft| draft.kind == Kind::Status).filter_map(|draft| draft.incident);
        self.stating.extend(stated.map(|incident| (incident, request)));
        self.requests.refuse_some(request, refused);
        let apart = apart || drafts.iter().all(|draft| draft.kind == Kind::Act);
        let (acts, drafts): (Vec<_>, Vec<_>) = drafts.into_iter().partition(|draft| apart && draft.kind == Kind::Act);
        let written = (!drafts.is_empty()).then_some(Effect::Record { request, drafts });
        let acts = self.among(&title, acts);
        written.into_iter().chain(self.launch_for(request, acts)).collect()
    }

    fn refresh(&self) -> Vec<Effect> {
        let sources = self.settings.sources.iter().map(|spec| spec.name.clone()).collect();
        let feeds = self.settings.feeds.iter().map(|spec| spec.name.clone()).collect();
        vec![Effect::Ask { sources, feeds }]
    }

    fn asked(&mut self, command: Command) -> Result<Asked, Refusal> {
        let drafts = match command {
            Command::Acknowledge { alerts, hold, reason, ticket, confirmed } => {
                meant(self.broad_acks(&alerts), confirmed)?;
                return self.acknowledge(alerts, &Given::new(), hold, &reason, ticket);
            }
            Command::Unacknowledge { alerts, reason } => return self.unacknowledge(alerts, reason.trim()),
            Command::Act { alerts, what, reason, confirmed } => return self.act_on(alerts, &what, reason.trim(), confirmed),
            Command::SilenceEach { alerts, hold, reason, confirmed } => {
                return self.silence_each(alerts, hold, &reason, confirmed);
            }
            Command::Silence { source, matchers, hold, reason, covers, confirmed } => {
                self.silence(source, matchers, hold, reason, (covers, confirmed))
            }
            Command::Extend { source, id, by, confirmed } => self.extend(&source, &id, by, confirmed),
            Command::Expire { source, id } => self.expire(&source, id),
            Command::Page { whom, text, about, incident } => self.page(whom.trim(), text.trim(), about, incident),
            Command::Update { incident, text, to, next, confirmed } => {
                self.update_incident(incident, &text, to, next, confirmed.as_deref())
            }
            Command::Declare { title, severity, alerts, at } => self.declare(title, severity, alerts, at),
            Command::SetStatus { incident, by_way, status, reason, at } => {
                self.set_status(incident, &[by_way, vec![status]].concat(), reason.as_deref(), at)
            }
            Command::SetSeverity { incident, severity } => self.set_severity(incident, severity),
            Command::SetTitle { incident, title } => self.set_title(incident, &title),
            Command::SetRole { incident, role, person } => self.set_role(incident, role, &person),
            Command::HandOff { incident, to } => self.hand_off(incident, to.trim()),
            Command::TakeOver { incident } => self.take_over_offered(incident),
            Command::Merge { incident, into } => self.merge(incident, into),
            Command::LinkEntries { incident, entries, belong } => self.link_entries(incident, &entries, belong),
            Command::LinkAlerts { incident, alerts } => self.link_alerts(incident, alerts),
            Command::Change(told) => self.change(&told),
            Command::Maintain { subjects, hold, reason } => self.maintain(&subjects, hold, reason.trim()),
            Command::EndMaintenance { subjects } => self.end_maintenance(&subjects),
            Command::Note { incident, kind, text, at, marks } => self.note(incident, kind, text, at, marks),
            Command::Correct { entry, change } => self.correct(entry, change),
            Command::DenyCause { service } => self.deny_cause(&service).map(|draft| vec![draft]),
            Command::Practise(said) => self.practise(said),
            Command::Undo { .. }
            | Command::Retry { .. }
            | Command::Stop { .. }
            | Command::Call(_)
            | Command::Refresh
            | Command::Recall { .. }
            | Command::Attach { .. }
            | Command::RecallPractice
            | Command::Export { .. }
            | Command::Drill(_)
            | Command::Run(_) => Ok(Vec::new()),
        };
        drafts.map(Asked::from)
    }

    /// What is `given` already, and only did not reach its source, is carried there, and is no second acknowledgement.
    pub(super) fn acknowledge(
        &mut self,
        alerts: Vec<AlertId>,
        given: &Given,
        hold: Option<Duration>,
        reason: &str,
        ticket: Option<String>,
    ) -> Result<Asked, Refusal> {
        some(&alerts)?;
        hold.map_or(Ok(()), lasting)?;
        // Of what was pending and fires now the problem is the same.
        let mut now: Vec<AlertId> = alerts.iter().map(|id| self.alerts.now(id).clone()).collect();
        let mut seen = BTreeSet::new();
        now.retain(|id| seen.insert(id.clone()));
        let asked = Asked::each(now, |id| {
            if let Some(draft) = given.get(&id).and_then(|ack| self.new_carrier(&id, *ack)) {
                return Ok(draft);
            }
            let hold = hold.unwrap_or_else(|| self.ack_lasts(&id));
            let until = self.now.wall + to_chrono(hold);
            self.ack_draft(id, until, reason, ticket.as_deref())
        });
        Ok(Asked { apart: true, ..asked })
    }

    /// How long an acknowledgement of an alert lasts unless told otherwise.
    pub fn ack_lasts(&self, id: &AlertId) -> Duration {
        self.settings.ack_for.of(self.alerts.get(id).map_or(Severity::Unknown, |tracked| tracked.severity))
    }

    fn ack_draft(&mut self, id: AlertId, until: DateTime<Utc>, reason: &str, ticket: Option<&str>) -> Result<Draft, Refusal> {
        let tracked = self.alerts.get(&id).ok_or_else(|| self.absent(&id))?.clone();
        if tracked.resolved_at.is_some() {
            return Err(format!("{} has resolved already", self.in_full(&id)));
        }
        let why = if reason.is_empty() { String::new() } else { format!(": {}", inert(reason)) };
        let name = self.in_full(&id);
        let from = self.taken_from(&id);
        let had = from.as_ref().map(|who| format!(", which {who} had")).unwrap_or_default();
        let draft = self.context().by_me(Kind::Ack, format!("acknowledged {name}{had}{why}"));
        let draft = draft.with("episode", tracked.episode).with("until", until).with("reason", reason).with("ticket", ticket);
        let draft = if from.is_some() { draft.with("from", from) } else { draft };
        Ok(self.about_alert(draft, &id))
    }

    /// Fills in what an entry about an alert is about.
    pub(super) fn about_alert(&self, mut draft: Draft, id: &AlertId) -> Draft {
        let tracked = self.alerts.get(id);
        let service = tracked.and_then(|tracked| tracked.service.clone());
        if let Some(tracked) = tracked.filter(|_| draft.kind == Kind::Act) {
            draft = draft.with("began", tracked.alert.starts_at);
        }
        draft.incident = self.incidents.covering(Some(id), service.as_ref());
        (draft.alert, draft.service) = (Some(id.clone()), service);
        draft
    }
}

pub(super) fn some(alerts: &[AlertId]) -> Result<(), Refusal> {
    if alerts.is_empty() { Err("no alert is named".into()) } else { Ok(()) }
}

pub(super) fn lasting(hold: Duration) -> Result<(), Refusal> {
    match hold {
        Duration::ZERO => Err("a duration of nothing has no effect".into()),
        hold if hold > Duration::from_secs(366 * 24 * 3600) => {
            Err("longer than a year is a decision for the configuration".into())
        }
        _ => Ok(()),
    }
}

impl World {
    /// What was asked, for people.
    pub(super) fn title(&self, command: &Command) -> String {
        match command {
            Command::Acknowledge { alerts, .. } => format!("acknowledge {}", self.names(alerts)),
            Command::Unacknowledge { alerts, .. } => format!("un-acknowledge {}", self.names(alerts)),
            Command::Silence { source, .. } => format!("silence on {source}"),
            Command::SilenceEach { alerts, .. } => format!("silence {}", self.names(alerts)),
            Command::Extend { source, .. } => format!("extend a silence on {source}"),
            Command::Expire { source, .. } => format!("end a silence on {source}"),
            Command::Act { alerts, what, .. } => format!("{} {}", what.kind().word(), self.names(alerts)),
            Command::Page { whom, .. } => format!("page {}", inert(whom)),
            Command::Update { .. } => "post an update".into(),
            Command::Declare { .. } => "declare an incident".into(),
            Command::SetStatus { by_way, status, .. } => {
                let stages: Vec<&str> = by_way.iter().chain([status]).map(|stage| stage.word()).collect();
                format!("set the incident {}", stages.join(", "))
            }
            Command::SetSeverity { severity, .. } => format!("set the severity to {severity}"),
            Command::SetTitle { .. } => "rename the incident".into(),
            Command::SetRole { role, .. } => format!("set the {}", role.word()),
            Command::HandOff { to, .. } => format!("hand over to {}", inert(to)).trim_end().to_owned(),
            Command::TakeOver { .. } => "take over".into(),
            Command::Merge { .. } => "merge the incident".into(),
            Command::LinkEntries { belong: true, .. } => "add entries to the incident".into(),
            Command::LinkEntries { .. } => "take entries out of the incident".into(),
            Command::LinkAlerts { alerts, .. } => format!("add {} to the incident", self.names(alerts)),
            Command::Maintain { subjects, .. } => format!("maintenance of {}", inert(&subjects.names())),
            Command::EndMaintenance { subjects } => format!("end the maintenance of {}", inert(&subjects.names())),
            Command::Change(told) => format!("record a change ({})", told.what.word()),
            Command::Note { kind: Kind::Evidence, .. } => "add evidence".into(),
            Command::Note { kind: Kind::Comms, .. } => "add what was told to others".into(),
            Command::Note { kind, .. } => format!("add a {kind}"),
            Command::Attach { file, .. } => format!("attach {}", inert(&named(file))),
            Command::Correct { entry, change } => match (self.incidents.get(IncidentId(entry.0)), change.visibility) {
                // Who may see an incident stands in its declaration.
                (Some(incident), Some(Visibility::Restricted)) => format!("keep {} private", incident.label()),
                (Some(incident), Some(_)) => format!("keep {} private no more", incident.label()),
                _ => "correct an entry".into(),
            },
            Command::DenyCause { service } => format!("deny the suspected cause of {service}"),
            Command::Practise(Said::PutOff { playbook, .. }) => format!("put off {playbook}"),
            Command::Practise(Said::Found { .. }) => "record a finding".into(),
            Command::Practise(Said::Closed { .. }) => "close a finding".into(),
            Command::Undo { request } => format!("undo: {}", self.title_of(*request)),
            Command::Retry { request } => format!("try again: {}", self.title_of(*request)),
            Command::Call(call) => format!("call of {}", call.text),
            Command::Stop { request } => format!("stop: {}", self.title_of(*request)),
            Command::Refresh => "ask everything now".into(),
            Command::Recall { .. } => "look up the past".into(),
            Command::RecallPractice => "look up what was practised".into(),
            Command::Export { .. } => "export an incident".into(),
            Command::Drill(asked) => asked.title().into(),
            Command::Run(command) => command.title(),
        }
    }

    fn title_of(&self, request: RequestId) -> &str {
        self.requests.get(request).map_or("a request", |progress| progress.title.as_str())
    }

    fn names(&self, alerts: &[AlertId]) -> String {
        match alerts {
            [one] => self.in_full(one),
            many => format!("{} alerts", many.len()),
        }
    }

    /// Beside its name what it is about, where the name doesn't say it.
    fn called(&self, alert: &AlertId) -> String {
        let name = self.name_of(alert);
        let target = self.known(alert).map_or("".into(), |alert| inert(alert.target()).into_owned());
        if name.contains(&*target) { name } else { format!("{name} {target}") }
    }

    /// Its name and what it is about: the log is read days later, beside others of its name. Where it says nothing of that, and another
    /// one has its name, whose it is; where both say the same, the label in which they differ.
    pub fn in_full(&self, alert: &AlertId) -> String {
        let Some(tracked) = self.alerts.get(alert) else { return self.called(alert) };
        let name = match &tracked.service {
            Some(service) if tracked.alert.target().is_empty() && self.alerts.of_name(tracked.alert.name()) > 1 => {
                format!("{} {}", self.name_of(alert), inert(service.as_str()))
            }
            _ => self.called(alert),
        };
        name + &self.apart(tracked)
    }

    /// ` label=value`, by which it differs from another alert of its name that is about the same; nothing where there is none.
    pub fn apart(&self, tracked: &Tracked) -> String {
        let short = |value: &str| inert(value).chars().take(LABEL).collect::<String>();
        let apart = self.alerts.apart(tracked);
        apart.map(|(label, value)| format!(" {}={}", inert(label), short(value))).unwrap_or_default()
    }

    /// An alert for people: its name, or its id where it left the queue so long ago that nobody remembers.
    pub fn name_of(&self, alert: &AlertId) -> String {
        self.known(alert).map_or_else(|| alert.to_string(), |alert| inert(alert.name()).into_owned())
    }

    /// An alert as it is told, was before it left the queue, or began by the journal.
    fn known(&self, id: &AlertId) -> Option<Arc<Alert>> {
        let listed = self.alerts.get(id).map(|tracked| tracked.alert.clone());
        let left = || self.alerts.left(id).map(|gone| gone.alert.clone());
        listed.or_else(left).or_else(|| Alert::recorded(self.alerts.begun(id)?).map(Arc::new))
    }
}
