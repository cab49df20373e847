//! What was found as SARIF 2.1.0, which code hosts and editors read.

use super::files::Checked;
use crate::domain::node::{Level, Problem};
use crate::playbook::{RULES, scenario};
use serde_json::{Value, json};
use std::path::Path;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Rules of what has no codes: one for each sort of file.
const SORTS: &[(&str, &str)] = &[
    ("configuration", "what is wrong with a configuration"),
    ("library", "what the playbooks as a whole lack"),
    ("playbook", "what is wrong with a playbook as a file"),
    ("scenario", "what is wrong with a scenario as a file"),
    ("theme", "what is wrong with a theme"),
];

pub fn document(files: &[Checked]) -> Value {
    let found = files.iter().flat_map(|file| file.problems.iter().map(move |problem| result(file, problem)));
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "midwatch", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules()}},
            "columnKind": "unicodeCodePoints",
            "results": found.collect::<Vec<_>>(),
        }],
    })
}

fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    RULES.iter().map(|rule| (rule.code, rule.about)).chain(scenario::RULES.iter().copied()).chain(SORTS.iter().copied())
}

fn rules() -> Vec<Value> {
    known().map(|(id, about)| json!({"id": id, "shortDescription": {"text": about}})).collect()
}

fn result(file: &Checked, problem: &Problem) -> Value {
    let id = problem.code.unwrap_or(file.sort);
    let index = known().position(|(known, _)| known == id);
    let level = if problem.level == Level::Error { "error" } else { "warning" };
    let help = problem.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let mut place = json!({"artifactLocation": {"uri": uri(&file.path)}});
    if problem.span.line > 0 {
        place["region"] = region(file, problem);
    }
    let mut result = json!({
        "ruleId": id,
        "level": level,
        "message": {"text": problem.message.clone() + &help},
        "locations": [{"physicalLocation": place}],
    });
    if let Some(index) = index {
        result["ruleIndex"] = json!(index);
    }
    result
}

/// The part of the first line; its end is the column behind it.
fn region(file: &Checked, problem: &Problem) -> Value {
    let span = problem.span;
    let marked = file.text.get(span.start..span.end).and_then(|text| text.lines().next()).unwrap_or("");
    let col = span.col.max(1);
    json!({"startLine": span.line, "startColumn": col, "endColumn": col + marked.chars().count().max(1)})
}

/// Relative as it was given, else with its scheme.
fn uri(path: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
    let text = path.to_string_lossy();
    let encoded: String =
        text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect();
    if path.is_absolute() { format!("file://{encoded}") } else { encoded }
}

#[cfg(test)]
mod tests {
    use super::uri;
    use std::path::Path;

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri(Path::new("books/a b#1.md")), "books/a%20b%231.md");
        assert_eq!(uri(Path::new("/srv/é:%.md")), "file:///srv/%C3%A9%3A%25.md");
    }
}
