//! The one form of a time in everything that is stored or exported: RFC 3339 in UTC with milliseconds,
//! `2026-01-01T00:00:00.000Z`. For `#[serde(with = "millis")]`.

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::{Map, Value};

pub fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
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
    serializer.serialize_str(&text(*time))
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
    fn times_have_milliseconds_and_everything_else_stays() {
        let mut fields = json!({"until": "2026-01-01T00:00:00Z", "starts_at": "2026-01-01T01:00:00.123456789+01:00", "text": "2026-01-01T00:00:00Z", "at": null});
        normalise(fields.as_object_mut().expect("a map"));
        let expected = json!({"until": "2026-01-01T00:00:00.000Z", "starts_at": "2026-01-01T00:00:00.123Z", "text": "2026-01-01T00:00:00Z", "at": null});
        assert_eq!(fields, expected);
    }
}
