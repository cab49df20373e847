//! The alerts of the last session, so that the first frame has something to say, and the past of the feeds. Alerts are shown as
//! stale until the source answers: a cache is never proof. What can't be read or written is simply not there.

mod calls;
mod feeds;
mod pack;

use super::poller::{CHUNK, Remembered};
use crate::domain::alert::Alert;
use crate::domain::ids::{Fingerprint, SourceName};
use crate::model::alerts::SourceState;
use crate::model::{Fact, World};
pub use calls::{Calls, Ledger};
use chrono::{DateTime, Utc};
use pack::Read;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

/// The first screenful is read before the first frame, the rest after it.
const FIRST: usize = 100;
const FIRST_FILE: &str = "alerts-first.jsonl";
const ALL_FILE: &str = "alerts.jsonl";
const FEEDS_FILE: &str = "feeds.json";

/// What has to be kept.
pub struct What {
    pub alerts: bool,
    pub feeds: bool,
}

type Snapshot = BTreeMap<SourceName, Kept>;

struct Kept {
    read_at: DateTime<Utc>,
    alerts: Vec<Arc<Alert>>,
    /// Those that were not listed then.
    unlisted: BTreeMap<Fingerprint, DateTime<Utc>>,
}

impl Kept {
    fn at(read_at: DateTime<Utc>) -> Self {
        Self { read_at, alerts: Vec::new(), unlisted: BTreeMap::new() }
    }

    fn take(&mut self, alert: Arc<Alert>, unlisted: Option<DateTime<Utc>>) {
        self.unlisted.extend(unlisted.map(|since| (alert.id.fingerprint.clone(), since)));
        self.alerts.push(alert);
    }

    fn told(self, source: SourceName, more: bool) -> Fact {
        Fact::AlertsCached { source, alerts: self.alerts, read_at: self.read_at, unlisted: self.unlisted, more }
    }
}

/// A folder of the platform's cache.
#[derive(Debug, Clone)]
pub struct Cache(PathBuf);

impl Cache {
    /// Made where it is missing; for the owner's eyes alone, like the alerts themselves.
    pub fn new(folder: PathBuf) -> Self {
        use std::os::unix::fs::DirBuilderExt;
        let _ = fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        Self(folder)
    }

    /// The same, left as it is.
    pub fn there(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The first screenful, read at once, and the past of the feeds.
    pub fn first(&self) -> Vec<Fact> {
        let known = read(&self.0.join(FIRST_FILE));
        let more = known.values().map(|kept| kept.alerts.len()).sum::<usize>() >= FIRST;
        known.into_iter().map(|(source, kept)| kept.told(source, more)).chain(self.feeds()).collect()
    }

    /// The past of the feeds.
    pub fn feeds(&self) -> Option<Fact> {
        feeds::read(&self.0.join(FEEDS_FILE)).map(Fact::FeedsRemembered)
    }

    /// What was kept of these sources.
    pub fn of(&self, sources: &[SourceName]) -> Vec<Fact> {
        let all = read(&self.0.join(ALL_FILE)).into_iter().filter(|(source, _)| sources.contains(source));
        all.map(|(source, kept)| kept.told(source, false)).collect()
    }

    /// All alerts of these sources.
    pub fn alerts(&self, of: &[SourceName]) -> Vec<Arc<Alert>> {
        let all = read(&self.0.join(ALL_FILE)).into_iter().filter(|(source, _)| of.contains(source));
        all.flat_map(|(_, kept)| kept.alerts).collect()
    }

    /// Everything, read by a thread of its own and told as it is read: whoever takes it in need not wait for the last of it.
    pub fn rest(&self, to: UnboundedSender<Fact>) -> Remembered {
        let [first, path] = [FIRST_FILE, ALL_FILE].map(|name| self.0.join(name));
        let (tell, remembered) = watch::channel(None);
        let work = move || {
            let mut portions = Portions { to: &to, of: None, known: HashMap::new() };
            if let Ok(file) = fs::File::open(&path) {
                // Of one that is damaged there is what was read before.
                let _ = pack::each(BufReader::new(file), &mut |read| portions.take(read));
            }
            portions.end();
            // Of a source of which no more is there the first screenful is all that there is.
            let first = read(&first).into_iter().filter(|(source, _)| !portions.known.contains_key(source)).collect::<Vec<_>>();
            for (source, kept) in first {
                portions.known.insert(source.clone(), kept.alerts.clone());
                let _ = to.send(kept.told(source, false));
            }
            let known = portions.known.into_iter().map(|(source, alerts)| (source, sorted(alerts))).collect();
            // Only now may the source be asked: its answer comes after what it replaces.
            let _ = tell.send(Some(known));
        };
        // Where there is no thread nothing is remembered: the sender is gone, and nobody waits.
        let _ = Builder::new().spawn(work);
        remembered
    }

    /// Keeps what the world knows, written by a thread of its own; whole files only. `None` where the system
    /// gives no thread. As long as the alerts of the cache have not all been read, they are not replaced by those that have.
    pub fn save(&self, world: &World, what: What) -> Option<JoinHandle<()>> {
        let alerts =
            (what.alerts && !world.alerts.is_partly_read()).then(|| (snapshot(world, FIRST), snapshot(world, usize::MAX)));
        let feeds = what.feeds.then(|| feeds::snapshot(world));
        let folder = self.0.clone();
        let work = move || {
            if let Some((first, all)) = &alerts {
                write(&folder, FIRST_FILE, first);
                write(&folder, ALL_FILE, all);
            }
            if let Some(feeds) = &feeds {
                whole(&folder, FEEDS_FILE, |file| feeds::write(feeds, file));
            }
        };
        Builder::new().spawn(work).ok()
    }
}

fn snapshot(world: &World, most: usize) -> Snapshot {
    // Of a source that does not answer what is known stays known, however often the program is started.
    let told = |state: &SourceState| state.answered.map(|at| at.wall).or(state.cached_at);
    let read_at = |source| world.alerts.source(source).and_then(told);
    let fires = world.alerts.queue().filter(|tracked| tracked.resolved_at.is_none());
    let mut snapshot = Snapshot::new();
    for (tracked, read_at) in fires.filter_map(|tracked| Some((tracked, read_at(&tracked.alert.id.source)?))).take(most) {
        let source = &tracked.alert.id.source;
        let kept = snapshot.entry(source.clone()).or_insert_with(|| Kept::at(read_at));
        kept.take(tracked.alert.clone(), tracked.unlisted_since());
    }
    snapshot
}

fn read(path: &Path) -> Snapshot {
    fs::File::open(path).ok().and_then(|file| pack::read(BufReader::new(file))).unwrap_or_default()
}

fn sorted(mut alerts: Vec<Arc<Alert>>) -> Arc<Vec<Arc<Alert>>> {
    alerts.sort_by(|a, b| a.id.fingerprint.cmp(&b.id.fingerprint));
    Arc::new(alerts)
}

/// What has been read, handed on in portions that the core can take in one step. That there is no more of a source is said with its last.
struct Portions<'a> {
    to: &'a UnboundedSender<Fact>,
    /// What has been read of one and not been told.
    of: Option<(SourceName, Kept)>,
    known: HashMap<SourceName, Vec<Arc<Alert>>>,
}

impl Portions<'_> {
    fn take(&mut self, read: Read) {
        match read {
            Read::Source(source, read_at) => {
                self.end();
                self.known.entry(source.clone()).or_default();
                self.of = Some((source, Kept::at(read_at)));
            }
            Read::Alert(alert, unlisted) => {
                let Some((source, mut kept)) = self.of.take() else { return };
                if kept.alerts.len() == CHUNK {
                    let read_at = kept.read_at;
                    self.tell(source.clone(), kept, true);
                    kept = Kept::at(read_at);
                }
                kept.take(alert, unlisted);
                self.of = Some((source, kept));
            }
        }
    }

    fn tell(&mut self, source: SourceName, kept: Kept, more: bool) {
        self.known.entry(source.clone()).or_default().extend(kept.alerts.iter().cloned());
        let _ = self.to.send(kept.told(source, more));
    }

    fn end(&mut self) {
        if let Some((source, kept)) = self.of.take() {
            self.tell(source, kept, false);
        }
    }
}

fn write(folder: &Path, name: &str, snapshot: &Snapshot) {
    whole(folder, name, |file| pack::write(snapshot, file));
}

/// Whole or not at all.
fn whole(folder: &Path, name: &str, write: impl FnOnce(&mut BufWriter<fs::File>) -> io::Result<()>) {
    let (half, whole) = (folder.join(format!("{name}.new")), folder.join(name));
    let put = || {
        let mut file = BufWriter::new(fs::File::create(&half)?);
        write(&mut file)?;
        file.flush()
    };
    if put().is_ok() {
        let _ = fs::rename(half, whole);
    }
}
