//! What is bad below a service: by way of services that are not, the nearest first. One pass over the map, from what needs nothing
//! upwards, tells it of all services.

use super::evidence::{Evidence, Watched};
use crate::domain::alert::Severity;

/// Something bad that a service needs, itself or by way of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    pub at: usize,
    /// How many services lie between.
    pub quiet: u8,
    /// How many of those are known to be well.
    pub well: u8,
    /// The first step of the way.
    pub via: usize,
}

/// More of them explain nothing any more.
const MOST: usize = 8;

/// Of each service what is at least so bad below it.
pub fn reach(evidence: &Evidence, least: Severity) -> Vec<Vec<Near>> {
    let is_bad = |at: usize| evidence.signs.get(&at).is_some_and(|sign| sign.severity >= least);
    let mut found: Vec<Vec<Near>> = vec![Vec::new(); evidence.map.len()];
    for at in evidence.map.upwards() {
        let mut near: Vec<Near> = Vec::new();
        for via in evidence.map.needs(*at) {
            match is_bad(*via) {
                true => near.push(Near { at: *via, quiet: 0, well: 0, via: *via }),
                false => near.extend(found[*via].iter().map(|near| through(evidence, *via, *near))),
            }
        }
        near.sort_by_key(|near| (near.quiet, near.well, near.at));
        let mut known = Vec::with_capacity(near.len());
        near.retain(|near| {
            !known.contains(&near.at) && {
                known.push(near.at);
                true
            }
        });
        near.truncate(MOST);
        found[*at] = near;
    }
    found
}

fn through(evidence: &Evidence, via: usize, near: Near) -> Near {
    let well = !evidence.signs.contains_key(&via) && (evidence.watched)(via) == Watched::Well;
    Near { at: near.at, quiet: near.quiet.saturating_add(1), well: near.well.saturating_add(u8::from(well)), via }
}
