//! Commands outlive the console, for real: `/bin/sh` under the program's own supervisor, killed and starved in every way.

#![expect(clippy::disallowed_methods, reason = "a test on the real clock, disk and processes")]

#[path = "supervisor/machine.rs"]
mod machine;
mod support;

use midwatch::domain::ids::EntryId;
use midwatch::domain::secret::Secret;
use midwatch::runtime::supervisor::{Attempt, Evidence, Exit, Folder, Order, Process, Refusal, Verdict, Why};
use midwatch::runtime::supervisor::{adopt, launch, observe, verdict};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use support::until;

/// One attempt in a folder of its own; whatever it leaves behind is killed with it.
struct Stage {
    place: tempfile::TempDir,
    attempt: Attempt,
    name: Vec<(&'static str, String)>,
    supervisor: Option<Child>,
}

impl Stage {
    fn new(block: &str) -> Self {
        let place = tempfile::tempdir().expect("a temporary folder");
        let run = uuid::Uuid::now_v7().to_string();
        let order = Order::new(EntryId(uuid::Uuid::now_v7()), block, &["sh", "-eu"], place.path());
        let name = vec![("PLAYBOOK_RUN", run), ("PLAYBOOK_STEP", "a-step".into()), ("PLAYBOOK_ATTEMPT", "1".into())];
        let path = std::env::var("PATH").expect("a PATH");
        let env = name.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).chain([("PATH".to_owned(), path)]);
        let folder = place.path().join("runs/r/a-step.1");
        let attempt = Attempt { folder, order, block: block.to_owned(), env: env.collect(), secrets: Vec::new() };
        Self { place, attempt, name, supervisor: None }
    }

    fn change(mut self, change: impl FnOnce(&mut Attempt)) -> Self {
        change(&mut self.attempt);
        self
    }

    fn launched(mut self) -> Self {
        self.supervisor = Some(launch(&self.attempt, program()).expect("the supervisor starts"));
        self
    }

    fn folder(&self) -> Folder {
        Folder::at(&self.attempt.folder)
    }

    fn exit(&self) -> Exit {
        until("the exit record", || self.folder().exit().expect("a readable exit record"))
    }

    fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.folder().file(name)).unwrap_or_default()).into_owned()
    }

    /// Waits until the block has written this much.
    fn said(&self, text: &str) {
        until(text, || self.read("out").contains(text).then_some(()));
    }

    fn observe(&self) -> Evidence {
        observe(&self.folder(), &self.name).expect("evidence")
    }

    fn log(&self) -> String {
        until("the supervisor's refusal", || Some(self.read("log")).filter(|log| log.ends_with('\n')))
    }

    /// Kills the supervisor and waits until it is gone.
    fn behead(&mut self) {
        let mut supervisor = self.supervisor.take().expect("a supervisor");
        supervisor.kill().expect("killed");
        supervisor.wait().expect("gone");
    }

    /// The process id that the block wrote in a line `NAME=…`.
    fn pid(&self, name: &str) -> i32 {
        let text = self.read("out");
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        found.expect("the process wrote its id").trim().parse().expect("a number")
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for left in observe(&self.folder(), &self.name).map(|found| found.survivors).unwrap_or_default() {
            left.signal(Signal::SIGKILL);
        }
        if let Some(mut supervisor) = self.supervisor.take() {
            let _ = supervisor.kill();
            let _ = supervisor.wait();
        }
    }
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_midwatch"))
}

fn alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn gone(pid: i32) {
    until("the end of a process", || (!alive(pid)).then_some(()));
}

fn pids(left: &[Process]) -> Vec<i32> {
    left.iter().map(|process| process.pid).collect()
}

#[test]
fn what_a_block_leaves_for_later_steps_is_without_the_secrets_that_it_had_whoever_reads_it() {
    let stage = Stage::new("echo WHO=got-$TOKEN > \"$PLAYBOOK_OUT\"").change(|attempt| {
        attempt.env.push(("PLAYBOOK_OUT".into(), attempt.folder.join("outputs").display().to_string()));
        attempt.secrets.push(("TOKEN".into(), Secret::new("hunter2secret".to_owned())));
    });
    let stage = stage.launched();
    assert_eq!(stage.exit().code, Some(0));
    assert_eq!(stage.read("outputs"), "WHO=got-•••\n");
    assert!(!stage.read("intent.json").contains("hunter2secret"));
}

#[test]
fn a_block_runs_in_its_folder_with_its_environment_and_nothing_else() {
    let secret = ("TOKEN".to_owned(), Secret::new("hush".into()));
    let stage = Stage::new("pwd; echo \"$TOKEN\"; echo \"${HOME-none}\"; cat; echo oops >&2")
        .change(|attempt| attempt.secrets.push(secret))
        .launched();
    let exit = stage.exit();
    assert_eq!((exit.code, exit.signal, exit.timed_out, exit.cancelled, exit.truncated), (Some(0), None, false, false, false));
    assert_eq!(stage.read("out"), format!("{}\nhush\nnone\n", stage.place.path().display()));
    assert_eq!(stage.read("err"), "oops\n");
    for file in ["intent.json", "started.json", "exit.json", "block", "log", "index"] {
        assert!(!stage.read(file).contains("hush"), "the secret stands in {file}");
    }
}

#[test]
fn the_folder_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new("true").launched();
    stage.exit();
    let mode = |path: PathBuf| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(stage.attempt.folder.clone()), 0o700);
    assert_eq!(mode(stage.attempt.folder.parent().expect("the run's folder").into()), 0o700);
    for file in ["block", "out", "err", "index", "exit.json", "log"] {
        assert_eq!(mode(stage.folder().file(file)), 0o600, "{file}");
    }
}

#[test]
fn exit_codes_and_signals_are_the_kernels() {
    assert_eq!(Stage::new("exit 7").launched().exit().code, Some(7));
    // `sh -eu`: the first failure ends it, and an unset name is one.
    assert_eq!(Stage::new("false; exit 0").launched().exit().code, Some(1));
    assert_eq!(Stage::new("echo $UNSET; exit 0").launched().exit().code, Some(2));
    let killed = Stage::new("kill -KILL $$").launched().exit();
    assert_eq!((killed.code, killed.signal), (None, Some(9)));
}

#[test]
fn what_can_not_be_started_says_that_nothing_was_executed() {
    let stage = Stage::new("true").change(|attempt| attempt.order.argv = vec!["no-such-shell".into()]).launched();
    let exit = stage.exit();
    assert_eq!((exit.code, exit.signal), (None, None));
    assert!(exit.error.expect("a reason").contains("no-such-shell"));
}

#[test]
fn a_timeout_ends_the_whole_group() {
    let stage = Stage::new("sh -c 'echo CHILD=$$; sleep 1000' & echo SHELL=$$; wait")
        .change(|attempt| attempt.order.timeout_ms = 400)
        .launched();
    let exit = stage.exit();
    assert!(exit.timed_out && !exit.cancelled);
    assert_eq!(exit.signal, Some(15));
    assert_eq!(exit.survivors, []);
    assert!(!alive(stage.pid("CHILD")) && !alive(stage.pid("SHELL")));
}

#[test]
fn a_group_that_ignores_term_is_killed_after_the_grace_period() {
    let block = "trap '' TERM; sh -c 'echo CHILD=$$; while :; do sleep 1000; done' & echo SHELL=$$; while :; do sleep 1000; done";
    let stage = Stage::new(block).change(|attempt| (attempt.order.timeout_ms, attempt.order.grace_ms) = (300, 200)).launched();
    let exit = stage.exit();
    assert_eq!((exit.timed_out, exit.signal), (true, Some(9)));
    assert_eq!(exit.survivors, []);
    assert!(!alive(stage.pid("CHILD")) && !alive(stage.pid("SHELL")));
}

#[test]
fn a_stopped_group_ends_too() {
    let stage = Stage::new("echo SHELL=$$; kill -STOP $$").change(|attempt| attempt.order.timeout_ms = 300).launched();
    assert!(stage.exit().timed_out);
    assert!(!alive(stage.pid("SHELL")));
}

#[test]
fn a_double_fork_stays_in_the_group_and_dies_with_it() {
    let stage = Stage::new("(sh -c 'echo GRANDCHILD=$$; exec sleep 1000' &); sleep 1000")
        .change(|attempt| attempt.order.timeout_ms = 400)
        .launched();
    assert_eq!(stage.exit().survivors, []);
    assert!(!alive(stage.pid("GRANDCHILD")));
}

#[test]
fn who_leaves_the_session_survives_a_timeout_and_is_named() {
    let stage = Stage::new("setsid sh -c 'echo DAEMON=$$; exec sleep 1000' & sleep 1000")
        .change(|attempt| attempt.order.timeout_ms = 400)
        .launched();
    let exit = stage.exit();
    assert_eq!(pids(&exit.survivors), [stage.pid("DAEMON")]);
    assert!(alive(stage.pid("DAEMON")));
}

#[test]
fn the_end_is_the_leaders_end_also_when_a_background_child_holds_the_output() {
    let stage =
        Stage::new("sh -c 'echo CHILD=$$; exec sleep 1000' & until grep -q CHILD runs/r/a-step.1/out; do :; done").launched();
    let exit = stage.exit();
    assert_eq!(exit.code, Some(0));

    assert!(exit.output_held);
    assert_eq!(pids(&exit.survivors), [stage.pid("CHILD")]);
    assert!(alive(stage.pid("CHILD")));
    // The attempt is over: nobody holds its lock, though somebody still reads along so that the child lives on.
    until("the lock", || (!stage.observe().locked).then_some(()));
}

#[test]
fn a_background_child_that_goes_on_writing_is_not_killed_by_a_closed_pipe() {
    let stage = Stage::new("(echo CHILD=$(sh -c 'echo $PPID'); while :; do echo more; test -e end && exit; done; ) & until test -s runs/r/a-step.1/out; do :; done")
        .launched();
    let exit = stage.exit();
    let size = stage.read("out").len();
    let child = exit.survivors.iter().map(|process| process.pid).find(|pid| alive(*pid)).expect("a survivor");
    // It writes far more than a pipe holds; a closed pipe would have ended it at once.
    let written = || {
        fs::read_to_string(format!("/proc/{child}/io"))
            .ok()?
            .lines()
            .find_map(|line| line.strip_prefix("wchar: ")?.parse::<u64>().ok())
    };
    let before = written().expect("a count");
    until("200 kB more", || written().filter(|now| *now > before + 200_000));
    assert_eq!(stage.read("out").len(), size, "what comes after the end is not kept");
    fs::write(stage.place.path().join("end"), "").expect("written");
    gone(child);
}

#[test]
fn output_is_capped_and_the_newest_is_kept() {
    let stage = Stage::new("i=0; while [ $i -lt 20000 ]; do echo \"line $i\"; i=$((i+1)); done; echo last >&2")
        .change(|attempt| attempt.order.longest = 10_000)
        .launched();
    let exit = stage.exit();
    assert!(exit.truncated);
    let (out, err) = (stage.read("out"), stage.read("err"));
    assert!(out.len() + err.len() <= 10_000);
    assert!(out.starts_with("[midwatch: the first ") && out.ends_with("line 19999\n"));
    assert_eq!(err, "last\n");
}

#[test]
fn output_without_a_newline_and_binary_output_are_kept_as_they_are() {
    let stage = Stage::new("printf '\\000\\377\\033[2J no newline'").launched();
    stage.exit();
    assert_eq!(fs::read(stage.folder().file("out")).expect("output"), b"\0\xff\x1b[2J no newline");
}

#[test]
fn the_index_tells_what_came_when() {
    let stage = Stage::new("echo one; while ! grep -q one runs/r/a-step.1/out; do :; done; echo two >&2; while ! grep -q two runs/r/a-step.1/err; do :; done; echo three").launched();
    stage.exit();
    let index = stage.read("index");
    let places: Vec<&str> = index.lines().map(|line| line.rsplit_once(' ').expect("three fields").0).collect();
    assert_eq!(places, ["0 out", "0 err", "4 out"]);
}

#[test]
fn a_full_disk_loses_output_but_not_the_end() {
    // A file-size limit of the supervisor would need a shell between; /dev/full in the place of `out` is as good.
    let stage = Stage::new("head -c 100000 /dev/zero; exit 3");
    let folder = stage.attempt.folder.clone();
    fs::create_dir_all(&folder).expect("made");
    std::os::unix::fs::symlink("/dev/full", folder.join("out")).expect("linked");
    let exit = stage.launched().exit();
    assert_eq!((exit.code, exit.truncated), (Some(3), true));
    assert!(exit.error.expect("a reason").contains("output could not be written"));
}

#[test]
fn any_console_can_cancel() {
    let stage = Stage::new("echo SHELL=$$; sleep 1000").launched();
    stage.said("SHELL=");
    stage.folder().cancel("ana").expect("asked");
    let exit = stage.exit();
    assert_eq!((exit.cancelled, exit.cancelled_by.as_deref(), exit.timed_out), (true, Some("ana"), false));
    assert!(!alive(stage.pid("SHELL")));
}

#[test]
fn an_attempt_is_never_started_twice() {
    let stage = Stage::new("echo ran >> count").launched();
    stage.exit();
    let again = std::process::Command::new(program()).arg("__supervise").arg(&stage.attempt.folder).output().expect("runs");
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("never started twice"));
    assert_eq!(fs::read_to_string(stage.place.path().join("count")).expect("there"), "ran\n");
}

#[test]
fn two_supervisors_at_once_start_one_block() {
    let mut stage = Stage::new("echo ran >> count");
    let first = launch(&stage.attempt, program()).expect("starts");
    let second = std::process::Command::new(program()).arg("__supervise").arg(&stage.attempt.folder).output().expect("runs");
    stage.supervisor = Some(first);
    let exit = stage.exit();
    // Whichever came first, one of them was refused.
    assert_eq!(exit.code, Some(0));
    until("both to end", || (!stage.observe().locked).then_some(()));
    let refused = [String::from_utf8_lossy(&second.stderr).into_owned(), stage.read("log")].concat();
    assert_eq!(fs::read_to_string(stage.place.path().join("count")).expect("there"), "ran\n");
    assert!(refused.contains("never started twice"), "{refused}");
}

#[test]
fn a_block_that_was_changed_is_not_run() {
    let stage = Stage::new("touch ran").change(|attempt| attempt.block = "touch other".into()).launched();
    assert!(stage.log().contains("differs from the one that was ordered"));
    assert!(!stage.place.path().join("other").exists());
}

#[test]
fn an_order_of_another_version_is_refused_with_advice() {
    let stage = Stage::new("touch ran").change(|attempt| attempt.order.v = 2).launched();
    assert!(stage.log().contains("finish it with the version that started it"));
    assert!(matches!(observe(&stage.folder(), &stage.name), Err(Refusal::Version { found: 2, .. })));
    assert!(!stage.place.path().join("ran").exists());
}

#[test]
fn a_running_attempt_is_found_running_and_then_ended() {
    let stage = Stage::new("echo begun; until test -e go; do :; done").launched();
    stage.said("begun");
    assert_eq!(adopt(&stage.folder(), &stage.name).expect("a verdict"), Verdict::Running);
    fs::write(stage.place.path().join("go"), "").expect("written");
    stage.exit();
    assert!(matches!(adopt(&stage.folder(), &stage.name).expect("a verdict"), Verdict::Ended(Exit { code: Some(0), .. })));
}

#[test]
fn a_killed_supervisor_leaves_an_unknown_command_that_can_be_named_and_ended() {
    let mut stage = Stage::new("echo SHELL=$$; exec sleep 1000").launched();
    stage.said("SHELL=");
    stage.behead();
    let found = adopt(&stage.folder(), &stage.name).expect("a verdict");
    let Verdict::UnknownAlive(left) = found else { panic!("{found:?}") };
    assert_eq!(pids(&left), [stage.pid("SHELL")]);
    let reused = Process { start: left[0].start + 1, ..left[0].clone() };
    assert!(!reused.signal(Signal::SIGKILL), "another process has that number now");
    assert!(left[0].signal(Signal::SIGKILL));
    gone(left[0].pid);
    assert_eq!(adopt(&stage.folder(), &stage.name).expect("a verdict"), Verdict::Unknown(Why::SupervisorKilled));
}

#[test]
fn both_killed_is_unknown() {
    let mut stage = Stage::new("echo SHELL=$$; exec sleep 1000").launched();
    stage.said("SHELL=");
    stage.behead();
    kill(Pid::from_raw(stage.pid("SHELL")), Signal::SIGKILL).expect("killed");
    gone(stage.pid("SHELL"));
    assert_eq!(adopt(&stage.folder(), &stage.name).expect("a verdict"), Verdict::Unknown(Why::SupervisorKilled));
}

#[test]
fn another_boot_is_unknown_even_if_a_process_bears_the_name() {
    let mut stage =
        Stage::new("echo SHELL=$$; exec sleep 1000").change(|attempt| attempt.order.boot_id = "yesterday".into()).launched();
    stage.said("SHELL=");
    stage.behead();
    let shell = stage.pid("SHELL");
    assert_eq!(verdict(stage.observe()), Verdict::Unknown(Why::MachineRestarted));
    kill(Pid::from_raw(shell), Signal::SIGKILL).expect("killed");
}

#[test]
fn an_attempt_found_without_a_start_is_never_started_later() {
    let stage = Stage::new("touch ran");
    // The console died between its order and its spawn.
    assert!(launch(&stage.attempt, Path::new("/no/such/program")).is_err());
    assert_eq!(adopt(&stage.folder(), &stage.name).expect("a verdict"), Verdict::Unknown(Why::NeverStarted));
    let late = std::process::Command::new(program()).arg("__supervise").arg(&stage.attempt.folder).output().expect("runs");
    assert!(String::from_utf8_lossy(&late.stderr).contains("declared this attempt over"));
    assert!(!stage.place.path().join("ran").exists());
}

#[test]
fn without_a_block_nothing_was_executed() {
    let stage = Stage::new("touch ran");
    assert_eq!(adopt(&stage.folder(), &stage.name).expect("a verdict"), Verdict::NotExecuted);
    fs::create_dir_all(&stage.attempt.folder).expect("made");
    fs::write(stage.folder().file("intent.json"), serde_json::to_string(&stage.attempt.order).expect("JSON")).expect("written");
    assert_eq!(adopt(&stage.folder(), &stage.name).expect("a verdict"), Verdict::NotExecuted);
}

#[test]
fn a_folder_that_can_not_be_made_is_a_clean_error() {
    let stage = Stage::new("touch ran");
    // A file stands where the folder should be: this holds for root too, whom permissions don't stop.
    fs::create_dir_all(stage.place.path().join("runs")).expect("made");
    fs::write(stage.place.path().join("runs/r"), "").expect("written");
    let refused = launch(&stage.attempt, program()).expect_err("refused");
    assert!(refused.to_string().contains("runs/r/a-step.1"), "{refused}");
}
