//! One process of a data folder watches: it alone records outside facts. The others wait in line; the lock of a process
//! that ends, however it ends, passes to the next.

use crate::model::Fact;
use std::path::Path;
use tokio::sync::mpsc::UnboundedSender;

/// Waits on a thread of its own, so that waiting costs nothing, and says when it is our turn. The lock is held until the
/// process ends.
pub(super) fn wait_for_turn(folder: &Path, facts: UnboundedSender<Fact>) {
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        if let Ok(Some(lock)) = crate::journal::wait_to_watch(&folder) {
            let _ = facts.send(Fact::Watching(true));
            std::mem::forget(lock);
        }
    });
}
