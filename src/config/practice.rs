//! `practice`: the days on which nothing is practised, and from which day of the week on it is asked for.

use super::list;
use crate::domain::node::{Node, Problems};
use crate::domain::practice::Hold;
use crate::domain::settings::Settings;
use chrono::{NaiveDate, Weekday};

pub fn read(node: Option<&Node>, problems: &mut Problems) -> (Vec<Hold>, Option<Weekday>) {
    let usual = Settings::default().remind;
    let Some(fields) = node.and_then(|node| node.fields(&["hold", "remind"], problems)) else { return (Vec::new(), usual) };
    let remind = fields.get("remind").and_then(|node| {
        node.read("a day of the week such as friday, or never", problems, |text| match text {
            "never" => Some(None),
            day => day.parse().ok().map(Some),
        })
    });
    let hold = list::each(fields.get("hold"), problems, |node, problems| {
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
    });
    (hold, remind.unwrap_or(usual))
}

fn day(node: &Node, problems: &mut Problems) -> Option<NaiveDate> {
    node.read("a day such as 2026-12-24", problems, |text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
}
