//! Diagnoses in a real console: the checks of a playbook that fits are there when somebody opens it, and a storm stays small.

use crate::support::fake_alertmanager::FakeAlertmanager;
use crate::support::home::Home;
use crate::support::pty::Pty;
use crate::support::servers::Alertmanager;
use crate::support::{self, until};
use midwatch::domain::entry::{Entry, Kind};
use midwatch::journal::{Journal, Options, SqliteJournal};
use std::sync::Arc;

const BOOK: &str = "---\nplaybook: 1\nid: mend\ntitle: Mend the disk\nalerts: [{alertname: DiskFull}]\n\
    params:\n  WHERE: {type: string, from: label.instance}\n---\n\n# Mend the disk\n\n## Before you start\n\n\
    ### It is full\n\n```sh\necho \"$WHERE\" >> \"$HOME/looked\"\necho \"$WHERE is full in $PLAYBOOK_MODE\"\n```\n\n\
    ### There is a spare\n\n```sh\necho 'no spare'\nexit 3\n```\n\n## Steps\n\n### Change it\n\n```sh\necho changed >> \"$HOME/changed\"\n```\n";

fn home(url: &str, diagnose: &str) -> Home {
    let home = Home::new();
    let books = home.path().join("books").display().to_string();
    home.write("books/mend.md", BOOK);
    home.write(
        "config.yaml",
        &format!(
            "operator: {{name: ana}}\nplaybooks: {{folders: [{books}]{diagnose}}}\n\
             sources: [{{name: am, every: 200ms, alertmanager: {{urls: [\"{url}\"]}}}}]\n"
        ),
    );
    home
}

fn console(home: &Home) -> Pty {
    home.console(&["--data", "data"], 120, 40)
}

fn looked(home: &Home) -> Vec<String> {
    let text = std::fs::read_to_string(home.path().join("looked")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn entries(home: &Home) -> Vec<Arc<Entry>> {
    let options = Options { read_only: true, ..Options::default() };
    SqliteJournal::open(&home.path().join("data"), options).expect("opens").recent(5_000).expect("reads")
}

fn quit(mut console: Pty) {
    console.keys("q");
    assert!(console.wait_exit().success());
}

const ALERT: &str = r#"[{"labels": {"alertname": "DiskFull", "severity": "critical", "instance": "db-1"}}]"#;

#[test]
fn the_evidence_is_there_when_the_playbook_is_opened_and_after_a_restart_too() {
    if support::missing("prometheus-alertmanager") {
        return;
    }
    let am = Alertmanager::start(1);
    am.post(0, ALERT);
    let home = home(&am.url(0), ", diagnose: true");
    let mut first = console(&home);
    first.wait_for("CRIT DiskFull");
    first.wait_for("✓✗");
    first.keys("p");
    first.wait_for("▌Mend the disk");
    first.keys("o");
    first.wait_for("Diagnosis: Mend the disk");
    first.wait_for("│ db-1 is full in diagnosis");
    first.wait_for("│ no spare");
    first.keys("\u{1b}");
    first.wait_gone("Diagnosis: Mend the disk");
    quit(first);

    let of_runs: Vec<_> = entries(&home).into_iter().filter(|entry| entry.run.is_some()).collect();
    assert_eq!(of_runs.len(), 6, "{of_runs:#?}");
    assert!(of_runs.iter().all(|entry| entry.text.starts_with("diagnosis: ") && entry.actor.name == "diagnosis"));
    let list = home.json(&["--data", "data", "playbook", "list"]);
    assert_eq!(list["runs"].as_array().map(Vec::len), Some(0), "it is none of people's runs: {list}");

    // The same episode, in another console: what was seen is known, and nothing is run once more.
    let mut second = console(&home);
    second.wait_for("✓✗");
    second.keys("po");
    second.wait_for("exit 3");
    second.keys("o");
    second.wait_for("Output of There is a spare");
    second.wait_for("no spare");
    second.keys("\u{1b}");
    second.wait_gone("Output of");
    second.keys("\u{1b}");
    second.wait_gone("Diagnosis:");
    // A run trusts nothing of it: its first check is still to be made.
    second.keys("r");
    second.wait_for("looked at again.");
    second.keys("\r");
    second.wait_for("step 1 of 3");
    assert_eq!(looked(&home), ["db-1"]);
    second.keys("r");
    until("the check of the run", || (looked(&home).len() == 2).then_some(()));
    drop(second);
    assert!(!home.path().join("changed").exists(), "a diagnosis changes nothing");
}

#[test]
fn nothing_is_looked_at_unless_the_configuration_says_so() {
    let am = FakeAlertmanager::start();
    am.fire(&[("alertname", "DiskFull"), ("severity", "critical"), ("instance", "db-1")]);
    let home = home(am.url.as_str(), "");
    let mut first = console(&home);
    first.wait_for("fits this alert");
    let polls = am.hits().len();
    until("more polls", || (am.hits().len() > polls + 9).then_some(()));
    quit(first);
    // Whether somebody was called of it is another matter.
    assert!(entries(&home).iter().all(|entry| matches!(entry.kind, Kind::AlertFired | Kind::Console)));
    assert!(looked(&home).is_empty());
}

#[test]
fn a_storm_of_hostile_alerts_starts_six_and_shows_that_the_others_wait() {
    let am = FakeAlertmanager::start();
    for number in 0..300 {
        let instance = format!("$(touch pwned); `touch pwned` {number:03}");
        am.fire(&[("alertname", "DiskFull"), ("severity", "critical"), ("instance", &instance)]);
    }
    let home = home(am.url.as_str(), ", diagnose: true");
    let mut first = console(&home);
    until("as many as may be", || (looked(&home).len() >= 6).then_some(()));
    first.keys("G");
    first.wait_for("checks wait");
    let polls = am.hits().len();
    until("more polls", || (am.hits().len() > polls + 9).then_some(()));
    quit(first);
    let looked = looked(&home);
    assert_eq!(looked.len(), 6, "{looked:?}");
    assert!(looked.iter().all(|line| line.starts_with("$(touch pwned); `touch pwned` ")), "{looked:?}");
    assert!(!home.path().join("pwned").exists() && !home.path().join("books/pwned").exists());
    let begun = entries(&home).iter().filter(|entry| entry.kind == Kind::Run).count();
    assert_eq!(begun, 6);
}
