//! Acts that the alert's own system has: each by its own name, on one alert and on many, and refused with what there is instead.

use super::*;
use crate::support::fake_icinga::FakeIcinga;
use crate::support::fake_pagerduty::FakePagerDuty;
use crate::support::fake_zabbix::FakeZabbix;
use serde_json::json;

/// A home that asks a pager and an Alertmanager.
fn both(pager: &FakePagerDuty, fake: &FakeAlertmanager) -> Home {
    Home::with(&format!(
        "operator: {{name: ana}}\nsources:\n- {{name: pager, pagerduty: {}}}\n- {{name: prod, alertmanager: {{urls: ['{}']}}}}\n",
        pager.yaml(),
        fake.url
    ))
}

/// The state of each target, and what was said of it.
fn states(output: &Output) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let document = document(output);
    let targets = document["targets"].as_array().expect("a list");
    targets.iter().map(|target| (text(&target["state"]), text(&target["detail"]))).collect()
}

#[test]
fn every_act_of_a_pager_has_a_command_and_is_confirmed_there() {
    let (pager, fake) = (FakePagerDuty::start(), FakeAlertmanager::start());
    let home = both(&pager, &fake);
    let (id, other) = (pager.trigger("Disk full"), pager.trigger("Disk slow"));
    let done = |args: &[&str]| {
        let output = home.run(&[args, &["--json"]].concat());
        let states = states(&output);
        assert_eq!((code(&output), states[0].0.as_str()), (Some(0), "confirmed"), "{args:?}: {}{}", states[0].1, err(&output));
        pager.incident(&id)
    };
    assert_eq!(done(&["assign", &id, "--to", "Maria", "--note", "knows it"])["assignments"][0]["assignee"]["summary"], "Maria");
    assert_eq!(done(&["escalate", &id, "--level", "3"])["assignments"][0]["assignee"]["summary"], "Bo");
    assert_eq!(done(&["priority", &id, "--to", "P1"])["priority"]["summary"], "P1");
    done(&["comment", &id, "--note", "looked at the disk"]);
    assert!(pager.notes(&id)[0].starts_with("looked at the disk [mw:"), "{:?}", pager.notes(&id));
    let snoozed = done(&["snooze", &format!("pager/{id}"), "--for", "2h"]);
    assert_eq!(snoozed["pending_actions"][0]["type"], "unacknowledge");
    assert_eq!(home.json(&["alerts", "--filter", "Disk full"])["alerts"][0]["state"], "snoozed");
    assert_eq!(done(&["resolve", &id, "--note", "replaced"])["status"], "resolved");
    let merged = home.run(&["merge", &other, "--into", &other]);
    assert!(code(&merged) == Some(2) && out(&merged).contains("can't become a part of itself"), "{merged:?}");
    let third = pager.trigger("Disk gone");
    let merged = home.run(&["merge", &other, "--into", &format!("pager/{third}"), "--json"]);
    assert_eq!((code(&merged), states(&merged)[0].0.as_str()), (Some(0), "confirmed"), "{merged:?}");
    assert_eq!(pager.incident(&other)["resolve_reason"]["incident"]["id"], third.as_str());
}

#[test]
fn what_a_source_has_not_is_refused_with_what_it_has() {
    let (pager, (fake, fingerprint)) = (FakePagerDuty::start(), outage());
    let home = both(&pager, &fake);
    let id = pager.trigger("Disk full");
    let refused = |args: &[&str], words: &[&str]| {
        let output = home.run(&[args, &["--json"]].concat());
        let [(state, detail)] = &states(&output)[..] else { panic!("{args:?}: {output:?}") };
        assert_eq!((code(&output), state.as_str()), (Some(2), "refused"), "{args:?}");
        assert!(words.iter().all(|word| detail.contains(word)), "{args:?}: {detail}");
    };
    refused(&["resolve", &fingerprint], &["prod (alertmanager) can't resolve; it can silence, end a silence, snooze"]);
    refused(&["downtime", &id, "--note", "disk"], &["pager (pagerduty) can't put in downtime", "merge", "set a priority"]);
    refused(&["recheck", &id], &["can't check again"]);
    refused(&["snooze", &id, "--for", "0s"], &["no effect"]);
    refused(&["snooze", &id, "--for", "800years"], &["longer than a year"]);
    refused(&["comment", &id, "--note", " "], &["nothing to write down"]);
    let (before, nothing) = (pager.writes(), home.run(&["resolve", "--filter", "", "--yes"]));
    assert_eq!((code(&nothing), before, log(&home)), (Some(2), 0, vec![]), "an empty filter is never everything");
    for wrong in [&["assign", &id][..], &["comment", &id], &["merge", &id], &["escalate", &id, "--level", "0"], &["snooze"]] {
        assert_eq!(code(&home.run(wrong)), Some(2), "{wrong:?}");
    }
    // Where there is no snooze, a silence for this alert alone is one.
    assert_eq!(code(&home.run(&["snooze", &fingerprint, "--for", "30m", "--note", "known"])), Some(0));
    assert!(fake.silences()[0]["comment"].as_str().expect("a text").starts_with("snoozed: known [mw:"));
}

#[test]
fn of_many_alerts_each_has_its_own_outcome_and_the_others_are_not_held_up() {
    let (pager, (fake, _)) = (FakePagerDuty::start(), outage());
    let home = both(&pager, &fake);
    let ids: Vec<String> = (0..20).map(|n| pager.trigger(&format!("Disk {n}"))).collect();
    let all = home.run(&["comment", "--filter", "age>1s", "--yes", "--note", "storm", "--json"]);
    let told = states(&all);
    assert_eq!((code(&all), told.len(), told.iter().filter(|(state, _)| state == "confirmed").count()), (Some(0), 20, 20));
    assert!(err(&all).contains("left 1 alerts of prod out, which can't comment"), "{}", err(&all));
    // Somebody has resolved one of them: it is not in the queue any more.
    pager.elsewhere("Maria", &ids[3], json!({"status": "resolved"}));
    let args: Vec<&str> = ["priority", "--to", "P2"].into_iter().chain(ids.iter().map(String::as_str)).collect();
    let some = home.run(&[&args[..], &["--json"]].concat());
    assert_eq!(code(&some), Some(2), "a target that names nothing is no target: {}", out(&some));
    let fingerprint = home.json(&["alerts", "--filter", "PostgresDown"])["alerts"][0]["fingerprint"].clone();
    let mixed = [ids[0].as_str(), fingerprint.as_str().expect("a text"), ids[1].as_str()];
    let mixed = home.run(&[&["resolve"], &mixed[..], &["--json"]].concat());
    let named = format!("midwatch: not done for 1: prod/{}\n", fingerprint.as_str().expect("a text"));
    assert!(err(&mixed).ends_with(&named), "what is to be tried again is named: {}", err(&mixed));
    let mut told: Vec<String> = states(&mixed).into_iter().map(|(state, _)| state).collect();
    told.sort();
    assert_eq!((code(&mixed), told), (Some(2), vec!["confirmed".into(), "confirmed".into(), "refused".into()]));
    assert_eq!((pager.status(&ids[0]), pager.status(&ids[1])), ("resolved".into(), "resolved".into()));
}

#[test]
fn somebody_elses_acknowledgement_is_taken_from_them_with_a_reason() {
    let zabbix = FakeZabbix::start();
    let home = Home::with(&format!("operator: {{name: ana}}\nsources: [{{name: lab, zabbix: {}}}]\n", zabbix.yaml()));
    let trigger = zabbix.trigger("DiskFull");
    zabbix.elsewhere(&trigger, 6, "mine");
    let refused = home.run(&["unack", &trigger]);
    assert!(code(&refused) == Some(2) && out(&refused).contains("by Bo elsewhere: say why"), "{refused:?}");
    let taken = home.run(&["unack", &trigger, "--note", "she is away", "--json"]);
    assert_eq!((code(&taken), states(&taken)[0].0.as_str()), (Some(0), "confirmed"), "{}", out(&taken));
    assert_eq!(zabbix.newest(&trigger)["acknowledged"], "0");
    let log = log(&home);
    assert!(log.iter().any(|text| text.contains("from Bo at its source: she is away")), "{log:?}");
}

#[test]
fn what_is_checked_is_put_in_downtime_commented_on_and_checked_again() {
    let icinga = FakeIcinga::start();
    let home = Home::with(&format!("operator: {{name: ana}}\nsources: [{{name: lab, icinga2: {}}}]\n", icinga.yaml()));
    icinga.fail("disk");
    let confirmed = |args: &[&str]| {
        let output = home.run(&[args, &["--json"]].concat());
        assert_eq!((code(&output), states(&output)[0].0.as_str()), (Some(0), "confirmed"), "{args:?}: {}", out(&output));
    };
    confirmed(&["comment", "web1:disk", "--note", "ordered a new one"]);
    assert!(icinga.comments()[0].starts_with("ordered a new one [mw:"));
    confirmed(&["recheck", "lab/web1:disk"]);
    assert_eq!(code(&home.run(&["downtime", "web1:disk", "--for", "2h"])), Some(2), "a downtime needs a reason");
    let unsaid = home.run(&["downtime", "web1:disk", "--note", " "]);
    assert!(code(&unsaid) == Some(2) && out(&unsaid).contains("needs a reason"), "{unsaid:?}");
    confirmed(&["downtime", "web1:disk", "--for", "2h", "--note", "swapping the disk"]);
    assert_eq!(home.json(&["alerts"])["alerts"][0]["state"], "silenced");
    assert!(
        log(&home)
            .iter()
            .any(|text| text.starts_with("putting disk web1 in downtime until ") && text.ends_with(": swapping the disk"))
    );
}
