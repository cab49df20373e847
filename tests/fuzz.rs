//! Inputs that nobody thought of: each target is given its seeds, changed at random, and what leads somewhere new is kept and changed
//! further. In every run of the tests a fixed number of cases, always the same ones; longer and by chance with
//!
//! ```text
//! MIDWATCH_FUZZ_SECONDS=600 cargo test --locked --test fuzz shell -- --nocapture
//! ```
//!
//! What fails is written whole to a file in the folder of the target, and `MIDWATCH_FUZZ_INPUT` names a file to give to a target once; add
//! what was found to `targets::FOUND`.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests use the real clock and disk, and tell what they did"
)]

#[path = "support/dice.rs"]
mod dice;
#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/targets.rs"]
mod targets;
#[path = "fuzz/written.rs"]
mod written;

use dice::Dice;
use mutate::mutate;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use targets::Target;

/// In a run of the whole suite.
const CASES: u64 = 600;

/// Inputs that are kept to be changed further.
const KEPT: usize = 4_000;

/// A case that takes longer has hung.
const LONGEST: Duration = Duration::from_secs(20);

/// How long a run is.
enum Limit {
    Cases(u64),
    Until(Instant),
}

struct Fuzz {
    target: Target,
    dice: Dice,
    kept: Vec<String>,
    seen: HashSet<u64>,
    cases: u64,
    slowest: (Duration, String),
}

impl Fuzz {
    fn new(target: Target, seed: u64) -> Self {
        let slowest = (Duration::ZERO, String::new());
        let mut fuzz = Self { target, dice: Dice(seed), kept: Vec::new(), seen: HashSet::new(), cases: 0, slowest };
        for seed in (fuzz.target.seeds)() {
            fuzz.run(seed, true);
        }
        fuzz
    }

    /// One input; kept if it led to something that no other has.
    fn run(&mut self, input: String, always: bool) {
        let began = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| (self.target.run)(&input)));
        let took = began.elapsed();
        self.cases += 1;
        let Ok(features) = ended else { self.report("panics on", &input) };
        if took > LONGEST {
            self.report(&format!("took {took:?} for"), &input);
        }
        if took > self.slowest.0 {
            self.slowest = (took, input.clone());
        }
        let known = self.seen.len();
        self.seen.extend(features);
        if (self.seen.len() > known || always) && self.kept.len() < KEPT {
            self.kept.push(input);
        }
    }

    fn report(&self, what: &str, input: &str) -> ! {
        let file = scratch(&format!("fuzz-{}-failed", self.target.name));
        std::fs::write(&file, input).expect("written");
        panic!("{} {what} {input:?}, which is {} too", self.target.name, file.display());
    }

    fn go(&mut self, limit: &Limit) {
        let before = self.cases;
        while match limit {
            Limit::Cases(most) => self.cases - before < *most,
            Limit::Until(end) => Instant::now() < *end,
        } {
            let input = mutate(&self.kept, self.target.words, &mut self.dice);
            self.run(input, false);
        }
    }
}

fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn fuzz(name: &str) {
    let target = targets::all().into_iter().find(|target| target.name == name).expect("a target");
    if let Some(file) = std::env::var_os("MIDWATCH_FUZZ_INPUT") {
        let input = std::fs::read_to_string(file).expect("a text");
        let began = Instant::now();
        return println!("{name}: {} features in {:?}", (target.run)(&input).len(), began.elapsed());
    }
    let seconds = std::env::var("MIDWATCH_FUZZ_SECONDS").ok().map(|text| text.parse().expect("seconds"));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_nanos();
    let (seed, limit) = match seconds {
        None => (7, Limit::Cases(CASES)),
        Some(seconds) => {
            (u64::try_from(now & 0xffff_ffff).expect("fits") | 1, Limit::Until(Instant::now() + Duration::from_secs(seconds)))
        }
    };
    let mut fuzz = Fuzz::new(target, seed);
    assert!(fuzz.kept.len() > 5, "too few seeds");
    fuzz.go(&limit);
    let (took, input) = &fuzz.slowest;
    println!(
        "{name}: {} cases, {} kept, {} features; the slowest took {took:?} for {} bytes",
        fuzz.cases,
        fuzz.kept.len(),
        fuzz.seen.len(),
        input.len()
    );
    if seconds.is_some() {
        std::fs::write(scratch(&format!("fuzz-{name}-slowest")), input).expect("written");
    }
}

#[test]
fn document() {
    fuzz("document");
}

#[test]
fn fields() {
    fuzz("fields");
}

#[test]
fn front() {
    fuzz("front");
}

#[test]
fn shell() {
    fuzz("shell");
}

#[test]
fn http() {
    fuzz("http");
}

#[test]
fn markdown() {
    fuzz("markdown");
}

#[test]
fn values() {
    fuzz("values");
}

/// What has failed once stays mended.
#[test]
fn what_was_found() {
    for (name, input) in targets::FOUND {
        let target = targets::all().into_iter().find(|target| target.name == *name).expect("a target");
        (target.run)(input);
    }
}
