//! Silences written and ended: done, failed, unknown or contradicted, never sent twice.

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
async fn a_tenant_is_named_in_everything_that_is_asked_and_done() {
    let am = FakeAlertmanager::start();
    am.tenant("team-a");
    let of = |tenant: &str| source(&json!({"urls": am.url, "headers": {"X-Scope-OrgID": tenant}}).to_string());
    let (source, intent, ports) = (of("team-a"), intent(), Ports::real());
    assert_eq!(source.act(&silence_until(60), intent, &ports).await.outcome, Outcome::Done);
    assert!(matches!(source.find(&silence_until(60), intent, &ports).await, Ok(Found::There(_))));
    assert!(source.fetch(&[], &ports, LIMIT).await.is_ok_and(|snapshot| snapshot.complete && snapshot.missing.is_empty()));
    let other = of("team-b").fetch(&[], &ports, LIMIT).await.expect_err("another tenant");
    assert!(other.to_string().contains("401 Unauthorized: no org id"), "{other}");
}

#[tokio::test]
async fn a_silence_of_ours_begins_at_once_though_our_clock_is_ahead() {
    let am = FakeAlertmanager::start();
    let ahead = match silence_until(60) {
        Act::Silence { id, matchers, ends_at, by, comment, starts_at } => {
            Act::Silence { id, matchers, ends_at, by, comment, starts_at: starts_at + TimeDelta::minutes(10) }
        }
        other => other,
    };
    let made = act(&[&am], &ahead, intent()).await;
    assert_eq!(made.outcome, Outcome::Done, "{}", made.detail.raw());
    assert_eq!(am.silences()[0]["status"]["state"], "active");
}

/// Our clock is this much ahead of everybody's.
struct Ahead(TimeDelta);

impl Clock for Ahead {
    fn now(&self) -> Stamp {
        let now = Ports::real().clock.now();
        Stamp { wall: now.wall + self.0, ..now }
    }
}

#[tokio::test]
async fn a_silence_lasts_as_long_as_is_wanted_by_the_clock_of_its_server_and_is_read_by_ours() {
    for minutes in [10, -10] {
        let (am, ahead) = (FakeAlertmanager::start(), TimeDelta::minutes(minutes));
        let ports = Ports { clock: Arc::new(Ahead(ahead)), ..Ports::real() };
        let source = of(&[&am]);
        let wanted = |minutes: i64, known: Option<Outside>| match silence_until(minutes) {
            Act::Silence { matchers, starts_at, ends_at, by, comment, .. } => {
                Act::Silence { id: known, matchers, starts_at: starts_at + ahead, ends_at: ends_at + ahead, by, comment }
            }
            other => other,
        };
        let off = |time: DateTime<Utc>, minutes: i64| (time - (Utc::now() + TimeDelta::minutes(minutes))).abs().num_seconds();
        let there = |am: &FakeAlertmanager| am.silences()[0]["endsAt"].as_str().expect("a time").parse().expect("a time");
        // Also where nobody has asked it before; and what it is made to last longer keeps its id.
        let made = source.act(&wanted(60, None), intent(), &ports).await;
        assert_eq!(made.outcome, Outcome::Done, "{made:?}");
        assert!(off(there(&am), 60) < 5, "{minutes}: {:?}", am.silences());
        let longer = source.act(&wanted(90, made.made.clone()), intent(), &ports).await;
        assert_eq!((longer.outcome, &longer.made), (Outcome::Done, &made.made), "{longer:?}");
        assert!(off(there(&am), 90) < 5, "{minutes}: {:?}", am.silences());
        for _ in 0..2 {
            let read = source.fetch(&[], &ports, LIMIT).await.expect("an answer").silences;
            assert_eq!(read[0].state, SilenceState::Active);
            assert!(off(read[0].ends_at - ahead, 90) < 5 && off(read[0].starts_at - ahead, 0) < 5, "{minutes}: {read:?}");
        }
    }
}

#[tokio::test]
async fn extending_keeps_the_id_and_other_matchers_make_a_new_one() {
    let am = FakeAlertmanager::start();
    let made = act(&[&am], &silence_until(5), intent()).await.made;
    let changed = |by: &str| match silence_until(15) {
        Act::Silence { starts_at, ends_at, by: who, comment, .. } => {
            // Not the beginning that the silence has: the source must take that from the server.
            let starts_at = starts_at - TimeDelta::minutes(1);
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
async fn a_silence_that_a_crash_has_lost_is_made_anew_and_only_if_no_peer_has_it() {
    let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
    let made = act(&[&two], &silence_until(5), intent()).await.made;
    let longer = match silence_until(15) {
        Act::Silence { starts_at, ends_at, by, comment, matchers, .. } => {
            Act::Silence { id: made.clone(), matchers, starts_at, ends_at, by, comment }
        }
        other => other,
    };
    let extended = act(&[&one, &two], &longer, intent()).await;
    assert_eq!((extended.outcome, &extended.made), (Outcome::Done, &made), "{}", extended.detail.raw());
    assert_eq!((one.silences().len(), two.silences().len()), (0, 1));
    let anew = act(&[&one], &longer, intent()).await;
    assert_eq!((anew.outcome, one.silences().len()), (Outcome::Done, 1), "{}", anew.detail.raw());
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
    assert_eq!(other.writes(), 0, "the other peer must not get it too");
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
    assert_eq!(none.outcome, Outcome::Unsent);
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
async fn labels_with_any_name_are_silenced_where_the_server_has_them_and_refused_in_words_where_not() {
    let am = FakeAlertmanager::start();
    am.fire(&[("alertname", "DiskFull"), ("my.label", "x"), ("größe 🦀", "a=\"1\"\\")]);
    am.fire(&[("alertname", "DiskFull"), ("my.label", "x"), ("größe 🦀", "2")]);
    let listed = good(&[&am]).await;
    let alert = listed.alerts.iter().find(|alert| alert.labels.get("größe 🦀") == Some("a=\"1\"\\")).expect("as it was sent");
    let silence = with_matchers(alert.labels.exactly());
    am.version("0.26.0");
    let end = act(&[&am], &silence, intent()).await;
    let words = "runs Alertmanager 0.26, which has no label `größe 🦀`: names are letters, digits and `_` there; it needs 0.27";
    assert!(end.outcome == Outcome::Failed && end.detail.raw().contains(words), "{end:?}");
    assert_eq!((am.silences().len(), am.count("POST")), (0, 0));
    am.version("0.27.0");
    let end = act(&[&am], &silence, intent()).await;
    assert_eq!(end.outcome, Outcome::Done, "{end:?}");
    let after = good(&[&am]).await;
    let quiet = after.alerts.iter().filter(|alert| !alert.silenced_by.is_empty()).map(|alert| &alert.id);
    assert_eq!(quiet.collect::<Vec<_>>(), [&alert.id], "this one and not its neighbour");
    assert_eq!(after.silences[0].matchers, alert.labels.exactly());
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
async fn what_one_peer_has_never_heard_of_is_ended_where_it_is_in_force_and_gone_only_where_all_say_so() {
    let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
    let id = act(&[&two], &silence_until(60), intent()).await.made.expect("made");
    let end = act(&[&one, &two], &Act::Expire { id }, intent()).await;
    assert_eq!((end.outcome, &two.silences()[0]["status"]["state"]), (Outcome::Done, &json!("expired")), "{end:?}");
    let id = act(&[&two], &silence_until(60), intent()).await.made.expect("made");
    two.mood(Mood::Status(503, ""));
    let end = act(&[&one, &two], &Act::Expire { id }, intent()).await;
    assert_eq!(end.outcome, Outcome::Unknown, "{end:?}");
    assert!(end.detail.raw().contains("not every server could be asked"), "{end:?}");
}

#[tokio::test]
async fn ending_what_is_gone_is_said_by_servers_of_any_version() {
    let am = FakeAlertmanager::start();
    for version in ["0.25.0", "0.27.0"] {
        am.version(version);
        let gone = Act::Expire { id: "11111111-1111-4111-8111-111111111111".into() };
        let end = act(&[&am], &gone, intent()).await;
        assert_eq!(end.outcome, Outcome::Done, "{version}: {end:?}");
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
    assert!(am.silences().is_empty() && am.hits().iter().all(|hit| hit.starts_with("GET ")), "{:?}", am.hits());
}

#[tokio::test]
async fn nothing_is_called_absent_while_a_peer_cannot_be_asked() {
    let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
    two.mood(Mood::Status(503, ""));
    assert!(found(&[&one, &two], &silence_until(60), intent()).await.is_err());
}
