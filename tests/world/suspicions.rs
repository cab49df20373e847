//! What is suspected to be why, and what becomes of that: written down once it holds, compared with what happens, taken back when a
//! person says otherwise.

use super::*;
use midwatch::domain::health::{FeedSpec, FeedState, Reading};
use midwatch::domain::settings::Settings;
use midwatch::model::health::Proven;

/// checkout needs postgres; each has a feed.
fn watched() -> Settings {
    let feed = |name: &str| FeedSpec {
        service: Some(name.into()),
        ..FeedSpec::new(format!("{name}-feed").as_str(), "http", Duration::from_secs(30), Duration::from_secs(5))
    };
    Settings { feeds: vec![feed("checkout"), feed("postgres")], ..settings(false) }
}

struct Outage {
    story: Story,
    postgres: FeedState,
    checkout: FeedState,
}

impl Outage {
    fn new() -> Self {
        let mut outage = Self { story: Story::with(watched()), postgres: FeedState::Healthy, checkout: FeedState::Healthy };
        outage.lasts(30);
        outage.postgres = FeedState::Failing;
        outage.lasts(20);
        outage.checkout = FeedState::Failing;
        outage.lasts(10);
        outage
    }

    /// Both are asked every ten seconds.
    fn lasts(&mut self, seconds: u64) -> &mut Self {
        for _ in 0..seconds / 10 {
            for (feed, state) in [("postgres-feed", self.postgres), ("checkout-feed", self.checkout)] {
                self.story.fact(Fact::FeedRead { feed: feed.into(), reading: Reading::new(state, "said") });
            }
            self.story.wait(10);
        }
        self
    }

    fn suspected(&self) -> Option<String> {
        self.story.world.suspicions().of(&"checkout".into()).map(|found| found.cause.to_string())
    }

    fn proven(&self) -> (u32, u32) {
        let Proven { right, wrong } = self.story.world.suspicions().proven();
        (right, wrong)
    }

    /// What was written down of causes.
    fn written(&self) -> Vec<String> {
        let of_causes = self.story.journal.iter().filter(|entry| entry.kind == Kind::Cause);
        of_causes.map(|entry| entry.text_of("verdict").expect("a verdict").to_owned()).collect()
    }
}

#[test]
fn what_holds_for_a_minute_is_written_down_once_with_its_reasons() {
    let mut outage = Outage::new();
    assert_eq!(
        (outage.suspected().as_deref(), outage.written().len()),
        (Some("postgres"), 0),
        "at once, and not for the log yet"
    );
    outage.lasts(300);
    assert_eq!(outage.written(), ["suspected"]);
    let text = outage.story.last(Kind::Cause).text.clone();
    assert!(text.starts_with("suspected cause of checkout: postgres, ") && text.contains("checkout needs postgres"), "{text}");
}

#[test]
fn a_cause_that_ends_with_its_symptom_was_rightly_suspected() {
    let mut outage = Outage::new();
    outage.lasts(120).postgres = FeedState::Healthy;
    outage.lasts(120);
    assert_eq!(outage.proven(), (0, 0), "it is not over yet");
    outage.checkout = FeedState::Healthy;
    outage.lasts(20);
    assert_eq!((outage.proven(), outage.written().last().map(String::as_str)), ((1, 0), Some("right")));
    outage.lasts(1_200);
    assert_eq!(outage.proven(), (1, 0), "it counts once");
}

#[test]
fn what_ended_together_shows_nothing_of_its_cause() {
    let mut outage = Outage::new();
    outage.lasts(120);
    (outage.postgres, outage.checkout) = (FeedState::Healthy, FeedState::Healthy);
    outage.lasts(1_200);
    assert_eq!((outage.proven(), outage.written()), ((0, 0), ["suspected", "together"].map(str::to_owned).into()));
}

#[test]
fn a_cause_that_goes_and_leaves_its_symptom_was_none() {
    let mut outage = Outage::new();
    outage.lasts(120).postgres = FeedState::Healthy;
    outage.lasts(700);
    assert_eq!((outage.proven(), outage.written().last().map(String::as_str)), ((0, 1), Some("wrong")));
}

#[test]
fn a_symptom_that_is_well_again_beside_its_cause_had_another() {
    let mut outage = Outage::new();
    outage.lasts(120).checkout = FeedState::Healthy;
    outage.lasts(700);
    assert_eq!(outage.proven(), (0, 1));
}

#[test]
fn what_nobody_can_ask_is_not_over() {
    let mut outage = Outage::new();
    outage.lasts(120);
    (0..90).for_each(|_| outage.story.wait(10));
    assert_eq!(outage.proven(), (0, 0), "both feeds are silent");
}

#[test]
fn what_was_gone_within_a_minute_is_neither() {
    let mut outage = Outage::new();
    (outage.postgres, outage.checkout) = (FeedState::Healthy, FeedState::Healthy);
    outage.lasts(900);
    assert_eq!((outage.proven(), outage.written().len()), ((0, 0), 0));
}

#[test]
fn a_person_who_knows_better_is_believed_and_it_counts_as_wrong() {
    let mut outage = Outage::new();
    outage.lasts(120);
    outage.story.ask(Command::DenyCause { service: "checkout".into() });
    assert_eq!((outage.suspected(), outage.proven()), (None, (0, 1)));
    outage.lasts(900);
    assert_eq!((outage.suspected(), outage.proven()), (None, (0, 1)), "it is not named again in this outage");
    (outage.postgres, outage.checkout) = (FeedState::Healthy, FeedState::Healthy);
    outage.lasts(30).postgres = FeedState::Failing;
    outage.lasts(20).checkout = FeedState::Failing;
    outage.lasts(10);
    assert_eq!(outage.suspected().as_deref(), Some("postgres"), "another outage is another question");
    outage.story.ask(Command::DenyCause { service: "postgres".into() });
    assert_eq!(outage.proven(), (0, 1), "nothing is suspected of it");
}

#[test]
fn who_does_not_watch_knows_what_was_written_down_and_may_deny_it() {
    let service = "checkout".into();
    let written = |story: &Story| story.world.suspicions().written(&service, story.now.wall).map(|written| written.cause.clone());
    let mut outage = Outage::new();
    assert_eq!(written(&outage.story), None, "it has not held yet");
    outage.lasts(120);
    assert_eq!(written(&outage.story).as_deref(), Some("postgres"));
    // Another process has the record alone.
    outage.story.begins_anew();
    assert_eq!((outage.suspected(), written(&outage.story).as_deref()), (None, Some("postgres")));
    outage.story.ask(Command::DenyCause { service: service.clone() });
    assert_eq!((written(&outage.story), outage.proven()), (None, (0, 1)));
    let entry = outage.story.last(Kind::Cause).clone();
    assert_eq!((entry.text_of("verdict"), entry.text_of("cause")), (Some("denied"), Some("postgres")));
}

#[test]
fn what_was_written_down_is_gone_with_its_end_and_after_a_day_without_one() {
    let service = "checkout".into();
    let mut outage = Outage::new();
    outage.lasts(120);
    let story = &outage.story;
    let later = |hours| story.world.suspicions().written(&service, story.now.wall + chrono::Duration::hours(hours)).is_some();
    assert_eq!([later(23), later(25)], [true, false]);
    (outage.postgres, outage.checkout) = (FeedState::Healthy, FeedState::Healthy);
    outage.lasts(30);
    assert!(outage.story.world.suspicions().written(&service, outage.story.now.wall).is_none());
}

#[test]
fn how_often_it_was_right_outlives_the_console() {
    let mut outage = Outage::new();
    outage.lasts(120).postgres = FeedState::Healthy;
    outage.lasts(20).checkout = FeedState::Healthy;
    outage.lasts(20);
    assert_eq!(outage.proven(), (1, 0));
    outage.story.begins_anew();
    assert_eq!(outage.proven(), (1, 0));
}

#[test]
fn a_reading_that_says_the_same_again_judges_nothing_anew() {
    let mut outage = Outage::new();
    let before = outage.story.world.suspicions().revision();
    outage.lasts(120);
    assert_eq!(outage.story.world.suspicions().revision(), before);
}

#[test]
fn alerts_fold_under_what_is_only_measured() {
    let mut outage = Outage::new();
    let alert = alert("Errors", "checkout", outage.story.now.wall);
    outage.story.poll(std::slice::from_ref(&alert));
    let tracked = outage.story.world.alerts.get(&alert.id).expect("tracked").clone();
    let why = outage.story.world.why(&tracked).expect("a reason");
    assert_eq!((why.path.last().map(|name| name.as_str()), why.first), (Some("postgres"), None));
    assert_eq!(outage.story.world.causes().of(&tracked).map(|name| name.as_str()), Some("postgres"));
}

#[test]
fn what_is_measured_to_be_degraded_explains_a_warning_and_nothing_worse() {
    let mut outage = Outage::new();
    outage.postgres = FeedState::Degraded;
    outage.lasts(10);
    assert_eq!(outage.suspected().as_deref(), Some("postgres"));
    let critical = alert("Errors", "checkout", outage.story.now.wall);
    let labels = [("alertname", "Slow"), ("service", "checkout"), ("severity", "warning")];
    let labels = midwatch::domain::alert::Labels::new(labels.map(|(name, value)| (name.into(), value.into())).to_vec());
    let warning = midwatch::domain::alert::Alert { id: id("Slow"), labels, ..(*critical).clone() };
    outage.story.poll(&[critical, Arc::new(warning)]);
    let explained = |name: &str| {
        let world = &outage.story.world;
        world.alerts.get(&id(name)).and_then(|tracked| world.causes().of(tracked).cloned())
    };
    assert_eq!((explained("Errors"), explained("Slow")), (None, Some("postgres".into())));
}

/// postgres has a second feed, and checkout's begins to fail at the end.
struct Flapping {
    story: Story,
}

impl Flapping {
    fn new() -> Self {
        let mut settings = watched();
        let second = FeedSpec { name: "postgres-second".into(), ..settings.feeds[1].clone() };
        settings.feeds.push(second);
        let mut flapping = Self { story: Story::with(settings) };
        flapping.reads(&[("postgres-feed", true), ("postgres-second", true), ("checkout-feed", true)]);
        flapping
    }

    fn reads(&mut self, told: &[(&str, bool)]) -> &mut Self {
        for (feed, well) in told {
            let state = if *well { FeedState::Healthy } else { FeedState::Failing };
            self.story.fact(Fact::FeedRead { feed: (*feed).into(), reading: Reading::new(state, "said") });
        }
        self.story.wait(10);
        self
    }

    /// Fails so often, and is well between.
    fn comes_and_goes(&mut self, times: usize) -> &mut Self {
        for _ in 1..times {
            self.reads(&[("postgres-feed", false)]).reads(&[("postgres-feed", true)]);
        }
        self.reads(&[("postgres-feed", false)])
    }

    /// What is suspected of this service, and its reasons.
    fn suspected(&self, service: &str) -> (Option<String>, String) {
        let found = self.story.world.suspicions().of(&service.into());
        (found.map(|found| found.cause.to_string()), found.map(|found| found.reasons.join("; ")).unwrap_or_default())
    }
}

#[test]
fn what_comes_and_goes_is_no_cause_and_what_fails_beside_it_is() {
    let mut outage = Flapping::new();
    outage.comes_and_goes(2).reads(&[("checkout-feed", false)]);
    assert_eq!(outage.suspected("checkout").0.as_deref(), Some("postgres"), "once back and forth is an outage that came twice");
    let mut outage = Flapping::new();
    outage.comes_and_goes(3).reads(&[("checkout-feed", false)]);
    assert_eq!(outage.suspected("checkout").0, None);
    let mut outage = Flapping::new();
    outage.comes_and_goes(3).reads(&[("postgres-second", false)]).reads(&[("checkout-feed", false)]);
    let (cause, why) = outage.suspected("checkout");
    assert!(cause.as_deref() == Some("postgres") && !why.contains("comes and goes"), "{cause:?}: {why}");
}

#[test]
fn alerts_that_come_and_go_are_no_cause_and_one_that_stays_is() {
    let flaps = |also: bool, measured: bool| {
        let mut outage = Flapping::new();
        let stays = alert("Stays", "postgres", outage.story.now.wall);
        let steady: Vec<_> = also.then(|| stays.clone()).into_iter().collect();
        for _ in 0..5 {
            let comes = alert("Comes", "postgres", outage.story.now.wall);
            outage.story.poll(&[steady.clone(), vec![comes]].concat());
            outage.reads(&[("postgres-feed", true)]);
            // It takes two answers until it is gone.
            (0..2).for_each(|_| outage.story.poll(&steady));
            outage.reads(&[("postgres-feed", true)]);
        }
        let comes = alert("Comes", "postgres", outage.story.now.wall);
        outage.story.poll(&[steady, vec![comes]].concat());
        outage.reads(&[("postgres-feed", !measured)]).reads(&[("checkout-feed", false)]);
        outage.suspected("checkout")
    };
    assert_eq!(flaps(false, false).0, None);
    for (also, measured) in [(true, false), (false, true)] {
        let (cause, why) = flaps(also, measured);
        assert!(cause.as_deref() == Some("postgres") && !why.contains("comes and goes"), "{also} {measured}: {cause:?}: {why}");
    }
}

#[test]
fn a_change_of_what_comes_and_goes_anyway_is_hardly_why() {
    let changed = |times: usize| {
        let mut outage = Flapping::new();
        outage.story.ask(Command::Change(changes::told("postgres", "16.3", outage.story.now.wall)));
        outage.comes_and_goes(times);
        outage.suspected("postgres")
    };
    let (cause, _) = changed(1);
    assert_eq!(cause.as_deref(), Some("deploy of postgres: 16.3"));
    let (cause, why) = changed(4);
    assert!(cause.is_none() || why.contains("but it comes and goes"), "{cause:?}: {why}");
}

/// Both fire for minutes; then postgres's is not listed any more, and then checkout's.
fn ended(told: bool) -> Vec<String> {
    let mut outage = Outage { story: Story::new(), postgres: FeedState::Healthy, checkout: FeedState::Healthy };
    let down = alert("Down", "postgres", outage.story.now.wall);
    outage.story.poll(std::slice::from_ref(&down));
    outage.story.wait(20);
    let errors = alert("Errors", "checkout", outage.story.now.wall);
    for _ in 0..20 {
        outage.story.poll(&[down.clone(), errors.clone()]);
        outage.story.wait(10);
    }
    let names = |names: &[&str]| names.iter().map(|name| ((*name).into(), at("2026-03-01T03:00:30Z"))).collect();
    let answer = |left: &[&str]| {
        let untold = if told { Vec::new() } else { names(left) };
        SourceAnswer { complete: true, untold, ..SourceAnswer::default() }
    };
    for _ in 0..4 {
        outage.story.poll_with(std::slice::from_ref(&errors), answer(&["Down"]));
        outage.story.wait(10);
    }
    for _ in 0..4 {
        outage.story.poll_with(&[], answer(&["Errors"]));
        outage.story.wait(10);
    }
    outage.written()
}

#[test]
fn ends_that_nobody_has_told_of_show_nothing() {
    assert_eq!(ended(true), ["suspected", "right"]);
    assert_eq!(ended(false), ["suspected", "untold"]);
}
