//! A terminal that takes nothing for a while: a line that hangs, a window that is stopped.

use super::support::fake_alertmanager::FakeAlertmanager;
use super::support::home::Home;
use super::support::pty::Pty;
use super::support::until;
use super::{log, open};

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
