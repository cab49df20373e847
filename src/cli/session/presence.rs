//! Whether the operator looks at one of the consoles of a data folder, known to all of them by the time of one file: nobody is called by
//! another window, or by `serve`, of what they see come.

use crate::model::crier::LOOKS;
use chrono::{DateTime, Utc};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// The file is touched at most so often, however fast somebody types.
const OFTEN: Duration = Duration::from_secs(2);

pub struct Presence {
    file: PathBuf,
    /// When the operator was here last, and when that was told.
    here: Option<Instant>,
    told: Option<Instant>,
}

impl Presence {
    pub fn of(folder: &Path) -> Self {
        Self { file: folder.join("looked"), here: None, told: None }
    }

    /// The operator looks at this console. Where the folder can't be written, the others don't know.
    pub fn here(&mut self) {
        let now = Instant::now();
        self.here = Some(now);
        if self.told.is_none_or(|told| now.duration_since(told) >= OFTEN) {
            self.told = Some(now);
            let _ = fs::write(&self.file, "");
        }
    }

    /// And now at something else.
    pub fn away(&mut self) {
        self.here = None;
        if self.told.take().is_some() {
            let _ = fs::remove_file(&self.file);
        }
    }

    /// The operator looked at this console or at another one a moment ago.
    pub fn looks(&self, now: DateTime<Utc>) -> bool {
        let touched = File::open(&self.file).and_then(|file| file.metadata()).and_then(|data| data.modified());
        let elsewhere = touched.is_ok_and(|at| SystemTime::from(now).duration_since(at).is_ok_and(|ago| ago <= LOOKS));
        elsewhere || self.here.is_some_and(|at| at.elapsed() <= LOOKS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_looks_at_one_console_is_known_to_the_others_for_a_moment() {
        let folder = tempfile::tempdir().expect("a folder");
        let after = |seconds: u64| DateTime::<Utc>::from(SystemTime::now() + Duration::from_secs(seconds));
        let (mut one, other) = (Presence::of(folder.path()), Presence::of(folder.path()));
        assert!(!other.looks(after(1)));
        one.here();
        assert!(other.looks(after(1)) && !other.looks(after(60)));
        one.away();
        assert!(!one.looks(after(1)) && !other.looks(after(1)));
        one.here();
        assert!(other.looks(after(2)));
        let mut nowhere = Presence::of(Path::new("/nowhere"));
        nowhere.here();
        assert!(nowhere.looks(after(1)), "it knows of itself all the same");
    }
}
