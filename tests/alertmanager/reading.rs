//! What a good answer becomes.

use super::*;

#[tokio::test]
async fn an_alert_comes_with_everything_that_is_known_of_it() {
    let am = FakeAlertmanager::start();
    let fingerprint = am.fire(&[("alertname", "DiskFull"), ("instance", "db1"), ("severity", "critical")]);
    let snapshot = good(&[&am]).await;
    let alert = &snapshot.alerts[0];
    assert_eq!(alert.id.to_string(), format!("prod/{fingerprint}"));
    assert_eq!((alert.name(), alert.labels.get("instance")), ("DiskFull", Some("db1")));
    assert_eq!(alert.summary(), Some("it is broken"));
    assert_eq!(alert.url.as_ref().map(Outside::raw), Some("http://prom.test/graph"));
    assert_eq!(*alert.receivers, [Outside::from("ops")]);
    assert!((Utc::now() - alert.starts_at - TimeDelta::minutes(10)).abs() < TimeDelta::minutes(1));
    assert!(snapshot.complete && snapshot.missing.is_empty());
    assert!((Utc::now() - snapshot.started_at.expect("known") - TimeDelta::hours(1)).abs() < TimeDelta::minutes(1));
    assert!(snapshot.skew_ms.expect("known").abs() < 2_000, "{:?}", snapshot.skew_ms);
}

#[tokio::test]
async fn what_mutes_an_alert_is_asked_of_its_groups() {
    let am = FakeAlertmanager::start();
    am.version("0.28.0");
    let receivers = json!([{"name": "team-db"}, {"name": "audit"}]);
    let (muted, other) = (am.fire(&[("alertname", "Disk"), ("my.label", "x")]), am.fire(&[("alertname", "Disk")]));
    am.change(&muted, json!({"receivers": receivers}));
    am.mute("weekend");
    let snapshot = good(&[&am]).await;
    let alert = |id: &str| snapshot.alerts.iter().find(|alert| alert.id.fingerprint.as_str() == id).expect("listed");
    let source = of(&[&am]);
    let told = async |id: &str| source.routes(alert(id), &Ports::real(), LIMIT).expect("it has routes").await;
    let route = |to: &str| Route { to: to.into(), together_by: vec!["alertname".into()], muted_by: vec!["weekend".into()] };
    assert_eq!(told(&muted).await, Ok(vec![route("audit"), route("team-db")]));
    assert_eq!(told(&other).await, Ok(vec![route("ops")]), "another alert of the same name");
    assert_eq!(am.count("GET /api/v2/alerts/groups?filter=alertname%3D%22Disk%22"), 2, "{:?}", am.hits());
    am.mood_of("GET /api/v2/alerts/groups", Mood::Status(500, "\"oops\""));
    assert!(told(&other).await.is_err_and(|why| why.to_string().contains("500 Internal Server Error: oops")));
}

#[tokio::test]
async fn what_older_and_newer_versions_leave_out_add_or_spoil_is_survived() {
    let am = FakeAlertmanager::start();
    let fingerprint = am.fire(&[("alertname", "Old")]);
    am.change(&fingerprint, json!({
        "annotations": null, "receivers": null, "generatorURL": "", "startsAt": "soon", "fingerprint": "no/such thing", "novelty": {"a": [1]},
    }));
    let snapshot = good(&[&am]).await;
    let alert = &snapshot.alerts[0];
    assert_eq!(alert.id.fingerprint.as_str(), fingerprint, "computed from the labels");
    assert_eq!((alert.url.as_ref(), alert.starts_at), (None, DateTime::UNIX_EPOCH));
}

#[tokio::test]
async fn filters_and_headers_are_sent_and_a_prefix_is_kept() {
    let server = support::raw::Raw::saying(support::raw::ok("[]"));
    let yaml = format!(
        "{{urls: '{}', filter: ['team=\"d b\"', a=b], receiver: ops.*, headers: {{X-Scope-OrgID: a}}}}",
        server.url("/am")
    );
    let _ = source(&yaml).fetch(&[], &Ports::real(), LIMIT).await;
    let heads = server.heads();
    let alerts = heads.iter().find(|head| head.contains("/alerts")).expect("asked");
    assert!(alerts.starts_with("get /am/api/v2/alerts?filter=team%3d%22d+b%22&filter=a%3db&receiver=ops.* http"), "{alerts}");
    assert!(heads.iter().all(|head| head.contains("x-scope-orgid: a")));
    assert!(heads.iter().any(|head| head.starts_with("get /am/api/v2/silences http")), "{heads:?}");
}

#[tokio::test]
async fn a_login_is_used_and_a_wrong_one_is_told() {
    let am = FakeAlertmanager::start();
    am.login("Basic YW5hOmh1bnRlcjI=");
    let with = |password: &str| source(&format!("{{urls: '{}', basic: {{user: ana, password: {password}}}}}", am.url));
    assert!(with("hunter2").fetch(&[], &Ports::real(), LIMIT).await.is_ok());
    let trouble = with("wrong").fetch(&[], &Ports::real(), LIMIT).await.expect_err("refused");
    assert_eq!(trouble.reason, Reason::Denied);
    assert!(!trouble.to_string().contains("wrong"), "{trouble}");
}

#[tokio::test]
async fn compressed_answers_are_read() {
    let am = FakeAlertmanager::start();
    am.fire(&[("alertname", "DiskFull")]);
    am.mood(Mood::Gzip);
    assert_eq!(names(&good(&[&am]).await), ["DiskFull"]);
}

#[tokio::test]
async fn hostile_labels_come_through_as_they_are() {
    let am = FakeAlertmanager::start();
    let long = "x".repeat(10_240);
    am.fire(&[("alertname", "\u{1b}[2J\n\u{202e}"), ("long", &long), ("quote", "\"\\\u{0}")]);
    let snapshot = good(&[&am]).await;
    let labels = &snapshot.alerts[0].labels;
    assert_eq!(labels.get("alertname"), Some("\u{1b}[2J\n\u{202e}"));
    assert_eq!((labels.get("long"), labels.get("quote")), (Some(long.as_str()), Some("\"\\\u{0}")));
}

#[tokio::test]
async fn a_poll_asks_as_often_in_a_storm_as_on_a_quiet_day() {
    let am = FakeAlertmanager::start();
    am.fire(&[("alertname", "Alone")]);
    good(&[&am]).await;
    // They are asked together: which arrives first says nothing.
    let sorted = |mut hits: Vec<String>| {
        hits.sort();
        hits
    };
    let quiet = am.hits();
    (0..2_000).for_each(|n| drop(am.fire(&[("alertname", "Storm"), ("shard", &n.to_string())])));
    assert_eq!(good(&[&am]).await.alerts.len(), 2_001);
    let storm = sorted(am.hits()[quiet.len()..].to_vec());
    let quiet = sorted(quiet);
    assert_eq!(storm, quiet, "one list, whatever is in it");
    assert!(quiet.len() <= 3, "{quiet:?}");
}
