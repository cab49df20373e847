//! Status pages as vendors serve them, and what passes for one.

use super::support::raw::{Raw, ok, until_gone};
use super::{ask, ask_shortly, told};
use midwatch::domain::health::FeedState;
use midwatch::domain::trouble::Reason;
use std::io::Write;

#[tokio::test]
async fn a_vendors_page_is_asked_where_it_is_and_its_words_are_inert() {
    let page = r#"{"status":{"indicator":"major","description":"Down\u001b[2J now"},"components":[]}"#;
    let server = Raw::saying(ok(page));
    let (state, message) = told(ask(&format!("statuspage: {{url: '{}'}}", server.url("/"))).await);
    assert_eq!(state, FeedState::Failing);
    assert!(message.starts_with("Down") && !message.contains('\u{1b}'), "{message:?}");
    assert!(server.heads()[0].starts_with("get /api/v2/summary.json "), "{:?}", server.heads());
}

#[tokio::test]
async fn what_is_no_status_page_is_no_verdict() {
    let redirect = "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n".to_owned();
    let answers = [
        (ok("<html><head><title>Sign in</title></head></html>"), Reason::Nonsense, "a page titled \"Sign in\""),
        (ok(r#"{"error":"no such page"}"#), Reason::Nonsense, "something else than a status page"),
        (ok(r#"{"status":{"indicator":"no"#), Reason::Nonsense, "cut short"),
        ("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy".to_owned(), Reason::Status, "503 Service Unavailable: busy"),
        (redirect, Reason::Status, "302 Found"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}".to_owned(), Reason::Network, ""),
    ];
    for (answer, reason, words) in answers {
        let server = Raw::saying(answer);
        let trouble = ask(&format!("statuspage: {{url: '{}'}}", server.url("/"))).await.expect_err("no verdict");
        assert_eq!(trouble.reason, reason, "{trouble}");
        assert!(trouble.to_string().contains(words), "{trouble}");
    }
}

#[tokio::test]
async fn a_page_that_hangs_or_floods_is_given_up() {
    let silent = Raw::start(|_, stream| until_gone(stream));
    let trouble = ask_shortly(&format!("statuspage: {{url: '{}'}}", silent.url("/"))).await.expect_err("no answer");
    assert_eq!(trouble.reason, Reason::Timeout);
    let flood = Raw::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let megabyte = vec![b' '; 1 << 20];
        while stream.write_all(&megabyte).is_ok() {}
    });
    let trouble = ask(&format!("statuspage: {{url: '{}'}}", flood.url("/"))).await.expect_err("too long");
    assert_eq!(trouble.reason, Reason::TooLarge);
}
