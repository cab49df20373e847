//! What is dear to make, for it is read from the disk: made when it is first needed, shared from then on, and made anew once somebody
//! says so. Invariant: its files may lie where nothing answers, so one thread waits for them, however often it is asked for, and none that
//! others need.

use crate::domain::trouble::{Reason, Trouble};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use tokio::sync::watch;

/// Where it is once it is made, or why it could not be.
pub type Answer<V> = watch::Receiver<Option<Result<V, Trouble>>>;

/// With those that are being made.
pub struct Prepared<K, V>(Mutex<HashMap<K, Answer<V>>>);

impl<K, V> Default for Prepared<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone + Send + 'static, V: Clone + Send + Sync + 'static> Prepared<K, V> {
    pub async fn of(&self, key: K, make: impl FnOnce(&K) -> Result<V, Trouble> + Send + 'static) -> Result<V, Trouble> {
        let mut answer = self.asked(key, make)?;
        let made = answer.wait_for(Option::is_some).await.map(|made| made.clone());
        made.ok().flatten().unwrap_or_else(|| Err(unprepared("the thread that did is gone; please report this")))
    }

    /// Where it will be.
    pub fn asked(&self, key: K, make: impl FnOnce(&K) -> Result<V, Trouble> + Send + 'static) -> Result<Answer<V>, Trouble> {
        let mut all = self.all();
        if let Some(answer) = all.get(&key).filter(|answer| serves(answer)) {
            return Ok(answer.clone());
        }
        let (tell, answer) = watch::channel(None);
        let of = key.clone();
        let begun = thread::Builder::new().spawn(move || tell.send_replace(Some(make(&of))));
        begun.map_err(|error| unprepared(format!("the system gives no thread ({error})")))?;
        all.insert(key, answer.clone());
        Ok(answer)
    }

    /// Whoever needs it next makes it anew; one that is being made is new.
    pub fn forget(&self, key: &K) {
        let mut all = self.all();
        if all.get(key).is_some_and(|answer| answer.borrow().is_some()) {
            all.remove(key);
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<K, Answer<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// It is made, or somebody makes it. What failed is made anew.
fn serves<V>(answer: &Answer<V>) -> bool {
    match &*answer.borrow() {
        Some(made) => made.is_ok(),
        None => answer.has_changed().is_ok(),
    }
}

pub fn unprepared(why: impl std::fmt::Display) -> Trouble {
    local(format!("cannot prepare TLS: {why}"))
}

pub fn local(text: String) -> Trouble {
    Trouble::new(Reason::Local, text)
}
