//! A playbook as it was read: one document, one procedure. Knows neither Markdown nor the kinds of steps: whoever
//! reads documents fills this in with the help of the `KindSpec`s that it is handed. Never changed after reading; a
//! run keeps the text that it started with and knows it by its digest.

mod acting;
mod condition;
mod field;
mod kind;
mod matching;
mod param;
mod selector;
mod upstream;

pub use super::node::FieldSpec;
pub use acting::expectation;
pub use condition::{Bounds, Condition, Found, Seen, Stream, TextTest, Values, compile, expand, expand_with, names, sound};
pub use field::{Confirm, Field, Fields, InDrill, OnFail, Output, Piece, Risk, SITTING, Target, Times, When};
pub use kind::{Approval, Child, Choice, Claim, How, KindSpec, Picked, Reading};
pub use matching::{Fit, matching};
pub use param::{Lookup, Origin, Param, ParamSource, ParamType, ParamValue, Refused, Resolved, resolve};
pub use selector::{Clause, Key, SELECTOR, Selector, Slip};
pub use upstream::Behind;

use super::ids::{PlaybookId, StepId};
use super::matcher::LabelSet;
use super::node::{Level, Problem, Span};
use super::run::CHILD;
use chrono::NaiveDate;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// An enumeration whose variants are words of the format.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$note])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            pub const ALL: &[$name] = &[$(Self::$variant,)*];
            pub const WORDS: &[&'static str] = &[$($word,)*];

            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Which of the ten practices a playbook belongs to.
    Practice {
        Deployment = "deployment",
        Redundancy = "redundancy",
        Backup = "backup",
        Recovery = "recovery",
        LoadBalancing = "load-balancing",
        Isolation = "isolation",
        Failover = "failover",
        Monitoring = "monitoring",
        Versioning = "versioning",
        Testing = "testing",
    }
}

words! {
    /// What a playbook is for.
    Purpose {
        Deployment = "deployment",
        Recovery = "recovery",
        Rollback = "rollback",
        Diagnosis = "diagnosis",
        Drill = "drill",
    }
}

words! {
    /// How the people work with it.
    Mode {
        /// Each step is read, then done.
        ReadDo = "read-do",
        /// The steps are done from memory and ticked afterwards.
        DoConfirm = "do-confirm",
    }
}

words! {
    /// The part of the document that a step stands in; the words are the anchors of the headings.
    Section {
        Before = "before-you-start",
        Steps = "steps",
        Verify = "verify",
        Rollback = "rollback",
        Afterwards = "afterwards",
        /// Only ever executed in drill mode.
        DrillSetup = "drill-setup",
        DrillCleanup = "drill-cleanup",
    }
}

impl Section {
    /// As it stands in the document.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Before => "Before you start",
            Self::Steps => "Steps",
            Self::Verify => "Verify",
            Self::Rollback => "Rollback",
            Self::Afterwards => "Afterwards",
            Self::DrillSetup => "Drill setup",
            Self::DrillCleanup => "Drill cleanup",
        }
    }

    /// Steps here only look, unless they say otherwise.
    pub fn reads(self) -> bool {
        matches!(self, Self::Before | Self::Verify)
    }
}

/// Where a playbook was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the program; the name of its file.
    Bundled(&'static str),
    File(PathBuf),
}

impl Place {
    /// The file's name without folders.
    pub fn file_name(&self) -> &str {
        match self {
            Self::Bundled(name) => name,
            Self::File(path) => path.file_name().and_then(|name| name.to_str()).unwrap_or(""),
        }
    }

    /// The folder that its steps work in; a bundled playbook has none.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Bundled(_) => None,
            Self::File(path) => path.parent(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bundled(name) => write!(f, "bundled:{name}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// One document and everything that was understood of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Playbook {
    pub id: PlaybookId,
    pub title: String,
    /// SHA-256 of the text, lower-case hex. Empty where there is no text to digest.
    pub digest: String,
    pub place: Place,
    /// The front matter says `playbook: 1`: fields are read and blocks may run. Else every step is manual.
    pub executable: bool,
    pub meta: Meta,
    pub params: Vec<Param>,
    /// In the order of the document, all sections.
    pub steps: Vec<Step>,
    /// The steps that undo them, where they state how.
    pub undo: Vec<Step>,
    pub text: Arc<str>,
    /// Everything found wrong, in the order of the document.
    pub problems: Vec<Problem>,
    /// Why it is shown but must not be executed: its folder can be written by others, or another reason of its place.
    pub refused: Option<String>,
}

impl Playbook {
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps.iter().chain(&self.undo).find(|step| step.id == *id)
    }

    pub fn section(&self, section: Section) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.section == section)
    }

    pub fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.level == Level::Error).count()
    }

    /// Why a run of it can't be started, in one sentence; `None` when it can. A document that is not executable can
    /// be run: as manual steps.
    pub fn unfit(&self) -> Option<String> {
        if let Some(why) = &self.refused {
            return Some(why.clone());
        }
        if let Some(problem) = self.problems.iter().find(|problem| problem.level == Level::Error) {
            return Some(format!("{}:{}: {}", self.place, problem.span.line, problem.message));
        }
        if self.steps.is_empty() {
            return Some(format!("{} has no steps", self.place));
        }
        let later = self.steps.iter().find(|step| !step.how.runs())?;
        Some(format!("{}:{}: this version can show {} but not run it", self.place, later.span.line, later.unsupported()))
    }

    /// The blocks that select feeds, each of which has to be answered by the console.
    pub fn feed_blocks(&self) -> impl Iterator<Item = &Block> {
        let blocks = self.steps.iter().flat_map(|step| [&step.body, &step.dry_run, &step.status, &step.undo]).flatten();
        blocks.filter(|block| block.lang == Language::Feed)
    }

    /// It does nothing but practise others.
    pub fn starts_drills(&self) -> bool {
        let starts =
            |step: &Step| step.kind == CHILD || step.body.as_ref().is_some_and(|body| body.text.contains(" drill start"));
        self.meta.purpose == Some(Purpose::Drill) && self.steps.iter().any(starts)
    }

    /// The Markdown between two offsets.
    pub fn slice(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or("")
    }
}

/// The front matter. Everything is optional here: what is missing but wanted is among the problems.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Meta {
    pub practice: Option<Practice>,
    pub purpose: Option<Purpose>,
    pub services: Vec<String>,
    /// Words of severities that it is meant for; empty means any.
    pub severity: Vec<String>,
    pub owner: Option<String>,
    pub reviewed: Option<NaiveDate>,
    pub review_every: Option<Duration>,
    pub drill_every: Option<Cadence>,
    pub rto: Option<Duration>,
    pub rpo: Option<Duration>,
    pub mode: Option<Mode>,
    /// Any of these may match an alert.
    pub alerts: Vec<LabelSet>,
    pub roles: Vec<String>,
    /// A run older than this needs a fresh start.
    pub max_age: Option<Duration>,
}

/// How often a playbook shall be practised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cadence {
    Every(Duration),
    Never,
}

/// One step: a heading and what stands under it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub id: StepId,
    /// Without its number.
    pub title: String,
    /// As written before the title: `3`.
    pub number: Option<String>,
    pub section: Section,
    /// Name of its kind: `manual`, `command`, `check`, ...
    pub kind: &'static str,
    pub how: How,
    /// The heading.
    pub span: Span,
    /// The Markdown under the heading and the fields: bytes of `Playbook::text`.
    pub prose: Range<usize>,
    pub fields: Fields,
    /// The fields as they were written, for the kinds that read more of them.
    pub raw: Vec<Field>,
    pub body: Option<Block>,
    pub dry_run: Option<Block>,
    pub status: Option<Block>,
    pub undo: Option<Block>,
    /// Task items, to be ticked one by one.
    pub items: Vec<TaskItem>,
}

impl Step {
    /// What of it this version doesn't run.
    fn unsupported(&self) -> String {
        match &self.body {
            None => format!("a `{}` step", self.kind),
            Some(_) if self.fields.host.is_some() => "a step with `host`".to_owned(),
            Some(body) => format!("a `{}` block", body.lang.word()),
        }
    }

    /// What a person is asked to write down: what the step says, or what came of it where nothing could be captured.
    pub fn asks(&self) -> Option<&str> {
        self.fields.record.as_deref().or(self.fields.tty.then_some("what came of it"))
    }

    /// A field as it was written.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.raw.iter().find(|field| field.key == key)
    }
}

words! {
    /// What language a block is in.
    Language {
        Sh = "sh",
        Bash = "bash",
        Http = "http",
        Promql = "promql",
        Feed = "feed",
    }
}

impl Language {
    /// A query: it can only look.
    pub fn asks(self) -> bool {
        matches!(self, Self::Promql | Self::Feed)
    }
}

/// A fenced block that may run.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub lang: Language,
    /// Exactly as it stands between the fences.
    pub text: String,
    pub span: Span,
}

/// `- [ ] text`.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskItem {
    pub text: String,
    pub span: Span,
}

/// How a result was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    /// The expectation that does not hold, and what was seen instead.
    Fails(String),
    /// A condition could not be evaluated, and why: the run stops here.
    CannotTell(String),
}
