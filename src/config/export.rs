//! What every export leaves out.

use super::list;
use crate::domain::node::{Node, Problems};
use crate::domain::patterns::Patterns;

/// Patterns that every export strikes, each judged where it stands.
pub fn redact(node: Option<&Node>, problems: &mut Problems) -> Vec<String> {
    let fields = node.and_then(|node| node.fields(&["redact"], problems));
    let patterns = fields.as_ref().and_then(|fields| fields.get("redact")).map(list::items).unwrap_or_default();
    patterns.iter().filter_map(|node| pattern(node, problems)).collect()
}

fn pattern(node: &Node, problems: &mut Problems) -> Option<String> {
    let text = node.text(problems)?.to_owned();
    if let Err(why) = Patterns::with(std::slice::from_ref(&text)) {
        problems.error(node.span, why);
    }
    Some(text)
}
