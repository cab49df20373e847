//! What an entry says: one word for each kind, with what its `data` holds.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What an entry says. Words of newer versions are kept as they are.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum Kind {
            $($(#[$doc])* $name,)*
            /// A kind of a newer version.
            Other(String),
        }

        impl Kind {
            pub const ALL: &[Kind] = &[$(Kind::$name,)*];

            pub fn word(&self) -> &str {
                match self {
                    $(Self::$name => $word,)*
                    Self::Other(word) => word,
                }
            }
        }

        impl From<String> for Kind {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => Self::$name,)*
                    _ => Self::Other(word),
                }
            }
        }
    };
}

kinds! {
    /// An episode of an alert began. `data`: starts_at, name, severity, labels.
    AlertFired = "alert-fired",
    /// An episode ended. `data`: starts_at.
    AlertResolved = "alert-resolved",
    /// A person knows that an episode is over that was only taken for over: nobody had said that it ended. `data`: episode, name, reason.
    KnownOver = "known-over",
    /// Somebody owns an alert. `data`: episode, until, reason, ticket.
    Ack = "ack",
    /// The ownership was given up or ran out. `data`: episode, why.
    Unack = "unack",
    /// The intent to send an act to a source. `data`: source, act, expires_at, `for` (the ack or silence it serves), `asked_by`,
    /// `again` (the act that could not be sent and that this one repeats).
    Act = "act",
    /// How an act ended. `data`: intent, outcome, detail, made.
    ActEnded = "act-ended",
    /// An incident was declared; its id is this entry's id. `data`: number, title, severity, lead, alerts, services, reach (of which services its past
    /// is looked up); of a drill its whole scenario.
    Declare = "declare",
    /// The incident's severity is now `data.severity`.
    Severity = "severity",
    /// The incident's status is now `data.status`.
    Status = "status",
    /// The incident's title is now `data.title`.
    Title = "title",
    /// `data.person` now has `data.role`.
    Role = "role",
    /// The shift, or the incident, was offered to or accepted by `data.person`. `data`: step (offered, accepted), person.
    Handoff = "handoff",
    /// A feed changed its state. `data`: feed, from, to, message.
    FeedChanged = "feed-changed",
    /// Something was changed. `data`: change (deploy, config, flag, migration, other), id (what its origin calls it), author, link.
    Change = "change",
    /// What is suspected to be why services failed, or what became of that. `data`: cause, services, verdict (suspected, right, wrong, together, denied),
    /// confidence, proven (how many were right and wrong so far).
    Cause = "cause",
    /// A feed's value is about to reach its limit, or what became of that. `data`: feed, verdict (soon, reached, over), limit, and while it is to come
    /// earliest, breach, latest.
    Forecast = "forecast",
    /// Work on services and feeds was begun. `data`: subjects (services, feeds), until, reason; `window`: by the configuration.
    Maintenance = "maintenance",
    /// It ended. `data`: subjects, `of` (the entry that began it; null: the configuration did).
    MaintenanceEnded = "maintenance-ended",
    /// A run was prepared; its id is this entry's id. `data`: title, digest, mode, auto, params (none of them secret), origins, alert_since, steps (the plan),
    /// parent (run, step and attempt that it is a part of). Of a diagnosis, which nobody began, every entry has `data.diagnosis`.
    Run = "run",
    /// `data.driver` drives the run now; null: it was left in order. `data.interrupted`: the console that drove it is gone.
    RunDriver = "run-driver",
    /// A person took an interrupted run up again. `data`: gap_ms.
    RunResumed = "run-resumed",
    /// A person stopped the run for a while, or let it go on. `data`: paused, reason.
    RunPaused = "run-paused",
    /// A person started the rollback. `data`: undo (the steps that undo what was done, newest first), unwanted (steps of the Rollback section
    /// whose condition does not hold).
    RunRollback = "run-rollback",
    /// A drill is over but for its clean-up. `data`: state, reason.
    RunCleanup = "run-cleanup",
    /// The run ended or was closed. `data`: state, reason.
    RunEnded = "run-ended",
    /// A step's attempt is about to start. `data`: digest (of the block), risk, confirmed (what was typed), auto.
    StepIntent = "step-intent",
    /// A step's attempt ended. `data`: state, exit_code, signal, timed_out, cancelled_by, survivors, truncated, started_at, ended_at,
    /// outputs, detail, tries, and where it leads: goto, accepted, verified.
    StepEnded = "step-ended",
    /// A person answered a step, or its time has come. `data.answer` is tick (item, done), done, skip (reason, condition), pass, retry,
    /// accept (reason), assert (done, note), choose (label), waited (reason), approve, approved, alone (reason), refuse (reason), expired,
    /// record (note), cancel or call-off (reason; of the whole run, at another console); and where it leads: goto, verified.
    StepAnswer = "step-answer",
    /// A `status` block was run. `data`: probe (done, not-done, unclear), exit_code, detail; and where it leads: goto, verified.
    StepProbed = "step-probed",
    Decision = "decision",
    Hypothesis = "hypothesis",
    Note = "note",
    Todo = "todo",
    /// Something was told to others.
    Comms = "comms",
    Evidence = "evidence",
    /// `data.entries[]` belong to the incident too, and so does whatever carries the id of one of `data.merged[]`.
    Link = "link",
    /// `data.entries[]` don't belong to the incident after all.
    Unlink = "unlink",
    /// Replaces fields of the entry named by `corrects`. `data`: the changed ones of at, text, kind, incident, visibility, important.
    Correction = "correction",
    /// The program's own state: it slept, the clock was set, the reserve was freed, a new origin began.
    Console = "console",
    /// Practice. `data.step` is skipped: its turn was put off (week, reason). Of a drill: began (there is something to see), paused
    /// (reason), resumed, aborted (reason), finished (scenario, title, kind, said, measured).
    Drill = "drill",
    /// What practice has found. `data`: owner, due; or `closes`, the entry of the finding that the text says what became of.
    Finding = "finding",
}

impl Kind {
    /// Signals, and acts on many of them: these come by the thousand.
    pub const LEGION: [Self; 6] = [Self::AlertFired, Self::AlertResolved, Self::Ack, Self::Unack, Self::Act, Self::ActEnded];

    /// What an incident takes in of the time before it, besides what says since when its sources could not be seen, and that there was a storm.
    pub const PRECEDING: [Self; 9] = [
        Self::AlertFired,
        Self::AlertResolved,
        Self::FeedChanged,
        Self::Change,
        Self::Ack,
        Self::Unack,
        Self::Act,
        Self::ActEnded,
        Self::Note,
    ];
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.word().to_owned()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
