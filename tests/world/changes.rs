//! What was changed: recorded, found by time and service, and part of the incident in whose time it falls.

use super::*;
use midwatch::domain::change::{Told, What};
use midwatch::domain::incident::Incident;

pub fn told(service: &str, words: &str, at: DateTime<Utc>) -> Told {
    let service = Some(service.into());
    Told { id: None, what: What::Deploy, service, at, words: words.into(), by: None, link: None }
}

fn words(story: &Story) -> Vec<String> {
    story.world.changes.iter().map(|change| change.words.raw().to_owned()).collect()
}

fn refused(story: &mut Story, change: Told) -> String {
    let request = story.ask(Command::Change(change));
    let progress = story.world.requests.get(request).expect("kept");
    match &progress.items[0].stage {
        Stage::Refused(why) => why.clone(),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_change_is_recorded_as_it_was_told_and_found_by_time_and_service() {
    let mut story = Story::new();
    let link = Some("https://ci.example/42".into());
    story.ask(Command::Change(Told { link, ..told("checkout", "1.42", at("2026-03-01T02:40:00Z")) }));
    story.ask(Command::Change(Told { what: What::Flag, ..told("postgres", "jit off", at("2026-03-01T02:10:00Z")) }));
    let entry = &story.journal[0];
    assert_eq!(
        (entry.text.as_str(), entry.links.as_slice()),
        ("deploy of checkout: 1.42", &["https://ci.example/42".to_owned()][..])
    );
    assert_eq!((entry.at, &entry.incident), (at("2026-03-01T02:40:00Z"), &None));
    assert_eq!(words(&story), ["1.42", "jit off"], "the newest first");
    let changes = &story.world.changes;
    let postgres = "postgres".into();
    let found: Vec<_> = changes.of_service(&postgres).map(|change| (change.what, change.by.raw())).collect();
    assert_eq!(found, [(What::Flag, "ana")]);
    let between = |since, until| changes.between(at(since), at(until)).map(|change| change.words.raw()).collect::<Vec<_>>();
    assert_eq!(between("2026-03-01T02:10:00Z", "2026-03-01T02:40:00Z"), ["1.42"]);
    assert_eq!(between("2026-03-01T02:00:00Z", "2026-03-01T02:39:59Z"), ["jit off"]);
}

#[test]
fn a_change_of_nothing_and_of_an_unknown_service_are_refused() {
    let mut story = Story::new();
    let now = story.now.wall;
    assert!(refused(&mut story, told("checkout", " ", now)).contains("needs a word"));
    assert_eq!(refused(&mut story, told("chekout", "1.42", now)), "no service is named `chekout`; there are checkout, postgres");
    assert!(story.journal.is_empty());
}

#[test]
fn a_change_of_what_an_open_incident_depends_on_belongs_to_it() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "checkout", began())]);
    let declare = Command::Declare {
        title: "no payments".into(),
        severity: "1".parse::<Sev>().expect("a severity"),
        alerts: vec![id("Down")],
        at: None,
    };
    story.ask(declare);
    let open: &Incident = story.world.incidents.open().next().expect("one");
    let (incident, opened) = (open.id, open.opened_at);
    let minutes = chrono::Duration::minutes;
    story.ask(Command::Change(told("postgres", "failover", opened + minutes(1))));
    story.ask(Command::Change(told("postgres", "the hour before", opened - minutes(59))));
    story.ask(Command::Change(told("postgres", "long before", opened - minutes(61))));
    let of: Vec<_> = story.journal.iter().filter(|entry| entry.kind == Kind::Change).map(|entry| entry.incident).collect();
    assert_eq!(of, [Some(incident), Some(incident), None]);
}

#[test]
fn every_order_of_arrival_and_a_corrected_time_give_the_same_changes() {
    let mut story = Story::new();
    for minute in [3, 1, 2] {
        let at = began() + chrono::Duration::minutes(minute);
        story.ask(Command::Change(told("checkout", &format!("at {minute}"), at)));
    }
    let late = began() + chrono::Duration::minutes(9);
    let entry = story.journal[1].id;
    story.ask(Command::Correct { entry, at: Some(late), text: None });
    assert_eq!(words(&story), ["at 1", "at 3", "at 2"]);
    let mut other = Story::new();
    for entry in story.journal.iter().rev() {
        other.append_known(entry.clone());
    }
    assert_eq!(other.world.changes, story.world.changes);
}
