//! The real one: what is read, and acts that are confirmed by asking its database and, with curl, its API.

use super::*;
use support::home::Home;
use support::zabbix::{Zabbix, missing};

/// A source that lists nothing but what is of this host: others share the server.
fn only(zabbix: &Zabbix, host: &str) -> Box<dyn Source> {
    source(&config(zabbix, host))
}

fn config(zabbix: &Zabbix, host: &str) -> Value {
    json!({"url": zabbix.url(), "token": zabbix.token(host), "tags": {"of": host}})
}

#[tokio::test]
async fn a_problem_is_read_with_its_host_and_tags_and_its_end() {
    if missing() {
        return;
    }
    let zabbix = Zabbix::shared();
    let trigger = zabbix.host("read1", &json!({"url": "http://wiki/disk", "comments": "Make room."}));
    let event = zabbix.raise("read1", &trigger);
    let source = only(&zabbix, "read1");
    let snapshot = poll(&*source, &[]).await;
    assert_eq!(ids(&snapshot), [trigger.as_str()]);
    let alert = &snapshot.alerts[0];
    let labels: Vec<String> = alert.labels.iter().map(|(name, value)| format!("{}={}", name.raw(), value.raw())).collect();
    assert_eq!(labels, ["alertname=Disk nearly full", "host=read1", "of=read1", "severity=high"]);
    let told = ["summary", "description", "runbook_url", "host_name"].map(|name| alert.annotations.get(name));
    assert_eq!(told, [Some("now 97.5"), Some("Make room."), Some("http://wiki/disk"), Some("The read1")]);
    assert_eq!(
        alert.url.as_ref().expect("one").raw(),
        format!("{}/tr_events.php?triggerid={trigger}&eventid={event}", zabbix.url())
    );
    assert!((Utc::now() - alert.starts_at).num_seconds().abs() < 300, "{:?}", alert.starts_at);

    zabbix.resolve("read1", &trigger);
    let over = poll(&*source, &snapshot.alerts).await.alerts.remove(0);
    let Upstream::Resolved { at } = over.upstream else { panic!("{over:?}") };
    assert_eq!(at.timestamp().to_string(), zabbix.sql(&format!("select r_clock from problem where eventid={event}")));
    assert!(poll(&*source, &[over]).await.alerts.is_empty());
}

#[tokio::test]
async fn an_acknowledgement_is_in_its_database_and_is_taken_back() {
    if missing() {
        return;
    }
    let zabbix = Zabbix::shared();
    let trigger = zabbix.host("ack1", &json!({}));
    let event = zabbix.raise("ack1", &trigger);
    let (source, doing, first, ports) = (only(&zabbix, "ack1"), on(&trigger, ack(), "on it"), intent(), Ports::real());
    let acknowledged = || zabbix.sql(&format!("select acknowledged from events where eventid={event}"));
    assert_eq!(source.find(&doing, first, &ports).await, Ok(Found::NotThere));
    let end = source.act(&doing, first, &ports).await;
    ended(&end, Outcome::Done, "acknowledged there");
    let made = end.made.expect("made");
    assert_eq!(acknowledged(), "1");
    let row = zabbix.sql(&format!("select action, message from acknowledges where acknowledgeid={}", made.raw()));
    assert_eq!(row, format!("6|ana: on it {}", marker(first.id())));
    assert_eq!(zabbix.problem(&trigger).expect("open")["acknowledged"], "1");
    assert_eq!(source.find(&doing, first, &ports).await, Ok(Found::There(made)));
    assert_eq!(source.find(&doing, intent(), &ports).await, Ok(Found::NotThere), "another intent's marker");
    let held = poll(&*source, &[]).await.alerts.remove(0);
    assert_eq!(held.acknowledged().map(|hold| (hold.by.raw(), hold.comment.raw())), Some(("ana", "on it")));

    ended(&act(&*source, &on(&trigger, What::Unacknowledge, "")).await, Outcome::Done, "nobody's");
    assert_eq!(acknowledged(), "0");
    ended(&act(&*source, &on(&trigger, What::Unacknowledge, "")).await, Outcome::Done, "nobody holds it");
    // Whoever acknowledges it there is named.
    zabbix.api("event.acknowledge", &json!({"eventids": [event], "action": 6, "message": "mine"}));
    ended(&act(&*source, &on(&trigger, ack(), "")).await, Outcome::Contradicted, "user 1 (mine) acknowledged it first");
    let held = poll(&*source, &[]).await.alerts.remove(0);
    assert_eq!(held.acknowledged().map(|hold| hold.by.raw()), Some("Zabbix Administrator"));
}

#[tokio::test]
async fn severity_words_and_closing_are_done_there_or_refused_in_its_words() {
    if missing() {
        return;
    }
    let zabbix = Zabbix::shared();
    let trigger = zabbix.host("close1", &json!({}));
    let event = zabbix.raise("close1", &trigger);
    let source = only(&zabbix, "close1");
    let to = |word: &str| What::Prioritise { to: word.into() };
    ended(&act(&*source, &on(&trigger, to("Disaster"), "")).await, Outcome::Done, "");
    assert_eq!(zabbix.sql(&format!("select severity from problem where eventid={event}")), "5");
    ended(
        &act(&*source, &on(&trigger, to("P1"), "")).await,
        Outcome::Failed,
        "no severity `P1`: it has not classified, information",
    );

    let text = "50 % \"quoted\" \\ ' ö\nsecond";
    let end = act(&*source, &on(&trigger, What::Comment, text)).await;
    let row = zabbix.sql(&format!("select message from acknowledges where acknowledgeid={}", end.made.expect("made").raw()));
    assert!(row.starts_with(&format!("ana: {text} [mw:")), "{row}");
    ended(&act(&*source, &on(&trigger, What::Snooze { until: in_minutes(5) }, "")).await, Outcome::Failed, "this Zabbix is 6.0");

    let end = act(&*source, &on(&trigger, What::Resolve, "repaired")).await;
    let over = format!("select count(*) from problem where eventid={event} and r_eventid is not null");
    match end.outcome {
        Outcome::Done => assert_eq!(zabbix.sql(&over), "1", "{end:?}"),
        _ => ended(&end, Outcome::Unknown, "not closed yet"),
    }
    // The API gives its server the task; when the server gets to it is its own affair.
    let tasks = "select count(*) > 0 from task_close_problem join acknowledges using (acknowledgeid)";
    assert_eq!(zabbix.sql(&format!("{tasks} where eventid={event}")), "t");
    zabbix.resolve("close1", &trigger);
    ended(&act(&*source, &on(&trigger, What::Resolve, "")).await, Outcome::Done, "over already");
    ended(&act(&*source, &on(&trigger, ack(), "")).await, Outcome::Contradicted, "it is over");

    let kept = zabbix.host("close2", &json!({"manual_close": 0}));
    zabbix.raise("close2", &kept);
    let end = act(&*only(&zabbix, "close2"), &on(&kept, What::Resolve, "")).await;
    ended(&end, Outcome::Failed, "trigger does not allow manual closing");
    assert!(zabbix.problem(&kept).is_some());
    ended(&act(&*source, &on("4711", ack(), "")).await, Outcome::Contradicted, "no such problem");
    ended(&act(&*source, &on("web1:http", ack(), "")).await, Outcome::Failed, "is no trigger");
}

#[tokio::test]
async fn a_user_logs_in_and_who_is_not_known_is_told_so() {
    if missing() {
        return;
    }
    let zabbix = Zabbix::shared();
    let trigger = zabbix.host("login1", &json!({}));
    zabbix.raise("login1", &trigger);
    let login =
        |password: &str| json!({"url": zabbix.url(), "login": {"user": "Admin", "password": password}, "tags": {"of": "login1"}});
    assert_eq!(ids(&poll(&*source(&login("zabbix")), &[]).await), [trigger.as_str()]);
    let told = trouble(&*source(&login("nonsense-pw"))).await;
    assert_eq!(told.reason, Reason::Denied);
    assert!(told.to_string().contains("Incorrect user name or password") && !told.to_string().contains("nonsense-pw"), "{told}");
    let told = trouble(&*source(&json!({"url": zabbix.url(), "token": "nonsense-pw"}))).await;
    assert!(told.reason == Reason::Denied && !told.to_string().contains("nonsense-pw"), "{told}");
}

#[tokio::test]
async fn a_host_that_is_not_monitored_any_more_has_no_alerts() {
    if missing() {
        return;
    }
    let zabbix = Zabbix::shared();
    let trigger = zabbix.host("off1", &json!({}));
    zabbix.raise("off1", &trigger);
    let source = only(&zabbix, "off1");
    assert_eq!(ids(&poll(&*source, &[]).await), [trigger.as_str()]);
    let host = zabbix.api("host.get", &json!({"filter": {"host": "off1"}, "output": ["hostid"]}));
    zabbix.api("host.update", &json!({"hostid": host[0]["hostid"], "status": 1}));
    assert!(zabbix.problem(&trigger).is_some(), "it still stands there");
    assert!(poll(&*source, &[]).await.alerts.is_empty());
}

#[test]
fn an_acknowledgement_of_the_command_line_is_carried_there_and_taken_back() {
    if missing() {
        return;
    }
    let zabbix = Zabbix::shared();
    let trigger = zabbix.host("life1", &json!({}));
    zabbix.raise("life1", &trigger);
    let item = json!({"name": "zbx", "timeout": "30s", "zabbix": config(&zabbix, "life1")});
    let home = Home::with(&json!({"operator": {"name": "ana"}, "sources": [item]}).to_string());
    let run = |args: &[&str]| {
        let output = home.run(args);
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {told}");
    };
    let (seen, state) =
        (|| home.json(&["alerts"])["alerts"][0].clone(), || zabbix.problem(&trigger).expect("open")["acknowledged"].clone());
    assert_eq!((&seen()["id"], &seen()["severity"]), (&json!(format!("zbx/{trigger}")), &json!("critical")));
    run(&["ack", &format!("zbx/{trigger}"), "--for", "30m", "--note", "on it"]);
    assert_eq!((state(), &seen()["state"]), (json!("1"), &json!("acknowledged")));
    run(&["unack", &format!("zbx/{trigger}")]);
    assert_eq!((state(), &seen()["state"]), (json!("0"), &json!("firing")));
}
