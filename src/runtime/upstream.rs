//! Looks now and then whether the playbook folders are behind their upstreams, and tells the core when that changed.

use crate::model::Fact;
use crate::playbook::behind;
use crate::ports::Ports;
use futures_util::future::join_all;
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;

/// Between two looks: a pull in another terminal takes the warning away soon enough.
const EVERY: Duration = Duration::from_secs(120);

/// Goes on until nobody listens any more.
pub fn watch(folders: Vec<PathBuf>, ports: Ports, facts: UnboundedSender<Fact>, runtime: &Handle) {
    if folders.is_empty() {
        return;
    }
    runtime.spawn(async move {
        let mut told = Vec::new();
        while !facts.is_closed() {
            let found = join_all(folders.iter().map(|folder| behind(folder, &ports))).await;
            let found: Vec<_> = found.into_iter().flatten().collect();
            if found != told {
                told.clone_from(&found);
                let _ = facts.send(Fact::PlaybooksBehind(found));
            }
            tokio::time::sleep(EVERY).await;
        }
    });
}
