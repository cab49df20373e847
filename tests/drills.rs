//! Drills as people hold them: begun and finished by the program itself, in a home of their own; and nothing real is touched by one.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

#[path = "drills/game_day.rs"]
mod game_day;
mod support;

use bytes::Bytes;
use chrono::Utc;
use midwatch::domain::act::{Act, Outcome};
use midwatch::domain::alert::SilenceMatcher;
use midwatch::domain::entry::{Actor, Clock, Draft, Entry, Intent, Kind, Seal};
use midwatch::domain::ids::{EntryId, IncidentId, OriginId};
use midwatch::domain::incident::Status;
use midwatch::domain::node::{Node, Problems};
use midwatch::domain::trouble::Reason;
use midwatch::domain::update::Update;
use midwatch::journal::{Journal, Options, SqliteJournal};
use midwatch::ports::{Ports, Request};
use midwatch::sources::KINDS;
use midwatch::tellers;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use support::fake_alertmanager::FakeAlertmanager;
use support::fake_hook::FakeHook;
use support::home::Home;
use support::until;

const DATA: &[&str] = &["--data", "data"];

/// A playbook that makes a file, waits where `wait` is, and removes the file again.
fn book(id: &str, steps: &str) -> String {
    format!(
        "---\nplaybook: 1\nid: {id}\ntitle: Book of {id}\nowner: team\nreviewed: 2026-11-01\nreview-every: 365d\npractice: failover\n\
         purpose: recovery\nrto: 10m\nrpo: 1m\nalerts:\n  - {{alertname: ShopDown}}\n---\n\n# Book of {id}\n\n## Steps\n\n{steps}\
         ## Verify\n\n### Holds\n\n- **timeout:** 9s\n\n```sh\ntest -e \"$HOME/scene\"\n```\n\n\
         ## Drill setup\n\n### Make\n\n- **risk:** change\n- **timeout:** 9s\n\n```sh\ntouch \"$HOME/scene\"\n```\n\n\
         ## Drill cleanup\n\n### Clear\n\n- **risk:** change\n- **timeout:** 9s\n\n```sh\nrm \"$HOME/scene\"\n```\n"
    )
}

const DO: &str = "### Do\n\n- **risk:** change\n- **timeout:** 9s\n- **outputs:** `LOSS_SECONDS`\n\n```sh\necho LOSS_SECONDS=2 >> \"$PLAYBOOK_OUT\"\n```\n\n";
const LOOK: &str = "### Look at it\n\n- [ ] It is well\n\n";

fn lab(more: &str) -> Home {
    let home = Home::with(&format!(
        "operator: {{name: ana, role: on-call}}\nenvironment: lab\nplaybooks: [books]\nservices:\n  - {{name: shop, tier: 1, alerts: {{service: shop}}}}\n{more}"
    ));
    home.write("books/take-over.md", &book("take-over", DO));
    home.write("books/by-hand.md", &book("by-hand", &format!("{DO}{LOOK}")));
    let stuck = "### Do\n\n- **risk:** change\n- **timeout:** 9m\n\n```sh\ntouch \"$HOME/stuck\"\nsleep 500\n```\n\n";
    home.write("books/stuck.md", &book("stuck", stuck));
    home
}

fn json(home: &Home, args: &[&str]) -> Value {
    home.json(&[args, DATA].concat())
}

#[test]
fn a_drill_goes_by_itself_from_nothing_to_its_verdict() {
    let home = lab("");
    let done = json(&home, &["drill", "start", "take-over", "--auto", "change", "--well", "the alert was clear"]);
    let results = &done["drill"]["results"];
    assert_eq!(
        (&results["verdict"], &results["lost_ms"], &results["rto_ms"]),
        (&"pass".into(), &2000.into(), &600_000.into()),
        "{done:#}"
    );
    assert!(results["recovered_ms"].as_u64().is_some_and(|took| took < 60_000), "{done:#}");
    assert!(!home.path().join("scene").exists(), "cleared away");

    let list = json(&home, &["drill", "list"]);
    assert_eq!((&list["held"], &list["left"]), (&Value::Null, &Value::Array(Vec::new())), "{list:#}");
    let held = &list["drills"][0];
    assert_eq!(
        (&held["playbook"], &held["said"]["well"], &held["results"]["verdict"]),
        (&"take-over".into(), &"the alert was clear".into(), &"pass".into())
    );
    let board = json(&home, &["readiness"]);
    let row = board["playbooks"].as_array().expect("rows").iter().find(|row| row["playbook"] == "take-over").expect("a row");
    assert_eq!(row["state"], "fresh", "{row:#}");
    // Everything that is recorded says what it is, and nothing that lists what is real has it.
    let log = json(&home, &["log", "--lines", "100"]);
    let entries = log["entries"].as_array().expect("entries");
    assert!(entries.iter().any(|entry| entry["kind"] == "alert-fired"), "{log:#}");
    assert!(
        entries.iter().filter(|entry| entry["kind"] != "console").all(|entry| entry["drill"] == done["drill"]["id"]),
        "{log:#}"
    );
    assert_eq!(json(&home, &["incident", "list", "--all"])["incidents"], Value::Array(Vec::new()));
    assert_eq!(json(&home, &["stats"])["incidents"], 0, "{:#}", json(&home, &["stats"]));
    assert_eq!(json(&home, &["history"])["episodes"], Value::Array(Vec::new()));
    let handoff = home.run(&[&["handoff"], DATA].concat());
    let (said, alerts) = (String::from_utf8_lossy(&handoff.stdout).into_owned(), home.run(&[&["alerts"], DATA].concat()));
    assert!(handoff.status.success() && !said.contains("DRILL") && !said.contains("ShopDown"), "{said}");
    assert_eq!(alerts.status.code(), Some(0), "{alerts:?}");
    let text = String::from_utf8(home.run(&[&["export", "DRILL-1", "--format", "md"], DATA].concat()).stdout).expect("text");
    assert!(text.starts_with("# DRILL-1 "), "{text}");
}

#[test]
fn a_drill_that_waits_for_a_person_stays_open_and_is_called_off_with_its_scene() {
    let home = lab("");
    let waits = json(&home, &["drill", "start", "by-hand", "--auto", "change"]);
    assert_eq!(waits["drill"]["ended_at"], Value::Null, "{waits:#}");
    assert!(home.path().join("scene").exists());
    let list = json(&home, &["drill", "list"]);
    assert_eq!((&list["held"]["id"], &list["left"][0]["playbook"]), (&waits["drill"]["id"], &"by-hand".into()));
    let told = String::from_utf8(home.run(&[&["drill", "list"], DATA].concat()).stdout).expect("text");
    assert!(told.contains("HELD NOW") && told.contains("NOT CLEARED AWAY"), "{told}");
    let second = home.run(&[&["drill", "start", "take-over", "--auto", "change"], DATA].concat());
    assert_eq!(second.status.code(), Some(2), "one at a time");
    let early = home.run(&[&["drill", "finish"], DATA].concat());
    assert_eq!(early.status.code(), Some(2), "its run is open");

    let off = json(&home, &["drill", "abort", "--reason", "lunch", "--badly", "too long"]);
    assert_eq!((&off["drill"]["aborted"], &off["drill"]["results"]["verdict"]), (&"lunch".into(), &"aborted".into()), "{off:#}");
    assert!(!home.path().join("scene").exists(), "cleared away");
    assert_eq!(json(&home, &["drill", "list"])["held"], Value::Null);
}

#[test]
fn what_a_console_that_was_killed_has_left_is_cleared_away_by_one_command() {
    let home = lab("");
    let mut console =
        home.command(&[&["drill", "start", "stuck", "--auto", "change"], DATA].concat()).spawn().expect("it starts");
    until("the step to run", || home.path().join("stuck").exists().then_some(()));
    console.kill().expect("killed");
    console.wait().expect("gone");
    let list = json(&home, &["drill", "list"]);
    assert_eq!((&list["held"]["playbook"], &list["left"][0]["playbook"]), (&"stuck".into(), &"stuck".into()), "{list:#}");
    let off = home.run(&[&["--json", "drill", "abort", "--reason", "its console is gone"], DATA].concat());
    assert_eq!(off.status.code(), Some(0));
    let off: Value = serde_json::from_slice(&off.stdout).expect("one document");
    assert_eq!(off["drill"]["results"]["verdict"], "aborted", "{off:#}");
    assert!(!home.path().join("scene").exists(), "cleared away");
}

#[test]
fn on_the_screen_a_drill_is_begun_paused_by_what_is_real_and_finished() {
    let real = FakeAlertmanager::start();
    let home = lab(&format!("sources:\n  - {{name: prod, alertmanager: {{urls: [\"{}\"]}}, every: 1s}}\n", real.url));
    let mut console = home.console(&[&["drill", "start", "by-hand"], DATA].concat(), 120, 40);
    console.wait_for("DRILL-1");
    console.wait_for("Make");
    console.keys("3r");
    console.wait_for("run it");
    console.keys("\r");
    console.wait_for("DRILL ShopDown");
    real.fire(&[("alertname", "Real"), ("service", "shop"), ("severity", "critical")]);
    console.wait_for("PAUSED");
    let held = json(&home, &["drill", "list"]);
    assert!(held["held"]["paused"].as_str().is_some_and(|why| why.contains("Real fires for real")), "{held:#}");
    assert_eq!(json(&home, &["alerts"])["alerts"].as_array().map(Vec::len), Some(1), "the real one alone");
    assert_eq!(json(&home, &["alerts", "--drill"])["alerts"][0]["name"], "ShopDown");
    console.keys("T");
    console.wait_for("call it off");
    console.keys("call it off\r");
    console.wait_for("Its runs are ended");
    console.keys("it is real\r");
    console.wait_for("CALLED OFF");
    until("the scene to be cleared away", || (!home.path().join("scene").exists()).then_some(()));
    until("its run to end", || json(&home, &["drill", "list"])["left"].as_array().is_some_and(Vec::is_empty).then_some(()));
    console.keys("Tfinish\r");
    console.wait_for("Where were we lucky?");
    console.keys("\r");
    console.wait_gone("CALLED OFF");
    assert_eq!(json(&home, &["drill", "list"])["drills"][0]["results"]["verdict"], "aborted");
    assert_eq!(real.writes(), 0, "nothing was done to what is real");
}

#[test]
fn nothing_that_is_asked_in_a_drill_reaches_anybody() {
    let (real, chat) = (FakeAlertmanager::start(), FakeHook::start());
    let home = lab(&format!(
        "sources:\n  - {{name: prod, alertmanager: {{urls: [\"{}\"], ack: {{carry: silence}}, page: {{dba: {{team: dba}}}}}}, every: 1s}}\n\
         updates:\n  to:\n    - {{name: chat, webhook: {{url: \"{}\"}}}}\n",
        real.url,
        chat.address()
    ));
    json(&home, &["drill", "start", "by-hand", "--auto", "change"]);
    let shown = json(&home, &["alerts", "--drill"]);
    let id = shown["alerts"][0]["id"].as_str().expect("its alert fires").to_owned();
    json(&home, &["ack", &id, "--note", "mine"]);
    assert_eq!(json(&home, &["alerts", "--drill"])["alerts"][0]["acknowledged_by"], "ana");
    json(&home, &["incident", "update", "DRILL-1", "We are on it."]);
    json(&home, &["page", "dba", "Help", "--incident", "DRILL-1"]);
    for refused in [&["silence", id.as_str(), "--note", "x"][..], &["resolve", id.as_str()][..]] {
        let output = home.run(&[refused, DATA].concat());
        assert_ne!(output.status.code(), Some(0), "{refused:?}");
    }
    assert_eq!((real.writes(), chat.hits()), (0, Vec::new()), "nothing was sent to the source, and nobody was told");
    let log = json(&home, &["log", "--lines", "200"]);
    assert!(log["entries"].as_array().expect("entries").iter().all(|entry| entry["kind"] != "act"), "{log:#}");
}

#[test]
fn what_a_drill_has_found_is_open_and_keeps_it_from_merely_passing() {
    let home = lab("");
    let found = ["drill", "start", "take-over", "--auto", "change", "--finding", "nobody had the key", "--finding", "no light"];
    assert_eq!(json(&home, &found)["drill"]["results"]["verdict"], "pass-with-findings");
    let list = json(&home, &["drill", "list"]);
    let texts: Vec<&str> = list["findings"].as_array().expect("some").iter().filter_map(|one| one["text"].as_str()).collect();
    assert_eq!(texts, ["nobody had the key", "no light"]);
    let log = json(&home, &["log", "--lines", "100"]);
    let finding = log["entries"].as_array().expect("entries").iter().find(|entry| entry["kind"] == "finding").expect("recorded");
    assert_eq!(finding["drill"], list["drills"][0]["id"]);
}

fn told(home: &Home, args: &[&str]) -> String {
    String::from_utf8(home.run(&[args, DATA].concat()).stdout).expect("text")
}

const STORY: &str = "scenario: 1\nid: story\ntitle: A long night\nkind: tabletop\nservices: [shop]\nbeats:\n  - at: 0s\n    \
                     fires: {name: ShopDown, severity: critical, service: shop, summary: It is down}\n  - at: 1h\n    resolves: ShopDown\n\
                     expects:\n  - {ack: ShopDown, within: 3m}\n";

#[test]
fn a_story_that_something_real_stops_ends_with_what_is_to_be_done() {
    let home = lab("");
    home.write("story.yaml", STORY);
    let story = home.command(&[&["drill", "start", "story.yaml", "--auto"], DATA].concat()).spawn().expect("it starts");
    until("the drill", || (json(&home, &["alerts", "--drill"])["alerts"][0]["name"] == "ShopDown").then_some(()));
    assert!(home.run(&[&["incident", "open", "It is real"], DATA].concat()).status.success());
    let story = story.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&[story.stdout, story.stderr].concat()).into_owned();
    assert_eq!(story.status.code(), Some(1), "{said}");
    assert!(
        said.contains("it goes on for") && said.contains("it is paused") && said.contains("`midwatch drill resume`"),
        "{said}"
    );
    assert!(json(&home, &["drill", "list"])["held"]["paused"].is_string());
}

#[test]
fn only_what_is_held_is_to_be_called_off() {
    let home = lab("");
    home.run(&[&["playbook", "run", "by-hand", "--drill", "--auto", "change"], DATA].concat());
    let list = told(&home, &["drill", "list"]);
    assert!(list.contains("NOT CLEARED AWAY") && list.contains("playbook cancel") && !list.contains("drill abort"), "{list}");
    let run = json(&home, &["drill", "list"])["left"][0]["run"].as_str().expect("a run").to_owned();
    home.run(&[&["playbook", "cancel", &run], DATA].concat());
    assert!(!home.path().join("scene").exists(), "as the list says");
    json(&home, &["drill", "start", "by-hand", "--auto", "change"]);
    assert!(told(&home, &["drill", "list"]).contains("`midwatch drill abort --reason TEXT`"));
}

#[test]
fn what_can_not_be_cleared_away_is_told_with_the_command_that_ends_it() {
    let home = lab("");
    home.write("books/sticks.md", &book("sticks", DO).replace("rm \"$HOME/scene\"", "test ! -e \"$HOME/scene\""));
    let begun = home.run(&[&["drill", "start", "sticks", "--auto", "change"], DATA].concat());
    let said = String::from_utf8_lossy(&[begun.stdout, begun.stderr].concat()).into_owned();
    let list = json(&home, &["drill", "list"]);
    assert_eq!((begun.status.code(), &list["left"][0]["stuck_at"]), (Some(1), &"clear".into()), "{list:#}");
    let run = list["left"][0]["run"].as_str().expect("a run").to_owned();
    for told in [said, told(&home, &["drill", "list"])] {
        assert!(told.contains("clearing away stopped at “Clear”") && told.contains(&format!("playbook cancel {run}")), "{told}");
    }
    home.run(&[&["playbook", "cancel", &run], DATA].concat());
    assert_eq!(json(&home, &["drill", "list"])["left"], Value::Array(Vec::new()), "the command that was told ends it");
    json(&home, &["drill", "finish"]);
    assert_eq!(json(&home, &["drill", "list"])["held"], Value::Null);
}

/// What the command line looks up for a person is handed on, however old it is.
#[test]
fn a_real_note_of_long_ago_is_moved_into_no_drill_and_still_into_what_is_real() {
    let home = lab("");
    let note = |text: String| Draft::new(Kind::Note, Utc::now(), Actor::person("ana", None), text);
    let mut journal = SqliteJournal::open(&home.path().join("data"), Options::default()).expect("a journal");
    let old = journal.append(vec![note("the real one".into())], Utc::now()).expect("appends").entries[0].id.to_string();
    journal.append((0..1_001).map(|n| note(n.to_string())).collect(), Utc::now()).expect("appends");
    drop(journal);
    json(&home, &["drill", "start", "by-hand", "--auto", "change"]);
    home.run(&[&["incident", "open", "It is real"], DATA].concat());
    for args in [&["correct", &old, "--incident", "DRILL-1"][..], &["incident", "link", "DRILL-1", &old]] {
        let output = home.run(&[args, DATA].concat());
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(
            output.status.code() != Some(0) && said.contains("“the real one” is not as real as DRILL-1 is"),
            "{args:?}: {said}"
        );
    }
    let other = home.run(&[&["correct", &old, "--incident", "INC-1"], DATA].concat());
    assert!(String::from_utf8_lossy(&other.stderr).contains("no incident is named INC-1"), "it is DRILL-1: {other:?}");
    let moved = home.run(&[&["correct", &old, "--incident", "INC-2"], DATA].concat());
    assert!(moved.status.success(), "{moved:?}");
}

#[test]
fn what_is_no_playbook_and_no_scenario_begins_nothing() {
    let home = lab("");
    for (what, says) in [("take-ovr", "did you mean `take-over`?"), ("none.yaml", "none.yaml"), ("stuck", "")] {
        let mut args = vec!["drill", "start", what, "--auto", "change"];
        if what == "stuck" {
            args.extend(["--param", "NONE=1"]);
        }
        let output = home.run(&[&args[..], DATA].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && told.contains(says), "{what}: {told}");
    }
    assert_eq!(json(&home, &["drill", "list"])["held"], Value::Null);
}

#[test]
fn no_configuration_names_the_source_of_drills() {
    let home = lab("sources:\n  - {name: drill, alertmanager: {urls: [\"http://127.0.0.1:9\"]}}\n");
    let output = home.run(&["check"]);
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(
        output.status.code() != Some(0) && told.contains(":7:12: error: `drill` is the source of the alerts of drills"),
        "{told}"
    );
}

/// The permission to act on what a drill, or reality, has recorded.
fn intent(drill: Option<&str>) -> Intent {
    let mut draft = Draft::new(Kind::Act, Utc::now(), Actor::person("ana", None), "t");
    draft.drill = drill.map(str::to_owned);
    let entry = Entry::stamped(EntryId(uuid::Uuid::nil()), OriginId(uuid::Uuid::nil()), 1, Clock::default(), Utc::now(), draft);
    entry.sealed(Seal { prev: "".into(), hash: "".into() }).intent().expect("sealed")
}

#[tokio::test]
async fn the_ports_refuse_whatever_a_drill_has_recorded() {
    let (real, chat) = (FakeAlertmanager::start(), FakeHook::start());
    let ports = Ports::real();
    let post = || {
        let mut request = Request::get(chat.address().parse().expect("a URL"));
        (request.method, request.body) = ("POST", Some(Bytes::from("{}")));
        request
    };
    let refused = ports.http.act(post(), intent(Some("night"))).await.expect_err("it is practice");
    assert_eq!(refused.reason, Reason::Local);
    assert!(refused.text.raw().contains("acts on nothing real"), "{}", refused.text.raw());
    assert_eq!(chat.writes(), 0);
    ports.http.act(post(), intent(None)).await.expect("it is real");
    ports.http.act(post(), intent(Some("night")).where_drillable()).await.expect("it may be drilled");
    assert_eq!(chat.writes(), 2);

    // The same by way of a source, whatever it makes of it.
    let mut problems = Problems::default();
    let node = Node::parse(&format!("urls: [\"{}\"]", real.url), &mut problems).expect("is YAML");
    let kind = KINDS.iter().find(|kind| kind.name == "alertmanager").expect("there is one");
    let source = (kind.parse)(&"prod".into(), &node, &mut problems).expect("a source");
    let matchers = vec![SilenceMatcher { name: "a".into(), value: "b".into(), regex: false, equal: true }];
    let (starts_at, ends_at) = (Utc::now(), Utc::now() + chrono::Duration::hours(1));
    let silence = Act::Silence { id: None, matchers, starts_at, ends_at, by: "ana".into(), comment: "c".into() };
    let end = source.act(&silence, intent(Some("night")), &ports).await;
    assert_ne!(end.outcome, Outcome::Done, "{end:?}");
    assert_eq!(real.writes(), 0);
    assert_eq!(source.act(&silence, intent(None), &ports).await.outcome, Outcome::Done);
}

/// Whatever is asked of them, and by whatever mistake.
#[tokio::test]
async fn whoever_is_to_tell_others_of_a_drill_refuses() {
    let home = Home::with("operator: {name: ana}\n");
    let update = Update {
        incident: IncidentId(uuid::Uuid::nil()),
        number: 1,
        title: "A bad night".into(),
        severity: "SEV2".parse().expect("a severity"),
        status: Status::Open,
        text: "We are on it.".into(),
        by: "ana".into(),
        at: Utc::now(),
        next: None,
    };
    let ports = Ports::real();
    for kind in tellers::KINDS {
        let chat = FakeHook::start();
        let secret = home.write("hook", &chat.address());
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).expect("it is ours");
        let url = match kind.name {
            "slack" => format!("{{file: \"{}\"}}", secret.display()),
            _ => format!("\"{}\"", chat.address()),
        };
        let mut problems = Problems::default();
        let node = Node::parse(&format!("url: {url}"), &mut problems).expect("is YAML");
        let teller = (kind.parse)(&node, &mut problems).unwrap_or_else(|| panic!("{}: {problems:?}", kind.name));
        let end = teller.tell(&update, intent(Some("night")), &ports).await;
        assert_ne!(end.outcome, Outcome::Done, "{}: {end:?}", kind.name);
        assert_eq!(chat.writes(), 0, "{}", kind.name);
        let end = teller.tell(&update, intent(None), &ports).await;
        assert_eq!(end.outcome, Outcome::Done, "{}: {end:?}", kind.name);
        assert_eq!(chat.writes(), 1, "{}", kind.name);
    }
}
