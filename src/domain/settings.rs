//! What the configuration says that the core must know. Everything else of it goes to the adapters.

use super::alert::{Labels, Severity};
use super::attention::Attention;
use super::catalogue::Catalogue;
use super::health::FeedSpec;
use super::ids::{FeedName, ServiceName, SourceName};
use super::maintenance::Window;
use super::practice::Hold;
use super::update::Updates;
use chrono::Weekday;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// Who sits at the console; written into every entry that a person caused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    pub name: String,
    pub email: Option<String>,
    pub role: Option<String>,
}

/// Where the console acts; stands in the status line and in every confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Environment {
    Prod,
    Staging,
    Lab,
    /// Nowhere: what is shown has been.
    Replay,
}

impl Environment {
    pub fn word(self) -> &'static str {
        match self {
            Self::Prod => "PROD",
            Self::Staging => "STAGING",
            Self::Lab => "LAB",
            Self::Replay => "REPLAY",
        }
    }
}

/// A source as the core needs to know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceSpec {
    pub name: SourceName,
    /// Name of the kind, e.g. `alertmanager`.
    pub kind: String,
    pub every: Duration,
    /// How long one poll may take.
    pub timeout: Duration,
    pub acts: Vec<super::act::ActKind>,
    pub carry: Option<Carry>,
}

/// How an acknowledgement also reaches the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Carry {
    /// As a short silence, kept alive while the ack and the alert last. Its comment begins with `prefix`; other consoles read
    /// that as an acknowledgement.
    Silence { prefix: String },
    /// As the system's own acknowledgement.
    Acknowledge,
}

/// The longest that one carried silence lasts before the watcher has to extend it.
pub const CARRY_FOR: Duration = Duration::from_secs(15 * 60);

/// How long an acknowledgement lasts, by how bad the alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckFor([Duration; Severity::ALL.len()]);

impl Default for AckFor {
    fn default() -> Self {
        Self::always(Duration::from_secs(3600))
    }
}

impl AckFor {
    pub fn always(hold: Duration) -> Self {
        Self([hold; Severity::ALL.len()])
    }

    /// The same, but for alerts of this severity.
    #[must_use]
    pub fn but(mut self, severity: Severity, hold: Duration) -> Self {
        self.0[severity as usize] = hold;
        self
    }

    pub fn of(self, severity: Severity) -> Duration {
        self.0[severity as usize]
    }
}

/// Addresses that begin with `from` are shown with `to` instead: what a server calls itself may mean nothing outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub from: String,
    pub to: String,
}

/// More new alerts than `above` within this time are a storm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gale {
    pub above: usize,
    pub within: Duration,
}

/// The hosts, other than this machine, that are asked: when none of them answers we may be cut off ourselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosts {
    pub feeds: BTreeMap<FeedName, String>,
    pub sources: BTreeMap<SourceName, String>,
}

/// The whole of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub operator: Operator,
    pub environment: Environment,
    pub services: Catalogue,
    /// Planned work.
    pub maintenance: Vec<Window>,
    pub feeds: Vec<FeedSpec>,
    pub sources: Vec<SourceSpec>,
    pub hosts: Hosts,
    /// How long an acknowledgement lasts unless told otherwise.
    pub ack_for: AckFor,
    /// Words of the label `severity`, lower case, and what they mean.
    pub severities: Vec<(String, Severity)>,
    pub links: Vec<Link>,
    /// Labels that say, where all of them are equal, that alerts of several sources tell of the same problem; none: nothing does.
    pub same: Vec<String>,
    pub storm: Gale,
    /// How far back the past of an alert is told.
    pub memory: Duration,
    /// Filters of the queue by name, in the configuration's order.
    pub views: Vec<(String, String)>,
    /// Where other programs find the sources that take silences as Alertmanager does.
    pub silences_at: Vec<(SourceName, String)>,
    /// Who can be paged, and by which source.
    pub pages: Vec<(SourceName, String)>,
    /// What sources whose names for priorities are fixed call them, each from the least on.
    #[serde(default)]
    pub priorities: Vec<(SourceName, Vec<String>)>,
    /// Sources that never say that something fires: they list what is about to, at most.
    #[serde(default)]
    pub pending_only: Vec<SourceName>,
    /// Names of alerts that always fire, to say that alerting works: a silence of one has to be confirmed.
    pub watchdogs: Vec<String>,
    /// Checks of playbooks that fit an alert are looked at as soon as it fires.
    pub diagnose: bool,
    /// Whom incidents are told to, and how often.
    pub updates: Updates,
    /// What every export strikes, besides what looks like a secret: regular expressions.
    #[serde(default)]
    pub redact: Vec<String>,
    /// When nothing is practised.
    #[serde(default)]
    pub hold: Vec<Hold>,
    /// From which day of its week on a turn is asked for in the queue; `None`: never.
    #[serde(default)]
    pub remind: Option<Weekday>,
    /// What calls an operator who looks elsewhere.
    #[serde(default)]
    pub attention: Attention,
    /// How long their own program may take for it.
    #[serde(default = "call_within")]
    pub call_within: Duration,
    /// Nothing is recorded, sent or run.
    pub read_only: bool,
}

fn call_within() -> Duration {
    Duration::from_secs(10)
}

/// What alerts that always fire are called where the configuration says nothing.
const WATCHDOGS: [&str; 5] =
    ["Watchdog", "DeadMansSwitch", "DeadManSwitch", "DeadMansSnitch", "PrometheusAlertmanagerE2eDeadManSwitch"];

impl Default for Settings {
    fn default() -> Self {
        let words = [
            ("critical", Severity::Critical),
            ("page", Severity::Critical),
            ("warning", Severity::Warning),
            ("info", Severity::Info),
            ("none", Severity::Info),
            // Zabbix's own words.
            ("disaster", Severity::Critical),
            ("high", Severity::Critical),
            ("average", Severity::Warning),
            ("information", Severity::Info),
        ];
        Self {
            operator: Operator { name: "unknown".into(), email: None, role: None },
            environment: Environment::Prod,
            services: Catalogue::default(),
            maintenance: Vec::new(),
            feeds: Vec::new(),
            sources: Vec::new(),
            hosts: Hosts::default(),
            ack_for: AckFor::default(),
            severities: words.map(|(word, severity)| (word.to_owned(), severity)).into(),
            links: Vec::new(),
            same: Vec::new(),
            storm: Gale { above: 200, within: Duration::from_secs(60) },
            memory: Duration::from_secs(30 * 86_400),
            views: Vec::new(),
            silences_at: Vec::new(),
            pages: Vec::new(),
            priorities: Vec::new(),
            pending_only: Vec::new(),
            watchdogs: WATCHDOGS.map(str::to_owned).into(),
            diagnose: false,
            updates: Updates::default(),
            redact: Vec::new(),
            hold: Vec::new(),
            remind: Some(Weekday::Fri),
            attention: Attention::default(),
            call_within: call_within(),
            read_only: false,
        }
    }
}

impl Settings {
    /// An alert of this name always fires, to say that alerting works.
    pub fn is_watchdog(&self, name: &str) -> bool {
        self.watchdogs.iter().any(|known| known == name)
    }

    /// What the label `severity` means here.
    pub fn severity(&self, labels: &Labels) -> Severity {
        let word = labels.get("severity").unwrap_or("");
        let known = self.severities.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        known.map_or(Severity::Unknown, |(_, severity)| *severity)
    }

    /// The first service whose matchers hold; else one that is named by the label `service`.
    pub fn service(&self, labels: &Labels) -> Option<ServiceName> {
        let matching = self.services.iter().find(|service| service.alerts.matches(|name| labels.get(name)));
        let named = || self.services.named(labels.get("service")?);
        matching.or_else(named).map(|service| service.name.clone())
    }

    /// An address as people here can open it.
    pub fn reachable<'a>(&self, address: &'a str) -> Cow<'a, str> {
        let found = self.links.iter().find_map(|link| Some((link, address.strip_prefix(&link.from)?)));
        found.map_or(Cow::Borrowed(address), |(link, rest)| Cow::Owned(format!("{}{rest}", link.to)))
    }

    pub fn source(&self, name: &SourceName) -> Option<&SourceSpec> {
        self.sources.iter().find(|source| source.name == *name)
    }
}
