//! `midwatch __supervise FOLDER`: what `runtime::supervisor::launch` starts. Not for people: shown in no help.

use crate::runtime::supervisor::supervise;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// Runs as a supervisor if that is what the program was started for.
pub fn requested(mut args: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    match (args.nth(1), args.next(), args.next()) {
        (Some(word), Some(folder), None) if word == "__supervise" => Some(supervise(Path::new(&folder))),
        _ => None,
    }
}
