//! One process of a data folder watches: it alone records outside facts. The others wait in line; the lock of a process
//! that ends, however it ends, passes to the next. Whoever is about to be stopped gives it up: who stands still watches nothing.
//!
//! The lock of a process that hangs passes to nobody. So the watcher leaves a sign of life now and then, and those who wait look for it: who
//! has looked in vain so often takes the watch over. They count looks and compare no clocks: who was asleep or stood still
//! itself has not looked. Whoever has lost the watch so is told at the next event, and the journal takes nothing of it before (`append_if`).

use crate::domain::watcher::Watcher;
use crate::journal::{self, Hold, WatchLock, Whose};
use crate::model::Fact;
use crate::ports::Clock;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the watcher leaves a sign of life.
pub const BEAT: Duration = Duration::from_secs(10);
/// How often whoever waits looks for one, and how many looks in vain are enough.
const LOOK: Duration = Duration::from_secs(15);
const IN_VAIN: u32 = 3;

/// The turn of this process, from when it begins to wait for it.
#[derive(Clone)]
pub struct Turn(Arc<Line>);

struct Line {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    /// Hears what the world is to know of it.
    tell: Box<dyn Fn(Vec<Fact>) + Send + Sync>,
    place: Mutex<Place>,
    changed: Condvar,
}

#[derive(Default)]
struct Place {
    held: Option<WatchLock>,
    /// A thread waits for it.
    waiting: bool,
    /// A thread looks for signs of life.
    looking: bool,
    /// Gone, and not waited for again.
    gone: Option<Gone>,
}

/// Asked for as the watcher: what others recorded while this process was none in between is not known to it.
pub struct Duty {
    turn: Turn,
    hold: Option<Hold>,
}

impl Duty {
    pub(super) fn lasts(&self) -> bool {
        self.hold.as_ref().is_some_and(|hold| self.turn.holds(hold)) && self.turn.lasts()
    }
}

/// How this process has got rid of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    GivenUp,
    /// Another process has taken it over.
    Lost,
    /// Its lock file was taken away: whoever is first to make another has it.
    Vanished,
}

impl Place {
    fn waits(&self) -> bool {
        self.held.is_none() && self.gone.is_none()
    }
}

/// What whoever waits has seen of the watcher.
#[derive(Default)]
struct Lookout {
    last: Option<Watcher>,
    in_vain: u32,
    /// Why the watch could not be had, as it was told.
    barred: Option<String>,
}

impl Lookout {
    /// One more look: whether the watcher is taken for hanging. Who has never left a sign can't leave one.
    fn look(&mut self, seen: Option<Watcher>) -> Option<Watcher> {
        self.in_vain = if seen == self.last { self.in_vain + 1 } else { 0 };
        self.last = seen;
        seen.filter(|_| self.in_vain >= IN_VAIN)
    }
}

impl Turn {
    /// Waits, and says when it is our turn.
    pub(super) fn wait(folder: &Path, clock: Arc<dyn Clock>, tell: impl Fn(Vec<Fact>) + Send + Sync + 'static) -> Self {
        let (place, changed) = (Mutex::default(), Condvar::new());
        let turn = Self(Arc::new(Line { folder: folder.to_owned(), clock, tell: Box::new(tell), place, changed }));
        turn.wait_again();
        turn
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.0.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets another process watch, until somebody waits again.
    pub fn give_up(&self) {
        self.go(Gone::GivenUp);
    }

    fn go(&self, how: Gone) {
        let mut place = self.place();
        place.held = None;
        place.gone.get_or_insert(how);
        self.0.changed.notify_all();
    }

    /// How it has gone since it was waited for.
    pub(super) fn gone(&self) -> Option<Gone> {
        self.place().gone
    }

    pub(super) fn is_ours(&self) -> bool {
        self.place().held.is_some()
    }

    fn hold(&self) -> Option<Hold> {
        self.place().held.as_ref().map(WatchLock::hold)
    }

    /// Whether this process watches and nobody has taken that over: asks the disk, and lets go of what is another's.
    pub(super) fn lasts(&self) -> bool {
        let Some(hold) = self.hold() else { return false };
        let how = match hold.whose() {
            Whose::Ours => return true,
            Whose::Anothers => Gone::Lost,
            Whose::Unknown => Gone::Vanished,
        };
        // It may have been lost and got again while the disk was asked.
        if self.holds(&hold) {
            self.go(how);
        }
        false
    }

    fn holds(&self, hold: &Hold) -> bool {
        self.hold().is_some_and(|now| now.is(hold))
    }

    /// What is to be recorded as the watcher that this process is now.
    pub(super) fn duty(&self) -> Duty {
        Duty { turn: self.clone(), hold: self.hold() }
    }

    /// Leaves a sign of life, by whoever writes the journal: one whose disk hangs leaves none. Until it is told that nobody watched before,
    /// since when stays there, too.
    pub(super) fn beat(&self, told: bool) {
        let held = self.place().held.as_ref().map(|lock| (lock.hold(), lock.before));
        if let Some((hold, before)) = held {
            // A disk that does not take it may the next time.
            let _ = hold.beat(self.0.clock.now().wall, before.filter(|_| !told));
        }
    }

    /// On threads of their own, so that waiting costs nothing.
    pub(super) fn wait_again(&self) {
        let mut place = self.place();
        place.gone = None;
        if place.held.is_some() {
            return;
        }
        if !std::mem::replace(&mut place.waiting, true) {
            let turn = self.clone();
            std::thread::spawn(move || turn.stand_in_line());
        }
        if !std::mem::replace(&mut place.looking, true) {
            let turn = self.clone();
            std::thread::spawn(move || turn.look_out());
        }
    }

    fn stand_in_line(&self) {
        let lock = loop {
            match journal::wait_to_watch(&self.0.folder) {
                // From whom it was taken has answered: they let go of what they held.
                Ok(None) if self.is_ours() => (self.0.tell)(vec![Fact::WatcherAnswered]),
                Ok(None) => {}
                other => break other,
            }
        };
        let mut place = self.place();
        place.waiting = false;
        // Whoever has given it up meanwhile waits again when they go on.
        if let (Ok(Some(lock)), true) = (lock, place.waits()) {
            self.begin(place, lock, false);
        }
    }

    fn look_out(&self) {
        let mut lookout = Lookout::default();
        let mut place = self.place();
        while place.waits() {
            let waited = self.0.changed.wait_timeout_while(place, LOOK, |place| place.waits());
            place = waited.unwrap_or_else(PoisonError::into_inner).0;
            if place.waits() {
                drop(place);
                self.look(&mut lookout);
                place = self.place();
            }
        }
        place.looking = false;
    }

    /// What is in the way is told once, and tried again with the next look.
    fn look(&self, lookout: &mut Lookout) {
        match self.try_to_watch(lookout) {
            Ok(Some((lock, hung))) => self.take(lock, hung),
            Ok(None) if lookout.barred.take().is_some() => (self.0.tell)(vec![Fact::WatcherAnswered]),
            Ok(None) => {}
            Err(why) if lookout.barred.as_ref() == Some(&why) => {}
            Err(why) => {
                lookout.barred = Some(why.clone());
                (self.0.tell)(vec![Fact::WatchBarred { why }]);
            }
        }
    }

    /// The watch, and whether it was taken from a process that hangs; `None` while another one watches.
    fn try_to_watch(&self, lookout: &mut Lookout) -> Result<Option<(WatchLock, bool)>, String> {
        let folder = &self.0.folder;
        // Who stands in line may wait for the file of a process that hangs still, when whoever took the watch over from that is gone.
        let free = journal::try_watch(folder).map_err(|error| format!("nobody may be watching: {error}"))?;
        if let Some(lock) = free {
            return Ok(Some((lock, false)));
        }
        let Some(hangs) = lookout.look(journal::last_sign(folder)) else { return Ok(None) };
        let taken = journal::take_over(folder, hangs, self.0.clock.now().wall).map_err(|error| {
            let Watcher { process, seen } = hangs;
            let seen = seen.format("%H:%M");
            format!("process {process} holds the watch, does not answer since {seen} UTC, and it can't be taken over: {error}")
        })?;
        Ok(taken.map(|lock| (lock, true)))
    }

    /// Whoever has given it up meanwhile waits again when they go on.
    fn take(&self, lock: WatchLock, hung: bool) {
        let place = self.place();
        if place.waits() {
            self.begin(place, lock, hung);
        }
    }

    fn begin(&self, mut place: MutexGuard<'_, Place>, lock: WatchLock, hung: bool) {
        let before = lock.before.map(|last| Fact::WatchedBefore { last, hung });
        place.held = Some(lock);
        self.0.changed.notify_all();
        drop(place);
        self.beat(false);
        (self.0.tell)(before.into_iter().chain([Fact::Watching(true)]).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Ports;
    use std::os::unix::fs::MetadataExt;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    fn wait(folder: &Path) -> (Turn, UnboundedReceiver<Fact>) {
        let (facts, told) = unbounded_channel();
        let tell = move |news: Vec<Fact>| news.into_iter().for_each(|fact| drop(facts.send(fact)));
        (Turn::wait(folder, Ports::real().clock, tell), told)
    }

    /// Somebody waits for the lock by now, where the system tells.
    fn somebody_stands_in_line(folder: &Path) -> bool {
        let inode = std::fs::metadata(folder.join(journal::WATCH_LOCK)).expect("a lock file").ino();
        let waits = |line: &str| line.contains("->") && line.contains(&format!(":{inode} "));
        std::fs::read_to_string("/proc/locks").map_or(true, |locks| locks.lines().any(waits))
    }

    #[test]
    fn who_gives_the_watch_up_leaves_it_to_another_and_waits_in_line_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (turn, mut told) = wait(folder.path());
        let free = || journal::try_watch(folder.path()).expect("a lock");
        assert!(matches!(told.blocking_recv(), Some(Fact::Watching(true))), "nobody watched before");
        assert!(turn.is_ours() && turn.gone().is_none() && free().is_none());
        let duty = turn.duty();
        assert!(duty.lasts());
        turn.give_up();
        let other = free().expect("nobody watches");
        assert!(!turn.is_ours() && turn.gone() == Some(Gone::GivenUp) && !duty.lasts());
        turn.wait_again();
        assert!(!turn.is_ours() && turn.gone().is_none());
        // Once more while it waits: the thread that waits for it has it for nobody.
        turn.give_up();
        drop(other);
        while turn.place().waiting {
            std::thread::yield_now();
        }
        assert!(free().is_some() && told.try_recv().is_err(), "whoever stands still has not got it");
        turn.wait_again();
        assert!(matches!(told.blocking_recv(), Some(Fact::WatchedBefore { hung: false, .. })));
        assert!(matches!(told.blocking_recv(), Some(Fact::Watching(true))));
        assert!(turn.is_ours() && free().is_none());
        assert!(turn.duty().lasts() && !duty.lasts(), "another may have recorded something in between");
    }

    /// A process that stands still counts for one that hangs; who stood still itself has not looked.
    #[test]
    fn who_hangs_is_who_left_no_sign_between_so_many_looks() {
        let sign = |seen: &str| Some(Watcher { process: 7, seen: seen.parse().expect("a time") });
        let (first, back) = (sign("2026-03-01T03:00:00Z"), sign("2026-03-01T02:00:00Z"));
        let mut lookout = Lookout::default();
        let mut look = |seen| lookout.look(seen).is_some();
        assert_eq!(
            [first, first, first, back, back, back, back].map(&mut look),
            [false, false, false, false, false, false, true]
        );
        assert_eq!([None; 9].map(&mut look), [false; 9], "who has never left a sign can't leave one");
    }

    #[test]
    fn who_waits_takes_the_watch_from_who_hangs_and_they_wait_in_line_when_they_go_on() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(journal::SqliteJournal::open(folder.path(), journal::Options { reserve: 0, ..journal::Options::default() }));
        let (hangs, mut theirs) = wait(folder.path());
        while !matches!(theirs.blocking_recv(), Some(Fact::Watching(true))) {}
        let (turn, mut told) = wait(folder.path());
        // Whoever comes later stands in the line of whoever has taken it over.
        while !somebody_stands_in_line(folder.path()) {
            std::thread::yield_now();
        }
        let mut lookout = Lookout::default();
        (0..=IN_VAIN).for_each(|_| turn.look(&mut lookout));
        let from = std::process::id();
        assert!(matches!(told.blocking_recv(), Some(Fact::WatchedBefore { last, hung: true }) if last.process == from));
        assert!(matches!(told.blocking_recv(), Some(Fact::Watching(true))));
        assert!(turn.lasts() && hangs.is_ours(), "it does not know yet");
        assert!(!hangs.lasts() && hangs.gone() == Some(Gone::Lost));
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        while told.is_empty() && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert!(matches!(told.try_recv(), Ok(Fact::WatcherAnswered)), "it let go of what it held");
        hangs.wait_again();
        turn.give_up();
        while !matches!(theirs.blocking_recv(), Some(Fact::Watching(true))) {}
        assert!(hangs.lasts());
    }

    #[test]
    fn that_the_watch_of_who_hangs_cannot_be_taken_over_is_told_once_until_it_can() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(journal::SqliteJournal::open(folder.path(), journal::Options { reserve: 0, ..journal::Options::default() }));
        let hangs = journal::try_watch(folder.path()).expect("a lock").expect("nobody watches");
        let now = Ports::real().clock.now().wall;
        hangs.hold().beat(now, None).expect("leaves a sign");
        let (turn, mut told) = wait(folder.path());
        let in_the_way = folder.path().join("watch.lock.new");
        std::fs::create_dir(&in_the_way).expect("makes a folder");
        let mut lookout = Lookout::default();
        (0..IN_VAIN).for_each(|_| turn.look(&mut lookout));
        assert!(told.try_recv().is_err());
        (0..3).for_each(|_| turn.look(&mut lookout));
        assert!(matches!(told.try_recv(), Ok(Fact::WatchBarred { why }) if why.contains("can't be taken over: ")));
        assert!(told.try_recv().is_err(), "once");
        hangs.hold().beat(now + BEAT, None).expect("leaves a sign");
        turn.look(&mut lookout);
        assert!(matches!(told.try_recv(), Ok(Fact::WatcherAnswered)));
        std::fs::remove_dir(&in_the_way).expect("it was there");
        (0..IN_VAIN).for_each(|_| turn.look(&mut lookout));
        assert!(matches!(told.try_recv(), Ok(Fact::WatchedBefore { hung: true, .. })));
    }

    #[test]
    fn whose_lock_file_was_taken_away_makes_another_and_blames_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let (turn, mut told) = wait(folder.path());
        assert!(matches!(told.blocking_recv(), Some(Fact::Watching(true))));
        std::fs::remove_file(folder.path().join(journal::WATCH_LOCK)).expect("it was there");
        assert!(!turn.lasts() && turn.gone() == Some(Gone::Vanished));
        turn.wait_again();
        assert!(matches!(told.blocking_recv(), Some(Fact::Watching(true))), "nobody watched before");
        assert!(turn.lasts());
    }

    #[test]
    fn who_waits_for_the_file_of_one_that_hangs_still_watches_when_its_successor_has_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(journal::SqliteJournal::open(folder.path(), journal::Options { reserve: 0, ..journal::Options::default() }));
        let hangs = journal::try_watch(folder.path()).expect("a lock").expect("nobody watches");
        hangs.hold().beat(Ports::real().clock.now().wall, None).expect("leaves a sign");
        let (turn, mut told) = wait(folder.path());
        let sign = journal::last_sign(folder.path()).expect("it lives");
        let successor = journal::take_over(folder.path(), sign, sign.seen).expect("takes").expect("is faster");
        turn.look(&mut Lookout::default());
        assert!(!turn.is_ours() && told.try_recv().is_err(), "another one watches");
        drop(successor);
        turn.look(&mut Lookout::default());
        while told.is_empty() && turn.is_ours() {
            std::thread::yield_now();
        }
        assert!(matches!(told.try_recv(), Ok(Fact::WatchedBefore { hung: false, .. })));
        assert!(turn.lasts());
        drop(hangs);
    }
}
