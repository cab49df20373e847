//! `practice`: the days on which nothing is practised.

use super::list;
use crate::domain::node::{Node, Problems};
use crate::domain::practice::Hold;
use chrono::NaiveDate;

pub fn read(node: Option<&Node>, problems: &mut Problems) -> Vec<Hold> {
    let Some(fields) = node.and_then(|node| node.fields(&["hold"], problems)) else { return Vec::new() };
    list::each(fields.get("hold"), problems, |node, problems| {
        let fields = node.fields(&["from", "to", "why"], problems)?;
        let from = day(fields.need("from", problems)?, problems);
        let to = fields.get("to").map_or(from, |node| day(node, problems));
        let why = fields.get("why").map_or(Some(None), |node| list::label(node, problems).map(Some));
        let hold = Hold { from: from?, to: to?, why: why? };
        if hold.to < hold.from {
            problems.error(node.span, format!("it ends on {}, before it begins", hold.to));
            return None;
        }
        Some(hold)
    })
}

fn day(node: &Node, problems: &mut Problems) -> Option<NaiveDate> {
    node.read("a day such as 2026-12-24", problems, |text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
}
