//! What was practised, as `midwatch readiness` and `midwatch drill` tell it: of runs that really were, in a home of their own.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use chrono::{NaiveTime, TimeDelta, Utc};
use midwatch::domain::practice::Week;
use serde_json::Value;
use std::time::Duration;
use support::home::Home;
use support::until_within;

const DATA: &[&str] = &["--data", "data"];

/// A playbook that fails its first step where the file `broken` is, and says what would have been lost.
fn book(id: &str, front: &str) -> String {
    format!(
        "---\nplaybook: 1\nid: {id}\ntitle: Book of {id}\nowner: team\nreviewed: 2026-11-01\nreview-every: 365d\n{front}---\n\n\
         # Book of {id}\n\n## Steps\n\n### Do\n\n- **risk:** change\n- **timeout:** 9s\n- **on fail:** stop\n\n```sh\n\
         test ! -e \"$HOME/broken\"\n```\n\n\
         ### Measure\n\n- **timeout:** 9s\n- **outputs:** `LOSS_SECONDS`\n\n```sh\necho \"LOSS_SECONDS=$(cat \"$HOME/loss\" || echo 0)\" >> \"$PLAYBOOK_OUT\"\n```\n\n\
         ## Verify\n\n### Holds\n\n- **timeout:** 9s\n\n```sh\ntrue\n```\n\n\
         ## Drill setup\n\n### Make\n\n- **timeout:** 9s\n\n```sh\ntrue\n```\n"
    )
}

/// A lab with three playbooks, two of them of one service.
fn lab(practice: &str) -> Home {
    let home = Home::with(&format!(
        "operator: {{name: ana, role: on-call}}\nenvironment: lab\nplaybooks: [books]\n\
         services:\n  - {{name: shop, tier: 1, playbooks: [take-over]}}\n{practice}"
    ));
    home.write("books/take-over.md", &book("take-over", "practice: failover\npurpose: recovery\nrto: 10m\ndrill-every: 4w\n"));
    let front = "practice: recovery\npurpose: recovery\nservices: [shop]\nrpo: 1m\ndrill-every: 12w\n";
    home.write("books/bring-back.md", &book("bring-back", front));
    home.write(
        "books/other.md",
        &book("other", "practice: backup\npurpose: recovery\ndrill-every: never\nx-reason: a vendor does it\n"),
    );
    home
}

fn practise(home: &Home, name: &str, more: &[&str]) -> Value {
    let args = [&["playbook", "run", name, "--drill", "--auto", "change"], more, DATA].concat();
    home.json(&args)["run"].clone()
}

fn readiness(home: &Home) -> Value {
    home.json(&[&["readiness"], DATA].concat())
}

#[track_caller]
fn row(board: &Value, name: &str) -> Value {
    let rows = board["playbooks"].as_array().expect("rows").iter();
    rows.clone().find(|row| row["playbook"] == name).unwrap_or_else(|| panic!("{name} in {board}")).clone()
}

#[track_caller]
fn cell(board: &Value, practice: &str) -> Value {
    let cells = board["coverage"].as_array().expect("cells").iter();
    cells.clone().find(|cell| cell["service"] == "shop" && cell["practice"] == practice).expect("a cell")["state"].clone()
}

#[test]
fn what_was_never_practised_is_worse_than_what_failed_and_a_dry_run_is_no_practice() {
    let home = lab("");
    let board = readiness(&home);
    assert_eq!(
        (row(&board, "take-over")["state"].clone(), row(&board, "take-over")["score"].clone()),
        ("never".into(), 0.into())
    );
    assert_eq!(row(&board, "other")["state"], "exempt");
    assert_eq!(row(&board, "take-over")["badge"], "never practised");
    home.json(&[&["playbook", "run", "take-over", "--dry-run"], DATA].concat());
    assert_eq!(row(&readiness(&home), "take-over")["state"], "never");

    home.write("broken", "");
    assert_eq!(practise(&home, "take-over", &[])["state"], "failed");
    let board = readiness(&home);
    let failed = row(&board, "take-over");
    assert_eq!(
        (failed["state"].as_str(), failed["verdict"].as_str(), failed["score"].as_u64()),
        (Some("failed"), Some("fail"), Some(20))
    );
    assert!(failed["badge"].as_str().expect("a badge").ends_with("never proven"), "{failed}");
    assert_eq!((cell(&board, "failover"), cell(&board, "recovery")), ("failed".into(), "never".into()));

    std::fs::remove_file(home.path().join("broken")).expect("mended");
    assert_eq!(practise(&home, "take-over", &[])["state"], "completed");
    let board = readiness(&home);
    let proven = row(&board, "take-over");
    assert_eq!(
        (proven["state"].as_str(), proven["verdict"].as_str(), proven["times"].as_u64()),
        (Some("fresh"), Some("pass"), Some(2))
    );
    let badge = proven["badge"].as_str().expect("a badge");
    assert!(badge.starts_with("last proven ") && badge.ends_with(" of 10m00s"), "{badge}");
    assert_eq!((proven["last"]["by"].as_str(), proven["last"]["drill"].as_bool()), (Some("ana"), Some(true)));
    assert_eq!(cell(&board, "failover"), "fresh");
}

#[test]
fn what_was_lost_is_held_against_the_rpo_and_a_changed_text_is_told() {
    let home = lab("");
    home.write("loss", "90");
    assert_eq!(practise(&home, "bring-back", &[])["state"], "completed");
    let late = row(&readiness(&home), "bring-back");
    assert_eq!((late["verdict"].as_str(), late["last"]["lost_s"].as_f64()), (Some("fail"), Some(90.0)), "{late}");
    assert!(late["proven"].is_null(), "nothing is proven by it: {late}");
    home.write("loss", "12");
    practise(&home, "bring-back", &[]);
    assert_eq!(row(&readiness(&home), "bring-back")["verdict"], "pass");
    let text = std::fs::read_to_string(home.path().join("books/bring-back.md")).expect("the playbook");
    home.write("books/bring-back.md", &(text + "\nMore.\n"));
    let changed = row(&readiness(&home), "bring-back");
    assert_eq!((changed["changed"].as_bool(), changed["state"].as_str()), (Some(true), Some("fresh")));
    assert!(changed["score"].as_u64() < Some(95), "{changed}");
}

#[test]
fn a_set_of_data_is_proven_by_the_newest_restore_of_its_service_and_by_nothing_else() {
    let set = |name: &str, service: &str| {
        format!("  - {{name: {name}, {service} every: 1h, backup: {{folder: /nowhere, files: \"~x\", rpo: 25h}}}}\n")
    };
    let home = lab(&format!("feeds:\n{}{}", set("shop-dumps", "service: shop,"), set("old-dumps", "")));
    practise(&home, "take-over", &[]);
    let restores = |home: &Home| readiness(home)["restores"].clone();
    let never = restores(&home);
    assert_eq!(
        (&never[0]["feed"], &never[0]["state"], &never[0]["proof"]),
        (&"shop-dumps".into(), &"never".into(), &Value::Null)
    );
    assert_eq!(never[0]["playbooks"], serde_json::json!(["bring-back"]), "a failover restores nothing");
    assert_eq!((&never[1]["state"], &never[1]["playbooks"]), (&"never".into(), &serde_json::json!([])));

    let run = practise(&home, "bring-back", &[]);
    let proven = restores(&home);
    assert_eq!((&proven[0]["state"], &proven[0]["proof"]["run"]), (&"fresh".into(), &run["id"]));
    assert_eq!(proven[1]["state"], "never", "whose data it is nobody has said");
    home.write("broken", "");
    practise(&home, "bring-back", &[]);
    let failed = restores(&home);
    assert_eq!(
        (&failed[0]["state"], &failed[0]["proof"]["run"]),
        (&"failed".into(), &run["id"]),
        "what was proven is still told"
    );

    let text = String::from_utf8(home.run(&[&["readiness"], DATA].concat()).stdout).expect("text");
    assert!(text.contains("shop-dumps") && text.contains("; failed since"), "{text}");
    assert!(text.contains("never restored: no playbook of recovery is for its service"), "{text}");
    let page = String::from_utf8(home.run(&[&["readiness", "--html", "-"], DATA].concat()).stdout).expect("a page");
    assert!(page.contains("<h2>Restores</h2>") && page.contains("old-dumps<br><small>of no service</small>"), "{page}");
    assert!(page.contains("<td class=\"state never\">never</td><td>never restored"), "{page}");
}

#[test]
fn a_loss_that_nobody_can_read_is_a_finding_and_the_scene_of_a_drill_costs_no_time() {
    let home = lab("");
    home.write("loss", "90s");
    practise(&home, "bring-back", &[]);
    let odd = row(&readiness(&home), "bring-back");
    assert_eq!((odd["verdict"].as_str(), odd["last"]["lost_s"].is_null()), (Some("pass-with-findings"), true), "{odd}");
    let run = home.json(&[&["playbook", "run", "bring-back", "--auto", "change"], DATA].concat());
    assert_eq!(run["run"]["state"], "completed", "{run}");
    let text = home.run(&[&["readiness"], DATA].concat());
    assert!(String::from_utf8_lossy(&text.stdout).contains("live, in no incident"));
}

#[test]
fn a_real_incident_counts_and_is_told_to_be_one() {
    let home = lab("");
    home.run(&[&["incident", "open", "no payments"], DATA].concat());
    let run = home.json(&[&["playbook", "run", "take-over", "--auto", "change", "--incident", "INC-1"], DATA].concat());
    assert_eq!(run["run"]["state"], "completed", "{run}");
    let real = row(&readiness(&home), "take-over");
    assert_eq!((real["state"].as_str(), real["last"]["drill"].as_bool()), (Some("fresh"), Some(false)));
    let text = home.run(&[&["readiness"], DATA].concat());
    assert!(String::from_utf8_lossy(&text.stdout).contains("in a real incident"));
}

/// The rest of the test falls into one week: two minutes before it ends are waited out.
fn within_a_week() {
    let left = || {
        let next = Week::of(Utc::now()).after(1).monday().and_time(NaiveTime::MIN).and_utc();
        (next - Utc::now() > TimeDelta::minutes(2)).then_some(())
    };
    until_within(Duration::from_secs(180), "the next week", left);
}

#[test]
fn a_turn_that_is_put_off_stays_in_view_and_the_next_one_comes_up() {
    within_a_week();
    let home = lab("");
    let first = readiness(&home)["week"]["playbook"].as_str().expect("a turn").to_owned();
    let nothing = home.run(&[&["drill", "skip", "--reason", " "], DATA].concat());
    assert_eq!(nothing.status.code(), Some(2), "{nothing:?}");
    let skipped = home.run(&[&["drill", "skip", "--reason", "the | freeze"], DATA].concat());
    assert!(skipped.status.success(), "{skipped:?}");
    let board = readiness(&home);
    assert_ne!(board["week"]["playbook"], first.as_str());
    assert_eq!(board["week"]["put_off"][0]["reason"], "the | freeze");
    assert_eq!(row(&board, &first)["put_off"]["by"], "ana");
    let unknown = home.run(&[&["drill", "skip", "take-ove", "--reason", "x"], DATA].concat());
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean `take-over`?"), "{unknown:?}");
}

#[test]
fn the_turn_of_a_week_stays_when_it_was_taken_and_held_weeks_have_none() {
    within_a_week();
    let home = lab("");
    let turn = |home: &Home| readiness(home)["week"].clone();
    let before = turn(&home);
    let ours = before["playbook"].as_str().expect("a turn").to_owned();
    assert_eq!(practise(&home, &ours, &[])["state"], "completed");
    let after = turn(&home);
    assert_eq!(
        (after["playbook"].as_str(), after["done"].as_bool(), after["streak"].as_u64()),
        (Some(ours.as_str()), Some(true), Some(1))
    );

    let held = lab("practice: {hold: [{from: 2000-01-01, to: 2999-12-31, why: a freeze}]}\n");
    assert_eq!(turn(&held)["held"], "a freeze");
    let wrong = lab("practice: {hold: [{from: 2026-12-24, to: 2026-12-01}]}\n");
    let refused = wrong.run(&["check"]);
    assert!(String::from_utf8_lossy(&[refused.stdout, refused.stderr].concat()).contains("before it begins"));
}

#[test]
fn whoever_watches_without_a_screen_raises_the_turns_that_were_not_kept() {
    let Some(clock) = support::preload::built("clock") else { return };
    let home = lab("");
    // Three weeks ago somebody practised, and nobody has since.
    let mut then = home.command(&[&["playbook", "run", "take-over", "--drill", "--auto", "change"], DATA].concat());
    let file = home.path().join("config.yaml");
    then.envs([clock.variable()]).env("CLOCK_FILE", file).env("CLOCK_STEP", (-21 * 86_400).to_string());
    assert!(then.output().expect("runs").status.success());
    let _serve = support::serving::Serve(home.command(&[&["serve"], DATA].concat()).spawn().expect("it starts"));
    let overdue = || {
        let log = home.json(&[&["log", "--lines", "100"], DATA].concat());
        let entries = log["entries"].as_array().expect("entries");
        let of = |entry: &&Value| entry["alert"].as_str().is_some_and(|id| id.starts_with("practice/"));
        entries.iter().filter(of).any(|entry| entry["kind"] == "alert-fired").then_some(())
    };
    until_within(Duration::from_secs(30), "the overdue turns", overdue);
}

#[test]
fn a_finding_is_open_until_somebody_says_what_became_of_it() {
    let home = lab("");
    let run = practise(&home, "take-over", &[])["id"].as_str().expect("an id").to_owned();
    let found = home.run(
        &[&["drill", "find", "The", "key <b>was</b> wrong", "--run", &run, "--owner", "ben", "--due", "2026-12-24"], DATA]
            .concat(),
    );
    assert!(found.status.success(), "{found:?}");
    let list = home.json(&[&["drill", "list"], DATA].concat());
    let finding = &list["findings"][0];
    assert_eq!((finding["text"].as_str(), finding["owner"].as_str()), (Some("The key <b>was</b> wrong"), Some("ben")));
    assert_eq!((finding["run"].as_str(), finding["due"].as_str()), (Some(run.as_str()), Some("2026-12-24")));
    assert_eq!(row(&readiness(&home), "take-over")["findings"], 1);
    let config = std::fs::read_to_string(home.path().join("config.yaml")).expect("it is there");
    home.write("config.yaml", &(config + "export: {redact: ['key <b>']}\n"));
    let page = home.run(&[&["readiness", "--html", "-"], DATA].concat());
    let page = String::from_utf8(page.stdout).expect("text");
    assert!(page.contains("The •••was&lt;/b&gt; wrong") && !page.contains("<b>was"), "{page}");
    assert!(page.contains("class=\"state never\"") && page.contains("take-over") && page.contains("ben"), "{page}");
    let id = finding["id"].as_str().expect("an id").to_owned();
    assert!(home.run(&[&["drill", "close", &id, "--reason", "the key is in the vault"], DATA].concat()).status.success());
    let list = home.json(&[&["drill", "list"], DATA].concat());
    assert_eq!(list["findings"][0]["closed"]["how"], "the key is in the vault");
    assert_eq!(row(&readiness(&home), "take-over")["findings"], 0);
    let again = home.run(&[&["drill", "close", &id, "--reason", "twice"], DATA].concat());
    assert_eq!(again.status.code(), Some(2), "{again:?}");
    home.run(&[&["drill", "find", "The", "key <b>was</b> wrong", "--run", &run], DATA].concat());
    assert_eq!(row(&readiness(&home), "take-over")["findings"], 1, "the same again is found anew");
}

#[test]
fn the_schedule_names_a_week_for_each_turn() {
    let home = lab("");
    let weeks = home.json(&[&["drill", "schedule", "--weeks", "40"], DATA].concat())["weeks"].clone();
    let turns: Vec<&str> = weeks.as_array().expect("weeks").iter().filter_map(|week| week["playbook"].as_str()).collect();
    assert_eq!(turns.len(), 40);
    let ours = turns.iter().enumerate().filter(|(_, turn)| **turn == "take-over").map(|(week, _)| week).collect::<Vec<_>>();
    assert!(ours.windows(2).all(|two| two[1] - two[0] <= 4), "every four weeks: {ours:?}");
    assert!(ours.first().is_some_and(|first| *first < 4), "{ours:?}");
    assert!(!turns.contains(&"other") && !turns.contains(&"weekly-practice"), "{turns:?}");
}
