//! What `midwatch init` writes: a configuration in which every section is explained, and a first playbook that only
//! looks. Both are good as they stand. Nothing that is there is ever overwritten.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use url::Url;

/// What was written, in its order, and what was there already.
#[derive(Debug, Default)]
pub struct Laid {
    pub written: Vec<PathBuf>,
    pub kept: Vec<PathBuf>,
}

/// Writes the configuration to `path`, last, and the folder of playbooks beside it.
///
/// # Errors
/// When a configuration is there already, or something can't be written.
pub fn lay_out(path: &Path, urls: &[Url], operator: &str) -> Result<Laid, String> {
    vacant(path)?;
    let playbook = path.with_file_name("playbooks").join("first-look.md");
    let mut laid = Laid::default();
    laid.write(playbook, include_str!("first-look.md"))?;
    laid.write(path.to_owned(), &template(urls, operator))?;
    if laid.kept.iter().any(|kept| kept == path) { Err(there(path)) } else { Ok(laid) }
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
    fn write(&mut self, path: PathBuf, text: &str) -> Result<(), String> {
        match create(&path, text) {
            Ok(()) => self.written.push(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => self.kept.push(path),
            Err(error) => return Err(format!("cannot write {}: {error}", path.display())),
        }
        Ok(())
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

/// A commented configuration for this operator and the Alertmanager behind these addresses (peers of one cluster).
pub fn template(urls: &[Url], operator: &str) -> String {
    // The operator stands above the sources: neither text is taken for the other's place.
    include_str!("template.yaml").replacen("SOURCES", &sources(urls), 1).replacen("OPERATOR", &quoted(operator), 1)
}

fn sources(urls: &[Url]) -> String {
    if urls.is_empty() {
        return "# sources:\n#   - {name: prod, alertmanager: {urls: [\"http://localhost:9093\"]}}".to_owned();
    }
    let list: Vec<String> = urls.iter().map(|url| quoted(url.as_str().trim_end_matches('/'))).collect();
    format!("sources:\n  - name: prod\n    alertmanager: {{urls: [{}]}}", list.join(", "))
}

/// In double quotes, as YAML and JSON both have them.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
