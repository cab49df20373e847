//! Steps with `tty`: the command has the terminal, the whole of it, and the console gets it back as it was, whatever happens to
//! either of them.

use crate::support::pty::Pty;
use crate::support::until;
use crate::{Stage, id, state_of, told};
use midwatch::runtime::supervisor::{Folder, observe};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

fn talk(fields: &str, block: &str) -> String {
    format!("## Steps\n\n### Talk\n\n- **tty:** yes\n{fields}\n\n```sh\n{block}\n```\n")
}

/// A console with a run that was left waiting where no terminal was, taken up, whose first step is about to be confirmed.
fn asked(stage: &Stage, columns: u16, rows: u16) -> Pty {
    stage.json(&["playbook", "run", "t", "--auto", "change"]);
    let mut console = stage.home.console(&["--data", "data"], columns, rows);
    console.wait_for("0 firing");
    console.keys("p");
    console.wait_for("take the run up");
    console.keys("r");
    console.wait_for("Take up A test?");
    console.keys("\r");
    // Only then the run is ours; what `r` does then stands on the screen all the time.
    console.wait_for("resume the run ✓ recorded");
    console.keys("r");
    console.wait_for("Run Talk");
    console
}

/// Confirms it, and waits until the command says so.
fn start(console: &mut Pty, says: &str) {
    console.keys("\r");
    console.wait_for("the terminal belongs to “Talk”");
    console.wait_for(says);
}

fn leave(mut console: Pty) {
    console.keys("q");
    assert!(console.wait_exit().success());
    console.assert_restored();
}

/// The end of the first attempt of `talk`, as the journal tells it to a console that had nothing to do with it.
fn first_attempt(stage: &Stage) -> Value {
    let run = stage.open_run().expect("the run is open");
    let (document, _) = stage.json(&["playbook", "resume", &run]);
    document["steps"][0]["attempts"][0].clone()
}

/// What a supervisor has written about the first attempt.
fn record(stage: &Stage, name: &str) -> Value {
    let runs = stage.path().join("data/runs");
    let read = |run: std::fs::DirEntry| std::fs::read(run.path().join("talk.1").join(name)).ok();
    let found = until(name, || std::fs::read_dir(&runs).ok()?.flatten().find_map(read));
    serde_json::from_slice(&found).expect("JSON")
}

fn log(stage: &Stage) -> String {
    String::from_utf8_lossy(&stage.midwatch(&["log"]).stdout).into_owned()
}

#[test]
fn the_keys_go_to_the_command_the_screen_comes_back_and_what_came_of_it_is_written_down() {
    for (columns, rows) in [(120, 40), (80, 24), (40, 12)] {
        let stage = Stage::new(&talk("", "sh ../work/ask"));
        stage
            .home
            .write("work/ask", "printf 'who? '; read -r name < /dev/tty; echo \"$name $TERM $(stty size)\" > ../work/log\n");
        let mut console = asked(&stage, columns, rows);
        start(&mut console, "who?");
        console.wait_gone("Steps");
        // Each of these means something to the console.
        console.keys("q?x\r");
        console.wait_for("enter goes back");
        assert_eq!(stage.wrote("log"), format!("q?x xterm-256color {rows} {columns}\n"));
        console.keys("qx");
        console.keys("\r");
        console.wait_for("what came of it");
        console.keys("told it who\r");
        console.wait_for("completed");
        leave(console);
        assert!(log(&stage).contains("what came of it: told it who"), "{}", log(&stage));
        assert_eq!(stage.open_run(), None);
    }
}

/// Takes keys one by one, as an editor does, and leaves the terminal as nobody should.
const EDITOR: &str = "printf '\\033[?1049h\\033[?1000h\\033[?2004h\\033[?25l'; stty raw -echo -isig; printf 'edit: '\n\
    dd bs=1 count=6 2>/dev/null | od -An -tx1 > ../work/log";

#[test]
fn an_editor_gets_every_key_and_whatever_it_does_to_the_terminal_is_undone() {
    let stage = Stage::new(&talk("", EDITOR));
    let mut console = asked(&stage, 80, 24);
    start(&mut console, "edit:");
    // Keys that a console, a line discipline or a shell would take for itself.
    console.keys("q\x03\x1a\x1c\x1b\x11");
    console.wait_for("enter goes back");
    assert_eq!(stage.wrote("log").trim(), "71 03 1a 1c 1b 11");
    console.keys("\r");
    console.wait_for("Write down");
    console.keys("\x1b");
    console.wait_gone("Write down");
    leave(console);
}

#[test]
fn an_interrupt_is_for_the_program_and_neither_for_the_console_nor_for_the_shell_around_it() {
    // It is ready when the shell around it waits for it: until then an interrupt is for that.
    let client = "sh -c 'until grep -q State:.S /proc/$PPID/status; do :; done; trap \"echo heard >> ../work/log; echo heard\" INT; echo ready; until read -r line; do :; done'; echo went on >> ../work/log";
    let stage = Stage::new(&talk("", client));
    let mut console = asked(&stage, 80, 24);
    start(&mut console, "ready");
    console.keys("\x03");
    console.wait_for("heard");
    console.keys("\r");
    console.wait_for("enter goes back");
    assert_eq!(stage.wrote("log"), "heard\nwent on\n");
    console.keys("\x03\r");
    console.wait_for("Write down");
    console.keys("fine\r");
    console.wait_for("completed");
    leave(console);
}

#[test]
fn a_program_that_dies_of_an_interrupt_ends_its_step_and_not_the_console() {
    let stage = Stage::new(&talk("", "echo ready; sleep 1000; echo went on > ../work/log"));
    let mut console = asked(&stage, 80, 24);
    start(&mut console, "ready");
    console.keys("\x03");
    console.wait_for("enter goes back");
    console.keys("\r");
    console.wait_for("It did not succeed");
    assert_eq!(stage.wrote("log"), "");
    console.keys("\x1b");
    console.wait_gone("It did not succeed");
    leave(console);
}

#[test]
fn whoever_is_stopped_goes_on_for_there_is_no_shell_to_go_back_to() {
    let stage = Stage::new(&talk("", "echo ready; read -r line; echo \"$line\" > ../work/log"));
    let mut console = asked(&stage, 80, 24);
    start(&mut console, "ready");
    console.keys("\x1a");
    console.wait_for("^Z");
    console.keys("still here\r");
    console.wait_for("enter goes back");
    assert_eq!(stage.wrote("log"), "still here\n");
    console.keys("\r");
    console.wait_for("Write down");
}

#[test]
fn its_time_is_over_and_what_is_typed_on_presses_no_key_of_the_console() {
    let stage = Stage::new(&talk(
        "- **timeout:** 1s",
        "echo ready; trap 'echo told > ../work/log; exit 1' TERM; while :; do sleep 0.1; done",
    ));
    let mut console = asked(&stage, 80, 24);
    start(&mut console, "ready");
    console.keys("qqq");
    console.wait_for("enter goes back");
    console.keys("qqq\x03");
    console.keys("\r");
    console.wait_for("ended with exit 1, on TERM after 1");
    assert_eq!(stage.wrote("log"), "told\n");
    console.keys("\x1b");
    console.wait_gone("It did not succeed");
    leave(console);
}

#[test]
fn another_console_cancels_it_and_the_screen_comes_back() {
    let stage = Stage::new(&talk("", "echo ready; read -r line"));
    let mut console = asked(&stage, 80, 24);
    start(&mut console, "ready");
    let run = stage.open_run().expect("the run is open");
    let refused = stage.midwatch(&["playbook", "cancel", &run]);
    assert!(told(&refused).contains("another console holds this run") || refused.status.code() == Some(1), "{}", told(&refused));
    console.wait_for("enter goes back");
    console.keys("\r");
    console.wait_for("cancelled");
}

/// The console is killed while the command has its terminal.
fn orphaned(block: &str, more: &str) -> Stage {
    let stage = Stage::new(&format!("{}{more}", talk("", block)));
    let mut console = asked(&stage, 80, 24);
    start(&mut console, "ready");
    console.kill9();
    stage
}

#[test]
fn with_its_console_killed_it_is_hung_up_and_nobody_knows_how_far_it_came() {
    let blocks = [
        "echo ready; read -r line; echo went on > ../work/log",
        "trap '' HUP; echo ready; sleep 1000; read -r line",
        // What the block runs may go on asking, as an editor does with a question of its own, when the block has ended.
        "sh -c 'trap \"\" HUP; echo ready; sleep 1000'; true",
    ];
    for block in blocks {
        let stage = orphaned(block, "");
        let exit = record(&stage, "exit.json");
        assert_eq!((&exit["hung_up"], &exit["survivors"]), (&true.into(), &Value::Array(Vec::new())), "{exit}");
        let attempt = first_attempt(&stage);
        assert_eq!(attempt["state"], "unknown", "{attempt}");
        assert!(attempt["detail"].as_str().is_some_and(|why| why.contains("terminal was gone")), "{attempt}");
        let run = stage.open_run().expect("the run is open");
        let (document, code) = stage.json(&["playbook", "answer", &run, "talk", "done", "--note", "the row is there"]);
        assert_eq!((code, document["run"]["state"].as_str()), (0, Some("completed")), "{document}");
        assert_eq!(stage.wrote("log"), "");
    }
}

#[test]
fn with_its_console_killed_the_status_block_tells_the_next_one() {
    let stage = orphaned("echo done > ../work/log; echo ready; read -r line", "\n```sh status\ntest -s ../work/log\n```\n");
    let run = stage.open_run().expect("the run is open");
    record(&stage, "exit.json");
    let (document, code) = stage.json(&["playbook", "resume", &run]);
    assert_eq!((code, state_of(&document, "talk"), document["run"]["state"].as_str()), (0, "succeeded", Some("completed")));
}

#[test]
fn a_console_that_is_told_to_end_leaves_the_terminal_as_it_was_and_the_run_to_the_next() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let stage = Stage::new(&talk("", &format!("{}; read -r line", EDITOR.replace("edit: ", "ready"))));
        let mut console = asked(&stage, 80, 24);
        start(&mut console, "ready");
        console.signal(signal);
        let status = console.wait_exit();
        assert!(status.signal().is_none(), "{signal} is taken, not suffered: {status:?}");
        console.assert_restored();
        assert_eq!(record(&stage, "exit.json")["hung_up"], true, "{signal}");
        assert_eq!(first_attempt(&stage)["state"], "unknown", "{signal}");
    }
}

#[test]
fn at_a_shell_the_run_goes_through_it_and_asks_what_came_of_it() {
    let stage = Stage::new(&format!(
        "{}\n### After\n\n```sh\necho after >> ../work/log\n```\n",
        talk("", "printf 'w''ho? '; read -r who; echo \"$who\" > ../work/log; stty -echo")
    ));
    let mut shell = stage.home.console(&["--data", "data", "playbook", "run", "t", "--auto", "change"], 80, 24);
    shell.wait_for("type `yes`");
    shell.keys("yes\r");
    shell.wait_for("the terminal belongs to “Talk”");
    shell.wait_for("who?");
    shell.keys("me\r");
    shell.wait_for("what came of it");
    shell.keys("said who\r");
    assert!(shell.wait_exit().success());
    shell.assert_restored();
    assert_eq!(stage.wrote("log"), "me\nafter\n");
    assert!(log(&stage).contains("what came of it: said who"), "{}", log(&stage));
}

/// Whoever types ahead has not seen what the command asks.
#[test]
fn what_was_typed_before_the_command_began_answers_none_of_its_questions() {
    let stage = Stage::new(&talk("", "printf 'drop the ta''ble? '; read -r sure; echo \"$sure\" > ../work/log"));
    let mut shell = stage.home.console(&["--data", "data", "playbook", "run", "t", "--auto", "change"], 80, 24);
    shell.wait_for("type `yes`");
    shell.keys("yes\ry\r");
    shell.wait_for("drop the table?");
    shell.keys("no\r");
    shell.wait_for("what came of it");
    assert_eq!(stage.wrote("log"), "no\n");
    shell.keys("nothing\r");
    assert!(shell.wait_exit().success());
}

#[test]
fn where_no_terminal_is_the_run_waits_and_says_why() {
    let stage = Stage::new(&talk("- **risk:** read", "echo ran > ../work/log"));
    let waits = stage.midwatch(&["playbook", "run", "t", "--auto", "change"]);
    let says = String::from_utf8_lossy(&waits.stdout).into_owned();
    assert_eq!(waits.status.code(), Some(1));
    assert!(says.contains("waiting") || says.contains("prepared"), "{says}");
    assert!(says.contains("wants a terminal") && says.contains("playbook confirm"), "{says}");
    let run = stage.open_run().expect("the run is open");
    let refused = stage.midwatch(&["playbook", "confirm", &run, "talk"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(told(&refused).contains("wants a terminal, and there is none here"), "{}", told(&refused));
    assert_eq!(stage.wrote("log"), "");
    let (document, _) = stage.json(&["playbook", "resume", &run]);
    assert_eq!(id(&document), run);
    assert!(document["steps"][0]["attempts"].as_array().is_some_and(Vec::is_empty), "{document}");
}

#[test]
fn with_its_supervisor_killed_the_screen_comes_back_and_the_command_is_named() {
    let stage = Stage::new(&talk("", "echo ready; trap '' HUP; sleep 1000"));
    let mut console = asked(&stage, 80, 24);
    start(&mut console, "ready");
    let supervisor = record(&stage, "started.json")["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a process");
    kill(Pid::from_raw(supervisor), Signal::SIGKILL).expect("killed");
    console.wait_for("enter goes back");
    console.keys("\r");
    console.wait_for("Nobody knows");
    console.keys("\x1b");
    let run = stage.open_run().expect("the run is open");
    let folder = Folder::at(stage.path().join("data/runs").join(&run).join("talk.1"));
    let name = [("PLAYBOOK_RUN", run), ("PLAYBOOK_STEP", "talk".into()), ("PLAYBOOK_ATTEMPT", "1".into())];
    let left = observe(&folder, &name).expect("evidence").survivors;
    assert!(!left.is_empty());
    left.iter().for_each(|process| assert!(process.signal(Signal::SIGKILL)));
    console.wait_gone("Nobody knows");
    leave(console);
}

#[test]
fn what_was_confirmed_beforehand_and_is_refused_is_asked_for_at_the_terminal() {
    let stage = Stage::new(&talk("- **confirm:** type `db-1`", "echo ran > ../work/log"));
    let args = ["--data", "data", "playbook", "run", "t", "--confirm", "talk=db-2"];
    let mut shell = stage.home.console(&args, 80, 24);
    shell.wait_for("is confirmed by typing");
    shell.wait_for("leave` >");
    shell.keys("db-1\r");
    shell.wait_for("what came of it");
    shell.keys("fine\r");
    assert!(shell.wait_exit().success());
    assert_eq!(stage.wrote("log"), "ran\n");
}
