//! Runs of playbooks.

/// What a human asks of runs.
#[derive(Debug, Clone, PartialEq)]
pub enum RunCommand {}

/// What happened to attempts outside.
#[derive(Debug, Clone)]
pub enum RunFact {}

/// What runs ask of the outside.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEffect {}
