//! A runbook becomes executable: front matter is put before it, and not a byte of it is changed.

use super::slug::slug;
use crate::domain::node::Level;
use crate::domain::playbook::{KindSpec, Place, Playbook};

/// A runbook with front matter.
pub struct Adopted {
    pub text: String,
    /// As it will be read.
    pub playbook: Playbook,
}

/// Adds what makes a document executable; the error says why that can't be done.
pub fn adopt(text: &str, place: &Place, kinds: &[&'static KindSpec]) -> Result<Adopted, String> {
    if text.starts_with('\u{feff}') {
        return Err("it begins with a byte order mark: save it as plain UTF-8 first".into());
    }
    let before = super::read(text, place.clone(), kinds);
    if before.executable {
        return Ok(Adopted { text: text.to_owned(), playbook: before });
    }
    let text = with_front_matter(text, &before);
    let playbook = super::read(&text, place.clone(), kinds);
    let early = |code: &str| code < "E010";
    let wrong = playbook.problems.iter().find(|problem| problem.level == Level::Error && problem.code.is_some_and(early));
    match wrong {
        Some(problem) => Err(format!(
            "its front matter would not be understood: {} ({})",
            problem.message,
            problem.help.as_deref().unwrap_or("mend it first")
        )),
        None if playbook.steps.is_empty() => {
            Err("it would have no steps: put `###` headings under `## Steps`, `## Before you start` or `## Verify` first".into())
        }
        None => Ok(Adopted { text, playbook }),
    }
}

/// The lines go into front matter that is there, else before everything.
fn with_front_matter(text: &str, book: &Playbook) -> String {
    let first = text.split_inclusive('\n').next().unwrap_or("");
    let end = if first.ends_with("\r\n") { "\r\n" } else { "\n" };
    let title = serde_json::Value::from(book.title.as_str());
    match super::front::keys(text) {
        Some(keys) => {
            let lines = [("playbook", "1".to_owned()), ("id", id(book)), ("title", title.to_string())];
            let missing = lines.iter().filter(|(key, _)| !keys.iter().any(|known| known == key));
            let added: String = missing.map(|(key, value)| format!("{key}: {value}{end}")).collect();
            format!("{first}{added}{}", &text[first.len()..])
        }
        None => format!("---{end}playbook: 1{end}id: {}{end}title: {title}{end}---{end}{end}{text}", id(book)),
    }
}

/// The file's name as an id.
fn id(book: &Playbook) -> String {
    let id = slug(book.id.as_str()).replace('_', "-");
    let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(100).collect();
    if id.starts_with(|c: char| c.is_ascii_alphanumeric()) { id } else { format!("playbook{id}") }
}
