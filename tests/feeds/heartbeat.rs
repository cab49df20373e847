//! Heartbeats of real callers: curl, a real Alertmanager's watchdog, and what outlasts the process that was called.

use super::support::home::Home;
use super::support::program::free_address;
use super::support::servers::Alertmanager;
use super::support::serving::{ask, serve};
use super::support::{missing, until};
use serde_json::{Value, json};
use std::process::Command;

const TOKEN: &str = "beat-token-1";

/// A home with one heartbeat, `nightly`, that is called at this address.
fn home(address: &str, due: &str) -> Home {
    Home::with(&config(address, due, "")).env("BEAT", TOKEN)
}

fn config(address: &str, due: &str, more: &str) -> String {
    let beat =
        |name: &str| format!("{{name: {name}, every: 1s, heartbeat: {{{due}, listen: '{address}', token: {{env: BEAT}}}}}}");
    format!("feeds: [{}{more}]\n", beat("nightly"))
}

/// State and message of `nightly`, by a process that does not listen itself.
fn told(home: &Home) -> (String, String) {
    let document = home.json(&["feeds", "--once"]);
    let feed = document["feeds"].as_array().expect("a list").iter().find(|feed| feed["name"] == "nightly").expect("it is there");
    let text = |key: &str| feed[key].as_str().unwrap_or_default().to_owned();
    (text("state"), text("message"))
}

#[track_caller]
fn until_told(home: &Home, state: &str) -> String {
    until(state, || Some(told(home)).filter(|(found, _)| found == state)).1
}

fn call(address: &str, method: &str) -> (u16, String) {
    ask(address, &format!("{method} /heartbeat/nightly HTTP/1.1\r\nAuthorization: Bearer {TOKEN}"), b"")
}

#[test]
fn a_cron_job_calls_by_curl_and_only_who_knows_the_token_counts() {
    if missing("curl") {
        return;
    }
    let address = free_address();
    let home = home(&address, "every: 1h, grace: 10m");
    assert_eq!(told(&home), ("stale".into(), format!("nobody listens on {address}: keep `midwatch serve` running")));
    let serving = serve(&home, &address, &[]);
    let never = ("unknown".into(), format!("not called yet: GET or POST http://{address}/heartbeat/nightly"));
    assert_eq!(told(&home), never);
    assert_eq!(ask(&address, "GET /heartbeat/nightly HTTP/1.1", b"").0, 401);
    assert_eq!(ask(&address, "GET /heartbeat/nightly?token=wrong HTTP/1.1", b"").0, 401);
    assert_eq!(ask(&address, "GET /heartbeat/nightly/heard HTTP/1.1", b"").0, 401);
    assert_eq!(ask(&address, &format!("GET /heartbeat/weekly?token={TOKEN} HTTP/1.1"), b"").0, 404);
    assert_eq!(call(&address, "DELETE").0, 405);
    assert_eq!(told(&home), never, "none of these was a call");
    let url = format!("http://{address}/heartbeat/nightly?token={TOKEN}");
    let curl = Command::new("curl").args(["-fsS", "-m", "30", &url]).output().expect("curl runs");
    assert_eq!((curl.status.success(), curl.stdout.as_slice()), (true, &b"called\n"[..]));
    let (state, message) = told(&home);
    assert!(state == "healthy" && message.starts_with("called ") && message.ends_with(" ago"), "{state}: {message}");
    // Killed at once, and started again: the call is not forgotten.
    drop(serving);
    let _serving = serve(&home, &address, &[]);
    assert_eq!(told(&home).0, "healthy");
}

#[test]
fn what_is_not_called_in_time_fails_and_goes_on_failing_after_a_restart() {
    let address = free_address();
    let home = home(&address, "every: 1s, grace: 0s");
    let serving = serve(&home, &address, &[]);
    assert_eq!(call(&address, "POST"), (200, "called\n".into()));
    let message = until_told(&home, "failing");
    assert!(message.starts_with("not called for ") && message.ends_with(", expected every 1s"), "{message}");
    let file = home.path().join(".cache/midwatch/heartbeats.json");
    let missed = || std::fs::read_to_string(&file).ok().filter(|text| text.contains(r#""missed":true"#));
    until("it to be kept that it was missed", missed);
    drop(serving);
    let _serving = serve(&home, &address, &[]);
    assert_eq!(told(&home).0, "failing", "nothing has mended it");
    // Its next answer comes soon after the call, before the next call is due or after it.
    assert_eq!(call(&address, "GET"), (200, "called\n".into()));
    until("the file to say that it was called", || missed().is_none().then_some(()));
}

#[test]
fn another_configuration_forgets_no_call() {
    let address = free_address();
    let home = home(&address, "every: 1h");
    let _serving = serve(&home, &address, &[]);
    assert_eq!(call(&address, "GET").0, 200);
    let weekly = format!(", {{name: weekly, heartbeat: {{every: 7days, listen: '{address}', token: {{env: BEAT}}}}}}");
    home.write("config.yaml", &config(&address, "every: 2h", &weekly));
    let heard = |name: &str| ask(&address, &format!("GET /heartbeat/{name}/heard?token={TOKEN} HTTP/1.1"), b"");
    // The socket is closed for a moment.
    until("the other configuration", || {
        std::net::TcpStream::connect(&address).ok()?;
        (heard("weekly").0 == 200).then_some(())
    });
    assert_eq!(told(&home).0, "healthy");
}

#[test]
fn a_real_watchdog_is_a_call_and_its_end_is_none() {
    if missing("prometheus-alertmanager") {
        return;
    }
    let address = free_address();
    let home = home(&address, "every: 1h");
    let _serving = serve(&home, &address, &[]);
    let over =
        json!({"version": "4", "status": "resolved", "alerts": [{"status": "resolved", "labels": {"alertname": "Watchdog"}}]});
    let head = format!("POST /heartbeat/nightly?token={TOKEN} HTTP/1.1");
    let (status, words) = ask(&address, &head, over.to_string().as_bytes());
    assert!(status == 200 && words.starts_with("not counted: "), "{status} {words}");
    assert_eq!(told(&home).0, "unknown");
    let sender = Alertmanager::pushing(&format!("http://{address}/heartbeat/nightly"), TOKEN);
    sender.post(0, r#"[{"labels": {"alertname": "Watchdog"}}]"#);
    until_told(&home, "healthy");
    let heard = ask(&address, &format!("GET /heartbeat/nightly/heard?token={TOKEN} HTTP/1.1"), b"").1;
    let heard: Value = serde_json::from_str(&heard).expect("JSON");
    assert!(heard["called_ms"].is_u64() && heard["listening_ms"].is_u64() && heard["missed"] == false, "{heard}");
}
