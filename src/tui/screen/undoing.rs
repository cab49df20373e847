//! What one key takes back, the last first.

use super::Screen;
use crate::model::{Command, World};
use crate::tui::view::Reply;

/// Acts that can be undone, at most.
const UNDOABLE: usize = 50;

impl Screen {
    pub(super) fn undo(&mut self, world: &World) -> Vec<Reply> {
        if let Some(Command::Undo { request }) = self.undo.last()
            && world.requests.get(*request).is_some_and(|progress| !progress.settled())
        {
            return vec![Reply::Say("It is still on its way: once it has ended it can be undone.".to_owned())];
        }
        match self.undo.pop() {
            Some(command) => vec![Reply::Ask(command)],
            None => vec![Reply::Say("There is nothing to undo.".to_owned())],
        }
    }

    pub(super) fn undoable(&mut self, command: Command) {
        if self.undo.len() == UNDOABLE {
            self.undo.remove(0);
        }
        self.undo.push(command);
    }
}
