//! Steps that are made of a step: what undoes it, what rehearses it, what asks whether it has happened.

use super::{Block, Condition, Confirm, Fields, How, Language, OnFail, Output, Risk, Section, Step};

impl Step {
    /// Its `undo` block as a step of the rollback, confirmed as the step itself is.
    pub fn undoing(&self) -> Option<Self> {
        let block = self.undo.clone()?;
        let mut step = self.with_body(block);
        (step.id, step.title) = (self.id.undo(), format!("Undo: {}", self.title));
        (step.section, step.kind, step.number) = (Section::Rollback, "undo", None);
        if step.fields.risk == Risk::Read {
            step.fields.risk = Risk::Change;
        }
        if step.fields.confirm == Confirm::No && self.fields.risk == Risk::Read {
            step.fields.confirm = Confirm::Yes;
        }
        (step.fields.idempotent, step.fields.on_fail) = (false, OnFail::Ask);
        // It has no rehearsal of its own: that of the step would be run in its place.
        (step.status, step.dry_run) = (None, None);
        (step.fields.when, step.fields.outputs, step.fields.record) = (Vec::new(), Vec::new(), None);
        Some(step)
    }

    /// Its `dry-run` block in its place. What it would have set may be missing.
    pub fn rehearsed(&self) -> Option<Self> {
        let mut step = self.with_body(self.dry_run.clone()?);
        step.fields.outputs.iter_mut().for_each(|Output { optional, .. }| *optional = true);
        (step.fields.risk, step.fields.confirm) = (Risk::Read, Confirm::No);
        Some(step)
    }

    /// Its `status` block: it only looks.
    pub fn probing(&self) -> Option<Self> {
        let mut step = self.with_body(self.status.clone()?);
        (step.fields.risk, step.fields.confirm) = (Risk::Read, Confirm::No);
        step.fields.outputs = Vec::new();
        Some(step)
    }

    /// Nobody sits before such a block: it never gets the terminal, nor the time that a person takes.
    fn with_body(&self, block: Block) -> Self {
        let mut step = self.clone();
        if self.fields.tty && self.field("timeout").is_none() {
            step.fields.timeout = Fields::default().timeout;
        }
        step.fields.expect = expectation(block.lang);
        (step.fields.retry, step.fields.repeat, step.fields.tty) = (None, None, false);
        (step.how, step.items) = (How::Launch, Vec::new());
        step.body = Some(block);
        step
    }
}

/// What a body is judged by where nothing is stated.
pub fn expectation(lang: Language) -> Vec<Condition> {
    match lang {
        Language::Sh | Language::Bash => vec![Condition::Exit(vec![0])],
        Language::Http => vec![Condition::Status { from: 200, to: 299 }],
        Language::Promql => vec![Condition::Empty(false)],
        Language::Feed => vec![Condition::All],
    }
}
