//! What an alert is made of, where its source groups several into one: as it was when the source was asked.

use crate::domain::alert::{Inside, Part};
use crate::domain::ids::AlertId;
use crate::domain::text::Outside;
use crate::tui::canvas::Line;
use crate::tui::overlays::page::{field, heading, plain};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;

/// So many are told one by one; those that are open are the first.
const SHOWN: usize = 100;

pub fn lines(id: &AlertId, view: &View, columns: usize) -> Vec<Line> {
    match view.world.inside.of(id) {
        None => Vec::new(),
        Some(Ok(inside)) => listed(inside, view, columns),
        Some(Err(why)) => {
            let why = field("?", &format!("they can't be listed: {}", why.inert()), Role::Stale, columns);
            heading("Alerts in it").into_iter().chain(why).collect()
        }
    }
}

fn listed(inside: &Inside, view: &View, columns: usize) -> Vec<Line> {
    let open = inside.parts.iter().filter(|part| part.open).count();
    let read = time::age(time::since(inside.at, view.now.wall));
    let title = match inside.parts.len() {
        0 => format!("No alerts in it {read} ago"),
        count => format!("Alerts in it {read} ago: {count}, {open} of them open"),
    };
    let parts = inside.parts.iter().take(SHOWN).flat_map(|part| told(part, view, columns));
    let written = inside.details.iter().flat_map(|pair| detail(pair, columns));
    let mut lines: Vec<Line> = heading(&title).into_iter().chain(written).chain(parts).collect();
    if let Some(hidden) = inside.parts.get(SHOWN..).filter(|hidden| !hidden.is_empty()) {
        let open = hidden.iter().filter(|part| part.open).count();
        lines.push(plain(format!("… and {} more, {open} of them open", hidden.len()), Role::Dim));
    }
    if let Some(why) = &inside.cut {
        lines.extend(field("?", &format!("there may be more: {}", why.inert()), Role::Stale, columns));
    }
    lines
}

/// `● critical 3m04s  Disk full on db1  disk/db1`.
fn told(part: &Part, view: &View, columns: usize) -> Vec<Line> {
    let (state, role) = if part.open { ("● open", Role::Text) } else { ("✓ over", Role::Dim) };
    let age = part.since.map(|since| time::age(time::since(since, view.now.wall)));
    let quiet = part.suppressed.then(|| "suppressed".to_owned());
    let severity = part.severity.as_ref().map(|word| word.inert().into_owned());
    let key = part.key.as_ref().filter(|key| **key != part.name).map(Outside::inert).map(|key| format!("({key})"));
    let words = [severity, age, quiet, Some(part.name.inert().into_owned()), key];
    let own = field(state, &words.into_iter().flatten().collect::<Vec<_>>().join("  "), role, columns);
    own.into_iter().chain(part.details.iter().flat_map(|pair| detail(pair, columns))).collect()
}

/// What a sender said, under its name.
fn detail((name, value): &(Outside, Outside), columns: usize) -> Vec<Line> {
    field(&format!("  {}", name.inert()), &value.inert(), Role::Text, columns)
}
