//! What became of each thing that was asked for, newest first, with the remote's own answers.

use super::Overlay;
use super::alert::told;
use super::page::{Content, Line, Page, plain};
use crate::domain::act::Outcome;
use crate::domain::ids::RequestId;
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::progress::{Progress, Stage};
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};

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

/// The newest request of which something may be tried again, and how much.
fn failed(view: &View) -> Option<(RequestId, usize)> {
    let again = |progress: &Progress| progress.items.iter().filter(|item| item.stage.may_be_retried()).count();
    let with_failures = view.world.requests.iter().find(|(_, progress)| progress.again().is_some());
    with_failures.map(|(request, progress)| (request, again(progress)))
}

impl Content for Outcomes {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Reading, Context::Outcomes]
    }

    fn title(&self, _view: &View) -> String {
        "What became of each request".to_owned()
    }

    /// The newest request of which something failed is tried again, for those targets alone.
    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        match (action, failed(view)) {
            (Action::Retry, Some((request, _))) => vec![Reply::Ask(Command::Retry { request })],
            (Action::Retry, None) => vec![Reply::Say("Nothing has failed in a way that may be tried again.".to_owned())],
            _ => Vec::new(),
        }
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let newest = failed(view);
        for (request, progress) in view.world.requests.iter() {
            lines.push(plain(inert(&progress.title), Role::Strong));
            if let Some((_, count)) = newest.filter(|(failed, _)| *failed == request) {
                let key = view.keymap.key_of(Action::Retry);
                let those = if count == 1 { "the one".to_owned() } else { format!("the {count}") };
                lines.push(plain(format!("  {key} tries {those} that failed again"), Role::Key));
            }
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
