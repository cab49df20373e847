//! Who tells of the last verified restore.

use super::{LONGEST, plugin, reports};
use crate::domain::backup::Restore;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Ports;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub enum Told {
    File(PathBuf),
    Command(Vec<String>),
}

impl Told {
    pub async fn last(&self, ports: &Ports, limit: Duration) -> Result<Option<Restore>, Trouble> {
        match self {
            Self::File(file) => written(file, ports, limit).await,
            Self::Command(argv) => printed(argv, ports, limit).await,
        }
    }
}

/// The file that whoever has verified a restore writes: when it was written, and in it how long the restore took (`35m`), if anything.
async fn written(file: &Path, ports: &Ports, limit: Duration) -> Result<Option<Restore>, Trouble> {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return Ok(None) };
    let listed = ports.files.list(folder, limit).await?;
    let Some(found) = listed.into_iter().find(|listed| name == listed.name.as_str()) else { return Ok(None) };
    let text = ports.files.head(file, 4_096, limit).await?;
    let word = String::from_utf8_lossy(&text);
    let took = humantime::parse_duration(word.trim()).ok();
    Ok(Some(Restore { at: found.modified, took }))
}

/// A program that prints all restores that were verified, in the form of our own listing; the last one counts.
async fn printed(argv: &[String], ports: &Ports, limit: Duration) -> Result<Option<Restore>, Trouble> {
    let text = plugin::output(argv, Vec::new(), ports, limit, LONGEST).await?;
    let name = argv.first().map_or("", String::as_str);
    let nonsense = |why| Trouble::new(Reason::Nonsense, format!("{name} printed something else than restores: {why}"));
    let all = reports::own(&text, None).map_err(nonsense)?;
    let last = all.into_iter().filter(|one| !one.broken).max_by_key(|one| one.at);
    let took = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
    Ok(last.map(|one| Restore { at: one.at, took: one.took.and_then(took) }))
}
