//! The library: what is under way, what fits, and below it everything in an order that never changes. What fits has its own
//! lines, so that another alert changes those alone.

use super::{PaneId, diagnosis};
use crate::domain::ids::{PlaybookId, RunId};
use crate::domain::playbook::{Fit, Playbook};
use crate::domain::readiness::{Row as Readiness, State};
use crate::domain::run::{Run, RunMode};
use crate::domain::text::inert;
use crate::model::suggestions::{SUGGESTED, Suggestion};
use crate::tui::canvas::Canvas;
use crate::tui::hits::{Hit, Shown, Target};
use crate::tui::list::{List, Place};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;
use ratatui::layout::Rect;
use std::sync::Arc;

/// Columns from which on there is room for a reason beside what was seen.
const WIDE: u16 = 50;

/// Columns from which on there is room for how well it is practised, too.
const WIDER: u16 = 56;

/// Runs that are over and listed.
const OVER: usize = 5;

#[derive(Default)]
pub(super) struct Library {
    lines: Vec<Line>,
    /// How many fit, shown or not.
    fit: usize,
}

/// What a line is about; its words are found once it is drawn, for most lines of a large library never are.
enum Line {
    Run(RunId),
    Fits(Suggestion),
    Book(Arc<Playbook>),
    /// No cursor stands on it.
    Says(&'static str, Role),
}

struct Row {
    text: String,
    about: String,
    role: Role,
    /// How well it is practised.
    practised: Option<(String, Role)>,
}

impl Library {
    pub fn of(view: &View) -> Self {
        let suggested = view.suggestions();
        let fit = suggested.len();
        let fits = fit.min(SUGGESTED);
        let free = (fits..SUGGESTED).map(|place| match place {
            _ if fits > 0 => Line::Says("", Role::Dim),
            0 => Line::Says(" Nothing fits what is selected.", Role::Dim),
            // What one can do about it.
            1 => Line::Says(" Take one below, or write `alerts:`", Role::Dim),
            2 => Line::Says(" into the one that should fit.", Role::Dim),
            _ => Line::Says("", Role::Dim),
        });
        let runs = view.world.runs.open().map(|(id, _)| Line::Run(id));
        let fitting = suggested.into_iter().take(SUGGESTED).map(Line::Fits);
        let books = view.world.runs.playbooks().iter().cloned().map(Line::Book);
        // What is over is looked at again: what was done, and what it wrote.
        let over = view.world.runs.iter().filter(|(_, run)| run.ended.is_some()).take(OVER).map(|(id, _)| Line::Run(id));
        let heading = [Line::Says(" Library", Role::Strong)];
        Self { fit, lines: runs.chain(fitting).chain(free).chain(heading).chain(books).chain(over).collect() }
    }

    /// What a cursor can stand on, line by line.
    pub fn targets(&self) -> impl Iterator<Item = Option<Target>> {
        self.lines.iter().map(Line::target)
    }

    fn find(&self, target: &Target) -> Option<usize> {
        self.lines.iter().position(|line| line.is(target))
    }

    /// What fits best is at hand first; a cursor that has a row goes where that belongs once nobody looks.
    pub fn settle(&self, list: &mut List, idle: bool) {
        if list.selected().is_none() {
            let first = self.targets().enumerate().find_map(|(line, target)| Some((line, target?)));
            first.into_iter().for_each(|(line, target)| list.put(Some(target), line));
        } else if idle {
            list.settle(|target| self.find(target));
        }
    }

    pub fn title(&self) -> Option<(String, Role)> {
        let word = if self.fit == 1 { "fits" } else { "fit" };
        (self.fit > 0).then(|| (format!("{} {word}", self.fit), Role::New))
    }

    pub fn render(&self, canvas: &mut Canvas, area: Rect, list: &List, view: &View) {
        if self.targets().flatten().next().is_none() {
            return render_nothing(canvas, area, view);
        }
        let height = usize::from(area.height);
        canvas.hits.height(PaneId::Playbook, height);
        let window = list.window(self.lines.len(), height, |target| self.find(target));
        for (y, line) in (0..area.height).zip(0..) {
            let Some(Place::Row(found)) = window.at(window.offset + line) else { continue };
            let place = Rect { y: area.y + y, height: 1, ..area };
            let Some(what) = self.lines.get(found) else { break };
            if let Line::Says(text, role) = what {
                canvas.text(place, 0, text, *role);
            }
            let Some(target) = what.target() else { continue };
            let cursor = window.line() == Some(line);
            if cursor {
                canvas.hits.show(PaneId::Playbook, Shown { target: target.clone(), row: line, offset: window.offset });
            }
            canvas.hits.add(place, Hit::Row(PaneId::Playbook, target, window.offset + line));
            what.render(canvas, place, cursor && view.focus == PaneId::Playbook, view);
        }
    }
}

impl Line {
    fn target(&self) -> Option<Target> {
        match self {
            Self::Run(id) => Some(Target::Run(*id)),
            Self::Fits(suggestion) => Some(Target::Suggested(suggestion.book.id.clone())),
            Self::Book(book) => Some(Target::Playbook(book.id.clone())),
            Self::Says(..) => None,
        }
    }

    fn is(&self, target: &Target) -> bool {
        match (self, target) {
            (Self::Run(id), Target::Run(other)) => id == other,
            (Self::Fits(suggestion), Target::Suggested(other)) => suggestion.book.id == *other,
            (Self::Book(book), Target::Playbook(other)) => book.id == *other,
            _ => false,
        }
    }

    fn render(&self, canvas: &mut Canvas, place: Rect, cursor: bool, view: &View) {
        let row = match self {
            Self::Run(id) => view.world.runs.get(*id).map(|run| of_run(*id, run, view)),
            Self::Fits(suggestion) => Some(of_fit(suggestion, view)),
            Self::Book(book) => Some(of_book(book)),
            Self::Says(..) => None,
        };
        let Some(row) = row else { return };
        let mut marks = match self {
            // What its checks have seen of the alert for which it is suggested.
            Self::Fits(Suggestion { book, alert: Some(alert), .. }) => diagnosis::marks(canvas, view, alert, &book.id),
            _ => Vec::new(),
        };
        // Where there is little room, what was seen counts more than why it is suggested.
        if marks.is_empty() || place.width >= WIDE {
            let gap = if marks.is_empty() { "" } else { "  " };
            marks.push((format!("{gap}{}", row.about), Role::Dim));
        }
        if let Some((text, role)) = row.practised.filter(|_| place.width >= WIDER) {
            marks.push((format!(" · {text}"), role));
        }
        let width = marks.iter().map(|(text, _)| text.chars().count() as u16).sum::<u16>();
        let mut pen = canvas.line(place, 0);
        pen.text(if cursor { "▌" } else { " " }, Role::Focus);
        let room = pen.left().saturating_sub(if width == 0 { 0 } else { width + 1 });
        pen.column(room, &row.text, if cursor { Role::Cursor } else { row.role }).space(1).spans(&marks);
    }
}

/// How to come to a first playbook.
fn render_nothing(canvas: &mut Canvas, area: Rect, view: &View) {
    if !view.world.runs.is_ready() {
        return canvas.text(area, 0, " The library is being read…", Role::Dim);
    }
    let text = "No playbooks are in the library. A playbook is a Markdown file: name the folder that yours are in with \
                `playbooks:` in the configuration, or let `midwatch init` write a first one.";
    canvas.sentences(area, 0, text, Role::Dim);
}

fn of_run(id: RunId, run: &Run, view: &View) -> Row {
    let (mark, role) = if run.ended.is_some() { ("·", Role::Dim) } else { ("▶", Role::Strong) };
    let about = match run.ended {
        Some(_) => run.state().to_string(),
        None => {
            let dry = if run.mode == Some(RunMode::DryRun) { "dry run · " } else { "" };
            let other = run.driver.as_deref().filter(|driver| *driver != view.world.me.name);
            let by = other.map(|driver| format!(" · {}", inert(driver))).unwrap_or_default();
            format!("{dry}{} · {}{by}", super::head::progress(run), run.state())
        }
    };
    // Of two runs of one playbook the one is known by what it was started with.
    let apart = view.world.runs.told_apart(id).filter(|_| run.ended.is_none());
    let apart = apart.map(|apart| format!("{} ", inert(&apart))).unwrap_or_default();
    Row { text: format!("{mark} {apart}{}", inert(&run.title)), about, role, practised: None }
}

fn of_fit(suggestion: &Suggestion, view: &View) -> Row {
    let book = &suggestion.book;
    let about = match (book.unfit(), suggestion.fit, suggestion.of_incident) {
        (Some(_), ..) => "✗ can't be run",
        (None, Fit::Alert(_), false) => "fits this alert",
        (None, Fit::Runbook, false) => "named by the alert",
        (None, Fit::Service, false) => "for its service",
        (None, Fit::Alert(_), true) => "fits the incident",
        (None, Fit::Runbook, true) => "named by an alert",
        (None, Fit::Service, true) => "for a service",
    };
    let practised = view.world.readiness(book).map(|row| practised(&row, view));
    Row { practised, ..row(book, about, Role::Text) }
}

/// In three words at most.
fn practised(row: &Readiness, view: &View) -> (String, Role) {
    let ago = row.last.as_ref().map(|(last, _)| time::age((view.now.wall - last.ended_at).to_std().unwrap_or_default()));
    let ago = ago.map(|ago| format!(" {ago} ago")).unwrap_or_default();
    match row.state {
        State::Never => ("never practised".to_owned(), Role::Warning),
        State::Failed => (format!("failed{ago}"), Role::Warning),
        State::Stale => (format!("practised{ago}"), Role::Warning),
        State::Fresh | State::Exempt => (format!("practised{ago}"), Role::Dim),
    }
}

fn of_book(book: &Arc<Playbook>) -> Row {
    let about = if book.unfit().is_some() { "✗ can't be run" } else { "" };
    row(book, about, Role::Dim)
}

fn row(book: &Playbook, about: &str, role: Role) -> Row {
    Row { text: inert(&book.title).into_owned(), about: about.to_owned(), role, practised: None }
}

/// Why a playbook is suggested, in a sentence.
pub fn reason(view: &View, book: &PlaybookId) -> Option<String> {
    let Suggestion { book, fit, alert, of_incident } = view.suggestion(book)?;
    let Some(alert) = alert else { return Some("it is for a service of the incident".to_owned()) };
    let name = format!("{}{}", view.name_of(&alert), if of_incident { " of the incident" } else { "" });
    Some(match fit {
        Fit::Alert(_) => {
            let tracked = view.world.alerts.get(&alert)?;
            let holds = |set: &&crate::domain::matcher::LabelSet| set.matches(|name| tracked.alert.labels.get(name));
            let set = book.meta.alerts.iter().filter(holds).max_by_key(|set| set.0.len())?;
            let labels: Vec<String> = set.0.iter().map(|(label, _)| inert(label).into_owned()).collect();
            format!("its `alerts` match {name} by {}", labels.join(", "))
        }
        Fit::Runbook => format!("the runbook_url of {name} names it"),
        Fit::Service => format!("it is for the service of {name}"),
    })
}
