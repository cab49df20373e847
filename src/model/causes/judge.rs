//! From evidence to suspicions: for each service that is bad the one cause that is much likelier than any other, or none. What a
//! cause is itself a symptom of is followed to its end.
//!
//! Invariant: pure, and linear in the services and in what they need.

use super::evidence::{Cause, Evidence, Suspicion, Watched};
use super::reach::{Near, reach};
use super::weigh::{self, Weight};
use crate::domain::alert::Severity;
use crate::domain::ids::ServiceName;
use std::collections::{BTreeMap, BTreeSet};

/// What is less likely is not named.
pub const NAMED: f64 = 0.6;

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// By the service that is bad.
    pub suspicions: BTreeMap<ServiceName, Suspicion>,
}

pub fn judge(evidence: &Evidence) -> Verdict {
    if evidence.signs.is_empty() {
        return Verdict::default();
    }
    let mut court = Court { evidence, found: BTreeMap::new(), open: BTreeMap::new() };
    let [any, worst] = [Severity::Unknown, Severity::Critical].map(|least| reach(evidence, least));
    let touched = touched(evidence);
    for at in evidence.map.upwards().iter().filter(|at| evidence.signs.contains_key(at)) {
        let critical = evidence.signs[at].severity == Severity::Critical;
        let below = if critical { worst[*at].iter() } else { [].iter() };
        let mut near: Vec<Near> = any[*at].clone();
        near.extend(below.filter(|more| !any[*at].iter().any(|known| known.at == more.at)));
        court.one(*at, &near, touched.get(at).map_or(&[], Vec::as_slice));
    }
    court.what_is_shared();
    let name = |at: usize| evidence.map[at].name.clone();
    Verdict { suspicions: court.found.into_iter().map(|(at, found)| (name(at), found)).collect() }
}

struct Court<'a> {
    evidence: &'a Evidence<'a>,
    found: BTreeMap<usize, Suspicion>,
    /// Where no idea is much likelier than the others.
    open: BTreeMap<usize, Vec<Idea>>,
}

/// One possible cause: how much speaks for it, and how sure what it rests on is.
struct Idea {
    cause: Cause,
    weight: Weight,
    rests_on: f64,
    /// Named where the end of the way is too uncertain.
    nearer: Option<Cause>,
}

impl Court<'_> {
    fn one(&mut self, at: usize, near: &[Near], touched: &[usize]) {
        let mut ideas: Vec<Idea> = near.iter().filter_map(|near| self.linked(at, *near)).collect();
        ideas.extend(touched.iter().filter_map(|index| self.changed(at, *index)));
        let name = &self.evidence.map[at].name;
        ideas.retain(|idea| !(self.evidence.denied)(name, &idea.cause));
        match decide(&ideas) {
            Some(found) => drop(self.found.insert(at, found)),
            None => drop(self.open.insert(at, ideas)),
        }
    }

    fn linked(&self, at: usize, near: Near) -> Option<Idea> {
        let weight = weigh::link(self.evidence, at, near);
        if weight.odds < 0.0 {
            return None;
        }
        let own = Cause::Service(self.evidence.map[near.at].name.clone());
        Some(match self.found.get(&near.at) {
            Some(end) => Idea { cause: end.cause.clone(), weight, rests_on: end.confidence, nearer: Some(own) },
            None => Idea { cause: own, weight, rests_on: 1.0, nearer: None },
        })
    }

    fn changed(&self, at: usize, index: usize) -> Option<Idea> {
        let changed = &self.evidence.changes[index];
        let mut weight = weigh::change(self.evidence, at, changed)?;
        let place = self.evidence.map.place(changed.service.as_str())?;
        if place != at {
            // It is one step away, and what was changed itself is not known to be bad.
            let felt = self.evidence.map.needed_by(place).iter().filter(|other| self.evidence.signs.contains_key(other)).count();
            weight.add(-1.0, || format!("{} itself is not known to be bad", changed.service));
            weight.add(0.7 * felt.saturating_sub(1).min(3) as f64, || format!("{felt} that need {} are bad", changed.service));
        }
        weigh::strangers(&mut weight, self.strangers(at, place));
        let cause = Cause::Change(changed.service.clone(), changed.words.clone());
        Some(Idea { cause, weight, rests_on: 1.0, nearer: None })
    }

    /// How many others began with it that neither need what was changed nor are needed by it.
    fn strangers(&self, at: usize, changed: usize) -> usize {
        let map = self.evidence.map;
        let kin: BTreeSet<usize> = map.blast(changed).into_iter().chain(map.below(at)).map(|(at, _)| at).collect();
        let since = self.evidence.signs[&at].since;
        let stranger = |(other, sign): &(&usize, &super::evidence::Sign)| {
            **other != at && **other != changed && !kin.contains(other) && weigh::together(sign.since, since)
        };
        self.evidence.signs.iter().filter(stranger).count()
    }

    /// What several services share that nothing else explains: a fault domain, or a label of their alerts.
    fn what_is_shared(&mut self) {
        let free = |at: &usize| !self.found.contains_key(at) && self.evidence.signs.contains_key(at);
        let mut shares: BTreeMap<Cause, (Vec<usize>, usize)> = BTreeMap::new();
        for (name, members) in self.evidence.map.domains() {
            let bad: Vec<usize> = members.iter().copied().filter(free).collect();
            let well = |at: &&usize| !self.evidence.signs.contains_key(at) && (self.evidence.watched)(**at) == Watched::Well;
            if bad.len() > 1 {
                shares.insert(Cause::Domain(name.to_owned()), (bad, members.iter().filter(well).count()));
            }
        }
        for (at, sign) in self.evidence.signs.iter().filter(|(at, _)| free(at)) {
            let known: BTreeSet<_> = sign.shares.iter().cloned().collect();
            for (name, value) in known {
                shares.entry(Cause::Label(name, value)).or_default().0.push(*at);
            }
        }
        let ideas: Vec<(f64, Cause, Vec<usize>, Vec<String>)> =
            shares.into_iter().filter_map(|idea| self.sharing(idea)).collect();
        let mut best: BTreeMap<usize, Suspicion> = BTreeMap::new();
        for (confidence, cause, bad, reasons) in ideas {
            for at in bad.iter().filter(|at| !(self.evidence.denied)(&self.evidence.map[**at].name, &cause)) {
                let found = Suspicion { cause: cause.clone(), confidence, reasons: reasons.clone() };
                // What the catalogue names comes before a label that is as likely.
                match best.get(at) {
                    Some(known) if known.confidence >= confidence => {}
                    _ => drop(best.insert(*at, found)),
                }
            }
        }
        self.reconsider(&mut best);
        self.hand_on(&best);
        self.found.extend(best);
    }

    fn sharing(&self, (cause, (bad, well)): (Cause, (Vec<usize>, usize))) -> Option<(f64, Cause, Vec<usize>, Vec<String>)> {
        if bad.len() < 2 {
            return None;
        }
        let weight = weigh::shared(self.evidence, &bad, well);
        let confidence = likely(weight.odds, weight.odds.exp());
        (confidence >= NAMED).then(|| (confidence, cause, bad, weight.reasons()))
    }

    /// What nothing told apart is one idea where both share why they are bad.
    fn reconsider(&mut self, shared: &mut BTreeMap<usize, Suspicion>) {
        let mut open = std::mem::take(&mut self.open);
        for at in self.evidence.map.upwards() {
            let Some(mut ideas) = open.remove(at).filter(|_| !shared.contains_key(at)) else { continue };
            let mut reasons = Vec::new();
            for idea in &mut ideas {
                let Some(whole) = self.place(&idea.cause).and_then(|at| shared.get(&at)) else { continue };
                reasons.clone_from(&whole.reasons);
                (idea.cause, idea.rests_on, idea.nearer) = (whole.cause.clone(), whole.confidence, None);
            }
            ideas.retain(|idea| !(self.evidence.denied)(&self.evidence.map[*at].name, &idea.cause));
            if let Some(mut found) = decide(&ideas).filter(|_| !reasons.is_empty()) {
                found.reasons.extend(reasons);
                shared.insert(*at, found);
            }
        }
    }

    /// Of a cause that is a service.
    fn place(&self, cause: &Cause) -> Option<usize> {
        match cause {
            Cause::Service(name) => self.evidence.map.place(name.as_str()),
            _ => None,
        }
    }

    /// What was put down to a service is put down to what that one shares with others.
    fn hand_on(&mut self, shared: &BTreeMap<usize, Suspicion>) {
        let mut all = std::mem::take(&mut self.found);
        for found in all.values_mut() {
            let Some(whole) = self.place(&found.cause).and_then(|at| shared.get(&at)) else { continue };
            let confidence = found.confidence * whole.confidence;
            if confidence >= NAMED {
                (found.confidence, found.cause) = (confidence, whole.cause.clone());
                found.reasons.extend(whole.reasons.iter().cloned());
            }
        }
        self.found = all;
    }
}

/// The changes that may be why, by the service that they may hurt: their own, and those that need it themselves.
fn touched(evidence: &Evidence) -> BTreeMap<usize, Vec<usize>> {
    let mut touched: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, changed) in evidence.changes.iter().enumerate() {
        let Some(at) = evidence.map.place(changed.service.as_str()) else { continue };
        touched.entry(at).or_default().push(index);
        // What is bad itself is why others are, and has the change for a cause of its own.
        if !evidence.signs.contains_key(&at) {
            evidence.map.needed_by(at).iter().for_each(|other| touched.entry(*other).or_default().push(index));
        }
    }
    touched
}

/// The likeliest, if it is much likelier than all others together, and than that none of them is.
fn decide(ideas: &[Idea]) -> Option<Suspicion> {
    // Ways that lead to the same end are one idea.
    let mut ends: Vec<&Idea> = Vec::new();
    for idea in ideas {
        match ends.iter_mut().find(|known| known.cause == idea.cause) {
            Some(known) if known.weight.odds < idea.weight.odds => *known = idea,
            Some(_) => {}
            None => ends.push(idea),
        }
    }
    let all: f64 = ends.iter().map(|idea| idea.weight.odds.exp()).sum();
    let best = ends.into_iter().max_by(|a, b| a.weight.odds.total_cmp(&b.weight.odds))?;
    let likely = likely(best.weight.odds, all);
    let (cause, confidence) = match (likely * best.rests_on, &best.nearer) {
        (whole, Some(nearer)) if whole < NAMED => (nearer, likely),
        (whole, _) => (&best.cause, whole),
    };
    (confidence >= NAMED).then(|| Suspicion { cause: cause.clone(), confidence, reasons: best.weight.clone().reasons() })
}

/// Of all ideas, and of the one that none of them is right.
fn likely(odds: f64, all: f64) -> f64 {
    odds.exp() / (1.0 + all)
}
