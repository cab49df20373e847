//! A real HAProxy on free ports of loopback: private folder, runtime API over TCP, gone with the value.

use super::find;
use super::program::{Program, free_address};
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

pub struct Haproxy {
    /// Where its runtime API answers.
    pub api: String,
    /// Where it answers what may be asked by everybody.
    pub socket: std::path::PathBuf,
    program: Program,
    _folder: tempfile::TempDir,
}

/// Short enough for a test, and everything that a frontend or backend may override.
const BASICS: &str = "
defaults
    mode tcp
    timeout connect 2s
    timeout client 30s
    timeout server 30s
";

impl Haproxy {
    /// `sections` are frontends, backends and listeners.
    pub fn start(sections: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (config, api) = (folder.path().join("haproxy.cfg"), free_address());
        let socket = folder.path().join("stats.sock");
        let asked = format!("stats socket {} mode 600 level user", socket.display());
        let global = format!("global\n    stats socket ipv4@{api} level admin\n    {asked}\n    maxconn 500\n    nbthread 1\n");
        fs::write(&config, format!("{global}{BASICS}{sections}")).expect("written");
        let mut command = Command::new(find("haproxy").expect("haproxy is not installed"));
        command.arg("-db").arg("-f").arg(&config);
        let program = Program::start_until(&mut command, &folder.path().join("log"), || ask(&api, "show version").is_ok());
        Self { api, socket, program, _folder: folder }
    }

    /// What the runtime API answers to one line; empty where a change was made.
    #[track_caller]
    pub fn ask(&self, line: &str) -> String {
        ask(&self.api, line).expect("the runtime API answers")
    }

    /// The status of one server as `show stat` has it: `UP`, `DOWN`, `MAINT`, `DRAIN`, `no check`.
    #[track_caller]
    pub fn status(&self, backend: &str, server: &str) -> String {
        let stat = self.ask("show stat");
        let rows = stat.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let row = rows.into_iter().find(|row| row.len() > 17 && (row[0], row[1]) == (backend, server));
        row.unwrap_or_else(|| panic!("no {backend}/{server} in\n{stat}"))[17].to_owned()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.program.id()
    }
}

fn ask(api: &str, line: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(api)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(format!("{line}\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.trim_end().to_owned())
}
