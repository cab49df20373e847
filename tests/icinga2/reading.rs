//! What the real one lists, and how what is over is told.

use super::*;

#[tokio::test]
async fn a_problem_comes_with_everything_that_is_known_of_it() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    icinga.host("all1", &json!({"vars": {"role": "web", "snmp_community": "hidden", "weight": 1.5}, "groups": []}));
    let attrs =
        json!({"display_name": "Disk of /", "notes_url": "https://wiki/$host.name$", "vars": {"team": "shop", "role": "db"}});
    icinga.service("all1", "disk /", &attrs);
    icinga.service("all1", "fine", &json!({}));
    icinga.service("all1", "never checked", &json!({}));
    icinga.result("all1!fine", 0, "OK");
    icinga.result("all1!disk /", 1, "DISK WARNING - 97 %\n/var is worse");

    let began = Utc::now();
    let snapshot = poll(&*only(&icinga, "all1", &json!({})), &[]).await;
    let [alert] = &snapshot.alerts[..] else { panic!("{:?}", ids(&snapshot)) };
    assert_eq!(alert.id.to_string(), "ic/all1:disk%20%2F");
    assert_eq!((alert.name(), alert.summary()), ("Disk of /", Some("DISK WARNING - 97 %")));
    let labels = ["host", "service", "severity", "role", "team", "weight", "snmp_community"].map(|name| label(alert, name));
    assert_eq!(labels, ["all1", "disk /", "warning", "db", "shop", "1.5", "-"]);
    assert_eq!(alert.annotations.get("runbook_url"), Some("https://wiki/all1"));
    assert_eq!((alert.upstream, &alert.held), (Upstream::Firing, &None));
    assert!((began - alert.starts_at).abs() < TimeDelta::minutes(5), "{}", alert.starts_at);
    assert!(Utc::now() - snapshot.started_at.expect("known") < TimeDelta::hours(1));
}

#[tokio::test]
async fn a_soft_state_is_listed_where_that_is_wanted_and_hard_only_after_its_attempts() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    icinga.host("soft1", &json!({}));
    icinga.service("soft1", "http", &json!({"max_check_attempts": 3}));
    let (hard, soft) = (only(&icinga, "soft1", &json!({})), only(&icinga, "soft1", &json!({"soft": true})));
    icinga.result("soft1!http", 2, "refused");
    assert!(poll(&*hard, &[]).await.alerts.is_empty());
    let pending = poll(&*soft, &[]).await.alerts;
    assert_eq!(pending[0].upstream, Upstream::Pending);
    (0..2).for_each(|_| icinga.result("soft1!http", 2, "refused"));
    assert_eq!(poll(&*hard, &[]).await.alerts[0].upstream, Upstream::Firing);
    let firing = poll(&*soft, &pending).await.alerts;
    assert_eq!((firing.len(), firing[0].upstream), (1, Upstream::Firing));
}

#[tokio::test]
async fn what_has_recovered_is_told_as_over_once_and_what_is_deleted_is_only_absent() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    icinga.host("over1", &json!({}));
    for name in ["a", "b", "c"] {
        icinga.service("over1", name, &json!({}));
        icinga.result(&format!("over1!{name}"), 2, "down");
    }
    let source = only(&icinga, "over1", &json!({}));
    let before = poll(&*source, &[]).await;
    assert_eq!(ids(&before), ["over1:a", "over1:b", "over1:c"]);
    let again = poll(&*source, &before.alerts).await;
    assert!(again.alerts.iter().zip(&before.alerts).all(|(new, old)| Arc::ptr_eq(new, old)), "what is the same is the same");

    let about = Utc::now();
    icinga.result("over1!a", 0, "OK again");
    icinga.ask("DELETE", "objects/services/over1!b?cascade=1", &json!({}));
    let after = poll(&*source, &before.alerts).await;
    assert_eq!(ids(&after), ["over1:a", "over1:c"]);
    let Upstream::Resolved { at } = after.alerts[0].upstream else { panic!("{:?}", after.alerts[0]) };
    assert!((at - about).abs() < TimeDelta::minutes(5), "{at}");
    assert_eq!(ids(&poll(&*source, &after.alerts).await), ["over1:c"], "it is told once");
    // It fires again, as an episode that begins anew.
    icinga.result("over1!a", 2, "down again");
    let anew = poll(&*source, &after.alerts).await;
    assert_eq!((anew.alerts[0].upstream, anew.alerts[0].starts_at > before.alerts[0].starts_at), (Upstream::Firing, true));
}

#[tokio::test]
async fn what_was_fine_between_two_polls_has_ended_though_it_is_bad_again_softly() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    icinga.host("between1", &json!({}));
    icinga.service("between1", "http", &json!({"max_check_attempts": 2}));
    (0..2).for_each(|_| icinga.result("between1!http", 2, "down"));
    let source = only(&icinga, "between1", &json!({}));
    let before = poll(&*source, &[]).await.alerts;
    icinga.result("between1!http", 0, "OK");
    icinga.result("between1!http", 2, "down");
    let after = poll(&*source, &before).await.alerts;
    let Upstream::Resolved { at } = after[0].upstream else { panic!("{after:?}") };
    assert!(at >= before[0].starts_at);
}

#[tokio::test]
async fn what_ended_and_began_again_between_two_polls_is_two() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    icinga.host("twice1", &json!({}));
    icinga.service("twice1", "http", &json!({}));
    for (name, fine, bad) in [("twice1!http", 0, 2), ("twice1", 0, 1)] {
        icinga.result(name, bad, "refused");
        let only = match name.contains('!') {
            true => only(&icinga, "twice1", &json!({"hosts": "false"})),
            false => only(&icinga, "twice1", &json!({"services": "false"})),
        };
        let first = poll(&*only, &[]).await.alerts;
        // As bad as before, or worse, it is the same problem.
        icinga.result(name, bad, "still refused");
        let same = poll(&*only, &first).await.alerts;
        assert_eq!((same[0].upstream, same[0].starts_at), (Upstream::Firing, first[0].starts_at));
        icinga.result(name, fine, "OK");
        icinga.result(name, bad, "refused again");
        let ended = poll(&*only, &same).await.alerts;
        let Upstream::Resolved { at } = ended[0].upstream else { panic!("{:?}", ended[0]) };
        assert!(first[0].starts_at < at && ended[0].starts_at == first[0].starts_at, "{ended:?}");
        let again = poll(&*only, &ended).await.alerts;
        assert_eq!(again[0].upstream, Upstream::Firing);
        assert!(at <= again[0].starts_at, "{again:?}");
        assert_eq!(poll(&*only, &again).await.alerts, again, "and that one goes on");
    }
}

#[tokio::test]
async fn what_follows_from_a_host_or_a_dependency_says_so() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    ["dep1-router", "dep1-web"].iter().for_each(|host| icinga.host(host, &json!({})));
    icinga.service("dep1-web", "http", &json!({}));
    let names = json!({"parent_host_name": "dep1-router", "child_host_name": "dep1-web", "disable_checks": false});
    icinga.create("objects/dependencies/dep1-web!uplink", &names);
    icinga.result("dep1-router", 1, "no answer");
    icinga.result("dep1-web!http", 2, "no route");
    icinga.result("dep1-web", 1, "no answer");
    let snapshot = poll(&*only(&icinga, "dep1", &json!({})), &[]).await;
    let causes: Vec<_> = snapshot
        .alerts
        .iter()
        .map(|alert| alert.inhibited_by.iter().map(Fingerprint::as_str).collect::<Vec<_>>().join("+"))
        .collect();
    assert_eq!(ids(&snapshot), ["dep1-router", "dep1-web", "dep1-web:http"]);
    assert_eq!(causes, ["", "dep1-router", "dep1-web"]);
    assert_eq!((snapshot.alerts[0].name(), label(&snapshot.alerts[0], "severity")), ("host down", "critical"));
}

#[tokio::test]
async fn who_has_acknowledged_and_which_downtimes_hold_is_told() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    icinga.host("held1", &json!({}));
    for name in ["acked", "quiet"] {
        icinga.service("held1", name, &json!({}));
        icinga.result(&format!("held1!{name}"), 2, "down");
    }
    let until = in_minutes(30).timestamp();
    icinga.act("acknowledge-problem", "held1!acked", &json!({"comment": "on it", "expiry": until, "sticky": true}));
    icinga.act("schedule-downtime", "held1!quiet", &json!({"start_time": in_minutes(-1).timestamp(), "end_time": until}));
    let snapshot = poll(&*only(&icinga, "held1", &json!({})), &[]).await;
    let (acked, quiet) = (&snapshot.alerts[0], &snapshot.alerts[1]);
    let hold = acked.acknowledged().expect("held");
    assert_eq!((hold.by.raw(), hold.comment.raw()), ("bob", "on it"));
    assert_eq!(hold.until.map(|until| until.timestamp()), Some(until));
    assert_eq!((quiet.held.is_none(), quiet.silenced_by.len()), (true, 1));
    let silence = snapshot.silences.iter().find(|silence| quiet.silenced_by.contains(&silence.id)).expect("listed");
    assert_eq!((silence.created_by.raw(), silence.ends_at.timestamp()), ("bob", until));
    assert!(silence.matchers.iter().all(|matcher| matcher.matches(&quiet.labels)));
    assert!(!silence.matchers.iter().all(|matcher| matcher.matches(&acked.labels)));
}

#[tokio::test]
async fn a_restart_keeps_the_problems_and_shows() {
    if missing() {
        return;
    }
    let mut icinga = Icinga::start();
    icinga.host("web1", &json!({}));
    icinga.service("web1", "http", &json!({}));
    icinga.result("web1!http", 2, "down");
    let source = source(&icinga.source(&json!({})));
    let before = poll(&*source, &[]).await;
    icinga.restart();
    let after = poll(&*source, &before.alerts).await;
    assert_eq!(ids(&after), ["web1:http"]);
    assert!(after.started_at > before.started_at, "{:?} {:?}", before.started_at, after.started_at);
    icinga.kill();
    assert_eq!(trouble(&*source).await.reason, Reason::Refused);
}

#[tokio::test]
async fn what_may_not_be_asked_is_told_by_its_permission() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    icinga.host("perm1", &json!({}));
    icinga.service("perm1", "http", &json!({}));
    icinga.result("perm1!http", 2, "down");
    let login = |user: &str, password: &str| source(&icinga.source(&json!({"basic": {"user": user, "password": password}})));
    let wrong = trouble(&*login("console", "wrong")).await;
    assert_eq!(wrong.reason, Reason::Denied);
    assert!(wrong.to_string().contains("check the credentials"), "{wrong}");
    let nobody = trouble(&*login("nobody", "pw")).await;
    assert_eq!(nobody.reason, Reason::Denied);
    assert!(nobody.to_string().ends_with("lacks the permission objects/query/host"), "{nobody}");
    // Half an answer is half an answer: what it lacks counts as unknown, not as fine.
    let snapshot = login("services-only", "pw").fetch(&[], &Ports::real(), LIMIT).await.expect("services");
    assert!(!snapshot.complete && ids(&snapshot).contains(&"perm1:http"), "{:?}", snapshot.missing);
    let missing: Vec<_> = snapshot.missing.iter().map(|part| part.raw().rsplit(' ').next().unwrap_or_default()).collect();
    assert_eq!(missing, ["objects/query/host", "objects/query/downtime", "objects/query/comment"]);
}

#[tokio::test]
async fn a_certificate_is_a_login_and_an_unknown_authority_is_refused() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    let (cert, key) = icinga.certificate();
    let mut config = icinga.source(&json!({}));
    config.as_object_mut().expect("a map").remove("basic");
    (config["tls"]["cert"], config["tls"]["key"]) = (json!(cert), json!(key));
    assert!(poll(&*source(&config), &[]).await.started_at.is_some());
    config["tls"] = json!({});
    let trouble = trouble(&*source(&config)).await;
    assert_eq!(trouble.reason, Reason::Tls, "{trouble}");
}

#[tokio::test]
async fn a_filter_that_icinga_cannot_read_is_told_in_its_words() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    let filters = json!({"services": "host name ==", "hosts": "true)) || ((true"});
    let trouble = trouble(&*source(&icinga.source(&filters))).await;
    assert!(trouble.to_string().contains("404 Not Found: syntax error"), "{trouble}");
}
