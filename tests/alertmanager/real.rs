//! The real Alertmanager, alone and as two that gossip.

use super::*;
use support::servers::{Alertmanager, LOGIN, tls, until};
use support::tls::Authority;

const DISK: &str = r#"[{"labels": {"alertname": "DiskFull", "instance": "db1", "severity": "critical"},
    "annotations": {"summary": "disk 97 percent"}, "generatorURL": "http://prom.test/graph"}]"#;

fn absent() -> bool {
    support::missing("prometheus-alertmanager")
}

fn on(am: &Alertmanager) -> Box<dyn Source> {
    source(&json!({"urls": am.urls()}).to_string())
}

async fn snapshot(source: &dyn Source) -> Snapshot {
    source.fetch(&[], &Ports::real(), LIMIT).await.expect("an answer")
}

#[tokio::test]
async fn an_alert_comes_as_it_was_sent() {
    if absent() {
        return;
    }
    let am = Alertmanager::start(1);
    am.post(0, DISK);
    let snapshot = snapshot(&*on(&am)).await;
    let alert = &snapshot.alerts[0];
    assert_eq!(alert.id.to_string(), "prod/e94c744ae3d44df8");
    assert_eq!((alert.summary(), alert.receivers[0].raw()), (Some("disk 97 percent"), "ops"));
    assert!(snapshot.complete && snapshot.missing.is_empty(), "{:?}", snapshot.missing);
    assert!(Utc::now() - snapshot.started_at.expect("known") < TimeDelta::minutes(1));
    assert!(snapshot.skew_ms.expect("known").abs() < 2_000);
}

#[tokio::test]
async fn what_inhibits_an_alert_is_one_of_those_that_are_listed() {
    if absent() {
        return;
    }
    let am = Alertmanager::inhibiting();
    am.post(0, DISK);
    am.post(0, r#"[{"labels": {"alertname": "Slow", "instance": "db1", "severity": "warning"}}]"#);
    let source = on(&am);
    let quiet = |snapshot: &Snapshot| snapshot.alerts.iter().find(|alert| !alert.inhibited_by.is_empty()).cloned();
    let snapshot = until(|| snapshot(&*source), |snapshot| quiet(snapshot).is_some()).await;
    let quiet = quiet(&snapshot).expect("inhibited");
    let cause = snapshot.alerts.iter().find(|alert| alert.id.fingerprint == quiet.inhibited_by[0]).expect("listed");
    assert_eq!((quiet.name(), cause.name()), ("Slow", "DiskFull"));
}

#[tokio::test]
async fn whom_it_tells_of_an_alert_and_together_with_what_is_asked_of_its_groups() {
    if absent() {
        return;
    }
    let am = Alertmanager::routing();
    am.post(
        0,
        r#"[{"labels": {"alertname": "Disk", "cluster": "eu", "team": "db"}},
            {"labels": {"alertname": "Disk", "cluster": "eu", "team": "db", "shard": "2"}},
            {"labels": {"alertname": "Slow \"x\"", "cluster": "eu", "team": "web"}}]"#,
    );
    let source = on(&am);
    let snapshot = snapshot(&*source).await;
    let told = async |find: &dyn Fn(&Alert) -> bool| {
        let alert = snapshot.alerts.iter().find(|alert| find(alert)).expect("it fires");
        let routes = until(
            || async { source.routes(alert, &Ports::real(), LIMIT).expect("it has routes").await.expect("an answer") },
            // Groups are made a moment after the list.
            |routes| !routes.is_empty(),
        );
        routes.await.into_iter().map(|it| (it.to, it.together_by, it.muted_by)).collect::<Vec<_>>()
    };
    let by = |to: &str, names: &[&str]| (to.into(), names.iter().map(|name| (*name).into()).collect(), Vec::new());
    let both = [by("audit", &["alertname", "cluster"]), by("team-db", &["alertname"])];
    assert_eq!(told(&|alert| alert.labels.get("shard").is_some()).await, both, "0.25 does not say that one of them is muted");
    assert_eq!(told(&|alert| alert.name() == "Slow \"x\"").await, [by("ops", &["alertname", "cluster"])]);
}

#[tokio::test]
async fn a_silence_lives_its_whole_life() {
    if absent() {
        return;
    }
    let am = Alertmanager::start(1);
    am.post(0, DISK);
    let (source, ports, first) = (on(&am), Ports::real(), intent());
    let made = source.act(&silence_until(5), first, &ports).await;
    assert_eq!(made.outcome, Outcome::Done, "{made:?}");
    let id = made.made.expect("made");
    let silenced = until(|| snapshot(&*source), |snapshot| !snapshot.alerts[0].silenced_by.is_empty()).await;
    assert_eq!(silenced.alerts[0].silenced_by, std::slice::from_ref(&id));
    assert_eq!(source.find(&silence_until(5), first, &ports).await, Ok(Found::There(id.clone())));

    let Act::Silence { matchers, starts_at, ends_at, by, comment, .. } = silence_until(15) else { unreachable!("it is one") };
    let longer = Act::Silence { id: Some(id.clone()), matchers, starts_at, ends_at, by, comment };
    let extended = source.act(&longer, intent(), &ports).await;
    assert_eq!((extended.outcome, &extended.made), (Outcome::Done, &Some(id.clone())), "{extended:?}");

    let expire = Act::Expire { id: id.clone() };
    assert_eq!(source.act(&expire, intent(), &ports).await.outcome, Outcome::Done);
    let after = until(|| snapshot(&*source), |snapshot| snapshot.alerts[0].silenced_by.is_empty()).await;
    assert_eq!(after.silences.iter().map(|silence| silence.state).collect::<Vec<_>>(), [SilenceState::Expired]);
    assert_eq!(source.find(&expire, intent(), &ports).await, Ok(Found::There(id)));
}

#[tokio::test]
async fn any_text_is_a_value_and_a_name_that_is_no_word_is_refused_before_it_is_sent() {
    if absent() {
        return;
    }
    let am = Alertmanager::start(1);
    let text = "größe 🦀 \"q\" \\ {b}, c=~'d'\ne";
    am.post(
        0,
        &json!([{"labels": {"alertname": "A", "what": text}}, {"labels": {"alertname": "A", "what": "other"}}]).to_string(),
    );
    let (source, ports) = (on(&am), Ports::real());
    let listed = snapshot(&*source).await;
    let alert = listed.alerts.iter().find(|alert| alert.labels.get("what") == Some(text)).expect("as it was sent");
    let made = source.act(&with_matchers(alert.labels.exactly()), intent(), &ports).await;
    assert_eq!(made.outcome, Outcome::Done, "{made:?}");
    let quiet =
        |it: &Snapshot| it.alerts.iter().filter(|it| !it.silenced_by.is_empty()).map(|it| it.id.clone()).collect::<Vec<_>>();
    let after = until(|| snapshot(&*source), |it| !quiet(it).is_empty()).await;
    assert_eq!((quiet(&after), &after.silences[0].matchers), (vec![alert.id.clone()], &alert.labels.exactly()));

    let end = source.act(&with_matchers(vec![matcher("alertname", "A"), matcher("my.label", "x")]), intent(), &ports).await;
    assert_eq!(end.outcome, Outcome::Failed, "{end:?}");
    assert!(end.detail.raw().contains("which has no label `my.label`: names are letters, digits and `_` there"), "{end:?}");
    assert_eq!(snapshot(&*source).await.silences.len(), 1);
    let filtered = super::source(&format!("{{urls: '{}', filter: ['\"my.label\"=\"x\"']}}", am.url(0)));
    let trouble = filtered.fetch(&[], &ports, LIMIT).await.expect_err("this version can't");
    assert!(trouble.to_string().contains("400 Bad Request: bad matcher format: \"my.label\"=\"x\""), "{trouble}");
}

#[tokio::test]
async fn what_the_real_one_refuses_is_told_in_its_words() {
    if absent() {
        return;
    }
    let am = Alertmanager::start(1);
    let (source, ports) = (on(&am), Ports::real());
    let past = source.act(&silence_until(-5), intent(), &ports).await;
    assert_eq!(past.outcome, Outcome::Failed);
    assert!(past.detail.raw().contains("400 Bad Request: "), "{past:?}");
    let gone = Act::Expire { id: "11111111-1111-4111-8111-111111111111".into() };
    let end = source.act(&gone, intent(), &ports).await;
    assert_eq!(end.outcome, Outcome::Done, "{end:?}");
    let wrong = super::source(&format!("{{urls: '{}', filter: ['{{{{']}}", am.url(0)));
    let trouble = wrong.fetch(&[], &ports, LIMIT).await.expect_err("a bad filter");
    assert!(trouble.to_string().contains("400 Bad Request: bad matcher format"), "{trouble}");
}

#[tokio::test]
async fn a_restart_empties_the_list_and_shows() {
    if absent() {
        return;
    }
    let mut am = Alertmanager::start(1);
    am.post(0, DISK);
    let source = on(&am);
    let before = snapshot(&*source).await;
    am.restart(0);
    let after = snapshot(&*source).await;
    assert_eq!((before.alerts.len(), after.alerts.len()), (1, 0));
    assert!(after.complete && after.started_at > before.started_at);
}

#[tokio::test]
async fn two_that_gossip_are_one_queue() {
    if absent() {
        return;
    }
    let mut am = Alertmanager::start(2);
    am.post(0, DISK);
    am.post(1, DISK);
    am.post(1, r#"[{"labels": {"alertname": "OnlyTwo"}}]"#);
    let (source, ports) = (on(&am), Ports::real());
    assert_eq!(names(&snapshot(&*source).await), ["DiskFull", "OnlyTwo"]);

    let made = source.act(&silence_until(60), intent(), &ports).await;
    assert_eq!(made.outcome, Outcome::Done, "{made:?}");
    let id = made.made.expect("made");
    let second = super::source(&format!("urls: '{}'", am.url(1)));
    let heard = until(|| snapshot(&*second), |snapshot| !snapshot.silences.is_empty()).await;
    assert_eq!(heard.silences[0].id, id, "one silence, the same on both");

    am.kill(0);
    let alone = snapshot(&*source).await;
    assert_eq!(names(&alone), ["DiskFull", "OnlyTwo"]);
    assert!(!alone.complete && alone.missing[0].raw().contains(&am.url(0)), "{:?}", alone.missing);
    let disk = alone.alerts.iter().find(|alert| alert.name() == "DiskFull").expect("it fires");
    assert_eq!(disk.silenced_by, std::slice::from_ref(&id));
    // The first is certainly not reached, so the second may be asked to end it.
    let ended = source.act(&Act::Expire { id }, intent(), &ports).await;
    assert_eq!(ended.outcome, Outcome::Done, "{ended:?}");
}

#[tokio::test]
async fn tls_and_a_login_are_what_it_demands() {
    if absent() || support::missing("openssl") {
        return;
    }
    let authority = Authority::new();
    let am = Alertmanager::start_with(1, Some(&(tls(&authority.good()) + LOGIN)));
    let with = |password: &str| {
        let login = json!({"user": "ana", "password": password});
        source(&json!({"urls": am.urls(), "tls": {"ca": authority.ca()}, "basic": login}).to_string())
    };
    assert!(snapshot(&*with("hunter2")).await.complete);
    let made = with("hunter2").act(&silence_until(5), intent(), &Ports::real()).await;
    assert_eq!(made.outcome, Outcome::Done, "{made:?}");
    let trouble = with("wrong").fetch(&[], &Ports::real(), LIMIT).await.expect_err("refused");
    assert_eq!(trouble.reason, Reason::Denied, "{trouble}");
}

#[tokio::test]
async fn what_it_lists_no_more_is_told_apart_by_who_ended_it() {
    if absent() {
        return;
    }
    let am = Alertmanager::start(1);
    let ends = |name: &str, seconds: i64| {
        let at = (Utc::now() + TimeDelta::seconds(seconds)).to_rfc3339();
        am.post(0, &format!(r#"[{{"labels": {{"alertname": "{name}"}}, "endsAt": "{at}"}}]"#));
    };
    ends("Ended", 300);
    ends("Untold", 6);
    let source = on(&am);
    let both = snapshot(&*source).await;
    let named = |name: &str| both.alerts.iter().find(|alert| alert.name() == name).expect("listed").id.fingerprint.clone();
    let (ended, untold) = (named("Ended"), named("Untold"));
    ends("Ended", -1);
    let told = std::sync::Mutex::new(Vec::new());
    let hears = |snapshot: &Snapshot| {
        let gone = snapshot.untold.iter().map(|(fingerprint, _)| fingerprint.clone());
        told.lock().expect("whole").extend(gone);
    };
    until(
        || snapshot(&*source),
        |snapshot| {
            hears(snapshot);
            [&ended, &untold].iter().all(|gone| snapshot.alerts.iter().all(|alert| alert.id.fingerprint != **gone))
        },
    )
    .await;
    assert_eq!(*told.lock().expect("whole"), [untold], "whoever ends an alert has told of it");
}
