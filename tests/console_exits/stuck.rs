//! A terminal that takes nothing for a while: a line that hangs, a window that is stopped.

use super::support::fake_alertmanager::FakeAlertmanager;
use super::support::home::Home;
use super::support::pty::Pty;
use super::support::until;
use super::{log, open, support};

/// How often a frame has begun.
fn frames(bytes: &[u8]) -> usize {
    bytes.windows(8).filter(|window| *window == b"\x1b[?2026h").count()
}

/// Writes notes, each of which is on record before the next is typed; for each the whole screen would be drawn.
fn write_notes(console: &mut Pty, home: &Home, count: usize) {
    for number in 0..count {
        console.keys(&format!("\x0cnnote {number} seen\r"));
        until("the note", || log(home).contains(&format!("note {number} seen")).then_some(()));
    }
}

#[test]
fn keys_are_acted_on_while_the_terminal_takes_nothing_and_then_it_gets_the_newest_frame_alone() {
    const NOTES: usize = 20;
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    let before = console.raw().len();
    console.hold(true);
    write_notes(&mut console, &home, NOTES);
    console.hold(false);
    console.wait_for(&format!("note {} seen", NOTES - 1));
    // What the terminal's own buffers held, what was on its way, and the newest: none of what would have come in between.
    let came = &console.raw()[before..];
    let (frames, bytes) = (frames(came), came.len());
    assert!(frames < NOTES && bytes < 60_000, "{frames} frames, {bytes} bytes");
    console.wait_for("slow line");
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    console.assert_restored();
}

/// What of the program is in memory, in kilobytes.
fn memory(console: &Pty) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", console.pid())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn a_terminal_that_takes_little_at_a_time_gets_the_newest_frame_and_holds_up_no_key_and_no_memory() {
    const NOTES: usize = 30;
    const SIP: usize = 400;
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    let (before, held) = (console.raw().len(), memory(&console));
    console.hold(true);
    for number in 0..NOTES {
        // Each is on record before the terminal has taken more than a part of one frame.
        console.keys(&format!("\x0cnnote {number} seen\r"));
        until("the note", || log(&home).contains(&format!("note {number} seen")).then_some(()));
        console.sip(SIP);
    }
    let grown = memory(&console).saturating_sub(held);
    assert!(grown < 16_000, "{grown} kB more, for a terminal that takes little");
    console.hold(false);
    console.wait_for(&format!("note {} seen", NOTES - 1));
    let came = &console.raw()[before..];
    let (frames, bytes) = (frames(came), came.len());
    assert!(frames < NOTES && bytes < 60_000 + NOTES * SIP, "{frames} frames, {bytes} bytes");
    // What has come in so many pieces is the screen that it is when it is drawn anew.
    console.keys("?");
    console.wait_for("Keys: ");
    console.keys("\x1b");
    console.wait_gone("Keys: ");
    console.wait_for(&format!("note {} seen", NOTES - 1));
    let rows = |screen: String| screen.lines().filter(|line| line.contains("seen")).map(str::to_owned).collect::<Vec<_>>();
    let shown = rows(console.screen());
    assert!(shown.len() > 3, "{shown:?}");
    // Drawn anew, and then something that is seen to come and go: the clearing itself may never be seen.
    console.keys("\x0c?");
    console.wait_for("Keys: ");
    console.keys("\x1b");
    console.wait_gone("Keys: ");
    console.wait_within(support::PATIENCE, "the same rows", |screen| rows(screen.to_owned()) == shown);
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    console.assert_restored();
}

#[test]
fn a_console_whose_terminal_takes_nothing_any_more_can_be_ended() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    console.hold(true);
    write_notes(&mut console, &home, 20);
    console.signal(nix::sys::signal::Signal::SIGTERM);
    // While nobody reads: a console that waited for its last words would never end.
    until("its end", || nix::sys::signal::kill(console.pid(), None).err());
    assert!(home.run(&["--data", "data", "journal", "verify"]).status.success());
    console.hold(false);
    console.wait_exit();
}
