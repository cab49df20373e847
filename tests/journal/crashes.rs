//! What was said to be recorded is there, whenever the process dies and whatever the disk answers.

use super::*;
use midwatch::journal::JournalError;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Set in a child of this test program: the folder to write to, and how often before it ends by itself.
const TELLER: &str = "MIDWATCH_TEST_TELLER";
const TIMES: &str = "MIDWATCH_TEST_TIMES";

/// Runs in every run of the tests; does something only in a child: appends two entries at a time, and tells what became of them.
#[test]
fn teller() {
    let Ok(folder) = std::env::var(TELLER) else { return };
    let times = std::env::var(TIMES).map_or(usize::MAX, |times| times.parse().expect("a number"));
    let mut journal = match SqliteJournal::open(Path::new(&folder), Options::default()) {
        Ok(journal) => journal,
        Err(error) => return println!("\nunopened {error}"),
    };
    let name = uuid::Uuid::new_v4();
    for number in 0..times {
        let text = format!("{name} {number}");
        match journal.append(vec![note(&text), note(&format!("{text}{TOO}"))], Utc::now()) {
            Ok(_) => println!("\nrecorded {text}"),
            Err(JournalError::Doubtful { .. }) => println!("\ndoubtful {text}"),
            Err(_) => println!("\nrefused {text}"),
        }
    }
}

/// How the second of two texts ends.
pub const TOO: &str = " too";

pub struct Teller {
    pub child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

pub fn start(folder: &Path, times: usize, env: &[(&str, String)]) -> Teller {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "crashes::teller", "--nocapture", "--test-threads=1"]).env(TELLER, folder).envs(env.iter().cloned());
    command.env(TIMES, times.to_string()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    Teller { child, lines }
}

impl Teller {
    /// What became of each entry that was told before the end or the `limit`th.
    pub fn told(&mut self, limit: usize) -> BTreeMap<String, String> {
        let known = |line: String| {
            let (word, text) = line.split_once(' ')?;
            matches!(word, "recorded" | "refused" | "doubtful").then(|| (text.to_owned(), word.to_owned()))
        };
        self.lines.by_ref().map_while(Result::ok).filter_map(known).take(limit).collect()
    }
}

#[test]
fn no_entry_that_was_told_is_lost_by_a_kill_at_any_moment() {
    let home = home();
    let mut recorded = Vec::new();
    for round in 0..24 {
        let mut teller = start(home.path(), usize::MAX, &[]);
        let mut told = teller.told(round % 8 * 5);
        teller.child.kill().expect("kills");
        told.extend(teller.told(usize::MAX));
        teller.child.wait().expect("ends");
        recorded.extend(told.into_keys());
    }
    assert!(recorded.len() > 300, "{} were recorded", recorded.len());
    let all = open(home.path()).recent(1_000_000).expect("loads");
    let there = texts(&all);
    let lost: Vec<_> = recorded.iter().filter(|text| !there.contains(&text.as_str())).collect();
    assert_eq!(lost, [""; 0]);
    assert_eq!(problems(home.path(), None), [""; 0]);
}

/// Runs a teller under faults and compares what it told with what is there.
fn compare(library: &Path, op: &str, errno: i32, after: usize, count: usize) -> BTreeMap<String, String> {
    let home = home();
    drop(written(home.path(), 1));
    let fault = [("FAULT_OP", op.to_owned()), ("FAULT_ERRNO", errno.to_string()), ("FAULT_COUNT", count.to_string())];
    let mut env = fault.to_vec();
    env.extend([
        ("FAULT_AFTER", after.to_string()),
        ("FAULT_PATH", "journal.db".into()),
        ("LD_PRELOAD", library.display().to_string()),
    ]);
    let mut teller = start(home.path(), 12, &env);
    let told = teller.told(usize::MAX);
    teller.child.wait().expect("ends");
    let all = open(home.path()).recent(100).expect("loads");
    for (text, word) in &told {
        let there = texts(&all).contains(&text.as_str());
        match word.as_str() {
            "recorded" => assert!(there, "{op} {errno} after {after}: `{text}` was told and is lost"),
            "refused" => assert!(!there, "{op} {errno} after {after}: `{text}` was refused and is there"),
            _ => {}
        }
    }
    assert_eq!(problems(home.path(), None), [""; 0]);
    told
}

#[test]
#[cfg(target_os = "linux")]
fn a_failed_commit_is_looked_for_before_anything_is_said() {
    const EIO: i32 = 5;
    const ENOSPC: i32 = 28;
    let Some(library) = support::preload::built("faults") else { return };
    let mut words = Vec::new();
    for after in 0..16 {
        words.extend(compare(library.path(), "fsync", EIO, after, 1).into_values());
        words.extend(compare(library.path(), "fsync", EIO, after, 1_000).into_values());
        words.extend(compare(library.path(), "write", ENOSPC, after * 3, 2).into_values());
        words.extend(compare(library.path(), "write", EIO, after * 3, 1_000).into_values());
    }
    let count = |word| words.iter().filter(|other| *other == word).count();
    assert!(count("recorded") > 100 && count("refused") > 20 && count("doubtful") > 0, "{words:?}");
}

#[test]
fn what_a_journal_leaves_that_was_killed_while_it_was_made_goes_with_a_later_start() {
    let home = home();
    let file = |name: &str, seconds: u64| {
        let path = home.path().join(name);
        let file = std::fs::File::create(&path).expect("made");
        file.set_modified(std::time::SystemTime::now() - Duration::from_secs(seconds)).expect("aged");
        path
    };
    let (old, young) = ("5f3c0a1b2c3d4e5f60718293a4b5c6d7", "77aa0a1b2c3d4e5f60718293a4b5c6d7");
    let left = ["", "-wal", "-shm", "-journal"].map(|rest| file(&format!("journal.{old}.new{rest}"), 90));
    let others = ["journal.backup.db", "journal.db.new", "journal.new", "journal.newest.db", "journal.new-year.md", "notes.new"];
    let mut stay = others.map(|name| file(name, 90)).to_vec();
    // The draft of a backup that is being made, and what somebody keeps.
    stay.extend([format!("journal.bak.{old}.new"), format!("journal.{old}.new.md")].map(|name| file(&name, 90)));
    stay.push(file(&format!("journal.{young}.new"), 1));
    open(home.path());
    assert!(left.iter().all(|path| !path.exists()), "nobody is making those any more");
    let gone: Vec<_> = stay.iter().filter(|path| !path.exists()).collect();
    assert!(gone.is_empty(), "one may be in the making, and the others are none of ours: {gone:?}");
}
