//! How fast a terminal takes frames, and so how many it gets. One that keeps up gets every one. A slow one gets the next when the last
//! has arrived, so that nothing old is ever under way: it says so by answering a question that goes behind each frame, where it is one that
//! answers; else by taking what is written. Its clocks move more calmly.
//!
//! Invariant: only a terminal that has answered once is asked, and one that stops answering is waited for only so long.

use std::time::Duration;

/// A frame that takes so long to be written is one that a slow terminal takes.
const BLOCKED: Duration = Duration::from_millis(100);
/// An answer that takes longer is one: the farthest of lines take less than half of it.
const LATE: Duration = Duration::from_millis(600);
/// So many frames in a row that arrived soon: the line is a good one again.
const GOOD: u8 = 5;
/// An answer that has not come by then does not come.
const LOST: Duration = Duration::from_secs(5);
/// So long the terminal is lent to nobody while an answer may come.
const NOT_LENT: Duration = Duration::from_secs(2);
/// How soon, and how late, it is looked again whether a frame has gone out.
const AGAIN: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(250));
/// How often, at most, a slow terminal is drawn on for what no key asked for, and one on which nothing shall move.
const CALM: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub struct Pace {
    /// The question that a terminal is asked at first goes behind the next frame.
    asks_first: bool,
    /// When it went out.
    first: Option<Duration>,
    /// It answers.
    asks: bool,
    /// Since when an answer is waited for.
    asked: Option<Duration>,
    slow: bool,
    /// Nobody wants to see anything move.
    still: bool,
    good: u8,
    drawn: Duration,
}

impl Pace {
    pub fn hold_still(&mut self) {
        self.still = true;
    }

    /// How often a clock in sight moves, in milliseconds.
    pub fn tick(&self) -> u64 {
        match (self.still, self.slow) {
            (true, _) => 10_000,
            (false, true) => 5_000,
            (false, false) => 1_000,
        }
    }

    pub fn is_slow(&self) -> bool {
        self.slow
    }

    /// How long to wait until the next frame, which a key asked for or nothing but time; `None`: it may go out now.
    pub fn hold(&mut self, now: Duration, busy: bool, keyed: bool) -> Option<Duration> {
        if let Some(since) = self.asked
            && now.saturating_sub(since) >= LOST
        {
            (self.asked, self.asks) = (None, false);
        }
        if busy {
            return Some(self.again(now));
        }
        if self.slow && self.asked.is_some() {
            return Some(self.again(now));
        }
        if !self.slow && !self.still {
            return None;
        }
        let calm = CALM.saturating_sub(now.saturating_sub(self.drawn));
        (!keyed && !calm.is_zero()).then_some(calm)
    }

    /// The longer it has waited, the less a little more matters.
    fn again(&self, now: Duration) -> Duration {
        (now.saturating_sub(self.drawn) / 4).clamp(AGAIN.0, AGAIN.1)
    }

    /// A frame is done, and went out where anything of it was new; whether the question goes behind it.
    pub fn sends(&mut self, now: Duration, wrote: bool) -> bool {
        if wrote {
            self.drawn = now;
        }
        if std::mem::take(&mut self.asks_first) {
            self.first = Some(now);
            return true;
        }
        let asks = wrote && self.slow && self.asks && self.asked.is_none();
        if asks {
            self.asked = Some(now);
        }
        asks
    }

    /// Behind the first frame it is asked: how late the answer is tells of the line, too.
    pub fn ask_first(&mut self) {
        self.asks_first = true;
    }

    pub fn answered(&mut self, now: Duration) {
        self.asks = true;
        if let Some(since) = self.first.take().or(self.asked.take()) {
            self.judge(now.saturating_sub(since) >= LATE);
        }
    }

    /// An answer may still come: whoever got the terminal now would take it for keys.
    pub fn awaits(&self, now: Duration) -> bool {
        self.first.or(self.asked).is_some_and(|since| now.saturating_sub(since) < NOT_LENT)
    }

    /// The terminal was somebody else's: what was asked before was answered to them.
    pub fn came_back(&mut self) {
        (self.first, self.asked) = (None, None);
    }

    /// The terminal took so long for a frame.
    pub fn wrote(&mut self, took: Duration) {
        let blocked = took >= BLOCKED;
        // One that answers tells more by that: what is written may wait anywhere.
        if blocked || !self.asks {
            self.judge(blocked);
        }
    }

    fn judge(&mut self, slow: bool) {
        self.good = if slow { 0 } else { self.good.saturating_add(1) };
        self.slow = slow || self.slow && self.good < GOOD;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn answering() -> Pace {
        let mut pace = Pace::default();
        pace.ask_first();
        assert!(pace.sends(ms(0), true));
        pace.answered(ms(0));
        pace
    }

    #[test]
    fn a_terminal_that_keeps_up_is_never_held_nor_asked() {
        let mut pace = Pace::default();
        pace.ask_first();
        assert!(pace.sends(ms(0), true));
        pace.wrote(ms(150));
        assert_eq!(pace.hold(ms(1), false, true), None, "the first answer holds nobody");
        (0..GOOD).for_each(|_| pace.wrote(ms(1)));
        pace.answered(ms(250));
        pace.wrote(ms(3));
        assert!(!pace.is_slow() && !pace.sends(ms(300), true));
        assert_eq!(pace.hold(ms(301), true, true), Some(AGAIN.0), "one frame at a time");
        assert_eq!(pace.hold(ms(60_000), true, true), Some(AGAIN.1));
    }

    #[test]
    fn a_slow_one_gets_the_next_frame_when_the_last_has_arrived_and_keys_come_before_clocks() {
        let mut pace = answering();
        pace.wrote(ms(150));
        assert!(pace.is_slow() && pace.sends(ms(1_000), true));
        assert_eq!(pace.hold(ms(1_400), false, true), Some(ms(100)), "it has not arrived");
        pace.answered(ms(2_000));
        assert_eq!(pace.hold(ms(2_000), false, true), None);
        assert_eq!(pace.hold(ms(2_000), false, false), Some(ms(1_000)), "a clock can wait");
        // It recovers.
        for frame in 0..u64::from(GOOD) {
            assert!(pace.is_slow());
            pace.sends(ms(3_000 + frame * 100), true);
            pace.answered(ms(3_050 + frame * 100));
        }
        assert!(!pace.is_slow());
    }

    #[test]
    fn where_nothing_shall_move_keys_are_drawn_at_once_and_all_else_seldom() {
        let mut pace = Pace::default();
        assert_eq!(pace.tick(), 1_000);
        pace.hold_still();
        pace.sends(ms(10_000), true);
        assert_eq!(pace.hold(ms(10_001), false, true), None);
        assert_eq!((pace.hold(ms(10_500), false, false), pace.tick()), (Some(ms(1_500)), 10_000));
        assert_eq!(pace.hold(ms(12_000), false, false), None);
    }

    #[test]
    fn one_whose_first_answer_is_late_is_slow_though_nothing_blocks() {
        let mut pace = Pace::default();
        pace.ask_first();
        assert!(pace.sends(ms(0), true));
        pace.wrote(ms(1));
        pace.answered(ms(700));
        assert!(pace.is_slow());
    }

    #[test]
    fn while_an_answer_may_come_the_terminal_is_lent_to_nobody() {
        let mut pace = Pace::default();
        pace.ask_first();
        assert!(!pace.awaits(ms(0)) && pace.sends(ms(0), true) && pace.awaits(ms(500)));
        assert!(!pace.awaits(NOT_LENT), "one that never answers is lent all the same");
        pace.answered(ms(700));
        assert!(pace.is_slow() && !pace.awaits(ms(700)) && pace.sends(ms(800), true) && pace.awaits(ms(900)));
        pace.came_back();
        assert!(!pace.awaits(ms(900)));
        assert_eq!(pace.hold(ms(900), false, true), None, "nor waited for when it comes back");
    }

    #[test]
    fn one_that_does_not_answer_any_more_is_judged_by_what_it_takes() {
        let mut pace = Pace::default();
        pace.wrote(ms(500));
        assert!(pace.is_slow() && !pace.sends(ms(0), true), "one that never answered is not asked");
        let mut pace = answering();
        pace.wrote(ms(500));
        assert!(pace.sends(ms(0), true));
        assert!(pace.hold(LOST - ms(1), false, true).is_some());
        assert_eq!(pace.hold(LOST, false, true), None);
        assert!(!pace.sends(LOST, true), "it is not asked again");
        (0..GOOD).for_each(|_| pace.wrote(ms(1)));
        assert!(!pace.is_slow());
    }
}
