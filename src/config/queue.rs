//! How the queue is kept short: which alerts tell of the same problem.

use crate::domain::node::{Node, Problems};

#[derive(Debug, Default)]
pub struct Queue {
    /// Labels that are equal in alerts of several sources that tell of the same problem.
    pub same: Vec<String>,
}

pub fn read(node: Option<&Node>, problems: &mut Problems) -> Queue {
    let Some(fields) = node.and_then(|node| node.fields(&["same"], problems)) else { return Queue::default() };
    Queue { same: fields.get("same").map(|node| same(node, problems)).unwrap_or_default() }
}

fn same(node: &Node, problems: &mut Problems) -> Vec<String> {
    let labels = node.texts(problems).unwrap_or_default();
    if labels.is_empty() {
        problems.error(node.span, "`same` names the labels that say it, such as [alertname, instance]");
    }
    labels
}
