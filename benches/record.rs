//! 100,000 entries of one incident: recorded, exported in every format by the program, and a console opened on them beside one on a
//! journal that has nothing. `benches/journal.rs` has appends beside SQLite's own.
//!
//! `MIDWATCH_BENCH_ENTRIES=2000` measures fewer.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "measures on the real clock, disk and processes")]

mod figures;
#[path = "../tests/support/mod.rs"]
mod support;

use chrono::{DateTime, Duration as Span, Utc};
use figures::cost::best;
use figures::{ms, per_second, row, timed, title};
use midwatch::domain::entry::{Actor, Draft, Kind};
use midwatch::domain::ids::{AlertId, IncidentId};
use midwatch::exports::KINDS;
use midwatch::journal::{Journal, Options, SqliteJournal};
use std::time::{Duration, Instant};
use support::home::Home;

const BATCH: usize = 1_000;
const ROUNDS: usize = 5;
const DATA: &[&str] = &["--data", "data"];

fn main() {
    let entries = std::env::var("MIDWATCH_BENCH_ENTRIES").map_or(100_000, |text| text.parse().expect("a number"));
    title(&format!("An incident of {entries} entries"));
    let (home, empty) = (Home::with("operator: {name: ana}\n"), Home::with("operator: {name: ana}\n"));
    let mut journal = SqliteJournal::open(&home.path().join("data"), Options::default()).expect("a journal opens");
    let (incident, took) = timed(|| recorded(&mut journal, entries));
    row("recorded, a thousand together", per_second(entries, took), "100000 /s");
    exports(&home);

    let nothing = opened(&empty, "Nothing is recorded yet");
    row("console on an empty journal: its log stands after", ms(nothing), "");
    let open = opened(&home, &last(entries));
    row("  on this one, open: more by", more(open, nothing), "100 ms");
    close(&mut journal, incident);
    row("  on this one, closed: more by", more(opened(&home, "is over"), nothing), "100 ms");
}

/// A declaration, and then what a long night brings: mostly what people and feeds say, every tenth an alert.
fn recorded(journal: &mut SqliteJournal, count: usize) -> IncidentId {
    let began = Utc::now() - Span::hours(24);
    let person = || Actor::person("ana", Some("lead".to_owned()));
    let declared = Draft::new(Kind::Declare, began, person(), "declared SEV1: no payments");
    let declared = declared.with("title", "no payments").with("severity", "SEV1").with("lead", "ana");
    let declared = journal.append(vec![declared], began).expect("recorded").entries.remove(0);
    let incident = declared.incident.expect("it is about itself");
    let draft = |number: usize| {
        let at = began + Span::milliseconds(number as i64 * 800);
        let kind = match number % 10 {
            0 => Kind::AlertFired,
            1..=3 => Kind::FeedChanged,
            4 => Kind::Todo,
            5 => Kind::Decision,
            _ => Kind::Note,
        };
        let actor = if matches!(kind, Kind::AlertFired | Kind::FeedChanged) { Actor::system("midwatch") } else { person() };
        let alert = (kind == Kind::AlertFired)
            .then(|| AlertId { source: "prod".into(), fingerprint: format!("{number:x}").as_str().into() });
        let mut draft = Draft::new(kind, at, actor, format!("{} | `queue` of worker-{}", last(number), number % 7));
        (draft.incident, draft.alert, draft.service) = (Some(incident), alert, Some("checkout".into()));
        draft
    };
    for batch in (1..=count).collect::<Vec<_>>().chunks(BATCH) {
        journal.append(batch.iter().map(|number| draft(*number)).collect(), Utc::now()).expect("recorded");
    }
    incident
}

/// What is said of an entry; of the last one it is looked for on the screen.
fn last(number: usize) -> String {
    format!("entry {number} of the night")
}

fn close(journal: &mut SqliteJournal, incident: IncidentId) {
    let now: DateTime<Utc> = Utc::now();
    let mut draft =
        Draft::new(Kind::Status, now, Actor::person("ana", None), "INC-1 closed: it is over").with("status", "closed");
    draft.incident = Some(incident);
    journal.append(vec![draft], now).expect("recorded");
}

/// From the first instruction to the last byte, with the reading of the journal.
fn exports(home: &Home) {
    for kind in KINDS {
        let args = [&["export", "INC-1", "--quiet", "--format", kind.name], DATA].concat();
        let cost = best(|| home.command(&args));
        let figure = format!("{}, {} MB", ms(cost.wall), cost.memory);
        row(&format!("export as {}: wall, most memory", kind.name), figure, "1000 ms");
    }
}

/// Until the log of a new console shows this, at best.
fn opened(home: &Home, text: &str) -> Duration {
    let once = || {
        let began = Instant::now();
        let mut console = home.console(DATA, 120, 40);
        console.wait_within(Duration::from_secs(120), text, |screen| screen.contains(text));
        let took = began.elapsed();
        console.keys("q");
        console.wait_exit();
        took
    };
    (0..ROUNDS).map(|_| once()).min().expect("some rounds")
}

fn more(than: Duration, nothing: Duration) -> String {
    ms(than.saturating_sub(nothing))
}
