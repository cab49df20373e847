//! Labels of an alert that somebody else has chosen: each reaches a command as the value of a variable and as nothing else, or is refused
//! before anything runs. Here, on another host, and in a request.

use crate::support::fake_alertmanager::FakeAlertmanager;
use crate::{Stage, state_of, told};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::channel;

/// What would leave a file `pwned` behind if anything but a variable were made of it.
const HOSTILE: &[&str] = &[
    "$(touch ../work/pwned)",
    "`touch ../work/pwned`",
    "; touch ../work/pwned; rm -rf ~",
    "x\" ; touch ../work/pwned ; \"",
    "x' ; touch ../work/pwned ; '",
    "-oProxyCommand=touch ../work/pwned",
    "--help",
    "$HOME ${PATH} $VALUE",
    "a && touch ../work/pwned || b | c > ../work/pwned",
    "../../etc/passwd",
    "*",
    "\\",
    "%s%n %00",
    "é 日本 👩‍🚒",
    " leading and trailing ",
];

/// One alert with this label, and a playbook whose parameters come from it.
struct Scene {
    stage: Stage,
    alert: String,
    _source: FakeAlertmanager,
}

impl Scene {
    fn new(kind: &str, label: &str, config: &str, steps: &str) -> Self {
        let source = FakeAlertmanager::start();
        let alert = source.fire(&[("alertname", "Odd"), ("instance", label)]);
        let stage = Stage::with(&format!("params:\n  VALUE: {{type: {kind}, from: label.instance}}\n"), steps);
        let books = stage.path().join("books");
        stage.home.write(
            "config.yaml",
            &format!(
                "operator: {{name: ana}}\nenvironment: lab\nplaybooks: {{folders: [{}]{config}}}\nsources: [{{name: am, alertmanager: {{urls: ['{}']}}}}]\n",
                books.display(),
                source.url
            ),
        );
        Self { stage, alert, _source: source }
    }

    fn run(&self) -> (Value, i32) {
        self.stage.json(&["playbook", "run", "t", "--auto", "change", "--alert", &self.alert])
    }

    /// Why it is not even started.
    fn refused(&self) -> String {
        let output = self.stage.midwatch(&["playbook", "run", "t", "--auto", "change", "--alert", &self.alert]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert_eq!(self.stage.open_run(), None);
        told(&output)
    }

    fn harmless(&self, label: &str) {
        assert!(!self.stage.path().join("work/pwned").exists(), "{label:?} was run");
    }
}

const KEEP: &str = "printf '%s' \"$VALUE\" > ../work/value";

fn step(fields: &str, block: &str) -> String {
    format!("## Steps\n\n### Do it\n\n- **timeout:** 20s\n{fields}\n\n{block}\n")
}

fn shell(fields: &str, block: &str) -> String {
    step(fields, &format!("```sh\n{block}\n```"))
}

#[test]
fn a_command_gets_the_value_of_a_variable() {
    for label in HOSTILE {
        let scene = Scene::new("string", label, "", &shell("", KEEP));
        let (run, code) = scene.run();
        assert_eq!((code, state_of(&run, "do-it")), (0, "succeeded"), "{label:?}: {run}");
        assert_eq!(&scene.stage.wrote("value"), label);
        scene.harmless(label);
    }
}

#[test]
fn a_label_of_a_hundred_kilobytes_is_a_value_like_any_other() {
    let label = "$(x) ".repeat(20_000);
    let scene = Scene::new("string", &label, "", &shell("", KEEP));
    let (run, code) = scene.run();
    assert_eq!((code, state_of(&run, "do-it")), (0, "succeeded"), "{:.2000}", run.to_string());
    assert!(scene.stage.wrote("value") == label);
}

#[test]
fn what_the_system_can_not_hand_to_a_command_starts_nothing() {
    let label = "x".repeat(200_000);
    let scene = Scene::new("string", &label, "", &shell("", KEEP));
    let (run, code) = scene.run();
    assert_eq!((code, state_of(&run, "do-it")), (1, "failed"), "{:.2000}", run.to_string());
    let detail = run["steps"][0]["attempts"][0]["detail"].to_string();
    assert!(detail.contains("nothing was executed") && detail.len() < 2_000, "{detail:.2000}");
}

#[test]
fn lines_and_control_characters_are_refused_before_the_start() {
    for label in ["a\nrm -rf ~", "a\r", "\u{1b}[2J", "a\u{0}b", "\u{7f}"] {
        let scene = Scene::new("string", label, "", &shell("", KEEP));
        let why = scene.refused();
        assert!(why.contains("VALUE") && why.contains("control characters"), "{label:?}: {why}");
        assert!(!why.trim_end().contains(|c: char| c.is_control() && c != '\n'), "{why:?}");
    }
}

#[test]
fn what_names_a_host_a_path_or_an_address_is_never_an_option() {
    for kind in ["host", "path", "url"] {
        let scene = Scene::new(kind, "-oProxyCommand=touch ../work/pwned", "", &shell("", KEEP));
        assert!(scene.refused().contains("would be taken for an option"), "{kind}");
    }
    for label in ["$(reboot)", "; rm -rf ~", "a b", "db-1/../x", "db-1@evil"] {
        let scene = Scene::new("host", label, "", &shell("- **host:** `$VALUE`", "true"));
        assert!(scene.refused().contains("expected a host name"), "{label:?}");
    }
}

/// The transport runs what is sent in a shell of this machine, as sshd would in one of another.
#[test]
fn another_host_gets_the_value_of_a_variable() {
    for label in HOSTILE {
        let transport = ", transport: [sh, -c, 'cd ../work && exec \"$@\"', HOST]";
        let scene = Scene::new("string", label, transport, &shell("- **host:** `db-1`", &KEEP.replace("../work/", "")));
        let (run, code) = scene.run();
        assert_eq!((code, state_of(&run, "do-it")), (0, "succeeded"), "{label:?}: {run}");
        assert_eq!(&scene.stage.wrote("value"), label);
        scene.harmless(label);
    }
}

#[test]
fn a_host_of_a_string_is_one_word_and_no_option() {
    for label in ["-oProxyCommand=touch ../work/pwned", "$(touch ../work/pwned)", "db-1 -x", "; touch ../work/pwned"] {
        let words = ", transport: [sh, -c, 'printf %s \"$0\" > ../work/host; exec \"$@\"', HOST]";
        let scene = Scene::new("string", label, words, &shell("- **host:** `$VALUE`", "true"));
        let (run, _) = scene.run();
        scene.harmless(label);
        assert_eq!(state_of(&run, "do-it"), "failed", "{label:?}: {run}");
        assert_eq!(scene.stage.wrote("host"), "", "{label:?} was taken for a host");
    }
}

#[test]
fn a_request_keeps_its_place_and_its_one_line() {
    for label in HOSTILE {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (lines, told) = channel();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let head: Vec<String> = BufReader::new(stream.try_clone().expect("a copy"))
                .lines()
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").expect("sent");
            lines.send(head).expect("the test listens");
        });
        let request = format!("```http\nPOST http://127.0.0.1:{port}/x/$VALUE/y?q=$VALUE&r=1\nX-Who: $VALUE\n```");
        let scene = Scene::new("string", label, "", &step("", &request));
        let (run, code) = scene.run();
        if *label == "é 日本 👩‍🚒" && code == 1 {
            // A header has no other letters: refused, and nothing was sent.
            assert!(told.try_recv().is_err(), "{run}");
            continue;
        }
        assert_eq!((code, state_of(&run, "do-it")), (0, "succeeded"), "{label:?}: {run}");
        let head = told.recv().expect("a request");
        let words: Vec<&str> = head[0].split(' ').collect();
        assert_eq!((words.len(), words[0], words[2]), (3, "POST", "HTTP/1.1"), "{head:?}");
        let (path, query) = words[1].split_once('?').expect("a query");
        assert_eq!((path.split('/').count(), query.split('&').count()), (4, 2), "{head:?}");
        assert_eq!(head.iter().filter(|line| line.to_lowercase().starts_with("x-who:")).count(), 1, "{head:?}");
        scene.harmless(label);
    }
}
