//! Timeline exports: one file per format, one line in `KINDS`.

use crate::domain::timeline::Timeline;
use std::io::{self, Write};

/// A format, as help and the command line see it.
pub struct Kind {
    /// The word after `--format`.
    pub name: &'static str,
    /// One sentence for help and docs.
    pub about: &'static str,
    pub write: fn(&Timeline, &mut dyn Write) -> io::Result<()>,
}

/// Every format, sorted by name.
pub const KINDS: &[Kind] = &[];
