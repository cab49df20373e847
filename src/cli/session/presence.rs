//! Whether the operator looks at one of the consoles of a data folder, known to all of them by the time of one file: nobody is called by
//! another window, or by `serve`, of what they see come.
//!
//! It lies in a folder of its own: what is written beside the journal wakes everybody who waits for other processes' entries.

use crate::model::crier::LOOKS;
use chrono::{DateTime, TimeDelta, Utc};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The file is touched at most so often, however fast somebody types.
const OFTEN: Duration = Duration::from_secs(2);

/// What stands in it once they look at something else.
const AWAY: &str = "away";

pub struct Presence {
    file: PathBuf,
    /// Nothing is written.
    read_only: bool,
    /// When the operator was here last, and when that was told.
    here: Option<Instant>,
    told: Option<Instant>,
    /// What the others have not been told yet: whoever pressed a key waits for no disk.
    untold: Option<&'static str>,
}

impl Presence {
    pub fn of(folder: &Path, read_only: bool) -> Self {
        Self { file: folder.join("presence").join("looked"), read_only, here: None, told: None, untold: None }
    }

    /// The operator looks at this console.
    pub fn here(&mut self) {
        let now = Instant::now();
        self.here = Some(now);
        if self.told.is_none_or(|told| now.duration_since(told) >= OFTEN) {
            (self.told, self.untold) = (Some(now), Some(""));
        }
    }

    /// And now at something else.
    pub fn away(&mut self) {
        self.here = None;
        if self.told.take().is_some() {
            self.untold = Some(AWAY);
        }
    }

    /// Tells the others what is new, once the frame is out. Where the folder can't be written, they don't know.
    pub fn tell(&mut self) {
        let Some(what) = self.untold.take().filter(|_| !self.read_only) else { return };
        let missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        if fs::write(&self.file, what).is_err_and(|error| missing(&error))
            && let Some(folder) = self.file.parent()
            && fs::create_dir(folder).is_ok()
        {
            let _ = fs::write(&self.file, what);
        }
    }

    /// When the operator looked last at this console or at another one, as far as that is known. Somebody who went away a moment ago
    /// looks no more: of them it is told that they were here long enough before.
    pub fn looked(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let own = self.here.and_then(|at| TimeDelta::from_std(at.elapsed()).ok()).map(|ago| now - ago);
        let looks = TimeDelta::from_std(LOOKS).unwrap_or_default();
        let elsewhere = fs::metadata(&self.file).ok().and_then(|data| {
            let at = DateTime::<Utc>::from(data.modified().ok()?);
            let at = if data.len() > 0 { at - looks - TimeDelta::milliseconds(1) } else { at };
            // What lies far ahead was told before the clock was set back: nobody knows when.
            (at - now <= looks).then(|| at.min(now))
        });
        own.into_iter().chain(elsewhere).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    /// Whether somebody looks, so many seconds from now.
    fn looks(presence: &Presence, after: u64) -> bool {
        let now = DateTime::<Utc>::from(SystemTime::now() + Duration::from_secs(after));
        presence.looked(now).is_some_and(|at| now - at <= TimeDelta::from_std(LOOKS).expect("a time"))
    }

    #[test]
    fn whoever_looks_at_one_console_is_known_to_the_others_for_a_moment() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut one, other) = (Presence::of(folder.path(), false), Presence::of(folder.path(), false));
        assert!(!looks(&other, 1));
        one.here();
        one.tell();
        assert!(looks(&other, 1) && !looks(&other, 60));
        one.away();
        one.tell();
        assert!(!looks(&one, 0) && !looks(&other, 0));
        let now = DateTime::<Utc>::from(SystemTime::now());
        assert!(other.looked(now).is_some_and(|at| now - at < TimeDelta::seconds(12)), "that somebody was there is known still");
        one.here();
        one.tell();
        assert!(looks(&other, 2));
        let mut nowhere = Presence::of(Path::new("/nowhere"), false);
        nowhere.here();
        nowhere.tell();
        assert!(looks(&nowhere, 1), "it knows of itself all the same");
    }

    #[test]
    fn who_changes_nothing_tells_nobody_and_a_clock_that_was_set_back_shows_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut one, other) = (Presence::of(folder.path(), true), Presence::of(folder.path(), false));
        one.here();
        one.tell();
        assert!(looks(&one, 1) && !looks(&other, 1));
        assert_eq!(fs::read_dir(folder.path()).expect("reads").count(), 0);
        let mut one = Presence::of(folder.path(), false);
        one.here();
        one.tell();
        let back = DateTime::<Utc>::from(SystemTime::now() - Duration::from_secs(3600));
        assert_eq!(other.looked(back), None);
    }
}
