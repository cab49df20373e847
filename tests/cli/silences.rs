//! `midwatch silences`, `extend` and `unsilence`: one silence over several servers is one, and each server has its own outcome.

use super::*;
use crate::support::fake::Mood;

/// Two Alertmanagers with the same alert, each a source of its own.
fn two() -> (FakeAlertmanager, FakeAlertmanager, Home) {
    let (east, west) = (FakeAlertmanager::start(), FakeAlertmanager::start());
    for fake in [&east, &west] {
        fake.fire(&[("alertname", "PostgresDown"), ("job", "postgres"), ("severity", "critical")]);
    }
    let source = |name: &str, fake: &FakeAlertmanager| format!("{{name: {name}, alertmanager: {{urls: ['{}']}}}}", fake.url);
    let sources = [source("east", &east), source("west", &west)].join(", ");
    let home = Home::with(&format!("operator: {{name: ana}}\nsources: [{sources}]\n"));
    (east, west, home)
}

fn silenced() -> (FakeAlertmanager, FakeAlertmanager, Home) {
    let (east, west, home) = two();
    let made = home.run(&["silence", "--filter", "job=postgres", "--yes", "--note", "disk\u{1b}[2J swap", "--for", "30m"]);
    assert_eq!(code(&made), Some(0), "{made:?}");
    (east, west, home)
}

fn states(fake: &FakeAlertmanager) -> Vec<String> {
    fake.silences().iter().map(|silence| silence["status"]["state"].as_str().expect("a state").to_owned()).collect()
}

fn only(home: &Home) -> Value {
    let all = home.json(&["silences"])["silences"].clone();
    assert_eq!(all.as_array().map(Vec::len), Some(1), "{all}");
    all[0].clone()
}

#[test]
fn one_silence_on_two_servers_is_listed_once_and_harmlessly() {
    let (_east, _west, home) = silenced();
    let one = only(&home);
    assert_names(&one, "on matchers created_by comment state starts_at ends_at alerts fires_again");
    assert_eq!((one["on"][0]["source"].as_str(), one["on"][1]["source"].as_str()), (Some("east"), Some("west")));
    assert_eq!((one["alerts"].as_array().map(Vec::len), one["fires_again"].as_array().map(Vec::len)), (Some(2), Some(2)));
    assert_eq!((one["created_by"].as_str(), one["state"].as_str()), (Some("ana"), Some("active")));
    let table = out(&home.run(&["silences"]));
    assert!(table.contains("alertname=\"PostgresDown\" job=\"postgres\"") && table.contains("disk␛[2J swap"), "{table}");
    assert!(!table.contains('\u{1b}'), "{table:?}");
}

#[test]
fn it_lasts_longer_and_ends_with_an_outcome_per_server() {
    let (east, west, home) = silenced();
    let one = only(&home);
    let (first, second) = (one["on"][0]["id"].as_str().expect("an id"), one["on"][1]["id"].as_str().expect("an id"));
    let end = |one: &Value| one["ends_at"].as_str().expect("a time").parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
    let longer = home.run(&["extend", first, "--for", "2h", "--json"]);
    assert_eq!(code(&longer), Some(0), "{longer:?}");
    let targets = document(&longer)["targets"].clone();
    assert_eq!(
        (targets[0]["target"].as_str(), targets[1]["state"].as_str()),
        (Some(format!("east/{first}").as_str()), Some("confirmed"))
    );
    let later = only(&home);
    assert_eq!(end(&later) - end(&one), chrono::TimeDelta::hours(2), "by so much, on both");
    assert_eq!(later["on"].as_array().map(Vec::len), Some(2), "still one");

    west.mood_of("DELETE /api/v2/silence", Mood::Status(403, "not you"));
    let ended = home.run(&["unsilence", first]);
    assert_eq!(code(&ended), Some(3), "{ended:?}");
    assert!(out(&ended).contains(&format!("east/{first}  confirmed")), "{ended:?}");
    assert!(out(&ended).contains(&format!("west/{second}  failed: ")), "{ended:?}");
    assert!(err(&ended).contains(&format!("not done for 1: west/{second}")), "the failed one by name: {ended:?}");
    assert_eq!((states(&east), states(&west)), (vec!["expired".to_owned()], vec!["active".to_owned()]));
    west.mood_of("DELETE /api/v2/silence", Mood::Fine);
    assert_eq!(code(&home.run(&["unsilence", &format!("west/{second}")])), Some(0));
    assert_eq!(states(&west), ["expired"]);
    assert_eq!(home.json(&["silences"])["silences"], Value::Array(Vec::new()));
    assert_eq!(home.json(&["silences", "--all"])["silences"].as_array().map(Vec::len), Some(1), "it ended lately");
}

#[test]
fn a_target_that_names_no_silence_or_the_source_of_one_alone_is_taken_at_its_word() {
    let (east, west, home) = silenced();
    let id = only(&home)["on"][0]["id"].as_str().expect("an id").to_owned();
    for args in [&["unsilence", ""][..], &["unsilence", "nothing"], &["extend", "nothing"], &["unsilence"]] {
        assert_eq!(code(&home.run(args)), Some(2), "{args:?}");
    }
    let strange = home.run(&["unsilence", "north/1"]);
    assert_eq!(code(&strange), Some(2));
    let told = "midwatch: north/1 names nothing here: no source is called north, there is east, west\n";
    assert_eq!(err(&strange), told);
    let refused = home.run(&["--read-only", "unsilence", &id]);
    assert_eq!(code(&refused), Some(2), "{refused:?}");
    assert_eq!((states(&east), states(&west)), (vec!["active".to_owned()], vec!["active".to_owned()]));
    assert_eq!(code(&home.run(&["unsilence", &format!("east/{id}")])), Some(0));
    assert_eq!((states(&east), states(&west)), (vec!["expired".to_owned()], vec!["active".to_owned()]));
    // Where a server can't be asked, nobody knows that it is not there.
    west.mood_of("GET", Mood::Status(500, "broken"));
    assert_eq!(code(&home.run(&["unsilence", "nothing"])), Some(3));
}

#[test]
fn a_silence_of_the_watchdog_or_of_most_alerts_is_confirmed_by_its_number() {
    let fake = FakeAlertmanager::start();
    let names = ["Down", "Slow", "Full", "Late", "Watchdog"];
    let ids: Vec<String> =
        names.iter().map(|name| fake.fire(&[("alertname", name), ("job", "db"), ("severity", "critical")])).collect();
    let home = watching(&fake, "");
    let all = ["silence", "--filter", "not Watchdog", "--yes", "--note", "work"];
    let refused = home.run(&all);
    assert_eq!(code(&refused), Some(2), "{refused:?}");
    assert!(out(&refused).contains("it hides 4 of the 5 alerts that fire: confirm it with the number"), "{refused:?}");
    assert!(out(&refused).contains("which is 4 (`--confirm 4`)"), "{refused:?}");
    assert_eq!(code(&home.run(&[&all[..], &["--confirm", "5"]].concat())), Some(2));
    assert!(fake.silences().is_empty() && log(&home).is_empty(), "nothing was recorded and nothing sent");
    assert_eq!(code(&home.run(&[&all[..], &["--confirm", "4"]].concat())), Some(0));
    assert_eq!(fake.silences().len(), 4);
    let watchdog = ["silence", &ids[4], "--note", "work"];
    let refused = home.run(&watchdog);
    assert!(out(&refused).contains("it hides Watchdog, which says that alerting works"), "{refused:?}");
    assert_eq!(code(&home.run(&[&watchdog[..], &["--confirm", "1"]].concat())), Some(0));
}

#[test]
fn an_acknowledgement_that_becomes_a_silence_of_the_watchdog_or_of_most_alerts_is_confirmed_by_its_number_too() {
    let fake = FakeAlertmanager::start();
    let names: Vec<String> = (0..20).map(|n| format!("Down{n}")).collect();
    let fire = |name: &str| fake.fire(&[("alertname", name), ("job", "db"), ("severity", "critical")]);
    names.iter().for_each(|name| drop(fire(name)));
    let watchdog = fire("Watchdog");
    let home = watching(&fake, ", ack: {carry: silence}");
    let all = ["ack", "--filter", "not Watchdog", "--yes"];
    let refused = home.run(&all);
    assert_eq!(code(&refused), Some(2), "{refused:?}");
    assert!(out(&refused).contains("it hides 20 of the 21 alerts that fire: confirm it with the number"), "{refused:?}");
    let quiet = home.run(&["ack", &watchdog]);
    assert!(code(&quiet) == Some(2) && out(&quiet).contains("it hides Watchdog"), "{quiet:?}");
    assert!(fake.silences().is_empty() && log(&home).is_empty(), "nothing was recorded and nothing sent");
    assert_eq!(code(&home.run(&[&all[..], &["--confirm", "20"]].concat())), Some(0));
    assert_eq!(code(&home.run(&["ack", &watchdog, "--confirm", "1"])), Some(0));
    assert_eq!(fake.silences().len(), 21);
}

/// What the server's own tool says of silences in force: matchers, author, comment and end of each.
fn asked(url: &str) -> Vec<String> {
    let output = std::process::Command::new("amtool")
        .args(["--alertmanager.url", url, "silence", "query", "-o", "json"])
        .output()
        .expect("amtool runs");
    let all: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let field = |one: &Value, name: &str| one[name].to_string();
    let one = |one: &Value| {
        let comment = one["comment"].as_str().expect("a text").split(" [mw:").next().expect("the first").to_owned();
        let ends_at = one["endsAt"].as_str().expect("a time")[..19].to_owned();
        format!("{} {} {comment} {ends_at}", field(one, "matchers"), field(one, "createdBy"))
    };
    all.as_array().expect("a list").iter().map(one).collect()
}

#[test]
fn what_is_copied_makes_the_same_silence_again_whatever_others_wrote_into_it() {
    if ["prometheus-alertmanager", "amtool", "curl", "bash"].into_iter().any(support::missing) {
        return;
    }
    let am = support::servers::Alertmanager::start(1);
    let evil = "it's \"$(touch pwned)\" \\d\u{1b}[201~\n`touch pwned`";
    let labels = serde_json::json!({"alertname": "Down", "path": evil});
    am.post(0, &serde_json::json!([{"labels": labels}]).to_string());
    let url = am.url(0);
    let home = Home::with(&format!("operator: {{name: ana}}\nsources: [{{name: prod, alertmanager: {{urls: ['{url}']}}}}]\n"));
    let note = format!("work; {evil}");
    let made = home.run(&["silence", "--filter", "Down", "--yes", "--note", &note]);
    assert_eq!(code(&made), Some(0), "{made:?}");
    let before = asked(&url);
    assert!(before.len() == 1 && before[0].contains("touch pwned"), "{before:?}");
    for tool in ["amtool", "curl"] {
        let command = out(&home.run(&["silences", "--as", tool]));
        assert!(command.starts_with(tool) && !command.contains('\u{1b}') && command.lines().count() == 1, "{command:?}");
        let id = only(&home)["on"][0]["id"].as_str().expect("an id").to_owned();
        assert_eq!(code(&home.run(&["unsilence", &id])), Some(0));
        assert_eq!(asked(&url), [""; 0]);
        let pasted = std::process::Command::new("bash").args(["-c", &command]).current_dir(home.path()).output().expect("runs");
        assert!(pasted.status.success(), "{pasted:?}");
        assert_eq!(asked(&url), before, "{tool}");
    }
    assert!(!home.path().join("pwned").exists(), "nothing of it was run");
}
