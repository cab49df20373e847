//! What a drill made and could not clear away: told where people look, with the command that ends it.

use crate::domain::ids::RunId;
use crate::domain::run::Run;
use crate::domain::text::inert;

/// Its run stays open at the step that failed until somebody ends it.
pub fn stuck(id: RunId, run: &Run) -> Option<String> {
    let step = run.stuck_clearing()?;
    let (step, title) = (&step.plan.id, inert(&step.plan.title));
    Some(format!(
        "clearing away stopped at “{title}”: `midwatch playbook retry {id} {step}` tries it again, `midwatch playbook cancel {id}` ends \
         the run and leaves what is there"
    ))
}
