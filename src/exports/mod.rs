//! Timeline exports: one file per format, one line in `KINDS`. Byte-stable: the same timeline gives the same bytes.

mod csv;
mod honesty;
mod html;
pub mod json;
mod jsonl;
mod markdown;
mod masks;
pub mod read;
pub mod readiness;
pub mod scenario;
pub mod template;
mod words;

use crate::domain::timeline::Timeline;
pub use masks::fits;
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
pub const KINDS: &[Kind] = &[csv::KIND, html::KIND, json::KIND, jsonl::KIND, markdown::KIND];
