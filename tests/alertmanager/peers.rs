//! Several peers, one queue.

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
async fn what_inhibits_an_alert_at_either_peer_counts() {
    let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
    for (am, by) in [(&one, "a"), (&two, "b")] {
        let fingerprint = am.fire(&[("alertname", "DiskFull")]);
        am.change(&fingerprint, json!({"inhibitedBy": [by]}));
    }
    for order in [[&one, &two], [&two, &one]] {
        let snapshot = good(&order).await;
        assert_eq!(snapshot.alerts[0].inhibited_by.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a", "b"]);
    }
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
    let snapshot = of(&[&one, &two]).fetch(&[], &Ports::real(), Duration::from_millis(700)).await.expect("one answers");
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
    for order in [[&one, &two], [&two, &one]] {
        let snapshot = good(&order).await;
        assert!(Utc::now() - snapshot.started_at.expect("known") < TimeDelta::minutes(5));
    }
}

#[tokio::test]
async fn labels_that_tell_replicas_apart_can_be_ignored() {
    let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
    one.fire(&[("alertname", "DiskFull"), ("replica", "a")]);
    two.fire(&[("alertname", "DiskFull"), ("replica", "b")]);
    assert_eq!(good(&[&one, &two]).await.alerts.len(), 2);
    let both = source(&format!("{{urls: ['{}', '{}'], ignore_labels: [replica]}}", one.url, two.url));
    let snapshot = both.fetch(&[], &Ports::real(), LIMIT).await.expect("an answer");
    assert_eq!(snapshot.alerts.len(), 1);
    assert_eq!(snapshot.alerts[0].labels.get("replica"), None);
}

#[tokio::test]
async fn labels_are_ignored_as_soon_as_the_configuration_says_so() {
    let am = FakeAlertmanager::start();
    am.fire(&[("alertname", "DiskFull"), ("replica", "a")]);
    let before = good(&[&am]).await.alerts;
    let ignoring = source(&format!("{{urls: ['{}'], ignore_labels: [replica]}}", am.url));
    let after = ignoring.fetch(&before, &Ports::real(), LIMIT).await.expect("an answer").alerts;
    assert_eq!(after[0].labels.get("replica"), None, "what was known before is read anew");
    assert_ne!(after[0].id, before[0].id);
}

#[tokio::test]
async fn an_act_goes_to_a_peer_that_answers_and_one_that_hangs_neither_delays_nor_gets_it() {
    let (hangs, well) = (FakeAlertmanager::start(), FakeAlertmanager::start());
    hangs.mood(Mood::Silent);
    let (both, ports) = (of(&[&hangs, &well]), Ports::real());
    let began = Instant::now();
    // Nobody has noticed yet.
    let made = both.act(&silence_until(60), intent(), &ports).await;
    assert_eq!((made.outcome, well.silences().len()), (Outcome::Done, 1), "{made:?}");
    let ended = both.act(&Act::Expire { id: made.made.expect("made") }, intent(), &ports).await;
    assert_eq!(ended.outcome, Outcome::Done, "{ended:?}");
    assert_eq!((hangs.writes(), began.elapsed() < Duration::from_secs(3)), (0, true), "{:?}", began.elapsed());
    // A poll has: it is not even asked, until its answer comes again.
    both.fetch(&[], &ports, Duration::from_millis(300)).await.expect("one answers");
    let asked = hangs.hits().len();
    assert_eq!(both.act(&silence_until(60), intent(), &ports).await.outcome, Outcome::Done);
    assert_eq!(hangs.hits().len(), asked, "{:?}", hangs.hits());
    hangs.mood(Mood::Fine);
    both.fetch(&[], &ports, LIMIT).await.expect("both answer");
    assert_eq!(both.act(&silence_until(60), intent(), &ports).await.outcome, Outcome::Done);
    assert_eq!(hangs.silences().len(), 1, "of those that answer it is the first");
}

#[tokio::test]
async fn of_what_a_peer_took_and_could_not_tell_another_one_knows() {
    for deaf in ["POST", "GET /api/v2/silence"] {
        let (hangs, well) = (FakeAlertmanager::start(), FakeAlertmanager::start());
        let both = of(&[&hangs, &well]);
        hangs.mood_of("GET /api/v2/silence", Mood::Silent);
        hangs.mood_of(deaf, if deaf == "POST" { Mood::DeafAfterwards } else { Mood::Silent });
        let (act_, ports) = (silence_until(60), Ports::real());
        let gossip = async {
            servers::until(async || hangs.silences().len(), |count| *count > 0).await;
            well.gossip(&hangs);
        };
        let (made, ()) = tokio::join!(both.act(&act_, intent(), &ports), gossip);
        assert_eq!(made.outcome, Outcome::Done, "{deaf}: {made:?}");
        assert_eq!((hangs.writes(), well.writes()), (1, 0), "{deaf}: once, and nowhere else");
    }
}

#[tokio::test]
async fn what_another_peer_has_not_heard_of_says_nothing() {
    let (hangs, well) = (FakeAlertmanager::start(), FakeAlertmanager::start());
    let (both, ports) = (of(&[&hangs, &well]), Ports::real());
    let id = both.act(&silence_until(60), intent(), &ports).await.made.expect("made");
    well.gossip(&hangs);
    hangs.mood_of("GET /api/v2/silence/", Mood::Silent);
    let end = both.act(&Act::Expire { id: id.clone() }, intent(), &ports).await;
    assert_eq!((end.outcome, well.writes()), (Outcome::Unknown, 0), "{end:?}");
    well.gossip(&hangs);
    assert_eq!(both.find(&Act::Expire { id: id.clone() }, intent(), &ports).await, Ok(Found::There(id)));
}
