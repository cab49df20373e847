//! How a command ends: pinned exit codes, and errors that carry theirs.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

/// The pinned exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Done = 0,
    /// The answer is "no": a feed fails, a file has errors, a run failed.
    No = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// A remote could not be reached or refused.
    Remote = 3,
    /// The journal could not be written, and so nothing was done.
    Journal = 4,
}

impl Exit {
    pub const ALL: [Self; 5] = [Self::Done, Self::No, Self::Usage, Self::Remote, Self::Journal];

    pub fn code(self) -> u8 {
        self as u8
    }

    /// For help and the reference.
    pub fn about(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::No => "the answer is no: a feed fails, a file has errors, a run failed or waits",
            Self::Usage => "wrong usage or configuration",
            Self::Remote => "a remote could not be reached, or refused",
            Self::Journal => "the journal could not be written, and so nothing was done",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error that knows its exit code.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub message: String,
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    pub fn remote(message: impl Into<String>) -> Self {
        Self { exit: Exit::Remote, message: message.into() }
    }

    pub fn journal(message: impl Into<String>) -> Self {
        Self { exit: Exit::Journal, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Prints an error on standard error; one of no known sort counts as wrong usage. A reader that has gone away is no error.
pub fn report(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
        return Exit::Done.into();
    }
    let exit = match error.downcast_ref::<Failure>() {
        Some(failure) => failure.exit,
        None if error.downcast_ref::<crate::journal::JournalError>().is_some() => Exit::Journal,
        None => Exit::Usage,
    };
    let _ = writeln!(std::io::stderr(), "midwatch: {error:#}");
    exit.into()
}
