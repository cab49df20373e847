//! Outages told as stories in `tests/causes`: what was what, what happened when, and why it was. The console is led through each of
//! them as it would have seen it, and says what it suspects. How often it is right, and how much it finds, has a floor.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "reads the stories, and prints the figures for whoever reads them"
)]

use super::*;
use midwatch::domain::alert::{Alert, Labels};
use midwatch::domain::catalogue::{Catalogue, Service};
use midwatch::domain::entry::{Actor, Draft};
use midwatch::domain::health::{FeedSpec, FeedState, Reading};
use midwatch::domain::ids::FeedName;
use midwatch::domain::node::{Node, Problems, Value};
use midwatch::domain::settings::Settings;
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::model::causes::{Cause, Suspicion};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// How far apart feeds and sources are asked.
const STEP: u64 = 10;

/// One story, as it is written down.
pub struct Tale {
    pub name: String,
    services: Vec<(String, Vec<String>, Run)>,
    domains: Vec<(String, Vec<String>)>,
    unwatched: Vec<String>,
    happened: Vec<(u64, Vec<String>)>,
    /// How long after the last of it somebody looks.
    look: u64,
    why: Vec<(String, String)>,
}

/// Who runs a service, and how it is watched.
#[derive(PartialEq)]
enum Run {
    Ours,
    /// A vendor, whom we probe and whose page we read.
    Vendor,
    /// A vendor of whom we have the page alone.
    Page,
}

fn map(node: &Node) -> Vec<(String, &Node)> {
    match &node.value {
        Value::Map(pairs) => pairs.iter().map(|(key, node)| (key.text.clone(), node)).collect(),
        _ => panic!("a map is expected in line {}", node.span.line),
    }
}

fn words(node: &Node) -> Vec<String> {
    node.texts(&mut Problems::default()).unwrap_or_default()
}

fn seconds(text: &str) -> u64 {
    humantime::parse_duration(text).unwrap_or_else(|error| panic!("{text}: {error}")).as_secs()
}

impl Tale {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("a story");
        let mut problems = Problems::default();
        let root = Node::parse(&text, &mut problems).unwrap_or_else(|| panic!("{}: {:?}", path.display(), problems.list));
        let fields = map(&root);
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, node)| *node);
        let need = |name: &str| field(name).unwrap_or_else(|| panic!("{} has no `{name}`", path.display()));
        assert!(words(need("told"))[0].len() > 40 && words(need("title"))[0].len() > 5, "{}: a story is told", path.display());
        let service = |(name, node): (String, &Node)| match words(node).as_slice() {
            [word] if word == "vendor" => (name, Vec::new(), Run::Vendor),
            [word] if word == "page" => (name, Vec::new(), Run::Page),
            needs => (name, needs.to_vec(), Run::Ours),
        };
        let line = |line: String| {
            let mut words = line.split(' ').map(str::to_owned);
            (seconds(&words.next().expect("a time")), words.collect())
        };
        Self {
            name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
            services: map(need("services")).into_iter().map(service).collect(),
            domains: field("domains").map(map).unwrap_or_default().into_iter().map(|(name, node)| (name, words(node))).collect(),
            unwatched: field("unwatched").map(words).unwrap_or_default(),
            happened: words(need("happened")).into_iter().map(line).collect(),
            look: field("look").map_or(60, |node| seconds(&words(node)[0])),
            why: map(need("why")).into_iter().map(|(name, node)| (name, words(node)[0].clone())).collect(),
        }
    }

    /// Something in it is measured: then everything is watched, unless it says otherwise.
    fn measures(&self) -> bool {
        self.happened.iter().any(|(_, words)| words[0] != "alert")
    }

    fn settings(&self) -> Settings {
        let domains = |name: &String| {
            let of = self.domains.iter().filter(|(_, members)| members.contains(name));
            of.map(|(domain, _)| domain.clone()).collect()
        };
        let service = |(name, needs, run): &(String, Vec<String>, Run)| Service {
            depends_on: needs.iter().map(|name| name.as_str().into()).collect(),
            fault_domains: domains(name),
            vendor: *run != Run::Ours,
            ..Service::new(name.as_str())
        };
        let services: Catalogue = self.services.iter().map(service).collect();
        let feed = |name: &str, kind: &str| FeedSpec {
            service: Some(name.into()),
            ..FeedSpec::new(format!("{name}-{kind}").as_str(), kind, Duration::from_secs(STEP), Duration::from_secs(5))
        };
        let mut feeds = Vec::new();
        for (name, _, run) in self.services.iter().filter(|(name, ..)| self.measures() && !self.unwatched.contains(name)) {
            feeds.extend((*run != Run::Page).then(|| feed(name, "http")));
            feeds.extend((*run != Run::Ours).then(|| feed(name, "statuspage")));
        }
        Settings { services, feeds, ..settings(false) }
    }

    /// Leads a console through it.
    fn happens(&self) -> Story {
        let mut stage = Stage { story: Story::with(self.settings()), feeds: BTreeMap::new(), alerts: Vec::new() };
        for spec in stage.story.world.settings.feeds.clone() {
            stage.feeds.insert(spec.name.clone(), Some(FeedState::Healthy));
        }
        // Something was before it.
        (0..3).for_each(|_| stage.step());
        let last = self.happened.last().map_or(0, |(at, _)| *at);
        let mut left = self.happened.iter().peekable();
        for now in (0..=last + self.look).step_by(STEP as usize) {
            while let Some((_, words)) = left.next_if(|(at, _)| *at <= now) {
                stage.happens(words);
            }
            stage.step();
        }
        stage.story
    }
}

/// The world as the console sees it.
struct Stage {
    story: Story,
    /// What each feed says; `None`: it can't be asked.
    feeds: BTreeMap<FeedName, Option<FeedState>>,
    alerts: Vec<Arc<Alert>>,
}

impl Stage {
    fn happens(&mut self, words: &[String]) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut says = |name: &str, kind: &str, state| {
            let feed = self.feeds.get_mut(format!("{name}-{kind}").as_str()).unwrap_or_else(|| panic!("{name} is not watched"));
            *feed = state;
        };
        match words.as_slice() {
            [name, "fails"] => says(name, "http", Some(FeedState::Failing)),
            [name, "slows"] => says(name, "http", Some(FeedState::Degraded)),
            [name, "recovers"] => says(name, "http", Some(FeedState::Healthy)),
            [name, "unheard"] => says(name, "http", None),
            [name, "says", word] => says(name, "statuspage", FeedState::parse(word)),
            ["alert", alert, "of", name, severity, labels @ ..] => self.fires(alert, name, severity, labels),
            [name, how @ ("deployed" | "configured" | "migrated" | "flag"), words @ ..] => {
                self.changes(name, how, &words.join(" "))
            }
            other => panic!("nobody knows what this means: {other:?}"),
        }
    }

    fn fires(&mut self, name: &str, service: &str, severity: &str, labels: &[&str]) {
        let plain = alert(&format!("{name}-{service}"), service, self.story.now.wall);
        let own = [("alertname", name), ("service", service), ("severity", severity)];
        let more = labels.iter().filter_map(|pair| pair.split_once('='));
        let labels = Labels::new(own.into_iter().chain(more).map(|(name, value)| (name.into(), value.into())).collect());
        self.alerts.push(Arc::new(Alert { labels, ..(*plain).clone() }));
    }

    fn changes(&mut self, service: &str, how: &str, words: &str) {
        let text = format!("change of {service}: {how} {words}");
        let mut draft = Draft::new(Kind::Change, self.story.now.wall, Actor::person("ana", None), text);
        draft.service = Some(service.into());
        let entry = self.story.append(draft);
        self.story.fact(Fact::Recorded { entry, request: None });
    }

    fn step(&mut self) {
        for (feed, state) in self.feeds.clone() {
            self.story.fact(match state {
                Some(state) => Fact::FeedRead { feed, reading: Reading::new(state, "said") },
                None => Fact::FeedFailed { feed, trouble: Trouble::new(Reason::Timeout, "no answer") },
            });
        }
        self.story.poll(&self.alerts.clone());
        self.story.wait(STEP);
    }
}

fn said(found: Option<&Suspicion>) -> String {
    match found.map(|found| &found.cause) {
        None => "none".to_owned(),
        Some(Cause::Change(service, _)) => format!("change of {service}"),
        Some(cause) => cause.to_string(),
    }
}

fn tales() -> Vec<Tale> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/causes");
    let mut files: Vec<_> = fs::read_dir(folder).expect("the stories").map(|file| file.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|path| Tale::read(path)).collect()
}

#[test]
fn causes_are_found_in_stories_of_outages() {
    let (mut named, mut right, mut expected, mut misses) = (0u32, 0u32, 0u32, Vec::new());
    let tales = tales();
    for tale in &tales {
        let story = tale.happens();
        let suspicions = story.world.suspicions();
        let asked = |name: &str| tale.why.iter().any(|(symptom, _)| symptom == name);
        let unasked =
            suspicions.iter().filter(|(name, _)| !asked(name.as_str())).map(|(name, _)| (name.to_string(), "none".into()));
        for (symptom, why) in tale.why.iter().cloned().chain(unasked) {
            let found = suspicions.of(&symptom.as_str().into());
            let told = said(found);
            named += u32::from(found.is_some());
            expected += u32::from(why != "none");
            right += u32::from(found.is_some() && told == why);
            if told != why {
                let how = found.map(|found| format!("{}, {:?}", found.percent(), found.reasons)).unwrap_or_default();
                misses.push(format!("{}: {symptom} by {why}, and it was said to be {told} {how}", tale.name));
            }
        }
    }
    let (precision, recall) = (f64::from(right) / f64::from(named), f64::from(right) / f64::from(expected));
    println!("causes: {} stories, precision {precision:.3}, recall {recall:.3}", tales.len());
    misses.iter().for_each(|miss| println!("  {miss}"));
    assert!(tales.len() >= 30, "{} stories", tales.len());
    assert!(precision >= 0.9, "precision {precision}: {misses:#?}");
    assert!(recall >= 0.85, "recall {recall}: {misses:#?}");
}
