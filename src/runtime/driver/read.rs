//! What an attempt has written, read again from its folder: for somebody who looks at it, while it runs or long after.

use super::attempt;
use super::{Setup, Which, block, tail};
use crate::domain::playbook::Resolved;
use crate::domain::secret::redacted;
use crate::domain::text::Outside;
use crate::model::runs::{RunFact, Written};
use crate::runtime::supervisor::Folder;

/// Lines at most.
const LINES: usize = 20_000;

pub(super) fn read(setup: &Setup, which: Which, secrets: &Resolved) {
    let folder = block::newest(&attempt::folder(setup, &which));
    let written = match folder.is_dir() {
        true => whole(&Folder::at(folder), secrets),
        false => {
            let why = format!("nothing is kept of it: there is no {}", folder.display());
            Written { trouble: Some(why), ..Written::default() }
        }
    };
    let Which { run, step, attempt } = which;
    setup.say(RunFact::Read { run, step, attempt, written });
}

fn whole(folder: &Folder, secrets: &Resolved) -> Written {
    let (text, cut) = tail::whole(folder);
    // Before it is parted into lines: a secret may have several.
    let text = redacted(&text, secrets.secrets());
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(LINES);
    let lines = lines[skipped..].iter().map(|line| Outside::from(*line)).collect();
    let lost = folder.exit().ok().flatten().and_then(|exit| exit.lost());
    Written { lines, cut: cut || skipped > 0, lost, trouble: None }
}
