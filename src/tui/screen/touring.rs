//! The line that leads: it can be left, and taken up again where the world is by then.

use crate::tui::action::Action;
use crate::tui::hint::Hint;
use crate::tui::keymap::Keymap;
use crate::tui::view::Reply;

#[derive(Default)]
pub(super) struct Touring {
    pub hint: Option<Hint>,
    left: bool,
}

impl Touring {
    pub fn shown(&self) -> Option<&Hint> {
        self.hint.as_ref().filter(|_| !self.left)
    }

    /// Leaves it, or takes it up again.
    pub fn turn(&mut self, keymap: &Keymap) -> Vec<Reply> {
        let Some((at, all)) = self.hint.as_ref().and_then(|hint| hint.step) else {
            return vec![Reply::Say("There is no tour here: `midwatch demo` has one.".to_owned())];
        };
        self.left = !self.left;
        let back =
            || Reply::Say(format!("The tour is left at {at} of {all}: {} takes it up again.", keymap.key_of(Action::Tour)));
        self.left.then(back).into_iter().collect()
    }
}
