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
