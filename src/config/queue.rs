//! How the queue is kept short, how far back it remembers, and what must not get lost in it.

use super::list;
use crate::domain::node::{Node, Problems};
use crate::domain::settings::{Gale, Settings};
use std::time::Duration;

#[derive(Debug)]
pub struct Queue {
    /// Labels that are equal in alerts of several sources that tell of the same problem.
    pub same: Vec<String>,
    pub storm: Gale,
    /// How far back the past of an alert is told.
    pub memory: Duration,
    /// Names of alerts that always fire.
    pub watchdogs: Vec<String>,
}

pub fn read(node: Option<&Node>, problems: &mut Problems) -> Queue {
    let Settings { storm, memory, watchdogs, .. } = Settings::default();
    let plain = Queue { same: Vec::new(), storm, memory, watchdogs };
    let known = ["same", "storm", "memory", "watchdogs"];
    let Some(fields) = node.and_then(|node| node.fields(&known, problems)) else { return plain };
    let bounds = Duration::from_secs(3600)..=Duration::from_secs(10 * 366 * 86_400);
    Queue {
        same: fields.get("same").map(|node| same(node, problems)).unwrap_or_default(),
        storm: fields.get("storm").map_or(storm, |node| gale(node, storm, problems)),
        memory: list::time(fields.get("memory"), bounds, problems).unwrap_or(plain.memory),
        watchdogs: fields.get("watchdogs").and_then(|node| node.texts(problems)).unwrap_or(plain.watchdogs),
    }
}

fn same(node: &Node, problems: &mut Problems) -> Vec<String> {
    let labels = node.texts(problems).unwrap_or_default();
    if labels.is_empty() {
        problems.error(node.span, "`same` names the labels that say it, such as [alertname, instance]");
    }
    labels
}

fn gale(node: &Node, usual: Gale, problems: &mut Problems) -> Gale {
    let Some(fields) = node.fields(&["above", "within"], problems) else { return usual };
    let above = fields.get("above").and_then(|node| {
        node.read("how many new alerts, 10 or more", problems, |text| text.parse().ok().filter(|above| *above >= 10))
    });
    let within = list::time(fields.get("within"), Duration::from_secs(10)..=Duration::from_secs(3600), problems);
    Gale { above: above.unwrap_or(usual.above), within: within.unwrap_or(usual.within) }
}
