//! `midwatch alerts --json` on a real Alertmanager's queue, beside curl fetching the same body and amtool printing it.

#![allow(clippy::disallowed_methods, reason = "measures on the real clock and processes")]

mod figures;
mod storm;
#[path = "../tests/support/mod.rs"]
mod support;

use figures::{ms, row, timed, title};
use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support::home::Home;
use support::missing;
use support::servers::Alertmanager;

const BATCH: usize = 1_000;
const ROUNDS: usize = 3;

/// What one run of a program cost.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
    /// Megabytes at most, seen from outside every millisecond.
    memory: u64,
}

fn main() {
    if missing("prometheus-alertmanager") || missing("amtool") || missing("curl") {
        return;
    }
    let server = Alertmanager::start(1);
    let address = server.url(0);
    let home = Home::with(&format!("sources:\n  - {{name: prod, timeout: 60s, alertmanager: {{urls: [\"{address}\"]}}}}\n"));
    let mut posted = 0;
    for count in [10_000, 50_000] {
        title(&format!("{count} alerts of a real Alertmanager"));
        let all: Vec<serde_json::Value> = serde_json::from_str(&storm::alerts(count, 0)).expect("JSON");
        for batch in all[posted..].chunks(BATCH) {
            server.post(0, &serde_json::to_string(batch).expect("JSON"));
        }
        posted = count;
        let curl = best(|| program("curl", &["-s", &format!("{address}/api/v2/alerts")]));
        let amtool = best(|| program("amtool", &["alert", "query", "-o", "json", "--alertmanager.url", &address]));
        let ours = best(|| home.command(&["alerts", "--json", "--quiet"]));
        tell("curl", curl, "");
        tell("amtool", amtool, "");
        tell("midwatch", ours, "");
        let share = |ours: f64, other: f64| format!("{:.2}", ours / other);
        row("  wall, of curl's", share(ours.wall.as_secs_f64(), curl.wall.as_secs_f64()), "at most 1.15");
        row("  CPU, of amtool's", share(ours.cpu.as_secs_f64(), amtool.cpu.as_secs_f64()), "at most 0.20");
        row("  memory, of amtool's", share(ours.memory as f64, amtool.memory as f64), "at most 0.50");
    }
}

fn tell(name: &str, cost: Cost, goal: &str) {
    row(&format!("{name}: wall, CPU, memory"), format!("{}, {}, {} MB", ms(cost.wall), ms(cost.cpu), cost.memory), goal);
}

fn program(name: &str, args: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(args);
    command
}

fn best(command: impl Fn() -> Command) -> Cost {
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
