//! The first and the last line: where we are and how it stands; which keys work here, and what became of the last
//! request.

mod doubts;

use super::action::Action;
use super::canvas::{Canvas, fit, wrap};
use super::drill;
use super::hits::Hit;
use super::keymap::{Binding, Context};
use super::overlays::alert::told;
use super::overlays::dialog::environment;
use super::overlays::errors;
use super::overlays::incident::offered;
use super::overlays::requests::colour;
use super::panes::health::is_bare;
use super::theme::Role;
use super::time;
use super::view::View;
use crate::domain::drill::Drill;
use crate::domain::health::FeedState;
use crate::domain::incident::{Incident, Status};
use crate::domain::text::inert;
use crate::model::alerts::State;
use crate::model::progress::{Item, Progress};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// One part of the status line. The parts with the highest `rank` go first when there is no room.
struct Part {
    rank: u8,
    text: String,
    role: Role,
}

fn part(rank: u8, text: impl Into<String>, role: Role) -> Part {
    Part { rank, text: text.into(), role }
}

pub fn render(canvas: &mut Canvas, area: Rect, view: &View) {
    let mut parts = parts(view, area.width);
    let width = usize::from(area.width);
    let total = |parts: &[Part]| parts.iter().map(|part| part.text.width() + 2).sum::<usize>();
    while total(&parts) > width && parts.len() > 1 {
        let Some((last, _)) = parts.iter().enumerate().max_by_key(|(index, part)| (part.rank, *index)) else { break };
        parts.remove(last);
    }
    if view.incident.is_some_and(|_| parts.iter().any(|part| part.rank == CLOCK)) {
        canvas.hits.seconds = true;
    }
    canvas.hits.seconds |= drill::held(view).is_some_and(Drill::runs);
    canvas.hits.minutes |= view.world.incidents.open().any(|incident| incident.next_update().is_some());
    let mut pen = canvas.line(area, 0);
    for part in parts {
        pen.space(1).text(&part.text, part.role).space(1);
    }
    if drill::held(view).is_some() && view.incident.is_none_or(|incident| incident.drill.is_some()) {
        pen.fill(Role::Danger);
    }
}

const CLOCK: u8 = 4;

fn parts(view: &View, width: u16) -> Vec<Part> {
    let (environment, loud) = environment(view);
    let held = drill::held(view);
    // What of the screen can't be believed goes last of all, and so does who waits for us, and that it is a drill; what is real
    // beside that before where it is.
    let mut parts = vec![part(1, format!(" {environment} "), loud)];
    parts.extend(held.map(|held| part(0, drill::told(held, view, width), Role::Danger)));
    if let Some(incident) = view.incident {
        let (word, role) = match incident.status {
            Status::Open => (None, Role::Critical),
            status if status.is_over() => (Some(status.word()), Role::Dim),
            status => (Some(status.word()), Role::Warning),
        };
        let role = if incident.drill.is_some() { Role::Warning } else { role };
        let rank = if held.is_some() && incident.drill.is_none() { 0 } else { 1 };
        parts.push(part(rank, format!("{} {}", incident.label(), incident.severity), role));
        parts.extend(word.map(|word| part(2, word, role)));
        parts.push(part(6, fit(&inert(&incident.title), 32).into_owned(), Role::Strong));
        let end = incident.resolved_at.unwrap_or(view.now.wall);
        parts.push(part(CLOCK, time::stopwatch(time::since(incident.opened_at, end)), Role::Text));
        parts.extend(incident.next_update().map(|at| due(at, view)));
        let lead = incident.lead.as_ref().map(|lead| part(7, format!("lead {}", inert(lead)), Role::Dim));
        parts.extend(lead);
    }
    parts.extend(others(view));
    let role = |count: usize, role| if count > 0 { role } else { Role::Dim };
    let firing = view.world.alerts.count(State::Firing);
    let loud = if view.world.alerts.urgent() > 0 { Role::Critical } else { role(firing, Role::Warning) };
    let more = if view.world.alerts.is_partly_read() { "+" } else { "" };
    parts.push(match view.world.nobody_tells_firing() && firing == 0 {
        true => part(2, "? firing", Role::Stale),
        false => part(2, format!("{firing}{more} firing"), loud),
    });
    let untold = Some(view.world.alerts.untold(view.now.wall)).filter(|count| *count > 0);
    parts.extend(untold.map(|count| part(2, format!("{count} untold"), Role::Stale)));
    if view.world.offline.since().is_some() {
        parts.push(part(0, "? OFFLINE: nothing remote answers", Role::Critical));
    }
    if view.world.storm.raging().is_some() {
        let within = time::age(view.world.settings.storm.within);
        let lately = format!(" {} new in {within}", view.world.storm.lately());
        let lately = if width < SMALL { String::new() } else { lately };
        parts.push(part(0, format!("STORM{lately}"), Role::Critical));
    }
    parts.push(part(5, format!("{} acked", view.world.alerts.count(State::Acknowledged)), Role::Dim));
    parts.extend(view.slow.then(|| part(3, "slow line", Role::Warning)));
    parts.extend(failed(view));
    parts.extend(feeds(view));
    parts.extend(journal(view, width));
    parts.push(part(9, "midwatch", Role::Dim));
    parts
}

/// How long it is until the promised update, or since.
fn due(at: chrono::DateTime<chrono::Utc>, view: &View) -> Part {
    match (at - view.now.wall).to_std() {
        Ok(left) if left.as_secs() > 0 => {
            let minutes = left.as_secs().div_ceil(60);
            let role = if minutes <= SOON { Role::Warning } else { Role::Dim };
            part(4, format!("update {}", time::age(std::time::Duration::from_secs(minutes * 60)).replace("00s", "")), role)
        }
        _ => {
            let late = time::since(at, view.now.wall).as_secs() / 60;
            part(0, format!("update {late}m late"), Role::Critical)
        }
    }
}

/// From so many minutes on it is loud.
const SOON: u64 = 5;

/// Open incidents that are not shown: that they are there, whose people wait for an update; and what is offered to whoever sits here.
fn others(view: &View) -> Vec<Part> {
    let shown = view.incident.map(|incident| incident.id);
    let others: Vec<&Incident> = view.world.incidents.open().filter(|one| Some(one.id) != shown).collect();
    let key = view.keymap.key_of(Action::SwitchIncident);
    let late: Vec<_> = others.iter().filter(|one| one.next_update().is_some_and(|at| at <= view.now.wall)).collect();
    let late = match late.as_slice() {
        [] => None,
        [one] => Some(format!("{}: update late", one.label())),
        several => Some(format!("{} updates late", several.len())),
    };
    // The only other one that is open is named already where its update is late.
    let open = !others.is_empty() && (late.is_none() || others.len() > 1);
    let open = open.then(|| part(2, format!("+{} open: {key}", others.len()), Role::Warning));
    let offered = view.world.incidents.open().find(|one| offered(one, view));
    let offered = offered.map(|one| part(2, format!("{} is offered to you", one.label()), Role::Warning));
    open.into_iter().chain(late.map(|text| part(3, text, Role::Critical))).chain(offered).collect()
}

/// What failed and nobody has looked at yet.
fn failed(view: &View) -> Option<Part> {
    let key = view.keymap.key_of(Action::Errors);
    match errors::unseen(view.world, view.looked) {
        0 => None,
        1 => Some(part(4, format!("✗ 1 error: {key}"), Role::Critical)),
        count => Some(part(4, format!("✗ {count} errors: {key}"), Role::Critical)),
    }
}

fn feeds(view: &View) -> Vec<Part> {
    let health = &view.world.health;
    let bad = health.count(FeedState::Failing);
    let unsure = health.count(FeedState::Stale) + health.count(FeedState::Unknown);
    let (degraded, worked_on) = (health.count(FeedState::Degraded), health.count(FeedState::Maintenance));
    let of = |all: usize| if all == 1 { "1 feed".to_owned() } else { format!("{all} feeds") };
    match (health.len(), bad, unsure) {
        (0, _, _) if is_bare(view) => {
            vec![part(9, format!("no feeds: {} tells how", view.keymap.key_of(Action::Health)), Role::Dim)]
        }
        (0, _, _) => Vec::new(),
        (all, 0, 0) if degraded > 0 => vec![part(3, format!("{degraded} of {} degraded", of(all)), Role::Warning)],
        (all, 0, 0) if worked_on > 0 => vec![part(8, format!("{worked_on} of {} in maintenance", of(all)), Role::Dim)],
        (all, 0, 0) => vec![part(8, format!("{} ok", of(all)), Role::Dim)],
        (all, 0, unsure) => vec![part(3, format!("? {unsure} of {} not known", of(all)), Role::Stale)],
        (all, bad, _) => vec![part(3, format!("{bad} of {} failing", of(all)), Role::Critical)],
    }
}

fn journal(view: &View, width: u16) -> Vec<Part> {
    let mut parts = Vec::new();
    if view.world.settings.read_only {
        parts.push(part(2, "read-only", Role::Warning));
    }
    match (&view.world.journal_trouble, view.world.settings.read_only) {
        (Some(_), _) => parts.push(part(1, "✗ journal can't write", Role::Critical)),
        (None, false) => parts.push(part(8, "journal ok", Role::Dim)),
        (None, true) => {}
    }
    if view.world.config_trouble.is_some() {
        parts.push(part(2, "✗ changed configuration has errors: the old one is in force", Role::Warning));
    }
    if view.world.reserve_freed {
        parts.push(part(1, "disk full: the journal's reserve is in use", Role::Critical));
    }
    match view.world.books_behind.as_slice() {
        [] => {}
        [one] => parts.push(part(3, inert(&format!("playbooks: {one}")).into_owned(), Role::Warning)),
        many => parts.push(part(3, format!("{} playbook folders are behind their upstreams", many.len()), Role::Warning)),
    }
    parts.extend(doubts::told(view, width).into_iter().map(|(rank, text)| part(rank, text, Role::Stale)));
    for (name, source) in view.world.alerts.sources() {
        if let Some(skew) = source.skew_ms.filter(|skew| skew.abs() > 2_000) {
            parts.push(part(3, format!("{name}'s clock {:+} s", skew / 1_000), Role::Warning));
        }
    }
    parts
}

/// What the last line says instead of the keys.
pub struct Message<'a> {
    pub said: Option<&'a str>,
    /// What somebody who is led may do next: it has all of the place.
    pub led: &'a [String],
    /// Where the keys are looked up.
    pub contexts: &'a [Context],
    /// What became of the last request, while that is news.
    pub outcome: Option<&'a Progress>,
    /// How much of it waits, and can be stopped.
    pub waiting: usize,
}

pub fn render_keys(canvas: &mut Canvas, place: Rect, message: &Message, view: &View) {
    // What else is said begins on the last line.
    let area = Rect { y: place.bottom().saturating_sub(1), height: 1, ..place };
    if let Some(said) = message.said {
        return render_sentence(canvas, area, said, Role::Warning);
    }
    if let Some(why) = &view.world.journal_trouble {
        let text = format!("✗ The journal can't be written: {}", inert(why));
        return render_sentence(canvas, area, &text, Role::Critical);
    }
    match message.outcome.and_then(|progress| Some((progress, worst(progress)?))) {
        Some((progress, item)) => {
            let back = way_back(progress, view);
            canvas.hits.seconds |= progress.went_well() || !progress.settled();
            match message.led.is_empty() || !progress.went_well() {
                true => {
                    let text = outcome((progress, message.waiting), item, &back, area.width, view);
                    render_sentence(canvas, area, &text, colour(&item.stage));
                }
                // What went well stands in the log: a newcomer is rather told how to go on.
                false => render_led(canvas, place, message.led),
            }
        }
        None if message.led.is_empty() => render_hints(canvas, area, message.contexts, view),
        None => render_led(canvas, place, message.led),
    }
}

fn render_led(canvas: &mut Canvas, place: Rect, lines: &[String]) {
    for (y, line) in (0..place.height).zip(lines) {
        canvas.text(place, y, &format!(" {line}"), Role::Key);
    }
}

/// What was done well is told for so long after its end: what becomes of it later is told elsewhere.
const NEWS: std::time::Duration = std::time::Duration::from_secs(15);

/// What became of it is still to be told. Nobody is to miss what failed: that stays until a key is pressed.
pub fn is_news(progress: &Progress, view: &View) -> bool {
    !progress.went_well() || view.now.mono.saturating_sub(progress.touched) < NEWS
}

/// What stands behind the hint of somebody who is led: how what was just done is taken back.
pub fn behind(outcome: Option<&Progress>, view: &View) -> String {
    let undoable = outcome.filter(|progress| progress.went_well() && may_be_undone(progress, view));
    undoable.map_or_else(String::new, |_| format!(" ({} undoes your last act)", view.keymap.key_of(Action::Undo)))
}

/// Where there is little room, what went well is told without the remote's own words: `o` has them.
fn outcome((progress, waiting): (&Progress, usize), item: &Item, back: &str, width: u16, view: &View) -> String {
    let (title, told, many) = (inert(&progress.title), told(&item.stage), of_many(progress, waiting, view));
    if !progress.went_well() || width >= SMALL {
        return format!("{title}{many} {told}{back}");
    }
    let rest = format!("{many} {}{back}", told.split(':').next().unwrap_or_default());
    let room = usize::from(width).saturating_sub(rest.width() + 2);
    format!("{}{rest}", fit(&title, room))
}

/// Fewer columns are little room.
const SMALL: u16 = 60;

/// Of several targets the one that there is most to say about.
fn worst(progress: &Progress) -> Option<&Item> {
    let kept = || progress.items.iter().find(|item| item.stage.is_kept());
    let unknown = || progress.items.iter().find(|item| item.stage.is_unknown());
    let failed = progress.items.iter().find(|item| item.stage.failed() && !item.stage.is_kept() && !item.stage.is_unknown());
    failed
        .or_else(unknown)
        .or_else(kept)
        .or_else(|| progress.items.iter().find(|item| !item.stage.settled()))
        .or(progress.items.first())
}

/// How much of it has ended, for how long it has been going on, and what stops it.
fn of_many(progress: &Progress, waiting: usize, view: &View) -> String {
    let all = progress.items.len();
    let kept = progress.items.iter().filter(|item| item.stage.is_kept()).count();
    // It may have been done: that it failed nobody knows.
    let unknown = progress.items.iter().filter(|item| item.stage.is_unknown()).count();
    let failed = progress.items.iter().filter(|item| item.stage.failed()).count() - kept - unknown;
    let told = [(failed, "failed"), (unknown, "unknown"), (kept, "kept")].into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = told.map(|(count, word)| format!("{count} {word}")).collect();
    let since = view.now.mono.saturating_sub(progress.began);
    let since = if progress.settled() || since < LONG { String::new() } else { format!(", for {}", time::age(since)) };
    let stops = if waiting > 0 { stops(view) } else { String::new() };
    match (all, told.is_empty()) {
        (0 | 1, _) if since.is_empty() => String::new(),
        (0 | 1, _) => format!(" ({})", since.trim_start_matches(", ")),
        (_, true) => format!(" ({} of {all}{since}{stops})", all - progress.open()),
        (_, false) => format!(" ({} of {all}, {}{since}{stops}: o shows them)", all - progress.open(), told.join(", ")),
    }
}

/// Offered only while something waits: what is under way goes on to its end.
pub fn stops(view: &View) -> String {
    format!("; {} stops the rest", view.keymap.key_of(Action::Stop))
}

/// What takes longer says for how long it has.
const LONG: std::time::Duration = std::time::Duration::from_secs(3);

/// For how long it can still be undone.
fn way_back(progress: &Progress, view: &View) -> String {
    match may_be_undone(progress, view) {
        true => format!(" ({} undoes it)", view.keymap.key_of(Action::Undo)),
        false => String::new(),
    }
}

fn may_be_undone(progress: &Progress, view: &View) -> bool {
    progress.settled() && !progress.items.iter().all(|item| item.stage.failed()) && progress.may_be_undone(view.now.mono)
}

/// What is said is read whole, on as many lines as it takes: they grow upwards.
fn render_sentence(canvas: &mut Canvas, area: Rect, text: &str, role: Role) {
    let lines = wrap(text, usize::from(area.width.saturating_sub(2)), 4);
    let more = u16::try_from(lines.len().saturating_sub(1)).unwrap_or(0).min(area.y);
    let place = Rect { y: area.y - more, height: area.height + more, ..area };
    canvas.clear(place);
    for (y, line) in (0..place.height).zip(&lines) {
        canvas.text(place, y, &format!(" {line}"), role);
    }
}

/// As many keys as there is room for; how to see all of them always.
fn render_hints(canvas: &mut Canvas, area: Rect, contexts: &[Context], view: &View) {
    let mut bindings = contexts.iter().flat_map(|context| view.keymap.bindings(*context));
    let help = bindings.clone().find(|binding| binding.action == Action::Help).filter(|binding| !binding.keys.is_empty());
    let end = area.right().saturating_sub(help.map_or(0, width));
    let mut x = area.x;
    while let Some(binding) = bindings.next().filter(|binding| x + width(binding) <= end) {
        if binding.action != Action::Help && !binding.help.is_empty() && !binding.keys.is_empty() {
            render_hint(canvas, Rect { x, ..area }, binding);
            x += width(binding);
        }
    }
    if let Some(help) = help {
        render_hint(canvas, Rect { x: end, ..area }, help);
    }
}

fn width(binding: &Binding) -> u16 {
    let key = binding.keys.first().map_or(0, |key| key.to_string().width());
    u16::try_from(key + binding.help.width() + 3).unwrap_or(u16::MAX)
}

fn render_hint(canvas: &mut Canvas, area: Rect, binding: &Binding) {
    let Some(key) = binding.keys.first() else { return };
    let place = Rect { width: width(binding), ..area };
    canvas.line(place, 0).space(1).text(&key.to_string(), Role::Key).space(1).text(binding.help, Role::Dim);
    canvas.hits.add(place, Hit::Action(binding.action));
}
