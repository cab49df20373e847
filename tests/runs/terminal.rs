//! A console in a terminal, and commands that look for one.

use crate::support::pty::Pty;
use crate::support::until;
use crate::{Stage, state_of};

/// A command that could reach the console's terminal would stop there, or draw over the screen.
#[test]
fn a_command_never_finds_the_consoles_terminal() {
    let look = "if (: </dev/tty) 2>/dev/null; then echo one > ../work/terminal; else echo none > ../work/terminal; fi";
    let stage = Stage::new(&format!("## Steps\n\n### Ask\n\n- **timeout:** 20s\n\n```sh\n{look}\n```\n"));
    let mut console = stage.home.console(&["--data", "data", "playbook", "run", "t", "--auto", "change"], 80, 24);
    assert!(console.wait_exit().success(), "{}", console.screen());
    assert_eq!(stage.wrote("terminal"), "none\n");
}

/// Nothing starts without a person, unless the run was begun with `--auto`: with a terminal as without one.
#[test]
fn what_only_reads_waits_for_the_person_at_the_terminal_too() {
    let stage = Stage::new("## Steps\n\n### Look\n\n- **risk:** read\n\n```sh\necho looked > ../work/looked\n```\n");
    let mut shell = stage.home.console(&["--data", "data", "playbook", "run", "t"], 100, 24);
    shell.wait_for("“Look” [read]: type `yes` to start, `skip`, or `leave`");
    assert_eq!(stage.wrote("looked"), "", "nobody has said so yet");
    shell.keys("no\r");
    assert!(!shell.wait_exit().success(), "it waits, and was left");
    assert_eq!(stage.wrote("looked"), "", "that was no yes");
    let run = stage.open_run().expect("it waits");
    let mut shell = stage.home.console(&["--data", "data", "playbook", "resume", &run], 100, 24);
    shell.wait_for("to start, `skip`, or `leave`");
    shell.keys("yes\r");
    assert!(shell.wait_exit().success(), "{}", shell.screen());
    assert_eq!(stage.wrote("looked"), "looked\n");
}

const SLOW: &str = "## Steps\n\n### Slow\n\n- **timeout:** 100s\n\n\
    ```sh\necho began >> ../work/log; until test -e ../work/go; do sleep 0.05; done; echo ended >> ../work/log\n```\n";

/// Its run, begun at a terminal, with the first step running and ctrl-c pressed once.
fn interrupted(stage: &Stage) -> Pty {
    let mut shell = stage.home.console(&["--data", "data", "playbook", "run", "t", "--auto", "change"], 140, 30);
    shell.wait_for("started    Slow");
    until("its beginning", || (stage.wrote("log") == "began\n").then_some(()));
    shell.keys("\x03");
    shell.wait_for("“Slow” is running, and goes on under its supervisor whatever becomes of this terminal");
    shell
}

#[test]
fn a_second_ctrl_c_leaves_the_run_which_is_taken_up_later_and_nothing_is_done_twice() {
    let stage = Stage::new(SLOW);
    let mut shell = interrupted(&stage);
    shell.keys("\x03");
    assert_eq!(shell.wait_exit().exit_code(), 1, "{}", shell.screen());
    let run = stage.open_run().expect("it is on record");
    let says = shell.screen();
    assert!(says.contains("goes on without this terminal") && says.contains(&format!("playbook resume {run}")), "{says}");
    let (list, _) = stage.json(&["playbook", "list"]);
    assert_eq!(list["runs"][0]["state"], "active", "it was left in order: {list}");
    std::fs::write(stage.path().join("work/go"), "").expect("written");
    let (document, code) = stage.json(&["playbook", "resume", &run]);
    assert_eq!(
        (code, state_of(&document, "slow"), stage.wrote("log").as_str()),
        (0, "succeeded", "began\nended\n"),
        "{document}"
    );
}

#[test]
fn whoever_stays_after_a_ctrl_c_sees_the_end_and_whoever_cancels_ends_it() {
    let stage = Stage::new(SLOW);
    let mut shell = interrupted(&stage);
    shell.keys("stay\r");
    std::fs::write(stage.path().join("work/go"), "").expect("written");
    assert!(shell.wait_exit().success(), "{}", shell.screen());
    let stage = Stage::new(SLOW);
    let mut shell = interrupted(&stage);
    shell.keys("cancel\r");
    shell.wait_for("“Slow” is cancelled: `retry`");
    // The answer to what was asked before is none to this.
    shell.keys("stay\r");
    shell.wait_for("“stay” is none of these");
    shell.keys("\x03");
    shell.wait_for("nothing is running. ctrl-c once more leaves the run");
    shell.keys("\x03");
    assert_eq!(shell.wait_exit().exit_code(), 1);
    assert_eq!(stage.wrote("log"), "began\n");
    let (list, _) = stage.json(&["playbook", "list"]);
    assert_eq!(list["runs"][0]["state"], "waiting", "it was left in order: {list}");
}
