//! What one run of a program costs.

use super::timed;
use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const ROUNDS: usize = 3;

/// What one run of a program cost.
#[derive(Clone, Copy)]
pub struct Cost {
    pub wall: Duration,
    pub cpu: Duration,
    /// Megabytes at most, seen from outside every millisecond.
    pub memory: u64,
}

/// The quickest of some rounds; what it writes goes nowhere.
pub fn best(command: impl Fn() -> Command) -> Cost {
    (0..ROUNDS).map(|_| measured(command())).min_by_key(|cost| cost.wall).expect("some rounds")
}

fn measured(mut command: Command) -> Cost {
    let before = children();
    let nowhere = || Stdio::from(File::create("/dev/null").expect("opens"));
    let (memory, wall) =
        timed(|| watch(command.stdin(Stdio::null()).stdout(nowhere()).stderr(nowhere()).spawn().expect("it starts")));
    Cost { wall, cpu: children() - before, memory }
}

/// Waits for its end; gives the most memory that it had.
fn watch(mut child: Child) -> u64 {
    let mut most = 0;
    loop {
        most = most.max(peak(child.id()));
        if let Some(status) = child.try_wait().expect("is ours") {
            assert!(status.success(), "{status}");
            return most / 1024;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// Kilobytes; nothing of a process that has ended.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

/// What all children that have ended have used of the processor, in hundredths of a second.
fn children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("a process");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks: u64 = fields[13..15].iter().map(|ticks| ticks.parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 10)
}
