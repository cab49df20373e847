//! A disk that keeps what was synced and nothing else for certain. `outage.c` tells it what was done; then the power goes.

use super::dice::Dice;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// The journal's files in one folder.
pub struct Disk {
    folder: PathBuf,
    log: PathBuf,
    files: Vec<File>,
    /// As an outage leaves them.
    names: BTreeMap<String, usize>,
    /// Since the folder was last synced.
    namings: Vec<Naming>,
}

#[derive(Default)]
struct File {
    /// As it was when it was last synced.
    synced: Vec<u8>,
    since: Vec<Change>,
}

enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

enum Naming {
    Given(String, usize),
    Taken(String),
}

/// One of `outage.c`'s, in its order.
struct Act {
    what: u64,
    name: String,
    at: usize,
    bytes: Vec<u8>,
}

/// What becomes of the writes that were not synced.
#[derive(Clone, Copy)]
enum Fate {
    Lost,
    Kept,
    /// Up to one sector of one of them.
    Torn,
    /// The disk wrote in another order: each sector is there or not.
    Shuffled,
}

impl Drop for Disk {
    fn drop(&mut self) {
        // It lies beside the folder, which is gone.
        let _ = fs::remove_file(&self.log);
    }
}

impl Disk {
    /// Of a folder without a journal, by its real path.
    pub fn new(folder: &Path) -> Self {
        let log = folder.with_extension("acts");
        fs::write(&log, "").expect("writes");
        Self { folder: folder.to_owned(), log, files: Vec::new(), names: BTreeMap::new(), namings: Vec::new() }
    }

    /// For the environment of a process that is to work on it, and that ends when it has done so much to it.
    pub fn variables(&self, acts: usize) -> [(&'static str, String); 3] {
        let (folder, log) = (self.folder.display().to_string(), self.log.display().to_string());
        [("OUTAGE_FOLDER", folder), ("OUTAGE_LOG", log), ("OUTAGE_KILL", acts.to_string())]
    }

    /// Reads what was done by a process that has ended.
    pub fn follow(&mut self) {
        let log = fs::read(&self.log).expect("reads");
        fs::write(&self.log, "").expect("writes");
        let mut rest = &log[..];
        let mut acts: Vec<Act> = std::iter::from_fn(|| Act::read(&mut rest)).collect();
        let last = acts.pop();
        acts.into_iter().for_each(|act| self.done(act));
        if let Some(act) = last.and_then(|act| self.as_far_as_done(act)) {
            self.done(act);
        }
        let (seen, found) = (self.seen(), self.found());
        let sizes =
            |files: &BTreeMap<String, Vec<u8>>| files.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect::<Vec<_>>();
        assert!(seen == found, "written down is {:?}, done is {:?}", sizes(&seen), sizes(&found));
    }

    fn done(&mut self, act: Act) {
        let file = self.named().get(&act.name).copied();
        let known = || file.unwrap_or_else(|| panic!("`{}` was never made", act.name));
        match act.what {
            0 => {
                self.files.push(File::default());
                self.namings.push(Naming::Given(act.name, self.files.len() - 1));
            }
            1 => self.files[known()].since.push(Change::Write(act.at, act.bytes)),
            2 => self.files[known()].since.push(Change::Length(act.at)),
            3 => self.files[known()].settle(),
            4 => self.names = self.name_all(),
            5 => self.namings.push(Naming::Given(String::from_utf8(act.bytes).expect("a name"), known())),
            6 => self.namings.push(Naming::Taken(act.name)),
            other => panic!("{other} is no act"),
        }
    }

    /// The last act before the end was begun, at least: what the folder holds of it.
    fn as_far_as_done(&self, act: Act) -> Option<Act> {
        let name = if act.what == 5 { std::str::from_utf8(&act.bytes).expect("a name") } else { &act.name };
        let found = fs::read(self.folder.join(name)).ok();
        match (act.what, found) {
            (0 | 5, found) => found.is_some().then_some(act),
            (6, found) => found.is_none().then_some(act),
            (1, Some(found)) => {
                let bytes = found.get(act.at..(act.at + act.bytes.len()).min(found.len())).unwrap_or_default();
                (!bytes.is_empty()).then(|| Act { bytes: bytes.to_vec(), ..act })
            }
            (2, Some(found)) => Some(Act { at: found.len(), ..act }),
            _ => Some(act),
        }
    }

    /// All that is on the disk or on its way there.
    fn named(&self) -> BTreeMap<String, usize> {
        let mut names = self.names.clone();
        for naming in &self.namings {
            match naming {
                Naming::Given(name, file) => names.insert(name.clone(), *file),
                Naming::Taken(name) => names.remove(name),
            };
        }
        names
    }

    fn name_all(&mut self) -> BTreeMap<String, usize> {
        let names = self.named();
        self.namings.clear();
        names
    }

    /// The files as a process sees them.
    fn seen(&self) -> BTreeMap<String, Vec<u8>> {
        self.named().into_iter().map(|(name, file)| (name, self.files[file].now())).collect()
    }

    fn found(&self) -> BTreeMap<String, Vec<u8>> {
        let names = fs::read_dir(&self.folder).expect("lists").map(|entry| entry.expect("an entry").file_name());
        let names = names.map(|name| name.into_string().expect("a name"));
        let ours = names.filter(|name| name.starts_with("journal.") && !name.ends_with("-shm"));
        ours.map(|name| (name.clone(), fs::read(self.folder.join(name)).expect("reads"))).collect()
    }

    /// The power goes and comes back. True when something was lost.
    pub fn outage(&mut self, dice: &mut Dice) -> bool {
        let before = self.found();
        // A file system keeps the order of what is done to a folder.
        self.namings.truncate(dice.below(self.namings.len() + 1));
        self.names = self.name_all();
        for file in &mut self.files {
            file.fall(dice);
        }
        before.keys().for_each(|name| fs::remove_file(self.folder.join(name)).expect("removes"));
        self.put_back();
        self.shake(dice);
        before != self.seen()
    }

    fn put_back(&self) {
        let mut first = BTreeMap::new();
        for (name, file) in &self.names {
            let path = self.folder.join(name);
            match first.get(file) {
                Some(other) => fs::hard_link(other, &path).expect("links"),
                None => fs::write(&path, &self.files[*file].synced).expect("writes"),
            }
            first.entry(file).or_insert(path);
        }
    }

    /// What processes shared is worth nothing now, and may say anything.
    fn shake(&self, dice: &mut Dice) {
        let shared = self.folder.join("journal.db-shm");
        match (fs::read(&shared), dice.below(3)) {
            (Ok(_), 0) => fs::remove_file(shared).expect("removes"),
            (Ok(bytes), 1) => {
                fs::write(shared, bytes.iter().map(|_| [0, 1, 0x18, 0xff][dice.below(4)]).collect::<Vec<u8>>()).expect("writes")
            }
            _ => {}
        }
    }
}

impl File {
    fn now(&self) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        self.since.iter().for_each(|change| change.apply(&mut bytes, |_| true));
        bytes
    }

    fn settle(&mut self) {
        let mut bytes = std::mem::take(&mut self.synced);
        self.since.drain(..).for_each(|change| change.apply(&mut bytes, |_| true));
        self.synced = bytes;
    }

    fn fall(&mut self, dice: &mut Dice) {
        let fate = [Fate::Lost, Fate::Kept, Fate::Torn, Fate::Shuffled][dice.below(4)];
        let torn = dice.below(self.since.len() + 1);
        for (number, change) in self.since.drain(..).enumerate() {
            match fate {
                Fate::Lost => {}
                Fate::Kept => change.apply(&mut self.synced, |_| true),
                Fate::Torn if number < torn => change.apply(&mut self.synced, |_| true),
                Fate::Torn if number == torn => {
                    let whole = dice.below(change.sectors() + 1);
                    change.apply(&mut self.synced, |sector| sector < whole);
                }
                Fate::Torn => {}
                Fate::Shuffled => change.apply(&mut self.synced, |_| dice.below(2) == 0),
            }
        }
    }
}

impl Change {
    /// How many sectors it touches; a length is as good as one.
    fn sectors(&self) -> usize {
        match self {
            Change::Write(at, bytes) => (at + bytes.len()).div_ceil(SECTOR) - at / SECTOR,
            Change::Length(_) => 1,
        }
    }

    /// Does it, but for the sectors that are not `written`: counted from its own first one.
    fn apply(&self, file: &mut Vec<u8>, mut written: impl FnMut(usize) -> bool) {
        match self {
            Change::Length(length) if written(0) => file.resize(*length, 0),
            Change::Length(_) => {}
            Change::Write(at, bytes) => {
                let first = at / SECTOR;
                for sector in (0..self.sectors()).filter(|sector| written(*sector)) {
                    let from = ((first + sector) * SECTOR).max(*at);
                    let to = ((first + sector + 1) * SECTOR).min(at + bytes.len());
                    file.resize(file.len().max(to), 0);
                    file[from..to].copy_from_slice(&bytes[from - at..to - at]);
                }
            }
        }
    }
}

impl Act {
    /// The next one; half an act at the end was never begun.
    fn read(rest: &mut &[u8]) -> Option<Self> {
        let (head, more) = rest.split_at_checked(32)?;
        let number = |n: usize| u64::from_le_bytes(head[n * 8..][..8].try_into().expect("eight"));
        let size = |n| usize::try_from(number(n)).expect("fits");
        let (name, more) = more.split_at_checked(size(1))?;
        let (bytes, more) = more.split_at_checked(size(3))?;
        *rest = more;
        Some(Self {
            what: number(0),
            name: String::from_utf8(name.to_vec()).expect("a name"),
            at: size(2),
            bytes: bytes.to_vec(),
        })
    }
}
