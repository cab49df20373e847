//! One process of a data folder watches: it alone records outside facts. The others wait in line; the lock of a process
//! that ends, however it ends, passes to the next. Whoever is about to be stopped gives it up: who stands still watches nothing.

use crate::journal::{self, WatchLock};
use crate::model::Fact;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::UnboundedSender;

/// The turn of this process, from when it begins to wait for it.
#[derive(Clone)]
pub struct Turn(Arc<Line>);

struct Line {
    folder: PathBuf,
    facts: UnboundedSender<Fact>,
    place: Mutex<Place>,
}

#[derive(Default)]
struct Place {
    held: Option<WatchLock>,
    /// A thread waits for it.
    waiting: bool,
    /// Given up, and not waited for again.
    left: bool,
}

impl Turn {
    /// Waits, and says when it is our turn.
    pub(super) fn wait(folder: &Path, facts: UnboundedSender<Fact>) -> Self {
        let turn = Self(Arc::new(Line { folder: folder.to_owned(), facts, place: Mutex::default() }));
        turn.wait_again();
        turn
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.0.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets another process watch, until somebody waits again.
    pub fn give_up(&self) {
        let mut place = self.place();
        (place.held, place.left) = (None, true);
    }

    /// Whether it has been given up since it was waited for.
    pub(super) fn was_given_up(&self) -> bool {
        self.place().left
    }

    pub(super) fn is_ours(&self) -> bool {
        self.place().held.is_some()
    }

    /// On a thread of its own, so that waiting costs nothing.
    pub(super) fn wait_again(&self) {
        let mut place = self.place();
        place.left = false;
        if place.held.is_some() || std::mem::replace(&mut place.waiting, true) {
            return;
        }
        let turn = self.clone();
        std::thread::spawn(move || {
            let lock = journal::wait_to_watch(&turn.0.folder);
            let mut place = turn.place();
            place.waiting = false;
            // Whoever has given it up meanwhile waits again when they go on.
            if let (Ok(Some(lock)), false) = (lock, place.left) {
                place.held = Some(lock);
                let _ = turn.0.facts.send(Fact::Watching(true));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::unbounded_channel;

    #[test]
    fn who_gives_the_watch_up_leaves_it_to_another_and_waits_in_line_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (facts, mut told) = unbounded_channel();
        let turn = Turn::wait(folder.path(), facts);
        let free = || journal::try_watch(folder.path()).expect("a lock");
        assert!(matches!(told.blocking_recv(), Some(Fact::Watching(true))));
        assert!(turn.is_ours() && !turn.was_given_up() && free().is_none());
        turn.give_up();
        let other = free().expect("nobody watches");
        assert!(!turn.is_ours() && turn.was_given_up());
        turn.wait_again();
        assert!(!turn.is_ours() && !turn.was_given_up());
        // Once more while it waits: the thread that waits for it has it for nobody.
        turn.give_up();
        drop(other);
        while turn.place().waiting {
            std::thread::yield_now();
        }
        assert!(free().is_some() && told.try_recv().is_err(), "whoever stands still has not got it");
        turn.wait_again();
        assert!(matches!(told.blocking_recv(), Some(Fact::Watching(true))));
        assert!(turn.is_ours() && free().is_none());
    }
}
