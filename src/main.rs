//! The program: `midwatch::cli` has everything.

use std::process::ExitCode;

fn main() -> ExitCode {
    midwatch::cli::run(std::env::args_os())
}
