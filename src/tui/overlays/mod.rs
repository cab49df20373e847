//! What lies over the panes: details, lists to choose from, dialogs. A stack; the topmost one has the keys.

pub mod ack;
pub mod acts;
pub mod affected;
pub mod aging;
pub mod alert;
pub mod answer;
pub mod attach;
pub mod belonging;
pub mod call;
pub mod changes;
pub mod choice;
pub mod confirm;
pub mod declare;
pub mod diagnosis;
pub mod dialog;
pub mod doing;
pub mod drill;
pub mod entry;
pub mod errors;
pub mod export;
pub mod feed;
pub mod filter;
pub mod group;
pub mod handoff;
pub mod help;
pub mod history;
pub mod incident;
pub mod joining;
pub mod layouts;
pub mod maintain;
pub mod map;
pub mod menu;
pub mod moment;
pub mod naming;
pub mod note;
pub mod output;
pub mod page;
pub mod palette;
pub mod playbook;
pub mod readiness;
pub mod reason;
pub mod requests;
pub mod resume;
pub mod roles;
pub mod rollback;
pub mod run;
pub mod service;
pub mod silence;
pub mod silences;
pub mod sources;
pub mod step;
pub mod themes;
pub mod unack;
pub mod update;
pub mod views;

use super::action::Action;
use super::canvas::Canvas;
use super::keymap::{Context, Key};
use super::view::{Reply, View};
use ratatui::layout::Rect;

pub trait Overlay {
    /// Where its keys are looked up; the first that knows a key decides.
    fn contexts(&self) -> &'static [Context];

    /// Brings what it shows of the world up to date; called before each frame.
    fn prepare(&mut self, _view: &View) {}

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply>;

    /// A key that means nothing in its contexts: in a dialog, text.
    fn typed(&mut self, _key: Key, _view: &View) -> Vec<Reply> {
        Vec::new()
    }

    fn pasted(&mut self, _text: &str, _view: &View) -> Vec<Reply> {
        vec![Reply::Say(PASTED.to_owned())]
    }

    /// One of its lines was clicked.
    fn clicked(&mut self, _line: usize, _view: &View) -> Vec<Reply> {
        Vec::new()
    }

    /// Whoever sees it has seen what failed.
    fn tells_errors(&self) -> bool {
        false
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View);
}

/// What is said of a paste that nothing takes.
pub const PASTED: &str = "That was pasted outside of a field: nothing was done.";

/// A box of at most this size in the middle of the area; all of the area where it is too small.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 3, width, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_never_leaves_its_area() {
        for (width, height) in [(0, 0), (1, 1), (40, 12), (200, 60)] {
            let area = Rect::new(3, 2, width, height);
            assert_eq!(area.intersection(centred(area, 70, 20)), centred(area, 70, 20));
        }
    }
}
