//! A drill on the screen: nobody who looks at it takes it for real, whatever the terminal.

use super::screen::{Desk, alert, outage};
use super::{Depth, Theme};
use midwatch::domain::alert::Severity;
use midwatch::domain::run::Auto;
use midwatch::domain::scenario::{Beat, Fires, Kind, Scenario, What};
use midwatch::model::Command;
use midwatch::model::drills::Drilling;
use midwatch::model::runs::Typed;
use std::time::Duration;

fn begun(desk: &mut Desk) {
    let fires = Fires {
        name: "Drilled".to_owned(),
        severity: Severity::Critical,
        service: Some("checkout".into()),
        summary: None,
        labels: Default::default(),
        annotations: Default::default(),
    };
    let scenario = Box::new(Scenario {
        id: "night".to_owned(),
        title: "A bad night".to_owned(),
        kind: Kind::Tabletop,
        playbook: None,
        services: vec!["checkout".into()],
        beats: vec![Beat { at: Duration::ZERO, what: What::Fires(fires) }],
        expects: Vec::new(),
        abort: Vec::new(),
        ending: None,
    });
    desk.asks(Command::Drill(Drilling::Start { scenario, params: Typed::default(), auto: Auto::No, anyway: true }));
}

#[test]
fn a_drill_is_told_on_the_first_line_at_every_size_and_gone_when_it_is_over() {
    let mut desk = outage();
    begun(&mut desk);
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        desk.resize(width, height).wait(1);
        let first = desk.text().lines().next().unwrap_or_default().to_owned();
        assert!(first.contains("DRILL-") && first.contains("0:0"), "{width}x{height}: {first}");
    }
    desk.resize(120, 40).expect("DRILL Drilled");
    desk.press("T").type_text("pause").press("enter").type_text("lunch").press("enter").expect("PAUSED");
    desk.press("T").type_text("resume").press("enter").expect_not("PAUSED");
    desk.press("T").type_text("finish").press("enter").expect("Where were we lucky?");
    desk.type_text("the alert was clear").press("enter").expect_not("CRIT DRILL");
    let first = desk.text().lines().next().unwrap_or_default().to_owned();
    assert!(!first.contains("DRILL"), "{first}");
}

#[test]
fn a_drill_counts_nothing_and_rings_nothing() {
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
