//! The numbers before the titles of steps.

use super::Document;
use crate::domain::node::Problems;
use crate::domain::playbook::Section;

/// Each number of a section is one more than the number before.
pub fn numbers(document: &Document<'_>, problems: &mut Problems) {
    for section in Section::ALL {
        let mut last: Option<u32> = None;
        for step in document.playbook.section(*section) {
            let Some(number) = step.number.as_ref().and_then(|number| number.parse().ok()) else { continue };
            if let Some(last) = last.filter(|last| number != last + 1) {
                let message = format!("number {number} comes after {last}");
                problems.lint("W113", step.span, message, format!("write {}", last + 1));
            }
            last = Some(number);
        }
    }
}
