//! A drill on the screen: nobody who looks at it takes it for real, whatever the terminal.

use super::screen::{Desk, FAILOVER, alert, outage, settings};
use super::{Depth, Theme};
use midwatch::domain::alert::Severity;
use midwatch::domain::run::{Auto, StepState};
use midwatch::domain::scenario::{Act, Beat, Expected, Fires, Kind, Scenario, What};
use midwatch::domain::settings::{Environment, Settings};
use midwatch::model::drills::Drilling;
use midwatch::model::runs::Typed;
use midwatch::model::{Command, Fact};
use std::sync::Arc;
use std::time::Duration;

fn night() -> Scenario {
    let fires = Fires {
        name: "Drilled".to_owned(),
        severity: Severity::Critical,
        service: Some("checkout".into()),
        summary: None,
        labels: Default::default(),
        annotations: Default::default(),
    };
    Scenario {
        id: "night".to_owned(),
        title: "A bad night".to_owned(),
        kind: Kind::Tabletop,
        playbook: None,
        services: vec!["checkout".into()],
        beats: vec![Beat { at: Duration::ZERO, what: What::Fires(fires) }],
        expects: vec![Expected { act: Act::Note, about: None, after: None, within: Duration::from_secs(60), points: 1 }],
        abort: Vec::new(),
        ending: Some("It was the *cache*.".to_owned()),
    }
}

fn begun(desk: &mut Desk) {
    let scenario = Box::new(night());
    desk.asks(Command::Drill(Drilling::Start { scenario, params: Typed::default(), auto: Auto::No, anyway: true }));
}

#[test]
fn what_is_typed_takes_the_place_of_the_turn_that_is_proposed_and_a_wrong_name_is_told_once() {
    let mut desk = outage();
    desk.playbook(FAILOVER);
    let record = midwatch::model::practice::Record::default();
    desk.fact(Fact::Practised(Ok(record)));
    desk.press("T").expect("what       postgres-failover").type_text("elsewhere").press("enter");
    desk.expect("what       elsewhere ").expect("✗ No playbook and no scenario is named elsewhere");
    assert_eq!(desk.text().matches("is named elsewhere").count(), 1, "{}", desk.text());
}

#[test]
fn a_drill_is_told_on_the_first_line_at_every_size_and_gone_when_it_is_over() {
    let mut desk = outage();
    begun(&mut desk);
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        desk.resize(width, height).wait(1);
        let first = desk.text().lines().next().unwrap_or_default().to_owned();
        assert!(first.contains("DRILL") && first.contains("0:0"), "{width}x{height}: {first}");
    }
    desk.resize(120, 40).expect("DRILL Drilled");
    desk.press("T").type_text("pause").press("enter").type_text("lunch").press("enter").expect("PAUSED");
    desk.press("T").type_text("resume").press("enter").expect_not("PAUSED");
    desk.press("T").type_text("finish").press("enter").expect("Where were we lucky?");
    desk.type_text("the alert was clear").press("enter");
    desk.expect("✗ note: missed").expect("0 of 1").expect("How it came").expect("It was the").press("esc");
    desk.expect_not("CRIT DRILL");
    let first = desk.text().lines().next().unwrap_or_default().to_owned();
    assert!(!first.contains("DRILL"), "{first}");
}

#[test]
fn a_scenario_is_begun_by_its_name_and_told_before() {
    let mut desk = outage();
    desk.fact(Fact::Scenarios { scripts: Arc::new(vec![night()]), broken: vec!["torn".to_owned()] });
    desk.press("T").expect("A playbook, or a scenario: night.");
    desk.type_text("torn").expect("The scenario torn has errors").press("enter");
    assert!(desk.world.drills.open().is_none());
    desk.press("esc").press("T").type_text("nigth").expect("did you mean night?").press("esc");
    desk.press("T").type_text("night").expect("“A bad night” is told over").expect_not("cache");
    desk.press("tab").type_text("party").expect("one of live, game-day, tabletop, replay").press("enter");
    assert!(desk.world.drills.open().is_none());
    desk.press("esc").press("T").type_text("night").press("tab").type_text("replay").expect("happens again");
    desk.press("tab").type_text("A").expect("A is no NAME=VALUE").type_text("=1").press("enter").expect("DRILL Drilled");
    assert_eq!(desk.world.drills.open().map(|drill| drill.scenario.kind), Some(Kind::Replay));
}

#[test]
fn what_a_drill_has_found_is_said_where_it_is_finished() {
    let mut desk = outage();
    let fields = |desk: &mut Desk, finding: &str, owner: &str, due: &str| {
        desk.press("T").type_text("finish").press("enter").press("tab tab tab").type_text(finding);
        desk.press("tab").type_text(owner).press("tab").type_text(due).press("enter");
    };
    let begin = |desk: &mut Desk, scenario: Scenario| {
        let (scenario, params) = (Box::new(scenario), Typed::default());
        desk.asks(Command::Drill(Drilling::Start { scenario, params, auto: Auto::No, anyway: true }));
    };
    begin(&mut desk, night());
    fields(&mut desk, "no key", "ben", "2026-12-24");
    desk.expect("this drill had none").expect("no key").press("esc");
    let drill = desk.world.drills.open().expect("it goes on").incident;
    desk.asks(Command::Drill(Drilling::Finish { drill, said: Default::default(), found: Vec::new() }));
    desk.playbook(FAILOVER);
    begin(&mut desk, Scenario { playbook: Some("postgres-failover".into()), ..night() });
    fields(&mut desk, "", "ben", "");
    desk.expect("A finding says what was found").press("esc");
    fields(&mut desk, "no key", "ben", "soon");
    desk.expect("soon is no day").press("esc");
    fields(&mut desk, "no key", "ben", "2026-12-24");
    let asked = desk.commands.iter().rev().find_map(|command| match command {
        Command::Drill(Drilling::Finish { found, .. }) => Some(found.clone()),
        _ => None,
    });
    let found = asked.expect("it was asked for");
    let one = &found[0];
    assert_eq!((one.text.as_str(), one.owner.as_deref()), ("no key", Some("ben")));
    assert_eq!(one.due.map(|due| due.to_string()).as_deref(), Some("2026-12-24"));
    assert!(desk.world.drills.open().is_none(), "it is over");
}

#[test]
fn a_drill_is_counted_by_nothing() {
    let mut desk = outage();
    let firing = desk.line("firing");
    begun(&mut desk);
    let count = |line: &str| {
        line.split_whitespace().collect::<Vec<_>>().windows(2).find(|pair| pair[1] == "firing").map(|pair| pair[0].to_owned())
    };
    assert_eq!(count(&desk.line("firing")), count(&firing));
    desk.fires(&[alert("Other", "warning", "checkout", "shop-1", 0)]);
    desk.expect("DRILL Drilled");
}

#[test]
fn without_a_colour_a_drill_is_still_told() {
    let mut desk = outage();
    begun(&mut desk);
    desk.theme = Theme::default().at_depth(Depth::None);
    desk.resize(80, 24);
    let first = desk.text().lines().next().unwrap_or_default().to_owned();
    assert!(first.contains("DRILL-"), "{first}");
}

fn first_line(desk: &Desk) -> String {
    desk.text().lines().next().unwrap_or_default().to_owned()
}

#[test]
fn however_narrow_it_is_a_drill_is_told_and_what_is_real_beside_it() {
    for environment in [Environment::Prod, Environment::Staging] {
        for real in [false, true] {
            let mut desk = Desk::with(Settings { environment, ..settings() });
            if real {
                let (title, severity) = ("shop down".to_owned(), "SEV1".parse().expect("a severity"));
                desk.asks(Command::Declare { title, severity, alerts: Vec::new(), at: None });
            }
            begun(&mut desk);
            let drill = desk.world.drills.open().expect("a drill").incident;
            if real {
                desk.press("I").type_text("INC-1").press("enter");
            }
            for (then, word) in [
                (None, "DRILL"),
                (Some(Drilling::Pause { drill, reason: "lunch".into() }), "DRILL PAUSED"),
                (Some(Drilling::Abort { drill, reason: "enough".into() }), "DRILL OFF"),
            ] {
                if let Some(then) = then {
                    desk.asks(Command::Drill(then)).wait(1);
                }
                for width in 30..60 {
                    let line = first_line(desk.resize(width, 12));
                    assert!(line.contains(word), "{width} columns: {line}");
                    assert!(!real || line.contains("INC-1 SEV1"), "{width} columns: {line}");
                }
            }
        }
    }
}

#[test]
fn what_a_page_in_a_drill_does_is_told_before_it_is_sent() {
    let mut desk = outage();
    let settings = Settings { pages: vec![("prod".into(), "dba".into())], ..Settings::clone(&desk.world.settings) };
    desk.fact(Fact::Configured(Arc::new(settings)));
    begun(&mut desk);
    desk.wait(1);
    desk.expect("▌CRIT DRILL Drilled").press(":").type_text("page").press("enter");
    desk.expect("nobody is called").press("esc");
    desk.click("PostgresDown").press(":").type_text("page").press("enter");
    desk.expect("dba is called by prod").expect_not("nobody is called");
}

#[test]
fn what_comes_in_a_drill_is_not_read_in_its_first_entry() {
    let mut desk = outage();
    begun(&mut desk);
    desk.press("4 G").press("k").press("enter");
    let mut shown = desk.text();
    for _ in 0..20 {
        if shown.contains("scenario ") {
            break;
        }
        desk.press("esc k enter");
        shown = desk.text();
    }
    assert!(shown.contains("shown when the drill is over"), "{shown}");
    assert!(!shown.contains("Drilled\""), "{shown}");
}

#[test]
fn a_clean_up_that_fails_is_told_and_ended_by_hand() {
    let mut desk = Desk::with(Settings { environment: Environment::Lab, ..settings() });
    let step = |title: &str| format!("### {title}\n\n- **risk:** change\n\n```sh\ntrue\n```\n\n");
    let book = format!(
        "---\nplaybook: 1\nid: t\ntitle: T\n---\n\n# T\n\n## Steps\n\n{}## Drill setup\n\n{}## Drill cleanup\n\n{}",
        step("Do"),
        step("Make"),
        step("Clear")
    );
    desk.playbook(&book);
    let scenario = Box::new(Scenario::for_playbook(&desk.world.runs.playbooks()[0]));
    desk.asks(Command::Drill(Drilling::Start { scenario, params: Typed::default(), auto: Auto::Change, anyway: false }));
    desk.command_ends(StepState::Succeeded, 0);
    let drill = desk.world.drills.open().expect("held").incident;
    desk.asks(Command::Drill(Drilling::Abort { drill, reason: "enough".into() }));
    desk.command_ends(StepState::Cancelled, 1);
    desk.expect_not("NOT CLEARED AWAY").command_ends(StepState::Failed, 1);
    for (width, word) in [(120, "NOT CLEARED AWAY"), (80, "NOT CLEARED AWAY"), (40, "DRILL STUCK"), (30, "DRILL STUCK")] {
        let line = first_line(desk.resize(width, 24));
        assert!(line.contains(word), "{width} columns: {line}");
    }
    desk.resize(120, 40).press("T").expect("leave it…").expect("clearing away stopped at “Clear”");
    desk.type_text("finish").press("enter").expect("stopped at “Clear”").press("esc");
    desk.press("T").type_text("leave it").press("enter").type_text("it is a lab").press("enter");
    desk.expect_not("NOT CLEARED AWAY").expect("CALLED OFF");
    assert_eq!(desk.world.runs.open().count(), 0);
}
