//! The queue in groups: whoever follows the changes has what somebody has who begins anew, and no alert is lost or told twice.

use super::*;
use midwatch::domain::alert::{Alert, Labels, Upstream};
use midwatch::model::filter::Filter;
use midwatch::model::groups::{By, Group, Groups};
use std::collections::BTreeSet;

fn of(name: usize, number: usize, severity: &str) -> Arc<Alert> {
    let (fingerprint, instance) = (format!("{name}-{number}"), format!("db-{number}"));
    let name = format!("Name{name}");
    let labels = [("alertname", name.as_str()), ("instance", &instance), ("severity", severity), ("service", "postgres")];
    let labels = Labels::new(labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect());
    Arc::new(Alert { labels, ..(*alert(&fingerprint, "postgres", began())).clone() })
}

/// Everything that is told of the groups, in their order.
fn told(groups: &Groups) -> Vec<String> {
    let one = |group: &Group| {
        let states = State::ALL.map(|state| group.count(state));
        format!("{} {states:?} {:?} {:?}", group.len(), group.oldest(), group.members().collect::<Vec<_>>())
    };
    groups.iter().map(|(key, group)| format!("{key}: {}", one(group))).collect()
}

fn follow(story: &Story, groups: &mut Groups) {
    groups.follow(&story.world);
}

#[test]
fn groups_stand_as_their_first_alert_does_and_the_largest_of_those_alike_comes_first() {
    let mut story = Story::new();
    let listed = [
        of(1, 1, "warning"),
        of(1, 2, "warning"),
        of(2, 1, "critical"),
        of(3, 1, "warning"),
        of(3, 2, "warning"),
        of(3, 3, "info"),
    ];
    story.poll(&listed);
    let mut groups = Groups::new(By::Name, Filter::default(), true);
    follow(&story, &mut groups);
    let counts = |groups: &Groups| groups.iter().map(|(key, group)| format!("{key} {}", group.len())).collect::<Vec<_>>();
    assert_eq!(counts(&groups), ["Name2 1", "Name3 3", "Name1 2"]);
    story.ask(ack(&["2-1"]));
    follow(&story, &mut groups);
    assert_eq!(groups.get("Name2").map(|group| group.count(State::Acknowledged)), Some(1));
    let mut by_label = Groups::new(By::Label("instance".into()), Filter::parse("severity:warning").expect("a filter"), true);
    follow(&story, &mut by_label);
    assert_eq!(counts(&by_label), ["db-1 2", "db-2 2"], "only what the filter holds for");
}

#[test]
fn what_began_long_before_this_console_met_it_makes_no_group_rise() {
    let mut story = Story::new();
    let began = |minutes: i64, number: usize| {
        let starts_at = story_begins() - chrono::Duration::minutes(minutes);
        Arc::new(Alert { starts_at, ..(*of(1, number, "critical")).clone() })
    };
    let (old, new) = ([began(17, 1), began(17, 2)], [began(17, 1), began(17, 2), began(0, 3)]);
    let mut groups = Groups::new(By::Name, Filter::default(), true);
    let mut slope = |story: &Story| {
        groups.follow(&story.world);
        groups.get("Name1").map(|group| group.slope(story.now))
    };
    story.poll(&old);
    assert_eq!(slope(&story), Some(0));
    story.wait(15);
    story.poll(&new);
    assert_eq!(slope(&story), Some(1));
    // One that was kept quiet and fires for everybody again is one more.
    let kept = |names: Vec<midwatch::domain::ids::Fingerprint>| {
        let quiet = Arc::new(Alert { inhibited_by: names, ..(*began(17, 4)).clone() });
        [new.as_slice(), &[quiet]].concat()
    };
    story.poll(&kept(vec!["Cause".into()]));
    assert_eq!(slope(&story), Some(1));
    story.poll(&kept(Vec::new()));
    assert_eq!(slope(&story), Some(2));
}

fn story_begins() -> DateTime<Utc> {
    at("2026-03-01T03:00:00Z")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn following_the_changes_is_as_good_as_beginning_anew(
        steps in prop::collection::vec((0usize..4, 0usize..6, 0usize..3, 0usize..9), 1..80),
        by in 0usize..3, filter in 0usize..3,
    ) {
        let mut story = Story::new();
        let by = [By::Name, By::Service, By::Label("instance".into())][by].clone();
        let filter = Filter::parse(["", "not state:acknowledged", "severity>=warning"][filter]).expect("a filter");
        let mut followed = Groups::new(by.clone(), filter.clone(), true);
        for (name, number, severity, what) in steps {
            let plain = of(name, number, ["critical", "warning", "info"][severity]);
            match what {
                0 => drop(story.ask(ack(&[plain.id.fingerprint.as_str()]))),
                1 => story.wait(700),
                2 => {
                    let upstream = Upstream::Resolved { at: story.now.wall };
                    let over = Arc::new(Alert { upstream, ..(*plain).clone() });
                    story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![over], gone: vec![] });
                }
                3 => story.fact(Fact::Configured(Arc::new(settings(false)))),
                _ => story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![plain], gone: vec![] }),
            }
            // Not after every step: several changes of one alert are taken in at once.
            if what % 2 == 0 {
                follow(&story, &mut followed);
            }
        }
        follow(&story, &mut followed);
        let mut anew = Groups::new(by, filter.clone(), true);
        follow(&story, &mut anew);
        prop_assert_eq!(told(&followed), told(&anew));
        let members: Vec<_> = followed.iter().flat_map(|(_, group)| group.members().cloned()).collect();
        let wanted: BTreeSet<_> = story.world.alerts.queue().filter(|tracked| filter.holds(&story.world, tracked)).map(|tracked| tracked.alert.id.clone()).collect();
        prop_assert_eq!((members.len(), followed.matching()), (wanted.len(), wanted.len()));
        prop_assert_eq!(members.into_iter().collect::<BTreeSet<_>>(), wanted);
    }
}
