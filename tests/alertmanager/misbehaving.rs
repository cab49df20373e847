//! A server that lies, hangs or fails: each in a sentence that helps, none of them an empty queue.

use super::*;

#[tokio::test]
async fn each_lie_is_told_in_a_sentence_that_helps() {
    let cases = [
        (Mood::Html, Reason::Nonsense, "a page titled \"Sign in\" instead of a list of alerts; is this the right address"),
        (Mood::Truncated, Reason::Nonsense, "that is cut short after "),
        (Mood::Reset, Reason::Network, "/api/v2/alerts: "),
        (Mood::WrongSchema, Reason::Nonsense, "something else than a list of alerts: it begins with `{`"),
        (Mood::Status(401, "Unauthorized"), Reason::Denied, "401 Unauthorized: Unauthorized; check the credentials"),
        (Mood::Status(403, "\"no\""), Reason::Denied, "403 Forbidden: no; these credentials may not do this"),
        (Mood::Status(429, "slow down"), Reason::Limited, "429 Too Many Requests: slow down"),
        (Mood::Status(500, "\"out of memory\""), Reason::Status, "500 Internal Server Error: out of memory"),
        (
            Mood::Status(503, "Limit of concurrent GET requests reached (8), try again later.\n"),
            Reason::Status,
            "reached (8), try",
        ),
        (Mood::Status(404, "<html><title>nginx</title></html>"), Reason::Status, "404 Not Found: a page titled \"nginx\""),
        (Mood::Silent, Reason::Timeout, "no complete answer within 500ms"),
        (Mood::HeadersOnly, Reason::Timeout, "no complete answer within 500ms"),
    ];
    for (mood, reason, words) in cases {
        let trouble = trouble(mood.clone()).await;
        assert_eq!(trouble.reason, reason, "{mood:?}: {trouble}");
        assert!(trouble.to_string().contains(words), "{mood:?}: {trouble}");
    }
}

#[tokio::test]
async fn when_to_come_back_is_told() {
    assert_eq!(trouble(Mood::Limited(30)).await.retry_after, Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn two_hundred_megabytes_are_not_swallowed() {
    let am = FakeAlertmanager::start();
    am.mood_of("GET /api/v2/alerts", Mood::Huge);
    let trouble = fetch(&[&am]).await.expect_err("too much");
    assert_eq!(trouble.reason, Reason::TooLarge, "{trouble}");
}

#[tokio::test]
async fn a_closed_port_is_told() {
    let am = FakeAlertmanager::start();
    let url = am.url.clone();
    drop(am);
    let trouble = source(&format!("urls: {url}")).fetch(&[], &Ports::real(), LIMIT).await;
    // The thread may still be ending: refused, or broken off; never an answer.
    assert!(matches!(trouble.expect_err("dead").reason, Reason::Refused | Reason::Network));
}

#[tokio::test]
async fn silences_that_cannot_be_listed_do_not_hide_alerts() {
    let am = FakeAlertmanager::start();
    am.fire(&[("alertname", "DiskFull")]);
    am.mood_of("GET /api/v2/silences", Mood::Status(500, "\"several matcher sets\""));
    let snapshot = good(&[&am]).await;
    assert_eq!(names(&snapshot), ["DiskFull"]);
    assert!(snapshot.missing[0].raw().contains("several matcher sets"), "{:?}", snapshot.missing);
}

#[tokio::test]
async fn without_a_start_time_absence_means_nothing() {
    let am = FakeAlertmanager::start();
    am.mood_of("GET /api/v2/status", Mood::Status(500, ""));
    let snapshot = good(&[&am]).await;
    assert!(!snapshot.complete && snapshot.started_at.is_none() && snapshot.missing.len() == 1);
}

#[tokio::test]
async fn a_restart_shows_in_the_start_time() {
    let am = FakeAlertmanager::start();
    am.fire(&[("alertname", "DiskFull")]);
    let before = good(&[&am]).await;
    am.restart();
    let after = good(&[&am]).await;
    assert!(after.alerts.is_empty() && after.started_at > before.started_at);
}

const BUSY: Mood = Mood::Status(503, "Limit of concurrent GET requests reached (8), try again later.\n");

#[tokio::test]
async fn no_more_than_four_requests_at_a_time_go_to_one_server_whoever_asks_it() {
    let am = FakeAlertmanager::start();
    am.mood(Mood::Silent);
    let (sources, ports) = ([of(&[&am]), of(&[&am]), of(&[&am])], Ports::real());
    let polls = sources.iter().map(|source| source.fetch(&[], &ports, Duration::from_millis(500)));
    let troubles: Vec<_> = futures_util::future::join_all(polls).await.into_iter().filter_map(Result::err).collect();
    assert_eq!((troubles.len(), am.hits().len()), (3, 4), "{:?}", am.hits());
    let words = "/api/v2/alerts was not sent: 4 requests before it had no answer for 250ms";
    assert!(troubles.iter().any(|trouble| trouble.to_string().ends_with(words)), "{troubles:?}");
    am.mood(Mood::Fine);
    assert!(
        sources[0].fetch(&[], &ports, LIMIT).await.is_ok_and(|snapshot| snapshot.missing.is_empty()),
        "they have places again"
    );
}

#[tokio::test]
async fn too_many_who_ask_mean_later_and_neither_a_failed_poll_nor_an_act_that_nobody_knows() {
    let am = FakeAlertmanager::start();
    let fingerprint = am.fire(&[("alertname", "DiskFull")]);
    am.mood_of("GET /api/v2/alerts", BUSY);
    // Seconds later than its status: by that no clock is wrong.
    let well = async {
        servers::until(async || am.count("GET /api/v2/alerts"), |count| *count > 5).await;
        am.mood_of("GET /api/v2/alerts", Mood::Fine);
    };
    let peers = [&am];
    let (snapshot, ()) = tokio::join!(good(&peers), well);
    assert_eq!(snapshot.alerts[0].id.fingerprint.as_str(), fingerprint);
    assert_eq!((snapshot.complete, snapshot.missing.len(), snapshot.skew_ms), (true, 0, Some(0)));
    am.mood_of("GET /api/v2/silence/", BUSY);
    let well = async {
        servers::until(async || am.count("GET /api/v2/silence/"), |count| *count > 1).await;
        am.mood_of("GET /api/v2/silence/", Mood::Fine);
    };
    let (one, act_) = (of(&[&am]), silence_until(60));
    let ports = Ports::real();
    let (made, ()) = tokio::join!(one.act(&act_, intent(), &ports), well);
    assert_eq!((made.outcome, am.count("POST")), (Outcome::Done, 1), "{made:?}");
}
