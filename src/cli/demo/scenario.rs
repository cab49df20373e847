//! The outages that the demo can show: one file each, which tells the configuration, what happens, what the servers answer, and
//! how a newcomer is led through it.

use super::tour::Stage;
use crate::cli::Failure;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::time::Duration;

macro_rules! scenarios {
    ($($name:literal,)*) => {
        /// Names and texts, in the order in which they are worth being looked at.
        const SCENARIOS: &[(&str, &str)] = &[$(($name, include_str!(concat!("scenarios/", $name, ".yaml"))),)*];
    };
}

scenarios! {
    "database",
    "storm",
    "restore",
}

/// What is so in the simulated world, by name.
pub type Facts = BTreeMap<String, String>;

/// One file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One sentence.
    pub about: String,
    /// The playbook that ends it.
    pub playbook: String,
    /// The configuration; `DEMO_URL` is where the servers listen.
    pub config: String,
    /// How it begins.
    pub state: Facts,
    #[serde(default)]
    pub measures: BTreeMap<String, Measure>,
    #[serde(default)]
    pub happens: Vec<Happening>,
    pub alerts: Vec<Planned>,
    /// By request: `GET /health`. The first answer whose condition holds is given.
    pub answers: BTreeMap<String, Vec<Answer>>,
    pub tour: Vec<Stage>,
}

/// One of these holds; one without facts always does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct When(Vec<Facts>);

impl When {
    pub fn holds(&self, state: &Facts) -> bool {
        self.0.is_empty() || self.0.iter().any(|all| all.iter().all(|(name, value)| state.get(name) == Some(value)))
    }
}

/// A number that grows, or falls.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    pub from: f64,
    pub moves: Vec<Slope>,
}

/// How it moves meanwhile, and how far.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slope {
    #[serde(rename = "while", default)]
    pub when: When,
    pub per_second: f64,
    pub until: f64,
}

/// What comes by itself, once its condition has held for so long.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Happening {
    #[serde(rename = "while", default)]
    pub when: When,
    #[serde(deserialize_with = "duration")]
    pub after: Duration,
    pub set: Facts,
}

/// One alert of the scenario, or as many as `count` says, one after the other.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    pub name: String,
    pub severity: String,
    pub service: String,
    /// `#` is its number, where there are many.
    pub instance: String,
    pub summary: String,
    #[serde(rename = "while", default)]
    pub when: When,
    /// It has to hold for so long.
    #[serde(default, deserialize_with = "duration")]
    pub after: Duration,
    /// It began so long before the demo did.
    #[serde(default, deserialize_with = "duration")]
    pub old: Duration,
    #[serde(default = "one")]
    pub count: u32,
    #[serde(default, deserialize_with = "duration")]
    pub every: Duration,
}

/// What a server says, and what that changes. `$name` is what the world has of that name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    #[serde(rename = "while", default)]
    pub when: When,
    #[serde(default = "ok")]
    pub status: u16,
    #[serde(default)]
    pub set: Facts,
    pub body: String,
}

fn one() -> u32 {
    1
}

fn ok() -> u16 {
    200
}

fn duration<'de, D: Deserializer<'de>>(text: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(text)?;
    humantime::parse_duration(&text).map_err(serde::de::Error::custom)
}

pub fn names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(name, _)| *name)
}

/// # Errors
/// None is named so.
pub fn named(name: &str) -> anyhow::Result<Scenario> {
    let found = SCENARIOS.iter().find(|(known, _)| *known == name);
    let (_, text) = found.ok_or_else(|| Failure::usage(format!("no scenario is named {name}: `midwatch demo --list`")))?;
    Ok(serde_yaml::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::BUNDLED;

    #[test]
    fn every_scenario_is_whole() {
        for name in names() {
            let scenario = named(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(BUNDLED.iter().any(|(file, _)| *file == format!("{}.md", scenario.playbook)), "{name}: its playbook");
            assert!(scenario.about.chars().count() < 90 && scenario.about.ends_with('.'), "{name}: {}", scenario.about);
            assert!(scenario.tour.len() > 5, "{name}: its tour");
            let said = scenario.alerts.iter().map(|alert| (alert.count > 1, alert.instance.contains('#')));
            assert!(said.into_iter().all(|(many, numbered)| many == numbered), "{name}: one number for each of many");
        }
    }
}
