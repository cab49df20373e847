//! `midwatch services`.

use super::*;
use midwatch::domain::entry::{Actor, Draft, Kind};
use midwatch::journal::{Journal, Options, SqliteJournal};

const CONFIG: &str = "services:
  - {name: shop, tier: 1, owner: shop team, depends_on: [api]}
  - {name: api, tier: 2, depends_on: db, contacts: ana@example.org, dashboards: 'https://graphs.example/api/', playbooks: pg-failover}
  - {name: db, fault_domain: [rack-7, west]}
";

#[test]
fn who_feels_it_when_a_service_fails_is_told_with_tier_and_owner() {
    let home = Home::with(CONFIG);
    let document = home.json(&["services"]);
    let api = &document["services"][1];
    assert_names(api, "name tier owner vendor fault_domains depends_on needed_by contacts dashboards playbooks suspected");
    assert_eq!(api["dashboards"], serde_json::json!(["https://graphs.example/api"]));
    let felt = home.json(&["services", "db"])["services"][0]["needed_by"].clone();
    let named = |index: usize| (felt[index]["name"].clone(), felt[index]["tier"].clone(), felt[index]["steps"].clone());
    assert_eq!(named(0), ("api".into(), 2.into(), 1.into()));
    assert_eq!((named(1), &felt[1]["owner"]), (("shop".into(), 1.into(), 2.into()), &"shop team".into()));
    let table = out(&home.run(&["services"]));
    let db: Vec<&str> = table.lines().nth(3).expect("a row").split_whitespace().collect();
    assert_eq!(db, ["db", "-", "-", "2", "-", "-"], "{table}");
}

#[test]
fn a_service_that_is_not_there_is_told_with_the_nearest_name() {
    let home = Home::with(CONFIG);
    let refused = home.run(&["services", "shopp"]);
    assert_eq!(code(&refused), Some(2));
    assert!(err(&refused).contains("no service is named `shopp`; did you mean `shop`?"), "{refused:?}");
}

#[test]
fn what_the_log_suspects_is_told_and_denied_by_name() {
    let home = Home::with("operator: {name: ana}\nservices: [{name: postgres}, {name: checkout, depends_on: [postgres]}]\n");
    assert_eq!(home.json(&["services"])["services"][1]["suspected"], Value::Null);
    let nothing = home.run(&["deny", "checkout"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("no cause is suspected for `checkout`"), "{nothing:?}");
    let folder = home.path().join(".local/share/midwatch");
    let text = "suspected cause of checkout: postgres, 84 %: checkout needs postgres";
    let now = chrono::Utc::now();
    let draft = Draft::new(Kind::Cause, now, Actor::system("causes"), text).with("cause", "postgres").with("confidence", 0.84);
    let draft = draft.with("verdict", "suspected").with("services", ["checkout"]);
    let mut journal = SqliteJournal::open(&folder, Options::default()).expect("a journal");
    journal.append(vec![draft], now).expect("recorded");
    drop(journal);
    let services = home.json(&["services"]);
    let (postgres, checkout) = (&services["services"][0], &services["services"][1]["suspected"]);
    assert_eq!((&postgres["suspected"], &checkout["cause"], &checkout["text"]), (&Value::Null, &"postgres".into(), &text.into()));
    assert_eq!(checkout["confidence"], 0.84);
    let table = String::from_utf8(home.run(&["services"]).stdout).expect("text");
    assert!(table.contains("SUSPECTED CAUSE") && table.contains("postgres, 84 %"), "{table}");
    let denied = home.run(&["deny", "checkout"]);
    assert_eq!(denied.status.code(), Some(0), "{denied:?}");
    assert_eq!(home.json(&["services"])["services"][1]["suspected"], Value::Null);
    let log = home.json(&["log"]);
    let told =
        log["entries"].as_array().expect("a list").iter().any(|entry| entry["text"] == "postgres is not why checkout is bad");
    assert!(told, "{log}");
}
