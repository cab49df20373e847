//! Real or drill, never both: of everything that counts, folds or tells, one row. What a night does to it when it is real is the proof
//! that it would notice one that is practised.

use super::*;
use midwatch::domain::alert::{Alert, Labels, Severity};
use midwatch::domain::entry::Entry;
use midwatch::domain::ids::{AlertId, ServiceName};
use midwatch::domain::run::Auto;
use midwatch::domain::scenario::{Beat, Fires, Kind as Held, Scenario, What};
use midwatch::domain::settings::{Gale, Settings};
use midwatch::model::drills::Drilling;
use midwatch::model::past;
use midwatch::model::runs::Typed;
use std::fmt::Debug;

const ALERTS: usize = 40;

fn house() -> Settings {
    Settings { storm: Gale { above: 20, within: Duration::from_secs(60) }, ..settings(true) }
}

/// One is the cause of what the other shows.
fn service(number: usize) -> &'static str {
    if number.is_multiple_of(2) { "postgres" } else { "checkout" }
}

fn fires(number: usize) -> What {
    What::Fires(Fires {
        name: format!("Down{number}"),
        severity: Severity::Critical,
        service: Some(service(number).into()),
        summary: None,
        labels: [("service".to_owned(), service(number).to_owned())].into(),
        annotations: Default::default(),
    })
}

fn script() -> Scenario {
    Scenario {
        id: "night".into(),
        title: "A bad night".into(),
        kind: Held::Tabletop,
        playbook: None,
        services: vec!["postgres".into()],
        beats: (0..ALERTS).map(|number| Beat { at: Duration::ZERO, what: fires(number) }).collect(),
        expects: Vec::new(),
        abort: Vec::new(),
        ending: None,
    }
}

fn before() -> Arc<Alert> {
    let slow = alert("Slow", "postgres", began());
    let labels = [("alertname", "Slow"), ("service", "postgres"), ("severity", "warning")];
    let labels = labels.map(|(name, value)| (name.into(), value.into()));
    Arc::new(Alert { labels: Labels::new(labels.to_vec()), ..Alert::clone(&slow) })
}

#[derive(Clone, Copy, PartialEq)]
enum Night {
    Quiet,
    Practised,
    Real,
}

/// Forty alerts at once, one of which is taken on, and something is written down.
fn night(night: Night) -> Story {
    let mut story = Story::with(house());
    // Something less bad is real in any of them.
    story.poll(&[before()]);
    let taken: Option<AlertId> = match night {
        Night::Quiet => None,
        Night::Practised => {
            let (scenario, params) = (Box::new(script()), Typed::default());
            story.ask(Command::Drill(Drilling::Start { scenario, params, auto: Auto::No, anyway: false }));
            Some(Scenario::alert(&story.world.drills.open().expect("held").id, "Down0"))
        }
        Night::Real => {
            let all: Vec<_> =
                (0..ALERTS).map(|number| alert(&format!("Down{number}"), service(number), story.now.wall)).collect();
            story.poll(&all);
            story.ask(Command::Declare { title: "Real".into(), severity: Sev::ALL[0], alerts: vec![id("Down0")], at: None });
            Some(id("Down0"))
        }
    };
    if night != Night::Real {
        story.poll(&[before()]);
    }
    if let Some(alert) = taken {
        story.ask(ack_of(vec![alert]));
        let incident = story.world.incidents.worked_on().next().map(|incident| incident.id);
        let (text, marks) = ("it is the disk".to_owned(), Marks::default());
        story.ask(Command::Note { incident, kind: Kind::Hypothesis, text, at: None, marks });
    }
    (0..30).for_each(|_| story.wait(1));
    story
}

fn text(value: impl Debug) -> String {
    format!("{value:?}")
}

type Fold = fn(&Story) -> String;

/// What it is called, what it says, and whether a real night as this one changes it.
const FOLDS: &[(&str, Fold, bool)] = &[
    ("alerts by state", |story| text(State::ALL.map(|state| story.world.alerts.count(state))), true),
    ("alerts by severity", |story| text(Severity::ALL.map(|severity| story.world.alerts.of_severity(severity))), true),
    ("what calls", |story| text(story.world.urgent()), true),
    ("alerts of a service", |story| text(story.world.alerts.counts_of(&"postgres".into())), true),
    ("the worst of a service", |story| text(story.world.alerts.worst_in(&"postgres".into())), true),
    ("what fires in a service", |story| text(story.world.alerts.firing_in(&"postgres".into(), Severity::Critical).count()), true),
    ("services in trouble", |story| text(story.world.alerts.in_trouble().collect::<Vec<&ServiceName>>()), true),
    ("what is real in the queue", |story| text(story.world.alerts.real().count()), true),
    ("acknowledgements", |story| text(story.world.pack(Duration::from_secs(3_600)).acks.len()), true),
    ("a storm", |story| text((story.world.storm.raging().is_some(), story.world.storm.lately())), true),
    ("causes", |story| text(story.world.causes()), true),
    ("suspicions", |story| text(story.world.suspicions().iter().collect::<Vec<_>>()), false),
    ("feeds", |story| text(&story.world.health), false),
    ("limits that come near", |story| text(story.world.soon().count()), false),
    ("changes", |story| text(&story.world.changes), false),
    ("maintenance", |story| text(&story.world.maintenance), false),
    ("offline", |story| text(story.world.offline.since()), false),
    (
        "what is to be sent",
        |story| text(story.effects.iter().filter(|effect| matches!(effect, Effect::Act { .. })).count()),
        true,
    ),
    ("the outbox", |story| text(&story.world.outbox), true),
    ("incidents", |story| text(story.world.incidents.iter().count()), true),
    ("open incidents", |story| text(story.world.incidents.open().count()), true),
    ("who has the watch", |story| text(story.world.shift.watch()), false),
    (
        "the handoff",
        |story| {
            let pack = story.world.pack(Duration::from_secs(3_600));
            text((pack.incidents, pack.nobodys, pack.acks, pack.runs))
        },
        true,
    ),
    ("runs", |story| text(story.world.runs.open().count()), false),
    ("the memory", |story| text(past::episodes(&story.journal).len()), true),
];

#[test]
fn of_a_drill_nothing_that_is_real_takes_notice_and_of_a_night_all_of_it_does() {
    let [quiet, practised, real] = [Night::Quiet, Night::Practised, Night::Real].map(night);
    let drilled = practised.world.alerts.queue().filter(|tracked| tracked.is_drill()).count();
    assert_eq!(drilled, ALERTS, "the drill is there at all");
    for (name, fold, noticed) in FOLDS {
        assert_eq!(fold(&practised), fold(&quiet), "{name}: a drill counts");
        assert!(!noticed || fold(&real) != fold(&quiet), "{name}: nothing counts");
    }
}

#[test]
fn of_what_is_real_a_drill_takes_no_notice() {
    let real = night(Night::Real);
    assert!(real.world.drills.iter().next().is_none());
    assert!(real.journal.iter().all(|entry| entry.drill.is_none()));
    let practised = night(Night::Practised);
    let own = |entry: &&Arc<Entry>| entry.drill.is_none() && entry.alert != Some(id("Slow"));
    let unmarked: Vec<_> = practised.journal.iter().filter(own).collect();
    assert!(unmarked.is_empty(), "{unmarked:#?}");
}
