//! Runs that prove a restore: what `playbook verified` lists, and what a backup feed makes of it.

use super::*;
use serde_json::json;

const STEPS: &str = "## Steps\n\n### Restore it\n\n```sh\ntest ! -e \"$HOME/broken\"\n```\n\n## Verify\n\n\
    ### Rows are there\n\n```sh\ntest -e \"$HOME/rows\"\n```\n\n### They are new\n\n```sh\ntrue\n```\n";

fn stage() -> Stage {
    let stage = Stage::with("params:\n  SET: {type: string, default: shop}\n", STEPS);
    stage.home.write("rows", "");
    stage
}

fn run(stage: &Stage, more: &[&str]) -> (Value, i32) {
    stage.json(&[&["playbook", "run", "t", "--auto", "change"], more].concat())
}

fn verified(stage: &Stage, more: &[&str]) -> Vec<Value> {
    let (document, code) = stage.json(&[&["playbook", "verified", "t"], more].concat());
    assert_eq!((code, &document["schema"], &document["playbook"]), (0, &1.into(), &"t".into()));
    document["restores"].as_array().expect("a list").clone()
}

#[test]
fn a_run_that_verified_what_it_restored_is_proof_and_any_other_is_none() {
    let stage = stage();
    assert_eq!(verified(&stage, &[]), [] as [Value; 0]);
    let (dry, _) = run(&stage, &["--dry-run"]);
    std::fs::remove_file(stage.path().join("rows")).expect("it was there");
    let (failed, _) = run(&stage, &[]);
    assert_eq!(state_of(&failed, "rows-are-there"), "failed", "{failed}");
    // Somebody goes on all the same, by accepting the failure or by skipping the criterion: the rest holds and the run ends well.
    let (again, _) = stage.json(&["playbook", "accept", id(&failed), "rows-are-there", "--reason", "later"]);
    assert_eq!(again["run"]["state"], "completed-with-exceptions", "{again}");
    let (failed, _) = run(&stage, &[]);
    let (again, _) = stage.json(&["playbook", "skip", id(&failed), "rows-are-there", "--reason", "later"]);
    assert_eq!(again["run"]["state"], "completed-with-exceptions", "{again}");
    assert_eq!(verified(&stage, &[]), [] as [Value; 0], "{dry}");
    stage.home.write("rows", "");
    // Nothing is restored, and what was there all along holds.
    stage.home.write("broken", "");
    for how in ["accept", "skip"] {
        let (failed, _) = run(&stage, &[]);
        let (again, _) = stage.json(&["playbook", how, id(&failed), "restore-it", "--reason", "later"]);
        assert_eq!(again["run"]["state"], "completed-with-exceptions", "{again}");
    }
    assert_eq!(verified(&stage, &[]), [] as [Value; 0]);
    std::fs::remove_file(stage.path().join("broken")).expect("it was there");
    let (good, code) = run(&stage, &[]);
    assert_eq!((code, &good["run"]["state"]), (0, &"completed".into()));
    let found = verified(&stage, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["name"], &found[0]["by"]), (&good["run"]["id"], &"ana".into()));
    assert_eq!(found[0]["at"], good["run"]["verified_at"]);
    assert!(found[0]["took_s"].as_f64().is_some_and(|took| (0.0..600.0).contains(&took)), "{found:?}");
    assert_eq!(verified(&stage, &["--param", "SET=shop"]).len(), 1);
    assert_eq!(verified(&stage, &["--param", "SET=pay"]), [] as [Value; 0], "another data set was not restored");
    let table = String::from_utf8(stage.midwatch(&["playbook", "verified", "t"]).stdout).expect("text");
    assert!(table.starts_with("VERIFIED") && table.contains("ana"), "{table}");
}

#[test]
fn a_backup_feed_takes_the_journals_word_for_a_restore() {
    let stage = stage();
    let asked = json!([env!("CARGO_BIN_EXE_midwatch"), "--data", "data", "playbook", "verified", "t", "--json"]);
    let restore = json!({"command": asked, "every": "90days", "rto": "1h"});
    let backups = json!(["sh", "-c", "date -u +'[{\"at\": \"%Y-%m-%dT%H:%M:%SZ\"}]'"]);
    let feed = json!({"name": "dumps", "backup": {"command": backups, "rpo": "25h", "restore": restore}});
    let config = std::fs::read_to_string(stage.path().join("config.yaml")).expect("there");
    stage.home.write("config.yaml", &format!("{config}feeds: [{feed}]\n"));
    let told = || {
        let (document, _) = stage.json(&["feeds", "--once"]);
        let feed = &document["feeds"][0];
        (feed["state"].as_str().expect("a state").to_owned(), feed["message"].as_str().expect("a message").to_owned())
    };
    assert_eq!(told(), ("degraded".into(), "never restored: nobody knows whether it can be".into()));
    assert_eq!(run(&stage, &[]).1, 0);
    let (state, message) = told();
    assert!(state == "healthy" && message.contains("; restored "), "{state}: {message}");
}
