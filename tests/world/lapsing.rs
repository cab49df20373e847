//! Acknowledgements by severity, by their age, and what becomes of an alert when its acknowledgement runs out.

use super::unsent::acts;
use super::*;
use midwatch::domain::alert::{Alert, Held, Hold, Labels, Severity, Silence, SilenceState};
use midwatch::domain::settings::AckFor;
use midwatch::model::{Body, Event};

fn owned(names: &[&str], seconds: u64) -> Command {
    let Command::Acknowledge { alerts, reason, .. } = ack(names) else { unreachable!("it is one") };
    Command::Acknowledge {
        alerts,
        hold: Some(Duration::from_secs(seconds)),
        reason,
        ticket: Some("OPS-7".into()),
        confirmed: None,
    }
}

fn unacks(story: &Story) -> Vec<String> {
    story.journal.iter().filter(|entry| entry.kind == Kind::Unack).map(|entry| entry.text.clone()).collect()
}

fn arrived(story: &Story, name: &str) -> Option<Stamp> {
    story.world.alerts.get(&id(name)).expect("tracked").arrived
}

#[test]
fn what_still_fires_when_its_acknowledgement_runs_out_is_news_again_and_in_the_log_once() {
    let mut story = Story::new();
    let both = [alert("Down", "postgres", began()), alert("Slow", "postgres", began())];
    story.poll(&both);
    let first = arrived(&story, "Down");
    story.ask(owned(&["Down"], 60));
    story.ask(owned(&["Slow"], 3600));
    story.wait(59);
    assert_eq!((state(&story, "Down"), story.world.alerts.urgent()), (Some(State::Acknowledged), 0));
    assert_eq!(unacks(&story), [""; 0]);
    story.wait(1);
    assert_eq!((state(&story, "Down"), story.world.alerts.urgent()), (Some(State::Firing), 1));
    assert_eq!(arrived(&story, "Down"), Some(story.now));
    assert_ne!(arrived(&story, "Down"), first, "it rings as one that has just come");
    assert_eq!(arrived(&story, "Slow"), first);
    assert_eq!(unacks(&story), ["ana's acknowledgement of Down ran out, and it still fires"]);
    let entry = story.last(Kind::Unack);
    assert_eq!((entry.text_of("why"), entry.alert.as_ref()), (Some("ran out"), Some(&id("Down"))));
    story.wait(600);
    story.poll(&both);
    assert_eq!(unacks(&story).len(), 1);
    assert_eq!(acts(&mut story), [], "nothing is taken back that carries nothing");
    // What is over by then is no news, and neither is what another console has taken on.
    story.poll(&[alert("Down", "postgres", began())]);
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(owned(&["Down"], 7200));
    story.wait(3600);
    assert_eq!((state(&story, "Down"), unacks(&story).len()), (Some(State::Acknowledged), 1));
}

#[test]
fn who_does_not_watch_shows_it_and_records_nothing() {
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(owned(&["Down"], 60));
    story.fact(Fact::Watching(false));
    story.wait(60);
    assert_eq!((state(&story, "Down"), arrived(&story, "Down")), (Some(State::Firing), Some(story.now)));
    assert_eq!(unacks(&story), [""; 0]);
}

#[test]
fn what_is_missing_or_quiet_for_another_reason_when_its_acknowledgement_runs_out_is_no_news() {
    let mut story = Story::new();
    let of = |name: &str| Alert::clone(&alert(name, "postgres", began()));
    let hushed = Arc::new(Alert { inhibited_by: vec!["Other".into()], ..of("Hushed") });
    let muted = Arc::new(Alert { muted_by: vec!["weekend".into()], ..of("Muted") });
    story.poll(&[Arc::new(of("Down")), hushed.clone(), muted.clone()]);
    let first = arrived(&story, "Down");
    story.ask(owned(&["Down", "Hushed", "Muted"], 60));
    story.poll(&[hushed, muted]);
    story.wait(60);
    let states = ["Down", "Hushed", "Muted"].map(|name| state(&story, name).expect("tracked"));
    assert_eq!(states, [State::Firing, State::Inhibited, State::Inhibited]);
    assert_eq!((unacks(&story), arrived(&story, "Down")), (Vec::new(), first));
}

#[test]
fn what_comes_out_of_a_silence_while_its_source_does_not_list_it_is_no_news() {
    let mut story = Story::new();
    let answer = |story: &Story, state| {
        let silence = Silence {
            id: "silence-1".into(),
            matchers: Vec::new(),
            starts_at: began(),
            ends_at: story.now.wall + chrono::Duration::hours(1),
            created_by: "maria".into(),
            comment: "deploy".into(),
            state,
        };
        SourceAnswer { complete: true, silences: Arc::new(vec![silence]), ..SourceAnswer::default() }
    };
    let quiet = || Arc::new(Alert { silenced_by: vec!["silence-1".into()], ..Alert::clone(&alert("Down", "postgres", began())) });
    let active = answer(&story, SilenceState::Active);
    story.poll_with(&[quiet()], active);
    let first = arrived(&story, "Down");
    assert_eq!(state(&story, "Down"), Some(State::Silenced));
    story.wait(5);
    let mut over = answer(&story, SilenceState::Expired);
    Arc::make_mut(&mut over.silences)[0].ends_at = story.now.wall;
    story.poll_with(&[], over);
    assert_eq!((state(&story, "Down"), arrived(&story, "Down")), (Some(State::Firing), first));
}

#[test]
fn an_acknowledgement_of_its_own_system_ends_by_its_own_word() {
    let mut story = Story::new();
    let until = story.now.wall + chrono::Duration::seconds(60);
    let hold = Hold { by: "bo".into(), until: Some(until), comment: "".into() };
    let held = Some(Box::new(Held { acknowledged: Some(hold), ..Held::default() }));
    story.poll(&[Arc::new(Alert { held, ..Alert::clone(&alert("Down", "postgres", began())) })]);
    let by = |story: &Story| {
        let tracked = story.world.alerts.get(&id("Down")).expect("tracked");
        (story.world.alerts.ack(tracked, story.now.wall).map(|ack| ack.by), story.world.alerts.states_of(tracked, story.now.wall))
    };
    assert_eq!(by(&story), (Some("bo".to_owned()), vec![State::Acknowledged, State::Firing]));
    story.wait(60);
    assert_eq!(by(&story), (None, vec![State::Firing]));
}

#[test]
fn the_silence_that_carried_it_has_ended_with_it_before_the_source_is_asked_again() {
    let mut story = Story::new();
    let ends_at = story.now.wall + chrono::Duration::seconds(60);
    let carrier = Silence {
        id: "c".into(),
        matchers: Vec::new(),
        starts_at: story.now.wall,
        ends_at,
        created_by: "ana".into(),
        comment: "ACK! ana: on it".into(),
        state: SilenceState::Active,
    };
    let quiet = Arc::new(Alert { silenced_by: vec!["c".into()], ..(*alert("Down", "postgres", began())).clone() });
    story.poll_with(&[quiet], SourceAnswer { complete: true, silences: Arc::new(vec![carrier]), ..SourceAnswer::default() });
    story.ask(owned(&["Down"], 60));
    story.wait(59);
    assert_eq!(state(&story, "Down"), Some(State::Acknowledged));
    story.wait(1);
    assert_eq!((state(&story, "Down"), arrived(&story, "Down")), (Some(State::Firing), Some(story.now)));
    assert_eq!(unacks(&story).len(), 1);
}

#[test]
fn an_acknowledgement_lasts_as_long_as_its_severity_says() {
    let mut settings = settings(false);
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    settings.ack_for = AckFor::always(minutes(60)).but(Severity::Critical, minutes(30)).but(Severity::Warning, minutes(240));
    let mut story = Story::with(settings);
    let of = |name: &str, severity: &str| {
        let labels = [("alertname", name), ("severity", severity)].map(|(name, value)| (name.into(), value.into()));
        Arc::new(Alert { labels: Labels::new(labels.into()), ..(*alert(name, "postgres", began())).clone() })
    };
    story.poll(&[of("Down", "critical"), of("Slow", "warning"), of("Note", "info")]);
    story.ask(ack(&["Down", "Slow", "Note"]));
    let lasts = |name: &str| {
        let tracked = story.world.alerts.get(&id(name)).expect("tracked");
        let until = story.world.alerts.ack(tracked, story.now.wall).expect("acknowledged").until.expect("ends");
        (until - story.now.wall).num_minutes()
    };
    assert_eq!([lasts("Down"), lasts("Slow"), lasts("Note")], [30, 240, 60]);
}

#[test]
fn what_was_acknowledged_first_stands_first() {
    let mut story = Story::new();
    story.poll(&["A", "B", "C", "D"].map(|name| alert(name, "postgres", began())));
    for name in ["C", "A", "B"] {
        story.ask(owned(&[name], 3600));
        story.wait(10);
    }
    story.ask(Command::Unacknowledge { alerts: vec![id("A")], reason: String::new() });
    let aging = story.world.alerts.aging(story.now.wall);
    let names: Vec<&str> = aging.iter().map(|(tracked, _)| tracked.alert.name()).collect();
    assert_eq!(names, ["C", "B"]);
    assert_eq!((aging[0].1.ticket.as_deref(), aging[0].1.by.as_str()), (Some("OPS-7"), "ana"));
}

#[test]
fn what_has_resolved_leaves_in_time() {
    let mut settings = settings(false);
    // Nothing else has a time before it.
    settings.sources[0].every = Duration::from_secs(3_600);
    let mut story = Story::with(settings);
    story.poll(&[alert("Down", "postgres", began())]);
    story.poll(&[]);
    let answer = SourceAnswer { complete: true, ..SourceAnswer::default() };
    let body = Body::Fact(Fact::SourceAnswered { source: "prod".into(), answer });
    let effects = story.world.update(Event { seq: 10_000, stamp: story.now, body });
    assert_eq!(state(&story, "Down"), Some(State::Resolved));
    assert!(effects.contains(&Effect::WakeAt(story.now.mono + Duration::from_secs(600))), "{effects:?}");
    story.wait(600);
    assert_eq!(state(&story, "Down"), None);
}

/// By that every process calls it the same.
#[test]
fn what_is_nobodys_again_has_the_name_of_that_moment_however_late_it_is_seen() {
    use midwatch::domain::entry::{Actor, Draft};
    use midwatch::model::alerts::News;
    let news = |story: &Story| story.world.alerts.get(&id("Down")).expect("tracked").news;
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(owned(&["Down"], 60));
    let until = story.now.wall + chrono::Duration::seconds(60);
    story.wait(80);
    assert_eq!((news(&story), arrived(&story, "Down")), (News::At(until), Some(story.now)));
    // It was taken away, and that is read a moment later; of what is not listed it is no news.
    let taken = |listed: bool| {
        let mut story = Story::new();
        story.poll(&[alert("Down", "postgres", began())]);
        let first = arrived(&story, "Down");
        story.ask(owned(&["Down"], 3_600));
        if !listed {
            story.poll(&[]);
        }
        let ack = story.last(Kind::Ack).id;
        let mut other = Draft::new(Kind::Unack, story.now.wall, Actor::system("alerts"), "taken away").with("ack", ack);
        other = other.with("why", "taken away").with("episode", began());
        other.alert = Some(id("Down"));
        story.pass(5);
        let at = story.now.wall;
        let entry = story.append(other);
        story.pass(7);
        story.fact(Fact::Recorded { entry, request: None });
        (story.now, first, at, news(&story), arrived(&story, "Down"))
    };
    let (now, _, at, told, arrived) = taken(true);
    assert_eq!((told, arrived), (News::At(at), Some(now)));
    let (_, first, _, _, arrived) = taken(false);
    assert_eq!(arrived, first);
}
