//! The filter line: what is typed narrows the queue at once; `tab` takes from what is in the queue, `esc` brings the old filter back.

use super::Overlay;
use crate::model::filter::complete::{Way, complete};
use crate::model::filter::{Filter, Mistake};
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, wrap};
use crate::tui::hits::Hit;
use crate::tui::input::Input;
use crate::tui::keymap::{Context, Key};
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

struct Line {
    input: Input,
    before: String,
    problem: Option<Mistake>,
    /// What it asks for that nothing is called.
    misnamed: Option<String>,
    /// Where the word at the cursor begins, how it may go on, and which of that stands there by `tab`.
    word: usize,
    ways: Vec<Way>,
    chosen: Option<usize>,
}

pub fn open(before: &str) -> Box<dyn Overlay> {
    let input = Input::new(before);
    Box::new(Line { input, before: before.to_owned(), problem: None, misnamed: None, word: 0, ways: Vec::new(), chosen: None })
}

impl Line {
    fn changed(&mut self, view: &View) -> Vec<Reply> {
        self.chosen = None;
        (self.word, self.ways) = complete(view.world, self.input.text(), self.input.cursor());
        self.narrowed(view)
    }

    fn narrowed(&mut self, view: &View) -> Vec<Reply> {
        // Half a word is no mistake yet: what matched before stays.
        let read = Filter::parse(self.input.text());
        self.misnamed = read.as_ref().ok().and_then(|filter| filter.unknown(view.world));
        self.problem = read.err();
        match self.problem {
            None => vec![Reply::Filter(self.input.text().to_owned())],
            Some(_) => Vec::new(),
        }
    }

    /// The next way on stands in place of what was typed; the only one there is, is taken.
    fn choose(&mut self, index: usize, view: &View) -> Vec<Reply> {
        let Some(way) = self.ways.get(index).cloned() else { return Vec::new() };
        let only = self.ways.len() == 1;
        let end = if only && way.whole { " " } else { "" };
        self.input.replace_from(self.word, &format!("{}{end}", way.text));
        if only {
            return self.changed(view);
        }
        self.chosen = Some(index);
        self.deepen(index, &way, view);
        self.narrowed(view)
    }

    /// A key alone is half a term: what may stand behind it comes next.
    fn deepen(&mut self, index: usize, way: &Way, view: &View) {
        let done = self.ways.get(index + 1).is_some_and(|next| next.text.starts_with(&way.text));
        if !way.whole && !done {
            let (_, values) = complete(view.world, self.input.text(), self.input.cursor());
            self.ways.splice(index + 1..index + 1, values);
        }
    }

    fn step(&mut self, by: isize, view: &View) -> Vec<Reply> {
        let first = if by > 0 { 0 } else { self.ways.len().saturating_sub(1) };
        let count = self.ways.len().max(1) as isize;
        let next = self.chosen.map_or(first, |chosen| (chosen as isize + by).rem_euclid(count) as usize);
        self.choose(next, view)
    }
}

impl Overlay for Line {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Typing]
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        match action {
            Action::Submit if self.problem.is_none() => vec![Reply::Close],
            Action::NextField => self.step(1, view),
            Action::PreviousField => self.step(-1, view),
            Action::Cancel | Action::Close => vec![Reply::Close, Reply::Filter(self.before.clone())],
            _ => Vec::new(),
        }
    }

    fn typed(&mut self, key: Key, view: &View) -> Vec<Reply> {
        if self.input.take(key) {
            return self.changed(view);
        }
        // The cursor may stand in another word now.
        self.chosen = None;
        (self.word, self.ways) = complete(view.world, self.input.text(), self.input.cursor());
        Vec::new()
    }

    fn pasted(&mut self, text: &str, view: &View) -> Vec<Reply> {
        self.input.insert(text);
        self.changed(view)
    }

    fn clicked(&mut self, line: usize, view: &View) -> Vec<Reply> {
        self.choose(line, view)
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, _view: &View) {
        let place = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
        canvas.clear(place);
        canvas.hits.add(place, Hit::Overlay);
        canvas.text(place, 0, " / ", Role::Key);
        let room = place.width.saturating_sub(3);
        let field = Rect { x: place.x + 3, width: if room < 60 { room } else { room / 2 }, ..place };
        self.input.render(canvas, field, 0, true);
        let rest = Rect { x: field.right() + 1, width: place.right().saturating_sub(field.right() + 1), ..place };
        let message = self.problem.as_ref().map(ToString::to_string);
        let message = message.or_else(|| self.misnamed.as_ref().map(|why| format!("? {why}")));
        let above = Rect { y: place.y.saturating_sub(1), ..place };
        let pointed = match &self.problem {
            _ if above.y == place.y || above.y < area.y => false,
            _ if !self.ways.is_empty() => self.render_ways(canvas, above),
            Some(why) => self.point_at(canvas, above, field, why),
            None => false,
        };
        match message {
            None => canvas.text(rest, 0, HINT, Role::Dim),
            Some(message) if message.width() <= usize::from(rest.width) => canvas.text(rest, 0, &message, Role::Warning),
            Some(message) => {
                let end = if pointed { above.y } else { place.y };
                let lines = wrap(&message, usize::from(area.width.saturating_sub(2)), usize::from(end.saturating_sub(area.y)));
                let height = u16::try_from(lines.len()).unwrap_or(0);
                let over = Rect { y: end.saturating_sub(height), height, ..place };
                canvas.clear(over);
                canvas.hits.add(over, Hit::Overlay);
                canvas.sentences(over, 0, &message, Role::Warning);
            }
        }
    }
}

const HINT: &str = "tab completes: label=value, label=~regex, state:, severity>=, age>10m, or, not, ( )";

impl Line {
    /// Over the character that can't be understood; nothing where the line is too long to be seen whole.
    fn point_at(&self, canvas: &mut Canvas, above: Rect, field: Rect, why: &Mistake) -> bool {
        let before: String = self.input.text().chars().take(why.at).collect();
        let seen = self.input.text().width() < usize::from(field.width);
        if seen {
            canvas.clear(above);
            canvas.hits.add(above, Hit::Overlay);
            let x = field.x + before.width() as u16;
            canvas.text(Rect { x, width: above.right().saturating_sub(x), ..above }, 0, "▾ here", Role::Warning);
        }
        seen
    }

    fn render_ways(&self, canvas: &mut Canvas, place: Rect) -> bool {
        canvas.clear(place);
        canvas.hits.add(place, Hit::Overlay);
        // The chosen one is always in view.
        let width = |way: &Way| way.text.width() + way.alerts.map_or(0, |count| count.to_string().len() + 1) + 3;
        let fits = |from: &usize| {
            self.ways[*from..=self.chosen.unwrap_or(0)].iter().map(width).sum::<usize>() + 3 <= usize::from(place.width)
        };
        let from = (0..=self.chosen.unwrap_or(0)).find(fits).or(self.chosen).unwrap_or(0);
        let mut x = place.x.saturating_add(3);
        for (index, way) in self.ways.iter().enumerate().skip(from) {
            let here = Rect { x, width: place.right().saturating_sub(x), ..place };
            canvas.hits.add(Rect { width: here.width.min(width(way) as u16), ..here }, Hit::Line(index));
            let role = if self.chosen == Some(index) { Role::Cursor } else { Role::Text };
            let mut pen = canvas.line(here, 0);
            pen.text(&way.text, role);
            if let Some(count) = way.alerts {
                pen.space(1).text(&count.to_string(), Role::Dim);
            }
            x = x.saturating_add(width(way) as u16);
        }
        true
    }
}
