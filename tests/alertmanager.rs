//! The Alertmanager source against a fake that keeps the contract or breaks it, and against the real one.

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use midwatch::domain::act::{Act, ActEnd, Found, Outcome, marker};
use midwatch::domain::alert::{SilenceMatcher, SilenceState, Snapshot};
use midwatch::domain::entry::Intent;
use midwatch::domain::node::{Node, Problems};
use midwatch::domain::text::Outside;
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::ports::Ports;
use midwatch::runtime::ports::refusing;
use midwatch::sources::{KINDS, Source};
use serde_json::json;
use std::time::{Duration, Instant};
use support::fake_alertmanager::{FakeAlertmanager, Mood};
use support::intent;

const LIMIT: Duration = Duration::from_secs(10);

fn source(yaml: &str) -> Box<dyn Source> {
    let mut problems = Problems::default();
    let node = Node::parse(yaml, &mut problems).expect("is YAML");
    let kind = KINDS.iter().find(|kind| kind.name == "alertmanager").expect("there is one");
    let source = (kind.parse)(&"prod".into(), &node, &mut problems);
    source.unwrap_or_else(|| panic!("{:?}", problems.list))
}

fn of(peers: &[&FakeAlertmanager]) -> Box<dyn Source> {
    source(&json!({"urls": peers.iter().map(|peer| peer.url.to_string()).collect::<Vec<_>>()}).to_string())
}

async fn fetch(peers: &[&FakeAlertmanager]) -> Result<Snapshot, Trouble> {
    of(peers).fetch(&Ports::real(), LIMIT).await
}

async fn good(peers: &[&FakeAlertmanager]) -> Snapshot {
    fetch(peers).await.expect("an answer")
}

/// The trouble that a misbehaving server is.
async fn trouble(mood: Mood) -> Trouble {
    let am = FakeAlertmanager::start();
    am.fire(&[("alertname", "DiskFull")]);
    am.mood(mood);
    of(&[&am]).fetch(&Ports::real(), Duration::from_millis(500)).await.expect_err("misbehaves")
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    let mut names: Vec<_> = snapshot.alerts.iter().map(|alert| alert.name()).collect();
    names.sort_unstable();
    names
}

fn matcher(name: &str, value: &str) -> SilenceMatcher {
    SilenceMatcher { name: name.into(), value: value.into(), regex: false, equal: true }
}

fn silence_until(minutes: i64) -> Act {
    Act::Silence {
        id: None,
        matchers: vec![matcher("alertname", "DiskFull")],
        starts_at: Utc::now(),
        ends_at: Utc::now() + TimeDelta::minutes(minutes),
        by: "ana".into(),
        comment: "ACK! ana: looking".into(),
    }
}

async fn act(peers: &[&FakeAlertmanager], act: &Act, intent: Intent) -> ActEnd {
    of(peers).act(act, intent, &Ports::real()).await
}

async fn found(peers: &[&FakeAlertmanager], act: &Act, intent: Intent) -> Result<Found, Trouble> {
    of(peers).find(act, intent, &Ports::real()).await
}

mod reading {
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
        assert_eq!(alert.receivers, [Outside::from("ops")]);
        assert!((Utc::now() - alert.starts_at - TimeDelta::minutes(10)).abs() < TimeDelta::minutes(1));
        assert!(snapshot.complete && snapshot.missing.is_empty());
        assert!((Utc::now() - snapshot.started_at.expect("known") - TimeDelta::hours(1)).abs() < TimeDelta::minutes(1));
        assert!(snapshot.skew_ms.expect("known").abs() < 2_000, "{:?}", snapshot.skew_ms);
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
        let _ = source(&yaml).fetch(&Ports::real(), LIMIT).await;
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
        assert!(with("hunter2").fetch(&Ports::real(), LIMIT).await.is_ok());
        let trouble = with("wrong").fetch(&Ports::real(), LIMIT).await.expect_err("refused");
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
}

mod misbehaving {
    use super::*;

    #[tokio::test]
    async fn each_lie_is_told_in_a_sentence_that_helps() {
        let cases = [
            (Mood::Html, Reason::Nonsense, "a page titled \"Sign in\" instead of a list of alerts; is this the address of an"),
            (Mood::Truncated, Reason::Nonsense, "that is cut short after "),
            (Mood::Reset, Reason::Network, "/api/v2/alerts: "),
            (
                Mood::WrongSchema,
                Reason::Nonsense,
                "something else than a list of alerts: invalid type: map, expected a list of alerts",
            ),
            (Mood::Status(401, "Unauthorized"), Reason::Denied, "401 Unauthorized: Unauthorized; check the credentials"),
            (Mood::Status(403, "\"no\""), Reason::Denied, "403 Forbidden: no; these credentials may not do this"),
            (Mood::Status(429, "slow down"), Reason::Limited, "429 Too Many Requests: slow down"),
            (Mood::Status(500, "\"out of memory\""), Reason::Status, "500 Internal Server Error: out of memory"),
            (
                Mood::Status(503, "Limit of concurrent GET requests reached (8), try again later.\n"),
                Reason::Status,
                "reached (8), try",
            ),
            (Mood::Status(404, "<html><title>nginx</title></html>"), Reason::Status, "404 Not Found: a page titled \"nginx\""),
            (Mood::Silent, Reason::Timeout, "no complete answer within 500ms"),
            (Mood::HeadersOnly, Reason::Timeout, "no complete answer within 500ms"),
        ];
        for (mood, reason, words) in cases {
            let trouble = trouble(mood.clone()).await;
            assert_eq!(trouble.reason, reason, "{mood:?}: {trouble}");
            assert!(trouble.to_string().contains(words), "{mood:?}: {trouble}");
        }
    }

    #[tokio::test]
    async fn when_to_come_back_is_told() {
        assert_eq!(trouble(Mood::Status(429, "")).await.retry_after, Some(Duration::from_secs(30)));
    }

    #[tokio::test]
    async fn two_hundred_megabytes_are_not_swallowed() {
        let am = FakeAlertmanager::start();
        am.mood_of("GET /api/v2/alerts", Mood::Huge);
        let trouble = fetch(&[&am]).await.expect_err("too much");
        assert_eq!(trouble.reason, Reason::TooLarge, "{trouble}");
    }

    #[tokio::test]
    async fn a_closed_port_is_told() {
        let am = FakeAlertmanager::start();
        let url = am.url.clone();
        drop(am);
        let trouble = source(&format!("urls: {url}")).fetch(&Ports::real(), LIMIT).await;
        // The thread may still be ending: refused, or broken off; never an answer.
        assert!(matches!(trouble.expect_err("dead").reason, Reason::Refused | Reason::Network));
    }

    #[tokio::test]
    async fn silences_that_cannot_be_listed_do_not_hide_alerts() {
        let am = FakeAlertmanager::start();
        am.fire(&[("alertname", "DiskFull")]);
        am.mood_of("GET /api/v2/silences", Mood::Status(500, "\"several matcher sets\""));
        let snapshot = good(&[&am]).await;
        assert_eq!(names(&snapshot), ["DiskFull"]);
        assert!(snapshot.missing[0].raw().contains("several matcher sets"), "{:?}", snapshot.missing);
    }

    #[tokio::test]
    async fn without_a_start_time_absence_means_nothing() {
        let am = FakeAlertmanager::start();
        am.mood_of("GET /api/v2/status", Mood::Status(500, ""));
        let snapshot = good(&[&am]).await;
        assert!(!snapshot.complete && snapshot.started_at.is_none() && snapshot.missing.len() == 1);
    }

    #[tokio::test]
    async fn a_restart_shows_in_the_start_time() {
        let am = FakeAlertmanager::start();
        am.fire(&[("alertname", "DiskFull")]);
        let before = good(&[&am]).await;
        am.restart();
        let after = good(&[&am]).await;
        assert!(after.alerts.is_empty() && after.started_at > before.started_at);
    }
}

mod peers {
    use super::*;

    #[tokio::test]
    async fn what_any_peer_knows_is_there_once() {
        let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
        one.fire(&[("alertname", "Both")]);
        one.fire(&[("alertname", "One")]);
        two.fire(&[("alertname", "Both")]);
        two.fire(&[("alertname", "Two")]);
        let snapshot = good(&[&one, &two]).await;
        assert_eq!(names(&snapshot), ["Both", "One", "Two"]);
        assert!(snapshot.alerts.is_sorted_by_key(|alert| alert.id.fingerprint.clone()));
        assert!(snapshot.complete);
    }

    #[tokio::test]
    async fn the_fresher_word_counts_and_the_earlier_beginning() {
        let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
        let fields = |minute: u32, words: &str, started: u32| {
            json!({
                "updatedAt": format!("2026-03-01T10:{minute:02}:00.000Z"), "startsAt": format!("2026-03-01T09:{started:02}:00.000Z"),
                "annotations": {"summary": words},
            })
        };
        for am in [&one, &two] {
            am.fire(&[("alertname", "Both")]);
        }
        let fingerprint = one.fire(&[("alertname", "Both")]);
        one.change(&fingerprint, fields(5, "fresh", 30));
        two.change(&fingerprint, fields(1, "old", 20));
        for order in [[&one, &two], [&two, &one]] {
            let snapshot = good(&order).await;
            assert_eq!(snapshot.alerts[0].summary(), Some("fresh"));
            assert_eq!(snapshot.alerts[0].starts_at.to_rfc3339(), "2026-03-01T09:20:00+00:00");
        }
    }

    #[tokio::test]
    async fn a_silence_that_one_peer_knows_counts() {
        let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
        one.fire(&[("alertname", "DiskFull")]);
        two.fire(&[("alertname", "DiskFull")]);
        let end = act(&[&two], &silence_until(60), intent()).await;
        let snapshot = good(&[&one, &two]).await;
        assert_eq!(snapshot.alerts[0].silenced_by, [end.made.expect("made")]);
        assert_eq!(snapshot.silences.len(), 1);
    }

    #[tokio::test]
    async fn of_a_silence_that_changed_the_later_version_counts() {
        let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
        let end = act(&[&one], &silence_until(60), intent()).await;
        two.gossip(&one);
        two.expire(end.made.expect("made").raw());
        for order in [[&one, &two], [&two, &one]] {
            let snapshot = good(&order).await;
            assert_eq!(snapshot.silences.iter().map(|silence| silence.state).collect::<Vec<_>>(), [SilenceState::Expired]);
        }
    }

    #[tokio::test]
    async fn a_dead_peer_is_named_and_nothing_is_complete() {
        let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
        one.fire(&[("alertname", "DiskFull")]);
        two.mood(Mood::Silent);
        let began = Instant::now();
        let snapshot = of(&[&one, &two]).fetch(&Ports::real(), Duration::from_millis(700)).await.expect("one answers");
        assert!(began.elapsed() < LIMIT);
        assert_eq!(names(&snapshot), ["DiskFull"]);
        assert!(!snapshot.complete && snapshot.started_at.is_some());
        assert!(snapshot.missing[0].raw().contains(two.url.as_str()), "{:?}", snapshot.missing);
    }

    #[tokio::test]
    async fn when_all_are_silent_all_are_told() {
        let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
        one.mood(Mood::Status(503, "busy"));
        two.mood(Mood::Html);
        let trouble = fetch(&[&one, &two]).await.expect_err("none");
        assert_eq!(trouble.reason, Reason::Status);
        assert!(trouble.to_string().contains("busy") && trouble.to_string().contains("Sign in"), "{trouble}");
    }

    #[tokio::test]
    async fn the_youngest_start_counts() {
        let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
        two.restart();
        let snapshot = good(&[&one, &two]).await;
        assert!(Utc::now() - snapshot.started_at.expect("known") < TimeDelta::minutes(5));
    }

    #[tokio::test]
    async fn labels_that_tell_replicas_apart_can_be_ignored() {
        let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
        one.fire(&[("alertname", "DiskFull"), ("replica", "a")]);
        two.fire(&[("alertname", "DiskFull"), ("replica", "b")]);
        assert_eq!(good(&[&one, &two]).await.alerts.len(), 2);
        let both = source(&format!("{{urls: ['{}', '{}'], ignore_labels: [replica]}}", one.url, two.url));
        let snapshot = both.fetch(&Ports::real(), LIMIT).await.expect("an answer");
        assert_eq!(snapshot.alerts.len(), 1);
        assert_eq!(snapshot.alerts[0].labels.get("replica"), None);
    }
}

mod acting {
    use super::*;

    #[tokio::test]
    async fn a_silence_is_written_read_back_and_found_again() {
        let am = FakeAlertmanager::start();
        am.fire(&[("alertname", "DiskFull")]);
        let (act_, intent_) = (silence_until(60), intent());
        assert_eq!(found(&[&am], &act_, intent_).await, Ok(Found::NotThere));
        let end = act(&[&am], &act_, intent_).await;
        assert_eq!(end.outcome, Outcome::Done, "{end:?}");
        let id = end.made.expect("made");
        let silence = &am.silences()[0];
        assert_eq!(silence["comment"], format!("ACK! ana: looking {}", marker(intent_.id())));
        assert_eq!((&silence["createdBy"], &silence["status"]["state"]), (&json!("ana"), &json!("active")));
        assert_eq!(found(&[&am], &act_, intent_).await, Ok(Found::There(id.clone())));
        assert_eq!(found(&[&am], &act_, intent()).await, Ok(Found::NotThere), "another intent's marker");
        am.expire(id.raw());
        assert_eq!(found(&[&am], &act_, intent_).await, Ok(Found::There(id)), "one that has ended was sent all the same");
        assert!(good(&[&am]).await.alerts[0].silenced_by.is_empty());
    }

    #[tokio::test]
    async fn extending_keeps_the_id_and_other_matchers_make_a_new_one() {
        let am = FakeAlertmanager::start();
        let made = act(&[&am], &silence_until(5), intent()).await.made;
        let changed = |by: &str| match silence_until(15) {
            Act::Silence { starts_at, ends_at, by: who, comment, .. } => {
                Act::Silence { id: made.clone(), matchers: vec![matcher("alertname", by)], starts_at, ends_at, by: who, comment }
            }
            other => other,
        };
        let extended = act(&[&am], &changed("DiskFull"), intent()).await;
        assert_eq!((extended.outcome, &extended.made), (Outcome::Done, &made));
        let moved = act(&[&am], &changed("Other"), intent()).await;
        assert_eq!(moved.outcome, Outcome::Done, "{moved:?}");
        assert_ne!(moved.made, made);
        let states: Vec<_> = am.silences().iter().map(|silence| silence["status"]["state"].clone()).collect();
        assert_eq!(states, ["expired", "active"]);
    }

    #[tokio::test]
    async fn a_refusal_comes_in_the_servers_words() {
        let am = FakeAlertmanager::start();
        let end = act(&[&am], &silence_until(-5), intent()).await;
        assert_eq!(end.outcome, Outcome::Failed);
        assert!(end.detail.raw().contains("400 Bad Request: Failed to create silence: "), "{end:?}");
        am.mood_of("POST", Mood::Status(403, "read only"));
        let end = act(&[&am], &silence_until(5), intent()).await;
        assert_eq!(end.outcome, Outcome::Failed);
        assert!(end.detail.raw().contains("403 Forbidden: read only"), "{end:?}");
        assert!(am.silences().is_empty());
    }

    #[tokio::test]
    async fn an_answer_that_never_comes_is_looked_for_and_nothing_is_sent_twice() {
        let am = FakeAlertmanager::start();
        let other = FakeAlertmanager::start();
        am.mood_of("POST", Mood::DeafAfterwards);
        let end = act(&[&am, &other], &silence_until(60), intent()).await;
        assert_eq!(end.outcome, Outcome::Done, "{end:?}");
        assert_eq!(am.hits().iter().filter(|hit| hit.starts_with("POST")).count(), 1);
        assert_eq!((am.silences().len(), other.silences().len()), (1, 0));
    }

    #[tokio::test]
    async fn what_may_have_arrived_and_cannot_be_seen_is_unknown() {
        let (am, other) = (FakeAlertmanager::start(), FakeAlertmanager::start());
        am.mood_of("POST", Mood::Reset);
        am.mood_of("GET", Mood::Status(500, ""));
        let end = act(&[&am, &other], &silence_until(60), intent()).await;
        assert_eq!(end.outcome, Outcome::Unknown, "{end:?}");
        assert!(other.hits().is_empty(), "the other peer must not get it too");
    }

    #[tokio::test]
    async fn a_proxy_that_gave_up_leaves_it_open_and_a_server_that_failed_does_not() {
        let am = FakeAlertmanager::start();
        am.mood_of("POST", Mood::Status(504, "<html><title>504 Gateway Time-out</title></html>"));
        let end = act(&[&am], &silence_until(60), intent()).await;
        assert_eq!(end.outcome, Outcome::Unknown);
        assert!(end.detail.raw().contains("504 Gateway Time-out"), "{end:?}");
        am.mood_of("POST", Mood::Status(500, "\"disk full\""));
        assert_eq!(act(&[&am], &silence_until(60), intent()).await.outcome, Outcome::Failed);
    }

    #[tokio::test]
    async fn the_next_peer_is_tried_only_if_the_first_was_not_reached() {
        let am = FakeAlertmanager::start();
        let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let both = source(&format!("urls: ['http://{closed}', '{}']", am.url));
        let end = both.act(&silence_until(60), intent(), &Ports::real()).await;
        assert_eq!((end.outcome, am.silences().len()), (Outcome::Done, 1));
        let none = source(&format!("urls: ['http://{closed}']")).act(&silence_until(60), intent(), &Ports::real()).await;
        assert_eq!(none.outcome, Outcome::Failed);
        assert!(none.detail.raw().starts_with("not sent: "), "{none:?}");
    }

    #[tokio::test]
    async fn somebody_who_was_faster_is_a_contradiction() {
        let am = FakeAlertmanager::start();
        let shown = json!({
            "id": "x", "matchers": [], "startsAt": "2026-03-01T10:00:00Z", "endsAt": "2026-03-01T10:00:01Z", "updatedAt": "2026-03-01T10:00:01Z",
            "createdBy": "bo", "comment": "", "status": {"state": "expired"},
        });
        am.mood_of("GET /api/v2/silence/", Mood::Status(200, Box::leak(shown.to_string().into_boxed_str())));
        let end = act(&[&am], &silence_until(60), intent()).await;
        assert_eq!(end.outcome, Outcome::Contradicted);
        assert!(end.detail.raw().ends_with("somebody ended it at 2026-03-01T10:00:01Z"), "{end:?}");
        assert!(end.made.is_some());
    }

    #[tokio::test]
    async fn a_negated_matcher_is_not_sent_to_a_server_that_would_turn_it_round() {
        let am = FakeAlertmanager::start();
        let negated = |act: Act| match act {
            Act::Silence { id, mut matchers, starts_at, ends_at, by, comment } => {
                matchers.push(SilenceMatcher { equal: false, ..matcher("env", "dev") });
                Act::Silence { id, matchers, starts_at, ends_at, by, comment }
            }
            other => other,
        };
        am.version("0.21.0");
        let end = act(&[&am], &negated(silence_until(60)), intent()).await;
        assert_eq!(end.outcome, Outcome::Failed);
        assert!(end.detail.raw().contains("runs Alertmanager 0.21, which would take `!=` for `=`"), "{end:?}");
        assert!(am.silences().is_empty());
        am.version("0.22.0");
        assert_eq!(act(&[&am], &negated(silence_until(60)), intent()).await.outcome, Outcome::Done);
    }

    #[tokio::test]
    async fn ending_a_silence_is_read_back() {
        let am = FakeAlertmanager::start();
        let id = act(&[&am], &silence_until(60), intent()).await.made.expect("made");
        let (expire, intent) = (Act::Expire { id: id.clone() }, intent());
        assert_eq!(found(&[&am], &expire, intent).await, Ok(Found::NotThere));
        assert_eq!(act(&[&am], &expire, intent).await.outcome, Outcome::Done);
        assert_eq!(am.silences()[0]["status"]["state"], "expired");
        assert_eq!(found(&[&am], &expire, intent).await, Ok(Found::There(id)));
    }

    #[tokio::test]
    async fn ending_what_is_gone_is_said_by_servers_of_any_version() {
        let am = FakeAlertmanager::start();
        for version in ["0.25.0", "0.27.0"] {
            am.version(version);
            let gone = Act::Expire { id: "11111111-1111-4111-8111-111111111111".into() };
            let end = act(&[&am], &gone, intent()).await;
            assert_eq!(end.outcome, Outcome::Contradicted, "{version}: {end:?}");
            assert!(end.detail.raw().ends_with("was already gone"), "{end:?}");
        }
    }

    #[tokio::test]
    async fn an_id_cannot_lead_to_another_address() {
        let am = FakeAlertmanager::start();
        let end = act(&[&am], &Act::Expire { id: "../alerts?x".into() }, intent()).await;
        assert_eq!(end.outcome, Outcome::Failed);
        assert!(am.hits().is_empty(), "{:?}", am.hits());
    }

    #[tokio::test]
    async fn ports_that_refuse_send_nothing() {
        let am = FakeAlertmanager::start();
        let ports = refusing(&Ports::real(), "this is a drill");
        let end = of(&[&am]).act(&silence_until(60), intent(), &ports).await;
        assert_eq!(end.outcome, Outcome::Failed);
        assert!(end.detail.raw().contains("was not sent: this is a drill"), "{end:?}");
        assert!(am.hits().is_empty(), "{:?}", am.hits());
    }

    #[tokio::test]
    async fn nothing_is_called_absent_while_a_peer_cannot_be_asked() {
        let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
        two.mood(Mood::Status(503, ""));
        assert!(found(&[&one, &two], &silence_until(60), intent()).await.is_err());
    }
}
