//! Answers of other versions, of proxies, and of an Icinga that is being reloaded: byte by byte, as the real one here never
//! gives them.

use super::*;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Mutex;
use support::fake_icinga::FakeIcinga;
use support::raw::Raw;

fn answer(stream: &mut TcpStream, status: &str, body: &str) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all((head + body).as_bytes());
}

const STATUS: &str = r#"{"results":[{"status":{"icingaapplication":{"app":{"program_start":1712000000.5}}}}]}"#;
const NONE: &str = r#"{"results":[]}"#;
const ONE: &str = r#"{"results":[{"name":"web1!http","attrs":{"state":2.0,"state_type":1.0,"acknowledgement":1.0,
    "last_check_result":{"output":"down"},"last_hard_state_change":1712000001.25},"joins":{},"meta":{}},
    {"name":"web1!fine","attrs":{"state":0.0,"state_type":1.0,"last_check_result":{"output":"OK"},"last_state_change":1712000009.0}}]}"#;

fn at(raw: &Raw) -> Box<dyn Source> {
    source(&json!({"url": raw.url("")}))
}

/// Lists one problem and one service that is fine, and answers every act so.
fn acting(status: &'static str, body: &'static str) -> Raw {
    Raw::start(move |head, stream| match head {
        _ if head.contains("/v1/status") => answer(stream, "200 OK", STATUS),
        _ if head.contains("/v1/objects/services") => answer(stream, "200 OK", ONE),
        _ if head.contains("/v1/objects") => answer(stream, "200 OK", NONE),
        _ => answer(stream, status, body),
    })
}

fn acts_sent(raw: &Raw) -> usize {
    raw.heads().iter().filter(|head| head.starts_with("post /v1/actions/")).count()
}

#[tokio::test]
async fn where_filters_are_forbidden_everything_is_asked_for_and_filtered_here() {
    let raw = Raw::start(|request, stream| match request {
        _ if request.contains("\"filter\"") => {
            answer(stream, "403 Forbidden", r#"{"error":403.0,"status":"Missing permission: filter-expression"}"#);
        }
        _ if request.contains("/v1/status") => answer(stream, "200 OK", STATUS),
        _ if request.contains("/services") => answer(stream, "200 OK", ONE),
        _ => answer(stream, "200 OK", NONE),
    });
    let source = at(&raw);
    let first = poll(&*source, &[]).await;
    assert_eq!(ids(&first), ["web1:http"], "what is fine is no alert");
    assert_eq!(first.alerts[0].starts_at, "2024-04-01T19:33:21.250Z".parse::<DateTime<Utc>>().expect("a time"));
    let asked = raw.heads().len();
    assert_eq!(ids(&poll(&*source, &first.alerts).await), ["web1:http"]);
    assert_eq!(raw.heads().len() - asked, 5, "a filter is not tried again");
    // What is fine by now is told as over without one more question.
    let fine = Alert {
        id: midwatch::domain::ids::AlertId { source: "ic".into(), fingerprint: "web1:fine".into() },
        ..Alert::clone(&first.alerts[0])
    };
    let before = [Arc::new(fine), first.alerts[0].clone()];
    let over = poll(&*source, &before).await;
    assert!(matches!(over.alerts[0].upstream, Upstream::Resolved { .. }), "{over:?}");

    let own = super::source(&json!({"url": raw.url(""), "services": "\"x\" in host.groups", "hosts": "true"}));
    let trouble = trouble(&*own).await;
    assert!(trouble.to_string().contains("the permission filter-expression, or leave `hosts` out"), "{trouble}");
}

#[tokio::test]
async fn what_was_not_checked_since_a_server_has_forgotten_all_is_as_it_was_for_as_long_as_that_takes() {
    let icinga = FakeIcinga::start();
    let full = icinga.fail("disk");
    let source = source(&json!({"url": icinga.url}));
    let before = poll(&*source, &[]).await;
    icinga.restart();
    let after = poll(&*source, &before.alerts).await;
    assert!(Arc::ptr_eq(&before.alerts[0], &after.alerts[0]), "{after:?}");
    let again = poll(&*source, &after.alerts).await;
    assert_eq!((ids(&again), again.complete), (vec!["web1:disk"], true));
    // It is checked: well, or bad anew.
    icinga.change(&full, json!({"last_check_result": {"output": "OK"}}));
    icinga.recover(&full);
    assert!(matches!(poll(&*source, &again.alerts).await.alerts[0].upstream, Upstream::Resolved { .. }));
    // What there is no more has no state to wait for.
    let gone = icinga.fail("gone");
    let known = poll(&*source, &[]).await;
    icinga.delete(&gone);
    assert!(poll(&*source, &known.alerts).await.alerts.is_empty());
}

#[tokio::test]
async fn what_was_not_checked_since_is_nobodys_where_a_server_has_forgotten_who_had_it() {
    let icinga = FakeIcinga::start();
    let full = icinga.fail("disk");
    let source = source(&json!({"url": icinga.url}));
    icinga.change(&full, json!({"acknowledgement": 1.0}));
    let before = poll(&*source, &[]).await;
    assert!(before.alerts[0].acknowledged().is_some(), "{before:?}");
    icinga.restart();
    let kept = poll(&*source, &before.alerts).await;
    assert_eq!(kept.alerts, before.alerts, "it is as it was");
    icinga.change(&full, json!({"acknowledgement": 0.0}));
    let after = poll(&*source, &kept.alerts).await;
    assert_eq!((ids(&after), after.alerts[0].acknowledged()), (vec!["web1:disk"], None));
}

#[tokio::test]
async fn what_was_never_checked_is_told_as_not_known_to_whoever_has_kept_nothing() {
    let icinga = FakeIcinga::start();
    let (full, other) = (icinga.fail("disk"), icinga.fail("other"));
    let source = source(&json!({"url": icinga.url}));
    let unsure = async || {
        let snapshot = source.fetch(&[], &Ports::real(), LIMIT).await.expect("an answer");
        snapshot.unsure.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(unsure().await, [""; 0]);
    icinga.restart();
    assert_eq!(unsure().await, ["web1:disk", "web1:other"]);
    icinga.change(&full, json!({"last_check_result": {"output": "OK"}, "state": 0.0}));
    assert_eq!(unsure().await, ["web1:other"]);
    icinga.delete(&other);
    assert_eq!(unsure().await, [""; 0], "there is none of that name");
}

#[tokio::test]
async fn an_acknowledgement_that_may_have_ended_with_its_problem_is_not_told_as_never_given() {
    let icinga = FakeIcinga::start();
    let full = icinga.fail("disk");
    let source = source(&json!({"url": icinga.url}));
    let asked = intent();
    let find = async |what| {
        let act = Act::On { alert: "web1:disk".into(), what, by: "ana".into(), comment: String::new() };
        source.find(&act, asked, &Ports::real()).await.map_err(|trouble| trouble.to_string())
    };
    assert_eq!(find(ack()).await, Ok(Found::NotThere));
    icinga.worsen(&full);
    let unknown = find(ack()).await.expect_err("nobody can say");
    assert!(unknown.contains("the problem has changed since"), "{unknown}");
    assert_eq!(find(What::Comment).await, Ok(Found::NotThere), "a comment stays");
    let other = icinga.fail("disk");
    assert_eq!(other, full);
    let over = What::Acknowledge { until: Utc::now() - TimeDelta::seconds(1), from: None };
    assert!(find(over).await.is_err(), "it would have run out");
}

#[tokio::test]
async fn what_there_was_no_room_to_ask_for_after_that_is_not_gone_either() {
    let icinga = FakeIcinga::start();
    (0..501).for_each(|number| drop(icinga.fail(&format!("disk{number:03}"))));
    let source = source(&json!({"url": icinga.url}));
    let before = poll(&*source, &[]).await;
    icinga.restart();
    let after = source.fetch(&before.alerts, &Ports::real(), LIMIT).await.expect("an answer");
    assert_eq!((after.alerts.len(), after.complete), (500, false));
}

#[tokio::test]
async fn while_it_is_reloaded_an_act_waits() {
    let bodies =
        [r#"{"results":[{"code":503.0,"status":"Icinga is reloading."}]}"#, r#"{"error":503.0,"status":"Icinga is reloading."}"#];
    for body in bodies {
        let raw = acting("503 Service Unavailable", body);
        ended(&act(&*at(&raw), &on("web1:http", ack())).await, Outcome::Unsent, "Icinga is reloading");
        assert_eq!(acts_sent(&raw), 1);
    }
}

#[tokio::test]
async fn the_code_of_the_object_counts_and_not_the_status_of_the_answer() {
    let raw = acting(
        "500 Internal Server Error",
        r#"{"results":[{"code":200.0,"status":"Successfully added comment.","name":"web1!http!c"}]}"#,
    );
    // It says that it did, and then it is not there.
    ended(&act(&*at(&raw), &on("web1:http", What::Comment)).await, Outcome::Contradicted, "not there any more");
    let raw = acting("200 OK", r#"{"results":[{"code":403.0,"status":"no"}]}"#);
    ended(&act(&*at(&raw), &on("web1:http", What::Comment)).await, Outcome::Failed, "no");
}

#[tokio::test]
async fn what_a_proxy_gave_up_on_is_looked_for_and_never_sent_twice() {
    let raw = acting("504 Gateway Time-out", "<html><title>504 Gateway Time-out</title></html>");
    ended(&act(&*at(&raw), &on("web1:http", ack())).await, Outcome::Unknown, "504 Gateway Timeout");
    assert_eq!(acts_sent(&raw), 1);
    let raw = acting("500 Internal Server Error", r#"{"error":500.0,"status":"broken"}"#);
    ended(&act(&*at(&raw), &on("web1:http", What::Comment)).await, Outcome::Failed, "broken");
}

#[tokio::test]
async fn a_login_page_or_another_server_is_no_icinga() {
    let page = Raw::saying(support::raw::ok("<html><head><title>Sign in</title>"));
    let told = trouble(&*at(&page)).await;
    assert!(told.reason == Reason::Nonsense && told.to_string().contains("\"Sign in\" instead of a list of objects"), "{told}");
    let other = Raw::saying(support::raw::ok("[1, 2]"));
    assert_eq!(trouble(&*at(&other)).await.reason, Reason::Nonsense);
}

#[tokio::test]
async fn no_act_of_ours_has_a_filter_or_a_type() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let kept = sent.clone();
    let raw = Raw::start(move |request, stream| {
        if request.contains("/v1/actions/") {
            let body = request.rsplit("\r\n").next().unwrap_or_default().to_owned();
            kept.lock().expect("not poisoned").push(body);
        }
        answer(stream, "200 OK", if request.contains("/services") { ONE } else { NONE });
    });
    let source = at(&raw);
    for what in [ack(), What::Unacknowledge, What::Comment, What::Recheck, What::Downtime { until: in_minutes(5) }] {
        act(&*source, &on("web1:http", what)).await;
    }
    let sent = sent.lock().expect("not poisoned");
    assert_eq!(sent.len(), 5);
    for body in sent.iter() {
        let body: Value = serde_json::from_str(body).expect("JSON");
        assert!(body.get("filter").is_none() && body.get("type").is_none() && body["service"] == "web1!http", "{body}");
    }
}
