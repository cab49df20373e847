//! How far a folder of playbooks is behind the repository that it comes from.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// A folder that lacks commits which its upstream had when it was fetched last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    pub folder: PathBuf,
    pub commits: u64,
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = if self.commits == 1 { "" } else { "s" };
        write!(f, "{} is {} commit{s} behind its upstream", self.folder.display(), self.commits)
    }
}
