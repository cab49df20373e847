//! The order of the queue: what needs somebody, the worst of it, the most important service, the newest.

use super::*;
use midwatch::domain::alert::{Alert, Labels, Severity};
use midwatch::domain::settings::Settings;

/// Three services of which one has a tier of its own, one a lower one, and one none.
fn tiered() -> Settings {
    let mut settings = settings(false);
    let tiers = [("shop", Some(1)), ("mail", Some(3)), ("wiki", None)];
    let service = |(name, tier): (&str, Option<u8>)| {
        let mut service = settings.services[1].clone();
        (service.name, service.tier, service.alerts.0[0].1) =
            (name.into(), tier, midwatch::domain::matcher::Matcher::Equal(name.into()));
        service
    };
    settings.services = tiers.map(service).into();
    settings
}

fn of(severity: &str, service: &str, minutes: i64) -> Arc<Alert> {
    let name = format!("{severity}-{service}-{minutes}");
    let labels = [("alertname", name.as_str()), ("service", service), ("severity", severity)];
    let labels = Labels::new(labels.map(|(name, value)| (name.into(), value.into())).to_vec());
    let plain = alert(&name, service, began() - chrono::Duration::minutes(minutes));
    Arc::new(Alert { labels, ..(*plain).clone() })
}

/// Every severity, service and age once, in the order in which somebody should look at them.
fn sorted() -> Vec<Arc<Alert>> {
    let mut all = Vec::new();
    for severity in ["critical", "warning", "odd", "info"] {
        for service in ["shop", "mail", "wiki"] {
            all.extend([1, 5, 90].map(|minutes| of(severity, service, minutes)));
        }
    }
    all
}

fn names(story: &Story) -> Vec<String> {
    story.world.alerts.queue().map(|tracked| tracked.alert.name().to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn severity_comes_before_tier_and_tier_before_age_however_they_arrive(arriving in Just(sorted()).prop_shuffle()) {
        let mut story = Story::with(tiered());
        let mut listed = Vec::new();
        for part in arriving.chunks(5) {
            listed.extend_from_slice(part);
            story.poll(&listed);
        }
        let wanted: Vec<String> = sorted().iter().map(|alert| alert.name().to_owned()).collect();
        prop_assert_eq!(names(&story), wanted);
    }
}

#[test]
fn who_owns_an_alert_is_told_below_what_nobody_owns_and_above_what_is_less_bad() {
    let mut story = Story::with(tiered());
    let listed = [of("critical", "wiki", 5), of("critical", "shop", 5), of("warning", "shop", 1)];
    story.poll(&listed);
    story.ask(ack(&["critical-shop-5"]));
    assert_eq!(names(&story), ["critical-wiki-5", "critical-shop-5", "warning-shop-1"]);
    story.poll(&listed[1..]);
    story.poll(&listed[1..]);
    assert_eq!(names(&story), ["critical-shop-5", "warning-shop-1", "critical-wiki-5"], "what is over comes last");
}

#[test]
fn an_alert_that_gets_worse_goes_where_it_belongs_now() {
    let mut story = Story::with(tiered());
    let mild = of("warning", "shop", 5);
    story.poll(&[mild.clone(), of("critical", "wiki", 5)]);
    assert_eq!(names(&story)[0], "critical-wiki-5");
    let worse = Alert { labels: of("critical", "shop", 5).labels.clone(), ..(*mild).clone() };
    story.poll(&[Arc::new(worse), of("critical", "wiki", 5)]);
    let first = story.world.alerts.queue().next().map(|tracked| (tracked.severity, tracked.service.clone()));
    assert_eq!(first, Some((Severity::Critical, Some("shop".into()))));
}
