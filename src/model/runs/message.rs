//! What is said to runs and by them. Plain values.

use super::{Sitting, Written};
use crate::domain::entry::{Evidence, Intent};
use crate::domain::ids::{AlertId, EntryId, IncidentId, PlaybookId, RunId, StepId};
use crate::domain::playbook::{ParamSource, Playbook, Resolved};
use crate::domain::run::{Auto, Probe, RunMode, StepEnd};
use crate::domain::secret::Secret;
use crate::domain::text::Outside;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Parameters as somebody typed them; one of them may be a secret, so they are never printed, and whoever serialises them strikes
/// those out before.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Typed(pub BTreeMap<String, String>);

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What a human asks of runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RunCommand {
    /// Freeze the parameters and make a run. With `auto` it begins by itself.
    Prepare {
        playbook: PlaybookId,
        params: Typed,
        alert: Option<AlertId>,
        incident: Option<IncidentId>,
        mode: RunMode,
        auto: Auto,
    },
    /// Start the step that the run is at, or say that a manual one is done. `confirmed` is the second act: `yes`, or the
    /// text that the step wants typed.
    Start {
        run: RunId,
        step: StepId,
        confirmed: Option<String>,
    },
    /// Tick a task item of a manual step, or take the tick back; the last tick completes the step.
    Tick {
        run: RunId,
        step: StepId,
        item: u32,
        done: bool,
    },
    /// Go on without this step.
    Skip {
        run: RunId,
        step: StepId,
        reason: String,
    },
    /// Another attempt of the step that has just failed.
    Retry {
        run: RunId,
        step: StepId,
        confirmed: Option<String>,
    },
    /// The step failed, and the run goes on all the same.
    Accept {
        run: RunId,
        step: StepId,
        reason: String,
    },
    /// Say what became of a step of unknown outcome.
    Assert {
        run: RunId,
        step: StepId,
        done: bool,
        note: String,
    },
    /// Pick an option of a decision, by its label.
    Choose {
        run: RunId,
        step: StepId,
        label: String,
    },
    /// End a wait before its time.
    EndWait {
        run: RunId,
        step: StepId,
        reason: String,
    },
    /// Approve what somebody else asked for. `by`: a person at this console who is not its operator.
    Approve {
        run: RunId,
        step: StepId,
        by: Option<Person>,
    },
    /// Say no to it.
    Refuse {
        run: RunId,
        step: StepId,
        by: Option<Person>,
        reason: String,
    },
    /// Go on without approval, because nobody else is there.
    Alone {
        run: RunId,
        step: StepId,
        reason: String,
    },
    /// Write down what the step asks for, or attach it.
    Attach {
        run: RunId,
        step: StepId,
        note: String,
        evidence: Vec<Evidence>,
    },
    /// Run the step's `status` block: of an unknown outcome, or before a start.
    Probe {
        run: RunId,
        step: StepId,
    },
    /// Leave a step undone because its `status` says that there is nothing to do.
    Pass {
        run: RunId,
        step: StepId,
    },
    /// Nothing starts until the run is let go on.
    Pause {
        run: RunId,
        reason: String,
    },
    Unpause {
        run: RunId,
    },
    /// Start the rollback: what it would do was shown by `Runs::rollback`.
    Rollback {
        run: RunId,
    },
    /// End the command that is running.
    Cancel {
        run: RunId,
    },
    /// End the run.
    Abort {
        run: RunId,
        reason: String,
    },
    /// Say in the journal that the run is to end: whoever drives it, or takes it up, begins nothing more and ends it.
    CallOff {
        run: RunId,
        reason: String,
    },
    /// Take up a run that was left or whose console died. Secrets are supplied again.
    Resume {
        run: RunId,
        params: Typed,
    },
    /// Close a run that nobody will resume.
    Abandon {
        run: RunId,
        reason: String,
    },
    /// Leave the run in order: another console may take it up without being told that this one died.
    Leave {
        run: RunId,
    },
    /// Show what an attempt has written, and go on showing it while it grows.
    Look {
        run: RunId,
        step: StepId,
        attempt: u32,
    },
    /// Nobody looks any more.
    LookAway,
}

impl RunCommand {
    /// The run that is meant, if there is one yet.
    pub fn run(&self) -> Option<RunId> {
        match self {
            Self::Prepare { .. } | Self::LookAway => None,
            Self::Start { run, .. }
            | Self::Tick { run, .. }
            | Self::Skip { run, .. }
            | Self::Retry { run, .. }
            | Self::Accept { run, .. }
            | Self::Assert { run, .. }
            | Self::Choose { run, .. }
            | Self::EndWait { run, .. }
            | Self::Approve { run, .. }
            | Self::Refuse { run, .. }
            | Self::Alone { run, .. }
            | Self::Attach { run, .. }
            | Self::Probe { run, .. }
            | Self::Pass { run, .. }
            | Self::Pause { run, .. }
            | Self::Unpause { run }
            | Self::Rollback { run }
            | Self::Cancel { run }
            | Self::Abort { run, .. }
            | Self::CallOff { run, .. }
            | Self::Resume { run, .. }
            | Self::Abandon { run, .. }
            | Self::Leave { run }
            | Self::Look { run, .. } => Some(*run),
        }
    }

    /// Nothing is done for it, and nothing recorded.
    pub fn only_looks(&self) -> bool {
        matches!(self, Self::Look { .. } | Self::LookAway)
    }

    /// What is asked, for people.
    pub fn title(&self) -> String {
        match self {
            Self::Prepare { playbook, .. } => format!("prepare a run of {playbook}"),
            Self::Start { step, .. } => format!("start {step}"),
            Self::Tick { step, .. } => format!("tick an item of {step}"),
            Self::Skip { step, .. } => format!("skip {step}"),
            Self::Retry { step, .. } => format!("retry {step}"),
            Self::Accept { step, .. } => format!("accept {step} as it is"),
            Self::Assert { step, .. } => format!("say what became of {step}"),
            Self::Choose { step, label, .. } => format!("choose {label} at {step}"),
            Self::EndWait { step, .. } => format!("end {step} before its time"),
            Self::Approve { step, .. } => format!("approve {step}"),
            Self::Refuse { step, .. } => format!("refuse {step}"),
            Self::Alone { step, .. } => format!("go on with {step} alone"),
            Self::Attach { step, .. } => format!("attach something to {step}"),
            Self::Probe { step, .. } => format!("ask whether {step} was done"),
            Self::Pass { step, .. } => format!("leave {step} as it is"),
            Self::Pause { .. } => "pause the run".into(),
            Self::Unpause { .. } => "let the run go on".into(),
            Self::Rollback { .. } => "start the rollback".into(),
            Self::Cancel { .. } => "cancel the running step".into(),
            Self::Abort { .. } | Self::CallOff { .. } => "abort the run".into(),
            Self::Resume { .. } => "resume the run".into(),
            Self::Abandon { .. } => "abandon the run".into(),
            Self::Leave { .. } => "leave the run".into(),
            Self::Look { .. } | Self::LookAway => "look at output".into(),
        }
    }
}

/// Somebody at this console who is not its operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    pub role: Option<String>,
}

/// Values that playbooks want from the environment or from files, read by whoever may read them.
#[derive(Debug, Clone, Default)]
pub struct Given(pub BTreeMap<ParamSource, Secret>);

impl PartialEq for Given {
    fn eq(&self, other: &Self) -> bool {
        self.0.keys().eq(other.0.keys()) && self.0.iter().zip(&other.0).all(|((_, a), (_, b))| a.expose() == b.expose())
    }
}

/// What happened to attempts outside.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum RunFact {
    /// The library was read.
    #[serde(skip)]
    Playbooks { books: Arc<Vec<Arc<Playbook>>>, given: Arc<Given> },
    /// The library was read, to tell of it: nothing is run here.
    #[serde(skip)]
    Shelf(Arc<Vec<Arc<Playbook>>>),
    /// A step may be given the terminal of this process: whoever shows its world sees to that.
    AtTerminal,
    /// The terminal was handed to an attempt that waited for it, or why it could not be.
    Lent { sitting: Sitting, refused: Option<String> },
    /// A supervisor has started the block, or a request is on its way.
    Started { run: RunId, step: StepId, attempt: u32, pid: Option<i32> },
    /// The newest lines of output; `bytes` counts all that is kept.
    Output { run: RunId, step: StepId, attempt: u32, tail: Arc<[Outside]>, bytes: u64 },
    /// The attempt has ended and was judged.
    Ended { run: RunId, step: StepId, attempt: u32, end: StepEnd },
    /// What a `status` block said.
    Probed { run: RunId, step: StepId, attempt: u32, probe: Probe, exit_code: Option<i32>, detail: String },
    /// We hold the run now; what was found of attempts without an end. Without a playbook, the reason why its snapshot is lost.
    #[serde(skip)]
    Adopted { run: RunId, playbook: Result<Arc<Playbook>, String>, found: Vec<Finding> },
    /// Another process holds the run.
    Elsewhere { run: RunId },
    /// What an attempt has written so far.
    Read { run: RunId, step: StepId, attempt: u32, written: Written },
}

/// One attempt without a recorded end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub step: StepId,
    pub attempt: u32,
    /// How it ended; `None` while it is running and now being tailed.
    pub end: Option<StepEnd>,
}

/// What runs ask of the outside.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEffect {
    /// Make the run's folder, hold it, and keep the playbook's text in it.
    Keep { run: RunId, playbook: Arc<Playbook> },
    /// Start a recorded attempt; answered by `Started` and one `Ended`.
    Launch(Box<Launch>),
    /// Run the step's `status` block, which only looks; answered by `Probed`.
    Probe(Box<Look>),
    /// Tell the attempt to end; `Ended` says how it did.
    Cancel { run: RunId, step: StepId, attempt: u32, who: String },
    /// Hold a run that nobody holds and look at its open attempts; answered by `Adopted` or `Elsewhere`.
    Adopt(Box<Adopt>),
    /// Let a run go.
    Release { run: RunId },
    /// Read what an attempt has written, without these secrets; answered by `Read`.
    Read { run: RunId, step: StepId, attempt: u32, secrets: Resolved },
}

/// What belongs to every attempt of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    pub run: RunId,
    pub mode: RunMode,
    pub params: Resolved,
    /// What earlier steps have set.
    pub outputs: BTreeMap<String, String>,
    /// What is written may hold a secret that we don't know: nothing of it is told on the way.
    pub hushed: bool,
}

/// One attempt that may be started.
#[derive(Debug, Clone, PartialEq)]
pub struct Launch {
    pub intent: Intent,
    pub step: StepId,
    pub attempt: u32,
    pub playbook: Arc<Playbook>,
    pub setup: Setup,
}

/// A step that is to be asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub step: StepId,
    pub attempt: u32,
    pub playbook: Arc<Playbook>,
    pub setup: Setup,
    /// The entry of the attempt's intent, or of the run where nothing has been started.
    pub about: EntryId,
}

/// A run to be looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Adopt {
    pub setup: Setup,
    /// Of the playbook that the run was prepared with.
    pub digest: String,
    /// Attempts that have an intent and no end, with the entries of the intents.
    pub open: Vec<(StepId, u32, EntryId)>,
}
