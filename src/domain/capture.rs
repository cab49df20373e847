//! Quick capture: one typed line becomes a note, with the time that it says and the mark that it bears.

use super::entry::Kind;
use chrono::{DateTime, Duration, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// What was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Capture {
    pub kind: Kind,
    /// `None`: now.
    pub at: Option<DateTime<Utc>>,
    pub text: String,
}

/// Reads `-7m saw 5xx drop`, `14:02 traffic is back`, `!` a decision, `?` a hypothesis, `+` a to-do, in any order of
/// time and mark. What is neither is the text, as it was typed.
///
/// # Errors
/// A time that does not exist in `zone` (a skipped hour) or that is ambiguous: both readings are named.
pub fn parse(line: &str, now: DateTime<Utc>, zone: Tz) -> Result<Capture, String> {
    let (kind, rest) = mark(line.trim());
    let (at, rest) = time(rest, now, zone)?;
    let (kind, rest) = if kind == Kind::Note { mark(rest) } else { (kind, rest) };
    Ok(Capture { kind, at, text: rest.trim().to_owned() })
}

fn mark(text: &str) -> (Kind, &str) {
    let marks = [('!', Kind::Decision), ('?', Kind::Hypothesis), ('+', Kind::Todo)];
    let found = marks.into_iter().find_map(|(mark, kind)| Some((kind, text.strip_prefix(mark)?)));
    found.map_or((Kind::Note, text), |(kind, rest)| (kind, rest.trim_start()))
}

fn time(text: &str, now: DateTime<Utc>, zone: Tz) -> Result<(Option<DateTime<Utc>>, &str), String> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if let Some(ago) = word.strip_prefix('-').and_then(|word| humantime::parse_duration(word).ok()) {
        let at = Duration::from_std(ago).ok().and_then(|ago| now.checked_sub_signed(ago));
        return Ok((Some(sensible(at, word, now)?), rest));
    }
    match clock(word) {
        Some(clock) => Ok((Some(nearest_past(clock, now, zone)?), rest)),
        None => Ok((None, text)),
    }
}

/// `14:02` or `14:02:30`; a ratio such as `5:1` is none.
fn clock(word: &str) -> Option<NaiveTime> {
    if !word.split(':').skip(1).all(|part| part.len() == 2) {
        return None;
    }
    ["%H:%M", "%H:%M:%S"].iter().find_map(|format| NaiveTime::parse_from_str(word, format).ok())
}

/// When somebody says, `--at`: `-7m`, `14:02`, or RFC 3339.
///
/// # Errors
/// What was expected.
pub fn when(text: &str, now: DateTime<Utc>, zone: Tz) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return sensible(Some(at.with_timezone(&Utc)), text, now);
    }
    match time(text, now, zone)? {
        (Some(at), "") => Ok(at),
        _ => Err(format!("`{text}` is not a time: -7m, 14:02, or 2026-03-01T14:02:00Z")),
    }
}

/// A time between two others, as somebody says it: `+12m` after the first, `-5m` before the last, `14:02`, or RFC 3339.
///
/// # Errors
/// What was expected.
pub fn within(text: &str, from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> Result<DateTime<Utc>, String> {
    let after = text.strip_prefix('+').and_then(|word| humantime::parse_duration(word).ok());
    let after = after.and_then(|after| from.checked_add_signed(Duration::from_std(after).ok()?));
    let at = after.map_or_else(|| when(text, to, zone), Ok)?;
    if at < from || at > to {
        let show = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string();
        return Err(format!("`{text}` is not between {} and {}", show(from), show(to)));
    }
    Ok(at)
}

/// What is recorded has happened, and within the time of computers: anything else is a slip of the finger.
fn sensible(at: Option<DateTime<Utc>>, said: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    match at {
        Some(at) if at > now + AHEAD => Err(format!("`{said}` has not come yet")),
        Some(at) if at >= DateTime::UNIX_EPOCH => Ok(at),
        _ => Err(format!("`{said}` is too long ago")),
    }
}

/// Clocks differ a little: what lies less than this ahead is still today's.
const AHEAD: Duration = Duration::minutes(5);

/// The last time that the clock on the wall showed this: today, or yesterday when that lies ahead.
fn nearest_past(clock: NaiveTime, now: DateTime<Utc>, zone: Tz) -> Result<DateTime<Utc>, String> {
    let today = now.with_timezone(&zone).date_naive();
    let at = local(today.and_time(clock), zone)?;
    if at <= now + AHEAD {
        return Ok(at);
    }
    local(today.pred_opt().unwrap_or(today).and_time(clock), zone)
}

fn local(naive: chrono::NaiveDateTime, zone: Tz) -> Result<DateTime<Utc>, String> {
    match zone.from_local_datetime(&naive) {
        chrono::LocalResult::Single(at) => Ok(at.with_timezone(&Utc)),
        chrono::LocalResult::None => {
            Err(format!("{} does not exist in {}: the clocks skip it", naive.format("%H:%M"), zone.name()))
        }
        chrono::LocalResult::Ambiguous(a, b) => Err(format!(
            "{} happened twice in {}: say {} or {}",
            naive.format("%H:%M"),
            zone.name(),
            a.with_timezone(&Utc).to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            b.with_timezone(&Utc).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn captured(line: &str) -> Capture {
        parse(line, at("2026-03-01T14:30:00Z"), Tz::UTC).expect("parses")
    }

    #[test]
    fn a_line_says_when_and_what_it_is() {
        let read = captured("-7m saw 5xx drop");
        assert_eq!((read.kind, read.at, read.text.as_str()), (Kind::Note, Some(at("2026-03-01T14:23:00Z")), "saw 5xx drop"));
        assert_eq!(captured("! 14:02 fail over").at, Some(at("2026-03-01T14:02:00Z")));
        assert_eq!(captured("! 14:02 fail over").kind, Kind::Decision);
        assert_eq!(captured("14:02 ? replica lags").kind, Kind::Hypothesis);
        assert_eq!(captured("+ page storage").kind, Kind::Todo);
        assert_eq!(captured("-x is not a time").text, "-x is not a time");
        assert_eq!(captured("5:1 ratio").text, "5:1 ratio");
    }

    #[test]
    fn a_time_that_cannot_be_meant_is_refused() {
        let now = at("2026-03-01T14:30:00Z");
        for line in ["-200000000d x", "-1000000d x", "-100000000000d x"] {
            let refused = parse(line, now, Tz::UTC).expect_err("too long ago");
            assert!(refused.contains("too long ago"), "{refused}");
        }
        assert!(when("1890-01-01T00:00:00Z", now, Tz::UTC).is_err_and(|why| why.contains("too long ago")));
        assert!(when("2099-01-01T00:00:00Z", now, Tz::UTC).is_err_and(|why| why.contains("has not come yet")));
        assert_eq!(when("2026-03-01T14:33:00Z", now, Tz::UTC), Ok(at("2026-03-01T14:33:00Z")));
    }

    #[test]
    fn a_clock_that_lies_ahead_was_yesterday() {
        assert_eq!(captured("23:50 first page").at, Some(at("2026-02-28T23:50:00Z")));
        assert_eq!(captured("14:33 their clock is ahead").at, Some(at("2026-03-01T14:33:00Z")));
    }

    #[test]
    fn an_hour_that_the_zone_skips_or_repeats_is_refused() {
        let spring = parse("02:30 x", at("2026-03-29T12:00:00Z"), Tz::Europe__Berlin).expect_err("skipped");
        assert!(spring.contains("does not exist"), "{spring}");
        let autumn = parse("02:30 x", at("2026-10-25T12:00:00Z"), Tz::Europe__Berlin).expect_err("twice");
        assert!(autumn.contains("00:30:00Z") && autumn.contains("01:30:00Z"), "{autumn}");
    }
}
