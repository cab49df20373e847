//! The core: what follows from what, without a clock, a disk or a network.

#[path = "world/again.rs"]
mod again;
#[path = "world/blind.rs"]
mod blind;
#[path = "world/board.rs"]
mod board;
#[path = "world/calling.rs"]
mod calling;
#[path = "world/carried.rs"]
mod carried;
#[path = "world/causes.rs"]
mod causes;
#[path = "world/changes.rs"]
mod changes;
#[path = "world/corpus.rs"]
mod corpus;
#[path = "world/drill_apart.rs"]
mod drill_apart;
#[path = "world/drill_clocks.rs"]
mod drill_clocks;
#[path = "world/drill_folds.rs"]
mod drill_folds;
#[path = "world/drilled_runs.rs"]
mod drilled_runs;
#[path = "world/drills.rs"]
mod drills;
#[path = "world/elsewhere.rs"]
mod elsewhere;
#[path = "world/ends.rs"]
mod ends;
#[path = "world/feeds.rs"]
mod feeds;
#[path = "world/filters.rs"]
mod filters;
#[path = "world/flapping.rs"]
mod flapping;
#[path = "world/groups.rs"]
mod groups;
#[path = "world/histories.rs"]
mod histories;
#[path = "world/incidents.rs"]
mod incidents;
#[path = "world/lapsing.rs"]
mod lapsing;
#[path = "world/lost.rs"]
mod lost;
#[path = "world/maintenance.rs"]
mod maintenance;
#[path = "world/many.rs"]
mod many;
#[path = "world/native.rs"]
mod native;
#[path = "world/offline.rs"]
mod offline;
#[path = "world/order.rs"]
mod order;
#[path = "world/paging.rs"]
mod paging;
#[path = "world/past.rs"]
mod past;
#[path = "world/pending.rs"]
mod pending;
#[path = "world/preceding.rs"]
mod preceding;
#[path = "world/questions.rs"]
mod questions;
#[path = "world/ranks.rs"]
mod ranks;
#[path = "world/released.rs"]
mod released;
#[path = "world/reminding.rs"]
mod reminding;
#[path = "world/replay.rs"]
mod replay;
#[path = "world/scenarios.rs"]
mod scenarios;
#[path = "world/settling.rs"]
mod settling;
#[path = "world/silences.rs"]
mod silences;
#[path = "world/snoozes.rs"]
mod snoozes;
#[path = "world/soon.rs"]
mod soon;
#[path = "world/standing.rs"]
mod standing;
#[path = "world/storm.rs"]
mod storm;
mod support;
#[path = "world/suspicions.rs"]
mod suspicions;
#[path = "world/taken.rs"]
mod taken;
#[path = "world/twins.rs"]
mod twins;
#[path = "world/unasked.rs"]
mod unasked;
#[path = "world/uncarried.rs"]
mod uncarried;
#[path = "world/unseen.rs"]
mod unseen;
#[path = "world/unsent.rs"]
mod unsent;
#[path = "world/untold.rs"]
mod untold;
#[path = "world/updates.rs"]
mod updates;
#[path = "world/watched.rs"]
mod watched;
#[path = "world/words.rs"]
mod words;

use chrono::{DateTime, Utc};
use midwatch::domain::act::{Act, ActEnd, Found, Outcome};
use midwatch::domain::entry::{Amendment, Draft, Entry, Kind};
use midwatch::domain::ids::AlertId;
use midwatch::domain::incident::{Role, Sev, Status};
use midwatch::domain::stamp::Stamp;
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::model::alerts::{SourceHealth, State};
use midwatch::model::command::Marks;
use midwatch::model::event::SourceAnswer;
use midwatch::model::progress::Stage;
use midwatch::model::{Command, Effect, Fact, World};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use support::story::{Story, alert, id, settings};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn began() -> DateTime<Utc> {
    at("2026-03-01T02:58:00Z")
}

fn state(story: &Story, name: &str) -> Option<State> {
    let tracked = story.world.alerts.get(&id(name))?;
    Some(tracked.state)
}

fn ack(names: &[&str]) -> Command {
    ack_of(names.iter().map(|name| id(name)).collect())
}

/// The same of alerts of any source.
fn ack_of(alerts: Vec<AlertId>) -> Command {
    Command::Acknowledge { alerts, hold: None, reason: "on it".into(), ticket: None, confirmed: None }
}

#[test]
fn an_alert_that_fires_is_recorded_once() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    story.poll(&[alert("Down", "postgres", began())]);
    assert_eq!(story.kinds(), [Kind::AlertFired]);
    let fired = story.last(Kind::AlertFired);
    assert_eq!((fired.at, fired.service.as_ref().map(|s| s.as_str())), (began(), Some("postgres")));
}

#[test]
fn a_beginning_in_the_future_is_recorded_as_of_now() {
    let mut story = Story::new();
    let ahead = story.now.wall + chrono::Duration::hours(2);
    story.poll(&[alert("Down", "postgres", ahead)]);
    let fired = story.last(Kind::AlertFired);
    assert_eq!(fired.at, story.now.wall, "nothing that comes later may stand before it in the log");
    assert_eq!(fired.data_of("starts_at"), Some(ahead), "what the source says is kept");
}

#[test]
fn absence_in_one_poll_is_not_resolution_and_absence_in_two_is() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    story.poll(&[]);
    assert_eq!(state(&story, "Down"), Some(State::Firing));
    story.poll(&[]);
    assert_eq!(state(&story, "Down"), Some(State::Resolved));
    assert_eq!(story.kinds(), [Kind::AlertFired, Kind::AlertResolved]);
}

#[test]
fn what_is_listed_again_was_never_missing_and_what_is_known_to_fire_is_no_news() {
    let mut story = Story::new();
    let down = [alert("Down", "postgres", began())];
    for _ in 0..3 {
        story.poll(&down);
        story.poll(&[]);
    }
    assert_eq!((state(&story, "Down"), story.kinds()), (Some(State::Firing), vec![Kind::AlertFired]));
    let arrived = |story: &Story| story.world.alerts.get(&id("Down")).expect("tracked").arrived;
    assert!(arrived(&story).is_some());
    story.begins_anew();
    let alerts = down.to_vec();
    story.fact(Fact::AlertsCached {
        source: "prod".into(),
        alerts,
        read_at: story.now.wall,
        unlisted: Default::default(),
        more: false,
    });
    assert_eq!((state(&story, "Down"), arrived(&story)), (Some(State::Firing), None));
    story.begins_anew();
    story.poll(&down);
    assert_eq!(arrived(&story), None, "the journal holds it open");
    // What nobody has recorded is no news from the cache either: it was read in an earlier session.
    let mut story = Story::new();
    story.fact(Fact::AlertsCached {
        source: "prod".into(),
        alerts: down.to_vec(),
        read_at: story.now.wall,
        unlisted: Default::default(),
        more: false,
    });
    assert_eq!(arrived(&story), None);
}

#[test]
fn a_failed_or_partial_poll_never_resolves() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    for _ in 0..5 {
        story.fact(Fact::SourceFailed { source: "prod".into(), trouble: Trouble::new(Reason::Timeout, "no answer") });
        story.poll_with(&[], SourceAnswer { complete: false, ..SourceAnswer::default() });
    }
    assert_eq!(state(&story, "Down"), Some(State::Firing));
    assert_eq!(story.kinds(), [Kind::AlertFired]);
}

#[test]
fn after_a_restart_of_the_source_absence_means_nothing_for_five_minutes() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    let restarted = SourceAnswer { complete: true, started_at: Some(story.now.wall), ..SourceAnswer::default() };
    for _ in 0..4 {
        story.wait(15);
        story.poll_with(&[], restarted.clone());
    }
    assert_eq!(state(&story, "Down"), Some(State::Firing));
    // It comes back with another start: still the same episode.
    story.poll_with(&[alert("Down", "postgres", story.now.wall)], restarted);
    assert_eq!(story.kinds(), [Kind::AlertFired]);
    assert_eq!(story.world.alerts.get(&id("Down")).expect("tracked").episode, began());
}

#[test]
fn an_instance_that_listed_an_alert_itself_is_believed_when_it_lists_it_no_more() {
    let mut story = Story::new();
    let young = SourceAnswer { complete: true, started_at: Some(story.now.wall), ..SourceAnswer::default() };
    let firing = [alert("Down", "postgres", story.now.wall)];
    story.poll_with(&firing, young.clone());
    story.poll_with(&firing, young.clone());
    story.poll_with(&[], young.clone());
    assert_eq!(state(&story, "Down"), Some(State::Firing));
    story.poll_with(&[], young);
    assert_eq!(state(&story, "Down"), Some(State::Resolved));
}

#[test]
fn an_instance_that_may_have_restarted_while_it_was_asked_is_not_believed() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", story.now.wall)]);
    // The alerts came from the old instance, the start from the new one.
    let restarted = SourceAnswer { complete: true, started_at: Some(story.now.wall), ..SourceAnswer::default() };
    story.poll_with(&[alert("Down", "postgres", story.now.wall)], restarted.clone());
    for _ in 0..4 {
        story.poll_with(&[], restarted.clone());
    }
    assert_eq!(state(&story, "Down"), Some(State::Firing));
}

#[test]
fn an_alert_that_fires_again_is_a_new_episode_and_not_acknowledged() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    assert_eq!(state(&story, "Down"), Some(State::Acknowledged));
    story.poll(&[]);
    story.poll(&[]);
    story.wait(30);
    story.poll(&[alert("Down", "postgres", story.now.wall)]);
    assert_eq!(state(&story, "Down"), Some(State::Firing));
    assert_eq!(story.kinds().iter().filter(|kind| **kind == Kind::AlertFired).count(), 2);
}

#[test]
fn an_acknowledgement_ends_by_itself() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    story.wait(3599);
    story.poll(&[alert("Down", "postgres", began())]);
    assert_eq!(state(&story, "Down"), Some(State::Acknowledged));
    story.wait(2);
    assert_eq!(state(&story, "Down"), Some(State::Firing));
}

#[test]
fn nothing_is_acknowledged_until_the_journal_says_so() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    story.broken = Some("the disk is full".into());
    let request = story.ask(ack(&["Down"]));
    assert_eq!(state(&story, "Down"), Some(State::Firing));
    let progress = story.world.requests.get(request).expect("remembered");
    assert_eq!(progress.items[0].stage, Stage::Unwritten("the disk is full".into()));
    assert_eq!(story.world.journal_trouble.as_deref(), Some("the disk is full"));
}

#[test]
fn what_was_seen_while_the_journal_could_not_be_written_is_recorded_afterwards() {
    let mut story = Story::new();
    story.broken = Some("the disk is full".into());
    story.poll(&[alert("Down", "postgres", began())]);
    assert!(story.journal.is_empty());
    story.broken = None;
    story.poll(&[alert("Down", "postgres", began())]);
    assert_eq!(story.kinds(), [Kind::AlertFired]);
}

#[test]
fn a_storm_reaches_the_journal_in_portions_and_whole() {
    let mut story = Story::new();
    let storm: Vec<_> = (0..4_321).map(|n| alert(&format!("Storm{n}"), "postgres", began())).collect();
    story.slow = Some(Vec::new());
    story.poll(&storm);
    let asked = |story: &Story| story.slow.iter().flatten().map(|(_, drafts)| drafts.len()).sum::<usize>();
    assert!((1..=1_000).contains(&asked(&story)), "{} drafts are held for a journal that is slow", asked(&story));
    story.answer();
    assert_eq!(story.journal.len(), storm.len());
}

#[test]
fn an_alert_that_fires_again_before_its_end_is_recorded_has_not_ended() {
    let mut story = Story::new();
    let storm: Vec<_> = (0..1_500).map(|n| alert(&format!("Storm{n:04}"), "postgres", began())).collect();
    story.poll(&storm);
    story.slow = Some(Vec::new());
    story.poll(&[]);
    story.poll(&[]);
    story.poll(&storm);
    story.answer();
    story.poll(&storm);
    // Some ends were with the journal already, and what fires now is new; the others were still waiting and are none any more.
    let count = |wanted: Kind| story.kinds().iter().filter(|kind| **kind == wanted).count();
    assert_eq!((count(Kind::AlertResolved), count(Kind::AlertFired)), (200, 1_700));
    let firing = story.world.alerts.queue().filter(|tracked| tracked.state == State::Firing).count();
    assert_eq!(firing, storm.len());
}

#[test]
fn guards_refuse_and_record_nothing() {
    let mut story = Story::new();
    let refused = [
        ack(&[]),
        ack(&["Unknown"]),
        Command::Declare { title: "  ".into(), severity: Sev::ALL[0], alerts: vec![], at: None },
        Command::Silence {
            source: "prod".into(),
            matchers: vec![],
            hold: Duration::from_secs(60),
            reason: "x".into(),
            covers: 0,
            confirmed: None,
        },
        Command::Silence {
            source: "gone".into(),
            matchers: vec![],
            hold: Duration::from_secs(60),
            reason: "x".into(),
            covers: 0,
            confirmed: None,
        },
        Command::Note { incident: None, kind: Kind::Note, text: " ".into(), at: None, marks: Marks::default() },
    ];
    for command in refused {
        let request = story.ask(command.clone());
        let progress = story.world.requests.get(request).expect("remembered");
        assert!(matches!(progress.items[0].stage, Stage::Refused(_)), "{command:?}");
    }
    assert!(story.journal.is_empty());
}

#[test]
fn an_act_left_open_is_looked_for_before_it_is_sent_again() {
    let mut story = Story::with(settings(true));
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    let left: Vec<Arc<Entry>> = story.journal.clone();

    // The console dies here; another one starts on the same journal.
    let mut next = Story::with(settings(true));
    next.now = story.now;
    for entry in left {
        next.journal.push(entry.clone());
        next.fact(Fact::Recorded { entry, request: None });
    }
    assert!(next.taken().is_empty(), "the other process may still be sending it");
    next.wait(21);
    let finds = next.taken();
    let [Effect::Find { intent, .. }] = &finds[..] else { panic!("one search: {finds:?}") };
    next.wait(1);
    assert!(next.taken().is_empty(), "one search at a time");
    next.fact(Fact::ActFound { intent: intent.id(), found: Ok(Found::NotThere) });
    assert!(matches!(&next.taken()[..], [Effect::Act { .. }]), "not there and still sensible: sent again");
    next.fact(Fact::ActFound { intent: intent.id(), found: Ok(Found::There("silence-1".into())) });
    assert_eq!(next.last(Kind::ActEnded).text_of("outcome"), Some("done"));
}

#[test]
fn an_act_that_is_too_old_is_not_sent() {
    let mut story = Story::with(settings(true));
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    let [Effect::Act { intent, .. }] = &story.taken()[..] else { panic!("one act") };
    let intent = intent.id();
    story.pass(11 * 60);
    story.fact(Fact::ActFound { intent, found: Ok(Found::NotThere) });
    assert_eq!(story.last(Kind::ActEnded).text_of("outcome"), Some("expired"));
    assert!(!story.taken().iter().any(|effect| matches!(effect, Effect::Act { .. })));
}

#[test]
fn a_remote_that_cannot_be_asked_gives_unknown_and_no_repeat() {
    let mut story = Story::with(settings(true));
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    let [Effect::Act { intent, .. }] = &story.taken()[..] else { panic!("one act") };
    story.fact(Fact::ActFound { intent: intent.id(), found: Err(Trouble::new(Reason::Refused, "refused")) });
    assert_eq!(story.last(Kind::ActEnded).text_of("outcome"), Some("unknown"));
    assert!(!story.taken().iter().any(|effect| matches!(effect, Effect::Act { .. })));
}

#[test]
fn an_incident_takes_in_the_hour_before_of_its_services_and_what_they_depend_on() {
    let mut story = Story::new();
    story.poll(&[alert("DbDown", "postgres", at("2026-03-01T01:30:00Z")), alert("Lag", "postgres", began())]);
    story.poll(&[
        alert("DbDown", "postgres", began()),
        alert("Lag", "postgres", began()),
        alert("PayFails", "checkout", began()),
    ]);
    story.ask(Command::Declare { title: "pay".into(), severity: Sev::ALL[0], alerts: vec![id("PayFails")], at: None });
    let incident = story.world.incidents.open().next().expect("open").clone();
    let linked: Vec<String> =
        story.journal.iter().filter(|entry| incident.linked.contains(&entry.id)).map(|entry| entry.text.clone()).collect();
    assert_eq!(linked, ["Lag firing", "PayFails firing"], "not the one of 01:30");
    // What comes after carries the incident by itself.
    story.ask(ack(&["Lag"]));
    story.ask(ack(&["PayFails"]));
    assert_eq!(story.last(Kind::Ack).incident, Some(incident.id));
}

#[test]
fn a_lead_without_a_name_is_refused() {
    let mut story = Story::new();
    story.ask(Command::Declare { title: "x".into(), severity: Sev::ALL[1], alerts: vec![], at: None });
    let incident = story.world.incidents.open().next().expect("open").id;
    let request = story.ask(Command::SetRole { incident, role: Role::Lead, person: " ".into() });
    assert!(story.world.requests.get(request).expect("there").items[0].stage.failed());
    assert_eq!(story.world.incidents.get(incident).expect("there").lead.as_deref(), Some("ana"));
}

#[test]
fn a_status_that_makes_no_sense_is_refused() {
    let mut story = Story::new();
    story.ask(Command::Declare { title: "x".into(), severity: Sev::ALL[1], alerts: vec![], at: None });
    let incident = story.world.incidents.open().next().expect("open").id;
    let set = |status| Command::SetStatus { incident, by_way: Vec::new(), status, reason: None, at: None };
    story.ask(set(Status::Closed));
    let request = story.ask(set(Status::Mitigated));
    assert!(story.world.requests.get(request).expect("there").items[0].stage.failed());
    story.ask(set(Status::Open));
    assert_eq!(story.world.incidents.get(incident).expect("there").status, Status::Open);
}

#[test]
fn a_night_in_a_bag_makes_everything_stale_asks_at_once_and_is_recorded() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    story.wait(6 * 3600 + 120);
    let source = story.world.alerts.source(&"prod".into()).expect("there");
    assert_eq!(source.health, SourceHealth::Stale);
    assert_eq!(story.last(Kind::Console).text, "console slept 6 h 02 m: nobody watched from 03:00:00 to 09:02:00 UTC");
    assert!(story.taken().iter().any(|effect| matches!(effect, Effect::Ask { .. })));
    assert_eq!(state(&story, "Down"), Some(State::Firing), "what was known stays on screen");
}

#[test]
fn a_wall_clock_that_is_set_back_is_noticed_and_resolves_nothing() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    story.now = Stamp { wall: story.now.wall - chrono::Duration::hours(1), mono: story.now.mono + Duration::from_secs(1) };
    story.poll(&[alert("Down", "postgres", began())]);
    assert!(story.last(Kind::Console).text.starts_with("the wall clock was set back by 1 h 00 m"));
    assert_eq!(state(&story, "Down"), Some(State::Firing));
}

#[test]
fn a_correction_wins_in_whatever_order_it_arrives() {
    let mut story = Story::new();
    story.ask(Command::Declare { title: "x".into(), severity: Sev::ALL[1], alerts: vec![], at: None });
    let entry = story.last(Kind::Declare).clone();
    story.ask(Command::Correct { entry: entry.id, change: Amendment { at: Some(began()), ..Amendment::default() } });
    let incident = story.world.incidents.open().next().expect("open");
    assert_eq!(incident.opened_at, began());
}

/// A journal with some of everything.
fn eventful() -> Story {
    let mut story = Story::with(settings(true));
    story.poll(&[alert("A", "postgres", began()), alert("B", "checkout", began())]);
    story.ask(ack(&["A", "B"]));
    story.ask(Command::Declare { title: "first".into(), severity: Sev::ALL[2], alerts: vec![id("A")], at: None });
    let incident = story.world.incidents.open().next().expect("open").id;
    story.ask(Command::Note {
        incident: Some(incident),
        kind: Kind::Decision,
        text: "fail over".into(),
        at: Some(began()),
        marks: Marks::default(),
    });
    let note = story.last(Kind::Decision).id;
    story.ask(Command::SetSeverity { incident, severity: Sev::ALL[0] });
    story.ask(Command::Correct { entry: note, change: Amendment { text: Some("failed over".into()), ..Amendment::default() } });
    let declared = story.last(Kind::Declare).id;
    story.ask(Command::Correct { entry: declared, change: Amendment { at: Some(began()), ..Amendment::default() } });
    for effect in story.taken() {
        if let Effect::Act { intent, .. } = effect {
            let end = ActEnd { outcome: Outcome::Done, detail: "".into(), made: Some("s".into()) };
            story.fact(Fact::ActEnded { intent: intent.id(), end });
        }
    }
    story.ask(Command::Unacknowledge { alerts: vec![id("B")], reason: String::new() });
    for effect in story.taken() {
        if let Effect::Act { intent, .. } = effect {
            let end = ActEnd { outcome: Outcome::Unsent, detail: "".into(), made: None };
            story.fact(Fact::ActEnded { intent: intent.id(), end });
        }
    }
    story.poll(&[alert("B", "checkout", began())]);
    story.poll(&[alert("B", "checkout", began())]);
    story.ask(Command::SetStatus { incident, by_way: Vec::new(), status: Status::Resolved, reason: None, at: None });
    story
}

/// What a start makes of a journal, before the process may watch.
fn folded(entries: &[Arc<Entry>]) -> World {
    let mut story = Story::with(settings(true));
    story.fact(Fact::Watching(false));
    for entry in entries {
        story.fact(Fact::Recorded { entry: entry.clone(), request: None });
    }
    story.world
}

#[test]
fn a_replay_gives_what_was_recorded_live() {
    let live = eventful();
    let replayed = folded(&live.journal);
    assert_eq!(replayed.incidents, live.world.incidents);
    assert_eq!(replayed.outbox, live.world.outbox);
    assert_eq!(replayed.log, live.world.log);
    assert_eq!(replayed.corrections, live.world.corrections);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_permutation_of_the_entries_gives_the_same_world(order in Just(eventful().journal).prop_shuffle()) {
        let journal = eventful().journal;
        prop_assert_eq!(folded(&order), folded(&journal));
    }
}

#[test]
fn a_new_configuration_keeps_what_it_leaves_as_it_was() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    story.fact(Fact::Misconfigured("line 3: unknown key".into()));
    assert!(story.world.config_trouble.is_some());
    let mut changed = settings(false);
    changed.services = Default::default();
    story.fact(Fact::Configured(Arc::new(changed.clone())));
    assert!(story.world.config_trouble.is_none());
    assert_eq!(story.world.alerts.get(&id("Down")).expect("still there").service, None);
    assert_eq!(story.world.alerts.source(&"prod".into()).expect("there").health, SourceHealth::Fresh);
    changed.sources.clear();
    story.fact(Fact::Configured(Arc::new(changed)));
    assert!(story.world.alerts.is_empty());
}

#[test]
fn a_draft_is_never_an_intent() {
    let draft = Draft::new(Kind::Act, began(), midwatch::domain::entry::Actor::system("x"), "x");
    let story = Story::new();
    let entry = Entry::stamped(
        midwatch::domain::ids::EntryId(uuid::Uuid::nil()),
        midwatch::domain::ids::OriginId(uuid::Uuid::nil()),
        1,
        midwatch::domain::entry::Clock::default(),
        story.now.wall,
        draft,
    );
    assert_eq!(entry.intent(), None, "nothing but the journal makes an intent");
}
