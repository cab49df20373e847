//! The one owner of the journal in this process: a thread that appends in order and reports what other processes wrote.
//! Whoever ends it waits until everything that it accepted is durable or has failed.

mod export;

use super::watcher::{Duty, Turn};
use crate::domain::entry::{Draft, Entry};
use crate::domain::ids::{AlertId, IncidentId, RequestId, ServiceName};
use crate::journal::{self, Journal, JournalError, evidence};
use crate::model::Fact;
use crate::model::past::{Recalled, episodes, looked_for};
use crate::model::practice::Record;
use crate::model::world::{LOOKED_AT, TAKEN_IN};
use crate::ports::Clock;
use chrono::{DateTime, Utc};
use notify::{RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

enum Job {
    /// What is of the watcher alone comes with its turn.
    Append(RequestId, Vec<Draft>, Option<Duty>),
    Recall(Option<AlertId>, DateTime<Utc>),
    LookBack(IncidentId, DateTime<Utc>, BTreeSet<AlertId>, BTreeSet<ServiceName>),
    Export(IncidentId, Option<PathBuf>, Vec<String>),
    Practice(DateTime<Utc>),
    /// Leave a sign of life of the watcher, and whether it is told that nobody watched before.
    Beat(Turn, bool),
    /// Tell this once what others have recorded is told.
    Tell(Vec<Fact>),
    /// Somebody wrote into the folder; perhaps it was us.
    Look,
    /// The same once more.
    LookAgain,
    Stop,
}

pub struct Scribe {
    jobs: Sender<Job>,
    facts: UnboundedSender<Fact>,
    unread: Receiver<JournalError>,
    /// One for each entry that was read at the start and not taken yet.
    ahead: Option<Receiver<()>>,
    folder: PathBuf,
    thread: Option<JoinHandle<()>>,
    /// Copies under way, and what stops them.
    copies: Mutex<BTreeMap<RequestId, Arc<AtomicBool>>>,
    /// Watches the folder for the writes of other processes for as long as it lives.
    _folder: Option<notify::RecommendedWatcher>,
}

impl Scribe {
    /// Tells what the journal holds open, and that this is all, before it does anything else.
    pub fn start(mut journal: Box<dyn Journal>, folder: &Path, facts: UnboundedSender<Fact>, clock: Arc<dyn Clock>) -> Self {
        let (jobs, inbox) = channel();
        let watcher = watch(folder, jobs.clone());
        let (told, (tell, unread), (wait, ahead)) = (facts.clone(), channel(), sync_channel(AHEAD));
        let work = move || {
            if read(journal.as_mut(), &told, (&tell, &wait), clock.as_ref()) {
                write(journal, &inbox, &told, clock.as_ref());
            }
        };
        let thread = Some(std::thread::spawn(work));
        Self {
            jobs,
            facts,
            unread,
            ahead: Some(ahead),
            folder: folder.to_owned(),
            thread,
            copies: Mutex::default(),
            _folder: watcher,
        }
    }

    /// An entry that was read at the start has been taken: the next may come.
    pub fn taken(&self) {
        self.ahead.iter().for_each(|ahead| _ = ahead.try_recv());
    }

    /// Why the journal could not be read, once `Fact::Read` has come.
    pub fn unread(&self) -> Option<JournalError> {
        self.unread.try_recv().ok()
    }

    /// Asks for these drafts to be made durable, a duty only as long as it lasts; the answer comes as facts.
    pub fn append(&self, request: RequestId, drafts: Vec<Draft>, duty: Option<Duty>) {
        // The thread ends only after `Stop`, so there is always somebody to take the job.
        let _ = self.jobs.send(Job::Append(request, drafts, duty));
    }

    /// Leaves a sign of life of the watcher, by whoever records: while the disk hangs there is none. That it takes nothing ends no watch, for
    /// no other process of the folder could write there either.
    pub fn beat(&self, turn: Turn, told: bool) {
        let _ = self.jobs.send(Job::Beat(turn, told));
    }

    /// Has facts told after everything that is in the journal by then.
    pub fn teller(&self) -> impl Fn(Vec<Fact>) + Send + Sync + 'static {
        let jobs = self.jobs.clone();
        move |facts| drop(jobs.send(Job::Tell(facts)))
    }

    /// Keeps a copy of a file beside the journal; the answer comes as a fact. A long one takes its time, and nothing that is to be
    /// recorded waits for it.
    pub fn keep(&self, request: RequestId, file: PathBuf) {
        let (facts, folder, stop) = (self.facts.clone(), self.folder.clone(), Arc::<AtomicBool>::default());
        if let Ok(mut copies) = self.copies.lock() {
            // Those that have ended hold their end of it no more.
            copies.retain(|_, stop| Arc::strong_count(stop) > 1);
            copies.insert(request, stop.clone());
        }
        std::thread::spawn(move || {
            let kept = evidence::keep(&file, &folder, &|| stop.load(Ordering::Relaxed)).map_err(|why| why.to_string());
            // Nobody may be left to hear it: then no entry names the copy.
            let _ = facts.send(Fact::Kept { request, kept });
        });
    }

    /// Gives a copy up that is under way.
    pub fn stop_keeping(&self, request: RequestId) {
        if let Some(stop) = self.copies.lock().ok().and_then(|mut copies| copies.remove(&request)) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// Asks for an export without what these patterns fit; the answer comes as a fact.
    pub fn export(&self, incident: IncidentId, file: Option<PathBuf>, redact: Vec<String>) {
        let _ = self.jobs.send(Job::Export(incident, file, redact));
    }

    /// Asks what was practised; the answer comes as a fact.
    pub fn practice(&self, since: DateTime<Utc>) {
        let _ = self.jobs.send(Job::Practice(since));
    }

    /// Asks what came before an incident; the answer comes as a fact.
    pub fn look_back(
        &self,
        incident: IncidentId,
        since: DateTime<Utc>,
        alerts: BTreeSet<AlertId>,
        services: BTreeSet<ServiceName>,
    ) {
        let _ = self.jobs.send(Job::LookBack(incident, since, alerts, services));
    }

    /// Asks what is remembered; the answer comes as a fact.
    pub fn recall(&self, alert: Option<AlertId>, since: DateTime<Utc>) {
        let _ = self.jobs.send(Job::Recall(alert, since));
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        let _ = self.jobs.send(Job::Stop);
        // Nobody takes what is read any more.
        self.ahead = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Without the system's notice of changes, other processes' entries are still seen whenever we write ourselves.
fn watch(folder: &Path, jobs: Sender<Job>) -> Option<notify::RecommendedWatcher> {
    let look = move |event: notify::Result<notify::Event>| {
        // The signs of life of the watcher are nobody's entries.
        let beat = |event: &notify::Event| event.paths.iter().all(|path| path.ends_with(journal::WATCH_LOCK));
        if event.is_ok_and(|event| !event.kind.is_access() && !beat(&event)) {
            let _ = jobs.send(Job::Look);
        }
    };
    let mut watcher = notify::recommended_watcher(look).ok()?;
    watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
    Some(watcher)
}

/// So many entries are read before the world takes them: of a storm it keeps few, and all at once would fill the memory.
const AHEAD: usize = 1_000;

/// Beside whoever types: after a storm it takes a tenth of a second. Whether it could be read.
fn read(
    journal: &mut dyn Journal,
    facts: &UnboundedSender<Fact>,
    (why, wait): (&Sender<JournalError>, &SyncSender<()>),
    clock: &dyn Clock,
) -> bool {
    let read = journal.open_state(clock.now().wall, &mut |entry| {
        let _ = wait.send(());
        let _ = facts.send(Fact::Recorded { entry, request: None });
    });
    let whole = read.is_ok();
    if let Err(error) = read {
        let _ = why.send(error);
    }
    let _ = facts.send(Fact::Read);
    whole
}

fn write(mut journal: Box<dyn Journal>, inbox: &Receiver<Job>, facts: &UnboundedSender<Fact>, clock: &dyn Clock) {
    let (mut looked, mut untold) = (AGAIN.len(), Untold::default());
    while let Some(job) = next(inbox, looked) {
        match job {
            Job::Append(request, drafts, duty) => append(journal.as_mut(), (request, drafts, duty), facts, clock),
            // Who does not know what others have recorded does not watch: whoever can read it takes that over.
            Job::Beat(turn, told) => match look(journal.as_mut(), facts, |_| false) {
                Ok(()) => turn.beat(told),
                Err(error) => untold.bar(&error, facts),
            },
            Job::Tell(news) => untold.hear(news, facts),
            Job::Recall(alert, since) => {
                let _ = facts.send(Fact::Recalled(recalled(journal.as_mut(), alert, since)));
            }
            Job::LookBack(incident, since, alerts, services) => {
                let found = journal.preceding((since, since + LOOKED_AT), &alerts, &services, TAKEN_IN);
                let found = found.map_err(|error| error.to_string());
                let _ = facts.send(Fact::LookedBack { incident, found });
            }
            Job::Export(incident, file, redact) => {
                let _ = facts.send(Fact::Exported(export::exported(journal.as_mut(), incident, file, &redact)));
            }
            Job::Practice(since) => {
                let entries = journal.practice(since).map_err(|error| error.to_string());
                let _ = facts.send(Fact::Practised(entries.map(|entries| Record::read(&entries))));
            }
            Job::Look => looked = 0,
            Job::LookAgain => looked += 1,
            Job::Stop => return,
        }
        match look(journal.as_mut(), facts, |_| false) {
            Ok(()) => untold.tell(facts),
            Err(error) if untold.waits() => {
                untold.bar(&error, facts);
                looked = looked.min(AGAIN.len() - 1);
            }
            // What came is told with the next look.
            Err(_) => {}
        }
    }
}

/// What is told once everything is that others have recorded.
#[derive(Default)]
struct Untold {
    news: Vec<Fact>,
    /// That this process does not watch meanwhile was told.
    barred: bool,
}

impl Untold {
    fn tell(&mut self, facts: &UnboundedSender<Fact>) {
        if std::mem::take(&mut self.barred) {
            let _ = facts.send(Fact::WatcherAnswered);
        }
        self.news.drain(..).for_each(|fact| drop(facts.send(fact)));
    }

    /// Only whoever is to watch has to know what others have recorded.
    fn hear(&mut self, news: Vec<Fact>, facts: &UnboundedSender<Fact>) {
        if self.waits() || news.iter().any(|fact| matches!(fact, Fact::Watching(true))) {
            self.news.extend(news);
        } else {
            news.into_iter().for_each(|fact| drop(facts.send(fact)));
        }
    }

    fn waits(&self) -> bool {
        !self.news.is_empty()
    }

    fn bar(&mut self, error: &JournalError, facts: &UnboundedSender<Fact>) {
        if !std::mem::replace(&mut self.barred, true) {
            let why = format!("this process does not watch while it can't read what others have recorded: {error}");
            let _ = facts.send(Fact::WatchBarred { why });
        }
    }
}

/// Another process's write is noticed when it begins, and can be read only when the disk has it: after a notice without
/// news we look again, after these milliseconds.
const AGAIN: [u64; 4] = [20, 200, 1_000, 5_000];

/// What is to be done next, after so many looks.
fn next(inbox: &Receiver<Job>, looked: usize) -> Option<Job> {
    match AGAIN.get(looked).map(|wait| inbox.recv_timeout(Duration::from_millis(*wait))) {
        None => inbox.recv().ok(),
        Some(Ok(job)) => Some(job),
        Some(Err(RecvTimeoutError::Timeout)) => Some(Job::LookAgain),
        Some(Err(RecvTimeoutError::Disconnected)) => None,
    }
}

type Asked = (RequestId, Vec<Draft>, Option<Duty>);

fn append(journal: &mut dyn Journal, (request, drafts, duty): Asked, facts: &UnboundedSender<Fact>, clock: &dyn Clock) {
    let may = || duty.as_ref().is_none_or(Duty::lasts);
    match journal.append_if(&may, drafts, clock.now().wall) {
        Ok(appended) => {
            // What others wrote before is told before: what follows from ours may depend on it.
            let own = |entry: &Arc<Entry>| appended.entries.iter().chain(&appended.begun).any(|own| own.id == entry.id);
            // What can't be read now is told with the next look.
            let _ = look(journal, facts, own);
            if let Some(entry) = appended.begun {
                let _ = facts.send(Fact::Recorded { entry, request: None });
            }
            for entry in appended.entries {
                let _ = facts.send(Fact::Recorded { entry, request: Some(request) });
            }
            if appended.reserve_freed {
                let _ = facts.send(Fact::ReserveFreed);
            }
        }
        Err(error) => failed(request, &error, facts),
    }
}

fn failed(request: RequestId, error: &JournalError, facts: &UnboundedSender<Fact>) {
    let _ = facts.send(Fact::RecordFailed { request, why: error.to_string() });
}

/// More is no list that anybody reads; and what is asked for here waits before what is to be recorded.
const MOST: usize = 2_000;

fn recalled(journal: &mut dyn Journal, alert: Option<AlertId>, since: DateTime<Utc>) -> Recalled {
    let entries = journal.past(alert.as_ref(), since, MOST).map_err(|error| error.to_string());
    let cut = entries.as_ref().is_ok_and(|entries| looked_for(entries, since) >= MOST);
    Recalled { alert, since, cut, episodes: entries.map(|entries| episodes(&entries).into()) }
}

/// Tells what others have written, but for what is told otherwise.
fn look(
    journal: &mut dyn Journal,
    facts: &UnboundedSender<Fact>,
    told: impl Fn(&Arc<Entry>) -> bool,
) -> Result<(), JournalError> {
    if journal.changed()? {
        for entry in journal.news()?.into_iter().filter(|entry| !told(entry)) {
            let _ = facts.send(Fact::Recorded { entry, request: None });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Options, SqliteJournal};
    use crate::ports::Ports;
    use tokio::sync::mpsc::unbounded_channel;

    #[test]
    fn what_waits_for_what_others_have_recorded_is_not_told_while_that_cannot_be_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = SqliteJournal::open(folder.path(), Options { reserve: 0, ..Options::default() }).expect("opens");
        let (sender, mut facts) = unbounded_channel();
        let scribe = Scribe::start(Box::new(journal), folder.path(), sender, Ports::real().clock);
        assert!(matches!(facts.blocking_recv(), Some(Fact::Read)));
        let other = rusqlite::Connection::open(folder.path().join("journal.db")).expect("opens");
        other.execute_batch("ALTER TABLE entries RENAME TO away").expect("is written");
        scribe.teller()(vec![Fact::Watching(true)]);
        assert!(matches!(facts.blocking_recv(), Some(Fact::WatchBarred { .. })));
        other.execute_batch("ALTER TABLE away RENAME TO entries").expect("is written");
        assert!(matches!(facts.blocking_recv(), Some(Fact::WatcherAnswered)), "it is told once");
        assert!(matches!(facts.blocking_recv(), Some(Fact::Watching(true))), "and then what waited");
    }
    #[test]
    fn who_can_read_no_more_what_others_have_recorded_gives_no_sign_of_life_and_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = SqliteJournal::open(folder.path(), Options { reserve: 0, ..Options::default() }).expect("opens");
        let (sender, mut facts) = unbounded_channel();
        let scribe = Scribe::start(Box::new(journal), folder.path(), sender, Ports::real().clock);
        assert!(matches!(facts.blocking_recv(), Some(Fact::Read)));
        let (told, heard) = channel();
        let turn = Turn::wait(folder.path(), Ports::real().clock, move |facts| drop(told.send(facts)));
        assert!(heard.recv().is_ok_and(|facts| facts.iter().any(|fact| matches!(fact, Fact::Watching(true)))));
        let first = journal::last_sign(folder.path()).expect("a sign");
        let other = rusqlite::Connection::open(folder.path().join("journal.db")).expect("opens");
        other.execute_batch("ALTER TABLE entries RENAME TO away").expect("is written");
        scribe.beat(turn.clone(), true);
        scribe.beat(turn.clone(), true);
        assert!(matches!(facts.blocking_recv(), Some(Fact::WatchBarred { .. })));
        assert_eq!(journal::last_sign(folder.path()), Some(first));
        other.execute_batch("ALTER TABLE away RENAME TO entries").expect("is written");
        scribe.beat(turn, true);
        assert!(matches!(facts.blocking_recv(), Some(Fact::WatcherAnswered)), "that it is barred is told once");
        drop(scribe);
        assert!(journal::last_sign(folder.path()).is_some_and(|sign| sign.seen > first.seen));
    }
}
