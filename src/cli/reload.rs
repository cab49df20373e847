//! Reads the configuration again when its file changes, while the console is open. A broken file changes nothing.

use super::Globals;
use super::session::{self, Loaded};
use crate::config;
use crate::domain::secret::Secret;
use crate::domain::settings::Settings;
use crate::runtime::notice::{self, Notice};
use crate::runtime::shell::{Configured, Reload};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
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
            let said = said(last.expose(), text.expose());
            last = text;
            let _ = reloads.send(reload(&globals, said));
        }
    })
}

fn reload(globals: &Globals, said: String) -> Reload {
    let quiet = Globals { quiet: true, ..globals.clone() };
    let Loaded { settings, sources, feeds, tellers, console, .. } =
        session::load(&quiet).map_err(|error| format!("{error:#}"))?;
    let settings = Settings { read_only: globals.read_only, ..settings };
    Ok(Box::new(Configured { settings, sources, feeds, tellers, caller: session::caller(&console), said }))
}

/// What a running console does not take over: what it was opened with.
fn waits_for_start(key: &str) -> bool {
    let opened = ["theme", "time_zone", "mouse", "motion", "hyperlinks", "keys", "layouts"];
    let of_console = key.strip_prefix("console.").is_some_and(|key| opened.contains(&key));
    of_console || (key.starts_with("playbooks") && key != "playbooks.diagnose")
}

/// One line for whoever looks: what of the file is in force now, and what only after a restart.
fn said(before: &str, now: &str) -> String {
    let changed = changed(before, now);
    let (later, now): (Vec<String>, Vec<String>) = changed.into_iter().partition(|key| waits_for_start(key));
    let part = |keys: Vec<String>, how: &str| (!keys.is_empty()).then(|| format!("{how}: {}.", keys.join(", ")));
    let parts = [part(now, "In force now"), part(later, "Only after a restart of this program")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match parts.is_empty() {
        true => "The configuration was read again: what it means has not changed.".to_owned(),
        false => format!("The configuration was read again. {}", parts.join(" ")),
    }
}

/// The keys whose values differ; of `console` and `playbooks`, which are taken over in part, those below them.
fn changed(before: &str, now: &str) -> Vec<String> {
    let read = |text: &str| serde_yaml::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let (before, now) = (read(before), read(now));
    let part = |all: &Map<String, Value>, key: &str| all.get(key).and_then(Value::as_object).cloned();
    let below = |key: &String| match ["console", "playbooks"].contains(&key.as_str()) {
        // What is not there has nothing below it.
        true => match (before.get(key).map(Value::is_object), now.get(key).map(Value::is_object)) {
            (Some(false), _) | (_, Some(false)) => vec![key.clone()],
            _ => {
                let (before, now) = (part(&before, key).unwrap_or_default(), part(&now, key).unwrap_or_default());
                differing(&before, &now).map(|name| format!("{key}.{name}")).collect()
            }
        },
        false => vec![key.clone()],
    };
    differing(&before, &now).collect::<Vec<_>>().iter().flat_map(below).collect()
}

fn differing(before: &Map<String, Value>, now: &Map<String, Value>) -> impl Iterator<Item = String> {
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let differ = keys.into_iter().filter(|key| before.get(*key) != now.get(*key)).cloned();
    differ.collect::<Vec<_>>().into_iter()
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
    fn what_a_change_means_now_and_what_only_after_a_restart_is_one_line() {
        let before = "sources: []\nconsole: {theme: dark, views: {a: x}}\nplaybooks: [one]\n";
        let told = |now: &str| said(before, now);
        assert_eq!(told(&format!("# a remark\n{before}")), "The configuration was read again: what it means has not changed.");
        let both = told("feeds: []\nsources: []\nconsole: {theme: light, views: {a: y}, mouse: false}\nplaybooks: [one, two]\n");
        let words = "The configuration was read again. In force now: console.views, feeds. \
            Only after a restart of this program: console.mouse, console.theme, playbooks.";
        assert_eq!(both, words);
        assert_eq!(
            said("", "console: {keys: {ack: a}}\nplaybooks: {diagnose: true}\n"),
            "The configuration was read again. In force now: playbooks.diagnose. Only after a restart of this program: console.keys."
        );
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
