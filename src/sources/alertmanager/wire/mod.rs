//! What Alertmanager writes: alerts, silences and its status, of every version. Unknown fields are ignored, missing and
//! null ones have their defaults; only an alert without labels is not an alert.

mod alert;
mod list;
mod silence;

pub use alert::{Listed, Reader};
pub use silence::{Kept, PostableSilence, silence, silences, written};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::borrow::Cow;

/// Text without a copy, where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A time with its offset; what can't be read is the beginning of time, so that an alert is shown all the same.
fn time(text: Option<&Text>) -> DateTime<Utc> {
    text.and_then(|text| DateTime::parse_from_rfc3339(&text.0).ok()).map_or(DateTime::UNIX_EPOCH, |time| time.to_utc())
}

/// A label's name that servers of every version take.
pub fn is_word(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.bytes().all(plain) && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// What is asked of `/status`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// When the process started, in spite of its name.
    pub uptime: DateTime<Utc>,
    #[serde(default)]
    pub version_info: Option<Version>,
}

#[derive(Deserialize)]
pub struct Version {
    #[serde(default)]
    pub version: Option<String>,
}

impl Status {
    /// Major and minor version; `None` for builds that don't tell.
    pub fn version(&self) -> Option<(u32, u32)> {
        let text = self.version_info.as_ref()?.version.as_deref()?;
        let mut parts = text.trim_start_matches('v').split('.').map(|part| part.parse().ok());
        Some((parts.next()??, parts.next()??))
    }
}

pub fn status(text: &str) -> serde_json::Result<Status> {
    serde_json::from_str(text)
}
