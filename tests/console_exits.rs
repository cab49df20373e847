//! However the console ends, the terminal is as it was found and the journal holds what was shown as recorded; and as long
//! as it runs, no size of the terminal is its end.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use nix::sys::signal::Signal;
use support::fake_alertmanager::FakeAlertmanager;
use support::home::Home;
use support::pty::Pty;

/// A console with one alert in its queue.
fn open(server: &FakeAlertmanager, home: &Home) -> Pty {
    server.fire(&[("alertname", "Down"), ("service", "shop"), ("severity", "critical")]);
    home.write(
        "config.yaml",
        &format!(
            "operator: {{name: ana}}\nsources:\n  - {{name: prod, every: 200ms, alertmanager: {{urls: [\"{}\"]}}}}\n",
            server.url
        ),
    );
    let mut console = home.console(&["--data", "data"], 120, 40);
    console.wait_for("1 firing");
    console
}

/// Acknowledges the alert and waits until the console says that this is recorded.
fn acknowledge(console: &mut Pty) {
    console.keys("a");
    console.wait_for("Acknowledge Down");
    console.keys("looking\r");
    console.wait_for("acknowledged Down: looking");
}

fn log(home: &Home) -> String {
    let output = home.run(&["--data", "data", "log"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn q_leaves_the_terminal_as_it_was() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    assert!(console.raw().windows(8).any(|bytes| bytes == b"\x1b[?1049h"), "it draws on the alternate screen");
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    console.assert_restored();
}

#[test]
fn signals_leave_the_terminal_as_it_was_and_the_journal_whole() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let (server, home) = (FakeAlertmanager::start(), Home::new());
        let mut console = open(&server, &home);
        acknowledge(&mut console);
        console.signal(signal);
        let status = console.wait_exit();
        assert!(status.signal().is_none(), "{signal} is taken, not suffered: {status:?}");
        console.assert_restored();
        assert!(log(&home).contains("acknowledged Down: looking"), "{signal}");
        assert!(home.run(&["--data", "data", "journal", "verify"]).status.success());
    }
}

#[test]
fn what_was_shown_as_recorded_outlives_a_crash_and_the_next_console_shows_it() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    acknowledge(&mut console);
    console.kill9();
    assert!(log(&home).contains("acknowledged Down: looking"));

    let mut console = home.console(&["--data", "data"], 120, 40);
    console.wait_for("1 acked");
    console.wait_for("acknowledged Down: looking");
}

#[test]
fn no_size_is_the_end_of_it() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    // Faster than it can draw, with keys in between that open and close what lies over the screen.
    for (n, (columns, rows)) in
        [(200, 60), (1, 1), (80, 24), (40, 12), (3, 40), (120, 2), (39, 11), (300, 100)].into_iter().cycle().take(80).enumerate()
    {
        console.resize(columns, rows);
        console.keys(["?", "q", "\t", "j", "?", "j", "q", "2"][n % 8]);
    }
    for (columns, rows) in [(120, 40), (80, 24), (40, 12)] {
        console.resize(columns, rows);
        console.wait_for("Down");
    }
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    console.assert_restored();
}

#[test]
fn a_terminal_that_shrank_and_grew_again_unseen_is_drawn_whole() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    console.signal(Signal::SIGSTOP);
    console.resize(1, 1);
    console.resize(120, 40);
    console.wait_gone("Down");
    console.signal(Signal::SIGCONT);
    console.wait_for("Down");
}

#[test]
fn a_terminal_that_is_too_small_is_told_the_size_that_is_needed() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    console.resize(24, 4);
    console.wait_for("midwatch needs");
    console.wait_for("24×4");
    console.resize(120, 40);
    console.wait_for("1 firing");
    console.wait_gone("midwatch needs");
}
