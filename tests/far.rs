//! The console where people really have it: through ssh across a slow line that loses packets, and in a multiplexer.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use support::fake_alertmanager::FakeAlertmanager;
use support::far::Far;
use support::home::Home;
use support::pty::{ENTER, ESCAPE, Pty};

/// A server on which forty alerts fire, and a home whose configuration names it.
fn forty() -> (FakeAlertmanager, Home) {
    let server = FakeAlertmanager::start();
    for n in 10..50 {
        server.fire(&[("alertname", &format!("Down{n}")), ("service", "shop"), ("severity", "critical")]);
    }
    let url = &server.url;
    let home = Home::with(&format!(
        "operator: {{name: ana}}\nsources:\n  - {{name: prod, every: 30s, alertmanager: {{urls: [\"{url}\"]}}}}\n"
    ));
    (server, home)
}

fn log(home: &Home) -> String {
    let output = home.run(&["--data", "data", "log"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Nothing runs in this home any more.
fn deserted(home: &Home) -> bool {
    let home = home.path().canonicalize().expect("it is there");
    let processes = std::fs::read_dir("/proc").expect("reads").filter_map(Result::ok);
    !processes.filter_map(|process| std::fs::read_link(process.path().join("cwd")).ok()).any(|folder| folder == home)
}

/// The alert under the cursor.
fn selected(console: &mut Pty) -> String {
    let screen = console.screen();
    let line = screen.lines().find(|line| line.contains("▌CRIT")).unwrap_or_else(|| panic!("nothing is selected\n{screen}"));
    line.split_whitespace().find(|word| word.starts_with("Down")).expect("its name").to_owned()
}

#[test]
fn across_a_slow_line_that_loses_packets_everything_that_is_typed_counts_and_costs_little() {
    let Some(far) = Far::start() else { return };
    let (_server, home) = forty();
    let mut console = far.console(&home, &["--data", "data"], 120, 40);
    console.wait_for("40 firing");
    console.keys("gg");
    console.wait_for("▌CRIT");

    // All at once: nobody waits for the echo of each. What follows means what all of them lead to.
    let before = console.raw().len();
    console.keys(&format!("{}a", "j".repeat(25)));
    console.wait_for("Acknowledge Down");
    let bytes = console.raw().len() - before;
    assert!(bytes < 26 * 500, "{bytes} bytes for 26 keys, ages that tick meanwhile included");
    console.keys(&format!("from the train{ENTER}"));
    console.wait_for("✓ ana");
    let name = selected(&mut console);

    console.keys("nwe see timeouts\r");
    console.wait_for("we see timeouts");
    console.resize(80, 24);
    console
        .wait_within(support::PATIENCE, "the smaller screen", |screen| screen.lines().count() <= 24 && screen.contains("we see"));
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    console.assert_restored();
    let log = log(&home);
    assert!(log.contains("we see timeouts") && log.contains(&format!("acknowledged {name}: from the train")), "{log}");
}

/// A server of tmux that is this test's alone, with nothing of the machine's settings.
struct Tmux<'a> {
    home: &'a Home,
}

impl Tmux<'_> {
    fn words<'b>(&self, words: &[&'b str]) -> Vec<&'b str> {
        [&["tmux", "-S", "tmux", "-f", "/dev/null"], words].concat()
    }

    /// What tmux says to this.
    fn ask(&self, words: &[&str]) -> String {
        let words = self.words(words);
        let mut command = std::process::Command::new(words[0]);
        let output = command.args(&words[1..]).env_clear().envs(self.home.environment()).current_dir(self.home.path()).output();
        String::from_utf8(output.expect("tmux runs").stdout).expect("UTF-8")
    }

    /// A terminal with a session in it that runs the console, or with the session that there is.
    fn open(&self, words: &[&str], columns: u16, rows: u16) -> Pty {
        Pty::open(self.words(words), &self.home.environment(), self.home.path(), columns, rows)
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.ask(&["kill-server"]);
    }
}

#[test]
fn in_tmux_the_console_is_left_split_come_back_to_and_copied_from() {
    if support::missing("tmux") {
        return;
    }
    let (_server, home) = forty();
    let tmux = Tmux { home: &home };
    let program = format!("{} --data data", home.argv()[0]);
    let mut terminal =
        tmux.open(&["new-session", &program, ";", "set", "set-clipboard", "on", ";", "set", "mouse", "on"], 120, 41);
    terminal.wait_for("40 firing");
    terminal.keys("gg");
    terminal.wait_for("▌CRIT");
    let name = selected(&mut terminal);

    assert!(tmux.ask(&["display", "-p", "#{pane_title}"]).starts_with("(40) midwatch"), "the window says how many are new");
    terminal.keys("y");
    support::until("the copy to be tmux's own", || tmux.ask(&["show-buffer"]).contains(&name).then_some(()));

    // Another pane beside it: the console draws for half of the terminal.
    tmux.ask(&["split-window", "-d", "-h", "sleep infinity"]);
    terminal.wait_within(support::PATIENCE, "half a screen", |screen| screen.contains("▌CRIT") && screen.contains("╮│\n"));
    assert_eq!(selected(&mut terminal), name);

    tmux.ask(&["detach-client"]);
    terminal.wait_exit();
    let mut terminal = tmux.open(&["attach"], 100, 30);
    terminal.wait_for(&name);
    terminal.keys("nseen from elsewhere\r");
    terminal.wait_for("add a note ✓ recorded");

    tmux.ask(&["kill-server"]);
    terminal.wait_exit();
    support::until("the console to end with its terminal", || deserted(&home).then_some(()));
    assert!(log(&home).contains("seen from elsewhere"));
}

#[test]
fn a_line_that_breaks_loses_nothing_that_was_recorded_or_begun() {
    let Some(far) = Far::start() else { return };
    let (_server, home) = forty();
    let mut console = far.console(&home, &["--data", "data"], 120, 40);
    console.wait_for("40 firing");
    console.keys("nbefore the break\r");
    console.wait_for("before the break");
    console.keys("nhalf a thou");
    console.wait_for("half a thou");
    console.kill9();
    support::until("the far console to see that its terminal is gone", || deserted(&home).then_some(()));

    let mut console = far.console(&home, &["--data", "data"], 120, 40);
    console.wait_for("before the break");
    console.keys("n");
    console.wait_for("half a thou");
    console.keys("ght\r");
    console.wait_for("half a thought");
    console.keys(ESCAPE);
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    let log = log(&home);
    assert!(log.contains("before the break") && log.contains("half a thought"), "{log}");
}
