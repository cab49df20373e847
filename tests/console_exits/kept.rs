//! What a console leaves behind, and where its errors go.

use super::open;
use super::support::fake_alertmanager::FakeAlertmanager;
use super::support::home::Home;
use super::support::pty::Pty;
use midwatch::domain::entry::Actor;
use midwatch::domain::settings::{Settings, SourceSpec};
use midwatch::domain::stamp::Stamp;
use midwatch::model::alerts::State;
use midwatch::model::{Body, Event, World};
use midwatch::runtime::cache::{Cache, What};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Every file, with what is in it and when it was written.
fn files(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("reads").filter_map(Result::ok) {
        let about = entry.metadata().expect("it is there");
        // What SQLite shares between those that read.
        let shared = entry.file_name().to_string_lossy().starts_with("journal.db-");
        match about.is_dir() {
            true => all.extend(files(&entry.path())),
            false if shared => {}
            false => {
                drop(all.insert(entry.path(), (std::fs::read(entry.path()).expect("reads"), about.modified().expect("a time"))))
            }
        }
    }
    all
}

#[test]
fn a_console_that_only_reads_changes_nothing_in_the_data_folder() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    console.keys("q");
    console.wait_exit();
    let data = home.path().join("data");
    std::fs::create_dir_all(data.join("evidence")).expect("a folder");
    home.write("data/evidence/.999999999-0", "half of it");
    home.write("data/draft", "begun");
    home.write("data/layout.json", "{damaged");
    let before = files(&data);
    let mut console = home.console(&["--data", "data", "--read-only"], 120, 40);
    console.wait_for("1 firing");
    console.keys("njust a thought");
    console.keys("\x1b");
    console.keys("}}<");
    console.keys("?");
    console.wait_for("Keys: ");
    console.keys("\x1b");
    console.wait_gone("Keys: ");
    console.keys("qq");
    console.wait_exit();
    let after = files(&data);
    let changed: Vec<_> = before.keys().chain(after.keys()).filter(|file| before.get(*file) != after.get(*file)).collect();
    assert!(changed.is_empty(), "{changed:?}");
}

#[test]
fn a_journal_that_can_t_be_read_ends_the_console_and_is_told_in_words_on_the_terminal_as_it_was() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    super::acknowledge(&mut console);
    console.keys("q");
    console.wait_exit();
    let journal = rusqlite::Connection::open(home.path().join("data/journal.db")).expect("opens");
    let tampered = "DROP TRIGGER entries_stay; DROP TRIGGER entries_stay_as_they_are; UPDATE entries SET body = '{}'";
    journal.execute_batch(tampered).expect("is changed");
    drop(journal);
    let mut console = home.console(&["--data", "data"], 120, 40);
    assert_eq!(console.wait_exit().exit_code(), 4);
    console.assert_restored();
    let screen = console.screen();
    assert!(screen.contains("what stands in place of an entry is none"), "{screen}");
}

#[test]
fn what_was_known_is_kept_for_as_long_as_its_source_does_not_answer() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    for n in 0..119 {
        server.fire(&[("alertname", "Full"), ("instance", &format!("db-{n}")), ("severity", "warning")]);
    }
    server.fire(&[("alertname", "Down"), ("service", "shop"), ("severity", "critical")]);
    home.write(
        "config.yaml",
        &format!("sources:\n  - {{name: prod, every: 200ms, alertmanager: {{urls: [\"{}\"]}}}}\n", server.url),
    );
    let session = |home: &Home, answered: bool| {
        let mut console = home.console(&["--data", "data"], 120, 40);
        console.wait_for("120 firing");
        // The alerts of an answer are there a moment before it is told that it is whole.
        if answered {
            console.wait_gone("? prod");
        }
        console.keys("q");
        console.wait_exit();
    };
    session(&home, true);
    // Whoever goes again before all of it has been read is no reason to forget the rest.
    let cache = Cache::there(home.path().join("data/cache"));
    let prod = SourceSpec {
        name: "prod".into(),
        kind: "alertmanager".into(),
        every: Duration::from_secs(15),
        timeout: Duration::from_secs(10),
        acts: Vec::new(),
        carry: None,
    };
    let settings = Settings { sources: vec![prod], ..Settings::default() };
    let now = Stamp { wall: "2026-11-23T02:58:00Z".parse().expect("a time"), mono: Duration::from_secs(1_000) };
    let mut world = World::new(Arc::new(settings), Actor::person("ana", None), now);
    for (seq, fact) in cache.first().into_iter().enumerate() {
        world.update(Event { seq: seq as u64, stamp: now, body: Body::Fact(fact) });
    }
    assert!(world.alerts.is_partly_read() && world.alerts.count(State::Firing) == 100);
    cache.save(&world, What { alerts: true, feeds: false }).expect("a thread").join().expect("it ends");
    drop(server);
    for _ in 0..3 {
        session(&home, false);
    }
    // Of what is not there any more nobody waits for the rest.
    std::fs::remove_file(home.path().join("data/cache/alerts.jsonl")).expect("it was there");
    let mut console = home.console(&["--data", "data"], 120, 40);
    console.wait_for(" 100 firing");
    console.keys("q");
    console.wait_exit();
    // A recording of an earlier version says nothing of it.
    let earlier = r#"{"AlertsCached":{"source":"prod","alerts":[],"read_at":"2026-11-23T02:58:00Z"}}"#;
    assert!(serde_json::from_str::<midwatch::model::Fact>(earlier).is_ok());
}

#[test]
fn whoever_reads_only_takes_the_watch_from_nobody() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    console.keys("q");
    console.wait_exit();
    let mut reading = home.console(&["--data", "data", "--read-only"], 120, 40);
    reading.wait_for("1 firing");
    let mut watching = home.console(&["--data", "data"], 120, 40);
    watching.wait_for("1 firing");
    server.fire(&[("alertname", "Slow"), ("severity", "critical")]);
    watching.wait_for("Slow firing");
}

#[test]
fn errors_may_go_elsewhere_and_the_screen_may_not() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    drop(open(&server, &home));
    let run = |line: &str| -> Pty {
        let line = line.replace("midwatch", env!("CARGO_BIN_EXE_midwatch"));
        Pty::open(["sh", "-c", &line], &home.environment(), home.path(), 120, 40)
    };
    let mut console = run("exec midwatch --data data 2>errors");
    console.wait_for("1 firing");
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    console.assert_restored();
    let mut console = run("midwatch --data data >screen; echo code $?");
    console.wait_for("code 2");
    assert!(console.screen().contains("the console needs a terminal; `midwatch --plain`"), "{}", console.screen());
    assert_eq!(std::fs::read_to_string(home.path().join("screen")).expect("made by the shell"), "");
    let mut dumb = run("TERM=dumb midwatch --data data; echo code $?");
    dumb.wait_for("code 2");
    assert!(dumb.screen().contains("a terminal that is dumb (TERM=dumb); `midwatch --plain`"), "{}", dumb.screen());
}

#[test]
fn what_a_restarted_server_has_not_listed_again_is_told_by_the_command_line_too() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    let ended = server.fire(&[("alertname", "Slow"), ("severity", "critical")]);
    console.wait_for("Slow firing");
    console.keys("q");
    console.wait_exit();
    let listed = || {
        let document = home.json(&["--data", "data", "alerts"]);
        let of = |alert: &serde_json::Value| (alert["name"].as_str().expect("a name").to_owned(), alert["listed"].clone());
        document["alerts"].as_array().expect("a list").iter().map(of).collect::<Vec<_>>()
    };
    server.resolve(&ended);
    let down = |listed: bool| ("Down".to_owned(), listed.into());
    assert_eq!(listed(), [down(true)], "what a server that knows does not list has ended");
    server.restart();
    server.fire(&[("alertname", "Slow"), ("severity", "critical")]);
    let slow = ("Slow".to_owned(), true.into());
    assert_eq!(listed(), [slow, down(false)]);
    let table = home.run(&["--data", "data", "alerts"]);
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    let row = |name: &str| table.lines().find(|line| line.contains(name)).expect("a row");
    assert!(row("Down").contains("? not listed") && row("Slow").contains("firing"), "{table}");
}
