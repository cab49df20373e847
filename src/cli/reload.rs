//! Reads the configuration again when its file changes, while the console is open. A broken file changes nothing.

use super::Globals;
use super::session::{self, Loaded};
use crate::config;
use crate::domain::settings::Settings;
use crate::runtime::Shell;
use crate::runtime::shell::{Configured, Reload};
use notify::{RecursiveMode, Watcher};
use std::path::Path;
use std::sync::Mutex;

/// Watches for as long as what it gives lives; `None` where the system gives no notice of changes.
pub fn watch(shell: &Shell, globals: &Globals) -> Option<impl Sized + use<>> {
    let path = config::locate(globals.config.clone()).ok()?;
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")).to_owned();
    let (reloads, globals, file) = (shell.reloads(), globals.clone(), path.clone());
    // Editors write in several steps, each of which is told: what was read last is not read out again.
    let last = Mutex::new(config::text(&path));
    let look = move |event: notify::Result<notify::Event>| {
        let ours = |event: &notify::Event| {
            !event.kind.is_access() && event.paths.iter().any(|path| path.file_name() == file.file_name())
        };
        if !event.is_ok_and(|event| ours(&event)) {
            return;
        }
        let text = config::text(&file);
        let Ok(mut last) = last.lock() else { return };
        if text.is_some() && *last != text {
            *last = text;
            let _ = reloads.send(reload(&globals));
        }
    };
    let mut watcher = notify::recommended_watcher(look).ok()?;
    watcher.watch(&folder, RecursiveMode::NonRecursive).ok()?;
    Some(watcher)
}

fn reload(globals: &Globals) -> Reload {
    let quiet = Globals { quiet: true, ..globals.clone() };
    let Loaded { settings, sources, feeds, tellers, .. } = session::load(&quiet).map_err(|error| format!("{error:#}"))?;
    let settings = Settings { read_only: globals.read_only, ..settings };
    Ok(Box::new(Configured { settings, sources, feeds, tellers }))
}
