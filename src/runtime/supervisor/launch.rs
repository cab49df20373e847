//! The console's side: write the order, then start the supervisor.

use super::folder::{Folder, Order, Refusal};
use crate::domain::secret::Secret;
use crate::runtime::loose;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// One attempt that is recorded and may be started.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub folder: PathBuf,
    pub order: Order,
    pub block: String,
    /// The block's whole environment: nothing else is handed on.
    pub env: Vec<(String, String)>,
    /// The part of it that is never written anywhere.
    pub secrets: Vec<(String, Secret)>,
}

/// The program that is running, also after an upgrade has replaced its file.
pub fn own_binary() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}

/// Makes the attempt's folder and starts its supervisor with `exe`. The supervisor outlives whoever calls this; the handle
/// is for reaping only. When this fails nothing was executed.
pub fn launch(attempt: &Attempt, exe: &Path) -> Result<Child, Refusal> {
    let folder = Folder::create(&attempt.folder)?;
    let hidden = attempt.secrets.iter().map(|(name, _)| name.clone()).collect();
    folder.write("intent.json", &Order { hidden, ..attempt.order.clone() })?;
    // Last: without a block, nothing can have been executed.
    folder.write_text("block", &attempt.block)?;
    spawn(&folder, attempt, exe).map_err(|source| Refusal::Io { path: exe.to_owned(), source })
}

/// A plain spawn: no pipe that breaks when we die, and no group, for the leader of one can't leave its session. Whoever needs our
/// terminal stays in our session, but in a group that hears none of its keys.
fn spawn(folder: &Folder, attempt: &Attempt, exe: &Path) -> std::io::Result<Child> {
    let log = OpenOptions::new().append(true).create(true).mode(0o600).open(folder.file("log"))?;
    let mut command = Command::new(exe);
    command.arg("__supervise").arg(folder.path()).env_clear();
    command.envs(attempt.env.iter().map(|(name, value)| (name, value)));
    command.envs(attempt.secrets.iter().map(|(name, value)| (name, value.expose())));
    match attempt.order.terminal {
        Some(_) => command.arg("--terminal").stdin(Stdio::inherit()).process_group(0),
        None => command.stdin(Stdio::null()),
    };
    command.current_dir("/").stdout(log.try_clone()?).stderr(log);
    loose::started(|| command.spawn())
}
