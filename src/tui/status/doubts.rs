//! Which sources can't be trusted now, on the first line.

use super::SMALL;
use crate::domain::ids::SourceName;
use crate::domain::text::inert;
use crate::model::alerts::SourceState;
use crate::tui::action::Action;
use crate::tui::panes::alerts::trust;
use crate::tui::view::View;

/// Behind every count of alerts.
const RESTARTED: u8 = 6;

/// Sources that can't be trusted now: by name, or how many where that would push everything else away. What one has not told again
/// since it was restarted says so in its own row: the counts are worth more.
pub fn told(view: &View, width: u16) -> Vec<(u8, String)> {
    let sources = || view.world.alerts.sources();
    let of = |(name, source)| {
        let rank = if trust(source).is_some() { 0 } else { RESTARTED };
        Some((rank, format!("? {} {}", inert(SourceName::as_str(name)), said_of(source)?)))
    };
    let doubted: Vec<(u8, String)> = sources().filter_map(of).collect();
    match doubted.len() {
        count if count <= if width < SMALL { 1 } else { NAMED } => doubted,
        count => {
            let key = view.keymap.key_of(Action::Sources);
            let rank = doubted.iter().map(|(rank, _)| *rank).min().unwrap_or(0);
            vec![(rank, format!("? {count} of {} sources in doubt: {key}", sources().count()))]
        }
    }
}

/// Why it can't be trusted, or how much of what is shown it has not told again since it was restarted.
fn said_of(source: &SourceState) -> Option<String> {
    let unlisted = Some(source.unlisted).filter(|count| *count > 0);
    trust(source).map(str::to_owned).or_else(|| unlisted.map(|count| format!("restarted, {count} not listed")))
}

/// More sources in doubt are counted.
const NAMED: usize = 2;
