//! What a terminal answers comes among the keys: torn apart by a slow line, or while the console is about to leave.

use super::support::PATIENCE;
use super::support::fake_alertmanager::FakeAlertmanager;
use super::support::home::Home;
use super::support::pty::Pty;
use super::{open, shell};
use std::time::Duration;

const QUESTION: &[u8] = b"\x1b]11;?\x1b\\";

/// Nothing comes for so long.
fn pause(console: &mut Pty, millis: u64) {
    console.becomes(Duration::from_millis(millis), |_| false);
}

#[test]
fn an_answer_that_comes_in_pieces_is_no_keys() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    drop(open(&server, &home));
    let mut console = home.console(&["--data", "data"], 120, 40);
    console.wait_for_bytes(QUESTION);
    for piece in ["\x1b", "]11;rgb:ffff/ff", "ff/ffff", "\x1b", "\\"] {
        pause(&mut console, 30);
        console.keys(piece);
    }
    // Its `:` would have opened the palette, and its end the diagnosis: either would take this for text.
    console.keys("?");
    console.wait_for("Keys: Alerts");
    // Whoever waits for no answer is not held up by it.
    console.keys("\x1b");
    console.wait_gone("Keys: Alerts");
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    console.assert_restored();
}

#[test]
fn what_the_terminal_answers_while_the_shell_is_gone_back_to_is_not_typed_into_it() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    drop(open(&server, &home));
    let mut shell = shell(&home);
    shell.keys(&format!("{} --data data\r", env!("CARGO_BIN_EXE_midwatch")));
    shell.wait_for_bytes(QUESTION);
    let stopped = |screen: &str| screen.contains("Stopped") && screen.trim_end().ends_with("ready>");
    shell.keys("\x1a");
    // By then it has gone, if it waits for nothing.
    shell.becomes(Duration::from_millis(200), stopped);
    shell.keys("\x1b]11;rgb:0000/0000/0000\x1b\\");
    shell.wait_within(PATIENCE, "the shell", stopped);
    shell.keys("echo so it is\r");
    shell.wait_for("\nso it is");
    assert!(!shell.screen().contains("11;rgb") && !shell.screen().contains("0000/"), "{}", shell.screen());
    shell.keys("fg\r");
    shell.wait_for("1 firing");
    shell.keys("q");
    shell.wait_within(PATIENCE, "the shell", |screen| screen.trim_end().ends_with("ready>"));
    shell.keys("exit\r");
    shell.wait_exit();
}
