use super::*;
use serde_json::{Value, json};

fn told(problem: Value, trigger: Value) -> Alert {
    let (people, named) = (BTreeMap::from([(7, "Bo".into())]), BTreeMap::from([(11, "9".into())]));
    let around = Around {
        source: &"zbx".into(),
        url: &"https://z/zabbix".parse().expect("is one"),
        people: &people,
        named: &named,
        suppresses: true,
    };
    let mut whole = json!({"eventid": "25", "objectid": "23133", "clock": "100", "name": "Disk full", "severity": "4"});
    whole.as_object_mut().expect("a map").extend(problem.as_object().expect("a map").clone());
    let problem = serde_json::from_value(whole).expect("a problem");
    alert(&problem, &serde_json::from_value(trigger).expect("a trigger"), &around)
}

#[test]
fn tags_are_labels_in_one_order_and_never_say_who_we_are() {
    let tags = json!([{"tag": "scope", "value": "b"}, {"tag": "severity", "value": "liar"}, {"tag": "scope", "value": "a"},
        {"tag": "flag", "value": ""}]);
    let hosts = json!({"hosts": [{"host": "db1", "name": "Database 1"}]});
    let alert = told(json!({"tags": tags}), hosts);
    let shown: Vec<String> = alert.labels.iter().map(|(name, value)| format!("{}={}", name.raw(), value.raw())).collect();
    assert_eq!(shown, ["alertname=Disk full", "flag=true", "host=db1", "scope=a,b", "severity=high"]);
    assert_eq!(alert.annotations.get("host_name"), Some("Database 1"));
    assert_eq!(alert.url.expect("one").raw(), "https://z/zabbix/tr_events.php?triggerid=23133&eventid=25");
}

#[test]
fn a_severity_that_is_none_is_unknown() {
    let word = |number: &str| told(json!({"severity": number}), json!({})).labels.get("severity").map(str::to_owned);
    assert_eq!(
        ["0", "5", "6", "-1"].map(word),
        ["not classified", "disaster", "unknown", "unknown"].map(|word| Some(word.into()))
    );
}

#[test]
fn whoever_holds_it_is_named_also_when_it_was_one_of_us() {
    let acked = |user: &str, message: &str| {
        let updates = json!([{"acknowledgeid": "1", "userid": user, "clock": "5", "message": message, "action": "6"}]);
        let alert = told(json!({"acknowledged": "1", "acknowledges": updates}), json!({}));
        alert.acknowledged().map(|hold| (hold.by.raw().to_owned(), hold.comment.raw().to_owned())).expect("held")
    };
    assert_eq!(acked("7", "mine: all of it"), ("Bo".into(), "mine: all of it".into()));
    assert_eq!(acked("1", "ana: on it: soon [mw:0197]"), ("ana".into(), "on it: soon".into()));
    assert_eq!(acked("1", "ana [mw:0197]"), ("ana".into(), String::new()));
    assert_eq!(acked("8", ""), ("user 8".into(), String::new()));
}

#[test]
fn what_is_quiet_says_why() {
    let quiet = |data: Value| told(json!({"suppressed": "1", "suppression_data": data}), json!({}));
    let maintained = quiet(json!([{"maintenanceid": "3", "suppress_until": "200"}]));
    assert_eq!((maintained.silenced_by.clone(), maintained.snoozed()), (vec!["maintenance 3".into()], None));
    let by_hand = quiet(json!([{"maintenanceid": "0", "userid": "7", "suppress_until": "200"}]));
    let snooze = by_hand.snoozed().expect("snoozed");
    assert_eq!((snooze.by.raw(), snooze.until.map(|until| until.timestamp())), ("Bo", Some(200)));
    let for_ever = quiet(json!([{"maintenanceid": "0", "userid": "7", "suppress_until": "0"}]));
    assert_eq!(for_ever.snoozed().map(|hold| hold.until), Some(None));
}

#[test]
fn a_symptom_follows_from_its_cause_and_a_macro_is_no_address() {
    assert_eq!(told(json!({"cause_eventid": "11"}), json!({})).inhibited_by, ["9".into()]);
    assert!(told(json!({"cause_eventid": "0"}), json!({})).inhibited_by.is_empty());
    assert_eq!(told(json!({}), json!({"url": "http://wiki/disk"})).annotations.get("runbook_url"), Some("http://wiki/disk"));
    assert_eq!(told(json!({}), json!({"url": "http://wiki/{HOST.NAME}"})).annotations.get("runbook_url"), None);
}

#[test]
fn of_a_trigger_with_several_problems_each_is_one() {
    assert_eq!(told(json!({}), json!({"type": "0"})).id.fingerprint.as_str(), "23133");
    assert_eq!(told(json!({}), json!({"type": "1"})).id.fingerprint.as_str(), "23133.25");
}
