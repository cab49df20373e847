//! Acts on the real one, each confirmed by asking Icinga's own console.

use super::*;

/// A service with a problem on a host of its own.
fn problem(icinga: &Icinga, host: &str) -> String {
    icinga.host(host, &json!({}));
    icinga.service(host, "http", &json!({}));
    icinga.result(&format!("{host}!http"), 2, "down");
    format!("{host}:http")
}

fn value(icinga: &Icinga, host: &str, what: &str) -> String {
    icinga.eval(&format!("get_service(\"{host}\", \"http\").{what}"))
}

#[tokio::test]
async fn an_acknowledgement_is_there_with_its_end_and_is_found_again() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    let (alert, source, ports) = (problem(&icinga, "ack1"), only(&icinga, "ack1", &json!({})), Ports::real());
    let (doing, first) = (on(&alert, ack()), intent());
    assert_eq!(source.find(&doing, first, &ports).await, Ok(Found::NotThere));
    let end = source.act(&doing, first, &ports).await;
    ended(&end, Outcome::Done, "acknowledged there until");
    let What::Acknowledge { until, .. } = ack() else { unreachable!("it is one") };
    assert_eq!(value(&icinga, "ack1", "acknowledgement"), "1");
    let expiry: f64 = value(&icinga, "ack1", "acknowledgement_expiry").parse().expect("a number");
    assert!((expiry - until.timestamp() as f64).abs() < 300.0, "{expiry}");
    let made = end.made.expect("made");
    let text = icinga.eval(&format!("get_object(Comment, \"{}\").text", made.raw()));
    assert_eq!(text, format!("\"as agreed {}\"", marker(first.id())));
    assert_eq!(source.find(&doing, first, &ports).await, Ok(Found::There(made)));
    assert_eq!(source.find(&doing, intent(), &ports).await, Ok(Found::NotThere), "another intent's marker");
    let held = poll(&*source, &[]).await.alerts.remove(0);
    assert_eq!(held.acknowledged().map(|hold| (hold.by.raw(), hold.comment.raw())), Some(("ana", "as agreed")));

    ended(&act(&*source, &on(&alert, What::Unacknowledge)).await, Outcome::Done, "nobody's");
    assert_eq!(value(&icinga, "ack1", "acknowledgement"), "0");
    assert_eq!(source.find(&on(&alert, What::Unacknowledge), intent(), &ports).await, Ok(Found::There("ack1!http".into())));
    ended(&act(&*source, &on(&alert, What::Unacknowledge)).await, Outcome::Done, "nobody holds it");
}

#[tokio::test]
async fn a_sticky_acknowledgement_outlives_a_change_and_another_does_not() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    for (host, sticky, left) in [("sticky1", true, "2"), ("sticky2", false, "0")] {
        let (alert, source) = (problem(&icinga, host), only(&icinga, host, &json!({"ack": {"sticky": sticky}})));
        ended(&act(&*source, &on(&alert, ack())).await, Outcome::Done, "");
        icinga.result(&format!("{host}!http"), 1, "better");
        assert_eq!(value(&icinga, host, "acknowledgement"), left, "{host}");
    }
}

#[tokio::test]
async fn an_acknowledgement_of_ones_own_is_prolonged_and_shortened() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    let (alert, source) = (problem(&icinga, "longer1"), only(&icinga, "longer1", &json!({})));
    for minutes in [10, 30, 5] {
        let until = Utc::now() + TimeDelta::minutes(minutes);
        ended(
            &act(&*source, &on(&alert, What::Acknowledge { until, from: None })).await,
            Outcome::Done,
            "acknowledged there until",
        );
        let expiry: f64 = value(&icinga, "longer1", "acknowledgement_expiry").parse().expect("a number");
        assert!((expiry - until.timestamp() as f64).abs() <= 1.0, "{expiry} and {until}");
    }
}

#[tokio::test]
async fn whoever_was_first_is_named_and_keeps_it() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    let (alert, source) = (problem(&icinga, "first1"), only(&icinga, "first1", &json!({})));
    icinga.act("acknowledge-problem", "first1!http", &json!({"comment": "mine"}));
    ended(&act(&*source, &on(&alert, ack())).await, Outcome::Contradicted, "bob (mine) acknowledged it first");
    // Somebody else's is taken back only with a reason.
    let Act::On { alert: of, what, by, .. } = on(&alert, What::Unacknowledge) else { unreachable!("it is one") };
    let bare = Act::On { alert: of, what, by, comment: String::new() };
    ended(&act(&*source, &bare).await, Outcome::Contradicted, "bob (mine) holds it now: say why");
    assert_eq!(value(&icinga, "first1", "acknowledgement"), "1");
    ended(&act(&*source, &on(&alert, What::Unacknowledge)).await, Outcome::Done, "");
    assert_eq!(value(&icinga, "first1", "acknowledgement"), "0");
}

/// Of two who had it in turn only the one is taken from who was told to whoever takes it.
#[tokio::test]
async fn it_is_taken_over_from_whoever_was_known_to_have_it_and_from_nobody_else() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    let (alert, source) = (problem(&icinga, "over1"), only(&icinga, "over1", &json!({})));
    icinga.act("acknowledge-problem", "over1!http", &json!({"comment": "mine"}));
    let from = |who: &str| on(&alert, What::Acknowledge { until: in_minutes(60), from: Some(who.into()) });
    ended(&act(&*source, &from("maria")).await, Outcome::Contradicted, "bob (mine) acknowledged it first");
    ended(&act(&*source, &from("bob")).await, Outcome::Done, "acknowledged there until");
    let held = poll(&*source, &[]).await.alerts.remove(0);
    assert_eq!(held.acknowledged().map(|hold| (hold.by.raw(), hold.comment.raw())), Some(("ana", "as agreed")));
}

#[tokio::test]
async fn what_is_over_or_gone_or_in_the_past_is_told() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    let (alert, source) = (problem(&icinga, "late1"), only(&icinga, "late1", &json!({})));
    let past = act(&*source, &on(&alert, What::Acknowledge { until: in_minutes(-5), from: None })).await;
    ended(&past, Outcome::Failed, "must be in the future");
    icinga.result("late1!http", 0, "OK");
    ended(&act(&*source, &on(&alert, ack())).await, Outcome::Contradicted, "it has recovered");
    let nobody = act(&*source, &on("late1:nothing", ack())).await;
    ended(&nobody, Outcome::Failed, "404 Not Found");
    for text in ["", "late1:", "%zz"] {
        ended(&act(&*source, &on(text, ack())).await, Outcome::Failed, "is no host or service");
    }
    assert_eq!(value(&icinga, "late1", "acknowledgement"), "0");
}

#[tokio::test]
async fn a_downtime_silences_until_it_ends_or_is_ended() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    let (alert, source, ports) = (problem(&icinga, "down1"), only(&icinga, "down1", &json!({})), Ports::real());
    let (doing, first) = (on(&alert, What::Downtime { until: in_minutes(60) }), intent());
    let end = source.act(&doing, first, &ports).await;
    ended(&end, Outcome::Done, "");
    let made = end.made.expect("made");
    assert_eq!(value(&icinga, "down1", "downtime_depth"), "1");
    assert_eq!(source.find(&doing, first, &ports).await, Ok(Found::There(made.clone())));
    assert_eq!(poll(&*source, &[]).await.alerts[0].silenced_by, std::slice::from_ref(&made));

    let expire = Act::Expire { id: made.clone() };
    assert_eq!(source.find(&expire, intent(), &ports).await, Ok(Found::NotThere));
    ended(&act(&*source, &expire).await, Outcome::Done, "has ended");
    assert_eq!(value(&icinga, "down1", "downtime_depth"), "0");
    assert_eq!(source.find(&expire, intent(), &ports).await, Ok(Found::There(made)));
    ended(&act(&*source, &expire).await, Outcome::Contradicted, "already gone");
}

#[tokio::test]
async fn a_host_takes_its_services_with_it_into_a_downtime() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    problem(&icinga, "down2");
    icinga.result("down2", 1, "no answer");
    let source = only(&icinga, "down2", &json!({}));
    let end = act(&*source, &on("down2", What::Downtime { until: in_minutes(60) })).await;
    ended(&end, Outcome::Done, "");
    let depth = |of: &str| icinga.eval(&format!("{of}.downtime_depth"));
    assert_eq!((depth("get_host(\"down2\")"), value(&icinga, "down2", "downtime_depth")), ("1".into(), "1".into()));
    assert_eq!(end.made.as_ref().map(|made| made.raw().starts_with("down2!http")), Some(false), "the host's own: {end:?}");
    ended(&act(&*source, &Act::Expire { id: end.made.expect("made") }).await, Outcome::Done, "");
    assert_eq!((depth("get_host(\"down2\")"), value(&icinga, "down2", "downtime_depth")), ("0".into(), "0".into()));
}

#[tokio::test]
async fn a_comment_is_written_beside_it_as_it_is() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    let (alert, source, ports) = (problem(&icinga, "note1"), only(&icinga, "note1", &json!({})), Ports::real());
    let Act::On { alert: of, what, by, .. } = on(&alert, What::Comment) else { unreachable!("it is one") };
    let (doing, first) = (Act::On { alert: of, what, by, comment: "50 % \"quoted\" \\ || true // ö\nsecond".into() }, intent());
    let end = source.act(&doing, first, &ports).await;
    ended(&end, Outcome::Done, "");
    let made = end.made.expect("made");
    assert_eq!(source.find(&doing, first, &ports).await, Ok(Found::There(made.clone())));
    let text = icinga.eval(&format!("get_object(Comment, \"{}\").text", made.raw()));
    let read: String = serde_json::from_str(&text).expect("JSON");
    assert_eq!(read, format!("50 % \"quoted\" \\ || true // ö\nsecond {}", marker(first.id())));
}

#[tokio::test]
async fn a_check_that_is_asked_for_runs() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    icinga.host("check1", &json!({}));
    let attrs = json!({"check_command": "dummy", "vars": {"dummy_state": 1, "dummy_text": "looked again"}});
    icinga.service("check1", "http", &attrs);
    icinga.result("check1!http", 2, "down");
    let source = only(&icinga, "check1", &json!({}));
    let end = act(&*source, &on("check1:http", What::Recheck)).await;
    assert_eq!(end.outcome, Outcome::Done, "{end:?}");
    support::until("the check to run", || (value(&icinga, "check1", "state") == "1").then_some(()));
    assert_eq!(poll(&*source, &[]).await.alerts[0].summary(), Some("looked again"));
}

#[tokio::test]
async fn nothing_is_sent_to_one_that_is_away_or_by_ports_that_refuse() {
    if missing() {
        return;
    }
    let mut icinga = Icinga::start();
    let (alert, source) = (problem(&icinga, "web1"), only(&icinga, "web1", &json!({})));
    let end = source.act(&on(&alert, ack()), intent(), &refusing(&Ports::real(), "this is a drill")).await;
    ended(&end, Outcome::Failed, "was not sent: this is a drill");
    assert_eq!(value(&icinga, "web1", "acknowledgement"), "0");
    icinga.kill();
    ended(&act(&*source, &on(&alert, ack())).await, Outcome::Unsent, "not sent: ");
    ended(&act(&*source, &on(&alert, What::Unacknowledge)).await, Outcome::Unsent, "not sent: ");
    assert!(source.find(&on(&alert, ack()), intent(), &Ports::real()).await.is_err());
}
