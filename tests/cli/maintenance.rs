//! `midwatch maintenance`.

use super::*;

const CONFIG: &str = "operator: {name: ana}\nservices: [{name: postgres}, {name: checkout}]\n\
    feeds: [{name: gone, service: postgres, tcp: {address: '127.0.0.1:1'}}]\n";

#[test]
fn work_is_begun_listed_and_ended_and_its_feeds_fail_no_check() {
    let home = Home::with(CONFIG);
    assert_eq!(code(&home.run(&["feeds", "--once"])), Some(1));
    let begun = home.run(&["maintenance", "postgres", "--for", "2h", "--note", "kernel"]);
    assert_eq!(code(&begun), Some(0), "{}", err(&begun));
    let on = home.json(&["maintenance"])["maintenance"][0].clone();
    assert_eq!((&on["services"][0], &on["by"], &on["why"]), (&"postgres".into(), &"ana".into(), &"kernel".into()));
    assert!(out(&home.run(&["maintenance"])).contains("postgres  "));
    let feeds = home.json(&["feeds", "--once"]);
    assert_eq!((&feeds["feeds"][0]["state"], &feeds["feeds"][0]["maintenance"]["why"]), (&"failing".into(), &"kernel".into()));
    assert_eq!(code(&home.run(&["feeds", "--once"])), Some(0));
    assert_eq!(code(&home.run(&["maintenance", "postgres", "--end"])), Some(0));
    assert_eq!(home.json(&["maintenance"])["maintenance"], serde_json::json!([]));
    assert_eq!(code(&home.run(&["feeds", "--once"])), Some(1));
    assert_eq!(log(&home), ["maintenance of postgres for 2h: kernel", "ended the maintenance of postgres"]);
}

#[test]
fn what_is_wrong_with_it_is_wrong_usage() {
    let home = Home::with(CONFIG);
    assert_eq!(code(&home.run(&["maintenance", "postgres"])), Some(2), "nobody works for ever");
    assert_eq!(code(&home.run(&["maintenance", "postgrse", "--for", "1h"])), Some(2));
    assert!(log(&home).is_empty());
}
