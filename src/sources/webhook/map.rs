//! What a pushed document means: where in it the alerts are, and where in each of them what we want to know. Alertmanager's own
//! webhook is one such map; any other JSON is described by one in the configuration.

use crate::domain::alert::{Alert, Labels, Upstream};
use crate::domain::ids::{AlertId, Fingerprint, SourceName};
use crate::domain::node::{FieldSpec, Node, Problems, Value};
use crate::domain::text::Outside;
use crate::sources::fingerprint;
use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use std::slice;

/// Where a text comes from: a JSON pointer into the alert, or always the same.
#[derive(Debug, Clone)]
enum From {
    Pointer(String),
    Always(String),
}

/// Where a set of labels comes from.
#[derive(Debug, Clone)]
enum Pairs {
    /// An object all of whose plain values are labels.
    Object(String),
    Each(Vec<(String, From)>),
}

#[derive(Debug, Clone, Default)]
pub struct Map {
    /// The array of alerts; without it the document is one alert.
    each: Option<String>,
    id: Option<From>,
    name: Option<From>,
    state: Option<From>,
    /// Words of the state, in lower case, that mean that it is over.
    over: Vec<String>,
    severity: Option<From>,
    summary: Option<From>,
    starts_at: Option<From>,
    ended_at: Option<From>,
    url: Option<From>,
    labels: Option<Pairs>,
    annotations: Option<Pairs>,
    /// The number of alerts that the sender left out.
    left_out: Option<String>,
}

#[rustfmt::skip]
pub const KEYS: &[FieldSpec] = &[
    FieldSpec::new("each", "where the array of alerts is", "the document is one alert"),
    FieldSpec::new("id", "what tells one from another", "its labels"),
    FieldSpec::new("name", "its name", "none"),
    FieldSpec::new("state", "where it says whether it is over", "it fires"),
    FieldSpec::new("resolved", "the words there that mean that it is over", "`[resolved, ok, closed]`"),
    FieldSpec::new("severity", "how bad it is", "unknown"),
    FieldSpec::new("summary", "a sentence for people", "none"),
    FieldSpec::new("starts_at", "since when: RFC 3339, or seconds or milliseconds since 1970", "since it was heard of"),
    FieldSpec::new("ended_at", "when it was over, written so too", "when that was heard"),
    FieldSpec::new("url", "where to look", "none"),
    FieldSpec::new("labels", "a pointer to an object, or one value for each name", "none"),
    FieldSpec::new("annotations", "the same", "none"),
];

/// What a document held.
#[derive(Debug, Default)]
pub struct Heard {
    pub alerts: Vec<Alert>,
    pub left_out: u64,
}

impl Map {
    /// Alertmanager's webhook, payload version 4.
    pub fn alertmanager() -> Self {
        let at = |pointer: &str| Some(From::Pointer(pointer.to_owned()));
        Self {
            each: Some("/alerts".into()),
            id: at("/fingerprint"),
            state: at("/status"),
            over: vec!["resolved".into()],
            starts_at: at("/startsAt"),
            ended_at: at("/endsAt"),
            url: at("/generatorURL"),
            labels: Some(Pairs::Object("/labels".into())),
            annotations: Some(Pairs::Object("/annotations".into())),
            left_out: Some("/truncatedAlerts".into()),
            ..Self::default()
        }
    }

    /// What can't be read is a problem, and then nothing of the configuration is used.
    pub fn parse(node: &Node, problems: &mut Problems) -> Option<Self> {
        let fields = node.fields(&FieldSpec::keys(KEYS), problems)?;
        let mut from = |name: &str| fields.get(name).and_then(|node| From::parse(node, problems));
        let (id, name, state, severity) = (from("id"), from("name"), from("state"), from("severity"));
        let (summary, starts_at, ended_at, url) = (from("summary"), from("starts_at"), from("ended_at"), from("url"));
        let over = fields.get("resolved").map_or(Some(words("resolved ok closed")), |node| list(node, problems));
        let each = fields.get("each").and_then(|node| node.read(POINTER, problems, pointer));
        let labels = fields.get("labels").and_then(|node| Pairs::parse(node, problems));
        let annotations = fields.get("annotations").and_then(|node| Pairs::parse(node, problems));
        if ["id", "name", "labels"].iter().all(|key| fields.get(key).is_none()) {
            let help = "say where its name, its id or its labels are: name: /title";
            problems.error_with_help(node.span, "nothing says which alert it is", help);
        }
        let over = over?.iter().map(|word| word.to_lowercase()).collect();
        let left_out = None;
        Some(Self { each, id, name, state, over, severity, summary, starts_at, ended_at, url, labels, annotations, left_out })
    }

    /// Reads a whole document, or says why it can't be one.
    pub fn read(&self, source: &SourceName, body: &[u8], now: DateTime<Utc>) -> Result<Heard, String> {
        let document: Json = serde_json::from_slice(body).map_err(|error| format!("this is not JSON: {error}"))?;
        let items = match &self.each {
            None => slice::from_ref(&document),
            Some(pointer) => match document.pointer(pointer) {
                Some(Json::Array(items)) => items,
                Some(_) => return Err(format!("{pointer} is not an array")),
                None => return Err(format!("there is no {pointer}")),
            },
        };
        let place = |n: usize| self.each.as_ref().map_or(String::new(), |pointer| format!(" at {pointer}/{n}"));
        let read = |(n, item)| self.alert(source, item, now).map_err(|why| format!("the alert{} {why}", place(n)));
        let alerts = items.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        let left_out = self.left_out.as_ref().and_then(|pointer| document.pointer(pointer)?.as_u64()).unwrap_or(0);
        Ok(Heard { alerts, left_out })
    }

    fn alert(&self, source: &SourceName, item: &Json, now: DateTime<Utc>) -> Result<Alert, String> {
        // What the configuration says of all of them would make an alert of anything.
        if !item.is_object() {
            return Err("is no object".into());
        }
        let text = |from: &Option<From>| from.as_ref().and_then(|from| from.text(item)).filter(|text| !text.is_empty());
        let mut labels = self.labels.as_ref().map(|labels| labels.read(item)).unwrap_or_default();
        labels.extend(text(&self.name).map(|name| ("alertname".into(), name.into())));
        labels.extend(text(&self.severity).map(|word| ("severity".into(), word.into())));
        let id = text(&self.id);
        if labels.is_empty() && id.is_none() {
            return Err("has neither a name nor labels".into());
        }
        let mut annotations = self.annotations.as_ref().map(|annotations| annotations.read(item)).unwrap_or_default();
        annotations.extend(text(&self.summary).map(|summary| ("summary".into(), summary.into())));
        let time = |from| text(from).and_then(|text| moment(&text));
        let over = text(&self.state).is_some_and(|word| self.over.contains(&word.to_lowercase()));
        let labels = Labels::new(labels);
        let fingerprint = id.map_or_else(|| fingerprint::of(&labels), |id| plain(&id));
        Ok(Alert {
            id: AlertId { source: source.clone(), fingerprint: Fingerprint::new(fingerprint) },
            labels,
            annotations: Labels::new(annotations),
            upstream: if over { Upstream::Resolved { at: time(&self.ended_at).unwrap_or(now) } } else { Upstream::Firing },
            starts_at: time(&self.starts_at).unwrap_or(now),
            url: text(&self.url).map(Outside::from),
            receivers: Default::default(),
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            held: None,
        })
    }

    /// Whether an alert says itself when it began.
    pub fn tells_the_beginning(&self) -> bool {
        self.starts_at.is_some()
    }
}

impl From {
    fn parse(node: &Node, problems: &mut Problems) -> Option<Self> {
        let text = node.text(problems)?;
        Some(pointer(text).map_or_else(|| Self::Always(text.to_owned()), Self::Pointer))
    }

    fn text(&self, item: &Json) -> Option<String> {
        match self {
            Self::Pointer(pointer) => scalar(item.pointer(pointer)?),
            Self::Always(text) => Some(text.clone()),
        }
    }
}

impl Pairs {
    fn parse(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Map(pairs) => {
                let read =
                    |(key, node): &(crate::domain::node::Key, Node)| Some((key.text.clone(), From::parse(node, problems)?));
                pairs.iter().map(read).collect::<Option<_>>().map(Self::Each)
            }
            _ => node.read(POINTER, problems, pointer).map(Self::Object),
        }
    }

    fn read(&self, item: &Json) -> Vec<(Outside, Outside)> {
        let pair = |name: &str, value: Option<String>| {
            let value = value.filter(|value| !value.is_empty())?;
            Some((Outside::from(name), Outside::from(value)))
        };
        match self {
            Self::Object(pointer) => {
                let object = item.pointer(pointer).and_then(Json::as_object).into_iter().flatten();
                object.filter_map(|(name, value)| pair(name, scalar(value))).collect()
            }
            Self::Each(pairs) => pairs.iter().filter_map(|(name, from)| pair(name, from.text(item))).collect(),
        }
    }
}

const POINTER: &str = "a JSON pointer such as /events";

fn pointer(text: &str) -> Option<String> {
    text.starts_with('/').then(|| text.to_owned())
}

fn list(node: &Node, problems: &mut Problems) -> Option<Vec<String>> {
    match node.value {
        Value::Seq(_) => node.texts(problems),
        _ => node.text(problems).map(words),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A value that stands on one line. What is nested is no text.
fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(yes) => Some(yes.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// RFC 3339, or seconds or milliseconds since 1970. What is before that is no time: Alertmanager writes year 1 for "not yet".
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let number = || {
        let number: f64 = text.parse().ok()?;
        let ms = if number.abs() < 1e11 { number * 1000.0 } else { number };
        DateTime::from_timestamp_millis(ms as i64)
    };
    let at = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()).or_else(number)?;
    (at.timestamp() > 0).then_some(at)
}

/// An id can be typed and stands in addresses: one that can't is replaced by its hash.
fn plain(id: &str) -> String {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    match id.len() <= 64 && id.bytes().all(fits) {
        true => id.to_owned(),
        false => fingerprint::of(&Labels::new(vec![("id".into(), id.into())])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> Map {
        let mut problems = Problems::default();
        let node = Node::parse(text, &mut problems).expect("is YAML");
        Map::parse(&node, &mut problems).unwrap_or_else(|| panic!("{:?}", problems.list))
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn read(map: &Map, body: &str) -> Result<Alert, String> {
        let heard = map.read(&"hook".into(), body.as_bytes(), at("2026-03-01T03:00:00Z"));
        heard.map(|heard| heard.alerts.into_iter().next().expect("one alert"))
    }

    #[test]
    fn a_time_is_read_in_every_form_that_is_one() {
        let one = || Some(at("2026-03-01T03:00:00Z"));
        let cases = [
            ("2026-03-01T03:00:00Z", one()),
            ("2026-03-01T04:00:00+01:00", one()),
            ("1772334000", one()),
            ("1772334000000", one()),
            ("99999999999", Some(at("5138-11-16T09:46:39Z"))),
            ("1772334000.5", Some(at("2026-03-01T03:00:00.500Z"))),
            ("0001-01-01T00:00:00Z", None),
            ("0", None),
            ("-1772334000", None),
            ("soon", None),
            ("NaN", None),
            ("1e300", None),
        ];
        for (text, expected) in cases {
            assert_eq!(moment(text), expected, "{text}");
        }
    }

    #[test]
    fn its_own_words_say_that_it_is_over_and_when() {
        let map = map("{name: /n, state: /s, resolved: [Done], ended_at: /e}");
        let over = |body: &str| read(&map, body).expect("understood").upstream;
        let (then, now) = (at("2026-03-01T02:00:00Z"), at("2026-03-01T03:00:00Z"));
        assert_eq!(over(r#"{"n": "a", "s": "DONE", "e": "2026-03-01T02:00:00Z"}"#), Upstream::Resolved { at: then });
        assert_eq!(over(r#"{"n": "a", "s": "done"}"#), Upstream::Resolved { at: now }, "when that was heard");
        assert_eq!(over(r#"{"n": "a", "s": "ok", "e": "2026-03-01T02:00:00Z"}"#), Upstream::Firing, "another one's word");
    }

    #[test]
    fn what_says_nothing_is_no_label_and_what_nothing_tells_apart_is_refused() {
        let map = map("{name: /n, labels: /l}");
        let body = r#"{"n": "", "l": {"a": "", "b": "x", "c": null, "d": 7, "e": true, "f": {"g": 1}}}"#;
        let labels = read(&map, body).expect("understood").labels;
        let labels: Vec<_> = labels.iter().map(|(name, value)| (name.raw(), value.raw())).collect();
        assert_eq!(labels, [("b", "x"), ("d", "7"), ("e", "true")]);
        assert_eq!(read(&map, "{}").map(|_| ()), Err("the alert has neither a name nor labels".to_owned()));
    }

    #[test]
    fn an_id_that_can_not_be_typed_has_another_name() {
        let map = map("{id: /i, name: /n}");
        let named =
            |id: &str| read(&map, &format!(r#"{{"i": "{id}", "n": "a"}}"#)).expect("understood").id.fingerprint.to_string();
        let longest = "x".repeat(64);
        assert_eq!([named("a.B_c:1-2"), named(&longest)], ["a.B_c:1-2".to_owned(), longest.clone()]);
        for odd in [format!("{longest}x"), "a/b".into(), "a b".into(), "é".into()] {
            let name = named(&odd);
            assert!(name != odd && name == named(&odd) && name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{odd}: {name}");
        }
        assert_ne!(named("a/b"), named("a b"));
    }
}
