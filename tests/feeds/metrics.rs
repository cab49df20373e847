//! Metrics of real exporters, and of servers that show something else.

use super::support::missing;
use super::support::program::{Program, free_address};
use super::support::prometheus::Prometheus;
use super::support::raw::{Raw, ok, until_gone};
use super::{ask, ask_shortly, failing, told};
use crate::PATIENCE;
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

/// What Debian's blackbox exporter tells of a target, by each of its modules, read directly and through a Prometheus.
#[tokio::test]
async fn a_real_blackbox_exporter_tells_of_a_target_that_answers_and_of_one_that_does_not() {
    if missing("prometheus-blackbox-exporter") || missing("prometheus") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("blackbox.yml");
    std::fs::write(&config, "modules: {http: {prober: http, timeout: 5s}, tcp: {prober: tcp, timeout: 5s}}\n").expect("written");
    let address = free_address();
    let args = [format!("--config.file={}", config.display()), format!("--web.listen-address={address}")];
    let exporter = Program::start("prometheus-blackbox-exporter", args, "Listening on");
    let (good, broken) =
        (Raw::saying(ok("fine")), Raw::saying("HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
    let probed = async |module: &str, target: &str, rest: &str| {
        let url = format!("http://{address}/probe?module={module}&target={target}");
        ask(&format!("metrics: {{url: '{url}', {rest}}}")).await
    };
    let success = "metric: probe_success, below: 1";
    let (well, busy, closed) = (good.url("/"), broken.url("/"), super::closed_port());
    assert_eq!(told(probed("http", well.as_str(), success).await), (FeedState::Healthy, "1".into()));
    assert_eq!(told(probed("http", busy.as_str(), success).await), failing("0 below 1 on probe_success"));
    assert_eq!(
        told(probed("http", busy.as_str(), "metric: probe_http_status_code, above: 499").await),
        failing("503 above 499 on probe_http_status_code")
    );
    assert_eq!(told(probed("tcp", &good.address.to_string(), success).await), (FeedState::Healthy, "1".into()));
    assert_eq!(told(probed("tcp", &closed.address, success).await), failing("0 below 1 on probe_success"));
    let took = probed("http", well.as_str(), "metric: probe_duration_seconds, above: 60, unit: s").await.expect("is told");
    assert_eq!((took.state, took.unit.as_deref()), (FeedState::Healthy, Some("s")));
    assert!(took.value.is_some_and(|seconds| seconds > 0.0 && seconds < 60.0), "{took:?}");
    let odd = probed("nothing", well.as_str(), success).await.expect_err("no such module");
    assert!(odd.to_string().contains("400 Bad Request"), "{odd}");

    let job = |name: &str, target: &str| {
        let params = format!("params: {{module: [http], target: ['{target}']}}");
        format!(
            ", {{job_name: {name}, scrape_interval: 1s, metrics_path: /probe, {params}, static_configs: [{{targets: ['{address}']}}]}}"
        )
    };
    let prometheus = Prometheus::start_with(&(job("well", well.as_str()) + &job("busy", busy.as_str())), "", "");
    let queried = async |job: &str| {
        let feed =
            format!("promql: {{url: '{}', query: 'probe_success{{job=\"{job}\"}}', below: 1, empty: unknown}}", prometheus.url);
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let (state, message) = told(ask(&feed).await);
            if state != FeedState::Unknown {
                return (state, message);
            }
            assert!(std::time::Instant::now() < deadline, "{job} was never scraped: {message}");
            tokio::task::yield_now().await;
        }
    };
    assert_eq!(queried("well").await.0, FeedState::Healthy);
    let (state, message) = queried("busy").await;
    assert!(state == FeedState::Failing && message.starts_with("0 below 1"), "{message}");
    drop(exporter);
    assert_eq!(probed("http", well.as_str(), success).await.expect_err("it is gone").reason, Reason::Refused);
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
