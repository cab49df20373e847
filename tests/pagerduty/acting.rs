//! Acts: looked at, asked for once, read back. Done, failed, unknown or contradicted, never sent twice.

use super::*;
use midwatch::runtime::ports::refusing;

fn until(hours: i64) -> chrono::DateTime<Utc> {
    Utc::now() + TimeDelta::hours(hours)
}

/// Every act, and what it must have changed.
fn acts() -> Vec<(What, serde_json::Value)> {
    vec![
        (What::Acknowledge { until: until(1), from: None }, json!({"status": "acknowledged"})),
        (What::Snooze { until: until(2) }, json!({"status": "acknowledged"})),
        (What::Resolve, json!({"status": "resolved"})),
        (What::Assign { to: "maria@example.org".into() }, json!({"assigned_via": "direct_assignment"})),
        (What::Assign { to: "pages nobody".into() }, json!({"escalation_policy": {"id": "E2"}})),
        (What::Escalate { level: Some(3) }, json!({"assignments": [{"assignee": {"id": "U3"}}]})),
        (What::Prioritise { to: "p1".into() }, json!({"priority": {"id": "PR1"}})),
        (What::Comment, json!({})),
    ]
}

/// Whether a value has at least these fields.
fn holds(value: &serde_json::Value, fields: &serde_json::Value) -> bool {
    match (value, fields) {
        (value, serde_json::Value::Object(fields)) => fields.iter().all(|(name, wanted)| holds(&value[name], wanted)),
        (value, serde_json::Value::Array(fields)) => {
            fields.iter().enumerate().all(|(place, wanted)| holds(&value[place], wanted))
        }
        (value, wanted) => value == wanted,
    }
}

#[tokio::test]
async fn every_act_is_done_once_confirmed_and_found_again() {
    for (what, changed) in acts() {
        let account = FakePagerDuty::start();
        let (id, act, intent) = (account.trigger("Disk full"), what.clone(), intent());
        let act = on_one(&id, act);
        assert_eq!(found(&account, &act, intent).await, Ok(Found::NotThere), "{what:?}");
        let end = on(&account).act(&act, intent, &Ports::real()).await;
        assert_eq!((end.outcome, account.writes()), (Outcome::Done, 1), "{what:?}: {end:?}");
        assert!(holds(&account.incident(&id), &changed), "{what:?}: {}", account.incident(&id));
        let made = end.made.expect("what was made");
        assert_eq!(found(&account, &act, intent).await, Ok(Found::There(made)), "{what:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_for_and_nothing_is_sent_twice() {
    for (what, changed) in acts() {
        for mood in [Mood::Reset, Mood::FailedAfterwards(500), Mood::FailedAfterwards(502)] {
            let account = FakePagerDuty::start();
            let id = account.trigger("Disk full");
            account.mood_of("PUT", mood.clone());
            account.mood_of("POST", mood.clone());
            let end = act(&account, &id, what.clone()).await;
            assert_eq!((end.outcome, account.writes()), (Outcome::Done, 1), "{what:?}, {mood:?}: {end:?}");
            assert!(holds(&account.incident(&id), &changed), "{what:?}");
        }
    }
}

#[tokio::test]
async fn what_may_have_arrived_and_cannot_be_seen_is_unknown_and_what_certainly_failed_is_not() {
    for (mood, outcome) in [
        (Mood::Silent, Outcome::Unknown),
        (Mood::Status(504, "<html><title>504 Gateway Time-out</title></html>"), Outcome::Unknown),
        (Mood::Status(500, "oops"), Outcome::Failed),
        (Mood::Status(403, r#"{"error":{"message":"Access Denied","code":2010}}"#), Outcome::Failed),
        (Mood::Status(402, r#"{"error":{"message":"Account Ability","code":2014}}"#), Outcome::Failed),
        (Mood::Limited(30), Outcome::Unsent),
    ] {
        let account = FakePagerDuty::start();
        let id = account.trigger("Disk full");
        account.mood_of("PUT", mood.clone());
        let end = act(&account, &id, What::Resolve).await;
        assert_eq!((end.outcome, account.writes()), (outcome, 1), "{mood:?}: {end:?}");
        assert_eq!(account.status(&id), "triggered");
    }
}

#[tokio::test]
async fn accepted_and_not_read_back_is_unknown_and_accepted_but_otherwise_is_a_contradiction() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    // Says yes, and does nothing.
    account.mood_of("PUT", Mood::Status(200, "{}"));
    let end = act(&account, &id, What::Resolve).await;
    assert_eq!(end.outcome, Outcome::Contradicted, "{end:?}");
    assert!(end.detail.raw().starts_with("it was accepted, but "), "{end:?}");
}

#[tokio::test]
async fn what_is_over_is_not_opened_again() {
    for (what, _) in acts() {
        let account = FakePagerDuty::start();
        let id = account.trigger("Disk full");
        account.elsewhere("Maria", &id, json!({"status": "resolved"}));
        let end = act(&account, &id, what.clone()).await;
        let (outcome, writes) = match what {
            What::Resolve => (Outcome::Done, 0),
            What::Comment => (Outcome::Done, 1),
            _ => (Outcome::Contradicted, 0),
        };
        assert_eq!(
            (end.outcome, account.writes(), account.status(&id)),
            (outcome, writes, "resolved".into()),
            "{what:?}: {end:?}"
        );
        assert!(what == What::Comment || end.detail.raw().contains("resolved by Maria at "), "{what:?}: {end:?}");
    }
}

#[tokio::test]
async fn who_was_faster_is_named() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    let acknowledge = What::Acknowledge { until: until(1), from: None };
    account.elsewhere("Maria", &id, json!({"status": "acknowledged"}));
    let end = act(&account, &id, acknowledge.clone()).await;
    assert_eq!((end.outcome, end.made, account.writes()), (Outcome::Contradicted, None, 0));
    assert!(end.detail.raw().starts_with("Maria acknowledged it first at "), "{}", end.detail.raw());
    // Between the look and the write.
    let first = r#"{"error":{"message":"Incident Already Resolved","code":1001}}"#;
    account.elsewhere("Maria", &id, json!({"status": "triggered"}));
    account.mood_of("PUT", Mood::Status(400, first));
    let end = act(&account, &id, acknowledge.clone()).await;
    assert_eq!(end.outcome, Outcome::Contradicted, "{end:?}");
    assert!(end.detail.raw().contains("Incident Already Resolved (1001); somebody resolved it first"), "{end:?}");
    // Our own from elsewhere is ours.
    account.elsewhere("Ana", &id, json!({"status": "acknowledged"}));
    let end = act(&account, &id, acknowledge.clone()).await;
    assert_eq!((end.outcome, end.made), (Outcome::Done, Some(id.as_str().into())));
    // Whose it is can't be found out: not ours.
    account.with(|account| account.no_users = true);
    let end = act(&account, &id, acknowledge).await;
    assert_eq!((end.outcome, end.made), (Outcome::Contradicted, None), "{}", end.detail.raw());
}

#[tokio::test]
async fn an_acknowledgement_is_taken_back_once() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    act(&account, &id, What::Acknowledge { until: until(1), from: None }).await;
    let end = act(&account, &id, What::Unacknowledge).await;
    assert_eq!((end.outcome, account.status(&id)), (Outcome::Done, "triggered".into()), "{end:?}");
    let end = act(&account, &id, What::Unacknowledge).await;
    assert_eq!((end.outcome, account.writes()), (Outcome::Done, 2), "{end:?}");
}

#[tokio::test]
async fn escalating_asks_the_next_level_and_says_when_there_is_none() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    for (level, who) in [(2, "Maria"), (3, "Bo")] {
        let end = act(&account, &id, What::Escalate { level: None }).await;
        assert_eq!((end.outcome, end.detail.raw()), (Outcome::Done, format!("level {level}, assigned to {who}").as_str()));
    }
    let end = act(&account, &id, What::Escalate { level: None }).await;
    assert_eq!((end.outcome, account.writes()), (Outcome::Failed, 2));
    assert!(end.detail.raw().contains("it is at level 3, the last one of DB on-call"), "{end:?}");
    let end = act(&account, &id, What::Escalate { level: Some(9) }).await;
    assert!(end.detail.raw().contains("DB on-call has no level 9"), "{end:?}");
    let lost = found(&account, &on_one(&id, What::Escalate { level: None }), intent()).await;
    assert!(lost.is_err(), "where it should have come to is not known: {lost:?}");
}

#[tokio::test]
async fn names_are_looked_up_and_those_that_mean_nothing_or_several_are_told() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    let assign = |to: &str| act(&account, &id, What::Assign { to: to.into() });
    assert!(assign("zoe").await.detail.raw().contains("no user and no escalation policy called `zoe`"));
    let several = assign("example.org").await;
    assert!(several.detail.raw().contains("`example.org` may mean Ana (U1), Maria (U2), Bo (U3)"), "{several:?}");
    assert_eq!(several.outcome, Outcome::Failed);
    assert_eq!(assign("bo").await.detail.raw(), "assigned to Bo");
    let priority = act(&account, &id, What::Prioritise { to: "P9".into() }).await;
    assert!(priority.detail.raw().contains("no priority called `P9`; it has P1, P2, P3"), "{priority:?}");
    assert_eq!(account.writes(), 1);
}

#[tokio::test]
async fn merging_needs_an_open_target_and_is_read_back_from_the_source() {
    let account = FakePagerDuty::start();
    let (a, b, c) = (account.trigger("A"), account.trigger("B"), account.trigger("C"));
    let into = |id: &str| What::Merge { into: id.into() };
    let act_ = on_one(&a, into(&b));
    let end = on(&account).act(&act_, intent(), &Ports::real()).await;
    assert_eq!((end.outcome, end.detail.raw()), (Outcome::Done, format!("merged into {b}").as_str()));
    assert_eq!((account.status(&a), account.status(&b)), ("resolved".into(), "triggered".into()));
    assert!(matches!(found(&account, &act_, intent()).await, Ok(Found::There(_))));
    account.elsewhere("Maria", &b, json!({"status": "resolved"}));
    let end = act(&account, &c, into(&b)).await;
    assert_eq!((end.outcome, account.status(&c)), (Outcome::Failed, "triggered".into()));
    assert!(end.detail.raw().contains(&format!("{b} was resolved by Maria")), "{end:?}");
    let end = act(&account, &a, into(&c)).await;
    assert_eq!(end.outcome, Outcome::Contradicted, "it was merged into another one: {end:?}");
    assert_eq!(account.writes(), 1);
}

#[tokio::test]
async fn a_note_carries_the_marker_and_a_resolution_the_reason() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    let first = intent();
    on(&account).act(&on_one(&id, What::Comment), first, &Ports::real()).await;
    assert_eq!(account.notes(&id), [format!("as agreed {}", marker(first.id()))]);
    assert_eq!(found(&account, &on_one(&id, What::Comment), intent()).await, Ok(Found::NotThere), "another one's marker");
}

#[tokio::test]
async fn a_sender_whom_nobody_knows_is_told_in_words() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    let stranger = source(&account.yaml().replace("ana@example.org", "zoe@example.org"));
    let end = stranger.act(&on_one(&id, What::Resolve), intent(), &Ports::real()).await;
    assert_eq!(end.outcome, Outcome::Failed);
    let words = "Requester User Not Found (1008); the account has no user with the mail that `from` names in the configuration";
    assert!(end.detail.raw().ends_with(words), "{end:?}");
}

#[tokio::test]
async fn what_it_cannot_do_or_cannot_name_is_not_sent() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    for (id, what, words) in [
        (id.as_str(), What::Recheck, "PagerDuty can't check again"),
        (&id, What::Snooze { until: until(24 * 8) }, "PagerDuty snoozes for at most seven days"),
        (&id, What::Merge { into: "../users".into() }, "`../users` is no id of an incident"),
        ("../users?x", What::Resolve, "`../users?x` is no id of an incident"),
        ("NONE", What::Resolve, "PagerDuty has no incident NONE"),
    ] {
        let end = act(&account, id, what).await;
        assert_eq!(end.outcome, Outcome::Failed);
        assert!(end.detail.raw().contains(words), "{end:?}");
    }
    assert!(account.writes() == 0 && account.hits().iter().all(|hit| !hit.contains("users")), "{:?}", account.hits());
}

#[tokio::test]
async fn ports_that_refuse_send_nothing() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    let ports = refusing(&Ports::real(), "this is a drill");
    let end = on(&account).act(&on_one(&id, What::Resolve), intent(), &ports).await;
    assert_eq!((end.outcome, account.writes()), (Outcome::Failed, 0), "{end:?}");
    assert!(end.detail.raw().contains("was not sent: this is a drill"), "{end:?}");
}
