//! What an incident becomes.

use super::*;

#[tokio::test]
async fn an_incident_comes_with_everything_that_is_known_of_it() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full on db1");
    account.change(&id, json!({"priority": {"id": "PR2", "summary": "P2"}}));
    let snapshot = poll(&*on(&account), &[]).await;
    let [alert] = &snapshot.alerts[..] else { panic!("{snapshot:?}") };
    assert_eq!((alert.id.to_string(), alert.name()), (format!("pager/{id}"), "Disk full on db1"));
    let labels: Vec<String> = alert.labels.iter().map(|(name, value)| format!("{}={}", name.raw(), value.raw())).collect();
    let wanted = "alertname=Disk full on db1|escalation_policy=DB on-call|incident_number=1|priority=P2|service=Database|\
        severity=critical|team=Storage|urgency=high";
    assert_eq!(labels.join("|"), wanted);
    assert_eq!(
        (alert.summary(), alert.annotations.get("alerts")),
        (Some("[#1] Disk full on db1"), Some("2, 1 of them triggered"))
    );
    let escalates = account.incident(&id)["pending_actions"][0]["at"].as_str().map(str::to_owned);
    assert_eq!(alert.annotations.get("escalates at").map(str::to_owned), escalates);
    assert_eq!(alert.url.as_ref().map(|url| url.raw().to_owned()), Some(format!("https://acme.test/incidents/{id}")));
    assert!((Utc::now() - alert.starts_at - TimeDelta::minutes(10)).abs() < TimeDelta::minutes(1));
    assert_eq!(alert.held.as_ref().expect("assigned").assigned, ["Ana".into()]);
    assert!(snapshot.complete && snapshot.missing.is_empty() && snapshot.started_at.is_none());
    assert!(snapshot.skew_ms.expect("known").abs() < 2_000, "{:?}", snapshot.skew_ms);
}

#[tokio::test]
async fn null_in_every_field_and_words_that_are_new_are_survived() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    let mut fields = account.incident(&id);
    for (name, value) in fields.as_object_mut().expect("an object") {
        if !["id", "status", "created_at"].contains(&name.as_str()) {
            *value = serde_json::Value::Null;
        }
    }
    account.change(&id, fields);
    account.change(&id, json!({"urgency": "severe", "novelty": [{"a": 1}], "pending_actions": [{"type": "explode", "at": "soon"}, {"type": "resolve", "at": null}]}));
    let snapshot = poll(&*on(&account), &[]).await;
    let [alert] = &snapshot.alerts[..] else { panic!("{snapshot:?}") };
    assert_eq!((alert.name(), alert.held.is_none(), alert.annotations.iter().count()), (id.as_str(), true, 0));
    assert_eq!(alert.labels.get("severity"), Some("critical"), "what can't be judged is read first");
}

#[tokio::test]
async fn hostile_titles_come_through_as_they_are() {
    let account = FakePagerDuty::start();
    let evil = format!("\u{1b}[2J\n\u{202e}{}", "x".repeat(10_240));
    account.trigger(&evil);
    assert_eq!(poll(&*on(&account), &[]).await.alerts[0].name(), evil);
}

#[tokio::test]
async fn who_acknowledged_and_who_snoozed_is_told_and_until_when() {
    let account = FakePagerDuty::start();
    let (acked, snoozed) = (account.trigger("A"), account.trigger("B"));
    account.elsewhere("Maria", &acked, json!({"status": "acknowledged"}));
    let until = Utc::now() + TimeDelta::hours(4);
    assert_eq!(act(&account, &snoozed, What::Snooze { until }).await.outcome, Outcome::Done);
    let snapshot = poll(&*on(&account), &[]).await;
    let [first, second] = &snapshot.alerts[..] else { panic!("{snapshot:?}") };
    let hold = first.acknowledged().expect("acknowledged");
    assert_eq!((hold.by.raw(), first.snoozed().is_none()), ("Maria", true));
    assert!((hold.until.expect("it ends") - Utc::now() - TimeDelta::minutes(30)).abs() < TimeDelta::minutes(1));
    let hold = second.snoozed().expect("snoozed");
    assert_eq!((hold.by.raw(), second.acknowledged().is_none()), ("Ana", true));
    assert!((hold.until.expect("it ends") - until).abs() < TimeDelta::minutes(1));
}

#[tokio::test]
async fn filters_are_sent_and_every_question_says_who_asks_and_in_which_version() {
    let server = support::raw::Raw::saying(support::raw::ok(r#"{"incidents":[]}"#));
    let yaml = format!(
        "{{url: '{}', token: hunter2-token, from: ana@x.test, service_ids: [S1, S2], team_ids: [T1], user_ids: U1, urgencies: [high]}}",
        server.url("")
    );
    poll(&*source(&yaml), &[]).await;
    let head = server.heads().remove(0);
    let line = "get /incidents?statuses%5b%5d=triggered&statuses%5b%5d=acknowledged&service_ids%5b%5d=s1&service_ids%5b%5d=s2&team_ids%5b%5d=t1\
        &user_ids%5b%5d=u1&urgencies%5b%5d=high&sort_by=created_at%3adesc&include%5b%5d=services&date_range=all&limit=100&offset=0 http";
    assert!(head.starts_with(line), "{head}");
    for header in ["authorization: token token=hunter2-token\r\n", "accept: application/vnd.pagerduty+json;version=2\r\n"] {
        assert!(head.contains(header), "{head}");
    }
}

#[tokio::test]
async fn a_wrong_token_is_told_in_words_and_never_shown() {
    let account = FakePagerDuty::start();
    let trouble = trouble(&*source(&format!("{{url: '{}', token: hunter2-token, from: ana@x.test}}", account.url))).await;
    assert_eq!(trouble.reason, Reason::Denied);
    let text = trouble.to_string();
    assert!(text.ends_with("401 Unauthorized: Authentication failed (2006); check the token in the configuration"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}
