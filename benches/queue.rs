//! `midwatch alerts --json` on a real Alertmanager's queue, beside curl fetching the same body and amtool printing it.

#![allow(clippy::disallowed_methods, reason = "measures on the real clock and processes")]

mod figures;
mod storm;
#[path = "../tests/support/mod.rs"]
mod support;

use figures::cost::{Cost, best};
use figures::{ms, row, title};
use std::process::Command;
use support::home::Home;
use support::missing;
use support::servers::Alertmanager;

const BATCH: usize = 1_000;

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
