//! A drill and its run: the clock begins when the scene stands, the run stands still with its drill, and what is called off is cleared
//! away by itself.

use super::*;
use midwatch::domain::drill::{Debrief, Held};
use midwatch::domain::entry::ActorKind;
use midwatch::domain::ids::{IncidentId, RunId, StepId};
use midwatch::domain::playbook::Place;
use midwatch::domain::practice::Verdict;
use midwatch::domain::run::{Auto, Run, RunMode, RunState, StepEnd, StepState};
use midwatch::domain::scenario::Scenario;
use midwatch::domain::settings::{Environment, Settings};
use midwatch::model::drills::{Drilling, Found};
use midwatch::model::runs::{Finding, Given, RunCommand, RunFact, Typed};
use midwatch::{playbook, steps};

const BOOK: &str = "---\nplaybook: 1\nid: t\ntitle: T\nrto: 10m\nalerts:\n  - {alertname: ShopDown}\n---\n\n# T\n\n## Steps\n\n### Do\n\n- **risk:** change\n- **on fail:** stop\n\n\
    ```sh\ntrue\n```\n\n## Verify\n\n### Holds\n\n```sh\ntrue\n```\n\n## Drill setup\n\n### Make\n\n- **risk:** change\n\n```sh\ntrue\n```\n\n\
    ## Drill cleanup\n\n### Clear\n\n- **risk:** change\n\n```sh\ntrue\n```\n";

struct Drill {
    story: Story,
    incident: IncidentId,
    run: RunId,
}

fn library(books: Vec<Arc<midwatch::domain::playbook::Playbook>>) -> Fact {
    Fact::Run(RunFact::Playbooks { books: Arc::new(books), given: Arc::new(Given::default()) })
}

impl Drill {
    fn begun() -> Self {
        let mut story = Story::with(Settings { environment: Environment::Lab, ..settings(false) });
        let book = Arc::new(playbook::read(BOOK, Place::Bundled("t.md"), steps::KINDS));
        assert_eq!(book.unfit(), None, "{:#?}", book.problems);
        let scenario = Box::new(Scenario::for_playbook(&book));
        story.fact(library(vec![book]));
        story.ask(Command::Drill(Drilling::Start { scenario, params: Typed::default(), auto: Auto::No, anyway: false }));
        let incident = story.world.drills.open().expect("it is held").incident;
        let (run, state) = story.world.runs.open().next().expect("its run is prepared");
        assert_eq!((state.incident, state.mode), (Some(incident), Some(RunMode::Drill)));
        Self { story, incident, run }
    }

    fn run(&self) -> &Run {
        self.story.world.runs.get(self.run).expect("the run")
    }

    fn at(&self) -> Option<&str> {
        self.run().at().map(|(record, _)| record.plan.id.as_str())
    }

    /// Why it was refused, if it was.
    fn ask(&mut self, command: Command) -> Option<String> {
        let request = self.story.ask(command);
        let items = &self.story.world.requests.get(request).expect("asked").items;
        items.iter().find(|item| item.stage.failed()).map(|item| format!("{:?}", item.stage))
    }

    fn start(&mut self, step: &str) -> Option<String> {
        self.ask(Command::Run(RunCommand::Start { run: self.run, step: step.into(), confirmed: Some("yes".into()) }))
    }

    fn end(&mut self, state: StepState) {
        let open = self.run().open_attempt().map(|(step, attempt)| (step.clone(), attempt.number));
        let (step, attempt): (StepId, u32) = open.expect("it is open");
        let end = StepEnd::without_process(state, self.story.now.wall, "");
        self.story.fact(Fact::Run(RunFact::Ended { run: self.run, step, attempt, end }));
        self.story.wait(1);
    }

    fn does(&mut self, step: &str) {
        assert_eq!(self.start(step), None);
        self.end(StepState::Succeeded);
    }

    fn finish(&mut self) -> Option<String> {
        self.ask(Command::Drill(Drilling::Finish { drill: self.incident, said: Debrief::default(), found: Vec::new() }))
    }

    fn verdict(&self) -> Verdict {
        let last = self.story.journal.iter().rev().find_map(|entry| Held::of(entry)).expect("it was finished");
        last.measured.verdict
    }
}

#[test]
fn its_clock_begins_when_the_scene_stands_and_ends_with_the_last_criterion() {
    let mut drill = Drill::begun();
    drill.story.wait(20);
    assert_eq!(drill.story.world.alerts.queue().count(), 0, "there is nothing to see yet");
    drill.does("make");
    let fired = drill.story.last(Kind::AlertFired).clone();
    assert_eq!((fired.incident, fired.drill.as_ref()), (Some(drill.incident), drill.run().drill.as_ref()));
    drill.story.wait(10);
    drill.does("do");
    assert!(drill.finish().is_some(), "its run is not over");
    drill.does("holds");
    assert_eq!(drill.at(), Some("clear"), "it is cleared away without anybody");
    drill.end(StepState::Succeeded);
    assert_eq!(drill.finish(), None);
    let over = drill.story.journal.iter().rev().find_map(|entry| Held::of(entry)).expect("finished").measured;
    let seconds = |span: Option<Duration>| span.map(|span| span.as_secs());
    assert_eq!((over.verdict, seconds(over.acted), seconds(over.recovered)), (Verdict::Pass, Some(11), Some(12)));
    assert!(drill.story.journal.iter().all(|entry| entry.drill.is_some()), "all of it is practice");
}

#[test]
fn what_it_has_found_is_recorded_with_its_end_and_keeps_it_from_merely_passing() {
    let mut drill = Drill::begun();
    ["make", "do", "holds"].iter().for_each(|step| drill.does(step));
    drill.end(StepState::Succeeded);
    let found = |text: &str| Found { text: text.into(), owner: Some("ben".into()), due: "2026-12-24".parse().ok() };
    let finish = |found| Drilling::Finish { drill: drill.incident, said: Debrief::default(), found };
    let (empty, two) = (finish(vec![found("no light"), found(" ")]), finish(vec![found("no light"), found("no key")]));
    assert!(drill.ask(Command::Drill(empty)).is_some_and(|why| why.contains("says what was found")));
    assert!(drill.story.world.drills.open().is_some(), "it is refused whole");
    assert_eq!(drill.ask(Command::Drill(two)), None);
    let findings: Vec<_> = drill.story.journal.iter().filter(|entry| entry.kind == Kind::Finding).collect();
    let told = |entry: &Entry| (entry.text.clone(), entry.run, entry.text_of("owner").map(str::to_owned), entry.drill.is_some());
    let as_found = |text: &str| (text.to_owned(), Some(drill.run), Some("ben".to_owned()), true);
    assert_eq!(findings.iter().map(|entry| told(entry)).collect::<Vec<_>>(), [as_found("no light"), as_found("no key")]);
    assert_eq!(drill.verdict(), Verdict::Findings);
}

#[test]
fn its_run_stands_still_with_it_and_goes_on_with_it() {
    let mut drill = Drill::begun();
    drill.does("make");
    drill.story.poll(&[alert("Real", "checkout", drill.story.now.wall)]);
    assert!(drill.run().paused, "what is real comes first");
    assert!(drill.start("do").is_some_and(|why| why.contains("paused")));
    let prepare = RunCommand::Prepare {
        playbook: "t".into(),
        params: Typed::default(),
        alert: None,
        incident: Some(drill.incident),
        mode: RunMode::Live,
        auto: Auto::No,
    };
    assert!(drill.ask(Command::Run(prepare)).is_some_and(|why| why.contains("paused")));
    assert_eq!(drill.ask(Command::Drill(Drilling::Resume { drill: drill.incident })), None);
    assert!(!drill.run().paused);
    drill.does("do");
}

#[test]
fn what_a_person_has_paused_does_not_go_on_with_the_drill() {
    let mut drill = Drill::begun();
    drill.does("make");
    assert_eq!(drill.ask(Command::Run(RunCommand::Pause { run: drill.run, reason: "I look first".into() })), None);
    drill.story.poll(&[alert("Real", "checkout", drill.story.now.wall)]);
    assert_eq!(drill.ask(Command::Drill(Drilling::Resume { drill: drill.incident })), None);
    assert!(drill.run().paused, "she has paused it herself");
    assert_eq!(drill.ask(Command::Run(RunCommand::Unpause { run: drill.run })), None);
    drill.does("do");
}

#[test]
fn what_is_called_off_is_ended_and_cleared_away_by_itself() {
    let mut drill = Drill::begun();
    drill.does("make");
    assert_eq!(drill.start("do"), None);
    assert_eq!(drill.ask(Command::Drill(Drilling::Abort { drill: drill.incident, reason: "enough".into() })), None);
    assert_eq!(drill.story.last(Kind::StepAnswer).text_of("answer"), Some("cancel"), "what runs is ended first");
    drill.end(StepState::Cancelled);
    for kind in [Kind::StepAnswer, Kind::RunCleanup] {
        let entry = drill.story.last(kind);
        assert_eq!((entry.actor.kind, entry.actor.name.as_str()), (ActorKind::System, "drill"), "{}", entry.text);
    }
    assert_eq!(drill.at(), Some("clear"));
    drill.end(StepState::Succeeded);
    assert_eq!(drill.run().state(), RunState::Aborted);
    assert_eq!(drill.finish(), None);
    assert_eq!(drill.verdict(), Verdict::Aborted);
}

#[test]
fn what_a_dead_console_left_is_taken_up_to_be_cleared_away() {
    let mut drill = Drill::begun();
    drill.does("make");
    assert_eq!(drill.start("do"), None);
    let (book, incident) = (drill.story.world.runs.playbooks()[0].clone(), drill.incident);
    drill.story.begins_anew();
    drill.story.fact(library(vec![book.clone()]));
    let adopted = Fact::Run(RunFact::Adopted {
        run: drill.run,
        playbook: Ok(book),
        found: vec![Finding { step: "do".into(), attempt: 1, end: None }],
    });
    drill.story.fact(adopted);
    assert!(drill.run().interrupted);
    assert_eq!(drill.ask(Command::Drill(Drilling::Abort { drill: incident, reason: "it died".into() })), None);
    drill.end(StepState::Cancelled);
    assert_eq!(drill.at(), Some("clear"));
    drill.end(StepState::Succeeded);
    assert_eq!((drill.run().state(), drill.finish()), (RunState::Aborted, None));
}

#[test]
fn a_run_that_would_be_real_is_one_of_the_drill_and_none_is_both() {
    let mut drill = Drill::begun();
    drill.does("make");
    let fired = drill.story.last(Kind::AlertFired).alert.clone();
    let prepare = |alert, incident, mode| {
        Command::Run(RunCommand::Prepare {
            playbook: "t".into(),
            params: Typed::default(),
            alert,
            incident,
            mode,
            auto: Auto::No,
        })
    };
    assert_eq!(drill.ask(prepare(fired, None, RunMode::Live)), None);
    let (_, second) = drill.story.world.runs.open().next().expect("prepared");
    assert_eq!((second.mode, second.incident), (Some(RunMode::Drill), Some(drill.incident)));
    assert_eq!(second.drill, drill.run().drill);
    drill.ask(Command::Declare { title: "Real".into(), severity: "SEV1".parse().expect("one"), alerts: vec![], at: None });
    let real = drill.story.world.incidents.open().next().map(|real| real.id);
    assert!(drill.ask(prepare(None, real, RunMode::Drill)).is_some_and(|why| why.contains("is real")));
}

#[test]
fn a_playbook_for_a_real_alert_is_real_though_the_drill_is_shown() {
    let mut drill = Drill::begun();
    drill.story.poll(&[alert("Real", "cron", drill.story.now.wall)]);
    assert!(drill.story.world.alerts.get(&id("Real")).is_some());
    let (playbook, alert, incident) = ("t".into(), Some(id("Real")), Some(drill.incident));
    let asked = RunCommand::Prepare { playbook, params: Typed::default(), alert, incident, mode: RunMode::Live, auto: Auto::No };
    assert_eq!(drill.ask(Command::Run(asked)), None);
    let prepared = drill.story.journal.iter().rev().find(|entry| entry.kind == Kind::Run).expect("prepared");
    let run = drill.story.world.runs.get(RunId(prepared.id.0)).expect("the run");
    assert_eq!((run.mode, run.drill.as_deref(), run.incident), (Some(RunMode::Live), None, None));
}
