//! How a shell begins: the journal is read beside whoever types, and only then begins what is judged by it.

use super::{Polling, Setup, Shell};
use crate::domain::entry::Entry;
use crate::domain::ids::RequestId;
use crate::journal::JournalError;
use crate::model::{Body, Command};
use crate::ports::Ports;
use crate::runtime::poller::{self, Items, Remembered};
use crate::runtime::scribe::Scribe;
use crate::runtime::watcher::Turn;
use std::sync::Arc;

/// What waits for the journal: what is seen and asked for is judged by what was recorded.
pub(super) struct Waiting {
    items: Items,
    ports: Ports,
    polling: Polling,
    remembered: Remembered,
    asked: Vec<(RequestId, Command)>,
}

impl Shell {
    /// A shell that has begun, and knows what the journal holds. Waits for that: whoever must not block calls `begin`.
    ///
    /// # Errors
    /// The journal can't be read.
    pub fn start(setup: Setup) -> Result<Self, JournalError> {
        let mut shell = Self::new(&setup);
        shell.begin(setup);
        while shell.is_reading() {
            let Some(fact) = shell.facts.blocking_recv() else { break };
            shell.event(Body::Fact(fact));
        }
        match shell.unread() {
            Some(error) => Err(error),
            None => Ok(shell),
        }
    }

    /// Begins to read the journal, whose entries come as facts, and after them starts what feeds the world.
    pub fn begin(&mut self, setup: Setup) {
        let polls = setup.polling != Polling::Nothing;
        let remembered = self.cache.as_ref().filter(|_| polls).map(|cache| cache.rest(self.sender.clone()));
        let (feeds, idle) = if setup.polling >= Polling::All { (setup.feeds, Vec::new()) } else { (Vec::new(), setup.feeds) };
        self.idle = idle;
        let clock = setup.ports.clock.clone();
        let waiting = Waiting {
            items: Items { feeds, sources: setup.sources },
            ports: setup.ports,
            polling: setup.polling,
            remembered: remembered.unwrap_or_else(poller::nothing),
            asked: Vec::new(),
        };
        let Some((journal, folder)) = setup.journal else { return self.go(waiting) };
        let scribe = Scribe::start(journal, &folder, self.sender.clone(), clock.clone());
        // That it is ours is told by the scribe, who has read the journal by then.
        self.turn = setup.watch.then(|| Turn::wait(&folder, clock, scribe.teller()));
        self.scribe = Some(scribe);
        self.folder = Some(folder);
        self.waiting = Some(waiting);
    }

    /// The journal is being read.
    pub(super) fn is_reading(&self) -> bool {
        self.waiting.is_some()
    }

    /// Why the journal could not be read: this shell knows nothing, and must not go on.
    pub fn unread(&mut self) -> Option<JournalError> {
        self.unread.take()
    }

    /// Keeps what must wait until the journal has been read; the rest is to be gone on with.
    pub(super) fn hold_back(&mut self, body: Body) -> Option<Body> {
        let Some(waiting) = &mut self.waiting else { return Some(body) };
        match body {
            Body::Command(request, command) => {
                waiting.asked.push((request, command));
                None
            }
            // What comes of the time is worked out once everything is known.
            Body::Tick => None,
            fact @ Body::Fact(_) => Some(fact),
        }
    }

    /// What was pushed to earlier processes.
    pub(super) fn read_entry(&mut self, entry: &Arc<Entry>) {
        if self.is_reading() {
            self.scribe.iter().for_each(Scribe::taken);
            self.told.extend(self.told_by(entry));
        }
    }

    /// Everything that the journal holds open has been told, or nothing more will be.
    pub(super) fn has_read(&mut self) {
        self.unread = self.scribe.as_ref().and_then(Scribe::unread);
        if let Some(waiting) = self.waiting.take().filter(|_| self.unread.is_none()) {
            self.go(waiting);
        }
    }

    fn go(&mut self, waiting: Waiting) {
        if waiting.polling != Polling::Nothing {
            let poller = poller::start(waiting.items, waiting.ports, self.sender.clone(), waiting.remembered);
            if waiting.polling == Polling::Following {
                poller.follow();
            }
            self.poller = Some(poller);
            self.open_sockets();
        }
        for (request, command) in waiting.asked {
            self.event(Body::Command(request, command));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::{Actor, Draft, Kind};
    use crate::domain::ids::AlertId;
    use crate::domain::incident::{Sev, Status};
    use crate::domain::settings::Settings;
    use crate::journal::{Journal, Options, SqliteJournal};
    use std::path::Path;
    use std::time::Duration;

    fn setup(folder: &Path) -> Setup {
        let journal = SqliteJournal::open(folder, Options::default()).expect("a journal");
        Setup {
            settings: Arc::new(Settings::default()),
            me: Actor::person("ana", None),
            sources: Vec::new(),
            feeds: Vec::new(),
            tellers: Vec::new(),
            ports: Ports::real(),
            journal: Some((Box::new(journal), folder.to_owned())),
            polling: Polling::Nothing,
            watch: true,
        }
    }

    #[tokio::test]
    async fn what_is_asked_while_the_journal_is_read_is_asked_of_whoever_has_read_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_owned();
        let mut shell =
            tokio::task::spawn_blocking(move || Shell::start(setup(&path))).await.expect("it ends").expect("it begins");
        shell.ask(Command::Declare { title: "the shop is down".into(), severity: Sev::ALL[0], alerts: Vec::new(), at: None });
        let minute = Duration::from_secs(60);
        assert!(shell.until_quiet(minute).await);
        let incident = shell.world.incidents.iter().next().expect("it was declared").id;
        drop(shell);

        let again = setup(folder.path());
        let mut shell = Shell::new(&again);
        shell.begin(again);
        let closing = Command::SetStatus {
            incident,
            by_way: Vec::new(),
            status: Status::Closed,
            reason: Some("well again".into()),
            at: None,
        };
        let request = shell.ask(closing);
        assert!(!shell.quiet() && shell.world.requests.get(request).is_none() && !shell.world.watching, "nobody knows yet");
        assert!(shell.until_quiet(minute).await);
        assert_eq!(shell.world.incidents.get(incident).map(|incident| incident.status), Some(Status::Closed));
        assert!(shell.until(minute, |world| world.watching).await);
    }

    #[tokio::test]
    async fn a_long_journal_is_taken_in_as_it_is_read_and_who_goes_before_its_end_waits_for_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = SqliteJournal::open(folder.path(), Options::default()).expect("a journal");
        let ports = Ports::real();
        let alert = |n: usize| {
            let draft = Draft::new(Kind::AlertFired, ports.clock.now().wall, Actor::system("alerts"), format!("Down{n} firing"));
            let id = AlertId { source: "prod".into(), fingerprint: format!("{n}").as_str().into() };
            Draft { alert: Some(id.clone()), key: Some(format!("{id}/1/fired")), ..draft }
        };
        journal.append((0..3_000).map(alert).collect(), ports.clock.now().wall).expect("is recorded");
        drop(journal);
        let one = setup(folder.path());
        let mut shell = Shell::new(&one);
        shell.begin(one);
        drop(shell);
        let other = setup(folder.path());
        let mut shell = Shell::new(&other);
        shell.begin(other);
        assert!(shell.until_quiet(Duration::from_secs(60)).await);
        let id = |n: usize| AlertId { source: "prod".into(), fingerprint: format!("{n}").as_str().into() };
        assert!((0..3_000).all(|n| shell.world.alerts.is_open(&id(n))));
    }
}
