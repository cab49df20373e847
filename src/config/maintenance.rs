//! `maintenance`: planned work that comes again every week, and what it is on.

use super::list;
use crate::domain::catalogue::Service;
use crate::domain::health::FeedSpec;
use crate::domain::maintenance::{Subjects, Window};
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;
use std::time::Duration;

const LEAST: Duration = Duration::from_secs(60);

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

#[rustfmt::skip]
pub const WINDOW: &[FieldSpec] = &[
    FieldSpec::new("services", "what is worked on; a service has its feeds and alerts with it", "this or `feeds`"),
    FieldSpec::new("feeds", "feeds that are worked on", "this or `services`"),
    FieldSpec::new("days", "on which it begins: `mon` to `sun`", "every day"),
    FieldSpec::new("at", "when, by the clocks of `zone`; a time that they skip is when they have skipped it, one that they show twice is the first", "needed"),
    FieldSpec::new("lasts", "`1m` to `7days`, by no clock: ninety minutes are ninety minutes", "needed"),
    FieldSpec::new("zone", "a zone such as `Europe/Berlin`", "`console.time_zone`"),
    FieldSpec::new("why", "a few words", "none"),
];

/// `zone` is that of the console, for windows that name none.
pub fn read<'a>(
    node: Option<&Node>,
    services: &[Service],
    feeds: impl Iterator<Item = &'a FeedSpec> + Clone,
    zone: Tz,
    problems: &mut Problems,
) -> Vec<Window> {
    list::each(node, problems, |node, problems| {
        let fields = node.fields(&FieldSpec::keys(WINDOW), problems)?;
        let subjects = subjects(node, &fields, services, feeds.clone(), problems);
        let at = fields.need("at", problems).and_then(|node| {
            node.read("a time such as \"02:30\"", problems, |text| NaiveTime::parse_from_str(text, "%H:%M").ok())
        });
        let lasts = fields.need("lasts", problems);
        let lasts = lasts.and_then(|node| list::time(Some(node), LEAST..=Window::LONGEST, problems));
        let zone = fields
            .get("zone")
            .map_or(Some(zone), |node| node.read("a zone such as Europe/Berlin", problems, |text| text.parse().ok()));
        let why = fields.get("why").map_or(Some(None), |node| list::label(node, problems).map(Some));
        let days = days(&fields, problems);
        Some(Window { subjects: subjects?, days: days?, at: at?, zone: zone?, lasts: lasts?, why: why? })
    })
}

fn days(fields: &Fields, problems: &mut Problems) -> Option<Vec<Weekday>> {
    match fields.get("days") {
        Some(node) => list::items(node).iter().map(|day| list::one_of(day, "day", &DAYS, problems)).collect(),
        None => Some(DAYS.map(|(_, day)| day).into()),
    }
}

fn subjects<'a>(
    node: &Node,
    fields: &Fields,
    services: &[Service],
    feeds: impl Iterator<Item = &'a FeedSpec> + Clone,
    problems: &mut Problems,
) -> Option<Subjects> {
    let named = |key: &str| fields.get(key).map(list::items).unwrap_or_default();
    let found = named("services").iter().map(|node| super::service::named(node, services, problems)).collect::<Option<_>>();
    let feed = |node: &Node, problems: &mut Problems| {
        let text = node.text(problems)?;
        let found = feeds.clone().find(|spec| spec.name.as_str() == text).map(|spec| spec.name.clone());
        if found.is_none() {
            problems.unknown(node.span, "feed", text, &feeds.clone().map(|spec| spec.name.as_str()).collect::<Vec<_>>());
        }
        found
    };
    let feeds = named("feeds").iter().map(|node| feed(node, problems)).collect::<Option<_>>();
    let subjects = Subjects { services: found?, feeds: feeds? };
    if subjects.is_empty() {
        problems.error(node.span, "say what is worked on: `services`, `feeds` or both");
        return None;
    }
    Some(subjects)
}
