//! `feed` blocks: the grammar of the selector, the names that it is filled with, and that it says anything at all.

use super::{Document, all, names};
use crate::domain::node::{Problems, nearest};
use crate::domain::playbook::{Block, Condition, Language, Selector, Step, names as written};

pub fn grammar(document: &Document<'_>, step: &Step, problems: &mut Problems) {
    for block in all(step).filter(|block| block.lang == Language::Feed) {
        match Selector::parse(&block.text) {
            Ok(selector) => {
                strangers(document, block, &selector, problems);
                if step.body.as_ref() == Some(block) {
                    says_something(step, block, &selector, problems);
                }
            }
            Err(slip) => {
                let span = document.place(block, slip.at.start, slip.at.len());
                problems.lint("E011", span, slip.message, slip.help);
            }
        }
    }
}

fn strangers(document: &Document<'_>, block: &Block, selector: &Selector, problems: &mut Problems) {
    let known = names::shown(document.playbook);
    for clause in &selector.which {
        for (range, name) in written(&clause.value).filter(|(_, name)| !known.contains(name)) {
            let span = document.place(block, clause.at.start + range.start, range.len());
            let known: Vec<&str> = known.iter().copied().collect();
            let help = nearest(name, &known).map(|near| format!("did you mean `{near}`?"));
            problems.lint("E016", span, format!("`{name}` is neither a parameter that may be shown nor a declared output"), help);
        }
    }
}

/// A gate that holds whatever is the case stands open.
fn says_something(step: &Step, block: &Block, selector: &Selector, problems: &mut Problems) {
    let judges = step.fields.expect.iter().any(|condition| matches!(condition, Condition::Value(_)));
    if selector.states.is_empty() && !judges {
        let message = "the selector says nothing of `state`, and `expect` nothing of `value`";
        problems.lint("E011", block.span, message, "add `and state = healthy`, or `- **expect:** value < 5`".to_owned());
    }
}
