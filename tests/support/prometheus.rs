//! A real Prometheus on a free port of loopback, gone with the value.

use super::{PATIENCE, find};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

pub struct Prometheus {
    pub url: String,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// Scrapes itself every 200 ms.
    pub fn start() -> Self {
        Self::start_with("", "", "")
    }

    /// `jobs` are more items of `scrape_configs`, `config` is added to the configuration, `rules` are the groups of its rule file.
    pub fn start_with(jobs: &str, config: &str, rules: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("prometheus.yml");
        let address = free_address();
        let scrape = format!("scrape_configs: [{{job_name: self, static_configs: [{{targets: ['{address}']}}]}}{jobs}]");
        let global = "global: {scrape_interval: 200ms, evaluation_interval: 200ms}\nrule_files: [rules.yml]";
        std::fs::write(&file, format!("{global}\n{scrape}\n{config}\n")).expect("written");
        std::fs::write(folder.path().join("rules.yml"), rules).expect("written");
        let child = Command::new(find("prometheus").expect("is installed"))
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("log")).expect("a log"))
            .spawn()
            .expect("prometheus starts");
        let mut server = Self { url: format!("http://{address}"), child, _folder: folder };
        server.wait();
        server
    }

    /// Until it answers queries.
    fn wait(&mut self) {
        let address = self.url.trim_start_matches("http://").to_owned();
        let began = Instant::now();
        while !ready(&address) {
            let ended = self.child.try_wait().expect("is ours");
            let log = || std::fs::read_to_string(self._folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none() && began.elapsed() < PATIENCE, "prometheus does not come up: {}", log());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ready(address: &str) -> bool {
    use std::io::{Read, Write};
    let ask = || -> std::io::Result<String> {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.write_all(format!("GET /-/ready HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.split(' ').nth(1) == Some("200"))
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}
