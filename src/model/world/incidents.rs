//! What a human asks of an incident and of its record: the guards, and the drafts that the journal is asked to hold.

use super::World;
use super::commands::{Refusal, some};
use crate::domain::drill::is_alert;
use crate::domain::entry::{Amendment, AtSource, Draft, Kind};
use crate::domain::ids::{AlertId, EntryId, IncidentId};
use crate::domain::incident::{Incident, Role, Sev, Status};
use crate::domain::millis;
use crate::domain::text::inert;
use crate::domain::update::Next;
use crate::model::command::Marks;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeSet;

/// The longest note that is kept, in bytes.
const LONGEST_NOTE: usize = 64 * 1024;

impl World {
    pub(super) fn declare(
        &mut self,
        title: String,
        severity: Sev,
        alerts: Vec<AlertId>,
        at: Option<DateTime<Utc>>,
    ) -> Result<Vec<Draft>, Refusal> {
        let title = title.trim().to_owned();
        if title.is_empty() {
            return Err("an incident needs a title".into());
        }
        if let Some(id) = alerts.iter().find(|id| self.alerts.get(id).is_none()) {
            return Err(self.absent(id));
        }
        self.alike(None, &alerts)?;
        let mut services: Vec<_> = alerts.iter().filter_map(|id| self.alerts.get(id)?.service.clone()).collect();
        services.dedup();
        let suffer = self.suffering_from(&services);
        // Who only suffers with it has other needs, which say nothing of it.
        let needed = self.with_dependencies(&services.iter().cloned().collect());
        services.extend(suffer);
        let reach: BTreeSet<_> = needed.into_iter().chain(services.iter().cloned()).collect();
        let draft = self.context().by_me(Kind::Declare, format!("declared {severity}: {}", inert(&title)));
        let draft = draft.with("title", title).with("severity", severity).with("alerts", &alerts).with("services", &services);
        let draft = if alerts.is_empty() { draft } else { draft.with("reach", reach) };
        let lead = self.me.name.clone();
        let next = self.promised(severity, Next::Usual);
        let mut draft = at_time(draft.with("lead", lead).with("next_update_at", next), at);
        (draft.important, draft.alert, draft.service) = (true, alerts.into_iter().next(), services.into_iter().next());
        Ok(vec![draft])
    }

    pub(super) fn incident(&self, id: IncidentId) -> Result<&Incident, Refusal> {
        self.incidents.get(id).ok_or_else(|| format!("no incident {id} is known"))
    }

    /// Alerts of drills are of their own incident, and real ones of none of those.
    fn alike(&self, incident: Option<IncidentId>, alerts: &[AlertId]) -> Result<(), Refusal> {
        let own = incident.and_then(|id| self.incidents.get(id)?.drill.as_ref());
        let alike = |id: &&AlertId| is_alert(id) == own.is_some();
        match alerts.iter().find(|id| !alike(id)) {
            Some(id) if is_alert(id) => Err(format!("{} is of a drill, which is an incident of its own", self.name_of(id))),
            Some(id) => Err(format!("{} is real: practice is kept apart", self.name_of(id))),
            None => Ok(()),
        }
    }

    pub(super) fn about_incident(&mut self, id: IncidentId, kind: Kind, text: String) -> Draft {
        let mut draft = self.context().by_me(kind, text);
        draft.incident = Some(id);
        draft
    }

    pub(super) fn set_status(
        &mut self,
        id: IncidentId,
        stages: &[Status],
        reason: Option<&str>,
        at: Option<DateTime<Utc>>,
    ) -> Result<Vec<Draft>, Refusal> {
        let (mut from, label) = (self.incident(id)?.status, self.incident(id)?.label());
        if self.stating.contains_key(&id) {
            // It would be judged by what the incident is no more.
            return Err(format!("another status of {label} is being recorded: ask again once it is"));
        }
        let mut drafts = Vec::new();
        for status in stages {
            if self.incident(id)?.drill.is_some() && (status.is_over() || from.is_over()) {
                return Err(format!("{label} is practice: it is over when the drill is finished, or called off, and for good"));
            }
            if !from.may_become(*status) {
                return Err(format!("{label} is {}: it can't become {}", from.word(), status.word()));
            }
            // What happened stands once, where it begins to hold.
            let reason = reason.filter(|_| drafts.is_empty());
            drafts.push(at_time(self.status_draft(id, *status, reason)?, at));
            from = *status;
        }
        Ok(drafts)
    }

    fn status_draft(&mut self, id: IncidentId, status: Status, reason: Option<&str>) -> Result<Draft, Refusal> {
        let (severity, label) = (self.incident(id)?.severity, self.incident(id)?.label());
        let word = if status == Status::Open { "reopened" } else { status.word() };
        let why = reason.map(|reason| format!(": {}", inert(reason))).unwrap_or_default();
        let draft = self.about_incident(id, Kind::Status, format!("{label} {word}{why}"));
        let mut draft = draft.with("status", status).with("reason", reason);
        if status == Status::Open {
            let next = self.promised(severity, Next::Usual);
            draft = draft.with("next_update_at", next);
        }
        draft.important = true;
        Ok(draft)
    }

    pub(super) fn set_severity(&mut self, id: IncidentId, severity: Sev) -> Result<Vec<Draft>, Refusal> {
        let (from, label) = (self.incident(id)?.severity, self.incident(id)?.label());
        if from == severity {
            return Err(format!("{label} is {severity} already"));
        }
        let next = self.promised_at(self.incident(id)?, severity);
        let draft = self.about_incident(id, Kind::Severity, format!("{label} changed from {from} to {severity}"));
        Ok(vec![draft.with("severity", severity).with("next_update_at", next)])
    }

    pub(super) fn set_title(&mut self, id: IncidentId, title: &str) -> Result<Vec<Draft>, Refusal> {
        self.incident(id)?;
        let title = title.trim();
        if title.is_empty() {
            return Err("an incident needs a title".into());
        }
        let draft = self.about_incident(id, Kind::Title, format!("renamed to {}", inert(title)));
        Ok(vec![draft.with("title", title)])
    }

    pub(super) fn set_role(&mut self, id: IncidentId, role: Role, person: &str) -> Result<Vec<Draft>, Refusal> {
        let (incident, person) = (self.incident(id)?, person.trim());
        let text = match (role, person) {
            (Role::Lead, "") => return Err("an incident is never without a lead: name who leads now".into()),
            (role, person) if incident.has(role).unwrap_or_default() == person => {
                let who = if person.is_empty() { "nobody".into() } else { inert(person) };
                return Err(format!("{who} is {} already", role.word()));
            }
            (Role::Lead, person) => format!("{} leads", inert(person)),
            (role, "") => format!("nobody is {} any more", role.word()),
            (role, person) => format!("{} is {} now", inert(person), role.word()),
        };
        let draft = self.about_incident(id, Kind::Role, text);
        Ok(vec![draft.with("role", role).with("person", person)])
    }

    fn what_is_handed(&self, id: Option<IncidentId>) -> Result<String, Refusal> {
        id.map_or_else(|| Ok("the shift".to_owned()), |id| self.incident(id).map(Incident::label))
    }

    pub(super) fn hand_off(&mut self, id: Option<IncidentId>, to: &str) -> Result<Vec<Draft>, Refusal> {
        let what = self.what_is_handed(id)?;
        if to.is_empty() || to == self.me.name {
            return Err(format!("name somebody else who is to take {what} over"));
        }
        let draft = self.context().by_me(Kind::Handoff, format!("offered {what} to {}", inert(to)));
        let mut draft = draft.with("step", "offered").with("person", to);
        draft.incident = id;
        Ok(vec![draft])
    }

    /// With the shift goes what its last holder leads.
    pub(super) fn take_over_offered(&mut self, id: Option<IncidentId>) -> Result<Vec<Draft>, Refusal> {
        let (what, me) = (self.what_is_handed(id)?, self.me.name.clone());
        let offer = match id {
            Some(id) => self.incident(id)?.offer.clone(),
            None => self.shift.watch().offer.clone(),
        };
        let offer = offer.ok_or_else(|| format!("nobody has offered {what}"))?;
        if offer.to != me {
            return Err(format!("{what} was offered to {}, and you are {}", inert(&offer.to), inert(&me)));
        }
        let mut draft = self.context().by_me(Kind::Handoff, format!("took {what} over from {}", inert(&offer.by)));
        draft = draft.with("step", "accepted").with("person", &me);
        draft.incident = id;
        let led = |incident: &&Incident| id.is_none() && incident.lead.as_deref() == Some(offer.by.as_str());
        let led: Vec<IncidentId> = self.incidents.open().filter(led).map(|incident| incident.id).collect();
        let leads = led.into_iter().map(|incident| self.set_role(incident, Role::Lead, &me));
        let leads = leads.collect::<Result<Vec<_>, _>>()?;
        Ok([draft].into_iter().chain(leads.into_iter().flatten()).collect())
    }

    /// One entry ends the one incident, one gives the other all that it has: nothing is rewritten.
    pub(super) fn merge(&mut self, id: IncidentId, into: IncidentId) -> Result<Vec<Draft>, Refusal> {
        let (from, to) = (self.incident(id)?, self.incident(into)?);
        for one in [from, to] {
            match one.status {
                Status::Merged => return Err(format!("{} is merged already", one.label())),
                over if over.is_over() => return Err(format!("{} is {}: reopen it first", one.label(), over.word())),
                _ => {}
            }
        }
        if from.drill != to.drill {
            return Err(format!("{} and {} are not both real: practice is kept apart", from.label(), to.label()));
        }
        if id == into {
            return Err("an incident can't be merged into itself".into());
        }
        let (label, onto) = (from.label(), to.label());
        // What carries its id follows by that; what was linked to it is named.
        let (entries, absorbed) = (from.linked.clone(), from.absorbed.keys().copied());
        let merged: BTreeSet<IncidentId> = absorbed.chain([id]).collect();
        let (alerts, services) = (from.alerts.clone(), from.services.clone());
        let mut end = self.about_incident(id, Kind::Status, format!("{label} merged into {onto}"));
        end = end.with("status", Status::Merged).with("into", into);
        let mut link = self.about_incident(into, Kind::Link, format!("took in {label}"));
        link = link.with("entries", entries).with("alerts", alerts).with("services", services).with("merged", merged);
        (end.important, link.important) = (true, true);
        Ok(vec![link, end])
    }

    pub(super) fn link_entries(&mut self, id: IncidentId, entries: &[EntryId], belong: bool) -> Result<Vec<Draft>, Refusal> {
        let incident = self.incident(id)?;
        let label = incident.label();
        if entries.is_empty() {
            return Err("no entry is named".into());
        }
        if belong {
            entries.iter().try_for_each(|entry| self.as_real_as(*entry, id))?;
        }
        // What came by a merge can be taken out again, too.
        let came = |id: EntryId| {
            let entry = self.entry(id);
            incident.linked.contains(&id)
                || entry.is_some_and(|entry| entry.incident != Some(incident.id) && incident.has_entry(entry))
        };
        if let Some(own) = entries.iter().find(|id| !belong && !came(**id)) {
            return Err(format!("entry {own} is not linked to {label}: what carries its id is moved by a correction"));
        }
        let (kind, text) = match belong {
            true => (Kind::Link, format!("added {} to {label}", counted(entries.len()))),
            false => (Kind::Unlink, format!("took {} out of {label}", counted(entries.len()))),
        };
        Ok(vec![self.about_incident(id, kind, text).with("entries", entries)])
    }

    pub(super) fn link_alerts(&mut self, id: IncidentId, alerts: Vec<AlertId>) -> Result<Vec<Draft>, Refusal> {
        let label = self.incident(id)?.label();
        some(&alerts)?;
        self.alike(Some(id), &alerts)?;
        let services: Vec<_> = alerts.iter().filter_map(|alert| self.alerts.get(alert)?.service.clone()).collect();
        let known = alerts.iter().filter(|alert| self.alerts.get(alert).is_some());
        let names: Vec<String> = known.map(|alert| self.in_full(alert)).collect();
        let draft = self.about_incident(id, Kind::Link, format!("added {} to {label}", names.join(", ")));
        Ok(vec![draft.with("alerts", alerts).with("services", services)])
    }

    pub(super) fn note(
        &mut self,
        incident: Option<IncidentId>,
        kind: Kind,
        text: String,
        at: Option<DateTime<Utc>>,
        marks: Marks,
    ) -> Result<Vec<Draft>, Refusal> {
        if text.trim().is_empty() {
            return Err("there is nothing to note".into());
        }
        if text.len() > LONGEST_NOTE {
            return Err(format!("a note may have at most {LONGEST_NOTE} bytes; this one has {}", text.len()));
        }
        if let Some(id) = incident {
            self.incident(id)?;
        }
        let mut draft = at_time(self.context().by_me(kind, text), at);
        draft.incident = incident;
        (draft.important, draft.visibility, draft.evidence) = (marks.important, marks.visibility, marks.evidence);
        Ok(vec![draft])
    }

    pub(super) fn correct(&mut self, entry: EntryId, change: Amendment) -> Result<Vec<Draft>, Refusal> {
        if change == Amendment::default() {
            return Err("a correction needs something new: a time, a text, a kind, an incident, or who may see it".into());
        }
        if let Some(id) = change.incident {
            self.as_real_as(entry, id)?;
        }
        let mut draft = self.context().by_me(Kind::Correction, "corrected an entry");
        let fields = [
            ("at", change.at.map(|at| millis::text(at).into())),
            ("text", change.text.map(Value::from)),
            ("kind", change.kind.map(|kind| kind.word().into())),
            ("incident", change.incident.map(|id| id.to_string().into())),
            ("visibility", change.visibility.map(|visibility| visibility.word().into())),
            ("important", change.important.map(Value::from)),
        ];
        draft.data.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        draft.corrects = Some(entry);
        Ok(vec![draft])
    }
}

fn counted(entries: usize) -> String {
    if entries == 1 { "an entry".to_owned() } else { format!("{entries} entries") }
}

fn at_time(mut draft: Draft, at: Option<DateTime<Utc>>) -> Draft {
    if let Some(at) = at {
        (draft.at, draft.at_source) = (at, AtSource::Operator);
    }
    draft
}
