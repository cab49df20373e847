//! Random histories of feeds: targets that turn bad and well again, answers that are lost, late or never come, a machine that sleeps, a
//! clock that is set, consoles that die. Whatever happens, nothing is shown healthy that was not found so lately, and nothing is
//! shown stale of which an answer has just come.

use super::*;
use midwatch::domain::health::{Confirm, FeedSpec, FeedState, Reading, Votes};
use midwatch::domain::ids::FeedName;
use midwatch::domain::settings::Settings;
use midwatch::domain::stamp::Stamp;
use midwatch::model::Body;

const EVERY: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(10);
/// The last one changes its state only when enough answers agree.
const FEEDS: [&str; 4] = ["api", "db", "queue", "slow-to-believe"];

#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    Turns(usize, FeedState),
    /// The target is asked: what it is now is on its way.
    Asked(usize),
    /// The answer arrives, unless that took too long.
    Arrives(usize),
    /// It does not: it is lost, cut short, or another server's.
    Lost(usize),
    Sleeps(u64),
    ClockSet(i64),
    ConsoleDies,
}

fn step() -> impl Strategy<Value = Step> {
    let feed = || 0..FEEDS.len();
    let state = prop_oneof![3 => Just(FeedState::Healthy), 1 => Just(FeedState::Degraded), 3 => Just(FeedState::Failing), 1 => Just(FeedState::Unknown)];
    let set = prop_oneof![-7_200..-60_i64, 60..7_200_i64];
    prop_oneof![
        8 => (1..30_u64).prop_map(Step::Wait),
        2 => (30..200_u64).prop_map(Step::Wait),
        4 => (feed(), state).prop_map(|(feed, state)| Step::Turns(feed, state)),
        12 => feed().prop_map(Step::Asked),
        12 => feed().prop_map(Step::Arrives),
        3 => feed().prop_map(Step::Lost),
        1 => (600..40_000_u64).prop_map(Step::Sleeps),
        1 => set.prop_map(Step::ClockSet),
        1 => Just(Step::ConsoleDies),
    ]
}

/// One target, and what this console was told of it.
struct Target {
    /// What it really is, and since when.
    truth: Vec<(Duration, FeedState)>,
    /// What it was when it was asked, and when that was.
    answer: Option<(FeedState, Duration)>,
    /// The last answer that arrived.
    told: Option<(FeedState, Duration)>,
    /// Since then the machine slept, or its clock was set.
    doubted: bool,
    /// It could not be asked.
    failed: bool,
}

struct Night {
    story: Story,
    targets: Vec<Target>,
}

fn spec(name: &str) -> FeedSpec {
    let votes = |needed, of| Votes { needed, of };
    let confirm = match name {
        "slow-to-believe" => Confirm { worse: votes(2, 3), better: votes(3, 3) },
        _ => Confirm::default(),
    };
    FeedSpec { confirm, ..FeedSpec::new(name, "http", EVERY, TIMEOUT) }
}

impl Night {
    fn new() -> Self {
        let story = Story::with(Settings { feeds: FEEDS.map(spec).to_vec(), ..settings(false) });
        let began = story.now.mono;
        let target =
            |_| Target { truth: vec![(began, FeedState::Healthy)], answer: None, told: None, doubted: false, failed: false };
        let targets = FEEDS.iter().map(target).collect();
        Self { story, targets }
    }

    fn live(&mut self, step: &Step) {
        let now = self.story.now.mono;
        match step {
            // The loop is woken when it asked for it: nobody has slept.
            Step::Wait(seconds) => (0..*seconds).step_by(10).for_each(|past| self.story.wait((seconds - past).min(10))),
            Step::Turns(feed, state) => self.targets[*feed].truth.push((now, *state)),
            Step::Asked(feed) => {
                let target = &mut self.targets[*feed];
                target.answer.get_or_insert((target.truth.last().expect("it begins").1, now));
            }
            Step::Arrives(feed) => match self.targets[*feed].answer.take() {
                Some((state, asked)) if now - asked <= TIMEOUT => self.arrives(*feed, state),
                Some(_) => self.fails(*feed),
                None => {}
            },
            Step::Lost(feed) => {
                if self.targets[*feed].answer.take().is_some() {
                    self.fails(*feed);
                }
            }
            Step::Sleeps(seconds) => {
                // No connection outlives this.
                self.targets.iter_mut().for_each(|target| target.answer = None);
                self.story.pass(*seconds);
                self.doubts();
            }
            Step::ClockSet(by) => {
                self.story.now.wall += chrono::Duration::seconds(*by);
                self.doubts();
            }
            Step::ConsoleDies => self.console_dies(),
        }
        self.is_shown_truly();
    }

    fn arrives(&mut self, feed: usize, state: FeedState) {
        let target = &mut self.targets[feed];
        (target.told, target.doubted) = (Some((state, self.story.now.mono)), false);
        self.story.fact(Fact::FeedRead { feed: FEEDS[feed].into(), reading: Reading::new(state, "so it is") });
    }

    fn fails(&mut self, feed: usize) {
        self.targets[feed].failed = true;
        let trouble = Trouble::new(Reason::Timeout, "no answer");
        self.story.fact(Fact::FeedFailed { feed: FEEDS[feed].into(), trouble });
    }

    fn doubts(&mut self) {
        self.targets.iter_mut().for_each(|target| target.doubted = true);
        self.story.event(Body::Tick);
    }

    /// Another one begins, and knows from the cache what was measured.
    fn console_dies(&mut self) {
        let now = self.story.now;
        let past = |feed: &midwatch::model::health::FeedHealth| Some((feed.spec.name.clone(), feed.past(now)?));
        let past = self.story.world.health.iter().filter_map(past).collect();
        self.story.begins_anew();
        self.story.fact(Fact::FeedsRemembered(past));
        for target in &mut self.targets {
            (target.answer, target.told, target.doubted, target.failed) = (None, None, false, false);
        }
    }

    fn shown(&self, feed: usize) -> FeedState {
        self.story.world.health.get(&FeedName::from(FEEDS[feed])).expect("it is configured").state
    }

    fn is_shown_truly(&self) {
        let now = self.story.now.mono;
        for (feed, target) in self.targets.iter().enumerate() {
            let (shown, deadline, name) = (self.shown(feed), spec(FEEDS[feed]).deadline(), FEEDS[feed]);
            let fresh = target.told.filter(|(_, at)| !target.doubted && now < *at + deadline);
            let silent = if target.told.is_some() || target.failed { FeedState::Stale } else { FeedState::Unknown };
            match fresh {
                Some(_) if name == "slow-to-believe" => assert_ne!(shown, FeedState::Stale, "{name} is falsely stale"),
                Some((state, _)) => assert_eq!(shown, state, "{name} is not what it said"),
                None => assert_eq!(shown, silent, "{name}, of which nothing is known"),
            }
            let green = shown == FeedState::Healthy && name != "slow-to-believe";
            assert!(!green || target.was_healthy_since(now.saturating_sub(deadline + TIMEOUT)), "{name} is falsely green");
        }
    }

    /// Everything works again for a while.
    fn calms_down(&mut self) {
        for _ in 0..8 {
            for feed in 0..FEEDS.len() {
                self.live(&Step::Arrives(feed));
                self.live(&Step::Asked(feed));
            }
            self.live(&Step::Wait(5));
            (0..FEEDS.len()).for_each(|feed| self.live(&Step::Arrives(feed)));
            self.live(&Step::Wait(25));
        }
        for (feed, target) in self.targets.iter().enumerate() {
            assert_eq!(self.shown(feed), target.truth.last().expect("it begins").1, "{}", FEEDS[feed]);
        }
    }
}

impl Target {
    fn was_healthy_since(&self, when: Duration) -> bool {
        let ends = self.truth.iter().skip(1).map(|(at, _)| *at).chain([Duration::MAX]);
        self.truth.iter().zip(ends).any(|((_, state), end)| *state == FeedState::Healthy && end >= when)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_falsely_green_and_nothing_falsely_stale(steps in prop::collection::vec(step(), 1..150)) {
        let mut night = Night::new();
        steps.iter().for_each(|step| night.live(step));
        night.calms_down();
    }
}

#[test]
fn what_was_bad_when_the_last_console_died_and_is_well_now_is_on_record_as_well() {
    let mut story = Story::with(Settings { feeds: FEEDS.map(spec).to_vec(), ..settings(false) });
    let says = |story: &mut Story, feed: &str, state| {
        story.wait(10);
        story.fact(Fact::FeedRead { feed: feed.into(), reading: Reading::new(state, "so it is") });
    };
    says(&mut story, "api", FeedState::Failing);
    says(&mut story, "db", FeedState::Healthy);
    story.begins_anew();
    for feed in ["api", "db", "api"] {
        says(&mut story, feed, FeedState::Healthy);
    }
    says(&mut story, "api", FeedState::Failing);
    story.begins_anew();
    says(&mut story, "api", FeedState::Failing);
    let written = story.journal.iter().filter(|entry| entry.kind == Kind::FeedChanged).map(|entry| entry.text.as_str());
    let wanted = ["api failing: so it is", "api healthy: so it is", "api failing: so it is"];
    assert_eq!(written.collect::<Vec<_>>(), wanted, "who looks anew says what is bad no more, and nothing twice");
}

#[test]
fn who_begins_knows_since_when_a_feed_is_bad_also_on_a_machine_that_was_restarted_since() {
    let mut story = Story::with(Settings { feeds: FEEDS.map(spec).to_vec(), ..settings(false) });
    let says = |story: &mut Story, feed: &str, state| {
        story.fact(Fact::FeedRead { feed: feed.into(), reading: Reading::new(state, "so it is") });
    };
    says(&mut story, "api", FeedState::Failing);
    says(&mut story, "db", FeedState::Failing);
    says(&mut story, "db", FeedState::Healthy);
    let (began, quarter) = (story.now.wall, Duration::from_secs(900));
    for mono in [story.now.mono + quarter, Duration::from_secs(5)] {
        story.now = Stamp { wall: began + quarter, mono };
        story.begins_anew();
        for (feed, state) in [("api", FeedState::Failing), ("db", FeedState::Healthy)] {
            says(&mut story, feed, state);
        }
        let feed = |name: &str| story.world.health.get(&FeedName::from(name)).expect("it is configured");
        assert_eq!(feed("api").since.map(|since| since.wall), Some(began), "what is on record");
        assert_eq!(feed("api").lasting(story.now), Some(quarter), "whatever this boot's clock says");
        assert_eq!(feed("api").seen, Some(story.now), "and nobody watched meanwhile");
        assert_eq!(feed("db").since, Some(story.now), "that it was well all the time nobody knows");
    }
    assert_eq!(story.journal.iter().filter(|entry| entry.kind == Kind::FeedChanged).count(), 3);
    says(&mut story, "api", FeedState::Healthy);
    assert_eq!(story.journal.last().map(|entry| entry.text.as_str()), Some("api healthy: so it is"));
}
