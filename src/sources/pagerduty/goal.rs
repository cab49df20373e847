//! What an act wants to be so: how it is asked for, and whether it is so. Names are looked up here, once, before anything
//! is sent.

use super::door::Caller;
use super::wire::{Incident, Named, Note, Notes, Oncall, Oncalls, Policies, Priorities, Users, told};
use crate::domain::act::{What, marker};
use crate::domain::entry::Intent;
use crate::domain::trouble::{Reason, Trouble};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// The longest snooze that PagerDuty has.
const LONGEST_SNOOZE: TimeDelta = TimeDelta::days(7);
/// How far the end of a snooze may be from what was asked for: it is asked for in seconds from when it arrives.
const NEAR: TimeDelta = TimeDelta::seconds(90);

pub enum Goal {
    Acknowledged { me: Option<Named> },
    Triggered,
    Snoozed { until: DateTime<Utc>, seconds: i64 },
    Resolved { why: String },
    AssignedTo(Named),
    Follows { policy: Named },
    AtLevel { level: u32, people: Vec<Named> },
    Noted { text: String, marker: String },
    Merged { into: String },
    Prioritised(Named),
}

/// How it is, held against a goal.
pub struct Seen {
    pub reached: bool,
    /// For people.
    pub words: String,
    /// What was made: a note's id.
    pub made: Option<String>,
}

impl Goal {
    /// An error means that it can't be asked for, and that nothing was sent.
    pub async fn of(what: &What, comment: &str, now: &Incident, intent: Intent, caller: &Caller<'_>) -> Result<Self, Trouble> {
        Ok(match what {
            What::Acknowledge { .. } => Self::Acknowledged { me: caller.source.me(caller).await },
            What::Unacknowledge => Self::Triggered,
            What::Snooze { until } => snooze(*until, caller)?,
            What::Resolve => Self::Resolved { why: comment.to_owned() },
            What::Assign { to } => assignee(to, caller).await?,
            What::Escalate { level } => at_level(*level, now, caller).await?,
            What::Comment => {
                let marker = marker(intent.id());
                Self::Noted { text: format!("{comment} {marker}"), marker }
            }
            What::Merge { into } => Self::Merged { into: plain(into.as_str())?.to_owned() },
            What::Prioritise { to } => Self::Prioritised(priority(to, caller).await?),
            What::Unsnooze | What::Downtime { .. } | What::Recheck => {
                return Err(local(format!("PagerDuty can't {}", what.kind().word())));
            }
        })
    }

    /// Method, path and body of the request for it.
    pub fn request(&self, id: &str) -> (&'static str, String, Value) {
        let change = |name: &str, value: Value| {
            let mut incident = json!({"type": "incident_reference"});
            incident[name] = value;
            ("PUT", format!("incidents/{id}"), json!({"incident": incident}))
        };
        match self {
            Self::Acknowledged { .. } => change("status", "acknowledged".into()),
            Self::Triggered => change("status", "triggered".into()),
            Self::Snoozed { seconds, .. } => ("POST", format!("incidents/{id}/snooze"), json!({"duration": seconds})),
            Self::Resolved { why } => {
                let (method, path, mut body) = change("status", "resolved".into());
                if !why.is_empty() {
                    body["incident"]["resolution"] = why.as_str().into();
                }
                (method, path, body)
            }
            Self::AssignedTo(who) => change("assignments", json!([{"assignee": {"id": who.id, "type": "user_reference"}}])),
            Self::Follows { policy } => {
                change("escalation_policy", json!({"id": policy.id, "type": "escalation_policy_reference"}))
            }
            // The level alone: together with a policy it would begin at the first one again.
            Self::AtLevel { level, .. } => change("escalation_level", (*level).into()),
            Self::Noted { text, .. } => ("POST", format!("incidents/{id}/notes"), json!({"note": {"content": text}})),
            Self::Merged { into } => {
                let source = json!({"id": id, "type": "incident_reference"});
                ("PUT", format!("incidents/{into}/merge"), json!({"source_incidents": [source]}))
            }
            Self::Prioritised(priority) => change("priority", json!({"id": priority.id, "type": "priority_reference"})),
        }
    }

    /// Whether it makes sense for an incident that is resolved. For all others PagerDuty would open it again, or refuse.
    pub fn may_be_over(&self) -> bool {
        matches!(self, Self::Noted { .. } | Self::Resolved { .. } | Self::Merged { .. })
    }

    /// What has to be open besides the incident itself.
    pub fn needs_open(&self) -> Option<&str> {
        if let Self::Merged { into } = self { Some(into) } else { None }
    }

    /// That it is so may be somebody else's doing, and who we are is not known.
    pub fn is_anybodys(&self) -> bool {
        matches!(self, Self::Acknowledged { me: None })
    }

    /// Reads how it is now.
    pub async fn look(&self, id: &str, caller: &Caller<'_>) -> Result<Seen, Trouble> {
        if let Self::Noted { marker, .. } = self {
            let notes: Notes = caller.read(&format!("incidents/{id}/notes"), &[], "a list of notes").await?;
            return Ok(noted(&notes.notes, marker));
        }
        Ok(match caller.source.incident(id, caller).await? {
            Some(incident) => self.seen(&incident),
            None => Seen { reached: false, words: "it is gone".into(), made: None },
        })
    }

    /// What an incident says of it.
    pub fn seen(&self, incident: &Incident) -> Seen {
        let (reached, words) = self.judged(incident);
        let words = if reached { words } else { otherwise(incident, &words) };
        Seen { reached, words, made: None }
    }

    fn judged(&self, incident: &Incident) -> (bool, String) {
        let assigned = || incident.assignees().map(Named::called).collect::<Vec<_>>().join(", ");
        let is_assigned = |who: &Named| incident.assignees().any(|assignee| assignee.id == who.id);
        match self {
            Self::Acknowledged { me } => {
                let mine = |me: &Named| incident.acknowledgers().any(|who| who.id == me.id);
                let held = incident.is("acknowledged") && me.as_ref().is_none_or(mine);
                (held, if held { "acknowledged".into() } else { acknowledged_by(incident) })
            }
            Self::Triggered => (incident.is("triggered"), "triggered".into()),
            Self::Snoozed { until, .. } => {
                let ends = incident.pending("unacknowledge");
                let words = ends.map_or("it is not snoozed".into(), |ends| format!("snoozed until {}", told(ends)));
                (incident.is("acknowledged") && ends.is_some_and(|ends| (ends - until).abs() <= NEAR), words)
            }
            Self::Resolved { .. } => (incident.is("resolved"), format!("resolved{}", incident.changed())),
            Self::AssignedTo(who) => (is_assigned(who), format!("assigned to {}", assigned())),
            Self::Follows { policy } => {
                let now = incident.escalation_policy.as_ref();
                let words = now.map_or("it follows no policy".into(), |now| format!("it follows {}", now.called()));
                (now.is_some_and(|now| now.id == policy.id), words)
            }
            Self::AtLevel { level, people } => {
                let words = format!("assigned to {}", assigned());
                let there = people.iter().any(is_assigned);
                (there, if there { format!("level {level}, {words}") } else { words })
            }
            Self::Merged { into } => {
                let merged = incident.resolve_reason.as_ref().and_then(|reason| reason.incident.as_ref());
                (incident.is("resolved") && merged.is_some_and(|target| target.id == *into), format!("merged into {into}"))
            }
            Self::Prioritised(priority) => {
                let now = incident.priority.as_ref();
                let words = now.map_or("it has no priority".into(), |now| format!("its priority is {}", now.called()));
                (now.is_some_and(|now| now.id == priority.id), words)
            }
            Self::Noted { .. } => (false, "the note is not there".into()),
        }
    }
}

/// What is so instead of what was wanted.
fn otherwise(incident: &Incident, words: &str) -> String {
    if incident.is("resolved") { format!("it was resolved{}", incident.changed()) } else { words.to_owned() }
}

fn acknowledged_by(incident: &Incident) -> String {
    match incident.acknowledged() {
        Some((who, at)) => {
            let at = at.map(|at| format!(" at {}", told(at))).unwrap_or_default();
            format!("{} acknowledged it first{at}", who.called())
        }
        None => "it is not acknowledged".to_owned(),
    }
}

fn noted(notes: &[Note], marker: &str) -> Seen {
    let found = notes.iter().find(|note| note.content.as_deref().is_some_and(|content| content.contains(marker)));
    let words = if found.is_some() { "noted" } else { "the note is not there" };
    Seen { reached: found.is_some(), words: words.into(), made: found.and_then(|note| note.id.clone()) }
}

fn snooze(until: DateTime<Utc>, caller: &Caller<'_>) -> Result<Goal, Trouble> {
    let left = until - caller.ports.clock.now().wall;
    match left {
        left if left > LONGEST_SNOOZE => Err(local("PagerDuty snoozes for at most seven days".into())),
        left if left < TimeDelta::seconds(1) => Err(local("the snooze would be over already".into())),
        left => Ok(Goal::Snoozed { until, seconds: left.num_seconds() }),
    }
}

/// A user; else an escalation policy of this name.
async fn assignee(to: &str, caller: &Caller<'_>) -> Result<Goal, Trouble> {
    let query = [("query", to.to_owned()), ("limit", "100".into())];
    let users = caller.read::<Users>("users", &query, "a list of users").await?.users;
    match one_of(&users, to)? {
        Some(user) => Ok(Goal::AssignedTo(user)),
        None => {
            let policies = caller.read::<Policies>("escalation_policies", &query, "a list of escalation policies").await?;
            let policy = one_of(&policies.escalation_policies, to)?;
            let nobody = || local(format!("PagerDuty has no user and no escalation policy called `{to}`"));
            policy.map(|policy| Goal::Follows { policy }).ok_or_else(nobody)
        }
    }
}

/// The one that is called so; else the only one that was found.
fn one_of(found: &[Named], to: &str) -> Result<Option<Named>, Trouble> {
    let exact: Vec<&Named> = found.iter().filter(|named| named.is_called(to)).collect();
    match (exact.as_slice(), found) {
        ([one], _) => Ok(Some((*one).clone())),
        ([], [one]) => Ok(Some(one.clone())),
        ([], []) => Ok(None),
        _ => {
            let names: Vec<String> = found.iter().take(5).map(|named| format!("{} ({})", named.called(), named.id)).collect();
            Err(local(format!("`{to}` may mean {}: name one by its id or mail", names.join(", "))))
        }
    }
}

/// The level that was named, or the one after where it is now, with who is asked there.
async fn at_level(level: Option<u32>, now: &Incident, caller: &Caller<'_>) -> Result<Goal, Trouble> {
    let policy = now.escalation_policy.as_ref().ok_or_else(|| local("it has no escalation policy".into()))?;
    let query = [("escalation_policy_ids[]", policy.id.clone()), ("earliest", "true".into()), ("limit", "100".into())];
    let oncalls = caller.read::<Oncalls>("oncalls", &query, "a list of who is on call").await?.oncalls;
    let level = level.map_or_else(|| next_level(&oncalls, now, policy), Ok)?;
    let people: Vec<Named> =
        oncalls.into_iter().filter(|oncall| oncall.escalation_level == Some(level)).filter_map(|oncall| oncall.user).collect();
    if people.is_empty() {
        return Err(local(format!("{} has no level {level}, or nobody is on call there", policy.called())));
    }
    Ok(Goal::AtLevel { level, people })
}

fn next_level(oncalls: &[Oncall], now: &Incident, policy: &Named) -> Result<u32, Trouble> {
    let assigned = |oncall: &&Oncall| oncall.user.as_ref().is_some_and(|user| now.assignees().any(|who| who.id == user.id));
    let levels = || oncalls.iter().filter_map(|oncall| oncall.escalation_level);
    let at = oncalls.iter().filter(assigned).filter_map(|oncall| oncall.escalation_level).min();
    let at = at.ok_or_else(|| local(format!("at which level of {} it is can't be told: name one", policy.called())))?;
    let last = || local(format!("it is at level {at}, the last one of {}", policy.called()));
    levels().filter(|level| *level > at).min().ok_or_else(last)
}

async fn priority(to: &str, caller: &Caller<'_>) -> Result<Named, Trouble> {
    let query = [("limit", "100".to_owned())];
    let all = caller.read::<Priorities>("priorities", &query, "a list of priorities").await?.priorities;
    all.iter().find(|priority| priority.is_called(to)).cloned().ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(Named::called).collect();
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        local(format!("PagerDuty has no priority called `{to}`; it has {there}"))
    })
}

/// An id stands in an address: only what can't lead elsewhere.
pub fn plain(id: &str) -> Result<&str, Trouble> {
    let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if plain { Ok(id) } else { Err(local(format!("`{}` is no id of an incident", crate::domain::text::inert(id)))) }
}

pub fn local(text: String) -> Trouble {
    Trouble::new(Reason::Local, text)
}
