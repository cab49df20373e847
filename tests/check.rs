//! `check` and `init` as they are typed.

#![allow(clippy::disallowed_methods, reason = "these tests work on the real disk")]

#[path = "check/adopting.rs"]
mod adopting;
#[path = "check/beginning.rs"]
mod beginning;
#[path = "check/reports.rs"]
mod reports;
mod support;

use serde_json::Value;
use std::process::Output;
use support::fake_alertmanager::FakeAlertmanager;
use support::home::Home;

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn what_init_writes_passes_check_at_once() {
    let home = Home::new();
    let init = home.run(&["init", "--from-alertmanager", "http://am-1:9093", "--from-alertmanager", "http://am-2:9093"]);
    assert_eq!(code(&init), Some(0), "{init:?}");
    assert_eq!(out(&init).lines().count(), 2);
    let check = home.run(&["check", "--strict"]);
    assert_eq!(code(&check), Some(0), "{}", out(&check));
    let text = std::fs::read_to_string(home.path().join("config.yaml")).expect("is written");
    assert!(text.contains(r#"{urls: ["http://am-1:9093", "http://am-2:9093"]}"#), "{text}");
    let again = home.run(&["init"]);
    assert_eq!((code(&again), out(&again).as_str()), (Some(2), ""));
}

#[test]
fn init_claims_no_version_for_an_address_where_nobody_answers() {
    let fake = FakeAlertmanager::start();
    let (there, dead) = (fake.url.as_str().trim_end_matches('/'), "http://127.0.0.1:1");
    let home = Home::new();
    let init = home.run(&["init", "--from-alertmanager", there, "--from-alertmanager", dead]);
    let told = String::from_utf8_lossy(&init.stderr).into_owned();
    assert_eq!(code(&init), Some(0), "{told}");
    assert!(told.contains(&format!(" at {there} (")), "{told}");
    assert!(told.contains(&format!("; at {dead} nobody answers as one: ")) && told.contains("refused"), "{told}");
    let text = std::fs::read_to_string(home.path().join("config.yaml")).expect("is written");
    assert!(text.contains(&format!("urls: [\"{there}\", \"{dead}\"]")), "{text}");
}

#[test]
fn the_bundled_playbooks_pass_check_where_they_lie() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks");
    let check = Home::new().run(&["check", "--strict", folder]);
    assert_eq!(code(&check), Some(0), "{}", out(&check));
}

#[test]
fn errors_are_an_answer_and_a_missing_file_is_wrong_usage() {
    let home = Home::with("environment: prod\nsorces: []\n");
    let check = home.run(&["check"]);
    assert_eq!(code(&check), Some(1));
    assert!(
        out(&check).contains(
            "config.yaml:2:1: error: unknown key `sorces`\n2 | sorces: []\n  | ^^^^^^\nhelp: did you mean `sources`?\n"
        )
    );
    assert!(out(&check).ends_with("1 file, 1 error, 0 warnings\n"));
    assert_eq!(code(&Home::new().run(&["check"])), Some(2));
    let nothing = home.run(&["check", "nowhere/x"]);
    let told = String::from_utf8_lossy(&nothing.stderr).into_owned();
    assert_eq!((code(&nothing), told.as_str()), (Some(2), "midwatch: nowhere/x is no file and no folder\n"));
    assert_eq!(code(&home.run(&["alerts"])), Some(2));
}

#[test]
fn a_playbook_that_a_service_names_is_in_the_library() {
    let home = Home::with("services:\n- {name: a, playbooks: [disk-filling, disk-fillin]}\n");
    let check = home.run(&["check"]);
    let told = "config.yaml:2:39: error: unknown playbook `disk-fillin`";
    assert!(out(&check).contains(told) && out(&check).contains("did you mean `disk-filling`?"), "{}", out(&check));
    assert_eq!(code(&check), Some(1));
}

#[test]
fn warnings_count_where_asked() {
    let home = Home::with("sources: [{name: a, alertmanager: {urls: 'http://am:9093', bearer: hunter2}}]");
    let (lax, strict) = (home.run(&["check"]), home.run(&["check", "--strict"]));
    assert_eq!((code(&lax), code(&strict)), (Some(0), Some(1)));
    assert!(out(&lax).contains("warning: this secret stands in the file itself") && !out(&lax).contains("hunter2"));
}

#[test]
fn playbooks_of_the_folders_are_judged_and_others_when_named() {
    let home = Home::with("playbooks: [books, none]");
    let book = home.write(
        "books/one.md",
        "---\nplaybook: 1\nid: One Two\n---\n# One\n## Steps\n### Go\n- **rsk:** read\n\n```sh\ntrue\n```\n",
    );
    home.write("books/old.md", "# An old runbook\n\n1. Look.\n");
    let all = home.run(&["check"]);
    assert_eq!(code(&all), Some(1));
    let text = out(&all);
    assert!(text.contains("one.md:3:5: error[") && text.contains("one.md:8:") && !text.contains("old.md"), "{text}");
    assert!(text.contains("error: the folder") && text.contains("none can't be read"), "{text}");
    assert!(text.contains("\n4 files, "), "{text}");
    let one = home.run(&["check", book.to_str().expect("a path"), "books/old.md"]);
    assert!(out(&one).contains("one.md:3:5: error[") && out(&one).contains("\n2 files, "), "{}", out(&one));
    assert_eq!(code(&home.run(&["check", "books/old.md"])), Some(0));
    assert_eq!(code(&home.run(&["check", "books"])), Some(1));
    let gone = home.run(&["check", "books/gone.md"]);
    let why = String::from_utf8_lossy(&gone.stderr);
    assert!(code(&gone) == Some(2) && why.contains("gone.md is no file and no folder"), "{why}");
}

#[test]
fn scenarios_are_judged_beside_the_configuration_and_the_playbooks_and_when_they_are_named() {
    let home = Home::with("playbooks: [books]\nservices: [{name: shop}]\n");
    let text = |services: &str| {
        format!(
            "scenario: 1\ntitle: A\nkind: tabletop\nservices: [{services}]\nbeats:\n  - {{at: 0s, fires: {{name: Down, severity: info}}}}\n\
             expects:\n  - {{ack: Down, within: 1m}}\n"
        )
    };
    home.write("books/one.md", "# An old runbook\n\n1. Look.\n");
    home.write("scenarios/a.yaml", &text("shop"));
    let good = home.run(&["check", "--strict"]);
    assert_eq!(code(&good), Some(0), "{}", out(&good));
    assert!(out(&good).contains("\n3 files, 0 errors, 0 warnings"), "{}", out(&good));

    home.write("scenarios/a.yaml", &text("shap"));
    home.write("books/scenarios/b.yaml", &text("shop").replace("at: 0s", "at: -1s"));
    let bad = home.run(&["check"]);
    assert_eq!(code(&bad), Some(1));
    let told = out(&bad);
    assert!(told.contains("scenarios/a.yaml:4:12: error[S006]: there is no service `shap`"), "{told}");
    assert!(told.contains("4 | services: [shap]\n  |            ^^^^\nhelp: did you mean `shop`?"), "{told}");
    assert!(told.contains("books/scenarios/b.yaml:6:10: error[S004]: a time can't be negative: `-1s`"), "{told}");

    assert_eq!(code(&home.run(&["check", "books/scenarios/b.yaml"])), Some(1));
    assert_eq!(code(&home.run(&["check", "scenarios/a.yaml"])), Some(0), "by itself nobody knows the services");
    assert_eq!(code(&home.run(&["check", "books"])), Some(1));
    assert_eq!(code(&home.run(&["check", "scenarios"])), Some(0));
    let sarif: Value = serde_json::from_slice(&home.run(&["check", "--format", "sarif"]).stdout).expect("one document");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let found = results.iter().find(|result| result["ruleId"] == "S004").expect("the time");
    let rule = &sarif["runs"][0]["tool"]["driver"]["rules"][found["ruleIndex"].as_u64().expect("an index") as usize];
    assert_eq!(rule["id"], "S004");
}

#[test]
fn the_theme_and_the_keys_are_judged_as_the_console_would() {
    let home = Home::with("console: {theme: themes/own.yaml, keys: {ack: s}}");
    home.write("themes/own.yaml", "about: mine\nforeground: '#ffffff'\nbackground: '#000000'\nstyles: {txt: red}\n");
    let check = home.run(&["check"]);
    assert_eq!(code(&check), Some(1));
    let text = out(&check);
    assert!(text.contains("config.yaml:1:42: warning: console.keys: ack takes `s` from silence"), "{text}");
    assert!(text.contains("themes/own.yaml:4:10: error: unknown style `txt`"), "{text}");
    assert!(text.contains("4 | styles: {txt: red}\n  |          ^^^\nhelp: did you mean `text`?"), "{text}");
    assert!(out(&home.run(&["check", "themes/own.yaml"])).contains("4:10: error: unknown style `txt`"));
    home.write("config.yaml", "console: {theme: midwatch-light, keys: {ack: ctrl-a}}");
    assert_eq!(code(&home.run(&["check", "--strict"])), Some(0));
    // Keys that a newer program came with: what was configured before them stays right.
    home.write("config.yaml", "console:\n  keys:\n    note: ','\n");
    let check = home.run(&["check"]);
    let text = out(&check);
    assert_eq!(code(&check), Some(0), "{text}");
    assert!(text.contains("config.yaml:3:5: warning: console.keys: note takes `,k` from theme, `,p` from page, `,m`"), "{text}");
    assert_eq!(code(&home.run(&["check", "--strict"])), Some(1));
    home.write("config.yaml", "console: {keys: {ack: s, silence: []}}");
    assert_eq!(code(&home.run(&["check", "--strict"])), Some(0), "it is said that it needs none");
    home.write("config.yaml", "console:\n  keys:\n    note: X\n    ack: X y\n  mouse: perhaps\n");
    let text = out(&home.run(&["check"]));
    assert!(text.contains("config.yaml:5:10: error: expected true or false"), "all that is wrong at once: {text}");
    assert!(text.contains("config.yaml:4:5: error: console.keys: `Xy` for ack and `X` for note"), "{text}");
    assert!(text.contains("one begins the other"), "{text}");
}

#[test]
fn live_tells_what_answered_and_what_did_not() {
    let home = Home::with(
        "sources: [{name: am, timeout: 2s, alertmanager: {urls: 'http://127.0.0.1:1'}}]\n\
         feeds: [{name: raid, plugin: {command: [/bin/echo, OK - fine]}}]\n",
    );
    let check = home.run(&["check", "--live", "--json"]);
    assert_eq!(code(&check), Some(3));
    let document: Value = serde_json::from_slice(&check.stdout).expect("one document");
    assert_eq!(document["files"][0]["problems"], serde_json::json!([]));
    assert_eq!((&document["live"][0]["name"], &document["live"][0]["ok"]), (&"am".into(), &false.into()));
    assert!(document["live"][0]["error"].as_str().is_some_and(|error| error.contains("connection refused")), "{document}");
    assert_eq!((&document["live"][1]["answer"], &document["live"][1]["ok"]), (&"healthy: OK - fine".into(), &true.into()));
    home.write("config.yaml", "feeds: [{name: raid, plugin: {command: [/bin/false]}}]");
    let bad = home.run(&["check", "--live"]);
    assert_eq!(code(&bad), Some(1), "{}", out(&bad));
    let last = |output: &Output| out(output).lines().last().expect("a line").to_owned();
    assert_eq!(last(&bad), "1 file, 0 errors, 0 warnings; answered, and is not well: feed raid");
    home.write("config.yaml", "sources: [{name: am, timeout: 2s, alertmanager: {urls: 'http://127.0.0.1:1'}}]");
    assert_eq!(last(&home.run(&["check", "--live"])), "1 file, 0 errors, 0 warnings; unreachable: source am");
}

/// A command of git that must succeed, whoever runs the tests.
fn git(folder: &std::path::Path, words: &str) {
    let mut git = std::process::Command::new("git");
    git.args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main", "-C"]).arg(folder);
    let output = git.args(words.split(' ')).output().expect("git runs");
    assert!(output.status.success(), "{words}: {output:?}");
}

#[test]
fn a_playbook_folder_that_is_behind_its_upstream_is_warned_of_and_no_error() {
    if support::missing("git") {
        return;
    }
    let home = Home::with("playbooks: [books]");
    std::fs::create_dir(home.path().join("origin")).expect("a folder");
    let (origin, books) = (home.path().join("origin"), home.path().join("books"));
    git(&origin, "init -q");
    git(&origin, "commit -q --allow-empty -m one");
    git(home.path(), "clone -q origin books");
    git(&books, "commit -q --allow-empty -m ours");
    let warned = |home: &Home| out(&home.run(&["check"])).contains("behind its upstream");
    assert!(!warned(&home), "one that is ahead lacks nothing");
    git(&origin, "commit -q --allow-empty -m two");
    git(&origin, "commit -q --allow-empty -m three");
    assert!(!warned(&home), "nothing is fetched");
    git(&books, "fetch -q");
    let check = home.run(&["check", "--strict"]);
    assert_eq!(code(&check), Some(0));
    assert!(out(&check).contains("books is 2 commits behind its upstream"), "{}", out(&check));
    assert!(!out(&home.run(&["check", "config.yaml"])).contains("behind its upstream"), "only this file was asked for");
    let document: Value = serde_json::from_slice(&home.run(&["check", "--json"]).stdout).expect("one document");
    assert!(document["surroundings"][0]["help"].as_str().is_some_and(|help| help.contains("pull")), "{document}");
}
