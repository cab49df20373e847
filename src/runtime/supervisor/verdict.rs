//! What a console may conclude from an attempt that has an intent and no end.

use super::folder::{Exit, Folder, Refusal, Started};
use super::processes::{self, Process};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    pub exit: Option<Exit>,
    pub started: Option<Started>,
    /// Somebody holds the attempt's lock.
    pub locked: bool,
    /// The machine has not been restarted since.
    pub same_boot: bool,
    /// Processes that carry the attempt's name.
    pub survivors: Vec<Process>,
    /// The text to run was written.
    pub block: bool,
}

/// What it means.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It has ended, like this.
    Ended(Exit),
    /// Its supervisor lives: tail it, the deadline is the supervisor's.
    Running,
    /// Its supervisor was killed and these live on.
    UnknownAlive(Vec<Process>),
    Unknown(Why),
    /// Certain: there was nothing to execute.
    NotExecuted,
}

/// Why nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    SupervisorKilled,
    MachineRestarted,
    /// Most likely not executed, but that can't be proven.
    NeverStarted,
}

impl Why {
    /// One sentence for the operator.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::SupervisorKilled => "its supervisor was killed before it could write how the command ended",
            Self::MachineRestarted => "the machine was restarted while the command ran",
            Self::NeverStarted => "the supervisor never reported a start; most likely nothing was executed",
        }
    }
}

/// The table of the design, row by row.
pub fn verdict(found: Evidence) -> Verdict {
    match found {
        Evidence { exit: Some(exit), .. } => Verdict::Ended(exit),
        Evidence { block: false, .. } => Verdict::NotExecuted,
        Evidence { same_boot: false, .. } => Verdict::Unknown(Why::MachineRestarted),
        Evidence { locked: true, .. } => Verdict::Running,
        Evidence { survivors, .. } if !survivors.is_empty() => Verdict::UnknownAlive(survivors),
        Evidence { started: None, .. } => Verdict::Unknown(Why::NeverStarted),
        Evidence { started: Some(_), .. } => Verdict::Unknown(Why::SupervisorKilled),
    }
}

/// Looks at an attempt. `name` is what its processes carry: `PLAYBOOK_RUN`, `PLAYBOOK_STEP`, `PLAYBOOK_ATTEMPT`.
pub fn observe(folder: &Folder, name: &[(&str, String)]) -> Result<Evidence, Refusal> {
    let same_boot = |boot: &str| boot == processes::boot_id();
    let locked = is_locked(folder)?;
    let order = folder.order()?;
    let mut found = Evidence {
        same_boot: order.as_ref().is_none_or(|order| same_boot(&order.boot_id)),
        block: order.is_some() && folder.has("block"),
        started: folder.started()?,
        locked,
        ..Evidence::default()
    };
    if !locked && found.same_boot {
        found.survivors = processes::with_environment(name);
    }
    // Last: a supervisor that let the lock go a moment ago has written it before.
    found.exit = folder.exit()?;
    Ok(found)
}

/// Looks at an attempt of another console and settles what it means: one that was never started never will be.
pub fn adopt(folder: &Folder, name: &[(&str, String)]) -> Result<Verdict, Refusal> {
    fence(folder)?;
    observe(folder, name).map(verdict)
}

/// A supervisor may have been spawned and not yet got so far as to take its lock.
fn fence(folder: &Folder) -> Result<(), Refusal> {
    if !folder.path().is_dir() || folder.has("started.json") {
        return Ok(());
    }
    let lock = folder.lock_file()?;
    if lock.try_lock().is_ok() && !folder.has("started.json") {
        folder.write_text("fenced", "found without a start\n")?;
    }
    Ok(())
}

fn is_locked(folder: &Folder) -> Result<bool, Refusal> {
    let path = folder.file("lock");
    match std::fs::File::open(&path) {
        Ok(lock) => Ok(matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Refusal::Io { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;

    fn exit() -> Exit {
        serde_json::from_value(serde_json::json!({"v": 1, "code": 0, "signal": null, "timed_out": false, "cancelled": false,
            "survivors": [], "truncated": false, "at": Utc::now()}))
        .expect("an exit record")
    }

    fn started() -> Option<Started> {
        Some(Started { v: 1, pid: 1, pid_start: 1, boot_id: "b".into(), at: Utc::now() })
    }

    fn somebody() -> Vec<Process> {
        vec![Process { pid: 7, start: 7, name: "sleep".into() }]
    }

    #[test]
    fn every_row_of_the_table() {
        let all = Evidence { exit: None, started: started(), locked: false, same_boot: true, survivors: Vec::new(), block: true };
        let rows = [
            (Evidence { exit: Some(exit()), same_boot: false, ..all.clone() }, None),
            (Evidence { exit: Some(exit()), locked: true, survivors: somebody(), ..all.clone() }, None),
            (Evidence { locked: true, survivors: somebody(), ..all.clone() }, Some(Verdict::Running)),
            (Evidence { locked: true, started: None, ..all.clone() }, Some(Verdict::Running)),
            (Evidence { survivors: somebody(), ..all.clone() }, Some(Verdict::UnknownAlive(somebody()))),
            (Evidence { survivors: somebody(), started: None, ..all.clone() }, Some(Verdict::UnknownAlive(somebody()))),
            (all.clone(), Some(Verdict::Unknown(Why::SupervisorKilled))),
            (Evidence { same_boot: false, ..all.clone() }, Some(Verdict::Unknown(Why::MachineRestarted))),
            (Evidence { same_boot: false, survivors: somebody(), ..all.clone() }, Some(Verdict::Unknown(Why::MachineRestarted))),
            (Evidence { started: None, ..all.clone() }, Some(Verdict::Unknown(Why::NeverStarted))),
            (Evidence { started: None, block: false, ..all.clone() }, Some(Verdict::NotExecuted)),
        ];
        for (found, expected) in rows {
            match expected {
                Some(expected) => assert_eq!(verdict(found.clone()), expected, "{found:?}"),
                None => assert!(matches!(verdict(found.clone()), Verdict::Ended(_)), "{found:?}"),
            }
        }
    }
}
