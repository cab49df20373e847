//! The list of alerts, read with as few copies as possible: a storm has tens of megabytes.

use super::super::pool::Pool;
use super::list::List;
use super::{Text, time};
use crate::domain::alert::{Alert, Labels, Upstream};
use crate::domain::ids::{AlertId, Fingerprint, SourceName};
use crate::domain::text::Outside;
use crate::ports::Fault;
use crate::sources::fingerprint;
use chrono::{DateTime, Utc};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::sync::Arc;

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
    #[serde(borrow, default)]
    ends_at: Option<Text<'a>>,
    #[serde(borrow, default, rename = "generatorURL")]
    generator_url: Option<Text<'a>>,
    #[serde(borrow, default)]
    receivers: Option<Vec<Receiver<'a>>>,
    #[serde(borrow, default)]
    status: Option<AlertStatus<'a>>,
}

impl GettableAlert<'_> {
    /// Whether this is what is known already. A no may be wrong (another order of the same words): then it is read anew.
    fn says(&self, known: &Alert) -> bool {
        let status = self.status.as_ref();
        let silenced_by = status.and_then(|status| status.silenced_by.as_deref());
        let inhibited_by = status.and_then(|status| status.inhibited_by.as_deref());
        let muted_by = status.and_then(|status| status.muted_by.as_deref());
        let receivers = self.receivers.iter().flatten().filter_map(|receiver| receiver.name.as_ref());
        let url = self.generator_url.as_ref().map_or("", |url| &*url.0);
        self.labels.are(&known.labels)
            && self.annotations.as_ref().map_or(known.annotations.iter().next().is_none(), |pairs| pairs.are(&known.annotations))
            && url == known.url.as_ref().map_or("", Outside::raw)
            && same(receivers, known.receivers.iter().map(Outside::raw))
            && same(silenced_by.into_iter().flatten(), known.silenced_by.iter().map(Outside::raw))
            && same(inhibited_by.into_iter().flatten(), known.inhibited_by.iter().map(Fingerprint::as_str))
            && same(muted_by.into_iter().flatten(), known.muted_by.iter().map(Outside::raw))
            && time(self.starts_at.as_ref()) == known.starts_at
    }
}

impl Pairs<'_> {
    fn are(&self, labels: &Labels) -> bool {
        self.named_as(labels) && self.0.iter().zip(labels.iter()).all(|((_, value), known)| known.1.raw() == value.0)
    }

    fn named_as(&self, labels: &Labels) -> bool {
        self.0.len() == labels.iter().len() && self.0.iter().zip(labels.iter()).all(|((name, _), known)| known.0.raw() == name.0)
    }
}

fn same<'a, 't: 'a>(texts: impl Iterator<Item = &'a Text<'t>>, words: impl Iterator<Item = &'a str>) -> bool {
    texts.map(|text| &*text.0).eq(words)
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
    pub alert: Arc<Alert>,
    /// When the peer last heard of it; only known where there are several to choose from.
    pub updated: DateTime<Utc>,
    /// Until when it holds though nobody tells of it again.
    pub ends: DateTime<Utc>,
}

/// Reads the list of alerts of one source while it arrives. Each one is turned into ours as soon as it is there: of a storm
/// there is never a second copy.
pub struct Reader<'a> {
    list: List,
    listed: Vec<Listed>,
    maker: Maker<'a>,
}

impl<'a> Reader<'a> {
    pub fn new(source: &'a SourceName, ignored: &'a [String], several: bool, before: &'a [Arc<Alert>]) -> Self {
        let (before, pool, last, receivers) = (before.iter(), Pool::default(), Default::default(), Arc::default());
        let ends = Default::default();
        let maker = Maker { source, ignored, several, before, pool, last, receivers, ends };
        Self { list: List::default(), listed: Vec::new(), maker }
    }

    pub fn take(&mut self, piece: &[u8]) {
        let Self { list, listed, maker } = self;
        list.take(piece, &mut |text| maker.read(text, listed));
    }

    /// # Errors
    /// It was no list of alerts, or not a whole one.
    pub fn end(mut self) -> Result<Vec<Listed>, Fault> {
        let Self { list, listed, maker } = &mut self;
        list.end(&mut |text| maker.read(text, listed))?;
        Ok(self.listed)
    }
}

/// Makes ours of theirs.
struct Maker<'a> {
    source: &'a SourceName,
    /// What is left out of their labels.
    ignored: &'a [String],
    /// Whether `updated` is wanted: reading times is a fifth of the work.
    several: bool,
    /// The alerts of the poll before, sorted by fingerprint. Nearly all of them come again, and are kept as they are.
    before: std::slice::Iter<'a, Arc<Alert>>,
    pool: Pool,
    /// The last new alert: most words are the same again at the same place.
    last: [Labels; 2],
    receivers: Arc<[Outside]>,
    /// The last one: what is evaluated together has the same, and it is read once.
    ends: (String, DateTime<Utc>),
}

impl<'a> Maker<'a> {
    fn read(&mut self, text: &str, into: &mut Vec<Listed>) -> serde_json::Result<Option<usize>> {
        let mut items = serde_json::Deserializer::from_str(text).into_iter::<GettableAlert>();
        match items.next() {
            Some(Err(error)) if !error.is_eof() => Err(error),
            Some(Ok(alert)) => {
                into.push(self.listed(alert));
                Ok(Some(items.byte_offset()))
            }
            _ => Ok(None),
        }
    }

    fn listed(&mut self, wire: GettableAlert) -> Listed {
        let updated = time(wire.updated_at.as_ref().filter(|_| self.several));
        let ends = self.ends(wire.ends_at.as_ref());
        let ignored = self.ignored;
        // It may be known from before a configuration that ignores one of its labels.
        let whole = |known: &&Arc<Alert>| ignored.iter().all(|name| known.labels.get(name).is_none());
        let known = self.known(wire.fingerprint.as_ref()).filter(|known| wire.says(known)).filter(whole).cloned();
        Listed { alert: known.unwrap_or_else(|| Arc::new(self.fresh(wire))), updated, ends }
    }

    fn ends(&mut self, text: Option<&Text>) -> DateTime<Utc> {
        let Some(text) = text else { return DateTime::UNIX_EPOCH };
        if self.ends.0 != text.0 {
            self.ends = (text.0.to_string(), time(Some(text)));
        }
        self.ends.1
    }

    /// The alert of this name in the poll before. Both lists are sorted, so one walk finds them all.
    fn known(&mut self, fingerprint: Option<&Text>) -> Option<&'a Arc<Alert>> {
        let name = &*fingerprint?.0;
        while self.before.as_slice().first()?.id.fingerprint.as_str() < name {
            self.before.next();
        }
        self.before.as_slice().first().filter(|known| known.id.fingerprint.as_str() == name)
    }

    fn fresh(&mut self, wire: GettableAlert) -> Alert {
        let labels = self.labels(wire.labels);
        let annotations = self.annotations(wire.annotations);
        let status = wire.status.unwrap_or_default();
        Alert {
            id: AlertId { source: self.source.clone(), fingerprint: self.fingerprint(wire.fingerprint, &labels) },
            upstream: Upstream::Firing,
            starts_at: time(wire.starts_at.as_ref()),
            url: wire.generator_url.filter(|url| !url.0.is_empty()).map(|url| self.word(&url)),
            receivers: self.receivers(wire.receivers.into_iter().flatten().filter_map(|receiver| receiver.name)),
            silenced_by: self.words(status.silenced_by.into_iter().flatten()),
            inhibited_by: self.words(status.inhibited_by.into_iter().flatten()).iter().map(|text| text.raw().into()).collect(),
            muted_by: self.words(status.muted_by.into_iter().flatten()),
            held: None,
            labels,
            annotations,
        }
    }

    /// As the server names it, unless that is no name or counts labels that are ignored.
    fn fingerprint(&self, told: Option<Text>, labels: &Labels) -> Fingerprint {
        let told = told.filter(|text| self.ignored.is_empty() && fingerprint::valid(&text.0));
        Fingerprint::from(&*told.map_or_else(|| fingerprint::of(labels).into(), |text| text.0))
    }

    fn labels(&mut self, mut pairs: Pairs) -> Labels {
        pairs.0.retain(|(name, _)| !self.ignored.iter().any(|other| *other == name.0));
        self.last[0] = self.pairs(pairs, 0);
        self.last[0].clone()
    }

    fn annotations(&mut self, pairs: Option<Pairs>) -> Labels {
        self.last[1] = self.pairs(pairs.unwrap_or(Pairs(Vec::new())), 1);
        self.last[1].clone()
    }

    fn pairs(&mut self, pairs: Pairs, which: usize) -> Labels {
        if !pairs.named_as(&self.last[which]) {
            return Labels::new(pairs.0.iter().map(|(name, value)| (self.word(name), self.word(value))).collect());
        }
        let mut values = pairs.0.iter().map(|(_, value)| value);
        self.last[which].clone().with(|near| match values.next() {
            // Comparing is quicker than looking it up.
            Some(text) if text.0 == near.raw() => near.clone(),
            Some(text) => self.word(text),
            None => Outside::default(),
        })
    }

    fn word(&mut self, text: &Text) -> Outside {
        Outside::new(self.pool.share(&text.0))
    }

    fn receivers<'t>(&mut self, texts: impl IntoIterator<Item = Text<'t>>) -> Arc<[Outside]> {
        let words = self.words(texts);
        if *self.receivers != *words {
            self.receivers = words.into();
        }
        self.receivers.clone()
    }

    /// Sorted: servers list them in changing order, which would look like a change of the alert.
    fn words<'t>(&mut self, texts: impl IntoIterator<Item = Text<'t>>) -> Vec<Outside> {
        let mut words: Vec<_> = texts.into_iter().map(|text| self.word(&text)).collect();
        words.sort();
        words.dedup();
        words.shrink_to_fit();
        words
    }
}

#[cfg(test)]
mod tests;
