//! The program: see `midwatch::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    midwatch::cli::supervise::requested(std::env::args_os()).unwrap_or(ExitCode::SUCCESS)
}
