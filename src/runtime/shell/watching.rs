//! Whether this process watches, as its shell goes along: nothing happens as the watcher once somebody else may be one.

use super::Shell;
use crate::model::{Body, Fact};
use crate::runtime::watcher::{BEAT, Gone, Turn};
use std::time::Duration;

/// How often the disk is asked whose the watch is. Nobody takes it within less than three looks for a sign of life: whoever stood still
/// for so long asks before anything else.
const OFTEN: Duration = Duration::from_secs(1);

/// When what is to be done for the watch was done last, on the clock that counts sleep.
#[derive(Default)]
pub(super) struct Signs {
    beat_at: Duration,
    /// The last sign said that since when nobody watched before is on record.
    told: bool,
    ask_at: Duration,
}

impl Signs {
    /// When the next sign of life is.
    pub fn due(&self) -> Duration {
        self.beat_at
    }
}

impl Shell {
    /// The turn to watch, for whoever must give it up because this process is to stand still.
    pub fn turn(&self) -> Option<Turn> {
        self.turn.clone()
    }

    /// It was given up or taken, and others may watch: before anything else happens the world knows that it does not.
    pub(super) fn follow_turn(&mut self) {
        let Some(turn) = self.turn.clone() else { return };
        if turn.is_ours() && self.lasts(&turn) {
            self.beat(&turn);
        }
        let Some(how) = turn.gone() else { return };
        self.step(Body::Fact(Fact::Watching(false)));
        if how == Gone::Lost {
            self.step(Body::Fact(Fact::WatchLost));
        }
        turn.wait_again();
    }

    /// As far as is known without asking the disk for every key.
    fn lasts(&mut self, turn: &Turn) -> bool {
        let now = self.ports.clock.now().mono;
        if now < self.signs.ask_at {
            return true;
        }
        self.signs.ask_at = now + OFTEN;
        turn.lasts()
    }

    /// Leaves a sign of life when it is time for one.
    fn beat(&mut self, turn: &Turn) {
        let now = self.ports.clock.now().mono;
        // Who dies between the two leaves a time without anybody that seems to be on record.
        let told = self.world.has_told_unwatched();
        if let Some(scribe) = self.scribe.as_ref().filter(|_| self.signs.beat_at <= now || told != self.signs.told) {
            (self.signs.beat_at, self.signs.told) = (now + BEAT, told);
            scribe.beat(turn.clone(), told);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Polling, Setup};
    use super::*;
    use crate::domain::entry::Actor;
    use crate::domain::settings::Settings;
    use crate::domain::stamp::Stamp;
    use crate::journal::WATCH_LOCK;
    use crate::ports::{Clock, Ports};
    use std::sync::{Arc, Mutex};

    /// Goes on when it is told to.
    #[derive(Default)]
    struct Hand(Mutex<Stamp>);

    impl Hand {
        fn goes(&self, on: Duration) {
            self.0.lock().expect("nobody panicked").mono += on;
        }
    }

    impl Clock for Hand {
        fn now(&self) -> Stamp {
            *self.0.lock().expect("nobody panicked")
        }
    }

    #[tokio::test]
    async fn whose_the_watch_is_is_asked_of_the_disk_once_in_a_while_and_not_for_every_key() {
        let (folder, clock) = (tempfile::tempdir().expect("a folder"), Arc::<Hand>::default());
        let mut shell = Shell::new(&Setup {
            settings: Arc::new(Settings::default()),
            me: Actor::person("ana", None),
            sources: Vec::new(),
            feeds: Vec::new(),
            tellers: Vec::new(),
            ports: Ports { clock: clock.clone(), ..Ports::real() },
            journal: None,
            polling: Polling::Nothing,
            watch: false,
        });
        let facts = shell.facts();
        let tell = move |news: Vec<Fact>| news.into_iter().for_each(|fact| drop(facts.send(fact)));
        let turn = Turn::wait(folder.path(), clock.clone(), tell);
        shell.turn = Some(turn.clone());
        assert!(shell.until(Duration::from_secs(60), |world| world.watching).await);
        clock.goes(OFTEN);
        shell.event(Body::Tick);
        let file = folder.path().join(WATCH_LOCK);
        std::fs::remove_file(&file).expect("it was there");
        clock.goes(OFTEN - Duration::from_millis(1));
        shell.event(Body::Tick);
        assert!(shell.world.watching && turn.is_ours(), "it was asked a moment ago");
        clock.goes(Duration::from_millis(1));
        shell.event(Body::Tick);
        assert!(!shell.world.watching);
    }
}
