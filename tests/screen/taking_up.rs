//! Runs that nobody holds, or somebody else: what can be done with them.

use crate::screen::{Desk, outage, start};
use crate::{ASKING, FAILOVER};
use midwatch::domain::entry::{Actor, Draft, Kind};
use midwatch::domain::run::StepState;
use midwatch::model::runs::{RunCommand, RunFact};
use midwatch::model::{Command, Fact};

/// It is held by nobody else: it is ours now.
fn taken_up(desk: &mut Desk) {
    let run = desk.world.runs.open().next().expect("a run").0;
    let playbook = Ok(desk.world.runs.playbook_of(run).expect("its text").clone());
    desk.fact(Fact::Run(RunFact::Adopted { run, playbook, found: Vec::new() }));
    desk.draw();
}

#[test]
fn a_run_that_enough_have_approved_and_nobody_holds_is_taken_up() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let mut desk = outage();
        desk.resize(width, height).playbook(ASKING).press("j p r enter r a r b r a r").type_text("x").press("enter");
        desk.expect("approve…").press("b b").expect("approve…");
        // Nobody holds it: somebody may approve all the same, or take it up to go on alone.
        desk.press("r down down down").expect("take the run up").expect_not("go on alone").press("b").expect("Who approves?");
        desk.type_text("bo").press("tab").type_text("commander").press("enter").expect("approved 1/1");
        desk.expect("take the run up").expect_not("approve…").press("r").expect("Take up Asking?").expect("Nobody holds it.");
        desk.press("enter");
        taken_up(&mut desk);
        desk.expect("confirm").press("r").expect("$ change it");
    }
}

#[test]
fn a_run_that_waits_for_an_approval_and_that_nobody_holds_is_taken_up_to_go_on_alone() {
    let mut desk = outage();
    desk.playbook(ASKING).press("j p r enter r a r b r a r").type_text("x").press("enter").press("b b r d");
    desk.expect("Take up Asking?").press("enter");
    taken_up(&mut desk);
    desk.press("r").expect("go on alone").press("d").type_text("nobody").press("enter");
    desk.expect("confirm");
}

#[test]
fn a_run_that_another_console_has_let_go_is_not_said_to_be_held() {
    let mut desk = outage();
    desk.playbook(ASKING).press("j p r enter r a b b").expect("take the run up");
    let run = desk.world.runs.open().next().expect("a run").0;
    let driver = |name: Option<&str>| {
        let draft =
            Draft::new(Kind::RunDriver, start(), Actor::person("bo", None), "took it up, or left it").with("driver", name);
        Draft { run: Some(run), ..draft }
    };
    desk.elsewhere(driver(Some("bo"))).fact(Fact::Run(RunFact::Elsewhere { run }));
    desk.draw();
    desk.expect("Another console drives this run.").elsewhere(driver(None));
    desk.draw();
    desk.expect("take the run up").expect_not("Another console");
}

#[test]
fn to_try_again_what_nobody_holds_is_to_take_the_run_up_first() {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("j p r enter r enter r enter");
    desk.command_ends(StepState::Failed, 3).expect("exit 3").press("b b").expect("take the run up");
    desk.press("t").expect("Take up Fail over").press("enter");
    assert!(matches!(desk.commands.last(), Some(Command::Run(RunCommand::Resume { .. }))), "{:?}", desk.commands);
    taken_up(&mut desk);
    desk.press("t").expect_not("Take up Fail over");
}

#[test]
fn a_command_that_nobody_follows_here_counts_from_its_start_on_record() {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("j p r enter r enter r enter").press("b b").sleep(12).draw();
    desk.expect("begun 12s ago").expect_not("starting");
}
