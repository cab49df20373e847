//! All scenarios: the team's own, then those that come with the program. A team's own takes the place of the bundled one of its id.

use super::{Around, BUNDLED, Script, read};
use crate::domain::node::nearest;
use crate::domain::playbook::Place;
use crate::playbook::folder::{self, Found};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where scenarios lie: in this folder beside the configuration, and in each folder of playbooks.
pub const FOLDER: &str = "scenarios";

/// Sorted by id.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    pub all: Vec<Script>,
    /// What was wrong with folders as a whole, one sentence each.
    pub troubles: Vec<String>,
}

impl Shelf {
    /// Those of the folders that are there, and the bundled ones. Those are about nobody's services.
    pub fn load(folders: &[PathBuf], around: Around<'_>) -> Self {
        let mut shelf = Self::own(folders, around);
        let bundled = Around { services: None, feeds: None, ..around };
        for (name, text) in BUNDLED {
            let script = read(text, Place::Bundled(name), bundled);
            if shelf.find(&script.id).is_none() {
                shelf.all.push(script);
            }
        }
        shelf.all.sort_by(|one, other| one.id.cmp(&other.id));
        shelf
    }

    /// Those of the folders that are there.
    pub fn own(folders: &[PathBuf], around: Around<'_>) -> Self {
        let mut shelf = Self::default();
        for folder in folders.iter().filter(|folder| folder::is_there(folder)) {
            for found in folder::scripts(folder, &mut shelf.troubles) {
                shelf.add(of_file(found, around));
            }
        }
        shelf
    }

    fn add(&mut self, mut script: Script) {
        if let Some(first) = self.find(&script.id) {
            let message = format!("the id `{}` is that of {} too", script.id, first.place);
            script.fail("S008", message, "give one of them another `id`");
        }
        self.all.push(script);
    }

    fn find(&self, id: &str) -> Option<&Script> {
        self.all.iter().find(|script| script.id == id)
    }

    /// The one of this id. The error says which names are near.
    pub fn get(&self, name: &str) -> Result<&Script, String> {
        self.find(name).ok_or_else(|| {
            let names: Vec<&str> = self.all.iter().map(|script| script.id.as_str()).collect();
            match nearest(name, &names) {
                Some(near) => format!("there is no scenario `{name}`; did you mean `{near}`?"),
                None => format!("there is no scenario `{name}`: {}", names.join(", ")),
            }
        })
    }
}

/// One file, wherever it lies.
pub fn file(path: &Path, around: Around<'_>) -> Script {
    of_file(folder::one(path), around)
}

fn of_file(found: Found, around: Around<'_>) -> Script {
    let place = Place::File(found.path);
    match found.text {
        Ok(text) => read(&text, place, around),
        Err(why) => {
            let mut script =
                Script { id: crate::playbook::stem(&place), place, scenario: None, problems: Vec::new(), text: Arc::from("") };
            script.fail("S009", why, "a scenario is a file of YAML");
            script
        }
    }
}
