//! Runs of playbooks through the program itself, with real commands, killed at every moment.

#![allow(clippy::disallowed_methods, reason = "a test on the real clock, disk and processes")]

mod support;

#[path = "runs/crashes.rs"]
mod crashes;
#[path = "runs/diagnosis.rs"]
mod diagnosis;
#[path = "runs/ends.rs"]
mod ends;
#[path = "runs/evidence.rs"]
mod evidence;
#[path = "runs/feeds.rs"]
mod feeds;
#[path = "runs/flow.rs"]
mod flow;
#[path = "runs/guide.rs"]
mod guide;
#[path = "runs/hostile.rs"]
mod hostile;
#[path = "runs/hosts.rs"]
mod hosts;
#[path = "runs/kills.rs"]
mod kills;
#[path = "runs/kinds.rs"]
mod kinds;
#[path = "runs/lending.rs"]
mod lending;
#[path = "runs/looked_at.rs"]
mod looked_at;
#[path = "runs/model.rs"]
mod model;
#[path = "runs/people.rs"]
mod people;
#[path = "runs/proof.rs"]
mod proof;
#[path = "runs/queries.rs"]
mod queries;
#[path = "runs/requests.rs"]
mod requests;
#[path = "runs/seen.rs"]
mod seen;
#[path = "runs/sitting.rs"]
mod sitting;
#[path = "runs/takeover.rs"]
mod takeover;
#[path = "runs/terminal.rs"]
mod terminal;

use serde_json::Value;
use std::path::Path;
use std::process::Output;
use support::home::Home;

/// A home with one playbook and an environment that lets everything run.
struct Stage {
    home: Home,
}

impl Stage {
    fn new(steps: &str) -> Self {
        Self::with("", steps)
    }

    /// `front` is more front matter: parameters.
    fn with(front: &str, steps: &str) -> Self {
        let home = Home::new();
        let books = home.path().join("books").display().to_string();
        home.write("config.yaml", &format!("operator: {{name: ana}}\nenvironment: lab\nplaybooks: [{books}]\n"));
        home.write("books/t.md", &format!("---\nplaybook: 1\nid: t\ntitle: A test\n{front}---\n\n# A test\n\n{steps}"));
        std::fs::create_dir_all(home.path().join("work")).expect("made");
        Self { home }
    }

    fn path(&self) -> &Path {
        self.home.path()
    }

    fn midwatch(&self, args: &[&str]) -> Output {
        self.home.run(&[&["--data", "data"], args].concat())
    }

    /// Runs it and reads the one JSON document; with the exit code.
    fn json(&self, args: &[&str]) -> (Value, i32) {
        let output = self.midwatch(&[&["--json"], args].concat());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}\n{}", told(&output)));
        (value, output.status.code().expect("an exit code"))
    }

    /// What the steps wrote into `work/NAME`.
    fn wrote(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join("work").join(name)).unwrap_or_default()
    }

    /// The run that is not over, if there is one.
    fn open_run(&self) -> Option<String> {
        let (list, _) = self.json(&["playbook", "list"]);
        list["runs"].as_array().expect("runs").first().map(|run| run["id"].as_str().expect("an id").to_owned())
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn state_of<'a>(document: &'a Value, step: &str) -> &'a str {
    let steps = document["steps"].as_array().expect("steps");
    let found = steps.iter().find(|known| known["id"] == step);
    found.unwrap_or_else(|| panic!("no step {step} in {document}"))["state"].as_str().expect("a state")
}

fn id(document: &Value) -> &str {
    document["run"]["id"].as_str().expect("an id")
}
