//! One real incident, from the alert to the exported timeline: a real Prometheus finds a shop ill, a real Alertmanager
//! hands the alert on, and whoever is on call does the rest.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use serde_json::Value;
use std::io::Write;
use std::process::{Child, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::home::Home;
use support::prometheus::Prometheus;
use support::raw::Raw;
use support::servers::Alertmanager;
use support::{missing, until};

/// A shop that is ill until somebody posts to `/heal`, and everything that watches it.
struct Scene {
    home: Home,
    shop: Raw,
    ill: Arc<AtomicBool>,
    _prometheus: Prometheus,
    _alertmanager: Alertmanager,
}

impl Scene {
    fn new() -> Self {
        let ill = Arc::new(AtomicBool::new(false));
        let shop = shop(ill.clone());
        let alertmanager = Alertmanager::start(1);
        let jobs = format!(", {{job_name: shop, static_configs: [{{targets: ['{}']}}]}}", shop.address);
        let to = alertmanager.url(0).replace("http://", "");
        let alerting = format!("alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{to}']}}]}}]}}");
        let prometheus = Prometheus::start_with(&jobs, &alerting, RULES);
        let home = Home::with(&config(&alertmanager.url(0), &prometheus.url));
        home.write("playbooks/restart-the-shop.md", &PLAYBOOK.replace("SHOP", shop.url("/heal").as_ref()));
        Self { home, shop, ill, _prometheus: prometheus, _alertmanager: alertmanager }
    }

    fn falls_ill(&self) {
        self.ill.store(true, Ordering::SeqCst);
    }

    /// Runs `midwatch` with this scene's data folder; fails unless it says "done".
    #[track_caller]
    fn done(&self, args: &[&str]) -> String {
        let output = self.home.run(&[&["--data", "data"], args].concat());
        assert_eq!(output.status.code(), Some(0), "midwatch {args:?}: {}", told(&output));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.done(&[args, &["--json"]].concat())).expect("one JSON document")
    }

    fn alerts(&self) -> Vec<Value> {
        self.json(&["alerts"])["alerts"].as_array().expect("alerts").clone()
    }

    /// Asks until the log has an entry of this kind.
    #[track_caller]
    fn until_logged(&self, kind: &str) {
        let there = |log: &Value| log["entries"].as_array().expect("entries").iter().any(|entry| entry["kind"] == kind);
        until(kind, || there(&self.json(&["log"])).then_some(()));
    }
}

#[test]
fn by_command_line() {
    if missing("prometheus") || missing("prometheus-alertmanager") || missing("curl") {
        return;
    }
    let scene = Scene::new();
    let watch = Watch::start(&scene.home);
    assert_eq!(scene.alerts(), Vec::<Value>::new());

    scene.falls_ill();
    scene.until_logged("alert-fired");
    let alerts = scene.alerts();
    let id = alerts[0]["id"].as_str().expect("an id");
    assert_eq!((&alerts[0]["name"], &alerts[0]["state"]), (&"ShopDown".into(), &"firing".into()));
    assert_eq!((&alerts[0]["service"], &alerts[0]["playbooks"]), (&"checkout".into(), &serde_json::json!(["restart-the-shop"])));

    scene.done(&["ack", id, "--for", "1h", "--note", "looking"]);
    let alerts = scene.alerts();
    assert_eq!((&alerts[0]["state"], &alerts[0]["acknowledged_by"]), (&"acknowledged".into(), &"ana".into()));
    scene.done(&["incident", "open", "the shop is down", "--severity", "SEV1", "--alert", id]);
    scene.done(&["note", "nobody can buy"]);
    scene.done(&["playbook", "run", "restart-the-shop", "--incident", "INC-1", "--auto", "change"]);
    assert!(!scene.ill.load(Ordering::SeqCst), "the command reached the shop: {:?}", scene.shop.heads());

    scene.until_logged("alert-resolved");
    scene.done(&["incident", "set", "INC-1", "--status", "resolved"]);
    scene.done(&["incident", "close", "INC-1"]);
    scene.told_in_order();
    watch.end();
    scene.done(&["journal", "verify"]);
}

#[test]
fn in_the_console() {
    if missing("prometheus") || missing("prometheus-alertmanager") || missing("curl") {
        return;
    }
    let scene = Scene::new();
    let mut console = scene.home.console(&["--data", "data"], 120, 40);
    console.wait_for("0 firing");
    scene.falls_ill();
    console.wait_for("1 firing");
    console.wait_for("ShopDown firing");

    console.keys("a");
    console.wait_for("Acknowledge ShopDown");
    console.keys("looking\r");
    console.wait_for("acknowledged ShopDown 127.0.0.1");
    console.wait_for("1 acked");
    console.keys("D");
    console.wait_for("Declare an incident");
    console.keys("\r");
    console.wait_for("INC-1 SEV2");
    console.keys("n");
    console.wait_for("Note");
    console.keys("nobody can buy\r");
    console.wait_for("nobody can buy");

    console.keys("p");
    console.wait_for("▌Restart the shop");
    console.keys("r");
    console.wait_for("Start Restart the shop");
    console.keys("\r");
    console.wait_for("step 1 of 1");
    console.keys("r");
    console.wait_for("Run Restart it");
    console.keys("\r");
    console.wait_for("“Restart it” succeeded");
    assert!(!scene.ill.load(Ordering::SeqCst), "the command reached the shop: {:?}", scene.shop.heads());
    console.wait_for("ShopDown resolved");
    console.keys("i");
    console.wait_for("Say that the incident's cause is gone.");
    console.keys("resolve\r");
    console.wait_for("INC-1 is resolved");
    console.keys("restarted the shop\r");
    console.wait_for("INC-1 resolved");
    console.keys("i");
    console.wait_for("Close the incident.");
    console.keys("close-incident\r");
    console.wait_for("INC-1 is closed");
    console.keys("\r");
    console.wait_for("INC-1 closed");
    console.keys("q");
    assert_eq!(console.wait_exit().exit_code(), 0);
    console.assert_restored();
    scene.told_in_order();
}

impl Scene {
    /// Both exports hold the whole story, in order.
    fn told_in_order(&self) {
        let story = [
            "alert-fired",
            "ack",
            "declare",
            "note",
            "run",
            "step-intent",
            "step-ended",
            "run-ended",
            "alert-resolved",
            "status",
            "status",
        ];
        let document: Value = serde_json::from_str(&self.done(&["export", "INC-1", "--format", "json"])).expect("JSON");
        assert_eq!(document["incident"]["status"], "closed");
        let entries = document["entries"].as_array().expect("entries");
        let kinds: Vec<&str> = entries.iter().map(|entry| entry["kind"].as_str().expect("a kind")).collect();
        assert!(in_order(&kinds, &story), "{kinds:#?}");

        let markdown = self.done(&["export", "INC-1", "--format", "md"]);
        let table = markdown.split("## Timeline").nth(1).expect("a timeline");
        let mut rest = table;
        for text in entries.iter().map(|entry| entry["text"].as_str().expect("a text")) {
            let (_, after) =
                rest.split_once(text).unwrap_or_else(|| panic!("`{text}` is missing, or not in its place, in {table}"));
            rest = after;
        }
    }
}

/// Whether `wanted` stand in `all` one after the other, whatever is between them.
fn in_order(all: &[&str], wanted: &[&str]) -> bool {
    let mut all = all.iter();
    wanted.iter().all(|word| all.any(|other| other == word))
}

/// `midwatch serve`, told to end with the value.
struct Watch(Child);

impl Watch {
    fn start(home: &Home) -> Self {
        let mut child = home.command(&["--data", "data", "serve"]).spawn().expect("midwatch starts");
        // It says so when it watches.
        let mut line = [0; 1];
        std::io::Read::read_exact(child.stderr.as_mut().expect("its standard error"), &mut line).expect("a word");
        Self(child)
    }

    fn end(mut self) {
        let pid = nix::unistd::Pid::from_raw(self.0.id().try_into().expect("a process id"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it is there");
        assert!(self.0.wait().expect("it ends").success());
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn told(output: &Output) -> String {
    format!("{:?}\n{}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Speaks metrics while it is well; 503 while it is ill.
fn shop(ill: Arc<AtomicBool>) -> Raw {
    Raw::start(move |head, stream| {
        if head.starts_with("POST /heal ") {
            ill.store(false, Ordering::SeqCst);
        }
        let status = if ill.load(Ordering::SeqCst) { "503 Service Unavailable" } else { "200 OK" };
        let body = "orders_total 1\n";
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let _ = stream.write_all(answer.as_bytes());
    })
}

const RULES: &str = "
groups:
  - name: shop
    interval: 200ms
    rules:
      - alert: ShopDown
        expr: up{job=\"shop\"} == 0
        labels: {severity: critical, service: checkout}
        annotations: {summary: the shop does not answer}
";

fn config(alertmanager: &str, prometheus: &str) -> String {
    format!(
        "operator: {{name: ana, role: on-call}}
environment: lab
services: [{{name: checkout, alerts: {{service: checkout}}}}]
sources:
  - {{name: prod, every: 500ms, alertmanager: {{urls: [\"{alertmanager}\"]}}}}
  - {{name: prom, prometheus: {{url: \"{prometheus}\"}}}}
playbooks: [playbooks]
"
    )
}

const PLAYBOOK: &str = "---
playbook: 1
id: restart-the-shop
title: Restart the shop
practice: failover
purpose: recovery
services: [checkout]
owner: team-shop
reviewed: 2026-11-01
review-every: 90d
drill-every: 4w
rto: 5m
alerts:
  - alertname: ShopDown
---

# Restart the shop

## Steps

### Restart it

- **risk:** change
- **timeout:** 10s

```sh
curl -sf -X POST SHOP
echo restarted
```
";
