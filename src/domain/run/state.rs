//! The states of a run and of an attempt, and the only moves between them.

use serde::{Deserialize, Serialize};

/// An enumeration that is written as its word, in entries and in JSON output.
macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$note])* $variant,)* }

        impl $name {
            pub const ALL: &[$name] = &[$(Self::$variant,)*];

            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.word() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

states! {
    /// How a run stands.
    RunState {
        /// Its parameters are frozen; nothing has begun.
        Prepared = "prepared",
        /// A check under Before you start does not hold.
        Blocked = "blocked",
        /// A step is being executed, or will be by itself.
        Active = "active",
        /// A person is needed.
        Waiting = "waiting",
        Paused = "paused",
        /// The success criteria are being checked.
        Verifying = "verifying",
        Completed = "completed",
        /// Completed, but something was skipped or accepted as it was.
        CompletedWithExceptions = "completed-with-exceptions",
        Failed = "failed",
        Aborted = "aborted",
        RollingBack = "rolling-back",
        RolledBack = "rolled-back",
        RollbackFailed = "rollback-failed",
        /// Its console died; a named person has to resume it.
        Interrupted = "interrupted",
        /// Closed without resuming.
        Abandoned = "abandoned",
    }
}

impl RunState {
    /// Nothing happens in it any more.
    pub fn is_final(self) -> bool {
        use RunState::{Abandoned, Aborted, Completed, CompletedWithExceptions, Failed, RollbackFailed, RolledBack};
        matches!(self, Completed | CompletedWithExceptions | Failed | Aborted | RolledBack | RollbackFailed | Abandoned)
    }

    /// The answer of a command that waited for it is "yes".
    pub fn is_success(self) -> bool {
        matches!(self, Self::Completed | Self::CompletedWithExceptions)
    }
}

states! {
    /// How a step, or one attempt of it, stands.
    StepState {
        /// The run has not come to it.
        Pending = "pending",
        /// It may be started.
        Ready = "ready",
        Skipped = "skipped",
        /// Its `status` says that there is nothing to do.
        AlreadyDone = "already-done",
        AwaitingConfirm = "awaiting-confirm",
        AwaitingApproval = "awaiting-approval",
        /// A person does it and says so.
        AwaitingInput = "awaiting-input",
        Refused = "refused",
        /// Its intent is recorded.
        Starting = "starting",
        Running = "running",
        /// Told to end; not empty yet.
        Stopping = "stopping",
        Succeeded = "succeeded",
        Failed = "failed",
        TimedOut = "timed-out",
        Cancelled = "cancelled",
        /// Nobody knows whether it was done.
        Unknown = "unknown",
        /// Failed, and a person goes on all the same.
        Accepted = "accepted",
        Undone = "undone",
        UndoFailed = "undo-failed",
    }
}

/// What can happen to an attempt once its intent is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// The supervisor reported a process.
    Reported,
    /// It was told to end.
    Stop,
    /// It ended like this.
    End(StepState),
    /// A person or a probe knows what became of it.
    Resolve {
        done: bool,
    },
    /// A person goes on in spite of it.
    Accept,
    Undo {
        done: bool,
    },
}

impl StepState {
    /// The state after a move; `None` where the move is not possible.
    #[must_use]
    pub fn after(self, step: Move) -> Option<Self> {
        use StepState::{
            Accepted, Cancelled, Failed, Running, Starting, Stopping, Succeeded, TimedOut, UndoFailed, Undone, Unknown,
        };
        match (self, step) {
            (Starting, Move::Reported) => Some(Running),
            (Starting | Running, Move::Stop) => Some(Stopping),
            (Starting | Running | Stopping, Move::End(end)) if end.is_end() => Some(end),
            (Unknown, Move::Resolve { done: true }) => Some(Succeeded),
            (Unknown, Move::Resolve { done: false }) => Some(Failed),
            (Failed | TimedOut | Cancelled, Move::Accept) => Some(Accepted),
            (state, Move::Undo { done: true }) if state.may_be_undone() || state == UndoFailed => Some(Undone),
            (state, Move::Undo { done: false }) if state.may_be_undone() => Some(UndoFailed),
            _ => None,
        }
    }

    /// Something may be executing.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Stopping)
    }

    /// An attempt that was started can end like this.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::TimedOut | Self::Cancelled | Self::Unknown)
    }

    /// It went wrong, and a person may try again, accept or skip.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut | Self::Cancelled)
    }

    /// A person may ask for another attempt.
    pub fn may_be_retried(self) -> bool {
        self.is_failure() || self == Self::Refused
    }

    /// It has changed something, or may have.
    pub fn may_be_undone(self) -> bool {
        self.is_failure() || matches!(self, Self::Succeeded | Self::Accepted | Self::Unknown)
    }

    /// The run may go on after it.
    pub fn lets_pass(self) -> bool {
        matches!(self, Self::Succeeded | Self::Skipped | Self::AlreadyDone | Self::Accepted)
    }
}

states! {
    /// What a run does with its steps.
    RunMode {
        Live = "live",
        /// In a practice environment, logged apart.
        Drill = "drill",
        /// Only looks.
        DryRun = "dry-run",
        /// Executes nothing: every step is done by a person and ticked.
        Manual = "manual",
        /// Nobody began it: the checks that only look, for an alert that fires.
        Diagnosis = "diagnosis",
    }
}

states! {
    /// What may start without a person.
    Auto {
        /// Nothing.
        No = "no",
        /// Steps that only read.
        Read = "read",
        /// Steps that change something too; destructive ones only in a lab.
        Change = "change",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_final_or_over_moves_only_by_a_resolution() {
        for state in StepState::ALL.iter().filter(|state| !state.is_open()) {
            assert_eq!(state.after(Move::Reported), None);
            assert_eq!(state.after(Move::Stop), None);
            assert!(StepState::ALL.iter().all(|end| state.after(Move::End(*end)).is_none()), "{state}");
        }
        assert_eq!(StepState::Succeeded.after(Move::Accept), None);
        assert_eq!(StepState::Failed.after(Move::Resolve { done: true }), None);
        assert_eq!(StepState::Unknown.after(Move::Accept), None, "nobody can accept what nobody knows");
    }

    #[test]
    fn an_open_attempt_ends_only_in_an_end() {
        for state in [StepState::Starting, StepState::Running, StepState::Stopping] {
            for end in StepState::ALL {
                assert_eq!(state.after(Move::End(*end)), end.is_end().then_some(*end));
            }
        }
    }

    #[test]
    fn words_are_the_serialised_form() {
        for state in StepState::ALL {
            assert_eq!(serde_json::to_value(state).expect("JSON"), state.word());
        }
        for state in RunState::ALL {
            assert_eq!(serde_json::to_value(state).expect("JSON"), state.word());
        }
        assert_eq!(serde_json::to_value(RunMode::DryRun).expect("JSON"), "dry-run");
    }
}
