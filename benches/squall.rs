//! A storm in a real terminal of 120 × 40, over real HTTP: 20,000 alerts within ten seconds, beside 10,000 silences. What a key costs
//! all the while, what the whole takes in memory, and how soon an alert that is pushed stands on the screen.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "measures on the real clock and processes, and prints")]

mod figures;
mod storm;
#[path = "../tests/support/mod.rs"]
mod support;

use figures::{megabytes, ms, percentile, row, title};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use support::home::Home;
use support::program::free_address;
use support::pty::Pty;
use support::raw::Raw;

const ALERTS: usize = 20_000;
const SILENCES: usize = 10_000;
/// The storm comes in as many parts as it lasts seconds.
const SECONDS: usize = 10;
const BEFORE: usize = 500;
/// Between two keys of somebody who holds one down.
const HELD: Duration = Duration::from_millis(40);
/// As many as have a row on the screen.
const PUSHED: usize = 20;
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    title(&format!(
        "{ALERTS} alerts within {SECONDS} s, {SILENCES} silences, polled every second, a key every {} ms",
        HELD.as_millis()
    ));
    let began = Arc::new(OnceLock::new());
    let server = alertmanager(began.clone());
    let hook = free_address();
    let home = Home::with(&format!(
        "sources:\n  - {{name: prod, every: 1s, alertmanager: {{urls: [\"{}\"]}}}}\n  \
         - {{name: hook, webhook: {{listen: \"{hook}\", token: {{env: HOOK}}}}}}\n",
        server.url("/")
    ))
    .env("HOOK", "push");
    let mut console = home.console(&[], 120, 40);
    console.wait_within(PATIENCE, "what fired before", |screen| screen.contains(&format!("{BEFORE} firing")));

    began.set(Instant::now()).expect("once");
    let all = format!("{ALERTS} firing");
    tell("while it comes", keys(&mut console, |screen, _| screen.contains(&all)));
    row("the last of them on the screen after", ms(began.get().expect("set").elapsed()), "");
    tell("for ten seconds more", keys(&mut console, |_, since| since > Duration::from_secs(10)));
    filter(&mut console);
    pushed(&mut console, &hook);
    let [now, most] = ["VmRSS:", "VmHWM:"].map(|name| megabytes(console.pid(), name));
    row("memory now and at most", format!("{now:.0}, {most:.0} MB"), "150 MB");
    console.keys("q");
    console.wait_exit();
}

fn tell(when: &str, mut times: Vec<Duration>) {
    let (half, p99, most) = (percentile(&mut times, 50), percentile(&mut times, 99), percentile(&mut times, 100));
    let figures = format!("{}, {}, {}", ms(half), ms(p99), ms(most));
    row(&format!("key to frame {when}, p50, p99, most ({})", times.len()), figures, "p99 under 16 ms");
}

/// Down and up again, until it is `over`. A key's frame is the one that shows the cursor at something else, whatever comes meanwhile.
fn keys(console: &mut Pty, over: impl Fn(&str, Duration) -> bool) -> Vec<Duration> {
    let (mut times, mut key, began) = (Vec::new(), "j", Instant::now());
    loop {
        console.burst(HELD, HELD);
        let screen = console.screen();
        if over(&screen, began.elapsed()) || began.elapsed() > PATIENCE {
            break;
        }
        let (line, name) = cursor(&screen).unwrap_or_default();
        key = match line {
            0..4 => "j",
            12.. => "k",
            _ => key,
        };
        // A ranking that moves at the same time may leave the cursor on its line.
        times.push(answer(console, key, |screen| cursor(screen).is_some_and(|(_, other)| other != name)));
    }
    times
}

/// From a key to the bytes that brought what it was to bring.
fn answer(console: &mut Pty, key: &str, shown: impl Fn(&str) -> bool) -> Duration {
    let pressed = Instant::now();
    console.keys(key);
    while pressed.elapsed() < PATIENCE {
        let burst = console.burst(Duration::from_millis(500), Duration::ZERO);
        if let Some(burst) = burst.filter(|_| shown(&console.screen())) {
            return burst.last.duration_since(pressed);
        }
    }
    panic!("`{key}` was never answered:\n{}", console.screen());
}

/// On which line it stands, and at what: its name and what tells it apart.
fn cursor(screen: &str) -> Option<(usize, String)> {
    let (line, text) = screen.lines().enumerate().find(|(_, line)| line.contains('▌'))?;
    Some((line, text.split('▌').nth(1)?.chars().take(40).collect()))
}

fn filter(console: &mut Pty) {
    console.keys("/");
    console.wait_for("tab completes");
    let (mut typed, mut times) = (String::from(" / "), Vec::new());
    for c in "severity>=warning".chars() {
        console.burst(HELD, HELD);
        typed.push(c);
        times.push(answer(console, &c.to_string(), |screen| screen.contains(&typed)));
    }
    row("a filter: the slowest of its keys", ms(percentile(&mut times, 100)), "under 50 ms");
    console.keys("\u{1b}");
    console.wait_gone("tab completes");
}

/// Each alone, while the polls of the storm go on.
fn pushed(console: &mut Pty, address: &str) {
    console.keys("/source:hook\r");
    console.wait_for("0 of ");
    let mut times: Vec<Duration> = Vec::new();
    for n in 0..PUSHED {
        console.burst(3 * HELD, HELD);
        let (name, sent) = (format!("Pushed{n:02}"), Instant::now());
        push(address, &name);
        console.wait_within(PATIENCE, &name, |screen| screen.contains(&name));
        times.push(sent.elapsed());
    }
    let (half, most) = (percentile(&mut times, 50), percentile(&mut times, 100));
    row("from the push of an alert to its row, p50 and most", format!("{}, {}", ms(half), ms(most)), "under 100 ms");
}

fn push(address: &str, name: &str) {
    let body = format!(
        r#"{{"version":"4","status":"firing","truncatedAlerts":0,"alerts":[{{"status":"firing","labels":{{"alertname":"{name}","severity":"critical"}},"annotations":{{}},"startsAt":"2026-03-01T03:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":""}}]}}"#
    );
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!(
        "POST /hook HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer push\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Answers as Alertmanager does: a few alerts at first, and a part more each second once it has begun.
fn alertmanager(began: Arc<OnceLock<Instant>>) -> Raw {
    let parts: Vec<String> = (0..=SECONDS).map(|part| storm::alerts((ALERTS / SECONDS * part).max(BEFORE), 0)).collect();
    let silences = storm::silences(SILENCES);
    Raw::start(move |head, stream| {
        let path = head.split_whitespace().nth(1).unwrap_or_default();
        let part = began.get().map_or(0, |began| (began.elapsed().as_secs() as usize + 1).min(SECONDS));
        let body = match path.split('?').next().unwrap_or_default() {
            "/api/v2/alerts" => parts[part].as_str(),
            "/api/v2/silences" => silences.as_str(),
            "/api/v2/status" => storm::STATUS,
            _ => "[]",
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    })
}
