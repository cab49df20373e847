//! An incident as an alert: labels for what it is, annotations for what is going to happen, and whose it is.

use super::wire::{Incident, Named, text, time, told};
use crate::domain::alert::{Alert, Held, Hold, Labels, Upstream};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::Outside;
use chrono::{DateTime, TimeDelta, Utc};

/// What happens by itself, and how that is told.
const PENDING: [(&str, &str); 4] = [
    ("escalate", "escalates at"),
    ("resolve", "resolves at"),
    ("unacknowledge", "is triggered again at"),
    ("urgency_change", "becomes urgent at"),
];
/// How far a pending end of an acknowledgement may be from what its service does by itself.
const NEAR: TimeDelta = TimeDelta::seconds(90);

/// `now` stands for the end of an incident that is over and does not say since when.
pub fn of(source: &SourceName, incident: &Incident, now: DateTime<Utc>) -> Alert {
    Alert {
        id: AlertId { source: source.clone(), fingerprint: incident.id.as_str().into() },
        labels: labels(incident),
        annotations: annotations(incident),
        upstream: match incident.is("resolved") {
            true => Upstream::Resolved { at: incident.ended().unwrap_or(now) },
            false => Upstream::Firing,
        },
        starts_at: time(incident.created_at.as_deref()).unwrap_or(DateTime::UNIX_EPOCH),
        url: text(incident.html_url.as_deref()),
        receivers: [].into(),
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
        held: held(incident).map(Box::new),
    }
}

fn pairs<const N: usize>(all: [(&str, Option<Outside>); N]) -> Labels {
    Labels::new(all.into_iter().filter_map(|(name, value)| Some((name.into(), value?))).collect())
}

fn called(named: Option<&Named>) -> Option<Outside> {
    text(named.map(Named::called))
}

fn labels(incident: &Incident) -> Labels {
    let number = incident.incident_number.as_ref().filter(|number| !number.is_null()).map(ToString::to_string);
    let teams: Vec<&str> = incident.teams.iter().flatten().map(Named::called).collect();
    pairs([
        ("alertname", text(title(incident))),
        ("escalation_policy", called(incident.escalation_policy.as_ref())),
        ("incident_number", text(number.as_deref())),
        ("priority", called(incident.priority.as_ref())),
        ("service", called(incident.service.as_ref().map(|service| &service.named))),
        ("severity", Some(severity(incident).into())),
        ("team", text(Some(&teams.join(", ")))),
        ("urgency", text(incident.urgency.as_deref())),
    ])
}

/// The title without the number that PagerDuty puts before it: `[#42] Disk full`.
fn title(incident: &Incident) -> Option<&str> {
    let text = incident.title.as_deref().or(incident.summary.as_deref())?;
    let rest = text.strip_prefix("[#").and_then(|rest| rest.split_once(']'));
    let numbered = rest.filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()));
    Some(numbered.map_or(text, |(_, title)| title).trim())
}

/// A word that the configuration knows unless it says otherwise: by the priority where it has a rank, else by the urgency.
fn severity(incident: &Incident) -> &'static str {
    let rank = incident.priority.as_ref().and_then(|priority| {
        let digits: String =
            priority.called().chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    });
    match (rank, incident.urgency.as_deref()) {
        (Some(..=2), _) => "critical",
        (Some(3), _) => "warning",
        (Some(_), _) => "info",
        (None, Some("low")) => "warning",
        (None, _) => "critical",
    }
}

fn annotations(incident: &Incident) -> Labels {
    let counts = incident.alert_counts.as_ref().and_then(|counts| Some((counts.all?, counts.triggered.unwrap_or(0))));
    let alerts = counts.filter(|(all, _)| *all > 0).map(|(all, open)| format!("{all}, {open} of them triggered"));
    let [a, b, c, d] = PENDING.map(|(kind, words)| (words, incident.pending(kind).map(|at| told(at).into())));
    pairs([
        ("summary", text(incident.summary.as_deref().or(incident.title.as_deref()))),
        ("incident_key", text(incident.incident_key.as_deref())),
        ("alerts", text(alerts.as_deref())),
        a,
        b,
        c,
        d,
    ])
}

fn held(incident: &Incident) -> Option<Held> {
    let until = incident.pending("unacknowledge");
    let hold = incident.acknowledged().map(|(who, _)| Hold { by: who.called().into(), until, comment: Outside::default() });
    let assigned: Vec<Outside> = incident.assignees().map(|who| who.called().into()).collect();
    let held = match snoozed(incident) {
        true => Held { snoozed: hold, assigned, ..Held::default() },
        false => Held { acknowledged: hold, assigned, ..Held::default() },
    };
    (held != Held::default()).then_some(held)
}

/// PagerDuty snoozes by an acknowledgement that ends. So does a service whose acknowledgements end after a while: where its
/// timeout is known and does not explain the end, it is a snooze.
fn snoozed(incident: &Incident) -> bool {
    let (Some(until), Some((_, Some(since)))) = (incident.pending("unacknowledge"), incident.acknowledged()) else {
        return false;
    };
    let Some(timeout) = incident.service.as_ref().and_then(|service| service.acknowledgement_timeout) else { return false };
    let by_itself = timeout.filter(|seconds| *seconds > 0).and_then(TimeDelta::try_seconds).map(|timeout| since + timeout);
    by_itself.is_none_or(|end| (until - end).abs() > NEAR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn alert(fields: Value) -> Alert {
        let mut incident = json!({"id": "Q1", "status": "triggered"});
        incident.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        of(&"pager".into(), &serde_json::from_value(incident).expect("an incident"), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_title_loses_its_number_and_nothing_else() {
        let name = |fields: Value| alert(fields).name().to_owned();
        assert_eq!(name(json!({"title": "[#42] Disk full on db1"})), "Disk full on db1");
        assert_eq!(name(json!({"summary": "[#42] [prod] Disk"})), "[prod] Disk");
        assert_eq!(name(json!({"title": "[#x] Disk"})), "[#x] Disk");
        assert_eq!(name(json!({"title": null})), "Q1");
    }

    #[test]
    fn the_priority_decides_where_it_has_a_rank_and_else_the_urgency() {
        let word = |fields: Value| alert(fields).labels.get("severity").expect("has one").to_owned();
        let named = |name: &str| json!({"priority": {"id": "P", "summary": name}, "urgency": "low"});
        assert_eq!(["P1", "SEV-2", "P3", "P5"].map(|name| word(named(name))), ["critical", "critical", "warning", "info"]);
        assert_eq!(word(named("Whenever")), "warning");
        assert_eq!([word(json!({"urgency": "high"})), word(json!({}))], ["critical", "critical"]);
    }

    #[test]
    fn a_snooze_is_told_from_an_acknowledgement_that_ends_by_itself_where_that_can_be_known() {
        let held = |timeout: Value, until: &str| {
            let acks = json!([{"at": "2026-03-01T10:00:00Z", "acknowledger": {"id": "U1", "summary": "Maria"}}]);
            let fields = json!({"status": "acknowledged", "acknowledgements": acks, "service": timeout,
                "pending_actions": [{"type": "unacknowledge", "at": until}]});
            let held = *alert(fields).held.expect("held");
            (held.acknowledged.is_some(), held.snoozed.and_then(|hold| hold.until).map(told))
        };
        let full = |seconds: Value| json!({"id": "S", "summary": "db", "acknowledgement_timeout": seconds});
        assert_eq!(held(full(json!(1800)), "2026-03-01T10:30:00Z"), (true, None));
        let snoozed = (false, Some("2026-03-01T14:00:00Z".to_owned()));
        assert_eq!(held(full(json!(1800)), "2026-03-01T14:00:00Z"), snoozed);
        assert_eq!(held(full(Value::Null), "2026-03-01T14:00:00Z"), snoozed);
        assert_eq!(held(json!({"id": "S", "summary": "db"}), "2026-03-01T14:00:00Z"), (true, None), "a mere reference");
        assert_eq!(held(full(json!(0)), "2026-03-01T14:00:00Z"), snoozed, "no timeout");
    }
}
