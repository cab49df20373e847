//! A thousand ends that nobody chose: processes killed at any moment, and machines whose power goes, with a disk that then keeps
//! what was synced and of the rest what it likes. In every run of the tests; other ones, and more of them, with
//!
//! ```text
//! MIDWATCH_TEST_SEED=7 MIDWATCH_TEST_KILLS=20000 cargo test --locked --test journal outages -- --nocapture
//! ```

use super::*;
use crate::crashes::{TOO, start};
use crate::support::dice::Dice;
use crate::support::outage::Disk;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// Of one journal, one after the other: long enough for its log to be brought into the database a few times.
const ROUNDS: usize = 20;

const KILLS: usize = 1_000;

/// One journal and what is known of it.
struct Night {
    dice: Dice,
    disk: Disk,
    folder: TempDir,
    /// What was told to be recorded.
    told: Vec<String>,
    losses: usize,
    library: std::path::PathBuf,
}

impl Night {
    fn begin(seed: u64, library: &Path) -> Self {
        let folder = home();
        let disk = Disk::new(&folder.path().canonicalize().expect("it is there"));
        // A generator that shifts needs some bits to shift.
        let dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        Self { dice, disk, folder, told: Vec::new(), losses: 0, library: library.to_owned() }
    }

    /// A process that appends until it is killed: by itself at one of its acts, or by us once it has told something. At times it
    /// ends before.
    fn round(&mut self) {
        let path = self.folder.path();
        let (acts, times) = (self.dice.below(240), [3, usize::MAX][self.dice.below(2)]);
        let patience = [usize::MAX, self.dice.below(6)][self.dice.below(2)];
        let mut env = self.disk.variables(acts).to_vec();
        env.push(("LD_PRELOAD", self.library.display().to_string()));
        let mut teller = start(path, times, &env);
        let mut told = teller.told(patience);
        teller.child.kill().expect("kills");
        told.extend(teller.told(usize::MAX));
        teller.child.wait().expect("ends");
        assert!(told.values().all(|word| word == "recorded"), "{told:?}");
        self.told.extend(told.into_keys());
        self.disk.follow();
        if self.dice.below(3) > 0 {
            self.losses += usize::from(self.disk.outage(&mut self.dice));
        }
        self.judge();
    }

    /// A copy: even who only reads makes files beside a journal, and the disk would not know of them.
    fn copy(&self) -> TempDir {
        let copy = home();
        for file in std::fs::read_dir(self.folder.path()).expect("lists").map(|file| file.expect("a file").file_name()) {
            if file.to_string_lossy().starts_with("journal.") {
                std::fs::copy(self.folder.path().join(&file), copy.path().join(&file)).expect("copies");
            }
        }
        copy
    }

    fn judge(&self) {
        let copy = self.copy();
        let path = copy.path();
        let file = path.join("journal.db");
        let there = if file.exists() { stored(&file) } else { BTreeSet::new() };
        let lost: Vec<_> = self.told.iter().filter(|text| !there.contains(*text)).collect();
        assert_eq!(lost, [""; 0], "told and lost");
        let half: Vec<_> = there.iter().filter(|text| !text.ends_with(TOO) && !there.contains(&format!("{text}{TOO}"))).collect();
        assert_eq!(half, [""; 0], "of an append, half");
        if file.exists() {
            assert_eq!(problems(path, None), [""; 0]);
        }
    }
}

/// The texts of all entries, each of which is there once.
fn stored(file: &Path) -> BTreeSet<String> {
    let db = Connection::open(file).expect("opens");
    let mut rows = db.prepare("SELECT json_extract(body, '$.text') FROM entries").expect("reads");
    let texts: Vec<String> = rows.query_map([], |row| row.get(0)).expect("reads").map(|text| text.expect("a text")).collect();
    let set: BTreeSet<_> = texts.iter().cloned().collect();
    assert_eq!(set.len(), texts.len(), "twice: {texts:?}");
    set
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn a_thousand_kills_and_outages_lose_nothing_that_was_told() {
    let Some(library) = support::preload::built("outage") else { return };
    let seed = number("MIDWATCH_TEST_SEED").unwrap_or(1);
    let kills = number("MIDWATCH_TEST_KILLS").map_or(KILLS, |kills| usize::try_from(kills).expect("fits"));
    eprintln!("{kills} kills, MIDWATCH_TEST_SEED={seed}");
    let nights = Mutex::new((0..kills.div_ceil(ROUNDS) as u64).map(|night| Night::begin(seed + night, library.path())));
    let (told, losses) = (Mutex::new(0), Mutex::new(0));
    let work = || {
        while let Some(mut night) = { nights.lock().expect("whole").next() } {
            (0..ROUNDS).for_each(|_| night.round());
            *told.lock().expect("whole") += night.told.len();
            *losses.lock().expect("whole") += night.losses;
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
    let (told, losses) = (told.into_inner().expect("whole"), losses.into_inner().expect("whole"));
    eprintln!("{told} appends were told, {losses} outages lost something");
    assert!(told > kills && losses > kills / 20, "{told} were told, {losses} outages lost something: that proves little");
}
