//! `midwatch incident update`: who is told, what of it stands in the record, and what never stands anywhere.

use super::*;
use crate::support::fake_hook::{FakeHook, nobody};
use crate::support::fake_pagerduty::{FROM, FakePagerDuty, TOKEN};

fn with(hook: &FakeHook, account: &FakePagerDuty) -> Home {
    let home = Home::with(&format!(
        "operator: {{name: ana, role: on-call}}\nsources: [{{name: pager, pagerduty: {{url: '{}', token: {{env: PD}}, from: {FROM}}}}}]\n\
         updates:\n  every: {{SEV1: 15m}}\n  to:\n    - {{name: ops, slack: {{url: {{env: HOOK}}}}}}\n    - {{name: notes, comment: {{source: pager}}}}\n",
        account.url
    ));
    home.env("PD", TOKEN).env("HOOK", &hook.address())
}

fn targets(output: &Output) -> Vec<(String, String)> {
    let document = document(output);
    let targets = document["targets"].as_array().expect("a list").iter();
    let word = |value: &Value| value.as_str().unwrap_or("").to_owned();
    targets.map(|target| (word(&target["target"]), word(&target["state"]))).collect()
}

#[test]
fn everybody_is_told_and_the_record_says_so() {
    let (hook, account) = (FakeHook::start(), FakePagerDuty::start());
    let id = account.trigger("Disk full");
    let home = with(&hook, &account);
    assert_eq!(code(&home.run(&["incident", "open", "db is down", "--alert", &id])), Some(0));
    let told = home.run(&["incident", "update", "INC-1", "we fail over", "--next", "30m", "--json"]);
    let all = [("", "recorded"), ("ops", "confirmed"), (&format!("pager/{id}"), "confirmed")];
    assert_eq!((code(&told), targets(&told)), (Some(0), all.map(|(to, state)| (to.to_owned(), state.to_owned())).to_vec()));
    assert!(hook.texts()[0].starts_with("*SEV2 INC-1: db is down* (open)\nwe fail over\n_Next update at "), "{:?}", hook.texts());
    let notes = account.notes(&id);
    assert!(notes.len() == 1 && notes[0].starts_with("INC-1 is open: we fail over\nNext update at "), "{notes:?}");
    let shown = home.json(&["incident", "show", "INC-1"]);
    let said = shown["entries"].as_array().expect("a list").iter().find(|entry| entry["kind"] == "comms").expect("is there");
    assert_eq!(
        (&said["text"], &said["visibility"], &said["data"]["to"]),
        (&"we fail over".into(), &"public".into(), &serde_json::json!(["ops", "notes"]))
    );
    let public = home.run(&["export", "INC-1", "--format", "md", "--visibility", "public"]);
    assert!(out(&public).contains("we fail over"), "{}", out(&public));
    let input = home.run_with_input(&["incident", "update", "1", "-", "--to", "ops"], "line one\nline two\n");
    assert_eq!(code(&input), Some(0));
    assert!(hook.texts()[1].contains("(open)\nline one\nline two\n_Next"), "{:?}", hook.texts());
}

#[test]
fn a_destination_that_says_no_or_is_not_there_has_its_exit_code_and_the_others_are_told() {
    let (hook, account) = (FakeHook::start(), FakePagerDuty::start());
    let home = with(&hook, &account);
    home.run(&["incident", "open", "db is down"]);
    for (args, wanted, words) in [
        (&["x", "--to", "bo"][..], 2, "no destination is named bo; there are ops, notes"),
        (&["x", "--to", "notes"], 2, "no alert of INC-1 is of pager"),
        (&[" "], 2, "an update needs a text"),
        (&["x", "--next", "1s"], 2, "`1s` is no time until the next update"),
        (&["x", "--read-only"], 2, "read-only"),
    ] {
        let output = home.run(&[&["incident", "update", "INC-1"], args].concat());
        assert_eq!(code(&output), Some(wanted), "{args:?}: {}{}", out(&output), err(&output));
        assert!((out(&output) + &err(&output)).contains(words), "{args:?}: {}{}", out(&output), err(&output));
    }
    assert!(hook.texts().is_empty());
    let by_phone = home.run(&["incident", "update", "INC-1", "told by phone", "--to", "none"]);
    assert_eq!((code(&by_phone), hook.texts().len()), (Some(0), 0));
    let (_held, address) = nobody();
    let home = home.env("HOOK", &address);
    let unsent = home.run(&["incident", "update", "INC-1", "x", "--json"]);
    assert_eq!((code(&unsent), targets(&unsent)[1].clone()), (Some(3), ("ops".into(), "unsent".into())));
    let told = format!("{}{}{}", out(&unsent), err(&unsent), out(&home.run(&["log", "--json"])));
    assert!(!told.contains("xoxhook") && !told.contains(&address), "{told}");
}

#[test]
fn a_private_incident_is_told_only_with_its_label() {
    let (hook, account) = (FakeHook::start(), FakePagerDuty::start());
    let home = with(&hook, &account);
    home.run(&["incident", "open", "a break-in"]);
    home.run(&["incident", "set", "INC-1", "--private"]);
    let refused = home.run(&["incident", "update", "INC-1", "x"]);
    assert_eq!(code(&refused), Some(2));
    assert!(out(&refused).contains("INC-1 is private"), "{}", out(&refused));
    assert!(hook.texts().is_empty());
    assert_eq!(code(&home.run(&["incident", "update", "INC-1", "x", "--confirm", "INC-1"])), Some(0));
    assert_eq!(hook.texts().len(), 1);
}

#[test]
fn a_secret_that_is_typed_is_told_to_nobody() {
    let (hook, account) = (FakeHook::start(), FakePagerDuty::start());
    let home = with(&hook, &account);
    home.run(&["incident", "open", "db is down"]);
    let told = home.run(&["incident", "update", "INC-1", &format!("the token is {TOKEN}")]);
    assert_eq!(code(&told), Some(0), "{}", err(&told));
    assert!(hook.texts()[0].contains("the token is •••"), "{:?}", hook.texts());
}
