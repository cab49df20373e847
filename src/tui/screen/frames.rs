//! Before a frame and after it: what is kept of the world is brought up to date, and what was shown is taken over.

use super::Screen;
use crate::model::World;
use crate::model::progress::Progress;
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

    /// A note that the journal has refused is a draft again, unless another one was begun meanwhile.
    fn take_notes_back(&mut self, world: &World) {
        let known = |request| world.requests.get(request).is_none_or(Progress::settled);
        for (request, text) in self.noted.extract_if(.., |(request, _)| known(*request)) {
            if self.draft.is_empty() && world.requests.get(request).is_some_and(|progress| !progress.went_well()) {
                self.draft = text;
            }
        }
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
