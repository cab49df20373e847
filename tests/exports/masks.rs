//! What a team's own patterns strike is nowhere in an export, in whatever field it stands.

use super::*;
use midwatch::domain::entry::Evidence;
use midwatch::domain::incident::Role;
use midwatch::domain::patterns::Patterns;
use midwatch::exports::json::document;
use midwatch::exports::read::read;
use midwatch::exports::template::filled;
use serde_json::json;

const ALL: &str = "{{ incident }} {{ lines }} {{ todos }} {{ gaps }} {{ evidence }}";

/// With one note that was changed so.
fn with(change: impl FnOnce(&mut Draft)) -> Timeline {
    let mut timeline = incident("ana", "down", &["x".to_owned()]);
    let mut entry = (*timeline.lines[1].entry).clone();
    change(&mut entry.draft);
    timeline.lines[1].entry = Arc::new(entry);
    timeline.patterns = Arc::new(Patterns::with(&["CUST-[0-9]+".to_owned()]).expect("an expression"));
    timeline
}

fn evidence(name: &str, url: Option<&str>) -> Vec<Evidence> {
    vec![Evidence { name: Some(name.into()), sha256: None, size: None, url: url.map(str::to_owned) }]
}

type Change = Box<dyn FnOnce(&mut Draft)>;

#[test]
fn a_pattern_strikes_in_every_field_and_the_export_says_that_it_is_not_what_was_hashed() {
    let fields: Vec<(&str, Change)> = vec![
        ("key", Box::new(|draft| draft.key = Some("told/CUST-7".into()))),
        ("person", Box::new(|draft| draft.actor.name = "lee of CUST-7".into())),
        ("role", Box::new(|draft| draft.actor.role = Some("CUST-7 contact".into()))),
        ("login", Box::new(|draft| draft.actor.os_user = Some("CUST-7".into()))),
        ("terminal", Box::new(|draft| draft.actor.tty = Some("CUST-7".into()))),
        ("service", Box::new(|draft| draft.service = Some("api-CUST-7".into()))),
        ("alert", Box::new(|draft| draft.alert = Some("am/CUST-7".to_owned().try_into().expect("an id")))),
        ("playbook", Box::new(|draft| draft.playbook = Some("move-CUST-7".into()))),
        ("step", Box::new(|draft| draft.step = Some("call-CUST-7".into()))),
        ("drill", Box::new(|draft| draft.drill = Some("CUST-7".into()))),
        ("data", Box::new(|draft| draft.data = json!({"a": [{"b": "CUST-7"}]}).as_object().expect("one").clone())),
        ("file", Box::new(|draft| draft.evidence = evidence("CUST-7.png", None))),
        ("address", Box::new(|draft| draft.evidence = evidence("x", Some("https://g.example/CUST-7")))),
        ("unknown step", {
            Box::new(|draft| {
                draft.kind = Kind::StepEnded;
                draft.step = Some("call-CUST-7".into());
                draft.data = json!({"state": "unknown"}).as_object().expect("one").clone();
            })
        }),
        ("silent feed", {
            Box::new(|draft| {
                draft.kind = Kind::FeedChanged;
                draft.data = json!({"feed": "CUST-7", "to": "unknown"}).as_object().expect("one").clone();
            })
        }),
    ];
    for (field, change) in fields {
        let timeline = with(change);
        for kind in KINDS {
            let text = written(kind.name, &timeline);
            assert!(!text.contains("CUST"), "{field} in {}: {text}", kind.name);
        }
        assert!(!filled(&timeline, ALL).expect("sound").contains("CUST"), "{field} in a template");
        let document = document(&timeline);
        assert_eq!(document["verifiable"], false, "{field}");
        read(&document.to_string(), chrono_tz::Tz::UTC).unwrap_or_else(|flaw| panic!("{field} is not read back: {flaw:?}"));
    }
    assert_eq!(document(&with(|_| ()))["verifiable"], true, "nothing was struck");
}

#[test]
fn whoever_had_an_alert_elsewhere_is_called_by_a_role_too() {
    let told: [(Kind, serde_json::Value, &str); 3] = [
        (Kind::Ack, json!({"why": "given elsewhere", "by": "bert"}), "bert has acknowledged Down at its source"),
        (Kind::Ack, json!({"from": "bert", "reason": "sleeps"}), "acknowledged Down, which bert had: sleeps"),
        (Kind::Act, json!({"act": {"on": {"alert": "f", "by": "bert"}}}), "taking the acknowledgement of Down back, for bert"),
    ];
    for (kind, data, text) in told {
        let mut timeline = with(|draft| {
            (draft.kind, draft.text) = (kind, text.to_owned());
            draft.data = data.as_object().expect("one").clone();
        });
        timeline.lines[1].text = text.to_owned();
        timeline.lines[1].kind = timeline.lines[1].entry.kind.clone();
        timeline.people = People::Names;
        assert!(written("md", &timeline).contains("bert"), "{text}");
        timeline.people = People::Roles;
        for format in ["md", "json", "csv", "jsonl", "html"] {
            assert!(!written(format, &timeline).contains("bert"), "{format}: {text}");
        }
    }
}

#[test]
fn what_is_said_of_the_incident_is_struck_too() {
    let mut timeline = with(|_| ());
    timeline.incident.title = "CUST-7 can't pay".into();
    timeline.incident.drill = Some("the night of CUST-7".into());
    timeline.incident.services.insert("api-CUST-7".into());
    timeline.incident.lead = Some("lee of CUST-7".into());
    timeline.incident.roles.insert(Role::Expert, "kim of CUST-7".into());
    for kind in KINDS {
        assert!(!written(kind.name, &timeline).contains("CUST"), "{}", kind.name);
    }
    assert!(!filled(&timeline, ALL).expect("sound").contains("CUST"));
    assert_eq!(document(&timeline)["incident"]["roles"]["expert"], "kim of •••");
}

#[test]
fn no_name_keeps_a_pattern_from_finding_what_it_is_a_part_of() {
    let mut timeline = incident("ana", "down", &["ana wrote from ana.smith@corp.example".to_owned()]);
    let mut entry = (*timeline.lines[0].entry).clone();
    entry.draft.actor = Actor::person("kim", Some("contact of ana.smith@corp.example".into()));
    timeline.lines[0].entry = Arc::new(entry);
    timeline.lines[0].text = "kim called lee".into();
    timeline.incident.roles.insert(Role::Expert, "lee".into());
    timeline.people = People::Roles;
    timeline.patterns = Arc::new(Patterns::with(&[r"ana\.smith@corp\.example".to_owned()]).expect("an expression"));
    for kind in KINDS {
        let text = written(kind.name, &timeline);
        assert!(!text.contains("smith") && text.contains("responder wrote from •••"), "{}: {text}", kind.name);
        assert!(!text.contains("lee") && !text.contains("kim"), "{}: {text}", kind.name);
        if !kind.name.starts_with("json") {
            assert!(text.contains("contact of ••• called another responder"), "{}: {text}", kind.name);
        }
    }
}
