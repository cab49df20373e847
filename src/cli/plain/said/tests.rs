//! What is said, and what is no news.

use super::*;
use crate::domain::entry::Actor;
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use std::sync::Arc;

#[test]
fn what_is_over_is_so_since_its_end_and_not_since_it_began() {
    use crate::domain::alert::{Alert, Labels, Upstream};
    use crate::domain::ids::AlertId;
    use crate::domain::settings::SourceSpec;
    use crate::model::{Body, Event, Fact};
    let now = Stamp { wall: "2026-03-01T03:00:00Z".parse().expect("a time"), mono: Duration::from_secs(1_000) };
    let second = Duration::from_secs(1);
    let source =
        SourceSpec { name: "prod".into(), kind: "x".into(), every: second, timeout: second, acts: Vec::new(), carry: None };
    let settings = Settings { sources: vec![source], ..Settings::default() };
    let mut world = World::new(Arc::new(settings), Actor::person("ana", None), now);
    let id = AlertId { source: "prod".into(), fingerprint: "f1".into() };
    let began = now.wall - chrono::TimeDelta::minutes(30);
    for upstream in [Upstream::Firing, Upstream::Resolved { at: now.wall }] {
        let alert = Alert {
            id: id.clone(),
            labels: Labels::new(vec![("alertname".into(), "Down".into())]),
            annotations: Labels::default(),
            upstream,
            starts_at: began,
            url: None,
            receivers: [].into(),
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            held: None,
        };
        let fact = Fact::AlertsChanged { source: "prod".into(), upserts: vec![Arc::new(alert)], gone: Vec::new() };
        world.update(Event { seq: 0, stamp: now, body: Body::Fact(fact) });
    }
    world.now.wall += chrono::TimeDelta::minutes(1);
    let said = told(world.alerts.get(&id).expect("it is there"), &world);
    assert!(said.ends_with("Down, resolved for 1m00s"), "{said}");
}

#[test]
fn what_its_source_lists_no_more_is_not_told_as_if_it_did() {
    use crate::domain::settings::SourceSpec;
    use crate::model::event::SourceAnswer;
    use crate::model::{Body, Event, Fact};
    let now = Stamp { wall: "2026-03-01T03:00:00Z".parse().expect("a time"), mono: Duration::from_secs(1_000) };
    let second = Duration::from_secs(60);
    let source =
        SourceSpec { name: "prod".into(), kind: "x".into(), every: second, timeout: second, acts: Vec::new(), carry: None };
    let settings = Settings { sources: vec![source], ..Settings::default() };
    let mut world = World::new(Arc::new(settings), Actor::person("ana", None), now);
    let id = AlertId { source: "prod".into(), fingerprint: "f1".into() };
    let mut fact = |fact| drop(world.update(Event { seq: 0, stamp: now, body: Body::Fact(fact) }));
    let alert = crate::domain::alert::Alert {
        id: id.clone(),
        labels: crate::domain::alert::Labels::new(vec![("alertname".into(), "Down".into())]),
        annotations: crate::domain::alert::Labels::default(),
        upstream: crate::domain::alert::Upstream::Firing,
        starts_at: now.wall,
        url: None,
        receivers: [].into(),
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
        held: None,
    };
    let answered = || {
        let answer = SourceAnswer { complete: true, ..SourceAnswer::default() };
        Fact::SourceAnswered { source: "prod".into(), answer }
    };
    fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![Arc::new(alert)], gone: Vec::new() });
    fact(answered());
    fact(Fact::AlertsChanged { source: "prod".into(), upserts: Vec::new(), gone: vec![id.fingerprint.clone()] });
    let said = told(world.alerts.get(&id).expect("it is there"), &world);
    assert!(said.contains("Down, not listed, last told as firing"), "{said}");
    let why = crate::domain::trouble::Trouble::new(crate::domain::trouble::Reason::Refused, "refused");
    let failed = Fact::SourceFailed { source: "prod".into(), trouble: why };
    world.update(Event { seq: 0, stamp: now, body: Body::Fact(failed) });
    let said = told(world.alerts.get(&id).expect("it is there"), &world);
    assert!(said.contains("Down, stale, last told as firing"), "{said}");
}

#[test]
fn a_journal_that_now_can_and_now_can_t_be_written_is_said_once_until_it_lasts() {
    let now = Stamp { wall: "2026-03-01T03:00:00Z".parse().expect("a time"), mono: Duration::from_secs(1_000) };
    let mut world = World::new(Arc::new(Settings::default()), Actor::person("ana", None), now);
    let mut said = Said::default();
    let mut after = |seconds: u64, trouble: bool| {
        world.now.mono += Duration::from_secs(seconds);
        world.journal_trouble = trouble.then(|| "the disk is full".to_owned());
        (said.news(&world), said.due(&world).map(|left| left.as_secs()))
    };
    assert_eq!(after(0, false), (vec![], None));
    let text = "the journal can't be written, and nothing is sent meanwhile: the disk is full";
    assert_eq!(after(1, true), (vec![text.to_owned()], None));
    for _ in 0..3 {
        assert_eq!(after(10, false), (vec![], Some(30)));
        assert_eq!(after(10, true), (vec![], None));
    }
    assert_eq!(after(10, false), (vec![], Some(30)));
    assert_eq!(after(30, false), (vec!["the journal can be written again".to_owned()], None));
}
