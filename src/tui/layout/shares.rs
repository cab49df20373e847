//! How the operator has divided the screen: which share each pane has, and which are hidden; for wide and narrow screens each. What
//! is kept of it between two starts is refused whole where it is damaged.

use super::Form;
use crate::tui::panes::PaneId;
use serde::{Deserialize, Serialize};

/// Shares of the screen in thousandths; nothing where it is as usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// Of the width.
    pub health: Option<u16>,
    pub playbook: Option<u16>,
    /// Of the height.
    pub log: Option<u16>,
    pub hide: Vec<PaneId>,
}

/// A border that can be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// To the right of the health pane.
    Health,
    /// To the left of the playbook pane.
    Playbook,
    /// Above the log.
    Log,
}

/// The least and the most that a pane at the side may have of the width, and the log of the height.
const SIDE: (u16, u16) = (100, 600);
const LOG: (u16, u16) = (100, 800);
/// What both sides may have together: the queue between them keeps something.
const SIDES: u16 = 800;

impl Shares {
    pub fn health(&self) -> u16 {
        self.health.unwrap_or(270)
    }

    pub fn playbook(&self) -> u16 {
        self.playbook.unwrap_or(300)
    }

    pub fn log(&self) -> u16 {
        self.log.unwrap_or(300)
    }

    pub fn hides(&self, pane: PaneId) -> bool {
        self.hide.contains(&pane)
    }

    /// Hides a pane, or no longer.
    pub fn toggle(&mut self, pane: PaneId) {
        match self.hides(pane) {
            true => self.hide.retain(|other| *other != pane),
            false => self.hide.push(pane),
        }
    }

    pub fn of(&self, edge: Edge) -> u16 {
        match edge {
            Edge::Health => self.health(),
            Edge::Playbook => self.playbook(),
            Edge::Log => self.log(),
        }
    }

    /// Moves a border as far as the others leave room.
    pub fn set(&mut self, edge: Edge, share: u16) {
        let beside = |other: u16| share.clamp(SIDE.0, SIDE.1.min(SIDES - other));
        match edge {
            Edge::Health => self.health = Some(beside(self.playbook())),
            Edge::Playbook => self.playbook = Some(beside(self.health())),
            Edge::Log => self.log = Some(share.clamp(LOG.0, LOG.1)),
        }
    }

    /// The same, within what is possible.
    pub fn bounded(mut self) -> Self {
        self.health = self.health.map(|share| share.clamp(SIDE.0, SIDE.1));
        self.playbook = self.playbook.map(|share| share.clamp(SIDE.0, SIDE.1.min(SIDES - self.health())));
        if self.playbook.is_none() && self.health() + self.playbook() > SIDES {
            self.health = Some(SIDES - self.playbook());
        }
        self.log = self.log.map(|share| share.clamp(LOG.0, LOG.1));
        self
    }
}

/// What is kept for each size of the terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The form that it is kept in; the first had none.
    #[serde(default = "first")]
    pub version: u32,
    pub wide: Shares,
    pub narrow: Shares,
}

/// The form that this program writes, and the newest that it reads.
const VERSION: u32 = 1;

fn first() -> u32 {
    VERSION
}

impl Default for Kept {
    fn default() -> Self {
        Self { version: VERSION, wide: Shares::default(), narrow: Shares::default() }
    }
}

/// Why nothing of it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// A newer program has written it, in a form that this one does not know.
    Newer(u32),
    Damaged(String),
}

impl Kept {
    /// What a screen of this form is divided by; a tiny one shows one pane, but skips the same as a narrow one.
    pub fn of(&self, form: Form) -> &Shares {
        if form == Form::Wide { &self.wide } else { &self.narrow }
    }

    pub fn of_mut(&mut self, form: Form) -> &mut Shares {
        if form == Form::Wide { &mut self.wide } else { &mut self.narrow }
    }

    /// As it is kept between two starts.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// # Errors
    /// It was not written by us, or is not whole: nothing of it is taken.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        let damaged = |why: String| Unfit::Damaged(why);
        let whole: serde_json::Value = serde_json::from_str(text).map_err(|error| damaged(error.to_string()))?;
        let version = whole.get("version").and_then(serde_json::Value::as_u64).and_then(|version| u32::try_from(version).ok());
        if let Some(newer) = version.filter(|version| *version > VERSION) {
            return Err(Unfit::Newer(newer));
        }
        let kept: Self = serde_json::from_value(whole).map_err(|error| damaged(error.to_string()))?;
        for shares in [&kept.wide, &kept.narrow] {
            if shares.clone().bounded() != *shares {
                return Err(damaged("it names shares of the screen that no pane can have".to_owned()));
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back_and_refused_whole_where_it_is_damaged() {
        let mut kept = Kept::default();
        kept.wide.set(Edge::Health, 400);
        kept.narrow.set(Edge::Log, 500);
        kept.wide.toggle(PaneId::Playbook);
        let text = kept.text();
        assert_eq!(Kept::parse(&text), Ok(kept));
        for bad in
            ["", "{", &text[..text.len() - 1], &text.replace("400", "4000"), &text.replace("wide", "broad"), "{\"wide\":{}}"]
        {
            assert!(matches!(Kept::parse(bad), Err(Unfit::Damaged(_))), "{bad}");
        }
        let newer = text.replace("\"version\":1", "\"version\":7,\"towers\":[]");
        assert_eq!(Kept::parse(&newer), Err(Unfit::Newer(7)), "not damaged, but not ours to read");
        assert!(Kept::parse(&text.replace("\"version\":1,", "")).is_ok(), "the first form had no number");
    }

    #[test]
    fn no_border_pushes_the_queue_away() {
        let mut shares = Shares::default();
        shares.set(Edge::Health, 1_000);
        shares.set(Edge::Playbook, 1_000);
        assert!(shares.health() + shares.playbook() <= SIDES, "{shares:?}");
        shares.set(Edge::Log, 0);
        assert_eq!(shares.log(), LOG.0);
        assert_eq!(shares.clone().bounded(), shares);
    }
}
