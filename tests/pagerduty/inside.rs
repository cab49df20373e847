//! The alerts that an incident holds: asked for when somebody looks, all of them, and never instead of an act.

use super::*;
use midwatch::domain::alert::{Inside, Part};
use midwatch::domain::text::Outside;

async fn opened(source: &dyn Source, id: &str) -> Result<Inside, Trouble> {
    let alerts = poll(source, &[]).await.alerts;
    let alert = alerts.iter().find(|alert| alert.id.fingerprint.as_str() == id).expect("it is listed");
    source.inside(alert, &Ports::real(), LIMIT).expect("incidents hold alerts").await
}

fn names(inside: &Inside) -> Vec<&str> {
    inside.parts.iter().map(|part| part.name.raw()).collect()
}

/// An incident that holds so many.
fn holding(account: &FakePagerDuty, count: usize) -> String {
    let id = account.trigger("Disk full");
    account.with(|account| (0..count).for_each(|_| account.join(&id, json!({}))));
    id
}

#[tokio::test]
async fn what_an_incident_holds_is_told_those_that_are_open_first() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    account.with(|account| {
        account.join(&id, json!({"summary": "old", "severity": "warning", "alert_key": "disk/db1", "suppressed": true}));
        account.join(&id, json!({"summary": "new"}));
        account.join(&id, json!({"summary": "over", "status": "resolved"}));
    });
    let inside = opened(&*on(&account), &id).await.expect("an answer");
    assert_eq!((names(&inside), inside.cut.is_none()), (vec!["new", "old", "over"], true));
    let old = Part {
        name: "old".into(),
        key: Some("disk/db1".into()),
        severity: Some("warning".into()),
        open: true,
        suppressed: true,
        since: inside.parts[1].since,
        details: Vec::new(),
    };
    assert_eq!((&inside.parts[1], inside.parts[2].open), (&old, false));
    assert!((Utc::now() - inside.at).abs() < TimeDelta::minutes(1) && old.since < inside.parts[0].since);
}

#[tokio::test]
async fn all_pages_are_read_and_what_moves_between_them_comes_once() {
    let account = FakePagerDuty::start();
    let id = holding(&account, 250);
    // One joins once the first page was read: the last one of that page is the first one of the second as well.
    let joined = id.clone();
    let alerts = poll(&*on(&account), &[]).await.alerts;
    account.between_pages(move |account| account.join(&joined, json!({"id": "A9999", "summary": "late"})));
    let inside = on(&account).inside(&alerts[0], &Ports::real(), LIMIT).expect("it has some").await.expect("an answer");
    let mut known = names(&inside);
    known.sort_unstable();
    known.dedup();
    assert_eq!((inside.parts.len(), known.len(), inside.cut), (250, 250, None));
    let pages = account.hits().into_iter().filter_map(|hit| hit.split_once("/alerts?").map(|(_, query)| query.to_owned()));
    assert_eq!(pages.collect::<Vec<_>>(), ["limit=100&offset=0", "limit=100&offset=100", "limit=100&offset=200"]);
}

#[tokio::test]
async fn a_page_that_fails_or_brings_nothing_new_is_told_and_what_was_read_stays() {
    let account = FakePagerDuty::start();
    let id = holding(&account, 150);
    let path = format!("GET /incidents/{id}/alerts?limit=100&offset=");
    account.mood_of(&format!("{path}100"), Mood::Status(500, "{}"));
    let inside = opened(&*on(&account), &id).await.expect("an answer");
    let cut = inside.cut.as_ref().map(Outside::raw).expect("told");
    assert!(inside.parts.len() == 100 && cut.contains("500 Internal Server Error"), "{cut}");

    let again = r#"{"alerts": [{"id": "A0149"}], "more": true}"#;
    account.mood_of(&format!("{path}100"), Mood::Status(200, again));
    let inside = opened(&*on(&account), &id).await.expect("an answer");
    assert_eq!((inside.parts.len(), account.count(&path)), (100, 4), "it stops there");
    assert!(inside.cut.expect("told").raw().contains("more than these 100"));

    account.mood_of(&path, Mood::Html);
    let trouble = opened(&*on(&account), &id).await.expect_err("no answer");
    assert_eq!(trouble.reason, Reason::Nonsense);
}

#[tokio::test]
async fn null_in_every_field_a_new_word_and_hostile_text_are_survived() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    let evil = format!("\u{1b}[2J\n\u{202e}{}", "x".repeat(10_240));
    account.with(|account| {
        let fields = ["status", "severity", "alert_key", "summary", "suppressed", "created_at", "service", "body", "incident"];
        account.join(&id, fields.map(|name| (name.to_owned(), serde_json::Value::Null)).into_iter().collect());
        account.join(&id, json!({"status": "exploded", "severity": "severe", "summary": evil}));
    });
    let inside = opened(&*on(&account), &id).await.expect("an answer");
    assert_eq!(names(&inside), [evil.as_str(), "A0000"]);
    assert!(inside.parts.iter().all(|part| part.open), "what can't be judged is not over");
}

#[tokio::test]
async fn what_senders_said_of_it_is_told_by_name_and_has_an_end() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    let details = json!({"host": "db1\u{1b}[2J", "load": 9.5, "tags": ["a", "b"], "long": "x".repeat(9_000)});
    let many: serde_json::Map<_, _> = (0..100).map(|n| (format!("k{n:03}"), json!("v"))).collect();
    account.with(|account| {
        account.join(&id, json!({"body": {"details": details}}));
        account.join(&id, json!({"body": {"details": many}}));
        account.join(&id, json!({"body": {"details": "only text"}}));
        account.join(&id, json!({"body": "no body"}));
    });
    let inside = opened(&*on(&account), &id).await.expect("an answer");
    let told = |place: usize| -> Vec<(&str, &str)> {
        inside.parts[place].details.iter().map(|(name, value)| (name.raw(), value.raw())).collect()
    };
    assert_eq!((told(0), told(1), told(2).len()), (vec![], vec![("details", "only text")], 30));
    let [(_, host), (_, load), (_, long), (_, tags)] = told(3)[..] else { panic!("{:?}", told(3)) };
    assert_eq!(
        (host, load, long.len(), tags),
        ("db1\u{1b}[2J", "9.5", 2_000, r#"["a","b"]"#),
        "it is made inert where it is shown"
    );

    let id = holding(&account, 12);
    account.with(|account| account.alerts_of(&id).for_each(|alert| alert["body"] = json!({"details": {"a": "b"}})));
    let inside = opened(&*on(&account), &id).await.expect("an answer");
    assert_eq!(inside.parts.iter().filter(|part| !part.details.is_empty()).count(), 10);
}

#[tokio::test]
async fn what_a_person_wrote_of_an_incident_without_alerts_is_told() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Shop is slow");
    account
        .with(|account| account.rewrite(&id, json!({"body": {"type": "incident_body", "details": "since the release\u{202e}"}})));
    let inside = opened(&*on(&account), &id).await.expect("an answer");
    assert_eq!(inside.details, [("details".into(), "since the release\u{202e}".into())]);
    account.mood_of(&format!("GET /incidents/{id}?"), Mood::Status(500, "{}"));
    let inside = opened(&*on(&account), &id).await.expect("an answer");
    assert_eq!((inside.details.len(), inside.parts.len()), (0, 0), "it is no reason to show nothing");
}

#[tokio::test]
async fn looking_leaves_the_last_requests_to_acts_and_an_empty_incident_is_empty() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    let source = on(&account);
    assert_eq!(names(&opened(&*source, &id).await.expect("an answer")), [""; 0]);
    let alerts = poll(&*source, &[]).await.alerts;
    account.with(|account| account.rate = Some((60, 960, 30)));
    drop(poll(&*source, &[]).await);
    let before = account.hits().len();
    let trouble = source.inside(&alerts[0], &Ports::real(), LIMIT).expect("it has some").await.expect_err("none are left");
    assert_eq!((trouble.reason, account.hits().len()), (Reason::Limited, before));
    assert!(trouble.to_string().contains("kept for acts"), "{trouble}");
    let ended = source
        .act(&on_one(&id, What::Acknowledge { until: Utc::now() + TimeDelta::hours(1), from: None }), intent(), &Ports::real())
        .await;
    assert_eq!(ended.outcome, Outcome::Done, "{}", ended.detail.raw());
}

#[tokio::test]
async fn an_id_that_leads_elsewhere_is_not_asked_for() {
    let account = FakePagerDuty::start();
    account.trigger("Disk full");
    let mut alert = Alert::clone(&poll(&*on(&account), &[]).await.alerts[0]);
    alert.id.fingerprint = "../users".into();
    let before = account.hits().len();
    assert!(on(&account).inside(&alert, &Ports::real(), LIMIT).expect("it has some").await.is_err());
    assert_eq!(account.hits().len(), before);
}
