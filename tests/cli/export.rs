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
    assert_names(&names, "schema incident metrics entries heads verifiable left_out");
    assert_eq!((&names["verifiable"], &roles["verifiable"]), (&true.into(), &false.into()));
    let hostile = names["entries"].as_array().expect("a list").iter().find(|entry| entry["text"] == HOSTILE);
    assert!(hostile.is_some_and(|entry| entry["hash"].as_str().is_some_and(|hash| hash.len() == 64)), "whole, with its hash");
    let file = home.write("older.json", &names.to_string());
    let sound = home.run(&["journal", "verify", "--against", file.to_str().expect("a path"), "--json"]);
    assert_eq!((code(&sound), &document(&sound)["sound"]), (Some(0), &true.into()));
}

#[test]
fn an_export_that_was_changed_itself_vouches_for_nothing() {
    let home = told();
    let verified = |name: &str, text: &str| {
        let file = home.write(name, text).display().to_string();
        let output = home.run(&["journal", "verify", "--against", &file]);
        (code(&output), out(&output))
    };
    for format in ["json", "jsonl"] {
        let text = exported(&home, &[format, "--people", "names"]);
        assert_eq!(verified(&format!("whole.{format}"), &text).0, Some(0), "{format}");
        let changed = text.replace("first sign", "no sign");
        assert_ne!(changed, text);
        let (code, told) = verified(&format!("changed.{format}"), &changed);
        assert!(code == Some(1) && told.contains("it was changed since") && told.contains("1 problems"), "{told}");
        let masked = exported(&home, &[format]);
        let (code, told) = verified(&format!("masked.{format}"), &masked);
        assert!(code == Some(0) && told.contains("can't be checked, for it is masked"), "{told}");
    }
    let cut: Vec<String> = exported(&home, &["jsonl", "--people", "names"]).lines().map(str::to_owned).collect();
    let (code, told) = verified("cut.jsonl", &cut[..cut.len() - 1].join("\n"));
    assert!(code == Some(1) && told.contains("a part of it is missing"), "{told}");
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

fn exported(home: &Home, args: &[&str]) -> String {
    let output = home.run(&[&["export", "INC-1", "--format"], args].concat());
    assert_eq!(code(&output), Some(0), "{args:?}: {}", err(&output));
    out(&output)
}

fn texts(csv: &str) -> Vec<String> {
    csv::Reader::from_reader(csv.as_bytes()).records().map(|row| row.expect("a row")[4].to_owned()).collect()
}

#[test]
fn a_part_is_exported_and_says_that_it_is_one() {
    let home = told();
    assert_eq!(
        texts(&exported(&home, &["csv", "--kind", "todo", "--kind", "status"])),
        ["mend the alert", "INC-1 resolved", "INC-1 closed"]
    );
    assert_eq!(texts(&exported(&home, &["csv", "--important"])).len(), 3);
    assert_eq!(texts(&exported(&home, &["csv", "--until", "-20m"])), ["first sign"]);
    assert!(!texts(&exported(&home, &["csv", "--since", "-20m"])).contains(&"first sign".to_owned()));
    assert!(exported(&home, &["md", "--kind", "todo"]).contains("5 entries were left out"));
    let whole: Value = serde_json::from_str(&exported(&home, &["json"])).expect("JSON");
    let part: Value = serde_json::from_str(&exported(&home, &["json", "--important"])).expect("JSON");
    assert_eq!((&whole["left_out"], &part["left_out"]), (&0.into(), &3.into()));
    assert_eq!(whole["metrics"], part["metrics"], "its times are those of all of it");
    let wrong = home.run(&["export", "INC-1", "--format", "csv", "--kind", "stauts"]);
    assert!(code(&wrong) == Some(2) && err(&wrong).contains("no entry is of the kind `stauts`"), "{}", err(&wrong));
}

#[test]
fn what_is_restricted_stays_in_the_house_unless_somebody_says_so() {
    let home = told();
    assert_eq!(code(&home.run(&["note", "--incident", "INC-1", "--visibility", "restricted", "the key leaked"])), Some(0));
    assert_eq!(code(&home.run(&["note", "--incident", "INC-1", "--visibility", "public", "we are sorry"])), Some(0));
    let shown = |who: &str| exported(&home, &["csv", "--visibility", who]);
    assert!(!exported(&home, &["csv"]).contains("leaked") && shown("restricted").contains("leaked"));
    assert_eq!(texts(&shown("public")), ["we are sorry"]);
    assert_eq!(code(&home.run(&["incident", "set", "INC-1", "--private"])), Some(0));
    let refused = home.run(&["export", "INC-1", "--format", "md"]);
    assert!(code(&refused) == Some(2) && err(&refused).contains("--visibility restricted"), "{}", err(&refused));
    assert!(shown("restricted").contains("first sign"));
}

#[test]
fn what_looks_like_a_secret_is_struck_and_counted() {
    let home = Home::with("operator: {name: ana}\n");
    for args in [&["incident", "open", "down"][..], &["note", "curl -H 'Authorization: Bearer abcdef123456' for CUST-77"]] {
        assert_eq!(code(&home.run(args)), Some(0));
    }
    for format in ["csv", "html", "json", "jsonl", "md"] {
        let text = exported(&home, &[format, "--people", "names", "--redact", "CUST-[0-9]+"]);
        assert!(!text.contains("abcdef123456") && !text.contains("CUST-77") && text.contains("•••"), "{format}: {text}");
    }
    assert!(exported(&home, &["md", "--redact", "CUST-[0-9]+"]).contains("2 spots of secrets were masked"));
    let document: Value = serde_json::from_str(&exported(&home, &["json", "--people", "names"])).expect("JSON");
    assert_eq!(document["verifiable"], false);
    let wrong = home.run(&["export", "INC-1", "--format", "md", "--redact", "("]);
    assert!(code(&wrong) == Some(2) && err(&wrong).contains("--redact: `(` is no regular expression"), "{}", err(&wrong));
}

#[test]
fn what_is_masked_in_an_export_is_told_from_what_was_changed_in_it() {
    let home = Home::with("operator: {name: ana}\n");
    for args in [&["incident", "open", "down"][..], &["note", "called CUST-77 twice"], &["note", "plain"]] {
        assert_eq!(code(&home.run(args)), Some(0));
    }
    for format in ["json", "jsonl"] {
        let text = exported(&home, &[format, "--people", "names", "--redact", "CUST-[0-9]+"]);
        let verified = |text: &str| {
            let file = home.write("older", text).display().to_string();
            let output = home.run(&["journal", "verify", "--against", &file]);
            (code(&output), out(&output))
        };
        let (sound, told) = verified(&text);
        assert!(sound == Some(0) && told.contains("1 of its 3 entries are masked, and but for that as they are here"), "{told}");
        for (was, is) in [("plain", "plane"), ("called •••", "called off •••")] {
            let changed = text.replace(was, is);
            assert_ne!(changed, text);
            let (sound, told) = verified(&changed);
            assert!(sound == Some(1) && told.contains("is another one in the export, and not by what is masked"), "{is}: {told}");
        }
    }
}

#[test]
fn what_the_configuration_strikes_is_in_no_export_and_without_it_nothing_leaves() {
    let home = Home::with("operator: {name: ana}\nexport: {redact: ['(CUST|ACCT)-[0-9]+']}\n");
    for args in [&["incident", "open", "down for ACCT-12"][..], &["note", "called CUST-77, falcon"]] {
        assert_eq!(code(&home.run(args)), Some(0));
    }
    for format in ["csv", "html", "json", "jsonl", "md"] {
        let text = exported(&home, &[format, "--people", "names", "--redact", "falcon"]);
        assert!(!text.contains("CUST") && !text.contains("ACCT") && !text.contains("falcon"), "{format}: {text}");
    }
    home.write("team.md", "{% for line in lines %}{{ line.what }};{% endfor %}");
    assert!(!exported(&home, &["md", "--template", "team.md"]).contains("CUST"));
    home.write("config.yaml", "operator: {name: ana}\nexport:\n  redact: [fine, 'CUST-(']\n");
    let refused = home.run(&["export", "INC-1", "--format", "md"]);
    assert!(code(&refused) == Some(2) && refused.stdout.is_empty(), "{}", err(&refused));
    assert!(err(&refused).contains("config.yaml:3:18") && err(&refused).contains("unclosed group"), "{}", err(&refused));
    let checked = home.run(&["check"]);
    assert!(code(&checked) == Some(1) && out(&checked).contains("config.yaml:3:18"), "{}", out(&checked));
}

#[test]
fn a_configuration_that_was_named_and_is_not_there_is_not_the_same_as_none() {
    let home = Home::with("operator: {name: ana}\nexport: {redact: ['CUST-[0-9]+']}\n");
    assert_eq!(code(&home.run(&["incident", "open", "down for CUST-7"])), Some(0));
    let export = ["export", "INC-1", "--format", "md"];
    let by_flag = home.run(&[&export[..], &["--config", "nowhere.yaml"]].concat());
    std::fs::rename(home.path().join("config.yaml"), home.path().join("away.yaml")).expect("moved");
    for refused in [by_flag, home.run(&export)] {
        assert!(code(&refused) == Some(2) && refused.stdout.is_empty(), "{refused:?}");
        assert!(err(&refused).contains("cannot read the configuration"), "{}", err(&refused));
    }
    // Nobody named one, and the standard place has none.
    let mut plain = home.command(&export);
    let plain = plain.env_remove("MIDWATCH_CONFIG").output().expect("midwatch runs");
    assert!(code(&plain) == Some(0) && out(&plain).contains("down for CUST-7"), "{plain:?}");
    // A link that leads nowhere is no place without a configuration.
    std::fs::create_dir_all(home.path().join(".config/midwatch")).expect("made");
    std::os::unix::fs::symlink("nowhere.yaml", home.path().join(".config/midwatch/config.yaml")).expect("linked");
    let refused = home.command(&export).env_remove("MIDWATCH_CONFIG").output().expect("midwatch runs");
    assert!(code(&refused) == Some(2) && refused.stdout.is_empty(), "{refused:?}");
}

#[test]
fn a_document_is_written_by_a_template_or_refused_whole() {
    let home = told();
    home.write("team.md", "{% for line in lines %}{{ line.what }};{% endfor %}");
    assert!(exported(&home, &["md", "--template", "team.md"]).contains("first sign;"));
    assert!(exported(&home, &["md", "--template", "brief"]).contains("- [ ] mend the alert"));
    assert!(out(&home.run(&["export", "INC-1", "--template", "brief"])).contains("- [ ] mend the alert"));
    home.write("broken.md", "fine\n{{ incident.titel }}");
    for (args, why) in [
        (&["md", "--template", "broken.md", "--output", "x.md"][..], "broken.md:2:4: undefined value"),
        (&["md", "--template", "nowhere.md"], "nowhere.md: No such file"),
        (&["csv", "--template", "brief"], "--template makes Markdown"),
    ] {
        let output = home.run(&[&["export", "INC-1", "--format"], args].concat());
        assert!(code(&output) == Some(2) && err(&output).contains(why), "{args:?}: {}", err(&output));
    }
    assert!(!home.path().join("x.md").exists());
}

#[test]
fn an_export_is_shown_and_exported_again_and_a_damaged_one_refused() {
    let home = told();
    let lines = exported(&home, &["jsonl", "--people", "names"]);
    home.write("inc.jsonl", &lines);
    let elsewhere = Home::with("operator: {name: bo}\n");
    elsewhere.write("inc.jsonl", &lines);
    assert!(out(&elsewhere.run(&["incident", "show", "inc.jsonl"])).contains("first sign"));
    let html = |home: &Home, what: &str| out(&home.run(&["export", what, "--format", "html"]));
    assert_eq!(html(&elsewhere, "inc.jsonl"), html(&home, "INC-1"));
    elsewhere.write("inc.jsonl", &lines.replace("first sign", "last sign"));
    let refused = elsewhere.run(&["incident", "show", "inc.jsonl"]);
    assert!(code(&refused) == Some(2) && err(&refused).contains("inc.jsonl:2: entry"), "{}", err(&refused));
    assert!(log(&elsewhere).is_empty(), "nothing of it came into the journal");
}

#[test]
fn words_that_look_for_somebody_to_blame_are_hinted_at_and_block_nothing() {
    let home = told();
    assert_eq!(code(&home.run(&["note", "--incident", "INC-1", "Ben should have looked"])), Some(0));
    let output = home.run(&["export", "INC-1", "--format", "md"]);
    assert!(
        code(&output) == Some(0) && err(&output).contains("hint: an entry looks for somebody to blame (“should have”)"),
        "{}",
        err(&output)
    );
    assert!(!err(&home.run(&["export", "INC-1", "--format", "md", "--quiet"])).contains("hint"));
}

#[test]
fn many_incidents_are_a_distribution_and_few_are_none() {
    let home = Home::with("operator: {name: ana}\n");
    assert!(out(&home.run(&["stats"])).contains("No incident was declared"));
    let began = chrono::Utc::now() - chrono::TimeDelta::hours(2);
    let at = |minutes: i64| (began + chrono::TimeDelta::minutes(minutes)).to_rfc3339();
    for n in 1..=10 {
        let name = format!("INC-{n}");
        assert_eq!(code(&home.run(&["incident", "open", "down", "--at", &at(0)])), Some(0));
        assert_eq!(code(&home.run(&["incident", "set", &name, "--status", "resolved", "--at", &at(n)])), Some(0));
        if n == 9 {
            let few = home.json(&["stats"]);
            assert_eq!((&few["incidents"], &few["metrics"]["resolve"]["median_ms"]), (&9.into(), &Value::Null));
            assert!(out(&home.run(&["stats"])).contains("n too small"));
        }
    }
    for args in [&["incident", "open", "no incident"][..], &["incident", "set", "INC-11", "--status", "cancelled"]] {
        assert_eq!(code(&home.run(args)), Some(0));
    }
    let stats = home.json(&["stats", "--severity", "SEV2"]);
    let resolve = &stats["metrics"]["resolve"];
    assert_eq!((&stats["incidents"], &resolve["n"], &resolve["formula"]), (&10.into(), &10.into(), &"t5 - t0".into()));
    let told = ["least_ms", "p25_ms", "median_ms", "p75_ms", "most_ms"].map(|name| resolve[name].as_i64().expect(name));
    assert_eq!(told, [60_000, 195_000, 330_000, 465_000, 600_000], "of one minute, two, up to ten");
    let detect = &stats["metrics"]["detect"];
    assert_eq!((&detect["n"], &detect["least_ms"]), (&0.into(), &Value::Null), "nothing fired");
    assert_eq!(stats["severities"], serde_json::json!({"SEV2": 10}));
    assert_eq!(home.json(&["stats", "--severity", "SEV1"])["incidents"], 0);
    assert_eq!(home.json(&["stats", "--since", "1h"])["incidents"], 0);
}

#[test]
fn the_console_shows_an_export_before_it_writes_the_same_bytes() {
    let home = Home::with("operator: {name: ana, role: on-call}\nexport: {redact: ['CUST-[0-9]+']}\n");
    for args in [&["incident", "open", "checkout down"][..], &["note", "saw | 5xx of CUST-9"]] {
        assert_eq!(code(&home.run(args)), Some(0));
    }
    let mut console = home.console(&[], 120, 40);
    console.wait_for("checkout down");
    console.keys(":export\r");
    console.wait_for("as `midwatch export INC-1 --format md` writes it");
    console.wait_for("Status: open");
    console.keys("\x04");
    console.wait_for("saw | 5xx of •••");
    console.keys("w\r");
    console.wait_for("✓ written to");
    assert_eq!(
        std::fs::read(home.path().join("incident-1.md")).expect("written"),
        home.run(&["export", "INC-1", "--format", "md"]).stdout
    );
    console.keys("w\r");
    console.wait_for("incident-1-2.md, for incident-1.md is there already");
    assert!(home.path().join("incident-1-2.md").exists());
    console.keys("w\x15night.doc\r");
    console.wait_for("no format ends so");
    assert!(!home.path().join("night.doc").exists());
    console.keys("w\x15~/night.html\r");
    console.wait_for("night.html");
    console.wait_for("✓ written to");
    assert_eq!(
        std::fs::read(home.path().join("night.html")).expect("written"),
        home.run(&["export", "INC-1", "--format", "html"]).stdout
    );
    console.keys("qq");
    assert_eq!(console.wait_exit().exit_code(), 0);
    assert_eq!(code(&home.run(&["incident", "set", "INC-1", "--private"])), Some(0));
    let mut console = home.console(&[], 80, 24);
    console.wait_for("checkout down");
    console.keys(":export\r");
    console.wait_for("is private");
}

#[test]
fn by_roles_people_of_one_role_are_told_apart_and_nobody_is_what_they_are_not_yet() {
    let home = Home::with("operator: {name: ana, role: on-call}\n");
    home.write("bo.yaml", "operator: {name: bo, role: on-call}\n");
    for args in [
        &["incident", "open", "down"][..],
        &["incident", "set", "INC-1", "--role", "scribe=dan"],
        &["incident", "handoff", "INC-1", "--to", "bo"],
        &["--config", "bo.yaml", "incident", "handoff", "INC-1", "--accept"],
        &["incident", "set", "INC-1", "--role", "lead=dan"],
    ] {
        assert_eq!(code(&home.run(args)), Some(0), "{args:?}");
    }
    let told = texts(&exported(&home, &["csv"])).join("|");
    assert!(told.contains("responder is scribe now") && told.contains("took INC-1 over from on-call"), "{told}");
    let page = exported(&home, &["md"]);
    assert!(page.contains("| on-call |") && page.contains("| another on-call |"), "{page}");
    assert!(
        ["ana", "bo", "dan"].iter().all(|name| !page.contains(&format!(" {name} "))) && !page.contains("**Lead:**"),
        "{page}"
    );
    let named = exported(&home, &["md", "--people", "names"]);
    assert!(named.contains("- **Lead:** dan\n") && named.contains("- **Scribe:** dan\n"), "{named}");
    assert!(exported(&home, &["html", "--people", "names"]).contains("<li><b>Lead</b> dan</li>"));
}

#[test]
fn what_was_reopened_has_no_close_time_until_it_is_closed_again() {
    let home = told();
    let closed = |home: &Home| home.json(&["incident", "show", "INC-1"])["metrics"]["closed_at"].clone();
    assert!(closed(&home).is_string());
    assert_eq!(code(&home.run(&["incident", "set", "INC-1", "--status", "open"])), Some(0));
    assert_eq!(closed(&home), Value::Null);
    assert!(exported(&home, &["md"]).contains("| closed | not recorded |"));
    assert_eq!(code(&home.run(&["incident", "close", "INC-1"])), Some(0));
    assert!(closed(&home).is_string());
}
