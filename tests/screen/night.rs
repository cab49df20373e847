//! A real night, key by key: what it takes is counted, and stands in `docs/night.md`. `MIDWATCH_BLESS=1 cargo test --test screen night`
//! writes the page again.

use crate::screen::{Desk, FAILOVER, alert, outage};
use midwatch::domain::alert::{Alert, Labels};
use midwatch::domain::run::{Probe, StepEnd, StepState};
use midwatch::model::runs::{RunEffect, RunFact};
use midwatch::model::{Effect, Fact};
use midwatch::tui::keymap::Sequence;
use std::sync::Arc;

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
    path("See its export as it would be written", "E", "INC-1 as"),
    path("Show what whoever takes over must know", "esc P", "For whoever takes over"),
];

/// What has to be done one after the other, in the demo's own outage. What stands in “” is typed.
struct Way {
    what: &'static str,
    /// As it took when a night was counted first.
    before: &'static str,
    now: &'static str,
    shows: &'static str,
}

/// Of the failover five steps look, three change something, and two are a person's, with two and three items.
const WAYS: &[Way] = &[
    Way {
        what: "From the page to an alert that is yours, in an incident",
        before: "gg a enter D enter",
        now: "gg a enter D enter",
        shows: "INC-1",
    },
    Way {
        what: "From there to the end of the demo's failover, step by step",
        before: "p r enter r r r enter r enter r enter r “promote” enter r enter r r r r enter r enter r enter",
        now: "r enter r r r enter r enter r enter r “promote” enter r enter r r r r enter r enter r enter",
        shows: "completed",
    },
    Way {
        what: "From there to the closed incident, and its export before you",
        before: ",m enter ,r enter ,c enter ,e",
        now: "E down down enter E",
        shows: "INC-1 as",
    },
];

/// The page, made of the tables.
fn page() -> String {
    let row = |path: &Path| {
        let keys = path.keys.split_whitespace().map(|keys| format!("`{keys}`")).collect::<Vec<_>>().join(" ");
        let keys = if keys.is_empty() { "nothing: it is on the screen".to_owned() } else { keys };
        let typed = if path.typed.is_empty() { String::new() } else { format!("“{}”", path.typed) };
        format!("| {} | {keys} | {typed} | {} |\n", path.what, count(path.keys))
    };
    let all: usize = NIGHT.iter().map(|path| count(path.keys)).sum();
    let rows: String = NIGHT.iter().map(row).collect();
    let way = |way: &Way| format!("| {} | {} | {} |\n", way.what, count(way.before), count(way.now));
    let ways: String = WAYS.iter().map(way).collect();
    format!(
        "# A night, key by key\n\nWhat it takes from the page to the postmortem, on the console as it begins: one alert that is the cause, a playbook that fits it. Whatever is typed \
         is counted apart.\n\n| what | keys | typed | count |\n|---|---|---|---|\n{rows}| all of it | | | {all} |\n\n\
         ## From one end to the other\n\nThe same in a row, in the outage of `midwatch demo`, when it was counted first and now. The end of an incident took most keys for what it is, and takes less than half: \
         `E` is the impact's end, `down` goes on to the cause's and to the close, `enter` records each of them, and `E` is the export then.\n\n\
         | way | at first | now |\n|---|---|---|\n{ways}\n\
         The failover stays as long as it is: of its ten steps five look, one key each; three change something, and nothing that does is begun by one key; five items are ticked by a person, \
         each for itself, for the log says who found it so.\n"
    )
}

/// What is typed is none of them.
fn count(keys: &str) -> usize {
    keys.split_whitespace().filter(|word| !word.starts_with('“')).map(|word| Sequence::parse(word).expect(word).0.len()).sum()
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

/// The demo's outage: its alert, and its playbook.
fn failing() -> Desk {
    let mut desk = Desk::new();
    let down = alert("PostgresDown", "critical", "postgres", "db-1", 3);
    let pair = |(name, value): (&str, &str)| (name.into(), value.into());
    let labels = [("alertname", "PostgresDown"), ("env", "demo"), ("severity", "critical"), ("service", "postgres")];
    let annotations = [("demo_url", "http://127.0.0.1:9000")];
    let down = Alert {
        labels: Labels::new(labels.map(pair).to_vec()),
        annotations: Labels::new(annotations.map(pair).to_vec()),
        ..(*down).clone()
    };
    desk.fires(&[Arc::new(down), alert("DiskFilling", "warning", "postgres", "db-2", 41)]);
    desk.playbook(include_str!("../../playbooks/db-failover.md"));
    desk
}

/// All that was begun succeeds, and what has a `status` was not done before.
fn all_succeeds(desk: &mut Desk) {
    while !desk.effects.is_empty() {
        for effect in std::mem::take(&mut desk.effects) {
            match effect {
                Effect::Run(RunEffect::Launch(launch)) => {
                    let mut end = StepEnd::without_process(StepState::Succeeded, desk.world.now.wall, "");
                    end.exit_code = Some(0);
                    let (run, step, attempt) = (launch.setup.run, launch.step, launch.attempt);
                    desk.fact(Fact::Run(RunFact::Ended { run, step, attempt, end }));
                }
                Effect::Run(RunEffect::Probe(look)) => {
                    let (run, step, attempt) = (look.setup.run, look.step, look.attempt);
                    let (probe, detail) = (Probe::NotDone, String::new());
                    desk.fact(Fact::Run(RunFact::Probed { run, step, attempt, probe, exit_code: Some(1), detail }));
                }
                _ => {}
            }
        }
    }
    desk.draw();
}

#[test]
fn the_longest_way_to_an_end_takes_less_than_half_of_what_it_took() {
    let mut desk = failing();
    for way in WAYS {
        for word in way.now.split_whitespace() {
            match word.strip_prefix('“') {
                Some(typed) => desk.type_text(typed.trim_end_matches('”')),
                None => desk.press(word),
            };
            all_succeeds(&mut desk);
        }
        desk.expect(way.shows);
    }
    let end = WAYS.last().expect("an end");
    assert!(2 * count(end.now) < count(end.before), "{} of {}", count(end.now), count(end.before));
    assert!(WAYS.iter().all(|way| count(way.now) <= count(way.before)));
}
