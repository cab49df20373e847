//! When each heartbeat was called last, from one process to the next. Whoever calls is answered when it is on the disk.

use super::{Cache, whole};
use crate::domain::ids::FeedName;
use crate::feeds::heartbeat::Kept;
use std::collections::BTreeMap;
use std::fs;
use std::io::BufReader;
use std::sync::Arc;
use tokio::sync::Mutex;

const FILE: &str = "heartbeats.json";

pub type Calls = BTreeMap<FeedName, Kept>;

/// The file, and what stands in it.
#[derive(Clone)]
pub struct Ledger {
    cache: Cache,
    written: Arc<Mutex<Calls>>,
}

impl Ledger {
    /// What can't be read was never called.
    pub fn open(cache: Cache) -> (Self, Calls) {
        let file = fs::File::open(cache.0.join(FILE)).ok();
        let calls: Calls = file.and_then(|file| serde_json::from_reader(BufReader::new(file)).ok()).unwrap_or_default();
        (Self { cache, written: Arc::new(Mutex::new(calls.clone())) }, calls)
    }

    /// Keeps these, where they are not what the file says already.
    pub async fn keep(&self, calls: Calls) {
        let mut written = self.written.lock().await;
        if calls.iter().all(|(feed, kept)| written.get(feed) == Some(kept)) {
            return;
        }
        written.extend(calls);
        let (folder, all) = (self.cache.0.clone(), written.clone());
        let write = move || whole(&folder, FILE, |file| Ok(serde_json::to_writer(file, &all)?));
        // A file that can't be written is not there the next time.
        let _ = tokio::task::spawn_blocking(write).await;
    }
}
