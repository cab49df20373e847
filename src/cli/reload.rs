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
        // That it is gone, or may not be read, is told too: nothing stands in it then. Who has none began with nothing.
        let text = Secret::new(config::text(&path).unwrap_or_default());
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

    #[test]
    fn that_others_may_write_it_and_that_it_is_gone_is_told() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, "feeds: []\n").expect("written");
        let globals = Globals { config: Some(path.clone()), ..Globals::default() };
        let told = || {
            let (sender, mut receiver) = unbounded_channel();
            let _watched = watch(sender, &globals, &Secret::new("feeds: []\n".to_owned())).expect("is watched");
            receiver.try_recv().ok().and_then(Result::err)
        };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("ours");
        assert!(told().is_some_and(|why| why.contains("others can write to")));
        std::fs::remove_file(&path).expect("ours");
        assert!(told().is_some_and(|why| why.contains("cannot read the configuration")));
    }
}
