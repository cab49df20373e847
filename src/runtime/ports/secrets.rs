//! Where secrets come from. Remembers every value that was revealed, so that it can be struck out of output.

use crate::domain::secret::{Secret, SecretRef, redacted};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Exec, Program, Secrets};
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a password manager may take: it may have to ask a person to unlock it.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest secret.
const LONGEST: usize = 64 << 10;

#[derive(Default)]
pub struct Vault(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    revealed: Vec<Secret>,
    /// What commands answered; each is run once.
    commands: HashMap<Vec<String>, Secret>,
}

impl Secrets for Vault {
    fn reveal<'a>(&'a self, secret: &'a SecretRef) -> Answer<'a, Result<Secret, Trouble>> {
        Box::pin(async move {
            let found = match secret {
                SecretRef::Env(name) => variable(name),
                SecretRef::File(path) => file(path),
                SecretRef::Command(argv) => self.answer(argv).await,
                SecretRef::Here(secret) => Ok(secret.clone()),
            }?;
            if found.expose().is_empty() {
                return Err(local(format!("{secret} holds an empty secret")));
            }
            self.remember(&found);
            Ok(found)
        })
    }

    fn known(&self) -> Vec<Secret> {
        self.kept().revealed.clone()
    }
}

impl Vault {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, secret: &Secret) {
        let mut kept = self.kept();
        if !kept.revealed.iter().any(|known| known.expose() == secret.expose()) {
            kept.revealed.push(secret.clone());
        }
    }

    async fn answer(&self, argv: &[String]) -> Result<Secret, Trouble> {
        if let Some(known) = self.kept().commands.get(argv) {
            return Ok(known.clone());
        }
        let program = Program { argv: argv.to_vec(), env: Vec::new(), timeout: PATIENCE, longest: LONGEST };
        let output = super::exec::Processes.observe(program).await?;
        if output.code != Some(0) {
            let words = String::from_utf8_lossy(&output.err);
            let name = argv.first().map_or("", String::as_str);
            return Err(local(format!(
                "`{name}` gave no secret: {}",
                redacted(words.lines().next().unwrap_or("it failed without a word"), &self.known())
            )));
        }
        let secret = text(output.out.to_vec(), &SecretRef::Command(argv.to_vec()))?;
        self.kept().commands.insert(argv.to_vec(), secret.clone());
        Ok(secret)
    }
}

fn variable(name: &str) -> Result<Secret, Trouble> {
    let value = std::env::var(name).map_err(|_| local(format!("the environment variable {name} is not set, or not UTF-8")));
    value.map(Secret::new)
}

fn file(path: &Path) -> Result<Secret, Trouble> {
    let failed = |error: std::io::Error| local(format!("cannot read the secret in {}: {error}", path.display()));
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        let text = format!("others can read the secret in {0} (mode {1:o}); run chmod 600 {0}", path.display(), mode & 0o777);
        return Err(local(text));
    }
    text(fs::read(path).map_err(failed)?, &SecretRef::File(path.to_owned()))
}

/// Without the one newline that editors and `echo` add.
fn text(bytes: Vec<u8>, from: &SecretRef) -> Result<Secret, Trouble> {
    let mut text = String::from_utf8(bytes).map_err(|_| local(format!("{from} is not UTF-8")))?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(Secret::new(text))
}

fn local(text: String) -> Trouble {
    Trouble::new(Reason::Local, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn reveal(vault: &Vault, secret: SecretRef) -> Result<String, String> {
        vault.reveal(&secret).await.map(|secret| secret.expose().to_owned()).map_err(|trouble| trouble.to_string())
    }

    #[tokio::test]
    async fn a_file_must_be_private_and_loses_one_newline() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        fs::write(&path, "s3cret\n\n").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("mode");
        let vault = Vault::default();
        let refused = reveal(&vault, SecretRef::File(path.clone())).await.expect_err("open to others");
        assert!(refused.contains("(mode 640); run chmod 600 "), "{refused}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("mode");
        assert_eq!(reveal(&vault, SecretRef::File(path)).await, Ok("s3cret\n".into()));
        assert_eq!(vault.known().len(), 1);
    }

    #[tokio::test]
    async fn a_command_runs_once_and_its_failure_is_told_in_its_words() {
        let folder = tempfile::tempdir().expect("a folder");
        let count = folder.path().join("count");
        let script = format!("echo x >> {}; echo hunter2", count.display());
        let command = SecretRef::Command(["/bin/sh", "-c", &script].map(str::to_owned).into());
        let vault = Vault::default();
        for _ in 0..2 {
            assert_eq!(reveal(&vault, command.clone()).await, Ok("hunter2".into()));
        }
        assert_eq!(fs::read_to_string(count).expect("reads"), "x\n");
        let broken = SecretRef::Command(["/bin/sh", "-c", "echo locked >&2; exit 1"].map(str::to_owned).into());
        assert_eq!(reveal(&vault, broken).await, Err("`/bin/sh` gave no secret: locked".into()));
        let telling = SecretRef::Command(["/bin/sh", "-c", "echo hunter2 is old >&2; exit 1"].map(str::to_owned).into());
        assert_eq!(reveal(&vault, telling).await, Err("`/bin/sh` gave no secret: ••• is old".into()));
    }

    #[tokio::test]
    async fn nothing_is_not_a_secret() {
        let vault = Vault::default();
        assert!(reveal(&vault, SecretRef::Env("MIDWATCH_NO_SUCH_VARIABLE".into())).await.is_err());
        assert!(reveal(&vault, SecretRef::Here(Secret::new(String::new()))).await.is_err());
    }
}
