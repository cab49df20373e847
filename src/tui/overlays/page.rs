//! Something to read: lines under a title, scrolled.

use super::{Overlay, centred};
use crate::domain::stamp::Stamp;
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
pub use crate::tui::canvas::Line;
use crate::tui::hits::Hit;
use crate::tui::keymap::Context;
use crate::tui::links;
use crate::tui::markdown;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};
use ratatui::layout::Rect;
use std::rc::Rc;
use std::time::Duration;

/// What takes longer says for how long it has.
const LONG: Duration = Duration::from_secs(1);

/// What a page says.
pub trait Content {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Reading]
    }

    fn title(&self, view: &View) -> String;

    /// All lines, broken to this width.
    fn lines(&self, view: &View, columns: usize) -> Vec<Line>;

    /// The same in parts, for what keeps some of them from frame to frame.
    fn parts(&self, view: &View, columns: usize) -> Vec<Rc<[Line]>> {
        vec![whole(self.lines(view, columns), columns)]
    }

    /// What it waits for, where there is nothing to read before that comes.
    fn awaits(&self, _view: &View) -> Option<&'static str> {
        None
    }

    /// It shows seconds, which go on by themselves.
    fn ticks(&self, _view: &View) -> bool {
        false
    }

    /// Notes what its keys depend on; called before each frame.
    fn prepare(&mut self, _view: &View) {}

    /// A key that does more than scroll.
    fn update(&mut self, _action: Action, _view: &View) -> Vec<Reply> {
        Vec::new()
    }
}

pub struct Page<C> {
    content: C,
    scroll: usize,
    /// When it was first drawn.
    opened: Option<Stamp>,
}

impl<C: Content> Page<C> {
    pub fn new(content: C) -> Self {
        Self { content, scroll: 0, opened: None }
    }
}

impl<C: Content> Overlay for Page<C> {
    fn contexts(&self) -> &'static [Context] {
        self.content.contexts()
    }

    fn prepare(&mut self, view: &View) {
        self.opened.get_or_insert(view.now);
        self.content.prepare(view);
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        let (last, page) = (view.hits.page.last, view.hits.page.height.max(1));
        let at = self.scroll.min(last);
        self.scroll = match action {
            Action::Down => at + 1,
            Action::Up => at.saturating_sub(1),
            Action::PageDown => at + page,
            Action::PageUp => at.saturating_sub(page),
            Action::Top => 0,
            Action::Bottom => last,
            Action::Close | Action::Leave => return vec![Reply::Close],
            other => return self.content.update(other, view),
        };
        self.scroll = self.scroll.min(last);
        Vec::new()
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let width = area.width.min(96);
        let mut parts = self.content.parts(view, usize::from(width.saturating_sub(4)));
        if let Some(what) = self.content.awaits(view) {
            let since = view.now.since(self.opened.unwrap_or(view.now));
            canvas.hits.seconds |= time::ticks(since);
            let since = if since < LONG { String::new() } else { format!(", for {}", time::age(since)) };
            let line = plain(format!("… {what}{since}: esc leaves it"), Role::Pending);
            parts.push(whole(vec![line], usize::from(width.saturating_sub(4))));
        }
        canvas.hits.seconds |= self.content.ticks(view);
        let count = parts.iter().map(|part| part.len()).sum::<usize>();
        let wanted = u16::try_from(count).unwrap_or(u16::MAX).saturating_add(2);
        let place = centred(area, width, wanted.max(5));
        canvas.clear(place);
        canvas.hits.add(place, Hit::Overlay);
        let title = self.content.title(view);
        let inside = canvas.frame(place, &[(&title, Role::Strong)], Role::Overlay);
        let height = usize::from(inside.height);
        let last = count.saturating_sub(height);
        (canvas.hits.page.last, canvas.hits.page.height) = (last, height);
        let from = self.scroll.min(last);
        for (y, line) in parts.iter().flat_map(|part| part.iter()).skip(from).take(height).enumerate() {
            let mut pen = canvas.line(inside, y as u16);
            pen.space(1).spans(line);
        }
        let body = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
        canvas.hits.links.extend(links::find(parts.iter().flat_map(|part| part.iter()).skip(from), body));
        if last > 0 && place.height > 2 {
            let more = format!(" {}–{} of {} ", from + 1, from + height.min(count), count);
            let bottom = Rect { y: place.bottom() - 1, height: 1, x: place.x + 1, width: place.width.saturating_sub(2) };
            canvas.line(bottom, 0).right(&more, Role::Dim);
        }
    }
}

/// Lines that don't fit are broken: nothing of what is read is cut off.
pub fn whole(lines: Vec<Line>, columns: usize) -> Rc<[Line]> {
    let fits = |line: &Line| markdown::width(line) <= columns;
    let broken = |line: Line| if fits(&line) { vec![line] } else { markdown::wrap(&line, columns) };
    lines.into_iter().flat_map(broken).collect()
}

/// `name` in a column, then a text broken over as many lines as it needs. An address of the web is a link.
pub fn field(name: &str, text: &str, role: Role, columns: usize) -> Vec<Line> {
    let role = if links::is_address(text) { Role::Link } else { role };
    let wide = if columns < 50 { 10 } else { 14 };
    let lines = crate::tui::canvas::wrap(text, columns.saturating_sub(wide), 40);
    let label = |index: usize| if index == 0 { format!("{name:<0$} ", wide - 1) } else { " ".repeat(wide) };
    let lines = lines.into_iter().enumerate();
    lines.map(|(index, line)| vec![(label(index), Role::Dim), (line, role)]).collect()
}

pub fn heading(text: &str) -> Vec<Line> {
    vec![Vec::new(), vec![(text.to_owned(), Role::Strong)]]
}

/// A line of one text.
pub fn plain(text: impl Into<String>, role: Role) -> Line {
    vec![(text.into(), role)]
}
