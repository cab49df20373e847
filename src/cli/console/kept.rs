//! What one console leaves for the next: a note that was begun, and how the screen was divided. A console that changes nothing leaves
//! nothing.

use super::preset;
use crate::config::Console as Look;
use crate::tui::Layouts;
use crate::tui::layout::shares::{Kept, Unfit};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A note that was begun, kept in a file so that it survives a crash. Each of several consoles has a file of its own for as long as it
/// runs; the next one takes up what one that is gone has left.
#[derive(Default)]
pub struct Draft {
    /// None: nothing is kept.
    file: Option<PathBuf>,
    _held: Option<Flock<File>>,
}

/// So many consoles keep theirs.
const DRAFTS: usize = 16;

impl Draft {
    /// One with words in it comes first.
    pub fn open(data: &Path, read_only: bool) -> Self {
        if read_only {
            return Self::default();
        }
        let all =
            || (1..=DRAFTS).map(|number| data.join(if number == 1 { "draft".to_owned() } else { format!("draft-{number}") }));
        let begun = all().filter(|file| fs::metadata(file).is_ok_and(|about| about.len() > 0));
        begun.chain(all()).find_map(Self::hold).unwrap_or_default()
    }

    /// `None` while another console has it. Where nothing can be locked nobody knows, and it is taken.
    fn hold(file: PathBuf) -> Option<Self> {
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(file.with_extension("lock"));
        let held = match lock.map(|lock| Flock::lock(lock, FlockArg::LockExclusiveNonblock)) {
            Ok(Err((_, Errno::EWOULDBLOCK))) => return None,
            Ok(Ok(held)) => Some(held),
            _ => None,
        };
        Some(Self { file: Some(file), _held: held })
    }

    pub fn load(&self) -> String {
        self.file.as_ref().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default()
    }

    pub fn save(&self, text: &str) -> io::Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let new = path.with_extension("new");
        // By renaming: a console that is killed while it writes leaves the draft as it was before.
        match text {
            "" => fs::remove_file(path).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            }),
            text => fs::write(&new, text).and_then(|()| fs::rename(&new, path)).inspect_err(|_| drop(fs::remove_file(&new))),
        }
    }
}

/// How the screen was divided when the last console ended.
pub struct Layout {
    file: PathBuf,
    read_only: bool,
}

impl Layout {
    pub fn of(data: &Path, read_only: bool) -> Self {
        Self { file: data.join("layout.json"), read_only }
    }

    /// What is damaged, or a newer program's, is refused whole and put aside: nobody's screen comes up half as it was, and nothing is
    /// lost.
    pub fn load(&self, look: &Look) -> Layouts {
        let presets = look.layouts.iter().map(preset).collect();
        let refused = |why: &str, extension: &str| {
            let kept = if self.read_only { "it is left as it is".to_owned() } else { self.put_aside(extension) };
            format!("The layout in {} is not taken, for {why}; {kept}. The screen is divided as usual.", self.file.display())
        };
        let read = fs::read_to_string(&self.file);
        let (kept, trouble) = match read.as_deref().map(Kept::parse) {
            Ok(Ok(kept)) => (kept, None),
            Ok(Err(Unfit::Newer(_))) => {
                (Kept::default(), Some(refused("a newer midwatch has written it in a form that this one does not know", "newer")))
            }
            Ok(Err(Unfit::Damaged(why))) => (Kept::default(), Some(refused(&why, "damaged"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Kept::default(), None),
            Err(error) => (Kept::default(), Some(refused(&error.to_string(), "damaged"))),
        };
        Layouts { kept, presets, trouble }
    }

    fn put_aside(&self, extension: &str) -> String {
        let aside = self.file.with_extension(extension);
        match fs::rename(&self.file, &aside) {
            Ok(()) => format!("it is kept as {}", aside.display()),
            Err(error) => format!("and it can't be put aside: {error}"),
        }
    }

    pub fn keep(&self, text: &str) -> io::Result<()> {
        if self.read_only {
            return Ok(());
        }
        let new = self.file.with_extension("new");
        fs::write(&new, text).and_then(|()| fs::rename(&new, &self.file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_several_consoles_keeps_its_own_draft_and_the_next_one_takes_up_what_is_left() {
        let data = tempfile::tempdir().expect("a folder");
        let open = || Draft::open(data.path(), false);
        let (one, other) = (open(), open());
        one.save("the pool is").expect("kept");
        other.save("failing over").expect("kept");
        assert_eq!((one.load().as_str(), other.load().as_str(), open().load().as_str()), ("the pool is", "failing over", ""));
        // The second one crashes.
        drop(other);
        let next = open();
        assert_eq!(next.load(), "failing over");
        next.save("").expect("sent");
        drop((one, next));
        let (first, second) = (open(), open());
        assert_eq!((first.load().as_str(), second.load().as_str()), ("the pool is", ""));
    }

    #[test]
    fn a_console_that_changes_nothing_keeps_none() {
        let data = tempfile::tempdir().expect("a folder");
        let draft = Draft::open(data.path(), true);
        draft.save("never mind").expect("nothing to do");
        Layout::of(data.path(), true).keep("{}").expect("nothing to do");
        assert_eq!((draft.load().as_str(), fs::read_dir(data.path()).expect("reads").count()), ("", 0));
    }
}
