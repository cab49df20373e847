//! 5,000 HTTP feeds of as many hosts, every ten seconds, by a `midwatch serve` that has one core: how late each is asked, and
//! what it costs beside Debian's blackbox exporter, which probes as many on the same core. The servers, and the Prometheus that
//! the exporter needs, are played by this process on another core.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "measures on the real clock and processes, and prints")]

mod figures;
#[path = "../tests/support/mod.rs"]
mod support;

use figures::{cpu, megabytes, ms, percentile, row, title};
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use support::home::Home;
use support::program::{Program, free_address};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const FEEDS: usize = 5_000;
const EVERY: Duration = Duration::from_secs(10);
/// Everything is asked at once at first; then it is spread.
const WARM: Duration = Duration::from_secs(25);
const MEASURED: Duration = Duration::from_secs(40);
/// Probes of the exporter under way at the same time.
const AT_ONCE: usize = 16;

fn main() {
    // This process is the other end of all those connections.
    midwatch::runtime::ports::most_files();
    rustls::crypto::ring::default_provider().install_default().expect("the only one");
    pinned(std::process::id(), 1);
    let hosts = Hosts::start();
    let ours = midwatch(&hosts);
    if support::missing("prometheus-blackbox-exporter") {
        return;
    }
    let theirs = exporter(&hosts);
    title("Beside it, within this run");
    row("CPU a check, of the exporter's a probe", format!("{:.2}", ours.0.as_secs_f64() / theirs.0.as_secs_f64()), "");
    row("memory, of the exporter's", format!("{:.2}", ours.1 / theirs.1), "");
}

fn midwatch(hosts: &Hosts) -> (Duration, f64) {
    title(&format!("midwatch: {FEEDS} HTTP feeds of as many hosts, every {} s, on one core", EVERY.as_secs()));
    let mut config = String::from("feeds:\n");
    for n in 0..FEEDS {
        let _ = writeln!(config, "  - {{name: f{n}, every: {}s, http: {{url: \"{}\"}}}}", EVERY.as_secs(), hosts.url(n));
    }
    let home = Home::with(&config);
    let mut serve = Home::command(&home, &["serve"]);
    serve.stdout(Stdio::null());
    let program = Program::start_until(&mut serve, &home.path().join("log"), || true);
    pinned(program.id(), 0);
    thread::sleep(WARM);
    hosts.asked();
    let before = cpu(program.id());
    thread::sleep(MEASURED);
    let spent = cpu(program.id()) - before;
    let asked = hosts.asked();
    let mut late = late(&asked);
    let memory = megabytes(program.id(), "VmHWM");
    row("asked a second", asked.len() as u64 / MEASURED.as_secs(), "500");
    row(
        "later than its interval, p50, p99 and most",
        [50, 99, 100].map(|percent| ms(percentile(&mut late, percent))).join(", "),
        "p99 under 250 ms",
    );
    costs(spent, memory, asked.len(), "under 200 MB")
}

fn exporter(hosts: &Hosts) -> (Duration, f64) {
    title("prometheus-blackbox-exporter: as many probes in the same time, on the same core");
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("blackbox.yml");
    std::fs::write(&config, "modules: {http: {prober: http, timeout: 5s}}\n").expect("written");
    let address = free_address();
    let mut command = Command::new(support::find("prometheus-blackbox-exporter").expect("is installed"));
    command.arg(format!("--config.file={}", config.display())).arg(format!("--web.listen-address={address}"));
    command.arg("--log.level=error");
    let ready = || std::net::TcpStream::connect(&address).is_ok();
    let program = Program::start_until(&mut command, Path::new("/dev/null"), ready);
    pinned(program.id(), 0);
    probe(hosts, &address, WARM);
    let before = cpu(program.id());
    let probes = probe(hosts, &address, MEASURED);
    let spent = cpu(program.id()) - before;
    row("probes a second", probes as u64 / MEASURED.as_secs(), "500");
    costs(spent, megabytes(program.id(), "VmHWM"), probes, "")
}

fn costs(spent: Duration, memory: f64, checks: usize, goal: &str) -> (Duration, f64) {
    let each = spent / u32::try_from(checks).expect("few");
    row("CPU, and of one core", format!("{}, {:.1} %", ms(each), 100.0 * spent.as_secs_f64() / MEASURED.as_secs_f64()), "");
    row("most memory", format!("{memory:.1} MB"), goal);
    (each, memory)
}

/// By how much each feed was asked later than its interval after it was asked before; one that was not asked again counts until
/// now. Midwatch never waits longer than the interval, so none of it is its own choice.
fn late(asked: &[(usize, Instant)]) -> Vec<Duration> {
    let mut last = vec![None::<Instant>; FEEDS];
    let again = |&(n, at): &(usize, Instant)| Some(at.duration_since(last[n].replace(at)?).saturating_sub(EVERY));
    let mut late: Vec<Duration> = asked.iter().filter_map(again).collect();
    late.extend(last.iter().map(|at| at.map_or(MEASURED, |at| at.elapsed().saturating_sub(EVERY))));
    late
}

/// What Prometheus would do: asks for so many probes evenly through the time.
fn probe(hosts: &Hosts, exporter: &str, time: Duration) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (client, began) = (reqwest::Client::builder().tls_certs_only([]).no_proxy().build().expect("a client"), Instant::now());
    let pause = EVERY / u32::try_from(FEEDS).expect("few");
    runtime.block_on(async {
        let workers = (0..AT_ONCE).map(|worker| {
            let client = client.clone();
            async move {
                let mut done = 0;
                for turn in (worker..).step_by(AT_ONCE) {
                    let due = began + pause * u32::try_from(turn).expect("few");
                    if due.duration_since(began) >= time || began.elapsed() >= time {
                        return done;
                    }
                    tokio::time::sleep_until(due.into()).await;
                    let url = format!("http://{exporter}/probe?module=http&target={}", hosts.url(turn % FEEDS));
                    let body = client.get(url).send().await.expect("an answer").text().await.expect("text");
                    assert!(body.contains("probe_success 1"), "{body}");
                    done += 1;
                }
                done
            }
        });
        futures_util::future::join_all(workers).await.into_iter().sum()
    })
}

/// A web server at every address of this machine's loopback, which notes who was asked when.
struct Hosts {
    port: u16,
    asked: Arc<Mutex<Vec<(usize, Instant)>>>,
}

impl Hosts {
    fn start() -> Self {
        let (asked, (tell, told)) = (Arc::<Mutex<Vec<_>>>::default(), mpsc::channel());
        let noted = asked.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind("0.0.0.0:0").await.expect("a free port");
                tell.send(listener.local_addr().expect("an address").port()).expect("somebody waits");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, noted.clone()));
                }
            });
        });
        Self { port: told.recv().expect("a port"), asked }
    }

    fn url(&self, n: usize) -> String {
        let [high, low] = u16::try_from(n + 1).expect("few").to_be_bytes();
        format!("http://{}:{}/{n}", Ipv4Addr::new(127, 1, high, low), self.port)
    }

    /// Since it was last read.
    fn asked(&self) -> Vec<(usize, Instant)> {
        std::mem::take(&mut self.asked.lock().expect("not poisoned"))
    }
}

async fn serve(mut stream: TcpStream, asked: Arc<Mutex<Vec<(usize, Instant)>>>) {
    let mut head = Vec::new();
    while stream.read_buf(&mut head).await.is_ok_and(|read| read > 0) {
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let text = String::from_utf8_lossy(&head);
        let path = text.split_whitespace().nth(1).and_then(|path| path.strip_prefix('/')?.parse().ok());
        asked.lock().expect("not poisoned").push((path.expect("a number"), Instant::now()));
        head.clear();
        if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfine\n").await.is_err() {
            return;
        }
    }
}

/// All threads of a process on one core.
fn pinned(pid: u32, core: usize) {
    let (core, pid) = (core.to_string(), pid.to_string());
    let set = Command::new("taskset").args(["-a", "-c", "-p", &core, &pid]).stdout(Stdio::null()).status();
    assert!(set.is_ok_and(|status| status.success()), "taskset of util-linux is needed");
}
