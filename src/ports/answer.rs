//! What an answer means, the same for every adapter. One that says no: the sort of failure, the server's own words and
//! when to come back; whether a status is a no is the adapter's business. One that says yes may still be a login page,
//! another server's JSON, or cut short.

use super::Response;
use crate::domain::trouble::{Reason, Trouble};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::time::Duration;

/// The longest that a server's words are quoted, in characters.
const QUOTED: usize = 300;

/// Why a body is not what it should be.
#[derive(Debug, PartialEq)]
pub enum Fault {
    NotText,
    /// It ended after so many bytes.
    Cut(usize),
    Other(String),
}

impl Response {
    /// 2xx.
    pub fn good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// `503 Service Unavailable`.
    pub fn status_line(&self) -> String {
        let known = reqwest::StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        known.map_or_else(|| self.status.to_string(), |reason| format!("{} {reason}", self.status))
    }

    /// The trouble that this answer is: `what` was asked (`GET http://am-1:9093/api/v2/alerts`), this is what came back.
    pub fn refusal(&self, what: &str) -> Trouble {
        let words = self.words().map(|words| format!(": {words}")).unwrap_or_default();
        let advice = match self.status {
            401 => "; check the credentials in the configuration",
            403 => "; these credentials may not do this",
            300..=399 => "; name the address it leads to in the configuration",
            _ => "",
        };
        Trouble {
            retry_after: self.retry_after(),
            // A gateway may have handed the request on before it gave up.
            sent: self.status >= 500,
            ..Trouble::new(self.reason(), format!("{what} answered {}{words}{advice}", self.status_line()))
        }
    }

    fn reason(&self) -> Reason {
        match self.status {
            401 | 403 | 407 => Reason::Denied,
            429 => Reason::Limited,
            _ => Reason::Status,
        }
    }

    /// Reads the body of a good answer with `parse`; `what` it should be stands in messages, `asked` is what was asked.
    ///
    /// # Errors
    /// It is something else.
    pub fn understood<T>(
        &self,
        what: &str,
        asked: &str,
        parse: impl FnOnce(&str) -> serde_json::Result<T>,
    ) -> Result<T, Trouble> {
        let text = std::str::from_utf8(&self.body).map_err(|_| Fault::NotText);
        let read = text.and_then(|text| {
            parse(text).map_err(|error| match error.is_eof() {
                true => Fault::Cut(text.len()),
                false => Fault::Other(error.to_string()),
            })
        });
        self.judged(what, asked, read)
    }

    /// What whoever read the body made of it, in the same words.
    ///
    /// # Errors
    /// It is something else.
    pub fn judged<T>(&self, what: &str, asked: &str, read: Result<T, Fault>) -> Result<T, Trouble> {
        let nonsense =
            |text: String| Trouble { sent: true, ..Trouble::new(Reason::Nonsense, format!("{asked} answered {text}")) };
        if self.is_page() {
            let page = self.words().unwrap_or_else(|| "a page without a title".to_owned());
            let advice = "is this the right address, or is there a login in front of it?";
            return Err(nonsense(format!("{page} instead of {what}; {advice}")));
        }
        read.map_err(|fault| match fault {
            Fault::NotText => nonsense(format!("bytes that are not UTF-8 instead of {what}")),
            Fault::Cut(bytes) => nonsense(format!("{what} that is cut short after {bytes} bytes")),
            Fault::Other(why) => nonsense(format!("something else than {what}: {why}")),
        })
    }

    /// The body's own words on one line: a JSON text, the message of a JSON object, the title of a page, or plain text.
    pub fn words(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(64 << 10)]);
        let words = match serde_json::from_str::<Value>(&text) {
            Ok(value) => said(&value)?,
            Err(_) if is_page(&text) => title(&text)?,
            Err(_) => text.into_owned(),
        };
        let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let end = line.char_indices().nth(QUOTED).map(|(end, _)| format!("{}…", &line[..end]));
        Some(end.unwrap_or(line)).filter(|line| !line.is_empty())
    }

    /// The body is a page for people (a login, a proxy's error) and not what a program would send.
    pub fn is_page(&self) -> bool {
        is_page(&String::from_utf8_lossy(&self.body[..self.body.len().min(512)]))
    }

    /// How far the remote's clock is ahead of ours, at least and at most: what was asked then has been answered by now. The date was made
    /// in between, and has whole seconds, cut off.
    pub fn ahead(&self, asked: DateTime<Utc>, now: DateTime<Utc>) -> Option<(TimeDelta, TimeDelta)> {
        let date = self.date?;
        // Our own clock may have been set back meanwhile.
        Some((date - now.max(asked), date - asked.min(now) + TimeDelta::seconds(1)))
    }

    /// How far it is certainly ahead, in milliseconds: nothing, where the answer may only have taken its time.
    pub fn skew_ms(&self, asked: DateTime<Utc>, now: DateTime<Utc>) -> Option<i64> {
        self.ahead(asked, now).map(|(least, most)| TimeDelta::zero().clamp(least, most).num_milliseconds())
    }

    /// `Retry-After` in seconds, or as a date by the server's own clock; of more than an hour nobody knows what it means.
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get("retry-after")?.trim();
        let seconds = || value.parse().ok().map(Duration::from_secs);
        let date = || (DateTime::parse_from_rfc2822(value).ok()?.to_utc() - self.date?).to_std().ok();
        seconds().or_else(date).map(|wait| wait.min(Duration::from_secs(3_600)))
    }
}

/// The message in the places where services put it.
fn said(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => ["message", "error", "detail", "errors"].iter().find_map(|name| said(fields.get(*name)?)),
        Value::Array(items) => said(items.first()?),
        _ => None,
    }
}

fn is_page(text: &str) -> bool {
    let start = text.trim_start().get(..9).unwrap_or("").to_ascii_lowercase();
    start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<head") || start.starts_with("<body")
}

/// The text between the title's tags.
fn title(page: &str) -> Option<String> {
    // ASCII only changes, so places in one are places in the other.
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")? + 6;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    Some(format!("a page titled \"{}\"", page[start..end].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Response {
        let body = bytes::Bytes::copy_from_slice(body.as_bytes());
        Response { status, headers: Default::default(), body, took: Duration::ZERO, date: None }
    }

    fn words(body: &str) -> String {
        answer(500, body).words().unwrap_or_default()
    }

    #[test]
    fn the_servers_words_are_found_wherever_it_put_them() {
        assert_eq!(words(r#""bad matcher format: foo""#), "bad matcher format: foo");
        assert_eq!(words(r#"{"code":601,"message":"id must be of type uuid"}"#), "id must be of type uuid");
        assert_eq!(words(r#"{"error":{"message":"Rate Limit Exceeded","code":2020}}"#), "Rate Limit Exceeded");
        assert_eq!(words("Limit of concurrent GET requests reached (8), try again later.\n").chars().count(), 62);
        assert_eq!(words("<html><head><TITLE>502 Bad\nGateway</TITLE></head>"), "a page titled \"502 Bad Gateway\"");
        assert_eq!(words(""), "");
        assert_eq!(words(&"é".repeat(1_000)).chars().count(), QUOTED + 1);
    }

    #[test]
    fn a_clock_is_off_only_by_what_the_answer_can_not_have_taken() {
        let time = |text: &str| format!("2026-03-01T10:00:{text}Z").parse::<DateTime<Utc>>().expect("a time");
        let mut dated = answer(200, "");
        assert_eq!(dated.skew_ms(time("00"), time("01")), None);
        let mut skew = |date: &str, asked: &str, now: &str| {
            dated.date = Some(time(date));
            dated.skew_ms(time(asked), time(now)).expect("it has a date")
        };
        assert_eq!([skew("10", "10.2", "10.3"), skew("10", "10.9", "19.9"), skew("19", "10", "19.9")], [0; 3]);
        assert_eq!((skew("30", "10", "18.5"), skew("05", "10", "18.5")), (11_500, -4_000), "before and after all of it");
        assert_eq!(skew("10", "10.5", "09.5"), 0, "ours was set back");
    }

    #[test]
    fn a_refusal_says_what_was_asked_what_came_and_what_next() {
        let trouble = answer(401, "Unauthorized").refusal("GET http://am/api/v2/alerts");
        assert_eq!(trouble.reason, Reason::Denied);
        let text =
            "GET http://am/api/v2/alerts answered 401 Unauthorized: Unauthorized; check the credentials in the configuration";
        assert_eq!(trouble.to_string(), text);
        assert!(!trouble.sent && answer(504, "").refusal("x").sent);
    }

    #[test]
    fn when_to_come_back_is_read_as_seconds_or_as_a_date() {
        let mut limited = answer(429, "");
        assert_eq!(limited.retry_after(), None);
        limited.headers.insert("retry-after".into(), "120".into());
        assert_eq!(limited.refusal("x").retry_after, Some(Duration::from_secs(120)));
        for (told, meant) in [("3600", 3_600), ("999999999", 3_600), ("18446744073709551615", 3_600)] {
            limited.headers.insert("retry-after".into(), told.into());
            assert_eq!(limited.retry_after(), Some(Duration::from_secs(meant)), "{told}");
        }
        limited.date = Some("2026-03-01T10:00:00Z".parse::<chrono::DateTime<Utc>>().expect("a time"));
        limited.headers.insert("retry-after".into(), "Sun, 01 Mar 2026 10:00:30 GMT".into());
        assert_eq!(limited.retry_after(), Some(Duration::from_secs(30)));
        limited.headers.insert("retry-after".into(), "Sun, 01 Mar 2099 10:00:30 GMT".into());
        assert_eq!(limited.retry_after(), Some(Duration::from_secs(3_600)), "of an age nobody knows what it means");
    }
}
