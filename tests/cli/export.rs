//! `midwatch export`: every event in order, the same bytes each time, and nothing that attacks its reader.

use super::*;

const HOSTILE: &str = "<script>alert(1)</script> | `x` [a](http://evil) \u{1b}[31m\n# not a heading";

fn told() -> Home {
    let home = Home::with("operator: {name: ana, role: on-call}\n");
    for args in [
        &["incident", "open", "no | payments", "--severity", "SEV1"][..],
        &["note", HOSTILE],
        &["note", "-30m first sign"],
        &["note", "+ mend the alert"],
        &["incident", "set", "INC-1", "--status", "resolved"],
        &["incident", "close", "INC-1"],
    ] {
        assert_eq!(code(&home.run(args)), Some(0), "{args:?}");
    }
    home
}

#[test]
fn all_formats_hold_every_event_in_order_and_the_same_bytes_each_time() {
    let home = told();
    let order = ["first sign", "declared SEV1", "mend the alert", "INC-1 resolved", "INC-1 closed"];
    for format in ["csv", "html", "json", "jsonl", "md"] {
        let export = |people: &str| {
            let output = home.run(&["export", "INC-1", "--format", format, "--people", people]);
            assert_eq!(code(&output), Some(0));
            out(&output)
        };
        let text = export("names");
        assert_eq!(text, export("names"), "{format}");
        let timeline = text.split("## Timeline").last().and_then(|part| part.split("<h2>Timeline").last()).expect("a part");
        let places: Vec<usize> =
            order.iter().map(|words| timeline.find(words).unwrap_or_else(|| panic!("{format}: {words}"))).collect();
        assert!(places.is_sorted(), "{format}: {places:?}");
        assert!(text.contains("ana") && !export("roles").contains("ana"), "{format}");
        assert!(export("roles").contains("on-call"), "{format}");
    }
}

#[test]
fn markdown_stays_text_whatever_was_typed() {
    let home = told();
    let text = out(&home.run(&["export", "INC-1", "--format", "md"]));
    assert!(!text.contains('\u{1b}') && !text.contains("<script") && !text.contains("[a]("), "{text}");
    assert!(!text.lines().any(|line| line.starts_with("# not")), "{text}");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| 2")).collect();
    assert_eq!(rows.len(), 6, "one row an event");
    assert!(rows.iter().all(|row| row.matches('|').count() == 5), "{rows:?}");
}

#[test]
fn json_is_verifiable_with_names_and_says_so_without() {
    let home = told();
    let names: Value =
        serde_json::from_str(&out(&home.run(&["export", "INC-1", "--format", "json", "--people", "names"]))).expect("JSON");
    let roles: Value = serde_json::from_str(&out(&home.run(&["export", "INC-1", "--format", "json"]))).expect("JSON");
    assert_names(&names, "schema incident metrics entries heads verifiable");
    assert_eq!((&names["verifiable"], &roles["verifiable"]), (&true.into(), &false.into()));
    let hostile = names["entries"].as_array().expect("a list").iter().find(|entry| entry["text"] == HOSTILE);
    assert!(hostile.is_some_and(|entry| entry["hash"].as_str().is_some_and(|hash| hash.len() == 64)), "whole, with its hash");
    let file = home.write("older.json", &names.to_string());
    let sound = home.run(&["journal", "verify", "--against", file.to_str().expect("a path"), "--json"]);
    assert_eq!((code(&sound), &document(&sound)["sound"]), (Some(0), &true.into()));
}

#[test]
fn a_file_is_written_once_and_never_over_another() {
    let home = told();
    let export = ["export", "INC-1", "--format", "md", "--tz", "Europe/Berlin", "--output", "timeline.md"];
    let first = home.run(&export);
    assert_eq!((code(&first), out(&first).as_str()), (Some(0), ""));
    let text = std::fs::read_to_string(home.path().join("timeline.md")).expect("is there");
    assert!(text.contains("| at (Europe/Berlin) |"));
    assert_eq!(code(&home.run(&export)), Some(2));
    assert_eq!(std::fs::read_to_string(home.path().join("timeline.md")).expect("is there"), text);
    assert_eq!(code(&home.run(&["export", "INC-1", "--format", "pdf"])), Some(2));
    assert_eq!(code(&home.run(&["export", "INC-1", "--format", "md", "--tz", "Mars/Base"])), Some(2));
    assert_eq!(code(&home.run(&["export", "INC-2", "--format", "md"])), Some(2));
}

#[test]
fn what_goes_to_standard_output_is_what_was_asked_for() {
    let home = Home::with("operator: {name: ana}\n");
    assert_eq!(code(&home.run(&["incident", "open", "down"])), Some(0));
    let both = home.run(&["export", "INC-1", "--format", "md", "--json"]);
    assert_eq!((code(&both), out(&both).as_str()), (Some(2), ""));
    let dash = home.run(&["export", "INC-1", "--format", "md", "--output", "-"]);
    assert!(out(&dash).starts_with("# INC-1") && !home.path().join("-").exists(), "{dash:?}");
}
