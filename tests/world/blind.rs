//! When the console could not see what a source says is on record, and so is what was only presumed.

use super::*;

fn fails(story: &mut Story) {
    story.fact(Fact::SourceFailed { source: "prod".into(), trouble: Trouble::new(Reason::Timeout, "no answer") });
}

fn told(story: &Story) -> Vec<(&str, DateTime<Utc>)> {
    let of = story.journal.iter().filter(|entry| entry.text_of("source") == Some("prod") && entry.kind == Kind::Console);
    of.map(|entry| (entry.text.as_str(), entry.at)).collect()
}

#[test]
fn a_source_that_stays_away_is_on_record_and_so_is_its_return() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    fails(&mut story);
    story.wait(20);
    story.poll(&[alert("Down", "postgres", began())]);
    assert_eq!(told(&story), [], "one poll that fails is no gap");
    let first = story.now.wall;
    fails(&mut story);
    story.wait(5);
    fails(&mut story);
    assert_eq!(told(&story), [], "two polls that fail at once are no gap");
    for _ in 0..4 {
        story.wait(15);
        fails(&mut story);
    }
    assert_eq!(told(&story), [("prod does not answer: no answer", first)]);
    story.poll(&[alert("Down", "postgres", began())]);
    assert_eq!(told(&story)[1..], [("prod answers again, after 1m 5s", story.now.wall)]);
    story.poll(&[]);
    assert_eq!(told(&story).len(), 2);
}

#[test]
fn a_gap_begins_with_the_last_answer_for_the_first_that_failed_was_waited_for_but_not_while_the_console_slept() {
    for (waited, lasted) in [(25, "50s"), (3_600, "25s")] {
        let mut story = Story::new();
        story.poll(&[]);
        let last = story.now.wall;
        story.wait(waited);
        let first = story.now.wall;
        fails(&mut story);
        story.wait(20);
        fails(&mut story);
        story.wait(5);
        story.poll(&[]);
        let began = if waited < 60 { last } else { first };
        let back = format!("prod answers again, after {lasted}");
        assert_eq!(told(&story), [("prod does not answer: no answer", began), (&back, story.now.wall)]);
    }
}

#[test]
fn a_source_that_answers_only_in_part_is_on_record_and_so_is_that_it_is_whole_again() {
    let mut story = Story::new();
    let answers = |story: &mut Story, missing: &[&str]| {
        let (complete, missing) = (missing.is_empty(), missing.iter().map(|part| (*part).into()).collect());
        story.poll_with(&[alert("Down", "postgres", began())], SourceAnswer { complete, missing, ..SourceAnswer::default() });
    };
    answers(&mut story, &[]);
    story.wait(15);
    answers(&mut story, &["am-2: no answer"]);
    story.wait(15);
    answers(&mut story, &[]);
    assert_eq!(told(&story), [], "one answer that lacks a part is no gap");
    let last = story.now.wall;
    for _ in 0..2 {
        story.wait(15);
        answers(&mut story, &["am-2: no answer", "am-3: refused"]);
    }
    assert_eq!(told(&story), [("prod answers only in part: am-2: no answer; am-3: refused", last)]);
    // That it fails as a whole meanwhile is another gap, with its own end.
    for _ in 0..2 {
        story.wait(15);
        fails(&mut story);
    }
    story.wait(15);
    answers(&mut story, &["am-2: no answer"]);
    let words = |story: &Story| told(story).into_iter().map(|(text, _)| text.to_owned()).collect::<Vec<_>>();
    assert_eq!(words(&story)[1..], ["prod does not answer: no answer", "prod answers again, after 45s"]);
    // Another process goes on where this one died, and ends it by the same name.
    story.begins_anew();
    story.wait(15);
    answers(&mut story, &["am-2: no answer"]);
    story.wait(15);
    answers(&mut story, &[]);
    assert_eq!(words(&story)[3..], ["prod answers as a whole again, after 1m 45s"]);
}

#[test]
fn of_one_gap_there_is_one_pair_whoever_watches_at_its_end() {
    let pair = ["prod does not answer: no answer", "prod answers again, after 5m"];
    let words = |story: &Story| told(story).into_iter().map(|(text, _)| text.to_owned()).collect::<Vec<_>>();
    // Another process goes on where this one died, and the source stays away.
    let mut story = Story::new();
    let first = story.now.wall;
    fails(&mut story);
    story.wait(60);
    fails(&mut story);
    story.begins_anew();
    for _ in 0..3 {
        story.wait(60);
        fails(&mut story);
    }
    story.wait(60);
    (0..2).for_each(|_| story.poll(&[]));
    assert_eq!((words(&story), told(&story)[0].1), (pair.map(str::to_owned).to_vec(), first));
    // The next gap is another one, and so is one that begins after another start.
    for more in [4, 6] {
        story.begins_anew();
        fails(&mut story);
        story.wait(60);
        fails(&mut story);
        story.poll(&[]);
        assert_eq!(told(&story).len(), more);
    }
}

#[test]
fn two_that_look_at_the_same_time_tell_of_a_gap_once() {
    // Each has seen the source fail at another time, and both call the gap the same.
    let (mut one, mut other) = (Story::new(), Story::new());
    other.fact(Fact::Watching(false));
    fails(&mut one);
    for story in [&mut one, &mut other] {
        story.wait(5);
        fails(story);
    }
    one.wait(15);
    fails(&mut one);
    let lost = one.last(Kind::Console).clone();
    other.wait(20);
    other.fact(Fact::Watching(true));
    fails(&mut other);
    assert_eq!((other.last(Kind::Console).key.as_ref(), told(&other).len()), (lost.key.as_ref(), 1));
    // Who has read of it only asks for the end; who has not seen it fail at all does, too.
    let mut third = Story::new();
    third.now = one.now;
    third.append_known(lost);
    third.wait(60);
    fails(&mut third);
    third.wait(20);
    third.poll(&[]);
    one.wait(80);
    one.poll(&[]);
    assert_eq!(third.last(Kind::Console).key, one.last(Kind::Console).key);
    assert_eq!((told(&third), told(&one)[1].0), (told(&one), "prod answers again, after 1m 40s"));
    // Whoever sees a moment later that it answers, and watches by then, tells nothing more of that gap.
    other.now = one.now;
    other.append_known(one.last(Kind::Console).clone());
    other.poll(&[]);
    assert_eq!(told(&other).len(), 2);
}

#[test]
fn each_gap_has_one_name_and_is_asked_of_the_journal_once() {
    let mut one = Story::new();
    (0..3).for_each(|_| {
        fails(&mut one);
        one.wait(15);
    });
    one.poll(&[]);
    let mut other = Story::new();
    other.now = one.now;
    one.journal.iter().for_each(|entry| other.append_known(entry.clone()));
    other.wait(3);
    for story in [&mut one, &mut other] {
        story.wait(5);
        (0..2).for_each(|_| {
            fails(story);
            story.wait(15);
        });
        fails(story);
    }
    assert_eq!((told(&one).len(), one.last(Kind::Console).key.as_ref()), (3, other.last(Kind::Console).key.as_ref()));
    // What is on record is not asked for again.
    one.slow = Some(Vec::new());
    one.wait(15);
    fails(&mut one);
    assert_eq!(one.slow.as_ref().map(Vec::len), Some(0));
}

/// A gap that is over and that the journal could not hold, and when it began.
fn untold() -> (Story, DateTime<Utc>) {
    let mut story = Story::new();
    let first = story.now.wall;
    story.broken = Some("the disk is full".into());
    (0..2).for_each(|_| {
        fails(&mut story);
        story.wait(30);
    });
    story.poll(&[]);
    (story, first)
}

#[test]
fn a_gap_that_the_journal_could_not_hold_is_on_record_once_it_can() {
    let (mut story, first) = untold();
    let back = story.now.wall;
    assert_eq!(told(&story), []);
    story.broken = None;
    story.wait(15);
    (0..2).for_each(|_| story.poll(&[]));
    let wanted = [("prod does not answer: no answer", first), ("prod answers again, after 1m", back)];
    assert_eq!(told(&story), wanted);
}

#[test]
fn a_gap_that_the_journal_could_not_hold_is_on_record_from_its_beginning_though_the_source_fails_again() {
    let (mut story, first) = untold();
    story.wait(15);
    story.broken = None;
    fails(&mut story);
    assert_eq!(told(&story), [("prod does not answer: no answer", first)]);
    // While the journal is only slow, what it was asked for is told, and the next failure is another one.
    let mut story = Story::new();
    fails(&mut story);
    story.wait(30);
    story.slow = Some(Vec::new());
    fails(&mut story);
    story.poll(&[]);
    story.wait(15);
    fails(&mut story);
    story.answer();
    (0..2).for_each(|_| {
        story.wait(15);
        fails(&mut story);
    });
    let texts: Vec<_> = told(&story).into_iter().map(|(text, _)| text).collect();
    let lost = "prod does not answer: no answer";
    assert_eq!(texts, [lost, "prod answers again, after 30s", lost]);
}

#[test]
fn in_an_incident_it_is_a_part_of_that_and_who_does_not_watch_records_nothing() {
    let mut story = Story::new();
    story.ask(Command::Declare { title: "shop down".into(), severity: Sev::ALL[1], alerts: Vec::new(), at: None });
    story.fact(Fact::Watching(false));
    fails(&mut story);
    story.wait(30);
    fails(&mut story);
    assert_eq!(told(&story), []);
    story.fact(Fact::Watching(true));
    fails(&mut story);
    assert_eq!(told(&story).len(), 1);
    let incident = story.world.incidents.open().next().map(|incident| incident.id);
    assert!(incident.is_some() && story.last(Kind::Console).incident == incident);
}

#[test]
fn what_a_restarted_source_never_listed_again_is_taken_for_resolved_in_those_words() {
    let mut story = Story::new();
    let old = SourceAnswer { complete: true, started_at: Some(began()), ..SourceAnswer::default() };
    let firing = [alert("Down", "postgres", began()), alert("Slow", "postgres", began())];
    (0..2).for_each(|_| story.poll_with(&firing, old.clone()));
    (0..2).for_each(|_| story.poll_with(&firing[..1], old.clone()));
    assert_eq!(story.last(Kind::AlertResolved).text, "Slow resolved", "its own instance lists it no more");
    let restarted = SourceAnswer { complete: true, started_at: Some(story.now.wall), ..SourceAnswer::default() };
    for _ in 0..4 {
        story.wait(15);
        story.poll_with(&[], restarted.clone());
    }
    let unlisted = |story: &Story| story.world.alerts.source(&"prod".into()).map(|source| source.unlisted);
    assert_eq!((state(&story, "Down"), unlisted(&story)), (Some(State::Firing), Some(1)));
    story.wait(300);
    story.poll_with(&[], restarted.clone());
    let over = story.last(Kind::AlertResolved);
    assert_eq!(over.text, "Down taken for resolved: prod was restarted and has not listed it since");
    assert_eq!(over.text_of("why"), Some("not listed since a restart"));
    story.poll_with(&[], restarted);
    assert_eq!(unlisted(&story), Some(0));
}

#[test]
fn absence_means_something_only_when_an_answer_can_not_have_been_asked_for_too_early() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    let restarted = SourceAnswer { complete: true, started_at: Some(story.now.wall), ..SourceAnswer::default() };
    (0..3).for_each(|_| story.poll_with(&[], restarted.clone()));
    // Five minutes, and as long as a poll may take.
    story.pass(309);
    story.poll_with(&[], restarted.clone());
    assert_eq!(state(&story, "Down"), Some(State::Firing));
    story.pass(1);
    story.poll_with(&[], restarted);
    assert_eq!(state(&story, "Down"), Some(State::Resolved));
}

#[test]
fn whoever_takes_over_is_told_of_what_a_source_does_not_say_in_full() {
    let mut story = Story::new();
    let part = |answer: SourceAnswer| SourceAnswer { missing: vec!["am-2 is silent".into()], ..answer };
    let told = |story: &Story, title: &str| {
        let pack = story.world.pack(Duration::from_secs(60));
        let told = story.world.told(&pack, |_| String::new(), |_| String::new());
        told.into_iter().find(|(known, _)| *known == title).map(|(_, lines)| lines.join("; ")).unwrap_or_default()
    };
    story.poll_with(&[], part(SourceAnswer::default()));
    assert_eq!(told(&story, "Sources that don't answer"), "prod: am-2 is silent");
    let more = "nobody knows whether there is more: a part of prod does not answer";
    assert_eq!(told(&story, "Firing and nobody's"), more);
    story.poll(&[]);
    assert_eq!([told(&story, "Sources that don't answer"), told(&story, "Firing and nobody's")], [String::new(), String::new()]);
}

#[test]
fn whoever_takes_over_is_told_what_fires_and_is_nobodys_and_what_is_not_seen() {
    let mut story = Story::new();
    let names = ["A", "B", "C", "D", "E"];
    let firing: Vec<_> = names.iter().map(|name| alert(name, "postgres", began())).collect();
    story.poll(&firing);
    story.ask(ack(&["A"]));
    fails(&mut story);
    let pack = story.world.pack(Duration::from_secs(60));
    let told = story.world.told(&pack, |_| String::new(), |_| String::new());
    let part =
        |title: &str| told.iter().find(|(known, _)| *known == title).map(|(_, lines)| lines.join("; ")).unwrap_or_default();
    let nobodys = part("Firing and nobody's");
    assert!(nobodys.starts_with("4 critical: ? B, ? C") && nobodys.contains("and 1 more; "), "{nobodys}");
    assert!(nobodys.ends_with("nobody knows whether there is more: prod does not answer"), "{nobodys}");
    assert!(part("Acknowledged and still firing").starts_with("? A by ana"), "{told:?}");
    assert!(part("Sources that don't answer").contains("prod: no answer"), "{told:?}");
    let more = "nobody knows whether there is more: prod does not answer";
    let services = part("Services that are not well");
    assert_eq!(services, format!("postgres: 4 alerts fire, 1 is acknowledged, ? stale; {more}"));
}

#[test]
fn whoever_takes_over_is_told_of_services_and_of_feeds_of_none_of_which_nobody_knows() {
    use midwatch::domain::health::{FeedSpec, FeedState, Reading};
    let (every, timeout) = (Duration::from_secs(60), Duration::from_secs(5));
    let feed = |name: &str, service: Option<&str>| FeedSpec {
        service: service.map(Into::into),
        ..FeedSpec::new(name, "any", every, timeout)
    };
    let feeds = vec![feed("web", Some("checkout")), feed("rows", Some("postgres")), feed("cdn", None), feed("dns", None)];
    let mut story = Story::with(midwatch::domain::settings::Settings { feeds, ..settings(false) });
    for (feed, state) in
        [("web", FeedState::Healthy), ("rows", FeedState::Unknown), ("cdn", FeedState::Unknown), ("dns", FeedState::Healthy)]
    {
        story.fact(Fact::FeedRead { feed: feed.into(), reading: Reading::new(state, "it said so") });
    }
    let pack = story.world.pack(Duration::from_secs(60));
    let unwell: Vec<_> = pack.unwell.iter().map(|(name, state, _)| (name.as_str(), *state)).collect();
    assert_eq!(unwell, [("postgres", Some(FeedState::Unknown))]);
    let alone: Vec<_> = pack.alone.iter().map(|(name, state, _)| (name.as_str(), *state)).collect();
    assert_eq!(alone, [("cdn", FeedState::Unknown)]);
}

#[test]
fn an_outage_is_told_with_the_reason_of_its_beginning_and_what_became_of_that() {
    let mut story = Story::new();
    story.poll(&[]);
    for why in ["the certificate is not acceptable", "the certificate is not acceptable", "connection refused"] {
        story.fact(Fact::SourceFailed { source: "prod".into(), trouble: Trouble::new(Reason::Timeout, why) });
        story.wait(7);
    }
    story.fact(Fact::SourceFailed { source: "prod".into(), trouble: Trouble::new(Reason::Timeout, "connection refused") });
    let text = "prod does not answer: the certificate is not acceptable; then: connection refused";
    assert_eq!(told(&story)[0].0, text);
}
