//! One incident: a projection of the entries that carry its id.

use super::entry::{Entry, Kind, Visibility};
use super::ids::{AlertId, EntryId, IncidentId, OriginId, ServiceName};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How bad an incident is: 1 the worst. When in doubt the higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sev(u8);

impl Sev {
    pub const ALL: [Sev; 5] = [Sev(1), Sev(2), Sev(3), Sev(4), Sev(5)];

    /// Its place in `ALL`.
    pub fn place(self) -> usize {
        usize::from(self.0 - 1)
    }
}

impl fmt::Display for Sev {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SEV{}", self.0)
    }
}

/// `SEV2`, `sev2` or `2`.
impl FromStr for Sev {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit = text.trim().to_ascii_lowercase();
        match digit.strip_prefix("sev").unwrap_or(&digit).parse() {
            Ok(level @ 1..=5) => Ok(Self(level)),
            _ => Err(format!("`{text}` is not a severity: SEV1 (worst) to SEV5")),
        }
    }
}

impl TryFrom<String> for Sev {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Sev> for String {
    fn from(sev: Sev) -> Self {
        sev.to_string()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Open,
    Mitigated,
    Resolved,
    Closed,
    Cancelled,
    Merged,
}

impl Status {
    pub const ALL: [Status; 6] = [Self::Open, Self::Mitigated, Self::Resolved, Self::Closed, Self::Cancelled, Self::Merged];

    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mitigated => "mitigated",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Merged => "merged",
        }
    }

    /// Nobody works on it any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Cancelled | Self::Merged)
    }

    /// What an incident becomes after this when nothing goes wrong any more.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Open => Some(Self::Mitigated),
            Self::Mitigated => Some(Self::Resolved),
            Self::Resolved => Some(Self::Closed),
            Self::Closed | Self::Cancelled | Self::Merged => None,
        }
    }

    /// Whether a person may set `next` from here. A closed incident can only be reopened; one is merged into another, never
    /// by its status alone, for nothing leads back from there.
    pub fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (from, to) if from == to => false,
            (_, Self::Merged) => false,
            (from, Self::Open) => from != Self::Merged,
            (from, _) if from.is_over() => false,
            _ => true,
        }
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|status| status.word() == text);
        found.ok_or_else(|| format!("`{text}` is not a status: {}", Self::ALL.map(Self::word).join(", ")))
    }
}

/// What somebody does in an incident; one person at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Decides.
    Lead,
    /// Keeps the record.
    Scribe,
    /// Knows the system.
    Expert,
    /// Tells everybody else.
    Liaison,
}

impl Role {
    pub const ALL: [Role; 4] = [Self::Lead, Self::Scribe, Self::Expert, Self::Liaison];

    pub fn word(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Scribe => "scribe",
            Self::Expert => "expert",
            Self::Liaison => "liaison",
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|role| role.word() == text);
        found.ok_or_else(|| format!("`{text}` is not a role: {}", Self::ALL.map(Self::word).join(", ")))
    }
}

/// A handoff that one has offered and the other not accepted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub by: String,
    pub to: String,
    pub at: DateTime<Utc>,
}

impl Offer {
    /// As an entry of that kind tells it.
    pub fn of(entry: &Entry) -> Option<Self> {
        Some(Self { by: entry.actor.name.clone(), to: entry.text_of("person")?.to_owned(), at: entry.at })
    }
}

/// An incident as its entries tell it.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    pub id: IncidentId,
    /// Counts per origin, shown as `INC-7`.
    pub number: u64,
    pub origin: OriginId,
    pub title: String,
    /// The drill that it is; none where it is real.
    pub drill: Option<String>,
    pub severity: Sev,
    pub status: Status,
    pub opened_at: DateTime<Utc>,
    pub mitigated_at: Option<DateTime<Utc>>,
    pub resolved_at: Option<DateTime<Utc>>,
    /// Since when nobody works on it any more.
    pub ended_at: Option<DateTime<Utc>>,
    pub lead: Option<String>,
    /// Who has which of the other roles.
    pub roles: BTreeMap<Role, String>,
    /// Who is asked to lead it from now on, until they do.
    pub offer: Option<Offer>,
    /// When people elsewhere were told last.
    pub told_at: Option<DateTime<Utc>>,
    /// When they were promised to hear more.
    pub promised: Option<DateTime<Utc>>,
    /// It leaves the house only where somebody says so in so many words.
    pub private: bool,
    /// The incident that work goes on in.
    pub merged_into: Option<IncidentId>,
    pub services: BTreeSet<ServiceName>,
    pub alerts: BTreeSet<AlertId>,
    /// Of which services its past is to be looked up; older versions did not say.
    pub reach: Option<BTreeSet<ServiceName>>,
    /// Its past has become a part of it.
    pub took_in: bool,
    /// Alerts of which it took something in: what becomes of them is a part of it, too.
    pub follows: BTreeSet<AlertId>,
    /// Entries that belong to it though they don't carry its id.
    pub linked: BTreeSet<EntryId>,
    /// Incidents that were merged into it, and into those: whatever carries their ids belongs to it. In which turn that was.
    pub absorbed: BTreeMap<IncidentId, u32>,
    /// Entries that were taken out of it, and in which turn.
    pub taken_out: BTreeMap<EntryId, u32>,
    /// How often something was linked to it or taken out.
    pub turns: u32,
}

impl Incident {
    /// Folds the incident's own entries, sorted and with corrections applied. `None` without a declaration.
    pub fn project<'a>(entries: impl Iterator<Item = &'a Entry>) -> Option<Self> {
        entries.fold(None, |incident, entry| match incident {
            None => Self::declared(entry),
            Some(mut incident) => {
                incident.apply(entry);
                Some(incident)
            }
        })
    }

    pub fn declared(entry: &Entry) -> Option<Self> {
        (entry.kind == Kind::Declare).then(|| Self {
            id: IncidentId(entry.id.0),
            number: entry.data_of("number").unwrap_or(0),
            origin: entry.origin,
            title: entry.text_of("title").unwrap_or(&entry.text).to_owned(),
            drill: entry.drill.clone(),
            severity: entry.data_of("severity").unwrap_or(Sev(3)),
            status: Status::Open,
            opened_at: entry.at,
            mitigated_at: None,
            resolved_at: None,
            ended_at: None,
            lead: entry.text_of("lead").map(str::to_owned),
            roles: BTreeMap::new(),
            offer: None,
            told_at: None,
            promised: promise(entry).flatten(),
            private: entry.visibility == Visibility::Restricted,
            merged_into: None,
            services: entry.service.iter().cloned().chain(entry.data_of::<Vec<_>>("services").unwrap_or_default()).collect(),
            alerts: entry.alert.iter().cloned().chain(entry.data_of::<Vec<_>>("alerts").unwrap_or_default()).collect(),
            reach: entry.data_of("reach"),
            took_in: false,
            follows: BTreeSet::new(),
            linked: BTreeSet::new(),
            absorbed: BTreeMap::new(),
            taken_out: BTreeMap::new(),
            turns: 0,
        })
    }

    /// Takes in the next entry that carries this incident's id.
    pub fn apply(&mut self, entry: &Entry) {
        self.promised = promise(entry).unwrap_or(self.promised);
        match entry.kind {
            Kind::Comms if entry.data.contains_key("to") => self.told_at = Some(entry.at),
            Kind::Status => self.set_status(entry),
            Kind::Severity => self.severity = entry.data_of("severity").unwrap_or(self.severity),
            Kind::Title => self.title = entry.text_of("title").unwrap_or(&self.title).to_owned(),
            Kind::Role => self.set_role(entry),
            Kind::Handoff => match entry.text_of("step") {
                Some("offered") => self.offer = Offer::of(entry),
                Some("accepted") => {
                    self.lead = entry.text_of("person").map(str::to_owned);
                    self.offer = None;
                }
                _ => {}
            },
            Kind::Link | Kind::Unlink => self.link(entry),
            _ => {}
        }
    }

    fn link(&mut self, entry: &Entry) {
        self.turns += 1;
        self.took_in |= entry.key.as_ref() == Some(&past_of(self.id));
        self.follows.extend(entry.data_of::<Vec<AlertId>>("follows").unwrap_or_default());
        for id in entry.data_of::<Vec<EntryId>>("entries").unwrap_or_default() {
            if entry.kind == Kind::Unlink {
                self.linked.remove(&id);
                self.taken_out.insert(id, self.turns);
            } else {
                self.linked.insert(id);
                self.taken_out.remove(&id);
            }
        }
        let merged = entry.data_of::<Vec<IncidentId>>("merged").unwrap_or_default();
        self.absorbed.extend(merged.into_iter().map(|id| (id, self.turns)));
        self.alerts.extend(entry.data_of::<Vec<AlertId>>("alerts").unwrap_or_default());
        self.services.extend(entry.data_of::<Vec<ServiceName>>("services").unwrap_or_default());
    }

    fn set_role(&mut self, entry: &Entry) {
        let Some(role) = entry.data_of::<Role>("role") else { return };
        let person = entry.text_of("person").filter(|person| !person.is_empty()).map(str::to_owned);
        match (role, person) {
            (Role::Lead, person) => self.lead = person,
            (role, Some(person)) => drop(self.roles.insert(role, person)),
            (role, None) => drop(self.roles.remove(&role)),
        }
    }

    /// Whether an entry, as it is corrected, is a part of this incident.
    pub fn has_entry(&self, entry: &Entry) -> bool {
        // A merge brings all that the other has, whatever was taken out before.
        let out = |since: u32| self.taken_out.get(&entry.id).is_some_and(|turn| *turn > since);
        let absorbed = || entry.incident.and_then(|id| self.absorbed.get(&id)).is_some_and(|since| !out(*since));
        entry.incident == Some(self.id) || self.linked.contains(&entry.id) || absorbed()
    }

    /// When the next update is due; nobody waits for one of what is resolved.
    pub fn next_update(&self) -> Option<DateTime<Utc>> {
        self.promised.filter(|_| matches!(self.status, Status::Open | Status::Mitigated))
    }

    /// Who has a role.
    pub fn has(&self, role: Role) -> Option<&str> {
        match role {
            Role::Lead => self.lead.as_deref(),
            role => self.roles.get(&role).map(String::as_str),
        }
    }

    fn set_status(&mut self, entry: &Entry) {
        let Some(status) = entry.data_of::<Status>("status") else { return };
        self.ended_at = status.is_over().then_some(entry.at);
        match status {
            Status::Open => (self.mitigated_at, self.resolved_at) = (None, None),
            Status::Mitigated => self.mitigated_at = Some(entry.at),
            Status::Resolved => self.resolved_at = Some(entry.at),
            Status::Merged => self.merged_into = entry.data_of("into"),
            Status::Closed | Status::Cancelled => {}
        }
        self.status = status;
    }

    /// `INC-7`; `DRILL-7` where it is practice, so that no text takes the one for the other.
    pub fn label(&self) -> String {
        let word = if self.drill.is_some() { "DRILL" } else { "INC" };
        format!("{word}-{}", self.number)
    }
}

/// What an incident finds of its past, corrections among it, and what is too much to be taken in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Past {
    pub entries: Vec<Arc<Entry>>,
    pub left_out: Option<LeftOut>,
}

/// So many entries, from the first of them to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub entries: usize,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        match self.entries {
            1 => write!(f, "1 entry of {}", time(self.from)),
            some => write!(f, "{some} entries from {} to {}", time(self.from), time(self.until)),
        }
    }
}

/// The key of the entry by which its past becomes a part of an incident: whoever looks it up, and however often, that is one.
pub fn past_of(id: IncidentId) -> String {
    format!("incident/{id}/past")
}

/// What an entry promises: a time, or that there is none any more. Most promise nothing.
fn promise(entry: &Entry) -> Option<Option<DateTime<Utc>>> {
    entry.data_of("next_update_at")
}
