//! Random people, random ends and random deaths of the console: what always holds of a run.

use crate::support::story::{Story, settings};
use midwatch::domain::entry::Entry;
use midwatch::domain::ids::{RunId, StepId};
use midwatch::domain::playbook::{Place, Playbook};
use midwatch::domain::run::{Auto, Probe, Run, RunMode, StepEnd, StepState};
use midwatch::domain::settings::{Environment, Settings};
use midwatch::model::fold::{Corrections, Folded};
use midwatch::model::runs::{Finding, Given, Person, RunCommand, RunEffect, RunFact, Typed};
use midwatch::model::{Command, Effect, Fact, World};
use midwatch::{playbook, steps};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const TEXT: &str = "---\nplaybook: 1\nid: t\ntitle: T\nroles: [boss]\n---\n\n# T\n\n## Before you start\n\n### Look\n\n```sh\ntrue\n```\n\n\
    ## Steps\n\n### Change\n\n- **on fail:** [Mend](#mend)\n\n```sh\ntrue\n```\n\n```sh undo\ntrue\n```\n\n```sh status\ntrue\n```\n\n\
    ### Destroy\n\n- **risk:** destructive\n- **confirm:** type `db`\n\
    - **idempotent:** yes\n\n```sh\ntrue\n```\n\n```sh undo\ntrue\n```\n\n### Hand\n\n- [ ] one\n- [ ] two\n\n\
    ### Mend\n\n- **when:** step `change` failed\n- **on fail:** continue\n\n\
    ```sh\ntrue\n```\n\n### Rest\n\n- **wait:** 3s\n\n### Again\n\n- **on fail:** [Change](#change)\n\n```sh\ntrue\n```\n\n\
    ### Sit\n\n- **tty:** yes\n\n```sh\ntrue\n```\n\n### Pick\n\n- **ask:** Well?\n  - On: [a](#agree)\n  - Back: [c](#change)\n  - Off: [r](#rollback)\n\n\
    ### Agree\n\n- **approve:** 1 of boss\n- **timeout:** 9s\n- **record:** why\n\n## Verify\n\n### Check\n\n- **on fail:** stop\n\n```sh\ntrue\n```\n\n\
    ## Rollback\n\n### Back\n\n```sh\ntrue\n```\n\n### Never\n\n- **when:** step `change` not-started\n\n```sh\ntrue\n```\n";

const STEPS: [&str; 10] = ["look", "change", "destroy", "hand", "mend", "again", "sit", "check", "back", "change.undo"];
const ENDS: [StepState; 5] =
    [StepState::Succeeded, StepState::Succeeded, StepState::Failed, StepState::TimedOut, StepState::Unknown];

fn book() -> Arc<Playbook> {
    let book = playbook::read(TEXT, Place::Bundled("t.md"), steps::KINDS);
    assert_eq!(book.unfit(), None);
    Arc::new(book)
}

fn lab() -> Settings {
    Settings { environment: Environment::Lab, ..settings(false) }
}

/// A story with one run, and everything that was ever launched.
struct Play {
    story: Story,
    run: RunId,
    launched: BTreeSet<(StepId, u32)>,
    /// Attempts that were given the terminal.
    lent: BTreeSet<(StepId, u32)>,
    /// The run as it was when the journal was so long.
    seen: BTreeMap<usize, Run>,
}

impl Play {
    fn new(auto: Auto) -> Self {
        let mut story = Story::with(lab());
        story.fact(library());
        story.fact(Fact::Run(RunFact::AtTerminal));
        let (params, mode) = (Typed::default(), RunMode::Live);
        story.ask(Command::Run(RunCommand::Prepare { playbook: "t".into(), params, alert: None, incident: None, mode, auto }));
        let run = RunId(story.journal[0].id.0);
        let mut play = Self { story, run, launched: BTreeSet::new(), lent: BTreeSet::new(), seen: BTreeMap::new() };
        play.look();
        play
    }

    fn run(&self) -> &Run {
        self.story.world.runs.get(self.run).expect("the run")
    }

    fn open(&self) -> Option<(StepId, u32)> {
        self.run().open_attempt().map(|(step, attempt)| (step.clone(), attempt.number))
    }

    fn ask(&mut self, command: RunCommand) {
        self.story.ask(Command::Run(command));
    }

    fn end(&self, state: StepState) -> StepEnd {
        StepEnd::without_process(state, self.story.now.wall, "")
    }

    fn act(&mut self, (what, pick): (u8, u8)) {
        self.command(what, pick);
        self.story.pass(1);
        self.look();
    }

    fn command(&mut self, what: u8, pick: u8) {
        let run = self.run;
        let step: StepId = match (pick % 8, self.run().at()) {
            // Mostly the step that the run is at, sometimes any.
            (0..7, Some((record, _))) => record.plan.id.clone(),
            _ => STEPS[usize::from(pick) % STEPS.len()].into(),
        };
        let confirmed = [Some("yes".to_owned()), Some("db".to_owned()), None][usize::from(pick) % 3].clone();
        let reason = "because".to_owned();
        match what % 24 {
            16 => {
                let label = ["On", "Back", "Off"][usize::from(pick) % 3].to_owned();
                self.ask(RunCommand::Choose { run, step, label });
            }
            17 => {
                let name = ["ana", "ben"][usize::from(pick) % 2].to_owned();
                let by = Some(Person { name, role: Some("boss".into()) });
                match pick % 5 {
                    0 => self.ask(RunCommand::Refuse { run, step, by, reason }),
                    1 => self.ask(RunCommand::Alone { run, step, reason }),
                    _ => self.ask(RunCommand::Approve { run, step, by }),
                }
            }
            18 => self.ask(RunCommand::Attach { run, step, note: reason, evidence: Vec::new() }),
            19 if pick < 60 => self.ask(RunCommand::Pause { run, reason }),
            19 => self.ask(RunCommand::Unpause { run }),
            20 if pick < 40 => self.ask(RunCommand::Rollback { run }),
            20 => self.ask(RunCommand::Pass { run, step }),
            21 if pick < 40 => self.ask(RunCommand::EndWait { run, step, reason }),
            21 => self.story.wait(u64::from(pick % 12)),
            22 => self.says(pick),
            0..4 => self.ask(RunCommand::Start { run, step, confirmed }),
            4 => self.ask(RunCommand::Tick { run, step, item: u32::from(pick % 3), done: !pick.is_multiple_of(5) }),
            5 => self.ask(RunCommand::Skip { run, step, reason }),
            6 => self.ask(RunCommand::Retry { run, step, confirmed }),
            7 => self.ask(RunCommand::Accept { run, step, reason }),
            8 => self.ask(RunCommand::Assert { run, step, done: pick.is_multiple_of(2), note: reason }),
            9 => self.ask(RunCommand::Cancel { run }),
            10 if pick < 20 => self.ask(RunCommand::Abort { run, reason }),
            10 => self.ask(RunCommand::Resume { run, params: Typed::default() }),
            11 if pick < 60 => self.ask(RunCommand::Leave { run }),
            12 if pick < 80 => self.die(pick),
            12 => self.hurry(pick),
            _ => self.finish(pick),
        }
    }

    /// Two people press keys before the journal has answered the first of them.
    fn hurry(&mut self, pick: u8) {
        self.story.slow = Some(Vec::new());
        for what in [pick % 9, (pick / 9) % 9] {
            // The same step both times: what a double key press asks.
            self.command(what, pick - pick % 8);
        }
        self.story.answer();
    }

    /// The attempt that is executing ends.
    fn finish(&mut self, pick: u8) {
        let Some((step, attempt)) = self.open() else { return };
        let run = self.run;
        if let Some(sitting) = self.story.world.runs.sitting().filter(|_| !self.lent.contains(&(step.clone(), attempt))) {
            assert_eq!((&sitting.step, sitting.attempt), (&step, attempt), "somebody else sits there");
            let refused = pick.is_multiple_of(5).then(|| "no".to_owned());
            self.lent.extend(refused.is_none().then_some((step, attempt)));
            return self.story.fact(Fact::Run(RunFact::Lent { sitting, refused }));
        }
        let end = self.end(ENDS[usize::from(pick) % ENDS.len()]);
        self.story.fact(Fact::Run(RunFact::Started { run, step: step.clone(), attempt, pid: Some(7) }));
        self.story.fact(Fact::Run(RunFact::Ended { run, step, attempt, end }));
    }

    /// A `status` block answers, asked or not.
    fn says(&mut self, pick: u8) {
        let Some((record, attempt)) = self.run().at() else { return };
        let (run, step) = (self.run, record.plan.id.clone());
        let probe = [Probe::Done, Probe::NotDone, Probe::Unclear][usize::from(pick) % 3];
        self.story.fact(Fact::Run(RunFact::Probed { run, step, attempt, probe, exit_code: None, detail: String::new() }));
    }

    /// The console dies; another one reads the journal and looks at what was left.
    fn die(&mut self, pick: u8) {
        let now = self.story.now;
        self.story.world = World::new(Arc::new(lab()), self.story.world.me.clone(), now);
        for entry in self.story.journal.clone() {
            self.story.fact(Fact::Recorded { entry, request: None });
        }
        self.look();
        self.story.fact(library());
        self.story.fact(Fact::Run(RunFact::AtTerminal));
        self.adopt(pick);
        if pick.is_multiple_of(2) {
            self.ask(RunCommand::Resume { run: self.run, params: Typed::default() });
            self.adopt(pick);
        }
    }

    /// Answers every wish to look at the run.
    fn adopt(&mut self, pick: u8) {
        let wishes = self.story.effects.iter().filter(|effect| matches!(effect, Effect::Run(RunEffect::Adopt(_)))).count();
        self.look();
        for _ in 0..wishes.min(1) {
            let open = self.open();
            let end = (!pick.is_multiple_of(3)).then(|| self.end(ENDS[usize::from(pick) % ENDS.len()]));
            let found = open.map(|(step, attempt)| Finding { step, attempt, end }).into_iter().collect();
            self.story.fact(Fact::Run(RunFact::Adopted { run: self.run, playbook: Ok(book()), found }));
        }
    }

    /// What always holds.
    fn look(&mut self) {
        for effect in self.story.taken() {
            if let Effect::Run(RunEffect::Launch(launch)) = effect {
                assert!(self.launched.insert((launch.step.clone(), launch.attempt)), "launched twice");
                let lent = self.lent.contains(&(launch.step.clone(), launch.attempt));
                assert_eq!(launch.step.as_str() == "sit", lent, "whoever sits there, and nobody else, has the terminal");
                let (step, attempt) = self.open().expect("what is launched is open");
                assert_eq!((step, attempt), (launch.step, launch.attempt));
            }
        }
        let run = self.run().clone();
        let open = run.steps.iter().flat_map(|record| &record.attempts).filter(|attempt| attempt.state.is_open());
        assert!(open.count() <= 1, "two at once");
        if let Some((_, before)) = self.seen.iter().next_back() {
            never_goes_back(before, &run);
        }
        self.seen.insert(self.story.journal.len(), run);
    }
}

fn library() -> Fact {
    Fact::Run(RunFact::Playbooks { books: Arc::new(vec![book()]), given: Arc::new(Given::default()) })
}

/// What is over stays as it was, but for what a person says of it.
fn never_goes_back(before: &Run, now: &Run) {
    assert!(before.ended.is_none() || before.ended == now.ended, "an ended run changed");
    assert!(now.jumps_back <= 20, "it goes in circles");
    for old in &before.steps {
        let new = now.record(&old.plan.id).expect("no step is forgotten");
        assert!(new.attempts.len() >= old.attempts.len(), "an attempt was forgotten");
        for (old, new) in old.attempts.iter().zip(&new.attempts) {
            use StepState::{Accepted, Cancelled, Failed, Succeeded, TimedOut, UndoFailed, Undone, Unknown};
            let settled = matches!(
                (old.state, new.state),
                (Unknown, Succeeded | Failed | Accepted) | (Failed | TimedOut | Cancelled, Accepted) | (UndoFailed, Undone)
            );
            let undone = old.state.may_be_undone() && matches!(new.state, Undone | UndoFailed) && now.rolling_back;
            assert!(old.state.is_open() || old.state == new.state || settled || undone, "{} became {}", old.state, new.state);
        }
    }
}

fn folded<'a>(entries: impl Iterator<Item = &'a Arc<Entry>>) -> Run {
    let mut run = Folded::<Run>::default();
    entries.for_each(|entry| run.insert(entry.clone(), &Corrections::default()));
    run.state().clone()
}

fn play(auto: Auto, acts: &[(u8, u8)]) -> Play {
    let mut play = Play::new(auto);
    acts.iter().for_each(|act| play.act(*act));
    play
}

fn acts() -> impl Strategy<Value = Vec<(u8, u8)>> {
    proptest::collection::vec((any::<u8>(), any::<u8>()), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_launched_twice_nothing_runs_beside_and_every_prefix_replays(acts in acts(), auto in 0..3_usize) {
        let play = play(Auto::ALL[auto], &acts);
        for (length, run) in &play.seen {
            prop_assert_eq!(&folded(play.story.journal[..*length].iter()), run, "the first {} entries", length);
        }
    }

    #[test]
    fn every_order_of_arrival_gives_the_same_run(acts in acts(), seed in any::<u64>()) {
        let play = play(Auto::Change, &acts);
        let mut shuffled: Vec<&Arc<Entry>> = play.story.journal.iter().collect();
        shuffled.sort_by_key(|entry| (u128::from(seed) ^ entry.id.0.as_u128()).wrapping_mul(0x9E37_79B9_7F4A_7C15_u128) >> 7);
        prop_assert_eq!(folded(shuffled.into_iter()), folded(play.story.journal.iter()));
    }
}

#[test]
fn left_alone_a_run_with_auto_goes_to_its_end_and_stops_where_a_person_is_needed() {
    let mut play = Play::new(Auto::Change);
    play.finish(0);
    play.look();
    play.says(1);
    play.look();
    for _ in 0..2 {
        play.finish(0);
        play.look();
    }
    assert_eq!(play.run().at().map(|(record, _)| record.plan.id.as_str()), Some("hand"));
    play.act((4, 3));
    play.act((4, 1));
    assert_eq!(play.run().at().map(|(record, _)| record.plan.id.as_str()), Some("rest"));
    play.story.wait(3);
    play.look();
    play.finish(0);
    play.look();
    assert_eq!(play.run().at().map(|(record, _)| record.plan.id.as_str()), Some("sit"), "nobody is made to sit there");
    play.act((0, 0));
    for _ in 0..2 {
        play.finish(1);
        play.look();
    }
    play.act((18, 0));
    play.act((16, 0));
    play.act((18, 0));
    play.act((17, 3));
    play.finish(0);
    play.look();
    let (state, ..) = play.run().ended.clone().expect("an end");
    assert_eq!(state.word(), "completed");
}

#[test]
fn what_was_asked_to_begin_before_it_was_known_that_the_run_is_called_off_is_not_executed() {
    let mut play = Play::new(Auto::No);
    let run = play.run;
    play.story.slow = Some(Vec::new());
    play.ask(RunCommand::CallOff { run, reason: "enough".into() });
    let (_, called_off) = play.story.slow.replace(Vec::new()).expect("it is slow").remove(0);
    play.ask(RunCommand::Start { run, step: "look".into(), confirmed: None });
    // Somebody else has recorded it meanwhile.
    let entry = play.story.append(called_off.into_iter().next().expect("a draft"));
    play.story.fact(Fact::Recorded { entry, request: None });
    play.story.answer();
    let launched = |effect: &Effect| matches!(effect, Effect::Run(RunEffect::Launch(_)));
    assert!(!play.story.taken().iter().any(launched));
    let run = play.run();
    let why = run.record(&"look".into()).and_then(|record| record.attempt(1)).map(|attempt| attempt.state);
    assert_eq!((why, run.ended.as_ref().map(|(state, ..)| state.word())), (Some(StepState::Cancelled), Some("aborted")));
}

#[test]
fn a_destructive_step_never_starts_by_itself_outside_a_lab() {
    let mut story = Story::new();
    story.fact(library());
    let (params, mode, auto) = (Typed::default(), RunMode::Live, Auto::Change);
    story.ask(Command::Run(RunCommand::Prepare { playbook: "t".into(), params, alert: None, incident: None, mode, auto }));
    let run = RunId(story.journal[0].id.0);
    let mut play = Play { story, run, launched: BTreeSet::new(), lent: BTreeSet::new(), seen: BTreeMap::new() };
    for _ in 0..9 {
        play.finish(0);
        play.says(1);
    }
    assert_eq!(play.run().at().map(|(record, _)| record.plan.id.as_str()), Some("destroy"));
    assert_eq!(play.run().state_of(&"destroy".into()), Some(StepState::AwaitingConfirm));
}
