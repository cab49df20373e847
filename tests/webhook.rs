//! Alerts that are pushed: who may push, what is understood, and that every console shows what one of them has heard.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use support::home::Home;
use support::program::free_address;
use support::raw::Raw;
use support::servers::Alertmanager;
use support::serving::{Serve, ask, serve};
use support::{missing, until};

const TOKEN: &str = "hook-token-1";

/// A home whose webhook listens at this address; `more` is added to it.
fn home(address: &str, more: &str) -> Home {
    Home::with(&format!(
        "operator: {{name: ana}}\nsources: [{{name: hook, every: 1s, webhook: {{listen: '{address}', token: {{env: HOOK}}{more}}}}}]\n"
    ))
    .env("HOOK", TOKEN)
}

fn post(address: &str, body: &Value) -> (u16, String) {
    ask(address, &format!("POST /hook HTTP/1.1\r\nAuthorization: Bearer {TOKEN}"), body.to_string().as_bytes())
}

fn payload(status: &str, name: &str, ends_at: &str) -> Value {
    json!({"version": "4", "status": status, "truncatedAlerts": 0, "alerts": [{
        "status": status, "labels": {"alertname": name, "severity": "critical"}, "annotations": {"summary": "it is down"},
        "startsAt": "2026-03-01T03:00:00Z", "endsAt": ends_at, "generatorURL": "http://prom/graph", "fingerprint": ""}]})
}

fn firing(name: &str) -> Value {
    payload("firing", name, "0001-01-01T00:00:00Z")
}

/// `midwatch serve`, once it has said all of this on standard error.
fn saying(home: &Home, args: &[&str], words: &[String]) -> Serve {
    let mut serve = Serve(home.command(&[&["serve"], args].concat()).spawn().expect("it starts"));
    let lines = BufReader::new(serve.0.stderr.take().expect("its standard error")).lines().map_while(Result::ok);
    let mut missing = words.to_vec();
    let mut said = Vec::new();
    for line in lines {
        missing.retain(|words| !line.contains(words.as_str()));
        said.push(line);
        if missing.is_empty() {
            return serve;
        }
    }
    panic!("it did not say {missing:?}: {said:?}");
}

/// Name and state of everything in the queue.
fn queue(home: &Home) -> Vec<(String, String)> {
    let text = |alert: &Value, key: &str| alert[key].as_str().expect("a text").to_owned();
    let document = home.json(&["alerts"]);
    document["alerts"].as_array().expect("a list").iter().map(|alert| (text(alert, "name"), text(alert, "state"))).collect()
}

#[test]
fn what_a_real_alertmanager_pushes_begins_and_ends_in_the_queue_and_the_log() {
    if missing("prometheus-alertmanager") {
        return;
    }
    let address = free_address();
    let home = home(&address, "");
    let _serve = serve(&home, &address, &[]);
    let sender = Alertmanager::pushing(&format!("http://{address}/hook"), TOKEN);
    let alert = |more: &str| format!(r#"[{{"labels": {{"alertname": "PostgresDown", "severity": "critical"}}{more}}}]"#);
    sender.post(0, &alert(""));
    until("the alert", || (queue(&home) == [("PostgresDown".into(), "firing".into())]).then_some(()));
    let listed = home.json(&["alerts"])["alerts"][0].clone();
    let at_sender: Value = serde_json::from_str(&sender.get(0, "/api/v2/alerts")).expect("JSON");
    assert_eq!(listed["fingerprint"], at_sender[0]["fingerprint"], "it keeps its name");

    let ended = chrono::Utc::now() - chrono::Duration::seconds(1);
    sender.post(0, &alert(&format!(r#", "endsAt": "{}""#, ended.to_rfc3339())));
    let entry = until("its end in the log", || {
        let log = home.json(&["log"]);
        log["entries"].as_array()?.iter().find(|entry| entry["kind"] == "alert-resolved").cloned()
    });
    let at: chrono::DateTime<chrono::Utc> = entry["at"].as_str().expect("a time").parse().expect("a time");
    assert!((at - ended).num_milliseconds().abs() <= 1, "the end is the sender's: {at} and not {ended}");
}

#[test]
fn who_may_push_and_what_is_understood() {
    let address = free_address();
    let home = home(&address, "");
    let _serve = serve(&home, &address, &[]);
    let body = firing("Down").to_string();
    let refused = |head: &str, body: &[u8]| {
        let (status, words) = ask(&address, head, body);
        assert!(!words.contains(TOKEN), "{words}");
        (status, words)
    };
    assert_eq!(refused("POST /hook HTTP/1.1", body.as_bytes()).0, 401);
    assert_eq!(refused("POST /hook HTTP/1.1\r\nAuthorization: Bearer wrong", body.as_bytes()).0, 401);
    assert_eq!(refused("GET /hook HTTP/1.1", b"").0, 401, "what is known is not told to everybody either");
    assert_eq!(refused(&format!("POST /other?token={TOKEN} HTTP/1.1"), body.as_bytes()).0, 404);
    let allowed = format!("POST /hook HTTP/1.1\r\nAuthorization: Bearer {TOKEN}");
    assert_eq!(refused(&allowed, &vec![b' '; 5 << 20]).0, 413);
    let (status, words) = refused(&allowed, b"<html>");
    assert!(status == 422 && words.contains("not JSON"), "{status} {words}");
    let (status, words) = refused(&allowed, br#"{"alerts": [{"labels": {"alertname": "A"}}, {"labels": {}}]}"#);
    assert!(status == 422 && words.contains("/alerts/1"), "{status} {words}");
    assert_eq!(queue(&home), [], "nothing was taken in by halves");
    assert_eq!(ask(&address, &format!("POST /hook?token={TOKEN} HTTP/1.1"), body.as_bytes()), (200, "1 alerts\n".into()));
    assert_eq!(queue(&home), [("Down".into(), "firing".into())]);
}

#[test]
fn any_json_is_understood_where_the_configuration_says_what_it_means() {
    let address = free_address();
    let map = "each: /events, id: /uid, name: /title, state: /status, resolved: [ok], severity: /level, summary: /message, \
               starts_at: /when, labels: {host: /source/host, team: platform}";
    let home = home(&address, &format!(", map: {{{map}}}"));
    let _serve = serve(&home, &address, &[]);
    let (status, words) = post(&address, &json!({"events": [1, 2]}));
    assert!(status == 422 && words.contains("the alert at /events/0 is no object"), "{status} {words}");
    let event = |status: &str, n: u32| {
        json!({"uid": format!("u {n}"), "title": "Queue stuck", "status": status, "level": "page", "message": "42 wait",
            "when": 1_772_334_000, "source": {"host": "mq-1"}, "other": {"ignored": true}})
    };
    assert_eq!(post(&address, &json!({"events": [event("alert", 1), event("alert", 2)]})).0, 200);
    let alerts = home.json(&["alerts"])["alerts"].clone();
    let labels = json!({"alertname": "Queue stuck", "severity": "page", "host": "mq-1", "team": "platform"});
    assert_eq!(
        (&alerts[0]["labels"], &alerts[0]["summary"], &alerts[0]["severity"]),
        (&labels, &json!("42 wait"), &json!("critical"))
    );
    assert_eq!(alerts[0]["starts_at"], "2026-03-01T03:00:00.000Z");
    assert_eq!(alerts.as_array().map(Vec::len), Some(2), "two ids are two alerts");
    assert_eq!(post(&address, &json!({"events": [event("OK", 1)]})).0, 200);
    let states = || queue(&home).into_iter().map(|(_, state)| state).collect::<Vec<_>>();
    until("the end of one", || (states() == ["firing"]).then_some(()));
    let (status, words) = post(&address, &json!({"alerts": []}));
    assert!(status == 422 && words.contains("no /events"), "{words}");
}

#[test]
fn an_alert_without_news_is_over_only_where_the_configuration_says_so() {
    let address = free_address();
    let home = home(&address, ", lasts: 1s");
    let _serve = serve(&home, &address, &[]);
    assert_eq!(post(&address, &firing("Brief")).0, 200);
    until("its end", || {
        let log = home.json(&["log"]);
        log["entries"].as_array()?.iter().any(|entry| entry["kind"] == "alert-resolved").then_some(())
    });
}

#[test]
fn what_was_told_to_a_process_that_was_killed_is_not_forgotten() {
    let address = free_address();
    let home = home(&address, "");
    let recorded = |kind: &str| {
        let log = home.json(&["log"]);
        let entry = log["entries"].as_array()?.iter().find(|entry| entry["kind"] == kind).cloned();
        entry.map(|entry| entry["at"].as_str().expect("a time").to_owned())
    };
    let first = serve(&home, &address, &[]);
    assert_eq!(post(&address, &firing("Long")).0, 200);
    until("its beginning", || recorded("alert-fired"));
    // Killed: no cache was written, and who pushed it does not say so again.
    drop(first);
    let second = serve(&home, &address, &[]);
    let listed = until("the alert", || {
        let document = home.json(&["alerts"]);
        document["alerts"].get(0).cloned()
    });
    assert_eq!((&listed["name"], &listed["state"], &listed["summary"]), (&json!("Long"), &json!("firing"), &json!("it is down")));
    assert_eq!(post(&address, &payload("resolved", "Long", "2026-03-01T03:20:00Z")).0, 200);
    assert_eq!(until("its end", || recorded("alert-resolved")), "2026-03-01T03:20:00.000Z");
    // What has ended does not come back with the next process.
    drop(second);
    let _third = serve(&home, &address, &[]);
    until("the source to answer", || (home.run(&["alerts"]).status.code() == Some(0)).then_some(()));
    assert_eq!(queue(&home), []);
}

#[test]
fn it_is_on_the_screen_when_it_is_pushed_and_another_console_takes_the_socket_over() {
    let address = free_address();
    let home = home(&address, "");
    // Polls come by so seldom that they show nothing here.
    let config = std::fs::read_to_string(home.path().join("config.yaml")).expect("written");
    home.write("config.yaml", &config.replace("every: 1s", "every: 10m"));
    let mut console = home.console(&[], 120, 40);
    console.wait_for("Alerts");
    until("the socket", || TcpStream::connect(&address).ok());
    assert_eq!(post(&address, &firing("PushedFirst")).0, 200);
    console.wait_for("PushedFirst");
    // The one-shot command, which does not listen, shows the same.
    assert_eq!(queue(&home), [("PushedFirst".into(), "firing".into())]);
    let mut second = home.console(&[], 120, 40);
    second.wait_for("PushedFirst");
    console.kill9();
    until("the second console to listen", || TcpStream::connect(&address).ok());
    assert_eq!(post(&address, &firing("PushedLater")).0, 200);
    second.wait_for("PushedLater");
    assert_eq!(queue(&home).len(), 2, "what the first one was told is told on");
}

#[test]
fn where_nobody_listens_the_source_is_not_empty_but_unknown() {
    let address = free_address();
    let home = home(&address, "");
    let alerts = home.run(&["alerts", "--json"]);
    assert_eq!(alerts.status.code(), Some(3));
    let told = String::from_utf8_lossy(&alerts.stderr).into_owned();
    assert!(told.contains("nobody listens") && told.contains("midwatch serve"), "{told}");
}

#[test]
fn an_open_door_is_refused_by_the_configuration_and_by_serve() {
    let wrong = |webhook: &str| {
        let home = Home::with(&format!("sources: [{{name: hook, webhook: {webhook}}}]\n"));
        let check = home.run(&["check"]);
        assert_eq!(check.status.code(), Some(1));
        String::from_utf8_lossy(&[check.stdout, check.stderr].concat()).into_owned()
    };
    assert!(wrong("{}").contains("a webhook needs a `token`"));
    assert!(wrong("{listen: '0.0.0.0:9095', token: none}").contains("whoever reaches this address"));
    assert!(wrong("{token: none, map: {severity: /level}}").contains("nothing says which alert it is"));
    assert!(wrong("{token: none, map: {each: events, name: /title}}").contains("JSON pointer"));
    let home = Home::with("sources: [{name: hook, webhook: {token: none}}]\n");
    let serve = home.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(serve.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&serve.stderr).contains("`token: none`"), "{serve:?}");
}

#[test]
fn what_was_changed_is_pushed_beside_the_alerts_and_stands_in_the_log() {
    let address = free_address();
    let home = home(&address, "");
    let _serve = serve(&home, &address, &[]);
    let head = format!("POST /hook/changes HTTP/1.1\r\nAuthorization: Bearer {TOKEN}");
    let body = br#"{"text": "shop 1.42", "kind": "deploy", "id": "7", "by": "ci"}"#;
    assert_eq!(ask(&address, &head, body), (200, "1 changes\n".into()));
    assert_eq!(ask(&address, &head, body).0, 200, "a pipeline that tries again");
    assert_eq!(ask(&address, &head, b"{}").0, 422);
    assert_eq!(ask(&address, "POST /hook/changes HTTP/1.1", body).0, 401);
    assert_eq!(ask(&address, "POST /nobody/changes HTTP/1.1", body).0, 404);
    assert_eq!(ask(&address, &head, br#"{"text": "the last", "id": "8"}"#).0, 200);
    let texts = until("both in the log", || {
        let log = home.json(&["log"]);
        let texts: Vec<_> = log["entries"].as_array()?.iter().map(|entry| entry["text"].clone()).collect();
        texts.contains(&"deploy: the last".into()).then_some(texts)
    });
    assert_eq!(texts, ["deploy: shop 1.42", "deploy: the last"]);
}

#[test]
fn whoever_listens_on_an_address_of_its_own_is_asked_there_by_all_others() {
    let (configured, given) = (free_address(), free_address());
    let home = home(&configured, "");
    // A console that was there first gives way.
    let mut console = home.console(&[], 120, 40);
    console.wait_for("Alerts");
    until("the socket", || TcpStream::connect(&configured).ok());
    // Its own address and, once the console has given way, that of the configuration.
    let listening = saying(&home, &["--listen", &given], &[&given, &configured].map(|at| format!("listening on {at}")));
    assert_eq!(post(&given, &firing("NewOnServe")).0, 200);
    console.wait_for("CRIT NewOnServe");
    assert_eq!(queue(&home), [("NewOnServe".into(), "firing".into())]);
    let live = home.run(&["check", "--live"]);
    let told = format!("{}{}", String::from_utf8_lossy(&live.stdout), String::from_utf8_lossy(&live.stderr));
    assert!(told.contains(&format!("source hook (webhook): listening on {given}: 1 alerts")), "{told}");
    assert_eq!(live.status.code(), Some(0), "{told}");
    let mut watcher = home.console(&["--read-only"], 120, 40);
    watcher.wait_for("CRIT NewOnServe");
    assert_eq!(post(&configured, &firing("ThirdHere")).0, 200);
    console.wait_for("CRIT ThirdHere");
    // It was killed: its word counts for nothing, and who comes next knows what it was told.
    drop(listening);
    until("the console to listen again", || TcpStream::connect(&configured).ok());
    assert_eq!(post(&configured, &firing("LaterHere")).0, 200);
    console.wait_for("CRIT LaterHere");
    until("all three", || (queue(&home).len() == 3).then_some(()));
    watcher.wait_for("CRIT LaterHere");
}

/// What pushes to the address of the configuration knows of no other.
#[test]
fn an_address_of_the_configuration_that_can_t_be_listened_on_is_told() {
    // Somebody else's, until it is given up.
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (configured, given) = (taken.local_addr().expect("an address").to_string(), free_address());
    let home = home(&configured, "");
    let barred = format!("can't listen on {configured}: ");
    let _serve = saying(&home, &["--listen", &given], &[format!("listening on {given}"), barred.clone()]);
    let mut console = home.console(&[], 160, 40);
    console.wait_for("Alerts");
    console.keys("W");
    console.wait_for(&format!("this process {barred}"));
    console.wait_for("nothing since ");
    console.keys("\u{1b}");
    console.keys("!");
    console.wait_for("what is pushed to hook may not arrive");
    let live = home.run(&["check", "--live"]);
    let told = String::from_utf8_lossy(&live.stdout).into_owned();
    assert!(told.contains(&format!("listening on {given}: 0 alerts, but this process {barred}")), "{told}");
    drop(taken);
    console.wait_for("well again");
    assert_eq!(post(&configured, &firing("ThereAfterAll")).0, 200);
    console.keys("\u{1b}");
    console.wait_for("CRIT ThereAfterAll");
    console.keys("W");
    console.wait_for("last message ");
    assert!(!console.screen().contains("barred"), "{}", console.screen());
}

#[test]
fn while_the_given_address_can_t_be_had_those_of_the_configuration_are_listened_on() {
    // Somebody else's, until it is given up.
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (configured, given) = (free_address(), taken.local_addr().expect("an address").to_string());
    let home = home(&configured, "");
    let says = [format!("can't listen on {given}: "), format!("listening on {configured}")];
    let _serve = saying(&home, &["--listen", &given], &says);
    assert_eq!(post(&configured, &firing("Down")).0, 200);
    until("the alert", || (queue(&home) == [("Down".into(), "firing".into())]).then_some(()));
    drop(taken);
    until("the given one", || TcpStream::connect(&given).ok());
    assert_eq!(post(&given, &firing("Slow")).0, 200);
    until("the configured one beside it", || TcpStream::connect(&configured).ok());
}

#[test]
fn a_part_of_a_configured_address_is_no_address_of_its_own() {
    let port = free_address().split_once(':').map(|(_, port)| port.to_owned()).expect("a port");
    let home = home(&format!("0.0.0.0:{port}"), "");
    let refused = home.run(&["serve", "--listen", &format!("127.0.0.1:{port}")]);
    let why = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{why}");
    assert!(
        why.contains(&format!("`hook` of the configuration listens on 0.0.0.0:{port}, of which 127.0.0.1:{port} is a part")),
        "{why}"
    );
}

#[test]
fn a_second_one_on_an_address_of_its_own_says_where_the_first_listens() {
    let (configured, first, second) = (free_address(), free_address(), free_address());
    let home = home(&configured, "");
    let listening = serve(&home, &first, &["--listen", &first]);
    let mut other = Serve(home.command(&["serve", "--listen", &second]).spawn().expect("it starts"));
    let lines = BufReader::new(other.0.stderr.take().expect("its standard error")).lines().map_while(Result::ok);
    let told: Vec<String> = lines.take_while(|line| !line.contains("watching; SIGTERM ends it")).collect();
    let words = format!("listens on {first}: this one asks there, and listens on {second} once that one has ended");
    assert!(told.iter().any(|line| line.contains(&words)), "{told:?}");
    drop(listening);
    until("the second to listen", || TcpStream::connect(&second).ok());
}

#[test]
fn when_the_last_message_came_and_what_was_refused_is_told_where_one_looks() {
    let (configured, given) = (free_address(), free_address());
    let home = home(&configured, "");
    let _serve = serve(&home, &given, &["--listen", &given]);
    let mut console = home.console(&[], 120, 40);
    console.wait_for("Nothing fires");
    console.keys("W");
    console.wait_for("when midwatch began to listen");
    let wrong = "POST /hook HTTP/1.1\r\nAuthorization: Bearer rotated";
    (0..4).for_each(|_| assert_eq!(ask(&given, wrong, firing("Down").to_string().as_bytes()).0, 401));
    console.wait_for("127.0.0.1, 4 times, the last: 401 the token is missing or wrong");
    assert_eq!(post(&given, &json!({"nothing": "known"})).0, 422);
    console.wait_for("127.0.0.1, 5 times, the last: 422");
    console.keys("\u{1b}");
    console.keys("!");
    console.wait_for("what is pushed to hook is refused");
    console.wait_for("Mend it at the sender");
    // What is understood makes good what was not.
    assert_eq!(post(&given, &firing("Down")).0, 200);
    console.wait_for("well again");
    console.keys("\u{1b}");
    console.keys("W");
    console.wait_for("last message ");
    assert!(!console.screen().contains("refused"), "{}", console.screen());
}

/// Nobody has to be reached: somebody has to be able to listen.
#[test]
fn a_check_tells_whether_somebody_listens_or_could() {
    let address = free_address();
    let home = home(&address, "");
    let live = || {
        let output = home.run(&["check", "--live"]);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, free) = live();
    assert!(code == Some(0) && free.contains(&format!("nobody listens on {address} yet, which is free")), "{code:?} {free}");
    // Whoever has it is none of ours.
    let raw = Raw::saying(support::raw::ok("{}"));
    let config = std::fs::read_to_string(home.path().join("config.yaml")).expect("written");
    home.write("config.yaml", &config.replace(&address, &raw.address.to_string()));
    let (code, taken) = live();
    assert!(code == Some(3) && taken.contains("something else than an answer of midwatch"), "{code:?} {taken}");
}
