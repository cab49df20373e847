//! An export read back: what it says again is the same, and a file that was damaged is refused with its place.

use super::*;
use midwatch::domain::entry::Visibility;
use midwatch::domain::incident::Role;
use midwatch::exports::read::{Flaw, read};

fn notes() -> Vec<String> {
    ["saw 5xx drop", "| `pipes` | <b>\u{202e}", "", "日本\nsecond line"].map(str::to_owned).into()
}

fn lines() -> String {
    written("jsonl", &incident("ana", "down", &notes()))
}

fn flaw(text: &str) -> Flaw {
    read(text, chrono_tz::Tz::UTC).expect_err("a flaw")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_back_says_the_same_in_every_format(name in hostile(), title in hostile(), notes in prop::collection::vec(hostile(), 1..5)) {
        let original = incident(&name, &title, &notes);
        for format in ["jsonl", "json"] {
            let again = read(&written(format, &original), chrono_tz::Tz::UTC).map_err(|flaw| TestCaseError::fail(format!("{flaw:?}")))?;
            for format in ["csv", "html", "md"] {
                prop_assert_eq!(written(format, &again), written(format, &original));
            }
        }
    }
}

#[test]
fn what_was_corrected_and_marked_comes_back() {
    let mut original = incident("ana", "down", &notes());
    let line = &mut original.lines[2];
    (line.corrected, line.important) = (true, true);
    (line.text, line.kind) = ("mended".to_owned(), Kind::Decision);
    line.at -= TimeDelta::minutes(1);
    let again = read(&written("jsonl", &original), chrono_tz::Tz::UTC).expect("sound");
    assert_eq!(written("csv", &again), written("csv", &original));
    assert_eq!(again.lines[2].entry.text, notes()[1], "what was recorded is there, too");
}

#[test]
fn an_end_that_is_missing_is_found() {
    let text = lines();
    let cut: Vec<&str> = text.lines().take(4).collect();
    let found = flaw(&cut.join("\n"));
    assert_eq!((found.line, found.why.as_str()), (4, "it says that it has 5 entries, and has 3: a part of it is missing"));
    let half = flaw(&text[..text.len() - 40]);
    assert_eq!(half.line, 6, "{half:?}");
    assert!(half.column.is_some_and(|column| column > 100));
}

#[test]
fn an_entry_that_was_changed_taken_out_or_put_in_again_is_found() {
    let text = lines();
    let changed = flaw(&text.replace("saw 5xx drop", "saw 5xx rise"));
    assert!(changed.line == 3 && changed.why.contains("it was changed since"), "{changed:?}");
    let all: Vec<&str> = text.lines().collect();
    let twice = flaw(&[&all[..3], &all[2..5]].concat().join("\n"));
    assert!(twice.line == 4 && twice.why.ends_with("is in it twice"), "{twice:?}");
    // A chain that somebody has written anew is sound in each entry, and does not continue.
    let other = incident("bob", "down", &notes());
    let other: Vec<String> = written("jsonl", &other).lines().map(str::to_owned).collect();
    let mixed = flaw(&[all[0], all[1], &other[2], all[3], all[4], all[5]].join("\n"));
    assert!(mixed.why.contains("does not continue"), "{mixed:?}");
}

#[test]
fn what_is_newer_or_no_export_is_said_to_be() {
    let text = lines();
    let newer = flaw(&text.replacen("\"schema\":1", "\"schema\":2", 1));
    assert!(newer.line == 1 && newer.why.contains("schema 2, which a newer midwatch writes"), "{newer:?}");
    let roles = text.replacen("\"verifiable\":true", "\"verifiable\":false", 1);
    let entry = flaw(&roles.replacen("\"v\":1", "\"v\":9", 1));
    assert!(entry.line == 2 && entry.why.contains("version 9"), "{entry:?}");
    for (text, why) in [
        ("", "empty"),
        ("hello", "expected value"),
        ("{}", "no `schema`"),
        ("[1]", "no `schema`"),
        ("{\"schema\":1}", "missing field"),
        ("\u{feff}{}", "expected value"),
    ] {
        let found = flaw(text);
        assert!(found.line == 1 && found.why.contains(why), "{text}: {found:?}");
    }
    let unknown = flaw(&text.replacen("\"status\":\"open\"", "\"status\":\"lost\"", 1));
    assert!(unknown.why.contains("lost"), "{unknown:?}");
}

#[test]
fn what_was_masked_is_read_and_never_called_verifiable_again() {
    let mut original = incident("ana", "down", &notes());
    original.people = People::Roles;
    let again = read(&written("jsonl", &original), chrono_tz::Tz::UTC).expect("sound");
    let document: serde_json::Value = serde_json::from_str(&written("json", &again)).expect("JSON");
    assert_eq!((&document["verifiable"], &document["entries"][0]["actor"]["name"]), (&false.into(), &"responder".into()));
}

#[test]
fn who_may_see_it_who_does_what_and_what_was_left_out_come_back() {
    let mut original = incident("ana", "down", &notes());
    let incident = &mut original.incident;
    (incident.private, incident.lead, incident.promised) = (true, Some("zoe".into()), Some(began() + TimeDelta::hours(1)));
    incident.roles.insert(Role::Scribe, "bo".into());
    (original.left_out, original.lines[2].corrected, original.lines[2].visibility) = (3, true, Visibility::Restricted);
    for format in ["jsonl", "json"] {
        let again = read(&written(format, &original), chrono_tz::Tz::UTC).expect("sound");
        assert_eq!(again.incident, original.incident, "{format}");
        assert_eq!((again.left_out, again.lines[2].visibility), (3, Visibility::Restricted), "{format}");
    }
}

#[test]
fn a_chain_that_is_broken_is_found_in_whatever_order_its_entries_stand() {
    let (ours, other) = (lines(), written("jsonl", &incident("bob", "down", &notes())));
    let (ours, other): (Vec<&str>, Vec<&str>) = (ours.lines().collect(), other.lines().collect());
    // What was noted with an earlier time stands before what was recorded before it.
    let late = flaw(&[ours[0], ours[2], other[1], ours[3], ours[4], ours[5]].join("\n"));
    assert!(late.line == 3 && late.why.contains("does not continue"), "{late:?}");
    let sound = [ours[0], ours[2], ours[1], ours[3], ours[4], ours[5]].join("\n");
    assert_eq!(read(&sound, chrono_tz::Tz::UTC).expect("sound").lines.len(), 5);
}
