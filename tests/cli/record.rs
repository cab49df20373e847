//! What the record is made of from a shell: corrections, files that show something, merged and linked incidents, roles.

use super::*;
use std::os::unix::fs::PermissionsExt;

fn entries(home: &Home, incident: &str) -> Vec<Value> {
    home.json(&["incident", "show", incident])["entries"].as_array().expect("a list").clone()
}

fn id_of(home: &Home, text: &str) -> String {
    let entries = home.json(&["log"])["entries"].as_array().expect("a list").clone();
    let entry = entries.iter().find(|entry| entry["text"] == text).unwrap_or_else(|| panic!("{text}: {entries:?}"));
    entry["id"].as_str().expect("an id").to_owned()
}

fn done(home: &Home, args: &[&str]) {
    let output = home.run(args);
    assert_eq!(code(&output), Some(0), "{args:?}: {}", err(&output));
}

#[test]
fn an_entry_is_corrected_by_its_id_and_stays_as_it_was_recorded() {
    let home = Home::with("operator: {name: ana}\n");
    done(&home, &["incident", "open", "down"]);
    done(&home, &["note", "lag is 3 s"]);
    let id = id_of(&home, "lag is 3 s");
    done(&home, &["correct", &id, "--text", "lag is 30 s", "--kind", "decision", "--important", "--visibility", "public"]);
    let csv = out(&home.run(&["export", "INC-1", "--format", "csv"]));
    assert!(csv.contains(",decision,lag is 30 s,") && csv.contains(",true,true,") && !csv.contains("lag is 3 s"), "{csv}");
    let stored = entries(&home, "INC-1").into_iter().find(|entry| entry["id"] == id.as_str()).expect("there");
    assert_eq!((&stored["text"], &stored["kind"]), (&"lag is 3 s".into(), &"note".into()));
    done(&home, &["note", "-7m", "saw it"]);
    let log = out(&home.run(&["log"]));
    assert!(log.contains("lag is 30 s  (corrected)\n") && log.contains("saw it  (noted later)\n"), "{log}");
    let listed = home.json(&["log"])["entries"].as_array().expect("a list").clone();
    let corrected: Vec<_> = listed.iter().filter(|entry| entry["corrected"] != Value::Array(Vec::new())).collect();
    let [one] = corrected[..] else { panic!("{listed:?}") };
    let by = &one["corrected"][0];
    assert_eq!((&one["id"], &by["by"], &by["data"]["text"]), (&id.clone().into(), &"ana".into(), &"lag is 30 s".into()));
    assert_eq!(by["was"], "lag is 3 s");
    assert!(by["recorded_at"].is_string() && by["id"] == id_of_kind(&home, "correction").as_str(), "{by}");
    let correction = id_of_kind(&home, "correction");
    for (args, why) in [
        (&["correct", &id][..], "required"),
        (&["correct", "zzz", "--text", "x"], "no entry has an id"),
        (&["correct", &id[..4], "--text", "x"], "several entries"),
        (&["correct", &correction, "--text", "x"], "a correction itself"),
        (&["correct", &id, "--kind", "alert-fired"], "invalid value"),
    ] {
        let output = home.run(args);
        assert!(code(&output) == Some(2) && err(&output).contains(why), "{args:?}: {}", err(&output));
    }
}

fn id_of_kind(home: &Home, kind: &str) -> String {
    let file = rusqlite::Connection::open(home.path().join(".local/share/midwatch/journal.db")).expect("the journal");
    file.query_row("SELECT id FROM entries WHERE kind = ?1", [kind], |row| row.get(0)).expect("one")
}

#[test]
fn a_file_that_shows_something_is_kept_by_its_digest_before_the_entry_names_it() {
    let home = Home::with("operator: {name: ana}\n");
    done(&home, &["incident", "open", "down"]);
    std::fs::write(home.path().join("graph.png"), b"pixels").expect("a file");
    done(&home, &["note", "the lag graph", "--attach", "graph.png"]);
    std::fs::write(home.path().join("graph.png"), b"changed").expect("a file");
    let entry = entries(&home, "INC-1").into_iter().find(|entry| entry["kind"] == "evidence").expect("of that kind");
    let evidence = &entry["evidence"][0];
    assert_eq!((&evidence["name"], &evidence["size"]), (&"graph.png".into(), &6.into()));
    let kept = home.path().join(".local/share/midwatch/evidence").join(evidence["sha256"].as_str().expect("a digest"));
    assert_eq!(std::fs::read(&kept).expect("kept"), b"pixels");
    assert_eq!(std::fs::metadata(&kept).expect("kept").permissions().mode() & 0o777, 0o600);
    let before = log(&home).len();
    // Nobody ever writes into this pipe: it is not waited for.
    let pipe = std::process::Command::new("mkfifo").arg(home.path().join("pipe")).status().expect("mkfifo runs");
    assert!(pipe.success());
    for file in ["missing.png", ".", "pipe"] {
        let output = home.run(&["note", "x", "--attach", file]);
        assert!(code(&output) == Some(2) && err(&output).contains(file), "{}", err(&output));
    }
    assert_eq!(log(&home).len(), before, "nothing is recorded without its file");
    let names: Vec<_> = std::fs::read_dir(home.path().join(".local/share/midwatch/evidence")).expect("a folder").collect();
    assert_eq!(names.len(), 1, "nothing half-written is left: {names:?}");
}

#[test]
fn what_was_attached_is_verified_backed_up_and_brought_back_with_the_journal() {
    let home = Home::with("operator: {name: ana}\n");
    std::fs::write(home.path().join("graph.png"), b"pixels").expect("a file");
    std::fs::write(home.path().join("trace.txt"), b"lines").expect("a file");
    done(&home, &["note", "the lag graph", "--attach", "graph.png", "--attach", "trace.txt"]);
    done(&home, &["note", "nothing to show"]);
    done(&home, &["journal", "verify"]);
    done(&home, &["journal", "backup", "copy.db"]);
    let kept = |data: &str| -> Vec<Vec<u8>> {
        let folder = std::fs::read_dir(home.path().join(data)).expect("a folder");
        let mut files: Vec<_> = folder.map(|file| std::fs::read(file.expect("a file").path()).expect("read")).collect();
        files.sort();
        files
    };
    let both = vec![b"lines".to_vec(), b"pixels".to_vec()];
    assert_eq!(kept("copy.db.evidence"), both);
    done(&home, &["--data", "elsewhere", "journal", "restore", "copy.db"]);
    assert_eq!(kept("elsewhere/evidence"), both);
    done(&home, &["--data", "elsewhere", "journal", "verify"]);
    let again = home.run(&["journal", "backup", "copy.db"]);
    assert!(code(&again) == Some(4) && err(&again).contains("copy.db"), "{}", err(&again));

    let files = std::fs::read_dir(home.path().join("copy.db.evidence")).expect("a folder");
    let lines = files.map(|file| file.expect("a file").path()).find(|path| std::fs::read(path).expect("read") == b"lines");
    std::fs::write(lines.as_ref().expect("there"), b"other lines").expect("written");
    let refused = home.run(&["--data", "third", "journal", "restore", "copy.db"]);
    assert!(
        code(&refused) == Some(4) && err(&refused).contains("`trace.txt` of entry 1 is not what was attached"),
        "{}",
        err(&refused)
    );
    assert!(!home.path().join("third/journal.db").exists() && !home.path().join("third/evidence").exists());
    std::fs::remove_file(lines.expect("there")).expect("removed");
    done(&home, &["--data", "third", "journal", "restore", "copy.db"]);
    let verified = home.run(&["--data", "third", "journal", "verify"]);
    assert!(code(&verified) == Some(1) && out(&verified).contains("`trace.txt` of entry 1 is missing"), "{}", out(&verified));
    assert!(!out(&verified).contains("graph.png"), "{}", out(&verified));
}

#[test]
fn incidents_are_merged_and_entries_linked_from_a_shell() {
    let home = Home::with("operator: {name: ana}\n");
    done(&home, &["incident", "open", "database"]);
    done(&home, &["note", "saw the lag"]);
    done(&home, &["incident", "open", "shop"]);
    done(&home, &["note", "--incident", "INC-2", "no payments"]);
    let lag = id_of(&home, "saw the lag");
    let said = |incident: &str| -> Vec<String> {
        entries(&home, incident).iter().map(|entry| entry["text"].as_str().expect("text").to_owned()).collect()
    };
    done(&home, &["incident", "link", "INC-2", &lag]);
    assert!(said("INC-2").contains(&"saw the lag".to_owned()));
    done(&home, &["incident", "unlink", "INC-2", &lag]);
    assert!(!said("INC-2").contains(&"saw the lag".to_owned()));
    done(&home, &["incident", "merge", "INC-1", "--into", "INC-2"]);
    let shown = home.json(&["incident", "show", "INC-2"]);
    assert_eq!((&shown["incident"]["title"], &shown["incident"]["status"]), (&"shop".into(), &"open".into()));
    assert!(said("INC-2").contains(&"saw the lag".to_owned()));
    assert_eq!(home.json(&["incident", "show", "INC-1"])["incident"]["status"], "merged");
    done(&home, &["incident", "set", "INC-2", "--private"]);
    assert_eq!(
        home.json(&["incident", "show", "INC-2"])["incident"]["private"],
        true,
        "it is found though its declaration is corrected"
    );
    let again = home.run(&["incident", "merge", "INC-1", "--into", "INC-2"]);
    assert!(code(&again) == Some(2) && out(&again).contains("INC-1 is merged already"), "{}", out(&again));
    done(&home, &["incident", "open", "everything"]);
    done(&home, &["incident", "merge", "INC-2", "--into", "INC-3"]);
    let all = said("INC-3");
    assert!(all.contains(&"saw the lag".to_owned()) && all.contains(&"no payments".to_owned()), "{all:?}");
    assert_eq!(all.iter().filter(|text| text.as_str() == "saw the lag").count(), 1, "{all:?}");
}

#[test]
fn roles_are_set_and_an_unknown_one_is_named() {
    let home = Home::with("operator: {name: ana}\n");
    done(&home, &["incident", "open", "down"]);
    done(&home, &["incident", "set", "INC-1", "--role", "scribe=bo", "--role", "liaison=cy"]);
    assert_eq!(
        home.json(&["incident", "show", "INC-1"])["incident"]["roles"],
        serde_json::json!({"scribe": "bo", "liaison": "cy"})
    );
    done(&home, &["incident", "set", "INC-1", "--role", "scribe="]);
    assert_eq!(home.json(&["incident", "show", "INC-1"])["incident"]["roles"], serde_json::json!({"liaison": "cy"}));
    let wrong = home.run(&["incident", "set", "INC-1", "--role", "boss=bo"]);
    assert!(code(&wrong) == Some(2) && err(&wrong).contains("lead, scribe, expert, liaison"), "{}", err(&wrong));
}

#[test]
fn a_shift_is_offered_by_one_and_taken_over_by_the_other() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, "");
    done(&home, &["incident", "open", "down"]);
    done(&home, &["ack", &fingerprint]);
    let pack = out(&home.run(&["handoff"]));
    let parts = [
        "Open incidents:\n  INC-1 SEV2 down: open for",
        "Acknowledged and still firing:\n  ",
        "Silences that end:",
        "not through:\n  none",
    ];
    assert!(parts.iter().all(|part| pack.contains(part)), "{pack}");
    let document = home.json(&["handoff"]);
    assert_names(&document, "schema at holder offer sources firing services feeds incidents acks silences runs untold");
    assert_eq!((document["incidents"].as_array().map(Vec::len), document["acks"].as_array().map(Vec::len)), (Some(1), Some(1)));
    done(&home, &["handoff", "--to", "bo"]);
    let refused = home.run(&["handoff", "--accept"]);
    assert!(code(&refused) == Some(2) && out(&refused).contains("was offered to bo"), "{}", out(&refused));
    let config = std::fs::read_to_string(home.path().join("config.yaml")).expect("there");
    home.write("config.yaml", &config.replace("name: ana", "name: bo"));
    done(&home, &["handoff", "--accept"]);
    assert_eq!(home.json(&["handoff"])["holder"], "bo");
    assert_eq!(home.json(&["incident", "show", "INC-1"])["incident"]["lead"], "bo");
    done(&home, &["incident", "handoff", "INC-1", "--to", "cy"]);
    assert_eq!(code(&home.run(&["incident", "handoff", "INC-1"])), Some(2), "it says neither");
    assert_eq!(code(&home.run(&["handoff", "--to", "x", "--accept"])), Some(2), "nor both");
}

#[test]
fn the_console_keeps_a_file_and_then_records_it() {
    let home = Home::with("operator: {name: ana}\n");
    home.write("graph.png", "the lag");
    done(&home, &["incident", "open", "checkout down"]);
    let mut console = home.console(&[], 120, 40);
    console.wait_for("declared SEV");
    console.keys("4a");
    console.wait_for("Attach a file to INC-1 checkout down");
    console.keys("~/graph.png\tthe lag graph\r");
    console.wait_for("✓ recorded");
    console.keys("a~/none.png\r");
    console.wait_for("none.png: No such file");
    console.keys("qq");
    assert_eq!(console.wait_exit().exit_code(), 0);
    let shown = home.json(&["incident", "show", "INC-1"]);
    let entry = shown["entries"].as_array().expect("entries").iter().find(|entry| entry["kind"] == "evidence").expect("recorded");
    assert_eq!((&entry["text"], &entry["evidence"][0]["name"]), (&"the lag graph".into(), &"graph.png".into()));
    let digest = entry["evidence"][0]["sha256"].as_str().expect("a digest");
    let folder = home.path().join(".local/share/midwatch/evidence");
    assert_eq!(std::fs::read(folder.join(digest)).expect("kept"), b"the lag");
    assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 1, "nothing is left of the one that failed");
    assert_eq!(code(&home.run(&["journal", "verify"])), Some(0));
}

#[test]
fn a_backup_that_fails_half_way_leaves_nothing_in_the_way_of_the_next() {
    // What is longer than the limit can't be written: the journal fits, and the file that an entry names doesn't.
    let limited = r#"trap '' XFSZ; [ ! -e limited ] || ulimit -f 4096; exec "$@""#;
    let argv = ["sh", "-c", limited, "sh", env!("CARGO_BIN_EXE_midwatch")].map(str::to_owned).into();
    let home = Home::with("operator: {name: ana}\n").started_by(argv);
    home.write("trace.txt", &"a long trace\n".repeat(1 << 20));
    done(&home, &["note", "the trace", "--attach", "trace.txt"]);
    home.write("limited", "");
    let names = || {
        let names = std::fs::read_dir(home.path()).expect("a folder").map(|entry| entry.expect("one").file_name());
        names.map(|name| name.to_string_lossy().into_owned()).filter(|name| name.starts_with("copy")).collect::<Vec<_>>()
    };
    let failed = home.run(&["journal", "backup", "copy.db"]);
    assert!(code(&failed) == Some(4) && err(&failed).contains("copy.db.evidence"), "{}", err(&failed));
    assert_eq!(names(), Vec::<String>::new());
    std::fs::remove_file(home.path().join("limited")).expect("lifted");
    done(&home, &["journal", "backup", "copy.db"]);
    assert_eq!(names().len(), 2);
    let nowhere = home.run(&["journal", "backup", "nowhere/copy.db"]);
    let told = err(&nowhere);
    assert!(code(&nowhere) == Some(4) && told.starts_with("midwatch: The backup nowhere/copy.db can't be written: "), "{told}");
}

#[test]
fn a_scenario_is_made_of_an_incident_and_checked_as_any_other() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, "");
    let target = format!("prod/{fingerprint}");
    // Whoever watches records what fires.
    let watcher = crate::support::serving::Serve(home.command(&["serve"]).spawn().expect("it starts"));
    let fired = || home.json(&["log"])["entries"].as_array()?.iter().find(|entry| entry["kind"] == "alert-fired").map(drop);
    crate::support::until("the alert on record", fired);
    drop(watcher);
    done(&home, &["incident", "open", "no rows", "--alert", &target]);
    done(&home, &["ack", &target, "--note", "ana looks"]);
    done(&home, &["note", "--incident", "INC-1", "--kind", "decision", "ana fails over"]);
    done(&home, &["drill", "new", "--from-incident", "INC-1", "--to", "made.yaml"]);
    let text = std::fs::read_to_string(home.path().join("made.yaml")).expect("it was written");
    assert!(text.contains("PostgresDown") && text.contains("kind: replay") && !text.contains("ana"), "{text}");
    assert_eq!(out(&home.run(&["drill", "new", "--from-incident", "INC-1"])), text, "and the same on standard output");
    std::fs::create_dir(home.path().join("scenarios")).expect("a folder");
    std::fs::copy(home.path().join("made.yaml"), home.path().join("scenarios/made.yaml")).expect("copied");
    let check = home.run(&["check", "--strict"]);
    assert_eq!(code(&check), Some(0), "{}", out(&check));

    let known = home.run(&["drill", "start", "weekly-practice", "--auto", "--anyway"]);
    assert!(code(&known) == Some(2) && err(&known).contains("starts drills itself"), "{}", err(&known));

    let twice = home.run(&["drill", "new", "--from-incident", "INC-1", "--to", "made.yaml"]);
    assert_eq!(code(&twice), Some(2), "nothing is overwritten");
    done(&home, &["incident", "open", "nothing to see"]);
    for (name, why) in [("INC-2", "nothing could be played"), ("INC-9", "INC-9")] {
        let refused = home.run(&["drill", "new", "--from-incident", name]);
        assert!(code(&refused) == Some(2) && err(&refused).contains(why), "{name}: {}", err(&refused));
    }
    done(&home, &["incident", "set", "INC-1", "--private"]);
    let private = home.run(&["drill", "new", "--from-incident", "INC-1"]);
    assert!(code(&private) == Some(2) && err(&private).contains("is private"), "{}", err(&private));
}
