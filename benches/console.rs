//! The console in a real terminal of 120 × 40: first frame, key to frame, bytes, idle, memory. Counts what a person feels
//! and a laptop pays; the fake Alertmanager and the terminal share the machine with it.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "measures on the real clock and processes, and prints")]

mod figures;
mod storm;
#[path = "../tests/support/mod.rs"]
mod support;

use figures::{megabytes, ms, percentile, row, title};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use support::fake::{Asked, Contract, Fake, Honest};
use support::home::Home;
use support::pty::Pty;
use support::raw::Raw;

const KEYS: usize = 200;
/// The keys of two programs that are compared are pressed in turns, so that a machine which is slow for a while is slow for both.
const TURNS: usize = 4;
const IDLE: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(30);
/// Parts of one frame are no further apart.
const WHOLE: Duration = Duration::from_millis(3);
const COLUMNS: u16 = 120;
const ROWS: u16 = 40;

fn main() {
    bottom();
    gitui();
    for count in [100, 20_000, 100_000] {
        with_alerts(count);
    }
    nothing_configured();
    two_hundred_feeds();
}

/// A storm arrives and is recorded; then another console is opened on what is known.
fn with_alerts(count: usize) {
    title(&format!("{count} alerts, polled every 15 s"));
    let server = alertmanager(count);
    let home = home(&format!("sources:\n  - {{name: prod, every: 15s, alertmanager: {{urls: [\"{}\"]}}}}\n", server.url("/")));
    let began = Instant::now();
    let mut console = open(&home);
    console.wait_within(Duration::from_secs(60), "all alerts", |screen| screen.contains(&format!("{count} firing")));
    row("all new ones on the screen after", ms(began.elapsed()), "");
    settle(&mut console);
    row("  and recorded after", ms(began.elapsed()), "");
    memory(&console, count);
    quit(console);

    let mut console = open(&home);
    console.wait_within(Duration::from_secs(60), "all alerts", |screen| screen.contains(&format!("{count} firing")));
    settle(&mut console);
    beside_bottom(&mut console);
    idle(&mut console);
    memory(&console, count);
    quit(console);

    drop(server);
    let first = (0..5).map(|_| first_frame(&home)).min().expect("five");
    row("first frame from the cache, no network (best of 5)", ms(first), "30 ms with 20,000");
    let whole = (0..5).map(|_| whole_cache(&home, count)).min().expect("five");
    row("  and all that is in it (best of 5)", ms(whole), "150 ms with 20,000");
}

/// Until it has used next to nothing of the processor for a second.
fn settle(console: &mut Pty) {
    let second = Duration::from_secs(1);
    let mut before = cpu(console);
    for _ in 0..60 {
        let began = Instant::now();
        while let Some(left) = second.checked_sub(began.elapsed()) {
            console.burst(left, QUIET);
        }
        let now = cpu(console);
        if now - before <= Duration::from_millis(20) {
            return;
        }
        before = now;
    }
}

const BOTTOM: [&str; 4] = ["-r", "1000", "--default_widget_type", "proc"];

/// Peers on the same machine in the same minute: what a key costs depends on both.
fn bottom() {
    title("bottom, for comparison");
    let home = Home::with("");
    peer("btm", "bottom", &BOTTOM, &home, "", "PID", 20);
}

/// A key in the console, and in bottom in the same seconds.
fn beside_bottom(console: &mut Pty) {
    let home = Home::with("");
    let mut bottom = support::find("btm").map(|program| {
        let mut bottom = foreign(&program, &BOTTOM, &home);
        bottom.wait_within(Duration::from_secs(30), "its processes", |screen| screen.contains("PID"));
        bottom
    });
    let (mut ours, mut theirs) = (Keys::default(), Keys::default());
    for _ in 0..TURNS {
        if let Some(bottom) = &mut bottom {
            theirs.press(bottom, KEYS / TURNS, 12);
        }
        ours.press(console, KEYS / TURNS, 25);
    }
    ours.tell("key to frame, p50 and p99");
    if let Some(bottom) = bottom {
        row("  bottom's first key after a pause", ms(percentile(&mut theirs.first, 50)), "");
        let [(our, ours), (their, theirs)] = [ours.times(), theirs.times()];
        row("  bottom's in the same seconds", format!("{}, {}", ms(their), ms(theirs)), "");
        let times = |ours: Duration, theirs: Duration| ours.as_secs_f64() / theirs.as_secs_f64();
        row("  times bottom's", format!("{:.2}, {:.2}", times(our, their), times(ours, theirs)), "1.00, 1.20 with 20,000");
        quit(bottom);
    }
}

fn gitui() {
    title("gitui, for comparison: the log of 200 commits");
    let home = Home::with("");
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command.args(words).current_dir(home.path()).env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
        ["AUTHOR", "COMMITTER"].iter().for_each(|who| {
            command.env(format!("GIT_{who}_NAME"), "ana").env(format!("GIT_{who}_EMAIL"), "ana@example.org");
        });
        assert!(command.status().expect("git runs").success());
    };
    git(&["init", "-q"]);
    (0..200).for_each(|n| git(&["commit", "-q", "--allow-empty", "-m", &format!("change {n}")]));
    peer("gitui", "gitui", &["-d", "."], &home, "2", "change 199", 50);
}

/// A terminal program that is there from the registry: shows `sign` after these keys.
fn peer(program: &str, package: &str, args: &[&str], home: &Home, first: &str, sign: &str, turn: usize) {
    let Some(program) = support::find(program) else {
        println!("  not measured: there is no `{program}` here (`cargo install --locked {package}`)");
        return;
    };
    let open = || {
        let began = Instant::now();
        let mut console = foreign(&program, args, home);
        let frame = console.burst(Duration::from_secs(5), QUIET).expect("a frame");
        (console, frame.last.duration_since(began))
    };
    let starts = (0..5).map(|_| {
        let (console, took) = open();
        quit(console);
        took
    });
    let best = starts.min().expect("five");
    let (mut console, _) = open();
    console.keys(first);
    console.wait_within(Duration::from_secs(30), "what it shows", |screen| screen.contains(sign));
    let mut pressed = Keys::default();
    pressed.press(&mut console, KEYS, turn);
    pressed.tell("key to frame, p50 and p99");
    idle(&mut console);
    row("memory now and at most", memory_of(&console), "");
    row("first burst of output (best of 5)", ms(best), "");
    quit(console);
}

fn foreign(program: &Path, args: &[&str], home: &Home) -> Pty {
    let place = home.path().display().to_string();
    let env = [("TERM", "xterm-256color"), ("HOME", &place)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let path = program.to_string_lossy();
    Pty::open([&[path.as_ref()], args].concat(), &env, home.path(), COLUMNS, ROWS)
}

fn nothing_configured() {
    title("Nothing configured but a source that never answers");
    let home = home("sources:\n  - {name: prod, alertmanager: {urls: [\"http://127.0.0.1:9\"]}}\n");
    let mut console = open(&home);
    idle(&mut console);
    quit(console);
}

/// A server that is well, and keeps its connections as servers do.
struct Well;

impl Contract for Well {
    fn obey(&mut self, _asked: &Asked) -> Honest {
        Honest::of(200, "fine")
    }
}

fn two_hundred_feeds() {
    let server = Fake::start(Well);
    feeds("200 HTTP feeds every 10 s", &server.url);
    let server = Raw::start(|_, stream| stream.write_all(support::raw::ok("fine").as_bytes()).unwrap_or_default());
    feeds("The same of a server that closes each connection", &server.url("/"));
}

fn feeds(what: &str, server: &url::Url) {
    title(what);
    let mut config = String::from("feeds:\n");
    for n in 0..200 {
        let _ = writeln!(config, "  - {{name: feed-{n}, every: 10s, http: {{url: \"{server}{n}\"}}}}");
    }
    let home = home(&config);
    let mut console = open(&home);
    console.wait_within(Duration::from_secs(30), "all of them", |screen| screen.contains("200 feeds ok"));
    settle(&mut console);
    idle(&mut console);
    quit(console);
}

/// What keys have cost.
#[derive(Default)]
struct Keys {
    times: Vec<Duration>,
    /// Of keys after seconds of nothing, for which nothing is in the processor's caches.
    first: Vec<Duration>,
    bytes: Vec<usize>,
    spent: Duration,
}

impl Keys {
    /// `turn` keys down, then as many up: the shortest list has an end. Each key waits for silence first, so that no poll's frame is taken for its answer.
    fn press(&mut self, console: &mut Pty, count: usize, turn: usize) {
        let before = cpu(console);
        for n in 0..=count {
            while console.burst(Duration::from_millis(15), Duration::from_millis(15)).is_some() {}
            let pressed = Instant::now();
            console.keys(if (n / turn).is_multiple_of(2) { "j" } else { "k" });
            let frame = console.burst(Duration::from_millis(500), Duration::from_millis(15)).expect("a frame for a key");
            let times = if n == 0 { &mut self.first } else { &mut self.times };
            times.push(frame.first.duration_since(pressed));
            self.bytes.push(frame.bytes);
        }
        self.spent += cpu(console) - before;
    }

    fn times(&mut self) -> (Duration, Duration) {
        (percentile(&mut self.times, 50), percentile(&mut self.times, 99))
    }

    fn tell(&mut self, what: &str) {
        row("the first key after a pause, p50", ms(percentile(&mut self.first, 50)), "");
        let (half, most) = self.times();
        row(what, format!("{}, {}", ms(half), ms(most)), "bottom's p50, 1.2 times its p99");
        row("bytes a key, p50", percentile(&mut self.bytes, 50), "under 300");
        row("CPU a key", ms(self.spent / u32::try_from(self.times.len()).expect("few")), "");
    }
}

fn idle(console: &mut Pty) {
    console.burst(Duration::from_secs(1), Duration::from_millis(300));
    let (before, began) = (cpu(console), Instant::now());
    let mut bytes = 0;
    while let Some(left) = IDLE.checked_sub(began.elapsed()) {
        bytes += console.burst(left, QUIET).map_or(0, |burst| burst.bytes);
    }
    let share = (cpu(console) - before).as_secs_f64() / began.elapsed().as_secs_f64();
    row("idle: CPU of one core", format!("{:.2} %", share * 100.0), "0.1 % alone, 0.6 % with 200 feeds");
    row("idle: bytes a second", format!("{:.0}", bytes as f64 / began.elapsed().as_secs_f64()), "a clock's");
}

fn memory(console: &Pty, count: usize) {
    let goal = if count <= 100 {
        "20 MB"
    } else if count <= 20_000 {
        "60 MB"
    } else {
        "250 MB"
    };
    row("memory now and at most", memory_of(console), goal);
}

fn memory_of(console: &Pty) -> String {
    format!("{:.0}, {:.0} MB", megabytes(console.pid(), "VmRSS:"), megabytes(console.pid(), "VmHWM:"))
}

/// From the start of the program to the end of the first frame that shows an alert.
fn first_frame(home: &Home) -> Duration {
    let began = Instant::now();
    let mut console = open(home);
    let took = loop {
        // A frame comes in one piece; the next one may follow at once, and is another.
        let burst = console.burst(Duration::from_secs(5), WHOLE).expect("a frame");
        if console.screen().contains("Storm") {
            break burst.last.duration_since(began);
        }
    };
    quit(console);
    took
}

/// From the start of the program until it has taken in all that it knew.
fn whole_cache(home: &Home, count: usize) -> Duration {
    let began = Instant::now();
    let mut console = open(home);
    console.wait_within(Duration::from_secs(60), "all alerts", |screen| screen.contains(&format!(" {count} firing")));
    let took = began.elapsed();
    quit(console);
    took
}

/// Of the program that was built for this, or of the one that `MIDWATCH` names: what packages ship takes long to build.
fn home(config: &str) -> Home {
    let home = Home::with(config);
    match std::env::var("MIDWATCH") {
        Ok(program) => home.started_by(vec![program]),
        Err(_) => home,
    }
}

fn open(home: &Home) -> Pty {
    home.console(&[], COLUMNS, ROWS)
}

fn quit(mut console: Pty) {
    console.keys("q");
    console.wait_exit();
}

/// What the program has used of the processor.
fn cpu(console: &Pty) -> Duration {
    figures::cpu(console.pid())
}

/// Answers as Alertmanager does; the same alerts each time.
fn alertmanager(count: usize) -> Raw {
    let alerts = storm::alerts(count, 0);
    Raw::start(move |head, stream| {
        let path = head.split_whitespace().nth(1).unwrap_or_default();
        let body = match path.split('?').next().unwrap_or_default() {
            "/api/v2/alerts" => alerts.as_str(),
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
