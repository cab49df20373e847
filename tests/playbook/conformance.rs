//! The examples of the CommonMark specification, and of GitHub's extensions of it, as prose of a playbook, never change its steps.

use crate::{book, with_steps};
use midwatch::domain::playbook::Playbook;

const COMMONMARK: &str = include_str!("commonmark/examples.json");
const GITHUB: &str = include_str!("commonmark/gfm.json");

const STEPS: &str = "## Verify\n\n### One\n\n- **timeout:** 5s\n\n```sh\ntrue\n```\n\n## Steps\n\n### Two\n\n- [ ] tick\n";

/// Everything of the steps that a run goes by, but not where their prose ends.
fn steps(book: &Playbook) -> Vec<impl PartialEq + std::fmt::Debug + use<>> {
    let step = |step: &midwatch::domain::playbook::Step| {
        (step.id.clone(), step.kind, step.fields.clone(), step.raw.clone(), step.body.clone(), step.items.clone())
    };
    book.steps.iter().map(step).collect()
}

#[test]
fn the_examples_of_the_specifications_are_prose_in_a_playbook() {
    let plain = steps(&book(&with_steps(STEPS)));
    for (examples, count) in [(COMMONMARK, 652), (GITHUB, 24)] {
        let examples: Vec<String> = serde_json::from_str(examples).expect("a list of texts");
        assert_eq!(examples.len(), count);
        for example in &examples {
            let found = book(&with_steps(&format!("{STEPS}\n## Background\n\n{example}")));
            assert_eq!(steps(&found), plain, "{example}");
            assert!(found.problems.iter().all(|problem| problem.span.line < 36), "{:?}\n{example}", found.problems);
        }
    }
}

/// In the middle of a step too: below its fields, and with its block behind it. What opens something that only its end closes (a fence, a
/// comment), a heading or a task item is more than prose, here as on any page.
#[test]
fn the_examples_may_stand_between_the_fields_and_the_block() {
    let document = |prose: &str| {
        book(&with_steps(&format!(
            "## Steps\n\n### One\n\n- **timeout:** 5s\n\nSay:\n\n{prose}\n\n[//]: #\n\n```bash\ntrue\n```\n"
        )))
    };
    let meaning = |book: &Playbook| {
        let step = &book.steps[0];
        (step.id.clone(), step.kind, step.fields.clone(), step.raw.clone(), step.body.as_ref().map(|body| body.text.clone()))
    };
    let (plain, mut through) = (meaning(&document("")), 0);
    for example in [COMMONMARK, GITHUB].iter().flat_map(|list| serde_json::from_str::<Vec<String>>(list).expect("a list")) {
        let found = document(&example);
        let more = found.steps.len() > 1 || !found.steps[0].items.is_empty() || found.steps[0].body.is_none();
        if !more {
            assert_eq!(meaning(&found), plain, "{example}");
            through += 1;
        }
    }
    assert!(through > 500, "{through}");
}
