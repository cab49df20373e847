//! How far each source can be trusted: who answered, who did not, and why. What the status line and the title of the queue have
//! one word for.

use super::Overlay;
use super::page::{Content, Line, Page, field, plain};
use crate::domain::ids::SourceName;
use crate::domain::pushed::Pushed;
use crate::domain::stamp::Stamp;
use crate::domain::text::{Outside, inert};
use crate::model::alerts::{SourceHealth, SourceState};
use crate::model::event::{Pause, Spared};
use crate::model::troubles::{Subject, told};
use crate::tui::action::Action;
use crate::tui::panes::alerts::trust;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;
use std::time::Duration;

struct Sources;

/// So long without a message is a silence.
const SILENT: Duration = Duration::from_secs(600);

pub fn open() -> Box<dyn Overlay> {
    Box::new(Page::new(Sources))
}

impl Content for Sources {
    fn title(&self, _view: &View) -> String {
        "Where alerts come from".to_owned()
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let mut all = view.world.alerts.sources().peekable();
        if all.peek().is_none() {
            return vec![plain("No alert source is configured.", Role::Dim)];
        }
        let hung = view.world.troubles.get(&Subject::Watch).filter(|trouble| trouble.over.is_none());
        let hung = hung.into_iter().flat_map(|trouble| field("watch", &inert(&trouble.why), Role::Warning, columns));
        hung.chain(all.flat_map(|(name, source)| one(name, source, view, columns))).collect()
    }

    fn ticks(&self, view: &View) -> bool {
        let spans =
            |source: &SourceState| source.age(view.now).into_iter().chain(source.pause(view.now).map(|pause| pause.lasts));
        view.world.alerts.sources().any(|(_, source)| spans(source).any(time::ticks))
    }
}

/// When it is asked next, and what it is left alone for until then.
fn next(source: &SourceState, now: Stamp) -> String {
    let Some(Pause { lasts, why }) = source.pause(now) else { return String::new() };
    let left = time::age(lasts);
    match why {
        _ if lasts.is_zero() => ", being asked now".to_owned(),
        Spared::Ordered => format!(", next in {left}: it has asked for no question before"),
        Spared::Failing(times @ 2..) => format!(", next in {left} for it has failed {times} times in a row"),
        Spared::Failing(_) | Spared::Usually => format!(", next in {left}"),
    }
}

fn one(name: &SourceName, source: &SourceState, view: &View, columns: usize) -> Vec<Line> {
    let (word, role) = trust(source).map_or(("✓ fresh".to_owned(), Role::Ok), |word| (format!("? {word}"), Role::Stale));
    let answered = source.age(view.now).map_or("never answered".to_owned(), |age| format!("answered {} ago", time::age(age)));
    let silences = match source.silences().iter().filter(|silence| view.now.wall < silence.ends_at).count() {
        0 => String::new(),
        1 => ", 1 silence".to_owned(),
        count => format!(", {count} silences"),
    };
    let mut lines = vec![vec![
        (format!("{} ", inert(name.as_str())), Role::Strong),
        (word, role),
        (format!(" · {} · {answered}{silences}", source.kind()), Role::Dim),
    ]];
    let seldom = if source.health == SourceHealth::Fresh { "" } else { ", more seldom the longer it does not answer" };
    let every = humantime::format_duration(source.every());
    let next = next(source, view.now);
    let asked = format!("every {every}{seldom}{next}; {} asks now, once this is closed", view.keymap.key_of(Action::Refresh));
    lines.extend(field("  asked", &asked, Role::Dim, columns));
    if view.world.alerts.may_have_forgotten(name, view.now.wall) {
        let text = "it was started lately, and may not know yet of all that fires: what it does not list is not over";
        lines.extend(field("  ? list", text, Role::Stale, columns));
    }
    lines.extend(source.doubts().flat_map(|why| field("  ?", &why.inert(), Role::Stale, columns)));
    lines.extend(source.pushed.iter().flat_map(|pushed| heard(pushed, view, columns)));
    if let Some(skew) = source.skew_ms.filter(|skew| skew.abs() > 2_000) {
        lines.extend(field("  clock", &format!("{:+} s from ours", skew / 1_000), Role::Warning, columns));
    }
    let refused = source.refused.as_ref().map(Outside::inert);
    lines.extend(refused.into_iter().flat_map(|why| field("  news", &format!("none: {why}"), Role::Warning, columns)));
    lines
}

/// Of a source that is pushed to: silence there may be peace, a dead sender, or one that is refused.
fn heard(pushed: &Pushed, view: &View, columns: usize) -> Vec<Line> {
    let ago = |at| time::age(time::since(at, view.now.wall));
    let mut lines = field("  pushed", &last(pushed, view), Role::Dim, columns);
    lines.extend(pushed.barred.iter().flat_map(|why| field("  barred", &why.inert(), Role::Warning, columns)));
    for refused in pushed.refused.iter().rev() {
        let text = format!("{} ago {}", ago(refused.last), told(refused));
        lines.extend(field("  refused", &text, Role::Warning, columns));
    }
    lines
}

/// What was sent while nobody listened, nobody knows.
fn last(pushed: &Pushed, view: &View) -> String {
    let at = |at| time::until(at, view.now.wall, view.zone);
    let ago = |at| time::since(at, view.now.wall);
    match (pushed.last.filter(|last| pushed.since.is_none_or(|since| since <= *last)), pushed.since) {
        (Some(last), _) if ago(last) < SILENT => format!("last message {} ago", time::age(ago(last))),
        (Some(last), _) => format!("nothing since {}", at(last)),
        (None, Some(since)) => format!("nothing since {}, when midwatch began to listen", at(since)),
        (None, None) => "nothing was sent yet".to_owned(),
    }
}
