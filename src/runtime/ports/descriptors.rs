//! How many files and sockets this process may have open at the same time.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::sync::OnceLock;

/// Enough for thousands of connections. Not more: what we start inherits it, and some programs walk over all they may have.
const WANTED: u64 = 16_384;

/// What systems give at the least, when ours doesn't say.
const USUAL: u64 = 1_024;

/// Asks the system for more than the usual 1,024, as far as it lets us; its answer holds for the life of the process.
pub fn most_files() -> usize {
    static MOST: OnceLock<usize> = OnceLock::new();
    *MOST.get_or_init(|| {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((USUAL, USUAL));
        let wanted = WANTED.min(hard);
        let raised = soft < wanted && setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_ok();
        usize::try_from(if raised { wanted } else { soft }).unwrap_or(usize::MAX)
    })
}
