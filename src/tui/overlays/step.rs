//! Everything about one step of a run: its text, what runs and on what, each attempt and what it wrote.

use super::Overlay;
use super::page::{Content, Line, Page, field, heading, plain};
use super::{output, run};
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::Step;
use crate::domain::run::{Attempt, Run, StepEnd};
use crate::domain::text::inert;
use crate::model::runs::shown::{place, values};
use crate::tui::action::Action;
use crate::tui::canvas::wrap;
use crate::tui::keymap::Context;
use crate::tui::panes::playbook::{Made, prose, step_of};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, Ui, View};

struct Detail {
    run: RunId,
    step: StepId,
    made: Made,
}

pub fn detail(run: RunId, step: StepId) -> Box<dyn Overlay> {
    Box::new(Page::new(Detail { run, step, made: Made::default() }))
}

/// Puts the step's command into the clipboard, exactly as it stands in the document.
pub fn copy(run: RunId, step: &StepId, view: &View) -> Reply {
    match step_of(run, step, view).and_then(|step| step.body.as_ref()) {
        Some(body) => Reply::Ui(Ui::Copy(body.text.clone())),
        None => Reply::Say("The step has no command.".to_owned()),
    }
}

impl Content for Detail {
    fn contexts(&self) -> &'static [Context] {
        &[Context::StepDetail, Context::Reading]
    }

    fn title(&self, view: &View) -> String {
        let record = view.world.runs.get(self.run).and_then(|run| run.record(&self.step));
        record.map_or_else(|| self.step.to_string(), |record| inert(&record.plan.title).into_owned())
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let Some(run) = view.world.runs.get(self.run) else {
            return vec![plain("The run is not known any more.", Role::Stale)];
        };
        let state = view.world.runs.state_of(self.run, &self.step);
        let mut lines = state.map(|state| field("state", state.word(), Role::Strong, columns)).unwrap_or_default();
        match step_of(self.run, &self.step, view) {
            Some(step) => {
                lines.extend(setting(run, step, view, columns));
                lines.push(Line::new());
                lines.extend(prose(&self.made, self.run, run, step, view, columns));
            }
            None => lines.extend(field("text", "the playbook's text of this run is lost", Role::Stale, columns)),
        }
        let attempts = run.record(&self.step).map_or(&[][..], |record| &record.attempts);
        lines.extend(attempts.iter().flat_map(|attempt| self.attempt(attempt, view, columns)));
        lines
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        match action {
            Action::Run => [Reply::Close].into_iter().chain(run::go(self.run, &self.step, view)).collect(),
            Action::Output => output::open(self.run, &self.step, view),
            Action::Copy => vec![copy(self.run, &self.step, view)],
            _ => Vec::new(),
        }
    }
}

/// What it is done to, how dangerous that is, and the fields as they were written.
fn setting(run: &Run, step: &Step, view: &View, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if step.body.is_some() {
        lines.extend(field("runs", &place(view.world, run, step), Role::Text, columns));
    }
    lines.extend(field("risk", step.fields.risk.word(), Role::Text, columns));
    for (name, value, origin) in values(run, step) {
        lines.extend(field(&name, &format!("{value} {origin}"), Role::Text, columns));
    }
    for written in step.raw.iter().filter(|written| written.key != "risk") {
        lines.extend(field(&inert(&written.key), &inert(&written.text()), Role::Dim, columns));
    }
    lines
}

impl Detail {
    fn attempt(&self, attempt: &Attempt, view: &View, columns: usize) -> Vec<Line> {
        let mut lines = heading(&format!("Attempt {}", attempt.number));
        let at = time::full(attempt.started_at, view.zone);
        lines.extend(field(attempt.state.word(), &format!("by {} at {at}", inert(&attempt.by)), Role::Text, columns));
        lines.extend(attempt.end.iter().flat_map(|end| ended(end, columns)));
        lines.extend(attempt.resolved.iter().flat_map(|who| field("settled", &inert(who), Role::Text, columns)));
        lines.extend(output(self.run, &self.step, attempt.number, view, columns));
        lines
    }
}

fn ended(end: &StepEnd, columns: usize) -> Vec<Line> {
    let mut lines = field("ended", &inert(&end.shown()), Role::Text, columns);
    lines.extend(end.survivors.iter().flat_map(|name| field("left running", &inert(name), Role::Warning, columns)));
    for (name, value) in &end.outputs {
        lines.extend(field("set", &format!("{}={}", inert(name), inert(value)), Role::Text, columns));
    }
    lines
}

/// The newest lines that an attempt wrote, under a heading; nothing where nothing is known.
pub fn output(run: RunId, step: &StepId, attempt: u32, view: &View, columns: usize) -> Vec<Line> {
    let written = view.world.runs.output_of(run, step, attempt);
    if written.is_empty() {
        return Vec::new();
    }
    let lines = written.iter().flat_map(|line| wrap(&line.inert(), columns, 20));
    heading("Output").into_iter().chain(lines.map(|line| plain(line, Role::Text))).collect()
}
