//! The playbook pane: the run that is under way, else the library with what fits the selected alert first. It knows no
//! step kinds: a step is a title, a body, a prompt, a status and the tail of its output.

use super::{Pane, PaneId, Spec, Travel};
use crate::domain::ids::{PlaybookId, RunId, StepId};
use crate::domain::playbook::{Fit, Playbook as Book, Step, matching};
use crate::domain::run::{Run, RunMode, RunState, StepState};
use crate::domain::text::inert;
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, fit};
use crate::tui::hits::{Hit, Shown, Target};
use crate::tui::keymap::Context;
use crate::tui::list::{List, Place};
use crate::tui::overlays;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, Ui, View};
use ratatui::layout::Rect;
use std::sync::Arc;

pub const SPEC: Spec =
    Spec { id: PaneId::Playbook, name: "Playbook", context: Context::Playbook, make: || Box::new(Playbook::default()) };

#[derive(Default)]
pub struct Playbook {
    list: List,
    /// The run that is shown; none: the library.
    shown: Option<RunId>,
    /// The newest run that was shown by itself.
    newest: Option<RunId>,
    rows: Vec<Row>,
    /// Lines that the run's steps are scrolled by, against where the step at hand wants them.
    scroll: isize,
}

/// One line of the library.
struct Row {
    target: Target,
    text: String,
    about: String,
    role: Role,
}

/// The step of the playbook that a run was prepared with.
pub fn step_of<'a>(run: RunId, step: &StepId, view: &View<'a>) -> Option<&'a Step> {
    view.world.runs.playbook_of(run)?.step(step)
}

fn library(view: &View) -> Vec<Row> {
    let runs = view.world.runs.open().map(|(id, run)| run_row(id, run));
    let books = view.world.runs.playbooks();
    let tracked = view.alert.and_then(|id| view.world.alerts.get(id));
    let fitting =
        tracked.map(|it| matching(books, &it.alert.labels, &it.alert.annotations, it.service.as_ref())).unwrap_or_default();
    let fits = |id: &PlaybookId| fitting.iter().any(|(book, _)| book.id == *id);
    let others = books.iter().filter(|book| !fits(&book.id)).map(|book| book_row(book, None));
    runs.chain(fitting.iter().map(|(book, fit)| book_row(book, Some(*fit)))).chain(others).collect()
}

fn run_row(id: RunId, run: &Run) -> Row {
    let about = format!("{} · {}", progress(run), run.state());
    Row { target: Target::Run(id), text: format!("▶ {}", inert(&run.title)), about, role: Role::Strong }
}

fn book_row(book: &Arc<Book>, fit: Option<Fit>) -> Row {
    let (about, role) = match (book.unfit(), fit) {
        (Some(_), _) => ("✗ can't be run", Role::Dim),
        (None, Some(Fit::Alert(_))) => ("fits this alert", Role::Text),
        (None, Some(Fit::Runbook)) => ("named by the alert", Role::Text),
        (None, Some(Fit::Service)) => ("for its service", Role::Text),
        (None, None) => ("", Role::Dim),
    };
    Row { target: Target::Playbook(book.id.clone()), text: inert(&book.title).into_owned(), about: about.to_owned(), role }
}

/// `step 3 of 9`.
fn progress(run: &Run) -> String {
    let all = run.steps.len();
    let here = run.at().and_then(|(record, _)| run.steps.iter().position(|other| other.plan.id == record.plan.id));
    here.map_or_else(|| format!("{all} steps"), |here| format!("step {} of {all}", here + 1))
}

impl Playbook {
    fn find(rows: &[Row], target: &Target) -> Option<usize> {
        rows.iter().position(|row| row.target == *target)
    }

    /// A run that has begun since is shown by itself, once.
    fn follow(&mut self, view: &View) {
        let newest = view.world.runs.open().next().map(|(id, _)| id);
        if newest.is_some() && newest > self.newest {
            (self.shown, self.newest, self.scroll) = (newest, newest, 0);
        }
    }

    fn on_run(&mut self, action: Action, run: RunId, step: Option<&StepId>, view: &View) -> Vec<Reply> {
        match (action, step) {
            (Action::Close, _) => {
                self.shown = None;
                self.list.rewind();
                Vec::new()
            }
            (Action::Run, Some(step)) => overlays::run::go(run, step, view),
            (Action::Retry, Some(step)) => overlays::run::retry(run, step, view),
            (Action::Skip, Some(step)) => vec![Reply::Open(overlays::run::skip(run, step))],
            (Action::CancelStep, Some(step)) => overlays::run::cancel(run, step, view),
            (Action::BackOut, _) => vec![Reply::Open(overlays::run::back_out(run))],
            (Action::Open, Some(step)) => vec![Reply::Open(overlays::run::detail(run, step.clone()))],
            (Action::Copy, Some(step)) => {
                let body = step_of(run, step, view).and_then(|step| step.body.as_ref());
                vec![body.map_or_else(
                    || Reply::Say("The step has no command.".to_owned()),
                    |body| Reply::Ui(Ui::Copy(body.text.clone())),
                )]
            }
            _ => vec![Reply::Say("The run has no step to do that with: esc shows the library.".to_owned())],
        }
    }

    fn in_library(&mut self, action: Action, target: Option<Target>, view: &View) -> Vec<Reply> {
        match (action, target) {
            (Action::Close, _) => Vec::new(),
            (Action::Open | Action::Run, Some(Target::Run(run))) => {
                (self.shown, self.scroll) = (Some(run), 0);
                Vec::new()
            }
            (Action::Open, Some(Target::Playbook(id))) => vec![Reply::Open(overlays::playbook::open(id))],
            (Action::Run, Some(Target::Playbook(id))) => overlays::playbook::prepare(&id, RunMode::Live, view),
            (Action::DryRun, Some(Target::Playbook(id))) => overlays::playbook::prepare(&id, RunMode::DryRun, view),
            (Action::Copy, Some(Target::Playbook(id))) => vec![Reply::Ui(Ui::Copy(id.to_string()))],
            _ => vec![Reply::Say("No playbook is selected.".to_owned())],
        }
    }
}

impl Pane for Playbook {
    fn prepare(&mut self, view: &View) {
        self.follow(view);
        self.shown = self.shown.filter(|run| view.world.runs.get(*run).is_some());
        self.rows = library(view);
        // What fits best is at hand until the operator chooses here.
        if matches!(self.list.selected(), Some(Target::Step(..))) || view.focus != PaneId::Playbook {
            self.list.rewind();
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
        let Some(run) = self.shown.and_then(|run| view.world.runs.get(run)) else {
            let fits = self.rows.iter().filter(|row| row.role == Role::Text).count();
            let word = if fits == 1 { "fits" } else { "fit" };
            return if fits > 0 { vec![(format!("{fits} {word}"), Role::New)] } else { Vec::new() };
        };
        vec![(inert(&run.title).into_owned(), Role::Text)]
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        canvas.hits.height(PaneId::Playbook, usize::from(area.height));
        match self.shown.and_then(|id| Some((id, view.world.runs.get(id)?))) {
            Some((id, run)) => self.render_run(canvas, area, id, run, view),
            None => self.render_library(canvas, area, view.focus == PaneId::Playbook),
        }
    }

    fn list(&mut self) -> &mut List {
        &mut self.list
    }

    fn travel(&mut self, travel: Travel, view: &View) {
        if self.shown.is_some() {
            let by = travel.rows(100);
            self.scroll = self.scroll.saturating_add(by).clamp(-200, 200);
            return;
        }
        let (rows, height) = (&self.rows, view.hits.rows_of(PaneId::Playbook));
        if let Some(row) = self.list.step(travel.rows(rows.len()), rows.len(), height, |target| Self::find(rows, target)) {
            self.list.select(rows.get(row).map(|row| row.target.clone()));
        }
    }
}

impl Playbook {
    fn render_library(&self, canvas: &mut Canvas, area: Rect, focused: bool) {
        let height = usize::from(area.height);
        if self.rows.is_empty() {
            return canvas.text(area, 0, " No playbooks are in the library.", Role::Dim);
        }
        let window = self.list.window(self.rows.len(), height, |target| Self::find(&self.rows, target));
        for line in 0..height {
            let Some(Place::Row(row)) = window.at(window.offset + line) else { continue };
            let Some(row) = self.rows.get(row) else { break };
            let place = Rect { y: area.y.saturating_add(line as u16), height: 1, ..area };
            let cursor = window.line() == Some(line);
            if cursor {
                canvas.hits.show(PaneId::Playbook, Shown { target: row.target.clone(), row: line, offset: window.offset });
            }
            let cursor = cursor && focused;
            canvas.hits.add(place, Hit::Row(PaneId::Playbook, row.target.clone(), window.offset + line));
            let mut pen = canvas.line(place, 0);
            pen.text(if cursor { "▌" } else { " " }, Role::Focus);
            let room = pen.left().saturating_sub(if row.about.is_empty() { 0 } else { row.about.chars().count() as u16 + 1 });
            pen.column(room, &row.text, if cursor { Role::Cursor } else { row.role }).space(1).text(&row.about, Role::Dim);
        }
    }

    fn render_run(&self, canvas: &mut Canvas, area: Rect, id: RunId, run: &Run, view: &View) {
        let head = render_head(canvas, area, id, run, view);
        let at = run.at().map(|(record, _)| record.plan.id.clone());
        let last = area.height.saturating_sub(1);
        let body = Rect { y: area.y + head, height: last.saturating_sub(head), ..area };
        let (lines, here) = lines(id, run, at.as_ref(), view, usize::from(area.width));
        let from = self.first(lines.len(), here, usize::from(body.height));
        for (y, (text, role)) in lines.iter().skip(from).take(usize::from(body.height)).enumerate() {
            canvas.text(body, y as u16, text, *role);
        }
        if let Some(step) = &at {
            let target = Target::Step(id, step.clone());
            canvas.hits.show(PaneId::Playbook, Shown { target, row: 0, offset: 0 });
        }
        render_prompt(canvas, Rect { y: area.y + last, height: 1, ..area }, &prompt(id, run, at.as_ref(), view), view);
    }

    /// The first visible line: the step at hand stands near the top, with what was done before it.
    fn first(&self, len: usize, here: usize, height: usize) -> usize {
        let wanted = here.saturating_sub(height / 4).saturating_add_signed(self.scroll);
        wanted.min(len.saturating_sub(height))
    }
}

/// Where the run is and how long it has taken; gives the lines used.
fn render_head(canvas: &mut Canvas, area: Rect, id: RunId, run: &Run, view: &View) -> u16 {
    let began = run.prepared_at.unwrap_or(view.now.wall);
    let ended = run.verified_at.or(run.ended.as_ref().map(|(_, at, _)| *at));
    canvas.hits.seconds |= ended.is_none();
    let took = time::since(began, ended.unwrap_or(view.now.wall));
    let state = view.world.runs.state(id).unwrap_or(RunState::Prepared);
    let mut pen = canvas.line(area, 0);
    pen.space(1).text(&progress(run), Role::Strong).text(" · ", Role::Dim).text(state.word(), role_of(state));
    pen.text("  ⏱ ", Role::Dim).text(&time::minutes(took), Role::Text);
    let stuck = view.world.runs.live(id).and_then(|live| live.stuck.as_deref());
    if let Some(why) = stuck {
        canvas.text(area, 1, &format!(" ✗ {}", inert(why)), Role::Critical);
        return 2;
    }
    match view.world.runs.playbook_of(id).and_then(|book| book.meta.rto) {
        Some(rto) => {
            let (text, role) = bar(took, rto);
            canvas.text(area, 1, &text, role);
            2
        }
        None => 1,
    }
}

/// `RTO 15:00 ▓▓▓▓░░░░░░  27 %`.
fn bar(took: std::time::Duration, rto: std::time::Duration) -> (String, Role) {
    const COLUMNS: usize = 12;
    let share = took.as_secs_f64() / rto.as_secs_f64().max(1.0);
    let full = ((share * COLUMNS as f64) as usize).min(COLUMNS);
    let role = if share >= 1.0 {
        Role::Critical
    } else if share >= 0.75 {
        Role::Warning
    } else {
        Role::Dim
    };
    let text = format!(" RTO {} {}{} {:3.0} %", time::minutes(rto), "▓".repeat(full), "░".repeat(COLUMNS - full), share * 100.0);
    (text, role)
}

fn role_of(state: RunState) -> Role {
    match state {
        RunState::Completed | RunState::RolledBack => Role::Ok,
        RunState::Failed | RunState::Blocked | RunState::RollbackFailed | RunState::Interrupted => Role::Critical,
        RunState::Waiting | RunState::Prepared => Role::New,
        RunState::Active | RunState::Verifying | RunState::RollingBack => Role::Pending,
        _ => Role::Dim,
    }
}

/// All steps as lines, the step at hand with its body and the tail of its output; and the line on which it stands.
fn lines(id: RunId, run: &Run, at: Option<&StepId>, view: &View, columns: usize) -> (Vec<(String, Role)>, usize) {
    let (mut lines, mut here, mut section) = (Vec::new(), 0, String::new());
    for (number, record) in run.steps.iter().enumerate() {
        let step = &record.plan.id;
        if record.plan.section != section && record.plan.section != "steps" {
            lines.push((format!(" {}", record.plan.section.replace('-', " ")), Role::Dim));
        }
        section.clone_from(&record.plan.section);
        let state = view.world.runs.state_of(id, step).unwrap_or(StepState::Pending);
        let current = at == Some(step);
        let (glyph, role) = look(state, current);
        if current {
            here = lines.len();
        }
        let word = if matters(state) { format!(" · {state}") } else { String::new() };
        let title = inert(&record.plan.title);
        let title = fit(&title, columns.saturating_sub(6 + word.chars().count()));
        lines.push((format!(" {glyph} {:<2} {title}{word}", number + 1), role));
        if current {
            lines.extend(at_hand(id, run, step, view, columns));
        }
    }
    (lines, here)
}

/// A word is needed where the glyph doesn't say it all.
fn matters(state: StepState) -> bool {
    !matches!(state, StepState::Pending | StepState::Succeeded | StepState::Ready)
}

fn look(state: StepState, current: bool) -> (&'static str, Role) {
    match state {
        StepState::Succeeded | StepState::AlreadyDone => ("✓", Role::Ok),
        StepState::Failed | StepState::TimedOut | StepState::Cancelled | StepState::UndoFailed => ("✗", Role::Critical),
        StepState::Unknown => ("?", Role::Stale),
        StepState::Skipped | StepState::Accepted | StepState::Undone => ("–", Role::Dim),
        StepState::Starting | StepState::Running | StepState::Stopping => ("▶", Role::Pending),
        _ if current => ("▶", Role::Strong),
        _ => (" ", Role::Text),
    }
}

/// The step at hand: what it does, and what comes of it.
fn at_hand(id: RunId, run: &Run, step: &StepId, view: &View, columns: usize) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    let mut add = |text: &str, role| lines.extend(wrapped(text, role, columns));
    if let Some(step) = step_of(id, step, view) {
        for line in step.body.iter().flat_map(|body| body.text.lines()).take(6) {
            add(&format!("$ {}", inert(line)), Role::Key);
        }
        if step.body.is_none() {
            let text = view.world.runs.playbook_of(id).map_or("", |book| book.slice(&step.prose));
            // The items follow with what has been ticked.
            let prose = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("- [");
            text.lines().filter(prose).take(4).for_each(|line| add(&inert(line.trim()), Role::Text));
        }
        let ticked = |index: usize| run.record(&step.id).is_some_and(|record| record.ticked.contains(&(index as u32)));
        for (index, item) in step.items.iter().enumerate() {
            let mark = if ticked(index) { "✓" } else { "○" };
            add(&format!("{mark} {}", inert(&item.text)), if ticked(index) { Role::Ok } else { Role::Text });
        }
        let timeout = humantime::format_duration(step.fields.timeout);
        let host = step.fields.host.as_deref().map(|host| format!(" · on {}", inert(host))).unwrap_or_default();
        add(&format!("risk: {} · timeout {timeout}{host}", step.fields.risk.word()), Role::Dim);
    }
    if let Some(end) = run.record(step).and_then(|record| record.attempts.last()?.end.as_ref()) {
        let code = end.exit_code.map(|code| format!("exit {code} ")).unwrap_or_default();
        add(&format!("{code}{}", inert(&end.detail)), Role::Warning);
    }
    lines.extend(tail(id, step, view));
    lines
}

fn wrapped(text: &str, role: Role, columns: usize) -> Vec<(String, Role)> {
    let lines = crate::tui::canvas::wrap(text, columns.saturating_sub(7).max(8), 4);
    lines.into_iter().map(|line| (format!("      {line}"), role)).collect()
}

/// The newest lines of output.
fn tail(id: RunId, step: &StepId, view: &View) -> Vec<(String, Role)> {
    let runs = &view.world.runs;
    let number = runs.get(id).and_then(|run| run.record(step)?.attempts.last()).map_or(1, |attempt| attempt.number);
    let written = runs.output_of(id, step, number);
    let skipped = written.len().saturating_sub(6);
    written.iter().skip(skipped).map(|line| (format!("      │ {}", line.inert()), Role::Text)).collect()
}

/// What can be done now: actions with a word, after a sentence.
fn prompt(id: RunId, run: &Run, at: Option<&StepId>, view: &View) -> (String, Vec<(Action, &'static str)>) {
    use Action::{BackOut, CancelStep, Close, Open, Retry, Run as Go, Skip};
    let live = view.world.runs.live(id);
    let state = at.and_then(|step| view.world.runs.state_of(id, step));
    let held = live.is_some_and(|live| live.driving) && !run.interrupted;
    let (text, keys): (String, &[(Action, &'static str)]) = match (&run.ended, state) {
        (Some((state, _, why)), _) => (format!("{state} {}", inert(why)), &[(Close, "library")]),
        _ if live.is_some_and(|live| live.elsewhere) => ("Another console drives this run.".to_owned(), &[]),
        _ if !held => (String::new(), &[(Go, "take the run up")]),
        (None, Some(StepState::AwaitingInput)) => (String::new(), &[(Go, "done"), (Skip, "skip…"), (BackOut, "back out…")]),
        (None, Some(StepState::Ready | StepState::AwaitingConfirm)) => {
            (String::new(), &[(Go, "run"), (Skip, "skip…"), (BackOut, "back out…")])
        }
        (None, Some(state)) if state.is_open() => (String::new(), &[(CancelStep, "cancel…"), (Open, "output")]),
        (None, Some(state)) if state.is_failure() => {
            (String::new(), &[(Go, "what now?"), (Retry, "try again"), (Skip, "skip…"), (BackOut, "back out…")])
        }
        (None, Some(StepState::Unknown)) => ("Nobody knows:".to_owned(), &[(Go, "say what became of it")]),
        _ => (String::new(), &[]),
    };
    (text, keys.to_vec())
}

fn render_prompt(canvas: &mut Canvas, place: Rect, (text, keys): &(String, Vec<(Action, &'static str)>), view: &View) {
    let mut pen = canvas.line(place, 0);
    pen.space(1).text(text, Role::Text);
    let mut hits = Vec::new();
    for (action, word) in keys {
        let from = pen.space(u16::from(!text.is_empty())).position().x;
        pen.text(&view.keymap.key_of(*action), Role::Key).space(1).text(word, Role::Text).space(2);
        hits.push((Rect { x: from, width: pen.position().x - from, ..place }, Hit::Do(PaneId::Playbook, *action)));
    }
    for (area, hit) in hits {
        canvas.hits.add(area, hit);
    }
}
