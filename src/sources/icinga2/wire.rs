//! What Icinga writes. Numbers are doubles everywhere, a field may be missing in an older version, and every field may be
//! null: only an object without a name is none.

use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// The answer to every question.
#[derive(Deserialize)]
pub struct Results<T> {
    pub results: Vec<T>,
}

/// One object of a list.
#[derive(Deserialize)]
#[serde(bound = "A: DeserializeOwned")]
pub struct Item<A> {
    pub name: String,
    pub attrs: A,
    #[serde(default)]
    pub joins: Option<Joins>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Joins {
    pub host: Option<JoinedHost>,
}

/// What a service's host adds to it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct JoinedHost {
    pub vars: Option<Map<String, Value>>,
    pub groups: Option<Vec<String>>,
}

/// A host or a service.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Checkable {
    pub display_name: Option<Outside>,
    /// Of a host 0 is up; of a service 0 OK, 1 warning, 2 critical, 3 unknown.
    pub state: Option<f64>,
    /// 0 soft, 1 hard.
    pub state_type: Option<f64>,
    /// 0 none, 1 until the state changes, 2 until it is over.
    pub acknowledgement: Option<f64>,
    pub acknowledgement_expiry: Option<f64>,
    pub downtime_depth: Option<f64>,
    /// Null for what was never checked.
    pub last_check_result: Option<CheckResult>,
    pub last_check: Option<f64>,
    pub next_check: Option<f64>,
    pub last_state_change: Option<f64>,
    pub last_hard_state_change: Option<f64>,
    /// When it was fine last: a service by the one, a host by the other.
    #[serde(alias = "last_state_ok", alias = "last_state_up")]
    pub last_fine: Option<f64>,
    pub flapping: Option<bool>,
    /// False where something that it depends on is down.
    pub last_reachable: Option<bool>,
    pub notes: Option<Outside>,
    pub notes_url: Option<Outside>,
    pub action_url: Option<Outside>,
    pub vars: Option<Map<String, Value>>,
    pub groups: Option<Vec<String>>,
}

/// The attributes of a `Checkable`, all of them but for that by which it says when it was fine last.
pub const CHECKABLE: [&str; 18] = [
    "display_name",
    "state",
    "state_type",
    "acknowledgement",
    "acknowledgement_expiry",
    "downtime_depth",
    "last_check_result",
    "last_check",
    "next_check",
    "last_state_change",
    "last_hard_state_change",
    "flapping",
    "last_reachable",
    "notes",
    "notes_url",
    "action_url",
    "vars",
    "groups",
];

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CheckResult {
    pub output: Option<String>,
}

impl Checkable {
    pub fn is_fine(&self) -> bool {
        self.state == Some(0.0)
    }

    pub fn is_hard(&self) -> bool {
        self.state_type == Some(1.0)
    }

    /// What was never checked is no problem yet, whatever state stands there.
    pub fn is_problem(&self) -> bool {
        self.last_check_result.is_some() && !self.is_fine()
    }

    pub fn is_acknowledged(&self) -> bool {
        is_set(self.acknowledgement)
    }

    pub fn output(&self) -> &str {
        self.last_check_result.as_ref().and_then(|result| result.output.as_deref()).unwrap_or("")
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Comment {
    pub host_name: Option<String>,
    pub service_name: Option<String>,
    pub author: Option<Outside>,
    pub text: Option<String>,
    /// 4 is the comment of an acknowledgement.
    pub entry_type: Option<f64>,
    pub entry_time: Option<f64>,
}

pub const COMMENT: [&str; 6] = ["host_name", "service_name", "author", "text", "entry_type", "entry_time"];
pub const ACKNOWLEDGEMENT: f64 = 4.0;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Downtime {
    pub host_name: Option<String>,
    pub service_name: Option<String>,
    pub author: Option<Outside>,
    pub comment: Option<String>,
    pub start_time: Option<f64>,
    pub end_time: Option<f64>,
    /// One that isn't fixed lasts for `duration` from `trigger_time` on.
    pub fixed: Option<bool>,
    pub duration: Option<f64>,
    pub trigger_time: Option<f64>,
}

pub const DOWNTIME: [&str; 9] =
    ["host_name", "service_name", "author", "comment", "start_time", "end_time", "fixed", "duration", "trigger_time"];

/// What one object depends on.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Dependency {
    pub child_host_name: Option<String>,
    pub child_service_name: Option<String>,
    pub parent_host_name: Option<String>,
    pub parent_service_name: Option<String>,
}

pub const DEPENDENCY: [&str; 4] = ["child_host_name", "child_service_name", "parent_host_name", "parent_service_name"];

/// The part of the status that matters: when the process started.
#[derive(Deserialize)]
pub struct Status {
    status: Applications,
}

#[derive(Deserialize)]
struct Applications {
    icingaapplication: Application,
}

#[derive(Deserialize)]
struct Application {
    app: App,
}

#[derive(Deserialize)]
struct App {
    program_start: f64,
}

impl Status {
    pub fn started_at(&self) -> DateTime<Utc> {
        time(Some(self.status.icingaapplication.app.program_start))
    }
}

/// What became of an act on one object.
#[derive(Deserialize)]
pub struct Done {
    #[serde(deserialize_with = "code")]
    pub code: u16,
    #[serde(default)]
    pub status: Option<String>,
    /// What was made.
    #[serde(default)]
    pub name: Option<Outside>,
}

/// What the server tells of the user that asks.
#[derive(Deserialize)]
pub struct Permissions {
    #[serde(default)]
    pub permissions: Vec<String>,
}

/// A whole answer that says no.
#[derive(Deserialize)]
pub struct Refusal {
    #[serde(deserialize_with = "code")]
    pub error: u16,
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default)]
    pub diagnostic_information: Option<String>,
}

fn code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    // Cut off, and a number that is no code becomes 0.
    f64::deserialize(deserializer).map(|code| code as u16)
}

/// Whether a number is there and not zero: Icinga's yes.
pub fn is_set(number: Option<f64>) -> bool {
    number.is_some_and(|number| number > 0.0)
}

/// Seconds with a fraction; what is no time is the beginning of time, so that an alert is shown all the same.
pub fn time(seconds: Option<f64>) -> DateTime<Utc> {
    let millis = seconds.filter(|seconds| seconds.abs() < 1e12).map(|seconds| (seconds * 1e3).round() as i64);
    millis.and_then(DateTime::from_timestamp_millis).unwrap_or(DateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_nulls_and_what_is_missing_are_read() {
        let text = r#"{"results":[{"name":"web1!http","attrs":{"state":2.0,"state_type":1,"acknowledgement":null,
            "last_check_result":{"output":null},"vars":null,"downtime_depth":1.0,"last_state_change":1712000000.1239},"joins":{"host":null},"meta":{}}]}"#;
        let list: Results<Item<Checkable>> = serde_json::from_str(text).expect("is read");
        let it = &list.results[0].attrs;
        assert!(it.is_problem() && it.is_hard() && !it.is_acknowledged() && is_set(it.downtime_depth));
        assert_eq!(time(it.last_state_change).to_rfc3339(), "2024-04-01T19:33:20.124+00:00");
        let done: Results<Done> = serde_json::from_str(r#"{"results":[{"code":409.0}]}"#).expect("is read");
        assert_eq!(done.results[0].code, 409);
    }

    #[test]
    fn what_was_never_checked_is_no_problem() {
        let it: Checkable = serde_json::from_str(r#"{"state":3,"last_check_result":null}"#).expect("is read");
        assert!(!it.is_problem());
    }

    #[test]
    fn senseless_times_are_the_beginning_of_time() {
        for seconds in [None, Some(f64::NAN), Some(1e300), Some(-1e300)] {
            assert_eq!(time(seconds), DateTime::UNIX_EPOCH);
        }
    }
}
