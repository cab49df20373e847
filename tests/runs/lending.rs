//! Who gets the terminal, and when: nothing is started before it was handed over, and nothing that nobody sits before.

use crate::support::story::{Story, settings};
use midwatch::domain::entry::Kind;
use midwatch::domain::ids::RunId;
use midwatch::domain::playbook::{Place, Playbook};
use midwatch::domain::run::{Auto, Run, RunMode, RunState, StepEnd, StepState};
use midwatch::domain::settings::{Environment, Settings};
use midwatch::model::runs::{Given, Launch, RunCommand, RunEffect, RunFact, Sitting, Typed};
use midwatch::model::{Command, Effect, Fact};
use midwatch::{playbook, steps};
use std::sync::Arc;

const TEXT: &str = "---\nplaybook: 1\nid: t\ntitle: T\n---\n\n# T\n\n## Steps\n\n### Edit\n\n- **tty:** yes\n- **risk:** read\n\n\
    ```sh\nvi x\n```\n\n```sh dry-run\ntrue\n```\n\n### Next\n\n- **kind:** manual\n";

struct Desk {
    story: Story,
    run: RunId,
}

impl Desk {
    fn new(mode: RunMode, auto: Auto, terminal: bool) -> Self {
        Self::with(TEXT, mode, auto, terminal)
    }

    fn with(text: &str, mode: RunMode, auto: Auto, terminal: bool) -> Self {
        let book: Arc<Playbook> = Arc::new(playbook::read(text, Place::Bundled("t.md"), steps::KINDS));
        assert_eq!(book.unfit(), None);
        let mut story = Story::with(Settings { environment: Environment::Lab, ..settings(false) });
        if terminal {
            story.fact(Fact::Run(RunFact::AtTerminal));
        }
        story.fact(Fact::Run(RunFact::Playbooks { books: Arc::new(vec![book]), given: Arc::new(Given::default()) }));
        let params = Typed::default();
        story.ask(Command::Run(RunCommand::Prepare { playbook: "t".into(), params, alert: None, incident: None, mode, auto }));
        let run = RunId(story.journal[0].id.0);
        Self { story, run }
    }

    fn run(&self) -> &Run {
        self.story.world.runs.get(self.run).expect("the run")
    }

    fn state(&self) -> StepState {
        self.run().state_of(&"edit".into()).expect("the step")
    }

    /// Why it is refused, or nothing.
    fn ask(&mut self, command: RunCommand) -> Option<String> {
        let request = self.story.ask(Command::Run(command));
        let progress = self.story.world.requests.get(request).expect("the request");
        progress.items.iter().find(|item| item.stage.failed()).map(|item| format!("{:?}", item.stage))
    }

    fn start(&mut self) -> Option<String> {
        self.ask(RunCommand::Start { run: self.run, step: "edit".into(), confirmed: None })
    }

    fn sitting(&self) -> Option<Sitting> {
        self.story.world.runs.sitting()
    }

    fn lend(&mut self, refused: Option<&str>) {
        let sitting = Sitting { run: self.run, step: "edit".into(), attempt: 1 };
        self.story.fact(Fact::Run(RunFact::Lent { sitting, refused: refused.map(str::to_owned) }));
    }

    fn end(&mut self, state: StepState) {
        let end = StepEnd::without_process(state, self.story.now.wall, "");
        self.story.fact(Fact::Run(RunFact::Ended { run: self.run, step: "edit".into(), attempt: 1, end }));
    }

    fn launched(&mut self) -> Vec<Launch> {
        let launch = |effect| if let Effect::Run(RunEffect::Launch(launch)) = effect { Some(*launch) } else { None };
        self.story.taken().into_iter().filter_map(launch).collect()
    }
}

#[test]
fn it_is_recorded_then_the_terminal_is_lent_and_only_then_it_is_started_once() {
    let mut desk = Desk::new(RunMode::Live, Auto::No, true);
    assert_eq!(desk.sitting(), None);
    assert_eq!(desk.start(), None);
    assert_eq!(desk.state(), StepState::Starting);
    let recorded = desk.story.last(Kind::StepIntent).id;
    assert_eq!(desk.sitting(), Some(Sitting { run: desk.run, step: "edit".into(), attempt: 1 }));
    assert_eq!(desk.launched(), []);
    desk.lend(None);
    desk.lend(None);
    let launched = desk.launched();
    assert_eq!(launched.iter().map(|launch| launch.intent.id()).collect::<Vec<_>>(), [recorded]);
    assert!(desk.sitting().is_some(), "it has the terminal as long as it runs");
    desk.end(StepState::Succeeded);
    assert_eq!(desk.sitting(), None);
}

#[test]
fn a_journal_that_records_nothing_lends_nothing() {
    let mut desk = Desk::new(RunMode::Live, Auto::No, true);
    desk.story.broken = Some("disk full".into());
    desk.start();
    assert_eq!((desk.sitting(), desk.state()), (None, StepState::Ready));
    // One that doesn't record the end gives the terminal back all the same.
    desk.story.broken = None;
    desk.start();
    desk.lend(None);
    desk.story.broken = Some("disk full".into());
    desk.end(StepState::Succeeded);
    assert_eq!(desk.sitting(), None);
}

#[test]
fn the_run_goes_on_when_it_is_written_down_what_came_of_it_and_not_before_it_has_run() {
    let mut desk = Desk::new(RunMode::Live, Auto::No, true);
    let run = desk.run;
    let say = |note: &str| RunCommand::Attach { run, step: "edit".into(), note: note.into(), evidence: Vec::new() };
    assert!(desk.ask(say("all well")).is_some_and(|why| why.contains("has not run yet")));
    desk.start();
    desk.lend(None);
    desk.end(StepState::Succeeded);
    let at = |desk: &Desk| desk.run().at().map(|(record, _)| record.plan.id.to_string());
    assert_eq!((at(&desk).as_deref(), desk.run().state()), (Some("edit"), RunState::Waiting));
    assert!(desk.ask(say(" ")).is_some());
    assert_eq!(desk.ask(say("the row is mended")), None);
    assert_eq!(at(&desk).as_deref(), Some("next"));
    assert!(desk.story.last(Kind::StepAnswer).text.contains("what came of it: the row is mended"));
}

#[test]
fn nothing_starts_it_by_itself_and_nobody_starts_it_where_no_terminal_is() {
    for auto in [Auto::Read, Auto::Change] {
        let mut desk = Desk::new(RunMode::Live, auto, true);
        desk.story.wait(60);
        assert_eq!((desk.launched(), desk.sitting(), desk.state()), (vec![], None, StepState::Ready), "{auto}");
    }
    let mut desk = Desk::new(RunMode::Live, Auto::Change, false);
    assert!(desk.start().is_some_and(|why| why.contains("wants a terminal")));
    assert_eq!((desk.launched(), desk.sitting(), desk.run().state()), (vec![], None, RunState::Prepared));
}

#[test]
fn whoever_cancels_before_it_has_the_terminal_starts_nothing() {
    let mut desk = Desk::new(RunMode::Live, Auto::No, true);
    desk.start();
    desk.ask(RunCommand::Cancel { run: desk.run });
    desk.lend(None);
    assert_eq!((desk.launched(), desk.sitting(), desk.state()), (vec![], None, StepState::Cancelled));
}

#[test]
fn a_terminal_that_can_not_be_handed_over_fails_the_step_and_starts_nothing() {
    let mut desk = Desk::new(RunMode::Live, Auto::No, true);
    desk.start();
    desk.lend(Some("the keys are still being read"));
    assert_eq!((desk.launched(), desk.sitting(), desk.state()), (vec![], None, StepState::Failed));
    let text = &desk.story.last(Kind::StepEnded).text;
    assert!(text.contains("nothing was executed: the keys are still being read"), "{text}");
}

#[test]
fn a_rehearsal_takes_its_block_and_no_terminal_and_by_hand_a_person_says_what_came_of_it() {
    // What changes something is rehearsed; the block that only reads is run, and that needs a person.
    let changes = TEXT.replace("risk:** read", "risk:** change");
    let mut desk = Desk::with(&changes, RunMode::DryRun, Auto::Read, false);
    assert_eq!((desk.launched().len(), desk.sitting()), (1, None));
    desk.end(StepState::Succeeded);
    assert_eq!(desk.run().at().map(|(record, _)| record.plan.id.as_str()), None, "nothing is to be written down of a rehearsal");
    let mut desk = Desk::new(RunMode::DryRun, Auto::No, true);
    assert_eq!((desk.launched().len(), desk.state()), (0, StepState::Ready));
    desk.start();
    assert!(desk.sitting().is_some());
    // By hand there is nothing to start, and no terminal is needed.
    let mut desk = Desk::new(RunMode::Manual, Auto::No, false);
    assert!(desk.start().is_some_and(|why| why.contains("written down")));
    let note = RunCommand::Attach { run: desk.run, step: "edit".into(), note: "mended".into(), evidence: Vec::new() };
    assert_eq!(desk.ask(note), None);
    assert_eq!((desk.sitting(), desk.run().at().map(|(record, _)| record.plan.id.as_str())), (None, Some("next")));
}

#[test]
fn the_next_console_is_not_asked_for_a_terminal_by_what_it_finds() {
    let mut desk = Desk::new(RunMode::Live, Auto::No, true);
    desk.start();
    desk.lend(None);
    let journal = desk.story.journal.clone();
    let mut next = Desk::new(RunMode::Live, Auto::No, true);
    let now = next.story.now;
    next.story.world = midwatch::model::World::new(next.story.world.settings.clone(), next.story.world.me.clone(), now);
    for entry in journal {
        next.story.fact(Fact::Recorded { entry, request: None });
    }
    let book = Arc::new(playbook::read(TEXT, Place::Bundled("t.md"), steps::KINDS));
    let found = vec![midwatch::model::runs::Finding { step: "edit".into(), attempt: 1, end: None }];
    next.story.fact(Fact::Run(RunFact::Adopted { run: desk.run, playbook: Ok(book), found }));
    next.lend(None);
    assert_eq!((next.launched(), next.sitting()), (vec![], None));
}
