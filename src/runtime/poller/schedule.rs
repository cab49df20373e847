//! When which item is asked. Pure: time is handed in, as the time since the poller began.
//!
//! Invariant: an item is queued, running, or both never. At most `most` items run, and at most `cap` of them are young: a
//! crowd that begins together would measure the crowd, but what hangs must not keep the others waiting.

use crate::model::event::{Pause, Spared};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Due times are rounded up to multiples of this, or of a twentieth of a shorter interval, so that many items share one
/// wake-up: on a machine that has nothing else to do it costs as much as five questions.
const GRID: Duration = Duration::from_millis(500);

/// The longest pause after failures, unless the interval itself is longer: so long at most does an operator wait for what
/// has come back. A source that wants to be left alone longer says so in its answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The longest that a remote can make us wait.
const LONGEST_ORDERED: Duration = Duration::from_secs(3600);

/// A question that has been under way for longer waits for the remote and costs nothing.
const YOUNG: Duration = Duration::from_millis(200);

/// One that was given up only after so long waits for the remote from its next beginning on.
const HANGS: Duration = Duration::from_secs(1);

/// How often an item is asked when all is well.
#[derive(Debug, Clone)]
pub struct Rhythm {
    pub name: String,
    pub every: Duration,
    /// Failures in a row double the pause, and a slow answer stretches it.
    pub sparing: bool,
}

/// How a question ended.
#[derive(Debug, Clone, Copy)]
pub enum Ended {
    Well,
    Failed { retry_after: Option<Duration> },
}

#[derive(Debug)]
pub struct Schedule {
    slots: Vec<Slot>,
    queue: BTreeSet<(Duration, usize)>,
    running: usize,
    /// Those that run, by the time at which they stop being young; some may be past it.
    young: BTreeSet<(Duration, usize)>,
    cap: usize,
    most: usize,
}

#[derive(Debug)]
struct Slot {
    rhythm: Rhythm,
    state: State,
    /// Questions asked, and failures since the last good answer.
    rounds: u32,
    failures: u32,
    /// The remote wants no question before this.
    ordered: Duration,
    /// What its pause is for.
    spared: Spared,
    /// It hung the last time: it is no part of a crowd, for nothing comes of it soon.
    hangs: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Queued(Duration),
    Running {
        since: Duration,
        /// Somebody asked in the meantime and must get an answer that is younger than the question.
        again: Again,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Again {
    No,
    /// As soon as the remote allows it.
    Allowed,
    Now,
}

impl Schedule {
    /// All items are due at once; the cap spreads them, and after the first round their phases do.
    pub fn new(cap: usize, most: usize, items: impl IntoIterator<Item = Rhythm>) -> Self {
        let now = Duration::ZERO;
        let slots: Vec<Slot> = items.into_iter().map(|rhythm| Slot::new(rhythm, now)).collect();
        let queue = (0..slots.len()).map(|index| (now, index)).collect();
        Self { slots, queue, running: 0, young: BTreeSet::new(), cap, most }
    }

    /// One more item, due at once.
    pub fn add(&mut self, rhythm: Rhythm, now: Duration) {
        self.queue.insert((now, self.slots.len()));
        self.slots.push(Slot::new(rhythm, now));
    }

    /// When `start` is to be called next; `None` while nothing is queued or no more may run.
    pub fn next(&self) -> Option<Duration> {
        let (due, index) = self.queue.first().filter(|_| self.running < self.most)?;
        let crowded = self.young.first().filter(|_| self.young.len() >= self.cap && !self.slots[*index].hangs);
        Some(crowded.map_or(*due, |(until, _)| *until.max(due)))
    }

    /// The next item that is to be asked now; from here on it runs.
    pub fn start(&mut self, now: Duration) -> Option<usize> {
        while self.young.first().is_some_and(|(until, _)| *until <= now) {
            self.young.pop_first();
        }
        self.next().filter(|due| *due <= now)?;
        let (_, index) = self.queue.pop_first()?;
        if !self.slots[index].hangs {
            self.young.insert((now + YOUNG, index));
        }
        self.slots[index].state = State::Running { since: now, again: Again::No };
        self.running += 1;
        Some(index)
    }

    /// A running item has been answered.
    pub fn done(&mut self, index: usize, now: Duration, ended: Ended) {
        let Some(slot) = self.slots.get_mut(index) else { return };
        let State::Running { since, again } = slot.state else { return };
        let due = slot.ended(since, now, ended);
        self.running -= 1;
        self.young.remove(&(since + YOUNG, index));
        let allowed = due.min(now.max(slot.ordered));
        self.queue_up(
            index,
            match again {
                Again::No => due,
                Again::Allowed => allowed,
                Again::Now => now,
            },
        );
    }

    /// How long an item that is not being asked is left alone from now on.
    pub fn pause(&self, index: usize, now: Duration) -> Option<Pause> {
        let slot = self.slots.get(index)?;
        match slot.state {
            State::Queued(due) => Some(Pause { lasts: due.saturating_sub(now), why: slot.spared }),
            State::Running { .. } => None,
        }
    }

    /// Asks now, or once more when it is being asked already.
    pub fn ask(&mut self, index: usize, now: Duration) {
        self.hurry(index, now, Again::Now);
    }

    /// Asks as soon as the remote allows it: nobody waits for the answer.
    pub fn hear(&mut self, index: usize, now: Duration) {
        if let Some(slot) = self.slots.get(index) {
            self.hurry(index, now.max(slot.ordered), Again::Allowed);
        }
    }

    fn hurry(&mut self, index: usize, at: Duration, how: Again) {
        match self.slots.get_mut(index).map(|slot| &mut slot.state) {
            Some(State::Running { again, .. }) if how > *again => *again = how,
            Some(State::Queued(due)) => {
                let due = *due;
                self.queue.remove(&(due, index));
                self.queue_up(index, at.min(due));
            }
            _ => {}
        }
    }

    fn queue_up(&mut self, index: usize, due: Duration) {
        self.slots[index].state = State::Queued(due);
        self.queue.insert((due, index));
    }
}

impl Slot {
    fn new(rhythm: Rhythm, due: Duration) -> Self {
        let (state, ordered, spared) = (State::Queued(due), Duration::ZERO, Spared::Usually);
        Self { rhythm, state, rounds: 0, failures: 0, ordered, spared, hangs: false }
    }

    /// Counts the answer and says when to ask again.
    fn ended(&mut self, since: Duration, now: Duration, ended: Ended) -> Duration {
        self.rounds += 1;
        self.hangs = matches!(ended, Ended::Failed { .. }) && now.saturating_sub(since) >= HANGS;
        let pause = match ended {
            Ended::Well => {
                (self.failures, self.spared) = (0, Spared::Usually);
                self.rhythm.pause(now.saturating_sub(since))
            }
            Ended::Failed { retry_after } => {
                self.failures += 1;
                let ordered = retry_after.unwrap_or_default().min(LONGEST_ORDERED);
                self.ordered = now + ordered;
                // What the remote ordered counts from its answer, not from our question.
                let (own, ordered) = (self.rhythm.pause_after(self.failures), ordered + now.saturating_sub(since));
                let obeys = retry_after.is_some() && ordered > own;
                self.spared = if obeys { Spared::Ordered } else { Spared::Failing(self.failures) };
                own.max(ordered)
            }
        };
        self.rhythm.round_up(now.max(since + pause.mul_f64(self.phase())))
    }

    /// What part of the pause is waited: the first time anything from a half, to part those that began together; then
    /// nearly all, so that they don't come together again. Orders of the remote are never shortened.
    fn phase(&self) -> f64 {
        let mut hasher = DefaultHasher::new();
        (&self.rhythm.name, self.rounds).hash(&mut hasher);
        let random = (hasher.finish() % 1_000) as f64 / 1_000.0;
        match (self.failures, self.rounds) {
            (1.., _) => 1.0,
            (_, 1) => 0.5 + random / 2.0,
            // Rounding adds the rest.
            _ => 0.925 + random / 40.0,
        }
    }
}

impl Rhythm {
    /// A slow answer costs the remote: it is asked for at most a fifth of the time, but never so rarely that it would
    /// be called stale (`2 × every`).
    fn pause(&self, took: Duration) -> Duration {
        if self.sparing { self.every.max((took * 5).min(self.every * 2)) } else { self.every }
    }

    fn pause_after(&self, failures: u32) -> Duration {
        let factor = if self.sparing { 1 << (failures - 1).min(16) } else { 1 };
        self.every.saturating_mul(factor).min(LONGEST_PAUSE.max(self.every))
    }

    fn round_up(&self, at: Duration) -> Duration {
        let grid = (self.every / 20).min(GRID).as_millis().max(1) as u64;
        Duration::from_millis((at.as_millis() as u64).div_ceil(grid) * grid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Ended = Ended::Well;
    const FAILED: Ended = Ended::Failed { retry_after: None };

    fn secs(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn schedule(cap: usize, count: usize, sparing: bool) -> Schedule {
        Schedule::new(cap, usize::MAX, (0..count).map(|n| rhythm(n, sparing)))
    }

    fn rhythm(n: usize, sparing: bool) -> Rhythm {
        Rhythm { name: format!("item {n}"), every: secs(10.0), sparing }
    }

    /// Asks the only item when it is due, lets it take `took`, and gives the pause from question to next question.
    fn round(schedule: &mut Schedule, took: f64, ended: Ended) -> f64 {
        let start = schedule.next().expect("is queued");
        assert_eq!(schedule.start(start), Some(0));
        schedule.done(0, start + secs(took), ended);
        (schedule.next().expect("is queued again") - start).as_secs_f64()
    }

    #[test]
    fn the_first_round_is_at_once_and_the_second_spread() {
        let mut schedule = schedule(usize::MAX, 200, false);
        let now = Duration::ZERO;
        let mut started: Vec<_> = std::iter::from_fn(|| schedule.start(now)).collect();
        assert_eq!(started.len(), 200);
        started.drain(..).for_each(|index| schedule.done(index, secs(0.01), WELL));
        let mut dues: Vec<_> = schedule.queue.iter().map(|(due, _)| due.as_secs_f64()).collect();
        assert!(dues[0] >= 5.0 && dues[199] <= 10.5, "{dues:?}");
        dues.dedup();
        assert!((9..12).contains(&dues.len()), "200 items over five seconds share {} moments", dues.len());
    }

    #[test]
    fn an_item_never_waits_longer_than_its_interval() {
        let mut schedule = schedule(1, 1, false);
        round(&mut schedule, 0.1, WELL);
        for _ in 0..100 {
            let pause = round(&mut schedule, 0.1, WELL);
            assert!((9.5..=10.0).contains(&pause), "{pause}");
        }
    }

    #[test]
    fn no_more_than_the_cap_begin_together_and_none_twice() {
        let mut schedule = schedule(2, 3, false);
        let now = Duration::ZERO;
        assert_eq!([schedule.start(now), schedule.start(now), schedule.start(now)], [Some(0), Some(1), None]);
        schedule.done(0, secs(0.1), WELL);
        assert_eq!([schedule.start(secs(0.1)), schedule.start(secs(0.1))], [Some(2), None]);
    }

    #[test]
    fn those_that_hang_keep_nobody_waiting_until_too_many_run() {
        let mut schedule = Schedule::new(2, 5, (0..9).map(|n| rhythm(n, false)));
        let mut begun = |at: f64| (0..9).map_while(|_| schedule.start(secs(at))).collect::<Vec<_>>();
        assert_eq!([begun(0.0), begun(0.1)], [vec![0, 1], vec![]]);
        assert_eq!(begun(0.2), [2, 3]);
        assert_eq!(schedule.next(), Some(secs(0.4)), "when these two count no longer");
        assert_eq!(schedule.start(secs(0.4)), Some(4));
        assert_eq!((schedule.start(secs(0.4)), schedule.next()), (None, None), "nothing to wake up for while five run");
        schedule.done(1, secs(9.0), WELL);
        assert_eq!([schedule.start(secs(9.0)), schedule.start(secs(9.0))], [Some(5), None]);
    }

    #[test]
    fn what_hung_the_last_time_is_no_part_of_the_crowd_until_it_answers() {
        let mut schedule = schedule(1, 3, false);
        for (index, at) in [(0, 0.0), (1, 0.2), (2, 0.4)] {
            assert_eq!(schedule.start(secs(at)), Some(index));
        }
        schedule.done(2, secs(0.5), WELL);
        (0..2).for_each(|index| schedule.done(index, secs(5.0), FAILED));
        let begun = |schedule: &mut Schedule, at: f64| (0..3).map_while(|_| schedule.start(secs(at))).count();
        assert_eq!(begun(&mut schedule, 20.0), 3, "one is young, and two hang");
        (0..3).for_each(|index| schedule.done(index, secs(20.1), WELL));
        assert_eq!(begun(&mut schedule, 40.0), 1);
    }

    #[test]
    fn a_source_that_fails_is_left_alone_ever_longer_but_a_feed_is_not() {
        let mut source = schedule(1, 1, true);
        let pauses: Vec<_> = (0..5).map(|_| round(&mut source, 0.0, FAILED)).collect();
        assert_eq!(pauses, [10.0, 20.0, 20.0, 20.0, 20.0], "and what has come back is seen within 20 s");
        assert!(round(&mut source, 0.0, WELL) <= 10.0);
        assert_eq!(round(&mut source, 0.0, FAILED), 10.0, "a good answer forgives all failures");
        let mut feed = schedule(1, 1, false);
        assert_eq!((0..3).map(|_| round(&mut feed, 0.0, FAILED)).collect::<Vec<_>>(), [10.0; 3]);
    }

    #[test]
    fn the_remote_says_when_to_come_back_but_not_never() {
        let wait = |seconds| Ended::Failed { retry_after: Some(Duration::from_secs(seconds)) };
        assert_eq!(round(&mut schedule(1, 1, false), 2.0, wait(120)), 122.0);
        assert_eq!(round(&mut schedule(1, 1, true), 0.0, wait(1)), 10.0);
        assert_eq!(round(&mut schedule(1, 1, true), 0.0, wait(u64::MAX)), 3_600.0);
    }

    #[test]
    fn how_long_it_is_left_alone_is_told_with_the_reason() {
        let mut source = schedule(1, 1, true);
        let wait = |seconds| Ended::Failed { retry_after: Some(Duration::from_secs(seconds)) };
        let mut after = |ended| {
            round(&mut source, 1.0, ended);
            let now = source.next().expect("is queued") - secs(4.0);
            let pause = source.pause(0, now).expect("it is not being asked");
            assert_eq!(pause.lasts, secs(4.0));
            pause.why
        };
        use Spared::{Failing, Ordered, Usually};
        assert_eq!([after(WELL), after(FAILED), after(FAILED)], [Usually, Failing(1), Failing(2)]);
        assert_eq!([after(wait(120)), after(wait(2)), after(WELL)], [Ordered, Failing(4), Usually]);
        let due = source.next().expect("is queued");
        assert_eq!(source.pause(0, due + secs(3.0)).map(|pause| pause.lasts), Some(Duration::ZERO));
        source.start(due);
        assert_eq!(source.pause(0, due), None, "it is being asked");
    }

    #[test]
    fn a_slow_source_is_asked_less_often_but_not_so_that_it_looks_stale() {
        let mut source = schedule(1, 1, true);
        round(&mut source, 0.0, WELL);
        assert!(round(&mut source, 1.9, WELL) <= 10.1);
        assert!((13.5..=15.1).contains(&round(&mut source, 3.0, WELL)));
        assert!((18.5..=20.1).contains(&round(&mut source, 9.0, WELL)));
    }

    #[test]
    fn what_is_asked_for_is_asked_now_and_once_more_if_the_question_was_older() {
        let mut schedule = schedule(1, 1, true);
        round(&mut schedule, 0.0, FAILED);
        schedule.ask(0, secs(1.0));
        assert_eq!(schedule.start(secs(1.0)), Some(0));
        schedule.ask(0, secs(2.0));
        assert_eq!(schedule.start(secs(2.0)), None, "never twice at the same time");
        schedule.done(0, secs(3.0), WELL);
        assert_eq!(schedule.start(secs(3.0)), Some(0));
        schedule.done(0, secs(4.0), WELL);
        assert_eq!(schedule.start(secs(4.0)), None);
    }
}
