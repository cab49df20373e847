//! Whose turn it is: one playbook a week, for ever. Each has weeks of its own in a calendar that repeats, near enough that none waits
//! longer than its cadence; a week that is nobody's, or whose owner can wait for its next one, is for the one that needs it most.
//! From the same log every console takes the same.

use crate::domain::practice::Week;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What is known of one playbook. The order of all of them is their names', so that the calendar stays when they fare differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// In whole weeks, at least one.
    pub cadence: i64,
    /// The last week before this one in which it was practised.
    pub last: Option<Week>,
    /// How much speaks for it.
    pub weight: u32,
    /// Not this week.
    pub put_off: bool,
}

impl Candidate {
    /// The last week in which its turn comes in time; of one that was never practised every week is.
    fn due(&self) -> Option<i64> {
        self.last.map(|last| last.number().saturating_add(self.cadence))
    }
}

/// The place of the one whose turn it is; `None` where there is none.
pub fn turn(candidates: &[Candidate], week: Week) -> Option<usize> {
    let calendar = Calendar::of(candidates);
    let owner = calendar.as_ref().and_then(|calendar| calendar.owner(week));
    let waits = |place: usize, every: i64| candidates[place].due().is_some_and(|due| due >= week.number() + every);
    if let Some((place, every)) = owner.filter(|(place, every)| !candidates[*place].put_off && !waits(*place, *every)) {
        debug_assert!(every <= candidates[place].cadence);
        return Some(place);
    }
    let open = (0..candidates.len()).filter(|place| !candidates[*place].put_off);
    let heaviest = |place: &usize| {
        let candidate = &candidates[*place];
        // Of equals the one that waits longest beside its cadence.
        let waited = candidate.last.map_or(i64::MAX, |last| (week.number() - last.number()) * 1_000 / candidate.cadence);
        (candidate.weight, waited, Reverse(*place))
    };
    match calendar {
        Some(_) => open.max_by_key(heaviest),
        // Nobody is sure of a week: whoever is due first, and what was never practised before all others that are not late.
        None => open.min_by_key(|place| {
            let due = candidates[*place].due().unwrap_or(week.number());
            (due, Reverse(heaviest(place)))
        }),
    }
}

/// Every how many weeks each comes, and in which of them: of two periods one is always a multiple of the other, so two never meet.
struct Calendar(Vec<(i64, i64)>);

/// So many multiples of the shortest period are tried, each twice or three times the one before.
const MULTIPLES: u32 = 5;

impl Calendar {
    /// `None` where one a week is too few for all, or no such periods are found.
    fn of(candidates: &[Candidate]) -> Option<Self> {
        let shortest = candidates.iter().map(|candidate| candidate.cadence).min()?;
        let rounded = |(base, thrice): (i64, u32)| -> Vec<i64> {
            candidates.iter().map(|candidate| under(candidate.cadence, base, thrice)).collect()
        };
        let share = |periods: &[i64]| periods.iter().map(|period| 1.0 / *period as f64).sum::<f64>();
        let bases = (shortest / 3 + 1..=shortest).flat_map(|base| (0..1 << MULTIPLES).map(move |thrice| (base, thrice)));
        let periods = bases.map(rounded).min_by(|one, other| share(one).total_cmp(&share(other)))?;
        let mut order: Vec<usize> = (0..periods.len()).collect();
        order.sort_by_key(|place| periods[*place]);
        let mut taken: BTreeMap<usize, i64> = BTreeMap::new();
        for place in order {
            let period = periods[place];
            let free = |offset: &i64| taken.iter().all(|(other, theirs)| (offset - theirs) % periods[*other] != 0);
            let offset = (0..period).find(free)?;
            taken.insert(place, offset);
        }
        Some(Self(periods.into_iter().enumerate().map(|(place, period)| (period, taken[&place])).collect()))
    }

    /// Whose week it is, and how often theirs comes.
    fn owner(&self, week: Week) -> Option<(usize, i64)> {
        let mut all = self.0.iter().enumerate();
        all.find(|(_, (period, offset))| (week.number() - offset).rem_euclid(*period) == 0)
            .map(|(place, (period, _))| (place, *period))
    }
}

/// The longest period that is no longer than the cadence; the bits say which steps are threefold.
fn under(cadence: i64, base: i64, thrice: u32) -> i64 {
    let mut period = base;
    for step in 0..MULTIPLES {
        let next = period * if thrice & 1 << step == 0 { 2 } else { 3 };
        if next > cadence {
            break;
        }
        period = next;
    }
    period
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is taken in so many weeks, if each turn is kept.
    fn taken(cadences: &[i64], weeks: i64, weight: impl Fn(usize, Option<Week>) -> u32) -> Vec<usize> {
        let mut last = vec![None; cadences.len()];
        let first = Week::parse("2026-W01").expect("a week");
        (0..weeks)
            .map(|week| {
                let week = first.after(week);
                let all: Vec<Candidate> = (0..cadences.len())
                    .map(|place| Candidate {
                        cadence: cadences[place],
                        last: last[place],
                        weight: weight(place, last[place]),
                        put_off: false,
                    })
                    .collect();
                let place = turn(&all, week).expect("somebody's turn");
                last[place] = Some(week);
                place
            })
            .collect()
    }

    /// Nobody waits longer than its cadence: for the first time, between two times, and at the end.
    fn neglected(cadences: &[i64], taken: &[usize]) -> Vec<String> {
        let all = (0..cadences.len()).flat_map(|place| {
            let weeks = taken.iter().enumerate().filter(move |(_, one)| **one == place).map(|(week, _)| week as i64);
            let mut last = -1;
            let ends: Vec<i64> = weeks.chain([taken.len() as i64]).collect();
            ends.into_iter().filter_map(move |week| {
                let waited = week - last - i64::from(week == taken.len() as i64);
                let since = std::mem::replace(&mut last, week);
                (waited > cadences[place]).then(|| format!("{place} (every {}): from {since} to {week}", cadences[place]))
            })
        });
        all.collect()
    }

    /// As the board weighs: never practised first, then what matters most.
    fn usual(place: usize, last: Option<Week>) -> u32 {
        if last.is_none() { 100 } else { 3 - place as u32 % 3 }
    }

    const TWENTY: [i64; 20] = [12, 12, 12, 12, 26, 26, 26, 26, 26, 26, 26, 26, 26, 26, 52, 52, 52, 52, 26, 26];

    #[test]
    fn of_twenty_playbooks_none_is_neglected_in_the_fifty_two_picks_of_a_year_nor_in_ten() {
        assert!(TWENTY.iter().map(|cadence| 1.0 / *cadence as f64).sum::<f64>() <= 1.0, "one a week can do it");
        for years in [1, 10] {
            let picks = taken(&TWENTY, 52 * years, usual);
            assert_eq!(neglected(&TWENTY, &picks), Vec::<String>::new());
        }
    }

    #[test]
    fn the_same_log_gives_the_same_turns() {
        assert_eq!(taken(&TWENTY, 52, usual), taken(&TWENTY, 52, usual));
    }

    #[test]
    fn whatever_the_cadences_are_nobody_is_neglected_where_one_a_week_can_do_it() {
        let mut dice = 7_u64;
        let mut roll = |sides: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % sides
        };
        let mut tried = 0;
        while tried < 200 {
            let cadences: Vec<i64> =
                (0..3 + roll(20)).map(|_| [4, 5, 6, 8, 10, 12, 13, 16, 20, 26, 30, 52][roll(12) as usize]).collect();
            if cadences.iter().map(|cadence| 1.0 / *cadence as f64).sum::<f64>() > 0.65 {
                continue;
            }
            tried += 1;
            assert_eq!(neglected(&cadences, &taken(&cadences, 120, usual)), Vec::<String>::new(), "{cadences:?}");
        }
    }

    #[test]
    fn a_week_that_its_owner_can_spare_or_has_put_off_is_for_the_one_that_needs_it_most() {
        let week = Week::parse("2026-W10").expect("a week");
        let candidate = |cadence, ago: Option<i64>, weight| Candidate {
            cadence,
            last: ago.map(|ago| week.after(-ago)),
            weight,
            put_off: false,
        };
        let mut all = [candidate(26, None, 1), candidate(12, Some(11), 1), candidate(12, Some(2), 9)];
        let owner = (0..24).map(|ahead| turn(&all, week.after(ahead))).collect::<Vec<_>>();
        assert!(owner.iter().filter(|owner| **owner == Some(0)).count() > 0, "{owner:?}");
        let own = week.after(owner.iter().position(|owner| *owner == Some(0)).expect("its week") as i64);
        assert_eq!(turn(&all, own), Some(0));
        all[0].put_off = true;
        assert_eq!(turn(&all, own), Some(2), "the heaviest of the others");
        (all[0].put_off, all[0].last) = (false, Some(own.after(-1)));
        assert_eq!(turn(&all, own), Some(2), "practised a week ago, it has time until its next one");
        assert_eq!(turn(&[], week), None);
    }

    #[test]
    fn where_one_a_week_is_too_few_whoever_is_due_first_is_first_and_of_equals_the_heaviest() {
        let week = Week::parse("2026-W10").expect("a week");
        let candidate = |ago: i64, weight| Candidate { cadence: 2, last: Some(week.after(-ago)), weight, put_off: false };
        assert_eq!(turn(&[candidate(3, 1), candidate(4, 1), candidate(2, 1)], week), Some(1));
        assert_eq!(turn(&[candidate(3, 9), candidate(4, 1), candidate(2, 1)], week), Some(1));
        assert_eq!(turn(&[candidate(3, 1), candidate(3, 2), candidate(2, 9)], week), Some(1));
    }
}
