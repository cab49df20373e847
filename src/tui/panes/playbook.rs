//! The playbook pane: the run that is under way, else the library with what fits the selected alert first. It knows no
//! step kinds: a step is a title, a body, a prompt, a status and the tail of its output.

mod diagnosis;
mod head;
mod library;
mod prompt;
mod step;
mod steps;

use super::{Pane, PaneId, Spec, Travel};
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::Step;
use crate::domain::run::{Run, RunMode};
use crate::domain::text::inert;
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::hits::Target;
use crate::tui::keymap::Context;
use crate::tui::list::List;
use crate::tui::overlays;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, Ui, View};
pub use diagnosis::{diagnosis, glyph, seen};
use library::Library;
pub use library::reason;
use ratatui::layout::Rect;
use std::collections::BTreeSet;
pub use step::{Made, command, prose, step_of};

pub const SPEC: Spec = Spec {
    id: PaneId::Playbook,
    name: "Playbook",
    context: Context::Playbook,
    to: Action::Playbook,
    make: || Box::new(Playbook::default()),
};

#[derive(Default)]
pub struct Playbook {
    list: List,
    /// The run that is shown; none: the library.
    shown: Option<RunId>,
    /// The newest run that was there, and the newest of those that are driven here: each is shown by itself, once.
    newest: Option<RunId>,
    driven: Option<RunId>,
    library: Library,
    /// The shown run is a part that has not ended: when it does, its whole is shown.
    part: bool,
    /// The step that the shown run is at: the cursor goes with it as long as it stands there.
    at: Option<StepId>,
    /// The prose of steps, laid out.
    made: Made,
}

impl Playbook {
    /// A run that has begun since is shown by itself, once. What somebody else starts takes nobody away from the run at hand.
    fn follow(&mut self, view: &View) {
        let runs = &view.world.runs;
        let ours = |id: &RunId| runs.live(*id).is_some_and(|live| live.driving);
        let newest = runs.open().next().map(|(id, _)| id);
        let driven = runs.open().map(|(id, _)| id).find(ours);
        let part = newest.and_then(|id| runs.get(id)?.parent.as_ref()).is_some_and(|parent| Some(parent.run) == self.shown);
        let busy = self.run(view).is_some_and(|(_, run)| run.ended.is_none()) && !part;
        let (fresh, own) = (newest > self.newest, driven > self.driven);
        (self.newest, self.driven) = (newest.max(self.newest), driven.max(self.driven));
        if own {
            self.show(driven);
        } else if fresh && !busy {
            self.show(newest);
        }
    }

    fn show(&mut self, run: Option<RunId>) {
        (self.shown, self.at) = (run, None);
        self.list.rewind();
    }

    /// Whoever has followed a part to its end goes on with its whole.
    fn come_back(&mut self, view: &View) {
        let open = self.run(view).map(|(_, run)| run.parent.is_some() && run.ended.is_none()).unwrap_or_default();
        if let Some(run) = self.shown.filter(|_| self.part && !open) {
            self.show(parent(run, view).or(Some(run)));
        }
        self.part = open;
    }

    /// The cursor goes on with the run, unless the operator has put it elsewhere.
    fn keep_up(&mut self, id: RunId, run: &Run) {
        let at = steps::at(run);
        let here = match self.list.selected() {
            Some(Target::Step(of, step)) if *of == id => Some(step),
            _ => None,
        };
        if here.is_none() || (here == self.at.as_ref() && self.at != at) {
            self.list.rewind();
            let first = || run.steps.first().map(|record| record.plan.id.clone());
            self.list.select(at.clone().or_else(first).map(|step| Target::Step(id, step)));
        }
        self.at = at;
    }

    fn on_run(&mut self, action: Action, run: RunId, step: Option<&StepId>, view: &View) -> Vec<Reply> {
        match (action, step) {
            (Action::Close, _) => {
                self.back(run, view);
                Vec::new()
            }
            (Action::BackOut, _) => overlays::run::back_out(run, view),
            (Action::Run, Some(step)) => overlays::run::go(run, step, view),
            (Action::Retry, Some(step)) => overlays::run::retry(run, step, view),
            (Action::Skip, Some(step)) => overlays::run::skip(run, step),
            (Action::CancelStep, _) => overlays::run::cancel(run, view),
            (Action::Open, Some(step)) => match child(run, step, view) {
                Some(child) => {
                    self.show(Some(child));
                    Vec::new()
                }
                None => vec![Reply::Open(overlays::step::detail(run, step.clone()))],
            },
            (Action::Copy, Some(step)) => vec![overlays::step::copy(run, step, view)],
            (Action::Output, Some(step)) => overlays::output::open(run, step, view),
            _ => vec![Reply::Say("The run has no step to do that with: esc shows the library.".to_owned())],
        }
    }

    /// From another step to the one at hand, from there to the whole that the run is a part of, or to the library.
    fn back(&mut self, run: RunId, view: &View) {
        let elsewhere = match (self.list.selected(), &self.at) {
            (Some(Target::Step(_, step)), Some(at)) => step != at,
            _ => false,
        };
        match &self.at {
            Some(at) if elsewhere => self.list.select(Some(Target::Step(run, at.clone()))),
            _ => self.show(parent(run, view)),
        }
    }

    fn in_library(&mut self, action: Action, target: Option<Target>, view: &View) -> Vec<Reply> {
        match (action, target) {
            (Action::Close, _) => Vec::new(),
            (Action::Open | Action::Run, Some(Target::Run(run))) => {
                self.show(Some(run));
                Vec::new()
            }
            (Action::Open, Some(Target::Playbook(id) | Target::Suggested(id))) => vec![Reply::Open(overlays::playbook::open(id))],
            (Action::Run, Some(Target::Playbook(id) | Target::Suggested(id))) => {
                overlays::playbook::prepare(&id, RunMode::Live, view)
            }
            (Action::DryRun, Some(Target::Playbook(id) | Target::Suggested(id))) => {
                overlays::playbook::prepare(&id, RunMode::DryRun, view)
            }
            (Action::Output, Some(Target::Playbook(id) | Target::Suggested(id))) => overlays::diagnosis::open(&id, view),
            (Action::Copy, Some(Target::Playbook(id) | Target::Suggested(id))) => vec![Reply::Ui(Ui::Copy(id.to_string()))],
            (_, Some(_)) => vec![Reply::Say(format!("Nothing of it runs: {} prepares it.", view.keymap.key_of(Action::Run)))],
            (_, None) => vec![Reply::Say("No playbook is selected.".to_owned())],
        }
    }

    fn run<'a>(&self, view: &View<'a>) -> Option<(RunId, &'a Run)> {
        self.shown.and_then(|id| Some((id, view.world.runs.get(id)?)))
    }
}

impl Pane for Playbook {
    fn prepare(&mut self, view: &View) {
        self.follow(view);
        self.shown = self.shown.filter(|run| view.world.runs.get(*run).is_some());
        self.come_back(view);
        match self.run(view) {
            Some((id, run)) => self.keep_up(id, run),
            None => {
                self.library = Library::of(view);
                // What fits best is at hand until the operator chooses here.
                if matches!(self.list.selected(), Some(Target::Step(..))) || view.focus != PaneId::Playbook {
                    self.list.rewind();
                }
                self.library.settle(&mut self.list, view.idle);
            }
        }
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        match view.hits.under_cursor(PaneId::Playbook).map(|shown| shown.target.clone()) {
            Some(Target::Step(run, step)) => self.on_run(action, run, Some(&step), view),
            target => match self.shown {
                Some(run) => self.on_run(action, run, None, view),
                None => self.in_library(action, target, view),
            },
        }
    }

    fn title(&self, view: &View) -> Vec<(String, Role)> {
        match self.run(view) {
            Some((id, run)) => {
                let whole = run.parent.as_ref().and_then(|parent| view.world.runs.get(parent.run));
                let whole = whole.map(|whole| format!("{} › ", inert(&whole.title))).unwrap_or_default();
                let apart = view.world.runs.told_apart(id).map(|apart| format!(" {}", inert(&apart))).unwrap_or_default();
                vec![(format!("{whole}{}{apart}", inert(&run.title)), Role::Text)]
            }
            None => self.library.title().into_iter().collect(),
        }
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        match self.run(view) {
            Some((id, run)) => self.render_run(canvas, area, id, run, view),
            None => self.library.render(canvas, area, &self.list, view),
        }
    }

    fn list(&mut self) -> &mut List {
        &mut self.list
    }

    fn travel(&mut self, travel: Travel, view: &View) {
        let height = view.hits.rows_of(PaneId::Playbook);
        let targets: Vec<Option<Target>> = match self.run(view) {
            Some((id, run)) => run.steps.iter().map(|record| Some(Target::Step(id, record.plan.id.clone()))).collect(),
            None => self.library.targets().collect(),
        };
        let find = |target: &Target| targets.iter().position(|other| other.as_ref() == Some(target));
        let by = travel.rows(targets.len());
        let Some(row) = self.list.step(by, targets.len(), height, find) else { return };
        // Over lines that only say something, and back where nothing comes after them.
        let (up, down) = ((0..=row).rev(), row..targets.len());
        let nearest = |line: &usize| targets[*line].is_some();
        let found = if by < 0 { up.chain(down).find(nearest) } else { down.chain(up).find(nearest) };
        match found {
            Some(line) if line != row => self.list.put(targets[line].clone(), line),
            found => self.list.select(found.and_then(|line| targets[line].clone())),
        }
    }
}

impl Playbook {
    fn render_run(&self, canvas: &mut Canvas, area: Rect, id: RunId, run: &Run, view: &View) {
        canvas.hits.height(PaneId::Playbook, usize::from(area.height / 2));
        let head = head::lines(canvas, id, run, view, usize::from(area.width));
        let prompt = prompt::Prompt::of(id, run, self.cursor(), view);
        let below = prompt.height(area.width, view).min(area.height);
        let above = u16::try_from(head.len()).unwrap_or(0).min(area.height - below);
        for (y, line) in (0..above).zip(&head) {
            canvas.line(area, y).spans(line);
        }
        let body = Rect { y: area.y + above, height: area.height - below - above, ..area };
        self.render_steps(canvas, body, id, run, view);
        prompt.render(canvas, Rect { y: area.bottom() - below, height: below, ..area }, view);
    }

    fn cursor(&self) -> Option<&StepId> {
        match self.list.selected() {
            Some(Target::Step(_, step)) => Some(step),
            _ => None,
        }
    }
}

/// The run that a run is a part of.
fn parent(run: RunId, view: &View) -> Option<RunId> {
    let parent = view.world.runs.get(run)?.parent.as_ref()?.run;
    view.world.runs.get(parent).map(|_| parent)
}

/// The newest run that a step was.
fn child(id: RunId, step: &StepId, view: &View) -> Option<RunId> {
    let of = |run: &Run| run.parent.as_ref().is_some_and(|parent| parent.run == id && parent.step == *step);
    view.world.runs.iter().find(|(_, run)| of(run)).map(|(child, _)| child)
}

/// The step of the playbook that a run's step was, and what of it is ticked.
fn ticked<'a>(run: &'a Run, step: &Step) -> &'a BTreeSet<u32> {
    run.record(&step.id).map_or(const { &BTreeSet::new() }, |record| &record.ticked)
}
