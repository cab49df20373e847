//! What a terminal answers comes among the keys: torn apart by a slow line, or while the console is about to leave.

use super::support::PATIENCE;
use super::support::fake_alertmanager::FakeAlertmanager;
use super::support::home::Home;
use super::support::pty::Pty;
use super::{open, shell};
use std::time::{Duration, Instant};

const QUESTION: &[u8] = b"\x1b]11;?\x1b\\";

/// Nothing comes for so long.
fn pause(console: &mut Pty, millis: u64) {
    console.becomes(Duration::from_millis(millis), |_| false);
}

/// What the console waits for takes time that it measures, and on a machine that stands still meanwhile nothing is proved: `attempt`
/// says whether it went well, and how long at most it kept the console waiting, of which that may be less than `limit`.
#[track_caller]
fn proved(limit: Duration, attempt: impl Fn() -> (bool, Duration)) {
    for _ in 0..10 {
        match attempt() {
            (true, _) => return,
            (false, waited) => assert!(waited >= limit, "after {waited:?}, where it waits for {limit:?}"),
        }
    }
    panic!("this machine stood still each time");
}

#[test]
fn an_answer_that_comes_in_pieces_is_no_keys() {
    // `TORN` in the console.
    proved(Duration::from_secs(1), || {
        let (server, home) = (FakeAlertmanager::start(), Home::new());
        drop(open(&server, &home));
        let mut console = home.console(&["--data", "data"], 120, 40);
        console.wait_for_bytes(QUESTION);
        let mut longest = Duration::ZERO;
        for piece in ["\x1b", "]11;rgb:ffff/ff", "ff/ffff", "\x1b", "\\"] {
            let since = Instant::now();
            pause(&mut console, 30);
            console.keys(piece);
            longest = longest.max(since.elapsed());
        }
        // Its `:` would have opened the palette, and its end the diagnosis: either would take this for text.
        console.keys("?");
        if !console.becomes(PATIENCE, |screen| screen.contains("Keys: Alerts")) {
            return (false, longest);
        }
        // Whoever waits for no answer is not held up by it.
        console.keys("\x1b");
        console.wait_gone("Keys: Alerts");
        console.keys("q");
        assert_eq!(console.wait_exit().exit_code(), 0);
        console.assert_restored();
        (true, longest)
    });
}

#[test]
fn what_the_terminal_answers_while_the_shell_is_gone_back_to_is_not_typed_into_it() {
    // `NOT_LENT` in the console.
    proved(Duration::from_secs(2), || {
        let (server, home) = (FakeAlertmanager::start(), Home::new());
        drop(open(&server, &home));
        let mut shell = shell(&home);
        let since = Instant::now();
        shell.keys(&format!("{} --data data\r", env!("CARGO_BIN_EXE_midwatch")));
        shell.wait_for_bytes(QUESTION);
        let stopped = |screen: &str| screen.contains("Stopped") && screen.trim_end().ends_with("ready>");
        shell.keys("\x1a");
        // By then it has gone, if it waits for nothing.
        shell.becomes(Duration::from_millis(200), stopped);
        shell.keys("\x1b]11;rgb:0000/0000/0000\x1b\\");
        let waited = since.elapsed();
        shell.wait_within(PATIENCE, "the shell", stopped);
        shell.keys("echo so it is\r");
        let said = shell.becomes(PATIENCE, |screen| screen.contains("\nso it is"));
        if !said || shell.screen().contains("11;rgb") || shell.screen().contains("0000/") {
            return (false, waited);
        }
        shell.keys("fg\r");
        shell.wait_for("1 firing");
        shell.keys("q");
        shell.wait_within(PATIENCE, "the shell", |screen| screen.trim_end().ends_with("ready>"));
        shell.keys("exit\r");
        shell.wait_exit();
        (true, waited)
    });
}
