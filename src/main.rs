//! The program: `midwatch::cli` has everything.

use std::process::ExitCode;

fn main() -> ExitCode {
<<<<<<< HEAD
    midwatch::runtime::supervisor::requested(std::env::args_os()).unwrap_or(ExitCode::SUCCESS)
=======
    let argv = std::env::args_os();
    midwatch::cli::supervise::requested(std::env::args_os()).unwrap_or_else(|| midwatch::cli::run(argv))
>>>>>>> 3f71465 (wip)
}
