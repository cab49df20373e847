//! `midwatch change`.

use super::*;

#[test]
fn a_pipeline_tells_of_a_deploy_and_twice_is_once() {
    let home = Home::with("operator: {name: ci}\nservices: [{name: checkout}]\n");
    let deploy = ["change", "1.42.0", "canary", "--service", "checkout", "--link", "https://ci.example/7", "--id", "run-7"];
    let done = home.run(&deploy);
    assert_eq!(code(&done), Some(0), "{}", err(&done));
    assert_eq!(code(&home.run(&deploy)), Some(0));
    assert_eq!(code(&home.run(&["change", "jit off", "--kind", "flag", "--at", "-7m"])), Some(0));
    assert_eq!(log(&home), ["flag: jit off", "deploy of checkout: 1.42.0 canary"], "in the order of what happened");
}

#[test]
fn a_service_that_is_none_is_wrong_usage() {
    let home = Home::with("services: [{name: checkout}]\n");
    let wrong = home.run(&["change", "1.42.0", "--service", "chekout"]);
    assert_eq!(code(&wrong), Some(2));
    assert!(out(&wrong).contains("there are checkout"), "{}{}", out(&wrong), err(&wrong));
    assert!(log(&home).is_empty());
}
