//! What a diagnosis has seen: each check, how it ended, and the newest lines that it wrote. It is evidence and no gate: a run
//! looks again.

use super::page::{Content, Line, Page, field, plain};
use super::{output, playbook};
use crate::domain::ids::{PlaybookId, RunId, StepId};
use crate::domain::run::{Run, RunMode, StepRecord};
use crate::domain::text::inert;
use crate::model::runs::shown::values;
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::panes::playbook::{diagnosis, glyph};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};

/// Lines of each check that are shown; `output` shows all.
const NEWEST: usize = 10;

struct Seen {
    run: RunId,
    book: PlaybookId,
}

/// The diagnosis by a suggested playbook, if its checks were looked at.
pub fn open(book: &PlaybookId, view: &View) -> Vec<Reply> {
    match diagnosis(view, book) {
        Some((run, _)) => vec![Reply::Open(Box::new(Page::new(Seen { run, book: book.clone() })))],
        None => vec![Reply::Say("Its checks have not been looked at.".to_owned())],
    }
}

impl Content for Seen {
    fn contexts(&self) -> &'static [Context] {
        &[Context::PlaybookDetail, Context::Reading]
    }

    fn title(&self, view: &View) -> String {
        let title = view.world.runs.get(self.run).map_or_else(|| self.book.to_string(), |run| inert(&run.title).into_owned());
        format!("Diagnosis: {title}")
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let Some(run) = view.world.runs.get(self.run) else {
            return vec![plain("It is not known any more.", Role::Stale)];
        };
        let name = run.alert.as_ref().map(|alert| view.name_of(alert)).unwrap_or_default();
        let mut lines = field("for", &name, Role::Text, columns);
        let when = match &run.ended {
            Some((_, at, _)) => format!("{} ago, by itself; a run looks again", time::age(time::since(*at, view.now.wall))),
            None => "… is being looked at".to_owned(),
        };
        lines.extend(field("looked", &when, Role::Dim, columns));
        let now = view.world.runs.playbook(&self.book);
        if now.is_none_or(|book| book.digest != run.digest) {
            lines.extend(field("text", "the playbook has changed since", Role::Stale, columns));
        }
        lines.extend(run.steps.iter().flat_map(|record| self.check(run, record, view, columns)));
        lines
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        let mode = match action {
            Action::Output => return self.output(view),
            Action::Run => RunMode::Live,
            Action::DryRun => RunMode::DryRun,
            _ => return Vec::new(),
        };
        [Reply::Close].into_iter().chain(playbook::prepare(&self.book, mode, view)).collect()
    }
}

impl Seen {
    fn check(&self, run: &Run, record: &StepRecord, view: &View, columns: usize) -> Vec<Line> {
        let (glyph, role) = glyph(view, self.run, record);
        let mut lines =
            vec![Line::new(), vec![(format!("{glyph} "), role), (inert(&record.plan.title).into_owned(), Role::Strong)]];
        let written = view.world.runs.playbook_of(self.run).and_then(|book| book.step(&record.plan.id));
        for (name, value, origin) in written.map(|step| values(run, step)).unwrap_or_default() {
            lines.extend(field(&name, &format!("{value} {origin}"), Role::Text, columns));
        }
        if let Some(end) = record.attempts.last().and_then(|attempt| attempt.end.as_ref()) {
            lines.extend(field(end.state.word(), &inert(&end.shown()), Role::Text, columns));
        }
        let written = view.world.runs.output_of(self.run, &record.plan.id, 1);
        let newest = written.iter().skip(written.len().saturating_sub(NEWEST));
        lines.extend(newest.map(|line| vec![("│ ".to_owned(), Role::Mark), (line.inert().into_owned(), Role::Text)]));
        lines
    }

    /// All that the first check wrote that does not hold, or else the first one at all.
    fn output(&self, view: &View) -> Vec<Reply> {
        let run = view.world.runs.get(self.run);
        let ran = || run.into_iter().flat_map(|run| &run.steps).filter(|record| !record.not_started());
        let bad = |record: &&StepRecord| record.attempts.last().is_some_and(|attempt| !attempt.state.lets_pass());
        let step: Option<StepId> = ran().find(bad).or_else(|| ran().next()).map(|record| record.plan.id.clone());
        step.map_or_else(Vec::new, |step| output::open(self.run, &step, view))
    }
}
