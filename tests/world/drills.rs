//! Drills: what happens in them by their script and their clock, and that nothing real takes any notice.

use super::*;
use midwatch::domain::alert::Severity;
use midwatch::domain::drill::{Debrief, Held};
use midwatch::domain::health::FeedState;
use midwatch::domain::ids::{AlertId, IncidentId};
use midwatch::domain::playbook::Selector;
use midwatch::domain::practice::Verdict;
use midwatch::domain::run::Auto;
use midwatch::domain::scenario::{self, Beat, Fires, Scenario, Turn, What};
use midwatch::domain::update::Next;
use midwatch::model::drills::Drilling;
use midwatch::model::runs::Typed;

fn fires(name: &str) -> What {
    What::Fires(Fires {
        name: name.to_owned(),
        severity: Severity::Critical,
        service: Some("postgres".into()),
        summary: None,
        labels: [("service".to_owned(), "postgres".to_owned())].into(),
        annotations: Default::default(),
    })
}

/// `Down` at once, the game master after 10 s, a feed after 20 s, `Late` after 60 s, and `Down` is over after 90 s.
pub fn script() -> Scenario {
    let beat = |at, what| Beat { at: Duration::from_secs(at), what };
    let turn = Turn { feed: "db".into(), service: Some("postgres".into()), state: FeedState::Failing, text: "refused".into() };
    Scenario {
        id: "night".into(),
        title: "A bad night".into(),
        kind: scenario::Kind::Tabletop,
        playbook: None,
        services: vec!["postgres".into()],
        beats: vec![
            beat(0, fires("Down")),
            beat(10, What::Note { text: "The phone rings.".into() }),
            beat(20, What::Feed(turn)),
            beat(60, fires("Late")),
            beat(90, What::Resolves { name: "Down".into() }),
        ],
        expects: Vec::new(),
        abort: Vec::new(),
        ending: None,
    }
}

pub fn start(scenario: Scenario) -> Command {
    Command::Drill(Drilling::Start { scenario: Box::new(scenario), params: Typed::default(), auto: Auto::No, anyway: false })
}

pub fn begun(story: &mut Story) -> (String, IncidentId) {
    story.ask(start(script()));
    let drill = story.world.drills.open().expect("a drill is held");
    (drill.id.clone(), drill.incident)
}

/// Second by second, as a timer would: a clock that jumps is another story.
pub fn elapse(story: &mut Story, seconds: u64) {
    (0..seconds).for_each(|_| story.wait(1));
}

pub fn of(drill: &str, name: &str) -> AlertId {
    Scenario::alert(drill, name)
}

pub fn stands(story: &Story, drill: &str, name: &str) -> Option<State> {
    story.world.alerts.get(&of(drill, name)).map(|tracked| tracked.state)
}

#[test]
fn a_drill_goes_on_by_its_script_and_every_entry_of_it_says_so() {
    let mut story = Story::new();
    let (drill, incident) = begun(&mut story);
    assert_eq!((stands(&story, &drill, "Down"), stands(&story, &drill, "Late")), (Some(State::Firing), None));
    story.wait(9);
    assert_eq!(story.kinds(), [Kind::Declare, Kind::AlertFired]);
    story.wait(1);
    assert_eq!(
        (story.last(Kind::Note).text.as_str(), story.last(Kind::Note).actor.name.as_str()),
        ("The phone rings.", "game master")
    );
    elapse(&mut story, 50);
    assert_eq!(story.last(Kind::FeedChanged).data_of("to"), Some(FeedState::Failing));
    assert_eq!(stands(&story, &drill, "Late"), Some(State::Firing));
    story.ask(ack_of(vec![of(&drill, "Late")]));
    assert_eq!(stands(&story, &drill, "Late"), Some(State::Acknowledged));
    elapse(&mut story, 30);
    assert_eq!(stands(&story, &drill, "Down"), Some(State::Resolved));
    let unmarked: Vec<_> = story.journal.iter().filter(|entry| entry.drill.as_ref() != Some(&drill)).collect();
    assert!(unmarked.is_empty(), "{unmarked:#?}");
    assert!(story.journal.iter().all(|entry| entry.incident == Some(incident)));
    assert_eq!(story.taken(), [], "nothing leaves the program");
}

#[test]
fn the_world_asks_to_be_woken_for_the_next_beat() {
    let mut story = Story::new();
    let (drill, _) = begun(&mut story);
    // Nobody ticks but the timer: what is due in between is told late, and of when it was due.
    story.pass(61);
    story.event(midwatch::model::Body::Tick);
    let late = story.world.alerts.get(&of(&drill, "Late")).expect("fires");
    assert_eq!(late.episode, story.now.wall - chrono::Duration::seconds(1));
    assert_eq!(story.last(Kind::Note).at, story.now.wall - chrono::Duration::seconds(51));
}

#[test]
fn what_is_real_is_the_same_with_a_drill_and_without() {
    let tell = |story: &mut Story, drill: bool| {
        if drill {
            begun(story);
        }
        story.poll(&[alert("Slow", "checkout", story.now.wall)]);
        if let Some(held) = story.world.drills.open().map(|drill| drill.incident) {
            story.ask(Command::Drill(Drilling::Resume { drill: held }));
        }
        story.wait(70);
        if let Some(held) = story.world.drills.open().map(|drill| drill.id.clone()) {
            story.ask(ack_of(vec![of(&held, "Down")]));
        }
        story.poll(&[alert("Slow", "checkout", began())]);
    };
    // The feed of the script has the name of a real one.
    let settings = || {
        let mut settings = settings(false);
        settings.feeds =
            vec![midwatch::domain::health::FeedSpec::new("db", "tcp", Duration::from_secs(600), Duration::from_secs(5))];
        settings
    };
    let (mut with, mut without) = (Story::with(settings()), Story::with(settings()));
    tell(&mut with, true);
    tell(&mut without, false);
    let (with, without) = (&with.world, &without.world);
    assert!(with.alerts.len() > without.alerts.len(), "the drill is there at all");
    for state in State::ALL {
        assert_eq!(with.alerts.count(state), without.alerts.count(state), "{}", state.word());
    }
    assert_eq!(with.urgent(), without.urgent());
    assert_eq!(with.health, without.health);
    assert_eq!(with.changes, without.changes);
    assert_eq!(with.maintenance, without.maintenance);
    assert_eq!(with.shift, without.shift);
    assert_eq!(with.storm, without.storm);
    assert_eq!(with.outbox, without.outbox);
    assert_eq!(with.offline, without.offline);
    assert_eq!(with.incidents.open().count(), 0);
    assert_eq!(with.incidents.iter().count(), 0);
    for service in ["postgres", "checkout"] {
        assert_eq!(with.alerts.counts_of(&service.into()), without.alerts.counts_of(&service.into()), "{service}");
        assert_eq!(with.alerts.worst_in(&service.into()), without.alerts.worst_in(&service.into()), "{service}");
    }
    assert_eq!(with.alerts.in_trouble().collect::<Vec<_>>(), without.alerts.in_trouble().collect::<Vec<_>>());
    assert_eq!(with.alerts.aging(with.now.wall).len(), 0);
    let (pack, other) = (with.pack(Duration::from_secs(3600)), without.pack(Duration::from_secs(3600)));
    assert_eq!((pack.incidents, pack.acks, pack.runs), (other.incidents, other.acks, other.runs));
    assert_eq!(with.causes(), without.causes());
}

#[test]
fn a_real_incident_takes_in_nothing_of_a_drill() {
    let mut story = Story::new();
    let (drill, _) = begun(&mut story);
    story.wait(15);
    story.poll(&[alert("Real", "postgres", story.now.wall)]);
    let severity = "SEV2".parse().expect("a severity");
    story.ask(Command::Declare { title: "It is real".into(), severity, alerts: vec![id("Real")], at: None });
    let real = story.world.incidents.open().next().expect("declared").clone();
    let entries: Vec<_> = story.journal.iter().filter(|entry| real.has_entry(entry)).collect();
    assert!(entries.iter().any(|entry| entry.kind == Kind::AlertFired), "its own alert is there");
    assert!(entries.iter().all(|entry| entry.drill.is_none()), "{entries:#?}");
    // Nor is a real alert of the same service taken for one of the drill.
    story.poll(&[alert("Real", "postgres", began()), alert("Other", "postgres", story.now.wall)]);
    let other = story.journal.iter().find(|entry| entry.alert == Some(id("Other"))).expect("recorded");
    assert_eq!((other.incident, other.drill.clone()), (Some(real.id), None));
    let refused = story.ask(Command::Declare { title: "Mixed".into(), severity, alerts: vec![of(&drill, "Down")], at: None });
    assert!(story.world.requests.get(refused).expect("asked").items[0].stage.failed(), "a drill's alert declares nothing real");
}

#[test]
fn what_is_real_comes_first() {
    let mut story = Story::new();
    let (drill, incident) = begun(&mut story);
    story.wait(30);
    story.poll(&[alert("Real", "checkout", story.now.wall)]);
    let why = story.world.drills.open().and_then(|drill| drill.paused.clone()).expect("paused at once");
    assert!(why.contains("Real fires for real"), "{why}");
    story.wait(600);
    assert_eq!(stands(&story, &drill, "Late"), None, "its clock stands still");
    story.ask(Command::Drill(Drilling::Resume { drill: incident }));
    story.wait(29);
    assert_eq!(stands(&story, &drill, "Late"), None);
    story.wait(1);
    assert_eq!(stands(&story, &drill, "Late"), Some(State::Firing));
    // What is known since then does not pause it again, an incident does.
    assert_eq!(story.world.drills.open().and_then(|drill| drill.paused.clone()), None);
    story.ask(Command::Declare { title: "Real".into(), severity: "SEV1".parse().expect("one"), alerts: vec![], at: None });
    assert!(story.world.drills.open().is_some_and(|drill| drill.paused.is_some()));
    assert_eq!(story.journal.iter().filter(|entry| entry.text_of("step") == Some("paused")).count(), 2);
}

#[test]
fn an_alert_of_a_lower_tier_pauses_nothing() {
    let mut story = Story::new();
    begun(&mut story);
    story.poll(&[alert("Real", "unheard-of", story.now.wall)]);
    assert_eq!(story.world.drills.open().and_then(|drill| drill.paused.clone()), None);
}

#[test]
fn a_drill_while_something_real_is_open_has_to_be_meant() {
    let mut story = Story::new();
    story.ask(Command::Declare { title: "Real".into(), severity: "SEV1".parse().expect("one"), alerts: vec![], at: None });
    story.ask(start(script()));
    assert!(story.world.drills.open().is_none());
    let anyway = Drilling::Start { scenario: Box::new(script()), params: Typed::default(), auto: Auto::No, anyway: true };
    story.ask(Command::Drill(anyway.clone()));
    assert!(story.world.drills.open().is_some_and(|drill| drill.paused.is_none()));
    let second = story.ask(Command::Drill(anyway));
    assert!(story.world.requests.get(second).expect("asked").items[0].stage.failed(), "one at a time");
}

#[test]
fn with_the_drill_its_alerts_are_gone_and_nothing_stays_open() {
    let mut story = Story::new();
    let (drill, incident) = begun(&mut story);
    elapse(&mut story, 65);
    let said = Debrief { badly: Some("nobody had the key".into()), ..Debrief::default() };
    story.ask(Command::Drill(Drilling::Finish { drill: incident, said: said.clone(), found: Vec::new() }));
    assert!(story.world.drills.open().is_none());
    assert_eq!(story.world.alerts.queue().count(), 0, "gone, and not resolved");
    for name in ["Down", "Late"] {
        assert!(!story.world.alerts.is_open(&of(&drill, name)), "{name}");
    }
    let over = Held::of(story.journal.iter().rev().find(|entry| entry.kind == Kind::Drill).expect("finished")).expect("reads");
    assert_eq!((over.id, over.said, over.measured.verdict), (drill, said, Verdict::Pass));
    assert!(story.world.incidents.get(incident).is_some_and(|incident| incident.status == Status::Closed));
    elapse(&mut story, 600);
    assert!(story.journal.iter().all(|entry| entry.drill.is_some()));
}

#[test]
fn whoever_comes_next_sees_the_drill_as_it_stands() {
    let mut story = Story::new();
    let (drill, incident) = begun(&mut story);
    story.wait(30);
    story.ask(Command::Drill(Drilling::Pause { drill: incident, reason: "lunch".into() }));
    let (before, kinds) = (story.world.drills.open().cloned(), story.kinds());
    story.wait(300);
    story.begins_anew();
    assert_eq!(story.world.drills.open().cloned(), before);
    assert_eq!((stands(&story, &drill, "Down"), story.kinds()), (Some(State::Firing), kinds), "nothing is recorded twice");
    assert_eq!(stands(&story, &drill, "Late"), None, "what the pause has put off never was, nor is it over");
    story.ask(Command::Drill(Drilling::Resume { drill: incident }));
    story.wait(30);
    assert_eq!(stands(&story, &drill, "Late"), Some(State::Firing));
}

#[test]
fn how_it_was_in_truth_is_told_when_it_is_over_and_not_before() {
    let mut story = Story::new();
    story.ask(start(Scenario { ending: Some("the disk was full".into()), ..script() }));
    elapse(&mut story, 100);
    let told = |story: &Story| story.journal.iter().filter(|entry| entry.text.contains("the disk was full")).count();
    assert_eq!(told(&story), 0);
    let incident = story.world.drills.open().expect("held").incident;
    story.ask(Command::Drill(Drilling::Finish { drill: incident, said: Debrief::default(), found: Vec::new() }));
    assert_eq!((told(&story), story.last(Kind::Note).text.as_str()), (1, "in truth: the disk was full"));
}

#[test]
fn a_drill_is_over_by_its_own_end_alone_and_for_good() {
    let mut story = Story::new();
    let (drill, incident) = begun(&mut story);
    for status in [Status::Closed, Status::Cancelled] {
        story.ask(Command::SetStatus { incident, by_way: Vec::new(), status, reason: None, at: None });
        assert!(story.world.drills.open().is_some(), "{status:?}");
    }
    story.ask(Command::SetStatus { incident, by_way: Vec::new(), status: Status::Mitigated, reason: None, at: None });
    story.ask(Command::Drill(Drilling::Finish { drill: incident, said: Debrief::default(), found: Vec::new() }));
    story.ask(Command::SetStatus { incident, by_way: Vec::new(), status: Status::Open, reason: None, at: None });
    let state = story.world.incidents.get(incident).expect("known").status;
    assert_eq!((state, story.world.drills.open().is_none()), (Status::Closed, true));
    assert!(!story.world.alerts.is_open(&of(&drill, "Down")), "its episode has an end");
    assert_eq!(story.world.alerts.queue().count(), 0);
}

#[test]
fn in_a_drill_nobody_outside_is_told() {
    let mut settings = settings(true);
    settings.pages = vec![("prod".into(), "the boss".into())];
    settings.updates.to =
        vec![midwatch::domain::update::Destination { name: "chat".into(), kind: "webhook".into(), beside: None }];
    let mut story = Story::with(settings);
    let (drill, incident) = begun(&mut story);
    story.ask(ack_of(vec![of(&drill, "Down")]));
    story.ask(Command::Update { incident, text: "We are on it.".into(), to: None, next: Next::Usual, confirmed: None });
    story.ask(Command::Page { whom: "the boss".into(), text: "Help".into(), about: Some(of(&drill, "Down")), incident: None });
    assert_eq!(story.taken(), [], "no act, no page, no update");
    assert!(story.journal.iter().all(|entry| entry.kind != Kind::Act && entry.drill.is_some()));
    let told: Vec<&str> =
        story.journal.iter().filter(|entry| entry.kind == Kind::Comms).map(|entry| entry.text.as_str()).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[1].starts_with("nothing left the drill"), "{told:?}");
    assert_eq!(story.world.unsettled(), 0);
}

#[test]
fn a_page_about_a_real_alert_leaves_though_the_drill_is_shown() {
    let mut settings = settings(true);
    settings.pages = vec![("prod".into(), "the boss".into())];
    let mut story = Story::with(settings);
    let (_, incident) = begun(&mut story);
    story.poll(&[alert("Real", "cron", story.now.wall)]);
    story.taken();
    story.ask(Command::Page { whom: "the boss".into(), text: "Help".into(), about: Some(id("Real")), incident: Some(incident) });
    assert!(story.taken().iter().any(|effect| matches!(effect, Effect::Act { .. })));
    let paged = story.journal.iter().find(|entry| entry.kind == Kind::Act).expect("recorded before it is sent");
    assert_eq!((paged.drill.as_deref(), paged.incident), (None, None));
}

#[test]
fn a_condition_under_which_a_drill_is_called_off_is_watched() {
    use midwatch::domain::health::{FeedSpec, Reading};
    let mut settings = settings(false);
    settings.feeds = vec![FeedSpec::new("db", "tcp", Duration::from_secs(10), Duration::from_secs(5))];
    let mut story = Story::with(settings);
    let abort = vec![Selector::parse("name = db and state = failing for 30s").expect("a selector")];
    story.ask(start(Scenario { abort, ..script() }));
    let read = |story: &mut Story, state| {
        let reading = Reading::new(state, "as it is");
        story.fact(Fact::FeedRead { feed: "db".into(), reading });
    };
    read(&mut story, FeedState::Healthy);
    story.wait(10);
    read(&mut story, FeedState::Failing);
    story.wait(9);
    read(&mut story, FeedState::Failing);
    story.wait(9);
    read(&mut story, FeedState::Failing);
    assert_eq!(story.world.drills.open().expect("held").aborted, None);
    story.wait(9);
    read(&mut story, FeedState::Failing);
    story.wait(4);
    let drill = story.world.drills.open().expect("it is still to be finished");
    assert_eq!(drill.aborted.as_deref(), Some("db is failing"));
    assert!(!drill.runs());
    let incident = drill.incident;
    story.ask(Command::Drill(Drilling::Finish { drill: incident, said: Debrief::default(), found: Vec::new() }));
    let over = Held::of(story.journal.iter().rev().find(|entry| entry.kind == Kind::Drill).expect("finished")).expect("reads");
    assert_eq!(over.measured.verdict, Verdict::Aborted);
}

#[test]
fn a_journal_that_can_not_hold_what_a_drill_says_is_left_alone_for_a_while() {
    use midwatch::domain::health::{FeedSpec, Reading};
    let mut settings = settings(false);
    settings.feeds = vec![FeedSpec::new("db", "tcp", Duration::from_secs(60), Duration::from_secs(5))];
    let mut story = Story::with(settings);
    let abort = vec![Selector::parse("name = db and state = failing for 1s").expect("a selector")];
    story.ask(start(Scenario { abort, ..script() }));
    story.broken = Some("the disk is full".into());
    story.fact(Fact::FeedRead { feed: "db".into(), reading: Reading::new(FeedState::Failing, "as it is") });
    // It would ask again by every refusal, without an end.
    story.wait(3);
    assert_eq!(story.world.drills.open().expect("held").aborted, None);
    story.broken = None;
    story.wait(5);
    assert_eq!(story.world.drills.open().expect("held").aborted, None, "not yet");
    story.wait(10);
    assert_eq!(story.world.drills.open().expect("held").aborted.as_deref(), Some("db is failing"));
}

#[test]
fn a_game_day_breaks_only_what_may_be_broken() {
    let mut story = Story::new();
    let day = Scenario { kind: scenario::Kind::GameDay, ..script() };
    story.ask(start(day.clone()));
    assert!(story.world.drills.open().is_none(), "postgres is not declared drillable");
    let mut settings = settings(false);
    settings.services = [midwatch::domain::catalogue::Service {
        drill: true,
        tier: Some(1),
        ..midwatch::domain::catalogue::Service::new("postgres")
    }]
    .into();
    let mut story = Story::with(settings);
    story.ask(start(day));
    assert!(story.world.drills.open().is_some());
}
