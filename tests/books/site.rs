//! A PostgreSQL pair behind HAProxy, and a client that writes through it and remembers what was acknowledged.

use crate::stage::{Run, Stage};
use crate::support::haproxy::Haproxy;
use crate::support::postgres::{Cluster, Server, free_port, psql};
use crate::support::until;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

/// What follows `playbook approve RUN`.
pub const APPROVAL: &[&str] = &["approve-the-promotion", "--as", "bo", "--role", "commander"];

pub struct Site {
    pub stage: Stage,
    pub old: Server,
    pub new: Server,
    pub proxy: Haproxy,
    /// Where clients write to.
    pub write: u16,
    _cluster: Cluster,
}

impl Site {
    pub fn new() -> Self {
        Self::on(Stage::new())
    }

    pub fn on(stage: Stage) -> Self {
        let (cluster, write) = (Cluster::new(), free_port());
        let old = cluster.primary("old", "");
        old.sql("create table marks (n int primary key)");
        let new = cluster.standby(&old, "new");
        let proxy = Haproxy::start(&format!(
            "frontend write\n    bind 127.0.0.1:{write}\n    default_backend pg_write\n\
             backend pg_write\n    server old 127.0.0.1:{}\n    server new 127.0.0.1:{} disabled\n",
            old.port, new.port
        ));
        Self { stage, old, new, proxy, write, _cluster: cluster }
    }

    pub fn client(&self) -> Client {
        Client::start(self.write)
    }

    /// The standby receives nothing any more.
    pub fn cut_replication(&self) {
        self.new.sql("alter system set primary_conninfo = 'host=127.0.0.1 port=9'");
        self.new.sql("select pg_reload_conf()");
        until("the standby to be cut off", || {
            (self.new.sql("select count(*) from pg_stat_wal_receiver where status = 'streaming'") == "0").then_some(())
        });
    }

    /// Kills the primary while the client writes.
    pub fn lose_the_primary(&self, client: &Client) -> Instant {
        client.until_written(30);
        self.old.kill();
        Instant::now()
    }

    /// Runs the playbook as far as it goes without a person.
    pub fn fail_over(&self, more: &[(&str, &str)]) -> Run<'_> {
        let ports = [self.old.port, self.new.port, self.write].map(|port| port.to_string());
        let usual = [
            ("OLD_HOST", "127.0.0.1"),
            ("OLD_PORT", ports[0].as_str()),
            ("NEW_HOST", "127.0.0.1"),
            ("NEW_PORT", ports[1].as_str()),
            ("WRITE_PORT", ports[2].as_str()),
            ("OLD_DATA", self.old.data.to_str().expect("a path")),
            ("REPL_USER", "repl"),
            ("LB_PORT", self.proxy.api.rsplit(':').next().expect("a port")),
        ];
        self.stage.run("pg-primary-failover", &[&usual, more].concat())
    }

    /// What people have to say before anything is promoted.
    #[track_caller]
    pub fn decide(&self, run: &mut Run<'_>) {
        run.say("tick", &["fence-the-machine", "1", "2"]).say("answer", &["fence-the-machine", "its power is off"]);
        run.say("answer", &["choose", "Accept"]);
        assert_eq!(run.state_of("approve-the-promotion"), "awaiting-approval", "{}", run.story());
        assert_eq!(self.new.sql("select pg_is_in_recovery()"), "t", "nothing is promoted before that");
    }

    /// Somebody else approves, and everything up to the next question goes by itself.
    #[track_caller]
    pub fn approve(&self, run: &mut Run<'_>) {
        run.say("approve", APPROVAL).say("resume", &[]);
    }

    /// The run of the other playbook, which a step of this one is.
    #[track_caller]
    pub fn rebuilding(&self) -> String {
        let list = self.stage.json(&["playbook", "list"]);
        let runs = list["runs"].as_array().expect("runs");
        let found = runs.iter().find(|run| run["playbook"] == "pg-rebuild-standby").unwrap_or_else(|| panic!("not in {list:#}"));
        found["id"].as_str().expect("an id").to_owned()
    }

    /// The exported timeline of the incident has every step that was executed, in order.
    pub fn told(&self, run: &Run<'_>) {
        let output = self.stage.midwatch(&["export", "INC-1", "--format", "md"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut rest = text.split("## Timeline").nth(1).unwrap_or_else(|| panic!("no timeline in {text}"));
        for step in run.document["steps"].as_array().expect("steps").iter().filter(|step| step["state"] == "succeeded") {
            let title = step["title"].as_str().expect("a title");
            let outcome = if ["command", "check"].contains(&step["kind"].as_str().expect("a kind")) { " succeeded" } else { "" };
            let words = format!("“{title}”{outcome}");
            let (_, after) =
                rest.split_once(&words).unwrap_or_else(|| panic!("`{words}` is missing, or not in its place, in {text}"));
            rest = after;
        }
        assert!(rest.contains("playbook “PostgreSQL primary failover” is completed"), "{text}");
    }
}

/// Writes numbered rows, one after the other, as fast as it can.
pub struct Client {
    acknowledged: Arc<Mutex<Vec<(u32, Instant)>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Client {
    fn start(port: u16) -> Self {
        let (acknowledged, stop) = (Arc::<Mutex<Vec<(u32, Instant)>>>::default(), Arc::<AtomicBool>::default());
        let (noted, stopped) = (acknowledged.clone(), stop.clone());
        let write = move || {
            for n in (1..).take_while(|_| !stopped.load(Ordering::Relaxed)) {
                if psql(port, &format!("insert into marks values ({n})")).is_ok() {
                    noted.lock().expect("not poisoned").push((n, Instant::now()));
                }
            }
        };
        Self { acknowledged, stop, thread: Some(std::thread::spawn(write)) }
    }

    /// Waits for so many more rows.
    pub fn until_written(&self, more: usize) {
        let count = || self.acknowledged.lock().expect("not poisoned").len();
        let wanted = count() + more;
        until("rows to be written", || (count() >= wanted).then_some(()));
    }

    pub fn acknowledged_before(&self, at: Instant) -> usize {
        self.acknowledged.lock().expect("not poisoned").iter().filter(|(_, when)| *when <= at).count()
    }

    /// For how many seconds no write was accepted after this moment, how many acknowledged rows a server lacks, and of how many.
    #[track_caller]
    pub fn measure(&self, lost_at: Instant, server: &Server) -> (f64, usize, usize) {
        self.until_written(3);
        self.stop.store(true, Ordering::Relaxed);
        let there = server.sql("select n from marks");
        let there: std::collections::BTreeSet<u32> = there.lines().map(|line| line.parse().expect("a number")).collect();
        let acknowledged = self.acknowledged.lock().expect("not poisoned");
        // One may be written between the question and the count of what was acknowledged.
        let counted: Vec<_> = acknowledged.iter().filter(|(n, _)| n <= there.last().unwrap_or(&0)).collect();
        let lost = counted.iter().filter(|(n, _)| !there.contains(n)).count();
        let again = acknowledged.iter().find(|(_, at)| *at > lost_at).expect("written again").1;
        ((again - lost_at).as_secs_f64(), lost, counted.len())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
