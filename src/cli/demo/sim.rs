//! The simulated world of a scenario: facts that change with time and by requests. Pure: time is what it is told.

use super::scenario::{Facts, Planned, Scenario, When};
use std::collections::BTreeMap;
use std::time::Duration;

pub struct Sim {
    scenario: Scenario,
    state: Facts,
    numbers: BTreeMap<String, f64>,
    /// Since when the condition of each happening has held; `None` too once it has come.
    due: Vec<Option<Duration>>,
    come: Vec<bool>,
    /// Since when that of each alert has.
    wrong: Vec<Option<Duration>>,
    now: Duration,
}

/// An alert that fires.
pub struct Firing<'s> {
    pub planned: &'s Planned,
    pub instance: String,
    /// In seconds from the start; negative: before it.
    pub since: f64,
}

/// What a server answers.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub status: u16,
    pub body: String,
}

impl Sim {
    pub fn new(scenario: Scenario) -> Self {
        let numbers = scenario.measures.iter().map(|(name, measure)| (name.clone(), measure.from)).collect();
        let (due, come) = (vec![None; scenario.happens.len()], vec![false; scenario.happens.len()]);
        let (state, wrong) = (scenario.state.clone(), vec![None; scenario.alerts.len()]);
        let mut sim = Self { scenario, state, numbers, due, come, wrong, now: Duration::ZERO };
        sim.look();
        sim
    }

    /// Lets everything come that has come by now, each at its time.
    pub fn settle(&mut self, now: Duration) {
        while let Some((at, index)) = self.next().filter(|(at, _)| *at <= now) {
            self.pass(at);
            self.come[index] = true;
            let set = self.scenario.happens[index].set.clone();
            self.state.extend(set);
            self.look();
        }
        self.pass(now);
    }

    fn next(&self) -> Option<(Duration, usize)> {
        let pending = self.scenario.happens.iter().zip(&self.due).zip(&self.come).enumerate();
        let due = pending.filter(|(_, (_, come))| !**come);
        due.filter_map(|(index, ((happening, since), _))| Some(((*since)? + happening.after, index))).min()
    }

    /// Numbers move with time.
    fn pass(&mut self, to: Duration) {
        let seconds = to.saturating_sub(self.now).as_secs_f64();
        for (name, measure) in &self.scenario.measures {
            let Some(slope) = measure.moves.iter().find(|slope| slope.when.holds(&self.state)) else { continue };
            let Some(number) = self.numbers.get_mut(name) else { continue };
            let moved = *number + slope.per_second * seconds;
            *number = if slope.per_second > 0.0 { moved.min(slope.until) } else { moved.max(slope.until) };
        }
        self.now = to.max(self.now);
    }

    /// What holds from now on, and what no longer.
    fn look(&mut self) {
        let (state, now) = (&self.state, self.now);
        let since = |when: &When, before: Option<Duration>| when.holds(state).then(|| before.unwrap_or(now));
        for (happening, due) in self.scenario.happens.iter().zip(&mut self.due) {
            *due = since(&happening.when, *due);
        }
        for (planned, wrong) in self.scenario.alerts.iter().zip(&mut self.wrong) {
            *wrong = since(&planned.when, *wrong);
        }
    }

    /// What the first server that knows the request answers; `sent` is what came with it.
    pub fn ask(&mut self, request: &str, sent: &Facts) -> Option<Said> {
        let answers = self.scenario.answers.get(request)?;
        let known: Facts = self.state.iter().chain(sent).map(|(name, value)| (name.clone(), value.clone())).collect();
        let answer = answers.iter().find(|answer| answer.when.holds(&known))?;
        let said = Said { status: answer.status, body: self.filled(&answer.body) };
        let set = answer.set.clone();
        self.state.extend(set);
        self.look();
        Some(said)
    }

    fn filled(&self, text: &str) -> String {
        let numbers = self.numbers.iter().map(|(name, number)| (name, format!("{number:.1}")));
        let facts = self.state.iter().map(|(name, value)| (name, value.clone()));
        numbers.chain(facts).fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), &value))
    }

    pub fn firing(&self) -> impl Iterator<Item = Firing<'_>> {
        self.scenario.alerts.iter().zip(&self.wrong).flat_map(move |(planned, wrong)| {
            let wrong = *wrong;
            (0..planned.count).filter_map(move |number| {
                let since = (wrong? + planned.after + planned.every * number).as_secs_f64();
                let due = since <= self.now.as_secs_f64();
                let since = if planned.old.is_zero() { since } else { -planned.old.as_secs_f64() };
                let instance = planned.instance.replace('#', &(number + 1).to_string());
                due.then_some(Firing { planned, instance, since })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::named;
    use super::*;

    fn sim(name: &str) -> Sim {
        Sim::new(named(name).expect("a scenario"))
    }

    fn after(sim: &mut Sim, seconds: u64) -> Vec<String> {
        sim.settle(Duration::from_secs(seconds));
        let mut names: Vec<String> = sim.firing().map(|firing| firing.planned.name.clone()).collect();
        names.dedup();
        names
    }

    fn asked(sim: &mut Sim, request: &str) -> u16 {
        sim.ask(request, &Facts::new()).expect("known").status
    }

    #[test]
    fn only_fence_promote_and_point_in_this_order_end_the_outage_of_the_database() {
        let mut sim = sim("database");
        assert_eq!(after(&mut sim, 0), ["ReplicaLag", "DiskFilling", "BackupLate"]);
        assert_eq!(asked(&mut sim, "GET /shop/pay"), 200);
        assert_eq!(after(&mut sim, 7), ["ReplicaLag", "DiskFilling", "BackupLate", "PostgresDown"]);
        assert_eq!(asked(&mut sim, "GET /shop/pay"), 503);
        assert_eq!(asked(&mut sim, "POST /replica/promote"), 409, "not fenced");
        assert_eq!(asked(&mut sim, "POST /primary/fence"), 200);
        assert_eq!(asked(&mut sim, "POST /replica/promote"), 200);
        let names = after(&mut sim, 60);
        assert!(names.contains(&"CheckoutErrors".to_owned()), "the shop still writes to the dead one");
        assert!(!names.contains(&"PostgresDown".to_owned()));
        let to = |db: &str| Facts::from([("sent.db".to_owned(), db.to_owned())]);
        assert_eq!(sim.ask("POST /shop/point-to", &to("elsewhere")).map(|said| said.status), Some(400));
        assert_eq!(sim.ask("POST /shop/point-to", &to("replica")).map(|said| said.status), Some(200));
        assert_eq!(after(&mut sim, 61), ["ReplicaLag", "DiskFilling", "BackupLate"]);
    }

    #[test]
    fn what_is_due_comes_at_its_time_however_late_it_is_looked_at() {
        let mut sim = sim("database");
        sim.settle(Duration::from_secs(100));
        let down = sim.firing().find(|firing| firing.planned.name == "PostgresDown").expect("fires");
        assert_eq!(down.since, 7.0, "two seconds after the primary died");
        let old = sim.firing().find(|firing| firing.planned.name == "DiskFilling").expect("fires");
        assert_eq!(old.since, -2460.0);
    }

    #[test]
    fn the_volume_fills_behind_the_storm_until_the_archive_is_led_elsewhere() {
        let mut sim = sim("storm");
        let used = |sim: &mut Sim| {
            let said = sim.ask("GET /metrics", &Facts::new()).expect("known").body;
            said.lines().find_map(|line| line.strip_prefix("wal_volume_used_percent ")?.parse::<f64>().ok()).expect("a number")
        };
        sim.settle(Duration::from_secs(20));
        let storm = sim.firing().filter(|firing| firing.planned.name == "UploadFailed").count();
        assert!(storm >= 30, "{storm}");
        let then = used(&mut sim);
        sim.settle(Duration::from_secs(30));
        assert!(used(&mut sim) > then);
        assert_eq!(asked(&mut sim, "POST /wal/clean"), 409, "nothing may go that is not archived");
        assert_eq!(asked(&mut sim, "POST /archive/divert"), 200);
        sim.settle(Duration::from_secs(40));
        assert_eq!(asked(&mut sim, "POST /wal/clean"), 200);
        sim.settle(Duration::from_secs(60));
        assert!(used(&mut sim) < 60.0);
        assert!(!after(&mut sim, 61).contains(&"WalVolumeFilling".to_owned()));
        assert!(!after(&mut sim, 120).contains(&"UploadFailed".to_owned()), "the vendor is back");
    }

    #[test]
    fn orders_come_back_only_from_a_backup_that_was_found_whole() {
        let mut sim = sim("restore");
        sim.settle(Duration::from_secs(10));
        assert_eq!(asked(&mut sim, "GET /shop/orders"), 500);
        assert_eq!(asked(&mut sim, "POST /restore/start"), 409, "the shop still writes");
        assert_eq!(asked(&mut sim, "POST /shop/read-only"), 200);
        assert_eq!(asked(&mut sim, "POST /restore/start"), 202);
        assert_eq!(asked(&mut sim, "POST /db/swap"), 409, "not restored");
        sim.settle(Duration::from_secs(20));
        assert_eq!(asked(&mut sim, "POST /db/swap"), 409, "not counted");
        assert_eq!(asked(&mut sim, "GET /restore/rows"), 200);
        assert_eq!(asked(&mut sim, "POST /db/swap"), 200);
        assert_eq!(asked(&mut sim, "POST /shop/writable"), 200);
        assert_eq!(asked(&mut sim, "GET /shop/orders"), 200);
        assert!(!after(&mut sim, 21).contains(&"OrdersTableMissing".to_owned()));
    }
}
