//! How many requests PagerDuty allows: heeded before it says no, and after.

use super::*;

#[tokio::test]
async fn after_a_no_nothing_is_asked_until_it_was_told() {
    let account = FakePagerDuty::start();
    account.trigger("Disk full");
    account.with(|account| account.rate = Some((0, 960, 40)));
    let source = on(&account);
    let first = trouble(&*source).await;
    assert_eq!(first.reason, Reason::Limited);
    assert!(first.to_string().contains("429 Too Many Requests: Rate Limit Exceeded (2020)"), "{first}");
    let second = trouble(&*source).await;
    assert_eq!((second.reason, account.hits().len()), (Reason::Limited, 1));
    assert!((35..=41).contains(&second.retry_after.expect("told").as_secs()), "{second:?}");
}

#[tokio::test]
async fn a_no_without_a_word_is_heeded_for_a_while() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    account.mood(Mood::Status(429, ""));
    let source = on(&account);
    assert_eq!((trouble(&*source).await.reason, trouble(&*source).await.reason), (Reason::Limited, Reason::Limited));
    let end = source.act(&on_one(&id, What::Resolve), intent(), &Ports::real()).await;
    assert_eq!((end.outcome, account.hits().len()), (Outcome::Unsent, 1), "{end:?}");
}

#[tokio::test]
async fn polls_leave_people_room_to_act() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    account.with(|account| account.rate = Some((61, 960, 40)));
    let source = on(&account);
    poll(&*source, &[]).await;
    let full = trouble(&*source).await;
    assert_eq!((full.reason, account.hits().len()), (Reason::Limited, 1));
    assert!(full.to_string().contains("are used up for 40s; what is left is kept for acts"), "{full}");
    let end = source.act(&on_one(&id, What::Resolve), intent(), &Ports::real()).await;
    assert_eq!(end.outcome, Outcome::Done, "{end:?}");
}

#[tokio::test]
async fn an_act_that_comes_too_late_for_the_limit_is_kept() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    // One look, and no write.
    account.with(|account| account.rate = Some((1, 960, 40)));
    let end = act(&account, &id, What::Resolve).await;
    assert_eq!((end.outcome, account.status(&id)), (Outcome::Unsent, "triggered".into()), "{end:?}");
    assert!(end.detail.raw().contains("429 Too Many Requests"), "{end:?}");
}

#[tokio::test]
async fn requests_go_one_after_the_other() {
    let account = FakePagerDuty::start();
    let ids: Vec<String> = (0..4).map(|n| account.trigger(&format!("I{n}"))).collect();
    account.mood_of("GET /incidents/", Mood::Silent);
    let source = on(&account);
    let ports = Ports::real();
    let acts: Vec<Act> = ids.iter().map(|id| on_one(id, What::Resolve)).collect();
    let all = futures_util::future::join_all(acts.iter().map(|act| source.act(act, intent(), &ports)));
    let ends = all.await;
    assert!(ends.iter().all(|end| end.outcome == Outcome::Unsent), "{ends:?}");
    // The first waits for four seconds, the second for the two that are left until no act may begin any more.
    assert_eq!(account.hits().len(), 2, "{:?}", account.hits());
}
