//! Asks git whether a folder of playbooks is behind its upstream's last fetch. Nothing is fetched and nothing written;
//! what is no work tree, has no upstream or can't be asked is not behind.

use crate::domain::playbook::Behind;
use crate::ports::{Ports, Program};
use std::path::Path;
use std::time::Duration;

/// No question to the network, no lock, no words in another language.
const QUIETLY: &[(&str, &str)] =
    &[("GIT_OPTIONAL_LOCKS", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")];

pub async fn behind(folder: &Path, ports: &Ports) -> Option<Behind> {
    let argv = ["git", "-C", folder.to_str()?, "rev-list", "--count", "HEAD..@{upstream}"];
    let program = Program {
        argv: argv.map(str::to_owned).to_vec(),
        env: QUIETLY.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        timeout: Duration::from_secs(10),
        longest: 64,
    };
    let output = ports.exec.observe(program).await.ok().filter(|output| output.code == Some(0))?;
    let commits = std::str::from_utf8(&output.out).ok()?.trim().parse().ok()?;
    (commits > 0).then(|| Behind { folder: folder.to_owned(), commits })
}
