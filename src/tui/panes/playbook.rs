//! The playbook that fits the selected alert, and the run that is under way. It knows no step kinds: a step is a title,
//! a body, a prompt, a status and the tail of its output.

use super::{Pane, PaneId, Spec, Travel};
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::keymap::Context;
use crate::tui::list::List;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use ratatui::layout::Rect;

pub const SPEC: Spec =
    Spec { id: PaneId::Playbook, name: "Playbook", context: Context::Playbook, make: || Box::new(Playbook::default()) };

#[derive(Default)]
pub struct Playbook {
    list: List,
}

impl Pane for Playbook {
    fn update(&mut self, action: Action, _view: &View) -> Vec<Reply> {
        match action {
            Action::Close => Vec::new(),
            _ => vec![Reply::Say("No playbook fits what is selected.".to_owned())],
        }
    }

    fn title(&self, _view: &View) -> Vec<(String, Role)> {
        Vec::new()
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, _view: &View) {
        canvas.hits.height(PaneId::Playbook, usize::from(area.height));
        canvas.text(area, 0, " No playbook fits what is selected.", Role::Dim);
    }

    fn list(&mut self) -> &mut List {
        &mut self.list
    }

    fn travel(&mut self, _travel: Travel, _view: &View) {}
}
