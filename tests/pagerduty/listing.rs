//! Pages that move, and incidents that are not listed any more: nothing is lost, nothing doubled, and no end is guessed.

use super::*;

/// So many incidents, a second apart; the newest is the last one.
fn many(account: &FakePagerDuty, count: i64) -> Vec<String> {
    let began = Utc::now() - TimeDelta::days(10);
    account.with(|account| (0..count).map(|n| account.trigger(&format!("I{n}"), began + TimeDelta::seconds(n))).collect())
}

fn resolved_at(alert: &Alert) -> Option<chrono::DateTime<Utc>> {
    match alert.upstream {
        Upstream::Resolved { at } => Some(at),
        _ => None,
    }
}

#[tokio::test]
async fn all_pages_are_read_one_after_the_other_with_a_limit_that_is_said() {
    let account = FakePagerDuty::start();
    let all = many(&account, 250);
    account.change(&all[7], json!({"created_at": "2020-01-01T00:00:00Z"}));
    let snapshot = poll(&*on(&account), &[]).await;
    assert_eq!(ids(&snapshot), all, "the one that is years old too");
    assert!(snapshot.complete);
    let hits = account.hits();
    let pages: Vec<&str> = hits.iter().filter_map(|hit| hit.split("limit=").nth(1)).collect();
    assert_eq!(pages, ["100&offset=0", "100&offset=100", "100&offset=200"]);
}

#[tokio::test]
async fn what_is_known_and_says_the_same_is_shared() {
    let account = FakePagerDuty::start();
    let ids = many(&account, 3);
    let first = poll(&*on(&account), &[]).await;
    account.change(&ids[1], json!({"urgency": "low"}));
    let second = poll(&*on(&account), &first.alerts).await;
    let same: Vec<bool> = first.alerts.iter().zip(&second.alerts).map(|(a, b)| Arc::ptr_eq(a, b)).collect();
    assert_eq!(same, [true, false, true]);
}

#[tokio::test]
async fn pages_that_move_lose_nothing_that_was_known_and_double_nothing() {
    let account = FakePagerDuty::start();
    let all = many(&account, 220);
    let source = on(&account);
    let before = poll(&*source, &[]).await;
    // One of the first page is resolved once that page was read: the first of the second page comes to stand on the first.
    let gone = all[215].clone();
    account.between_pages(move |account| {
        drop(account.change(&gone, &json!({"status": "resolved"}), json!({"id": "U2", "summary": "Maria"})))
    });
    let after = poll(&*source, &before.alerts).await;
    assert_eq!(ids(&after), all);
    assert!(after.complete && after.alerts.iter().all(|alert| resolved_at(alert).is_none()), "{:?}", after.missing);
    // And one that is new pushes another one onto the second page as well.
    account.between_pages(|account| drop(account.trigger("new", Utc::now())));
    let last = poll(&*source, &after.alerts).await;
    assert_eq!(last.alerts.iter().filter(|alert| resolved_at(alert).is_none()).count(), 219);
    assert!(last.alerts.is_sorted_by(|a, b| a.id.fingerprint < b.id.fingerprint), "each once");
}

#[tokio::test]
async fn an_end_is_told_with_its_time_and_only_once_asked_for() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    let source = on(&account);
    let before = poll(&*source, &[]).await;
    account.elsewhere("Maria", &id, json!({"status": "resolved"}));
    let after = poll(&*source, &before.alerts).await;
    let at = resolved_at(&after.alerts[0]).expect("told");
    assert!(Utc::now() - at < TimeDelta::minutes(1) && after.complete);
    let last = poll(&*source, &after.alerts).await;
    assert_eq!((last.alerts.len(), account.count(&format!("GET /incidents/{id}"))), (0, 1));
    // Somebody opens it again.
    account.elsewhere("Maria", &id, json!({"status": "triggered"}));
    assert_eq!(poll(&*source, &last.alerts).await.alerts[0].upstream, Upstream::Firing);
}

#[tokio::test]
async fn many_ends_are_found_in_the_list_of_what_was_resolved_last() {
    let account = FakePagerDuty::start();
    let all = many(&account, 130);
    let source = on(&account);
    let before = poll(&*source, &[]).await;
    for id in &all[..120] {
        account.elsewhere("Maria", id, json!({"status": "resolved"}));
    }
    let asked = account.hits().len();
    let after = poll(&*source, &before.alerts).await;
    assert_eq!(after.alerts.iter().filter(|alert| resolved_at(alert).is_some()).count(), 120);
    assert_eq!((after.alerts.len(), account.hits().len() - asked), (130, 3), "one page of what is open, two of what is over");
}

#[tokio::test]
async fn what_leaves_the_filters_is_not_over() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    let mine = source(&account.yaml().replace('}', ", user_ids: [U1]}"));
    let before = poll(&*mine, &[]).await;
    let to_maria = json!({"assignments": [{"assignee": {"id": "U2", "type": "user_reference"}}]});
    account.elsewhere("Maria", &id, to_maria);
    let after = poll(&*mine, &before.alerts).await;
    assert_eq!((ids(&after), resolved_at(&after.alerts[0])), (vec![id.as_str()], None));
    assert_eq!(after.alerts[0].held.as_ref().expect("assigned").assigned, ["Maria".into()]);
    assert!(poll(&*mine, &[]).await.alerts.is_empty(), "who did not know it is not shown it");
}

#[tokio::test]
async fn one_that_is_deleted_is_absent_and_one_that_cannot_be_asked_stays() {
    let account = FakePagerDuty::start();
    let all = many(&account, 2);
    let source = on(&account);
    let before = poll(&*source, &[]).await;
    account.with(|account| drop(account.incidents.remove(&all[0])));
    let after = poll(&*source, &before.alerts).await;
    assert_eq!((ids(&after), after.complete), (vec![all[1].as_str()], true));
    account.elsewhere("Maria", &all[1], json!({"status": "resolved"}));
    account.mood_of("GET /incidents/", Mood::Status(500, "oops"));
    let last = poll(&*source, &after.alerts).await;
    assert_eq!((ids(&last), resolved_at(&last.alerts[0]), last.complete), (vec![all[1].as_str()], None, false));
    assert!(last.missing[0].raw().contains("500 Internal Server Error: oops"), "{:?}", last.missing);
}

#[tokio::test]
async fn hundreds_that_nobody_tells_of_are_asked_for_a_few_at_a_time() {
    let account = FakePagerDuty::start();
    let all = many(&account, 200);
    let mine = source(&account.yaml().replace('}', ", urgencies: [high]}"));
    let before = poll(&*mine, &[]).await;
    for id in &all {
        account.change(id, json!({"urgency": "low"}));
    }
    let after = poll(&*mine, &before.alerts).await;
    assert_eq!((ids(&after), account.count("GET /incidents/")), (all.iter().map(String::as_str).collect(), 20));
    assert!(after.complete);
}

#[tokio::test]
async fn a_page_that_fails_leaves_what_was_read_and_takes_nothing_away() {
    let account = FakePagerDuty::start();
    let all = many(&account, 150);
    let source = on(&account);
    let before = poll(&*source, &[]).await;
    account.elsewhere("Maria", &all[149], json!({"status": "resolved"}));
    account.between_pages(|account| account.no_lists = true);
    let after = poll(&*source, &before.alerts).await;
    assert_eq!((after.alerts.len(), after.complete), (100, false));
    assert!(
        after.missing[0].raw().contains("500 Internal Server Error: An internal error has occurred (2000)"),
        "{:?}",
        after.missing
    );
    assert_eq!(account.count("GET /incidents/"), 0, "of what is missing nothing is known");
}

#[tokio::test]
async fn a_server_that_gives_the_same_page_for_ever_is_left() {
    let page = r#"{"incidents":[{"id":"Q1","status":"triggered","created_at":"2026-03-01T10:00:00Z"}],"more":true}"#;
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", page.len());
    let server = support::raw::Raw::saying(head + page);
    let snapshot = poll(&*source(&format!("{{url: '{}', token: some-token, from: a@x}}", server.url(""))), &[]).await;
    assert_eq!((ids(&snapshot), snapshot.complete, server.heads().len()), (vec!["Q1"], false, 2));
    assert!(snapshot.missing[0].raw().contains("the page of incidents after 1 held none that was new"), "{:?}", snapshot.missing);
}

#[tokio::test]
async fn pages_reach_further_than_ten_thousand() {
    let account = FakePagerDuty::start();
    let all = many(&account, 10_150);
    let snapshot = on(&account).fetch(&[], &Ports::real(), Duration::from_secs(300)).await.expect("an answer");
    assert_eq!((snapshot.alerts.len(), snapshot.complete, &snapshot.missing), (all.len(), true, &vec![]));
    assert!(account.hits().iter().any(|hit| hit.contains("since=") && hit.contains("until=") && !hit.contains("date_range")));
}
