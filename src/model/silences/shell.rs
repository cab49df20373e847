//! A silence as a command that makes it again somewhere else: for `amtool`, or for `curl`. What others wrote stands in it as
//! one word of the shell, whatever it holds.

use super::{Phase, Standing};
use crate::domain::alert::SilenceMatcher;
use crate::domain::text::inert;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use std::fmt::Write;

/// `amtool silence add …` for the Alertmanager at this address.
pub fn amtool(one: &Standing, address: &str, now: DateTime<Utc>) -> String {
    let mut words = vec!["amtool silence add".to_owned()];
    words.push(quoted(&format!("--alertmanager.url={address}")));
    words.push(quoted(&format!("--author={}", one.by.raw())));
    words.push(quoted(&format!("--comment={}", one.comment.raw())));
    let (starts_at, ends_at) = span(one, now);
    if one.phase == Phase::Pending {
        words.push(format!("--start={starts_at}"));
    }
    words.push(format!("--end={ends_at}"));
    // Whatever a name begins with, it is no option.
    words.push("--".to_owned());
    words.extend(one.matchers.iter().map(|it| quoted(&matcher(it))));
    words.join(" ")
}

/// `curl …` for the Alertmanager at this address.
pub fn curl(one: &Standing, address: &str, now: DateTime<Utc>) -> String {
    let of = |it: &SilenceMatcher| json!({"name": it.name, "value": it.value, "isRegex": it.regex, "isEqual": it.equal});
    let (starts_at, ends_at) = span(one, now);
    let body = json!({
        "matchers": one.matchers.iter().map(of).collect::<Vec<_>>(),
        "startsAt": starts_at,
        "endsAt": ends_at,
        "createdBy": one.by,
        "comment": one.comment,
    });
    let address = quoted(&format!("{}/api/v2/silences", address.trim_end_matches('/')));
    format!("curl -sS -H 'Content-Type: application/json' -d {} {address}", quoted(&body.to_string()))
}

/// One that has ended lasts once more as long as it did.
fn span(one: &Standing, now: DateTime<Utc>) -> (String, String) {
    let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    match one.phase {
        Phase::Ended => (text(now), text(now + (one.ends_at - one.starts_at))),
        Phase::Active => (text(now), text(one.ends_at)),
        Phase::Pending => (text(one.starts_at), text(one.ends_at)),
    }
}

/// `name="value"`, as Alertmanager reads it. Names that are no words are quoted as well.
fn matcher(it: &SilenceMatcher) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let name = it.name.raw();
    let name = if name.chars().all(word) { name.to_owned() } else { string(name) };
    format!("{name}{}{}", it.sign(), string(it.value.raw()))
}

fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// One word of a POSIX shell. What a terminal would obey is written as its bytes, which bash, zsh and newer shells understand.
fn quoted(text: &str) -> String {
    let harmless = |c: char| inert(&c.to_string()) == c.to_string();
    if text.chars().all(harmless) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let mut word = String::from("$'");
    for byte in text.bytes() {
        match byte {
            b'\'' | b'\\' => word.extend(['\\', char::from(byte)]),
            b' '..=b'~' => word.push(char::from(byte)),
            // Three octal digits end by themselves, whatever follows.
            _ => drop(write!(word, "\\{byte:03o}")),
        }
    }
    word + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_again_for_the_time_that_is_left_of_it_or_for_as_long_as_it_lasted() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let now = at("2026-03-01T03:00:00Z");
        let of = |phase, from: &str, to: &str| Standing {
            on: Vec::new(),
            matchers: vec![SilenceMatcher { name: "job".into(), value: "-x".into(), regex: false, equal: true }],
            by: "ana".into(),
            comment: "work".into(),
            starts_at: at(from),
            ends_at: at(to),
            phase,
            alerts: Vec::new(),
            again: Vec::new(),
        };
        let cases = [
            (of(Phase::Active, "2026-03-01T02:00:00Z", "2026-03-01T04:00:00Z"), ["03:00", "04:00"]),
            (of(Phase::Pending, "2026-03-01T05:00:00Z", "2026-03-01T06:00:00Z"), ["05:00", "06:00"]),
            (of(Phase::Ended, "2026-03-01T01:00:00Z", "2026-03-01T01:30:00Z"), ["03:00", "03:30"]),
        ];
        for (one, [from, to]) in cases {
            let (from, to) = (format!("2026-03-01T{from}:00Z"), format!("2026-03-01T{to}:00Z"));
            let start = if one.phase == Phase::Pending { format!(" --start={from}") } else { String::new() };
            let told = format!("'--author=ana' '--comment=work'{start} --end={to} -- 'job=\"-x\"'");
            assert_eq!(amtool(&one, "http://am", now), format!("amtool silence add '--alertmanager.url=http://am' {told}"));
            let curl = curl(&one, "http://am/", now);
            assert!(
                curl.contains(&format!("\"startsAt\":\"{from}\"")) && curl.contains(&format!("\"endsAt\":\"{to}\"")),
                "{curl}"
            );
            assert!(curl.ends_with("'http://am/api/v2/silences'"), "{curl}");
        }
    }

    #[test]
    fn what_others_wrote_is_one_word_and_no_key_press() {
        assert_eq!(quoted("it's $(reboot) `x`"), "'it'\\''s $(reboot) `x`'");
        assert_eq!(quoted("a\u{1b}[201~\nb'\\"), "$'a\\033[201~\\012b\\'\\\\'");
        assert_eq!(quoted("\u{202e}x"), "$'\\342\\200\\256x'");
        assert_eq!(quoted("größe"), "'größe'");
        let it = SilenceMatcher { name: "a b".into(), value: "x\\d\"\n".into(), regex: true, equal: false };
        assert_eq!(matcher(&it), "\"a b\"!~\"x\\\\d\\\"\\n\"");
    }
}
