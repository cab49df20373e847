//! The list of alerts, read with as few copies as possible: a storm has tens of megabytes.

use super::super::fingerprint;
use super::super::pool::Pool;
use super::{Text, time};
use crate::domain::alert::{Alert, Labels, Upstream};
use crate::domain::ids::{AlertId, Fingerprint, SourceName};
use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

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

#[cfg(test)]
mod tests;
