//! The configuration: one YAML file, read whole, judged whole. Owns where it lies, who may write it and what its keys
//! mean; the kinds of sources and feeds are handed in, so a new kind changes nothing here. A configuration that has an
//! error is no configuration: nothing is half in force, and whoever reloads keeps the one they have.

mod console;
mod export;
#[expect(
    clippy::disallowed_methods,
    reason = "reads the configuration and the two variables that bear on it: $MIDWATCH_CONFIG and $TZ"
)]
mod file;
mod hosts;
pub mod import;
#[expect(clippy::disallowed_methods, reason = "writes the first configuration and playbook")]
mod init;
mod items;
pub mod keys;
mod list;
mod maintenance;
mod practice;
mod queue;
mod service;
mod updates;

pub use console::{Binding, Call, Console, Layout};
pub use file::{File, locate, named, standard};
pub use init::{Laid, lay_out, names, template, vacant};
pub use items::{FEED, FeedKind, Kinds, ParsedSource, SOURCE, SourceKind, TellerKind};
pub use maintenance::WINDOW;
pub use service::SERVICE;
pub use updates::DESTINATION;

use crate::domain::alert::Severity;
use crate::domain::health::FeedSpec;
use crate::domain::ids::{PlaybookId, SourceName};
use crate::domain::node::{Node, Problem, Problems, Span, Value};
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::settings::{Environment, Link, Operator, Settings, SourceSpec};
use std::fmt;
use std::path::{Path, PathBuf};

/// The file's top-level keys.
pub const KEYS: [&str; 14] = [
    "operator",
    "environment",
    "severity",
    "services",
    "maintenance",
    "feeds",
    "sources",
    "queue",
    "updates",
    "export",
    "playbooks",
    "practice",
    "console",
    "links",
];

/// All of it. `S`, `F` and `T` are what the kinds make of a source, a feed and a destination of updates.
#[derive(Debug)]
pub struct Config<S, F, T> {
    pub settings: Settings,
    pub sources: Vec<(SourceSpec, S)>,
    pub feeds: Vec<(FeedSpec, F)>,
    pub tellers: Vec<(SourceName, T)>,
    pub playbooks: Playbooks,
    /// The playbooks that services name, and where: whether they are in the library is for whoever reads that to say.
    pub books: Vec<(PlaybookId, Span)>,
    pub console: Console,
    /// Every secret that it names: their values are struck out of what people type.
    pub secrets: Vec<SecretRef>,
    /// The file as it was read, to see whether it has changed since. It may hold secrets itself.
    pub text: Secret,
}

/// Where playbooks lie and what their commands may see of the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Playbooks {
    pub folders: Vec<PathBuf>,
    /// Variables that commands are given besides the few that every command gets.
    pub env: Vec<String>,
    /// The words by which a step's host is reached, one of them `HOST`; none where the usual ones do.
    pub transport: Vec<String>,
    /// Checks are looked at as soon as an alert fires that a playbook fits.
    pub diagnose: bool,
}

/// What was found wrong with one file; shown as it is printed. Secrets in the text are stars.
#[derive(Debug)]
pub struct Report {
    pub file: File,
    pub problems: Vec<Problem>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.file.path.display().to_string();
        self.problems.iter().try_for_each(|problem| f.write_str(&problem.show(&name, &self.file.text)))
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It can't be read at all.
    #[error("{0}")]
    Unreadable(String),
    /// It was read and has errors.
    #[error("{0}")]
    Wrong(Report),
}

/// Reads and judges the file. With the configuration come the warnings.
///
/// # Errors
/// When the file can't be read, others may write it, or anything in it is wrong: then with all that is wrong.
pub fn load<S, F, T>(path: &Path, kinds: &Kinds<S, F, T>) -> Result<(Config<S, F, T>, Report), Failure> {
    let file = file::read(path).map_err(Failure::Unreadable)?;
    let mut problems = Problems { roots: file.roots(), ..Problems::default() };
    let node = Node::parse(&file.text, &mut problems);
    let text = Secret::new(file.text.clone());
    let config = node.and_then(|node| resolve(&node, kinds, &mut problems)).map(|config| Config { text, ..config });
    problems.list.sort_by_key(|problem| problem.span.start);
    let file = File { text: problems.masked(&file.text), ..file };
    let report = Report { file, problems: problems.list };
    match config {
        Some(config) => Ok((config, report)),
        None => Err(Failure::Wrong(report)),
    }
}

/// The file's text, to see whether it has changed; `None` while it can't be read, or may not be.
pub fn text(path: &Path) -> Option<String> {
    file::read(path).ok().map(|file| file.text)
}

/// What the document means; `None` when anything is wrong, with every problem told.
pub fn resolve<S, F, T>(root: &Node, kinds: &Kinds<S, F, T>, problems: &mut Problems) -> Option<Config<S, F, T>> {
    let fields = root.fields(&KEYS, problems)?;
    let (services, books) = service::read(fields.get("services"), problems);
    let sources = items::sources(fields.get("sources"), kinds, problems);
    let feeds = items::feeds(fields.get("feeds"), kinds, &sources, &services, problems);
    let (updates, tellers) = updates::read(fields.get("updates"), kinds, &sources, problems);
    let queue = queue::read(fields.get("queue"), problems);
    let console = console::read(fields.get("console"), kinds, &services, problems);
    let specs = feeds.iter().map(|(spec, _)| spec);
    let maintenance = maintenance::read(fields.get("maintenance"), &services, specs, console.zone, problems);
    let playbooks = fields.get("playbooks").and_then(|node| playbooks(node, problems)).unwrap_or_default();
    let (hold, remind) = practice::read(fields.get("practice"), problems);
    let settings = Settings {
        operator: operator(fields.get("operator"), problems),
        environment: environment(fields.get("environment"), problems),
        severities: severities(fields.get("severity"), problems),
        services,
        maintenance,
        feeds: feeds.iter().map(|(spec, _)| spec.clone()).collect(),
        sources: sources.iter().map(|source| source.spec.clone()).collect(),
        hosts: hosts::of(fields.get("sources"), fields.get("feeds")),
        ack_for: console.ack_for,
        attention: console.attention.clone(),
        call_within: console.call.as_ref().map_or(Settings::default().call_within, |call| call.within),
        views: console.views.clone(),
        links: list::each(fields.get("links"), problems, link),
        same: queue.same,
        storm: queue.storm,
        memory: queue.memory,
        silences_at: Vec::new(),
        pages: Vec::new(),
        priorities: Vec::new(),
        pending_only: Vec::new(),
        watchdogs: queue.watchdogs,
        diagnose: playbooks.diagnose,
        updates,
        redact: export::redact(fields.get("export"), problems),
        hold,
        remind,
        read_only: false,
    };
    let sources = sources.into_iter().map(|source| (source.spec, source.made)).collect();
    (!problems.failed()).then(|| Config {
        settings,
        sources,
        feeds,
        tellers,
        playbooks,
        books,
        console,
        secrets: std::mem::take(&mut problems.named),
        text: Secret::new(String::new()),
    })
}

/// Whoever runs the program, by their login name.
pub fn login_operator() -> Operator {
    Operator { name: file::login().unwrap_or_else(|| "unknown".into()), email: None, role: None }
}

fn operator(node: Option<&Node>, problems: &mut Problems) -> Operator {
    let given = node.and_then(|node| {
        let fields = node.fields(&["name", "email", "role"], problems)?;
        let mut text = |key| fields.get(key).and_then(|node| list::label(node, problems));
        let (email, role) = (text("email"), text("role"));
        let name = list::label(fields.need("name", problems)?, problems)?;
        Some(Operator { name, email, role })
    });
    given.unwrap_or_else(login_operator)
}

fn environment(node: Option<&Node>, problems: &mut Problems) -> Environment {
    let words = [("prod", Environment::Prod), ("staging", Environment::Staging), ("lab", Environment::Lab)];
    node.and_then(|node| list::one_of(node, "environment", &words, problems)).unwrap_or(Environment::Prod)
}

/// Words named here come before the built-in ones, and so win over them.
fn severities(node: Option<&Node>, problems: &mut Problems) -> Vec<(String, Severity)> {
    let levels = [("critical", Severity::Critical), ("warning", Severity::Warning), ("info", Severity::Info)];
    let mut words = Vec::new();
    if let Some(fields) = node.and_then(|node| node.fields(&levels.map(|(name, _)| name), problems)) {
        for (name, severity) in levels {
            let listed = fields.get(name).map(|node| list::items(node).iter().map(|node| (node, severity)));
            listed.into_iter().flatten().for_each(|(node, severity)| severity_word(node, severity, &mut words, problems));
        }
    }
    words.extend(Settings::default().severities);
    words
}

fn severity_word(node: &Node, severity: Severity, words: &mut Vec<(String, Severity)>, problems: &mut Problems) {
    let Some(word) = node.text(problems).map(str::to_lowercase) else { return };
    if words.iter().any(|(known, _)| *known == word) {
        return problems.error(node.span, format!("`{word}` stands for a severity already"));
    }
    words.push((word, severity));
}

/// A map, or the folders alone.
fn playbooks(node: &Node, problems: &mut Problems) -> Option<Playbooks> {
    let Value::Map(_) = node.value else {
        return Some(Playbooks { folders: folders(node, problems), ..Playbooks::default() });
    };
    let fields = node.fields(&["folders", "env", "transport", "diagnose"], problems)?;
    let folders = fields.get("folders").map(|node| folders(node, problems)).unwrap_or_default();
    let env = fields.get("env").into_iter().flat_map(list::items).filter_map(|node| variable(node, problems)).collect();
    let transport = fields.get("transport").map(|node| transport(node, problems)).unwrap_or_default();
    let diagnose = fields.get("diagnose").and_then(|node| node.bool(problems)).unwrap_or(false);
    Some(Playbooks { folders, env, transport, diagnose })
}

/// One word is `HOST`: without it nobody would know where a command runs.
fn transport(node: &Node, problems: &mut Problems) -> Vec<String> {
    let words = node.texts(problems).unwrap_or_default();
    if words.first().is_none_or(|word| word == "HOST") || words.iter().filter(|word| *word == "HOST").count() != 1 {
        problems.error_with_help(
            node.span,
            "`transport` is a program and its arguments, one of them `HOST`",
            "[ssh, -o, BatchMode=yes, --, HOST]",
        );
    }
    words
}

fn folders(node: &Node, problems: &mut Problems) -> Vec<PathBuf> {
    list::items(node).iter().filter_map(|node| node.path(problems)).collect()
}

fn variable(node: &Node, problems: &mut Problems) -> Option<String> {
    let named = |text: &str| {
        let letters = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        (letters && !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit())).then(|| text.to_owned())
    };
    node.read("the name of an environment variable", problems, named)
}

fn link(node: &Node, problems: &mut Problems) -> Option<Link> {
    let fields = node.fields(&["from", "to"], problems)?;
    let mut address = |key| fields.need(key, problems)?.read("an address such as https://host/path", problems, list::address);
    let (from, to) = (address("from"), address("to"));
    Some(Link { from: from?, to: to? })
}
