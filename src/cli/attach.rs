//! Files that show what an entry says, kept before the entry names them.

use super::session::data_folder;
use super::{Failure, Globals};
use crate::domain::entry::Evidence;
use crate::journal::evidence::{Unkept, keep};
use std::path::Path;

/// Keeps a file, and says what the entry is to say of it.
///
/// # Errors
/// It is no file, too long, can't be read, or can't be kept: then nothing is recorded either.
pub fn file(path: &Path, globals: &Globals) -> anyhow::Result<Evidence> {
    if globals.read_only {
        return Err(Failure::usage("--read-only: nothing is attached").into());
    }
    let kept = keep(path, &data_folder(globals)?, &|| false).map_err(|why| match why {
        Unkept::Unread(why) => Failure::usage(why),
        Unkept::Unwritten(why) => Failure::journal(why),
    });
    Ok(kept?)
}
