//! Practice that was not done in its week is an alert of the program itself, until it was done or put off.

use crate::support::story::{Story, settings};
use chrono::{DateTime, Utc, Weekday};
use midwatch::domain::entry::Kind;
use midwatch::domain::playbook::{Place, Playbook};
use midwatch::domain::practice::{Hold, Practised, SOURCE, Skip, Week};
use midwatch::domain::settings::Settings;
use midwatch::model::alerts::State;
use midwatch::model::practice::Record;
use midwatch::model::runs::{Given, RunFact};
use midwatch::model::{Command, Fact};
use midwatch::playbook::read;
use midwatch::steps::KINDS;
use std::sync::Arc;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// The only one, every week.
fn book() -> Arc<Playbook> {
    let text = "---\nplaybook: 1\nid: take-over\ntitle: Take over\npractice: failover\npurpose: recovery\ndrill-every: 1w\n---\n\n# Take over\n\n\
                ## Steps\n\n### Do\n\n```sh\ntrue\n```\n";
    Arc::new(read(text, Place::File("/books/take-over.md".into()), KINDS))
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn done(when: &str) -> Practised {
    Practised::as_if("take-over".into(), String::new(), at(when))
}

/// What was practised, as the journal tells it.
fn told(story: &mut Story, practised: &[&str], skips: Vec<Skip>) {
    let practised = practised.iter().map(|when| done(when)).collect();
    story.fact(Fact::Practised(Ok(Record { practised, skips, ..Record::default() })));
}

/// Sunday, 2026-03-01, three o'clock, with the library read.
fn story(settings: Settings) -> Story {
    let mut story = Story::with(settings);
    let books = RunFact::Playbooks { books: Arc::new(vec![book()]), given: Arc::new(Given::default()) };
    story.fact(Fact::Run(books));
    story
}

fn queue(story: &Story) -> Vec<(String, State)> {
    let ours = story.world.alerts.queue().filter(|tracked| tracked.alert.id.source.as_str() == SOURCE);
    let mut weeks: Vec<_> = ours.map(|tracked| (tracked.alert.id.fingerprint.to_string(), tracked.state)).collect();
    weeks.sort();
    weeks
}

fn firing(story: &Story) -> Vec<String> {
    queue(story).into_iter().filter(|(_, state)| *state == State::Firing).map(|(week, _)| week).collect()
}

#[test]
fn a_turn_that_nobody_kept_stands_in_the_queue_until_it_is_practised() {
    let mut story = story(settings(false));
    told(&mut story, &["2026-02-17T10:00:00Z"], Vec::new());
    assert_eq!(firing(&story), ["2026-W09"], "W08 was kept, W09 is nearly over");
    let tracked = story.world.alerts.queue().next().expect("an alert").clone();
    assert_eq!(tracked.episode, at("2026-02-27T00:00:00Z"), "since Friday");
    assert!(tracked.alert.summary().is_some_and(|summary| summary.contains("midwatch drill start take-over")));
    assert_eq!(tracked.severity.word(), "info");
    assert_eq!(story.last(Kind::AlertFired).alert.as_ref(), Some(&tracked.alert.id));

    story.wait(DAY);
    assert_eq!(firing(&story), ["2026-W09"], "the next week has until its Friday");
    story.wait(4 * DAY);
    assert_eq!(firing(&story), ["2026-W09", "2026-W10"], "one for each week");

    told(&mut story, &["2026-02-17T10:00:00Z", "2026-03-06T02:00:00Z"], Vec::new());
    assert_eq!(firing(&story), Vec::<String>::new());
    assert!(queue(&story).iter().all(|(_, state)| *state == State::Resolved));
    let resolved = story.journal.iter().filter(|entry| entry.kind == Kind::AlertResolved).count();
    assert_eq!(resolved, 2);
}

#[test]
fn by_itself_it_comes_on_friday_and_is_there_once() {
    let mut story = story(settings(false));
    told(&mut story, &["2026-02-25T10:00:00Z"], Vec::new());
    assert_eq!(queue(&story), [], "this week something was practised");
    for _ in 0..10 {
        story.wait(DAY / 2);
    }
    assert_eq!(firing(&story), ["2026-W10"], "a tick is enough: {}", story.now.wall);
    (0..3).for_each(|_| told(&mut story, &["2026-02-25T10:00:00Z"], Vec::new()));
    story.wait(60);
    assert_eq!(story.kinds().iter().filter(|kind| **kind == Kind::AlertFired).count(), 1);
}

#[test]
fn put_off_with_a_reason_it_is_over_and_held_weeks_owe_nothing() {
    let skip = |week: &str| Skip {
        week: Week::parse(week).expect("a week"),
        playbook: "take-over".into(),
        at: at("2026-03-01T02:00:00Z"),
        by: "ana".to_owned(),
        reason: "the freeze".to_owned(),
    };
    let mut first = story(settings(false));
    told(&mut first, &["2026-02-17T10:00:00Z"], vec![skip("2026-W09")]);
    assert_eq!(queue(&first), []);
    let hold = Hold { from: at("2026-02-23T00:00:00Z").date_naive(), to: at("2026-03-01T00:00:00Z").date_naive(), why: None };
    let mut held = story(Settings { hold: vec![hold], ..settings(false) });
    told(&mut held, &["2026-02-17T10:00:00Z"], Vec::new());
    assert_eq!(queue(&held), []);
    let mut never = story(Settings { remind: None, ..settings(false) });
    told(&mut never, &["2026-02-17T10:00:00Z"], Vec::new());
    assert_eq!(queue(&never), []);
    let mut sooner = story(Settings { remind: Some(Weekday::Mon), ..settings(false) });
    told(&mut sooner, &["2026-02-17T10:00:00Z"], Vec::new());
    assert_eq!(sooner.world.alerts.queue().next().expect("an alert").episode, at("2026-02-23T00:00:00Z"));
}

/// Of two playbooks whose turns alternate.
#[test]
fn whatever_was_practised_in_a_week_keeps_it_and_a_turn_put_off_later_is_over_too() {
    let other = Arc::new(Playbook { id: "bring-back".into(), ..Playbook::clone(&book()) });
    let record = |more: Option<(&str, &str)>, skips: Vec<Skip>| {
        let also = more.map(|(id, when)| Practised::as_if(id.into(), String::new(), at(when)));
        Record { practised: std::iter::once(done("2026-02-10T10:00:00Z")).chain(also).collect(), skips, ..Record::default() }
    };
    let mut story = story(settings(false));
    let books = RunFact::Playbooks { books: Arc::new(vec![book(), other]), given: Arc::new(Given::default()) };
    story.fact(Fact::Run(books));
    let turn = story.world.board(&record(None, Vec::new())).week.turn.expect("a turn");
    let spare = if turn.as_str() == "take-over" { "bring-back" } else { "take-over" };
    story.fact(Fact::Practised(Ok(record(None, Vec::new()))));
    assert!(firing(&story).contains(&"2026-W09".to_owned()));
    story.fact(Fact::Practised(Ok(record(Some((spare, "2026-02-25T10:00:00Z")), Vec::new()))));
    assert!(!firing(&story).contains(&"2026-W09".to_owned()), "something was practised");
    let skip = |id: &str, week: &str, when: &str| Skip {
        week: Week::parse(week).expect("a week"),
        playbook: id.into(),
        at: at(when),
        by: "ana".to_owned(),
        reason: "the freeze".to_owned(),
    };
    let skipped = vec![skip(turn.as_str(), "2026-W09", "2026-02-25T10:00:00Z")];
    story.fact(Fact::Practised(Ok(record(None, skipped))));
    assert!(!firing(&story).contains(&"2026-W09".to_owned()), "put off, and the next one is not asked for in its place");

    let books = RunFact::Playbooks { books: Arc::new(vec![book()]), given: Arc::new(Given::default()) };
    story.fact(Fact::Run(books));
    told(&mut story, &["2026-02-10T10:00:00Z"], vec![skip("take-over", "2026-W09", "2026-02-24T10:00:00Z")]);
    assert_eq!(firing(&story), Vec::<String>::new(), "the turn of the week before is put off with it");
}

#[test]
fn whoever_has_never_practised_is_not_asked_and_nobody_is_asked_for_ever() {
    let mut fresh = story(settings(false));
    told(&mut fresh, &[], Vec::new());
    assert_eq!(queue(&fresh), []);
    let mut old = story(settings(false));
    told(&mut old, &["2025-06-01T10:00:00Z"], Vec::new());
    assert_eq!(firing(&old), ["2026-W05", "2026-W06", "2026-W07", "2026-W08", "2026-W09"]);
}

#[test]
fn what_cannot_be_known_ends_nothing() {
    let mut story = story(settings(false));
    told(&mut story, &["2026-02-17T10:00:00Z"], Vec::new());
    story.fact(Fact::Practised(Err("the disk is gone".to_owned())));
    story.wait(60);
    assert_eq!(firing(&story), ["2026-W09"]);

    // Another console begins, and does not know yet.
    story.begins_anew();
    story.wait(60);
    told(&mut story, &["2026-02-17T10:00:00Z"], Vec::new());
    assert!(story.kinds().iter().all(|kind| *kind != Kind::AlertResolved), "the library isn't read");
    let books = RunFact::Playbooks { books: Arc::new(vec![book()]), given: Arc::new(Given::default()) };
    story.fact(Fact::Run(books));
    assert_eq!(firing(&story), ["2026-W09"]);
    assert_eq!(story.kinds().iter().filter(|kind| **kind == Kind::AlertFired).count(), 1, "the same one");

    // It was practised while nobody looked: the journal, too, hears of the end.
    story.begins_anew();
    let books = RunFact::Playbooks { books: Arc::new(vec![book()]), given: Arc::new(Given::default()) };
    story.fact(Fact::Run(books));
    told(&mut story, &["2026-02-17T10:00:00Z", "2026-03-01T02:00:00Z"], Vec::new());
    assert_eq!(story.kinds().last(), Some(&Kind::AlertResolved));
}

#[test]
fn it_is_acknowledged_as_any_other_and_nothing_leaves_the_program() {
    let mut story = story(settings(true));
    told(&mut story, &["2026-02-17T10:00:00Z"], Vec::new());
    story.taken();
    let alerts = vec![story.world.alerts.queue().next().expect("an alert").alert.id.clone()];
    story.ask(Command::Acknowledge { alerts, hold: None, reason: "on Tuesday".into(), ticket: None, confirmed: None });
    assert_eq!(queue(&story), [("2026-W09".to_owned(), State::Acknowledged)]);
    assert!(story.kinds().iter().all(|kind| *kind != Kind::Act));
}
