//! A server that archives its WAL, and folders with backups of it.

use crate::stage::{Run, Stage};
use crate::support::postgres::{Cluster, Server, program, run};
use crate::support::until;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

pub struct Archive {
    pub stage: Stage,
    pub cluster: Cluster,
    pub server: Server,
}

impl Archive {
    /// With a table `orders` of 1000 rows.
    pub fn new() -> Self {
        let (stage, cluster) = (Stage::new(), Cluster::new());
        let wal = cluster.folder("wal").display().to_string();
        cluster.folder("backups");
        let copy = format!("test ! -f {wal}/%f && cp %p {wal}/%f.copying && mv {wal}/%f.copying {wal}/%f");
        let server = cluster.primary("live", &format!("archive_mode = on\narchive_command = '{copy}'"));
        server.sql("create table orders (id int primary key, at timestamptz not null default clock_timestamp())");
        let archive = Self { stage, cluster, server };
        archive.orders(1, 1000);
        archive
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.cluster.path().join(name)
    }

    /// New rows, the first and the last of them with these numbers.
    pub fn orders(&self, first: u32, last: u32) {
        self.server.sql(&format!("insert into orders select generate_series({first}, {last})"));
    }

    /// A backup of this name, made without a playbook.
    pub fn backup(&self, name: &str) {
        let mut copy = program("pg_basebackup");
        copy.args(["-h", "127.0.0.1", "-p", &self.server.port.to_string(), "-U", "postgres", "-X", "stream", "-c", "fast", "-D"]);
        run(copy.arg(self.path("backups").join(name)));
    }

    /// Everything written so far is in the archive; the name of the last segment.
    pub fn archived(&self) -> String {
        let segment = self.server.sql("select pg_walfile_name(pg_current_wal_lsn())");
        self.server.sql("select pg_switch_wal()");
        until("the segment to be archived", || self.path("wal").join(&segment).exists().then_some(()));
        segment
    }

    /// The names in a folder, sorted.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("a folder").flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().expect("a name")).collect();
        names.sort();
        names
    }

    /// Something done to the files by hand.
    pub fn sh(&self, script: &str) {
        run(Command::new("sh").args(["-euc", script]).current_dir(self.cluster.path()));
    }

    /// The live server still lacks its table.
    pub fn orders_are_gone(&self) {
        assert_eq!(self.server.sql("select to_regclass('orders') is null"), "t");
    }

    pub fn run(&self, book: &str, more: &[(&str, &str)]) -> Run<'_> {
        let (backups, wal) = (self.path("backups").display().to_string(), self.path("wal").display().to_string());
        let usual = [("BACKUP_DIR", backups.as_str()), ("WAL_DIR", wal.as_str())];
        self.stage.run(book, &[&usual, more].concat())
    }
}
