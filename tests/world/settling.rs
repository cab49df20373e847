//! Acts of which nobody knows whether they were done: every answer of their source is an occasion to find out, and nothing is
//! repeated by itself but what carries an acknowledgement that stands, once it is known not to be there.

use super::native::{carried, held, pager};
use super::unsent::{acts, answer, down};
use super::*;
use midwatch::domain::act::What;
use midwatch::domain::ids::{EntryId, RequestId};

/// An acknowledgement of which nobody knows whether it is carried.
fn unknown() -> (Story, RequestId) {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    let request = story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Unknown, None);
    story.taken();
    (story, request)
}

fn stage(story: &Story, request: RequestId) -> Stage {
    story.world.requests.get(request).expect("there").items[0].stage.clone()
}

fn outcome(story: &Story, request: RequestId) -> Outcome {
    match stage(story, request) {
        Stage::Ended(end) => end.outcome,
        other => panic!("{other:?}"),
    }
}

/// What is to be looked for since the last call.
fn sought(story: &mut Story) -> Vec<EntryId> {
    let find = |effect| if let Effect::Find { intent, .. } = effect { Some(intent.id()) } else { None };
    story.taken().into_iter().filter_map(find).collect()
}

fn found(story: &mut Story, found: Result<Found, Trouble>) {
    let [intent] = sought(story)[..] else { panic!("one is looked for") };
    story.fact(Fact::ActFound { intent, found });
}

fn there() -> Result<Found, Trouble> {
    Ok(Found::There("silence-1".into()))
}

fn outcomes(story: &Story) -> Vec<String> {
    let ends = story.journal.iter().filter(|entry| entry.kind == Kind::ActEnded);
    ends.map(|entry| entry.text_of("outcome").unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_next_answer_of_the_source_settles_what_nobody_knew() {
    let (mut story, request) = unknown();
    story.poll(&down());
    found(&mut story, there());
    assert_eq!((outcome(&story, request), outcomes(&story)), (Outcome::Done, vec!["unknown".to_owned(), "done".to_owned()]));
    story.poll(&down());
    assert_eq!(sought(&mut story), [], "it is known now");
    // It is as if it had been known at once: what carries it is taken back with it.
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::Expire { id } if id.raw() == "silence-1"));
}

#[test]
fn what_a_good_look_does_not_find_has_failed_and_may_be_tried_again_by_a_person() {
    let (mut story, request) = unknown();
    story.poll(&down());
    found(&mut story, Ok(Found::NotThere));
    assert_eq!((outcome(&story, request), outcomes(&story).len()), (Outcome::Unknown, 1), "it may still be on its way");
    story.wait(20);
    story.poll(&down());
    found(&mut story, Ok(Found::NotThere));
    assert_eq!(outcome(&story, request), Outcome::Failed);
    story.poll(&down());
    assert!(acts(&mut story).is_empty(), "nothing is repeated at once by itself");
    story.ask(Command::Retry { request });
    assert_eq!(acts(&mut story).len(), 1);
}

#[test]
fn what_was_to_carry_an_acknowledgement_and_is_not_there_is_made_anew_once_as_long_as_that_stands() {
    let lost = || {
        let (mut story, request) = unknown();
        story.wait(20);
        story.poll(&down());
        found(&mut story, Ok(Found::NotThere));
        story.wait(29);
        story.poll(&down());
        assert!(acts(&mut story).is_empty(), "too early");
        (story, request)
    };
    let (mut story, request) = lost();
    story.wait(2);
    answer(&mut story, Outcome::Done, Some("silence-2"));
    assert_eq!(outcome(&story, request), Outcome::Done);
    story.wait(60);
    assert!(acts(&mut story).is_empty(), "it is carried");
    let (mut story, _) = lost();
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    story.wait(60);
    assert!(acts(&mut story).is_empty(), "it does not stand any more");
}

#[test]
fn an_acknowledgement_that_may_be_carried_is_looked_for_when_it_is_given_up() {
    let (mut story, _) = unknown();
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    found(&mut story, there());
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::Expire { id } if id.raw() == "silence-1"));
    // Where nobody can say yet it is taken back as soon as somebody can.
    let (mut story, _) = unknown();
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    found(&mut story, Err(Trouble::new(Reason::Timeout, "no answer")));
    assert!(acts(&mut story).is_empty());
    story.poll(&down());
    found(&mut story, there());
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::Expire { id } if id.raw() == "silence-1"));
}

#[test]
fn what_was_taken_back_is_gone_there_and_not_found() {
    let words = |story: &Story| story.last(Kind::ActEnded).text_of("detail").map(str::to_owned);
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    answer(&mut story, Outcome::Unknown, None);
    story.taken();
    story.poll(&down());
    found(&mut story, there());
    assert_eq!(words(&story).as_deref(), Some("gone there when it was looked for"));
    // The same of one that a crash left.
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    let mut next = Story::with(settings(true));
    next.now = story.now;
    story.journal.iter().for_each(|entry| next.append_known(entry.clone()));
    next.wait(30);
    found(&mut next, there());
    assert_eq!(words(&next).as_deref(), Some("found there when it was looked for"));
}

#[test]
fn a_source_that_can_not_say_is_asked_again_with_its_next_answer_then_ever_more_seldom_and_for_a_day() {
    let (mut story, request) = unknown();
    let denied = || Err(Trouble::new(Reason::Denied, "403"));
    for _ in 0..2 {
        story.poll(&down());
        found(&mut story, denied());
    }
    let mut asked = 0;
    for _ in 0..240 {
        story.wait(15);
        story.poll(&down());
        for intent in sought(&mut story) {
            asked += 1;
            story.fact(Fact::ActFound { intent, found: denied() });
        }
    }
    assert!((10..=20).contains(&asked), "{asked} in an hour");
    assert_eq!((outcome(&story, request), outcomes(&story).len()), (Outcome::Unknown, 1), "nothing new is to be said of it");
    story.wait(24 * 3600);
    story.poll(&down());
    assert_eq!(sought(&mut story), []);
}

#[test]
fn what_nobody_knew_for_a_part_of_the_source_was_away_is_asked_as_soon_as_it_is_back() {
    let (mut story, request) = unknown();
    let partial = || SourceAnswer { missing: vec!["am-1 does not answer".into()], ..SourceAnswer::default() };
    let away = || Err(Trouble::new(Reason::Timeout, "am-1: no answer"));
    for wait in [0, 0, 15, 30] {
        story.wait(wait);
        story.poll_with(&down(), partial());
        found(&mut story, away());
    }
    story.poll_with(&down(), partial());
    assert_eq!(sought(&mut story), [], "it was asked just now");
    story.poll(&down());
    found(&mut story, there());
    assert_eq!(outcome(&story, request), Outcome::Done);
}

#[test]
fn in_whatever_order_the_ends_are_read_the_one_that_knows_counts() {
    let (mut story, _) = unknown();
    story.poll(&down());
    found(&mut story, there());
    let mut other = Story::with(settings(true));
    other.now = story.now;
    let (ends, rest): (Vec<_>, Vec<_>) = story.journal.iter().cloned().partition(|entry| entry.kind == Kind::ActEnded);
    rest.into_iter().chain(ends.into_iter().rev()).for_each(|entry| other.append_known(entry));
    other.poll(&down());
    assert_eq!(sought(&mut other), [], "it is known");
}

#[test]
fn one_search_at_a_time_and_one_end_however_slow_the_journal_is() {
    let (mut story, _) = unknown();
    story.poll(&down());
    let [intent] = sought(&mut story)[..] else { panic!("one is looked for") };
    story.poll(&down());
    assert_eq!(sought(&mut story), [], "it is being looked for");
    story.slow = Some(Vec::new());
    story.fact(Fact::ActFound { intent, found: there() });
    story.poll(&down());
    assert_eq!(sought(&mut story), [], "the journal is being told");
    story.answer();
    assert_eq!(outcomes(&story), ["unknown", "done"]);
}

#[test]
fn the_watcher_settles_what_another_console_left_and_that_console_learns_it() {
    let (mut asking, request) = unknown();
    asking.fact(Fact::Watching(false));
    asking.poll(&down());
    assert_eq!(sought(&mut asking), [], "one of them asks");
    let mut watcher = Story::with(settings(true));
    watcher.now = asking.now;
    asking.journal.iter().for_each(|entry| watcher.append_known(entry.clone()));
    watcher.poll(&down());
    found(&mut watcher, there());
    let end = watcher.last(Kind::ActEnded).clone();
    asking.append_known(end);
    assert_eq!(outcome(&asking, request), Outcome::Done);
}

#[test]
fn many_are_looked_for_a_few_at_a_time_and_all_of_them() {
    let mut story = Story::with(settings(true));
    let names: Vec<String> = (0..30).map(|number| format!("A{number:02}")).collect();
    story.poll(&names.iter().map(|name| alert(name, "postgres", began())).collect::<Vec<_>>());
    let alerts = names.iter().map(|name| id(name)).collect();
    let reason = "on it".to_owned();
    story.ask(Command::Acknowledge { alerts, hold: None, reason, ticket: None, confirmed: Some(names.len()) });
    loop {
        let under_way = acts(&mut story);
        if under_way.is_empty() {
            break;
        }
        for (intent, _) in under_way {
            story.fact(Fact::ActEnded { intent, end: ActEnd::new(Outcome::Unknown, "no answer") });
        }
    }
    story.poll(&[]);
    let mut asked = sought(&mut story);
    assert_eq!(asked.len(), 4);
    let mut all = 0;
    while let Some(intent) = asked.pop() {
        all += 1;
        story.fact(Fact::ActFound { intent, found: there() });
        asked.extend(sought(&mut story));
        assert!(asked.len() <= 4);
    }
    assert_eq!((all, outcomes(&story).iter().filter(|outcome| *outcome == "done").count()), (30, 30));
}

/// The first of two acknowledgements of an alert was not known to be carried, the second one is.
fn acknowledged_again() -> Story {
    let mut story = Story::with(pager());
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Unknown, None);
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("Q1"));
    story.taken();
    story
}

#[test]
fn the_first_of_two_acknowledgements_that_is_found_late_takes_nothing_from_the_second() {
    let mut story = acknowledged_again();
    story.poll(&held(carried("ana", None)));
    found(&mut story, there());
    assert_eq!(acts(&mut story), [], "it would page whoever has just said that they are on it");
    assert_eq!(state(&story, "Down"), Some(State::Acknowledged));
    // The second one is given up: then it is over there, too.
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::On { what: What::Unacknowledge, .. }));
}

#[test]
fn giving_up_an_older_acknowledgement_leaves_the_newer_one_whichever_is_known_first() {
    let story = acknowledged_again();
    let acks: Vec<EntryId> = story.journal.iter().filter(|entry| entry.kind == Kind::Ack).map(|entry| entry.id).collect();
    // Another console, which had not heard of the second one, gave the first one up.
    let by = midwatch::domain::entry::Actor::person("bob", None);
    let given_up = Draft { alert: Some(id("Down")), ..Draft::new(Kind::Unack, story.now.wall, by, "gave up") };
    let given_up = given_up.with("episode", began()).with("ack", acks[0]).with("why", "taken back");
    let mut elsewhere = acknowledged_again();
    let late = elsewhere.append(given_up);
    let orders = [elsewhere.journal.clone(), elsewhere.journal.iter().rev().cloned().collect()];
    for journal in orders {
        let mut story = Story::with(pager());
        story.now = elsewhere.now;
        journal.into_iter().for_each(|entry| story.append_known(entry));
        story.poll(&held(carried("ana", None)));
        let tracked = story.world.alerts.get(&id("Down")).expect("listed");
        assert_eq!(story.world.alerts.ack(tracked, story.now.wall).and_then(|ack| ack.entry), Some(acks[1]));
    }
    // Nor is it taken from whoever holds it now.
    elsewhere.fact(Fact::Recorded { entry: late, request: Some(RequestId(1_000)) });
    elsewhere.poll(&held(carried("ana", None)));
    assert_eq!(acts(&mut elsewhere), []);
}

#[test]
fn a_page_that_is_not_found_has_not_failed_it_leaves_no_trace() {
    let pages = vec![("prod".into(), "dba".to_owned())];
    let mut story = Story::with(midwatch::domain::settings::Settings { pages, ..settings(true) });
    let request = story.ask(Command::Page { whom: "dba".into(), text: "down".into(), about: None, incident: None });
    answer(&mut story, Outcome::Unknown, None);
    story.wait(60);
    story.taken();
    story.poll(&down());
    found(&mut story, Ok(Found::NotThere));
    assert_eq!((outcome(&story, request), outcomes(&story)), (Outcome::Unknown, vec!["unknown".to_owned()]));
    story.ask(Command::Retry { request });
    assert_eq!(acts(&mut story), [], "whoever was paged is not paged once more");
}

#[test]
fn that_still_nobody_knows_does_not_settle_it() {
    let (mut story, request) = unknown();
    let intent = story.last(Kind::Act).id;
    // Whoever sent it says later that nothing went out, which nobody can be sure of any more.
    story.fact(Fact::ActEnded { intent, end: ActEnd::new(Outcome::Unsent, "late") });
    story.fact(Fact::ActEnded { intent, end: ActEnd::new(Outcome::Unknown, "later") });
    story.poll(&down());
    found(&mut story, there());
    assert_eq!((outcome(&story, request), outcomes(&story).last().map(String::as_str)), (Outcome::Done, Some("done")));
}

#[test]
fn what_somebody_else_finds_meanwhile_keeps_nobody_from_asking() {
    let mut story = Story::with(settings(true));
    let names: Vec<String> = (0..5).map(|number| format!("A{number}")).collect();
    story.poll(&names.iter().map(|name| alert(name, "postgres", began())).collect::<Vec<_>>());
    for name in &names {
        story.ask(ack(&[name]));
        answer(&mut story, Outcome::Unknown, None);
    }
    story.taken();
    story.poll(&[]);
    let asked = sought(&mut story);
    assert_eq!(asked.len(), 4);
    for intent in asked {
        let draft = Draft::new(Kind::ActEnded, story.now.wall, midwatch::domain::entry::Actor::system("sources"), "found");
        let entry = story.append(draft.with("intent", intent).with("outcome", Outcome::Done).with("made", "s"));
        story.fact(Fact::Recorded { entry, request: None });
        story.fact(Fact::ActFound { intent, found: there() });
    }
    assert_eq!(sought(&mut story).len(), 1, "the fifth is asked about");
}
