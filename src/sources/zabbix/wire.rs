//! What Zabbix writes. Numbers are strings, but for a few that are not; whatever may be missing in another version is optional.

use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// Every answer, whatever its status.
#[derive(Deserialize)]
pub struct Reply<'a> {
    #[serde(borrow, default)]
    pub result: Option<&'a RawValue>,
    #[serde(default)]
    pub error: Option<Failure>,
}

/// A no.
#[derive(Debug, Deserialize)]
pub struct Failure {
    pub code: i64,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub data: Option<String>,
}

/// A whole number, as a string or not; what is none is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(pub i64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::String(text) => text.parse().unwrap_or(0),
            Value::Number(number) => number.as_i64().unwrap_or(0),
            _ => 0,
        }))
    }
}

impl Number {
    pub fn is_set(self) -> bool {
        self.0 != 0
    }

    /// Seconds since 1970.
    pub fn time(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0, 0).unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// A problem, or the event that began one: they have nearly the same fields.
#[derive(Debug, Clone, Deserialize)]
pub struct Problem {
    pub eventid: Number,
    /// The trigger.
    pub objectid: Number,
    #[serde(default)]
    pub clock: Number,
    #[serde(default)]
    pub ns: Number,
    /// The event that ended it; 0 while it is open.
    #[serde(default)]
    pub r_eventid: Number,
    #[serde(default)]
    pub r_clock: Number,
    #[serde(default)]
    pub cause_eventid: Number,
    #[serde(default)]
    pub name: Option<Outside>,
    #[serde(default)]
    pub acknowledged: Number,
    #[serde(default)]
    pub severity: Number,
    #[serde(default)]
    pub suppressed: Number,
    #[serde(default)]
    pub opdata: Option<Outside>,
    #[serde(default)]
    pub tags: Option<Vec<Tag>>,
    #[serde(default)]
    pub acknowledges: Option<Vec<Update>>,
    #[serde(default)]
    pub suppression_data: Option<Vec<Suppression>>,
}

impl Problem {
    pub fn is_over(&self) -> bool {
        self.r_eventid.is_set()
    }

    pub fn starts_at(&self) -> DateTime<Utc> {
        let nanos = u32::try_from(self.ns.0).unwrap_or(0);
        DateTime::from_timestamp(self.clock.0, nanos).unwrap_or_else(|| self.clock.time())
    }

    /// What was done to it, as it was done.
    pub fn updates(&self) -> &[Update] {
        self.acknowledges.as_deref().unwrap_or(&[])
    }

    /// The newest acknowledgement that nobody has taken back.
    pub fn holder(&self) -> Option<&Update> {
        let turns = self.updates().iter().filter(|update| update.did(bits::ACKNOWLEDGE));
        turns.filter(|_| self.acknowledged.is_set()).max_by_key(|update| (update.clock, update.acknowledgeid))
    }

    /// What took the last acknowledgement back, while nobody holds it.
    pub fn given_up(&self) -> Option<&Update> {
        let turns = self.updates().iter().filter(|update| update.did(bits::UNACKNOWLEDGE));
        turns.filter(|_| !self.acknowledged.is_set()).max_by_key(|update| (update.clock, update.acknowledgeid))
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Tag {
    pub tag: Outside,
    #[serde(default)]
    pub value: Outside,
}

/// One thing that somebody did to a problem.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Update {
    pub acknowledgeid: Number,
    pub userid: Number,
    pub clock: Number,
    pub message: Option<String>,
    pub action: Number,
}

impl Update {
    pub fn did(&self, bit: i64) -> bool {
        self.action.0 & bit != 0
    }

    pub fn says(&self, text: &str) -> bool {
        self.message.as_ref().is_some_and(|message| message.contains(text))
    }
}

/// What an update can be, added up.
pub mod bits {
    pub const CLOSE: i64 = 1;
    pub const ACKNOWLEDGE: i64 = 2;
    pub const MESSAGE: i64 = 4;
    pub const SEVERITY: i64 = 8;
    pub const UNACKNOWLEDGE: i64 = 16;
    pub const SUPPRESS: i64 = 32;
    pub const UNSUPPRESS: i64 = 64;
}

/// Why a problem is quiet: a maintenance, or, where there is none, somebody who has suppressed it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Suppression {
    pub maintenanceid: Number,
    pub userid: Number,
    /// 0: without an end.
    pub suppress_until: Number,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Trigger {
    pub triggerid: Number,
    /// 1: it may have several problems at once.
    #[serde(rename = "type")]
    pub kind: Number,
    /// 0: people may not close its problems.
    pub manual_close: Option<Number>,
    pub url: Option<Outside>,
    pub comments: Option<Outside>,
    pub hosts: Option<Vec<Host>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Host {
    pub host: Outside,
    /// As people see it.
    pub name: Outside,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct User {
    pub userid: Number,
    #[serde(alias = "alias")]
    pub username: Outside,
    pub name: Option<Outside>,
    pub surname: Option<Outside>,
}

/// A server process behind the API.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Server {
    pub lastaccess: Number,
    /// 0 waits, 1 stopped, 2 unavailable, 3 active.
    pub status: Number,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_strings_and_as_numbers_and_nulls_are_none() {
        let text = r#"{"eventid":"25","objectid":23133,"clock":"1795426467","ns":"864651136","r_eventid":null,"acknowledged":"1",
            "tags":null,"acknowledges":[{"acknowledgeid":"1","userid":"1","clock":"5","message":"a","action":"6"},
            {"acknowledgeid":"2","userid":"2","clock":"5","message":"b","action":"4"}]}"#;
        let it: Problem = serde_json::from_str(text).expect("is read");
        assert_eq!((it.eventid, it.objectid, it.is_over()), (Number(25), Number(23_133), false));
        assert_eq!(it.starts_at().timestamp_subsec_nanos(), 864_651_136);
        assert_eq!(it.holder().map(|update| update.acknowledgeid), Some(Number(1)), "a message is no acknowledgement");
        let back = Problem { acknowledged: Number(0), ..it };
        assert!(back.holder().is_none(), "taken back");
    }

    #[test]
    fn what_has_no_id_is_no_problem() {
        assert!(serde_json::from_str::<Problem>(r#"{"clock":"1"}"#).is_err());
    }
}
