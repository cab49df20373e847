//! The clock of a drill: it never goes back, whatever becomes of the machine's, and what was corrected counts as it was corrected.

use super::drills::{begun, elapse, of, script, stands, start};
use super::*;
use midwatch::domain::drill::Debrief;
use midwatch::domain::scenario::What;
use midwatch::model::drills::Drilling;

fn shows(story: &Story) -> u64 {
    let drill = story.world.drills.open().expect("held");
    story.world.elapsed_in(drill, story.now.wall).as_secs()
}

#[test]
fn a_clock_that_is_set_back_takes_nothing_back() {
    let mut story = Story::new();
    let (drill, incident) = begun(&mut story);
    elapse(&mut story, 65);
    story.ask(ack_of(vec![of(&drill, "Late")]));
    let turns = |story: &Story| story.journal.iter().filter(|entry| entry.alert.is_some()).count();
    let before = turns(&story);
    story.now.wall -= chrono::Duration::hours(1);
    elapse(&mut story, 30);
    assert_eq!((stands(&story, &drill, "Late"), shows(&story)), (Some(State::Acknowledged), 65));
    assert_eq!(turns(&story), before, "nothing is over, and nothing fires again");
    // Nor for whoever comes then, nor by a pause.
    story.begins_anew();
    assert_eq!((stands(&story, &drill, "Late"), shows(&story)), (Some(State::Acknowledged), 65));
    story.ask(Command::Drill(Drilling::Pause { drill: incident, reason: "lunch".into() }));
    assert_eq!((stands(&story, &drill, "Late"), shows(&story)), (Some(State::Acknowledged), 65));
    story.ask(Command::Drill(Drilling::Resume { drill: incident }));
    story.wait(3_600);
    assert_eq!((stands(&story, &drill, "Down"), shows(&story)), (Some(State::Resolved), 95), "it goes on where it was");
}

#[test]
fn what_is_real_comes_first_whatever_the_clock_says() {
    let mut story = Story::new();
    begun(&mut story);
    elapse(&mut story, 30);
    story.now.wall -= chrono::Duration::hours(1);
    story.poll(&[alert("Real", "checkout", story.now.wall)]);
    assert!(story.world.drills.open().is_some_and(|drill| drill.paused.is_some()));
}

#[test]
fn what_was_measured_counts_on_by_the_clock_of_the_drill() {
    let mut story = Story::new();
    let (drill, incident) = begun(&mut story);
    elapse(&mut story, 20);
    story.ask(Command::Note {
        incident: Some(incident),
        kind: Kind::Note,
        text: "so far".into(),
        at: None,
        marks: Marks::default(),
    });
    story.now.wall -= chrono::Duration::hours(1);
    story.ask(ack_of(vec![of(&drill, "Down")]));
    let held = story.world.drills.open().expect("held");
    assert_eq!(story.world.measured(held).acknowledged, Some(Duration::from_secs(20)));
}

/// A drill with a pause whose end was written down later than it was, and whose acknowledgement came earlier than was said.
fn corrected() -> Story {
    let mut story = Story::new();
    let (drill, incident) = begun(&mut story);
    elapse(&mut story, 10);
    story.ask(Command::Drill(Drilling::Pause { drill: incident, reason: "lunch".into() }));
    elapse(&mut story, 100);
    story.ask(Command::Drill(Drilling::Resume { drill: incident }));
    let resumed = story.last(Kind::Drill).clone();
    elapse(&mut story, 30);
    story.ask(ack_of(vec![of(&drill, "Down")]));
    let acked = story.last(Kind::Ack).clone();
    for (entry, by) in [(resumed, 60), (acked, 5)] {
        let change = Amendment { at: Some(entry.at - chrono::Duration::seconds(by)), ..Amendment::default() };
        story.ask(Command::Correct { entry: entry.id, change });
    }
    story
}

#[test]
fn a_correction_reaches_the_clock_of_a_drill_and_what_is_measured() {
    let mut story = corrected();
    let drill = story.world.drills.open().expect("held").clone();
    assert_eq!(shows(&story), 10 + 60 + 30);
    assert_eq!(stands(&story, &drill.id, "Down"), Some(State::Resolved), "it is over since 90 s");
    assert_eq!(story.world.measured(&drill).acknowledged, Some(Duration::from_secs(10 + 60 + 25)));
    story.ask(Command::Drill(Drilling::Finish { drill: drill.incident, said: Debrief::default(), found: Vec::new() }));
    let held = midwatch::domain::drill::Held::of(story.last(Kind::Drill)).expect("finished");
    assert_eq!(held.measured.acknowledged, Some(Duration::from_secs(95)));
}

/// What a console makes of these entries, at the same time.
fn seen(order: &[Arc<midwatch::domain::entry::Entry>], now: midwatch::domain::stamp::Stamp) -> Story {
    let mut story = Story::new();
    story.now = now;
    story.fact(Fact::Watching(false));
    for entry in order {
        story.fact(Fact::Recorded { entry: entry.clone(), request: None });
    }
    story
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_permutation_of_a_drill_gives_the_same_one(order in Just(corrected().journal).prop_shuffle()) {
        let live = corrected();
        let told = |story: &Story| {
            let world = &story.world;
            let drills: Vec<_> = world.drills.iter().cloned().collect();
            let measured: Vec<_> = drills.iter().map(|drill| world.measured(drill)).collect();
            // How long what is over stays in view is of this console.
            let fires = world.alerts.queue().filter(|tracked| tracked.resolved_at.is_none());
            let mut queue: Vec<_> = fires.map(|tracked| (tracked.alert.id.clone(), tracked.state)).collect();
            queue.sort();
            (drills, measured, queue)
        };
        prop_assert_eq!(told(&seen(&order, live.now)), told(&seen(&live.journal, live.now)));
    }
}

#[test]
fn what_ends_before_its_beginning_is_on_record_has_both_on_record_in_the_end() {
    let mut story = Story::new();
    let mut night = script();
    night.beats[4].what = What::Resolves { name: "Late".into() };
    story.ask(start(night));
    let drill = story.world.drills.open().expect("held").id.clone();
    elapse(&mut story, 55);
    story.slow = Some(Vec::new());
    elapse(&mut story, 10);
    assert_eq!(stands(&story, &drill, "Late"), Some(State::Firing));
    elapse(&mut story, 30);
    story.answer();
    story.wait(1);
    let turns =
        |kind: Kind| story.journal.iter().filter(|entry| entry.kind == kind && entry.alert == Some(of(&drill, "Late"))).count();
    assert_eq!((turns(Kind::AlertFired), turns(Kind::AlertResolved)), (1, 1), "{:?}", story.kinds());
    assert!(!story.world.alerts.is_open(&of(&drill, "Late")), "it does not come back from the journal");
}
