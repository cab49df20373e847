//! A console in a terminal, and commands that look for one.

use crate::Stage;

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
