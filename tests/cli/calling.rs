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
    assert_eq!(events(&home, "called"), ["calls ana by command: Down is critical"]);
    assert_eq!(events(&home, "call-ended"), ["called by command"]);
    let told = std::fs::read_to_string(home.path().join("called")).expect("it was run");
    assert_eq!(told.matches("MIDWATCH_ALERT=Down\n").count(), 1, "once: {told}");
    for fact in [
        "MIDWATCH_TEXT=Down is critical",
        "MIDWATCH_SEVERITY=critical",
        "MIDWATCH_INSTANCE=db-1; rm -rf /",
        "MIDWATCH_ENVIRONMENT=LAB",
    ] {
        assert!(told.contains(fact), "{fact}: {told}");
    }
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
