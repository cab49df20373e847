//! The order of steps: their numbers, and what stands before what destroys.

use super::Document;
use crate::domain::node::Problems;
use crate::domain::playbook::{Risk, Section, Step};

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

/// Something has been looked at, or somebody has agreed, before anything is destroyed.
pub fn guarded(document: &Document<'_>, problems: &mut Problems) {
    let mut guarded = false;
    for step in document.playbook.steps.iter().filter(|step| !drill(step)) {
        guarded |= matches!(step.kind, "check" | "approval" | "decision");
        if step.fields.risk == Risk::Destructive && !guarded {
            let help = "put a step before it that looks whether this is right, or an `approve`";
            let message = "a destructive step with neither a check nor an approval before it";
            problems.lint("W103", step.span, message, help.to_owned());
        }
    }
}

fn drill(step: &Step) -> bool {
    matches!(step.section, Section::DrillSetup | Section::DrillCleanup)
}
