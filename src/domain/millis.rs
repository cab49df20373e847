//! The one form of a time in everything that is stored or exported: RFC 3339 in UTC with milliseconds,
//! `2026-01-01T00:00:00.000Z`. For `#[serde(with = "millis")]`.

use chrono::{DateTime, Datelike, SecondsFormat, SubsecRound, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::{Map, Value};

pub fn text(time: DateTime<Utc>) -> String {
    match digits(time) {
        Some(digits) => as_text(&digits).to_owned(),
        None => time.to_rfc3339_opts(SecondsFormat::Millis, true),
    }
}

const ZERO: [u8; 24] = *b"0000-00-00T00:00:00.000Z";

/// The same without a formatter: a storm has hundreds of thousands of times. `None` for far years and leap seconds.
fn digits(time: DateTime<Utc>) -> Option<[u8; 24]> {
    let year = u32::try_from(time.year()).ok().filter(|year| *year <= 9_999)?;
    let ms = Some(time.timestamp_subsec_millis()).filter(|ms| *ms < 1_000)?;
    let parts = [
        (0..4, year),
        (5..7, time.month()),
        (8..10, time.day()),
        (11..13, time.hour()),
        (14..16, time.minute()),
        (17..19, time.second()),
        (20..23, ms),
    ];
    let mut text = ZERO;
    for (place, mut value) in parts {
        for digit in text[place].iter_mut().rev() {
            *digit += (value % 10) as u8;
            value /= 10;
        }
    }
    Some(text)
}

fn as_text(digits: &[u8; 24]) -> &str {
    std::str::from_utf8(digits).unwrap_or_default()
}

/// What remains of a time once it has been stored.
#[must_use]
pub fn truncated(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(3)
}

/// Gives the times among these fields their form: those named `at`, `until`, `episode` or `…_at`.
pub fn normalise(fields: &mut Map<String, Value>) {
    let named = |name: &str| matches!(name, "at" | "until" | "episode") || name.ends_with("_at");
    for (_, value) in fields.iter_mut().filter(|(name, _)| named(name)) {
        if let Some(time) = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok()) {
            *value = text(time.to_utc()).into();
        }
    }
}

/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    match digits(*time) {
        Some(digits) => serializer.serialize_str(as_text(&digits)),
        None => serializer.serialize_str(&text(*time)),
    }
}

/// # Errors
/// Text that is not an RFC 3339 time.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    DateTime::<Utc>::deserialize(deserializer).map(truncated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_time_is_written_as_the_formatter_writes_it() {
        let seconds = [-62_200_000_000, -62_167_219_200, -1, 0, 951_782_399, 1_795_423_688, 253_402_300_799, 253_402_300_800];
        let nanos = [0, 1_000_000, 123_456_789, 999_999_999];
        let plain = seconds.iter().flat_map(|s| nanos.map(|n| DateTime::from_timestamp(*s, n)));
        let leap = DateTime::from_timestamp(1_483_228_799, 1_500_000_000);
        for time in plain.chain([leap]).map(|time| time.expect("a time")) {
            assert_eq!(text(time), time.to_rfc3339_opts(SecondsFormat::Millis, true));
            assert_eq!(serialize(&time, serde_json::value::Serializer).expect("text"), text(time));
        }
    }

    #[test]
    fn times_have_milliseconds_and_everything_else_stays() {
        let mut fields = json!({"until": "2026-01-01T00:00:00Z", "starts_at": "2026-01-01T01:00:00.123456789+01:00", "text": "2026-01-01T00:00:00Z", "at": null});
        normalise(fields.as_object_mut().expect("a map"));
        let expected = json!({"until": "2026-01-01T00:00:00.000Z", "starts_at": "2026-01-01T00:00:00.123Z", "text": "2026-01-01T00:00:00Z", "at": null});
        assert_eq!(fields, expected);
    }
}
