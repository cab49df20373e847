//! The systems of the tests, to be used by hand: each answers on an address of its own until it is told to stop.
//!
//! `MIDWATCH_FAKES=/tmp/fakes cargo test --test fakes -- --ignored` writes `/tmp/fakes/config.yaml`, with which
//! `midwatch --config /tmp/fakes/config.yaml --data /tmp/fakes/data` sees them all. Lines that are put into `/tmp/fakes/do` happen:
//! `goalert raise NAME`, `goalert stand WHO ID STATUS`, `grafana fire NAME`, `grafana end ID`. `/tmp/fakes/stop` ends it.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "for a person, on the real disk")]

mod support;

use std::path::Path;
use std::time::Duration;
use support::fake_goalert::FakeGoAlert;
use support::fake_grafana::FakeGrafana;
use support::until_within;

const AS_LONG_AS_A_DAY: Duration = Duration::from_secs(24 * 3600);

struct Fakes {
    goalert: FakeGoAlert,
    grafana: FakeGrafana,
}

impl Fakes {
    fn config(&self) -> String {
        let sources = [
            format!("{{name: go, every: 5s, goalert: {}}}", self.goalert.yaml().replace("}}", "}, ack: {carry: acknowledge}}")),
            format!("{{name: graf, every: 5s, grafana: {}}}", self.grafana.yaml().replace('}', ", ack: {carry: silence}}")),
        ];
        format!("operator: {{name: ana}}\nsources:\n- {}\n", sources.join("\n- "))
    }

    fn happens(&self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["goalert", "raise", name] => println!("goalert {}", self.goalert.raise(name)),
            ["goalert", "stand", who, id, status] => self.goalert.elsewhere(who, id, status),
            ["grafana", "fire", name] => println!("grafana {}", self.grafana.fire(name)),
            ["grafana", "end", id] => self.grafana.end(id),
            _ => println!("nothing happens by `{line}`"),
        }
    }
}

#[test]
#[ignore = "for a person who wants to see them"]
fn they_answer_until_they_are_told_to_stop() {
    let folder = std::env::var("MIDWATCH_FAKES").expect("MIDWATCH_FAKES names a folder");
    let (folder, fakes) = (Path::new(&folder), Fakes { goalert: FakeGoAlert::start(), grafana: FakeGrafana::start() });
    std::fs::create_dir_all(folder).expect("a folder");
    std::fs::write(folder.join("config.yaml"), fakes.config()).expect("written");
    let todo = folder.join("do");
    until_within(AS_LONG_AS_A_DAY, "to be stopped", || {
        let lines = std::fs::read_to_string(&todo).unwrap_or_default();
        drop(std::fs::remove_file(&todo));
        lines.lines().for_each(|line| fakes.happens(line));
        folder.join("stop").exists().then_some(())
    });
}
