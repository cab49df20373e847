//! One problem that several sources tell of: shown once, and still a fact of each of them.

use super::*;
use midwatch::domain::alert::{Alert, Labels};
use midwatch::domain::settings::Settings;

/// Two sources besides the usual one, and what says that they tell of the same.
fn three(same: &[&str]) -> Settings {
    let mut settings = settings(false);
    for name in ["am-2", "pager"] {
        let source = settings.sources[0].clone();
        settings.sources.push(midwatch::domain::settings::SourceSpec { name: name.into(), ..source });
    }
    settings.same = same.iter().map(|label| (*label).to_owned()).collect();
    settings
}

fn of(source: &str, number: &str, labels: &[(&str, &str)]) -> Arc<Alert> {
    let id = AlertId { source: source.into(), fingerprint: number.into() };
    let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Arc::new(Alert { id, labels: Labels::new(labels), ..(*alert("Down", "postgres", began())).clone() })
}

const DOWN: &[(&str, &str)] = &[("alertname", "Down"), ("instance", "db-1"), ("severity", "critical")];

fn tell(story: &mut Story, alerts: &[Arc<Alert>]) {
    for alert in alerts {
        story.fact(Fact::AlertsChanged { source: alert.id.source.clone(), upserts: vec![alert.clone()], gone: vec![] });
    }
}

/// The alerts that have a row, each with those that it tells of besides.
fn rows(story: &Story) -> Vec<String> {
    let alerts = &story.world.alerts;
    let own = alerts.queue().filter(|tracked| alerts.told_by(tracked).is_none());
    let row = |tracked: &midwatch::model::alerts::Tracked| {
        let others = alerts.twins(tracked).map(|other| format!(" +{}", other.alert.id)).collect::<String>();
        format!("{}{others}", tracked.alert.id)
    };
    own.map(row).collect()
}

#[test]
fn the_same_labels_at_several_sources_are_one_row_and_every_alert_stays_a_fact() {
    let mut story = Story::with(three(&["alertname", "instance"]));
    let other = [("alertname", "Down"), ("instance", "db-2"), ("severity", "critical")];
    tell(&mut story, &[of("prod", "1", DOWN), of("pager", "P", DOWN), of("am-2", "2", DOWN), of("pager", "Q", &other)]);
    assert_eq!(rows(&story), ["am-2/2 +pager/P +prod/1", "pager/Q"]);
    assert_eq!((story.world.alerts.len(), story.kinds().len()), (4, 4), "each is recorded");
    // Without the configuration nothing is the same.
    story.fact(Fact::Configured(Arc::new(three(&[]))));
    assert_eq!(rows(&story).len(), 4);
    story.fact(Fact::Configured(Arc::new(three(&["alertname"]))));
    assert_eq!(rows(&story).len(), 4, "pager has two of that name: the name tells its problems not apart");
}

#[test]
fn what_lacks_a_label_is_nobodys_twin() {
    let mut story = Story::with(three(&["alertname", "instance"]));
    let bare = [("alertname", "Down"), ("severity", "critical")];
    tell(&mut story, &[of("prod", "1", &bare), of("pager", "P", &bare)]);
    assert_eq!(rows(&story), ["pager/P", "prod/1"]);
}

#[test]
fn a_resolution_at_one_source_is_seen_and_hides_nothing_at_the_other() {
    let mut story = Story::with(three(&["alertname", "instance"]));
    tell(&mut story, &[of("prod", "1", DOWN), of("pager", "P", DOWN)]);
    let over = Alert {
        upstream: midwatch::domain::alert::Upstream::Resolved { at: story.now.wall },
        ..(*of("pager", "P", DOWN)).clone()
    };
    tell(&mut story, &[Arc::new(over)]);
    assert_eq!(rows(&story), ["prod/1", "pager/P"]);
    let states: Vec<State> = story.world.alerts.queue().map(|tracked| tracked.state).collect();
    assert_eq!(states, [State::Firing, State::Resolved]);
}

#[test]
fn what_nobody_owns_stands_for_what_somebody_does() {
    let mut story = Story::with(three(&["alertname", "instance"]));
    tell(&mut story, &[of("prod", "1", DOWN), of("pager", "P", DOWN)]);
    assert_eq!(rows(&story), ["pager/P +prod/1"]);
    story.ask(ack_of(vec![of("pager", "P", DOWN).id.clone()]));
    assert_eq!(rows(&story), ["prod/1 +pager/P"], "one of them still fires and is nobody's");
    let pack = story.world.pack(std::time::Duration::from_secs(60));
    assert_eq!((pack.nobodys.len(), pack.nobodys[0].1, pack.acks.len()), (1, 1, 0), "one problem, once");
    let both = story.world.alerts.with_twins(vec![of("pager", "P", DOWN).id.clone()]);
    assert_eq!(both.iter().map(ToString::to_string).collect::<Vec<_>>(), ["pager/P", "prod/1"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every alert is told by exactly one row, and whoever follows the changes knows of each row that became another one.
    #[test]
    fn nothing_is_lost_or_told_twice(steps in prop::collection::vec((0usize..3, 0usize..4, 0usize..3, any::<bool>()), 1..60)) {
        let mut story = Story::with(three(&["instance"]));
        let mut seen = (story.world.alerts.change_count(), std::collections::BTreeMap::<AlertId, Option<AlertId>>::new());
        for (source, number, instance, over) in steps {
            let labels = [("service", "postgres"), ("instance", ["a", "b", "c"][instance]), ("severity", ["critical", "warning"][number % 2])];
            let told = of(["am-2", "pager", "prod"][source], ["1", "2", "3", "4"][number], &labels);
            let upstream = midwatch::domain::alert::Upstream::Resolved { at: story.now.wall };
            let told = if over { Arc::new(Alert { upstream, ..(*told).clone() }) } else { told };
            tell(&mut story, &[told]);
            let alerts = &story.world.alerts;
            for id in alerts.changes_since(seen.0).expect("kept") {
                let lead = alerts.get(id).and_then(|tracked| alerts.told_by(tracked));
                seen.1.insert(id.clone(), lead.cloned());
            }
            seen.0 = alerts.change_count();
            // What is counted is what has a row.
            let own = |state: State| alerts.queue().filter(|one| one.state == state && alerts.told_by(one).is_none()).count();
            for state in State::ALL {
                prop_assert_eq!(alerts.count(state), own(state), "{:?}", state);
                let service: usize = alerts.problems_of(&"postgres".into())[state as usize].iter().sum();
                prop_assert_eq!(service, own(state), "in their service {:?}", state);
            }
            for tracked in alerts.queue() {
                let lead = alerts.told_by(tracked);
                prop_assert_eq!(Some(&lead.cloned()), seen.1.get(&tracked.alert.id), "{}", tracked.alert.id);
                if let Some(lead) = lead.and_then(|lead| alerts.get(lead)) {
                    prop_assert!(alerts.told_by(lead).is_none() && lead.resolved_at.is_none());
                    prop_assert!(alerts.twins(lead).any(|twin| twin.alert.id == tracked.alert.id));
                }
            }
        }
    }
}

#[test]
fn whoever_keeps_a_view_is_told_of_what_is_not_listed_any_more_and_of_other_twins() {
    let mut story = Story::with(three(&["alertname", "instance"]));
    let both = [of("prod", "1", DOWN), of("prod", "2", &[("alertname", "Slow"), ("instance", "db-1"), ("severity", "info")])];
    story.poll(&both);
    let seen = story.world.alerts.change_count();
    let changed = |story: &Story, seen| {
        let mut ids: Vec<String> = story.world.alerts.changes_since(seen).expect("kept").map(ToString::to_string).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    story.poll(&both[1..]);
    assert_eq!(changed(&story, seen), ["prod/1"]);
    let seen = story.world.alerts.change_count();
    let mut other = three(&["alertname"]);
    other.services.clone_from(&story.world.settings.services);
    story.fact(Fact::Configured(Arc::new(other)));
    assert_eq!(changed(&story, seen), ["prod/1", "prod/2"]);
}

#[test]
fn the_first_of_a_severity_in_a_service_and_the_end_of_the_last_are_told_apart_from_the_others() {
    let mut story = Story::new();
    let [older, newer] =
        [("Down", 0), ("Late", 60)].map(|(name, seconds)| alert(name, "postgres", began() + chrono::Duration::seconds(seconds)));
    let stirred = |story: &mut Story, alerts: &[Arc<Alert>]| {
        let before = story.world.alerts.stirred();
        // Absence counts when two answers agree.
        (0..2).for_each(|_| story.poll(alerts));
        story.world.alerts.stirred() > before
    };
    assert!(stirred(&mut story, std::slice::from_ref(&older)), "the first");
    assert!(stirred(&mut story, &[]), "the last");
    let [older, newer] = [older, newer].map(|alert| Arc::new(Alert { starts_at: story.now.wall, ..Alert::clone(&alert) }));
    assert!(stirred(&mut story, &[older.clone(), newer]));
    assert!(story.world.alerts.worst_in(&"postgres".into()).is_some());
    assert!(stirred(&mut story, &[]));
    assert_eq!(story.world.alerts.worst_in(&"postgres".into()), None);
}

#[test]
fn each_is_named_once_however_many_of_its_twins_were_chosen_and_what_nobody_knows_is_worse_than_what_only_informs() {
    let mut story = Story::with(three(&["alertname", "instance"]));
    let [own, twin] = [of("prod", "1", DOWN), of("pager", "P", DOWN)];
    tell(&mut story, &[own.clone(), twin.clone()]);
    assert_eq!(
        story.world.alerts.with_twins(vec![own.id.clone(), twin.id.clone(), own.id.clone()]),
        [own.id.clone(), twin.id.clone()]
    );
    let bad = |number: &str, severity: &str| {
        of("prod", number, &[("alertname", number), ("service", "postgres"), ("severity", severity)])
    };
    let mut worst = |alert: Arc<Alert>| {
        tell(&mut story, &[alert]);
        story.world.alerts.worst_in(&"postgres".into()).map(|(severity, _)| severity)
    };
    use midwatch::domain::alert::Severity::{Critical, Info, Unknown, Warning};
    let told = [bad("a", "info"), bad("b", "odd"), bad("c", "warning"), bad("d", "critical")].map(&mut worst);
    assert_eq!(told, [Some(Info), Some(Unknown), Some(Warning), Some(Critical)]);
}
