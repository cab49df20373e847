//! What PagerDuty writes of an incident. Nearly every field may be null or missing; only one without an id is no incident.

use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

#[derive(Deserialize)]
pub struct Page {
    pub incidents: Vec<Incident>,
    pub more: Option<bool>,
}

#[derive(Deserialize)]
pub struct One {
    pub incident: Incident,
}

#[derive(Debug, Deserialize)]
pub struct Incident {
    pub id: String,
    pub status: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub html_url: Option<String>,
    pub incident_number: Option<Value>,
    pub incident_key: Option<String>,
    pub created_at: Option<String>,
    pub resolved_at: Option<String>,
    pub last_status_change_at: Option<String>,
    pub last_status_change_by: Option<Named>,
    pub urgency: Option<String>,
    pub priority: Option<Named>,
    pub service: Option<Service>,
    pub escalation_policy: Option<Named>,
    pub teams: Option<Vec<Named>>,
    pub assignments: Option<Vec<Assignment>>,
    pub acknowledgements: Option<Vec<Acknowledgement>>,
    pub pending_actions: Option<Vec<Pending>>,
    pub resolve_reason: Option<ResolveReason>,
    pub alert_counts: Option<Counts>,
    /// Only where it is asked for.
    pub body: Option<Value>,
}

/// A reference to something, or the thing itself.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Named {
    #[serde(default)]
    pub id: String,
    pub summary: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Service {
    #[serde(flatten)]
    pub named: Named,
    /// Seconds after which an acknowledged incident is triggered again; null where that is off. Missing in a mere reference.
    #[serde(default, deserialize_with = "there")]
    pub acknowledgement_timeout: Option<Option<i64>>,
}

fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Debug, Deserialize)]
pub struct Assignment {
    pub assignee: Option<Named>,
}

#[derive(Debug, Deserialize)]
pub struct Acknowledgement {
    pub at: Option<String>,
    pub acknowledger: Option<Named>,
}

/// Something that will happen by itself.
#[derive(Debug, Deserialize)]
pub struct Pending {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct ResolveReason {
    pub incident: Option<Named>,
}

#[derive(Debug, Deserialize)]
pub struct Counts {
    pub all: Option<u64>,
    pub triggered: Option<u64>,
}

/// A page of what an incident holds.
#[derive(Deserialize)]
pub struct Contents {
    pub alerts: Vec<Contained>,
    pub more: Option<bool>,
}

/// One of its alerts.
#[derive(Deserialize)]
pub struct Contained {
    pub id: String,
    pub status: Option<String>,
    pub severity: Option<String>,
    pub alert_key: Option<String>,
    pub summary: Option<String>,
    pub suppressed: Option<bool>,
    pub created_at: Option<String>,
    pub body: Option<Value>,
}

#[derive(Deserialize)]
pub struct Notes {
    pub notes: Vec<Note>,
}

#[derive(Deserialize)]
pub struct Note {
    pub id: Option<String>,
    pub content: Option<String>,
}

#[derive(Deserialize)]
pub struct Users {
    pub users: Vec<Named>,
}

#[derive(Deserialize)]
pub struct Policies {
    pub escalation_policies: Vec<Named>,
}

#[derive(Deserialize)]
pub struct Priorities {
    pub priorities: Vec<Named>,
}

#[derive(Deserialize)]
pub struct Oncalls {
    pub oncalls: Vec<Oncall>,
}

/// Who is asked at one level of an escalation policy.
#[derive(Deserialize)]
pub struct Oncall {
    pub escalation_level: Option<u32>,
    pub user: Option<Named>,
}

impl Named {
    /// For people.
    pub fn called(&self) -> &str {
        let texts = [self.summary.as_deref(), self.name.as_deref(), Some(self.id.as_str())];
        texts.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or("somebody")
    }

    /// Whether a person who types this means it.
    pub fn is_called(&self, text: &str) -> bool {
        let names = [self.summary.as_deref(), self.name.as_deref(), self.email.as_deref(), Some(self.id.as_str())];
        names.into_iter().flatten().any(|name| name.eq_ignore_ascii_case(text))
    }
}

impl Incident {
    pub fn is(&self, status: &str) -> bool {
        self.status.as_deref() == Some(status)
    }

    pub fn assignees(&self) -> impl Iterator<Item = &Named> {
        self.assignments.iter().flatten().filter_map(|assignment| assignment.assignee.as_ref())
    }

    pub fn acknowledgers(&self) -> impl Iterator<Item = &Named> {
        self.acknowledgements.iter().flatten().filter_map(|acknowledgement| acknowledgement.acknowledger.as_ref())
    }

    /// The newest acknowledgement, and when it was given.
    pub fn acknowledged(&self) -> Option<(&Named, Option<DateTime<Utc>>)> {
        let at = |acknowledgement: &&Acknowledgement| time(acknowledgement.at.as_deref());
        let newest = self.acknowledgements.iter().flatten().max_by_key(at).filter(|_| self.is("acknowledged"))?;
        Some((newest.acknowledger.as_ref()?, time(newest.at.as_deref())))
    }

    /// When it will do this by itself.
    pub fn pending(&self, kind: &str) -> Option<DateTime<Utc>> {
        let actions = self.pending_actions.iter().flatten().filter(|action| action.kind.as_deref() == Some(kind));
        actions.filter_map(|action| time(action.at.as_deref())).min()
    }

    /// When it was resolved, where that is told.
    pub fn ended(&self) -> Option<DateTime<Utc>> {
        time(self.resolved_at.as_deref()).or_else(|| time(self.last_status_change_at.as_deref()))
    }

    /// ` by Maria at 2026-03-01T10:02:00Z`, as far as it is told.
    pub fn changed(&self) -> String {
        let by = self.last_status_change_by.as_ref().map(|who| format!(" by {}", who.called()));
        let at = self.ended().map(|at| format!(" at {}", told(at)));
        [by, at].into_iter().flatten().collect()
    }
}

pub fn time(text: Option<&str>) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text?).ok().map(|time| time.to_utc())
}

/// For people.
pub fn told(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// Text of a field that may be missing, null or empty.
pub fn text(field: Option<&str>) -> Option<Outside> {
    field.filter(|text| !text.is_empty()).map(Into::into)
}
