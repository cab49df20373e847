//! When an alert fired, by Prometheus's own record: it keeps the series `ALERTS` of every alert of its rules.
//!
//! An Alertmanager's alert has labels that the series lacks, those that the server adds when it sends. So a label must be as it
//! is in the alert, or not be there; and a series with a label that the alert lacks is another alert's.

use super::Prometheus;
use crate::domain::alert::{Firing, Labels};
use crate::domain::secret::Secret;
use crate::domain::trouble::Trouble;
use crate::ports::{Ports, Request};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The server refuses more points than 11,000 of a series, and by the minute is enough for people.
const POINTS: i64 = 10_000;
const FINEST: i64 = 60;

/// The longest answer: a hundred series of a day.
const LONGEST: usize = 8 << 20;

/// Labels that the query names; the answer is held against all of them.
const NAMED: usize = 32;

#[derive(Deserialize)]
struct Matrix {
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    /// Times in seconds; what the values are is always 1.
    #[serde(default)]
    values: Vec<(f64, IgnoredAny)>,
}

/// The newest first.
pub async fn of(
    server: &Prometheus,
    labels: &Labels,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    ports: &Ports,
    limit: Duration,
) -> Result<Vec<Firing>, Trouble> {
    let Some(query) = query(labels) else { return Ok(Vec::new()) };
    let step = ((until - since).num_seconds() / POINTS + 1).max(FINEST);
    let mut request = server.endpoint.get("api/v1/query_range", ports).await?;
    // The last look is at the end: what has just begun is seen.
    let (start, end) = (until.timestamp() - (until - since).num_seconds() / step * step, until.timestamp());
    let pairs = [("query", query), ("start", start.to_string()), ("end", end.to_string()), ("step", step.to_string())];
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    request.headers.push(("Content-Type".into(), Secret::new("application/x-www-form-urlencoded".into())));
    let request = Request { method: "POST", body: Some(form.into()), timeout: limit, longest: LONGEST, ..request };
    let matrix: Matrix = super::answered(request, ports).await?;
    let own = matrix.result.into_iter().filter(|series| is_of(&series.metric, labels));
    let times: BTreeSet<i64> = own.flat_map(|series| series.values).map(|(time, _)| time as i64).collect();
    Ok(firings(&times, step, until))
}

/// `ALERTS{alertstate="firing",alertname="Down",job=~"api|"}`; nothing for an alert that no rule can have raised.
fn query(labels: &Labels) -> Option<String> {
    let name = quoted(labels.get("alertname")?);
    let plain = |name: &str| {
        let rest = name.trim_start_matches(|first: char| first.is_ascii_alphabetic() || first == '_');
        rest.len() < name.len() && rest.chars().all(|other| other.is_ascii_alphanumeric() || other == '_')
    };
    let pairs = labels.iter().map(|(name, value)| (name.raw(), value.raw()));
    let others = pairs.filter(|(name, _)| plain(name) && !["alertname", "alertstate", "__name__"].contains(name));
    let others = others.take(NAMED).map(|(name, value)| format!(",{name}=~{}", quoted(&format!("{}|", regex::escape(value)))));
    Some(format!("ALERTS{{alertstate=\"firing\",alertname={name}{}}}", others.collect::<String>()))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn is_of(metric: &BTreeMap<String, String>, labels: &Labels) -> bool {
    let told = metric.iter().filter(|(name, _)| !["__name__", "alertstate"].contains(&name.as_str()));
    told.into_iter().all(|(name, value)| labels.get(name) == Some(value))
}

/// Times at which it fired, one every `step` seconds, as stretches.
fn firings(times: &BTreeSet<i64>, step: i64, until: DateTime<Utc>) -> Vec<Firing> {
    let mut stretches: Vec<(i64, i64)> = Vec::new();
    for time in times {
        match stretches.last_mut() {
            Some((_, last)) if *time <= *last + step => *last = *time,
            _ => stretches.push((*time, *time)),
        }
    }
    let at = |seconds| DateTime::from_timestamp(seconds, 0);
    let firing = |(first, last): (i64, i64)| {
        // It ended between two looks.
        let to = at(last)? + TimeDelta::seconds(step);
        Some(Firing { from: at(first)?, to: (last < until.timestamp()).then_some(to) })
    };
    stretches.into_iter().rev().filter_map(firing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Outside;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        Labels::new(pairs.iter().map(|(name, value)| (Outside::from(*name), Outside::from(*value))).collect())
    }

    #[test]
    fn a_query_names_what_the_alert_has_whatever_characters_that_has() {
        let all = [("alertname", "a\"b\\"), ("job", "x.y\n"), ("my.name", "z"), ("alertstate", "pending")];
        let wanted = "ALERTS{alertstate=\"firing\",alertname=\"a\\\"b\\\\\",job=~\"x\\\\.y\\n|\"}";
        assert_eq!(query(&labels(&all)).as_deref(), Some(wanted));
        assert_eq!(query(&labels(&[("job", "x")])), None, "never every alert");
    }

    #[test]
    fn times_are_stretches_and_the_last_may_go_on() {
        let until = DateTime::from_timestamp(660, 0).expect("a time");
        let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("a time");
        let told = firings(&BTreeSet::from([60, 120, 300, 600, 660]), 60, until);
        assert_eq!(firings(&BTreeSet::from([600]), 60, until)[0].to, Some(at(660)), "it is over now");
        let wanted = [(600, None), (300, Some(360)), (60, Some(180))];
        assert_eq!(told, wanted.map(|(from, to)| Firing { from: at(from), to: to.map(at) }));
        assert_eq!(firings(&BTreeSet::new(), 60, until), []);
    }

    #[test]
    fn a_series_with_a_label_of_its_own_is_another_alert() {
        let alert = labels(&[("alertname", "Down"), ("job", "api"), ("cluster", "eu")]);
        let series = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let own = series(&[("__name__", "ALERTS"), ("alertstate", "firing"), ("alertname", "Down"), ("job", "api")]);
        assert!(is_of(&own, &alert), "the server adds `cluster` only when it sends");
        assert!(!is_of(&series(&[("alertname", "Down"), ("job", "api"), ("instance", "a")]), &alert));
    }
}
