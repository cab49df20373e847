//! The examples of the CommonMark specification, as prose of a playbook, never change its steps.

use crate::{book, with_steps};
use midwatch::domain::playbook::Playbook;

const EXAMPLES: &str = include_str!("commonmark/examples.json");

const STEPS: &str = "## Verify\n\n### One\n\n- **timeout:** 5s\n\n```sh\ntrue\n```\n\n## Steps\n\n### Two\n\n- [ ] tick\n";

/// Everything of the steps that a run goes by, but not where their prose ends.
fn steps(book: &Playbook) -> Vec<impl PartialEq + std::fmt::Debug + use<>> {
    let step = |step: &midwatch::domain::playbook::Step| {
        (step.id.clone(), step.kind, step.fields.clone(), step.raw.clone(), step.body.clone(), step.items.clone())
    };
    book.steps.iter().map(step).collect()
}

#[test]
fn the_examples_of_the_specification_are_prose_in_a_playbook() {
    let examples: Vec<String> = serde_json::from_str(EXAMPLES).expect("a list of texts");
    assert_eq!(examples.len(), 652);
    let plain = steps(&book(&with_steps(STEPS)));
    for example in &examples {
        let found = book(&with_steps(&format!("{STEPS}\n## Background\n\n{example}")));
        assert_eq!(steps(&found), plain, "{example}");
        assert!(found.problems.iter().all(|problem| problem.span.line < 36), "{:?}\n{example}", found.problems);
    }
}
