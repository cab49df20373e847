//! When nothing remote answers any more, the first question is whether we are offline ourselves.

use super::*;
use midwatch::domain::health::{FeedSpec, FeedState, Reading};
use midwatch::domain::settings::{Hosts, Settings};

const FEEDS: [&str; 5] = ["a", "b", "c", "d", "local"];

/// Four hosts, and something on this machine.
fn remote() -> Settings {
    let feed = |name: &&str| FeedSpec {
        service: Some("postgres".into()),
        ..FeedSpec::new(*name, "http", Duration::from_secs(60), Duration::from_secs(10))
    };
    let feeds = FEEDS[..4].iter().map(|name| ((*name).into(), format!("{name}.example"))).collect();
    let sources = [("prod".into(), "am.example".to_owned())].into();
    Settings { feeds: FEEDS.iter().map(feed).collect(), hosts: Hosts { feeds, sources }, ..settings(false) }
}

struct Console(Story);

impl Console {
    /// Everything has answered once.
    fn new() -> Self {
        let mut console = Self(Story::with(remote()));
        console.0.poll(&[alert("Down", "postgres", began())]);
        FEEDS.iter().for_each(|name| console.says(name, FeedState::Healthy));
        console.0.wait(10);
        console
    }

    fn lasts(&mut self, seconds: u64) {
        for _ in 0..seconds / 10 {
            self.says("local", FeedState::Healthy);
            self.0.wait(10);
        }
    }

    fn says(&mut self, feed: &str, state: FeedState) {
        self.0.fact(Fact::FeedRead { feed: feed.into(), reading: Reading::new(state, "said") });
    }

    /// Nothing came back.
    fn silent(&mut self, feed: &str) {
        let reading = Reading { unanswered: Some(Reason::Timeout), ..Reading::new(FeedState::Failing, "no answer") };
        self.0.fact(Fact::FeedRead { feed: feed.into(), reading });
    }

    fn refused(&mut self, feed: &str) {
        let reading = Reading { unanswered: Some(Reason::Refused), ..Reading::new(FeedState::Failing, "refused") };
        self.0.fact(Fact::FeedRead { feed: feed.into(), reading });
    }

    fn source_is_silent(&mut self) {
        self.0.fact(Fact::SourceFailed { source: "prod".into(), trouble: Trouble::new(Reason::Timeout, "no answer") });
    }

    fn states(&self) -> String {
        let state = |name: &str| self.0.world.health.get(&name.into()).expect("a feed").state.word();
        FEEDS.map(state).join(" ")
    }

    fn is_offline(&self) -> bool {
        self.0.world.offline.since().is_some()
    }

    /// What was recorded of feeds and of the console.
    fn written(&self) -> Vec<&str> {
        let of = self.0.journal.iter().filter(|entry| [Kind::FeedChanged, Kind::Console].contains(&entry.kind));
        of.map(|entry| entry.text.as_str()).collect()
    }
}

#[test]
fn when_every_host_falls_silent_that_is_one_thing_and_no_failure_of_theirs() {
    let mut console = Console::new();
    console.source_is_silent();
    ["a", "b"].iter().for_each(|name| console.silent(name));
    console.0.wait(5);
    ["c", "d"].iter().for_each(|name| console.silent(name));
    assert!(console.is_offline());
    assert_eq!(console.states(), "stale stale stale stale healthy", "of this machine we know");
    let why = console.0.world.health.get(&"a".into()).and_then(|feed| feed.message()).map(|text| text.raw().to_owned());
    assert!(why.expect("a reason").contains("we may be offline ourselves"));
    assert_eq!(console.0.world.alerts.queue().count(), 1, "no alert is lost by it");
    assert_eq!(console.written().len(), 1, "{:?}", console.written());
    console.lasts(120);
    ["a", "b", "c", "d"].iter().for_each(|name| console.silent(name));
    assert_eq!((console.states().as_str(), console.written().len()), ("stale stale stale stale healthy", 1), "nor again");
}

#[test]
fn the_first_answer_ends_it_and_everything_is_asked() {
    let mut console = Console::new();
    ["a", "b", "c", "d"].iter().for_each(|name| console.silent(name));
    assert!(console.is_offline());
    console.lasts(90);
    console.0.taken();
    console.says("b", FeedState::Healthy);
    assert!(!console.is_offline());
    assert_eq!(console.states().split(' ').nth(1), Some("healthy"));
    let asked = |effect: &Effect| matches!(effect, Effect::Ask { feeds, sources } if feeds.len() == 4 && sources.len() == 1);
    assert!(console.0.taken().iter().any(asked));
    assert_eq!(console.written().len(), 2, "{:?}", console.written());
    console.silent("a");
    console.lasts(30);
    assert_eq!(console.states().split(' ').next(), Some("failing"), "who is silent alone is down");
}

#[test]
fn one_host_that_answers_in_between_makes_failures_of_the_others() {
    let mut console = Console::new();
    ["a", "b"].iter().for_each(|name| console.silent(name));
    assert_eq!(console.states(), "healthy healthy healthy healthy healthy", "held back for a moment");
    console.says("c", FeedState::Healthy);
    assert_eq!((console.states().as_str(), console.is_offline()), ("failing failing healthy healthy healthy", false));
    console.silent("d");
    console.source_is_silent();
    console.lasts(30);
    assert_eq!((console.states().split(' ').nth(3), console.is_offline()), (Some("failing"), false), "c still answers");
}

#[test]
fn what_is_refused_was_reached() {
    let mut console = Console::new();
    ["a", "b"].iter().for_each(|name| console.silent(name));
    console.refused("c");
    assert_eq!((console.states().as_str(), console.is_offline()), ("failing failing failing healthy healthy", false));
}

#[test]
fn what_nobody_else_speaks_of_is_held_back_for_twenty_seconds_at_most() {
    let mut console = Console::new();
    console.silent("a");
    console.0.wait(19);
    assert_eq!(console.states().split(' ').next(), Some("healthy"));
    console.0.wait(1);
    assert_eq!(console.states().split(' ').next(), Some("failing"));
}

#[test]
fn hosts_that_fall_silent_one_after_the_other_are_no_cut() {
    let mut console = Console::new();
    for name in ["a", "b", "c", "d"] {
        console.silent(name);
        console.lasts(130);
    }
    assert!(!console.is_offline());
}

#[test]
fn what_was_silent_for_long_is_no_evidence() {
    let mut console = Console::new();
    ["a", "b"].iter().for_each(|name| console.silent(name));
    console.says("c", FeedState::Healthy);
    console.0.poll(&[]);
    // Now those that are down are asked again, and one more is down.
    ["a", "b", "d"].iter().for_each(|name| console.silent(name));
    console.lasts(30);
    assert!(!console.is_offline());
    assert_eq!(console.states(), "failing failing healthy failing healthy");
}

#[test]
fn a_few_of_many_hosts_are_no_way_out_that_is_closed() {
    let names: Vec<String> = (0..8).map(|n| format!("h{n}")).collect();
    let feeds = names.iter().map(|name| FeedSpec::new(name.as_str(), "http", Duration::from_secs(60), Duration::from_secs(10)));
    let hosts = names.iter().map(|name| (name.as_str().into(), format!("{name}.example"))).collect();
    let hosts = Hosts { feeds: hosts, ..Hosts::default() };
    let mut console = Console(Story::with(Settings { feeds: feeds.collect(), hosts, ..settings(false) }));
    names.iter().for_each(|name| console.says(name, FeedState::Healthy));
    for (count, name) in names.iter().enumerate() {
        console.silent(name);
        assert_eq!(console.is_offline(), count >= 4, "{} of 8 are silent, and nobody has spoken since", count + 1);
    }
}

#[test]
fn what_we_lack_ourselves_is_no_answer_of_anybody() {
    let mut console = Console::new();
    ["a", "b"].iter().for_each(|name| console.silent(name));
    console.0.fact(Fact::FeedFailed { feed: "c".into(), trouble: Trouble::new(Reason::Local, "no such program") });
    console.silent("d");
    console.source_is_silent();
    assert!(console.is_offline(), "four of five, and the fifth was not asked");
}
