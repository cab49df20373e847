//! What is pending at one source and begins to fire comes from another one: it is the same problem, and whoever has it keeps it.

use super::*;
use midwatch::domain::alert::{Alert, Labels, Upstream};
use midwatch::domain::settings::{Settings, SourceSpec};

fn prometheus_beside_alertmanager() -> Settings {
    let mut settings = settings(true);
    let source = settings.sources[0].clone();
    settings.sources.push(SourceSpec { name: "prom".into(), kind: "prometheus".into(), acts: vec![], carry: None, ..source });
    settings
}

/// An alert of a rule as Prometheus lists it, and with what is added on its way to an Alertmanager.
fn of(source: &str, name: &str, added: &[(&str, &str)], upstream: Upstream, since: DateTime<Utc>) -> Arc<Alert> {
    let plain = alert(name, "checkout", since);
    let added = added.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let labels = Labels::new(plain.labels.iter().map(|(name, value)| (name.clone(), value.clone())).chain(added).collect());
    let id = AlertId { source: source.into(), fingerprint: format!("{source}-{name}").as_str().into() };
    Arc::new(Alert { id, labels, upstream, ..(*plain).clone() })
}

fn pending(name: &str) -> Arc<Alert> {
    of("prom", name, &[], Upstream::Pending, began())
}

fn firing(name: &str, cluster: &str) -> Arc<Alert> {
    of("prod", name, &[("cluster", cluster)], Upstream::Firing, began() + chrono::Duration::seconds(40))
}

fn tells(story: &mut Story, source: &str, upserts: &[Arc<Alert>], gone: &[&Arc<Alert>], began: &[&Arc<Alert>]) {
    let names = |alerts: &[&Arc<Alert>]| alerts.iter().map(|alert| alert.id.fingerprint.clone()).collect::<Vec<_>>();
    story.fact(Fact::AlertsChanged { source: source.into(), upserts: upserts.to_vec(), gone: names(gone) });
    let answer = SourceAnswer { complete: true, began: names(began), ..SourceAnswer::default() };
    story.fact(Fact::SourceAnswered { source: source.into(), answer });
}

fn acked(alert: &Arc<Alert>) -> Command {
    Command::Acknowledge {
        alerts: vec![alert.id.clone()],
        hold: None,
        reason: "looking early".into(),
        ticket: Some("T-1".into()),
        confirmed: None,
    }
}

fn queue(story: &Story) -> Vec<(String, State)> {
    story.world.alerts.queue().map(|tracked| (tracked.alert.id.to_string(), tracked.state)).collect()
}

#[test]
fn an_acknowledgement_of_what_was_pending_holds_when_it_fires_whichever_source_says_so_first() {
    for prometheus_first in [true, false] {
        let mut story = Story::with(prometheus_beside_alertmanager());
        let (soon, fires) = (pending("QueueStuck"), firing("QueueStuck", "eu"));
        tells(&mut story, "prom", std::slice::from_ref(&soon), &[], &[]);
        story.ask(acked(&soon));
        story.wait(40);
        let by_prometheus = |story: &mut Story| tells(story, "prom", &[], &[&soon], &[&soon]);
        let by_alertmanager = |story: &mut Story| tells(story, "prod", std::slice::from_ref(&fires), &[], &[]);
        if prometheus_first {
            by_prometheus(&mut story);
            assert!(story.world.alerts.has_begun(&soon.id), "it stays until the other one tells of it");
            by_alertmanager(&mut story);
        } else {
            by_alertmanager(&mut story);
            assert_eq!(queue(&story).len(), 2, "of another cluster, for all that is known");
            by_prometheus(&mut story);
        }
        assert_eq!(queue(&story), [("prod/prod-QueueStuck".to_owned(), State::Acknowledged)], "{prometheus_first}");
        assert_eq!(story.world.alerts.now(&soon.id), &fires.id);
        let ack = story.last(Kind::Ack).clone();
        assert_eq!(ack.text, "ana's acknowledgement of QueueStuck, given while it was pending, holds");
        assert_eq!(
            (ack.actor.name.as_str(), ack.text_of("reason"), ack.text_of("ticket")),
            ("ana", Some("looking early"), Some("T-1"))
        );
        assert_eq!(story.last(Kind::Act).alert, Some(fires.id.clone()), "it is carried there");
        assert!(story.world.alerts.get(&fires.id).expect("there").arrived.is_none(), "whoever has it is not called");
        // Once, and not again when somebody gives it up.
        tells(&mut story, "prod", &[], &[], &[]);
        story.ask(Command::Unacknowledge { alerts: vec![fires.id.clone()], reason: String::new() });
        tells(&mut story, "prod", &[], &[], &[]);
        assert_eq!(story.journal.iter().filter(|entry| entry.kind == Kind::Ack).count(), 2);
        assert_eq!(queue(&story), [("prod/prod-QueueStuck".to_owned(), State::Firing)]);
    }
}

#[test]
fn what_is_pending_no_more_without_firing_leaves_nobody_elses_problem_in_its_place() {
    let mut story = Story::with(prometheus_beside_alertmanager());
    let (soon, other) = (pending("QueueStuck"), firing("QueueStuck", "us"));
    tells(&mut story, "prom", std::slice::from_ref(&soon), &[], &[]);
    story.ask(acked(&soon));
    story.wait(40);
    tells(&mut story, "prom", &[], &[&soon], &[]);
    tells(&mut story, "prod", &[other], &[], &[]);
    story.wait(15);
    (0..2).for_each(|_| tells(&mut story, "prom", &[], &[], &[]));
    story.wait(600);
    (0..2).for_each(|_| tells(&mut story, "prom", &[], &[], &[]));
    assert_eq!(queue(&story), [("prod/prod-QueueStuck".to_owned(), State::Firing)]);
    assert_eq!(story.world.whereabouts(&soon.id), "is pending no more");
}

#[test]
fn what_fires_by_its_sources_word_alone_is_told_so_and_an_alert_of_before_is_not_it() {
    let mut story = Story::with(prometheus_beside_alertmanager());
    let soon = pending("QueueStuck");
    let older = of("prod", "QueueStuck", &[("cluster", "us")], Upstream::Firing, began() - chrono::Duration::seconds(1));
    let unlike = of("prod", "QueueFull", &[("cluster", "eu")], Upstream::Firing, began() + chrono::Duration::seconds(40));
    tells(&mut story, "prod", &[older, unlike], &[], &[]);
    tells(&mut story, "prom", std::slice::from_ref(&soon), &[], &[]);
    tells(&mut story, "prom", &[], &[&soon], &[&soon]);
    story.wait(600);
    (0..2).for_each(|_| tells(&mut story, "prom", &[], &[], &[]));
    assert_eq!((story.world.alerts.get(&soon.id), story.world.alerts.now(&soon.id)), (None, &soon.id));
    assert_eq!(story.world.whereabouts(&soon.id), "fires now, says prom");
    let request = story.ask(acked(&soon));
    let progress = story.world.requests.get(request).expect("asked");
    assert!(format!("{progress:?}").contains("QueueStuck fires now, says prom"), "{progress:?}");
}

#[test]
fn what_was_about_to_be_acknowledged_while_it_began_to_fire_is_acknowledged_where_it_fires() {
    let mut story = Story::with(prometheus_beside_alertmanager());
    let (soon, fires) = (pending("QueueStuck"), firing("QueueStuck", "eu"));
    tells(&mut story, "prom", std::slice::from_ref(&soon), &[], &[]);
    tells(&mut story, "prom", &[], &[&soon], &[&soon]);
    tells(&mut story, "prod", std::slice::from_ref(&fires), &[], &[]);
    story.ask(acked(&soon));
    assert_eq!(story.last(Kind::Ack).alert, Some(fires.id.clone()));
    // Pending again it is a row of its own.
    let again = of("prom", "QueueStuck", &[], Upstream::Pending, began() + chrono::Duration::seconds(90));
    tells(&mut story, "prom", std::slice::from_ref(&again), &[], &[]);
    assert_eq!((queue(&story).len(), story.world.alerts.left(&soon.id)), (2, None));
}

#[test]
fn what_was_pending_fires_since_its_source_says_unless_somebody_had_it_before() {
    for taken in [false, true] {
        let mut story = Story::with(prometheus_beside_alertmanager());
        let since = began() + chrono::Duration::seconds(60);
        let (soon, fires) = (pending("Slow"), of("prom", "Slow", &[], Upstream::Firing, since));
        tells(&mut story, "prom", std::slice::from_ref(&soon), &[], &[]);
        if taken {
            story.ask(acked(&soon));
        }
        story.wait(15);
        tells(&mut story, "prom", std::slice::from_ref(&fires), &[], &[]);
        let (at, state) = if taken { (began(), State::Acknowledged) } else { (since, State::Firing) };
        assert_eq!((story.last(Kind::AlertFired).at, queue(&story)[0].1), (at, state));
    }
}
