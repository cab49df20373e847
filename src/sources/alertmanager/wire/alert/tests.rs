use super::*;

fn read(text: &str, ignored: &[String]) -> Result<Vec<Arc<Alert>>, Fault> {
    again(text, ignored, &[])
}

fn again(text: &str, ignored: &[String], before: &[Arc<Alert>]) -> Result<Vec<Arc<Alert>>, Fault> {
    let source = "prod".into();
    let mut reader = Reader::new(&source, ignored, false, before);
    text.as_bytes().chunks(100).for_each(|piece| reader.take(piece));
    reader.end().map(|list| list.into_iter().map(|listed| listed.alert).collect())
}

#[test]
fn an_alert_needs_labels_and_nothing_else() {
    assert_eq!(read(r#"[{"labels": {}}]"#, &[]).expect("reads")[0].id.to_string(), "prod/cbf29ce484222325");
    assert!(read("[{}]", &[]).is_err(), "another system's list");
    assert!(read("[] []", &[]).is_err(), "something behind the list");
}

#[test]
fn null_stands_for_nothing_everywhere() {
    let text = r#"[{"labels": {"a": "b"}, "annotations": null, "fingerprint": null, "startsAt": null, "updatedAt": null,
        "generatorURL": null, "receivers": null, "status": {"silencedBy": null, "inhibitedBy": null, "mutedBy": null}}]"#;
    assert_eq!(read(text, &[]).expect("reads").len(), 1);
}

#[test]
fn what_holds_an_alert_back_is_read() {
    let text = r#"[{"labels": {"a": "b"}, "status": {"state": "suppressed", "silencedBy": ["s1"], "inhibitedBy": ["e94c744ae3d44df8"],
        "mutedBy": ["weekend"]}}]"#;
    let alert = &read(text, &[]).expect("reads")[0];
    assert_eq!((alert.silenced_by[0].raw(), alert.muted_by[0].raw()), ("s1", "weekend"));
    assert_eq!(alert.inhibited_by[0].as_str(), "e94c744ae3d44df8");
}

#[test]
fn ignored_labels_do_not_count_in_the_fingerprint() {
    let text = r#"[{"labels": {"alertname": "Watchdog", "replica": "a"}, "fingerprint": "ffffffffffffffff"}]"#;
    let alert = &read(text, &["replica".to_owned()]).expect("reads")[0];
    assert_eq!(alert.id.fingerprint.as_str(), "003b0a0f7d3fa569");
}

#[test]
fn alerts_share_their_words() {
    let text = r#"[{"labels": {"severity": "critical"}}, {"labels": {"job": "db", "severity": "critical"}}]"#;
    let two = read(text, &[]).expect("reads");
    let word = |alert: &Alert| alert.labels.get("severity").expect("has it").as_ptr();
    assert_eq!(word(&two[0]), word(&two[1]));
}

#[test]
fn an_alert_that_says_the_same_is_kept_and_one_that_changed_is_not() {
    let list = |changed: &str| {
        format!(
            r#"[{{"fingerprint": "00000000000000aa", "labels": {{"a": "1"}}, "startsAt": "2026-03-01T10:00:00Z", "receivers": [{{"name": "ops"}}]}},
                {{"fingerprint": "00000000000000bb", "labels": {{"a": "2"}}, {changed}}},
                {{"fingerprint": "00000000000000cc", "labels": {{"a": "3"}}, "annotations": {{"x": "y"}}}}]"#
        )
    };
    let before = read(&list(r#""endsAt": "1""#), &[]).expect("reads");
    let changes = [
        r#""annotations": {"x": "y"}"#,
        r#""startsAt": "2026-03-01T10:00:00Z""#,
        r#""generatorURL": "http://x""#,
        r#""receivers": [{"name": "dev"}]"#,
        r#""status": {"silencedBy": ["s"]}"#,
        r#""status": {"inhibitedBy": ["s"]}"#,
        r#""status": {"mutedBy": ["s"]}"#,
    ];
    for change in changes {
        let after = again(&list(change), &[], &before).expect("reads");
        assert_eq!(after, read(&list(change), &[]).expect("reads"), "{change}");
        let kept: Vec<_> = before.iter().zip(&after).map(|(old, new)| Arc::ptr_eq(old, new)).collect();
        assert_eq!(kept, [true, false, true], "{change}");
    }
    let unchanged = again(&list(r#""endsAt": "2""#), &[], &before).expect("reads");
    assert!(before.iter().zip(&unchanged).all(|(old, new)| Arc::ptr_eq(old, new)));
}
