//! Metrics of real exporters, and of servers that show something else.

use super::support::missing;
use super::support::program::{Program, free_address};
use super::support::prometheus::Prometheus;
use super::support::raw::{Raw, ok, until_gone};
use super::{ask, ask_shortly, failing, told};
use midwatch::domain::health::FeedState;
use midwatch::domain::trouble::Reason;
use std::io::Write;

#[tokio::test]
async fn a_real_node_exporter_is_read_and_judged() {
    if missing("prometheus-node-exporter") {
        return;
    }
    let address = free_address();
    let only = ["--collector.disable-defaults", "--collector.loadavg", "--collector.uname"].map(str::to_owned);
    let args = only.into_iter().chain([format!("--web.listen-address={address}")]);
    let exporter = Program::start("prometheus-node-exporter", args, "TLS is disabled");
    let asked = async |rest: &str| ask(&format!("metrics: {{url: 'http://{address}/metrics', {rest}}}")).await;
    let load = asked("metric: node_load1, above: 100000, unit: load").await.expect("answers");
    assert_eq!((load.state, load.unit.as_deref()), (FeedState::Healthy, Some("load")));
    assert!(load.value.is_some_and(|value| value >= 0.0) && load.latency.is_some(), "{load:?}");
    let (state, message) = told(asked("metric: node_uname_info, labels: {sysname: '~Lin.*'}, above: 0").await);
    assert_eq!(state, FeedState::Failing);
    assert!(message.starts_with("1 above 0 on node_uname_info{"), "{message}");
    let other = told(asked("metric: node_uname_info, labels: {sysname: Plan9}, above: 0, empty: failing").await);
    assert_eq!(other, failing("no series of node_uname_info has these labels"));
    let none = told(asked("metric: node_load2, above: 1").await);
    assert_eq!(none, (FeedState::Unknown, "nothing there is called node_load2".into()));
    drop(exporter);
    assert_eq!(asked("metric: node_load1, above: 1").await.expect_err("it is gone").reason, Reason::Refused);
}

#[tokio::test]
async fn the_histograms_of_a_real_prometheus_are_read_by_their_parts() {
    if missing("prometheus") {
        return;
    }
    let server = Prometheus::start();
    let asked =
        async |metric: &str| told(ask(&format!("metrics: {{url: '{}/metrics', {metric}, above: 1e15}}", server.url)).await);
    let (state, message) = asked("metric: prometheus_tsdb_compaction_duration_seconds").await;
    assert_eq!(state, FeedState::Unknown);
    assert!(message.contains("is a histogram: name prometheus_tsdb_compaction_duration_seconds_count"), "{message}");
    let all = asked("metric: prometheus_tsdb_compaction_duration_seconds_bucket, labels: {le: +Inf}").await;
    assert_eq!(all, (FeedState::Healthy, "0".into()));
    assert_eq!(asked("metric: prometheus_build_info").await, (FeedState::Healthy, "1".into()));
}

#[tokio::test]
async fn what_is_no_number_is_unknown_and_what_is_no_exposition_is_no_verdict() {
    let yaml = |server: &Raw| format!("metrics: {{url: '{}', metric: m, above: 1}}", server.url("/m"));
    let nan = Raw::saying(ok("m NaN\n"));
    assert_eq!(told(ask(&yaml(&nan)).await).0, FeedState::Unknown);
    let answers = [
        (ok("<html><head><title>Sign in</title></head></html>"), Reason::Nonsense, "a page titled \"Sign in\""),
        (ok("{\"m\": 1}\n"), Reason::Nonsense, "something else than metrics"),
        (ok("m 1\nm{a=\"b\"} 1"), Reason::Nonsense, "cut short after 14 bytes"),
        ("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n".to_owned(), Reason::Denied, "check the credentials"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nm 1\n".to_owned(), Reason::Network, ""),
    ];
    for (answer, reason, words) in answers {
        let server = Raw::saying(answer);
        let trouble = ask(&yaml(&server)).await.expect_err("no verdict");
        assert_eq!(trouble.reason, reason, "{trouble}");
        assert!(trouble.to_string().contains(words), "{trouble}");
    }
}

#[tokio::test]
async fn an_exporter_that_hangs_or_floods_is_given_up() {
    let silent = Raw::start(|_, stream| until_gone(stream));
    let flood = Raw::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let lines = "m{a=\"b\"} 1\n".repeat(100_000);
        while stream.write_all(lines.as_bytes()).is_ok() {}
    });
    let yaml = |server: &Raw| format!("metrics: {{url: '{}', metric: m, above: 1}}", server.url("/"));
    assert_eq!(ask_shortly(&yaml(&silent)).await.expect_err("no answer").reason, Reason::Timeout);
    assert_eq!(ask(&yaml(&flood)).await.expect_err("too long").reason, Reason::TooLarge);
}
