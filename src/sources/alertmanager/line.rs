//! The line to each peer, whoever of this process asks there: how many requests are on it at a time, and whether its last answer came.
//!
//! An Alertmanager refuses what is asked beyond its limit, of everybody: by default as many at a time as it has processors, at least
//! eight. Polls and acts together take half of that.

use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Response;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use url::Url;

const AT_ONCE: usize = 4;
/// Whoever answered so lately answers now.
const LATELY: Duration = Duration::from_secs(1);

pub struct Line {
    places: Semaphore,
    /// When the last question ended, and whether with an answer.
    heard: Mutex<Option<(Duration, bool)>>,
}

impl Line {
    fn new() -> Self {
        Self { places: Semaphore::new(AT_ONCE), heard: Mutex::new(None) }
    }

    /// Waits for a place on it, so long at most. In turn: a poll gets its place in the middle of a thousand acts, too.
    ///
    /// # Errors
    /// There was none: nothing was sent.
    pub async fn place(&self, limit: Duration, asked: &str) -> Result<SemaphorePermit<'_>, Trouble> {
        if let Ok(Ok(place)) = timeout(limit, self.places.acquire()).await {
            return Ok(place);
        }
        let limit = humantime::format_duration(limit);
        let text = format!("{asked} was not sent: {AT_ONCE} requests before it had no answer for {limit}");
        Err(Trouble::new(Reason::Timeout, text))
    }

    pub fn hear(&self, answer: &Result<Response, Trouble>, now: Duration) {
        let silent = answer.as_ref().is_err_and(|trouble| trouble.reason.is_unreached());
        *lock(&self.heard) = Some((now, !silent));
    }

    /// Nothing speaks against it: its last answer came, or it was never asked.
    pub fn is_open(&self) -> bool {
        lock(&self.heard).is_none_or(|(_, well)| well)
    }

    /// It has answered a moment ago.
    pub fn was_heard(&self, now: Duration) -> bool {
        lock(&self.heard).is_some_and(|(at, well)| well && now.saturating_sub(at) < LATELY)
    }
}

/// The lines of one source. They are shared with all that ask the same address.
#[derive(Default)]
pub struct Lines(Mutex<BTreeMap<Url, Arc<Line>>>);

static ALL: Mutex<BTreeMap<Url, Weak<Line>>> = Mutex::new(BTreeMap::new());

impl Lines {
    pub fn to(&self, url: &Url) -> Arc<Line> {
        lock(&self.0).entry(url.clone()).or_insert_with(|| shared(url)).clone()
    }
}

fn shared(url: &Url) -> Arc<Line> {
    let mut all = lock(&ALL);
    all.retain(|_, line| line.strong_count() > 0);
    all.get(url).and_then(Weak::upgrade).unwrap_or_else(|| {
        let line = Arc::new(Line::new());
        all.insert(url.clone(), Arc::downgrade(&line));
        line
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
