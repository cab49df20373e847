//! The console as spoken lines, with a real Alertmanager.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use support::home::Home;
use support::servers::Alertmanager;
use support::{PATIENCE, missing};

const PLAIN: &[&str] = &["--plain", "--data", "data"];

fn home(url: &str) -> Home {
    Home::with(&text(url, ""))
}

fn text(url: &str, more: &str) -> String {
    let source = format!("{{name: prod, every: 200ms, timeout: 2s, alertmanager: {{urls: '{url}'{more}}}}}");
    format!("operator: {{name: ana}}\nenvironment: lab\nsources: [{source}]\n")
}

/// A posted alert.
fn alert(name: &str, summary: &str) -> String {
    let labels = json!({"alertname": name, "severity": "critical", "instance": "db-1:9100"});
    json!([{"labels": labels, "annotations": {"summary": summary}}]).to_string()
}

/// A console whose lines are typed and read through pipes.
struct Piped {
    child: Child,
    lines: Receiver<String>,
    told: String,
}

impl Piped {
    fn open(home: &Home) -> Self {
        let mut child = home.command(PLAIN).spawn().expect("midwatch starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (tell, lines) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).all(|line| tell.send(line).is_ok()));
        Self { child, lines, told: String::new() }
    }

    fn types(&mut self, line: &str) -> &mut Self {
        writeln!(self.child.stdin.as_mut().expect("its input"), "{line}").expect("is taken");
        self
    }

    /// Reads until a line holds this.
    #[track_caller]
    fn until(&mut self, text: &str) -> &mut Self {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else { panic!("{text} was not said: {}", self.told) };
            self.told.push_str(&line);
            self.told.push('\n');
            if line.contains(text) {
                return self;
            }
        }
    }

    /// The rest, after the end of the input.
    fn rest(&mut self) -> String {
        drop(self.child.stdin.take());
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.told.push_str(&line);
            self.told.push('\n');
        }
        assert!(self.child.wait().expect("ends").success(), "{}", self.told);
        self.told.clone()
    }
}

/// One that has failed leaves no console behind.
impl Drop for Piped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_happens_is_said_and_what_is_typed_is_done() {
    if missing("prometheus-alertmanager") {
        return;
    }
    let mut am = Alertmanager::start(1);
    let home = Home::with(&text(&am.url(0), ", ack: {carry: silence}"));
    let mut console = home.console(PLAIN, 120, 40);
    console.wait_for("help says what can be typed");
    console.wait_for("LAB. no alerts firing");
    am.post(0, &alert("Down", "the pool is full"));
    console.wait_for("1. critical, Down on db-1:9100, firing for");
    // By its number, through the same guards as on any command line.
    console.keys("ack 1 --note 'on it'\r");
    console.wait_for("confirmed");
    console.wait_for("1. Down db-1:9100 is acknowledged by ana");
    console.keys("acks 1\r");
    console.wait_for("no command is called acks: did you mean ack? help says what can be typed");
    console.keys("1\r");
    console.wait_for("alertname: Down");
    console.wait_for("no playbook fits it");
    let acked = home.json(&["alerts", "--data", "data"])["alerts"][0].clone();
    assert_eq!((acked["acknowledged_by"].as_str(), acked["acknowledged_reason"].as_str()), (Some("ana"), Some("on it")));
    // The same by somebody else is said.
    home.write(
        "bo.yaml",
        &std::fs::read_to_string(home.path().join("config.yaml")).expect("a file").replace("name: ana", "name: bo"),
    );
    let note = home.run(&["note", "the pool is drained", "--config", "bo.yaml", "--data", "data"]);
    assert_eq!(note.status.code(), Some(0), "{note:?}");
    console.wait_for("note, bo: the pool is drained");
    am.kill(0);
    console.wait_for("source prod does not answer, and what it told is old:");
    console.keys("\r");
    console.wait_for("1 acknowledged: `alerts` says them");
    am.start_again(0);
    console.wait_for("source prod answers again");
    // What would lapse is said first.
    console.keys("quit\r");
    console.wait_for("1 ack lapses on its source at");
    console.wait_for("quit again leaves");
    console.keys("quit\r");
    assert!(console.wait_exit().success());
}

#[test]
fn a_pipe_is_answered_line_by_line_and_its_end_leaves() {
    if missing("prometheus-alertmanager") {
        return;
    }
    let am = Alertmanager::start(1);
    for n in 0..12 {
        am.post(0, &alert(&format!("Down{n:02}"), "\u{1b}[31mred\u{202e}"));
    }
    let home = home(&am.url(0));
    let mut console = Piped::open(&home);
    console.until("12 alerts are there: 12 fire, none of them acknowledged.");
    for line in
        ["alerts", "more", "alerts alertname=\"Down03\"", "3", "ack 'open", "replay INC-1", "drill start x", "99", "ack 13"]
    {
        console.types(line);
    }
    console.until("no alert has the number 13");
    // A number is an alert's only where an alert is meant.
    console.types("alerts Down05").until("critical, Down05");
    let number = console.told.lines().last().and_then(|line| line.split('.').next()).expect("a number").to_owned();
    console.types(&format!("ack --for=1h {number} --note '1 #4'")).until("Down05 db-1:9100  recorded");
    let told = {
        console.types("note 3 pools, #7").types("help ack").types("feeds").until("Usage: midwatch ack");
        console.rest()
    };
    let named = |number: usize| {
        let line = told.lines().find(|line| line.starts_with(&format!("{number}. critical, Down"))).expect("is called");
        line.split([' ', ',']).find(|word| word.starts_with("Down")).expect("a name").to_owned()
    };
    assert!(told.contains("12 alerts\n1. critical") && told.contains("2 more: `more`\n11. critical"), "{told}");
    // Numbers stay.
    let number = (1..=12).find(|number| named(*number) == "Down03").expect("is there");
    assert!(told.contains(&format!("1 alert\n{number}. critical, Down03")), "{told}");
    assert!(told.contains(&format!("summary: ␛[31mred·\nalertname: {}\n", named(3))), "{told}");
    assert!(told.contains("a quote is not closed\n") && told.contains("replay needs the screen"), "{told}");
    assert!(told.contains("here it wants --auto"), "{told}");
    assert!(told.contains("no alert has the number 99") && !told.contains(['\u{1b}', '\u{202e}']), "{told}");
    let log = home.json(&["log", "--data", "data"])["entries"].to_string();
    assert!(log.contains("3 pools, #7") && log.contains("\"reason\":\"1 #4\""), "{log}");
    let acked = home.json(&["alerts", "--data", "data", "--state", "acknowledged"])["alerts"].clone();
    assert_eq!((acked.as_array().map(Vec::len), acked[0]["name"].as_str()), (Some(1), Some("Down05")));
}

#[test]
fn it_takes_no_command_and_nothing_that_only_a_screen_has() {
    let home = home("http://127.0.0.1:1");
    for (args, why) in [
        (&["--plain", "alerts"][..], "leave the command away"),
        (&["--plain", "--json"], "print documents"),
        (&["--plain", "--record", "x"], "leave --plain away"),
    ] {
        let output = home.run(args);
        let told = String::from_utf8(output.stderr).expect("text");
        assert_eq!((output.status.code(), told.contains(why)), (Some(2), true), "{told}");
    }
    // One that never answered is no empty queue.
    assert!(Piped::open(&home).rest().contains("not every source answers, so there may be some"));
}
