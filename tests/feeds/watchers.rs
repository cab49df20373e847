//! Other programs that watch: Gatus and Uptime Kuma, as they answer.

use super::support::raw::{Raw, ok, until_gone};
use super::{ask, ask_shortly, failing, told};
use midwatch::domain::health::FeedState;
use midwatch::domain::trouble::Reason;

#[tokio::test]
async fn a_gatus_is_asked_for_the_newest_result_and_its_own_clock_tells_the_age() {
    let results = |time: &str| {
        let result = format!(r#"[{{"success":false,"timestamp":"{time}","errors":["dial tcp: refused"]}}]"#);
        let body = format!(r#"[{{"name":"pay","group":"core","key":"core_pay","results":{result}}}]"#);
        let date = "Date: Sun, 01 Mar 2026 10:00:00 GMT";
        Raw::saying(format!("HTTP/1.1 200 OK\r\n{date}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
    };
    let yaml = |server: &Raw| format!("gatus: {{url: '{}', endpoints: core_pay, age: 5m}}", server.url("/"));
    let fresh = results("2026-03-01T09:57:00Z");
    assert_eq!(told(ask(&yaml(&fresh)).await), failing("core/pay: dial tcp: refused"));
    assert!(fresh.heads()[0].starts_with("get /api/v1/endpoints/statuses?page=1&pagesize=1 "), "{:?}", fresh.heads());
    let old = results("2026-03-01T09:54:00Z");
    assert_eq!(told(ask(&yaml(&old)).await).0, FeedState::Unknown);
}

#[tokio::test]
async fn the_monitors_of_an_uptime_kuma_have_four_states() {
    let gauge = "# TYPE monitor_status gauge\n";
    let line = |name: &str, state: &str| format!("monitor_status{{monitor_name=\"{name}\",monitor_type=\"http\"}} {state}\n");
    let all = ["shop", "pay", "mail", "docs"].iter().zip(["1", "0", "2", "3"]).map(|(name, state)| line(name, state));
    let server = Raw::saying(ok(&(gauge.to_owned() + &all.collect::<String>())));
    let asked = async |monitors: &str| {
        let login = "basic: {user: x, password: {env: PATH}}";
        told(ask(&format!("uptime-kuma: {{url: '{}', {login}, monitors: {monitors}}}", server.url("/"))).await)
    };
    assert_eq!(asked("[shop]").await, (FeedState::Healthy, "shop: up".into()));
    assert_eq!(asked("[shop, pay]").await, failing("pay: down; 1 of 2 monitors"));
    assert_eq!(asked("mail").await, (FeedState::Degraded, "mail: being tried again".into()));
    assert_eq!(asked("docs").await, (FeedState::Maintenance, "docs: in maintenance".into()));
    assert_eq!(asked("[shop, shopp]").await, (FeedState::Unknown, "it has no monitor `shopp`".into()));
    assert!(server.heads()[0].starts_with("get /metrics ") && server.heads()[0].contains("authorization: basic"));
}

#[tokio::test]
async fn what_neither_of_them_says_is_no_verdict() {
    for kind in ["gatus", "uptime-kuma"] {
        let silent = Raw::start(|_, stream| until_gone(stream));
        let hung = ask_shortly(&format!("{kind}: {{url: '{}'}}", silent.url("/"))).await;
        assert_eq!(hung.expect_err("no answer").reason, Reason::Timeout);
        for (answer, reason) in [
            (ok("<html><head><title>Sign in</title></head></html>"), Reason::Nonsense),
            (ok("{\"error\": 1}"), Reason::Nonsense),
            ("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n".to_owned(), Reason::Denied),
        ] {
            let server = Raw::saying(answer);
            let answer = ask(&format!("{kind}: {{url: '{}'}}", server.url("/"))).await;
            assert_eq!(answer.expect_err("no verdict").reason, reason, "{kind}");
        }
    }
}
