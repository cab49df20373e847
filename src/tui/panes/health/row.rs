//! One line of the pane: a service with why it is bad, or a feed with what it said last and how it has been.

use super::{is_alone, look, sparkline};
use crate::domain::health::FeedState;
use crate::domain::ids::ServiceName;
use crate::domain::text::{Outside, inert};
use crate::model::alerts::Bad;
use crate::model::causes::Cause;
use crate::model::health::{Ahead, FeedHealth, Unsettled};
use crate::model::maintenance::Work;
use crate::tui::canvas::{Canvas, Pen};
use crate::tui::hits::Target;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;
use ratatui::layout::Rect;
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// Columns for the names of feeds: no more than they need.
pub(super) fn names(width: u16, view: &View) -> u16 {
    let longest = view.world.health.iter().map(|feed| feed.spec.name.as_str().width()).max().unwrap_or(0);
    u16::try_from(longest).unwrap_or(u16::MAX).min(width * 45 / 100).clamp(6, 22)
}

pub(super) fn render(canvas: &mut Canvas, place: Rect, target: &Target, cursor: bool, names: u16, view: &View) {
    let bar = |pen: &mut Pen| {
        pen.text(if cursor { "▌" } else { " " }, Role::Focus);
    };
    match target {
        Target::Service(name) => render_service(canvas, place, name, cursor, view, bar),
        Target::Feed(name) => {
            if let Some(feed) = view.world.health.get(name) {
                render_feed(canvas, place, feed, cursor, names, view, bar);
            }
        }
        _ => {}
    }
}

fn render_service(canvas: &mut Canvas, place: Rect, name: &ServiceName, cursor: bool, view: &View, bar: impl Fn(&mut Pen)) {
    let state = view.world.health.service(name);
    let service = view.world.settings.services.named(name.as_str());
    let since = worst(name, view).and_then(|feed| feed.lasting(view.now));
    let bad = state.is_some_and(|state| state > FeedState::Maintenance);
    let fires = fires(name, view);
    let (glyph, word, role) = standing(name, place.width, view);
    canvas.hits.seconds |= bad && since.is_some_and(time::ticks);
    // Of what is said to be well there is nothing to explain.
    let why = (bad || fires.is_some()).then(|| why(name, since.filter(|_| bad), view)).flatten();
    let mut pen = canvas.line(place, 0);
    bar(&mut pen);
    pen.text(glyph, role).space(1);
    let label = if service.is_some_and(|service| service.vendor) { format!("{name} (vendor)") } else { name.to_string() };
    let width = pen.left().saturating_sub((word.width() as u16).max(11) + 1).clamp(6, 20);
    let work = view.world.maintenance.of_service(name);
    // Why it is bad, or that it is worked on, is worth more than that the words stand below each other.
    let short = why.is_some() && place.width < 60 || work.is_some();
    let width = if short { width.min(label.width() as u16) } else { width };
    pen.column(width, &label, if cursor { Role::Cursor } else { Role::Strong }).space(1);
    pen.text(&word, role).space(1);
    if let Some(work) = work {
        pen.text(&quiet(work, view), Role::Info).space(1);
    }
    if let Some(since) = since.filter(|_| bad && pen.left() >= 3) {
        pen.text(&time::age(since), Role::Dim).space(1);
    }
    if let Some((why, role)) = why.filter(|_| pen.left() >= 7) {
        pen.text(&why, role);
    }
}

/// A line by itself has room for all that is known of a service.
pub const WIDE: u16 = u16::MAX;

/// How a service is: by what fires in it where its feeds don't say that it is bad, else by them.
pub fn standing(name: &ServiceName, width: u16, view: &View) -> (&'static str, String, Role) {
    match (fires(name, view), view.world.health.service(name)) {
        (Some(fires), _) => firing(fires, width),
        (None, None) => ("○", "not watched".to_owned(), Role::Dim),
        (None, Some(state)) => {
            let (glyph, word, role) = look(state);
            (glyph, word.to_owned(), role)
        }
    }
}

/// What fires in it that somebody has to look at, or looks at, or of which nobody knows whether it is over; where that says more than
/// its feeds do.
fn fires(name: &ServiceName, view: &View) -> Option<Bad> {
    let well = view.world.health.service(name).is_none_or(|state| state == FeedState::Healthy);
    Some(view.world.alerts.bad_in(name)).filter(|bad| well && !bad.is_none())
}

/// How many fire that nobody has, as loud as the worst of them is; and how many somebody has, where there is room.
fn firing(bad: Bad, width: u16) -> (&'static str, String, Role) {
    if bad.is_only_untold() {
        return ("?", format!("{} untold", bad.untold), Role::Stale);
    }
    let wide = width >= 50;
    let word = match (bad.firing(), bad.acknowledged) {
        (0, acknowledged) => format!("{acknowledged} {}", if wide { "acknowledged" } else { "acked" }),
        (firing, acknowledged @ 1..) if wide => format!("{firing} firing, {acknowledged} acknowledged"),
        (firing, _) => format!("{firing} firing"),
    };
    if bad.stale {
        return ("?", format!("stale, {word}"), Role::Stale);
    }
    let role = match (bad.critical, bad.others) {
        (1.., _) => Role::Critical,
        (0, 1..) => Role::Warning,
        (0, 0) => Role::Text,
    };
    ("▲", word, role)
}

/// Why it is bad, as far as that can be told: what is suspected, else what was changed before.
fn why(name: &ServiceName, bad_for: Option<Duration>, view: &View) -> Option<(String, Role)> {
    let after = || bad_for.and_then(|since| shortly_before(name, since, view));
    match view.world.suspicions().of(name).map(|found| (&found.cause, found.percent())) {
        Some((Cause::Change(..), sure)) => after().map(|what| (format!("↳ after {what}, {sure}"), Role::Warning)),
        Some((cause, sure)) => Some((format!("↳ {}, {sure}", inert(&cause.to_string())), Role::Stale)),
        None => after().map(|what| (format!("↳ after {what}"), Role::Warning)),
    }
}

/// That nobody is woken, and until when: beside what is measured, never instead of it.
fn quiet(work: &Work, view: &View) -> String {
    format!("◌ maint {}", time::until(work.until, view.now.wall, view.zone))
}

/// What was changed last within an hour before the trouble; its details say the rest.
fn shortly_before(name: &ServiceName, bad_for: Duration, view: &View) -> Option<&'static str> {
    let began = view.now.wall - chrono::Duration::from_std(bad_for).ok()?;
    view.world.changes_for(name, began - chrono::Duration::hours(1), began).next().map(|change| change.what.noun())
}

/// Of several that are as bad, the one that has been so for longest: since then the service is.
fn worst<'a>(name: &'a ServiceName, view: &View<'a>) -> Option<&'a FeedHealth> {
    view.world.health.of_service(name).max_by_key(|feed| (feed.state, feed.lasting(view.now)))
}

fn render_feed(
    canvas: &mut Canvas,
    place: Rect,
    feed: &FeedHealth,
    cursor: bool,
    names: u16,
    view: &View,
    bar: impl Fn(&mut Pen),
) {
    let (glyph, word, role) = look(feed.state);
    let stale = feed.state == FeedState::Stale;
    let age = feed.age(view.now).filter(|_| stale);
    canvas.hits.seconds |= age.is_some_and(time::ticks);
    let mut pen = canvas.line(place, 0);
    bar(&mut pen);
    // One without a service stands beneath none.
    let (indent, names) = if is_alone(feed, view) { (0, names + 2) } else { (2, names) };
    pen.space(indent).text(glyph, role).space(1);
    pen.column(names, feed.spec.name.as_str(), if cursor { Role::Cursor } else { Role::Text }).space(1);
    let worked_on = view.world.maintenance.of_own_feed(&feed.spec.name).map(|work| quiet(work, view) + " ").unwrap_or_default();
    let said = match (age, feed.message()) {
        (Some(age), _) => format!("{word} {}", time::age(age)),
        (None, Some(message)) if !stale => {
            format!("{}{}{}{}{}", ahead(feed, view), flaps(feed), unsettled(feed), value(feed), message.inert())
        }
        _ => word.to_owned(),
    };
    let said = worked_on + &said;
    let left = usize::from(pen.left());
    // When it will fail is worth more than how it came to that.
    let bars = if feed.ahead().is_some() && place.width < 44 { 0 } else { bars(place.width) };
    let line = sparkline(feed, bars.min(spare(left, said.width())));
    let room = left.saturating_sub(if line.is_empty() { 0 } else { line.chars().count() + 1 });
    let calm = feed.state == FeedState::Healthy;
    let role_of_text = if calm && feed.ahead().is_some() {
        Role::Warning
    } else if calm {
        Role::Dim
    } else {
        role
    };
    pen.column(room as u16, &said, role_of_text).space(1).text(&line, role);
}

/// How many samples have room beside the name and what was said last.
fn bars(width: u16) -> usize {
    match width {
        0..28 => 0,
        28..36 => 4,
        36..44 => 6,
        44.. => 8,
    }
}

/// What is said is not cut for samples, unless it has to be cut anyway.
fn spare(left: usize, said: usize) -> usize {
    if said > left { left } else { (left - said).saturating_sub(1) }
}

/// When the value reaches its limit, roughly, the short of it first: `~3h10m to 90 (14:00–18:20)`.
fn ahead(feed: &FeedHealth, view: &View) -> String {
    let told = |ahead: &Ahead| {
        let left = ahead.breach.saturating_sub(view.now.mono);
        let [first, last] =
            [ahead.earliest, ahead.latest].map(|at| time::until(ahead.wall(at, view.now), view.now.wall, view.zone));
        format!("{} to {} ({first}–{last}) ", time::about(left), number(ahead.limit.value()))
    };
    feed.ahead().map(told).unwrap_or_default()
}

/// What the last answer said and nothing believes yet: without it a healthy feed would say `503`.
fn unsettled(feed: &FeedHealth) -> String {
    let said = |found: Unsettled| format!("{} {} of {}: ", found.said.word(), found.agree, found.votes.needed);
    feed.unsettled().map(said).unwrap_or_default()
}

/// A feed that comes and goes looks well half of the time.
fn flaps(feed: &FeedHealth) -> String {
    match feed.falls() {
        0..FLAPS => String::new(),
        falls => format!("flaps {falls}×: "),
    }
}

/// So often bad anew within the samples that are kept is no single outage.
const FLAPS: usize = 3;

/// The value in front of the message, where the feed has one and the message doesn't begin with it.
fn value(feed: &FeedHealth) -> String {
    let Some((reading, _)) = &feed.reading else { return String::new() };
    let unit = reading.unit.as_deref().unwrap_or("");
    let said = |value: f64| format!("{} {} ", number(value), Outside::from(unit).inert());
    let unsaid = |value: &f64| !reading.message.raw().starts_with(&number(*value));
    reading.value.filter(unsaid).map(said).unwrap_or_default()
}

fn number(value: f64) -> String {
    match value.abs() {
        big if big >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
}
