//! Who watched before is on record where nobody did for a time, and whoever has lost the watch does nothing more as the watcher.

use super::unsent::acts;
use super::*;

use midwatch::domain::ids::{EntryId, RequestId};
use midwatch::domain::timeline::People;
use midwatch::domain::watcher::Watcher;
use midwatch::model::timeline::{View, timeline};
use midwatch::model::troubles::Subject;

/// Another console begins so long after the last sign of the one before.
fn after(seconds: u64, hung: bool, story: &mut Story) {
    let last = Watcher { process: 22_005, seen: story.now.wall };
    story.fact(Fact::Watching(false));
    story.wait(seconds);
    story.fact(Fact::WatchedBefore { last, hung });
    story.fact(Fact::Watching(true));
}

fn told(story: &Story) -> Vec<(&str, bool)> {
    let of = story.journal.iter().filter(|entry| entry.text_of("event") == Some("unwatched"));
    of.map(|entry| (entry.text.as_str(), entry.incident.is_some())).collect()
}

fn declare(story: &mut Story) {
    story.ask(Command::Declare { title: "down".into(), severity: Sev::ALL[1], alerts: Vec::new(), at: None });
}

#[test]
fn that_nobody_watched_for_more_than_a_minute_is_on_record_once() {
    let mut story = Story::new();
    after(60, false, &mut story);
    assert_eq!(told(&story), []);
    let from = story.now.wall;
    after(61, false, &mut story);
    assert_eq!(told(&story), [("nobody watched from 03:01:00 to 03:02:01 UTC", false)]);
    let entry = story.last(Kind::Console).clone();
    assert_eq!((entry.at, entry.data_of("until")), (from, Some(story.now.wall)));
    story.wait(600);
    // What the watcher before recorded of it the next one does not.
    story.begins_anew();
    story.wait(60);
    assert_eq!(told(&story).len(), 1);
    story.now.wall = at("2026-03-01T23:59:30Z");
    after(120, false, &mut story);
    assert_eq!(told(&story)[1].0, "nobody watched from 2026-03-01 23:59:30 to 2026-03-02 00:01:30 UTC");
}

#[test]
fn it_is_of_the_incident_that_was_open_alone() {
    let mut story = Story::new();
    declare(&mut story);
    after(90, false, &mut story);
    declare(&mut story);
    after(90, false, &mut story);
    assert_eq!(told(&story).iter().map(|(_, of)| *of).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn while_the_console_slept_nobody_watched_and_every_incident_of_that_time_says_so() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    declare(&mut story);
    declare(&mut story);
    let from = story.now.wall;
    story.wait(125);
    assert_eq!(told(&story), [("console slept 2 m 05 s: nobody watched from 03:00:00 to 03:02:05 UTC", false)]);
    let entry = story.last(Kind::Console).clone();
    assert_eq!((entry.at, entry.data_of("until")), (from, Some(story.now.wall)));
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    for incident in story.world.incidents.open() {
        let made = timeline(&story.journal, incident.id, Vec::new(), view).expect("declared");
        assert!(made.lines.iter().any(|line| line.entry.id == entry.id), "{}", incident.title);
    }
}

#[test]
fn a_gap_that_the_journal_could_not_hold_is_told_when_it_can() {
    let mut story = Story::new();
    story.broken = Some("the disk is full".into());
    after(90, false, &mut story);
    assert_eq!(told(&story), []);
    story.broken = None;
    story.wait(30);
    assert_eq!(told(&story), [("nobody watched from 03:00:00 to 03:01:30 UTC", false)]);
}

/// What the one did not see is not told by when the next began.
#[test]
fn of_two_gaps_that_the_journal_could_not_hold_each_is_told() {
    let mut story = Story::new();
    story.broken = Some("the disk is full".into());
    after(90, false, &mut story);
    assert!(!story.world.has_told_unwatched());
    after(90, false, &mut story);
    story.broken = None;
    story.wait(30);
    let [one, other] = ["03:00:00 to 03:01:30", "03:01:30 to 03:03:00"].map(|times| format!("nobody watched from {times} UTC"));
    assert_eq!(told(&story), [(&*one, false), (&*other, false)]);
    assert!(story.world.has_told_unwatched());
}

#[test]
fn a_clock_that_was_wrong_at_the_last_sign_makes_no_years_without_anybody() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    let last = Watcher { process: 22_005, seen: "2020-01-01T00:00:00Z".parse().expect("a time") };
    story.fact(Fact::Watching(false));
    story.wait(90);
    story.fact(Fact::WatchedBefore { last, hung: false });
    story.fact(Fact::Watching(true));
    assert_eq!(told(&story), [("nobody watched from 03:00:00 to 03:01:30 UTC", false)]);
}

#[test]
fn from_whom_the_watch_was_taken_is_named_however_short_it_was() {
    let mut story = Story::new();
    after(50, true, &mut story);
    let text = "process 22005 held the watch and did not answer: nobody watched from 03:00:00 to 03:00:50 UTC";
    assert_eq!(told(&story), [(text, false)]);
    let trouble = |story: &Story| story.world.troubles.get(&Subject::Watch).map(|one| (one.why.clone(), one.over.is_some()));
    let why = "process 22005 held the watch and did not answer since 03:00 UTC: this process records now".to_owned();
    assert_eq!(trouble(&story), Some((why.clone(), false)));
    story.fact(Fact::WatcherAnswered);
    assert_eq!(trouble(&story), Some((why, true)));
}

/// Also where nobody has left a sign of having watched before.
#[test]
fn that_the_watch_was_lost_is_told_until_this_process_watches_again() {
    let mut story = Story::new();
    let told = |story: &Story| story.world.troubles.get(&Subject::Watch).is_some_and(|trouble| trouble.over.is_none());
    story.fact(Fact::Watching(false));
    story.fact(Fact::WatchLost);
    assert!(told(&story));
    story.fact(Fact::Watching(true));
    assert!(!told(&story));
}

/// The journal takes nothing of whoever has lost the watch: that is no trouble of the journal, and theirs to do who watches now.
#[test]
fn who_has_lost_the_watch_waits_for_nothing_and_blames_nobody() {
    let mut story = Story::with(settings(true));
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    story.slow = Some(Vec::new());
    story.poll(&[alert("Down", "postgres", began()), alert("Slow", "checkout", began())]);
    let asked: Vec<RequestId> = story.slow.take().expect("it was asked").into_iter().map(|(request, _)| request).collect();
    assert!(!asked.is_empty() && asked.iter().all(|request| request.is_duty()), "{asked:?}");
    story.fact(Fact::Watching(false));
    story.fact(Fact::WatchLost);
    for request in asked {
        story.fact(Fact::RecordFailed { request, why: "another process watches".into() });
    }
    assert_eq!((story.world.journal_trouble.clone(), story.world.troubles.get(&Subject::Journal)), (None, None));
    // A person's own are recorded as ever, and theirs to carry.
    story.ask(ack(&["Slow"]));
    assert_eq!(story.last(Kind::Ack).alert, Some(id("Slow")));
    assert!(story.last(Kind::Act).text.contains("Slow"));
    let before = story.journal.len();
    story.poll(&[]);
    story.wait(15);
    story.poll(&[]);
    assert_eq!(story.journal.len(), before, "what happens outside is another's");
}

/// It has been looked for as the watcher, and whoever watches now asks and sends it.
#[test]
fn what_was_looked_for_as_the_watcher_is_not_sent_by_who_is_none_any_more() {
    let mut story = Story::with(settings(true));
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    story.begins_anew();
    story.wait(120);
    let finds = story.taken().into_iter().filter_map(|effect| match effect {
        Effect::Find { intent, .. } => Some(intent.id()),
        _ => None,
    });
    let intents: Vec<_> = finds.collect();
    assert_eq!(intents.len(), 1);
    story.fact(Fact::Watching(false));
    story.fact(Fact::ActFound { intent: intents[0], found: Ok(Found::NotThere) });
    assert!(!story.taken().iter().any(|effect| matches!(effect, Effect::Act { .. })));
    story.fact(Fact::Watching(true));
    story.wait(1);
    assert!(story.taken().iter().any(|effect| matches!(effect, Effect::Find { .. })), "it is asked for again");
}

/// They follow from what this process recorded, and whoever watches by now sees to none of them.
#[test]
fn what_a_person_takes_back_is_taken_back_whoever_watches_by_then() {
    let names = ["Down", "Slow", "Full", "Late", "Hot", "Cold"];
    let mut story = Story::with(settings(true));
    story.poll(&names.map(|name| alert(name, "postgres", began())));
    story.ask(ack(&names));
    let ended = |story: &mut Story, sent: Vec<(EntryId, Act)>| {
        for (intent, _) in sent {
            let made = Some(format!("s-{intent}").as_str().into());
            story.fact(Fact::ActEnded { intent, end: ActEnd { made, ..ActEnd::new(Outcome::Done, "") } });
        }
        acts(story)
    };
    let mut sent = acts(&mut story);
    while !sent.is_empty() {
        sent = ended(&mut story, sent);
    }
    story.ask(Command::Unacknowledge { alerts: names.map(id).into(), reason: String::new() });
    let first = acts(&mut story);
    assert!(first.len() < names.len(), "the others wait for their turn: {first:?}");
    story.fact(Fact::Watching(false));
    story.fact(Fact::RecordFailed { request: RequestId(1 << 40).duty(), why: "another process watches".into() });
    let (mut count, mut sent) = (first.len(), ended(&mut story, first));
    while !sent.is_empty() {
        count += sent.len();
        sent = ended(&mut story, sent);
    }
    assert_eq!(count, names.len());
}
