//! What ended, or may have, while nobody watched: it has its name, and belongs where it began.

use super::*;
use midwatch::domain::alert::{Alert, Labels};
use midwatch::domain::ids::IncidentId;
use midwatch::model::alerts::Doubt;

fn down() -> Arc<Alert> {
    alert("Down", "postgres", began())
}

fn foo() -> Arc<Alert> {
    let alert = alert("Foo", "postgres", began());
    let labels: Vec<_> = alert.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let labels = Labels::new([labels, vec![("instance".into(), "a".into())]].concat());
    Arc::new(Alert { labels, ..(*alert).clone() })
}

/// A console dies while an incident is open to which Foo belongs by its service, and another one begins.
fn dies() -> (Story, IncidentId) {
    let mut story = Story::new();
    story.poll(&[down()]);
    story.ask(Command::Declare { title: "down".into(), severity: Sev::ALL[1], alerts: vec![id("Down")], at: None });
    story.poll(&[down(), foo()]);
    let incident = story.world.incidents.iter().next().expect("declared").id;
    assert_eq!(story.last(Kind::AlertFired).incident, Some(incident));
    story.pass(40);
    story.begins_anew();
    (story, incident)
}

fn ended(story: &Story) -> Vec<(&str, Option<IncidentId>)> {
    let ends = story.journal.iter().filter(|entry| entry.kind == Kind::AlertResolved);
    ends.map(|entry| (entry.text.as_str(), entry.incident)).collect()
}

#[test]
fn what_ended_while_nobody_watched_is_named_and_ends_in_the_incident_in_which_it_began() {
    let (mut story, incident) = dies();
    for _ in 0..4 {
        story.poll(&[down()]);
        story.wait(15);
    }
    assert_eq!(ended(&story), [("Foo on a ended while nobody watched", Some(incident))]);
    assert!(story.world.alerts.get(&id("Foo")).is_none());
}

#[test]
fn what_the_journal_holds_open_fires_as_far_as_is_known_until_its_source_answers() {
    let shown = |story: &Story, name: &str| {
        let tracked = story.world.alerts.get(&id(name))?;
        Some((tracked.state, story.world.alerts.doubt(tracked)))
    };
    let (mut story, incident) = dies();
    story.fact(Fact::Read);
    for name in ["Down", "Foo"] {
        assert_eq!(shown(&story, name), Some((State::Firing, Some(Doubt::Unlisted))), "{name}");
    }
    // What the cache knows more of is judged by that.
    let cached = |alerts| Fact::AlertsCached {
        source: "prod".into(),
        alerts,
        read_at: began(),
        unlisted: Default::default(),
        more: false,
    };
    story.fact(cached(vec![down()]));
    for _ in 0..4 {
        story.poll(&[down()]);
        story.wait(15);
    }
    assert_eq!(ended(&story), [("Foo on a ended while nobody watched", Some(incident))]);
    assert_eq!((shown(&story, "Down"), shown(&story, "Foo")), (Some((State::Firing, None)), None));

    // More of the cache is to come: it is waited for.
    let (mut story, _) = dies();
    story.fact(Fact::AlertsCached {
        source: "prod".into(),
        alerts: vec![down()],
        read_at: began(),
        unlisted: Default::default(),
        more: true,
    });
    story.fact(Fact::Read);
    assert_eq!(shown(&story, "Foo"), None);
    story.fact(cached(Vec::new()));
    assert_eq!(shown(&story, "Foo"), Some((State::Firing, Some(Doubt::Unlisted))));
}

/// The server was started before it began, and too lately to be believed that it is over.
fn answers(story: &mut Story, alerts: &[Arc<Alert>]) {
    let started_at = Some(began() - chrono::Duration::seconds(20));
    story.poll_with(alerts, SourceAnswer { complete: true, started_at, ..SourceAnswer::default() });
    story.wait(15);
}

#[test]
fn what_a_server_that_was_just_started_does_not_list_is_shown_so_until_it_is_settled() {
    let (mut story, incident) = dies();
    answers(&mut story, &[down()]);
    let shown = |story: &Story| {
        let tracked = story.world.alerts.get(&id("Foo"))?;
        Some((tracked.state, story.world.alerts.doubt(tracked), tracked.arrived.is_some()))
    };
    let unlisted = Some((State::Firing, Some(Doubt::Unlisted), false));
    assert_eq!((shown(&story), state(&story, "Down")), (unlisted, Some(State::Firing)));
    let counted = |story: &Story| story.world.alerts.source(&"prod".into()).map(|source| source.unlisted);
    assert_eq!(counted(&story), Some(1));
    // What is kept of it for the next session: that it was not listed, and since when that is known at most.
    let row = story.world.alerts.get(&id("Foo")).expect("shown");
    assert_eq!(row.unlisted_since(), Some(row.episode));
    // An answer that lacks a part says nothing of it.
    story.poll_with(&[down()], SourceAnswer::default());
    assert_eq!(shown(&story), unlisted);
    while story.now.wall < began() + chrono::Duration::seconds(5 * 60 - 20 - 15) {
        answers(&mut story, &[down()]);
        assert_eq!((shown(&story), counted(&story), ended(&story).len()), (unlisted, Some(1), 0));
    }
    (0..3).for_each(|_| answers(&mut story, &[down()]));
    assert_eq!((shown(&story), counted(&story)), (None, Some(0)));
    assert_eq!(ended(&story), [("Foo on a ended while nobody watched", Some(incident))]);
}

#[test]
fn what_another_process_records_of_a_source_that_is_silent_here_is_shown_as_well_and_what_a_part_of_it_does_not_say() {
    let doubt = |story: &Story, name: &str| story.world.alerts.get(&id(name)).map(|it| story.world.alerts.doubt(it));
    let unheard = Some(Some(Doubt::Unlisted));
    let fires = |story: &mut Story| {
        let mut other = Story::new();
        other.now = story.now;
        other.poll(&[foo()]);
        story.append_known(other.last(Kind::AlertFired).clone());
    };
    let mut story = Story::new();
    story.fact(Fact::Read);
    fires(&mut story);
    assert_eq!(doubt(&story, "Foo"), unheard);
    // Where the source has answered in full that would be a moment too early.
    let mut whole = Story::new();
    whole.fact(Fact::Read);
    whole.poll(&[down()]);
    fires(&mut whole);
    assert_eq!(doubt(&whole, "Foo"), None);
    // One of its servers is silent, and only that one may have had it.
    let (mut part, _) = dies();
    let missing = vec!["am-2 is silent".into()];
    part.poll_with(&[down()], SourceAnswer { missing, ..SourceAnswer::default() });
    part.fact(Fact::Read);
    assert_eq!((doubt(&part, "Down"), doubt(&part, "Foo")), (Some(None), Some(Some(Doubt::Unheard))));
    part.poll(&[down()]);
    assert_eq!(doubt(&part, "Foo"), None);
}

#[test]
fn why_a_source_does_not_answer_is_told_also_where_something_is_known_from_before() {
    let mut story = Story::new();
    story.fact(Fact::SourceFailed { source: "prod".into(), trouble: Trouble::new(Reason::Refused, "connection refused") });
    let read_at = story.now.wall;
    story.fact(Fact::AlertsCached {
        source: "prod".into(),
        alerts: vec![down()],
        read_at,
        unlisted: Default::default(),
        more: false,
    });
    let source = story.world.alerts.source(&"prod".into()).expect("configured");
    assert_eq!(source.why.as_ref().map(|why| why.raw()), Some("connection refused"));
    let tracked = story.world.alerts.get(&id("Down")).expect("known from before");
    assert_eq!(story.world.alerts.doubt_beside(tracked), Some(Doubt::Unheard));
}

#[test]
fn what_its_system_has_forgotten_and_not_looked_at_since_is_shown_so_to_a_console_that_begins_now() {
    let (mut story, _) = dies();
    // Started long ago by now, and it has checked one of the two.
    let started_at = Some(story.now.wall - chrono::Duration::hours(1));
    let answer = SourceAnswer { complete: true, started_at, unsure: vec!["Foo".into()], ..SourceAnswer::default() };
    for _ in 0..4 {
        story.poll_with(&[down()], answer.clone());
        story.wait(15);
        let tracked = story.world.alerts.get(&id("Foo")).expect("nobody knows that it is over");
        assert_eq!((story.world.alerts.doubt(tracked), ended(&story).len()), (Some(Doubt::Unchecked), 0));
    }
    let counted = story.world.alerts.source(&"prod".into()).map(|source| source.unlisted);
    assert_eq!(counted, Some(0), "what is unchecked is counted as that");
    // It looks, and it is well.
    (0..4).for_each(|_| {
        story.poll_with(&[down()], SourceAnswer { unsure: Vec::new(), ..answer.clone() });
        story.wait(15);
    });
    assert_eq!((state(&story, "Foo"), ended(&story).len()), (None, 1));
}

#[test]
fn what_was_kept_before_its_end_was_recorded_does_not_fire() {
    let mut story = Story::new();
    story.poll(&[down()]);
    let kept = story.now.wall;
    story.wait(15);
    (0..2).for_each(|_| story.poll(&[]));
    assert_eq!(ended(&story), [("Down resolved", None)]);
    let after = story.now.wall + chrono::Duration::seconds(1);
    for (read_at, shown) in [(kept, None), (after, Some(State::Firing))] {
        let cached = || Fact::AlertsCached {
            source: "prod".into(),
            alerts: vec![down()],
            read_at,
            unlisted: Default::default(),
            more: false,
        };
        // In whatever order the journal and the cache are read.
        story.begins_anew();
        story.fact(cached());
        story.fact(Fact::Read);
        assert_eq!(state(&story, "Down"), shown);
        story.begins_anew();
        story.fact(Fact::Read);
        story.fact(cached());
        assert_eq!(state(&story, "Down"), shown);
    }
}

#[test]
fn what_a_source_that_is_new_in_the_configuration_told_another_process_is_shown_until_it_answers() {
    let (mut story, _) = dies();
    let settings = story.world.settings.clone();
    story.fact(Fact::Configured(Arc::new(midwatch::domain::settings::Settings { sources: Vec::new(), ..(*settings).clone() })));
    story.begins_anew();
    story.fact(Fact::Read);
    assert_eq!(state(&story, "Foo"), None);
    story.fact(Fact::Configured(settings));
    assert_eq!(state(&story, "Foo"), Some(State::Firing));
}

#[test]
fn of_what_the_journal_alone_holds_open_the_newest_thousand_are_shown_and_that_there_are_more_is_said() {
    let mut story = Story::new();
    let storm: Vec<_> = (0..1_005).map(|n| alert(&format!("A{n}"), "postgres", began())).collect();
    story.poll(&storm);
    story.begins_anew();
    story.fact(Fact::Read);
    assert_eq!((story.world.alerts.len(), story.world.alerts.is_partly_read()), (1_000, true));
    story.fact(Fact::Read);
    assert_eq!(story.world.alerts.len(), 1_000);
    story.listed.clear();
    story.poll(&storm);
    assert_eq!((story.world.alerts.len(), story.world.alerts.is_partly_read()), (1_005, false));
}

#[test]
fn what_is_listed_after_all_or_recorded_as_over_by_another_is_no_longer_in_doubt() {
    let (mut story, _) = dies();
    answers(&mut story, &[down()]);
    answers(&mut story, &[down(), foo()]);
    let tracked = story.world.alerts.get(&id("Foo")).expect("it fires");
    assert_eq!((story.world.alerts.doubt(tracked), ended(&story).len()), (None, 0));
    (0..30).for_each(|_| answers(&mut story, &[down(), foo()]));
    assert_eq!((state(&story, "Foo"), ended(&story).len()), (Some(State::Firing), 0));

    let (mut story, _) = dies();
    answers(&mut story, &[down()]);
    let over = Draft::new(Kind::AlertResolved, story.now.wall, midwatch::domain::entry::Actor::system("alerts"), "Foo resolved");
    let over = story.append(Draft { alert: Some(id("Foo")), ..over });
    story.fact(Fact::Recorded { entry: over, request: None });
    assert_eq!(state(&story, "Foo"), None);
    (0..30).for_each(|_| answers(&mut story, &[down()]));
    assert_eq!((state(&story, "Foo"), ended(&story).len()), (None, 1));
}

#[test]
fn what_ended_while_the_console_slept_nobody_saw_end() {
    let mut story = Story::new();
    story.poll(&[down(), foo()]);
    story.wait(125);
    for _ in 0..3 {
        story.poll(&[down()]);
        story.wait(15);
    }
    assert_eq!(ended(&story), [("Foo on a ended while nobody watched", None)]);
    assert_eq!(story.last(Kind::AlertResolved).text_of("why"), Some("nobody watched"));
    // What an answer has had since was seen to end.
    for _ in 0..3 {
        story.poll(&[]);
        story.wait(15);
    }
    assert_eq!(ended(&story)[1], ("Down resolved", None));
    assert_eq!(story.last(Kind::AlertResolved).text_of("why"), None);
}

#[test]
fn what_ended_and_began_again_while_nobody_looked_is_another_time_and_nobodys() {
    let server = began() - chrono::Duration::days(1);
    let polls = |story: &mut Story, since: DateTime<Utc>, started: DateTime<Utc>| {
        story.poll_with(
            &[alert("Down", "postgres", since)],
            SourceAnswer { complete: true, started_at: Some(started), beginnings_tell: true, ..SourceAnswer::default() },
        );
        story.wait(15);
    };
    let firsts = |story: &Story| story.journal.iter().filter(|entry| entry.kind == Kind::AlertFired).count();
    let acked = || {
        let mut story = Story::with(settings(true));
        (0..2).for_each(|_| polls(&mut story, began(), server));
        story.ask(ack(&["Down"]));
        super::unsent::answer(&mut story, Outcome::Done, Some("s-1"));
        story
    };
    // It slept, or another one begins after it.
    for anew in [false, true] {
        let mut story = acked();
        story.wait(300);
        let since = story.now.wall - chrono::Duration::seconds(9);
        if anew {
            story.begins_anew();
        }
        story.taken();
        polls(&mut story, since, server);
        assert_eq!(ended(&story), [("Down ended while nobody watched, and began again", None)]);
        let tracked = story.world.alerts.get(&id("Down")).expect("it fires");
        assert_eq!((tracked.episode, tracked.state, firsts(&story)), (since, State::Firing, 2));
        assert!(tracked.arrived.is_some() && !story.world.alerts.is_known(tracked), "nobody has looked at this one");
        let acts = super::unsent::acts(&mut story);
        assert!(matches!(acts[..], [(_, Act::Expire { .. })]), "and nothing keeps it quiet: {acts:?}");
        (0..3).for_each(|_| polls(&mut story, since, server));
        assert_eq!((ended(&story).len(), firsts(&story)), (1, 2), "once");
    }
    // Who only reads sees it, too; a system whose problems are events of their own says of no start.
    let mut story = acked();
    story.wait(300);
    story.begins_anew();
    story.fact(Fact::Watching(false));
    let since = story.now.wall - chrono::Duration::seconds(9);
    let answer = SourceAnswer { complete: true, beginnings_tell: true, ..SourceAnswer::default() };
    story.poll_with(&[alert("Down", "postgres", since)], answer);
    let tracked = story.world.alerts.get(&id("Down")).expect("it fires");
    assert_eq!((tracked.episode, tracked.state, ended(&story).len()), (since, State::Firing, 0));
    // A server that was restarted moves beginnings, too; and between two answers nobody sees an end.
    for (pause, started) in [(300, began() + chrono::Duration::seconds(100)), (1, server)] {
        let mut story = acked();
        story.wait(pause);
        let since = story.now.wall - chrono::Duration::seconds(1);
        (0..3).for_each(|_| polls(&mut story, since, started));
        assert_eq!((ended(&story).len(), state(&story, "Down")), (0, Some(State::Acknowledged)), "{pause} {started}");
    }
}

#[test]
fn what_its_source_says_has_ended_while_the_console_slept_is_told() {
    let mut story = Story::new();
    story.poll(&[down()]);
    let at = story.now.wall + chrono::Duration::seconds(40);
    story.wait(125);
    let over = Arc::new(Alert { upstream: midwatch::domain::alert::Upstream::Resolved { at }, ..(*down()).clone() });
    story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![over], gone: Vec::new() });
    let end = story.last(Kind::AlertResolved);
    assert_eq!((end.text.as_str(), end.at, end.text_of("why")), ("Down resolved", at, None));
}
