//! What the log and the requests say of an act: while nobody knows what becomes of it they say that it is being done, and of two
//! alerts of one name which of them is meant.

use super::native::pager;
use super::unsent::{answer, down};
use super::*;
use midwatch::domain::act::{ActKind, What};
use midwatch::domain::alert::{Alert, Labels, SilenceMatcher};

fn on(name: &str, instance: &str, service: &str) -> Arc<Alert> {
    let pairs = [("alertname", name), ("instance", instance), ("service", service), ("severity", "critical")];
    let labels = pairs.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.into(), value.into()));
    let fingerprint = format!("{name}{instance}{service}");
    Arc::new(Alert { id: id(&fingerprint), labels: Labels::new(labels.collect()), ..(*down()[0]).clone() })
}

#[test]
fn an_act_is_told_as_being_done_until_its_outcome_is_known() {
    let mut settings = pager();
    settings.sources[0].acts = ActKind::ALL.to_vec();
    let mut story = Story::with(settings);
    story.poll(&down());
    let until = story.now.wall + chrono::Duration::hours(1);
    let acts = [
        (What::Unacknowledge, "taking the acknowledgement of Down back at its source: why"),
        (What::Snooze { until }, "snoozing Down until 2026-03-01T04:00:00Z: why"),
        (What::Unsnooze, "ending the snooze of Down: why"),
        (What::Resolve, "resolving Down: why"),
        (What::Assign { to: "bo".into() }, "assigning Down to bo: why"),
        (What::Escalate { level: None }, "escalating Down: why"),
        (What::Escalate { level: Some(2) }, "escalating Down to level 2: why"),
        (What::Comment, "commenting on Down: why"),
        (What::Downtime { until }, "putting Down in downtime until 2026-03-01T04:00:00Z: why"),
        (What::Recheck, "having Down checked again: why"),
        (What::Prioritise { to: "P1".into() }, "setting the priority of Down to P1: why"),
    ];
    for (what, words) in acts {
        story.ask(Command::Act { alerts: vec![id("Down")], what, reason: "why".into(), confirmed: Some(1) });
        assert_eq!(story.last(Kind::Act).text, words);
        answer(&mut story, Outcome::Failed, None);
        assert_eq!(story.last(Kind::ActEnded).text, "failed (Down): not sent: connection refused");
    }
    let matchers = vec![SilenceMatcher { name: "job".into(), value: "db".into(), regex: false, equal: true }];
    let hold = Duration::from_secs(3600);
    story.ask(Command::Silence { source: "prod".into(), matchers, hold, reason: "work".into(), covers: 3, confirmed: None });
    assert_eq!(story.last(Kind::Act).text, "silencing {job=\"db\"} for 1h (3 alerts now): work");
    answer(&mut story, Outcome::Failed, None);
    story.ask(Command::Expire { source: "prod".into(), id: "s-1".into() });
    assert_eq!(story.last(Kind::Act).text, "ending silence s-1");
}

#[test]
fn what_carries_an_acknowledgement_is_told_with_the_alert_and_as_being_done() {
    let texts = |settings| {
        let mut story = Story::with(settings);
        story.poll(&down());
        story.ask(ack(&["Down"]));
        let carried = story.last(Kind::Act).text.clone();
        answer(&mut story, Outcome::Done, Some("s-1"));
        story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
        [carried, story.last(Kind::Act).text.clone()]
    };
    let silence = "carrying the acknowledgement of Down as a silence";
    assert_eq!(texts(settings(true)), [silence, "ending the silence that carried the acknowledgement of Down"]);
    let native = "taking the acknowledgement of Down back at its source";
    assert_eq!(texts(pager()), ["acknowledging Down at its source", native]);
}

#[test]
fn two_alerts_of_one_name_are_in_full_by_what_they_are_about() {
    let mut story = Story::with(pager());
    let (first, second) = (on("Down", "db-1", "postgres"), on("Down", "db-2", "postgres"));
    story.poll(&[first.clone(), on("Slow", "db-1", "postgres")]);
    let acks = |story: &mut Story, alert: &Arc<Alert>| {
        let alerts = vec![alert.id.clone()];
        let request = story.ask(ack_of(alerts));
        let title = story.world.requests.get(request).expect("there").title.clone();
        (title, story.last(Kind::Ack).text.clone(), story.last(Kind::Act).text.clone())
    };
    let told = |title: &str, ack: &str, act: &str| (title.to_owned(), ack.to_owned(), act.to_owned());
    let alone = told("acknowledge Down db-1", "acknowledged Down db-1: on it", "acknowledging Down db-1 at its source");
    assert_eq!(acks(&mut story, &first), alone, "whoever reads it days later does not know that it was the only one");
    story.poll(&[first.clone(), second.clone()]);
    let apart = told("acknowledge Down db-2", "acknowledged Down db-2: on it", "acknowledging Down db-2 at its source");
    assert_eq!(acks(&mut story, &second), apart);
    // Without a machine it is the service that tells.
    let bare = on("Down", "", "checkout");
    story.poll(&[second.clone(), bare.clone()]);
    assert_eq!(acks(&mut story, &bare).1, "acknowledged Down checkout: on it");
    // What has left the queue is no other one.
    (0..2).for_each(|_| story.poll(std::slice::from_ref(&second)));
    story.wait(700);
    story.poll(std::slice::from_ref(&second));
    assert_eq!(story.world.in_full(&first.id), "Down db-1", "one that has its name is there still");
    assert_eq!(acks(&mut story, &second).1, "acknowledged Down db-2: on it");
}

#[test]
fn the_log_tells_two_alerts_that_are_about_the_same_apart_by_the_label_in_which_they_differ() {
    let mut story = Story::new();
    let of = |disk: &str| {
        let alert = on("DiskFilling", "db-1", "postgres");
        let labels = alert.labels.iter().map(|(name, value)| (name.clone(), value.clone()));
        let labels = labels.chain([("disk".into(), disk.into())]).collect();
        let id = AlertId { source: alert.id.source.clone(), fingerprint: disk.into() };
        Arc::new(Alert { id, labels: Labels::new(labels), ..Alert::clone(&alert) })
    };
    story.poll(&[of("sda"), of("sdb")]);
    (0..2).for_each(|_| story.poll(&[]));
    let told: Vec<&str> = story.journal.iter().map(|entry| entry.text.as_str()).collect();
    let expected =
        ["firing on db-1 disk=sda", "firing on db-1 disk=sdb", "resolved on db-1 disk=sda", "resolved on db-1 disk=sdb"];
    assert_eq!(told, expected.map(|text| format!("DiskFilling {text}")));
}
