//! An incident as a scenario: what happened happens again at its time, what people did is expected, and neither they nor secrets are in it.

use super::support::story::{Story, alert, id, settings};
use super::*;
use midwatch::domain::alert::Alert;
use midwatch::domain::health::{FeedSpec, FeedState, Reading};
use midwatch::domain::incident::{Role, Sev, Status};
use midwatch::domain::patterns::Patterns;
use midwatch::domain::playbook::Place;
use midwatch::domain::scenario::{Act, Scenario, What};
use midwatch::domain::settings::Settings;
use midwatch::exports::scenario::script;
use midwatch::model::{Command, Fact};
use midwatch::playbook::scenario::{Around, read, write};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(3_600);

fn summed(name: &str, summary: &str, story: &Story) -> Arc<Alert> {
    let mut one = Alert::clone(&alert(name, "postgres", story.now.wall));
    one.annotations = midwatch::domain::alert::Labels::new(vec![("summary".into(), summary.into())]);
    Arc::new(one)
}

/// A night: a deployment, a feed, two alerts of which one comes back, and what two people do about them.
fn night() -> Timeline {
    let feed = FeedSpec { service: Some("postgres".into()), ..FeedSpec::new("pg", "any", EVERY, EVERY) };
    let mut story = Story::with(Settings { feeds: vec![feed], ..settings(false) });
    story.fact(Fact::FeedRead { feed: "pg".into(), reading: Reading::new(FeedState::Healthy, "well") });
    story.wait(60);
    story.fact(Fact::FeedRead { feed: "pg".into(), reading: Reading::new(FeedState::Failing, "refused") });
    story.wait(30);
    let (down, slow) = (summed("Down", "the database\nof ana is gone", &story), alert("Slow: 5 s", "postgres", story.now.wall));
    story.poll(&[down.clone(), slow.clone()]);
    story.ask(Command::Declare { title: "no rows".into(), severity: Sev::ALL[2], alerts: vec![id("Down")], at: None });
    let incident = story.world.incidents.iter().next().expect("declared").id;
    let note = |kind: Kind, text: &str| Command::Note {
        incident: Some(incident),
        kind,
        text: text.into(),
        at: None,
        marks: Default::default(),
    };
    story.wait(90);
    let ack = |name: &str| Command::Acknowledge {
        alerts: vec![id(name)],
        hold: None,
        reason: "ana is on it".into(),
        ticket: None,
        confirmed: None,
    };
    story.ask(ack("Down"));
    story.wait(60);
    story.ask(Command::SetRole { incident, role: Role::Lead, person: "ben".into() });
    story.ask(Command::SetRole { incident, role: Role::Scribe, person: "ben".into() });
    story.ask(Command::SetSeverity { incident, severity: Sev::ALL[1] });
    story.ask(Command::SetSeverity { incident, severity: Sev::ALL[0] });
    // Once is not enough to be over.
    (0..2).for_each(|_| story.poll(std::slice::from_ref(&down)));
    story.wait(60);
    story.poll(&[down, alert("Slow: 5 s", "postgres", story.now.wall)]);
    story.ask(note(Kind::Decision, "ana and ben fail over, the key is AKIAIOSFODNN7EXAMPLE"));
    story.wait(600);
    (0..2).for_each(|_| story.poll(&[]));
    story.ask(Command::SetTitle { incident, title: "the disk of db-1 was full".into() });
    story.ask(Command::SetStatus { incident, by_way: Vec::new(), status: Status::Resolved, reason: None, at: None });
    story.wait(60);
    let view = View { people: People::Roles, zone: chrono_tz::Tz::UTC };
    let mut night = timeline(&story.journal, incident, Vec::new(), view).expect("it is declared");
    night.patterns = Arc::new(Patterns::with(&[]).expect("none"));
    night
}

fn again(scenario: &Scenario) -> Scenario {
    let read = read(&write(scenario), Place::File("/s/inc-1.yaml".into()), Around::default());
    assert!(!read.shown().contains("error"), "{}", read.shown());
    read.scenario.expect("it is read")
}

#[test]
fn what_happened_happens_again_and_is_read_without_a_problem() {
    let scenario = script(&night()).expect("a scenario");
    assert_eq!(again(&scenario), scenario);
    let told: Vec<String> = scenario
        .beats
        .iter()
        .map(|beat| {
            let what = match &beat.what {
                What::Fires(alert) => format!("fires {}", alert.name),
                What::Resolves { name } => format!("resolves {name}"),
                What::Feed(turn) => format!("{} {}", turn.feed, turn.state.word()),
                What::Note { text } => text.clone(),
            };
            format!("{} {what}", beat.at.as_secs())
        })
        .collect();
    let expected = [
        "0 pg failing",
        "30 fires Down",
        "30 fires Slow__5_s",
        "180 resolves Slow__5_s",
        "240 fires Slow__5_s",
        "840 resolves Slow__5_s",
        "840 resolves Down",
    ];
    assert_eq!(told, expected);
    let What::Fires(slow) = &scenario.beats[2].what else { panic!("{:?}", scenario.beats[2]) };
    assert_eq!(slow.labels.get("alertname").map(String::as_str), Some("Slow: 5 s"), "its own name stays in its label");
    assert_eq!((scenario.id.as_str(), scenario.title.as_str()), ("inc-0", "no rows"), "as it was called then");
}

#[test]
fn what_people_did_is_expected_in_the_time_that_they_took_and_the_ending_is_kept_back() {
    let scenario = script(&night()).expect("a scenario");
    let expects: Vec<_> = scenario.expects.iter().map(|one| (one.act, one.about.as_deref(), one.within.as_secs())).collect();
    let expected = [
        (Act::Ack, Some("Down"), 120),
        (Act::Role, Some("scribe"), 180),
        (Act::Severity, Some("SEV1"), 180),
        (Act::Decision, None, 240),
        (Act::Status, Some("resolved"), 840),
    ];
    assert_eq!(expects, expected);
    let ending = scenario.ending.as_deref().expect("an ending");
    assert!(ending.starts_with("the disk of db-1 was full\n") && ending.contains("fail over"), "{ending}");
    assert!(!write(&Scenario { ending: None, ..scenario.clone() }).contains("the disk of db-1"), "and told nowhere else");
}

#[test]
fn neither_people_nor_secrets_are_in_it() {
    let text = write(&script(&night()).expect("a scenario"));
    assert!(!text.contains("ana") && !text.contains("ben"), "{text}");
    assert!(!text.contains("AKIA"), "{text}");
    assert!(text.contains("the database of on-call is gone"), "{text}");
}

#[test]
fn of_several_alerts_of_a_name_each_has_one_of_its_own_and_of_nothing_there_is_no_scenario() {
    let mut story = Story::new();
    let mut other = Alert::clone(&alert("Down", "checkout", story.now.wall));
    other.id.fingerprint = "other".into();
    story.poll(&[alert("Down", "postgres", story.now.wall), Arc::new(other)]);
    story.ask(Command::Declare { title: "both".into(), severity: Sev::ALL[1], alerts: vec![id("Down"), id("other")], at: None });
    story.wait(10);
    let incident = story.world.incidents.iter().next().expect("declared").id;
    let view = View { people: People::Roles, zone: chrono_tz::Tz::UTC };
    let both = script(&timeline(&story.journal, incident, Vec::new(), view).expect("declared")).expect("a scenario");
    let names: Vec<&str> = both.alerts().map(|(_, alert)| alert.name.as_str()).collect();
    assert_eq!(names, ["Down", "Down-2"]);
    assert!(both.alerts().all(|(_, fires)| fires.labels("d").get("alertname") == Some("Down")));
    again(&both);

    let why = script(&incident_of_notes()).expect_err("nothing to play");
    assert!(why.contains("INC-1"), "{why}");
}

fn incident_of_notes() -> Timeline {
    incident("ana", "down", &["nothing fired".to_owned()])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_said_it_is_read_again(summary in hostile(), title in hostile(), text in hostile(), value in hostile()) {
        let mut story = Story::new();
        let mut down = Alert::clone(&summed("Down", &summary, &story));
        let pairs = [("alertname", title.as_str()), ("service", "postgres"), ("host", value.as_str())];
        down.labels = midwatch::domain::alert::Labels::new(pairs.map(|(name, value)| (name.into(), value.into())).to_vec());
        story.poll(&[Arc::new(down)]);
        let title = if title.trim().is_empty() { "t".to_owned() } else { title };
        story.ask(Command::Declare { title, severity: Sev::ALL[1], alerts: vec![id("Down")], at: None });
        let Some(incident) = story.world.incidents.iter().next().map(|incident| incident.id) else { return Ok(()) };
        let marks = midwatch::model::command::Marks { important: true, ..Default::default() };
        story.ask(Command::Note { incident: Some(incident), kind: Kind::Decision, text, at: None, marks });
        let view = View { people: People::Roles, zone: chrono_tz::Tz::UTC };
        let scenario = script(&timeline(&story.journal, incident, Vec::new(), view).expect("declared")).expect("a scenario");
        let back = read(&write(&scenario), Place::File("/s/inc-1.yaml".into()), Around::default());
        prop_assert!(back.scenario.is_some(), "{}", back.shown());
        prop_assert_eq!(back.scenario, Some(scenario));
    }
}
