//! Before a frame and after it: what is kept of the world is brought up to date, and what was shown is taken over.

use super::Screen;
use crate::model::World;
use crate::tui::hits::Hits;

impl Screen {
    /// Brings everything that is kept of the world up to date; called before each frame.
    pub fn prepare(&mut self, world: &World) {
        self.last_key.get_or_insert(world.now.mono);
        self.selected = self.selected_alert();
        if self.overlays.last().is_some_and(|top| top.tells_errors()) {
            self.looked = world.now.mono;
        }
        self.ask_what_came(world);
        self.take_notes_back(world);
        self.follow(world);
        self.with(world, |parts, view| {
            parts.panes.iter_mut().for_each(|(_, pane)| pane.prepare(view));
            parts.overlays.iter_mut().for_each(|overlay| overlay.prepare(view));
        });
    }

    /// A note that the journal has refused is a draft again, once no other one is: nobody's text is lost.
    fn take_notes_back(&mut self, world: &World) {
        let free = self.overlays.is_empty();
        self.noted.retain(|(request, text)| match world.requests.get(*request) {
            Some(progress) if !progress.settled() => true,
            Some(progress) if !progress.went_well() => {
                let taken = free && self.draft.is_empty();
                if taken {
                    self.draft.clone_from(text);
                }
                self.unkept |= taken;
                !taken
            }
            _ => {
                self.unkept = true;
                false
            }
        });
    }

    /// What is to be kept of what was begun, where a note that was handed in has changed that. Asked before each frame: what that shows
    /// as recorded is no draft any more, whatever happens next.
    pub fn draft_to_keep(&mut self, world: &World) -> Option<&str> {
        self.take_notes_back(world);
        std::mem::take(&mut self.unkept).then_some(self.draft.as_str())
    }

    /// Takes over what a frame has shown: the next key acts on it.
    pub fn seen(&mut self, hits: Hits) {
        for (id, pane) in &mut self.panes {
            if let Some(shown) = hits.under_cursor(*id) {
                pane.list().seen(shown);
            }
        }
        self.hits = hits;
    }
}
