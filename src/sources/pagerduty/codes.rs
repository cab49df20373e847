//! What PagerDuty's error codes mean to the person who reads them, and which of them say that somebody else was faster.

use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Response;
use serde::Deserialize;

/// The codes that a person can do something about; the others have a message that says enough.
const WORDS: &[(u64, &str)] = &[
    (1001, "somebody resolved it first"),
    (1002, "somebody acknowledged it first"),
    (1005, "somebody changed it at the same time; look at it again"),
    (1006, "it is at the last level of its escalation policy, or has none"),
    (1007, "the account has no such user"),
    (1008, "the account has no user with the mail that `from` names in the configuration"),
    (1012, "it has to be acknowledged first"),
    (1013, "a snooze lasts from a second to seven days"),
    (1015, "nobody is on call there"),
    (1018, "the user that `from` names may not do this"),
    (1019, "somebody merged it first"),
    (1020, "the account has no such priority"),
    (2006, "check the token in the configuration"),
    (2009, "its address begins with https"),
    (2010, "this token, or the user that `from` names, may not do this"),
    (2012, "the account has expired"),
    (2014, "the plan of this account does not have this"),
    (2018, "it may have been resolved: what is resolved is shown to fewer people"),
];

/// Whatever was asked, the state is another one than it was a moment ago.
const OVERTAKEN: [u64; 5] = [1001, 1002, 1005, 1012, 1019];

#[derive(Deserialize)]
struct Body {
    error: Said,
}

#[derive(Deserialize)]
struct Said {
    message: Option<String>,
    code: Option<u64>,
    errors: Option<Vec<String>>,
}

fn said(answer: &Response) -> Option<Said> {
    serde_json::from_slice::<Body>(&answer.body).ok().map(|body| body.error)
}

/// Whether it says no because somebody else did something at the same time.
pub fn overtaken(answer: &Response) -> bool {
    answer.status == 409 || said(answer).and_then(|said| said.code).is_some_and(|code| OVERTAKEN.contains(&code))
}

/// The trouble that an answer is which says no.
pub fn refusal(answer: &Response, asked: &str) -> Trouble {
    let plain = answer.refusal(asked);
    let Some(said) = said(answer) else { return plain };
    let message = said.message.as_deref().unwrap_or("no reason is given");
    let code = said.code.map(|code| format!(" ({code})")).unwrap_or_default();
    let errors = said.errors.filter(|errors| !errors.is_empty()).map(|errors| format!(": {}", errors.join(", ")));
    let words = WORDS.iter().find(|(code, _)| Some(*code) == said.code).map(|(_, words)| format!("; {words}"));
    let text = format!(
        "{asked} answered {}: {message}{code}{}{}",
        answer.status_line(),
        errors.unwrap_or_default(),
        words.unwrap_or_default()
    );
    let reason = match said.code {
        Some(2006 | 2010) => Reason::Denied,
        Some(2020) => Reason::Limited,
        _ => plain.reason,
    };
    Trouble { reason, text: text.into(), ..plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn answer(status: u16, body: &str) -> Response {
        let body = bytes::Bytes::copy_from_slice(body.as_bytes());
        Response { status, headers: Default::default(), body, took: Duration::ZERO, date: None }
    }

    #[test]
    fn a_code_is_told_with_its_meaning_and_the_details() {
        let no = answer(400, r#"{"error":{"message":"Requester User Not Found","code":1008,"errors":["bo@x.test"]}}"#);
        let text = refusal(&no, "PUT https://api.test/incidents/Q1").to_string();
        let wanted = "PUT https://api.test/incidents/Q1 answered 400 Bad Request: Requester User Not Found (1008): bo@x.test; \
            the account has no user with the mail that `from` names in the configuration";
        assert_eq!(text, wanted);
        assert!(!overtaken(&no));
    }

    #[test]
    fn who_was_faster_who_we_are_and_how_often_are_told_apart() {
        let of = |code: u64| answer(400, &format!(r#"{{"error":{{"message":"x","code":{code}}}}}"#));
        assert!(overtaken(&of(1001)) && overtaken(&of(1005)) && overtaken(&answer(409, "")) && !overtaken(&of(2001)));
        assert_eq!(refusal(&of(2006), "x").reason, Reason::Denied);
        assert_eq!(refusal(&of(2020), "x").reason, Reason::Limited);
        assert_eq!(refusal(&of(2001), "x").reason, Reason::Status);
    }

    #[test]
    fn what_is_not_pagerdutys_own_is_told_as_it_came() {
        let text = refusal(&answer(502, "<html><title>502 Bad Gateway</title></html>"), "GET x").to_string();
        assert_eq!(text, "GET x answered 502 Bad Gateway: a page titled \"502 Bad Gateway\"");
        let bare = refusal(&answer(400, r#"{"error":{"message":null,"code":null,"errors":null}}"#), "GET x").to_string();
        assert_eq!(bare, "GET x answered 400 Bad Request: no reason is given");
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(WORDS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
