//! Decisions, waits, approvals, records, parts, probes, rollback and modes: on a clock of their own, without a process.

use crate::support::story::{Story, settings};
use midwatch::domain::catalogue::Service;
use midwatch::domain::entry::{Entry, Kind};
use midwatch::domain::ids::{RunId, StepId};
use midwatch::domain::playbook::{Place, Playbook};
use midwatch::domain::run::{Auto, Probe, Run, RunMode, RunState, StepEnd, StepState};
use midwatch::domain::settings::{Environment, Settings};
use midwatch::model::fold::{Corrections, Folded};
use midwatch::model::progress::Stage;
use midwatch::model::runs::{Finding, Given, Launch, Person, RunCommand, RunEffect, RunFact, Typed};
use midwatch::model::{Command, Effect, Fact};
use midwatch::ports::Ports;
use midwatch::runtime::driver::{Driver, Setup};
use midwatch::{playbook, steps};
use std::sync::Arc;

/// One run of one playbook.
struct Play {
    story: Story,
    run: RunId,
}

fn book(name: &'static str, front: &str, text: &str) -> Arc<Playbook> {
    let id = name.trim_end_matches(".md");
    let whole = format!("---\nplaybook: 1\nid: {id}\ntitle: T\nroles: [commander]\n{front}---\n\n# T\n\n{text}");
    let book = playbook::read(&whole, Place::Bundled(name), steps::KINDS);
    assert_eq!(book.unfit(), None, "{:#?}", book.problems);
    Arc::new(book)
}

fn library(books: Vec<Arc<Playbook>>) -> Fact {
    Fact::Run(RunFact::Playbooks { books: Arc::new(books), given: Arc::new(Given::default()) })
}

fn prepare(mode: RunMode, auto: Auto) -> Command {
    Command::Run(RunCommand::Prepare { playbook: "t".into(), params: Typed::default(), alert: None, incident: None, mode, auto })
}

impl Play {
    fn new(text: &str) -> Self {
        Self::of(vec![book("t.md", "", text)], RunMode::Live, Auto::No)
    }

    fn of(books: Vec<Arc<Playbook>>, mode: RunMode, auto: Auto) -> Self {
        let mut story = Story::with(Settings { environment: Environment::Lab, ..settings(false) });
        story.fact(library(books));
        story.ask(prepare(mode, auto));
        let run = RunId(story.journal.first().expect("a run was prepared").id.0);
        Self { story, run }
    }

    fn run(&self) -> &Run {
        self.story.world.runs.get(self.run).expect("the run")
    }

    /// Asks; `Err` holds why it was refused.
    fn ask(&mut self, command: RunCommand) -> Result<(), String> {
        let request = self.story.ask(Command::Run(command));
        let refused = self.story.world.requests.get(request).into_iter().flat_map(|progress| &progress.items);
        let why = refused.filter_map(|item| match &item.stage {
            Stage::Refused(why) => Some(why.clone()),
            _ => None,
        });
        why.reduce(|_, last| last).map_or(Ok(()), Err)
    }

    fn start(&mut self, step: &str) -> Result<(), String> {
        self.ask(RunCommand::Start { run: self.run, step: step.into(), confirmed: Some("yes".into()) })
    }

    fn choose(&mut self, step: &str, label: &str) -> Result<(), String> {
        self.ask(RunCommand::Choose { run: self.run, step: step.into(), label: label.into() })
    }

    fn launched(&mut self) -> Vec<Launch> {
        let launches = self.story.taken().into_iter().filter_map(|effect| match effect {
            Effect::Run(RunEffect::Launch(launch)) => Some(*launch),
            _ => None,
        });
        launches.collect()
    }

    /// The open attempt of the run ends like this.
    fn end(&mut self, state: StepState) {
        let (step, attempt) =
            self.run().open_attempt().map(|(step, attempt)| (step.clone(), attempt.number)).expect("it is open");
        let end = StepEnd::without_process(state, self.story.now.wall, "");
        self.story.fact(Fact::Run(RunFact::Ended { run: self.run, step, attempt, end }));
        self.story.pass(1);
    }

    fn does(&mut self, step: &str, state: StepState) {
        self.start(step).expect(step);
        self.end(state);
    }

    fn state(&self) -> RunState {
        self.story.world.runs.state(self.run).expect("the run")
    }

    fn step(&self, step: &str) -> StepState {
        self.story.world.runs.state_of(self.run, &step.into()).unwrap_or_else(|| panic!("no step {step}"))
    }

    fn at(&self) -> Option<&str> {
        self.run().at().map(|(record, _)| record.plan.id.as_str())
    }

    fn words(&self) -> Vec<&str> {
        self.story.journal.iter().map(|entry| entry.text.as_str()).collect()
    }

    /// What the journal alone gives, for every beginning of it: no panic, and at the end the same run.
    fn replays(&self) {
        let own = |entry: &&Arc<Entry>| entry.run == Some(self.run) || entry.id.0 == self.run.0;
        let mut folded: Folded<Run> = Folded::default();
        for entry in self.story.journal.iter().filter(own) {
            folded.insert(entry.clone(), &Corrections::default());
        }
        assert_eq!(folded.state(), self.run());
    }
}

fn sh(title: &str, fields: &str) -> String {
    format!("### {title}\n\n{fields}\n\n```sh\ntrue\n```\n\n")
}

fn ask(options: &str) -> String {
    format!("### Ask\n\n- **ask:** Well?\n{options}\n\n")
}

fn by(name: &str, role: &str) -> Option<Person> {
    Some(Person { name: name.into(), role: Some(role.into()) })
}

#[test]
fn a_decision_goes_where_its_option_leads_and_what_lies_between_is_not_taken() {
    let text =
        format!("## Steps\n\n{}{}{}", ask("  - Left: [l](#left)\n  - Right: [r](#right)"), sh("Left", ""), sh("Right", ""));
    let mut play = Play::new(&text);
    assert!(play.start("ask").is_err_and(|why| why.contains("options picked")));
    assert!(play.choose("ask", "Up").is_err_and(|why| why.contains("Left, Right")));
    play.choose("ask", "Right").expect("chosen");
    assert_eq!((play.at(), play.step("left"), play.step("ask")), (Some("right"), StepState::Skipped, StepState::Succeeded));
    let entry = play.story.last(Kind::StepAnswer);
    assert_eq!((entry.text_of("answer"), entry.text_of("label")), (Some("choose"), Some("Right")));
    play.does("right", StepState::Succeeded);
    assert_eq!(play.state(), RunState::Completed);
    play.replays();
}

#[test]
fn a_circle_of_decisions_ends_after_twenty_jumps_back() {
    let text = format!("## Steps\n\n{}{}", sh("One", ""), ask("  - Again: [a](#one)\n  - On: [o](#two)")) + &sh("Two", "");
    let mut play = Play::new(&text);
    for _ in 0..20 {
        play.does("one", StepState::Succeeded);
        play.choose("ask", "Again").expect("a jump back");
    }
    play.does("one", StepState::Succeeded);
    assert!(play.choose("ask", "Again").is_err_and(|why| why.contains("21")));
    play.choose("ask", "On").expect("onwards is no jump back");
    assert_eq!(play.run().record(&"one".into()).map(|record| record.attempts.len()), Some(21));
}

#[test]
fn a_wait_ends_by_the_clock_and_not_a_moment_earlier() {
    let mut play = Play::new(&format!("## Steps\n\n### Rest\n\n- **wait:** 30s\n\n{}", sh("Two", "")));
    play.story.wait(29);
    assert_eq!((play.at(), play.step("rest")), (Some("rest"), StepState::Ready));
    play.story.wait(1);
    assert_eq!((play.at(), play.step("rest")), (Some("two"), StepState::Succeeded));
    play.replays();
}

#[test]
fn a_wait_is_cut_short_with_a_reason_only() {
    let mut play = Play::new(&format!("## Steps\n\n### Rest\n\n- **wait:** 1h\n\n{}", sh("Two", "")));
    let end =
        |reason: &str| RunCommand::EndWait { run: RunId(uuid::Uuid::from_u128(1)), step: "rest".into(), reason: reason.into() };
    assert!(play.ask(end(" ")).is_err());
    play.ask(end("clients are back")).expect("ended");
    assert_eq!(play.at(), Some("two"));
    assert!(play.words().iter().any(|text| text.contains("clients are back")));
}

#[test]
fn what_goes_on_after_its_console_is_gone_has_run_since_it_was_begun() {
    let mut play = Play::new(&format!("## Steps\n\n{}", sh("One", "")));
    play.start("one").expect("started");
    let step = play.launched().pop().expect("a launch").step;
    play.story.wait(11);
    play.ask(RunCommand::Leave { run: play.run }).expect("left");
    play.story.wait(3);
    play.ask(RunCommand::Resume { run: play.run, params: Typed::default() }).expect("asked");
    let found = vec![Finding { step: step.clone(), attempt: 1, end: None }];
    let playbook = Ok(play.story.world.runs.playbooks()[0].clone());
    play.story.fact(Fact::Run(RunFact::Adopted { run: play.run, playbook, found }));
    let lasts = |play: &Play| {
        let attempt = play.story.world.runs.live(play.run).and_then(|live| live.attempt.as_ref()).expect("it runs");
        (attempt.running, play.story.now.since(attempt.since).as_secs(), attempt.pid)
    };
    assert_eq!(lasts(&play), (true, 14, None));
    // That it was begun is read in its folder, too.
    play.story.fact(Fact::Run(RunFact::Started { run: play.run, step, attempt: 1, pid: Some(7) }));
    assert_eq!(lasts(&play), (true, 14, Some(7)));
}

#[test]
fn a_wait_goes_on_while_no_console_is_there() {
    let mut play = Play::new(&format!("## Steps\n\n### Rest\n\n- **wait:** 30s\n\n{}", sh("Two", "")));
    play.ask(RunCommand::Leave { run: play.run }).expect("left");
    play.story.wait(60);
    assert_eq!(play.at(), Some("rest"), "nobody drives it");
    play.ask(RunCommand::Resume { run: play.run, params: Typed::default() }).expect("asked");
    let adopted =
        RunFact::Adopted { run: play.run, playbook: Ok(play.story.world.runs.playbooks()[0].clone()), found: Vec::new() };
    play.story.fact(Fact::Run(adopted));
    assert_eq!(play.at(), Some("two"), "its time had passed");
}

const APPROVAL: &str =
    "## Steps\n\n### Agree\n\n- **approve:** 2 of commander\n- **timeout:** 10m\n\n### Two\n\n```sh\ntrue\n```\n";

#[test]
fn an_approval_wants_different_people_with_the_role_and_never_the_one_who_asked() {
    let mut play = Play::new(APPROVAL);
    let run = play.run;
    let approve = |by| RunCommand::Approve { run, step: "agree".into(), by };
    assert_eq!(play.step("agree"), StepState::AwaitingApproval);
    assert!(play.ask(approve(None)).is_err_and(|why| why.contains("asked for it")));
    assert!(play.ask(approve(by("ana", "commander"))).is_err_and(|why| why.contains("asked for it")));
    assert!(play.ask(approve(by("ben", "guest"))).is_err_and(|why| why.contains("ben is guest")));
    play.ask(approve(by("ben", "commander"))).expect("one");
    assert!(play.ask(approve(by("ben", "commander"))).is_err_and(|why| why.contains("already")));
    assert!(play.ask(RunCommand::Skip { run, step: "agree".into(), reason: "no".into() }).is_err());
    assert_eq!(play.at(), Some("agree"));
    play.ask(approve(by("cleo", "commander"))).expect("two");
    assert_eq!((play.at(), play.run().exceptions), (Some("two"), false));
    play.replays();
}

#[test]
fn an_approval_expires_and_is_asked_for_again_from_nothing() {
    let mut play = Play::new(APPROVAL);
    let run = play.run;
    let approve = |name| RunCommand::Approve { run, step: "agree".into(), by: by(name, "commander") };
    play.ask(approve("ben")).expect("one");
    play.story.wait(600);
    assert_eq!(play.step("agree"), StepState::Refused);
    assert!(play.ask(approve("cleo")).is_err());
    play.ask(RunCommand::Retry { run, step: "agree".into(), confirmed: None }).expect("asked again");
    play.ask(approve("cleo")).expect("one");
    assert_eq!(play.at(), Some("agree"), "what was given before it expired does not count");
    play.ask(approve("ben")).expect("two");
    assert_eq!(play.at(), Some("two"));
}

#[test]
fn whoever_refuses_stops_it_and_whoever_is_alone_leaves_an_exception() {
    let mut play = Play::new(APPROVAL);
    let run = play.run;
    let refuse = RunCommand::Refuse { run, step: "agree".into(), by: by("ben", "commander"), reason: "wrong host".into() };
    play.ask(refuse).expect("refused");
    assert_eq!((play.step("agree"), play.state()), (StepState::Refused, RunState::Waiting));
    let alone = |reason: &str| RunCommand::Alone { run, step: "agree".into(), reason: reason.into() };
    assert!(play.ask(alone("3 a.m.")).is_err(), "a no is not overruled by nobody else being there");
    play.ask(RunCommand::Retry { run, step: "agree".into(), confirmed: None }).expect("asked again");
    assert!(play.ask(alone("")).is_err());
    play.ask(alone("3 a.m., nobody answers")).expect("alone");
    play.does("two", StepState::Succeeded);
    assert_eq!(play.state(), RunState::CompletedWithExceptions);
}

#[test]
fn what_is_to_be_written_down_holds_the_run_until_it_is() {
    let text = format!("## Steps\n\n### Fence\n\n- **record:** how\n\n- [ ] off\n\n{}", sh("Two", "- **record:** what was seen"));
    let mut play = Play::new(&text);
    let run = play.run;
    let attach = |step: &str, note: &str| RunCommand::Attach { run, step: step.into(), note: note.into(), evidence: Vec::new() };
    play.ask(RunCommand::Tick { run, step: "fence".into(), item: 0, done: true }).expect("ticked");
    assert_eq!(play.at(), Some("fence"), "the record is missing");
    assert!(play.start("fence").is_err_and(|why| why.contains("written down")));
    assert!(play.ask(attach("fence", " ")).is_err());
    play.ask(attach("fence", "pulled the plug")).expect("attached");
    assert_eq!(play.at(), Some("two"), "the last thing that was owed completes it");
    play.does("two", StepState::Succeeded);
    assert_eq!((play.at(), play.step("two")), (Some("two"), StepState::Succeeded));
    play.ask(attach("two", "all green")).expect("attached");
    assert_eq!(play.state(), RunState::Completed);
    play.replays();
}

#[test]
fn items_of_a_command_are_ticked_before_it_starts() {
    let mut play = Play::new("## Steps\n\n### One\n\n- [ ] drained\n\n```sh\ntrue\n```\n");
    assert!(play.start("one").is_err_and(|why| why.contains("not ticked")));
    play.ask(RunCommand::Tick { run: play.run, step: "one".into(), item: 0, done: true }).expect("ticked");
    assert_eq!(play.launched().len(), 0, "a tick starts nothing");
    play.does("one", StepState::Succeeded);
    assert_eq!(play.state(), RunState::Completed);
}

#[test]
fn who_comes_by_again_ticks_again() {
    let text =
        format!("## Steps\n\n### Hand\n\n- [ ] off\n\n{}", ask("  - Again: [h](#hand)\n  - On: [o](#two)")) + &sh("Two", "");
    let mut play = Play::new(&text);
    let tick = RunCommand::Tick { run: play.run, step: "hand".into(), item: 0, done: true };
    play.ask(tick.clone()).expect("ticked");
    play.choose("ask", "Again").expect("a jump back");
    assert!(play.start("hand").is_err_and(|why| why.contains("not ticked")), "what was ticked the last time is not done now");
    play.ask(tick).expect("ticked again");
    assert_eq!(play.at(), Some("ask"));
}

#[test]
fn a_paused_run_starts_nothing_and_waits_for_no_clock() {
    let mut play = Play::new(&format!("## Steps\n\n{}### Rest\n\n- **wait:** 5s\n\n{}", sh("One", ""), sh("Two", "")));
    play.does("one", StepState::Succeeded);
    play.ask(RunCommand::Pause { run: play.run, reason: "the vendor calls".into() }).expect("paused");
    play.story.wait(60);
    assert_eq!((play.at(), play.state()), (Some("rest"), RunState::Paused));
    assert!(play.ask(RunCommand::EndWait { run: play.run, step: "rest".into(), reason: "x".into() }).is_err());
    play.ask(RunCommand::Unpause { run: play.run }).expect("let go on");
    assert_eq!((play.at(), play.state()), (Some("two"), RunState::Waiting));
    play.replays();
}

#[test]
fn a_run_that_is_too_old_starts_nothing_but_its_rollback() {
    let text = format!("## Steps\n\n{}{}## Rollback\n\n{}", sh("One", ""), sh("Two", ""), sh("Back", ""));
    let mut play = Play::of(vec![book("t.md", "max-age: 1h\n", &text)], RunMode::Live, Auto::No);
    play.does("one", StepState::Succeeded);
    play.story.wait(3600);
    assert!(play.start("two").is_err_and(|why| why.contains("fresh start")));
    play.ask(RunCommand::Rollback { run: play.run }).expect("a rollback is never too late");
    play.does("back", StepState::Succeeded);
    assert_eq!(play.state(), RunState::RolledBack);
}

fn undoing(title: &str) -> String {
    format!("### {title}\n\n```sh\ndo-{title}\n```\n\n```sh undo\nundo-{title}\n```\n\n")
}

#[test]
fn a_rollback_undoes_what_was_done_newest_first_and_then_its_own_section() {
    let section = format!("## Rollback\n\n{}{}", sh("Back", ""), sh("Never", "- **when:** step `two` not-started"));
    let mut play = Play::new(&format!("## Steps\n\n{}{}{}{section}", undoing("One"), undoing("Two"), undoing("Three")));
    play.does("one", StepState::Succeeded);
    play.does("two", StepState::Failed);
    let plan = play.story.world.runs.rollback(play.run).expect("a plan");
    let ids = |steps: &[midwatch::domain::run::Planned]| steps.iter().map(|step| step.id.to_string()).collect::<Vec<_>>();
    assert_eq!((ids(&plan.undo), ids(&plan.section)), (vec!["two.undo".into(), "one.undo".into()], vec!["back".to_owned()]));
    play.ask(RunCommand::Rollback { run: play.run }).expect("started");
    assert_eq!((play.at(), play.state(), play.step("three")), (Some("two.undo"), RunState::RollingBack, StepState::Skipped));
    play.launched();
    play.start("two.undo").expect("started");
    let launched = play.launched();
    let body = launched[0].playbook.step(&launched[0].step).and_then(|step| step.body.as_ref()).map(|body| body.text.clone());
    assert_eq!(body.as_deref(), Some("undo-Two\n"));
    play.end(StepState::Succeeded);
    assert_eq!(play.step("two"), StepState::Undone);
    play.does("one.undo", StepState::Failed);
    assert_eq!((play.at(), play.step("one")), (Some("one.undo"), StepState::UndoFailed), "a failing undo asks");
    play.ask(RunCommand::Retry { run: play.run, step: "one.undo".into(), confirmed: Some("yes".into()) }).expect("again");
    play.end(StepState::Succeeded);
    assert_eq!(play.step("one"), StepState::Undone);
    play.does("back", StepState::Succeeded);
    assert_eq!((play.state(), play.step("never")), (RunState::RolledBack, StepState::Skipped));
    play.replays();
}

#[test]
fn a_rollback_with_an_undo_that_was_given_up_has_failed() {
    let mut play = Play::new(&format!("## Steps\n\n{}{}", undoing("One"), undoing("Two")));
    play.does("one", StepState::Succeeded);
    play.ask(RunCommand::Rollback { run: play.run }).expect("started");
    play.does("one.undo", StepState::Failed);
    play.ask(RunCommand::Accept { run: play.run, step: "one.undo".into(), reason: "by hand".into() }).expect("accepted");
    assert_eq!(play.state(), RunState::RollbackFailed);
}

#[test]
fn a_jump_to_the_rollback_waits_for_a_person_whatever_may_run_alone() {
    let text = format!(
        "## Steps\n\n### One\n\n- **on fail:** [back](#rollback)\n\n```sh\ntrue\n```\n\n## Rollback\n\n{}",
        sh("Back", "")
    );
    let mut play = Play::of(vec![book("t.md", "", &text)], RunMode::Live, Auto::Change);
    play.end(StepState::Failed);
    play.launched();
    play.story.wait(60);
    assert_eq!((play.state(), play.launched().len()), (RunState::Waiting, 0));
    play.ask(RunCommand::Rollback { run: play.run }).expect("started");
    play.end(StepState::Succeeded);
    assert_eq!(play.state(), RunState::RolledBack);
    play.replays();
}

const PROBED: &str =
    "## Steps\n\n### One\n\n```sh\ntrue\n```\n\n```sh status\ntest -e done\n```\n\n### Two\n\n```sh\ntrue\n```\n";

fn probes(play: &mut Play) -> Vec<(String, u32)> {
    let looks = play.story.taken().into_iter().filter_map(|effect| match effect {
        Effect::Run(RunEffect::Probe(look)) => Some((look.step.to_string(), look.attempt)),
        _ => None,
    });
    looks.collect()
}

fn says(play: &mut Play, attempt: u32, probe: Probe) {
    let step: StepId = "one".into();
    play.story.fact(Fact::Run(RunFact::Probed { run: play.run, step, attempt, probe, exit_code: None, detail: String::new() }));
}

#[test]
fn a_step_of_unknown_outcome_is_asked_about_and_never_repeated_by_itself() {
    for (probe, state, at) in [
        (Probe::Done, StepState::Succeeded, Some("two")),
        (Probe::NotDone, StepState::Failed, Some("one")),
        (Probe::Unclear, StepState::Unknown, Some("one")),
    ] {
        let mut play = Play::new(PROBED);
        play.start("one").expect("started");
        play.story.taken();
        play.end(StepState::Unknown);
        assert_eq!(probes(&mut play), [("one".into(), 1)]);
        assert!(play.ask(RunCommand::Retry { run: play.run, step: "one".into(), confirmed: Some("yes".into()) }).is_err());
        says(&mut play, 1, probe);
        assert_eq!((play.step("one"), play.at()), (state, at));
        assert_eq!((probes(&mut play), play.story.last(Kind::StepProbed).step.clone()), (Vec::new(), Some("one".into())));
        play.replays();
    }
}

#[test]
fn what_still_runs_is_not_asked_about() {
    let mut play = Play::new(PROBED);
    play.start("one").expect("started");
    play.story.taken();
    let end =
        StepEnd { survivors: vec!["sleep (7)".into()], ..StepEnd::without_process(StepState::Unknown, play.story.now.wall, "") };
    play.story.fact(Fact::Run(RunFact::Ended { run: play.run, step: "one".into(), attempt: 1, end }));
    assert_eq!((play.step("one"), probes(&mut play)), (StepState::Unknown, Vec::new()));
    play.ask(RunCommand::Probe { run: play.run, step: "one".into() }).expect("a person may ask");
    assert_eq!(probes(&mut play).len(), 1);
}

#[test]
fn what_is_done_already_is_passed_or_done_all_the_same() {
    for again in [false, true] {
        let text = format!("## Before you start\n\n{}{}", sh("Look", ""), PROBED);
        let mut play = Play::new(&text);
        assert_eq!(probes(&mut play), [], "nothing runs before a person has begun");
        play.does("look", StepState::Succeeded);
        assert_eq!(probes(&mut play), [("one".into(), 1)]);
        assert!(play.ask(RunCommand::Pass { run: play.run, step: "one".into() }).is_err());
        says(&mut play, 1, Probe::Done);
        assert_eq!((play.step("one"), play.at()), (StepState::AlreadyDone, Some("one")));
        match again {
            true => play.does("one", StepState::Succeeded),
            false => play.ask(RunCommand::Pass { run: play.run, step: "one".into() }).expect("passed"),
        }
        let state = if again { StepState::Succeeded } else { StepState::AlreadyDone };
        assert_eq!((play.step("one"), play.at(), play.run().exceptions), (state, Some("two"), false));
        play.replays();
    }
}

#[test]
fn with_auto_a_step_waits_for_its_probe_and_is_passed_when_it_is_done() {
    let mut play = Play::of(vec![book("t.md", "", PROBED)], RunMode::Live, Auto::Change);
    assert!(play.run().open_attempt().is_none(), "the probe comes first");
    says(&mut play, 1, Probe::Done);
    assert_eq!((play.step("one"), play.at()), (StepState::AlreadyDone, Some("two")));
    let mut play = Play::of(vec![book("t.md", "", PROBED)], RunMode::Live, Auto::Change);
    says(&mut play, 1, Probe::NotDone);
    assert_eq!(play.launched().len(), 1);
}

fn family(with: &str) -> Vec<Arc<Playbook>> {
    let text = format!("## Steps\n\n### Part\n\n- **playbook:** [c](c.md)\n{with}\n\n{}", sh("Two", ""));
    let front = "params:\n  HOST: {type: host, default: db-1}\n  KEY: {type: secret, from: env.KEY, required: false}\n";
    let child =
        "params:\n  TARGET: {type: host}\n  HOST: {type: host, default: other}\n  PASS: {type: secret, required: false}\n";
    vec![book("t.md", front, &text), book("c.md", child, &format!("## Steps\n\n{}", sh("Inner", "")))]
}

fn part(play: &Play) -> RunId {
    play.story.world.runs.child_of(play.run).expect("the part")
}

#[test]
fn a_part_is_a_run_of_its_own_and_gets_what_with_names_alone() {
    let mut play = Play::of(family("- **with:** `TARGET=HOST`"), RunMode::Live, Auto::No);
    play.start("part").expect("started");
    let child = part(&play);
    let params = &play.story.world.runs.get(child).expect("the part").params;
    assert_eq!((params["TARGET"].as_str(), params["HOST"].as_str()), ("db-1", "other"));
    assert_eq!((play.step("part"), play.state()), (StepState::Starting, RunState::Waiting));
    play.story.ask(Command::Run(RunCommand::Start { run: child, step: "inner".into(), confirmed: Some("yes".into()) }));
    let end = StepEnd::without_process(StepState::Succeeded, play.story.now.wall, "");
    play.story.fact(Fact::Run(RunFact::Ended { run: child, step: "inner".into(), attempt: 1, end }));
    assert_eq!((play.step("part"), play.at()), (StepState::Succeeded, Some("two")));
    play.replays();
}

#[test]
fn what_becomes_of_a_part_becomes_of_the_step() {
    for (command, state) in [
        (RunCommand::Abort { run: RunId(uuid::Uuid::nil()), reason: "no".into() }, StepState::Cancelled),
        (RunCommand::Skip { run: RunId(uuid::Uuid::nil()), step: "inner".into(), reason: "no".into() }, StepState::Succeeded),
    ] {
        let mut play = Play::of(family("- **with:** `TARGET=HOST`"), RunMode::Live, Auto::No);
        play.start("part").expect("started");
        let run = part(&play);
        let exceptional = matches!(command, RunCommand::Skip { .. });
        play.ask(match command {
            RunCommand::Abort { reason, .. } => RunCommand::Abort { run, reason },
            RunCommand::Skip { step, reason, .. } => RunCommand::Skip { run, step, reason },
            other => other,
        })
        .expect("done");
        assert_eq!((play.step("part"), play.run().exceptions), (state, exceptional));
    }
}

#[test]
fn a_part_that_can_not_be_run_is_refused_before_anything_has() {
    let refused = |books: Vec<Arc<Playbook>>| {
        let mut story = Story::new();
        story.fact(library(books));
        let request = story.ask(prepare(RunMode::Live, Auto::No));
        assert!(story.journal.is_empty());
        format!("{:?}", story.world.requests.get(request).expect("an answer").items)
    };
    assert!(refused(family("")).contains("needs `TARGET`"));
    assert!(refused(family("- **with:** `TARGET=HOST` `NONE=HOST`")).contains("no parameter `NONE`"));
    assert!(refused(family("- **with:** `TARGET=KEY`")).contains("is a secret"));
    assert!(refused(family("- **with:** `TARGET=HOST`")[..1].to_vec()).contains("no playbook `c.md`"));
    let circle = |name, other: &str| book(name, "", &format!("## Steps\n\n### Part\n\n- **playbook:** [x]({other})\n"));
    assert!(refused(vec![circle("t.md", "c.md"), circle("c.md", "t.md")]).contains("would run itself"));
}

#[test]
fn a_dry_run_runs_what_reads_and_dry_run_blocks_and_names_the_rest() {
    let text = format!(
        "## Before you start\n\n{}## Steps\n\n### Both\n\n```sh\nreal\n```\n\n```sh dry-run\nrehearse\n```\n\n{}### Hand\n\n- [ ] x\n\n",
        sh("Look", ""),
        sh("Change", "")
    );
    let mut play = Play::of(vec![book("t.md", "", &text)], RunMode::DryRun, Auto::No);
    play.end(StepState::Succeeded);
    assert_eq!(play.at(), Some("both"));
    play.end(StepState::Failed);
    assert_eq!(
        (play.step("both"), play.step("change"), play.step("hand")),
        (StepState::Accepted, StepState::Skipped, StepState::Skipped)
    );
    assert_eq!(play.state(), RunState::CompletedWithExceptions);
    assert!(play.words().iter().any(|text| text.contains("not run in mode `dry-run`")));
}

const DRILL: &str = "## Drill setup\n\n### Make\n\n```sh\ntrue\n```\n\n## Steps\n\n### Do\n\n- **on fail:** stop\n\n```sh\ntrue\n```\n\n\
    ### Not here\n\n- **drill:** skip\n\n```sh\ntrue\n```\n\n## Drill cleanup\n\n### Clear\n\n```sh\ntrue\n```\n";

#[test]
fn a_drill_makes_its_scene_and_clears_it_away_whatever_came_of_it() {
    for (end, state) in [(StepState::Succeeded, RunState::Completed), (StepState::Failed, RunState::Failed)] {
        let mut play = Play::of(vec![book("t.md", "", DRILL)], RunMode::Drill, Auto::Change);
        play.end(StepState::Succeeded);
        play.end(end);
        assert_eq!((play.at(), play.run().ended.is_none()), (Some("clear"), true));
        play.end(StepState::Succeeded);
        assert_eq!((play.state(), play.step("not-here")), (state, StepState::Skipped));
        let drill = play.story.journal[0].drill.clone();
        assert!(drill.is_some() && play.story.journal.iter().all(|entry| entry.drill == drill), "all of it is practice");
        play.replays();
    }
}

#[test]
fn a_drill_that_is_aborted_is_cleared_away_too() {
    let mut play = Play::of(vec![book("t.md", "", DRILL)], RunMode::Drill, Auto::No);
    play.does("make", StepState::Succeeded);
    play.ask(RunCommand::Abort { run: play.run, reason: "the real thing".into() }).expect("aborted");
    assert_eq!(play.at(), Some("clear"));
    // Nobody has to be there for that.
    play.end(StepState::Succeeded);
    assert_eq!(play.state(), RunState::Aborted);
    play.replays();
}

#[test]
fn only_what_may_be_drilled_is_drilled_and_a_live_run_knows_no_setup() {
    let refusal = |settings: Settings, front: &str| {
        let mut story = Story::with(settings);
        story.fact(library(vec![book("t.md", front, DRILL)]));
        let request = story.ask(prepare(RunMode::Drill, Auto::No));
        (story.journal.is_empty(), format!("{:?}", story.world.requests.get(request).expect("an answer").items))
    };
    let (none, why) = refusal(settings(false), "services: [postgres]\n");
    assert!(none && why.contains("postgres may not be drilled"), "{why}");
    let mut marked = settings(false);
    let drilled = |service: &Service| Service { drill: service.name.as_str() == "postgres", ..service.clone() };
    marked.services = marked.services.iter().map(drilled).collect();
    assert!(!refusal(marked.clone(), "services: [postgres]\n").0);
    assert!(refusal(marked.clone(), "services: [postgres, checkout]\n").1.contains("checkout may not"));
    assert!(refusal(marked, "").1.contains("names no services"));
    let play = Play::of(vec![book("t.md", "", DRILL)], RunMode::Live, Auto::No);
    assert_eq!(play.run().steps.iter().map(|record| record.plan.id.as_str()).collect::<Vec<_>>(), ["do", "not-here"]);
    assert_eq!(play.story.journal[0].drill, None);
}

#[test]
fn a_run_is_not_over_while_what_was_started_a_moment_before_runs() {
    let mut play = Play::new(&format!("## Steps\n\n{}", sh("Go", "")));
    let abort = |play: &Play| RunCommand::Abort { run: play.run, reason: "no".into() };
    // Both keys are pressed before the journal has answered the first.
    play.story.slow = Some(Vec::new());
    play.start("go").expect("asked");
    play.ask(abort(&play)).expect("asked");
    play.story.answer();
    assert_eq!((play.launched().len(), play.run().ended.is_some()), (1, false), "its command runs");
    play.end(StepState::Failed);
    assert_eq!(play.step("go"), StepState::Failed, "its end is recorded");
    play.ask(abort(&play)).expect("aborted");
    assert_eq!(play.state(), RunState::Aborted);
    play.replays();
}

#[test]
fn a_condition_that_can_not_be_evaluated_lets_nobody_answer_past_it() {
    let set = "### Set\n\n- **outputs:** `GAP?`\n\n```sh\ntrue\n```\n\n";
    let when = "- **when:** `GAP` = `0`\n";
    let steps = [
        format!("### Here\n\n{when}- **ask:** Well?\n  - On: [o](#on)\n\n"),
        format!("### Here\n\n{when}\n- [ ] one\n\n"),
        format!("### Here\n\n{when}- **record:** why\n\n"),
        format!("### Here\n\n{when}- **wait:** 9h\n\n"),
        format!("### Here\n\n{when}- **approve:** 1 of commander\n\n"),
    ];
    for step in steps {
        let mut play = Play::new(&format!("## Steps\n\n{set}{step}{}", sh("On", "")));
        play.does("set", StepState::Succeeded);
        let (run, here, reason) = (play.run, StepId::from("here"), "because".to_owned());
        for command in [
            RunCommand::Choose { run, step: here.clone(), label: "On".into() },
            RunCommand::Tick { run, step: here.clone(), item: 0, done: true },
            RunCommand::Attach { run, step: here.clone(), note: reason.clone(), evidence: Vec::new() },
            RunCommand::EndWait { run, step: here.clone(), reason: reason.clone() },
            RunCommand::Alone { run, step: here.clone(), reason: reason.clone() },
            RunCommand::Start { run, step: here.clone(), confirmed: Some("yes".into()) },
        ] {
            let why = play.ask(command).expect_err(&step);
            assert!(why.contains("`GAP`, which has no value"), "{step}: {why}");
        }
        assert_eq!(play.at(), Some("here"));
    }
}

#[test]
fn a_drill_is_cleared_away_however_late_and_what_was_left_is_told() {
    let mut play = Play::of(vec![book("t.md", "max-age: 1h\n", DRILL)], RunMode::Drill, Auto::No);
    play.does("make", StepState::Succeeded);
    play.does("do", StepState::Succeeded);
    play.story.wait(7200);
    play.end(StepState::Failed);
    play.ask(RunCommand::Abort { run: play.run, reason: "by hand".into() }).expect("aborted");
    let (state, _, reason) = play.run().ended.clone().expect("over");
    assert_eq!((state, reason.as_str()), (RunState::CompletedWithExceptions, "clearing away was aborted: by hand"));
    play.replays();
}

#[test]
fn what_a_status_said_before_the_start_says_nothing_of_what_was_started() {
    let mut play = Play::new("## Steps\n\n### First\n\n- [ ] x\n\n### Go\n\n```sh\ntrue\n```\n\n```sh status\ntrue\n```\n");
    let answers = |play: &mut Play| {
        let (step, run) = ("go".into(), play.run);
        let (exit_code, detail) = (Some(1), String::new());
        play.story.fact(Fact::Run(RunFact::Probed { run, step, attempt: 1, probe: Probe::NotDone, exit_code, detail }));
    };
    play.ask(RunCommand::Tick { run: play.run, step: "first".into(), item: 0, done: true }).expect("ticked");
    // It is asked, and before it answers somebody starts the step, whose supervisor is killed.
    play.does("go", StepState::Unknown);
    answers(&mut play);
    assert_eq!(play.step("go"), StepState::Unknown);
    answers(&mut play);
    assert_eq!(play.step("go"), StepState::Failed, "what was asked of the attempt counts");
}

#[test]
fn a_name_that_is_written_otherwise_is_no_second_person() {
    let text = "## Steps\n\n### Agree\n\n- **approve:** 2 of commander\n- **timeout:** 10m\n";
    let mut play = Play::new(text);
    let mut approve = |name| play.ask(RunCommand::Approve { run: play.run, step: "agree".into(), by: by(name, "commander") });
    assert!(approve("Ana ").is_err_and(|why| why.contains("asked for it")));
    assert!(approve(" ").is_err_and(|why| why.contains("name")));
    approve("ben").expect("approved");
    assert!(approve(" Ben").is_err_and(|why| why.contains("already")));
}

#[test]
fn who_cancels_before_there_is_a_folder_to_write_it_into_is_heard() {
    let mut play = Play::new("## Steps\n\n### Go\n\n- **timeout:** 30s\n\n```sh\nsleep 1000\n```\n");
    play.start("go").expect("started");
    let launch = play.launched().pop().expect("a launch");
    let data = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (facts, mut told) = tokio::sync::mpsc::unbounded_channel();
    let mut driver = Driver::new(Setup {
        data: data.path().to_owned(),
        facts,
        ports: Ports::real(),
        environment: std::env::vars().collect(),
        allowed: Vec::new(),
        transport: Vec::new(),
        queries: None,
        read: Arc::new(|text, place| playbook::read(text, place, steps::KINDS)),
        program: env!("CARGO_BIN_EXE_midwatch").into(),
        runtime: runtime.handle().clone(),
        questions: Arc::default(),
    });
    let (run, step, attempt) = (launch.setup.run, launch.step.clone(), launch.attempt);
    driver.perform(RunEffect::Launch(Box::new(launch)));
    driver.perform(RunEffect::Cancel { run, step, attempt, who: "ben".into() });
    let end = std::iter::from_fn(|| told.blocking_recv()).find_map(|fact| match fact {
        Fact::Run(RunFact::Ended { end, .. }) => Some(end),
        _ => None,
    });
    let end = end.expect("an end");
    assert_eq!((end.state, end.cancelled_by.as_deref()), (StepState::Cancelled, Some("ben")), "{end:?}");
}

#[test]
fn a_wait_that_was_skipped_as_its_time_came_ends_when_the_run_comes_by_again() {
    let back = ask("  - Back: [r](#rest)\n  - On: [o](#on)");
    let mut play = Play::new(&format!("## Steps\n\n### Rest\n\n- **wait:** 3s\n\n{back}{}", sh("On", "")));
    play.story.slow = Some(Vec::new());
    play.ask(RunCommand::Skip { run: play.run, step: "rest".into(), reason: "no time".into() }).expect("asked");
    play.story.wait(4);
    play.story.answer();
    play.choose("ask", "Back").expect("chosen");
    assert_eq!(play.at(), Some("rest"));
    play.story.slow = Some(Vec::new());
    play.story.wait(4);
    // One answer at a time: what can't go on would ask for ever.
    play.story.answer();
    assert_eq!(play.at(), Some("ask"));
    play.replays();
}

#[test]
fn what_was_only_rehearsed_is_not_undone() {
    let text = "## Steps\n\n### Do\n\n- **drill:** dry-run\n\n```sh\nreal\n```\n\n```sh dry-run\nrehearse\n```\n\n```sh undo\nback\n```\n\n\
        ### Pick\n\n- **ask:** Well?\n  - Off: [r](#rollback)\n\n## Rollback\n\n### Last\n\n```sh\ntrue\n```\n";
    let mut play = Play::of(vec![book("t.md", "", text)], RunMode::Drill, Auto::Change);
    play.end(StepState::Succeeded);
    play.choose("pick", "Off").expect("chosen");
    play.launched();
    play.ask(RunCommand::Rollback { run: play.run }).expect("started");
    let launched: Vec<StepId> = play.launched().into_iter().map(|launch| launch.step).collect();
    assert_eq!(launched, ["last".into()], "no rehearsal is run as an undo");
    assert_eq!((play.step("do"), play.step("do.undo")), (StepState::Succeeded, StepState::Skipped));
}
