//! Who operates the servers: a home of theirs, a console of theirs, and what became of a run.

use crate::support::home::Home;
use crate::support::postgres::{as_operator, hand_over, operator};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Output};
use std::sync::OnceLock;

pub struct Stage {
    home: Home,
}

impl Stage {
    /// In a lab, so that `--auto change` starts everything that a command can do.
    pub fn new() -> Self {
        let home = Home::new().started_by([as_operator(), vec![midwatch().display().to_string()]].concat());
        home.write("config.yaml", "operator: {name: ana}\nenvironment: lab\n");
        hand_over(home.path());
        Self { home }
    }

    /// A shell script stands in for a program: it is what the blocks of a playbook find first.
    pub fn with_program(name: &str, script: &str) -> Self {
        let Self { home } = Self::new();
        let file = home.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it is ours");
        hand_over(home.path());
        let path = format!("{}/bin:{}", home.path().display(), std::env::var("PATH").unwrap_or_default());
        Self { home: home.env("PATH", &path) }
    }

    pub fn path(&self) -> &Path {
        self.home.path()
    }

    pub fn midwatch(&self, args: &[&str]) -> Output {
        self.home.run(&[&["--data", "data"], args].concat())
    }

    /// One JSON document of `midwatch`, whatever its exit code.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let output = self.midwatch(&[&["--json"], args].concat());
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// A `midwatch` that was started and not waited for.
    pub fn spawn(&self, args: &[&str]) -> Child {
        self.home.command(&[&["--data", "data", "--quiet"], args].concat()).spawn().expect("midwatch starts")
    }

    /// Runs a bundled playbook as far as it goes without a person. Of a parameter that stands twice the later one
    /// counts; `incident` names the incident that the run belongs to.
    #[track_caller]
    pub fn run(&self, book: &str, params: &[(&str, &str)]) -> Run<'_> {
        self.start(book, &[], params)
    }

    /// The same as a drill, with the playbook's own servers.
    #[track_caller]
    pub fn drill(&self, book: &str, params: &[(&str, &str)]) -> Run<'_> {
        self.start(book, &["--drill"], params)
    }

    #[track_caller]
    fn start(&self, book: &str, mode: &[&str], params: &[(&str, &str)]) -> Run<'_> {
        let mut params: std::collections::BTreeMap<&str, &str> = params.iter().copied().collect();
        let incident = params.remove("incident");
        let params: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let params = params.iter().flat_map(|param| ["--param", param]).collect::<Vec<_>>();
        let incident: Vec<&str> = incident.iter().flat_map(|incident| ["--incident", incident]).collect();
        let document =
            self.json(&[&["playbook", "run", book, "--auto", "change"], mode, params.as_slice(), incident.as_slice()].concat());
        Run { stage: self, document }
    }
}

/// The program where the operator can reach it: root's own folders are closed to others.
fn midwatch() -> PathBuf {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_midwatch"));
    if operator("test").arg("-x").arg(&built).status().is_ok_and(|status| status.success()) {
        return built;
    }
    static COPY: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = COPY.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        fs::copy(&built, folder.path().join("midwatch")).expect("copied");
        folder
    });
    folder.path().join("midwatch")
}

/// A run and how it stood when it was last looked at.
pub struct Run<'a> {
    stage: &'a Stage,
    pub document: Value,
}

impl Run<'_> {
    pub fn id(&self) -> &str {
        self.document["run"]["id"].as_str().expect("an id")
    }

    pub fn state(&self) -> &str {
        self.document["run"]["state"].as_str().expect("a state")
    }

    pub fn step(&self, id: &str) -> &Value {
        let steps = self.document["steps"].as_array().expect("steps");
        steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no step {id} in {:#}", self.document))
    }

    pub fn state_of(&self, step: &str) -> &str {
        self.step(step)["state"].as_str().expect("a state")
    }

    /// A subcommand of `playbook` on this run: `tick`, `confirm`, …
    #[track_caller]
    pub fn say(&mut self, verb: &str, args: &[&str]) -> &mut Self {
        let id = self.id().to_owned();
        self.document = self.stage.json(&[&["playbook", verb, &id], args].concat());
        self
    }

    /// The folder of the last attempt of a step.
    pub fn folder(&self, step: &str) -> PathBuf {
        let number = self.step(step)["attempts"].as_array().map_or(0, Vec::len).max(1);
        self.stage.path().join("data/runs").join(self.id()).join(format!("{step}.{number}"))
    }

    /// What the last attempt of a step wrote, both streams.
    pub fn wrote(&self, step: &str) -> String {
        let attempt = self.folder(step);
        let tries = (2..).map(|number| attempt.join(format!("try-{number}"))).take_while(|folder| folder.is_dir());
        let folder = tries.last().unwrap_or(attempt);
        ["out", "err"].map(|file| fs::read_to_string(folder.join(file)).unwrap_or_default()).concat()
    }

    /// It came to this end, or the test fails with all that is known.
    #[track_caller]
    pub fn is(&self, state: &str) -> &Self {
        assert_eq!(self.state(), state, "{}", self.story());
        self
    }

    /// It ended because this step did not hold, and said why.
    #[track_caller]
    pub fn stopped_at(&self, step: &str, state: &str, why: &str) -> &Self {
        assert_eq!((self.state(), self.state_of(step)), (state, "failed"), "{}", self.story());
        assert!(self.wrote(step).contains(why), "`{why}` is not in {}", self.story());
        self
    }

    /// Every step that was attempted, its state and its output: what a failing test shows.
    pub fn story(&self) -> String {
        let steps = self.document["steps"].as_array().expect("steps").iter();
        let told = steps.filter(|step| step["attempts"].as_array().is_some_and(|attempts| !attempts.is_empty()));
        let told = told.map(|step| {
            let id = step["id"].as_str().unwrap_or("");
            format!("{id}: {} {}\n{}", step["state"], step["attempts"], self.wrote(id))
        });
        format!("{}\n{}", self.document["run"], told.collect::<Vec<_>>().join("\n"))
    }

    /// How long it took from its beginning until the last check of Verify held.
    pub fn seconds_to_verified(&self) -> f64 {
        let time = |name: &str| {
            let text = self.document["run"][name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.document));
            chrono::DateTime::parse_from_rfc3339(text).expect("a time")
        };
        (time("verified_at") - time("started_at")).as_seconds_f64()
    }
}
