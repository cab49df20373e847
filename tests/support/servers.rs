//! Real Alertmanagers on free ports of loopback: private folders, gossiping when there are several, gone with the value.

use super::PATIENCE;
use super::program::{Program, free_address};
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A cluster of one or more.
pub struct Alertmanager {
    nodes: Vec<Node>,
    folder: tempfile::TempDir,
    /// Lines of `--web.config.file`: TLS and logins.
    web: Option<String>,
}

struct Node {
    address: String,
    gossip: String,
    program: Program,
}

const CONFIG: &str = "route: {receiver: ops, group_by: ['...']}\nreceivers: [{name: ops}]\n";

impl Alertmanager {
    pub fn start(nodes: usize) -> Self {
        Self::start_with(nodes, None)
    }

    /// With the lines of a web configuration file.
    pub fn start_with(nodes: usize, web: Option<&str>) -> Self {
        Self::start_as(CONFIG, nodes, web)
    }

    /// One that pushes its alerts there as soon as it may.
    pub fn pushing(url: &str, token: &str) -> Self {
        let hook = format!("{{url: '{url}', send_resolved: true, http_config: {{authorization: {{credentials: {token}}}}}}}");
        let route = "{receiver: hook, group_by: ['...'], group_wait: 10ms, group_interval: 100ms}";
        Self::start_as(&format!("route: {route}\nreceivers: [{{name: hook, webhook_configs: [{hook}]}}]\n"), 1, None)
    }

    /// One in which what is critical inhibits what is a warning of the same instance.
    pub fn inhibiting() -> Self {
        let rule = "{source_matchers: ['severity=critical'], target_matchers: ['severity=warning'], equal: [instance]}";
        Self::start_as(&format!("{CONFIG}inhibit_rules: [{rule}]\n"), 1, None)
    }

    /// One that tells two receivers of what is the databases', the first of them never: a time interval mutes it.
    pub fn routing() -> Self {
        let db = "matchers: ['team=\"db\"']";
        let routes = format!(
            "[{{receiver: team-db, {db}, group_by: [alertname], mute_time_intervals: [always], continue: true}}, {{receiver: audit, {db}}}]"
        );
        let route = format!("{{receiver: ops, group_by: [alertname, cluster], routes: {routes}}}");
        let receivers = "[{name: ops}, {name: team-db}, {name: audit}]";
        let always = "[{name: always, time_intervals: [{years: ['2000:3000']}]}]";
        Self::start_as(&format!("route: {route}\nreceivers: {receivers}\ntime_intervals: {always}\n"), 1, None)
    }

    fn start_as(config: &str, nodes: usize, web: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("am.yml"), config).expect("written");
        let mut cluster = Self { nodes: Vec::new(), folder, web: web.map(str::to_owned) };
        for _ in 0..nodes {
            let node = cluster.launch(&free_address(), &free_address());
            cluster.nodes.push(node);
        }
        cluster
    }

    /// Base address of one of them.
    pub fn url(&self, node: usize) -> String {
        let scheme = if self.web.as_ref().is_some_and(|web| web.contains("tls_server_config")) { "https" } else { "http" };
        format!("{scheme}://{}", self.nodes[node].address.replace("127.0.0.1", "localhost"))
    }

    /// All base addresses.
    pub fn urls(&self) -> Vec<String> {
        (0..self.nodes.len()).map(|node| self.url(node)).collect()
    }

    /// Sends alerts to one of them, as Prometheus does: a list in JSON with `labels`.
    pub fn post(&self, node: usize, alerts: &str) {
        let (status, words) = ask(&self.nodes[node].address, "POST", "/api/v2/alerts", alerts).expect("it answers");
        assert_eq!(status, 200, "{words}");
    }

    /// What one of them answers to a GET.
    pub fn get(&self, node: usize, path: &str) -> String {
        ask(&self.nodes[node].address, "GET", path, "").expect("it answers").1
    }

    /// Ends one at once, as a crash would.
    pub fn kill(&mut self, node: usize) {
        self.nodes[node].program.kill();
    }

    /// Ends one at once and starts it at the same addresses: its alerts are gone.
    pub fn restart(&mut self, node: usize) {
        self.kill(node);
        self.start_again(node);
    }

    /// Starts one that was ended, at the addresses that it had.
    pub fn start_again(&mut self, node: usize) {
        let (address, gossip) = (self.nodes[node].address.clone(), self.nodes[node].gossip.clone());
        self.nodes[node] = self.launch(&address, &gossip);
    }

    fn launch(&self, address: &str, gossip: &str) -> Node {
        let home = self.folder.path().join(address.replace(':', "-"));
        fs::create_dir_all(&home).expect("a folder");
        let mut args = vec![
            format!("--config.file={}", self.folder.path().join("am.yml").display()),
            format!("--storage.path={}", home.join("data").display()),
            format!("--web.listen-address={address}"),
            format!("--cluster.listen-address={gossip}"),
            "--cluster.settle-timeout=1s".to_owned(),
        ];
        args.extend(self.nodes.iter().map(|other| format!("--cluster.peer={}", other.gossip)));
        if let Some(web) = &self.web {
            let file = home.join("web.yml");
            fs::write(&file, web).expect("written");
            args.push(format!("--web.config.file={}", file.display()));
        }
        let program = Program::start("prometheus-alertmanager", args, "Listening on");
        Node { address: address.to_owned(), gossip: gossip.to_owned(), program }
    }
}

/// Repeats a question until the answer is the wanted one.
pub async fn until<T, F: Future<Output = T>>(mut ask: impl FnMut() -> F, wanted: impl Fn(&T) -> bool) -> T {
    let began = Instant::now();
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    loop {
        pace.tick().await;
        let answer = ask().await;
        if wanted(&answer) || began.elapsed() > PATIENCE {
            return answer;
        }
    }
}

/// One plain HTTP request: status and body.
fn ask(address: &str, method: &str, path: &str, body: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    let head = format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\n");
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status.unwrap_or(0), body.to_owned()))
}

/// Lines of a web configuration: this certificate and key.
pub fn tls((cert, key): &(PathBuf, PathBuf)) -> String {
    format!("tls_server_config: {{cert_file: '{}', key_file: '{}'}}\n", cert.display(), key.display())
}

/// Lines of a web configuration: the user `ana` with the password `hunter2`.
pub const LOGIN: &str = "basic_auth_users: {ana: $2b$04$abcdefghijklmnopqrstuuV3duMsC0HpUex6N9qapiuOHHWkwRXVm}\n";
