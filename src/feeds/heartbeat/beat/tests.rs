use super::*;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const WANTED: Wanted = Wanted { every: HOUR, grace: Duration::from_secs(600) };

/// This long after the machine's start, which was at noon.
fn at(mono: Duration) -> Stamp {
    let noon = DateTime::from_timestamp(1_772_366_400, 0).expect("a time");
    Stamp { wall: noon + mono, mono }
}

fn state(beat: &mut Beat, now: Duration) -> FeedState {
    beat.judge(WANTED, at(now)).map_or_else(|never| never, |(state, _)| state)
}

fn words(beat: &mut Beat, now: Duration) -> String {
    beat.judge(WANTED, at(now)).expect("it was called").1
}

/// Listening and awake from one time to another.
fn awake(beat: &mut Beat, from: Duration, to: Duration) {
    let mut now = from;
    while now < to {
        beat.awake(at(now));
        now += AWAY;
    }
}

/// One that listens since the machine's start and was called an hour later.
fn called() -> Beat {
    let mut beat = Beat::default();
    beat.open(at(Duration::ZERO));
    awake(&mut beat, Duration::ZERO, HOUR);
    beat.call(at(HOUR));
    beat
}

#[test]
fn what_was_never_called_is_unknown_however_long_we_listened() {
    let mut beat = Beat::default();
    beat.open(at(Duration::ZERO));
    awake(&mut beat, Duration::ZERO, 9 * HOUR);
    assert_eq!(state(&mut beat, 9 * HOUR), FeedState::Unknown);
}

#[test]
fn a_call_is_good_for_an_interval_and_its_grace_and_the_next_one_mends() {
    let mut beat = called();
    awake(&mut beat, HOUR, 2 * HOUR + 10 * MINUTE);
    assert_eq!(state(&mut beat, 2 * HOUR + 10 * MINUTE), FeedState::Healthy);
    assert_eq!(words(&mut beat, 2 * HOUR + 10 * MINUTE), "called 1h 10m ago");
    let late = 2 * HOUR + 10 * MINUTE + Duration::from_millis(1);
    assert_eq!(state(&mut beat, late), FeedState::Failing);
    assert_eq!(words(&mut beat, late), "not called for 1h 10m, expected every 1h");
    beat.call(at(late));
    assert_eq!(state(&mut beat, late), FeedState::Healthy);
}

#[test]
fn after_a_night_asleep_nobody_is_blamed_until_a_whole_interval_was_heard() {
    let mut beat = called();
    let morning = 10 * HOUR;
    assert_eq!(state(&mut beat, morning), FeedState::Unknown, "it is asked before we say that we are awake");
    assert_eq!(words(&mut beat, morning), "called 9h ago, expected every 1h; midwatch can be called only since 0s ago");
    awake(&mut beat, morning, morning + HOUR);
    assert_eq!(state(&mut beat, morning + HOUR), FeedState::Unknown);
    awake(&mut beat, morning + HOUR, morning + 2 * HOUR);
    assert_eq!(state(&mut beat, morning + 2 * HOUR), FeedState::Failing);
}

#[test]
fn what_was_missed_before_we_slept_stays_missed() {
    let mut beat = called();
    awake(&mut beat, HOUR, 3 * HOUR);
    assert_eq!(state(&mut beat, 3 * HOUR), FeedState::Failing);
    assert_eq!(state(&mut beat, 10 * HOUR), FeedState::Failing);
    beat.call(at(10 * HOUR));
    assert_eq!(state(&mut beat, 20 * HOUR), FeedState::Unknown, "the call has mended it");
}

#[test]
fn the_next_process_knows_the_last_call_and_blames_nobody_for_its_own_absence() {
    let kept = called().kept(at(HOUR)).expect("it was called");
    // Another machine start: its clock begins anew.
    let now = |mono: Duration| Stamp { wall: at(10 * HOUR).wall + mono, mono };
    let mut next = Beat::default();
    next.remember(kept, now(MINUTE));
    next.open(now(MINUTE));
    let (state, words) = next.judge(WANTED, now(MINUTE)).expect("it was called");
    assert_eq!((state, words.split(',').next()), (FeedState::Unknown, Some("called 9h 1m ago")));
    let mut other = Beat::default();
    other.remember(Kept { missed: true, ..kept }, now(MINUTE));
    other.open(now(MINUTE));
    assert_eq!(other.judge(WANTED, now(MINUTE)).expect("it was called").0, FeedState::Failing, "it was missed before");
    let mut young = Beat::default();
    young.remember(kept, Stamp { wall: kept.called + MINUTE, mono: MINUTE });
    young.open(Stamp { wall: kept.called + MINUTE, mono: MINUTE });
    assert_eq!(young.judge(WANTED, Stamp { wall: kept.called, mono: MINUTE }).map(|(state, _)| state), Ok(FeedState::Healthy));
}

#[test]
fn a_clock_that_was_set_back_makes_no_call_of_the_future_fresh() {
    let kept = called().kept(at(HOUR)).expect("it was called");
    let mut next = Beat::default();
    next.remember(kept, at(MINUTE));
    assert_eq!(next.judge(WANTED, at(MINUTE)), Err(FeedState::Unknown));
}

#[test]
fn the_wall_clock_makes_nobody_late() {
    let mut beat = called();
    let set = Stamp { wall: at(9 * HOUR).wall, mono: HOUR + MINUTE };
    assert_eq!(beat.judge(WANTED, set).map(|(state, _)| state), Ok(FeedState::Healthy));
}

#[test]
fn whoever_asks_the_process_that_listens_says_the_same() {
    let mut beat = called();
    awake(&mut beat, HOUR, 2 * HOUR);
    let mut other = Beat::default();
    other.learn(&beat.heard(at(2 * HOUR)), at(2 * HOUR));
    assert_eq!(state(&mut other, 2 * HOUR), FeedState::Healthy);
    awake(&mut beat, 2 * HOUR, 4 * HOUR);
    let mut fresh = Beat::default();
    fresh.learn(&beat.heard(at(4 * HOUR)), at(4 * HOUR));
    assert_eq!(state(&mut fresh, 4 * HOUR), FeedState::Failing);
    // It takes over: nobody could call in between.
    other.open(at(4 * HOUR));
    assert_eq!(state(&mut other, 4 * HOUR), FeedState::Unknown);
}

#[test]
fn another_configuration_goes_on_listening_and_an_answer_that_is_older_than_a_call_takes_nothing_away() {
    let mut beat = called();
    awake(&mut beat, HOUR, 2 * HOUR);
    let mut next = Beat::default();
    next.inherit(&beat.heard(at(2 * HOUR)), at(2 * HOUR));
    next.open(at(2 * HOUR));
    awake(&mut next, 2 * HOUR, 3 * HOUR);
    assert_eq!(state(&mut next, 3 * HOUR), FeedState::Failing);
    let old = next.heard(at(3 * HOUR));
    next.call(at(3 * HOUR));
    next.learn(&old, at(3 * HOUR));
    assert_eq!(state(&mut next, 3 * HOUR), FeedState::Healthy);
    let mut idle = Beat::default();
    idle.learn(&beat.heard(at(2 * HOUR)), at(2 * HOUR));
    let mut again = Beat::default();
    again.inherit(&idle.heard(at(2 * HOUR)), at(2 * HOUR));
    assert!(!again.is_open(), "who did not listen does not go on listening");
}
