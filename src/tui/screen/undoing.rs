//! What one key takes back, the last first.

use super::Screen;
use crate::domain::ids::RequestId;
use crate::domain::text::inert;
use crate::model::{Command, World};
use crate::tui::status::stops;
use crate::tui::view::{Reply, View};
use std::time::Duration;

/// Acts that can be undone, at most.
const UNDOABLE: usize = 50;
/// For so long it is told that it is too early.
const TOLD: Duration = Duration::from_secs(4);

#[derive(Default)]
pub(super) struct Undoing {
    acts: Vec<Command>,
    /// What was to be undone before it had ended, and when that was asked.
    pub early: Option<(RequestId, Duration)>,
}

impl Screen {
    pub(super) fn undo(&mut self, world: &World) -> Vec<Reply> {
        if let Some(Command::Undo { request }) = self.undo.acts.last()
            && world.requests.get(*request).is_some_and(|progress| !progress.settled())
        {
            self.undo.early = Some((*request, world.now.mono));
            return Vec::new();
        }
        let last = self.undo.acts.pop();
        // A key that comes too late is no act that failed.
        if let Some(Command::Undo { request }) = last
            && let Some(progress) = world.requests.get(request)
            && let Some(why) = progress.is_past_undoing(world.now.mono)
        {
            // Which one is meant: what was done last may be of a kind that is never undone.
            return vec![Reply::Say(format!("`{}` can't be undone: {why}.", inert(&progress.title)))];
        }
        match last {
            Some(command) => vec![Reply::Ask(command)],
            None => vec![Reply::Say("There is nothing to undo.".to_owned())],
        }
    }

    /// That it is too early to undo it, while that is so and has just been asked; what is under way is to be seen again then.
    pub(super) fn too_early(&self, view: &View) -> Option<String> {
        let (request, asked) = self.undo.early?;
        view.world.requests.get(request).filter(|progress| !progress.settled())?;
        let stops = if view.world.waiting_for(request) > 0 { stops(view) } else { String::new() };
        let told = view.now.mono.saturating_sub(asked) < TOLD;
        told.then(|| format!("It is still on its way: once it has ended it can be undone{stops}."))
    }

    pub(super) fn undoable(&mut self, command: Command) {
        if self.undo.acts.len() == UNDOABLE {
            self.undo.acts.remove(0);
        }
        self.undo.acts.push(command);
    }
}
