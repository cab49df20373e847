//! Every bundled scenario, played without a screen to a world: by somebody who does what is expected, and by somebody who does nothing.
//! Whatever they do, nothing leaves the program.

use crate::support::story::{Story, settings};
use chrono::{DateTime, Utc};
use midwatch::domain::catalogue::Service;
use midwatch::domain::entry::{Entry, Kind};
use midwatch::domain::ids::{IncidentId, RunId};
use midwatch::domain::incident::Sev;
use midwatch::domain::playbook::{Confirm, How, Param, ParamType, Place, Playbook, expand};
use midwatch::domain::run::{Auto, Run, RunMode, StepState};
use midwatch::domain::scenario::{Act, Expected, Kind as Held, Outcome, Scenario, Score, What};
use midwatch::domain::settings::Settings;
use midwatch::model::drills::Drilling;
use midwatch::model::runs::{Given, RunCommand, RunEffect, RunFact, Typed};
use midwatch::model::{Command, Effect, Fact};
use midwatch::playbook::scenario::{Around, Shelf};
use midwatch::playbook::{BUNDLED, read};
use midwatch::steps::KINDS;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How often the responder looks up.
const LOOK: u64 = 10;

fn books() -> Vec<Arc<Playbook>> {
    BUNDLED.iter().map(|(name, text)| Arc::new(read(text, Place::Bundled(name), KINDS))).collect()
}

/// Services that a script speaks of.
fn house(scenario: &Scenario) -> Settings {
    let services: Vec<Service> = scenario.services.iter().map(|name| Service::new(name.clone())).collect();
    Settings { services: services.into(), ..settings(true) }
}

struct Drill {
    story: Story,
    scenario: Scenario,
    books: Vec<Arc<Playbook>>,
    incident: IncidentId,
    /// What its entries are marked with.
    id: String,
    /// What the responder has done, by its place among what is expected.
    done: BTreeSet<usize>,
}

impl Drill {
    /// Told as a story: nothing is built for it, and its steps are walked.
    fn begin(scenario: &Scenario) -> Self {
        let scenario = Scenario { kind: Held::Tabletop, ..scenario.clone() };
        let mut story = Story::with(house(&scenario));
        let books = books();
        let facts = RunFact::Playbooks { books: Arc::new(books.clone()), given: Arc::new(Given::default()) };
        story.fact(Fact::Run(facts));
        let (params, auto) = (Typed::default(), Auto::No);
        story.ask(Command::Drill(Drilling::Start { scenario: Box::new(scenario.clone()), params, auto, anyway: false }));
        let declared = story.last(Kind::Declare).clone();
        let (incident, id) = (declared.incident.expect("an incident"), declared.drill.clone().expect("a drill"));
        story.taken();
        Self { story, scenario, books, incident, id, done: BTreeSet::new() }
    }

    fn elapsed(&self) -> Duration {
        self.clock()(self.story.now.wall)
    }

    fn clock(&self) -> impl Fn(DateTime<Utc>) -> Duration + '_ {
        let drill = self.story.world.drills.get(self.incident).expect("the drill");
        |at| drill.elapsed(at)
    }

    /// What is in the queue is what the script says, and so is what was told.
    fn assert_played(&self) {
        let queue = self.story.world.alerts.queue().filter(|tracked| tracked.resolved_at.is_none());
        let mut found: Vec<_> = queue.map(|tracked| tracked.alert.id.clone()).collect();
        let mut firing = BTreeSet::new();
        for beat in self.scenario.due(self.elapsed()) {
            match &beat.what {
                What::Fires(alert) => drop(firing.insert(&alert.name)),
                What::Resolves { name } => drop(firing.remove(name)),
                What::Feed(_) | What::Note { .. } => {}
            }
        }
        let mut expected: Vec<_> = firing.into_iter().map(|name| Scenario::alert(&self.id, name)).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{} after {:?}", self.scenario.id, self.elapsed());
        let told = self.scenario.due(self.elapsed()).iter().filter(|beat| matches!(beat.what, What::Note { .. })).count();
        let master = |entry: &&Arc<Entry>| entry.kind == Kind::Note && entry.actor.name == "game master";
        assert_eq!(self.story.journal.iter().filter(master).count(), told, "{} after {:?}", self.scenario.id, self.elapsed());
    }

    /// To the end of the script, and past the last deadline.
    fn run(mut self, does: bool) -> Self {
        let deadlines = self.scenario.expects.iter().map(|one| self.scenario.counts_from(one) + one.within);
        let last = deadlines.max().unwrap_or_default().max(self.scenario.ends()) + Duration::from_secs(60);
        while self.elapsed() <= last {
            self.assert_played();
            if does {
                self.respond();
            }
            self.story.wait(LOOK);
        }
        self
    }

    /// Does what is expected as soon as it counts.
    fn respond(&mut self) {
        for place in 0..self.scenario.expects.len() {
            let expected = self.scenario.expects[place].clone();
            if self.elapsed() >= self.scenario.counts_from(&expected) && !self.done.contains(&place) {
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
                let alerts = vec![Scenario::alert(&self.id, &name)];
                Command::Acknowledge { alerts, hold: None, reason: String::new(), ticket: None, confirmed: None }
            }
            Act::Step => return self.walk(&about),
            Act::Playbook => return self.set_out(),
            Act::Severity => Command::SetSeverity { incident, severity: sev(&about) },
            Act::Status => {
                let status = about.parse().expect("a status");
                Command::SetStatus { incident, by_way: Vec::new(), status, reason: None, at: None }
            }
            Act::Role => {
                let role = about.parse().expect("a role");
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
                mode: RunMode::Live,
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
            self.step_on(id);
        }
        panic!("{}: {wanted} is not reached", self.scenario.id);
    }

    /// Goes on with the run until something of its steps is begun.
    fn set_out(&mut self) {
        let id = self.prepare();
        for _ in 0..60 {
            let from = self.step_on(id);
            let run = self.story.world.runs.get(id).expect("the run");
            if self.story.journal[from..].iter().any(|entry| run.acts_by(entry)) {
                return;
            }
        }
        panic!("{}: its steps are not reached", self.scenario.id);
    }

    /// Does what can be done at the step that the run is at, and says where in the journal that begins.
    fn step_on(&mut self, id: RunId) -> usize {
        let run = self.story.world.runs.get(id).expect("the run").clone();
        let before = self.story.journal.len();
        for command in self.ways(id, &run) {
            self.story.ask(Command::Run(command));
            if self.story.journal.len() > before {
                break;
            }
        }
        assert!(self.story.journal.len() > before, "{}: stuck at {:?}", self.scenario.id, run.cursor);
        before
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

    fn entries(&self) -> Vec<Arc<Entry>> {
        self.story.journal.iter().filter(|entry| entry.drill.as_ref() == Some(&self.id)).cloned().collect()
    }

    fn score(&self) -> Score {
        self.scenario.score(&self.entries(), self.clock())
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
        let score = drill.score();
        for scored in &score.all {
            assert_eq!(scored.outcome, Outcome::Met, "{}: {scored:?}", scenario.id);
        }
        assert_eq!(score.points(), score.most(), "{}", scenario.id);
        let acting: Vec<Effect> = drill.story.taken().into_iter().filter(acts).collect();
        assert_eq!(acting, [], "{} acts on what is real", scenario.id);
        let real = drill.story.journal.iter().filter(|entry| entry.drill.is_none()).count();
        assert_eq!(real, 0, "{}: something of it is told as real", scenario.id);
    }
}

#[test]
fn whoever_does_nothing_misses_everything() {
    for scenario in all() {
        let mut drill = Drill::begin(&scenario).run(false);
        for scored in drill.score().all {
            assert_eq!(scored.outcome, Outcome::Missed, "{}: {scored:?}", scenario.id);
        }
        assert_eq!(drill.story.taken().into_iter().filter(acts).collect::<Vec<_>>(), []);
    }
}

#[test]
fn whoever_is_late_is_told_so_and_a_pause_costs_no_time() {
    let scenario = all().into_iter().find(|scenario| scenario.id == "vendor-outage").expect("a scenario");
    let last = scenario.expects.iter().map(|one| scenario.counts_from(one) + one.within).max().expect("a deadline");
    let mut late = Drill::begin(&scenario);
    late.story.wait(last.as_secs() + 1);
    late.respond();
    assert!(late.score().all.iter().all(|scored| scored.outcome == Outcome::Late), "{:?}", late.score());

    let mut paused = Drill::begin(&scenario);
    let drill = paused.incident;
    paused.story.ask(Command::Drill(Drilling::Pause { drill, reason: "a real one".to_owned() }));
    paused.story.wait(last.as_secs() + 1);
    paused.story.ask(Command::Drill(Drilling::Resume { drill }));
    paused.story.wait(1);
    paused.assert_played();
    paused.respond();
    assert!(paused.score().all.iter().all(|scored| scored.outcome == Outcome::Met), "{:?}", paused.score());
}
