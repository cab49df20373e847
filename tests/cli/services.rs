//! `midwatch services`.

use super::*;

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
    assert_names(api, "name tier owner vendor fault_domains depends_on needed_by contacts dashboards playbooks");
    assert_eq!(api["dashboards"], serde_json::json!(["https://graphs.example/api"]));
    let felt = home.json(&["services", "db"])["services"][0]["needed_by"].clone();
    let named = |index: usize| (felt[index]["name"].clone(), felt[index]["tier"].clone(), felt[index]["steps"].clone());
    assert_eq!(named(0), ("api".into(), 2.into(), 1.into()));
    assert_eq!((named(1), &felt[1]["owner"]), (("shop".into(), 1.into(), 2.into()), &"shop team".into()));
    let table = out(&home.run(&["services"]));
    let db: Vec<&str> = table.lines().nth(3).expect("a row").split_whitespace().collect();
    assert_eq!(db, ["db", "-", "-", "2", "-"], "{table}");
}

#[test]
fn a_service_that_is_not_there_is_told_with_the_nearest_name() {
    let home = Home::with(CONFIG);
    let refused = home.run(&["services", "shopp"]);
    assert_eq!(code(&refused), Some(2));
    assert!(err(&refused).contains("no service is named `shopp`; did you mean `shop`?"), "{refused:?}");
}
