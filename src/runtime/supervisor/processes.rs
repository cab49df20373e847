//! The machine's processes: who descends from whom, who belongs to a group, who carries an attempt's name.
//!
//! Linux only; elsewhere nobody is ever found, and more verdicts are `unknown`.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::fs;

/// One process, told from a later one with its number by its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub pid: i32,
    /// Clock ticks since the machine started.
    pub start: u64,
    /// The program's name only: its arguments may hold secrets.
    pub name: String,
}

impl Process {
    /// It is still this one.
    pub fn lives(&self) -> bool {
        row(self.pid).is_some_and(|row| row.process.start == self.start && row.alive())
    }

    /// Sends a signal unless the number belongs to somebody else by now.
    pub fn signal(&self, signal: Signal) -> bool {
        self.lives() && kill(Pid::from_raw(self.pid), signal).is_ok()
    }
}

/// One line of the table.
struct Row {
    process: Process,
    state: char,
    parent: i32,
    group: i32,
}

impl Row {
    fn alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }
}

/// Tells this boot of the machine from every other; empty where the system doesn't say.
pub fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// When a process started, in clock ticks since boot; 0 where the system doesn't say.
pub(super) fn start_of(pid: i32) -> u64 {
    row(pid).map_or(0, |row| row.process.start)
}

/// The living members of a process group.
pub(super) fn in_group(group: i32) -> Vec<Process> {
    rows().filter(|row| row.group == group && row.alive()).map(|row| row.process).collect()
}

/// Everybody alive who descends from `ancestor`. A subreaper loses nobody: orphans become its own children.
pub(super) fn descendants(ancestor: i32) -> Vec<Process> {
    let rows: Vec<Row> = rows().collect();
    let mut family = vec![ancestor];
    let mut found = Vec::new();
    while let Some(parent) = family.pop() {
        for child in rows.iter().filter(|row| row.parent == parent) {
            family.push(child.process.pid);
            found.extend(child.alive().then(|| child.process.clone()));
        }
    }
    found.sort_by_key(|process| process.pid);
    found
}

/// Everybody alive whose environment has all of these.
pub(super) fn with_environment(wanted: &[(&str, String)]) -> Vec<Process> {
    let marks: Vec<Vec<u8>> = wanted.iter().map(|(name, value)| format!("{name}={value}").into_bytes()).collect();
    let carries = |pid: i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        marks.iter().all(|mark| environment.split(|byte| *byte == 0).any(|variable| variable == *mark))
    };
    rows().filter(|row| row.alive() && carries(row.process.pid)).map(|row| row.process).collect()
}

fn rows() -> impl Iterator<Item = Row> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter_map(row)
}

fn row(pid: i32) -> Option<Row> {
    parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// `pid (name) state ppid pgrp … starttime …`; the name may hold anything, parentheses and spaces too.
fn parse(stat: &str) -> Option<Row> {
    let (pid, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    Some(Row {
        process: Process { pid: pid.parse().ok()?, start: fields.get(19)?.parse().ok()?, name: name.to_owned() },
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let row = parse("42 (a) R 1 (b)) S 7 42 42 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 8812 0 0").expect("a line of the table");
        assert_eq!((row.process.pid, row.parent, row.group, row.process.start), (42, 7, 42, 8812));
        assert_eq!(row.process.name, "a) R 1 (b)");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_reused_number_is_not_the_same_process_and_gets_no_signal() {
        let me = std::process::id().cast_signed();
        let same = Process { pid: me, start: start_of(me), name: String::new() };
        let other = Process { start: same.start + 1, ..same.clone() };
        assert!(same.lives());
        assert!(!other.lives());
        assert!(!other.signal(Signal::SIGKILL));
    }
}
