//! Every bundled scenario, played without a screen to a world: by somebody who does what is expected, and by somebody who does nothing.
//! Whatever they do, nothing leaves the program.

use crate::support::story::{Story, settings};
use midwatch::domain::alert::{Alert, Upstream};
use midwatch::domain::catalogue::Service;
use midwatch::domain::entry::{Entry, Kind};
use midwatch::domain::ids::{IncidentId, RunId};
use midwatch::domain::incident::{Role, Sev};
use midwatch::domain::playbook::{Confirm, How, Param, ParamType, Place, Playbook, expand};
use midwatch::domain::run::{Auto, Run, RunMode, StepState};
use midwatch::domain::scenario::{Act, Expected, Fires, Outcome, SOURCE, Scenario, What};
use midwatch::domain::settings::{Settings, SourceSpec};
use midwatch::model::event::SourceAnswer;
use midwatch::model::runs::{Given, RunCommand, RunEffect, RunFact, Typed};
use midwatch::model::{Command, Effect, Fact};
use midwatch::playbook::scenario::{Around, Shelf};
use midwatch::playbook::{BUNDLED, read};
use midwatch::steps::KINDS;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const DRILL: &str = "d-1";

/// How often the responder looks up.
const LOOK: u64 = 10;

fn books() -> Vec<Arc<Playbook>> {
    BUNDLED.iter().map(|(name, text)| Arc::new(read(text, Place::Bundled(name), KINDS))).collect()
}

/// Services that a script speaks of, and a source that could do nothing if it were asked.
fn house(scenario: &Scenario) -> Settings {
    let usual = settings(false);
    let source = SourceSpec { name: SOURCE.into(), acts: Vec::new(), carry: None, ..usual.sources[0].clone() };
    let services: Vec<Service> = scenario.services.iter().map(|name| Service::new(name.clone())).collect();
    Settings { services: services.into(), sources: vec![source], ..usual }
}

struct Drill {
    story: Story,
    scenario: Scenario,
    books: Vec<Arc<Playbook>>,
    elapsed: Duration,
    began: chrono::DateTime<chrono::Utc>,
    incident: IncidentId,
    /// How many beats have happened.
    played: usize,
    /// What the responder has done, by its place among what is expected.
    done: BTreeSet<usize>,
}

impl Drill {
    fn begin(scenario: &Scenario) -> Self {
        let mut story = Story::with(house(scenario));
        let books = books();
        let facts = RunFact::Playbooks { books: Arc::new(books.clone()), given: Arc::new(Given::default()) };
        story.fact(Fact::Run(facts));
        story.ask(Command::Declare { title: scenario.title.clone(), severity: sev("SEV3"), alerts: Vec::new(), at: None });
        let incident = story.last(Kind::Declare).incident.expect("an incident");
        let began = story.now.wall;
        story.taken();
        let scenario = scenario.clone();
        Self { story, scenario, books, elapsed: Duration::ZERO, began, incident, played: 0, done: BTreeSet::new() }
    }

    /// What has come due since the last time.
    fn play(&mut self) {
        let due: Vec<What> = self.scenario.due(self.elapsed)[self.played..].iter().map(|beat| beat.what.clone()).collect();
        self.played += due.len();
        let (mut upserts, mut gone) = (Vec::new(), Vec::new());
        for what in due {
            match what {
                What::Fires(alert) => upserts.push(self.alert(&alert)),
                What::Resolves { name } => gone.push(Scenario::alert(DRILL, &name).fingerprint),
                What::Feed(_) | What::Note { .. } => {}
            }
        }
        self.story.fact(Fact::AlertsChanged { source: SOURCE.into(), upserts, gone });
        let answer = SourceAnswer { complete: true, ..SourceAnswer::default() };
        self.story.fact(Fact::SourceAnswered { source: SOURCE.into(), answer });
    }

    fn alert(&self, fires: &Fires) -> Arc<Alert> {
        Arc::new(Alert {
            id: Scenario::alert(DRILL, &fires.name),
            labels: fires.labels(DRILL),
            annotations: fires.annotations(),
            upstream: Upstream::Firing,
            starts_at: self.story.now.wall,
            url: None,
            receivers: Arc::default(),
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            held: None,
        })
    }

    /// To the end of the script, and past the last deadline.
    fn run(mut self, does: bool) -> Self {
        let deadlines = self.scenario.expects.iter().map(|one| self.scenario.counts_from(one) + one.within);
        let last = deadlines.max().unwrap_or_default().max(self.scenario.ends()) + Duration::from_secs(60);
        while self.elapsed <= last {
            self.play();
            if does {
                self.respond();
            }
            self.story.wait(LOOK);
            self.elapsed += Duration::from_secs(LOOK);
        }
        self
    }

    /// Does what is expected as soon as it counts.
    fn respond(&mut self) {
        for place in 0..self.scenario.expects.len() {
            let expected = self.scenario.expects[place].clone();
            if self.elapsed >= self.scenario.counts_from(&expected) && !self.done.contains(&place) {
                self.act(&expected);
                self.done.insert(place);
            }
        }
    }

    fn act(&mut self, expected: &Expected) {
        let (incident, about) = (self.incident, expected.about.clone().unwrap_or_default());
        let command = match expected.act {
            Act::Ack => {
                let (_, first) = self.scenario.alerts().next().expect("an alert");
                let name = if about.is_empty() { first.name.clone() } else { about };
                let alerts = vec![Scenario::alert(DRILL, &name)];
                Command::Acknowledge { alerts, hold: None, reason: String::new(), ticket: None }
            }
            Act::Step => return self.walk(&about),
            Act::Playbook => {
                self.prepare();
                return;
            }
            Act::Severity => Command::SetSeverity { incident, severity: sev(&about) },
            Act::Status => {
                let status = about.parse().expect("a status");
                Command::SetStatus { incident, status, reason: None, at: None }
            }
            Act::Role => {
                let role = Role::ALL.into_iter().find(|role| role.word() == about).expect("a role");
                Command::SetRole { incident, role, person: "ana".to_owned() }
            }
            Act::Update => {
                let text = format!("We are on it. {about}");
                let next = midwatch::domain::update::Next::Never;
                Command::Update { incident, text, to: None, next, confirmed: None }
            }
            Act::Note => self.note(Kind::Note, &about),
            Act::Decision => self.note(Kind::Decision, &about),
        };
        let before = self.story.journal.len();
        self.story.ask(command);
        assert!(self.story.journal.len() > before, "{}: {expected:?} was refused", self.scenario.id);
    }

    fn note(&self, kind: Kind, about: &str) -> Command {
        let text = format!("we think {about} is it");
        Command::Note { incident: Some(self.incident), kind, text, at: None, marks: Default::default() }
    }

    /// The run of the playbook that is practised, walked by hand.
    fn prepare(&mut self) -> RunId {
        let known = self.story.journal.iter().find_map(|entry| entry.run.filter(|_| entry.kind == Kind::Run));
        known.unwrap_or_else(|| {
            let playbook = self.scenario.playbook.clone().expect("a playbook");
            let book = self.books.iter().find(|book| book.id == playbook).expect("it is bundled");
            let wanted = book.params.iter().filter(|param| param.required && param.default.is_none());
            let params = wanted.map(|param| (param.name.clone(), typed(param).to_owned())).collect();
            let command = RunCommand::Prepare {
                playbook,
                params: Typed(params),
                alert: None,
                incident: Some(self.incident),
                mode: RunMode::Manual,
                auto: Auto::No,
            };
            self.story.ask(Command::Run(command));
            let refused = || format!("{}: {:?}", self.scenario.id, self.story.world.requests.iter().last());
            let begun = self.story.journal.iter().find_map(|entry| entry.run.filter(|_| entry.kind == Kind::Run));
            begun.unwrap_or_else(|| panic!("{}", refused()))
        })
    }

    /// Goes on to this step and does it.
    fn walk(&mut self, wanted: &str) {
        let id = self.prepare();
        for _ in 0..60 {
            let run = self.story.world.runs.get(id).expect("the run").clone();
            if run.state_of(&wanted.into()) == Some(StepState::Succeeded) {
                return;
            }
            let before = self.story.journal.len();
            for command in self.ways(id, &run) {
                self.story.ask(Command::Run(command));
                if self.story.journal.len() > before {
                    break;
                }
            }
            assert!(self.story.journal.len() > before, "{}: stuck at {:?}", self.scenario.id, run.cursor);
        }
        panic!("{}: {wanted} is not reached", self.scenario.id);
    }

    /// What a person can do at the step that the run is at.
    fn ways(&self, run: RunId, found: &Run) -> Vec<RunCommand> {
        let newest = || self.story.journal.iter().rev().take(12).map(|entry| entry.text.clone()).collect::<Vec<_>>();
        let (record, _) = found.at().unwrap_or_else(|| panic!("{}: {:?} after {:?}", self.scenario.id, found.cursor, newest()));
        let step = record.plan.id.clone();
        let book = self.books.iter().find(|book| Some(&book.id) == found.playbook.as_ref()).expect("the playbook");
        let reason = "it is a story".to_owned();
        let own = match &book.step(&step).expect("the step").how {
            How::Choice(choice) => vec![RunCommand::Choose { run, step: step.clone(), label: choice.options[0].label.clone() }],
            How::Wait(_) => vec![RunCommand::EndWait { run, step: step.clone(), reason: reason.clone() }],
            How::Approval(_) => vec![RunCommand::Alone { run, step: step.clone(), reason: reason.clone() }],
            _ => Vec::new(),
        };
        let ticks = (0..record.plan.items).filter(|item| !record.ticked.contains(item));
        let ticks = ticks.map(|item| RunCommand::Tick { run, step: step.clone(), item, done: true });
        let note = RunCommand::Attach { run, step: step.clone(), note: reason.clone(), evidence: Vec::new() };
        let notes = (record.plan.records && record.notes.is_empty()).then_some(note);
        let typed = match &book.step(&step).expect("the step").fields.confirm {
            Confirm::Type(text) => expand(text, &|name| found.params.get(name).cloned()).expect("its values are known"),
            _ => "yes".to_owned(),
        };
        let start = RunCommand::Start { run, step: step.clone(), confirmed: Some(typed) };
        let skip = RunCommand::Skip { run, step: step.clone(), reason };
        own.into_iter().chain(notes).chain(ticks).chain([start, skip]).collect()
    }

    /// As the journal of a drill has them.
    fn entries(&self) -> Vec<Entry> {
        let of_drill = |entry: &Arc<Entry>| {
            let mut entry = (**entry).clone();
            entry.draft.drill = Some(DRILL.to_owned());
            entry
        };
        self.story.journal.iter().map(of_drill).collect()
    }

    fn outcomes(&self) -> Vec<(Expected, Outcome)> {
        let elapsed = |at: chrono::DateTime<chrono::Utc>| (at - self.began).to_std().unwrap_or_default();
        let score = self.scenario.score(&self.entries(), elapsed);
        score.all.into_iter().map(|scored| (scored.expected, scored.outcome)).collect()
    }
}

/// A person would know.
fn typed(param: &Param) -> &'static str {
    match param.kind {
        _ if param.name.ends_with("_TIME") => "2026-03-01 02:59:00+00",
        ParamType::Path => "/srv/x",
        ParamType::Host => "127.0.0.1",
        ParamType::Port | ParamType::Int => "5432",
        ParamType::Url => "http://127.0.0.1/",
        ParamType::Duration => "5m",
        _ => "v1",
    }
}

fn sev(text: &str) -> Sev {
    text.parse().expect("a severity")
}

fn acts(effect: &Effect) -> bool {
    matches!(effect, Effect::Act { .. } | Effect::Find { .. } | Effect::Run(RunEffect::Launch(_) | RunEffect::Probe(_)))
}

fn all() -> Vec<Scenario> {
    let books = books();
    let shelf = Shelf::load(&[], Around { playbooks: Some(&books), ..Around::default() });
    let all: Vec<Scenario> = shelf.all.into_iter().filter_map(|script| script.scenario).collect();
    assert!(all.len() >= 10, "{}", all.len());
    all
}

#[test]
fn whoever_does_what_is_expected_has_the_full_score_in_every_scenario_and_touches_nothing() {
    for scenario in all() {
        let mut drill = Drill::begin(&scenario).run(true);
        for (expected, outcome) in drill.outcomes() {
            assert_eq!(outcome, Outcome::Met, "{}: {expected:?}", scenario.id);
        }
        let score = scenario.score(&drill.entries(), |at| (at - drill.began).to_std().unwrap_or_default());
        assert_eq!(score.points(), score.most(), "{}", scenario.id);
        let acting: Vec<Effect> = drill.story.taken().into_iter().filter(acts).collect();
        assert_eq!(acting, [], "{} acts on what is real", scenario.id);
        let kinds: BTreeSet<String> = drill.story.kinds().into_iter().map(|kind| kind.word().to_owned()).collect();
        assert!(!kinds.contains("act") && kinds.contains("alert-fired") && kinds.contains("alert-resolved"), "{kinds:?}");
    }
}

#[test]
fn whoever_does_nothing_misses_everything() {
    for scenario in all() {
        let mut drill = Drill::begin(&scenario).run(false);
        for (expected, outcome) in drill.outcomes() {
            assert_eq!(outcome, Outcome::Missed, "{}: {expected:?}", scenario.id);
        }
        assert_eq!(drill.story.taken().into_iter().filter(acts).collect::<Vec<_>>(), []);
    }
}

#[test]
fn whoever_is_late_is_told_so() {
    let scenario = all().into_iter().find(|scenario| scenario.id == "vendor-outage").expect("a scenario");
    let mut drill = Drill::begin(&scenario);
    let late = scenario.expects.iter().map(|one| scenario.counts_from(one) + one.within).max().expect("a deadline");
    while drill.elapsed <= late + Duration::from_secs(LOOK) {
        drill.play();
        drill.story.wait(LOOK);
        drill.elapsed += Duration::from_secs(LOOK);
    }
    drill.respond();
    assert!(drill.outcomes().iter().all(|(_, outcome)| *outcome == Outcome::Late), "{:?}", drill.outcomes());
}
