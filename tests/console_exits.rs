//! However the console ends, the terminal is as it was found and the journal holds what was shown as recorded; and as long
//! as it runs, no size of the terminal is its end.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

#[path = "console_exits/answers.rs"]
mod answers;
#[path = "console_exits/defects.rs"]
mod defects;
#[path = "console_exits/kept.rs"]
mod kept;
#[path = "console_exits/stuck.rs"]
mod stuck;
mod support;

use nix::sys::signal::Signal;
use std::path::Path;
use support::PATIENCE;
use support::fake_alertmanager::FakeAlertmanager;
use support::home::Home;
use support::pty::{Pty, modes_left_changed};

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
fn a_light_background_that_the_terminal_tells_makes_light_colours_and_is_no_keys() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    let asked = console.raw().windows(7).filter(|bytes| *bytes == b"\x1b]11;?\x1b").count();
    assert_eq!(asked, 1);
    let dark = console.raw().len();
    console.keys("\x1b]11;rgb:ffff/ffff/ffff\x1b\\");
    // Its `:` would have opened the palette, and that would have taken this for text.
    console.keys("?");
    console.wait_for("esc close");
    console.keys("\x1b");
    console.wait_gone("esc close");
    // What is dim, on a light background and in 256 colours.
    assert!(console.raw()[dark..].windows(9).any(|bytes| bytes == b"38;5;241m"), "no light colour is drawn");
    console.keys("q");
    console.wait_exit();
    console.assert_restored();
}

/// A shell in a terminal, from which a console was started; with what it has written until the console was there.
fn from_a_shell(server: &FakeAlertmanager, home: &Home) -> Pty {
    drop(open(server, home));
    let mut shell = shell(home);
    shell.keys(&format!("{} --data data\r", env!("CARGO_BIN_EXE_midwatch")));
    shell.wait_for("1 firing");
    shell
}

fn shell(home: &Home) -> Pty {
    let home = home.path().display().to_string();
    let env = [("HOME", home.clone()), ("MIDWATCH_CONFIG", format!("{home}/config.yaml")), ("PS1", "ready> ".into())];
    let env = env.map(|(name, value)| (name.to_owned(), value));
    let path = ("PATH".to_owned(), std::env::var("PATH").expect("a PATH"));
    let env: Vec<_> =
        env.into_iter().chain([path, ("TERM".into(), "xterm-256color".into()), ("LANG".into(), "C.UTF-8".into())]).collect();
    let mut shell = Pty::open(["bash", "--norc", "--noprofile", "-i"], &env, Path::new(&home), 120, 40);
    shell.wait_for("ready>");
    shell
}

/// The console that was stopped takes keys again.
#[track_caller]
fn goes_on(shell: &mut Pty) {
    shell.keys("fg\r");
    shell.wait_for("1 firing");
    shell.keys("?");
    shell.wait_for("Keys: Alerts");
    shell.keys("\x1b");
    shell.wait_gone("Keys: Alerts");
}

/// The console and then its shell.
#[track_caller]
fn leaves(shell: &mut Pty) {
    shell.keys("q");
    shell.wait_within(PATIENCE, "the shell", |screen| screen.trim_end().ends_with("ready>"));
    shell.keys("exit\r");
    assert_eq!(shell.wait_exit().exit_code(), 0);
}

#[test]
fn ctrl_z_goes_back_to_the_shell_with_its_terminal_as_it_was_and_fg_to_the_console() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut shell = from_a_shell(&server, &home);
    for round in 1..=2 {
        shell.keys("\x1a");
        // The first stop is still on the shell's screen at the second: what is typed before the shell is back is lost.
        let back = |screen: &str| screen.matches("Stopped").count() == round && screen.trim_end().ends_with("ready>");
        shell.wait_within(PATIENCE, "the shell", back);
        // The shell has settings of its own while it reads a line: only what the terminal shows is compared.
        assert_eq!(modes_left_changed(shell.raw()).into_iter().filter(|mode| *mode != 2004).collect::<Vec<_>>(), [0; 0]);
        shell.wait_gone("1 firing");
        shell.keys("stty -a | grep -c ' icanon'\r");
        shell.wait_within(PATIENCE, "its line settings", |screen| screen.matches("\n1\n").count() == round);
        goes_on(&mut shell);
    }
    leaves(&mut shell);
}

/// The console that runs in this home.
fn running(home: &Home) -> nix::unistd::Pid {
    let home = home.path().canonicalize().expect("it is there");
    let ours = |process: &Path| {
        let there = |name: &str| std::fs::read_link(process.join(name)).ok();
        there("cwd") == Some(home.clone()) && there("exe") == Path::new(env!("CARGO_BIN_EXE_midwatch")).canonicalize().ok()
    };
    let mut processes = std::fs::read_dir("/proc").expect("reads").filter_map(Result::ok).map(|process| process.path());
    let process = processes.find(|process| ours(process)).expect("a console");
    let number = process.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
    nix::unistd::Pid::from_raw(number.expect("a number"))
}

#[test]
fn who_stops_the_console_from_elsewhere_leaves_the_shell_a_terminal_as_it_was() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut shell = from_a_shell(&server, &home);
    for round in 1..=2 {
        nix::sys::signal::kill(running(&home), Signal::SIGTSTP).expect("it is there");
        let back = |screen: &str| screen.matches("Stopped").count() == round && screen.trim_end().ends_with("ready>");
        shell.wait_within(PATIENCE, "the shell", back);
        assert_eq!(modes_left_changed(shell.raw()).into_iter().filter(|mode| *mode != 2004).collect::<Vec<_>>(), [0; 0]);
        shell.wait_gone("1 firing");
        goes_on(&mut shell);
    }
    leaves(&mut shell);
}

/// Who stands still watches nothing.
#[test]
fn while_the_console_is_stopped_another_one_may_watch_and_when_it_goes_on_it_waits_in_line() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut shell = from_a_shell(&server, &home);
    let free = || midwatch::journal::try_watch(&home.path().join("data")).expect("a lock");
    support::until("the console to watch", || free().is_none().then_some(()));
    shell.keys("\x1a");
    shell.wait_within(PATIENCE, "the shell", |screen| screen.contains("Stopped") && screen.trim_end().ends_with("ready>"));
    let other = free().expect("nobody watches");
    goes_on(&mut shell);
    acknowledge(&mut shell);
    drop(other);
    support::until("the console to watch again", || free().is_none().then_some(()));
    leaves(&mut shell);
}

/// Whoever is impatient asks more than once.
#[test]
fn a_second_stop_while_the_first_is_under_way_is_the_same_one() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut shell = from_a_shell(&server, &home);
    let console = running(&home);
    let state = || std::fs::read_to_string(format!("/proc/{console}/stat")).expect("it is there");
    support::until("it is stopped", || {
        nix::sys::signal::kill(console, Signal::SIGTSTP).expect("it is there");
        state().contains(") T ").then_some(())
    });
    shell.wait_within(PATIENCE, "the shell", |screen| screen.contains("Stopped") && screen.trim_end().ends_with("ready>"));
    goes_on(&mut shell);
    leaves(&mut shell);
}

#[test]
fn a_stop_without_a_shell_to_go_back_to_changes_nothing() {
    let (server, home) = (FakeAlertmanager::start(), Home::new());
    let mut console = open(&server, &home);
    console.keys("\x1a");
    // It has been to the shell that is not there, once the terminal could have answered what it was asked.
    console.wait_for_bytes(b"\x1b[?1049l");
    console.keys("?");
    console.wait_for("Keys: Alerts");
    let before = console.raw().len();
    console.signal(Signal::SIGTSTP);
    // There and back once more. What is typed on the way is for whoever comes next.
    console.wait_for_bytes_from(before, b"\x1b[?1049l");
    console.wait_for_bytes_from(before, b"\x1b[?1049h");
    console.keys("\x1b");
    console.wait_gone("Keys: Alerts");
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    console.assert_restored();
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

/// The bars and gaps of a feed's history, as its details show them.
fn history(screen: &str) -> String {
    let line = screen.lines().find(|line| line.contains("history")).unwrap_or_default();
    line.chars().filter(|c| ('▁'..='█').contains(c) || *c == '·').collect()
}

#[test]
fn a_sparkline_begins_where_the_last_console_ended_with_a_gap_between() {
    let home = Home::new();
    let counts = "n=$(cat n 2>/dev/null || echo 10); echo $((n + 5)) > n; echo \"used | used=$n\"";
    let config = |every: &str| {
        let command = serde_json::json!(["sh", "-c", counts]);
        format!("feeds: [{{name: disk, every: {every}, timeout: 30s, plugin: {{command: {command}}}}}]\n")
    };
    home.write("config.yaml", &config("200ms"));
    let mut first = home.console(&["--data", "data"], 120, 40);
    first.wait_for("disk");
    first.keys("1\r");
    first.wait_within(PATIENCE, "eight bars", |screen| history(screen).chars().count() >= 8);
    first.keys("\x1b");
    first.wait_gone("Feed disk");
    first.keys("q");
    assert!(first.wait_exit().success());
    // Asked once only: whatever else there is was there before.
    home.write("config.yaml", &config("1day"));
    let mut second = home.console(&["--data", "data"], 120, 40);
    second.wait_for("disk");
    second.keys("1\r");
    second.wait_within(PATIENCE, "the bars of before, a gap and a new one", |screen| {
        let history: Vec<char> = history(screen).chars().collect();
        history.len() >= 10 && history[history.len() - 2] == '·' && history[0] == '▁' && history.ends_with(&['▇'])
    });
    second.keys("\x1b");
    second.wait_gone("Feed disk");
    second.keys("q");
    assert!(second.wait_exit().success());
}

#[test]
fn what_a_changed_configuration_means_now_and_what_only_after_a_restart_is_said_on_the_screen() {
    let home = Home::with("operator: {name: ana}\n");
    let mut console = home.console(&["--data", "data"], 160, 40);
    console.wait_for("0 firing");
    home.write("config.yaml", "operator: {name: ana}\nconsole: {keys: {ack: z}, views: {mine: mine}, theme: midwatch-light}\n");
    console.wait_for("In force now: console.views. Only after a restart of this program: console.keys, console.theme.");
    console.keys("q");
    console.wait_exit();
}
