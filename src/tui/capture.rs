//! The quick note: one line that may begin with its time and its kind.
//!
//! `-7m saw 5xx drop`, `14:02 restarted db-1`, `!fail over now`, `?the disk is full`, `+write the status page`.

use crate::domain::entry::Kind;
use chrono::{DateTime, Days, NaiveTime, Utc};
use chrono_tz::Tz;

#[derive(Debug, Clone, PartialEq)]
pub struct Captured {
    /// `None`: now.
    pub at: Option<DateTime<Utc>>,
    pub kind: Kind,
    pub text: String,
}

/// Time and kind may stand in any order; what isn't one of them is text.
pub fn parse(line: &str, now: DateTime<Utc>, zone: Tz) -> Captured {
    let mut rest = line.trim();
    let (mut at, mut kind) = (None, Kind::Note);
    loop {
        let (word, tail) = rest.split_once(' ').unwrap_or((rest, ""));
        if let (None, Some(time)) = (at, when(word, now, zone)) {
            (at, rest) = (Some(time), tail.trim_start());
        } else if let (Kind::Note, Some((marked, tail))) = (&kind, mark(rest)) {
            (kind, rest) = (marked, tail.trim_start());
        } else {
            return Captured { at, kind, text: rest.to_owned() };
        }
    }
}

fn mark(text: &str) -> Option<(Kind, &str)> {
    let marks = [('!', Kind::Decision), ('?', Kind::Hypothesis), ('+', Kind::Todo)];
    marks.into_iter().find_map(|(mark, kind)| Some((kind, text.strip_prefix(mark)?)))
}

/// `-7m` and `-1h30m` ago; `14:02` and `14:02:30` the last time the clock showed that in the operator's zone.
pub fn when(word: &str, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
    if let Some(ago) = word.strip_prefix('-') {
        let ago = humantime::parse_duration(ago).ok()?;
        return now.checked_sub_signed(chrono::Duration::from_std(ago).ok()?);
    }
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let clock = NaiveTime::parse_from_str(word, "%H:%M").or_else(|_| NaiveTime::parse_from_str(word, "%H:%M:%S")).ok()?;
    let today = now.with_timezone(&zone).date_naive();
    // A hole of summer time has no such minute, and of a doubled one the first counts.
    let on = |day: chrono::NaiveDate| Some(day.and_time(clock).and_local_timezone(zone).earliest()?.to_utc());
    match on(today) {
        // Clocks differ a little: what lies some minutes ahead is still today's.
        Some(at) if at > now + chrono::Duration::minutes(5) => on(today.checked_sub_days(Days::new(1))?),
        at => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-23T14:30:00Z".parse().expect("a time")
    }

    fn read(line: &str) -> (Option<String>, Kind, String) {
        let captured = parse(line, now(), Tz::UTC);
        (captured.at.map(|at| at.format("%d %H:%M:%S").to_string()), captured.kind, captured.text)
    }

    #[test]
    fn time_and_mark_are_taken_off_the_text() {
        assert_eq!(read("-7m saw 5xx drop"), (Some("23 14:23:00".into()), Kind::Note, "saw 5xx drop".into()));
        assert_eq!(read("14:02 !fail over"), (Some("23 14:02:00".into()), Kind::Decision, "fail over".into()));
        assert_eq!(read("? 14:02:30 disk"), (Some("23 14:02:30".into()), Kind::Hypothesis, "disk".into()));
        assert_eq!(read("+ tell support"), (None, Kind::Todo, "tell support".into()));
    }

    #[test]
    fn a_time_that_lies_ahead_was_yesterday() {
        assert_eq!(read("23:50 it began").0, Some("22 23:50:00".into()));
        assert_eq!(read("14:33 just now").0, Some("23 14:33:00".into()));
    }

    #[test]
    fn what_only_looks_like_a_time_is_text() {
        for line in ["-x flag was wrong", "25:00 is no time", "5 nodes left", "plain", "why?"] {
            assert_eq!(read(line), (None, Kind::Note, line.into()));
        }
    }

    #[test]
    fn the_clock_is_the_operators() {
        let at = when("14:02", now(), Tz::Europe__Vienna).expect("a time");
        assert_eq!(at.to_rfc3339(), "2026-11-23T13:02:00+00:00");
    }
}
