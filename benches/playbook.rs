//! Reading and judging a long playbook: what happens at every start, and when a file of the library changes.

#![allow(clippy::disallowed_methods, reason = "measures on the real clock")]

mod figures;

use figures::{ms, row, timed, title};
use midwatch::domain::playbook::Place;
use midwatch::playbook::{self, BUNDLED};
use midwatch::steps::KINDS;

const LINES: usize = 10_000;
const ROUNDS: usize = 5;

fn main() {
    title("Playbooks");
    let text = long();
    let read = || playbook::read(&text, Place::File("long.md".into()), KINDS);
    let (steps, problems) = (read().steps.len(), read().problems.len());
    let best = (0..ROUNDS).map(|_| timed(read).1).min().expect("some rounds");
    row(&format!("read {LINES} lines: {steps} steps, {problems} problems"), ms(best), "20 ms");
    let all = || BUNDLED.iter().map(|(file, text)| playbook::read(text, Place::Bundled(file), KINDS).steps.len()).sum::<usize>();
    let best = (0..ROUNDS).map(|_| timed(all).1).min().expect("some rounds");
    row(&format!("read the {} bundled ones", BUNDLED.len()), ms(best), "");
}

/// Steps of the usual kinds with their prose, one after the other.
fn long() -> String {
    let mut text = "---\nplaybook: 1\nid: long\ntitle: Long\npurpose: diagnosis\n---\n\n# Long\n\n## Steps\n".to_owned();
    let mut number = 0;
    while text.lines().count() < LINES {
        number += 1;
        for part in 0..50 {
            text += &step(number * 50 + part);
        }
    }
    text
}

fn step(number: usize) -> String {
    format!(
        "\n### {number}. Look at shard {number}\n\n- **risk:** read\n- **timeout:** 10s\n- **expect:** exit 0; stdout ~ `^[0-9]+$`\n\n\
         The queue of this shard is *measured*, see [the next one](#look-at-shard-{number}).\n\n\
         ```sh\nlag=$(cat \"/proc/self/stat\")\nprintf '%s\\n' \"$lag\" | cut -d' ' -f1\n```\n\nIf it grows, tell the owner.\n\n- one\n- two\n"
    )
}
