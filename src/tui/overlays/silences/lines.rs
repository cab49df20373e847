//! How a silence looks in the list: when it ends and what it keeps quiet, what it matches, whose it is.

use crate::domain::ids::AlertId;
use crate::domain::text::inert;
use crate::model::silences::{Phase, Standing};
use crate::tui::canvas::Line;
use crate::tui::overlays::silence::show;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;

/// The lines of one silence.
pub type Block = Vec<Line>;

/// From this width on, what it matches stands on the first line.
const WIDE: usize = 100;
/// Up to this width where it stands finds no room there.
const NARROW: usize = 60;

pub fn block(one: &Standing, view: &View, columns: usize) -> Block {
    let soon = one.ends_soon(view.now.wall);
    let when_role = if soon { Role::Warning } else { dimmed(one) };
    let told_role = if one.matches_nothing() { Role::Stale } else { dimmed(one) };
    let matchers = (show(&one.matchers), if one.phase == Phase::Ended { Role::Dim } else { Role::Strong });
    let by = format!("{}: {}", one.by.inert(), one.comment.inert());
    let mut first = vec![(pad(when(one, view), 14), when_role), (pad(told(one), 26), told_role)];
    let mut block = match columns {
        0..NARROW => {
            let first = vec![(format!("{}  ", when(one, view)), when_role), (told(one), told_role)];
            vec![first, vec![matchers], vec![(format!("{}, {by}", on(one)), Role::Dim)]]
        }
        NARROW..WIDE => {
            first.push((on(one), Role::Dim));
            vec![first, vec![matchers], vec![(by, Role::Dim)]]
        }
        _ => {
            first.extend([(pad(on(one), 20), Role::Dim), matchers]);
            vec![first, vec![(by, Role::Dim)]]
        }
    };
    if soon && !one.again.is_empty() {
        block.push(vec![(format!("fires again: {}", names(&one.again, 3, view)), Role::Warning)]);
    }
    block
}

fn dimmed(one: &Standing) -> Role {
    if one.phase == Phase::Ended { Role::Dim } else { Role::Text }
}

fn pad(text: String, width: usize) -> String {
    format!("{text:<width$} ")
}

/// `14m left`, `in 2h00m`, `ended 5m ago`.
fn when(one: &Standing, view: &View) -> String {
    let now = view.now.wall;
    match one.phase {
        Phase::Active => format!("{} left", time::age(time::since(now, one.ends_at))),
        Phase::Pending => format!("in {}", time::age(time::since(now, one.starts_at))),
        Phase::Ended => format!("ended {} ago", time::age(time::since(one.ends_at, now))),
    }
}

/// What it keeps quiet now, and how much of that fires again.
pub fn told(one: &Standing) -> String {
    let alerts = match one.alerts.len() {
        _ if one.phase != Phase::Active => return String::new(),
        0 => return "matches nothing".to_owned(),
        1 => "1 alert".to_owned(),
        count => format!("{count} alerts"),
    };
    match one.again.len() {
        0 => alerts,
        1 if one.alerts.len() == 1 => format!("{alerts}, fires again"),
        1 => format!("{alerts}, 1 fires again"),
        again => format!("{alerts}, {again} fire again"),
    }
}

/// Where it stands: by name, or how many where the names are too long.
fn on(one: &Standing) -> String {
    let sources: Vec<_> = one.sources().into_iter().map(|name| inert(name.as_str())).collect();
    let names = sources.join(", ");
    match names.chars().count() <= 17 || sources.len() == 1 {
        true => format!("on {names}"),
        false => format!("on {} sources", sources.len()),
    }
}

/// `PostgresDown db-1, DiskFull db-2 (2) and 4 more`: what several sources tell of is named once.
pub fn names(ids: &[AlertId], most: usize, view: &View) -> String {
    let name = |id: &AlertId| view.world.in_full(id);
    let mut named: Vec<(String, usize)> = Vec::new();
    for name in ids.iter().take(4 * most).map(name) {
        match named.iter().position(|(known, _)| *known == name) {
            Some(place) => named[place].1 += 1,
            None if named.len() == most => break,
            None => named.push((name, 1)),
        }
    }
    let told: usize = named.iter().map(|(_, count)| count).sum();
    let one = |(name, count): &(String, usize)| if *count > 1 { format!("{name} ({count})") } else { name.clone() };
    let text = named.iter().map(one).collect::<Vec<_>>().join(", ");
    if ids.len() > told { format!("{text} and {} more", ids.len() - told) } else { text }
}
