//! Files that adapters read.

use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Files, Listed};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A disk may hang: whoever lists a folder has a thread to itself, which nobody waits for longer than he wants to. Where one hangs
/// no more are started.
#[derive(Default)]
pub struct Disk {
    hanging: Arc<Mutex<BTreeSet<PathBuf>>>,
}

/// More entries than this are no folder that anybody keeps backups in.
const MOST: usize = 100_000;

impl Files for Disk {
    fn read(&self, path: &Path, longest: usize) -> Result<Vec<u8>, Trouble> {
        let failed = |error: io::Error| Trouble::new(Reason::Local, format!("cannot read {}: {error}", path.display()));
        let bytes = beginning(path, longest).map_err(failed)?;
        if bytes.len() > longest {
            return Err(Trouble::new(Reason::TooLarge, format!("{} is longer than {longest} bytes", path.display())));
        }
        Ok(bytes)
    }

    fn head<'a>(&'a self, path: &'a Path, longest: usize, limit: Duration) -> Answer<'a, Result<Vec<u8>, Trouble>> {
        let whole = move |path: &Path| {
            let bytes = beginning(path, longest)?;
            if bytes.len() > longest { Err(io::Error::other(format!("it is longer than {longest} bytes"))) } else { Ok(bytes) }
        };
        Box::pin(self.apart(path, limit, whole))
    }

    fn list<'a>(&'a self, folder: &'a Path, limit: Duration) -> Answer<'a, Result<Vec<Listed>, Trouble>> {
        Box::pin(self.apart(folder, limit, list))
    }
}

impl Disk {
    async fn apart<T: Send + 'static>(
        &self,
        folder: &Path,
        limit: Duration,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Trouble> {
        let path = folder.to_owned();
        if self.hanging().contains(folder) {
            return Err(hangs(folder, "was asked before and has not answered yet"));
        }
        let (answer, mut answered) = oneshot::channel();
        let hanging = self.hanging.clone();
        let look = move || {
            let found = work(&path);
            let mut hanging = hanging.lock().unwrap_or_else(PoisonError::into_inner);
            hanging.remove(&path);
            // Nobody waits for what comes too late.
            let _ = answer.send(found);
        };
        let failed = |error| Trouble::new(Reason::Local, format!("cannot look into {}: {error}", folder.display()));
        std::thread::Builder::new().spawn(look).map_err(failed)?;
        let late = || hangs(folder, &format!("does not answer within {}", humantime::format_duration(limit)));
        let found = match timeout(limit, &mut answered).await {
            Ok(found) => found.unwrap_or_else(|_| Err(io::Error::other("the thread that looked is gone"))),
            Err(_) => self.at_last(folder, &mut answered).ok_or_else(late)?,
        };
        found.map_err(failed)
    }

    /// What came in the very last moment; else it hangs until its thread says otherwise.
    fn at_last<T>(&self, folder: &Path, answered: &mut oneshot::Receiver<T>) -> Option<T> {
        let mut hanging = self.hanging();
        let answer = answered.try_recv().ok();
        if answer.is_none() {
            hanging.insert(folder.to_owned());
        }
        answer
    }

    fn hanging(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.hanging.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hangs(folder: &Path, how: &str) -> Trouble {
    Trouble::new(Reason::Timeout, format!("the file system of {} {how}", folder.display()))
}

fn list(folder: &Path) -> io::Result<Vec<Listed>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)?.take(MOST) {
        let entry = entry?;
        // A file that is gone by now is not there.
        let Ok(about) = std::fs::metadata(entry.path()) else { continue };
        let bytes = about.is_file().then_some(about.len());
        found.push(Listed { name: entry.file_name().to_string_lossy().into_owned(), bytes, modified: about.modified()?.into() });
    }
    Ok(found)
}

/// One byte more than is wanted, where there is more.
fn beginning(path: &Path, longest: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(longest as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a regular file. Reading a pipe or a terminal could wait for ever.
fn open(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    type Work = fn(&Path) -> io::Result<Vec<Listed>>;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("f");
        std::fs::write(&path, "12345").expect("written");
        assert_eq!(Disk::default().read(&path, 5).expect("fits"), b"12345");
        assert_eq!(Disk::default().read(&path, 4).expect_err("too long").reason, Reason::TooLarge);
    }

    #[tokio::test]
    async fn a_folder_that_hangs_holds_up_nobody_and_is_not_asked_again_meanwhile() {
        static OPEN: AtomicBool = AtomicBool::new(false);
        let (disk, folder) = (Disk::default(), tempfile::tempdir().expect("a folder"));
        let stuck: Work = |_| {
            while !OPEN.load(Ordering::SeqCst) {
                std::thread::park_timeout(Duration::from_millis(1));
            }
            Ok(Vec::new())
        };
        let limit = Duration::from_millis(50);
        let first = disk.apart(Path::new("/stuck"), limit, stuck).await.expect_err("it hangs");
        assert_eq!((first.reason, first.text.raw()), (Reason::Timeout, "the file system of /stuck does not answer within 50ms"));
        let again = disk.apart(Path::new("/stuck"), Duration::from_secs(600), stuck).await.expect_err("it still hangs");
        assert!(again.to_string().contains("was asked before"), "{again}");
        let other = disk.list(folder.path(), Duration::from_secs(60)).await;
        assert_eq!(other.expect("another folder answers"), []);
        OPEN.store(true, Ordering::SeqCst);
        while disk.hanging().contains(Path::new("/stuck")) {
            tokio::task::yield_now().await;
        }
        assert_eq!(disk.apart(Path::new("/stuck"), Duration::from_secs(60), stuck).await.expect("it is well again"), []);
    }

    #[tokio::test]
    async fn the_head_of_a_file_is_read_apart_and_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, limit) = (folder.path().join("f"), Duration::from_secs(60));
        std::fs::write(&path, "12345").expect("written");
        let disk = Disk::default();
        assert_eq!(disk.head(&path, 5, limit).await.expect("fits"), b"12345");
        assert!(disk.head(&path, 4, limit).await.expect_err("too long").to_string().contains("longer than 4 bytes"));
        disk.hanging().insert(path.clone());
        let stuck = disk.head(&path, 5, limit).await.expect_err("its disk hangs");
        assert_eq!(stuck.reason, Reason::Timeout);
    }

    #[tokio::test]
    async fn two_who_look_into_the_same_folder_are_both_answered() {
        static BOTH: std::sync::Barrier = std::sync::Barrier::new(2);
        let together: Work = |_| {
            BOTH.wait();
            Ok(Vec::new())
        };
        let (disk, folder, limit) = (Disk::default(), Path::new("/shared"), Duration::from_secs(30));
        let (first, second) = tokio::join!(disk.apart(folder, limit, together), disk.apart(folder, limit, together));
        assert_eq!((first.expect("answers"), second.expect("answers, too")), (vec![], vec![]));
    }

    #[test]
    fn what_is_no_file_is_told_apart_by_its_sentence() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = Disk::default().read(&folder.path().join("gone"), 9).expect_err("missing");
        assert!(missing.to_string().contains("gone: No such file"), "{missing}");
        let directory = Disk::default().read(folder.path(), 9).expect_err("a folder");
        assert!(directory.to_string().contains("not a regular file"), "{directory}");
    }
}
