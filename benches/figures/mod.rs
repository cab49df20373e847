//! How a benchmark tells its figures: one line each, with the goal beside it.

#![allow(
    dead_code,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "each benchmark uses its own part, and prints"
)]

pub mod cost;

use std::fmt::Display;
use std::time::{Duration, Instant};

pub fn title(text: &str) {
    println!("\n{text}");
}

/// One line of the table.
pub fn row(what: &str, figure: impl Display, goal: &str) {
    println!("  {what:<58} {figure:>16}   {goal}");
}

/// How long `work` takes.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let result = work();
    (result, began.elapsed())
}

/// The value that `percent` of all are at or below.
pub fn percentile<T: Ord + Copy>(values: &mut [T], percent: usize) -> T {
    values.sort_unstable();
    values[(values.len() * percent).div_ceil(100).clamp(1, values.len()) - 1]
}

/// `1.23 ms`.
pub fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// `5790 /s`.
pub fn per_second(count: usize, time: Duration) -> String {
    format!("{:.0} /s", count as f64 / time.as_secs_f64())
}

/// Megabytes of one line of a process's status.
pub fn megabytes(pid: impl Display, name: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with(name)).expect("a line");
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<f64>().ok()).expect("a size") / 1024.0
}

/// What a process has used of the processor.
pub fn cpu(pid: impl Display) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().expect("ticks")).sum();
    // A tick is a hundredth of a second wherever Linux runs.
    Duration::from_millis(ticks * 10)
}
