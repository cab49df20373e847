//! What an attempt has written, all of it that is kept: scrolled, searched, and followed as long as its end is on the screen.

use super::{Overlay, PASTED, centred};
use crate::domain::ids::{RunId, StepId};
use crate::domain::run::RunMode;
use crate::domain::text::Outside;
use crate::model::Command;
use crate::model::runs::{RunCommand, Written, flow};
use crate::tui::action::Action;
use crate::tui::canvas::{self, Canvas, Pen};
use crate::tui::hits::Hit;
use crate::tui::input::Input;
use crate::tui::keymap::{Context, Key};
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

struct Output {
    run: RunId,
    step: StepId,
    attempt: u32,
    /// The first line on the screen; none: the newest lines are followed.
    from: Option<usize>,
    /// The first column on the screen: errors say what matters at the end of a line.
    column: usize,
    /// What is searched for.
    query: String,
    /// While it is being typed.
    typing: Option<Input>,
}

/// The newest attempt of a step.
pub fn open(run: RunId, step: &StepId, view: &View) -> Vec<Reply> {
    let attempts = view.world.runs.get(run).and_then(|run| run.record(step)).map_or(&[][..], |record| &record.attempts);
    let Some(attempt) = attempts.iter().rev().find(|attempt| attempt.end.is_some() || attempt.state.is_open()) else {
        return vec![Reply::Say("The step has not run.".to_owned())];
    };
    of(run, step, attempt.number)
}

/// This attempt of a step.
pub fn of(run: RunId, step: &StepId, attempt: u32) -> Vec<Reply> {
    let output = Output { run, step: step.clone(), attempt, from: None, column: 0, query: String::new(), typing: None };
    vec![output.look(), Reply::Open(Box::new(output))]
}

impl Output {
    /// Asks for all of it.
    fn look(&self) -> Reply {
        Reply::Ask(Command::Run(RunCommand::Look { run: self.run, step: self.step.clone(), attempt: self.attempt }))
    }

    /// The whole, once it was read; until then the newest lines, as they are told.
    fn written<'a>(&self, view: &View<'a>) -> (&'a [Outside], Option<&'a Written>) {
        let read = view.world.runs.written(self.run, &self.step, self.attempt);
        let tail = view.world.runs.output_of(self.run, &self.step, self.attempt);
        (read.map_or(tail, |read| &read.lines), read)
    }

    fn attempts(&self, view: &View) -> u32 {
        let record = view.world.runs.get(self.run).and_then(|run| run.record(&self.step));
        record.map_or(1, |record| record.attempts.len() as u32)
    }

    /// Goes to the line of the next match, in this direction, around the end.
    fn find(&mut self, forward: bool, view: &View) -> Vec<Reply> {
        let (lines, _) = self.written(view);
        let (len, query) = (lines.len(), self.query.to_lowercase());
        let here = self.from.unwrap_or(len.saturating_sub(view.hits.page.height));
        let order = (1..=len).map(|by| if forward { (here + by) % len } else { (here + len - by) % len });
        let holds = |line: &usize| !query.is_empty() && lines[*line].inert().to_lowercase().contains(&query);
        match order.into_iter().find(holds) {
            Some(line) => self.from = Some(line),
            None => return vec![Reply::Say(format!("`{}` stands nowhere in it.", self.query))],
        }
        Vec::new()
    }

    /// Half a screen to the side, as long as something stands there.
    fn shift(&mut self, right: bool, view: &View) {
        let (lines, _) = self.written(view);
        let from = self.from.unwrap_or(view.hits.page.last);
        let shown = lines.iter().skip(from).take(view.hits.page.height.max(1));
        let (by, longest) = (view.hits.page.columns / 2, shown.map(|line| line.inert().width()).max().unwrap_or(0));
        self.column = match right {
            true if self.column + view.hits.page.columns < longest => self.column + by,
            true => self.column,
            false => self.column.saturating_sub(by),
        };
    }

    fn scroll(&mut self, action: Action, view: &View) {
        let (last, page) = (view.hits.page.last, view.hits.page.height.max(1));
        let at = self.from.unwrap_or(last).min(last);
        let to = match action {
            Action::Down => at + 1,
            Action::Up => at.saturating_sub(1),
            Action::PageDown => at + page,
            Action::PageUp => at.saturating_sub(page),
            Action::Top => 0,
            _ => last,
        };
        // At the end, what comes is followed.
        self.from = (to < last).then_some(to);
    }

    fn title(&self, view: &View) -> String {
        let record = view.world.runs.get(self.run).and_then(|run| run.record(&self.step));
        let title = record.map_or(self.step.as_str(), |record| record.plan.title.as_str());
        let of = match self.attempts(view) {
            1 => String::new(),
            all => format!(" · attempt {} of {all}", self.attempt),
        };
        format!("Output of {}{of}", crate::domain::text::inert(title))
    }

    fn sat(&self, view: &View) -> bool {
        let mode = view.world.runs.get(self.run).and_then(|run| run.mode).unwrap_or(RunMode::Live);
        let step = view.world.runs.playbook_of(self.run).and_then(|book| book.step(&self.step));
        step.is_some_and(|step| flow::sits(step, mode))
    }

    /// What is to be said of it besides.
    fn note(&self, written: Option<&Written>, len: usize, view: &View) -> (String, Role) {
        let state =
            view.world.runs.get(self.run).and_then(|run| run.record(&self.step)?.attempt(self.attempt)).map(|it| it.state);
        match written {
            Some(Written { trouble: Some(why), .. }) => (format!("✗ {}", crate::domain::text::inert(why)), Role::Critical),
            Some(Written { lost: Some(why), .. }) => (format!("✗ {}", crate::domain::text::inert(why)), Role::Critical),
            None => ("… being read".to_owned(), Role::Pending),
            Some(_) if len == 0 && state.is_some_and(|state| state.is_open()) => ("Nothing yet.".to_owned(), Role::Dim),
            Some(_) if len == 0 && self.sat(view) => {
                ("It had the terminal: nothing of what it showed was kept.".to_owned(), Role::Dim)
            }
            Some(_) if len == 0 => ("It wrote nothing.".to_owned(), Role::Dim),
            Some(written) if written.cut => {
                ("Only the newest part is shown; all of it is in the run's folder.".to_owned(), Role::Stale)
            }
            Some(_) => (String::new(), Role::Dim),
        }
    }
}

impl Overlay for Output {
    fn contexts(&self) -> &'static [Context] {
        match self.typing {
            Some(_) => &[Context::Typing],
            None => &[Context::Output, Context::Reading],
        }
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        match action {
            Action::Search => self.typing = Some(Input::new(self.query.clone())),
            Action::Submit => {
                self.query = self.typing.take().map_or_else(String::new, |input| input.text().to_owned());
                return if self.query.is_empty() { Vec::new() } else { self.find(true, view) };
            }
            Action::Cancel => self.typing = None,
            Action::NextMatch => return self.find(true, view),
            Action::PreviousMatch => return self.find(false, view),
            Action::Attempt => {
                self.attempt = if self.attempt > 1 { self.attempt - 1 } else { self.attempts(view) };
                self.from = None;
                return vec![self.look()];
            }
            Action::Close if !self.query.is_empty() => self.query.clear(),
            Action::Close | Action::Leave => return vec![Reply::Ask(Command::Run(RunCommand::LookAway)), Reply::Close],
            Action::Copy => {
                let lines: Vec<_> = self.written(view).0.iter().map(Outside::inert).collect();
                return vec![Reply::Ui(crate::tui::view::Ui::Copy(lines.join("\n")))];
            }
            Action::Left | Action::Right => self.shift(action == Action::Right, view),
            _ => self.scroll(action, view),
        }
        Vec::new()
    }

    fn typed(&mut self, key: Key, _view: &View) -> Vec<Reply> {
        if let Some(input) = &mut self.typing {
            input.take(key);
        }
        Vec::new()
    }

    fn pasted(&mut self, text: &str, _view: &View) -> Vec<Reply> {
        match &mut self.typing {
            Some(input) => _ = input.insert(text),
            None => return vec![Reply::Say(PASTED.to_owned())],
        }
        Vec::new()
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let place = centred(area, area.width, area.height);
        canvas.clear(place);
        canvas.hits.add(place, Hit::Overlay);
        let inside = canvas.frame(place, &[(&self.title(view), Role::Strong)], Role::Overlay);
        let (lines, written) = self.written(view);
        let (note, role) = self.note(written, lines.len(), view);
        let noted = u16::from(!note.is_empty()).min(inside.height);
        canvas.text(inside, 0, &format!(" {note}"), role);
        let body = Rect { y: inside.y + noted, height: inside.height - noted, ..inside };
        let height = usize::from(body.height);
        let last = lines.len().saturating_sub(height);
        (canvas.hits.page.last, canvas.hits.page.height) = (last, height);
        canvas.hits.page.columns = usize::from(body.width.saturating_sub(1));
        let from = self.from.unwrap_or(last).min(last.max(self.from.unwrap_or(0)));
        let mut more = false;
        for (y, line) in (0..body.height).zip(lines.iter().skip(from)) {
            let mut pen = canvas.line(body, y);
            pen.space(1);
            let line = line.inert();
            more |= line.width() > self.column + usize::from(body.width.saturating_sub(1));
            marked(&mut pen, canvas::from_column(&line, self.column), &self.query);
        }
        let beside = match (self.column, more) {
            (0, false) => String::new(),
            (0, true) => format!(" more: {} ─", view.keymap.key_of(Action::Right)),
            (column, false) => format!(" column {} ─", column + 1),
            (column, true) => format!(" column {}, more: {} ─", column + 1, view.keymap.key_of(Action::Right)),
        };
        self.render_foot(canvas, place, (from, lines.len()), &beside);
    }
}

impl Output {
    /// Where we are, or what is being searched for.
    fn render_foot(&self, canvas: &mut Canvas, place: Rect, (from, len): (usize, usize), beside: &str) {
        let Some(y) = place.height.checked_sub(1) else { return };
        let foot = Rect { x: place.x + 1, width: place.width.saturating_sub(2), y: place.y + y, height: 1 };
        if let Some(input) = &self.typing {
            canvas.text(foot, 0, " search ", Role::Key);
            let field = Rect { x: foot.x + 8, width: foot.width.saturating_sub(8), ..foot };
            return input.render(canvas, field, 0, true);
        }
        let follows = if self.from.is_none() { " following ─" } else { "" };
        let height = usize::from(place.height.saturating_sub(2));
        let text = format!("{beside}{follows} {}–{} of {len} ", (from + 1).min(len), (from + height).min(len));
        canvas.line(foot, 0).right(&text, Role::Dim);
    }
}

/// A line with its matches marked.
fn marked(pen: &mut Pen<'_, '_>, line: &str, query: &str) {
    let low = line.to_lowercase();
    // Where lower case is as long as the text, places in one are places in the other.
    if query.is_empty() || low.len() != line.len() {
        pen.text(line, Role::Text);
        return;
    }
    let (query, mut at) = (query.to_lowercase(), 0);
    for (start, found) in low.match_indices(&query) {
        let end = start + found.len();
        if let (Some(before), Some(found)) = (line.get(at..start), line.get(start..end)) {
            pen.text(before, Role::Text).text(found, Role::Match);
            at = end;
        }
    }
    pen.text(line.get(at..).unwrap_or(""), Role::Text);
}
