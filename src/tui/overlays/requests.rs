//! What became of each thing that was asked for, newest first, with the remote's own answers.

use super::Overlay;
use super::alert::told;
use super::page::{Content, Line, Page, plain};
use crate::domain::act::Outcome;
use crate::domain::text::inert;
use crate::model::progress::Stage;
use crate::tui::theme::Role;
use crate::tui::view::View;

struct Outcomes;

pub fn open() -> Box<dyn Overlay> {
    Box::new(Page::new(Outcomes))
}

pub fn colour(stage: &Stage) -> Role {
    match stage {
        Stage::Ended(end) if end.outcome == Outcome::Unsent => Role::Pending,
        stage if stage.failed() => Role::Critical,
        stage if stage.settled() => Role::Ok,
        _ => Role::Pending,
    }
}

impl Content for Outcomes {
    fn title(&self, _view: &View) -> String {
        "What became of each request".to_owned()
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for (_, progress) in view.world.requests.iter() {
            lines.push(plain(inert(&progress.title), Role::Strong));
            for item in &progress.items {
                let about = item.alert.as_ref().filter(|_| progress.items.len() > 1);
                let name = about.map(|id| format!("{}: ", view.name_of(id))).unwrap_or_default();
                let text = format!("{name}{}", told(&item.stage));
                let role = colour(&item.stage);
                lines.extend(
                    crate::tui::canvas::wrap(&text, columns.saturating_sub(2), 6)
                        .into_iter()
                        .map(|line| plain(format!("  {line}"), role)),
                );
            }
        }
        if lines.is_empty() {
            lines.push(plain("Nothing has been asked for yet.", Role::Dim));
        }
        lines
    }
}
