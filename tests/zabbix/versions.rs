//! What differs between versions, and what the real one here can't be brought to answer.

use super::*;
use support::fake_zabbix::{FakeZabbix, TOKEN};
use support::intent_since;

const READ: &str = "POST /api_jsonrpc.php problem.get";
const VERSION: &str = "POST /api_jsonrpc.php apiinfo.version";

fn asked(zabbix: &FakeZabbix) -> Box<dyn Source> {
    with(zabbix, &json!({"token": TOKEN}))
}

fn with(zabbix: &FakeZabbix, more: &Value) -> Box<dyn Source> {
    let mut config = json!({"url": zabbix.url});
    config.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    source(&config)
}

#[tokio::test]
async fn every_version_is_asked_in_its_own_way_and_its_version_once() {
    for version in ["6.0.14", "6.4.1", "7.0.2", "7.2.1"] {
        let zabbix = FakeZabbix::of(version);
        let (trigger, source) = (zabbix.trigger("DiskFull"), asked(&zabbix));
        assert_eq!(ids(&poll(&*source, &[]).await), [trigger.as_str()], "{version}");
        ended(&act(&*source, &on(&trigger, ack(), "on it")).await, Outcome::Done, "acknowledged there");
        let held = poll(&*source, &[]).await.alerts.remove(0);
        assert_eq!(held.acknowledged().map(|hold| (hold.by.raw(), hold.comment.raw())), Some(("ana", "on it")), "{version}");
        assert_eq!(zabbix.count(VERSION), 1, "{version}");
    }
}

#[tokio::test]
async fn a_server_that_was_updated_is_asked_anew() {
    let zabbix = FakeZabbix::of("6.0.14");
    let (trigger, source) = (zabbix.trigger("DiskFull"), asked(&zabbix));
    poll(&*source, &[]).await;
    zabbix.with(|frontend| frontend.version = "7.2.1");
    assert_eq!(ids(&poll(&*source, &[]).await), [trigger.as_str()]);
    assert_eq!(zabbix.count(VERSION), 2);
}

#[tokio::test]
async fn a_session_that_has_ended_is_begun_again_and_a_wrong_password_is_told_and_not_shown() {
    let zabbix = FakeZabbix::start();
    let trigger = zabbix.trigger("DiskFull");
    let source = with(&zabbix, &json!({"login": {"user": "console", "password": "right"}}));
    poll(&*source, &[]).await;
    zabbix.with(|frontend| frontend.sessions += 1);
    assert_eq!(ids(&poll(&*source, &[]).await), [trigger.as_str()]);
    assert_eq!(zabbix.count("POST /api_jsonrpc.php user.login"), 2);

    for config in [json!({"login": {"user": "console", "password": "wrong-pw"}}), json!({"token": "wrong-pw"})] {
        let trouble = trouble(&*with(&zabbix, &config)).await;
        assert!(trouble.reason == Reason::Denied && !trouble.to_string().contains("wrong-pw"), "{trouble:?}");
    }
    let told = trouble(&*with(&zabbix, &json!({"token": "wrong-pw"}))).await.to_string();
    assert!(told.contains("Session terminated, re-login, please.; check the credentials"), "{told}");
}

#[tokio::test]
async fn a_thousand_problems_are_one_page_and_all_pages_are_read() {
    let zabbix = FakeZabbix::start();
    let all = (0..2_300).map(|n| zabbix.trigger(&format!("Disk{n}"))).count();
    // One that ends between two pages moves no other one to another page.
    zabbix.between_pages("23010");
    let source = asked(&zabbix);
    let snapshot = poll(&*source, &[]).await;
    assert_eq!((snapshot.alerts.len(), zabbix.count(READ)), (all - 1, 3));
    let again = poll(&*source, &snapshot.alerts).await;
    assert!(snapshot.alerts.iter().zip(&again.alerts).all(|(one, other)| Arc::ptr_eq(one, other)));
}

#[tokio::test]
async fn what_leaves_a_filter_stays_until_it_ends() {
    let zabbix = FakeZabbix::start();
    let (trigger, source) = (zabbix.trigger("DiskFull"), with(&zabbix, &json!({"token": TOKEN, "severity": "high"})));
    let before = poll(&*source, &[]).await;
    zabbix.with(|frontend| frontend.newest(&trigger)["severity"] = "2".into());
    assert_eq!(ids(&poll(&*asked(&zabbix), &[]).await), [trigger.as_str()]);
    assert!(poll(&*source, &[]).await.alerts.is_empty(), "the filter holds");
    let after = poll(&*source, &before.alerts).await;
    assert_eq!(after.alerts[0].upstream, Upstream::Firing);
    assert_eq!(after.alerts[0].labels.get("severity"), Some("warning"));
    zabbix.recover(&trigger);
    assert!(matches!(poll(&*source, &after.alerts).await.alerts[0].upstream, Upstream::Resolved { .. }));
}

#[tokio::test]
async fn what_ended_and_began_between_two_polls_ends_first() {
    let zabbix = FakeZabbix::start();
    let (trigger, source) = (zabbix.trigger("DiskFull"), asked(&zabbix));
    let first = poll(&*source, &[]).await;
    zabbix.with(|frontend| {
        frontend.end(&trigger);
        frontend.again(&trigger);
    });
    let second = poll(&*source, &first.alerts).await;
    assert!(matches!(second.alerts[0].upstream, Upstream::Resolved { .. }));
    let third = poll(&*source, &second.alerts).await;
    assert_eq!(third.alerts[0].upstream, Upstream::Firing);
    assert!(third.alerts[0].starts_at > first.alerts[0].starts_at);
}

#[tokio::test]
async fn a_server_that_has_died_behind_its_api_ends_nothing_and_is_told() {
    let zabbix = FakeZabbix::start();
    let (trigger, source) = (zabbix.trigger("DiskFull"), asked(&zabbix));
    let long_ago = Utc::now() - TimeDelta::minutes(10);
    for (status, words) in [("3", "does not answer its own database"), ("1", "no Zabbix server is active")] {
        zabbix.with(|frontend| frontend.server = json!({"lastaccess": long_ago.timestamp().to_string(), "status": status}));
        let snapshot = source.fetch(&[], &Ports::real(), LIMIT).await.expect("an answer");
        assert_eq!((ids(&snapshot), snapshot.complete), (vec![trigger.as_str()], false));
        assert!(snapshot.missing[0].raw().contains(words), "{:?}", snapshot.missing);
        assert_eq!(snapshot.unheard, [trigger.as_str().into()], "each is shown as it was");
        let told = snapshot.missing[0].raw();
        assert!(told.contains(&format!(" since {} UTC: ", long_ago.format("%Y-%m-%d %H:%M:%S"))), "{told}");
    }
    zabbix.with(|frontend| frontend.server = Value::Null);
    let snapshot = source.fetch(&[], &Ports::real(), LIMIT).await.expect("an answer");
    assert_eq!((snapshot.complete, snapshot.missing[0].raw()), (false, "no Zabbix server has ever run: nothing is checked"));
    // Whoever may not ask is told nothing of it.
    let no = r#"{"jsonrpc":"2.0","error":{"code":-32500,"message":"x","data":"No permissions to call \"hanode.get\"."},"id":1}"#;
    zabbix.mood_of("POST /api_jsonrpc.php hanode.get", support::fake::Mood::Status(200, no));
    poll(&*source, &[]).await;
}

#[tokio::test]
async fn a_database_that_is_down_is_told_in_its_words_and_ends_nothing() {
    let zabbix = FakeZabbix::start();
    zabbix.trigger("DiskFull");
    let source = asked(&zabbix);
    let down = r#"{"jsonrpc":"2.0","error":{"code":1,"message":"Error connecting to database.","data":""},"id":1}"#;
    zabbix.mood(support::fake::Mood::Status(200, down));
    let trouble = trouble(&*source).await;
    assert!(trouble.to_string().ends_with("was refused: Error connecting to database."), "{trouble}");
}

#[tokio::test]
async fn suppressing_is_for_versions_that_have_it() {
    let snooze = || What::Snooze { until: in_minutes(30) };
    let (old, new) = (FakeZabbix::of("6.0.14"), FakeZabbix::of("7.0.2"));
    let trigger = old.trigger("DiskFull");
    let end = act(&*asked(&old), &on(&trigger, snooze(), "")).await;
    ended(&end, Outcome::Failed, "this Zabbix is 6.0, and a problem can be suppressed by hand from 6.2 on");
    assert_eq!(old.count("POST /api_jsonrpc.php event.acknowledge"), 0);
    let trigger = new.trigger("DiskFull");
    ended(&act(&*asked(&new), &on(&trigger, snooze(), "")).await, Outcome::Done, "suppressed until");
    assert_eq!(new.newest(&trigger)["suppressed"], "1");
    ended(&act(&*asked(&new), &on(&trigger, What::Unsnooze, "")).await, Outcome::Done, "not suppressed");
    assert_eq!(new.newest(&trigger)["suppressed"], "0");
}

#[tokio::test]
async fn what_its_trigger_does_not_let_people_close_is_refused_before_anything_is_sent() {
    let zabbix = FakeZabbix::start();
    let (trigger, source) = (zabbix.trigger("DiskFull"), asked(&zabbix));
    zabbix.with(|frontend| frontend.closable = "0");
    ended(&act(&*source, &on(&trigger, What::Resolve, "")).await, Outcome::Failed, "its trigger does not allow manual closing");
    // What is over already was to be closed: nobody need be allowed anything for that.
    zabbix.recover(&trigger);
    ended(&act(&*source, &on(&trigger, What::Resolve, "")).await, Outcome::Done, "over already");
    assert_eq!(zabbix.count("POST /api_jsonrpc.php event.acknowledge"), 0);
}

#[tokio::test]
async fn what_its_version_or_its_trigger_does_not_allow_is_told_with_the_alert() {
    use midwatch::domain::act::ActKind::{Comment, Resolve, Snooze, Unsnooze};
    let allowed = async |version, closable| {
        let zabbix = FakeZabbix::of(version);
        zabbix.trigger("DiskFull");
        zabbix.with(|frontend| frontend.closable = closable);
        let alert = poll(&*asked(&zabbix), &[]).await.alerts.remove(0);
        [Snooze, Unsnooze, Resolve, Comment].map(|kind| alert.allows(kind))
    };
    assert_eq!(allowed("6.0.14", "1").await, [false, false, true, true]);
    assert_eq!(allowed("7.0.2", "1").await, [true; 4]);
    assert_eq!(allowed("7.0.2", "0").await, [true, true, false, true]);
}

#[tokio::test]
async fn what_became_of_closing_a_problem_is_told_by_its_state_and_not_by_the_mark_of_who_asked() {
    let zabbix = FakeZabbix::start();
    let (trigger, source) = (zabbix.trigger("DiskFull"), asked(&zabbix));
    let (resolve, of, ports) = (on(&trigger, What::Resolve, "repaired"), intent(), Ports::real());
    assert_eq!(source.find(&resolve, of, &ports).await, Ok(Found::NotThere));
    zabbix.elsewhere(&trigger, 4, &format!("ana: repaired {}", marker(of.id())));
    let waits = source.find(&resolve, of, &ports).await.expect_err("not closed");
    assert!(waits.to_string().contains("not closed yet"), "{waits}");
    zabbix.recover(&trigger);
    assert!(matches!(source.find(&resolve, of, &ports).await, Ok(Found::There(_))));
    // However it ended: nothing more is to be asked for.
    assert!(matches!(source.find(&resolve, intent(), &ports).await, Ok(Found::There(_))));
}

#[tokio::test]
async fn whoever_took_an_acknowledgement_back_is_told_until_somebody_has_it_again() {
    let zabbix = FakeZabbix::start();
    let (trigger, source) = (zabbix.trigger("DiskFull"), asked(&zabbix));
    act(&*source, &on(&trigger, ack(), "on it")).await;
    zabbix.elsewhere(&trigger, 16, "not yours");
    let free = poll(&*source, &[]).await.alerts.remove(0);
    assert_eq!((free.acknowledged(), free.given_up_by().map(|by| by.raw())), (None, Some("Bo")));
    act(&*source, &on(&trigger, ack(), "on it")).await;
    assert_eq!(poll(&*source, &[]).await.alerts[0].given_up_by(), None);
}

#[tokio::test]
async fn a_problem_is_confirmed_as_closed_when_it_is_read_as_closed() {
    let zabbix = FakeZabbix::start();
    let (trigger, source) = (zabbix.trigger("DiskFull"), asked(&zabbix));
    // Once before it is sent, twice after.
    zabbix.with(|frontend| frontend.closes_after = 3);
    ended(&act(&*source, &on(&trigger, What::Resolve, "repaired")).await, Outcome::Done, "closed there");
    assert_ne!(zabbix.newest(&trigger)["r_eventid"], "0");
    let trigger = zabbix.trigger("Never closed");
    zabbix.with(|frontend| frontend.closes_after = 99);
    ended(&act(&*source, &on(&trigger, What::Resolve, "")).await, Outcome::Unknown, "accepted, and not closed yet");
    assert_eq!(zabbix.count("POST /api_jsonrpc.php event.acknowledge"), 2, "it is told once");
}

#[tokio::test]
async fn of_several_problems_of_a_trigger_the_named_one_is_meant() {
    let zabbix = FakeZabbix::start();
    let (trigger, source) = (zabbix.trigger("Log line"), asked(&zabbix));
    zabbix.with(|frontend| {
        frontend.multiple = "1";
        frontend.again(&trigger);
    });
    let snapshot = poll(&*source, &[]).await;
    assert_eq!(ids(&snapshot), [format!("{trigger}.1"), format!("{trigger}.2")]);
    ended(&act(&*source, &on(&format!("{trigger}.2"), ack(), "")).await, Outcome::Done, "");
    let held = |snapshot: &Snapshot| snapshot.alerts.iter().map(|alert| alert.acknowledged().is_some()).collect::<Vec<_>>();
    assert_eq!(held(&poll(&*source, &[]).await), [false, true]);
}

#[tokio::test]
async fn a_problem_that_began_after_the_one_on_the_screen_is_not_acted_on() {
    let zabbix = FakeZabbix::start();
    let (trigger, source) = (zabbix.trigger("DiskFull"), asked(&zabbix));
    let seen = poll(&*source, &[]).await.alerts.remove(0).starts_at;
    zabbix.recover(&trigger);
    zabbix.with(|frontend| {
        frontend.again(&trigger);
        frontend.newest(&trigger)["clock"] = (seen.timestamp() + 60).to_string().into();
    });
    let act = async |what, began| source.act(&on(&trigger, what, "repaired"), intent_since(began), &Ports::real()).await;
    for what in [What::Resolve, ack(), What::Comment] {
        ended(&act(what, seen).await, Outcome::Contradicted, "another problem of its trigger began at");
    }
    assert_eq!(zabbix.count("POST /api_jsonrpc.php event.acknowledge"), 0);
    let seen = poll(&*source, &[]).await.alerts.remove(0).starts_at;
    ended(&act(ack(), seen).await, Outcome::Done, "acknowledged there");
}

#[tokio::test]
async fn one_is_taken_over_from_whom_it_is_meant_to_be_and_from_nobody_else() {
    let zabbix = FakeZabbix::start();
    let (trigger, source) = (zabbix.trigger("DiskFull"), asked(&zabbix));
    let from = |who: &str| What::Acknowledge { until: in_minutes(60), from: Some(who.into()) };
    zabbix.elsewhere(&trigger, 6, "mine");
    let seen = poll(&*source, &[]).await.alerts.remove(0);
    assert_eq!(seen.acknowledged().map(|hold| hold.by.raw()), Some("Bo"));
    ended(&act(&*source, &on(&trigger, from("cid"), "")).await, Outcome::Contradicted, "user 7 (mine) acknowledged it first");
    assert_eq!(zabbix.count("POST /api_jsonrpc.php event.acknowledge"), 0);
    let end = act(&*source, &on(&trigger, from("Bo"), "Bo sleeps")).await;
    ended(&end, Outcome::Done, "acknowledged there");
    assert!(end.made.is_some());
    let now = poll(&*source, &[]).await.alerts.remove(0);
    assert_eq!(now.acknowledged().map(|hold| (hold.by.raw(), hold.comment.raw())), Some(("ana", "Bo sleeps")));
    // A colleague's of another console, who is one user of Zabbix with us.
    let theirs =
        Act::On { alert: Fingerprint::from(trigger.as_str()), what: from("ana"), by: "cid".into(), comment: String::new() };
    ended(&act(&*source, &theirs).await, Outcome::Done, "acknowledged there");
    let now = poll(&*source, &[]).await.alerts.remove(0);
    assert_eq!(now.acknowledged().map(|hold| hold.by.raw()), Some("cid"));
    // Whoever had it has let go of it meanwhile: there is nothing to take back.
    zabbix.elsewhere(&trigger, 20, "not me");
    ended(&act(&*source, &on(&trigger, from("cid"), "")).await, Outcome::Done, "acknowledged there");
}

#[tokio::test]
async fn what_was_taken_back_though_the_answer_says_otherwise_is_taken_over() {
    let zabbix = FakeZabbix::start();
    let (trigger, source) = (zabbix.trigger("DiskFull"), asked(&zabbix));
    let from = What::Acknowledge { until: in_minutes(60), from: Some("Bo".into()) };
    zabbix.elsewhere(&trigger, 6, "mine");
    const WRITE: &str = "POST /api_jsonrpc.php event.acknowledge";
    zabbix.mood_of(WRITE, support::fake::Mood::Status(500, ""));
    assert_eq!(act(&*source, &on(&trigger, from.clone(), "")).await.outcome, Outcome::Failed, "Bo has it still");
    zabbix.mood_of(WRITE, support::fake::Mood::FailedAfterwards(500));
    ended(&act(&*source, &on(&trigger, from, "")).await, Outcome::Done, "found there, though no good answer came");
    let now = poll(&*source, &[]).await.alerts.remove(0);
    assert_eq!(now.acknowledged().map(|hold| hold.by.raw()), Some("ana"));
}

#[tokio::test]
async fn whoever_was_first_is_named_and_what_is_ours_already_is_not_sent_again() {
    let zabbix = FakeZabbix::start();
    let (trigger, source) = (zabbix.trigger("DiskFull"), asked(&zabbix));
    zabbix.elsewhere(&trigger, 6, "mine");
    ended(&act(&*source, &on(&trigger, ack(), "")).await, Outcome::Contradicted, "user 7 (mine) acknowledged it first");
    let bare = act(&*source, &on(&trigger, What::Unacknowledge, "")).await;
    ended(&bare, Outcome::Contradicted, "user 7 (mine) holds it now: say why");
    assert_eq!(zabbix.count("POST /api_jsonrpc.php event.acknowledge"), 0);
    ended(&act(&*source, &on(&trigger, What::Unacknowledge, "as agreed")).await, Outcome::Done, "");
    ended(&act(&*source, &on(&trigger, ack(), "")).await, Outcome::Done, "");
    ended(&act(&*source, &on(&trigger, ack(), "")).await, Outcome::Done, "yours already");
    assert_eq!(zabbix.count("POST /api_jsonrpc.php event.acknowledge"), 2);
}
