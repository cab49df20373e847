//! Notice of changes of one file. It is watched itself: nothing else that happens in its folder, which may be a busy one, wakes
//! anybody. Who saves a file often puts another one in its place, and that is watched then. As long as there is none, and where it is a
//! link, which may come to lead elsewhere, its folder is watched.

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};

/// As long as it lives, changes are noticed.
pub struct Notice(Sender<Heard>);

#[derive(PartialEq)]
enum Heard {
    Stirred,
    Enough,
}

impl Drop for Notice {
    fn drop(&mut self) {
        let _ = self.0.send(Heard::Enough);
    }
}

/// Looks now, and from here on whenever the file may have changed; `None` where the system gives no notice of changes.
pub fn follow(path: PathBuf, mut look: impl FnMut() + Send + 'static) -> Option<Notice> {
    let (tell, inbox) = channel();
    let (name, hears) = (path.file_name().map(OsStr::to_owned), tell.clone());
    let hear = move |event: notify::Result<Event>| {
        let ours = |event: Event| !event.kind.is_access() && event.paths.iter().any(|path| path.file_name() == name.as_deref());
        if event.is_ok_and(ours) {
            let _ = hears.send(Heard::Stirred);
        }
    };
    let mut place = Place { watcher: notify::recommended_watcher(hear).ok()?, path };
    place.watch().then_some(())?;
    look();
    std::thread::spawn(move || {
        // Each save is told in several pieces.
        while inbox.recv() == Ok(Heard::Stirred) && inbox.try_iter().all(|heard| heard == Heard::Stirred) {
            place.watch();
            look();
        }
    });
    Some(Notice(tell))
}

struct Place {
    watcher: RecommendedWatcher,
    path: PathBuf,
}

impl Place {
    /// Watches what is there now: what was may have gone, and another one have its number. Whether anything is watched.
    fn watch(&mut self) -> bool {
        let folder = self.path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")).to_owned();
        loop {
            let _ = self.watcher.unwatch(&self.path);
            let _ = self.watcher.unwatch(&folder);
            let before = file(&self.path);
            let mut watch = |path: &Path| self.watcher.watch(path, RecursiveMode::NonRecursive).is_ok();
            let watched = before.is_some() && watch(&self.path) || watch(&folder);
            // What came meanwhile was told to nobody.
            if !watched || file(&self.path) == before {
                return watched;
            }
        }
    }
}

/// Which file is there; `None` where there is none, or a link.
fn file(path: &Path) -> Option<(u64, u64)> {
    let found = fs::symlink_metadata(path).ok()?;
    found.is_file().then(|| (found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::sync::mpsc::Receiver;
    use std::time::Duration;

    /// Everything that is read of the file, from now on.
    fn reads(path: &Path) -> (Notice, Receiver<String>) {
        let (tell, told) = channel();
        let file = path.to_owned();
        let look = move || drop(fs::read_to_string(&file).map(|text| tell.send(text)));
        (follow(path.to_owned(), look).expect("notice of changes"), told)
    }

    fn until(told: &Receiver<String>, text: &str) {
        while told.recv_timeout(Duration::from_secs(60)).expect("it is noticed") != text {}
    }

    #[test]
    fn a_file_is_followed_however_it_is_saved() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let path = at("config.yaml");
        fs::write(&path, "first").expect("written");
        let (_notice, told) = reads(&path);
        until(&told, "first");
        let anew = |text: &str| fs::write(at("config.new"), text).expect("written");
        let renamed = |text: &str| {
            anew(text);
            fs::rename(at("config.new"), &path).expect("renamed");
        };
        let moved_away = |text: &str| {
            fs::rename(&path, at("config.yaml~")).expect("renamed");
            fs::write(&path, text).expect("written");
        };
        let removed = |text: &str| {
            fs::remove_file(&path).expect("removed");
            fs::write(&path, text).expect("written");
        };
        let linked = |text: &str| {
            fs::write(at(text), text).expect("written");
            symlink(at(text), at("link")).expect("linked");
            fs::rename(at("link"), &path).expect("renamed");
        };
        let saves: [&dyn Fn(&str); 4] = [&renamed, &moved_away, &removed, &linked];
        for (way, save) in ["renamed", "moved", "removed", "linked"].into_iter().zip(saves) {
            for turn in 0..3 {
                let text = format!("{way} {turn}");
                save(&text);
                until(&told, &text);
            }
            if way != "linked" {
                let text = format!("{way}, then written");
                fs::write(&path, &text).expect("written");
                until(&told, &text);
            }
        }
    }

    /// What the system watches for this process, by the numbers of the files.
    #[cfg(target_os = "linux")]
    fn watched() -> Vec<u64> {
        let all = fs::read_dir("/proc/self/fdinfo").expect("listed").filter_map(Result::ok);
        let texts = all.filter_map(|entry| fs::read_to_string(entry.path()).ok()).collect::<String>();
        let of = |line: &str| {
            let number = line.strip_prefix("inotify ")?.split(' ').find_map(|field| field.strip_prefix("ino:"))?;
            u64::from_str_radix(number, 16).ok()
        };
        texts.lines().filter_map(of).collect()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_else_happens_in_its_folder_wakes_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.yaml");
        fs::write(&path, "first").expect("written");
        let number = |path: &Path| fs::metadata(path).expect("it is there").ino();
        let (_notice, told) = reads(&path);
        // What has just happened may still be looked at: the file is watched anew then.
        let settles = || {
            let began = std::time::Instant::now();
            while !watched().contains(&number(&path)) || watched().contains(&number(folder.path())) {
                assert!(began.elapsed() < Duration::from_secs(30), "{:?}", watched());
                std::thread::yield_now();
            }
        };
        settles();
        fs::remove_file(&path).expect("removed");
        fs::write(&path, "second").expect("written");
        until(&told, "second");
        settles();
    }
}
