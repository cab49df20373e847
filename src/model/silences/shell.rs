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
    fn what_others_wrote_is_one_word_and_no_key_press() {
        assert_eq!(quoted("it's $(reboot) `x`"), "'it'\\''s $(reboot) `x`'");
        assert_eq!(quoted("a\u{1b}[201~\nb'\\"), "$'a\\033[201~\\012b\\'\\\\'");
        assert_eq!(quoted("\u{202e}x"), "$'\\342\\200\\256x'");
        assert_eq!(quoted("größe"), "'größe'");
        let it = SilenceMatcher { name: "a b".into(), value: "x\\d\"\n".into(), regex: true, equal: false };
        assert_eq!(matcher(&it), "\"a b\"!~\"x\\\\d\\\"\\n\"");
    }
}
