//! Silences at their edges: which copies are one, in which second one ends, what ends with it, and who may make one.

use super::silences::{matcher, on_west, quiet, refusal, shown, silence, told};
use super::unsent::{acts, answer};
use super::*;
use midwatch::domain::act::ActKind;
use midwatch::domain::alert::{Alert, Held, Hold, Silence, SilenceMatcher, SilenceState};
use midwatch::domain::settings::Carry;
use midwatch::model::silences::{On, Phase};

fn later(silence: Silence, seconds: i64) -> Silence {
    Silence { ends_at: silence.ends_at + chrono::Duration::seconds(seconds), ..silence }
}

fn on(source: &str, id: &str) -> On {
    On { source: source.into(), id: id.into(), ends_at: began() }
}

#[test]
fn in_the_second_in_which_it_is_to_end_it_has_ended_and_in_that_of_its_beginning_it_has_begun() {
    let now = at("2026-03-01T03:00:00Z");
    let phase = |state, from: i64, to: i64| {
        let (starts_at, ends_at) = (now + chrono::Duration::seconds(from), now + chrono::Duration::seconds(to));
        Phase::of(&Silence { state, starts_at, ends_at, ..silence("a", "Down", 30) }, now)
    };
    use SilenceState::{Active, Expired, Pending};
    let cases = [
        (Active, -60, 1, Phase::Active),
        (Active, -60, 0, Phase::Ended),
        (Pending, 1, 60, Phase::Pending),
        (Pending, 0, 60, Phase::Active),
        (Pending, -60, 0, Phase::Ended),
        (Expired, -60, 60, Phase::Ended),
    ];
    for (state, from, to, expected) in cases {
        assert_eq!(phase(state, from, to), expected, "{state:?} {from} {to}");
    }
}

#[test]
fn only_what_is_in_force_ends_soon_or_matches_nothing_and_what_ended_a_day_ago_is_still_listed() {
    let now = at("2026-03-01T03:00:00Z");
    let pending = |minutes| Silence {
        state: SilenceState::Pending,
        starts_at: now + chrono::Duration::minutes(1),
        ..silence("p", "Late", minutes)
    };
    let day = 24 * 60;
    let silences =
        [silence("hour", "Down", 60), later(silence("more", "Slow", 60), 1), pending(30), silence("over", "Full", -day)];
    let gone = later(silence("gone", "Lag", -day), -1);
    let story = told(&[], &[silences.as_slice(), &[gone]].concat());
    let all = story.world.silences();
    let told: Vec<_> = all.iter().map(|one| (one.on[0].id.raw(), one.ends_soon(now), one.matches_nothing())).collect();
    assert_eq!(told, [("hour", true, true), ("more", false, true), ("p", false, false), ("over", false, false)]);
}

#[test]
fn copies_are_one_that_end_within_a_minute_of_the_first_and_it_began_with_the_first() {
    let now = at("2026-03-01T03:00:00Z");
    let first = silence("a", "Down", 30);
    let mut story = told(&[], &[first.clone(), later(Silence { id: "c".into(), ..first.clone() }, 80)]);
    let early = Silence { id: "b".into(), starts_at: first.starts_at - chrono::Duration::hours(1), ..first };
    on_west(&mut story, &[later(early.clone(), 60)]);
    assert_eq!(shown(&story), ["prod/a+west/b >", "prod/c >"], "a minute, and no chain of minutes");
    assert_eq!(story.world.silences()[0].starts_at, now - chrono::Duration::hours(3));
    on_west(&mut story, &[later(early, 61)]);
    assert_eq!(shown(&story), ["prod/a >", "west/b+prod/c >"]);
}

#[test]
fn what_two_copies_on_one_source_keep_quiet_is_counted_once() {
    let copies = ["a", "b"].map(|id| Silence { id: id.into(), comment: "work".into(), ..silence("a", "Down", 30) });
    let story = told(&[quiet("Down", &["a", "b"]), quiet("Slow", &["b"])], &copies);
    assert_eq!(shown(&story), ["prod/a+prod/b Down,Slow>Down,Slow"]);
}

#[test]
fn what_holds_it_until_the_very_end_of_the_silence_holds_it_no_longer() {
    let now = at("2026-03-01T03:00:00Z");
    let snoozed = |name: &str, seconds: i64| {
        let until = Some(now + chrono::Duration::minutes(30) + chrono::Duration::seconds(seconds));
        let hold = Hold { by: "bo".into(), until, comment: "".into() };
        let held = Some(Box::new(Held { snoozed: Some(hold), ..Held::default() }));
        Arc::new(Alert { held, ..Alert::clone(&quiet(name, &["a"])) })
    };
    let story = told(&[snoozed("Down", 0), snoozed("Slow", 1)], &[silence("a", "x", 30)]);
    assert_eq!(story.world.silences()[0].again, [id("Down")]);
}

#[test]
fn a_silence_of_another_source_is_another_one_whatever_it_is_called() {
    let mut story = told(&[quiet("Down", &["a"])], &[silence("a", "Down", 30)]);
    on_west(&mut story, &[silence("a", "Other", 30)]);
    let at_once = |on: On| story.world.at_once(&[on], &[id("Down")]);
    assert_eq!((at_once(on("prod", "a")), at_once(on("west", "a"))), (vec![id("Down")], vec![]));
}

#[test]
fn only_the_silence_that_carries_an_acknowledgement_ends_it_and_only_while_that_lasts() {
    let mut story = Story::with(settings(true));
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("a"));
    let carried = |story: &Story, on: On| story.world.acknowledgements_on(&[on]);
    let ana = vec![(id("Down"), "ana".to_owned())];
    assert_eq!(["prod", "west"].map(|source| carried(&story, on(source, "a"))), [ana, vec![]]);
    assert_eq!(carried(&story, on("prod", "b")), []);
    // The journal can't record that it has run out.
    story.broken = Some("the disk is full".into());
    story.wait(86_400);
    assert_eq!(carried(&story, on("prod", "a")), [], "its time is over");
    // What a system itself has for it is no silence.
    let mut settings = settings(false);
    (settings.sources[0].carry, settings.sources[0].acts) = (Some(Carry::Acknowledge), vec![ActKind::Acknowledge]);
    let mut story = Story::with(settings);
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("a"));
    assert_eq!(carried(&story, on("prod", "a")), []);
}

/// What each of them is refused for; nothing of it is sent.
fn refused(story: &mut Story, command: Command) -> String {
    let request = story.ask(command);
    let why = refusal(story, request).unwrap_or_default();
    assert!(acts(story).is_empty(), "{why}");
    why
}

#[test]
fn whatever_a_silence_needs_is_asked_of_every_way_to_make_one() {
    let mut story = told(&[quiet("Down", &["a"])], &[silence("a", "Down", 30)]);
    let one = |matchers: Vec<SilenceMatcher>, seconds| Command::Silence {
        source: "prod".into(),
        matchers,
        hold: Duration::from_secs(seconds),
        reason: "work".into(),
        covers: 1,
        confirmed: None,
    };
    let each = |seconds, reason: &str| Command::SilenceEach {
        alerts: vec![id("Down")],
        hold: Duration::from_secs(seconds),
        reason: reason.into(),
        confirmed: None,
    };
    let extend = Command::Extend { source: "prod".into(), id: "a".into(), by: Duration::ZERO, confirmed: None };
    let not = SilenceMatcher { equal: false, ..matcher("env", "lab") };
    let cases = [
        (one(vec![not.clone()], 60), "at least one matcher with a value"),
        (one(vec![not, matcher("job", "")], 60), "at least one matcher with a value"),
        (one(vec![SilenceMatcher { regex: true, ..matcher("job", ".*") }], 60), "at least one matcher with a value"),
        (one(vec![matcher("alertname", "Down")], 0), "a duration of nothing"),
        (each(0, "work"), "a duration of nothing"),
        (each(60, " "), "a silence needs a reason"),
        (extend, "a duration of nothing"),
    ];
    for (command, words) in cases {
        let asked = format!("{command:?}");
        let why = refused(&mut story, command);
        assert!(why.contains(words), "{asked}: {why}");
    }
}

#[test]
fn who_has_no_silences_is_sent_none_and_none_is_ended_there() {
    let mut settings = settings(false);
    settings.sources[0].acts = vec![ActKind::Downtime];
    let mut story = Story::with(settings);
    story.poll(&[alert("Down", "postgres", began())]);
    let each =
        Command::SilenceEach { alerts: vec![id("Down")], hold: Duration::from_secs(60), reason: "work".into(), confirmed: None };
    let extend = Command::Extend { source: "prod".into(), id: "a".into(), by: Duration::from_secs(60), confirmed: None };
    for (command, words) in [
        (each, "can't silence"),
        (extend, "can't silence"),
        (Command::Expire { source: "prod".into(), id: "a".into() }, "can't end a silence"),
    ] {
        let why = refused(&mut story, command);
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn what_somebody_has_is_hidden_from_nobody() {
    let names = ["A", "B", "C", "D", "E", "F"];
    let mut story = told(&names.map(|name| alert(name, "postgres", began())), &[]);
    story.ask(ack(&["A", "B"]));
    let broad = |names: &str| story.world.broad(&"prod".into(), &[matcher("alertname", names)]).map(|broad| broad.alerts);
    assert_eq!(broad("A|B|C|D|E"), None, "three of the four that fire are few");
    assert_eq!(broad("A|B|C|D|E|F"), Some(6), "all four are not, and it is confirmed by all that it covers");
}

#[test]
fn whoever_has_an_alert_keeps_it_when_another_silence_than_theirs_is_ended() {
    let mut story = Story::with(settings(true));
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("a"));
    let answer = SourceAnswer { complete: true, silences: Arc::new(vec![silence("b", "Down", 30)]), ..SourceAnswer::default() };
    story.poll_with(&[quiet("Down", &["b"])], answer);
    assert_eq!(story.world.at_once(&[on("prod", "b")], &[id("Down")]), []);
    assert_eq!(story.world.at_once(&[on("prod", "a"), on("prod", "b")], &[id("Down")]), [id("Down")]);
}

#[test]
fn what_is_given_up_of_ones_own_frees_nothing_that_somebody_elses_silence_covers() {
    let carrier = Silence { comment: "ACK! bo: on it".into(), ..silence("a", "x", 30) };
    let mut story = told(&[quiet("Down", &["a"]), quiet("Late", &["a"])], &[carrier]);
    assert_eq!(story.world.freed_with(&[id("Down")]), [id("Late")], "bo's ends for both");
    story.ask(ack(&["Down"]));
    assert_eq!(story.world.freed_with(&[id("Down")]), [], "one's own is given up, and bo's stays");
}
