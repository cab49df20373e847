//! Two consoles and ten `midwatch note` at once on one data folder.

use super::*;
use crate::support::fake_alertmanager::FakeAlertmanager;
use crate::support::pty::ENTER;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Child;

const ALERTS: usize = 12;

fn fire(fake: &FakeAlertmanager, name: &str) -> String {
    fake.fire(&[("alertname", name), ("severity", "warning")])
}

/// How often each key is there: an outside fact has one.
fn keys(entries: &[Value], kind: &str) -> BTreeMap<String, usize> {
    let mut keys = BTreeMap::new();
    for entry in of_kind(entries, kind) {
        *keys.entry(entry["key"].as_str().expect("a key").to_owned()).or_default() += 1;
    }
    keys
}

fn all_once(entries: &[Value], kind: &str) -> usize {
    let keys = keys(entries, kind);
    assert!(keys.values().all(|count| *count == 1), "{keys:?}");
    keys.len()
}

#[test]
fn two_consoles_and_ten_notes_lose_nothing_and_double_nothing() {
    let fake = FakeAlertmanager::start();
    let fingerprints: Vec<String> = (0..ALERTS).map(|number| fire(&fake, &format!("Alert{number}"))).collect();
    let home = home(fake.url.as_str(), "");
    // So high that the whole log is visible.
    let mut consoles = [home.console(DATA, 140, 160), home.console(DATA, 140, 160)];
    consoles.iter_mut().for_each(|console| console.wait_for("WARN Alert7"));

    let note = |number: usize| home.command(&with_data(&["note", &format!("from shell {number}.")])).spawn().expect("starts");
    let notes: Vec<Child> = (0..10).map(note).collect();
    for number in 0..5 {
        for (which, console) in consoles.iter_mut().enumerate() {
            console.keys(&format!("nfrom console {which}.{number}.{ENTER}"));
        }
    }
    for mut note in notes {
        assert!(note.wait().expect("ends").success(), "it was recorded");
    }
    // Each console shows what the other one and the shells wrote.
    let shells = (0..10).map(|number| format!("from shell {number}."));
    let typed = (0..2).flat_map(|which| (0..5).map(move |number| format!("from console {which}.{number}.")));
    let texts: BTreeSet<String> = shells.chain(typed).collect();
    for console in &mut consoles {
        texts.iter().for_each(|text| console.wait_for(text));
    }
    fingerprints.iter().for_each(|fingerprint| fake.resolve(fingerprint));
    consoles.iter_mut().for_each(|console| console.wait_for("PROD   0 firing"));

    // The one that watches dies; the other one takes over.
    consoles[0].kill9();
    fire(&fake, "Later");
    consoles[1].wait_for("Later firing");
    let entries = entries(&home);
    let notes: Vec<&str> = of_kind(&entries, "note").iter().map(|note| note["text"].as_str().expect("a text")).collect();
    assert_eq!(notes.len(), texts.len(), "{notes:?}");
    assert_eq!(notes.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), texts);
    assert_eq!(all_once(&entries, "alert-fired"), ALERTS + 1);
    assert_eq!(all_once(&entries, "alert-resolved"), ALERTS);
    consoles[1].keys("q");
    assert_sound(&home);
}
