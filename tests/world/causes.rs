//! Which service is why alerts of another one fire: only what fires now and is as bad, and never longer than that.

use super::*;
use midwatch::domain::alert::{Alert, Labels, Upstream};
use midwatch::domain::settings::Settings;
use midwatch::model::causes::OPEN;

/// shop → payments → postgres → disk, and mail, on which nothing depends.
fn chain() -> Settings {
    let mut settings = settings(false);
    let service = |(name, depends_on): (&str, &[&str])| {
        let mut service = settings.services[1].clone();
        service.name = name.into();
        service.depends_on = depends_on.iter().map(|name| (*name).into()).collect();
        service.alerts.0[0].1 = midwatch::domain::matcher::Matcher::Equal(name.into());
        service
    };
    let all: [(&str, &[&str]); 5] =
        [("shop", &["payments", "mail"]), ("payments", &["postgres"]), ("postgres", &["disk"]), ("disk", &[]), ("mail", &[])];
    settings.services = all.map(service).into();
    settings
}

fn of(service: &str, severity: &str, number: usize) -> Arc<Alert> {
    let name = format!("{service}-{severity}-{number}");
    let labels = [("alertname", name.as_str()), ("service", service), ("severity", severity)];
    let labels = Labels::new(labels.map(|(name, value)| (name.into(), value.into())).to_vec());
    Arc::new(Alert { labels, ..(*alert(&name, service, began())).clone() })
}

fn cause(story: &Story, alert: &Alert) -> Option<String> {
    let tracked = story.world.alerts.get(&alert.id)?;
    let told = story.world.causes().of(tracked).map(ToString::to_string);
    let why = story.world.why(tracked);
    assert_eq!(told, why.as_ref().and_then(|why| why.path.last()).map(ToString::to_string), "what is told is what is meant");
    told
}

#[test]
fn the_nearest_service_in_which_something_as_bad_fires_is_the_cause() {
    let mut story = Story::with(chain());
    let (shop, disk) = (of("shop", "critical", 0), of("disk", "critical", 0));
    story.poll(std::slice::from_ref(&shop));
    assert_eq!(cause(&story, &shop), None);
    story.poll(&[shop.clone(), disk.clone()]);
    assert_eq!(
        (cause(&story, &shop).as_deref(), cause(&story, &disk)),
        (Some("disk"), None),
        "by way of services that are quiet"
    );
    let why = story.world.why(story.world.alerts.get(&shop.id).expect("tracked")).expect("a cause");
    let path: Vec<&str> = why.path.iter().map(|service| service.as_str()).collect();
    assert_eq!((path, why.count), (vec!["shop", "payments", "postgres", "disk"], 1));
    story.poll(&[shop.clone(), disk.clone(), of("postgres", "critical", 0)]);
    assert_eq!(cause(&story, &shop).as_deref(), Some("postgres"));
}

#[test]
fn a_critical_alert_is_never_put_down_to_a_warning() {
    let mut story = Story::with(chain());
    let (bad, mild) = (of("shop", "critical", 0), of("shop", "warning", 0));
    story.poll(&[bad.clone(), mild.clone(), of("payments", "warning", 0)]);
    assert_eq!((cause(&story, &bad), cause(&story, &mild).as_deref()), (None, Some("payments")));
    story.poll(&[bad.clone(), mild.clone(), of("payments", "warning", 0), of("disk", "critical", 0)]);
    assert_eq!((cause(&story, &bad).as_deref(), cause(&story, &mild).as_deref()), (Some("disk"), Some("payments")));
}

#[test]
fn what_is_kept_quiet_or_is_over_explains_nothing_and_what_somebody_owns_still_does() {
    let mut story = Story::with(chain());
    let (shop, cause_of_it) = (of("shop", "critical", 0), of("payments", "critical", 0));
    story.poll(&[shop.clone(), cause_of_it.clone()]);
    story.ask(ack(&["payments-critical-0"]));
    assert_eq!(cause(&story, &shop).as_deref(), Some("payments"));
    let quiet = Alert { inhibited_by: vec!["x".into()], ..(*of("payments", "critical", 1)).clone() };
    story.poll(&[shop.clone(), Arc::new(quiet)]);
    story.poll(std::slice::from_ref(&shop));
    story.poll(std::slice::from_ref(&shop));
    assert_eq!(cause(&story, &shop), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_symptom_is_open_and_its_cause_fires_and_is_as_bad(steps in prop::collection::vec((0usize..5, 0usize..3, 0usize..2, 0usize..4), 1..40)) {
        let mut story = Story::with(chain());
        for (service, severity, number, how) in steps {
            let plain = of(["shop", "payments", "postgres", "disk", "mail"][service], ["critical", "warning", "info"][severity], number);
            let upstream = if how == 0 { Upstream::Resolved { at: story.now.wall } } else { Upstream::Firing };
            let inhibited_by = if how == 1 { vec!["x".into()] } else { Vec::new() };
            let told = Arc::new(Alert { upstream, inhibited_by, ..(*plain).clone() });
            story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![told], gone: vec![] });
            let causes = story.world.causes();
            for tracked in story.world.alerts.queue() {
                let Some(name) = causes.of(tracked) else { continue };
                prop_assert!(OPEN.contains(&tracked.state) && tracked.service.as_ref() != Some(name));
                let fires = |other: &midwatch::model::alerts::Tracked| {
                    other.service.as_ref() == Some(name) && other.state == State::Firing && other.severity >= tracked.severity
                };
                prop_assert!(story.world.alerts.queue().any(fires), "{} ↳ {name}", tracked.alert.id);
            }
        }
    }
}
