//! `midwatch alerts`.

use super::*;
use crate::support::fake::Mood;
use std::net::TcpListener;

#[test]
fn the_queue_has_every_pinned_name_and_null_for_what_is_unknown() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, "");
    let output = home.run(&["alerts", "--json"]);
    let document = document(&output);
    assert_eq!((code(&output), err(&output).as_str()), (Some(0), ""));
    assert_names(&document, "schema sources alerts untold");
    assert_eq!((&document["untold"], &document["alerts"][0]["doubt"]), (&serde_json::json!([]), &Value::Null));
    let source = &document["sources"][0];
    assert_names(source, "name kind state age_ms error alerts");
    assert_eq!((&source["name"], &source["kind"], &source["state"]), (&"prod".into(), &"alertmanager".into(), &"fresh".into()));
    assert_eq!((&source["error"], &source["alerts"]), (&Value::Null, &1.into()));
    assert!(source["age_ms"].is_u64());
    let alert = &document["alerts"][0];
    assert_names(
        alert,
        "id episode source fingerprint name severity state also service summary labels annotations starts_at acknowledged_by \
         acknowledged_since acknowledged_reason acknowledged_ticket acknowledged_until not_carried carrying listed doubt snoozed_by snoozed_until maintenance_until playbooks cause same flapping",
    );
    assert_eq!(alert["id"], format!("prod/{fingerprint}"));
    assert_eq!(alert["episode"], alert["starts_at"]);
    let at = alert["starts_at"].as_str().expect("a time");
    assert!(at.len() == "2026-03-01T14:02:00.000Z".len() && at.ends_with('Z'), "{at}");
    let said = |name: &str| alert[name].as_str().expect("a text");
    assert_eq!(["name", "severity", "state", "service"].map(said), ["PostgresDown", "critical", "firing", "postgres"]);
    assert_eq!((&alert["also"], &alert["acknowledged_by"]), (&serde_json::json!([]), &Value::Null));
    assert_eq!((&alert["labels"]["job"], &alert["listed"]), (&"postgres".into(), &true.into()));
    assert_eq!((&alert["cause"], &alert["same"], &alert["flapping"]), (&Value::Null, &serde_json::json!([]), &Value::Null));
}

#[test]
fn alerts_that_are_about_the_same_are_told_apart_where_their_ids_are_copied_from() {
    let (fake, _) = outage();
    for place in ["/var", "/home"] {
        fake.fire(&[("alertname", "DiskFull"), ("instance", "db-1:9100"), ("mountpoint", place)]);
    }
    let table = out(&watching(&fake, "").run(&["alerts"]));
    assert!(table.contains("db-1:9100 mountpoint=/var ") && table.contains("db-1:9100 mountpoint=/home "), "{table}");
}

#[test]
fn the_queue_is_counted_by_service_name_or_label() {
    let (fake, fingerprint) = outage();
    fake.fire(&[("alertname", "DiskFilling"), ("severity", "warning"), ("job", "postgres")]);
    fake.fire(&[("alertname", "DiskFilling"), ("severity", "info"), ("team", "a\u{1b}b")]);
    let home = watching(&fake, "");
    let table = out(&home.run(&["alerts", "--group-by", "service"]));
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["SEVERITY", "ALERTS", "FIRING", "ACKED", "OLDEST", "SERVICE"]);
    assert_eq!((lines[1][0], lines[1][1], lines[1][5], lines[2][5]), ("critical", "2", "postgres", "-"), "{table}");
    let document = home.json(&["alerts", "--group-by", "name", "--filter", "severity>=info"]);
    assert_names(&document, "schema sources group_by groups");
    let groups = document["groups"].as_array().expect("a list");
    assert_names(&groups[0], "key alerts severity states oldest members");
    let keys: Vec<_> = groups.iter().map(|group| (&group["key"], &group["alerts"], &group["states"]["firing"])).collect();
    assert_eq!(keys, [(&"PostgresDown".into(), &1.into(), &1.into()), (&"DiskFilling".into(), &2.into(), &2.into())]);
    assert_eq!(groups[0]["members"], serde_json::json!([format!("prod/{fingerprint}")]));
    let by_team = home.run(&["alerts", "--group-by", "team"]);
    assert!(out(&by_team).contains("TEAM") && out(&by_team).contains("a␛b") && !out(&by_team).contains('\u{1b}'), "{by_team:?}");
    assert_eq!(home.json(&["alerts", "--group-by", "team"])["groups"][0]["key"], Value::Null);
    assert_eq!(code(&home.run(&["alerts", "--group-by", ""])), Some(2));
    assert_eq!(err(&by_team), "");
    let slip = home.run(&["alerts", "--group-by", "taem"]);
    assert_eq!((code(&slip), err(&slip).as_str()), (Some(0), "midwatch: no alert has the label taem; did you mean team?\n"));
}

#[test]
fn what_explains_an_alert_and_who_tells_of_it_too_stands_in_the_document() {
    let (fake, other) = (FakeAlertmanager::start(), FakeAlertmanager::start());
    fake.fire(&[("alertname", "PostgresDown"), ("severity", "critical"), ("job", "postgres")]);
    fake.fire(&[("alertname", "CheckoutSlow"), ("severity", "warning"), ("job", "checkout")]);
    other.fire(&[("alertname", "CheckoutSlow"), ("severity", "warning"), ("job", "checkout")]);
    let home = Home::with(&format!(
        "services: [{{name: postgres, alerts: {{job: postgres}}}}, {{name: checkout, depends_on: [postgres], alerts: {{job: checkout}}}}]\n\
         queue: {{same: [alertname]}}\n\
         sources: [{{name: prod, alertmanager: {{urls: ['{}']}}}}, {{name: west, alertmanager: {{urls: ['{}']}}}}]\n",
        fake.url, other.url
    ));
    let alerts = home.json(&["alerts"])["alerts"].clone();
    let of = |source: &str, name: &str| {
        let found = alerts.as_array().expect("a list").iter().find(|it| it["source"] == source && it["name"] == name);
        found.expect("listed").clone()
    };
    assert_eq!((&of("prod", "CheckoutSlow")["cause"], &of("prod", "PostgresDown")["cause"]), (&"postgres".into(), &Value::Null));
    assert_eq!(of("prod", "CheckoutSlow")["same"], serde_json::json!([of("west", "CheckoutSlow")["id"]]));
}

#[test]
fn whichever_label_tells_one_from_another_stands_in_the_table() {
    let fake = FakeAlertmanager::start();
    fake.fire(&[("alertname", "Lag"), ("pod", "shop-7")]);
    fake.fire(&[("alertname", "Lag"), ("instance", "db-1:9100"), ("pod", "shop-8")]);
    let table = out(&watching(&fake, "").run(&["alerts"]));
    assert!(table.contains(" shop-7 ") && table.contains(" db-1:9100 ") && !table.contains("shop-8"), "{table}");
}

#[test]
fn filters_and_states_narrow_it_and_a_wrong_one_is_shown_with_its_place() {
    let (fake, _) = outage();
    fake.fire(&[("alertname", "DiskFilling"), ("severity", "warning")]);
    let home = watching(&fake, "");
    let listed = |args: &[&str]| {
        let document = home.json(&[&["alerts"], args].concat());
        let alerts = document["alerts"].as_array().expect("a list").clone();
        alerts.iter().map(|alert| alert["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]), ["PostgresDown", "DiskFilling"], "the worst comes first");
    assert_eq!(listed(&["--filter", "alertname=~Disk.*"]), ["DiskFilling"]);
    assert_eq!(listed(&["--filter", "service:postgres"]), ["PostgresDown"]);
    assert_eq!(listed(&["--filter", "severity<critical or (service:postgres and age>1000d)"]), ["DiskFilling"]);
    assert_eq!(listed(&["--filter", "not (severity:critical or job=postgres) age<1000d"]), ["DiskFilling"]);
    assert_eq!(listed(&["--filter", "-disk"]), ["PostgresDown"], "a filter that negates begins as an option does");
    let forgotten = home.run(&["alerts", "--filter", "--state", "firing"]);
    assert_eq!((code(&forgotten), out(&forgotten).as_str()), (Some(2), ""));
    assert_eq!(listed(&["--state", "acknowledged"]), [""; 0]);
    assert_eq!(listed(&["--state", "acknowledged", "--state", "firing"]).len(), 2);
    let wrong = home.run(&["alerts", "--filter", "alertname=~*"]);
    assert_eq!((code(&wrong), out(&wrong).as_str()), (Some(2), ""));
    assert!(err(&wrong).contains("alertname=~*\n") && err(&wrong).contains('^'), "{}", err(&wrong));
    assert_eq!(code(&home.run(&["alerts", "--state", "burning"])), Some(2));
    let slip = err(&home.run(&["alerts", "--state", "fireing"]));
    assert!(slip.contains("did you mean firing?") && slip.contains("silenced"), "{slip}");
}

#[test]
fn what_answered_is_printed_whole_beside_a_source_that_is_dead() {
    let (fake, _) = outage();
    // Nobody gets this one, unlike a port that was free a moment ago.
    let dead = "127.0.0.1:1";
    let home = Home::with(&format!(
        "sources:\n  - {{name: prod, alertmanager: {{urls: ['{}']}}}}\n  - {{name: old, alertmanager: {{urls: ['http://{dead}']}}}}\n",
        fake.url
    ));
    let output = home.run(&["alerts", "--json"]);
    assert_eq!(code(&output), Some(3));
    let document = document(&output);
    assert_eq!(document["alerts"][0]["name"], "PostgresDown");
    let old = &document["sources"][0];
    assert_eq!((&old["name"], &old["state"], &old["alerts"]), (&"old".into(), &"failed".into(), &0.into()));
    assert!(old["error"].as_str().expect("why").contains(dead), "{old}");
    assert_eq!(old["age_ms"], Value::Null, "it has never answered");
    assert!(err(&output).starts_with("midwatch: source old: "), "{}", err(&output));
    let table = home.run(&["alerts"]);
    assert_eq!(code(&table), Some(3));
    assert!(out(&table).contains("PostgresDown") && !out(&table).contains("source old"), "data and troubles stay apart");
}

#[test]
fn what_is_done_by_a_filter_is_done_where_sources_answer_and_names_the_dead_one() {
    let (fake, _) = outage();
    let dead = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let home = Home::with(&format!(
        "sources:\n  - {{name: prod, alertmanager: {{urls: ['{}']}}}}\n  - {{name: old, alertmanager: {{urls: ['http://{dead}']}}}}\n",
        fake.url
    ));
    for act in [&["ack"][..], &["unack"], &["silence", "--note", "work"], &["snooze"]] {
        let output = home.run(&[act, &["--filter", "job=postgres", "--yes"]].concat());
        assert_eq!(code(&output), Some(3), "{act:?}: {}", err(&output));
        assert!(err(&output).contains("midwatch: source old: "), "{act:?}: {}", err(&output));
        assert!(out(&output).contains("PostgresDown  "), "{act:?}: {}", out(&output));
    }
    let output = home.run(&["ack", "--filter", "job=postgres", "--yes", "--json"]);
    let document = document(&output);
    assert_eq!((code(&output), &document["targets"][0]["state"]), (Some(3), &"recorded".into()));
    let state = |name: &str| {
        let sources = document["sources"].as_array().expect("a list");
        sources.iter().find(|source| source["name"] == name).expect("listed")["state"].clone()
    };
    assert_eq!((state("old"), state("prod")), ("failed".into(), "fresh".into()));
    let id = document["targets"][0]["target"].as_str().expect("an id");
    assert_eq!(code(&home.run(&["ack", id])), Some(0), "who names an alert means no other source");
}

#[test]
fn labels_that_attack_the_terminal_are_inert_in_the_table_and_whole_in_json() {
    let fake = FakeAlertmanager::start();
    let evil = "a\u{1b}[2J\nb\u{202e}c";
    fake.fire(&[("alertname", evil)]);
    let home = watching(&fake, "");
    let table = out(&home.run(&["alerts"]));
    assert_eq!(table.lines().count(), 2, "{table:?}");
    assert!(!table.contains(['\u{1b}', '\u{202e}']), "{table:?}");
    assert_eq!(home.json(&["alerts"])["alerts"][0]["name"], evil);
}

#[test]
fn what_is_acknowledged_is_printed_by_its_age_with_owner_ticket_and_reason() {
    let (fake, fingerprint) = outage();
    fake.fire(&[("alertname", "Loud"), ("job", "postgres"), ("severity", "critical")]);
    let home = watching(&fake, "");
    assert_eq!(out(&home.run(&["alerts", "--aging"])).lines().count(), 1, "the heading alone");
    let ack = home.run(&["ack", &fingerprint, "--for", "2h", "--note", "swaps\u{1b} it", "--ticket", "OPS-7"]);
    assert_eq!(code(&ack), Some(0), "{ack:?}");
    let table = out(&home.run(&["alerts", "--aging"]));
    let [heading, line] = table.lines().collect::<Vec<_>>()[..] else { panic!("{table}") };
    assert!(heading.starts_with("SEVERITY  ALERT") && heading.contains("OWNER  SINCE"), "{table}");
    assert!(line.contains("PostgresDown  ana") && line.contains("1h59m") && line.contains("OPS-7   swaps␛ it"), "{table}");
    let json = home.json(&["alerts", "--aging"]);
    let alert = &json["alerts"][0];
    assert_eq!((&alert["acknowledged_ticket"], &json["alerts"][1]), (&"OPS-7".into(), &Value::Null));
    assert_eq!(alert["acknowledged_reason"], "swaps\u{1b} it");
}

const LIMIT: std::time::Duration = std::time::Duration::from_secs(60);

fn polled(urls: &[&FakeAlertmanager]) -> Home {
    let urls: Vec<String> = urls.iter().map(|fake| format!("'{}'", fake.url)).collect();
    Home::with(&format!(
        "operator: {{name: ana}}\nsources: [{{name: prod, every: 300ms, timeout: 1s, alertmanager: {{urls: [{}]}}}}]\n",
        urls.join(", ")
    ))
}

#[test]
fn what_only_a_peer_told_that_is_silent_now_is_stale_and_the_log_says_since_when() {
    let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
    one.fire(&[("alertname", "Everywhere")]);
    two.fire(&[("alertname", "OnlyThere")]);
    let home = polled(&[&one, &two]);
    let mut console = home.console(&[], 120, 40);
    console.wait_for("OnlyThere firing");
    assert!(!console.screen().contains("? stale"), "{}", console.screen());
    two.mood(Mood::Status(500, "oops"));
    console.wait_for("? stale");
    assert_eq!(console.screen().matches("? stale").count(), 1, "of the other one is told: {}", console.screen());
    console.wait_for("prod answers only in part");
    two.mood(Mood::Fine);
    console.wait_within(LIMIT, "all of it", |screen| screen.contains("as a whole again") && !screen.contains("? stale"));
}

#[test]
fn what_the_journal_holds_open_is_stale_where_its_source_is_dead_and_may_be_acted_on() {
    let fake = FakeAlertmanager::start();
    let id = format!("prod/{}", fake.fire(&[("alertname", "Watched"), ("instance", "db-1")]));
    let home = polled(&[&fake]);
    let mut console = home.console(&[], 120, 40);
    console.wait_for("Watched firing");
    drop((console, fake));
    let output = home.run(&["alerts", "--json"]);
    let alert = &document(&output)["alerts"][0];
    assert_eq!((code(&output), &alert["id"], &alert["doubt"]), (Some(3), &id.as_str().into(), &"stale".into()));
    let table = || out(&home.run(&["alerts"]));
    assert!(table().contains("? stale"), "{}", table());
    assert_eq!(code(&home.run(&["ack", &id, "--note", "on it"])), Some(0));
    assert!(table().contains("? acknowledged by "), "{}", table());
    assert_eq!(code(&home.run(&["unack", &id])), Some(0));
    assert!(!table().contains("acknowledged"), "{}", table());
}

#[test]
fn what_ended_only_because_nobody_told_of_it_is_told_to_whoever_asks_once() {
    let fake = FakeAlertmanager::start();
    let told = fake.fire(&[("alertname", "Watched"), ("instance", "db-1")]);
    let home = polled(&[&fake]);
    let mut console = home.console(&[], 120, 40);
    console.wait_for("Watched firing");
    let ends = (chrono::Utc::now() + chrono::Duration::seconds(1)).to_rfc3339();
    fake.change(&told, serde_json::json!({"endsAt": ends}));
    let seen = fake.hits().len();
    crate::support::until("two answers with that end", || (fake.hits().len() > seen + 8).then_some(()));
    fake.resolve(&told);
    console.wait_for("nobody has told of it since");
    let output = home.run(&["alerts", "--json"]);
    let untold = document(&output)["untold"][0].clone();
    assert_names(&untold, "id name target untold_since why ended_at");
    assert_eq!((&untold["id"], &untold["target"]), (&format!("prod/{told}").into(), &"db-1".into()));
    let told = |args: &[&str]| err(&home.run(&[&["alerts"], args].concat()));
    let named = |told: &str| told.contains("midwatch: ? untold since ") && told.contains(": Watched db-1 (prod/");
    assert!(named(&told(&[])), "{}", told(&[]));
    // It is asked for like what is listed.
    for args in [&["--filter", "instance=db-1"][..], &["--state", "resolved"], &["--filter", "watched"]] {
        assert!(named(&told(args)), "{args:?}: {}", told(args));
    }
    for args in [&["--filter", "instance!=db-1"][..], &["--state", "firing"], &["--filter", "severity:critical"]] {
        assert!(!named(&told(args)), "{args:?}: {}", told(args));
        assert_eq!(home.json(&[&["alerts"], args].concat())["untold"], serde_json::json!([]), "{args:?}");
    }
    // Whoever knows that it is over says so, and nobody is told of it any more.
    console.wait_for("1 untold");
    let id = untold["id"].as_str().expect("an id");
    let known = home.run(&["resolve", id, "--note", "scrapped"]);
    assert_eq!(code(&known), Some(0), "{known:?}");
    assert_eq!(home.json(&["alerts"])["untold"], serde_json::json!([]));
    assert!(!told(&[]).contains("untold"), "{}", told(&[]));
    console.wait_for("is known to be over: scrapped");
    console.wait_within(LIMIT, "its row to go", |screen| !screen.contains("untold"));
    assert_eq!(code(&home.run(&["resolve", id])), Some(2), "it is in no queue");
}

#[test]
fn what_is_snoozed_by_a_silence_is_told_as_that_and_by_whom() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, "");
    assert_eq!(code(&home.run(&["snooze", &fingerprint, "--for", "2h"])), Some(0));
    let alert = home.json(&["alerts"])["alerts"][0].clone();
    assert_eq!((&alert["state"], &alert["also"]), (&"snoozed".into(), &serde_json::json!(["firing"])));
    assert_eq!(alert["snoozed_by"], "ana");
    assert!(alert["snoozed_until"].is_string());
    assert!(out(&home.run(&["alerts", "--filter", "state:snoozed"])).contains("snoozed by ana"));
}
