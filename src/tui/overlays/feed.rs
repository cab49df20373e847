//! Everything about one feed: above all why it is stale.

use super::page::{Content, Line, Page, field, plain};
use super::{Overlay, maintain};
use crate::domain::ids::FeedName;
use crate::domain::maintenance::Subjects;
use crate::domain::text::{Outside, inert};
use crate::model::health::{FeedHealth, HISTORY, Proven};
use crate::model::maintenance::Work;
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::panes::health::{look, sparkline};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, Ui, View};

struct Detail(FeedName);

pub fn open(feed: FeedName) -> Box<dyn Overlay> {
    Box::new(Page::new(Detail(feed)))
}

impl Content for Detail {
    fn contexts(&self) -> &'static [Context] {
        &[Context::FeedDetail, Context::Reading]
    }

    fn title(&self, _view: &View) -> String {
        format!("Feed {}", self.0)
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        match view.world.health.get(&self.0) {
            Some(feed) => about(feed, view, columns),
            None => vec![plain("It is not in the configuration any more.", Role::Stale)],
        }
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        let there = view.world.health.get(&self.0).is_some();
        match action {
            Action::Maintain if there => vec![maintain::open(Subjects::feed(self.0.clone()), view)],
            Action::Copy => vec![Reply::Ui(Ui::Copy(self.0.to_string()))],
            _ => Vec::new(),
        }
    }
}

pub fn about(feed: &FeedHealth, view: &View, columns: usize) -> Vec<Line> {
    let (glyph, word, role) = look(feed.state);
    let since = feed.lasting(view.now).map(|lasting| format!(" for {}", time::age(lasting))).unwrap_or_default();
    let mut lines = vec![vec![(format!("{glyph} {word}"), role), (since, Role::Text)]];
    if let Some(work) = view.world.maintenance.of_feed(&feed.spec.name, feed.spec.service.as_ref()) {
        lines.extend(field("quiet", &told(work, view), Role::Info, columns));
    }
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
    lines.extend(field("history", &sparkline(feed, HISTORY), role, columns.max(HISTORY + 14)));
    lines
}

/// `in maintenance until 04:00 by ana: kernel`
pub fn told(work: &Work, view: &View) -> String {
    let until = time::until(work.until, view.now.wall, view.zone);
    let by = work.by.as_ref().map_or("the configuration".into(), |by| inert(by));
    let why = work.why.as_ref().map(|why| format!(": {}", inert(why))).unwrap_or_default();
    format!("in maintenance until {until} by {by}{why}")
}

/// What will become of its value, and how often that was said rightly.
fn forecast(feed: &FeedHealth, view: &View, columns: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = ahead(feed, view).iter().flat_map(|text| field("ahead", text, Role::Warning, columns)).collect();
    let Proven { right, wrong } = feed.proven();
    if right + wrong > 0 {
        lines.extend(field("forecasts", &format!("{right} of {} came true", right + wrong), Role::Dim, columns));
    }
    lines
}

/// `above 90 in ~3h10m: between 14:00 and 18:20`
pub fn ahead(feed: &FeedHealth, view: &View) -> Option<String> {
    let ahead = feed.ahead()?;
    let (limit, left) = (ahead.limit, time::about(ahead.breach.saturating_sub(view.now.mono)));
    let [first, last] = [ahead.earliest, ahead.latest].map(|at| time::full(ahead.wall(at, view.now), view.zone));
    Some(format!("{} {} in {left}: between {first} and {last}", limit.word(), limit.value()))
}

fn human(duration: std::time::Duration) -> String {
    humantime::format_duration(duration).to_string()
}
