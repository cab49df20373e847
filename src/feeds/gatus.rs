//! What a Gatus says about the endpoints that it watches. What it has not checked for a while is unknown; a Gatus that doesn't answer
//! is a trouble and no verdict on them.

use super::parts::{Choice, Part, worst};
use super::{Feed, Kind, Known, judged};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::trouble::Trouble;
use crate::ports::{Access, Answer, Endpoint, Ports, Request};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "gatus", about: "The endpoints that a Gatus watches: their last result, and its age", keys: KEYS, parse };

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        Endpoint::URL,
        FieldSpec::new("endpoints", "keys (`core_home`) or names, or `~` and an expression; the worst counts, and one that it doesn't watch is unknown", "all"),
        FieldSpec::new("age", "a result that is older is unknown", "`10m`"),
    ],
    Access::KEYS,
];

const LONGEST: usize = 8 << 20;

struct Gatus {
    endpoint: Endpoint,
    endpoints: Choice,
    /// A result that is older says nothing.
    age: Duration,
}

#[derive(Deserialize)]
struct Watched {
    name: String,
    #[serde(default)]
    group: String,
    key: String,
    /// The newest is the last.
    #[serde(default)]
    results: Vec<Outcome>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    success: bool,
    timestamp: DateTime<Utc>,
    #[serde(default)]
    errors: Vec<String>,
    #[serde(default)]
    condition_results: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    condition: String,
    success: bool,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let endpoint = Endpoint::parse(&fields, problems);
    let endpoints = Choice::parse("endpoints", &fields, problems);
    let age = fields.get("age").map_or(Some(Duration::from_secs(600)), |node| node.duration(problems));
    Some(Box::new(Gatus { endpoint: endpoint?, endpoints: endpoints?, age: age? }))
}

impl Feed for Gatus {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let mut request = self.endpoint.get("api/v1/endpoints/statuses", ports).await?;
            request.url.set_query(Some("page=1&pageSize=1"));
            let told = request.told();
            let response = ports.http.observe(Request { timeout: limit, longest: LONGEST, ..request }).await?;
            if !response.good() {
                return Err(response.refusal(&told));
            }
            let watched: Vec<Watched> =
                response.understood("Gatus's list of endpoints", &told, |text| serde_json::from_str(text))?;
            // Its own clock says how old its results are.
            let now = response.date.unwrap_or_else(|| ports.clock.now().wall);
            Ok(Reading { latency: Some(response.took), ..self.judge(&watched, now) })
        })
    }
}

impl Gatus {
    fn judge(&self, watched: &[Watched], now: DateTime<Utc>) -> Reading {
        if let Some(absent) = self.endpoints.absent(watched.iter().flat_map(|one| [one.key.as_str(), &one.name])) {
            return judged(FeedState::Unknown, format!("it watches no endpoint `{absent}`"), None);
        }
        let chosen = watched.iter().filter(|one| self.endpoints.has(&one.key) || self.endpoints.has(&one.name));
        let parts: Vec<_> = chosen.map(|one| self.part(one, now)).collect();
        worst(parts.iter(), "endpoints")
    }

    fn part(&self, watched: &Watched, now: DateTime<Utc>) -> Part {
        let name = if watched.group.is_empty() { watched.name.clone() } else { format!("{}/{}", watched.group, watched.name) };
        let (state, words) = match watched.results.last() {
            None => (FeedState::Unknown, "never checked".to_owned()),
            Some(last) if (now - last.timestamp).to_std().is_ok_and(|age| age > self.age) => {
                (FeedState::Unknown, format!("last checked at {}", last.timestamp.format("%Y-%m-%d %H:%M UTC")))
            }
            Some(last) if last.success => (FeedState::Healthy, "as expected".to_owned()),
            Some(last) => (FeedState::Failing, last.why()),
        };
        Part { name, state, words }
    }
}

impl Outcome {
    fn why(&self) -> String {
        let condition = self.condition_results.iter().find(|result| !result.success).map(|result| &result.condition);
        self.errors.first().or(condition).cloned().unwrap_or_else(|| "not as expected".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(endpoints: &str, list: &str) -> (FeedState, String) {
        let mut problems = Problems::default();
        let node = Node::parse(&format!("{{endpoints: {endpoints}}}"), &mut problems).expect("is YAML");
        let fields = node.fields(&["endpoints"], &mut problems).expect("a map");
        let endpoints = Choice::parse("endpoints", &fields, &mut problems).expect("a choice");
        let endpoint = Endpoint { url: "http://gatus.test".parse().expect("a URL"), access: Default::default() };
        let watched: Vec<Watched> = serde_json::from_str(list).expect("a list");
        let now = "2026-03-01T10:00:00Z".parse().expect("a time");
        let reading = Gatus { endpoint, endpoints, age: Duration::from_secs(600) }.judge(&watched, now);
        (reading.state, reading.message.raw().to_owned())
    }

    const LIST: &str = r#"[{"name":"home","group":"core","key":"core_home","results":[{"success":false,"timestamp":"2026-03-01T09:58:00Z"},
        {"success":true,"timestamp":"2026-03-01T09:59:00.5Z","conditionResults":[{"condition":"[STATUS] == 200","success":true}]}]},
      {"name":"pay","group":"core","key":"core_pay","results":[{"success":false,"timestamp":"2026-03-01T11:59:00+02:00",
        "conditionResults":[{"condition":"[CONNECTED] == true","success":true},{"condition":"[STATUS] (503) == 200","success":false}]}]},
      {"name":"old","key":"_old","results":[{"success":true,"timestamp":"2026-03-01T08:00:00Z"}]},{"name":"new","key":"_new"}]"#;

    #[test]
    fn the_newest_result_counts_in_the_words_of_what_failed() {
        assert_eq!(said("[core_home]", LIST), (FeedState::Healthy, "core/home: as expected".into()));
        assert_eq!(said("['~core_.*']", LIST), (FeedState::Failing, "core/pay: [STATUS] (503) == 200; 1 of 2 endpoints".into()));
    }

    #[test]
    fn what_is_old_never_checked_or_not_there_is_unknown() {
        assert_eq!(said("[old]", LIST), (FeedState::Unknown, "old: last checked at 2026-03-01 08:00 UTC".into()));
        assert_eq!(said("[new]", LIST), (FeedState::Unknown, "new: never checked".into()));
        assert_eq!(said("[home, gone]", LIST), (FeedState::Unknown, "it watches no endpoint `gone`".into()));
        assert_eq!(said("[]", "[]"), (FeedState::Unknown, "there are no endpoints".into()));
    }
}
