//! Playbooks from the outside: what documents mean, what is wrong with them, which fit an alert, and that the bundled
//! ones do what they say.

#![allow(clippy::disallowed_methods, reason = "tests use real folders and processes")]

#[path = "playbook/bundled.rs"]
mod bundled;
#[path = "playbook/catalogue.rs"]
mod catalogue;
#[path = "playbook/conformance.rs"]
mod conformance;
#[path = "playbook/documents.rs"]
mod documents;
#[path = "playbook/failover.rs"]
mod failover;
#[path = "playbook/golden.rs"]
mod golden;
#[path = "playbook/guide.rs"]
mod guide;
#[path = "playbook/lint.rs"]
mod lint;
#[path = "playbook/params.rs"]
mod params;
#[path = "playbook/pipeline.rs"]
mod pipeline;
#[path = "playbook/runbooks.rs"]
mod runbooks;
#[path = "playbook/scenarios.rs"]
mod scenarios;
#[path = "playbook/sending.rs"]
mod sending;
mod support;
#[path = "playbook/survey.rs"]
mod survey;

use midwatch::domain::playbook::{Place, Playbook};
use midwatch::playbook::read;
use midwatch::steps::KINDS;

/// Reads a document as if it were the file `book.md`.
pub fn book(text: &str) -> Playbook {
    read(text, Place::File("/books/book.md".into()), KINDS)
}

/// `line:col code` of every problem, those without a code with their level.
pub fn problems(playbook: &Playbook) -> Vec<String> {
    let word = |problem: &midwatch::domain::node::Problem| match problem.code {
        Some(code) => code.to_owned(),
        None => format!("{:?}", problem.level).to_lowercase(),
    };
    playbook.problems.iter().map(|problem| format!("{}:{} {}", problem.span.line, problem.span.col, word(problem))).collect()
}

/// A complete executable document around some steps; the steps begin in line 20.
pub fn with_steps(steps: &str) -> String {
    format!(
        "---\nplaybook: 1\nid: book\ntitle: Book\npractice: testing\npurpose: diagnosis\nservices: [shop]\nowner: team\nreviewed: 2026-11-01\n\
         review-every: 90d\ndrill-every: 4w\nroles: [lead]\nparams:\n  HOST: {{type: host}}\n  TOKEN: {{type: secret, required: false}}\n---\n\n# Book\n\n\
         {steps}"
    )
}

/// Compares a table of docs/playbooks.md, which stands between two remarks of its name, with what the program says.
pub fn documented(name: &str, table: &str) {
    documented_in("playbooks", name, table);
}

/// The same of another page.
pub fn documented_in(page: &str, name: &str, table: &str) {
    let path = format!("{}/docs/{page}.md", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(&path).expect("the page");
    let (before, rest) = page.split_once(&format!("<!-- {name} -->\n")).expect("the table begins");
    let (_, after) = rest.split_once(&format!("<!-- /{name} -->")).expect("the table ends");
    let expected = format!("{before}<!-- {name} -->\n{table}<!-- /{name} -->{after}");
    if std::env::var_os("MIDWATCH_BLESS").is_some() {
        std::fs::write(&path, &expected).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("the page"), expected, "run this test with MIDWATCH_BLESS=1");
}
