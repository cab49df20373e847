//! Sources whose systems have acts of their own: acknowledgements, snoozes, resolutions that are told and not concluded.

use super::unsent::{acts, answer, down};
use super::*;
use midwatch::domain::act::{ActKind, What};
use midwatch::domain::alert::{Held, Hold, Upstream};
use midwatch::domain::settings::{Carry, Settings};

/// The source has acknowledgements, snoozes and resolutions, and no silences.
pub fn pager() -> Settings {
    let mut settings = settings(false);
    let source = &mut settings.sources[0];
    source.kind = "pagerduty".into();
    source.carry = Some(Carry::Acknowledge);
    source.acts = vec![ActKind::Acknowledge, ActKind::Unacknowledge, ActKind::Snooze, ActKind::Resolve, ActKind::Comment];
    settings
}

pub fn held(held: Held) -> [Arc<midwatch::domain::alert::Alert>; 1] {
    let [down] = down();
    [Arc::new(midwatch::domain::alert::Alert { held: Some(Box::new(held)), ..(*down).clone() })]
}

/// Ours is confirmed there.
pub fn confirmed() -> Story {
    let mut story = Story::with(pager());
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("Q1"));
    story.taken();
    story
}

fn state(story: &Story) -> State {
    story.world.alerts.get(&id("Down")).expect("it is listed").state
}

fn do_it(what: What) -> Command {
    Command::Act { alerts: vec![id("Down")], what, reason: "as agreed".into(), confirmed: None }
}

#[test]
fn an_acknowledgement_is_given_in_the_system_itself_and_taken_back_there() {
    let mut story = Story::with(pager());
    story.poll(&down());
    story.ask(ack(&["Down"]));
    let Act::On { what: What::Acknowledge { until, .. }, by, comment, .. } = answer(&mut story, Outcome::Done, Some("Q1")) else {
        panic!("an acknowledgement")
    };
    assert_eq!((until, by.as_str(), comment.as_str()), (story.now.wall + chrono::Duration::hours(1), "ana", "on it"));
    // Nothing is extended: it lasts by itself.
    for _ in 0..4 {
        story.wait(14 * 60);
        story.poll(&held(carried("ana", Some(until))));
    }
    assert!(acts(&mut story).is_empty());
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::On { what: What::Unacknowledge, .. }));
}

/// As its source tells it after ours was carried there.
pub fn carried(by: &str, until: Option<DateTime<Utc>>) -> Held {
    Held { acknowledged: Some(Hold { by: by.into(), until, comment: "on it".into() }), ..Held::default() }
}

fn ran_out(story: &Story) -> usize {
    story.journal.iter().filter(|entry| entry.text_of("why") == Some("ran out")).count()
}

#[test]
fn one_that_runs_out_is_news_though_its_system_counts_whole_seconds() {
    let mut story = confirmed();
    let until = story.last(Kind::Ack).data_of::<DateTime<Utc>>("until").expect("a time");
    story.poll(&held(carried("ana", Some(until + chrono::Duration::milliseconds(700)))));
    story.wait(3600);
    assert_eq!((state(&story), ran_out(&story)), (State::Firing, 1));
    let tracked = story.world.alerts.get(&id("Down")).expect("it is listed");
    assert_eq!((story.world.alerts.ack(tracked, story.now.wall), tracked.arrived), (None, Some(story.now)));
    assert!(acts(&mut story).is_empty(), "there it ends by itself");
}

#[test]
fn one_that_runs_out_is_taken_back_where_its_system_has_no_ends_and_in_the_name_of_who_gave_it() {
    let mut story = confirmed();
    story.poll(&held(carried("ana", None)));
    story.world.me.name = "bob".into();
    story.wait(3600);
    assert_eq!((state(&story), ran_out(&story)), (State::Firing, 1));
    let why = story.last(Kind::Unack).id;
    assert_eq!(story.last(Kind::Act).data_of("asked_by"), Some(why), "it follows from that");
    let Act::On { what: What::Unacknowledge, by, comment, .. } = answer(&mut story, Outcome::Done, None) else {
        panic!("it is taken back")
    };
    assert_eq!((by.as_str(), comment.as_str()), ("ana", ""));
    story.poll(&held(carried("maria", None)));
    assert_eq!((state(&story), acts(&mut story).len()), (State::Acknowledged, 0), "somebody else's is theirs");
}

#[test]
fn one_given_anew_runs_out_though_its_system_still_has_the_words_of_the_first() {
    let mut story = confirmed();
    story.poll(&held(carried("ana", None)));
    let again = |alerts, reason: &str| Command::Acknowledge {
        alerts,
        hold: Some(Duration::from_secs(60)),
        reason: reason.into(),
        ticket: None,
        confirmed: None,
    };
    story.ask(again(vec![id("Down")], "and now this"));
    answer(&mut story, Outcome::Done, Some("Q1"));
    story.poll(&held(carried("ana", None)));
    story.wait(61);
    assert_eq!((state(&story), ran_out(&story)), (State::Firing, 1));
    assert!(
        matches!(answer(&mut story, Outcome::Done, None), Act::On { what: What::Unacknowledge, .. }),
        "it is taken back there"
    );
}

#[test]
fn whoever_was_first_in_its_system_owns_it_in_every_console() {
    let mut story = Story::with(pager());
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Contradicted, None);
    let by = |story: &Story| {
        let tracked = story.world.alerts.get(&id("Down")).expect("it is listed");
        story.world.alerts.ack(tracked, story.now.wall).map(|ack| ack.by)
    };
    assert_eq!(by(&story).as_deref(), Some("ana"), "nobody is known to hold it there");
    story.poll(&held(carried("bob", None)));
    assert_eq!(by(&story).as_deref(), Some("bob"));
    let mut next = Story::with(pager());
    next.now = story.now;
    story.journal.iter().for_each(|entry| next.append_known(entry.clone()));
    next.poll(&held(carried("bob", None)));
    assert_eq!(by(&next).as_deref(), Some("bob"));
    // It is given once more, and now it is ours.
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("Q2"));
    assert_eq!(by(&story).as_deref(), Some("ana"));
}

#[test]
fn what_has_resolved_is_not_unacknowledged() {
    let mut story = confirmed();
    story.poll(&[]);
    story.poll(&[]);
    assert_eq!((state(&story), acts(&mut story).len()), (State::Resolved, 0));
}

#[test]
fn who_holds_an_alert_elsewhere_holds_it_here() {
    let mut story = Story::with(pager());
    let hold = |by: &str| Some(Hold { by: by.into(), until: None, comment: "in the app".into() });
    story.poll(&held(Held { acknowledged: hold("maria"), ..Held::default() }));
    assert_eq!(state(&story), State::Acknowledged);
    let tracked = story.world.alerts.get(&id("Down")).expect("it is listed").clone();
    let ack = story.world.alerts.ack(&tracked, story.now.wall).expect("acknowledged");
    assert_eq!((ack.by.as_str(), ack.until, ack.entry), ("maria", None, None));
    let request = story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    assert!(acts(&mut story).is_empty(), "it is not ours to give up: {:?}", story.world.requests.get(request));
    story.poll(&held(Held { snoozed: hold("maria"), ..Held::default() }));
    assert_eq!(state(&story), State::Snoozed);
    story.poll(&down());
    assert_eq!(state(&story), State::Firing);
}

#[test]
fn a_source_is_asked_only_for_what_its_system_can_do() {
    let mut story = Story::with(pager());
    story.poll(&down());
    let until = story.now.wall + chrono::Duration::hours(2);
    story.ask(do_it(What::Snooze { until }));
    let snooze = answer(&mut story, Outcome::Done, None);
    assert!(matches!(snooze, Act::On { what: What::Snooze { until: then }, .. } if then == until), "{snooze:?}");
    let request = story.ask(do_it(What::Downtime { until }));
    let progress = story.world.requests.get(request).expect("told");
    let Stage::Refused(why) = &progress.items[0].stage else { panic!("{progress:?}") };
    assert!(why.contains("can't put in downtime") && why.contains("resolve"), "{why}");
    assert!(acts(&mut story).is_empty());

    // Alertmanager has no snooze: it becomes a silence for this alert alone.
    let mut story = Story::with(settings(false));
    story.poll(&down());
    story.ask(do_it(What::Snooze { until }));
    let silence = answer(&mut story, Outcome::Done, Some("s-1"));
    assert!(matches!(silence, Act::Silence { ends_at, .. } if ends_at == until), "{silence:?}");
}

#[test]
fn what_the_source_says_is_over_is_over_at_once_and_when_it_says() {
    let mut story = Story::new();
    let [down] = down();
    story.poll(std::slice::from_ref(&down));
    story.wait(60);
    let at = story.now.wall - chrono::Duration::seconds(20);
    let over = |at| Arc::new(midwatch::domain::alert::Alert { upstream: Upstream::Resolved { at }, ..(*down).clone() });
    story.poll(&[over(at)]);
    assert_eq!((state(&story), story.last(Kind::AlertResolved).at), (State::Resolved, at));
    // It says so again, and then no more: one end.
    story.poll(&[over(at)]);
    (0..3).for_each(|_| story.poll(&[]));
    assert_eq!(story.kinds().iter().filter(|kind| **kind == Kind::AlertResolved).count(), 1);
    // A clock that is ahead ends nothing in the future.
    let mut story = Story::new();
    story.poll(std::slice::from_ref(&down));
    story.poll(&[over(story.now.wall + chrono::Duration::hours(1))]);
    assert_eq!(story.last(Kind::AlertResolved).at, story.now.wall);
    // Of what nobody here has seen there is nothing to tell.
    let mut story = Story::new();
    story.poll(&[over(story.now.wall)]);
    assert!(story.world.alerts.is_empty() && !story.kinds().contains(&Kind::AlertResolved));
}

#[test]
fn what_is_pending_is_no_episode_until_it_fires() {
    let mut story = Story::new();
    let [down] = down();
    let pending = Arc::new(midwatch::domain::alert::Alert { upstream: Upstream::Pending, ..(*down).clone() });
    story.poll(std::slice::from_ref(&pending));
    assert_eq!((state(&story), story.kinds().contains(&Kind::AlertFired)), (State::Pending, false));
    (0..4).for_each(|_| story.poll(&[]));
    story.poll(std::slice::from_ref(&pending));
    story.poll(&[Arc::new(midwatch::domain::alert::Alert {
        upstream: Upstream::Resolved { at: story.now.wall },
        ..(*down).clone()
    })]);
    assert!(story.world.alerts.is_empty() && !story.kinds().contains(&Kind::AlertResolved), "nothing has ended");
    story.poll(&[pending]);
    story.poll(&[down]);
    assert_eq!((state(&story), story.kinds().contains(&Kind::AlertFired)), (State::Firing, true));
}

#[test]
fn a_problem_that_gets_worse_under_its_name_is_judged_again() {
    let mut story = Story::new();
    let [down] = down();
    let as_bad_as = |word: &str| {
        let kept = down.labels.iter().filter(|(name, _)| name.raw() != "severity");
        let pairs = kept.map(|(name, value)| (name.clone(), value.clone()));
        let labels = pairs.chain([("severity".into(), word.into())]).collect::<Vec<_>>().into();
        Arc::new(midwatch::domain::alert::Alert { labels, ..(*down).clone() })
    };
    story.poll(&[as_bad_as("warning")]);
    story.poll(&[as_bad_as("critical")]);
    let severity = story.world.alerts.get(&id("Down")).expect("it is listed").severity;
    assert_eq!(severity, midwatch::domain::alert::Severity::Critical);
    assert_eq!(story.kinds().iter().filter(|kind| **kind == Kind::AlertFired).count(), 1, "it is the same episode");
}

#[test]
fn an_act_that_this_process_is_sending_is_not_taken_for_one_that_was_left() {
    let mut story = Story::with(pager());
    story.poll(&down());
    story.ask(do_it(What::Resolve));
    assert_eq!(acts(&mut story).len(), 1);
    story.wait(60);
    assert!(!story.taken().iter().any(|effect| matches!(effect, Effect::Find { .. })));
}

#[test]
fn an_acknowledgement_that_was_never_carried_is_carried_by_the_next_console() {
    let mut story = Story::with(pager());
    story.poll(&down());
    story.slow = Some(Vec::new());
    story.ask(ack(&["Down"]));
    // The console dies between the acknowledgement and the intent to carry it.
    let (_, drafts) = story.slow.take().expect("asked").remove(0);
    let entry = story.append(drafts.into_iter().next().expect("one"));
    assert_eq!(entry.kind, Kind::Ack);
    let mut next = Story::with(pager());
    next.now = story.now;
    story.journal.iter().for_each(|entry| next.append_known(entry.clone()));
    next.poll(&down());
    assert!(acts(&mut next).is_empty(), "its own process may be about to");
    next.wait(90);
    assert!(matches!(answer(&mut next, Outcome::Done, Some("Q1")), Act::On { what: What::Acknowledge { .. }, .. }));
    next.wait(90);
    assert!(acts(&mut next).is_empty(), "once");
}

#[test]
fn one_alert_that_can_not_have_an_act_does_not_keep_the_others_from_it() {
    let mut story = Story::with(pager());
    let two = |names: &[&str]| names.iter().map(|name| alert(name, "postgres", began())).collect::<Vec<_>>();
    story.poll(&two(&["Down", "Slow"]));
    (0..2).for_each(|_| story.poll(&two(&["Slow"])));
    let alerts = ["Down", "Slow", "Nowhere"].map(id).to_vec();
    let request = story.ask(Command::Act { alerts: alerts.clone(), what: What::Resolve, reason: String::new(), confirmed: None });
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::On { alert, .. } if alert.as_str() == "Slow"));
    let progress = story.world.requests.get(request).expect("told");
    let of = |name: &str| &progress.items.iter().find(|item| item.alert == Some(id(name))).expect("an outcome").stage;
    assert!(matches!(of("Slow"), Stage::Ended(end) if end.outcome == Outcome::Done), "{progress:?}");
    assert!(matches!(of("Down"), Stage::Refused(why) if why.contains("has resolved already")), "{progress:?}");
    assert!(matches!(of("Nowhere"), Stage::Refused(why) if why.contains("no alert")), "{progress:?}");
    // The same for an acknowledgement.
    let request = story.ask(ack_of(alerts));
    let progress = story.world.requests.get(request).expect("told");
    assert_eq!(progress.items.iter().filter(|item| matches!(item.stage, Stage::Refused(_))).count(), 2, "{progress:?}");
    assert_eq!(story.last(Kind::Ack).alert, Some(id("Slow")));
}

#[test]
fn that_one_ran_out_is_told_and_followed_once_whoever_notices_it_first() {
    let mut story = confirmed();
    story.poll(&held(carried("ana", None)));
    story.slow = Some(Vec::new());
    story.wait(3600);
    story.poll(&held(carried("ana", None)));
    story.answer();
    assert_eq!((ran_out(&story), acts(&mut story).len()), (1, 1));
}

#[test]
fn what_its_system_can_not_take_back_is_not_given_up_here_alone() {
    let mut settings = pager();
    settings.sources[0].acts.retain(|kind| *kind != ActKind::Unacknowledge);
    let mut story = Story::with(settings);
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("Q1"));
    story.poll(&held(carried("ana", None)));
    let request = story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    let Stage::Refused(why) = story.world.requests.get(request).expect("there").items[0].stage.clone() else { panic!("refused") };
    assert!(why.contains("take an acknowledgement back"), "{why}");
    assert_eq!((state(&story), acts(&mut story).len()), (State::Acknowledged, 0));
    // It runs out here all the same, and nothing is sent that must fail.
    story.wait(3600);
    assert_eq!((state(&story), ran_out(&story), acts(&mut story).len()), (State::Firing, 1, 0));
}

#[test]
fn what_its_system_does_not_allow_for_an_alert_is_neither_offered_nor_sent() {
    let mut story = Story::with(pager());
    story.poll(&held(Held { cannot: vec![ActKind::Resolve], ..Held::default() }));
    let may = |kind| story.world.may(&id("Down"), kind);
    assert_eq!([ActKind::Resolve, ActKind::Snooze, ActKind::Downtime].map(may), [false, true, false]);
    let request = story.ask(do_it(What::Resolve));
    let Stage::Refused(why) = story.world.requests.get(request).expect("told").items[0].stage.clone() else { panic!("refused") };
    assert!(why.starts_with("prod can't resolve Down: its version"), "{why}");
    assert_eq!((acts(&mut story).len(), state(&story)), (0, State::Firing));
}

#[test]
fn one_that_its_system_has_with_another_end_is_not_the_one_that_ran_out() {
    let mut story = confirmed();
    let until = story.last(Kind::Ack).data_of::<DateTime<Utc>>("until").expect("a time");
    story.poll(&held(carried("ana", Some(until))));
    story.wait(3600);
    assert_eq!(state(&story), State::Firing);
    // Given once more where it pages people.
    story.poll(&held(carried("ana", Some(until + chrono::Duration::hours(1)))));
    assert_eq!(state(&story), State::Acknowledged);
}

#[test]
fn what_is_knowingly_taken_over_says_from_whom_and_what_somebody_was_faster_in_does_not() {
    let from = |story: &mut Story, outcome| match answer(story, outcome, Some("Q1")) {
        Act::On { what: What::Acknowledge { from, .. }, .. } => from,
        other => panic!("{other:?}"),
    };
    let mut story = Story::with(pager());
    story.poll(&held(carried("maria", None)));
    story.ask(ack(&["Down"]));
    assert_eq!(story.last(Kind::Ack).text_of("from"), Some("maria"));
    assert_eq!(from(&mut story, Outcome::Done).as_deref(), Some("maria"));
    // One that nobody was told of keeps it, also where it is sent later.
    let mut story = Story::with(pager());
    story.poll(&down());
    story.ask(ack(&["Down"]));
    assert_eq!(from(&mut story, Outcome::Unsent), None);
    story.poll(&held(carried("maria", None)));
    assert_eq!(from(&mut story, Outcome::Contradicted), None);
}

#[test]
fn whoever_holds_it_elsewhere_until_a_time_does_so_no_longer_though_its_source_is_silent() {
    let mut story = Story::with(pager());
    let until = story.now.wall + chrono::Duration::minutes(10);
    story.poll(&held(carried("bo", Some(until))));
    story.wait(60);
    let trouble = Trouble::new(Reason::Timeout, "it hangs");
    story.fact(Fact::SourceFailed { source: "prod".into(), trouble });
    assert_eq!(state(&story), State::Acknowledged);
    story.wait(9 * 60);
    assert_eq!(state(&story), State::Firing, "by its own word");
}
