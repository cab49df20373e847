//! The flow: what waits, what goes on, what every way of failing leads to.

use crate::{Stage, id, state_of, told};

const THREE: &str = "## Before you start\n\n### Look\n\n```sh\ntrue\n```\n\n## Steps\n\n### Change it\n\n- **timeout:** 10s\n\n\
    ```sh\necho changed >> ../work/log\n```\n\n## Verify\n\n### Check it\n\n```sh\ngrep -q changed ../work/log\n```\n";

fn step(fields: &str, block: &str) -> String {
    format!("## Steps\n\n### Do it\n\n{fields}\n\n```sh\n{block}\n```\n")
}

#[test]
fn without_a_person_and_without_auto_nothing_runs() {
    let stage = Stage::new(THREE);
    let (run, code) = stage.json(&["playbook", "run", "t"]);
    assert_eq!((code, run["run"]["state"].as_str()), (1, Some("waiting")));
    assert_eq!(
        (state_of(&run, "look"), state_of(&run, "change-it"), state_of(&run, "check-it")),
        ("ready", "pending", "pending")
    );
    assert_eq!(run["steps"][0]["attempts"].as_array().map(Vec::len), Some(0));
}

#[test]
fn auto_reads_alone_and_a_confirmation_given_before_starts_the_change() {
    let stage = Stage::new(THREE);
    let (run, code) = stage.json(&["playbook", "run", "t", "--auto", "read"]);
    assert_eq!((code, state_of(&run, "look"), state_of(&run, "change-it")), (1, "succeeded", "awaiting-confirm"));
    assert_eq!(stage.wrote("log"), "");
    let (done, code) = stage.json(&["playbook", "confirm", id(&run), "change-it"]);
    assert_eq!((code, done["run"]["state"].as_str()), (0, Some("completed")), "{done}");
    assert_eq!(stage.wrote("log"), "changed\n");
    assert!(done["run"]["ended_at"].is_string() && done["run"]["verified_at"].is_string());
    let (again, code) = stage.json(&["playbook", "run", "t", "--auto", "read", "--confirm", "change-it=yes"]);
    assert_eq!((code, again["run"]["state"].as_str()), (0, Some("completed")));
    assert_eq!(again["steps"][1]["attempts"][0]["exit_code"], 0);
}

#[test]
fn a_destructive_step_wants_its_target_typed() {
    let front = "params:\n  HOST: {type: host, default: db-2}\n";
    let fields = "- **risk:** destructive\n- **confirm:** type `$HOST`\n- **timeout:** 9s";
    let stage = Stage::with(front, &step(fields, "echo $HOST >> ../work/log"));
    let (run, _) = stage.json(&["playbook", "run", "t"]);
    let wrong = stage.midwatch(&["playbook", "confirm", id(&run), "do-it=db-1"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(told(&wrong).contains("`db-2`"), "{}", told(&wrong));
    assert_eq!(stage.wrote("log"), "");
    let (done, code) = stage.json(&["playbook", "confirm", id(&run), "do-it=db-2"]);
    assert_eq!((code, done["run"]["state"].as_str()), (0, Some("completed")));
    assert_eq!(stage.wrote("log"), "db-2\n");
}

#[test]
fn a_step_that_the_run_is_not_at_can_not_be_started() {
    let stage = Stage::new(THREE);
    let (run, _) = stage.json(&["playbook", "run", "t", "--auto", "read"]);
    let wrong = stage.midwatch(&["playbook", "confirm", id(&run), "check-it"]);
    assert!(told(&wrong).contains("the run is at “Change it”"), "{}", told(&wrong));
}

#[test]
fn a_failure_waits_and_can_be_retried_accepted_or_skipped() {
    let block = "echo try >> ../work/log; test -e ../work/mended";
    for (verb, state, code) in
        [("retry", "completed", 0), ("accept", "completed-with-exceptions", 0), ("skip", "completed-with-exceptions", 0)]
    {
        let stage = Stage::new(&step("- **timeout:** 9s", block));
        let (run, failed) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
        assert_eq!((failed, run["run"]["state"].as_str(), state_of(&run, "do-it")), (1, Some("waiting"), "failed"));
        std::fs::write(stage.path().join("work/mended"), "").expect("written");
        let reason: &[&str] = if verb == "retry" { &[] } else { &["--reason", "we know"] };
        let (done, exit) = stage.json(&[&["playbook", verb, id(&run), "do-it"], reason].concat());
        assert_eq!((done["run"]["state"].as_str(), exit), (Some(state), code), "{verb}: {done}");
        assert_eq!(stage.wrote("log").lines().count(), if verb == "retry" { 2 } else { 1 }, "{verb}");
    }
}

#[test]
fn on_fail_stops_continues_or_jumps() {
    let two = |fields: &str| {
        format!(
            "{}\n### Skipped\n\n```sh\necho skipped >> ../work/log\n```\n\n### Mend it\n\n```sh\necho mended >> ../work/log\n```\n",
            step(fields, "false")
        )
    };
    for (on_fail, state, log) in [
        ("stop", "failed", ""),
        ("continue", "completed-with-exceptions", "skipped\nmended\n"),
        ("[mend](#mend-it)", "completed", "mended\n"),
    ] {
        let stage = Stage::new(&two(&format!("- **on fail:** {on_fail}\n- **timeout:** 9s")));
        let (run, _) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
        assert_eq!((run["run"]["state"].as_str(), stage.wrote("log").as_str()), (Some(state), log), "{on_fail}: {run}");
    }
}

#[test]
fn a_precondition_that_does_not_hold_blocks_the_run() {
    let stage = Stage::new(&THREE.replace("true", "false"));
    let (run, code) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!((code, run["run"]["state"].as_str(), state_of(&run, "change-it")), (1, Some("blocked"), "pending"));
}

#[test]
fn outputs_reach_later_steps_and_a_missing_one_fails_its_step() {
    let text = "## Steps\n\n### Measure\n\n- **outputs:** `GAP`\n\n```sh\necho \"GAP=$N\" >> \"$PLAYBOOK_OUT\"\n```\n\n\
        ### Use\n\n```sh\necho \"gap $GAP\" >> ../work/log\n```\n";
    let front = "params:\n  N: {type: string, required: false}\n";
    let stage = Stage::with(front, text);
    let (run, code) = stage.json(&["playbook", "run", "t", "--auto", "change", "--param", "N=7"]);
    assert_eq!((code, stage.wrote("log").as_str()), (0, "gap 7\n"), "{run}");
    let (run, _) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!(state_of(&run, "measure"), "failed", "`sh -u` refuses a parameter without a value");
}

#[test]
fn a_condition_decides_whether_a_step_is_wanted() {
    let text = "## Steps\n\n### First\n\n```sh\ntrue\n```\n\n### Never\n\n- **when:** step `first` failed\n\n```sh\necho never >> ../work/log\n```\n\n\
        ### Last\n\n- **when:** step `never` not-started\n\n```sh\necho last >> ../work/log\n```\n";
    let stage = Stage::new(text);
    let (run, code) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!((code, run["run"]["state"].as_str()), (0, Some("completed")), "{run}");
    assert_eq!((state_of(&run, "never"), stage.wrote("log").as_str()), ("skipped", "last\n"));
}

#[test]
fn a_check_is_tried_again_until_it_holds() {
    let block = "echo try >> ../work/log; test \"$(wc -l < ../work/log)\" -ge 3";
    let text = format!("## Verify\n\n### Wait for it\n\n- **retry:** 5 times every 10ms\n\n```sh\n{block}\n```\n");
    let stage = Stage::new(&text);
    let (run, code) = stage.json(&["playbook", "run", "t", "--auto", "read"]);
    assert_eq!((code, stage.wrote("log").lines().count()), (0, 3), "{run}");
    assert_eq!(run["steps"][0]["attempts"].as_array().map(Vec::len), Some(1), "tries are one attempt");
}

#[test]
fn a_timeout_is_told_as_one() {
    let stage = Stage::new(&step("- **timeout:** 300ms", "sleep 1000"));
    let (run, code) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!((code, state_of(&run, "do-it")), (1, "timed-out"));
}

#[test]
fn a_manual_step_is_ticked_item_by_item() {
    let stage = Stage::new("## Steps\n\n### By hand\n\n- [ ] one\n- [ ] two\n\n### Then\n\n```sh\ntrue\n```\n");
    let (run, _) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!(state_of(&run, "by-hand"), "awaiting-input");
    let early = stage.midwatch(&["playbook", "confirm", id(&run), "by-hand"]);
    assert!(told(&early).contains("2 items that are not ticked"), "{}", told(&early));
    stage.json(&["playbook", "tick", id(&run), "by-hand", "2"]);
    let (done, code) = stage.json(&["playbook", "tick", id(&run), "by-hand", "1"]);
    assert_eq!((code, done["run"]["state"].as_str()), (0, Some("completed")), "{done}");
}

#[test]
fn a_secret_reaches_the_command_and_nothing_that_is_written() {
    let front = "params:\n  TOKEN: {type: secret, from: env.TEST_TOKEN}\n";
    let stage = Stage::with(
        front,
        &step("- **timeout:** 9s", "test \"$TOKEN\" = tops3cret && echo right >> ../work/log; echo \"got $TOKEN\""),
    );
    let stage = Stage { home: stage.home.env("TEST_TOKEN", "tops3cret") };
    let (run, code) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!((code, stage.wrote("log").as_str()), (0, "right\n"), "{run}");
    let journal = std::fs::read(stage.path().join("data/journal.db")).or_else(|_| everything(stage.path()));
    let journal = journal.expect("the journal");
    assert!(!journal.windows(9).any(|part| part == b"tops3cret"), "the secret stands in the journal");
}

/// All files of the data folder itself.
fn everything(home: &std::path::Path) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    for file in std::fs::read_dir(home.join("data"))? {
        let path = file?.path();
        if path.is_file() {
            all.extend(std::fs::read(path)?);
        }
    }
    Ok(all)
}

#[test]
fn a_wrong_parameter_prepares_nothing() {
    let stage = Stage::with("params:\n  PORT: {type: port}\n", THREE);
    for args in [&["--param", "PORT=none"][..], &["--param", "PROT=1"], &[]] {
        let refused = stage.midwatch(&[&["playbook", "run", "t"], args].concat());
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(told(&refused).contains("parameter P"), "{}", told(&refused));
    }
    assert_eq!(stage.open_run(), None);
}

#[test]
fn a_run_keeps_the_text_that_it_began_with() {
    let stage = Stage::new(THREE);
    let (run, _) = stage.json(&["playbook", "run", "t", "--auto", "read"]);
    stage.home.write("books/t.md", "# Something else\n\n## Steps\n\n### Other\n\nNothing.\n");
    let (done, code) = stage.json(&["playbook", "confirm", id(&run), "change-it"]);
    assert_eq!((code, done["run"]["state"].as_str()), (0, Some("completed")), "{done}");
    assert_eq!(stage.wrote("log"), "changed\n");
}

#[test]
fn manual_mode_executes_nothing() {
    let stage = Stage::new(THREE);
    let (run, _) = stage.json(&["playbook", "run", "t", "--manual", "--auto", "change"]);
    assert_eq!((run["run"]["mode"].as_str(), state_of(&run, "look")), (Some("manual"), "awaiting-input"));
    for step in ["look", "change-it"] {
        stage.json(&["playbook", "confirm", id(&run), step]);
    }
    let (done, code) = stage.json(&["playbook", "confirm", id(&run), "check-it"]);
    assert_eq!((code, done["run"]["state"].as_str(), stage.wrote("log").as_str()), (0, Some("completed"), ""));
}
