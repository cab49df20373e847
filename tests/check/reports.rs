//! What `check` finds, for other programs: SARIF 2.1.0 as its specification wants it, and GitHub's workflow commands.

use crate::support::home::Home;
use crate::{code, out};
use serde_json::Value;

const BOOK: &str =
    "---\nplaybook: 1\nid: One Two\n---\n# Öl, 100 %\n## Steps\n### Go\n- **rsk:** read\n\n```sh\necho $ÄRGER \"ö\" $HOST\n```\n";

fn home() -> Home {
    let home = Home::with("sorces: []\n");
    home.write("books/a b.md", BOOK);
    home.write("books/good.md", "# Good\n\n1. Look.\n");
    home
}

/// The requirements of the specification that bear on what is written here; its section stands beside each.
fn is_sarif(log: &Value) -> Vec<&Value> {
    assert_eq!(log["version"], "2.1.0", "3.13.2");
    assert!(log["$schema"].as_str().is_some_and(|schema| schema.starts_with("https://") && schema.ends_with(".json")), "3.13.3");
    let runs = log["runs"].as_array().expect("3.13.4: an array of runs");
    let mut results = Vec::new();
    for run in runs {
        let driver = &run["tool"]["driver"];
        assert!(driver["name"].as_str().is_some_and(|name| !name.is_empty()), "3.19.8: the driver has a name");
        let ids: Vec<_> = driver["rules"].as_array().expect("3.19.23").iter().map(|rule| rule["id"].as_str()).collect();
        assert!(ids.iter().all(Option::is_some), "3.49.3: each rule has an id");
        assert!(ids.iter().enumerate().all(|(index, id)| !ids[..index].contains(id)), "3.19.23: rules are unique");
        assert_eq!(run["columnKind"], "unicodeCodePoints", "3.14.17: columns are said to be characters");
        for result in run["results"].as_array().expect("3.14.23: an array, if empty") {
            is_result(result, &ids);
            results.push(result);
        }
    }
    results
}

fn is_result(result: &Value, rules: &[Option<&str>]) {
    assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()), "3.27.11 and 3.11.8: {result}");
    assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap_or("")), "3.27.10: {result}");
    let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
    assert_eq!(rules[index], result["ruleId"].as_str(), "3.27.6: the index is that of the rule");
    for location in result["locations"].as_array().expect("3.27.12") {
        let place = &location["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("3.4.3: a URI");
        assert!(uri.is_ascii() && !uri.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}']), "3.4.3: {uri}");
        let Some(region) = place.get("region") else { continue };
        let number = |name: &str| region[name].as_u64().unwrap_or_else(|| panic!("{name} in {region}"));
        assert!(number("startLine") >= 1 && number("startColumn") >= 1, "3.30.5, 3.30.6: they count from 1");
        assert!(number("endColumn") > number("startColumn"), "3.30.8: it is behind the last character");
    }
}

#[test]
fn sarif_is_what_the_specification_wants() {
    let home = home();
    let check = home.run(&["check", "--format", "sarif", "books", "config.yaml"]);
    assert_eq!(code(&check), Some(1));
    let log: Value = serde_json::from_slice(&check.stdout).expect("one document");
    let results = is_sarif(&log);
    let told: Vec<_> = results.iter().map(|result| (result["ruleId"].as_str(), result["level"].as_str())).collect();
    for (rule, level) in [("E005", "error"), ("E010", "error"), ("W106", "warning"), ("configuration", "error")] {
        assert!(told.contains(&(Some(rule), Some(level))), "{rule}: {told:?}");
    }
    let unquoted = results.iter().find(|result| result["ruleId"] == "W106").expect("W106");
    let place = &unquoted["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "books/a%20b.md");
    // Characters, not bytes: `$HOST` stands in column 17.
    let region = serde_json::json!({"startLine": 11, "startColumn": 17, "endColumn": 22});
    assert_eq!(place["region"], region);
    assert!(unquoted["message"]["text"].as_str().is_some_and(|text| text.contains("\nhelp: ")));
}

#[test]
fn nothing_found_is_an_empty_report() {
    let home = home();
    let check = home.run(&["check", "--format", "sarif", "books/good.md"]);
    let log: Value = serde_json::from_slice(&check.stdout).expect("one document");
    assert_eq!((code(&check), is_sarif(&log).len()), (Some(0), 0));
    assert_eq!(out(&home.run(&["check", "--format", "github", "books/good.md"])), "");
}

#[test]
fn github_gets_one_command_for_each_problem() {
    let home = home();
    home.write("books/a,b.md", "---\nplaybook: 2\n---\n");
    let check = home.run(&["check", "--format", "github", "books/a b.md", "books/a,b.md"]);
    let text = out(&check);
    assert!(
        text.lines().all(|line| line.starts_with("::error file=books/") || line.starts_with("::warning file=books/")),
        "{text}"
    );
    let id = "::error file=books/a b.md,line=3,col=5,title=E005::`One Two` is not an id%0Ahelp: lower case";
    assert!(text.contains(id), "{text}");
    assert!(text.contains("::error file=books/a%2Cb.md,line=2,col=11,title=E008::"), "{text}");
}

#[test]
fn one_format_at_a_time() {
    let home = home();
    let json = home.run(&["check", "--format", "json", "books"]);
    let same = home.run(&["check", "--json", "books"]);
    assert_eq!((json.stdout, code(&same)), (same.stdout.clone(), Some(1)));
    assert_eq!(code(&home.run(&["check", "--json", "--format", "sarif", "books"])), Some(2));
    assert_eq!(code(&home.run(&["check", "--live", "--format", "github", "books"])), Some(2));
}
