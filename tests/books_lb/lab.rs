//! A throw-away lab: what a playbook's own Drill setup builds, gone by its Drill cleanup, with a home to run the playbook in.
//! Parameters are the playbook's defaults, then what the test types, then what the setup sets.

use crate::support::home::Home;
use crate::support::until;
use midwatch::domain::playbook::{Block, Language, OnFail, Place, Playbook, Section, Seen, Step, Verdict, resolve};
use midwatch::playbook::{BUNDLED, read};
use midwatch::steps::{KINDS, judge, read_outputs};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const CONFIG: &str = "operator: {name: ana, role: on-call}\nenvironment: lab\n";

pub struct Lab {
    home: Home,
    book: Playbook,
    params: BTreeMap<String, String>,
}

impl Lab {
    /// Runs the Drill setup of a bundled playbook.
    #[track_caller]
    pub fn set_up(id: &str, typed: &[(&str, &str)]) -> Self {
        let mut lab = Self::bare(id, typed);
        let steps: Vec<Step> = lab.book.section(Section::DrillSetup).cloned().collect();
        assert!(!steps.is_empty(), "{id} has no Drill setup");
        steps.iter().for_each(|step| lab.prepare(step));
        lab
    }

    /// Only the parameters and a home: the scene is made by whoever drills.
    #[track_caller]
    pub fn bare(id: &str, typed: &[(&str, &str)]) -> Self {
        let (file, text) = BUNDLED.iter().find(|(file, _)| *file == format!("{id}.md")).expect("bundled");
        let book = read(text, Place::Bundled(file), KINDS);
        let mut params: BTreeMap<String, String> = typed.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let known = resolve(&book.params, &params, &|_| None);
        params.extend(known.values.iter().map(|(name, value, _)| (name.clone(), value.expose().to_owned())));
        let lab = Self { home: Home::with(CONFIG), book, params };
        lab.midwatch(&["incident", "open", "practice", "--severity", "SEV3"]);
        lab
    }

    /// One step of the setup; one that only looks is repeated until what it waits for is there.
    fn prepare(&mut self, step: &Step) {
        let block = step.body.as_ref().expect("a setup is done by commands");
        let out = self.home.path().join("set");
        let mut last = String::new();
        let tried = |lab: &Self, last: &mut String| {
            let done = lab.execute(block);
            *last = said(&done);
            lab.holds(step, &done).then_some(())
        };
        match step.fields.retry {
            Some(_) => until(&step.title, || tried(self, &mut last)),
            None => tried(self, &mut last).unwrap_or_else(|| panic!("{}: {last}", step.id)),
        }
        let set = std::fs::read(&out).unwrap_or_default();
        self.params.extend(read_outputs(step, &set).expect("what it sets"));
        let _ = std::fs::remove_file(out);
    }

    fn holds(&self, step: &Step, done: &Output) -> bool {
        let text = |bytes: &[u8]| Some(String::from_utf8_lossy(bytes).into_owned());
        let (stdout, stderr) = (text(&done.stdout), text(&done.stderr));
        let seen = Seen { exit: done.status.code(), stdout, stderr, ..Seen::default() };
        judge(step, &seen, &|name| self.params.get(name).cloned()) == Verdict::Holds
    }

    /// Runs a block as a run would, with this lab's parameters.
    pub fn execute(&self, block: &Block) -> Output {
        let flags: &[&str] = if block.lang == Language::Bash { &["bash", "-euo", "pipefail"] } else { &["sh", "-eu"] };
        let script = self.home.write("block", &block.text);
        let mut command = Command::new(flags[0]);
        command.args(&flags[1..]).arg(script).env_clear().envs(&self.params).current_dir(self.home.path());
        command.env("PATH", std::env::var("PATH").unwrap_or_default()).env("HOME", self.home.path());
        command.env("PLAYBOOK_OUT", self.home.path().join("set")).env("PLAYBOOK_MODE", "drill");
        command.stdin(Stdio::null()).output().expect("a shell")
    }

    /// Runs the block of one step by itself.
    pub fn only(&self, step: &str) -> Output {
        let step = self.book.step(&step.into()).expect(step);
        self.execute(step.body.as_ref().expect("a step that is done by a command"))
    }

    /// Runs a line of shell in the lab and returns what it prints.
    #[track_caller]
    pub fn sh(&self, line: &str) -> String {
        let span = self.book.steps[0].span;
        let done = self.execute(&Block { lang: Language::Bash, text: line.into(), span });
        assert!(done.status.success(), "{line}: {}", said(&done));
        String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
    }

    #[track_caller]
    pub fn get(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_else(|| panic!("{name} has no value"))
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.params.insert(name.into(), value.into());
    }

    /// A file of the lab.
    pub fn file(&self, name: &str) -> PathBuf {
        PathBuf::from(self.get("SCRATCH")).join(name)
    }

    /// Runs the playbook until it ends or needs a person.
    pub fn run(&self) -> Ran {
        self.begin(&[])
    }

    /// Runs it as a drill: the program makes the scene, and this lab learns where that is.
    pub fn drill(&mut self) -> Ran {
        let ran = self.begin(&["--drill"]);
        let log: Value = serde_json::from_slice(&self.midwatch(&["log", "--json"]).stdout).expect("one document");
        let ends = log["entries"].as_array().expect("entries").iter().filter_map(|entry| entry["data"]["outputs"].as_object());
        for (name, value) in ends.flatten() {
            self.params.insert(name.clone(), value.as_str().expect("a text").to_owned());
        }
        ran
    }

    fn begin(&self, how: &[&str]) -> Ran {
        let declared = |name: &&String| self.book.params.iter().any(|param| param.name == **name);
        let params = self.params.iter().filter(|(name, _)| declared(name)).map(|(name, value)| format!("{name}={value}"));
        let params: Vec<String> = params.flat_map(|param| ["--param".to_owned(), param]).collect();
        let params: Vec<&str> = params.iter().map(String::as_str).collect();
        let run = ["playbook", "run", self.book.id.as_str(), "--auto", "change", "--json"];
        // Practice is no part of what is real.
        let incident: &[&str] = if how.contains(&"--drill") { &[] } else { &["--incident", "INC-1"] };
        self.ran(&[&run[..], how, incident, &params].concat())
    }

    /// Ticks everything in the manual step at which a run waits, and goes on.
    pub fn done(&self, ran: &Ran, step: &str) -> Ran {
        assert_eq!((ran.state(), ran.0["run"]["at"].as_str()), ("waiting", Some(step)), "{}", ran.0);
        let items = self.book.step(&step.into()).expect(step).items.len();
        let items: Vec<String> = (1..=items).map(|item| item.to_string()).collect();
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        match items.as_slice() {
            [] => self.ran(&["playbook", "confirm", ran.id(), step, "--json"]),
            items => self.ran(&[&["playbook", "tick", ran.id(), step, "--json"], items].concat()),
        }
    }

    /// Says what a step asks for.
    pub fn answer(&self, ran: &Ran, step: &str, text: &str) -> Ran {
        self.ran(&["playbook", "answer", ran.id(), step, text, "--json"])
    }

    /// Somebody else approves the step that a run is at.
    pub fn approve(&self, ran: &Ran, name: &str, role: &str) -> Ran {
        self.ran(&["playbook", "approve", ran.id(), "--as", name, "--role", role, "--json"])
    }

    /// How a run that waits stands now.
    pub fn stands(&self, ran: &Ran) -> Ran {
        self.ran(&["playbook", "resume", ran.id(), "--json"])
    }

    /// Starts the rollback that a run has come to, where it waits for that.
    pub fn roll_back(&self, ran: Ran) -> Ran {
        match ran.state() {
            "waiting" => self.ran(&["playbook", "rollback", ran.id(), "--yes", "--json"]),
            _ => ran,
        }
    }

    /// More configuration for the home in which the playbook is run.
    pub fn configure(&self, more: &str) {
        self.home.write("config.yaml", &format!("{CONFIG}{more}"));
    }

    fn ran(&self, args: &[&str]) -> Ran {
        let output = self.midwatch(args);
        Ran(serde_json::from_slice(&output.stdout).unwrap_or_else(|why| panic!("{why}: {}", said(&output))))
    }

    pub fn midwatch(&self, args: &[&str]) -> Output {
        self.home.run(&[&["--data", "data"], args].concat())
    }

    /// The run is through in time, and the exported timeline tells each of its steps, in order.
    #[track_caller]
    pub fn assert_completed(&self, ran: &Ran) {
        assert_eq!(ran.state(), "completed", "{}", ran.failure());
        let limit = self.book.meta.rto.expect("an RTO").as_millis() as i64;
        assert!(ran.took() <= limit, "{} ms, {limit} ms are allowed", ran.took());
        self.assert_told(ran);
    }

    /// Prints how long it took until the last success criterion held, and what that cost.
    pub fn measured(&self, ran: &Ran, cost: &str) {
        println!("{}: {:.1} s until verified; {cost}", self.book.id, ran.took() as f64 / 1000.0);
    }

    #[track_caller]
    pub fn assert_told(&self, ran: &Ran) {
        // A drill is no part of an incident; all of it stands in the log.
        let output = match ran.0["run"]["mode"] == "drill" {
            true => self.midwatch(&["log", "--lines", "1000", "--json"]),
            false => self.midwatch(&["export", "INC-1", "--format", "json"]),
        };
        let timeline: Value = serde_json::from_slice(&output.stdout).expect("one document");
        let entries = timeline["entries"].as_array().expect("entries").iter();
        let steps = entries.filter(|entry| entry["run"] == ran.0["run"]["id"]).filter_map(|entry| entry["step"].as_str());
        let mut told: Vec<&str> = Vec::new();
        steps.for_each(|step| told.extend((!told.contains(&step) && ran.tried(step)).then_some(step)));
        assert_eq!(told, ran.attempted());
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let Some(scratch) = self.params.get("SCRATCH").map(PathBuf::from).filter(|folder| folder.exists()) else { return };
        for step in self.book.section(Section::DrillCleanup) {
            let done = self.execute(step.body.as_ref().expect("a cleanup is done by commands"));
            let may_fail = step.fields.on_fail == OnFail::Continue;
            assert!(std::thread::panicking() || may_fail || done.status.success(), "{}: {}", step.id, said(&done));
        }
        assert!(std::thread::panicking() || !scratch.exists(), "the cleanup leaves its folder");
    }
}

/// How a run stands.
pub struct Ran(Value);

impl Ran {
    pub fn id(&self) -> &str {
        self.0["run"]["id"].as_str().expect("an id")
    }

    pub fn state(&self) -> &str {
        self.0["run"]["state"].as_str().expect("a state")
    }

    fn steps(&self) -> &[Value] {
        self.0["steps"].as_array().expect("steps")
    }

    #[track_caller]
    pub fn step(&self, id: &str) -> &str {
        let found = self.steps().iter().find(|step| step["id"] == id);
        found.unwrap_or_else(|| panic!("no step {id}"))["state"].as_str().expect("a state")
    }

    /// The steps that were begun, in the order of their beginnings.
    fn attempted(&self) -> Vec<&str> {
        let begun = |step: &'_ Value| step["attempts"][0]["started_at"].as_str().map(str::to_owned);
        let mut all: Vec<_> = self.steps().iter().filter_map(|step| Some((begun(step)?, step["id"].as_str()?))).collect();
        // Times are written to the millisecond; a stable sort keeps the order of the document among equals.
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all.into_iter().map(|(_, id)| id).collect()
    }

    fn tried(&self, step: &str) -> bool {
        self.attempted().contains(&step)
    }

    /// Milliseconds from the start to the last success criterion.
    fn took(&self) -> i64 {
        let time = |name: &str| chrono::DateTime::parse_from_rfc3339(self.0["run"][name].as_str().expect(name)).expect("a time");
        (time("verified_at") - time("started_at")).num_milliseconds()
    }

    /// Where it stands, and why: for the message of a failed assertion.
    pub fn failure(&self) -> String {
        let end = |step: &Value| format!("{} {} {}", step["id"], step["state"], step["attempts"]);
        let steps: Vec<String> = self.steps().iter().map(end).collect();
        format!("{}\n{}", self.0["run"], steps.join("\n"))
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
