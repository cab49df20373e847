//! A real manager of systemd and the real `systemctl`, in groups of processes of their own: nothing of the machine's is started or moved.
#![cfg(target_os = "linux")]

use super::support::program::Program;
use super::support::{missing, not_permitted};
use super::{Sources, feed_of, told};
use crate::PATIENCE;
use midwatch::domain::health::FeedState;
use midwatch::domain::trouble::Trouble;
use midwatch::ports::{Answer, Exec, Output, Ports};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

const MANAGER: &str = "/lib/systemd/systemd";
/// Where the groups of processes may be, by the ways in which systems mount them.
const GROUPS: [&str; 3] = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

/// Goes into a group of its own wherever a manager looks, or ends: it would take its neighbours with it. A manager wants a system that
/// was begun by one; a folder says so, which nobody else sees.
const BEGIN: &str = r#"
for groups in "$@"; do
  [ -e "$groups/cgroup.procs" ] || continue
  mkdir "$groups/$GROUP" && echo $$ >"$groups/$GROUP/cgroup.procs" || exit 1
done
! grep -E '^(0:|[0-9]+:name=systemd):' /proc/self/cgroup | grep -qv ":/$GROUP\$" || exit 1
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system || exit 1
exec /lib/systemd/systemd --user --log-target=null
"#;

struct Manager {
    folder: tempfile::TempDir,
    group: String,
    program: Option<Program>,
}

impl Manager {
    /// `None` where the system lets nobody make groups of processes, or mounts of its own.
    fn start(units: &[(&str, &str)]) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let group = format!("midwatch-test-{}", uuid::Uuid::new_v4());
        let path = |name: &str| folder.path().join(name);
        ["run", "units"].iter().for_each(|name| std::fs::create_dir(path(name)).expect("a folder"));
        for (name, text) in units.iter().chain(&[("default.target", "")]) {
            let text = format!("[Unit]\nDefaultDependencies=no\n{text}");
            std::fs::write(path("units").join(name), text).expect("written");
        }
        let mut manager = Self { folder, group, program: None };
        if !manager.may_group() || !Self::may_mount() {
            not_permitted("a real systemd, which needs groups of processes and mounts of its own");
            return None;
        }
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", BEGIN, "sh"]).args(GROUPS).env("GROUP", &manager.group);
        command.env("XDG_RUNTIME_DIR", manager.runtime()).env("SYSTEMD_UNIT_PATH", manager.path("units"));
        let answers = || manager.systemctl(&["show", "--property=Version"]);
        let program = Program::start_until(&mut command, &manager.path("log"), answers);
        manager.program = Some(program);
        Some(manager)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn runtime(&self) -> PathBuf {
        self.path("run")
    }

    fn groups(&self) -> impl Iterator<Item = PathBuf> {
        GROUPS.iter().map(Path::new).filter(|groups| groups.join("cgroup.procs").exists()).map(|groups| groups.join(&self.group))
    }

    fn may_group(&self) -> bool {
        let made: Vec<bool> = self.groups().map(|group| std::fs::create_dir(&group).is_ok()).collect();
        self.groups().for_each(|group| std::fs::remove_dir(group).unwrap_or_default());
        !made.is_empty() && made.iter().all(|made| *made) && nix::unistd::geteuid().is_root()
    }

    /// A mount that nobody else sees; it goes with the command.
    fn may_mount() -> bool {
        let status = Command::new("unshare").args(["-m", "mount", "-t", "tmpfs", "tmpfs", "/run"]).output().expect("runs").status;
        status.success()
    }

    fn systemctl(&self, words: &[&str]) -> bool {
        let mut command = Command::new("systemctl");
        let status = command.arg("--user").args(words).env("XDG_RUNTIME_DIR", self.runtime()).output().expect("runs").status;
        status.success()
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        if let Some(mut program) = self.program.take() {
            program.kill();
        }
        for group in self.groups() {
            remove(&group);
        }
    }
}

/// Ends everything in a group of processes, and takes the group away.
fn remove(group: &Path) {
    for inner in std::fs::read_dir(group).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()) {
        remove(&inner.path());
    }
    let gone = || {
        let left = std::fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
        let ends = |pid: i32| nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        left.lines().filter_map(|pid| pid.parse().ok()).for_each(|pid| ends(pid).unwrap_or_default());
        (!group.exists() || std::fs::remove_dir(group).is_ok()).then_some(())
    };
    super::support::until("the group of processes to be gone", gone);
}

/// The real programs, told where this manager is.
struct Told(PathBuf);

impl Exec for Told {
    fn observe(&self, mut program: midwatch::ports::Program) -> Answer<'_, Result<Output, Trouble>> {
        program.env.push(("XDG_RUNTIME_DIR".to_owned(), self.0.display().to_string()));
        Box::pin(async move { Ports::real().exec.observe(program).await })
    }

    fn act(&self, program: midwatch::ports::Program, _: midwatch::domain::entry::Intent) -> Answer<'_, Result<Output, Trouble>> {
        self.observe(program)
    }
}

#[tokio::test]
async fn the_units_of_a_real_systemd_are_what_it_says() {
    if missing("systemctl") || missing(MANAGER) || missing("unshare") {
        return;
    }
    let units = [
        ("well.service", "[Service]\nExecStart=/bin/sleep 1000\n"),
        ("bad.service", "[Service]\nExecStart=/bin/false\n"),
        ("dies.service", "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=1h\n"),
        ("once.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n"),
        ("wrong.service", "[Service]\nType=simple\n"),
        ("stopped.service", "[Service]\nExecStart=/bin/sleep 1000\n"),
    ];
    let Some(manager) = Manager::start(&units) else { return };
    let ports = Ports { exec: Arc::new(Told(manager.runtime())), ..Ports::real() };
    let asked = async |unit: &str| {
        let feed = feed_of(&format!("systemd: {{unit: {unit}, user: true}}"), &Sources::new());
        told(feed.check(&ports, PATIENCE).await)
    };
    let becomes = async |unit: &str, state: FeedState, message: &str| {
        let wanted = (state, message.to_owned());
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let found = asked(unit).await;
            if found == wanted {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "{unit}: {found:?}, not {wanted:?}");
        }
    };
    for unit in ["well", "bad", "dies", "once", "wrong", "stopped"] {
        // Of those that fail at once it says so, which is what is wanted.
        manager.systemctl(&["start", unit]);
    }
    manager.systemctl(&["stop", "stopped"]);
    becomes("well", FeedState::Healthy, "active (running)").await;
    becomes("bad", FeedState::Failing, "failed (failed): exit-code").await;
    becomes("dies", FeedState::Failing, "activating (auto-restart): exit-code").await;
    becomes("once", FeedState::Healthy, "done (dead)").await;
    becomes("stopped", FeedState::Failing, "inactive (dead): success").await;
    becomes("wrong", FeedState::Unknown, "the unit is not loaded: bad-setting").await;
    becomes("nothing", FeedState::Unknown, "there is no unit nothing.service").await;
    manager.systemctl(&["kill", "-s", "KILL", "well"]);
    becomes("well", FeedState::Failing, "failed (failed): signal").await;
    drop(manager);
    let (state, message) = asked("well").await;
    assert_eq!(state, FeedState::Unknown, "{message}");
    assert!(message.contains("Failed to connect to bus"), "{message}");
}
