use super::*;
use serde_json::json;

fn service(attrs: Value) -> Alert {
    with(attrs, json!({}), &Around::default())
}

fn with(attrs: Value, host: Value, around: &Around) -> Alert {
    let it = serde_json::from_value(attrs).expect("a service");
    let host = serde_json::from_value(host).expect("a host");
    alert(&"ic".into(), &Object::named("web1!http"), &it, &host, around)
}

fn label(alert: &Alert, name: &str) -> String {
    alert.labels.get(name).unwrap_or("-").to_owned()
}

#[test]
fn severity_is_the_state_and_what_nobody_knows_is_unknown() {
    let severity = |state: f64| label(&service(json!({"state": state, "state_type": 1})), "severity");
    assert_eq!([1.0, 2.0, 3.0, 7.0].map(severity), ["warning", "critical", "unknown", "unknown"]);
    let host = alert(&"ic".into(), &Object::named("web1"), &Checkable::default(), &JoinedHost::default(), &Around::default());
    assert_eq!((host.name(), label(&host, "severity"), label(&host, "service")), ("host down", "critical".into(), "-".into()));
}

#[test]
fn plain_variables_are_labels_and_secret_ones_and_lists_are_not() {
    let vars = json!({"team": "shop", "role": "a", "weight": 80.0, "mail": true, "mysql_password": "x", "snmp_community": "y",
        "disks": {"a": 1}, "host": "liar", "none": null, "API_Key": "z"});
    let alert = with(
        json!({"state": 2, "vars": vars, "groups": ["g"]}),
        json!({"vars": {"role": "b", "site": "fra"}, "groups": ["l", "m"]}),
        &Around::default(),
    );
    let shown: Vec<String> = alert.labels.iter().map(|(name, value)| format!("{}={}", name.raw(), value.raw())).collect();
    let wanted = "alertname=http host=web1 hostgroups=l,m mail=true role=a service=http servicegroups=g severity=critical site=fra team=shop weight=80";
    assert_eq!(shown.join(" "), wanted);
}

#[test]
fn a_soft_state_is_pending_and_began_when_it_changed() {
    let times = |kind: u8| json!({"state": 2, "state_type": kind, "last_state_change": 20.0, "last_hard_state_change": 10.0});
    let (soft, hard) = (service(times(0)), service(times(1)));
    assert_eq!((soft.upstream, soft.starts_at), (Upstream::Pending, time(Some(20.0))));
    assert_eq!((hard.upstream, hard.starts_at), (Upstream::Firing, time(Some(10.0))));
}

#[test]
fn the_first_line_is_the_summary_and_notes_are_the_runbook() {
    let alert = service(json!({"state": 2, "last_check_result": {"output": "CRITICAL - refused\nline 2\nline 3"},
        "notes_url": "https://wiki/$host.name$/$service.name$#x", "action_url": "https://graphs"}));
    assert_eq!((alert.summary(), alert.annotations.get("description")), (Some("CRITICAL - refused"), Some("line 2\nline 3")));
    assert_eq!(alert.annotations.get("runbook_url"), Some("https://wiki/web1/http#x"));
    assert_eq!(alert.url.as_ref().map(Outside::raw), Some("https://wiki/web1/http#x"));
    assert_eq!(
        service(json!({"action_url": "https://graphs", "notes_url": ""})).url.map(|url| url.raw().to_owned()),
        Some("https://graphs".into())
    );
}

#[test]
fn who_holds_it_is_told_without_our_marker() {
    let mut around = Around::default();
    let said = |text: &str| serde_json::from_value(json!({"author": "ana", "text": text})).expect("a comment");
    around.acks.insert(Object::named("web1!http"), said("looking [mw:0197-1]"));
    let held = with(json!({"state": 2, "acknowledgement": 2, "acknowledgement_expiry": 100.0}), json!({}), &around);
    let hold = held.acknowledged().expect("held");
    assert_eq!((hold.by.raw(), hold.comment.raw(), hold.until), ("ana", "looking", Some(time(Some(100.0)))));
    around.acks.insert(Object::named("web1!http"), said("see [mw:x] and this"));
    let held = with(json!({"acknowledgement": 1, "acknowledgement_expiry": 0}), json!({}), &around);
    assert_eq!(held.acknowledged().map(|hold| (hold.comment.raw(), hold.until)), Some(("see [mw:x] and this", None)));
    assert_eq!(with(json!({"acknowledgement": 0}), json!({}), &around).held, None, "a comment outlives its acknowledgement");
    let alone = with(json!({"acknowledgement": 1}), json!({}), &Around::default());
    assert_eq!(alone.acknowledged().map(|hold| hold.by.raw()), Some("somebody"), "and an acknowledgement its comment");
}

#[test]
fn what_follows_from_something_else_says_from_what() {
    let mut around = Around::default();
    let lost = |around: &Around| with(json!({"state": 2, "state_type": 1, "last_reachable": false}), json!({}), around);
    assert_eq!(lost(&around).muted_by, ["unreachable".into()]);
    around.parents.insert(Object::named("web1!http"), vec!["switch".into()]);
    around.down.insert("web1".into());
    assert_eq!((lost(&around).inhibited_by, lost(&around).muted_by), (vec!["switch".into(), "web1".into()], vec![]));
    let reached = with(json!({"state": 2, "last_reachable": true}), json!({}), &around);
    assert_eq!(reached.inhibited_by, ["web1".into()], "its host is down, whatever the check says");
}

#[test]
fn a_downtime_silences_even_if_nobody_may_see_it() {
    let mut around = Around::default();
    let quiet = |around: &Around, depth: f64| with(json!({"downtime_depth": depth}), json!({}), around).silenced_by;
    assert_eq!((quiet(&around, 0.0), quiet(&around, 1.0)), (vec![], vec!["downtime".into()]));
    around.downtimes.insert(Object::named("web1!http"), vec!["web1!http!u-1".into()]);
    assert_eq!(quiet(&around, 1.0), ["web1!http!u-1".into()]);
    assert!(quiet(&around, 0.0).is_empty());
}
