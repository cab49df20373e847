//! Everything about one feed, or about all feeds of a service: above all why it is stale.

use super::Overlay;
use super::page::{Content, Line, Page, field, heading, plain};
use crate::domain::change::Change;
use crate::domain::health::FeedState;
use crate::domain::ids::{FeedName, ServiceName};
use crate::domain::text::Outside;
use crate::model::health::{FeedHealth, HISTORY, Proven};
use crate::tui::panes::health::{look, sparkline};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;

enum Detail {
    Feed(FeedName),
    Service(ServiceName),
}

pub fn open(feed: FeedName) -> Box<dyn Overlay> {
    Box::new(Page::new(Detail::Feed(feed)))
}

pub fn service(name: ServiceName) -> Box<dyn Overlay> {
    Box::new(Page::new(Detail::Service(name)))
}

impl Content for Detail {
    fn title(&self, _view: &View) -> String {
        match self {
            Self::Feed(name) => format!("Feed {name}"),
            Self::Service(name) => format!("Service {name}"),
        }
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        match self {
            Self::Feed(name) => match view.world.health.get(name) {
                Some(feed) => about(feed, view, columns),
                None => vec![plain("It is not in the configuration any more.", Role::Stale)],
            },
            Self::Service(name) => about_service(name, view, columns),
        }
    }
}

fn about(feed: &FeedHealth, view: &View, columns: usize) -> Vec<Line> {
    let (glyph, word, role) = look(feed.state);
    let since = feed.since.map(|at| format!(" for {}", time::age(view.now.since(at)))).unwrap_or_default();
    let mut lines = vec![vec![(format!("{glyph} {word}"), role), (since, Role::Text)]];
    if let Some(found) = feed.unsettled() {
        let last =
            if found.votes.of > found.votes.needed { format!(" of the last {}", found.votes.of) } else { " in a row".into() };
        let text = format!("{} is said by {}; {}{last} are believed", found.said.word(), found.agree, found.votes.needed);
        lines.extend(field("but", &text, look(found.said).2, columns));
    }
    if let Some(trouble) = &feed.trouble {
        lines.extend(field("why", &trouble.inert(), Role::Stale, columns));
    }
    if let Some((reading, at)) = &feed.reading {
        lines.extend(field("said", &reading.message.inert(), Role::Text, columns));
        lines.extend(field(
            "",
            &format!("{} ago, at {}", time::age(view.now.since(*at)), time::full(at.wall, view.zone)),
            Role::Dim,
            columns,
        ));
        if let Some(value) = reading.value {
            let unit = Outside::from(reading.unit.as_deref().unwrap_or("")).inert().into_owned();
            lines.extend(field("value", &format!("{value} {unit}"), Role::Text, columns));
        }
        if let Some(latency) = reading.latency {
            lines.extend(field("latency", &format!("{:.1} ms", latency.as_secs_f64() * 1_000.0), Role::Text, columns));
        }
    }
    lines.extend(forecast(feed, view, columns));
    let spec = &feed.spec;
    let every = format!(
        "{} every {}, at most {} each; stale after {}",
        spec.kind,
        human(spec.every),
        human(spec.timeout),
        human(spec.deadline())
    );
    lines.extend(field("asked", &every, Role::Dim, columns));
    lines.extend(field("history", &sparkline(feed.history.iter(), HISTORY), role, columns.max(HISTORY + 14)));
    lines
}

/// What will become of its value, and how often that was said rightly.
fn forecast(feed: &FeedHealth, view: &View, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(ahead) = feed.ahead() {
        let (limit, left) = (ahead.limit, time::about(ahead.breach.saturating_sub(view.now.mono)));
        let [first, last] = [ahead.earliest, ahead.latest].map(|at| time::full(ahead.wall(at, view.now), view.zone));
        let text = format!("{} {} in {left}: between {first} and {last}", limit.word(), limit.value());
        lines.extend(field("ahead", &text, Role::Warning, columns));
    }
    let Proven { right, wrong } = feed.proven();
    if right + wrong > 0 {
        lines.extend(field("forecasts", &format!("{right} of {} came true", right + wrong), Role::Dim, columns));
    }
    lines
}

fn human(duration: std::time::Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// What was changed in the last day, here and in what it depends on; of a service in trouble with how long before.
fn changed(name: &ServiceName, view: &View, columns: usize) -> Vec<Line> {
    let now = view.now.wall;
    let world = view.world;
    let worst = world.health.of_service(name).filter(|feed| feed.state >= FeedState::Degraded).filter_map(|feed| feed.since);
    let began = worst.map(|since| since.wall).min();
    let line = |change: &Change| {
        let of = change.service.as_ref().filter(|service| *service != name).map(|service| format!(" of {service}"));
        let before = began.filter(|began| change.at <= *began).map(|began| time::age(time::since(change.at, began)));
        let before = before.map(|age| format!("{age} before: ")).unwrap_or_default();
        let (noun, by) = (change.what.noun(), change.by.inert());
        format!(
            "{} {before}{noun}{}: {} ({by})",
            time::until(change.at, now, view.zone),
            of.unwrap_or_default(),
            change.words.inert()
        )
    };
    let changes: Vec<String> =
        world.changes_for(name, now - chrono::Duration::days(1), now).take(MOST_CHANGES).map(line).collect();
    let role = if began.is_some() { Role::Warning } else { Role::Text };
    let lines =
        changes.iter().enumerate().map(|(index, text)| field(if index == 0 { "changed" } else { "" }, text, role, columns));
    lines.flatten().collect()
}

/// How many changes of a service are listed; all are in the log.
const MOST_CHANGES: usize = 8;

fn about_service(name: &ServiceName, view: &View, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let known = view.world.settings.services.iter().find(|service| service.name == *name);
    if let Some(service) = known {
        let tier = service.tier.map_or_else(|| "no tier".to_owned(), |tier| format!("tier {tier}"));
        let vendor = if service.vendor { ", run by somebody else" } else { "" };
        lines.push(plain(format!("{tier}{vendor}"), Role::Text));
        for other in &service.depends_on {
            let (glyph, word, role) = view.world.health.service(other).map_or(("○", "not watched", Role::Dim), look);
            lines.push(vec![
                ("depends on ".to_owned(), Role::Dim),
                (format!("{other} "), Role::Text),
                (format!("{glyph} {word}"), role),
            ]);
        }
    }
    lines.extend(changed(name, view, columns));
    for feed in view.world.health.of_service(name) {
        lines.extend(heading(feed.spec.name.as_str()));
        lines.extend(about(feed, view, columns));
    }
    if lines.is_empty() {
        lines.push(plain("No feed watches it.", Role::Dim));
    }
    lines
}
