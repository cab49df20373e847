//! The scenarios of drills, read when the console begins and again whenever one of their files changes.

use super::Globals;
use super::library::{around, shelves};
use super::session::Loaded;
use crate::config;
use crate::domain::health::FeedSpec;
use crate::domain::playbook::Playbook;
use crate::domain::settings::Settings;
use crate::model::{Body, Fact};
use crate::playbook::Catalogue;
use crate::playbook::scenario::{Around, Shelf};
use crate::runtime::Shell;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;

/// Tells a console of them, and goes on telling for as long as what it gives lives.
pub fn tell(shell: &mut Shell, globals: &Globals, config: &Loaded, catalogue: &Catalogue) -> impl Sized + use<> {
    let path = config::locate(globals.config.clone()).ok();
    let shelves = shelves(path.as_deref(), config);
    shell.event(Body::Fact(told(&Shelf::load(&shelves, around(config, catalogue)))));
    let held = Held { settings: config.settings.clone(), books: catalogue.all().to_vec(), shelves };
    watch(held, shell.facts())
}

/// What scenarios are held against when they are read again.
struct Held {
    settings: Settings,
    books: Vec<Arc<Playbook>>,
    shelves: Vec<PathBuf>,
}

impl Held {
    fn read(&self) -> Fact {
        let feeds: &[FeedSpec] = &self.settings.feeds;
        let around = Around { services: Some(&self.settings.services), feeds: Some(feeds), playbooks: Some(&self.books) };
        told(&Shelf::load(&self.shelves, around))
    }
}

fn told(shelf: &Shelf) -> Fact {
    let broken = shelf.all.iter().filter(|script| script.scenario.is_none()).map(|script| script.id.clone()).collect();
    let scripts = shelf.all.iter().filter_map(|script| script.scenario.clone()).collect();
    Fact::Scenarios { scripts: Arc::new(scripts), broken }
}

/// Watches the folders that there are; `None` where the system gives no notice of changes.
fn watch(held: Held, facts: UnboundedSender<Fact>) -> Option<RecommendedWatcher> {
    let shelves = held.shelves.clone();
    let hear = move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            let _ = facts.send(held.read());
        }
    };
    let mut watcher = notify::recommended_watcher(hear).ok()?;
    for shelf in shelves {
        // One that is made later is read by the next start.
        let _ = watcher.watch(&shelf, RecursiveMode::NonRecursive);
    }
    Some(watcher)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::sync::mpsc::unbounded_channel;

    #[tokio::test]
    async fn a_scenario_that_is_written_or_mended_is_read_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let (facts, mut told) = unbounded_channel();
        let held = Held { settings: Settings::default(), books: Vec::new(), shelves: vec![folder.path().to_owned()] };
        let _watched = watch(held, facts).expect("notice of changes");
        let script = folder.path().join("night.yaml");
        let mut after = async |text: &str, wanted: fn(&[String], &[String]) -> bool| {
            std::fs::write(&script, text).expect("written");
            loop {
                let fact = tokio::time::timeout(Duration::from_secs(60), told.recv()).await.expect("in time").expect("a fact");
                let Fact::Scenarios { scripts, broken } = fact else { panic!("{fact:?}") };
                let names: Vec<String> = scripts.iter().map(|script| script.id.clone()).collect();
                if wanted(&names, &broken) {
                    return;
                }
            }
        };
        after("midwatch: 1\nscenario: [\n", |_, broken| broken.iter().any(|name| name == "night")).await;
        let good = "scenario: 1\nid: our-night\ntitle: Our night\nkind: tabletop\nbeats:\n  - {at: 0s, note: The phone rings.}\n";
        after(good, |names, broken| names.iter().any(|name| name == "our-night") && !broken.iter().any(|name| name == "night"))
            .await;
    }
}
