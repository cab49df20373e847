//! A real night, key by key: what it takes is counted, and stands in `docs/night.md`. `MIDWATCH_BLESS=1 cargo test --test screen night`
//! writes the page again.

use crate::screen::{Desk, FAILOVER, outage};
use midwatch::domain::run::StepState;
use midwatch::tui::keymap::Sequence;

/// One thing that somebody does at three in the morning.
struct Path {
    what: &'static str,
    keys: &'static str,
    /// Typed between the last key and the one before it.
    typed: &'static str,
    /// What happens outside then.
    then: fn(&mut Desk),
    shows: &'static str,
}

const fn path(what: &'static str, keys: &'static str, shows: &'static str) -> Path {
    Path { what, keys, typed: "", then: |_| (), shows }
}

fn succeeds(desk: &mut Desk) {
    desk.command_ends(StepState::Succeeded, 0);
}

const NIGHT: &[Path] = &[
    path("See what is broken, since when, and what it pulls down", "", "PostgresDown"),
    path("Stand on what is suspected to be the cause", "j", "▌CRIT PostgresDown"),
    path("Own the alert", "a enter", "1 acked"),
    path("Declare an incident from it", "D enter", "INC-1"),
    path("Start the playbook that fits", "r enter", "step 1 of 3"),
    path("Say that a step by hand is done", "r enter", "step 2 of 3"),
    Path { then: succeeds, ..path("Run a step that changes something", "r enter", "step 3 of 3") },
    Path { typed: "db-2", then: succeeds, ..path("Run a step that can't be undone", "r enter", "completed") },
    Path { typed: "replica serves", ..path("Write down what you see", "n enter", "replica serves") },
    path("Tell others", "U enter", "update"),
    path("The impact has ended", "E enter", "mitigated"),
    path("It is resolved", "E enter", "resolved"),
    path("Close it", "E enter", "closed"),
    path("See its export as it would be written", ",e", "INC-1 as"),
    path("Show what whoever takes over must know", "esc P", "For whoever takes over"),
];

/// The page, made of the table.
fn page() -> String {
    let row = |path: &Path| {
        let keys = path.keys.split_whitespace().map(|keys| format!("`{keys}`")).collect::<Vec<_>>().join(" ");
        let keys = if keys.is_empty() { "nothing: it is on the screen".to_owned() } else { keys };
        let typed = if path.typed.is_empty() { String::new() } else { format!("“{}”", path.typed) };
        format!("| {} | {keys} | {typed} | {} |\n", path.what, count(path))
    };
    let all: usize = NIGHT.iter().map(count).sum();
    let rows: String = NIGHT.iter().map(row).collect();
    format!(
        "# A night, key by key\n\nWhat it takes from the page to the postmortem, on the console as it begins: one alert that is the cause, a playbook that fits it. Whatever is typed \
         is counted apart.\n\n| what | keys | typed | count |\n|---|---|---|---|\n{rows}| all of it | | | {all} |\n"
    )
}

fn count(path: &Path) -> usize {
    path.keys.split_whitespace().map(|word| Sequence::parse(word).expect(word).0.len()).sum()
}

#[test]
fn a_night_takes_the_keys_that_the_page_says() {
    let mut desk = outage();
    desk.playbook(FAILOVER);
    for path in NIGHT {
        let mut keys: Vec<&str> = path.keys.split_whitespace().collect();
        let last = if path.typed.is_empty() { None } else { keys.pop() };
        desk.press(&keys.join(" ")).type_text(path.typed).press(last.unwrap_or_default());
        (path.then)(&mut desk);
        desk.expect(path.shows);
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/night.md");
    if std::env::var_os("MIDWATCH_BLESS").is_some() {
        std::fs::write(file, page()).expect("written");
    }
    assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), page(), "MIDWATCH_BLESS=1 writes it again");
}
