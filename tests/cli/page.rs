//! `midwatch page`: who is called, what is told of it, and what of it never stands anywhere.

use super::*;
use crate::support::fake_pagerduty::{FROM, FakePagerDuty, ROUTING_KEY, TOKEN};

fn with(account: &FakePagerDuty) -> Home {
    let home = Home::with(&format!(
        "operator: {{name: ana, role: on-call}}\nsources: [{{name: pager, pagerduty: {{url: '{}', token: {{env: PD}}, from: {FROM}, \
         page: {{dba: {{env: PD_DBA}}}}}}}}]\n",
        account.url
    ));
    home.env("PD", TOKEN).env("PD_DBA", ROUTING_KEY)
}

fn told(output: &Output) -> (String, String) {
    let document = document(output);
    let target = &document["targets"][0];
    assert_names(target, "target entry state detail");
    (target["state"].as_str().expect("a state").to_owned(), target["detail"].as_str().unwrap_or("").to_owned())
}

#[test]
fn a_page_is_confirmed_by_its_incident_and_stands_in_the_record() {
    let account = FakePagerDuty::start();
    let home = with(&account);
    assert_eq!(code(&home.run(&["incident", "open", "db is down"])), Some(0));
    let paged = home.run(&["page", "dba", "db-1", "does not answer", "--json"]);
    assert_eq!((code(&paged), told(&paged).0.as_str()), (Some(0), "confirmed"), "{}", err(&paged));
    assert_eq!(document(&paged)["targets"][0]["target"], "dba");
    assert_eq!(account.incident("Q00001")["title"], "db-1 does not answer");
    let shown = home.json(&["incident", "show", "INC-1"]);
    let texts: Vec<&str> =
        shown["entries"].as_array().expect("a list").iter().filter_map(|entry| entry["text"].as_str()).collect();
    assert_eq!(&texts[1..], ["paging dba: db-1 does not answer", "confirmed: incident Q00001 is triggered; Ana is called"]);
}

#[test]
fn who_is_about_an_alert_is_found_by_it() {
    let account = FakePagerDuty::start();
    let id = account.trigger("Disk full");
    let home = with(&account);
    assert_eq!(code(&home.run(&["page", "pager/dba", "the disk again", "--alert", &id])), Some(0));
    assert_eq!(log(&home)[0], "paging dba: the disk again");
    let entries = home.json(&["log"]);
    assert_eq!(entries["entries"][0]["alert"], format!("pager/{id}"));
}

#[test]
fn refusals_have_their_exit_codes_and_nothing_is_sent() {
    let account = FakePagerDuty::start();
    let home = with(&account);
    for (args, wanted, words) in [
        (&["page", "bo", "x"][..], 2, "nobody called `bo` can be paged; there are pager/dba"),
        (&["page", "dba", " "], 2, "a page needs a text"),
        (&["page", "dba"], 2, "TEXT"),
        (&["page", "dba", "x", "--read-only"], 2, "read-only"),
        (&["page", "dba", "x", "--alert", "nothing"], 2, "no alert has the id or fingerprint nothing"),
    ] {
        let output = home.run(args);
        assert_eq!(code(&output), Some(wanted), "{args:?}: {}{}", out(&output), err(&output));
        assert!((out(&output) + &err(&output)).contains(words), "{args:?}: {}{}", out(&output), err(&output));
    }
    assert_eq!((log(&home).len(), account.count("POST")), (0, 0));
    account.with(|account| account.full = true);
    let unsent = home.run(&["page", "dba", "x", "--json"]);
    assert_eq!((code(&unsent), told(&unsent).0.as_str()), (Some(3), "unsent"));
    let unset = with(&account).env("PD_DBA", "");
    assert_eq!(code(&unset.run(&["page", "dba", "x"])), Some(3), "a key that is not there");
}

#[test]
fn a_key_stands_nowhere_even_where_somebody_types_it() {
    let account = FakePagerDuty::start();
    let home = with(&account);
    let text = format!("the key is {ROUTING_KEY}");
    let paged = home.run(&["page", "dba", &text, "--json"]);
    assert_eq!(code(&paged), Some(0), "{}", err(&paged));
    assert_eq!(account.incident("Q00001")["title"], "the key is •••", "what is sent is what is recorded");
    for output in [paged, home.run(&["log", "--json"]), home.run(&["check", "-v"])] {
        assert!(!format!("{}{}", out(&output), err(&output)).contains(ROUTING_KEY), "{output:?}");
    }
}
