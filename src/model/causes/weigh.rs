//! What each piece of evidence weighs. Weights are logarithms of odds: nothing is certain, independent reasons add up, and what
//! speaks against a cause counts as much as what speaks for it. The corpus in `tests/causes` keeps them honest.

use super::evidence::{Changed, Evidence, Sign, Watched};
use super::reach::Near;
use chrono::{DateTime, Utc};

/// What a cause weighs, and why in words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weight {
    pub odds: f64,
    reasons: Vec<(f64, String)>,
}

/// A reason that weighs less is not worth a word.
const WORTH_SAYING: f64 = 0.25;

impl Weight {
    pub fn add(&mut self, weight: f64, reason: impl FnOnce() -> String) {
        self.odds += weight;
        if weight.abs() >= WORTH_SAYING {
            let but = if weight < 0.0 { "but " } else { "" };
            self.reasons.push((weight, format!("{but}{}", reason())));
        }
    }

    /// What speaks for it first.
    pub fn reasons(mut self) -> Vec<String> {
        self.reasons.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        self.reasons.into_iter().map(|(_, reason)| reason).collect()
    }
}

/// Two that began within this time began together: feeds are asked, and rules evaluated, that far apart.
const TOGETHER: chrono::Duration = chrono::Duration::seconds(90);
/// An alert waits some minutes before it fires.
const LATE: chrono::Duration = chrono::Duration::minutes(6);
/// A vendor's page is later than that.
const PAGE_LATE: chrono::Duration = chrono::Duration::minutes(45);
/// What was bad for so long, and hurt nobody.
const LONG: chrono::Duration = chrono::Duration::minutes(15);
const VERY_LONG: chrono::Duration = chrono::Duration::hours(1);

/// That `near` is why `at` is bad.
pub fn link(evidence: &Evidence, at: usize, near: Near) -> Weight {
    let (symptom, cause) = (&evidence.signs[&at], &evidence.signs[&near.at]);
    let (name, other) = (&evidence.map[at].name, &evidence.map[near.at].name);
    let mut weight = Weight { odds: -0.2, ..Weight::default() };
    let way = if near.quiet == 0 { String::new() } else { format!(" by way of {}", evidence.map[near.via].name) };
    weight.add(1.0 - 0.35 * f64::from(near.quiet), || format!("{name} needs {other}{way}"));
    weight.add(-1.6 * f64::from(near.well), || "what lies between is well".to_owned());
    order(&mut weight, (symptom, cause), other.as_str());
    match cause.severity >= symptom.severity {
        true => weight.odds += 0.5,
        false => weight.add(-1.2, || format!("{other} is not as bad")),
    }
    if cause.measured {
        weight.add(0.3, || format!("its own feed says that {other} is bad"));
    }
    if cause.measured && cause.page {
        weight.add(0.3, || "its vendor says so too".to_owned());
    }
    if cause.contradicted {
        weight.add(-1.0, || format!("what is measured of {other} is well"));
    }
    if cause.flaps {
        weight.add(-2.5, || format!("{other} comes and goes"));
    }
    siblings(&mut weight, evidence, (at, near.at));
    weight
}

/// What began first.
fn order(weight: &mut Weight, (symptom, cause): (&Sign, &Sign), other: &str) {
    let lead = symptom.since - cause.since;
    let late = if cause.is_page_alone() { PAGE_LATE } else { LATE };
    match lead {
        _ if lead > VERY_LONG => weight.add(-1.4, || format!("{other} has been bad for {} longer", span(lead))),
        _ if lead > LONG => weight.add(0.1, String::new),
        _ if lead > chrono::Duration::seconds(5) => weight.add(1.0, || format!("{other} began {} earlier", span(lead))),
        _ if lead >= -TOGETHER => weight.add(0.7, || "both began about the same time".to_owned()),
        _ if cause.begun < symptom.since => weight.add(0.4, || format!("{other} was not well before")),
        _ if lead >= -late => weight.add(-0.4, || format!("{other} began {} later", span(-lead))),
        _ => weight.add(-1.6, || format!("{other} began {} later", span(-lead))),
    }
}

/// Others that need it too: are they bad?
fn siblings(weight: &mut Weight, evidence: &Evidence, (at, cause): (usize, usize)) {
    let others = || evidence.map.needed_by(cause).iter().filter(|other| **other != at);
    let bad = others().filter(|other| evidence.signs.contains_key(other)).count();
    let well =
        others().filter(|other| !evidence.signs.contains_key(other) && (evidence.watched)(**other) == Watched::Well).count();
    if bad + well > 0 {
        let share = bad as f64 / (bad + well) as f64;
        // One that is well may have a cache; several are an alibi.
        let most = if bad + well == 1 { 0.5 } else { 1.1 };
        weight.add(most * (2.0 * share - 1.0), || match bad {
            0 => format!("{} that need it too are well", well),
            _ => format!("{} of {} others that need it are bad too", bad, bad + well),
        });
    }
}

/// Nobody looks further back for a change.
pub const BACK: chrono::Duration = chrono::Duration::minutes(30);

/// That a change of a service is why it, or what needs it, is bad since then; `None` for one that came later or long before.
pub fn change(evidence: &Evidence, at: usize, changed: &Changed) -> Option<Weight> {
    let sign = &evidence.signs[&at];
    let lead = sign.since - changed.at;
    if lead < chrono::Duration::zero() || lead > BACK || sign.begun < changed.at {
        return None;
    }
    let mut weight = Weight { odds: 0.2, ..Weight::default() };
    let near = match lead.num_minutes() {
        0..5 => 1.1,
        5..15 => 0.6,
        _ => -0.2,
    };
    weight.add(near, || format!("{}, {} before", changed.words, span(lead)));
    if sign.flaps {
        weight.add(-1.0, || "it comes and goes".to_owned());
    }
    Some(weight)
}

/// Services that began to be bad with this one and have nothing to do with it: something larger may be the matter.
pub fn strangers(weight: &mut Weight, count: usize) {
    if count > 0 {
        weight.add(-0.7 * count.min(3) as f64, || format!("{count} that have nothing to do with it began then, too"));
    }
}

/// That what these services share is why.
pub fn shared(evidence: &Evidence, bad: &[usize], well: usize) -> Weight {
    let mut weight = Weight { odds: -1.2, ..Weight::default() };
    let all = bad.len() + well;
    weight.add(0.8 * (bad.len().min(4) as f64 - 1.0), || format!("{} of {all} services that share it are bad", bad.len()));
    weight.add(1.6 * (bad.len() as f64 / all as f64 - 0.6), || format!("{well} of them are well"));
    let since = || bad.iter().map(|at| evidence.signs[at].since);
    let spread = since().max().zip(since().min()).map_or(chrono::Duration::zero(), |(last, first)| last - first);
    match spread {
        _ if spread <= chrono::Duration::minutes(2) => weight.add(0.8, || format!("they began within {}", span(spread))),
        _ if spread <= chrono::Duration::minutes(6) => weight.add(0.1, String::new),
        _ => weight.add(-1.4, || format!("{} lie between the first and the last", span(spread))),
    }
    weight
}

/// `40s`, `3m20s`, `2h`.
pub fn span(duration: chrono::Duration) -> String {
    let seconds = duration.num_seconds().unsigned_abs();
    let rounded = if seconds < 3600 { seconds } else { seconds / 60 * 60 };
    humantime::format_duration(std::time::Duration::from_secs(rounded)).to_string().replace(' ', "")
}

/// So much earlier at most do two begin that began together.
pub fn together(a: DateTime<Utc>, b: DateTime<Utc>) -> bool {
    (a - b).abs() <= TOGETHER
}
