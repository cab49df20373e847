//! What of this machine may bite later, though no file is wrong: commands that would end with the session that started
//! them, playbooks that are out of date. Only looks, and is silent about what it can't see.

use crate::cli::{Globals, out, session};
use crate::domain::playbook::Behind;
use crate::playbook;
use crate::ports::{Files, Ports, Program};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What may happen, and what to do about it.
pub struct Warning {
    message: String,
    help: String,
}

impl Warning {
    pub fn shown(&self) -> String {
        format!("this machine: warning: {}\nhelp: {}\n", out::inert(&self.message), out::inert(&self.help))
    }

    pub fn document(&self) -> Value {
        json!({"message": self.message, "help": self.help})
    }
}

/// # Errors
/// This process can't wait for programs.
pub fn warnings(globals: &Globals, folders: &[PathBuf]) -> anyhow::Result<Vec<Warning>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|user| user.name);
    let process = std::process::id();
    Ok(runtime.block_on(look(&session::ports(globals), user.as_deref().unwrap_or_default(), process, folders)))
}

async fn look(ports: &Ports, user: &str, process: u32, folders: &[PathBuf]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if ends_at_logout(ports, user).await {
        warnings.push(Warning {
            message: format!(
                "the login manager ends all processes of {user} at logout (KillUserProcesses=yes): commands of playbooks that still run are killed then"
            ),
            help: format!("`loginctl enable-linger {user}` keeps them running"),
        });
    }
    if entered_from_outside(ports.files.as_ref(), process) {
        warnings.push(Warning {
            message: "this session was opened into a container from outside (docker exec, kubectl exec): commands of playbooks that still \
                      run may be killed with it"
                .to_owned(),
            help: "start midwatch from the container's own main process, or run it outside of the container".to_owned(),
        });
    }
    let behind = join_all(folders.iter().map(|folder| playbook::behind(folder, ports))).await;
    warnings.extend(behind.into_iter().flatten().map(stale));
    warnings
}

fn stale(behind: Behind) -> Warning {
    let help = format!("`git -C {} pull` brings them", behind.folder.display());
    Warning { message: format!("{behind}, as that was fetched last: its playbooks may be out of date"), help }
}

/// What the login manager says of itself: its file, the drop-ins and the distribution's own choice together.
async fn ends_at_logout(ports: &Ports, user: &str) -> bool {
    let lingers = ports.files.read(&Path::new("/var/lib/systemd/linger").join(user), 0).is_ok();
    let Some(answer) = (if lingers { None } else { ask_login_manager(ports).await }) else { return false };
    let mut lines = answer.lines();
    let kills = lines.next() == Some("b true");
    let mut users = || lines.next().map(|line| line.split('"').skip(1).step_by(2).collect::<Vec<_>>()).unwrap_or_default();
    let (only, but) = (users(), users());
    kills && !but.contains(&user) && (only.is_empty() || only.contains(&user))
}

async fn ask_login_manager(ports: &Ports) -> Option<String> {
    let words = "busctl --system get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager \
                 KillUserProcesses KillOnlyUsers KillExcludeUsers";
    let program = Program {
        argv: words.split_whitespace().map(str::to_owned).collect(),
        env: Vec::new(),
        timeout: Duration::from_secs(5),
        longest: 64 << 10,
    };
    let output = ports.exec.observe(program).await.ok().filter(|output| output.code == Some(0))?;
    String::from_utf8(output.out.to_vec()).ok()
}

/// A process whose forebears end before process 1: its parent lives outside of this container.
fn entered_from_outside(files: &dyn Files, process: u32) -> bool {
    let mut forebear = process;
    while let Some(parent) = parent(files, forebear) {
        if parent == 0 {
            return forebear != 1;
        }
        forebear = parent;
    }
    false
}

fn parent(files: &dyn Files, process: u32) -> Option<u32> {
    let stat = files.read(Path::new(&format!("/proc/{process}/stat")), 4096).ok()?;
    // The name of a program may contain spaces and parentheses; it ends with the last of them.
    let text = String::from_utf8_lossy(&stat);
    text.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests;
