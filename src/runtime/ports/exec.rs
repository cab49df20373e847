//! Programs that only look. Each runs in a process group of its own, so that ending it ends what it started too.
//! Invariant: a program ends with its future at the latest, whether that was answered, timed out or dropped.

use crate::domain::entry::Intent;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Exec, Output, Program};
use crate::runtime::loose;
use bytes::Bytes;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long the output of a program that has ended may stay open: something that it left behind holds it.
const LINGER: Duration = Duration::from_millis(200);

pub struct Processes;

impl Exec for Processes {
    fn observe(&self, program: Program) -> Answer<'_, Result<Output, Trouble>> {
        Box::pin(run(program))
    }

    fn act(&self, program: Program, intent: Intent) -> Answer<'_, Result<Output, Trouble>> {
        if intent.is_drill() {
            let why = "not run: it is of a drill, which acts on nothing real";
            return Box::pin(async move { Err(Trouble::new(Reason::Local, why)) });
        }
        Box::pin(run(program))
    }
}

async fn run(program: Program) -> Result<Output, Trouble> {
    let began = Instant::now();
    let mut child = start(&program)?;
    let mut group = Group(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw));
    let outcome = timeout(program.timeout, collect(&mut child, program.longest, &mut group)).await;
    let name = program.argv.first().map_or("", String::as_str);
    match outcome {
        Ok(Ok((status, out, err))) => {
            group.0 = None;
            Ok(Output { code: status.code(), out, err, took: began.elapsed() })
        }
        Ok(Err(error)) => Err(Trouble::new(Reason::Local, format!("lost sight of {name}: {error}"))),
        Err(_) => Err(overdue(name, program.timeout)),
    }
}

fn start(program: &Program) -> Result<Child, Trouble> {
    let Some((name, arguments)) = program.argv.split_first() else {
        return Err(Trouble::new(Reason::Local, "no program is named"));
    };
    let mut command = Command::new(name);
    command.args(arguments).envs(program.env.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    loose::started(|| command.spawn()).map_err(|error| Trouble::new(Reason::Local, format!("cannot start {name}: {error}")))
}

fn overdue(name: &str, limit: Duration) -> Trouble {
    let limit = humantime::format_duration(limit);
    Trouble::new(Reason::Timeout, format!("{name} did not end within {limit} and was killed"))
}

/// Waits for the end and for all output. What still holds the output open after the end is killed.
async fn collect(child: &mut Child, longest: usize, group: &mut Group) -> std::io::Result<(ExitStatus, Bytes, Bytes)> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let reading = async { tokio::join!(read(out, longest), read(err, longest)) };
    tokio::pin!(reading);
    let (status, early) = tokio::select! {
        biased;
        pair = &mut reading => (child.wait().await?, Some(pair)),
        status = child.wait() => (status?, None),
    };
    let (out, err) = match early {
        Some(pair) => pair,
        None => match timeout(LINGER, &mut reading).await {
            Ok(pair) => pair,
            Err(_) => {
                // The id can't have been given to others: somebody of the group is still there.
                group.kill();
                group.0 = None;
                reading.await
            }
        },
    };
    Ok((status, out, err))
}

/// Reads to the end, keeps the first `longest` bytes and drops the rest, so that the writer never blocks.
async fn read(stream: Option<impl AsyncRead + Unpin>, longest: usize) -> Bytes {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else { return kept.into() };
    let mut chunk = [0; 8192];
    while let Ok(count @ 1..) = stream.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..count.min(longest - kept.len())]);
    }
    kept.into()
}

/// Kills the process group unless the program is known to have ended.
struct Group(Option<Pid>);

impl Group {
    fn kill(&self) {
        if let Some(id) = self.0 {
            // It may be gone already, which is what was wanted.
            let _ = killpg(id, Signal::SIGKILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Program {
        let argv = ["/bin/sh", "-c", script].map(str::to_owned).into();
        Program { argv, env: vec![("GREETING".into(), "hello".into())], timeout: Duration::from_secs(20), longest: 1_000 }
    }

    #[tokio::test]
    async fn code_output_and_environment_come_through() {
        let output = Processes.observe(sh("echo $GREETING; echo bad >&2; exit 2")).await.expect("runs");
        assert_eq!((output.code, &output.out[..], &output.err[..]), (Some(2), &b"hello\n"[..], &b"bad\n"[..]));
    }

    #[tokio::test]
    async fn more_output_than_is_kept_does_not_block_the_program() {
        let output = Processes.observe(sh("head -c 300000 /dev/zero; exit 1")).await.expect("runs");
        assert_eq!((output.code, output.out.len()), (Some(1), 1_000));
    }

    #[tokio::test]
    async fn a_program_killed_by_a_signal_has_no_code() {
        assert_eq!(Processes.observe(sh("kill -9 $$")).await.expect("runs").code, None);
    }

    #[tokio::test]
    async fn the_deadline_ends_the_children_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        // The grandchild holds the pipe's writing end; reading it to its end proves that the grandchild is gone.
        let script = format!("sleep 1000 > {} & wait", pipe.display());
        let program = Program { timeout: Duration::from_millis(300), ..sh(&script) };
        let reader = tokio::task::spawn_blocking(move || std::fs::read(pipe));
        let trouble = Processes.observe(program).await.expect_err("too slow");
        assert_eq!(trouble.reason, Reason::Timeout);
        assert_eq!(reader.await.expect("joins").expect("reads"), b"");
    }

    #[tokio::test]
    async fn what_a_program_leaves_behind_does_not_hold_its_answer() {
        let output = Processes.observe(sh("sleep 1000 & echo done")).await.expect("runs");
        assert_eq!((output.code, &output.out[..]), (Some(0), &b"done\n"[..]));
        assert!(output.took < Duration::from_secs(15));
    }

    #[tokio::test]
    async fn a_missing_program_is_a_local_trouble() {
        let program = Program { argv: vec!["/nowhere/check_disk".into()], ..sh("") };
        let trouble = Processes.observe(program).await.expect_err("missing");
        assert_eq!(trouble.reason, Reason::Local);
        assert!(trouble.to_string().starts_with("cannot start /nowhere/check_disk: No such file"), "{trouble}");
    }
}
