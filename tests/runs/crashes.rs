//! The table of the design, on real runs: the console is killed at every write of its journal, then the supervisor, then both, then the
//! machine is restarted. What a `status` block can tell, the next console finds out by itself; the rest it asks.

use crate::support::preload::{self, Preload};
use crate::support::until;
use crate::{Stage, id, state_of, told};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Child;

/// A step that leaves a mark when it begins and one when it ends, and whose `status` looks for the second.
fn step(name: &str, fields: &str, pause: &str) -> String {
    format!(
        "### {name}\n\n- **timeout:** 20s\n{fields}\n\n```sh\necho begin {name} >> ../work/log; sleep {pause}; echo end {name} >> ../work/log\n```\n\n\
         ```sh status\ngrep -q 'end {name}' ../work/log\n```\n\n"
    )
}

fn five(pause: &str) -> String {
    let steps = [step("one", "", pause), step("two", "", pause), step("three", "- **risk:** destructive", pause)].concat();
    format!(
        "## Before you start\n\n### Look\n\n```sh\necho look >> ../work/looks\n```\n\n## Steps\n\n{steps}## Verify\n\n### Check\n\n```sh\ngrep -q 'end three' ../work/log\n```\n"
    )
}

const WHOLE: &str = "begin one\nend one\nbegin two\nend two\nbegin three\nend three\n";

fn start(stage: &Stage) -> Child {
    let args = ["--data", "data", "--quiet", "playbook", "run", "t", "--auto", "change"];
    stage.home.command(&args).spawn().expect("midwatch starts")
}

fn die(mut console: Child) {
    console.kill().expect("killed");
    console.wait().expect("gone");
}

/// Resumes until it needs a person, and says what a person would see in the log. Nothing may have been run twice.
fn bring_home(stage: &Stage, run: &str) -> Value {
    let (mut document, _) = stage.json(&["playbook", "resume", run]);
    for _ in 0..4 {
        let steps = document["steps"].as_array().expect("steps").clone();
        let Some(step) = steps.iter().find(|step| step["state"] == "unknown" || step["state"] == "failed") else { break };
        let name = step["id"].as_str().expect("an id");
        let began = stage.wrote("log").contains(&format!("begin {name}"));
        assert!(!began, "{name} ran, and its end is said to be {}: {document}", step["state"]);
        document = match step["state"].as_str() {
            Some("unknown") => stage.json(&["playbook", "answer", run, name, "not-done", "--note", "nothing of it is there"]).0,
            // What destroys is confirmed again by its target.
            _ => {
                stage
                    .json(&["playbook", "retry", run, &if name == "three" { "three=three".to_owned() } else { name.to_owned() }])
                    .0
            }
        };
    }
    document
}

/// Runs the five steps under a console that is killed at the commit of this number of its journal: before anything of it is written
/// (`first`, `before`) or as soon as it is on the disk (`fsync`, `after`), and nobody has heard of it. False once there are fewer commits.
fn dies_at(library: &Preload, (op, when): (&str, &str), commit: usize, stage: &Stage) -> bool {
    let faults = [("FAULT_PATH", "journal.db-wal"), ("FAULT_COUNT", "1"), ("FAULT_OP", op), ("FAULT_KILL", when)];
    let args = ["--data", "data", "--quiet", "playbook", "run", "t", "--auto", "change"];
    let mut console = stage.home.command(&args);
    console.envs(faults).env("FAULT_AFTER", commit.to_string()).envs([library.variable()]);
    let output = console.output().expect("midwatch runs");
    let killed = std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(Signal::SIGKILL as i32);
    assert!(killed || output.status.success(), "{op} {commit}: {output:?}");
    killed
}

#[test]
fn killed_at_every_write_of_the_journal_a_run_of_five_steps_comes_home() {
    let Some(library) = preload::built("faults") else { return };
    let mut interrupted = 0;
    for moment in [("first", "before"), ("fsync", "after")] {
        for commit in 0.. {
            let stage = Stage::new(&five("0"));
            if !dies_at(&library, moment, commit, &stage) {
                assert_eq!(stage.wrote("log"), WHOLE);
                break;
            }
            let at = format!("killed {} the write of commit {commit}", moment.1);
            let Some(run) = stage.open_run() else {
                assert!(["", WHOLE].contains(&stage.wrote("log").as_str()), "{at}: {}", stage.wrote("log"));
                continue;
            };
            let document = bring_home(&stage, &run);
            assert_eq!(document["run"]["state"], "completed", "{at}: {document}");
            assert_eq!(stage.wrote("log"), WHOLE, "{at}");
            let verified = stage.midwatch(&["journal", "verify"]);
            assert!(verified.status.success(), "{at}: {verified:?}");
            interrupted += 1;
        }
    }
    assert!(interrupted >= 24, "only {interrupted} of the kills came in the middle of the run");
}

/// A run whose step `one` goes on for ever, with the numbers of its supervisor and of its shell.
struct Stuck {
    stage: Stage,
    run: String,
    supervisor: Pid,
    shell: Pid,
}

fn stuck() -> Stuck {
    let text = five("0")
        .replace("echo begin one >> ../work/log; sleep 0;", "echo begin one >> ../work/log; echo $$ > ../work/pid; sleep 1000;");
    let stage = Stage::new(&text);
    let console = start(&stage);
    let number = |text: String| text.trim().parse().ok().map(Pid::from_raw);
    let shell = until("the shell", || number(stage.wrote("pid")));
    let run = stage.open_run().expect("the run is open");
    let started = std::fs::read_to_string(folder(&stage, &run).join("started.json")).expect("it was started");
    let started: Value = serde_json::from_str(&started).expect("JSON");
    let supervisor = Pid::from_raw(started["pid"].as_i64().and_then(|pid| pid.try_into().ok()).expect("a number"));
    die(console);
    Stuck { stage, run, supervisor, shell }
}

fn folder(stage: &Stage, run: &str) -> PathBuf {
    stage.path().join("data/runs").join(run).join("one.1")
}

fn gone(pid: Pid) {
    until("its end", || kill(pid, None).is_err().then_some(()));
}

/// The shell and its `sleep` are one group.
fn end_group(shell: Pid) {
    // It may have ended with its supervisor.
    let _ = nix::sys::signal::killpg(shell, Signal::SIGKILL);
    gone(shell);
}

#[test]
fn with_its_supervisor_killed_a_command_that_lives_on_is_named_and_not_asked_about() {
    let stuck = stuck();
    kill(stuck.supervisor, Signal::SIGKILL).expect("killed");
    gone(stuck.supervisor);
    let (document, code) = stuck.stage.json(&["playbook", "resume", &stuck.run]);
    assert_eq!((code, state_of(&document, "one")), (1, "unknown"), "{document}");
    let attempt = &document["steps"][1]["attempts"][0];
    assert!(attempt["survivors"].to_string().contains(&stuck.shell.to_string()), "{attempt}");
    let log = stuck.stage.midwatch(&["log"]);
    let asked = String::from_utf8_lossy(&log.stdout).matches("the status of “one”").count();
    // Once before it was started; never while something of it is alive.
    assert_eq!(asked, 1);
    let refused = stuck.stage.midwatch(&["playbook", "retry", &stuck.run, "one"]);
    assert!(told(&refused).contains("nobody knows"), "{}", told(&refused));
    end_group(stuck.shell);
}

#[test]
fn with_everything_killed_the_status_block_says_that_it_was_not_done_and_a_person_tries_again() {
    let stuck = stuck();
    kill(stuck.supervisor, Signal::SIGKILL).expect("killed");
    gone(stuck.supervisor);
    end_group(stuck.shell);
    let (document, code) = stuck.stage.json(&["playbook", "resume", &stuck.run]);
    assert_eq!((code, state_of(&document, "one")), (1, "failed"), "{document}");
    assert_eq!(stuck.stage.wrote("log"), "begin one\n", "nothing is repeated by itself");
}

#[test]
fn with_everything_killed_at_its_end_the_status_block_says_that_it_was_done_and_the_run_goes_on() {
    let stuck = stuck();
    kill(stuck.supervisor, Signal::SIGKILL).expect("killed");
    gone(stuck.supervisor);
    end_group(stuck.shell);
    std::fs::write(stuck.stage.path().join("work/log"), "begin one\nend one\n").expect("written");
    let (document, code) = stuck.stage.json(&["playbook", "resume", &stuck.run]);
    assert_eq!((code, document["run"]["state"].as_str()), (0, Some("completed")), "{document}");
    assert_eq!((state_of(&document, "one"), stuck.stage.wrote("log").as_str()), ("succeeded", WHOLE));
}

#[test]
fn after_a_restart_of_the_machine_a_command_without_a_record_is_unknown_until_it_is_asked_about() {
    let stuck = stuck();
    kill(stuck.supervisor, Signal::SIGKILL).expect("killed");
    gone(stuck.supervisor);
    end_group(stuck.shell);
    let intent = folder(&stuck.stage, &stuck.run).join("intent.json");
    let mut order: Value = serde_json::from_str(&std::fs::read_to_string(&intent).expect("kept")).expect("JSON");
    order["boot_id"] = "another".into();
    std::fs::write(&intent, order.to_string()).expect("written");
    // Without what `status` looks at, it can't tell.
    std::fs::remove_file(stuck.stage.path().join("work/log")).expect("removed");
    let (document, code) = stuck.stage.json(&["playbook", "resume", &stuck.run]);
    assert_eq!((code, state_of(&document, "one")), (1, "unknown"), "{document}");
    assert!(document["steps"][1]["attempts"][0]["detail"].to_string().contains("restarted"), "{document}");
    let (document, _) =
        stuck.stage.json(&["playbook", "answer", id(&document), "one", "not-done", "--note", "the disk was empty"]);
    assert_eq!(state_of(&document, "one"), "failed");
}

#[test]
fn what_a_command_of_a_dead_console_set_is_taken_over_without_the_secrets() {
    let text = "## Steps\n\n### Set\n\n- **timeout:** 20s\n- **outputs:** `URL`\n\n```sh\n\
        echo \"URL=http://u:$KEY@h\" >> \"$PLAYBOOK_OUT\"; echo begun > ../work/log; until test -e ../work/go; do sleep 0.05; done\n```\n";
    for supplied in [true, false] {
        let stage = Stage::with("params:\n  KEY: {type: secret}\n", text);
        let args = ["--data", "data", "--quiet", "playbook", "run", "t", "--auto", "change", "--param", "KEY=hunter2-deep"];
        let console = stage.home.command(&args).spawn().expect("midwatch starts");
        until("its beginning", || (!stage.wrote("log").is_empty()).then_some(()));
        let run = stage.open_run().expect("the run is open");
        die(console);
        std::fs::write(stage.path().join("work/go"), "").expect("written");
        let exit = stage.path().join("data/runs").join(&run).join("set.1/exit.json");
        until("its end", || exit.exists().then_some(()));
        let again: &[&str] = if supplied { &["--param", "KEY=hunter2-deep"] } else { &[] };
        stage.midwatch(&[&["playbook", "resume", &run][..], again].concat());
        let log = String::from_utf8_lossy(&stage.midwatch(&["log", "--json"]).stdout).into_owned();
        assert!(!log.contains("hunter2-deep"), "{log}");
        assert_eq!(log.contains("http://u:•••@h"), supplied, "{log}");
    }
}

#[test]
fn cancelled_from_another_console_what_ignores_term_is_killed_and_who_left_is_named() {
    let text = "## Steps\n\n### One\n\n- **timeout:** 100s\n\n```sh\ntrap '' TERM\nsetsid sh -c 'echo $$ > ../work/daemon; exec sleep 1000' &\n\
        until test -s ../work/daemon; do :; done\necho $$ > ../work/pid; while :; do sleep 1000; done\n```\n";
    let stage = Stage::new(text);
    let mut console = start(&stage);
    let number = |name: &str| until(name, || stage.wrote(name).trim().parse().ok().map(Pid::from_raw));
    let (shell, daemon) = (number("pid"), number("daemon"));
    let run = stage.open_run().expect("the run is open");
    let (document, _) = stage.json(&["playbook", "cancel", &run]);
    gone(shell);
    console.wait().expect("the first console ends by itself");
    kill(daemon, Signal::SIGKILL).expect("it was left alone");
    assert_eq!(state_of(&document, "one"), "unknown", "{document}");
    let attempt = &document["steps"][0]["attempts"][0];
    assert!(attempt["survivors"].to_string().contains(&daemon.to_string()), "{attempt}");
    assert!(!attempt["survivors"].to_string().contains(&shell.to_string()), "{attempt}");
}
