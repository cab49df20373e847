//! Everything that failed of late in one place: what, since when, how often, why, and what to do about it. Enter leads there. What is
//! well again is said to be, for an hour.

use super::requests::colour;
use super::{Overlay, centred};
use crate::domain::attention::Way;
use crate::domain::ids::{AlertId, EntryId, RequestId};
use crate::domain::text::inert;
use crate::model::outbox::Sent;
use crate::model::progress::{Item, Progress, Stage};
use crate::model::troubles::{Own, Subject, Trouble};
use crate::model::{Command, World};
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Line, wrap};
use crate::tui::hits::{Hit, Target};
use crate::tui::keymap::Context;
use crate::tui::overlays;
use crate::tui::overlays::alert::{told, tried_again};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};
use ratatui::layout::Rect;
use std::collections::BTreeSet;
use std::time::Duration;

/// What stands in one row.
#[derive(Debug, Clone, PartialEq)]
enum Row {
    Trouble(Subject),
    /// Something that was asked for and not done.
    Request(RequestId),
    /// The same by the record alone: another console asked, or one before this.
    Act(EntryId),
}

#[derive(Default)]
pub struct Errors {
    /// As the last frame shows them: a click means what stands there.
    rows: Vec<Row>,
    /// The row under the cursor: it stays there whatever comes above it.
    cursor: Option<Row>,
}

pub fn open() -> Box<dyn Overlay> {
    Box::new(Errors::default())
}

/// So long a request that failed is told here.
const TOLD: Duration = Duration::from_secs(3_600);

fn failed(world: &World) -> impl Iterator<Item = (RequestId, &Progress)> {
    let late = |progress: &Progress| world.now.mono.saturating_sub(progress.touched) < TOLD;
    // What was tried again is told by the request that did.
    let wrong = |progress: &Progress| {
        let done_with = |item: &Item| progress.retried && item.stage.may_be_retried() || world.is_moot(item);
        progress.items.iter().any(|item| item.stage.failed() && !done_with(item))
    };
    world.requests.iter().filter(move |(_, progress)| wrong(progress) && late(progress))
}

/// What was not done and is not told by a request of this console.
fn elsewhere(world: &World) -> Vec<(&AlertId, &Sent)> {
    let told: BTreeSet<EntryId> = failed(world).flat_map(|(_, progress)| &progress.items).filter_map(|item| item.entry).collect();
    let is_told =
        |sent: &Sent| sent.id().is_some_and(|id| told.contains(&id)) || sent.serves().is_some_and(|id| told.contains(&id));
    world.undone().into_iter().filter(|(_, sent)| !is_told(sent)).collect()
}

/// When it ended, on this console's clock.
fn ended(sent: &Sent, world: &World) -> Duration {
    let ago = sent.ended_at.and_then(|at| (world.now.wall - at).to_std().ok()).unwrap_or_default();
    world.now.mono.saturating_sub(ago)
}

/// How much of it nobody has seen who looked last at that time; nobody who has not looked yet has seen any.
pub fn unseen(world: &World, looked: Duration) -> usize {
    let new = |(_, sent): &(&AlertId, &Sent)| looked.is_zero() || ended(sent, world) > looked;
    let acts = elsewhere(world).into_iter().filter(new).count();
    world.troubles.begun_since(looked) + failed(world).filter(|(_, progress)| progress.touched > looked).count() + acts
}

/// The newest first; what is well again at the end.
fn rows(world: &World) -> Vec<Row> {
    let mut rows: Vec<(bool, Duration, Row)> = Vec::new();
    for (subject, trouble) in world.troubles.list() {
        let at = trouble.over.map_or(trouble.since, |over| over).mono;
        rows.push((trouble.over.is_some(), at, Row::Trouble(subject.clone())));
    }
    rows.extend(failed(world).map(|(id, progress)| (false, progress.touched, Row::Request(id))));
    let acts = elsewhere(world).into_iter().filter_map(|(_, sent)| Some((false, ended(sent, world), Row::Act(sent.id()?))));
    rows.extend(acts);
    rows.sort_by_key(|(over, at, _)| (*over, std::cmp::Reverse(*at)));
    rows.into_iter().map(|(.., row)| row).collect()
}

fn name(subject: &Subject, view: &View) -> String {
    match subject {
        Subject::Journal => "the journal can't be written".to_owned(),
        Subject::Watch => "the watch".to_owned(),
        Subject::Disk => "the journal's reserve for a full disk is used up".to_owned(),
        Subject::Configuration => "the changed configuration has errors".to_owned(),
        Subject::Upstream => "playbooks are behind their upstream".to_owned(),
        Subject::Source(name) => format!("source {name}"),
        Subject::News(name) => format!("source {name} tells nothing by itself"),
        Subject::Clock(name) => format!("the clock of {name}"),
        Subject::Pushed(name) => format!("what is pushed to {name} is refused"),
        Subject::Barred(name) => format!("what is pushed to {name} may not arrive"),
        Subject::Feed(name) => format!("feed {name} could not ask"),
        Subject::Playbook(id) => format!("playbook {id}"),
        Subject::Export(id) => {
            let label = view.world.incidents.get(*id).map_or("an incident".to_owned(), |incident| incident.label());
            format!("the export of {label}")
        }
        Subject::Past => "the record of practice".to_owned(),
        Subject::Own(Own::Draft) => "the note that was begun can't be kept".to_owned(),
        Subject::Own(Own::Layout) => "how the screen is divided can't be kept".to_owned(),
        Subject::Own(Own::Folders) => "a folder of playbooks can't be read".to_owned(),
        Subject::Own(Own::Copies) => "a file was not attached".to_owned(),
        Subject::Call(way) => format!("calling you by {}", way.word()),
    }
}

/// What to do next.
fn advice(subject: &Subject, view: &View) -> String {
    let key = |action| view.keymap.key_of(action);
    match subject {
        Subject::Journal => "Nothing is done until it can: make room, or mend the rights of the data folder.".to_owned(),
        Subject::Watch => {
            "Whoever hangs sends nothing: end it, or let it go on, and it waits in line. What happened meanwhile the sources may not tell."
                .to_owned()
        }
        Subject::Disk => "Make room: the next entry may not fit. The next start of midwatch makes another reserve.".to_owned(),
        Subject::Configuration => {
            "The old one is in force. Mend the file: it is read again at once; `midwatch check` tells all.".to_owned()
        }
        Subject::Upstream => "`git pull` there.".to_owned(),
        Subject::Source(_) => format!("Enter shows the sources; {} asks all of them now.", key(Action::Refresh)),
        Subject::News(_) => {
            "It is asked in its interval all the same. Its account lacks a right, or the address is wrong.".to_owned()
        }
        Subject::Clock(_) => "Set one of the two clocks: times in the record come from both.".to_owned(),
        Subject::Pushed(_) => "Mend it at the sender: what it sends is lost until then. Nothing of it was taken in.".to_owned(),
        Subject::Barred(_) => {
            "End what has that address, or write another one into the configuration and at the sender: it is tried again.".to_owned()
        }
        Subject::Feed(_) => format!("Enter shows the feed; {} asks now.", key(Action::Refresh)),
        Subject::Playbook(_) => "Enter shows what is wrong, line by line; it is read again when its file changes.".to_owned(),
        Subject::Export(_) => "Enter makes it again.".to_owned(),
        Subject::Past => format!("{} asks again.", key(Action::Readiness)),
        Subject::Own(Own::Draft) => {
            "It is lost if this console ends now: finish it, or make the data folder writable.".to_owned()
        }
        Subject::Own(Own::Layout) => "It holds until this console ends. Make the data folder writable.".to_owned(),
        Subject::Own(Own::Folders) => {
            "What lies in it is not in the library: mend its rights or its name, and start again.".to_owned()
        }
        Subject::Own(Own::Copies) => "Attach it again.".to_owned(),
        Subject::Call(Way::Command) => {
            "Try the command of `console.call` in a shell; it is told all in MIDWATCH_ variables.".to_owned()
        }
        Subject::Call(_) => "Take this way out of `console.attention`, or see to it that `notify-send` works here.".to_owned(),
    }
}

fn lead(row: &Row, view: &View) -> Vec<Reply> {
    let stay = |text: String| vec![Reply::Say(text)];
    let to = |overlay| vec![Reply::Close, Reply::Open(overlay)];
    match row {
        Row::Request(_) => to(overlays::requests::open()),
        Row::Act(intent) => match view.world.outbox.get(*intent).and_then(|sent| sent.intent.as_ref()?.alert.clone()) {
            Some(id) => vec![Reply::Close, Reply::Go(Target::Alert(id.clone())), Reply::Open(overlays::alert::open(id))],
            None => Vec::new(),
        },
        Row::Trouble(Subject::Source(_) | Subject::News(_) | Subject::Clock(_) | Subject::Pushed(_) | Subject::Barred(_)) => {
            to(overlays::sources::open())
        }
        Row::Trouble(Subject::Feed(name)) => {
            vec![Reply::Close, Reply::Go(Target::Feed(name.clone())), Reply::Open(overlays::feed::open(name.clone()))]
        }
        Row::Trouble(Subject::Playbook(id)) => {
            vec![Reply::Close, Reply::Go(Target::Playbook(id.clone())), Reply::Open(overlays::playbook::open(id.clone()))]
        }
        Row::Trouble(Subject::Export(id)) => match view.world.incidents.get(*id) {
            Some(incident) => [Reply::Close].into_iter().chain(overlays::export::open(incident)).collect(),
            None => stay("That incident is not known any more.".to_owned()),
        },
        Row::Trouble(Subject::Past) => vec![Reply::Close, Reply::Do(Action::Readiness)],
        Row::Trouble(subject) => stay(advice(subject, view)),
    }
}

impl Errors {
    fn at(&self) -> usize {
        self.cursor.as_ref().and_then(|cursor| self.rows.iter().position(|row| row == cursor)).unwrap_or(0)
    }

    fn step(&mut self, by: isize) {
        let at = self.at().saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
        self.cursor = self.rows.get(at).cloned();
    }
}

impl Overlay for Errors {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Errors, Context::Reading]
    }

    fn prepare(&mut self, view: &View) {
        self.rows = rows(view.world);
        // What has aged out under the cursor leaves it where it was: at the top.
        if self.cursor.as_ref().is_none_or(|cursor| !self.rows.contains(cursor)) {
            self.cursor = self.rows.first().cloned();
        }
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        let page = isize::try_from(view.hits.page.height.max(4) / 4).unwrap_or(1);
        match action {
            Action::Down => self.step(1),
            Action::Up => self.step(-1),
            Action::PageDown => self.step(page),
            Action::PageUp => self.step(-page),
            Action::Top => self.step(isize::MIN / 2),
            Action::Bottom => self.step(isize::MAX / 2),
            Action::Open => return self.cursor.as_ref().map(|row| lead(row, view)).unwrap_or_default(),
            Action::Close | Action::Leave => return vec![Reply::Close],
            Action::Refresh => return vec![Reply::Ask(Command::Refresh)],
            _ => {}
        }
        Vec::new()
    }

    fn tells_errors(&self) -> bool {
        true
    }

    /// A click selects, a second one leads there.
    fn clicked(&mut self, line: usize, view: &View) -> Vec<Reply> {
        let Some(row) = self.rows.get(line) else { return Vec::new() };
        match self.cursor.as_ref() == Some(row) {
            true => lead(row, view),
            false => {
                self.cursor = Some(row.clone());
                Vec::new()
            }
        }
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let width = area.width.min(96);
        let columns = usize::from(width.saturating_sub(6));
        let mut lines: Vec<(Option<usize>, Line)> = Vec::new();
        let (cursor, mut shown) = (self.at(), (0, 0));
        for (index, row) in self.rows.iter().enumerate() {
            let from = lines.len();
            lines.extend(told_row(row, index == cursor, columns, canvas, view).into_iter().map(|line| (Some(index), line)));
            if index == cursor {
                shown = (from, lines.len());
            }
        }
        if lines.is_empty() {
            lines.push((None, vec![(" ✓ Nothing has failed of late.".to_owned(), Role::Ok)]));
        }
        let wanted = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
        let place = centred(area, width, wanted.max(5));
        canvas.clear(place);
        canvas.hits.add(place, Hit::Overlay);
        let inside = canvas.frame(place, &[("What failed of late", Role::Strong)], Role::Overlay);
        let height = usize::from(inside.height);
        canvas.hits.page.height = height;
        let from = shown.1.saturating_sub(height).min(shown.0);
        for (y, (index, line)) in (0..inside.height).zip(lines.iter().skip(from)) {
            canvas.line(inside, y).spans(line);
            if let Some(index) = index {
                canvas.hits.add(Rect { y: inside.y + y, height: 1, ..inside }, Hit::Line(*index));
            }
        }
    }
}

fn told_row(row: &Row, cursor: bool, columns: usize, canvas: &mut Canvas, view: &View) -> Vec<Line> {
    let bar = |first: bool| (if cursor && first { "▌" } else { " " }.to_owned(), Role::Focus);
    let (mark, role, what, when, why, next) = match row {
        Row::Trouble(subject) => match view.world.troubles.get(subject) {
            Some(trouble) => of_trouble(subject, trouble, canvas, view),
            None => return Vec::new(),
        },
        Row::Request(id) => match view.world.requests.get(*id) {
            Some(progress) => of_request(progress, canvas, view),
            None => return Vec::new(),
        },
        Row::Act(id) => match view.world.outbox.get(*id).and_then(|sent| of_act(sent, canvas, view)) {
            Some(told) => told,
            None => return Vec::new(),
        },
    };
    let strong = if cursor { Role::Cursor } else { Role::Strong };
    let mut lines: Vec<Line> = Vec::new();
    for (index, text) in wrap(&format!("{what} · {when}"), columns.saturating_sub(2), 4).into_iter().enumerate() {
        let mark = if index == 0 { mark } else { " " };
        lines.push(vec![bar(index == 0), (format!("{mark} "), role), (text, strong)]);
    }
    for (text, role) in [(why, role), (next, Role::Dim)] {
        let texts = wrap(&text, columns.saturating_sub(4), 6).into_iter().filter(|text| !text.is_empty());
        lines.extend(texts.map(|text| vec![("     ".to_owned(), Role::Text), (text, role)]));
    }
    lines
}

type Told = (&'static str, Role, String, String, String, String);

fn of_trouble(subject: &Subject, trouble: &Trouble, canvas: &mut Canvas, view: &View) -> Told {
    let ago = |at| time::age(view.now.since(at));
    canvas.hits.seconds |= time::ticks(view.now.since(trouble.over.unwrap_or(trouble.since)));
    canvas.hits.minutes = true;
    let often = if trouble.times == 1 { String::new() } else { format!(", {} times", trouble.times) };
    // The first line says what and where; the excerpt below it is for whoever runs `midwatch check`.
    let why = trouble.why.lines().next().unwrap_or_default();
    let (name, why) = (inert(&name(subject, view)).into_owned(), inert(why).into_owned());
    match trouble.over {
        Some(over) => ("✓", Role::Ok, name, format!("well again for {}{often}", ago(over)), format!("was: {why}"), String::new()),
        None => ("✗", Role::Critical, name, format!("for {}{often}", ago(trouble.since)), why, advice(subject, view)),
    }
}

fn of_act(sent: &Sent, canvas: &mut Canvas, view: &View) -> Option<Told> {
    let (intent, end) = sent.intent.as_ref().zip(sent.end.clone())?;
    let since = view.now.mono.saturating_sub(ended(sent, view.world));
    canvas.hits.seconds |= time::ticks(since);
    canvas.hits.minutes = true;
    let tracked = intent.alert.as_ref().and_then(|id| view.world.alerts.get(id));
    let uncarried = tracked.and_then(|tracked| view.world.uncarried(tracked)).filter(|it| it.intent == intent.id);
    let next = uncarried.map_or("Enter shows the alert.".to_owned(), |uncarried| {
        format!("Its source goes on calling others; {}.", tried_again(&uncarried, view))
    });
    let when = format!("{} ago, for {}", time::age(since), inert(&intent.actor.name));
    Some(("✗", Role::Critical, inert(&intent.text).into_owned(), when, told(&Stage::Ended(end)), next))
}

fn of_request(progress: &Progress, canvas: &mut Canvas, view: &View) -> Told {
    let since = view.now.mono.saturating_sub(progress.touched);
    canvas.hits.seconds |= time::ticks(since);
    canvas.hits.minutes = true;
    let failed: Vec<_> = progress.items.iter().filter(|item| item.stage.failed()).collect();
    let of = if progress.items.len() > 1 { format!(", {} of {}", failed.len(), progress.items.len()) } else { String::new() };
    let stage = failed.first().map(|item| &item.stage);
    let (why, role) = stage.map_or((String::new(), Role::Critical), |stage| (told(stage), colour(stage)));
    let again = progress.again(view.world).is_some();
    let (outcomes, retry) = (view.keymap.key_of(Action::Requests), view.keymap.key_of(Action::Retry));
    let next = if again {
        format!("Enter shows each answer; {retry} there tries again.")
    } else {
        format!("Enter, or {outcomes}, shows each answer.")
    };
    ("✗", role, inert(&progress.title).into_owned(), format!("{} ago{of}", time::age(since)), why, next)
}
