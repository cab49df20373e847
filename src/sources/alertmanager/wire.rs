//! What Alertmanager writes: alerts, silences and its status, of every version. Unknown fields are ignored, missing and
//! null ones have their defaults; only an alert without labels is not an alert.

use super::fingerprint;
use super::pool::Pool;
use crate::domain::alert::{Alert, Labels, Silence, SilenceMatcher, SilenceState, Upstream};
use crate::domain::ids::{AlertId, Fingerprint, SourceName};
use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Text without a copy, where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The pairs of an object.
struct Pairs<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("labels")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::with_capacity(8);
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GettableAlert<'a> {
    #[serde(borrow)]
    labels: Pairs<'a>,
    #[serde(borrow, default)]
    annotations: Option<Pairs<'a>>,
    #[serde(borrow, default)]
    fingerprint: Option<Text<'a>>,
    #[serde(borrow, default)]
    starts_at: Option<Text<'a>>,
    #[serde(borrow, default)]
    updated_at: Option<Text<'a>>,
    #[serde(borrow, default, rename = "generatorURL")]
    generator_url: Option<Text<'a>>,
    #[serde(borrow, default)]
    receivers: Option<Vec<Receiver<'a>>>,
    #[serde(borrow, default)]
    status: Option<AlertStatus<'a>>,
}

#[derive(Deserialize)]
struct Receiver<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct AlertStatus<'a> {
    #[serde(borrow, default)]
    silenced_by: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    inhibited_by: Option<Vec<Text<'a>>>,
    /// Since 0.28, and only filled in groups.
    #[serde(borrow, default)]
    muted_by: Option<Vec<Text<'a>>>,
}

/// An alert as one peer lists it.
pub struct Listed {
    pub alert: Alert,
    /// When the peer last heard of it; only known where there are several to choose from.
    pub updated: DateTime<Utc>,
}

/// How alerts are read: whose they are, and what is left out of their labels.
pub struct Reader<'a> {
    pub source: &'a SourceName,
    pub ignored: &'a [String],
    /// Whether `updated` is wanted: reading times is a fifth of the work.
    pub several: bool,
    pub pool: &'a mut Pool,
}

/// The list of alerts, each one turned into ours as soon as it is read: no second copy of a storm is ever held.
pub fn alerts(text: &str, reader: &mut Reader) -> serde_json::Result<Vec<Listed>> {
    struct List<'r, 'a>(&'r mut Reader<'a>);
    impl<'de> Visitor<'de> for List<'_, '_> {
        type Value = Vec<Listed>;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a list of alerts")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(alert) = seq.next_element::<GettableAlert<'de>>()? {
                list.push(self.0.listed(alert));
            }
            Ok(list)
        }
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let list = json.deserialize_seq(List(reader))?;
    json.end()?;
    Ok(list)
}

impl Reader<'_> {
    fn listed(&mut self, wire: GettableAlert) -> Listed {
        let labels = self.labels(wire.labels, true);
        let annotations = wire.annotations.map(|pairs| self.labels(pairs, false)).unwrap_or_default();
        let told = wire.fingerprint.filter(|text| self.ignored.is_empty() && fingerprint::valid(&text.0));
        let fingerprint = match told {
            Some(text) => Fingerprint::new(self.pool.share(&text.0)),
            None => Fingerprint::new(self.pool.share(&fingerprint::of(&labels))),
        };
        let status = wire.status.unwrap_or_default();
        let inhibited_by = status.inhibited_by.unwrap_or_default();
        let alert = Alert {
            id: AlertId { source: self.source.clone(), fingerprint },
            labels,
            annotations,
            upstream: Upstream::Firing,
            starts_at: time(wire.starts_at.as_ref()),
            url: wire.generator_url.filter(|url| !url.0.is_empty()).map(|url| self.word(&url)),
            receivers: self.words(wire.receivers.unwrap_or_default().into_iter().filter_map(|receiver| receiver.name)),
            silenced_by: self.words(status.silenced_by.unwrap_or_default()),
            inhibited_by: inhibited_by.iter().map(|text| Fingerprint::new(self.pool.share(&text.0))).collect(),
            muted_by: self.words(status.muted_by.unwrap_or_default()),
        };
        Listed { alert, updated: time(wire.updated_at.as_ref().filter(|_| self.several)) }
    }

    fn word(&mut self, text: &Text) -> Outside {
        Outside::new(self.pool.share(&text.0))
    }

    fn words<'t>(&mut self, texts: impl IntoIterator<Item = Text<'t>>) -> Vec<Outside> {
        texts.into_iter().map(|text| self.word(&text)).collect()
    }

    fn labels(&mut self, pairs: Pairs, may_ignore: bool) -> Labels {
        let ignored = if may_ignore { self.ignored } else { &[] };
        let kept = pairs.0.into_iter().filter(|(name, _)| !ignored.iter().any(|other| *other == name.0));
        Labels::new(kept.map(|(name, value)| (self.word(&name), self.word(&value))).collect())
    }
}

/// A time with its offset; what can't be read is the beginning of time, so that an alert is shown all the same.
fn time(text: Option<&Text>) -> DateTime<Utc> {
    text.and_then(|text| DateTime::parse_from_rfc3339(&text.0).ok()).map_or(DateTime::UNIX_EPOCH, |time| time.to_utc())
}

/// A silence as one peer lists it.
#[derive(Debug)]
pub struct Kept {
    pub silence: Silence,
    pub updated: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GettableSilence<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(default)]
    matchers: Option<Vec<Matcher>>,
    #[serde(borrow, default)]
    starts_at: Option<Text<'a>>,
    #[serde(borrow, default)]
    ends_at: Option<Text<'a>>,
    #[serde(borrow, default)]
    updated_at: Option<Text<'a>>,
    #[serde(default)]
    created_by: Option<Outside>,
    #[serde(default)]
    comment: Option<Outside>,
    #[serde(borrow, default)]
    status: Option<SilenceStatus<'a>>,
}

#[derive(Deserialize)]
struct SilenceStatus<'a> {
    #[serde(borrow, default)]
    state: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Matcher {
    name: Outside,
    value: Outside,
    #[serde(default)]
    is_regex: bool,
    /// Since 0.22; left out, it is true.
    #[serde(default = "yes")]
    is_equal: bool,
}

fn yes() -> bool {
    true
}

impl From<&SilenceMatcher> for Matcher {
    fn from(matcher: &SilenceMatcher) -> Self {
        let SilenceMatcher { name, value, regex, equal } = matcher.clone();
        Self { name, value, is_regex: regex, is_equal: equal }
    }
}

impl From<Matcher> for SilenceMatcher {
    fn from(matcher: Matcher) -> Self {
        Self { name: matcher.name, value: matcher.value, regex: matcher.is_regex, equal: matcher.is_equal }
    }
}

pub fn silences(text: &str) -> serde_json::Result<Vec<Kept>> {
    let list: Vec<GettableSilence> = serde_json::from_str(text)?;
    Ok(list.into_iter().map(kept).collect())
}

pub fn silence(text: &str) -> serde_json::Result<Kept> {
    serde_json::from_str(text).map(kept)
}

fn kept(wire: GettableSilence) -> Kept {
    let state = wire.status.and_then(|status| status.state);
    let silence = Silence {
        id: (*wire.id.0).into(),
        matchers: wire.matchers.unwrap_or_default().into_iter().map(Into::into).collect(),
        starts_at: time(wire.starts_at.as_ref()),
        ends_at: time(wire.ends_at.as_ref()),
        created_by: wire.created_by.unwrap_or_default(),
        comment: wire.comment.unwrap_or_default(),
        state: match state.as_ref().map(|text| &*text.0) {
            Some("expired") => SilenceState::Expired,
            Some("pending") => SilenceState::Pending,
            _ => SilenceState::Active,
        },
    };
    Kept { silence, updated: time(wire.updated_at.as_ref()) }
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

/// A silence to be written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostableSilence<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    pub matchers: Vec<Matcher>,
    pub starts_at: String,
    pub ends_at: String,
    pub created_by: &'a str,
    pub comment: String,
}

/// The answer to a silence that was written.
pub fn written(text: &str) -> serde_json::Result<String> {
    #[derive(Deserialize)]
    struct Written {
        #[serde(rename = "silenceID")]
        id: String,
    }
    serde_json::from_str::<Written>(text).map(|written| written.id)
}

#[cfg(test)]
mod tests;
