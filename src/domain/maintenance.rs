//! Planned work on services and feeds: when it is, by the clock on the wall of some place. Measuring goes on meanwhile; nobody is
//! woken.

use super::ids::{FeedName, ServiceName};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// What is worked on. A service has all its feeds and alerts with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subjects {
    #[serde(default)]
    pub services: BTreeSet<ServiceName>,
    #[serde(default)]
    pub feeds: BTreeSet<FeedName>,
}

impl Subjects {
    pub fn service(name: ServiceName) -> Self {
        Self { services: [name].into(), ..Self::default() }
    }

    pub fn feed(name: FeedName) -> Self {
        Self { feeds: [name].into(), ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.feeds.is_empty()
    }

    pub fn touches(&self, other: &Self) -> bool {
        !self.services.is_disjoint(&other.services) || !self.feeds.is_disjoint(&other.feeds)
    }

    /// `postgres, checkout`
    pub fn names(&self) -> String {
        let services = self.services.iter().map(ServiceName::as_str);
        services.chain(self.feeds.iter().map(FeedName::as_str)).collect::<Vec<_>>().join(", ")
    }
}

/// Work that comes again every week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub subjects: Subjects,
    /// Days on which it begins.
    pub days: Vec<Weekday>,
    /// When it begins, by the clocks of `zone`.
    pub at: NaiveTime,
    #[serde(with = "zone")]
    pub zone: Tz,
    pub lasts: Duration,
    pub why: Option<String>,
}

/// One time of work: from then until before then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// A zone by its name.
mod zone {
    use chrono_tz::Tz;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(zone: &Tz, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(zone.name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Tz, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl Window {
    /// The longest that a window may last: a week, after which it would never end.
    pub const LONGEST: Duration = Duration::from_secs(7 * 86_400);

    /// The one that holds `now`.
    pub fn around(&self, now: DateTime<Utc>) -> Option<Span> {
        self.spans(now).find(|span| span.from <= now && now < span.until)
    }

    /// When it next begins or ends after `now`.
    pub fn next_edge(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.spans(now).flat_map(|span| [span.from, span.until]).filter(|edge| *edge > now).min()
    }

    /// Those that begin from eight days ago to eight days ahead: the one that is, and the next.
    fn spans(&self, now: DateTime<Utc>) -> impl Iterator<Item = Span> {
        let today = now.with_timezone(&self.zone).date_naive();
        let first = today.checked_sub_days(Days::new(8)).unwrap_or(today);
        let dates = first.iter_days().take(17).filter(|date| self.days.contains(&date.weekday()));
        dates.filter_map(|date| self.on(date))
    }

    /// A time that the clocks skip begins when they have skipped it; one that they show twice begins the first time. How long it
    /// lasts is by no clock: an hour of work is an hour.
    fn on(&self, date: NaiveDate) -> Option<Span> {
        let local = date.and_time(self.at);
        let minutes = (0..=180).map(|minute| local + chrono::Duration::minutes(minute));
        let from = minutes.filter_map(|local| self.zone.from_local_datetime(&local).earliest()).next()?.to_utc();
        Some(Span { from, until: from + chrono::Duration::from_std(self.lasts).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    /// Sundays from half past two for an hour and a half, in Berlin.
    fn window() -> Window {
        Window {
            subjects: Subjects::default(),
            days: vec![Weekday::Sun],
            at: NaiveTime::from_hms_opt(2, 30, 0).expect("a time"),
            zone: chrono_tz::Europe::Berlin,
            lasts: Duration::from_secs(5_400),
            why: None,
        }
    }

    fn span(from: &str, until: &str) -> Option<Span> {
        Some(Span { from: at(from), until: at(until) })
    }

    #[test]
    fn it_is_from_its_beginning_until_before_its_end() {
        let (from, until) = ("2026-01-11T01:30:00Z", "2026-01-11T03:00:00Z");
        assert_eq!(window().around(at("2026-01-11T01:29:59Z")), None);
        assert_eq!(window().around(at(from)), span(from, until));
        assert_eq!(window().around(at("2026-01-11T02:59:59Z")), span(from, until));
        assert_eq!(window().around(at(until)), None);
        assert_eq!(window().next_edge(at("2026-01-08T00:00:00Z")), Some(at(from)));
        assert_eq!(window().next_edge(at(from)), Some(at(until)));
        assert_eq!(window().next_edge(at(until)), Some(at("2026-01-18T01:30:00Z")));
    }

    #[test]
    fn in_spring_the_clocks_skip_its_beginning_and_it_lasts_as_long() {
        // At 02:00 they go to 03:00, which is 01:00 UTC.
        let skipped = span("2026-03-29T01:00:00Z", "2026-03-29T02:30:00Z");
        assert_eq!(window().around(at("2026-03-29T01:10:00Z")), skipped);
        assert_eq!(window().around(at("2026-03-29T00:59:59Z")), None);
        // The next one is by summer time.
        assert_eq!(window().next_edge(at("2026-03-29T02:30:00Z")), Some(at("2026-04-05T00:30:00Z")));
    }

    #[test]
    fn in_autumn_the_clocks_show_its_beginning_twice_and_it_is_once() {
        // 02:30 is at 00:30 UTC and again at 01:30.
        let first = span("2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z");
        assert_eq!(window().around(at("2026-10-25T00:30:00Z")), first);
        assert_eq!(window().around(at("2026-10-25T01:59:59Z")), first);
        assert_eq!(window().around(at("2026-10-25T02:00:00Z")), None);
    }

    #[test]
    fn one_that_lasts_over_midnight_and_over_days_is_one() {
        let late =
            Window { at: NaiveTime::from_hms_opt(23, 0, 0).expect("a time"), lasts: Duration::from_secs(36 * 3_600), ..window() };
        let whole = span("2026-01-11T22:00:00Z", "2026-01-13T10:00:00Z");
        assert_eq!(late.around(at("2026-01-13T09:00:00Z")), whole);
        let every = Window { days: vec![Weekday::Sun, Weekday::Mon], ..window() };
        assert_eq!(every.next_edge(at("2026-01-11T03:00:00Z")), Some(at("2026-01-12T01:30:00Z")));
    }

    #[test]
    fn one_of_a_whole_week_is_on_until_its_last_second() {
        let week = Window { lasts: Window::LONGEST, ..window() };
        let whole = span("2026-01-11T01:30:00Z", "2026-01-18T01:30:00Z");
        assert_eq!(week.around(at("2026-01-18T01:29:59Z")), whole);
        assert_eq!(week.around(at("2026-01-18T01:30:00Z")), span("2026-01-18T01:30:00Z", "2026-01-25T01:30:00Z"));
    }
}
