use super::*;
use crate::domain::health::FeedState;
use crate::domain::trouble::Reason;
use crate::feeds::gauge::Point;
use crate::ports::Response;
use std::collections::BTreeMap;

const PROM: &str = "url: 'http://prom:9090'";

fn parse_with(yaml: &str, sources: &BTreeMap<SourceName, Endpoint>) -> Result<Box<dyn Feed>, Vec<String>> {
    let mut problems = Problems::default();
    let node = Node::parse(yaml, &mut problems).expect("is YAML");
    let feed = parse(&node, &Known { feed: "load", sources }, &mut problems);
    feed.filter(|_| !problems.failed()).ok_or(problems.list.into_iter().map(|problem| problem.message).collect())
}

fn gauge(yaml: &str) -> Gauge {
    let mut problems = Problems::default();
    let node = Node::parse(&format!("{{unit: '%', {yaml}}}"), &mut problems).expect("is YAML");
    let fields = node.fields(&FieldSpec::keys(Gauge::KEYS), &mut problems).expect("known keys");
    Gauge::parse(&node, &fields, &mut problems).expect("limits")
}

fn answered(status: u16, body: &str) -> Result<Vec<Point>, Trouble> {
    let body = bytes::Bytes::copy_from_slice(body.as_bytes());
    let response = Response { status, headers: Default::default(), body, took: Duration::ZERO, date: None };
    let rows = answer::read(&response, "GET http://prom/q")?;
    Ok(rows.into_iter().map(|(labels, value)| Point { labels: super::series(&labels), value }).collect())
}

/// An instant vector of series that are told apart by the label `d`.
fn vector(values: &[(&str, &str)]) -> Vec<Point> {
    let series: Vec<_> =
        values.iter().map(|(d, value)| format!(r#"{{"metric":{{"d":"{d}"}},"value":[1.5,"{value}"]}}"#)).collect();
    let body = format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{}]}}}}"#, series.join(","));
    answered(200, &body).expect("is good")
}

fn judged_as(feed: &Gauge, values: &[(&str, &str)]) -> (FeedState, String) {
    let reading = feed.judge(&vector(values), NOTHING);
    (reading.state, reading.message.raw().to_owned())
}

#[test]
fn the_worst_series_is_named_and_counted() {
    let feed = gauge("above: 90, warn_above: 80");
    assert_eq!(judged_as(&feed, &[("sda", "42")]), (FeedState::Healthy, "42 %".into()));
    assert_eq!(judged_as(&feed, &[("sda", "42"), ("sdb", "70.5")]), (FeedState::Healthy, "70.5 % on {d=\"sdb\"}".into()));
    let full = [("sda", "85"), ("sdb", "91"), ("sdc", "97.25"), ("sdd", "1")];
    assert_eq!(judged_as(&feed, &full), (FeedState::Failing, "97.25 % above 90 on {d=\"sdc\"}; 2 of 4 series".into()));
}

#[test]
fn of_values_that_are_too_low_the_lowest_is_the_worst() {
    let feed = gauge("below: 1, empty: healthy");
    assert_eq!(judged_as(&feed, &[("a", "0.5"), ("b", "0")]).1, "0 % below 1 on {d=\"b\"}; 2 of 2 series");
    assert_eq!(judged_as(&feed, &[]), (FeedState::Healthy, "the query found nothing".into()));
    assert_eq!(judged_as(&gauge("below: 1"), &[]).0, FeedState::Unknown);
}

#[test]
fn no_number_is_no_health_and_hides_no_failure() {
    let feed = gauge("above: 90");
    assert_eq!(judged_as(&feed, &[("a", "1"), ("b", "NaN")]).0, FeedState::Unknown);
    assert_eq!(judged_as(&feed, &[("a", "91"), ("b", "NaN")]).0, FeedState::Failing);
    let endless = feed.judge(&vector(&[("a", "+Inf")]), NOTHING);
    assert_eq!((endless.state, endless.value), (FeedState::Failing, None), "no JSON holds an infinite value");
}

#[test]
fn a_scalar_counts_and_other_types_are_explained() {
    let scalar = answered(200, r#"{"status":"success","data":{"resultType":"scalar","result":[1712000000.1,"95"]}}"#);
    assert_eq!(gauge("above: 90").judge(&scalar.expect("is good"), NOTHING).message.raw(), "95 % above 90");
    for (kind, words) in [("matrix", "gives a range"), ("string", "gives a text")] {
        let body = format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":[]}}}}"#);
        assert!(answered(200, &body).expect_err("no numbers").to_string().contains(words));
    }
    let histogram = r#"{"data":{"resultType":"vector","result":[{"metric":{"__name__":"h","a":"b"},"histogram":[1,{}]}]}}"#;
    assert!(answered(200, histogram).expect_err("no value").to_string().contains("h{a=\"b\"} is a histogram"));
}

#[test]
fn what_prometheus_cannot_answer_is_a_trouble_in_its_own_words() {
    let refused =
        answered(400, r#"{"status":"error","errorType":"bad_data","error":"unknown function: abc"}"#).expect_err("refused");
    assert_eq!((refused.reason, refused.to_string().contains("unknown function: abc")), (Reason::Status, true));
    let page = answered(200, "<!DOCTYPE html><title>Sign in</title>").expect_err("a page");
    assert_eq!(page.reason, Reason::Nonsense);
    assert_eq!(page.to_string(), "GET http://prom/q answered 200 OK with a page titled \"Sign in\"");
    assert_eq!(answered(200, r#"{"status":"succ"#).expect_err("cut").reason, Reason::Nonsense);
    assert_eq!(answered(200, "null").expect_err("not an object").reason, Reason::Nonsense);
}

#[test]
fn it_asks_an_address_or_a_source_that_answers_queries() {
    let none = BTreeMap::new();
    assert!(parse_with(&format!("{{{PROM}, query: up, below: 1}}"), &none).is_ok());
    let endpoint = Endpoint { url: "http://prom:9090".parse().expect("a URL"), access: Default::default() };
    let known = BTreeMap::from([(SourceName::from("prom"), endpoint)]);
    assert!(parse_with("{source: prom, query: up, below: 1}", &known).is_ok());
    let wrong = |yaml: &str, known: &_| parse_with(yaml, known).err().expect("is wrong");
    assert_eq!(wrong("{source: pram, query: up, below: 1}", &known), ["unknown source of Prometheus queries `pram`"]);
    assert_eq!(wrong("{source: prom, query: up, below: 1}", &none), ["no source answers Prometheus queries"]);
    assert_eq!(wrong(&format!("{{source: prom, {PROM}, query: up, below: 1}}"), &known), ["`source` names the address already"]);
    let all = wrong("{query: up, above: high, empty: maybe}", &none);
    assert_eq!(all.len(), 3, "all at once: {all:?}");
    assert!(wrong(&format!("{{{PROM}, query: up}}"), &none)[0].starts_with("a threshold is missing"));
}
