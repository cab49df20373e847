//! An incident that is played: what is to be seen at any moment is what was known then, however one came there.

use super::*;
use midwatch::domain::entry::Actor;
use midwatch::domain::health::{FeedSpec, FeedState, Reading};
use midwatch::domain::settings::{Environment, Settings};
use midwatch::domain::timeline::{People, Timeline};
use midwatch::model::reel::{Play, Reel};
use midwatch::model::timeline::{View, timeline};
use midwatch::runtime::player::Player;

/// postgres fails, its alert fires, ana owns it and declares; bo notes something late; it resolves and is closed.
fn night() -> (Timeline, DateTime<Utc>) {
    let feed = FeedSpec::new("postgres", "tcp", Duration::from_secs(3600), Duration::from_secs(1));
    let feed = FeedSpec { service: Some("postgres".into()), ..feed };
    let mut story = Story::with(Settings { feeds: vec![feed], ..settings(false) });
    story.fact(Fact::Watching(true));
    let read = |state, message: &str| Fact::FeedRead { feed: "postgres".into(), reading: Reading::new(state, message) };
    story.fact(read(FeedState::Healthy, "fine"));
    story.poll(&[]);
    story.pass(10);
    story.fact(read(FeedState::Failing, "refused"));
    story.pass(10);
    let fired = alert("PostgresDown", "postgres", story.now.wall);
    story.poll(&[fired]);
    let begin = story.now.wall;
    story.pass(10);
    story.ask(Command::Acknowledge {
        alerts: vec![id("PostgresDown")],
        hold: None,
        reason: "mine".into(),
        ticket: None,
        confirmed: None,
    });
    story.pass(10);
    story.ask(Command::Declare {
        title: "checkout down".into(),
        severity: Sev::ALL[0],
        alerts: vec![id("PostgresDown")],
        at: None,
    });
    let incident = story.world.incidents.open().next().expect("declared").id;
    story.pass(60);
    let note = |text: &str, at| Command::Note {
        incident: Some(incident),
        kind: Kind::Note,
        text: text.into(),
        at,
        marks: Marks::default(),
    };
    story.ask(note("saw errors", Some(begin)));
    story.pass(60);
    story.fact(read(FeedState::Healthy, "fine"));
    story.poll(&[]);
    story.pass(15);
    story.poll(&[]);
    story.pass(15);
    story.poll(&[]);
    story.pass(600);
    for status in [Status::Resolved, Status::Closed] {
        story.ask(Command::SetStatus { incident, by_way: Vec::new(), status, reason: None, at: None });
    }
    story.pass(86_400);
    story.ask(note("written for the postmortem", Some(begin + chrono::Duration::seconds(5))));
    let ours = |entry: &&Arc<Entry>| {
        entry.incident == Some(incident) || story.world.incidents.get(incident).expect("there").linked.contains(&entry.id)
    };
    // It is told in leaps: that this console slept between them is no part of it.
    let told = |entry: &&Arc<Entry>| ours(entry) && entry.kind != Kind::Console;
    let entries: Vec<_> = story.journal.iter().filter(told).cloned().collect();
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    (timeline(&entries, incident, Vec::new(), view).expect("declared"), begin)
}

fn player() -> (Player, DateTime<Utc>) {
    let (timeline, begin) = night();
    let reel = Reel::of(&timeline, &Settings::default(), Actor::person("eve", None));
    // However busy the machine is, there at once.
    (Player::new(reel.expect("entries"), 1.0).in_slices(Duration::from_secs(60)), begin)
}

/// What somebody sees: the alert's state, the feed's, and the log.
fn seen(player: &Player) -> (Option<State>, Option<FeedState>, Vec<String>) {
    let world = player.world();
    let log = world.log.entries().map(|entry| entry.text.clone()).collect();
    let alert = world.alerts.get(&id("PostgresDown")).map(|tracked| tracked.state);
    (alert, world.health.get(&"postgres".into()).map(|feed| feed.state), log)
}

#[test]
fn each_moment_shows_what_was_known_then() {
    let (mut player, begin) = player();
    assert_eq!(player.world().settings.environment, Environment::Replay);
    let mut at = |seconds: i64| {
        player.play(Play::To(begin + chrono::Duration::seconds(seconds)));
        seen(&player)
    };
    assert_eq!((at(-10).0, at(-10).1), (None, Some(FeedState::Failing)), "the feed failed first");
    assert_eq!(at(1).0, Some(State::Firing));
    assert_eq!(at(12).0, Some(State::Acknowledged));
    let before = at(70);
    let noted = |log: &[String]| log.iter().any(|text| text == "saw errors");
    assert!(!before.2.is_empty() && !noted(&before.2), "a late note was not known yet: {before:?}");
    assert!(noted(&at(85).2));
    assert_eq!(at(150).1, Some(FeedState::Healthy));
    let end = player.position();
    assert!(end.to < begin + chrono::Duration::hours(1), "nobody waits for what was written a day later: {end:?}");
}

#[test]
fn what_was_written_after_the_end_stands_where_it_belongs() {
    let (mut player, begin) = player();
    player.play(Play::To(begin + chrono::Duration::seconds(4)));
    assert!(!player.world().log.entries().any(|entry| entry.text.contains("postmortem")));
    player.play(Play::To(begin + chrono::Duration::seconds(6)));
    assert!(player.world().log.entries().any(|entry| entry.text.contains("postmortem")));
}

#[test]
fn there_is_no_way_that_leads_to_another_picture() {
    let (mut straight, begin) = player();
    let (mut winding, _) = player();
    for seconds in [700, 3, 88, -20, 500, 12, 12, 11] {
        let moment = Play::To(begin + chrono::Duration::seconds(seconds));
        winding.play(moment);
        straight.play(Play::To(begin - chrono::Duration::hours(1)));
        straight.play(moment);
        assert_eq!(seen(&winding), seen(&straight), "{seconds}");
        assert_eq!(winding.position().at, straight.position().at, "{seconds}");
    }
}

#[test]
fn a_long_quiet_hour_of_it_makes_nothing_stale() {
    let (mut player, begin) = player();
    player.play(Play::To(begin + chrono::Duration::seconds(700)));
    let world = player.world();
    let source = world.alerts.sources().next().expect("the record's source").1;
    assert_eq!((source.health, world.health.count(FeedState::Stale)), (SourceHealth::Fresh, 0));
    assert!(!world.log.entries().any(|entry| entry.kind == Kind::Console), "nothing slept");
}

#[test]
fn it_is_stopped_hurried_and_begins_again_from_its_end() {
    let (mut player, _) = player();
    let rate = |player: &Player| player.position().rate;
    player.play(Play::Faster);
    player.play(Play::Faster);
    assert_eq!(rate(&player), 4.0);
    player.play(Play::Slower);
    assert_eq!(rate(&player), 2.0);
    player.play(Play::Toggle);
    assert!(!player.position().playing);
    player.play(Play::By(90));
    let there = player.position();
    assert_eq!((there.at - there.from).num_seconds(), 90);
    player.play(Play::By(-30));
    assert_eq!((player.position().at - there.from).num_seconds(), 60);
    player.play(Play::By(100_000));
    assert_eq!(player.position().at, there.to);
    player.play(Play::Toggle);
    assert_eq!((player.position().at, player.position().playing), (there.from, true));
}

#[test]
fn a_time_at_the_end_of_all_calendars_is_played_like_any_other() {
    let (night, _) = night();
    for end in [DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC] {
        let mut far = night.clone();
        (far.times.closed, far.times.resolved) = (Some(end), Some(end));
        let last = far.lines.last_mut().expect("lines");
        last.at = end;
        let reel = Reel::of(&far, &Settings::default(), Actor::person("eve", None)).expect("entries");
        let mut player = Player::new(reel, 1.0).in_slices(Duration::from_secs(60));
        for play in [
            Play::To(DateTime::<Utc>::MAX_UTC),
            Play::By(i64::MAX),
            Play::By(i64::MIN),
            Play::To(DateTime::<Utc>::MIN_UTC),
            Play::By(60),
        ] {
            player.play(play);
            let there = player.position();
            assert!(there.from <= there.at && there.at <= there.to, "{play:?}: {there:?}");
        }
    }
}

#[test]
fn a_long_way_is_gone_in_slices_and_given_up_by_a_stop() {
    let mut player = player().0.in_slices(Duration::ZERO);
    let end = player.position().to;
    player.play(Play::To(end));
    let there = player.position();
    assert!(there.travels && there.at < end, "{there:?}");
    player.play(Play::Stop);
    player.travel();
    assert_eq!((player.position().at, player.position().travels), (there.at, false));
    player.play(Play::To(end));
    while player.position().travels {
        player.travel();
    }
    assert_eq!(player.position().at, end);
}
