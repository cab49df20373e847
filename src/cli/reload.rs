//! Reads the configuration again when its file changes, while the console is open. A broken file changes nothing.

use super::Globals;
use super::session::{self, Loaded};
use crate::config;
use crate::domain::secret::Secret;
use crate::domain::settings::Settings;
use crate::runtime::notice::{self, Notice};
use crate::runtime::shell::{Configured, Reload};
use tokio::sync::mpsc::UnboundedSender;

/// Watches for as long as what it gives lives; `None` where the system gives no notice of changes. `read` is what is known of the file:
/// what was changed since is taken over at once.
pub fn watch(reloads: UnboundedSender<Reload>, globals: &Globals, read: &Secret) -> Option<Notice> {
    let path = config::locate(globals.config.clone()).ok()?;
    // Editors write in several steps: what was read last is not read out again.
    let (globals, mut last) = (globals.clone(), read.clone());
    notice::follow(path.clone(), move || {
        let Some(text) = config::text(&path).map(Secret::new) else { return };
        if last.expose() != text.expose() {
            last = text;
            let _ = reloads.send(reload(&globals));
        }
    })
}

fn reload(globals: &Globals) -> Reload {
    let quiet = Globals { quiet: true, ..globals.clone() };
    let Loaded { settings, sources, feeds, tellers, console, .. } =
        session::load(&quiet).map_err(|error| format!("{error:#}"))?;
    let settings = Settings { read_only: globals.read_only, ..settings };
    Ok(Box::new(Configured { settings, sources, feeds, tellers, caller: session::caller(&console) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::unbounded_channel;

    #[test]
    fn what_was_changed_before_anybody_watched_is_taken_over_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, "feeds: []\n").expect("written");
        let globals = Globals { config: Some(path), ..Globals::default() };
        let changes = |read: &str| {
            let (sender, mut receiver) = unbounded_channel();
            let _watched = watch(sender, &globals, &Secret::new(read.to_owned())).expect("is watched");
            receiver.try_recv().is_ok()
        };
        assert!(changes("sources: []\n"));
        assert!(!changes("feeds: []\n"));
    }
}
