//! One row of the queue: severity, name, what it is about, age, and what became of it.

use super::Alerts;
use super::columns::Columns;
use crate::domain::act::Outcome;
use crate::domain::alert::Severity;
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::stamp::Stamp;
use crate::domain::text::inert;
use crate::model::alerts::{Doubt, SourceHealth, SourceState, State, Tracked};
use crate::model::progress::{Progress, Stage};
use crate::tui::canvas::{Canvas, Pen, fit};
use crate::tui::hits::Target;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;
use ratatui::layout::Rect;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What stands on a line. Looked up once: in a queue of a hundred thousand each time costs as much as drawing the row.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub target: &'a Target,
    /// `None` of a group, and of an alert that nobody tells of any more.
    pub tracked: Option<&'a Tracked>,
    pub gone: bool,
    /// In a group that is unfolded.
    pub inside: bool,
    pub apart: Apart<'a>,
}

/// What tells a row from the others that are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Apart<'a> {
    /// Another one has its name.
    alike: bool,
    /// And is about the same: the value of the label in which they differ.
    value: Option<&'a str>,
}

impl Apart<'_> {
    /// What it is about, after what tells it from others that are about the same.
    pub fn said(self, which: &str) -> Cow<'_, str> {
        match self.value {
            Some(value) => format!("{} {}", inert(value), inert(which)).trim_end().to_owned().into(),
            None => inert(which),
        }
    }
}

/// How a row stands among the others.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub cursor: bool,
    pub gone: bool,
    /// In a group that is unfolded.
    pub inside: bool,
    pub apart: Apart<'a>,
    pub marked: bool,
    pub columns: Columns,
}

impl Look<'_> {
    pub fn lead(self, pen: &mut Pen) {
        match (self.cursor, self.marked) {
            (true, marked) => pen.text("▌", if marked { Role::New } else { Role::Focus }),
            (false, true) => pen.text("●", Role::New),
            (false, false) => pen.space(1),
        };
    }

    pub fn role(self, plain: Role) -> Role {
        if self.cursor { Role::Cursor } else { plain }
    }
}

/// What stands at the end of a row.
pub(super) struct Mark {
    text: String,
    role: Role,
    /// In its place where there is no room for it: of what is bad no half is told.
    short: Option<String>,
    /// What became of what was asked, where that is not the first thing to know.
    also: Option<(String, Role)>,
}

impl Mark {
    fn of((text, role): (String, Role)) -> Self {
        Self { text, role, short: None, also: None }
    }

    pub fn width(&self) -> usize {
        self.text.width() + self.also.as_ref().map_or(0, |(also, _)| also.width() + 1)
    }

    fn draw(&self, pen: &mut Pen) {
        let room = usize::from(pen.left());
        let text = self.short.as_ref().filter(|_| self.text.width() > room).unwrap_or(&self.text);
        pen.text(text, self.role);
        if let Some((also, role)) = self.also.as_ref().filter(|(also, _)| text.width() + 1 + also.width() <= room) {
            pen.text(&format!(" {also}"), *role);
        }
    }
}

impl Alerts {
    pub(super) fn render_gone(&self, canvas: &mut Canvas, place: Rect, id: &AlertId, look: Look, view: &View) {
        let mut pen = canvas.line(place, 0);
        look.lead(&mut pen);
        pen.text(&format!("— {} {}", view.name_of(id), view.world.whereabouts(id)), Role::Dim);
    }

    pub(super) fn render_row(&self, canvas: &mut Canvas, place: Rect, tracked: &Tracked, look: Look, view: &View) {
        let state = tracked.state;
        // Of what is over: how long it lasted.
        let age = time::since(tracked.episode, tracked.resolved_at.unwrap_or(view.now.wall));
        canvas.hits.seconds |= time::ticks(age);
        canvas.hits.minutes = true;
        let (word, colour) = severity(tracked.severity);
        let (plain, colour) = match look.gone || state == State::Resolved {
            true => (Role::Dim, Role::Dim),
            false => (Role::Text, colour),
        };
        let columns = look.columns;
        let mut pen = canvas.line(place, 0);
        look.lead(&mut pen);
        let name = named(tracked, look.inside);
        let mark = self.mark_of(tracked, view);
        // Without a column for it, it takes what the mark leaves.
        let (name, wide) = match look.apart.alike && columns.target == 0 {
            true => {
                let wide = place.width.saturating_sub(14 + mark.width() as u16).max(columns.name);
                (beside(&name, &look.apart.said(which(tracked, true)), usize::from(wide)), wide)
            }
            false => (name, columns.name),
        };
        pen.column(5, word, colour).column(wide, &name, look.role(plain)).space(1);
        if columns.service > 0 {
            pen.column(columns.service, tracked.service.as_ref().map_or("", |service| service.as_str()), Role::Dim).space(1);
        }
        if columns.target > 0 {
            pen.column(columns.target, &look.apart.said(which(tracked, columns.service == 0)), Role::Dim).space(1);
        }
        pen.column(7, &time::age(age), Role::Dim);
        mark.draw(&mut pen);
        for also in view.world.alerts.twins(tracked) {
            pen.text(&format!(" +{}", inert(also.alert.id.source.as_str())), Role::Dim);
        }
    }

    /// What is to be said of the row at its end. Why it can't be believed goes before what became of what was asked, and that before the rest.
    pub(super) fn mark_of(&self, tracked: &Tracked, view: &View) -> Mark {
        let id = &tracked.alert.id;
        // What is over is over, whatever became of what was asked of it.
        if tracked.state == State::Resolved {
            return Mark::of(ended(tracked, view));
        }
        let asked = view.world.requests.asked_of(id).filter(|(progress, item)| !is_past(progress, &item.stage, tracked, view));
        let asked = asked.map(|(_, item)| &item.stage);
        let asked = asked.and_then(|asked| Some((asked.clone(), stage(asked)?)));
        // Whoever asked for it may be gone.
        let left = || view.world.carrying(tracked).and_then(|left| Some((left.clone(), stage(&left)?)));
        let Some((asked, act)) = asked.or_else(left) else { return self.standing(tracked, view) };
        let standing = self.standing(tracked, view);
        match asked.settled() && !asked.is_kept() && (standing.role == Role::Stale || standing.short.is_some()) {
            true => Mark { also: Some(act), ..standing },
            false => Mark::of(act),
        }
    }

    /// How it stands, whatever was asked of it.
    fn standing(&self, tracked: &Tracked, view: &View) -> Mark {
        let owned = tracked.state == State::Acknowledged && view.world.uncarried(tracked).is_some();
        let (text, role) = self.state_of(tracked, tracked.state, view);
        match owned {
            true => {
                let role = if role == Role::Ok { Role::Warning } else { role };
                let short = text.replacen('✓', "!", 1);
                Mark { text: format!("{text}, not carried"), role, short: Some(short), also: None }
            }
            false => Mark::of((text, role)),
        }
    }

    fn state_of(&self, tracked: &Tracked, state: State, view: &View) -> (String, Role) {
        let id = &tracked.alert.id;
        let (doubt, unsure) = (doubted(view.world.alerts.source(&id.source)), view.world.alerts.doubt(tracked));
        let seen = |arrived: Stamp| self.looked.get(id) == Some(&arrived.mono) || view.world.alerts.is_known(tracked);
        let new = tracked.arrived.is_some_and(|at| !seen(at));
        let cause = self.shape.causes().of(tracked);
        match (state, doubt) {
            // Who owns it is our own record, and true whatever becomes of the source.
            (State::Acknowledged, Some(_)) => (format!("? {}", acknowledged(tracked, view)), Role::Stale),
            (_, Some(_)) => ("? stale".to_owned(), Role::Stale),
            // After its source was restarted, say: what fires may not have been told again yet, and what is over never will be.
            (State::Acknowledged, None) if unsure.is_some() => (format!("? {}", acknowledged(tracked, view)), Role::Stale),
            (_, None) if unsure == Some(Doubt::Unchecked) => ("? unchecked".to_owned(), Role::Stale),
            (State::Pending, None) if view.world.alerts.has_begun(id) => ("● fires now".to_owned(), Role::New),
            (_, None) if unsure.is_some() => (format!("? {}", unsure.map_or("", Doubt::word)), Role::Stale),
            (State::Acknowledged, _) if view.world.is_taken_back(id) => ("… taken back".to_owned(), Role::Pending),
            (State::Acknowledged, _) => (acknowledged(tracked, view), Role::Ok),
            (State::Firing, _) if view.world.worked_on(tracked).is_some() => ("◌ maintenance".to_owned(), Role::Info),
            (State::Firing, _) if tracked.flapping.is_some() => {
                (format!("flaps {}×/30m", tracked.flapping.map_or(0, |flapping| flapping.times)), Role::Warning)
            }
            (State::Firing, _) if cause.is_some() => {
                let role = if new { Role::New } else { Role::Dim };
                (format!("↳ {}", cause.map_or("", |cause| cause.as_str())), role)
            }
            (State::Firing, _) if view.world.alerts.has_run_out(tracked, view.now.wall) => ("● ran out".to_owned(), Role::New),
            (State::Firing, _) if new => ("● new".to_owned(), Role::New),
            (State::Firing, _) => (String::new(), Role::Text),
            (other, _) => (format!("◌ {}", other.word()), Role::Dim),
        }
    }
}

pub(super) fn named(tracked: &Tracked, inside: bool) -> String {
    let indent = if inside { "  " } else { "" };
    let drill = if tracked.is_drill() { "DRILL " } else { "" };
    format!("{indent}{drill}{}", inert(tracked.alert.name()))
}

/// What tells it from others of its name; its service where nothing else does and no column shows that.
pub(super) fn which(tracked: &Tracked, alone: bool) -> &str {
    match (tracked.alert.target(), &tracked.service) {
        ("", Some(service)) if alone => service.as_str(),
        (target, _) => target,
    }
}

/// What is over, and whether that is good news.
pub(super) fn ended(tracked: &Tracked, view: &View) -> (String, Role) {
    match tracked.presumed() {
        _ if view.world.alerts.is_dead_watchdog(tracked) => ("✗ ended".to_owned(), Role::Critical),
        Some(Doubt::Untold(since)) => (format!("? untold {}", since.with_timezone(&view.zone).format("%H:%M")), Role::Stale),
        Some(doubt) => (format!("? {}", doubt.word()), Role::Stale),
        None => ("✓ resolved".to_owned(), Role::Ok),
    }
}

/// Finds what tells each of these lines from those of its alert's name.
pub(super) fn tell_apart<'a>(shown: &mut [Line<'a>]) {
    let alert = |line: &Line<'a>| line.tracked.map(|tracked| &*tracked.alert);
    let alerts = shown.iter().enumerate().filter_map(|(at, line)| Some((alert(line)?, at)));
    let mut known: Vec<(&'a str, &'a str, usize)> = alerts.map(|(alert, at)| (alert.name(), alert.target(), at)).collect();
    known.sort_unstable();
    for named in known.chunk_by(|one, other| one.0 == other.0).filter(|named| named.len() > 1) {
        named.iter().for_each(|(_, _, at)| shown[*at].apart.alike = true);
        for same in named.chunk_by(|one, other| one.1 == other.1) {
            for (n, (_, _, at)) in same.iter().enumerate() {
                let other = same.get((n + 1) % same.len()).and_then(|(_, _, other)| alert(&shown[*other]));
                let label = alert(&shown[*at]).zip(other).and_then(|(own, other)| own.unlike(other));
                shown[*at].apart.value = label.map(|(_, value)| value);
            }
        }
    }
}

/// A name and what tells it from others of that name, in so many columns: neither pushes the other out.
fn beside(name: &str, which: &str, columns: usize) -> String {
    if which.is_empty() {
        return name.to_owned();
    }
    let which = within(which, columns.saturating_sub(name.width() + 1).max(columns / 2));
    format!("{} {which}", fit(name, columns.saturating_sub(which.width() + 1)))
}

/// Without its port and its domain where it doesn't fit with them, and then cut in the middle: pods differ where they end.
fn within(text: &str, columns: usize) -> Cow<'_, str> {
    let host =
        text.rsplit_once(':').filter(|(_, port)| port.bytes().all(|it| it.is_ascii_digit())).map_or(text, |(host, _)| host);
    let short = host.split_once('.').filter(|(first, _)| first.parse::<u8>().is_err()).map_or(host, |(first, _)| first);
    let fits = |text: &&str| text.width() <= columns;
    if let Some(whole) = [text, host, short].into_iter().find(fits) {
        return Cow::Borrowed(whole);
    }
    let (mut used, end) = (0, columns.saturating_sub(1) / 2);
    let tail = short.grapheme_indices(true).rev().take_while(|(_, grapheme)| {
        used += grapheme.width();
        used <= end
    });
    let from = tail.last().map_or(short.len(), |(at, _)| at);
    Cow::Owned(format!("{}{}", fit(short, columns - end), &short[from..]))
}

fn acknowledged(tracked: &Tracked, view: &View) -> String {
    let by = view.world.alerts.ack(tracked, view.now.wall).map(|ack| inert(&ack.by).into_owned());
    let others = view.world.acked_beside(tracked).into_iter().map(|(ack, _)| inert(&ack.by).into_owned());
    format!("✓ {}", by.into_iter().chain(others).collect::<Vec<_>>().join(", "))
}

pub fn severity(severity: Severity) -> (&'static str, Role) {
    match severity {
        Severity::Critical => ("CRIT", Role::Critical),
        Severity::Warning => ("WARN", Role::Warning),
        Severity::Unknown => ("????", Role::Stale),
        Severity::Info => ("INFO", Role::Info),
    }
}

/// Why what a source has told can't be believed now. What a part of it says is no older for another part's silence.
pub(super) fn doubted(source: Option<&SourceState>) -> Option<&'static str> {
    source.filter(|source| !source.is_partial()).and_then(trust)
}

/// A word for a source that can't be trusted now.
pub fn trust(source: &SourceState) -> Option<&'static str> {
    match source.health {
        SourceHealth::Fresh => source.is_partial().then_some("incomplete"),
        SourceHealth::Stale => Some("stale"),
        SourceHealth::Failed => Some("failed"),
    }
}

/// A source that can't be trusted now, and how old what it said last is.
pub fn doubt(name: &SourceName, source: &SourceState, now: Stamp) -> Option<String> {
    let word = trust(source)?;
    let age = source.age(now).filter(|_| !source.is_partial()).map(|age| format!(" {}", time::age(age))).unwrap_or_default();
    Some(format!("? {} {word}{age}", inert(name.as_str())))
}

/// It had ended before the alert was news again; or it was overruled, and by what the row says by itself now: whoever was faster has it.
fn is_past(progress: &Progress, asked: &Stage, tracked: &Tracked, view: &View) -> bool {
    if asked.settled() && !asked.is_kept() && tracked.arrived.is_some_and(|at| progress.touched < at.mono) {
        return true;
    }
    let overruled = matches!(asked, Stage::Ended(end) if end.outcome == Outcome::Contradicted);
    let theirs = || view.world.alerts.ack(tracked, view.now.wall).is_some_and(|ack| ack.entry.is_none());
    overruled && tracked.state == State::Acknowledged && theirs()
}

/// How far a request on an alert has come, while that is worth a mark.
pub fn stage(stage: &Stage) -> Option<(String, Role)> {
    let (text, role) = match stage {
        Stage::Recorded => return None,
        Stage::Recording => ("… queued", Role::Pending),
        Stage::Sending => ("… under way", Role::Pending),
        Stage::Accepted => ("… accepted", Role::Pending),
        Stage::Refused(_) | Stage::Unwritten(_) => ("✗ not done", Role::Critical),
        Stage::Ended(end) => match end.outcome {
            Outcome::Done => return None,
            Outcome::Failed => ("✗ failed", Role::Critical),
            Outcome::Unknown => ("? unknown", Role::Stale),
            Outcome::Contradicted => ("✗ overruled", Role::Critical),
            Outcome::Expired => ("✗ given up", Role::Critical),
            Outcome::Unsent => ("… not sent yet", Role::Pending),
        },
    };
    Some((text.to_owned(), role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_the_name_nor_what_tells_it_apart_is_lost() {
        assert_eq!(beside("HostDown", "node-33", 24), "HostDown node-33");
        assert_eq!(beside("HostDown", "", 24), "HostDown");
        assert_eq!(beside("KubePodCrashLooping", "checkout-5d4f7b-x2kqp", 24), "KubePodCra… checko…x2kqp");
        assert_eq!(within("日本語日本語", 5).width(), 5);
        assert_eq!(within("node-33.eu.example.com:9100", 22), "node-33.eu.example.com");
        assert_eq!(within("node-33.eu.example.com:9100", 10), "node-33");
        assert_eq!(within("10.0.12.7:9100", 9), "10.0.12.7");
        assert_eq!(within("10.0.12.7", 8), "10.0…2.7");
        assert_eq!(within("node-33.eu.example.com", 1), "…");
    }
}
