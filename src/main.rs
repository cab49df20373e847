//! The program: see `midwatch::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    midwatch::runtime::supervisor::requested(std::env::args_os()).unwrap_or(ExitCode::SUCCESS)
}
