//! All playbooks: those of the configured folders, then the bundled ones. A folder's playbook takes the place of the
//! bundled one of its id. Nothing here can make another file unreadable: each stands or falls alone.

use super::bundled::BUNDLED;
use super::folder::{self, Found};
use crate::domain::alert::Labels;
use crate::domain::ids::ServiceName;
use crate::domain::node::{Level, Problem, Span, nearest};
use crate::domain::playbook::{Fit, How, KindSpec, Place, Playbook, Step, matching};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Sorted by id.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    pub(super) list: Vec<Arc<Playbook>>,
    /// What the library as a whole lacks, once it has been surveyed.
    pub gaps: Vec<Problem>,
    /// What was wrong with folders as a whole, one sentence each.
    pub troubles: Vec<String>,
}

impl Catalogue {
    /// Reads every playbook of the folders, and the bundled ones.
    pub fn load(folders: &[PathBuf], kinds: &[&'static KindSpec]) -> Self {
        let mut catalogue = Self::default();
        for folder in folders {
            for found in folder::list(folder, &mut catalogue.troubles) {
                catalogue.add(of_file(found, kinds));
            }
        }
        for (name, text) in BUNDLED {
            catalogue.add_bundled(super::read(text, Place::Bundled(name), kinds));
        }
        catalogue.list.sort_by(|a, b| (&a.id, a.place.to_string()).cmp(&(&b.id, b.place.to_string())));
        catalogue
    }

    pub fn all(&self) -> &[Arc<Playbook>] {
        &self.list
    }

    /// The playbook of this id, file name, or unique beginning of an id. The error says which names are near.
    pub fn get(&self, name: &str) -> Result<&Arc<Playbook>, String> {
        let wanted = name.strip_suffix(".md").unwrap_or(name);
        let exact = self
            .list
            .iter()
            .find(|playbook| playbook.id.as_str() == wanted && playbook.problems.iter().all(|p| p.code != Some("E006")));
        let by_file = || self.list.iter().find(|playbook| playbook.place.file_name() == name);
        if let Some(found) = exact.or_else(by_file) {
            return Ok(found);
        }
        let begin: Vec<_> =
            self.list.iter().filter(|playbook| !wanted.is_empty() && playbook.id.as_str().starts_with(wanted)).collect();
        match begin.as_slice() {
            [one] => Ok(one),
            [] => Err(self.unknown(name)),
            many => Err(format!(
                "`{name}` may be {}",
                many.iter().map(|playbook| playbook.id.as_str()).collect::<Vec<_>>().join(", ")
            )),
        }
    }

    fn unknown(&self, name: &str) -> String {
        let ids: Vec<&str> = self.list.iter().map(|playbook| playbook.id.as_str()).collect();
        match nearest(name, &ids) {
            Some(near) => format!("there is no playbook `{name}`; did you mean `{near}`?"),
            None => format!("there is no playbook `{name}`; `midwatch playbook list` shows them all"),
        }
    }

    /// The playbooks that fit an alert, best first.
    pub fn matching(&self, labels: &Labels, annotations: &Labels, service: Option<&ServiceName>) -> Vec<(&Arc<Playbook>, Fit)> {
        matching(&self.list, labels, annotations, service)
    }

    fn add(&mut self, mut playbook: Playbook) {
        if let Some(first) = self.list.iter().find(|other| other.id == playbook.id) {
            let message = format!("the id `{}` is that of {} too, and this one can't be run", playbook.id, first.place);
            let help = "give one of them another `id`".to_owned();
            playbook.problems.push(whole(Level::Error, "E006", message, help));
        }
        self.list.push(Arc::new(playbook));
    }

    fn add_bundled(&mut self, playbook: Playbook) {
        let Some(own) = self.list.iter_mut().find(|other| other.id == playbook.id) else {
            return self.list.push(Arc::new(playbook));
        };
        if own.digest == playbook.digest {
            // A copy of it is no other playbook.
            return;
        }
        let message = format!("it takes the place of the bundled playbook `{}`", playbook.id);
        Arc::make_mut(own).problems.push(whole(Level::Warning, "W100", message, "give it another `id` to have both".to_owned()));
    }
}

/// Files that one playbook may lead to.
const MOST_LINKED: usize = 100;

impl Catalogue {
    /// The playbook in one file, wherever that lies, first; then those that it runs as a part of itself.
    pub fn of_file(path: &Path, kinds: &[&'static KindSpec]) -> Self {
        let mut catalogue = Self { list: vec![Arc::new(of_file(folder::one(path), kinds))], ..Self::default() };
        let mut index = 0;
        while index < catalogue.list.len().min(MOST_LINKED) {
            for path in linked(&catalogue.list[index]) {
                if !catalogue.list.iter().any(|known| matches!(&known.place, Place::File(own) if *own == path)) {
                    catalogue.list.extend(folder::there(&path).map(|found| Arc::new(of_file(found, kinds))));
                }
            }
            index += 1;
        }
        catalogue
    }
}

/// The files of the playbooks that a playbook runs.
fn linked(playbook: &Playbook) -> Vec<PathBuf> {
    let link = |step: &Step| match &step.how {
        How::Child(child) => playbook.place.folder().map(|folder| folder.join(child.link.split('#').next().unwrap_or(""))),
        _ => None,
    };
    playbook.steps.iter().filter_map(link).collect()
}

fn of_file(found: Found, kinds: &[&'static KindSpec]) -> Playbook {
    let place = Place::File(found.path);
    let mut playbook = match found.text {
        Ok(text) => super::read(&text, place, kinds),
        Err(why) => super::unreadable(place, why),
    };
    playbook.refused = found.refused;
    playbook
}

/// A problem of a file as a whole.
fn whole(level: Level, code: &'static str, message: String, help: String) -> Problem {
    Problem { level, code: Some(code), span: Span { line: 1, col: 1, ..Span::default() }, message, help: Some(help) }
}
