//! The simulated outage: a primary that dies, a replica that can take over, a shop that depends on both. Pure: time is
//! what it is told, and only requests change it.

use super::guide::Words;
use serde::Deserialize;
use std::time::Duration;

/// The scenario file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    dies_after: String,
    pub alerts: Vec<Planned>,
    pub guide: Words,
}

/// One alert of the scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    pub name: String,
    pub severity: String,
    pub service: String,
    pub instance: String,
    pub summary: String,
    /// After the primary died; with a minus sign, before the start.
    since: String,
    #[serde(rename = "while")]
    when: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum When {
    Always,
    /// Nobody takes writes.
    NoPrimary,
    /// Payments fail.
    NoPay,
}

/// Which database the shop writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Database {
    Primary,
    Replica,
}

/// The simulated world.
#[derive(Debug, Clone)]
pub struct Outage {
    dies_after: Duration,
    fenced: bool,
    promoted: bool,
    shop: Database,
}

impl Outage {
    pub fn new(scenario: &Scenario) -> Self {
        let dies_after = humantime::parse_duration(&scenario.dies_after).unwrap_or_default();
        Self { dies_after, fenced: false, promoted: false, shop: Database::Primary }
    }

    /// The primary answers.
    pub fn primary_up(&self, now: Duration) -> bool {
        now < self.dies_after && !self.fenced
    }

    pub fn promoted(&self) -> bool {
        self.promoted
    }

    /// Somebody takes writes.
    pub fn writable(&self, now: Duration) -> bool {
        self.promoted || self.primary_up(now)
    }

    /// Payments work: the shop writes to a database that takes writes.
    pub fn pays(&self, now: Duration) -> bool {
        match self.shop {
            Database::Primary => self.primary_up(now),
            Database::Replica => self.promoted,
        }
    }

    pub fn fence(&mut self) {
        self.fenced = true;
    }

    /// # Errors
    /// The old primary is not fenced: two primaries would write.
    pub fn promote(&mut self) -> Result<(), &'static str> {
        if !self.fenced {
            return Err("the old primary is not fenced: two of them would take writes");
        }
        self.promoted = true;
        Ok(())
    }

    /// # Errors
    /// There is no such database.
    pub fn point_to(&mut self, database: &str) -> Result<(), &'static str> {
        self.shop = match database {
            "primary" => Database::Primary,
            "replica" => Database::Replica,
            _ => return Err("there is `primary` and `replica`"),
        };
        Ok(())
    }

    /// Whether an alert fires now, and since when, as seconds from the start (negative: before it).
    pub fn firing(&self, alert: &Planned, now: Duration) -> Option<f64> {
        let since = self.since(alert);
        let holds = match alert.when {
            When::Always => true,
            When::NoPrimary => !self.writable(now),
            When::NoPay => !self.pays(now),
        };
        (holds && since <= now.as_secs_f64()).then_some(since)
    }

    fn since(&self, alert: &Planned) -> f64 {
        let span = |text: &str| humantime::parse_duration(text).unwrap_or_default().as_secs_f64();
        match alert.since.strip_prefix('-') {
            Some(before) => -span(before),
            None => self.dies_after.as_secs_f64() + span(&alert.since),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario() -> Scenario {
        serde_yaml::from_str(include_str!("scenario.yaml")).expect("the scenario parses")
    }

    #[test]
    fn only_fence_promote_and_point_in_this_order_end_the_outage() {
        let scenario = scenario();
        let mut outage = Outage::new(&scenario);
        let late = Duration::from_secs(60);
        let names = |outage: &Outage| -> Vec<String> {
            scenario.alerts.iter().filter(|a| outage.firing(a, late).is_some()).map(|a| a.name.clone()).collect()
        };
        assert!(outage.pays(Duration::ZERO) && !outage.pays(late));
        assert!(outage.promote().is_err(), "not fenced");
        outage.fence();
        outage.promote().expect("fenced");
        assert!(names(&outage).contains(&"CheckoutErrors".to_owned()), "the shop still writes to the dead one");
        assert!(!names(&outage).contains(&"PostgresDown".to_owned()));
        outage.point_to("replica").expect("known");
        assert!(outage.pays(late));
        assert_eq!(names(&outage), ["ReplicaLag", "DiskFilling", "BackupLate"]);
    }
}
