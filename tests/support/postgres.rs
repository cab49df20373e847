//! Real PostgreSQL servers on free ports of loopback, in one private folder and gone with it.
//!
//! PostgreSQL refuses to run as root: there everything here is done as the user `postgres`, who is whoever operates the servers.

use super::find;
use super::program::free_address;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where Debian keeps the programs that are not on the PATH.
pub const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// The beginning of a command that is run by the operator of the servers.
pub fn as_operator() -> Vec<String> {
    match fs::metadata("/proc/self").map(|own| own.uid()) {
        Ok(0) => ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"].map(str::to_owned).to_vec(),
        _ => Vec::new(),
    }
}

/// Makes a file or folder the operator's.
pub fn hand_over(path: &Path) {
    if !as_operator().is_empty() {
        run(Command::new("chown").args(["-R", "postgres:postgres"]).arg(path));
    }
}

/// A program of PostgreSQL, run by the operator.
pub fn program(name: &str) -> Command {
    operator(&format!("{PROGRAMS}/{name}"))
}

pub fn operator(program: &str) -> Command {
    let argv = [as_operator(), vec![program.to_owned()]].concat();
    let mut command = Command::new(&argv[0]);
    command.args(&argv[1..]).current_dir("/");
    command
}

#[track_caller]
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

/// True when the tests of servers can't be run here.
pub fn missing() -> bool {
    super::missing(&format!("{PROGRAMS}/postgres")) || super::missing("psql")
}

/// A folder of the operator's with data folders in it. Every server that was left running below it is ended with it.
pub struct Cluster {
    folder: tempfile::TempDir,
}

const SETTINGS: &str = "listen_addresses = '127.0.0.1'\nwal_level = replica\nmax_wal_senders = 5\nmax_replication_slots = 5\n\
    hot_standby = on\nshared_buffers = 16MB\nmax_connections = 30\nwal_keep_size = 64MB\nfsync = off\n";

impl Cluster {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        hand_over(folder.path());
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A folder of the operator's.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.path().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        hand_over(&folder);
        folder
    }

    /// A running server with these settings besides the usual ones, and the role `repl` for replication.
    pub fn primary(&self, name: &str, settings: &str) -> Server {
        let server = self.server(name);
        let options = ["-A", "trust", "-U", "postgres", "--no-sync", "--data-checksums", "-E", "UTF8", "--locale=C.UTF-8", "-D"];
        run(program("initdb").args(options).arg(&server.data));
        server.append("postgresql.conf", &format!("{SETTINGS}{}{settings}\n", server.own_settings(self.path())));
        server.start();
        server.sql("create role repl login replication");
        server
    }

    /// A running standby of another server, which has a slot for it.
    pub fn standby(&self, of: &Server, name: &str) -> Server {
        let server = self.server(name);
        of.sql(&format!("select pg_create_physical_replication_slot('{name}', true)"));
        let mut copy = program("pg_basebackup");
        copy.args(["-h", "127.0.0.1", "-U", "repl", "-R", "-X", "stream", "-c", "fast", "--no-sync"]);
        run(copy.args(["-p", &of.port.to_string(), "-S", name, "-D"]).arg(&server.data));
        server.append("postgresql.conf", &server.own_settings(self.path()));
        server.start();
        super::until("the standby to stream", || (of.sql("select count(*) from pg_stat_replication") == "1").then_some(()));
        server
    }

    /// The server of a data folder here, whoever has made it or will.
    pub fn server(&self, name: &str) -> Server {
        Server { name: name.to_owned(), port: free_port(), data: self.path().join(name) }
    }
}

pub fn free_port() -> u16 {
    free_address().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let folders = fs::read_dir(self.path()).into_iter().flatten().flatten().map(|entry| entry.path());
        for data in folders.filter(|path| path.join("postmaster.pid").exists()) {
            // One that has just ended by itself is no trouble.
            let _ = program("pg_ctl").args(["-s", "-m", "immediate", "-w", "stop", "-D"]).arg(data).output();
        }
    }
}

/// One server.
pub struct Server {
    pub name: String,
    pub port: u16,
    pub data: PathBuf,
}

impl Server {
    fn own_settings(&self, sockets: &Path) -> String {
        format!("port = {}\ncluster_name = '{}'\nunix_socket_directories = '{}'\n", self.port, self.name, sockets.display())
    }

    /// Adds lines to a file of the data folder.
    pub fn append(&self, file: &str, lines: &str) {
        let path = self.data.join(file);
        let old = fs::read_to_string(&path).expect("it is there");
        fs::write(&path, format!("{old}\n{lines}")).expect("written");
    }

    pub fn start(&self) {
        let log = format!("{}.log", self.data.display());
        run(program("pg_ctl").args(["-s", "-w", "-l", &log, "start", "-D"]).arg(&self.data));
    }

    pub fn stop(&self) {
        run(program("pg_ctl").args(["-s", "-w", "-m", "fast", "stop", "-D"]).arg(&self.data));
    }

    /// Kills its first process, as a crash would, and waits until the others have noticed.
    pub fn kill(&self) {
        let (first, all) =
            (self.pid(), self.try_sql("select string_agg(pid::text, ' ') from pg_stat_activity").unwrap_or_default());
        run(Command::new("kill").args(["-KILL", &first]));
        // One that nobody has waited for yet still counts as a running server.
        let alive = |pid: &str| Path::new("/proc").join(pid).exists();
        super::until("its processes to be gone", || (!all.split(' ').chain([first.as_str()]).any(alive)).then_some(()));
    }

    /// The process id of its postmaster.
    pub fn pid(&self) -> String {
        let file = fs::read_to_string(self.data.join("postmaster.pid")).expect("it runs");
        file.lines().next().expect("a line").to_owned()
    }

    #[track_caller]
    pub fn sql(&self, query: &str) -> String {
        self.try_sql(query).unwrap_or_else(|why| panic!("{}: {query}: {why}", self.name))
    }

    /// What one query answers, columns separated by `|`; or the words of the refusal.
    pub fn try_sql(&self, query: &str) -> Result<String, String> {
        psql(self.port, query)
    }

    pub fn log(&self) -> String {
        fs::read_to_string(format!("{}.log", self.data.display())).unwrap_or_default()
    }
}

/// Asks whatever listens on a port of loopback.
pub fn psql(port: u16, query: &str) -> Result<String, String> {
    let mut command = Command::new(find("psql").expect("psql"));
    command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "postgres", "-XAtqc", query]).env("PGCONNECT_TIMEOUT", "5");
    let output = command.output().expect("psql starts");
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
