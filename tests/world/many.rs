//! Acts on many alerts at once: a few at a time, and remembered for as long as somebody needs them.

use super::native::pager;
use super::unsent::{acts, answer};
use super::*;
use midwatch::domain::act::What;

#[test]
fn of_many_acts_a_few_are_recorded_and_sent_at_a_time() {
    let mut story = Story::with(pager());
    let names: Vec<String> = (0..100).map(|n| format!("A{n:03}")).collect();
    let alerts: Vec<_> = names.iter().map(|name| alert(name, "postgres", began())).collect();
    story.poll(&alerts);
    let request = story.ask(Command::Act {
        alerts: names.iter().map(|name| id(name)).collect(),
        what: What::Resolve,
        reason: String::new(),
        confirmed: None,
    });
    let mut sent = 0;
    loop {
        let intents = story.kinds().iter().filter(|kind| **kind == Kind::Act).count();
        let under_way = acts(&mut story);
        assert_eq!(intents, sent + under_way.len(), "what is recorded is sent at once");
        if under_way.is_empty() {
            break;
        }
        assert!(under_way.len() <= 4, "{}", under_way.len());
        sent += under_way.len();
        for (intent, _) in under_way {
            story.fact(Fact::ActEnded { intent, end: done() });
        }
    }
    let progress = story.world.requests.get(request).expect("told");
    assert_eq!((sent, progress.went_well()), (100, true), "{progress:?}");
}

fn done() -> ActEnd {
    ActEnd { outcome: Outcome::Done, detail: "".into(), made: None }
}

/// So many acts of which nobody needs to know any more once they are done.
fn comments(story: &mut Story, names: &[String]) {
    let alerts = names.iter().map(|name| id(name)).collect();
    story.ask(Command::Act { alerts, what: What::Comment, reason: "x".into(), confirmed: None });
}

fn all_done(story: &mut Story) {
    loop {
        let under_way = acts(story);
        if under_way.is_empty() {
            return;
        }
        for (intent, _) in under_way {
            story.fact(Fact::ActEnded { intent, end: ActEnd { made: Some("Q".into()), ..done() } });
        }
    }
}

#[test]
fn what_carries_an_acknowledgement_is_remembered_as_long_as_that_is_in_force() {
    let mut story = Story::with(pager());
    let names: Vec<String> = (0..1_020).map(|n| format!("A{n:04}")).collect();
    story.poll(&names.iter().map(|name| alert(name, "postgres", began())).collect::<Vec<_>>());
    // The oldest of more acts than there is room for.
    let held: Vec<&str> = names.iter().take(60).map(String::as_str).collect();
    story.ask(ack(&held));
    all_done(&mut story);
    comments(&mut story, &names);
    all_done(&mut story);
    let first = story.journal.iter().find(|entry| entry.kind == Kind::Act).expect("there").id;
    story.wait(11 * 60);
    comments(&mut story, &names[..300]);
    all_done(&mut story);
    story.wait(90);
    assert_eq!(acts(&mut story), [], "each is there");
    assert!(story.world.outbox.get(first).is_some());
    // Given up they are taken back, every one, and then no more is kept of it than of anything.
    story.ask(Command::Unacknowledge { alerts: held.iter().map(|name| id(name)).collect(), reason: String::new() });
    all_done(&mut story);
    let back = |entry: &&Arc<Entry>| matches!(entry.data_of("act"), Some(Act::On { what: What::Unacknowledge, .. }));
    assert_eq!(story.journal.iter().filter(back).count(), held.len());
    story.wait(11 * 60);
    (0..2).for_each(|_| {
        comments(&mut story, &names);
        all_done(&mut story);
    });
    assert_eq!(story.world.outbox.get(first), None);
}

#[test]
fn what_nobody_knows_of_is_remembered_for_a_day_among_however_many_others() {
    let mut story = Story::with(pager());
    let names: Vec<String> = (0..1_020).map(|n| format!("A{n:04}")).collect();
    let listed: Vec<_> = names.iter().map(|name| alert(name, "postgres", began())).collect();
    story.poll(&listed);
    comments(&mut story, &names[..1]);
    let first = story.last(Kind::Act).id;
    answer(&mut story, Outcome::Unknown, None);
    comments(&mut story, &names[1..]);
    all_done(&mut story);
    for (seconds, remembered) in [(11 * 60, true), (24 * 3_600, false)] {
        story.wait(seconds);
        story.poll(&listed);
        (0..2).for_each(|_| {
            comments(&mut story, &names[1..]);
            all_done(&mut story);
        });
        assert_eq!(story.world.outbox.get(first).is_some(), remembered, "after {seconds} s");
    }
}

#[test]
fn what_waits_for_the_journal_is_recorded_though_the_watch_was_lost_meanwhile() {
    let mut story = Story::new();
    let names: Vec<String> = (0..500).map(|n| format!("A{n:03}")).collect();
    story.slow = Some(Vec::new());
    story.poll(&names.iter().map(|name| alert(name, "postgres", began())).collect::<Vec<_>>());
    story.fact(Fact::Watching(false));
    story.fact(Fact::Watching(true));
    story.answer();
    assert_eq!(story.kinds().iter().filter(|kind| **kind == Kind::AlertFired).count(), names.len());
}
