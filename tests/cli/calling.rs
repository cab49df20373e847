//! Whoever looks elsewhere is called: by the terminal, and by a program of their own.

use super::*;
use crate::support::serving::Serve;
use crate::support::until;

const CALL: &str = "call: {command: [sh, -c, 'env | grep ^MIDWATCH_ >> called; echo sent; exit 0']}";

fn watching(server: &FakeAlertmanager, console: &str) -> Home {
    let source = format!("{{name: prod, every: 200ms, alertmanager: {{urls: [\"{}\"]}}}}", server.url);
    Home::with(&format!("operator: {{name: ana}}\nenvironment: lab\nsources: [{source}]\nconsole: {{{console}}}\n"))
}

fn events(home: &Home, event: &str) -> Vec<String> {
    let log = home.json(&["log", "--data", "data"]);
    let all = log["entries"].as_array().expect("entries").iter();
    let of = all.filter(|entry| entry["data"]["event"] == event);
    of.map(|entry| entry["text"].as_str().unwrap_or_default().to_owned()).collect()
}

fn serve(home: &Home) -> Serve {
    Serve(home.command(&["serve", "--data", "data"]).spawn().expect("it starts"))
}

#[test]
fn of_several_that_watch_one_runs_the_command_and_the_journal_has_it_before_and_after() {
    let server = FakeAlertmanager::start();
    let home = watching(&server, &format!("attention: [{{by: [bell, command]}}], {CALL}"));
    let _watching = [serve(&home), serve(&home)];
    // They have asked once: what fires now is news to both.
    until("the first answers", || (server.count("GET /api/v2/alerts") > 6).then_some(()));
    server.fire(&[("alertname", "Down"), ("instance", "db-1; rm -rf /"), ("severity", "critical")]);
    until("the end of the call", || events(&home, "call-ended").first().cloned());
    assert_eq!(events(&home, "called"), ["calls ana by command: Down db-1; rm -rf / is critical"]);
    assert_eq!(events(&home, "call-ended"), ["called by command"]);
    let told = std::fs::read_to_string(home.path().join("called")).expect("it was run");
    assert_eq!(told.matches("MIDWATCH_ALERT=Down\n").count(), 1, "once: {told}");
    for fact in [
        "MIDWATCH_TEXT=Down db-1; rm -rf / is critical",
        "MIDWATCH_SEVERITY=critical",
        "MIDWATCH_INSTANCE=db-1; rm -rf /",
        "MIDWATCH_ENVIRONMENT=LAB",
    ] {
        assert!(told.contains(fact), "{fact}: {told}");
    }
}

/// Who stands still watches nothing.
#[test]
fn a_service_that_is_stopped_gives_the_watch_up_and_waits_in_line_when_it_goes_on() {
    let server = FakeAlertmanager::start();
    let home = watching(&server, "");
    // A group of its own, which has somebody who could let it go on: of any other it would not be stopped.
    let mut command = home.command(&["serve", "--data", "data"]);
    let serve = Serve(std::os::unix::process::CommandExt::process_group(&mut command, 0).spawn().expect("it starts"));
    let signal = |signal| {
        let process = nix::unistd::Pid::from_raw(serve.0.id().try_into().expect("a number"));
        nix::sys::signal::kill(process, signal).expect("it is there");
    };
    let data = home.path().join("data");
    let free = || midwatch::journal::try_watch(&data).expect("a lock");
    until("it watches", || midwatch::journal::last_sign(&data));
    signal(nix::sys::signal::Signal::SIGTSTP);
    let other = until("nobody watches", free);
    signal(nix::sys::signal::Signal::SIGCONT);
    drop(other);
    until("it watches again", || free().is_none().then_some(()));
}

#[test]
fn a_command_that_fails_is_a_trouble_and_the_terminal_rings_all_the_same() {
    let server = FakeAlertmanager::start();
    let home = watching(&server, "attention: [{by: [bell, command]}], call: {command: [sh, -c, 'echo no route >&2; exit 3']}");
    let mut console = home.console(&["--data", "data"], 120, 40);
    console.wait_for("0 firing");
    until("the first answers", || (server.count("GET /api/v2/alerts") > 3).then_some(()));
    server.fire(&[("alertname", "Down"), ("severity", "critical")]);
    console.wait_for("1 error: !");
    console.wait_for("not called by command: it ended with 3: no route");
    let belled = |raw: &[u8]| String::from_utf8_lossy(raw).matches("\u{7}\u{1b}]2;").count() + usize::from(raw.contains(&7));
    assert!(belled(console.raw()) > 0, "the bell rings");
    console.keys("!");
    console.wait_for("calling you by command");
    console.keys("\x1bq");
    assert_eq!(console.wait_exit().exit_code(), 0);
}

#[test]
fn in_lines_it_rings_by_the_same_rules() {
    let server = FakeAlertmanager::start();
    let home = watching(&server, "attention: [{severity: warning, by: [bell, osc777]}]");
    let mut console = home.console(&["--plain", "--data", "data"], 100, 30);
    console.wait_for("help says what can be typed");
    until("the first answers", || (server.count("GET /api/v2/alerts") > 3).then_some(()));
    server.fire(&[("alertname", "Quiet"), ("severity", "info")]);
    console.wait_for("Quiet");
    assert!(!console.raw().contains(&7), "no rule is about it");
    server.fire(&[("alertname", "Slow"), ("severity", "warning")]);
    console.wait_for("warning, Slow");
    console.keys("status\r");
    console.wait_for("2 alerts firing");
    let raw = String::from_utf8_lossy(console.raw());
    assert!(raw.contains("\u{7}\u{1b}]777;notify;midwatch;midwatch: Slow is warning"), "{raw:?}");
}

/// Its watcher is killed by what it has started: the next one says so, and calls once more.
#[test]
fn a_call_that_is_cut_off_by_a_crash_is_made_once_more_by_the_next_watcher() {
    let server = FakeAlertmanager::start();
    let call = |script: &str| format!("attention: [{{by: [command]}}], call: {{command: [sh, -c, '{script}'], within: 1s}}");
    let home = watching(&server, &call("echo first >> called; kill -9 $PPID"));
    let mut first = serve(&home);
    until("the first answers", || (server.count("GET /api/v2/alerts") > 3).then_some(()));
    server.fire(&[("alertname", "Down"), ("severity", "critical")]);
    until("its end", || first.0.try_wait().expect("it is ours"));
    let source = format!("{{name: prod, every: 200ms, alertmanager: {{urls: [\"{}\"]}}}}", server.url);
    let second = call("echo second >> called");
    home.write("config.yaml", &format!("operator: {{name: ana}}\nsources: [{source}]\nconsole: {{{second}}}\n"));
    let _second = serve(&home);
    until("the end of the second call", || events(&home, "call-ended").first().cloned());
    let [told] = &events(&home, "call-cut-off")[..] else { panic!("one was cut off") };
    assert!(told.starts_with("the call by command begun at ") && told.ends_with("is not known (Down is critical)"), "{told}");
    assert_eq!(std::fs::read_to_string(home.path().join("called")).expect("it was run"), "first\nsecond\n");
}

/// The console holds back what stops it, until the terminal is given back; what it starts does not.
#[test]
fn what_a_console_starts_can_be_stopped() {
    let server = FakeAlertmanager::start();
    let home =
        watching(&server, "attention: [{by: [command]}], call: {command: [sh, -c, 'grep SigBlk /proc/self/status > held']}");
    let mut console = home.console(&["--data", "data"], 120, 40);
    console.wait_for("0 firing");
    until("the first answers", || (server.count("GET /api/v2/alerts") > 3).then_some(()));
    server.fire(&[("alertname", "Down"), ("severity", "critical")]);
    console.wait_for("called by command");
    let held = std::fs::read_to_string(home.path().join("held")).expect("it was run");
    let mask = u64::from_str_radix(held.trim_start_matches("SigBlk:").trim(), 16).expect("a mask");
    assert_eq!(mask & (1 << (nix::sys::signal::Signal::SIGTSTP as u64 - 1)), 0, "{held}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", console.pid())).expect("it runs");
    assert!(status.contains("SigBlk:\t0000000000080000"), "the console itself does hold it back: {status}");
}
