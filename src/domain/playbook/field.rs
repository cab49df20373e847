//! The fields of a step, typed, and as they were written.

use super::{Condition, Section};
use crate::domain::ids::StepId;
use crate::domain::node::Span;
use std::time::Duration;

super::words! {
    /// What a step may do to the world.
    Risk {
        Read = "read",
        Change = "change",
        Destructive = "destructive",
    }
}

super::words! {
    /// What a drill does with a step.
    InDrill {
        Run = "run",
        DryRun = "dry-run",
        Skip = "skip",
    }
}

/// What the operator has to do before a step starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirm {
    No,
    /// One key.
    Yes,
    /// Type this text; `$NAME` in it stands for a parameter or an output.
    Type(String),
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Step(StepId),
    Section(Section),
}

/// What happens when a step has failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnFail {
    /// The run pauses and offers: retry, skip with a reason, rollback, abort.
    Ask,
    Stop,
    /// Failed but accepted; the run ends at best with exceptions.
    Continue,
    Goto(Target),
}

/// `N times every D`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub count: u32,
    pub every: Duration,
}

/// A name that a step may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub name: String,
    /// Written `NAME?`: may be missing or empty.
    pub optional: bool,
}

/// One part of `when`; all parts must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// The step is in this state (a word of the run's states, or `not-started`).
    Step { step: StepId, state: String },
    /// The parameter or output equals the value, or doesn't.
    Value { name: String, equal: bool, value: String },
}

/// How long a step with `tty` may take that states no `timeout`: a person sits there, who has to read and think.
pub const SITTING: Duration = Duration::from_secs(3600);

/// The fields that every kind may use, with their defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Fields {
    pub risk: Risk,
    pub confirm: Confirm,
    pub host: Option<String>,
    pub timeout: Duration,
    /// So long without output gives a hint.
    pub quiet: Duration,
    /// All must hold. Empty for what has no result.
    pub expect: Vec<Condition>,
    /// The first success wins.
    pub retry: Option<Times>,
    /// Must hold so many times in a row.
    pub repeat: Option<Times>,
    pub on_fail: OnFail,
    /// Empty: always.
    pub when: Vec<When>,
    pub outputs: Vec<Output>,
    pub idempotent: bool,
    pub role: Option<String>,
    /// What to ask the operator to write down or attach.
    pub record: Option<String>,
    pub drill: InDrill,
    /// The command gets the terminal of the console; nothing is captured, and a person says what came of it.
    pub tty: bool,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            risk: Risk::Change,
            confirm: Confirm::Yes,
            host: None,
            timeout: Duration::from_secs(60),
            quiet: Duration::from_secs(60),
            expect: Vec::new(),
            retry: None,
            repeat: None,
            on_fail: OnFail::Ask,
            when: Vec::new(),
            outputs: Vec::new(),
            idempotent: false,
            role: None,
            record: None,
            drill: InDrill::Run,
            tty: false,
        }
    }
}

/// One field as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub key: String,
    pub span: Span,
    pub value: Vec<Piece>,
    /// The bullets nested under it.
    pub items: Vec<Vec<Piece>>,
}

/// A part of a field's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// A code span, without its backticks.
    Code(String),
    Link {
        text: String,
        to: String,
    },
}

impl Field {
    /// The value on one line, as a person would read it.
    pub fn text(&self) -> String {
        let shown = self.value.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Code(code) => format!("`{code}`"),
            Piece::Link { text, .. } => text.clone(),
        });
        shown.collect::<String>().trim().to_owned()
    }
}
