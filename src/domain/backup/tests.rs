use super::*;

fn now() -> DateTime<Utc> {
    "2026-03-11T12:00:00Z".parse().expect("a time")
}

fn backup(hours_ago: i64, gigabytes: f64) -> Backup {
    let at = now() - chrono::Duration::hours(hours_ago);
    Backup { name: hours_ago.to_string(), at, bytes: Some(gigabytes * 1e9), took: None, sort: None, broken: false }
}

fn promise() -> Promise {
    Promise { rpo: Duration::from_secs(25 * 3_600), keep: Keep::default(), restored: None, rto: None }
}

fn words(backups: &[Backup], restore: Option<Restore>, promise: &Promise) -> Vec<String> {
    let found = judge(backups, restore, promise, now());
    found.into_iter().map(|finding| format!("{} {}", finding.state.word(), finding.words)).collect()
}

/// One a day, the newest of this size.
fn daily(count: i64, newest: f64) -> Vec<Backup> {
    (0..count).rev().map(|day| backup(3 + 24 * day, if day == 0 { newest } else { 120.0 + day as f64 % 3.0 })).collect()
}

#[test]
fn missing_late_small_and_empty_are_said_in_words_of_their_own() {
    assert_eq!(words(&[], None, &promise()), ["failing missing: there is no backup"]);
    assert_eq!(words(&[backup(26, 1.0)], None, &promise()), ["failing late: the newest is 26 h old, at most 25 h"]);
    assert_eq!(words(&daily(10, 121.0), None, &promise()), [] as [&str; 0]);
    assert_eq!(words(&daily(10, 41.0), None, &promise()), ["degraded suspiciously small: 41 GB, usually 120 to 122 GB"]);
    assert_eq!(words(&daily(10, 0.0), None, &promise()), ["failing empty: the newest has no content"]);
}

#[test]
fn what_is_broken_is_no_backup() {
    let broken = |hours| Backup { broken: true, ..backup(hours, 1.0) };
    assert_eq!(words(&[broken(1), broken(2)], None, &promise()), ["failing missing: 2 are there, and all are broken"]);
    let found = words(&[backup(30, 1.0), broken(1)], None, &promise());
    assert_eq!(found, ["failing late: the newest is 30 h old, at most 25 h", "degraded the last one is broken"]);
}

#[test]
fn never_restored_restored_long_ago_and_restored_too_slowly_differ() {
    let asked =
        Promise { restored: Some(Duration::from_secs(90 * 86_400)), rto: Some(Duration::from_secs(4 * 3_600)), ..promise() };
    let restored = |days: i64, hours: u64| {
        let took = Some(Duration::from_secs(hours * 3_600));
        words(&[backup(1, 1.0)], Some(Restore { at: now() - chrono::Duration::days(days), took }), &asked)
    };
    assert_eq!(words(&[backup(1, 1.0)], None, &asked), ["degraded never restored: nobody knows whether it can be"]);
    assert_eq!(restored(91, 1), ["degraded not restored for 91 days, at most 90 days"]);
    assert_eq!(restored(12, 5), ["degraded the last restore took 5 h, at most 4 h (RTO)"]);
    assert_eq!(restored(12, 3), [] as [&str; 0]);
}

#[test]
fn grandfather_father_and_son_are_each_asked_for_since_there_was_anything() {
    let keep = Keep { daily: 3, weekly: 4, monthly: 2, yearly: 0 };
    let asked = Promise { keep, ..promise() };
    let all: Vec<Backup> = (0..100).map(|day| backup(3 + 24 * day, 1.0)).collect();
    assert_eq!(words(&all, None, &asked), [] as [&str; 0]);
    // Monday the 9th is gone.
    let but = |gone: &dyn Fn(&Backup) -> bool| -> Vec<Backup> { all.iter().filter(|backup| !gone(backup)).cloned().collect() };
    let monday = but(&|backup| backup.at.date_naive().to_string() == "2026-03-09");
    assert_eq!(words(&monday, None, &asked), ["degraded not kept: none of 2026-03-09"]);
    let february = but(&|backup| backup.at.month() == 2);
    assert_eq!(words(&february, None, &asked), ["degraded not kept: none of 2026-W08 and 2 more"]);
    let young: Vec<Backup> = all.iter().take(2).cloned().collect();
    assert_eq!(words(&young, None, &asked), [] as [&str; 0], "what began yesterday lacks nothing yet");
}

#[test]
fn the_week_in_which_the_year_changes_is_one() {
    // Monday the 29th of December is in the first week of the next year.
    let at = |text: &str| Backup::new(text.to_owned(), text.parse().expect("a time"), Some(1e9));
    let all = ["2024-12-27", "2025-12-22", "2025-12-29", "2026-01-05", "2026-01-12"].map(|day| at(&format!("{day}T02:00:00Z")));
    let keep = |weekly, yearly| Promise { keep: Keep { weekly, yearly, ..Keep::default() }, ..promise() };
    let lacks = |backups: &[Backup], promise: &Promise| {
        let found = judge(backups, None, promise, "2026-01-12T12:00:00Z".parse().expect("a time"));
        found.into_iter().map(|finding| finding.words).collect::<Vec<_>>()
    };
    assert_eq!(lacks(&all, &keep(3, 2)), [] as [&str; 0]);
    assert_eq!(lacks(&all, &keep(4, 0)), ["not kept: none of 2025-W51"]);
    assert_eq!(lacks(&[&all[..2], &all[3..]].concat(), &keep(3, 0)), ["not kept: none of 2026-W01"]);
    let lost = [&all[..1], &all[3..]].concat();
    assert_eq!(lacks(&lost, &keep(0, 2)), ["not kept: none of 2025"]);
}

#[test]
fn sizes_read_as_people_say_them() {
    let sizes = [0.0, 999.0, 1_000.0, 1_500_000.0, 41e9, 118.4e9, 9.96e11, 1e15, 1e19];
    assert_eq!(sizes.map(bytes), ["0 B", "999 B", "1.0 kB", "1.5 MB", "41 GB", "118 GB", "996 GB", "1.0 PB", "10000 PB"]);
}
