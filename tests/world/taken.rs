//! Acknowledgements that are taken away at their source: seen by the next good answer, said in the log, and never shown as in force.

use super::lost::with_silence;
use super::native::{carried, confirmed, held, pager};
use super::unsent::{acts, answer, down};
use super::*;
use midwatch::domain::alert::{Held, SilenceState};
use midwatch::domain::entry::Actor;

/// Confirmed, and listed so since.
fn listed() -> Story {
    let mut story = confirmed();
    story.poll(&held(carried("ana", None)));
    story
}

pub fn taken_away(story: &Story) -> Vec<String> {
    let away = story.journal.iter().filter(|entry| entry.text_of("why") == Some("taken away"));
    away.map(|entry| entry.text.clone()).collect()
}

pub fn is(story: &Story) -> Option<State> {
    state(story, "Down")
}

#[test]
fn what_was_there_and_is_not_any_more_is_nobodys_and_news() {
    let mut story = listed();
    assert_eq!(is(&story), Some(State::Acknowledged));
    story.wait(5);
    story.poll(&down());
    assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Acknowledged), 0), "one of its servers may lag behind");
    story.poll(&held(carried("ana", None)));
    story.poll(&down());
    assert_eq!(taken_away(&story), [""; 0], "it is there: that was one answer of another server");
    story.poll(&down());
    assert_eq!(taken_away(&story), ["ana's acknowledgement of Down was taken away at its source"]);
    let tracked = story.world.alerts.get(&id("Down")).expect("tracked");
    assert_eq!((is(&story), tracked.arrived, story.world.alerts.urgent()), (Some(State::Firing), Some(story.now), 1));
    assert!(acts(&mut story).is_empty(), "there is nothing to take back");
    story.poll(&down());
    assert_eq!(taken_away(&story).len(), 1);
    // It is given once more, and is ours again.
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("Q2"));
    assert_eq!(is(&story), Some(State::Acknowledged));
}

#[test]
fn who_took_it_away_is_named_where_the_system_tells() {
    let mut story = listed();
    story.poll(&down());
    story.poll(&held(Held { given_up_by: Some("maria\u{1b}[2J".into()), ..Held::default() }));
    assert_eq!(taken_away(&story), ["ana's acknowledgement of Down was taken away at its source by maria␛[2J"]);
    assert_eq!(is(&story), Some(State::Firing));
}

#[test]
fn an_answer_that_was_under_way_when_it_was_confirmed_takes_nothing_away() {
    let mut story = confirmed();
    story.poll(&down());
    story.poll(&down());
    assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Acknowledged), 0), "a list may lag behind");
    story.wait(15);
    story.poll(&down());
    assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Firing), 1), "it never came");
}

#[test]
fn what_does_not_say_takes_nothing_away() {
    let cut = |complete, missing: &[&str]| SourceAnswer {
        complete,
        missing: missing.iter().map(|text| (*text).into()).collect(),
        ..SourceAnswer::default()
    };
    for answer in [cut(false, &[]), cut(true, &["comments: 500"])] {
        let mut story = listed();
        story.wait(60);
        (0..3).for_each(|_| story.poll_with(&down(), answer.clone()));
        assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Acknowledged), 0), "{answer:?}");
    }
    // What is not listed, is over, or does not fire says nothing of who has it.
    let mut story = listed();
    story.wait(60);
    (0..3).for_each(|_| story.poll(&[]));
    assert_eq!(taken_away(&story), [""; 0]);
    // And a snooze there is one of its own ways to have it.
    let mut story = listed();
    story.poll(&held(Held { snoozed: carried("ana", None).acknowledged, ..Held::default() }));
    assert_eq!(taken_away(&story), [""; 0]);
}

/// As its system answers that was started then.
fn answered(story: &mut Story, alerts: &[Arc<midwatch::domain::alert::Alert>], started: DateTime<Utc>) {
    story.wait(5);
    story.poll_with(alerts, SourceAnswer { complete: true, started_at: Some(started), ..SourceAnswer::default() });
}

#[test]
fn what_a_system_lost_in_its_restart_nobody_took_away_and_it_is_told_it_anew() {
    let ours = held(carried("ana", None));
    let mut story = confirmed();
    let (first, before) = (began(), story.now.wall);
    (0..2).for_each(|_| answered(&mut story, &ours, first));
    let second = story.now.wall + chrono::Duration::seconds(1);
    (0..2).for_each(|_| answered(&mut story, &down(), second));
    assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Acknowledged), 0), "it is whose it was");
    story.wait(30);
    let Act::On { what: midwatch::domain::act::What::Acknowledge { .. }, by, .. } = answer(&mut story, Outcome::Done, Some("Q2"))
    else {
        panic!("it is acknowledged there once more")
    };
    let text = "acknowledging Down at its source anew: that was restarted and has lost it, for ana";
    assert_eq!((by.as_str(), story.last(Kind::Act).text.as_str()), ("ana", text));
    // Of one that it still had after that restart somebody has disposed there.
    answered(&mut story, &ours, second);
    (0..2).for_each(|_| answered(&mut story, &down(), second));
    assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Firing), 1));

    // The next console has seen none of that, and knows when it was confirmed.
    for (started, taken) in [(before - chrono::Duration::seconds(1), 1), (before + chrono::Duration::seconds(1), 0)] {
        let mut story = confirmed();
        story.begins_anew();
        story.wait(10);
        (0..3).for_each(|_| answered(&mut story, &down(), started));
        assert_eq!(taken_away(&story).len(), taken, "{started}");
    }
    // Where somebody else has it by now it is theirs.
    let mut story = confirmed();
    (0..2).for_each(|_| answered(&mut story, &ours, first));
    let third = story.now.wall + chrono::Duration::seconds(1);
    (0..2).for_each(|_| answered(&mut story, &held(carried("maria", None)), third));
    assert_eq!(taken_away(&story), ["ana's acknowledgement of Down was taken away at its source: maria has it now"]);
}

#[test]
fn a_restarted_system_that_never_lists_what_it_was_told_anew_is_told_no_more() {
    // Its clock is ahead of ours: by that alone it has been restarted since.
    let second = began() + chrono::Duration::hours(1);
    for asleep in [false, true] {
        let mut story = confirmed();
        (0..2).for_each(|_| answered(&mut story, &held(carried("ana", None)), began()));
        (0..2).for_each(|_| answered(&mut story, &down(), second));
        story.wait(30);
        if asleep {
            answered(&mut story, &down(), second);
        }
        answer(&mut story, Outcome::Done, Some("Q2"));
        story.wait(10);
        answered(&mut story, &down(), second);
        assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Acknowledged), 0), "one answer may be late");
        answered(&mut story, &down(), second);
        assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Firing), 1));
        story.wait(60);
        assert!(acts(&mut story).is_empty(), "it is not told a third time");
    }
    // Restarted once more before any answer could list that, it has lost it once more.
    let mut story = confirmed();
    (0..2).for_each(|_| answered(&mut story, &held(carried("ana", None)), began()));
    (0..2).for_each(|_| answered(&mut story, &down(), second));
    story.wait(30);
    answer(&mut story, Outcome::Done, Some("Q2"));
    story.wait(10);
    (0..3).for_each(|_| answered(&mut story, &down(), second + chrono::Duration::minutes(1)));
    assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Acknowledged), 0));
    story.wait(30);
    answer(&mut story, Outcome::Done, Some("Q3"));
}

#[test]
fn while_something_is_done_about_it_nobody_has_taken_it_away() {
    let mut story = listed();
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    story.poll(&down());
    assert_eq!(taken_away(&story), [""; 0]);
    let mut story = listed();
    story.ask(ack(&["Down"]));
    story.poll(&down());
    assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Acknowledged), 0), "the next one is under way");
}

#[test]
fn who_does_not_watch_learns_it_from_who_does_and_a_console_that_starts_later_hears_no_news() {
    let mut watcher = listed();
    let mut other = Story::with(pager());
    other.fact(Fact::Watching(false));
    other.now = watcher.now;
    watcher.journal.iter().for_each(|entry| other.append_known(entry.clone()));
    other.poll(&held(carried("ana", None)));
    watcher.wait(5);
    other.wait(5);
    (0..2).for_each(|_| watcher.poll(&down()));
    (0..2).for_each(|_| other.poll(&down()));
    assert_eq!((is(&other), taken_away(&other).len()), (Some(State::Acknowledged), 0), "one of them records it");
    other.append_known(watcher.last(Kind::Unack).clone());
    let arrived = |story: &Story| story.world.alerts.get(&id("Down")).expect("tracked").arrived;
    assert_eq!((is(&other), arrived(&other)), (Some(State::Firing), Some(other.now)));
    let mut later = Story::with(pager());
    later.now = watcher.now;
    later.wait(600);
    watcher.journal.iter().for_each(|entry| later.append_known(entry.clone()));
    later.poll(&down());
    assert_eq!((is(&later), arrived(&later)), (Some(State::Firing), None));
}

#[test]
fn one_that_ran_out_while_nobody_watched_is_taken_back_at_the_next_start_where_there_are_no_ends() {
    let before = listed();
    let mut story = Story::with(pager());
    story.now = before.now;
    before.journal.iter().for_each(|entry| story.append_known(entry.clone()));
    story.world.me.name = "bob".into();
    story.pass(2 * 3600);
    story.slow = Some(Vec::new());
    story.poll(&held(carried("ana", None)));
    story.poll(&held(carried("ana", None)));
    story.answer();
    let ran_out = |story: &Story| story.journal.iter().filter(|entry| entry.text_of("why") == Some("ran out")).count();
    assert_eq!((is(&story), ran_out(&story)), (Some(State::Firing), 1));
    let Act::On { what: midwatch::domain::act::What::Unacknowledge, by, .. } = answer(&mut story, Outcome::Unsent, None) else {
        panic!("it is taken back")
    };
    assert_eq!(by, "ana", "in the name of whoever gave it");
    // Its source was away: it is not over, for there it does not end.
    story.wait(60);
    story.poll(&held(carried("ana", None)));
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::On { .. }));
    story.poll(&down());
    assert_eq!((ran_out(&story), acts(&mut story).len()), (1, 0));
    // What its source does not list is nothing that fires on.
    let mut story = Story::with(pager());
    story.now = before.now;
    before.journal.iter().for_each(|entry| story.append_known(entry.clone()));
    story.pass(2 * 3600);
    let (alerts, read_at) = (held(carried("ana", None)).to_vec(), before.now.wall);
    story.fact(Fact::AlertsCached { source: "prod".into(), alerts, read_at, unlisted: Default::default(), more: false });
    story.poll(&[]);
    assert_eq!((ran_out(&story), acts(&mut story).len()), (0, 0));
    // Somebody else's is not ours to take back.
    let mut story = Story::with(pager());
    story.now = before.now;
    before.journal.iter().for_each(|entry| story.append_known(entry.clone()));
    story.pass(2 * 3600);
    story.poll(&held(carried("maria", None)));
    assert_eq!((ran_out(&story), acts(&mut story).len()), (0, 0));
}

#[test]
fn one_that_is_taken_away_while_its_source_does_not_list_the_alert_is_no_news() {
    let mut story = confirmed();
    let arrived = |story: &Story| story.world.alerts.get(&id("Down")).expect("tracked").arrived;
    let (ack, first) = (story.last(Kind::Ack).id, arrived(&story));
    story.wait(5);
    story.poll(&[]);
    let draft = Draft::new(Kind::Unack, story.now.wall, Actor::system("alerts"), "it was taken away");
    let draft = Draft { alert: Some(id("Down")), ..draft.with("ack", ack).with("why", "taken away") };
    let elsewhere = story.append(draft);
    story.fact(Fact::Recorded { entry: elsewhere, request: None });
    assert_eq!((is(&story), arrived(&story)), (Some(State::Firing), first));
}

#[test]
fn somebody_elses_is_taken_from_them_with_a_reason_that_stands_in_the_log() {
    let mut story = Story::with(pager());
    story.poll(&held(carried("maria", None)));
    let give_up = |story: &mut Story, reason: &str| {
        let request = story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: reason.into() });
        story.world.requests.get(request).expect("there").items[0].stage.clone()
    };
    let Stage::Refused(why) = give_up(&mut story, " ") else { panic!("refused") };
    assert!(why.contains("acknowledged by maria elsewhere") && why.contains("say why"), "{why}");
    give_up(&mut story, "she is on a plane");
    let text = story.last(Kind::Act).text.clone();
    assert!(text.contains("from maria") && text.ends_with(": she is on a plane"), "{text}");
    let Act::On { what: midwatch::domain::act::What::Unacknowledge, by, comment, .. } = answer(&mut story, Outcome::Done, None)
    else {
        panic!("an act")
    };
    assert_eq!((by.as_str(), comment.as_str()), ("ana", "she is on a plane"));
    story.poll(&down());
    assert_eq!(is(&story), Some(State::Firing));
    // One that a silence says.
    let mut story = Story::new();
    story.world.me.name = "bob".into();
    let quiet = Arc::new(midwatch::domain::alert::Alert { silenced_by: vec!["silence-1".into()], ..(*down()[0]).clone() });
    let ends_at = story.now.wall + chrono::Duration::hours(1);
    story.poll_with(&[quiet], with_silence(ends_at, SilenceState::Active));
    assert!(matches!(give_up(&mut story, ""), Stage::Refused(_)));
    give_up(&mut story, "over there it is fixed");
    assert!(story.last(Kind::Act).text.ends_with(": over there it is fixed"));
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::Expire { id } if id.raw() == "silence-1"));
}

#[test]
fn a_colleagues_is_given_up_in_ones_own_name_and_the_reason_goes_along() {
    let mut story = listed();
    story.world.me.name = "bob".into();
    assert_eq!(story.world.taken_from(&id("Down")).as_deref(), Some("ana"));
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: "shift is over".into() });
    assert_eq!(
        story.journal.iter().rev().find(|entry| entry.kind == Kind::Unack).map(|entry| entry.text.as_str()),
        Some("gave up the acknowledgement of Down: shift is over")
    );
    let Act::On { by, comment, .. } = answer(&mut story, Outcome::Done, None) else { panic!("an act") };
    assert_eq!((by.as_str(), comment.as_str()), ("bob", "shift is over"));
    let own = listed();
    assert_eq!(own.world.taken_from(&id("Down")), None);
}

#[test]
fn of_several_each_is_given_up_in_its_own_way() {
    let mut story = Story::with(pager());
    let [theirs] = held(carried("maria", None));
    let ours = alert("Slow", "postgres", began());
    story.poll(&[theirs, ours]);
    story.ask(ack(&["Slow"]));
    answer(&mut story, Outcome::Done, Some("Q1"));
    story.taken();
    let request = story.ask(Command::Unacknowledge { alerts: vec![id("Down"), id("Slow")], reason: "both".into() });
    assert_eq!(acts(&mut story).len(), 2);
    assert_eq!(story.last(Kind::Unack).alert, Some(id("Slow")));
    assert_eq!(story.world.requests.get(request).expect("there").items.len(), 2);
}

#[test]
fn one_s_own_that_somebody_else_forestalled_ends_when_theirs_does() {
    let forestalled = || {
        let mut story = Story::with(pager());
        story.poll(&down());
        story.ask(ack(&["Down"]));
        answer(&mut story, Outcome::Contradicted, None);
        story.poll(&held(carried("maria", None)));
        story.wait(5);
        story
    };
    let mut story = forestalled();
    // What its system has forgotten it does not know.
    let forgot = SourceAnswer { complete: true, unsure: vec!["Down".into()], ..SourceAnswer::default() };
    (0..3).for_each(|_| story.poll_with(&down(), forgot.clone()));
    assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Acknowledged), 0));
    story.poll(&down());
    story.poll(&down());
    let words = "ana's acknowledgement of Down is over: somebody else had it at its source before, and has let go of it";
    assert_eq!((is(&story), taken_away(&story)), (Some(State::Firing), vec![words.to_owned()]));
    assert!(acts(&mut story).is_empty());
    // The next console knows it, whoever of the two writes first.
    for backwards in [false, true] {
        let mut next = Story::with(pager());
        next.now = story.now;
        let mut journal = story.journal.clone();
        if backwards {
            journal.reverse();
        }
        journal.into_iter().for_each(|entry| next.append_known(entry));
        next.poll(&down());
        assert_eq!((is(&next), taken_away(&next).len()), (Some(State::Firing), 1));
    }
    // The problem ended, and another one began: of that nobody had anything.
    let mut story = forestalled();
    let upstream = midwatch::domain::alert::Upstream::Resolved { at: story.now.wall };
    let over = Arc::new(midwatch::domain::alert::Alert { upstream, ..(*down()[0]).clone() });
    story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![over], gone: vec![] });
    story.wait(5);
    let next = alert("Down", "postgres", story.now.wall);
    (0..3).for_each(|_| {
        story.poll(std::slice::from_ref(&next));
        story.wait(5);
    });
    assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Firing), 0));
    // Taken from them with a reason it is nobody's, too.
    let mut story = forestalled();
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: "she is away".into() });
    answer(&mut story, Outcome::Done, None);
    story.poll(&down());
    story.poll(&down());
    assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Firing), 1));
}

#[test]
fn a_colleagues_is_not_given_up_without_a_reason_however_it_is_carried_and_ones_own_needs_none() {
    for settings in [pager(), settings(true)] {
        let mut story = Story::with(settings);
        story.poll(&down());
        story.ask(ack(&["Down"]));
        answer(&mut story, Outcome::Done, Some("Q1"));
        story.taken();
        story.world.me.name = "bob".into();
        let request = story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: " ".into() });
        let stage = &story.world.requests.get(request).expect("told").items[0].stage;
        assert!(matches!(stage, Stage::Refused(why) if why.contains("acknowledged by ana: say why")), "{stage:?}");
        assert_eq!((acts(&mut story).len(), is(&story)), (0, Some(State::Acknowledged)), "nothing is half done");
    }
    // What could not be given up there is tried again as it was.
    let mut story = listed();
    let request = story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    answer(&mut story, Outcome::Failed, None);
    story.poll(&held(carried("ana", None)));
    assert_eq!(story.world.taken_from(&id("Down")), None);
    story.ask(Command::Retry { request });
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::On { .. }));
}

#[test]
fn one_silence_that_says_of_many_who_has_them_is_ended_once_and_what_else_fires_then_is_told() {
    let mut story = Story::new();
    let quiet = |name: &str| {
        let plain = alert(name, "postgres", began());
        Arc::new(midwatch::domain::alert::Alert { silenced_by: vec!["silence-1".into()], ..(*plain).clone() })
    };
    let alerts = ["Down", "Late", "Over", "Slow"].map(quiet);
    let ends_at = story.now.wall + chrono::Duration::hours(1);
    story.poll_with(&alerts, with_silence(ends_at, SilenceState::Active));
    let alerts = ["Down", "Late", "Slow"].map(quiet);
    (0..2).for_each(|_| story.poll_with(&alerts, with_silence(ends_at, SilenceState::Active)));
    assert_eq!(state(&story, "Over"), Some(State::Resolved), "it fires no more, whatever its silence");
    let marked = vec![id("Down"), id("Slow")];
    assert_eq!(story.world.freed_with(&marked), [id("Late")]);
    story.ask(Command::Unacknowledge { alerts: marked, reason: "fixed".into() });
    assert_eq!(acts(&mut story).len(), 1);
}
