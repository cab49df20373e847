//! `midwatch journal` as a script sees it.

use super::*;
use serde_json::Value;
use std::process::{Command, Output};

fn midwatch(data: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_midwatch")).arg("journal").args(args).arg("--data").arg(data).output().expect("runs")
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

#[test]
fn a_journal_goes_through_backup_restore_and_verification() {
    let home = home();
    let (data, other, copy) = (home.path().join("data"), home.path().join("other"), home.path().join("copy.db"));
    let copy = copy.to_str().expect("a path");
    let heads = serde_json::to_value(written(&data, 3).heads().expect("reads")).expect("converts");
    let backup = midwatch(&data, &["backup", copy, "--json"]);
    assert_eq!((backup.status.code(), &document(&backup)["heads"]), (Some(0), &heads));
    assert_eq!(midwatch(&data, &["backup", copy]).status.code(), Some(4), "a backup is never overwritten");
    assert_eq!(midwatch(&other, &["restore", copy]).status.code(), Some(0));
    assert_eq!(midwatch(&other, &["restore", copy]).status.code(), Some(4), "nor is a journal");
    let sound = midwatch(&other, &["verify", "--against", copy, "--json"]);
    assert_eq!(
        (sound.status.code(), &document(&sound)["sound"], &document(&sound)["entries"]),
        (Some(0), &true.into(), &3.into())
    );

    tamper(&data, "UPDATE entries SET body = replace(body, 'note 2', 'note 9') WHERE seq = 2");
    let broken = midwatch(&data, &["verify"]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&broken.stdout).starts_with("Entry 2 is not what was recorded"));
}

#[test]
fn what_is_missing_is_told_by_the_exit_code() {
    let home = home();
    let nothing = midwatch(&home.path().join("nothing"), &["verify"]);
    assert_eq!((nothing.status.code(), nothing.stdout.len()), (Some(4), 0));
    drop(written(home.path(), 1));
    let against = midwatch(home.path(), &["verify", "--against", "/nowhere"]);
    assert_eq!(against.status.code(), Some(2), "{}", String::from_utf8_lossy(&against.stderr));
}
