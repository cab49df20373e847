//! Grafana IRM against a fake that keeps the contract of its public API: names, pages, refusals, and who may what.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use chrono::{TimeDelta, Utc};
use midwatch::domain::act::{Act, ActEnd, Found, Outcome, What};
use midwatch::domain::alert::{Alert, Snapshot, Upstream};
use midwatch::domain::node::{Node, Problems};
use midwatch::domain::trouble::Reason;
use midwatch::ports::Ports;
use midwatch::sources::{KINDS, Source};
use std::sync::Arc;
use std::time::Duration;
use support::fake::Mood;
use support::fake_irm::{FakeIrm, TOKEN};
use support::intent;

const LIMIT: Duration = Duration::from_secs(30);

fn source(yaml: &str) -> Box<dyn Source> {
    let mut problems = Problems::default();
    let node = Node::parse(yaml, &mut problems).expect("is YAML");
    let kind = KINDS.iter().find(|kind| kind.name == "grafana-irm").expect("there is one");
    let source = (kind.parse)(&"irm".into(), &node, &mut problems);
    source.unwrap_or_else(|| panic!("{:?}", problems.list))
}

async fn poll(source: &dyn Source, before: &[Arc<Alert>]) -> Snapshot {
    source.fetch(before, &Ports::real(), LIMIT).await.expect("an answer")
}

async fn act(source: &dyn Source, id: &str, what: What) -> ActEnd {
    let act = Act::On { alert: id.into(), what, by: "ana".into(), comment: "as agreed".into() };
    source.act(&act, intent(), &Ports::real()).await
}

fn until() -> chrono::DateTime<Utc> {
    Utc::now() + TimeDelta::hours(1)
}

#[tokio::test]
async fn groups_of_every_open_state_come_with_who_holds_them() {
    let team = FakeIrm::start();
    let [new, held, quiet, over] = ["New", "Held", "Quiet", "Over"].map(|title| team.begin(title));
    team.elsewhere("U2", &held, "acknowledge");
    team.with(|team| team.groups.get_mut(&quiet).expect("there is one")["state"] = "silenced".into());
    team.elsewhere("U2", &over, "resolve");
    let source = source(&team.yaml());
    let snapshot = poll(&*source, &[]).await;
    let told: Vec<_> =
        snapshot.alerts.iter().map(|alert| (alert.name(), alert.acknowledged().map(|hold| hold.by.raw()))).collect();
    assert_eq!(told, [("New", None), ("Held", Some("maria")), ("Quiet", None)]);
    assert!(snapshot.alerts[2].snoozed().is_some());
    assert_eq!(
        (snapshot.alerts[0].summary(), snapshot.alerts[0].labels.get("severity")),
        (Some("it is broken"), Some("critical"))
    );
    assert_eq!(snapshot.alerts[0].id.fingerprint.as_str(), new);
    let again = poll(&*source, &snapshot.alerts).await;
    assert!(snapshot.alerts.iter().zip(&again.alerts).all(|(a, b)| Arc::ptr_eq(a, b)), "they are those that are known");
    assert_eq!(team.count("GET /api/v1/users/"), 1, "a name is asked for once");
}

#[tokio::test]
async fn who_may_not_see_people_is_told_ids_and_does_not_ask_again_and_again() {
    let team = FakeIrm::start();
    let id = team.begin("Held");
    team.elsewhere("U2", &id, "acknowledge");
    team.with(|team| team.no_users = true);
    let source = source(&team.yaml());
    for _ in 0..3 {
        let snapshot = poll(&*source, &[]).await;
        assert_eq!((snapshot.alerts[0].acknowledged().map(|hold| hold.by.raw()), snapshot.complete), (Some("U2"), true));
    }
    assert_eq!(team.count("GET /api/v1/users/"), 1);
}

#[tokio::test]
async fn the_token_is_sent_to_nobody_else_whatever_address_a_page_names() {
    let team = FakeIrm::start();
    (0..120).for_each(|n| drop(team.begin(&format!("Disk{n}"))));
    assert_eq!(poll(&*source(&team.yaml()), &[]).await.alerts.len(), 120);
    assert_eq!(team.count("GET /api/v1/alert_groups/?state=new&page="), 3);
}

#[tokio::test]
async fn what_was_resolved_has_ended_then_and_what_was_deleted_is_not_there() {
    let team = FakeIrm::start();
    let ids: Vec<String> = (0..40).map(|n| team.begin(&format!("Disk{n}"))).collect();
    let source = source(&team.yaml());
    let before = poll(&*source, &[]).await.alerts;
    ids[..38].iter().for_each(|id| team.elsewhere("U2", id, "resolve"));
    team.with(|team| team.groups.remove(&ids[38]));
    let after = poll(&*source, &before).await;
    let over = after.alerts.iter().filter(|alert| matches!(alert.upstream, Upstream::Resolved { .. })).count();
    assert_eq!((over, after.alerts.len(), after.complete), (38, 39, true), "{:?}", after.missing);
    assert_eq!(poll(&*source, &after.alerts).await.alerts.len(), 1, "what was told as over is not told again");
}

#[tokio::test]
async fn a_thousand_ends_are_known_with_one_poll_and_as_few_requests_as_irm_allows() {
    let team = FakeIrm::start();
    let begun = |count: usize, days: i64| -> Vec<String> {
        let ids: Vec<String> = (0..count).map(|n| team.begin(&format!("Disk{n}"))).collect();
        let at = (Utc::now() - TimeDelta::days(days)).to_rfc3339();
        team.with(|team| {
            ids.iter().for_each(|id| team.groups.get_mut(id).expect("there is one")["created_at"] = at.clone().into())
        });
        ids
    };
    let resolve = |ids: &[String]| ids.iter().for_each(|id| team.elsewhere("U2", id, "resolve"));
    let (few, ids) = (begun(10, 3), begun(950, 2));
    let source = source(&team.yaml());
    let before = poll(&*source, &[]).await.alerts;
    // What nobody ever saw open stands on the first pages of what was resolved.
    resolve(&begun(1_200, 9));
    [&few, &ids].into_iter().for_each(|ids| resolve(ids));
    let asked = team.hits().len();
    let after = poll(&*source, &before).await;
    let over = |snapshot: &Snapshot| snapshot.alerts.iter().filter(|alert| alert.upstream != Upstream::Firing).count();
    assert_eq!((over(&after), after.complete), (960, true), "{:?}", after.missing);
    assert!(team.hits().len() - asked <= 3 + 20, "{} requests", team.hits().len() - asked);

    // Where IRM can't list what was resolved, it is asked for one by one, and never more of them than before.
    let open = begun(60, 1);
    let before = poll(&*source, &[]).await.alerts;
    resolve(&open);
    team.mood_of("GET /api/v1/alert_groups/?started_at", Mood::Status(400, "{}"));
    let after = poll(&*source, &before).await;
    assert_eq!((over(&after), after.alerts.len(), after.complete), (19, 60, true), "{:?}", after.missing);
}

#[tokio::test]
async fn a_service_account_may_read_and_is_told_that_it_may_not_act() {
    let team = FakeIrm::start();
    let id = team.begin("DiskFull");
    team.with(|team| (team.service_account, team.stack) = (true, Some("https://stack.example".into())));
    let named = source(&format!("{{url: '{}', token: {TOKEN}, grafana: 'https://stack.example/'}}", team.url));
    assert_eq!(poll(&*named, &[]).await.alerts.len(), 1);
    let end = act(&*named, &id, What::Acknowledge { until: until(), from: None }).await;
    assert!(end.outcome == Outcome::Failed && end.detail.raw().contains("Service accounts are not allowed"), "{end:?}");
    let trouble = source(&team.yaml()).fetch(&[], &Ports::real(), LIMIT).await.expect_err("no stack is named");
    assert_eq!(trouble.reason, Reason::Denied);
    assert!(
        trouble.to_string().contains("403 Forbidden: Invalid Grafana URL") && !trouble.to_string().contains(TOKEN),
        "{trouble}"
    );
}

#[tokio::test]
async fn what_somebody_else_did_first_is_told_and_nothing_is_sent() {
    let team = FakeIrm::start();
    let (held, over) = (team.begin("Held"), team.begin("Over"));
    team.elsewhere("U2", &held, "acknowledge");
    team.elsewhere("U2", &over, "resolve");
    let source = source(&team.yaml());
    let end = act(&*source, &held, What::Acknowledge { until: until(), from: None }).await;
    assert_eq!(
        (end.outcome, end.detail.raw()),
        (Outcome::Contradicted, "maria has acknowledged it there already; nothing was sent")
    );
    let end = act(&*source, &over, What::Acknowledge { until: until(), from: None }).await;
    assert_eq!((end.outcome, end.detail.raw()), (Outcome::Contradicted, "it is resolved there; nothing was sent"));
    assert_eq!(team.count("POST"), 0);
}

#[tokio::test]
async fn an_acknowledgement_of_somebody_else_does_not_prove_that_ours_arrived() {
    let team = FakeIrm::start();
    let source = source(&team.yaml());
    let on = |id: &str, by: &str, what| Act::On { alert: id.into(), what, by: by.into(), comment: String::new() };
    let find = async |id: &str, by: &str| {
        let act = on(id, by, What::Acknowledge { until: until(), from: None });
        source.find(&act, intent(), &Ports::real()).await.map_err(|trouble| trouble.to_string())
    };
    let id = team.begin("DiskFull");
    assert_eq!(find(&id, "ana").await, Ok(Found::NotThere));
    team.elsewhere("U2", &id, "acknowledge");
    let unknown = find(&id, "ana").await.expect_err("nobody knows");
    assert!(unknown.contains("maria has acknowledged it there: whether that was this act can't be told"), "{unknown}");
    assert!(matches!(find(&id, "Maria").await, Ok(Found::There(_))));
    let ours = team.begin("DiskFuller");
    let act = on(&ours, "bo", What::Acknowledge { until: until(), from: None });
    assert_eq!(source.act(&act, intent(), &Ports::real()).await.outcome, Outcome::Done);
    assert!(matches!(find(&ours, "bo").await, Ok(Found::There(_))), "by now it is known who we are there");
    assert!(find(&id, "bo").await.is_err());
}

#[tokio::test]
async fn whoever_has_no_name_for_a_moment_is_somebody_and_not_another_one() {
    let team = FakeIrm::start();
    let id = team.begin("Held");
    team.elsewhere("U2", &id, "acknowledge");
    let source = source(&team.yaml());
    let by = async || poll(&*source, &[]).await.alerts[0].acknowledged().map(|hold| hold.by.raw().to_owned());
    team.mood_of("GET /api/v1/users/", Mood::Status(503, "busy"));
    assert_eq!(by().await.as_deref(), Some("somebody"));
    team.mood_of("GET /api/v1/users/", Mood::Fine);
    assert_eq!(by().await.as_deref(), Some("maria"));
}

#[tokio::test]
async fn a_refusal_comes_in_its_own_words_and_a_snooze_is_sent_in_seconds() {
    let team = FakeIrm::start();
    let id = team.begin("DiskFull");
    let source = source(&team.yaml());
    team.elsewhere("U2", &id, "acknowledge");
    let end = act(&*source, &id, What::Snooze { until: until() }).await;
    assert!(end.outcome == Outcome::Failed && end.detail.raw().contains("Can't silence an acknowledged alert group"), "{end:?}");
    assert_eq!(act(&*source, &id, What::Unacknowledge).await.outcome, Outcome::Done);
    for _ in 0..2 {
        assert_eq!(act(&*source, &id, What::Snooze { until: until() }).await.outcome, Outcome::Done, "it may last longer");
    }
    assert_eq!((team.count(&format!("POST /api/v1/alert_groups/{id}/silence/")), team.state(&id).as_str()), (3, "silenced"));
    let end = act(&*source, &id, What::Snooze { until: Utc::now() }).await;
    assert!(end.outcome == Outcome::Failed && end.detail.raw().contains("would be over already"), "{end:?}");
    let end = act(&*source, "../users", What::Resolve).await;
    assert!(end.outcome == Outcome::Failed && end.detail.raw().contains("`../users` is no alert group"), "{end:?}");
    assert_eq!(act(&*source, "I99999", What::Resolve).await.detail.raw(), "not sent: IRM has no alert group I99999");
}

#[tokio::test]
async fn a_comment_is_a_note_that_says_whose_it_is() {
    let team = FakeIrm::start();
    let id = team.begin("DiskFull");
    assert_eq!(act(&*source(&team.yaml()), &id, What::Comment).await.outcome, Outcome::Done);
    assert!(team.notes(&id)[0].starts_with("ana: as agreed [mw:"), "{:?}", team.notes(&id));
}
