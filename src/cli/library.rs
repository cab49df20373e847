//! Playbooks for a shell: the catalogue, the values that they want from this machine, and the driver that performs their runs.

use super::Globals;
use super::out;
use super::session::{self, Loaded};
use crate::domain::alert::Labels;
use crate::domain::playbook::{ParamSource, Place, Playbook};
use crate::domain::secret::Secret;
use crate::model::runs::{Given, RunFact};
use crate::model::troubles::Own;
use crate::model::{Body, Fact};
use crate::playbook::scenario::{self, Around, Shelf};
use crate::playbook::{self, Catalogue};
use crate::runtime::Shell;
use crate::runtime::driver::{Driver, Setup};
use crate::runtime::supervisor::own_binary;
use crate::steps;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Every playbook of the configured folders, and the bundled ones, judged on this machine.
pub fn catalogue(config: &Loaded) -> Catalogue {
    judged(all(config), Some(config), None)
}

/// The same, as they are written: enough to say which of them fit an alert.
pub fn all(config: &Loaded) -> Catalogue {
    Catalogue::load(&config.playbooks.folders, steps::KINDS)
}

/// The scenarios of the team and those that come with the program, held against what the configuration and the library have.
pub fn scenarios(path: Option<&Path>, config: &Loaded, catalogue: &Catalogue) -> Shelf {
    Shelf::load(&shelves(path, config), around(config, catalogue))
}

/// What a scenario is held against.
pub fn around<'a>(config: &'a Loaded, catalogue: &'a Catalogue) -> Around<'a> {
    let settings = &config.settings;
    Around { services: Some(&settings.services), feeds: Some(&settings.feeds), playbooks: Some(catalogue.all()) }
}

/// Beside the configuration, and in each folder of playbooks.
pub fn shelves(path: Option<&Path>, config: &Loaded) -> Vec<PathBuf> {
    let beside = path.map(|path| path.with_file_name(scenario::FOLDER));
    let mut shelves: Vec<PathBuf> =
        beside.into_iter().chain(config.playbooks.folders.iter().map(|folder| folder.join(scenario::FOLDER))).collect();
    shelves.dedup();
    shelves
}

/// A catalogue judged by what is around it: this machine, today, what the configuration says, if there is one, and the rules of
/// its sources, if they were asked.
pub fn judged(mut catalogue: Catalogue, config: Option<&Loaded>, rules: Option<&[Labels]>) -> Catalogue {
    let services = config.map_or(&[][..], |config| &config.settings.services);
    let critical = services.iter().filter(|service| service.tier == Some(1) && !service.vendor);
    let critical: Vec<&str> = critical.map(|service| service.name.as_str()).collect();
    let services: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
    catalogue.survey(&playbook::Around {
        today: chrono::Utc::now().date_naive(),
        installed: &installed,
        env: config.map_or(&[], |config| &config.playbooks.env),
        critical: &critical,
        health: config.map(|config| (config.settings.feeds.as_slice(), services.as_slice())),
        rules,
    });
    catalogue
}

/// Lets a shell drive runs, and gives it the library.
///
/// # Errors
/// There is no data folder, or our own program can't be found.
pub fn attach(
    shell: &mut Shell,
    globals: &Globals,
    config: &Loaded,
    runtime: &tokio::runtime::Handle,
) -> anyhow::Result<Catalogue> {
    let catalogue = catalogue(config);
    shell.drive(Driver::new(Setup {
        data: session::data_folder(globals)?,
        facts: shell.facts(),
        ports: session::ports(globals),
        environment: std::env::vars().collect(),
        allowed: config.playbooks.env.clone(),
        transport: transport(config),
        queries: config.sources.iter().find_map(|(_, source)| source.queries()),
        read: Arc::new(|text, place| playbook::read(text, place, steps::KINDS)),
        program: own_binary()?,
        runtime: runtime.clone(),
        questions: Arc::default(),
    }));
    let why = (!catalogue.troubles.is_empty()).then(|| catalogue.troubles.join("; "));
    shell.event(Body::Fact(Fact::Hampered { what: Own::Folders, why }));
    let books = Arc::new(catalogue.all().to_vec());
    let given = Arc::new(given(&books));
    shell.event(Body::Fact(Fact::Run(RunFact::Playbooks { books, given })));
    if out::at_terminal() {
        shell.event(Body::Fact(Fact::Run(RunFact::AtTerminal)));
    }
    Ok(catalogue)
}

fn transport(config: &Loaded) -> Vec<String> {
    match config.playbooks.transport.as_slice() {
        [] => steps::TRANSPORT.iter().map(|word| (*word).to_owned()).collect(),
        words => words.to_vec(),
    }
}

/// What the playbooks want from the environment and from files. What isn't there is absent.
pub fn given(books: &[Arc<Playbook>]) -> Given {
    let wanted = books.iter().flat_map(|book| book.params.iter().filter_map(move |param| Some((book, param.from.clone()?))));
    let found = wanted.filter_map(|(book, source)| read(book, &source).map(|text| (source, Secret::new(text))));
    Given(found.collect::<BTreeMap<_, _>>())
}

fn read(book: &Playbook, source: &ParamSource) -> Option<String> {
    match source {
        ParamSource::Env(name) => std::env::var(name).ok(),
        ParamSource::File(path) => {
            let beside = match &book.place {
                Place::File(_) => book.place.folder().map(|folder| folder.join(path)),
                Place::Bundled(_) => None,
            };
            let text = std::fs::read_to_string(beside.as_deref().unwrap_or(Path::new(path))).ok()?;
            text.lines().next().map(str::to_owned)
        }
        _ => None,
    }
}

/// Whether a program can be found.
pub fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    program.contains('/') && Path::new(program).exists()
        || std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
