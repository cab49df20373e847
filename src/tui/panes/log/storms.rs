//! The alerts of a storm in one row of the log, that of its beginning, until somebody opens it. What is folded, and how it is counted, is
//! what the exported timeline has.

use crate::domain::entry::{Entry, Visibility};
use crate::domain::ids::EntryId;
use crate::domain::timeline::{Line, Lines, Told, is_turn};
use crate::tui::view::View;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Storms {
    /// What stands in the row of each beginning.
    rows: HashMap<EntryId, String>,
    /// What has no row of its own, and the beginning that counts it.
    hidden: HashMap<EntryId, EntryId>,
    unfolded: BTreeSet<EntryId>,
}

impl Storms {
    /// Those of these entries, in their order, that have a row.
    pub fn fold(&mut self, mut entries: Vec<Arc<Entry>>, view: &View) -> Vec<Arc<Entry>> {
        self.rows.clear();
        self.hidden.clear();
        if !entries.iter().any(|entry| is_turn(entry)) {
            return entries;
        }
        let lines: Vec<Line> = entries.iter().map(|entry| line(entry, view)).collect();
        let own = view.incident.map(|incident| &incident.alerts);
        for told in (Lines { lines: &lines, own }).told() {
            let Told::Storm(began, folded) = told else { continue };
            let id = began.entry.id;
            let unfolded = self.unfolded.contains(&id);
            let (glyph, more) = (if unfolded { "▾" } else { "▸" }, self.before_all(id, view));
            self.rows.insert(id, format!("{glyph} storm: {}{more}", folded.names));
            if !unfolded {
                self.hidden.extend(folded.lines.iter().map(|line| (line.entry.id, id)));
            }
        }
        let oldest = view.world.log.entries().next().map(|entry| entry.order());
        // A beginning or an end that stands here only for what it would count.
        let stray = |entry: &Entry| match view.incident {
            None => oldest.as_ref().is_some_and(|oldest| entry.order() < *oldest),
            Some(incident) => !incident.has_entry(entry),
        };
        let stray = |entry: &Entry| is_turn(entry) && stray(entry);
        entries.retain(|entry| !self.hidden.contains_key(&entry.id) && (self.rows.contains_key(&entry.id) || !stray(entry)));
        entries
    }

    /// Of a storm that is longer than what is kept not everything is counted.
    fn before_all(&self, began: EntryId, view: &View) -> String {
        let kept: HashSet<EntryId> = view.world.log.entries().map(|entry| entry.id).collect();
        if kept.contains(&began) { String::new() } else { format!(", of the newest {} entries", kept.len()) }
    }

    pub fn told(&self, id: EntryId) -> Option<&str> {
        self.rows.get(&id).map(String::as_str)
    }

    /// Opens or closes the storm that this row is; `false`: it is none.
    pub fn toggle(&mut self, id: EntryId) -> bool {
        let is_storm = self.rows.contains_key(&id);
        if is_storm && !self.unfolded.remove(&id) {
            self.unfolded.insert(id);
        }
        is_storm
    }

    /// The row that counts an entry which has none of its own.
    pub fn row_of(&self, id: EntryId) -> Option<EntryId> {
        self.hidden.get(&id).copied()
    }

    /// Opens the storm in which this entry has no row; `false`: it has one.
    pub fn unfold(&mut self, id: EntryId) -> bool {
        self.row_of(id).is_some_and(|storm| self.unfolded.insert(storm))
    }
}

/// Corrections are applied already.
fn line(entry: &Arc<Entry>, view: &View) -> Line {
    Line {
        entry: entry.clone(),
        at: entry.at,
        text: String::new(),
        kind: entry.kind.clone(),
        visibility: Visibility::Internal,
        important: entry.important,
        corrected: view.world.corrections.corrected(entry.id),
    }
}
