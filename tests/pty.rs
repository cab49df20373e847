//! The terminal driver of the other tests, proved on programs whose behaviour is known.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use nix::sys::signal::Signal;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use support::pty::{Pty, modes_left_changed};

fn shell(script: &str) -> Pty {
    let path = std::env::var("PATH").expect("a PATH");
    Pty::open(["sh", "-c", script], &[("PATH".into(), path)], std::path::Path::new("/"), 40, 10)
}

#[test]
fn keys_reach_the_program_and_its_text_the_screen() {
    let mut terminal = shell("printf 'name? '; read name; printf '\\033[2J\\033[HHello %s' \"$name\"; read end");
    terminal.wait_for("name?");
    terminal.keys("ana\r");
    terminal.wait_for("Hello ana");
    terminal.wait_gone("name?");
    terminal.keys("\r");
    assert_eq!(terminal.wait_exit().exit_code(), 0);
}

#[test]
fn a_new_size_reaches_the_program() {
    let mut terminal = shell("trap 'stty size' WINCH; echo ready; while :; do read line && exit 7; done");
    terminal.wait_for("ready");
    terminal.resize(33, 5);
    terminal.wait_for("5 33");
    terminal.keys("\r");
    assert_eq!(terminal.wait_exit().exit_code(), 7);
}

#[test]
fn signals_end_the_program_and_the_end_is_seen() {
    let mut terminal = shell("trap 'exit 3' TERM; echo ready; read line");
    terminal.wait_for("ready");
    terminal.signal(Signal::SIGTERM);
    assert_eq!(terminal.wait_exit().exit_code(), 3);

    let mut terminal = shell("echo ready; read line");
    terminal.wait_for("ready");
    terminal.kill9();
    assert!(terminal.wait_exit().signal().is_some());
}

#[test]
fn waiting_for_what_can_no_longer_come_fails_at_once_and_shows_the_screen() {
    let mut terminal = shell("echo something else");
    let failure = catch_unwind(AssertUnwindSafe(|| terminal.wait_for("never"))).expect_err("fails");
    let text = failure.downcast::<String>().expect("a message");
    assert!(text.contains("`never`") && text.contains("something else"), "{text}");
}

#[test]
fn a_terminal_that_is_left_changed_is_noticed() {
    let left = |script: &str| {
        let mut terminal = shell(script);
        terminal.wait_exit();
        catch_unwind(AssertUnwindSafe(|| terminal.assert_restored())).is_err()
    };
    assert!(left("printf '\\033[?1049h'"));
    assert!(left("printf '\\033[?25l'"));
    assert!(left("stty -echo"));
    assert!(!left("stty -echo; printf '\\033[?1049h\\033[?25l'; stty echo; printf '\\033[?25h\\033[?1049l'"));
}

#[test]
fn modes_are_read_from_lists_and_from_the_last_word_about_each() {
    assert_eq!(
        modes_left_changed(b"\x1b[?1000;1006h\x1b[?2004h x \x1b[?1006l\x1b[?25l\x1b[?25h\x1b[?7l"),
        BTreeSet::from([7, 1000, 2004])
    );
    assert_eq!(modes_left_changed(b"\x1b[?1049h\x1b[?1047l"), BTreeSet::new());
    // A question about a mode changes nothing.
    assert_eq!(modes_left_changed(b"\x1b[?2026$p\x1b[?1u"), BTreeSet::new());
}
