use super::*;

const PAGE: &str = r#"{"page":{"id":"k","name":"PayCo"},"status":{"indicator":"minor","description":"Partially Degraded Service"},
    "components":[{"id":"c1","name":"Card API","status":"operational","group":false},{"id":"c2","name":"Pay by bank","status":"partial_outage"},
      {"id":"c3","name":"Pay later","status":"major_outage"},{"id":"c4","name":"Reports","status":"under_maintenance"},
      {"id":"c5","name":"Hooks","status":"very_sad"}],
    "incidents":[{"name":"Old","status":"resolved","components":[{"id":"c2"}]},
      {"name":"Slow captures","status":"identified","components":[],"incident_updates":[{"affected_components":[{"code":"c2"}]},{"affected_components":null}]},
      {"name":"Refunds","status":"investigating","components":[{"id":"c9"}]}],
    "scheduled_maintenances":[{"name":"DB work","status":"in_progress","components":[{"id":"c4"}]},{"name":"Later","status":"scheduled"}]}"#;

fn feed(yaml: &str) -> Result<Box<dyn Feed>, String> {
    let mut problems = Problems::default();
    let node = Node::parse(&format!("{{url: 'https://status.test', {yaml}}}"), &mut problems).expect("is YAML");
    parse(&node, &Known { feed: "vendor", sources: &std::collections::BTreeMap::new() }, &mut problems)
        .ok_or_else(|| problems.list[0].message.clone())
}

fn said(format: &str, components: &[&str], page: &str) -> (FeedState, String) {
    let format = FORMATS.iter().find(|known| known.name == format).expect("a format");
    let (list, mut problems) = (components.join("', '"), Problems::default());
    let list = if components.is_empty() { "{}".to_owned() } else { format!("{{components: ['{list}']}}") };
    let node = Node::parse(&list, &mut problems).expect("is YAML");
    let fields = node.fields(&["components"], &mut problems).expect("a map");
    let components = Choice::parse("components", &fields, &mut problems).expect("a choice");
    let endpoint = Endpoint { url: "https://status.test".parse().expect("a URL"), access: Default::default() };
    let reading = Statuspage { endpoint, format, components }.judge(&(format.read)(page).expect("a page"));
    (reading.state, reading.message.raw().to_owned())
}

#[test]
fn without_components_the_vendors_summary_counts_and_the_first_open_incident_is_told() {
    let whole = said("statuspage", &[], PAGE);
    assert_eq!(whole, (FeedState::Degraded, "Partially Degraded Service; Slow captures (identified) and 2 more".into()));
    let fine = r#"{"status":{"indicator":"none","description":"All Systems Operational"}}"#;
    assert_eq!(said("statuspage", &[], fine), (FeedState::Healthy, "All Systems Operational".into()));
    for (status, told) in [("resolved", ""), ("postmortem", ""), ("monitoring", "; Slow (monitoring)")] {
        let page = fine.replace("}}", &format!(r#"}},"incidents":[{{"name":"Slow","status":"{status}"}}]}}"#));
        assert_eq!(said("statuspage", &[], &page).1, format!("All Systems Operational{told}"), "{status}");
    }
    let critical = r#"{"status":{"indicator":"critical","description":""}}"#;
    assert_eq!(said("statuspage", &[], critical), (FeedState::Failing, "critical".into()));
}

#[test]
fn maintenance_counts_when_it_has_begun_and_hides_no_outage() {
    let page = |indicator: &str, status: &str| {
        let work = format!(r#"[{{"name":"DB work","status":"{status}"}}]"#);
        let page = format!(r#"{{"status":{{"indicator":"{indicator}","description":"x"}},"scheduled_maintenances":{work}}}"#);
        said("statuspage", &[], &page)
    };
    assert_eq!(page("none", "scheduled"), (FeedState::Healthy, "x".into()));
    assert_eq!(page("none", "in_progress"), (FeedState::Maintenance, "x; DB work (in progress)".into()));
    assert_eq!(page("major", "verifying").0, FeedState::Failing);
}

#[test]
fn of_the_components_that_are_named_the_worst_counts_with_its_own_incidents() {
    let of = |components: &[&str]| said("statuspage", components, PAGE);
    assert_eq!(of(&["Card API"]), (FeedState::Healthy, "Card API: operational".into()));
    let bank = (FeedState::Degraded, "Pay by bank: partial outage; 1 of 2 components; Slow captures (identified)".into());
    assert_eq!(of(&["Card API", "~.*bank"]), bank);
    assert_eq!(of(&["~Pay.*"]).0, FeedState::Failing);
    assert_eq!(of(&["Reports"]), (FeedState::Maintenance, "Reports: under maintenance; DB work (in progress)".into()));
}

#[test]
fn a_word_that_is_not_known_and_a_component_that_is_gone_are_no_health() {
    assert_eq!(said("statuspage", &["Hooks"], PAGE), (FeedState::Unknown, "Hooks: very sad".into()));
    let gone = (FeedState::Unknown, "the page has no component `Card APIs`".to_owned());
    assert_eq!(said("statuspage", &["Card API", "Card APIs"], PAGE), gone);
}

#[test]
fn the_other_formats_are_read_in_their_own_words() {
    let instatus = r#"{"page":{"name":"x","status":"HASISSUES"},"activeIncidents":[{"name":"Slow","status":"MONITORING"}]}"#;
    assert_eq!(said("instatus", &[], instatus), (FeedState::Degraded, "hasissues; Slow (monitoring)".into()));
    let stack = |state: &str| format!(r#"{{"data":{{"type":"status_page","attributes":{{"aggregate_state":"{state}"}}}}}}"#);
    assert_eq!(said("betterstack", &[], &stack("downtime")), (FeedState::Failing, "downtime".into()));
    assert_eq!(said("betterstack", &[], &stack("maintenance")).0, FeedState::Maintenance);
    let rootly = r#"{"page":{},"status":{"indicator":"major","description":"Major outage"},"incidents":[]}"#;
    assert_eq!(said("rootly", &[], rootly), (FeedState::Failing, "Major outage".into()));
    let others = [("statuspage", "{}"), ("statuspage", r#"{"status":"ok"}"#), ("betterstack", "[]"), ("instatus", "null")];
    for (format, text) in others {
        let format = FORMATS.iter().find(|known| known.name == format).expect("a format");
        assert!((format.read)(text).is_err(), "{text} is no page");
    }
}

#[test]
fn what_cannot_be_meant_is_told() {
    assert!(feed("components: [Card API, '~Pay.*']").is_ok() && feed("components: Card API").is_ok());
    let wrong = |yaml: &str| feed(yaml).err().expect("is wrong");
    assert_eq!(wrong("format: statuspag"), "unknown format of status pages `statuspag`");
    assert_eq!(wrong("format: instatus, components: [a]"), "pages of the format `instatus` tell of no components");
    assert!(wrong("components: ['~a(']").contains("unclosed group"));
}
