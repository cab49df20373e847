//! Updates: what people elsewhere are told of an incident. An update is an entry of its own; each destination of it is an act, and all
//! of them are recorded by one transaction before anything is said. What nobody could be told is said later, as long as it is news.

use super::World;
use super::commands::Refusal;
use super::watch::to_chrono;
use crate::domain::act::{Act, ActKind, What};
use crate::domain::entry::{Draft, Kind, Visibility};
use crate::domain::ids::{AlertId, EntryId, IncidentId, SourceName};
use crate::domain::incident::{Incident, Sev, Status};
use crate::domain::update::{Destination, LONGEST, Next, Update};
use crate::model::Effect;
use crate::model::outbox::Sent;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// How long an update that could not be said is still worth saying.
const NEWS: chrono::Duration = chrono::Duration::hours(1);
/// The first pause before it is tried again; the longer it has waited, the longer the next one is.
const PAUSE: chrono::Duration = chrono::Duration::seconds(30);

impl World {
    pub(super) fn update_incident(
        &mut self,
        id: IncidentId,
        text: &str,
        to: Option<Vec<SourceName>>,
        next: Next,
        confirmed: Option<&str>,
    ) -> Result<Vec<Draft>, Refusal> {
        let text = text.trim();
        let incident = self.incident(id)?.clone();
        match text.chars().count() {
            0 => return Err("an update needs a text: how it stands, in a sentence or two".into()),
            long if long > LONGEST => {
                return Err(format!("an update may have at most {LONGEST} characters; this one has {long}"));
            }
            _ if incident.status == Status::Merged => {
                return Err(format!("{} is merged: what it was goes on in another one", incident.label()));
            }
            _ => {}
        }
        let to = self.destinations(&incident, to)?;
        if incident.private && !to.is_empty() && confirmed != Some(incident.label().as_str()) {
            let label = incident.label();
            return Err(format!(
                "{label} is private, and an update leaves the house: it is posted only when {label} is confirmed"
            ));
        }
        let next = self.promised(incident.severity, next);
        let names: Vec<&SourceName> = to.iter().map(|destination| &destination.name).collect();
        let mut said = self.about_incident(id, Kind::Comms, text.to_owned()).with("to", names).with("next_update_at", next);
        (said.visibility, said.important) = (Visibility::Public, true);
        let update = Update::of(&incident, text, &self.me.name, self.now.wall, next);
        let acts: Vec<Draft> = to.iter().flat_map(|destination| self.tell_drafts(&incident, destination, &update)).collect();
        Ok([said].into_iter().chain(acts).collect())
    }

    /// When the next update is promised from now on.
    pub(super) fn promised(&self, severity: Sev, next: Next) -> Option<DateTime<Utc>> {
        let after = match next {
            Next::Usual => self.settings.updates.every.of(severity),
            Next::In(after) => Some(after),
            Next::Never => None,
        };
        Some(self.now.wall + to_chrono(after?))
    }

    /// The same after the severity has changed: sooner where it got worse. What was promised stays so.
    pub(super) fn promised_at(&self, incident: &Incident, severity: Sev) -> Option<DateTime<Utc>> {
        [incident.promised, self.promised(severity, Next::Usual)].into_iter().flatten().min()
    }

    /// Where an update of this incident can go.
    pub fn destinations_of(&self, incident: &Incident) -> Vec<&Destination> {
        let reaches = |one: &&Destination| one.beside.is_none() || !beside(incident, one).is_empty();
        self.settings.updates.to.iter().filter(reaches).collect()
    }

    /// Those that are named; without a name all that can be told of this incident.
    fn destinations(&self, incident: &Incident, named: Option<Vec<SourceName>>) -> Result<Vec<Destination>, Refusal> {
        let known = &self.settings.updates.to;
        let reached = self.destinations_of(incident);
        let Some(named) = named else { return Ok(reached.into_iter().cloned().collect()) };
        let named: BTreeSet<SourceName> = named.into_iter().collect();
        let one = |name: &SourceName| {
            let found = known.iter().find(|one| one.name == *name).ok_or_else(|| self.no_destination(name))?;
            match &found.beside {
                Some(source) if !reached.contains(&found) => {
                    Err(format!("{name}: no alert of {} is of {source}, and beside one it would stand", incident.label()))
                }
                _ => Ok(found.clone()),
            }
        };
        named.iter().map(one).collect()
    }

    fn no_destination(&self, name: &SourceName) -> Refusal {
        let names: Vec<&str> = self.settings.updates.to.iter().map(|one| one.name.as_str()).collect();
        match names.as_slice() {
            [] => "updates go nowhere yet: `updates` in the configuration says where to".into(),
            names => format!("no destination is named {name}; there are {}", names.join(", ")),
        }
    }

    fn tell_drafts(&mut self, incident: &Incident, to: &Destination, update: &Update) -> Vec<Draft> {
        let act_of = |world: &mut Self, source: &SourceName, act: Act, alert: Option<AlertId>| {
            let text = format!("sending the update to {}", to.name);
            let mut draft = world.act_draft(source, act, &text).with("expires_at", world.now.wall + NEWS);
            (draft.incident, draft.alert) = (Some(incident.id), alert);
            // Who confirmed it meant this incident as it is.
            draft.visibility = if incident.private { Visibility::Restricted } else { Visibility::Internal };
            draft.with("update", true)
        };
        if to.beside.is_none() {
            return vec![act_of(self, &to.name, Act::Tell(update.clone()), None)];
        }
        let each = beside(incident, to).into_iter().map(|id| {
            let (alert, by, comment) = (id.fingerprint.clone(), update.by.clone(), update.whole());
            let act = Act::On { alert, what: What::Comment, by, comment };
            act_of(self, &id.source.clone(), act, Some(id))
        });
        each.collect()
    }

    /// Tries what has waited long enough for a destination that is no source: nobody polls those.
    pub(super) fn tell_again(&mut self) -> Vec<Effect> {
        let now = self.now.wall;
        let due = self.untold().filter(|(at, _)| *at <= now).map(|(_, name)| name);
        due.collect::<BTreeSet<_>>().iter().flat_map(|name| self.resend(name)).collect()
    }

    pub(super) fn tell_next(&self) -> Option<DateTime<Utc>> {
        self.untold().map(|(at, _)| at).min()
    }

    fn untold(&self) -> impl Iterator<Item = (DateTime<Utc>, SourceName)> {
        self.kept().filter_map(|(_, sent)| {
            let (name, act) = sent.act()?;
            let began = sent.expires_at()? - NEWS;
            let ended = sent.ended_at?;
            (act.kind() == ActKind::Tell).then(|| (ended + PAUSE.max((ended - began) / 2), name))
        })
    }

    /// Why an update that could not be said is not to be said any more.
    pub(super) fn no_news(&self, intent: EntryId, sent: &Sent) -> Option<&'static str> {
        let entry = sent.intent.as_ref().filter(|entry| entry.data_of("update").unwrap_or(false))?;
        let incident = self.incidents.get(entry.incident?)?;
        if incident.private && entry.visibility != Visibility::Restricted {
            return Some("the incident has become private");
        }
        self.said_since(intent, sent).then_some("a newer update has taken its place")
    }

    fn said_since(&self, intent: EntryId, sent: &Sent) -> bool {
        // Whatever repeats an update ends with it: the later one is another.
        let of = |sent: &Sent| {
            let entry = sent.intent.as_ref().filter(|entry| entry.data_of("update").unwrap_or(false))?;
            Some(((sent.act()?.0, entry.incident, entry.alert.clone()), sent.expires_at()?))
        };
        let Some((place, at)) = of(sent) else { return false };
        self.outbox.after(intent).filter_map(of).any(|(other, later)| other == place && later > at)
    }
}

/// The alerts of an incident beside which such a destination writes.
fn beside(incident: &Incident, to: &Destination) -> Vec<AlertId> {
    incident.alerts.iter().filter(|id| to.beside.as_ref() == Some(&id.source)).cloned().collect()
}
