//! What was changed: recorded, found by time and service, and part of the incident in whose time it falls.

use super::*;
use midwatch::domain::change::{Told, What};
use midwatch::domain::health::{FeedSpec, FeedState, Reading};
use midwatch::domain::incident::Incident;
use midwatch::domain::settings::Settings;

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
    story.ask(Command::Correct { entry, change: Amendment { at: Some(late), ..Amendment::default() } });
    assert_eq!(words(&story), ["at 1", "at 3", "at 2"]);
    let mut other = Story::new();
    for entry in story.journal.iter().rev() {
        other.append_known(entry.clone());
    }
    assert_eq!(other.world.changes, story.world.changes);
}

/// `pg-deploys` tells of these, the newest first.
fn tells(story: &mut Story, ids: &[&str]) {
    let now = story.now.wall;
    let told = |id: &&str| Told { id: Some((*id).into()), service: None, ..told("", id, now) };
    let mut reading = Reading::new(FeedState::Healthy, "told");
    reading.changes = ids.iter().map(told).collect();
    story.fact(Fact::FeedRead { feed: "pg-deploys".into(), reading });
}

fn watching_deploys() -> Story {
    let every = Duration::from_secs(60);
    let feed = FeedSpec { service: Some("postgres".into()), ..FeedSpec::new("pg-deploys", "changes", every, every) };
    Story::with(Settings { feeds: vec![feed], ..settings(false) })
}

#[test]
fn what_a_feed_tells_again_and_again_is_recorded_once_also_over_a_restart() {
    let mut story = watching_deploys();
    tells(&mut story, &["b", "a"]);
    tells(&mut story, &["b", "a"]);
    story.begins_anew();
    tells(&mut story, &["c", "b", "a"]);
    let texts: Vec<_> = story.journal.iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(texts, ["deploy of postgres: a", "deploy of postgres: b", "deploy of postgres: c"]);
    assert_eq!(
        story.world.health.get(&"pg-deploys".into()).and_then(|feed| feed.reading.as_ref()).map(|r| r.0.changes.len()),
        Some(0)
    );
}

#[test]
fn what_is_on_its_way_into_a_slow_journal_is_not_asked_for_again_and_what_failed_is() {
    let mut story = watching_deploys();
    story.slow = Some(Vec::new());
    tells(&mut story, &["a"]);
    tells(&mut story, &["a"]);
    assert_eq!(story.slow.as_ref().map(Vec::len), Some(1));
    story.slow = None;
    story.broken = Some("disk full".into());
    tells(&mut story, &["b"]);
    story.broken = None;
    tells(&mut story, &["b"]);
    assert_eq!(story.journal.iter().map(|entry| entry.text.as_str()).collect::<Vec<_>>(), ["deploy of postgres: b"]);
}

#[test]
fn what_is_pushed_is_recorded_by_whoever_heard_it_and_a_service_that_is_none_is_nobodys() {
    let mut story = Story::new();
    story.fact(Fact::Watching(false));
    let now = story.now.wall;
    let changes = vec![told("postgres", "failover", now), told("chekout", "typo", now + chrono::Duration::hours(1))];
    story.fact(Fact::ChangesTold { source: "hook".into(), changes });
    let found: Vec<_> = story.journal.iter().map(|entry| (entry.text.as_str(), entry.at)).collect();
    assert_eq!(found, [("deploy of postgres: failover", now), ("deploy: typo", now)]);
}

#[test]
fn of_very_many_the_oldest_are_forgotten_and_their_names_with_them() {
    let mut story = watching_deploys();
    for n in 0..1_003 {
        story.wait(1);
        tells(&mut story, &[&n.to_string()]);
    }
    let changes = &story.world.changes;
    let names: Vec<&str> = changes.iter().map(|change| change.words.raw()).collect();
    assert_eq!((names.len(), names.first(), names.last()), (1_000, Some(&"1002"), Some(&"3")));
    let knows = |n: usize| changes.knows(&format!("change/pg-deploys/{n}"));
    assert_eq!([0, 2, 3, 1_002].map(knows), [false, false, true, true]);
    tells(&mut story, &["2"]);
    assert_eq!(story.journal.len(), 1_003, "what is told again of then is in the journal already");
}
