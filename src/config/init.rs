//! What `midwatch init` writes: a configuration in which every section is explained, and a first playbook that only
//! looks. Both are good as they stand. Nothing that is there is ever overwritten.

use super::import::{Server, What};
use crate::domain::secret::Secret;
use crate::domain::{practice, scenario};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Names of sources that are taken.
const OURS: [&str; 2] = [scenario::SOURCE, practice::SOURCE];

#[derive(PartialEq)]
enum Wrote {
    New,
    Kept,
}

/// What was written, in its order, and what was there already.
#[derive(Debug, Default)]
pub struct Laid {
    pub written: Vec<PathBuf>,
    pub kept: Vec<PathBuf>,
}

/// Writes the configuration to `path`, last, and beside it the folder of playbooks and the secrets that the servers need.
///
/// # Errors
/// When a configuration is there already, or something can't be written.
pub fn lay_out(path: &Path, servers: &[Server], operator: &str) -> Result<Laid, String> {
    vacant(path)?;
    let mut laid = Laid::default();
    let done = laid.all(path, servers, operator);
    if done.is_err() {
        // Half of it would stand in the way of the next try.
        laid.written.iter().for_each(|file| _ = std::fs::remove_file(file));
    }
    done.map(|()| laid)
}

/// Nothing in it leads to another folder.
fn file_name(text: &str) -> String {
    let fits = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let text: String = text.chars().map(|character| if fits(character) { character } else { '-' }).collect();
    text.trim_start_matches('.').to_ascii_lowercase()
}

/// Says so if something is there already.
///
/// # Errors
/// When it is.
pub fn vacant(path: &Path) -> Result<(), String> {
    if path.try_exists().unwrap_or(true) { Err(there(path)) } else { Ok(()) }
}

fn there(path: &Path) -> String {
    format!("{} is there already and stays as it is; edit it, or name another file with --config", path.display())
}

impl Laid {
    fn all(&mut self, path: &Path, servers: &[Server], operator: &str) -> Result<(), String> {
        self.write(path.with_file_name("playbooks").join("first-look.md"), include_str!("first-look.md"))?;
        let mut secrets: Vec<(String, Secret)> = Vec::new();
        let text = template(servers, operator, &mut |source, what, secret| {
            let name = format!("secrets/{}", file_name(&format!("{source}-{what}")));
            let others = (2..).map(|number| format!("{name}-{number}"));
            let free = |name: &String| !secrets.iter().any(|(known, _)| known == name);
            let name = std::iter::once(name.clone()).chain(others).find(free).unwrap_or(name);
            let written = format!("{{file: {}}}", quoted(&name));
            secrets.push((name, secret.clone()));
            written
        });
        for (file, secret) in secrets {
            // One of an earlier try may be another secret.
            let file = path.with_file_name(file);
            if self.write(file.clone(), secret.expose())? == Wrote::Kept {
                return Err(format!("{} is there already; move it away, it may be another secret", file.display()));
            }
        }
        if self.write(path.to_owned(), &text)? == Wrote::Kept { Err(there(path)) } else { Ok(()) }
    }

    fn write(&mut self, path: PathBuf, text: &str) -> Result<Wrote, String> {
        match create(&path, text) {
            Ok(()) => self.written.push(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                self.kept.push(path);
                return Ok(Wrote::Kept);
            }
            Err(error) => return Err(format!("cannot write {}: {error}", path.display())),
        }
        Ok(Wrote::New)
    }
}

/// Makes the file and its folders, for nobody else.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a file would be taken for the operator's own at the next try.
        let _ = std::fs::remove_file(path);
    }
    written
}

/// A commented configuration for this operator and these servers. `hide` says what stands in the place of a secret; it is given
/// the source and what the secret is for.
pub fn template(servers: &[Server], operator: &str, hide: &mut dyn FnMut(&str, &str, &Secret) -> String) -> String {
    // The operator stands above the sources, and both above the feeds: no text is taken for another's place.
    let (names, feeds) = (names(servers), feeds(servers));
    include_str!("template.yaml").replacen("FEEDS", &feeds, 1).replacen("SOURCES", &sources(servers, &names, hide), 1).replacen(
        "OPERATOR",
        &quoted(operator),
        1,
    )
}

fn sources(servers: &[Server], names: &[String], hide: &mut dyn FnMut(&str, &str, &Secret) -> String) -> String {
    if servers.is_empty() {
        return "# sources:\n#   - {name: prod, alertmanager: {urls: [\"http://localhost:9093\"]}}".to_owned();
    }
    let mut text = "sources:".to_owned();
    if servers.iter().all(|server| server.what == What::Prometheus) {
        text += "\n  # What fires is read here too, as long as no source of another kind tells of it.";
    }
    for (server, name) in servers.iter().zip(names) {
        let source = server.source(&mut |what, secret| hide(name, what, secret));
        text += &format!("\n  - name: {}\n    {}: {source}", plain(name), server.what.kind());
    }
    text
}

/// What somebody called each, else `prod` and `prometheus`; each of them once.
pub fn names(servers: &[Server]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for server in servers {
        let usual = || if server.what == What::Prometheus { "prometheus" } else { "prod" }.to_owned();
        let given = server.name.as_deref().map(|name| name.split_whitespace().collect::<Vec<_>>().join("-"));
        let given = given.map(|name| name.chars().filter(|character| !character.is_control()).take(50).collect::<String>());
        let name = given.filter(|name| !name.is_empty() && !OURS.contains(&name.as_str())).unwrap_or_else(usual);
        let others = (2..).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.clone()).chain(others).find(|name| !names.contains(name));
        names.push(free.unwrap_or(name));
    }
    names
}

/// What Prometheus itself can't reach is the first health there is to see.
fn feeds(servers: &[Server]) -> String {
    let names = names(servers);
    let asked = servers.iter().zip(names).filter(|(server, _)| server.what == What::Prometheus);
    let feeds: Vec<String> = asked
        .map(|(_, name)| {
            let (feed, source) = (plain(&format!("{name}-targets-down")), plain(&name));
            let query = "\"count(up == 0) or vector(0)\"";
            format!("  - {{name: {feed}, every: 30s, promql: {{source: {source}, query: {query}, warn_above: 0}}}}\n")
        })
        .collect();
    if feeds.is_empty() { "# feeds:".to_owned() } else { format!("feeds:\n{}", feeds.concat().trim_end()) }
}

/// A name as a person would write it.
fn plain(name: &str) -> String {
    let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character))
        && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&name.to_ascii_lowercase().as_str());
    if is_word { name.to_owned() } else { quoted(name) }
}

/// In double quotes, as YAML and JSON both have them.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
