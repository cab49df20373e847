//! Destinations of updates over real HTTP: what is said, what each answer means, and that an address that is a secret stands nowhere.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use midwatch::domain::act::{ActEnd, Outcome};
use midwatch::domain::entry::Intent;
use midwatch::domain::ids::IncidentId;
use midwatch::domain::incident::{Sev, Status};
use midwatch::domain::node::{Level, Node, Problems};
use midwatch::domain::update::Update;
use midwatch::ports::Ports;
use midwatch::tellers::{KINDS, Teller};
use serde_json::{Value, json};
use support::fake::Mood;
use support::fake_hook::{FakeHook, PATH, nobody};
use support::intent;

fn parsed(kind: &str, config: &Value) -> (Option<Box<dyn Teller>>, Problems) {
    let mut problems = Problems::default();
    let node = Node::parse(&config.to_string(), &mut problems).expect("is YAML");
    let kind = KINDS.iter().find(|known| known.name == kind).expect("there is one");
    ((kind.parse)(&node, &mut problems), problems)
}

fn teller(kind: &str, url: &str) -> Box<dyn Teller> {
    parsed(kind, &json!({"url": url})).0.expect("parses")
}

fn update() -> Update {
    Update {
        incident: IncidentId(uuid::Uuid::from_u128(5)),
        number: 7,
        title: "checkout <!channel> & more".into(),
        severity: Sev::ALL[0],
        status: Status::Mitigated,
        text: "replica promoted\n<https://evil.example|click> & \"quoted\" 🚒".into(),
        by: "ana".into(),
        at: "2026-03-01T10:00:00Z".parse().expect("a time"),
        next: Some("2026-03-01T10:20:00Z".parse().expect("a time")),
    }
}

async fn said(teller: &dyn Teller, intent: Intent) -> ActEnd {
    teller.tell(&update(), intent, &Ports::real()).await
}

#[tokio::test]
async fn slack_gets_one_text_in_which_nothing_is_a_mention_or_a_link() {
    let hook = FakeHook::start();
    let end = said(&*teller("slack", &hook.address()), intent()).await;
    assert_eq!((end.outcome, end.detail.raw()), (Outcome::Done, "taken"));
    let text = "*SEV1 INC-7: checkout &lt;!channel&gt; &amp; more* (mitigated)\nreplica promoted\n\
                &lt;https://evil.example|click&gt; &amp; \"quoted\" 🚒\n_Next update at 10:20 UTC_";
    assert_eq!(hook.texts(), [text]);
    let last = Update { next: None, ..update() };
    teller("slack", &hook.address()).tell(&last, intent(), &Ports::real()).await;
    assert!(hook.texts()[1].ends_with("\n_No next update is promised_"), "{:?}", hook.texts());
}

#[tokio::test]
async fn a_webhook_gets_the_documented_json_and_a_key_by_which_it_knows_it_again() {
    let (hook, intent) = (FakeHook::start(), intent());
    assert_eq!(said(&*teller("webhook", &hook.address()), intent).await.outcome, Outcome::Done);
    let (body, key) = hook.with(|hook| hook.taken[0].clone());
    assert_eq!(key, intent.id().to_string());
    let incident = json!({"id": IncidentId(uuid::Uuid::from_u128(5)), "number": 7, "label": "INC-7",
        "title": "checkout <!channel> & more", "severity": "SEV1", "status": "mitigated"});
    let whole = json!({"schema": 1, "id": intent.id(), "incident": incident, "text": update().text, "by": "ana",
        "at": "2026-03-01T10:00:00.000Z", "next_update_at": "2026-03-01T10:20:00.000Z"});
    assert_eq!(body, whole);
}

#[tokio::test]
async fn an_address_that_anybody_may_know_is_struck_out_of_nothing_and_one_that_names_somebody_is() {
    let (hook, ports) = (FakeHook::start(), Ports::real());
    let post = async |url: &str| teller("webhook", url).tell(&update(), intent(), &ports).await.outcome;
    assert_eq!(post(&hook.address()).await, Outcome::Done);
    assert!(ports.secrets.known().is_empty(), "the page that a note links to stays a link");
    let with_password = hook.address().replace("http://", "http://ana:hunter22@");
    assert_eq!(post(&with_password).await, Outcome::Done);
    let with_token = hook.address().replace("http://", "http://tok-5f3c@");
    assert_eq!(post(&with_token).await, Outcome::Done);
    for secret in ["hunter22", "tok-5f3c"] {
        assert!(ports.secrets.known().iter().any(|known| known.expose().contains(secret)), "{secret}");
    }
}

#[tokio::test]
async fn each_answer_means_what_it_says_and_what_may_have_arrived_is_unknown() {
    for (mood, outcome, words) in [
        (Mood::Status(403, "invalid_token"), Outcome::Failed, "403 Forbidden: invalid_token"),
        (Mood::Status(410, "channel_is_archived"), Outcome::Failed, "410 Gone: channel_is_archived"),
        (Mood::Status(302, ""), Outcome::Failed, "302 Found; name the address it leads to"),
        (Mood::Status(500, "oops"), Outcome::Unknown, "it may have arrived: "),
        (Mood::FailedAfterwards(503), Outcome::Unknown, "503 Service Unavailable"),
        (Mood::Reset, Outcome::Unknown, "it may have arrived: "),
        (Mood::Html, Outcome::Failed, "a page titled \"Sign in\": is this the right address?"),
    ] {
        let hook = FakeHook::start();
        hook.mood(mood.clone());
        let end = said(&*teller("slack", &hook.address()), intent()).await;
        assert_eq!((end.outcome, hook.count("POST")), (outcome, 1), "{mood:?}: {end:?}");
        assert!(end.detail.raw().contains(words), "{mood:?}: {end:?}");
        assert!(!end.detail.raw().contains("xoxhook"), "{mood:?}: {end:?}");
    }
    let hook = FakeHook::start();
    let gone = said(&*teller("slack", hook.url.join("/services/x").expect("an address").as_str()), intent()).await;
    assert_eq!(gone.outcome, Outcome::Failed);
    assert_eq!(gone.detail.raw(), format!("POST {}… answered 404 Not Found: no_service", hook.url));
}

#[tokio::test]
async fn nobody_there_is_kept_and_a_secret_that_is_missing_is_not() {
    let (_held, address) = nobody();
    let end = said(&*teller("slack", &address), intent()).await;
    assert_eq!(end.outcome, Outcome::Unsent);
    assert!(
        end.detail.raw().starts_with("not sent: POST http://127.0.0.1:") && !end.detail.raw().contains("services"),
        "{end:?}"
    );
    for (secret, words) in [
        (json!({"env": "MIDWATCH_TESTS_NO_SUCH_THING"}), "MIDWATCH_TESTS_NO_SUCH_THING"),
        (json!({"command": ["echo", "no address"]}), "the output of `echo` holds no address such as"),
    ] {
        let (teller, problems) = parsed("slack", &json!({"url": secret}));
        assert!(problems.list.is_empty());
        let end = said(&*teller.expect("parses"), intent()).await;
        assert_eq!(end.outcome, Outcome::Failed, "{end:?}");
        assert!(end.detail.raw().contains(words), "{end:?}");
    }
}

#[tokio::test]
async fn who_wants_to_wait_a_moment_is_waited_for_and_who_wants_to_wait_long_is_left_alone() {
    let hook = FakeHook::start();
    hook.with(|hook| hook.busy = (1, 1));
    let slack = teller("slack", &hook.address());
    assert_eq!((said(&*slack, intent()).await.outcome, hook.count("POST")), (Outcome::Done, 2));
    hook.with(|hook| hook.busy = (1, 90));
    let end = said(&*slack, intent()).await;
    assert_eq!((end.outcome, hook.count("POST")), (Outcome::Unsent, 3));
    assert!(end.detail.raw().starts_with("not sent: it wants to be left alone for another 1m"), "{end:?}");
    assert_eq!((said(&*slack, intent()).await.outcome, hook.count("POST")), (Outcome::Unsent, 3), "nobody asks until then");
    assert_eq!(hook.texts().len(), 1);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_unknown_before_others_think_it_was_left_behind() {
    let hook = FakeHook::start();
    hook.mood(Mood::Silent);
    let end = said(&*teller("slack", &hook.address()), intent()).await;
    assert_eq!(end.outcome, Outcome::Unknown);
    assert!(end.detail.raw().contains("no complete answer within 6s"), "{end:?}");
}

#[test]
fn an_address_that_is_a_secret_is_warned_of_where_it_stands_in_the_file() {
    let (_, problems) = parsed("slack", &json!({"url": format!("https://hooks.slack.com{PATH}")}));
    assert_eq!(problems.list[0].message, "this secret stands in the file itself");
    let (plain, problems) = parsed("webhook", &json!({"url": "https://status.example/hook"}));
    assert!(plain.is_some() && problems.list.is_empty());
    for (config, wanted) in [
        (json!({"url": "nowhere"}), "expected an address such as https://host/path, found `nowhere`"),
        (json!({}), "`url` is missing"),
        (json!({"url": "https://a.example", "ulr": 1}), "unknown key `ulr`"),
    ] {
        let (_, problems) = parsed("webhook", &config);
        let errors: Vec<_> = problems.list.iter().filter(|problem| problem.level == Level::Error).collect();
        assert_eq!(errors[0].message, wanted);
    }
}
