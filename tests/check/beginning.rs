//! What `init` finds and takes over, from real servers.

use super::{code, out};
use crate::support::home::Home;
use crate::support::prometheus::Prometheus;
use crate::support::servers::{Alertmanager, LOGIN};
use crate::support::{missing, until};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn config(home: &Home) -> String {
    fs::read_to_string(home.path().join("config.yaml")).expect("is written")
}

/// Everything that the configuration names answers well.
fn is_live(home: &Home) {
    let check = home.run(&["check", "--live", "--strict"]);
    assert_eq!(code(&check), Some(0), "{}", out(&check));
}

#[test]
fn init_finds_the_prometheus_that_the_environment_names_and_the_cluster_to_which_that_sends() {
    if missing("prometheus") || missing("prometheus-alertmanager") {
        return;
    }
    let cluster = Alertmanager::start(2);
    let targets: Vec<String> = cluster.urls().iter().map(|url| format!("'{}'", url.trim_start_matches("http://"))).collect();
    let sends = format!("alerting: {{alertmanagers: [{{static_configs: [{{targets: [{}]}}]}}]}}", targets.join(", "));
    let prometheus = Prometheus::start_with("", &sends, "");
    // Both have heard of each other, and Prometheus of both.
    let found = until("the cluster", || {
        let home = Home::new().env("PROMETHEUS_URL", &prometheus.url);
        let found = home.json(&["init"])["found"].clone();
        let whole = found.as_array()?.iter().any(|one| one["urls"].as_array().is_some_and(|urls| urls.len() == 2));
        whole.then_some((home, found))
    });
    let (home, found) = found;
    let of = |kind: &str| -> Vec<Value> {
        let all = found.as_array().expect("a list").iter();
        all.filter(|one| one["kind"] == kind && one["from"] != "where one usually is").cloned().collect()
    };
    let [(prom, am)] = [(of("prometheus"), of("alertmanager"))];
    assert_eq!((prom.len(), am.len()), (1, 1), "{found}");
    assert_eq!((prom[0]["from"].as_str(), prom[0]["error"].as_str()), (Some("$PROMETHEUS_URL"), None));
    assert!(am[0]["from"].as_str().expect("text").ends_with("sends its alerts there"));
    assert!(am[0]["version"].as_str().is_some_and(|version| version.starts_with("0.")), "{found}");
    let text = config(&home);
    assert!(text.contains("promql: {source: prometheus, query: \"count(up == 0) or vector(0)\", warn_above: 0}"), "{text}");
    until("all of it answers", || (code(&home.run(&["check", "--live", "--strict"])) == Some(0)).then_some(()));
}

#[test]
fn init_takes_over_what_amtool_has_with_its_login_and_shows_no_password() {
    if missing("prometheus-alertmanager") {
        return;
    }
    let am = Alertmanager::start_with(1, Some(LOGIN));
    let home = Home::new();
    let client = home.write("http.yml", "basic_auth: {username: ana, password: \"hunter2\"}\n");
    let amtool = format!("alertmanager.url: {}\nauthor: ana.lee\nhttp.config.file: {}\n", am.url(0), client.display());
    home.write(".config/amtool/config.yml", &amtool);
    let init = home.run(&["init"]);
    assert_eq!(code(&init), Some(0), "{init:?}");
    let told = String::from_utf8(init.stderr.clone()).expect("text");
    assert!(told.contains("Alertmanager 0.") && told.contains(&format!(" at {} (/", am.url(0))), "{told}");
    let text = config(&home);
    assert!(text.contains("operator: {name: \"ana.lee\"") && text.contains("{file: \"secrets/prod-password\"}"), "{text}");
    assert!(![&text, &told, &out(&init)].iter().any(|text| text.contains("hunter2")), "{told}{text}");
    let secret = home.path().join("secrets/prod-password");
    assert_eq!(fs::metadata(&secret).expect("is there").permissions().mode() & 0o777, 0o600);
    is_live(&home);
}

#[test]
fn of_karma_every_cluster_becomes_a_source_and_a_broken_file_none() {
    if missing("prometheus-alertmanager") {
        return;
    }
    let (cluster, staging) = (Alertmanager::start(2), Alertmanager::start(1));
    let servers =
        [("a", cluster.url(0)), ("b", cluster.url(1))].map(|(name, url)| format!("{{name: {name}, cluster: eu, uri: '{url}'}}"));
    let home = Home::new();
    let karma = |more: &str| {
        let all = format!("[{}, {{name: staging, uri: '{}'}}{more}]", servers.join(", "), staging.url(0));
        home.write("karma.yaml", &format!("alertmanager: {{servers: {all}}}\n"))
    };
    karma(", {name: c, uri: am:9093}");
    let refused = home.run(&["init", "--from-karma", "karma.yaml"]);
    let told = String::from_utf8(refused.stderr.clone()).expect("text");
    assert_eq!((code(&refused), told.contains("karma.yaml:1:")), (Some(2), true), "{told}");
    assert!(!home.path().join("config.yaml").exists());
    karma("");
    let init = home.run(&["init", "--from-karma", "karma.yaml"]);
    assert_eq!(code(&init), Some(0), "{init:?}");
    let text = config(&home);
    let (first, second) = (cluster.url(0), cluster.url(1));
    assert!(text.contains(&format!("- name: eu\n    alertmanager: {{urls: [\"{first}\", \"{second}\"]}}")), "{text}");
    assert!(text.contains(&format!("- name: staging\n    alertmanager: {{urls: [\"{}\"]}}", staging.url(0))), "{text}");
    is_live(&home);
}

#[test]
fn what_somebody_named_is_written_though_it_does_not_answer_and_that_is_told() {
    let home = Home::new().env("ALERTMANAGER_URL", "http://127.0.0.1:1").env("PROMETHEUS_URL", "prom:9090");
    let init = home.run(&["init"]);
    let told = String::from_utf8(init.stderr.clone()).expect("text");
    assert_eq!(code(&init), Some(0), "{told}");
    assert!(told.contains("Alertmanager at http://127.0.0.1:1 ($ALERTMANAGER_URL) does not answer as one:"), "{told}");
    assert!(told.contains("$PROMETHEUS_URL: `prom:9090` is not an address"), "{told}");
    assert!(config(&home).contains("http://127.0.0.1:1"));
    // One that was named by hand is all there is, and nobody needs to be asked.
    let alone = Home::new().env("ALERTMANAGER_URL", "http://127.0.0.1:1");
    let named = alone.json(&["init", "--offline", "--from-prometheus", "http://prom:9090"]);
    assert_eq!(named["found"].as_array().map(Vec::len), Some(1), "{named}");
    assert!(config(&alone).contains("prometheus: {url: \"http://prom:9090\"}"));
}

#[test]
fn a_configuration_that_names_nothing_says_so_wherever_something_would_be_asked() {
    let home = Home::with("operator: {name: ana}\n");
    let err = |args: &[&str]| String::from_utf8(home.run(args).stderr).expect("UTF-8");
    assert!(err(&["alerts"]).contains("no alert source is configured: `sources:` names them"), "{}", err(&["alerts"]));
    assert!(err(&["check", "--live"]).contains("nothing was asked"), "{}", err(&["check", "--live"]));
    assert_eq!(err(&["check"]), "");
}

#[test]
fn every_example_of_the_first_configuration_is_good_as_it_stands() {
    let home = Home::new();
    home.run(&["init", "--offline"]);
    let text = config(&home);
    let example = |line: &str| line.starts_with("  - ") || line.split_once(": ").is_some_and(|(key, _)| !key.contains(' '));
    let shown = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if example(rest) || ["sources:", "services:", "feeds:"].contains(&rest) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    let all: String = text.lines().map(shown).collect();
    assert!(all.contains("\n  - {name: pager"), "{all}");
    home.write("config.yaml", &all);
    let secrets = ["PAGERDUTY_TOKEN", "ICINGA_PASSWORD", "ZABBIX_TOKEN", "SLACK_WEBHOOK"];
    let home = secrets.iter().fold(home, |home, name| home.env(name, "https://hooks.example/x"));
    let check = home.run(&["check"]);
    assert_eq!(code(&check), Some(0), "{}\n{all}", out(&check));
}
