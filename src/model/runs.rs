//! Runs of playbooks.

use super::Effect;
use super::context::Context;
use crate::domain::entry::Entry;
use crate::domain::ids::RequestId;
use std::sync::Arc;

/// What a human asks of runs.
#[derive(Debug, Clone, PartialEq)]
pub enum RunCommand {}

/// What happened to attempts outside.
#[derive(Debug, Clone)]
pub enum RunFact {}

/// What runs ask of the outside.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEffect {}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Runs {}

impl Runs {
    pub(super) fn command(&mut self, _context: &mut Context<'_>, _request: RequestId, command: RunCommand) -> Vec<Effect> {
        match command {}
    }

    pub(super) fn fact(&mut self, _context: &mut Context<'_>, fact: RunFact) -> Vec<Effect> {
        match fact {}
    }

    /// Folds an entry about a run; what our own request recorded may now be done.
    pub(super) fn recorded(&mut self, _context: &mut Context<'_>, _entry: &Arc<Entry>, _live: bool) -> Vec<Effect> {
        Vec::new()
    }

    /// The next time at which `tick` has something to do.
    pub(super) fn next_due(&self) -> Option<std::time::Duration> {
        None
    }

    pub(super) fn tick(&mut self, _context: &mut Context<'_>) -> Vec<Effect> {
        Vec::new()
    }
}
