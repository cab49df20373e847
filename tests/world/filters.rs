//! What a filter asks of alerts, term by term, and how one goes on that is being typed.

use super::silences::{quiet, silence, told};
use super::*;
use midwatch::domain::alert::{Alert, Labels};
use midwatch::model::filter::Filter;
use midwatch::model::filter::complete::complete;

fn of(name: &str, labels: &[(&str, &str)]) -> Arc<Alert> {
    let pairs = labels.iter().copied().chain([("alertname", name), ("service", "postgres")]);
    let labels = Labels::new(pairs.map(|(name, value)| (name.into(), value.into())).collect());
    Arc::new(Alert { labels, ..Alert::clone(&alert(name, "postgres", began())) })
}

/// The names of those for which it holds, sorted.
fn held(story: &Story, text: &str) -> String {
    let filter = Filter::parse(text).unwrap_or_else(|mistake| panic!("{text}: {mistake}"));
    let all = story.world.alerts.queue().filter(|tracked| filter.holds(&story.world, tracked));
    let mut names: Vec<&str> = all.map(|tracked| tracked.alert.name()).collect();
    names.sort_unstable();
    names.join(" ")
}

#[test]
fn a_label_that_is_not_there_is_an_empty_one() {
    let mut story = Story::new();
    story.poll(&[of("Lab", &[("env", "lab")]), of("None", &[]), of("Prod", &[("env", "prod")])]);
    let cases = [
        ("env=lab", "Lab"),
        ("env!=lab", "None Prod"),
        ("-env=lab", "None Prod"),
        ("env=", "None"),
        ("env!=", "Lab Prod"),
        ("env=~l.*", "Lab"),
        ("env=~l", ""),
        ("env!~l.*", "None Prod"),
        ("env=~.*", "Lab None Prod"),
        ("env=~(lab|prod) not env=lab", "Prod"),
    ];
    for (text, expected) in cases {
        assert_eq!(held(&story, text), expected, "{text}");
    }
}

#[test]
fn the_state_that_its_row_shows_is_asked_for_and_an_age_is_that_of_the_episode() {
    let mut story = told(&[quiet("Down", &["a"]), alert("Slow", "postgres", began())], &[silence("a", "x", 90)]);
    story.ask(ack(&["Down"]));
    for (text, expected) in [("state:ack", "Down"), ("state:silenced", ""), ("state:firing", "Slow"), ("mine", "Down")] {
        assert_eq!(held(&story, text), expected, "{text}");
    }
    // Its source says of one that goes on that it begins anew.
    let mut story = Story::new();
    story.poll(&[alert("Down", "postgres", began()), alert("Slow", "postgres", began())]);
    story.wait(600);
    story.poll(&[alert("Down", "postgres", story.now.wall), alert("Slow", "postgres", began())]);
    assert_eq!((held(&story, "age>=10m"), held(&story, "age<10m")), ("Down Slow".into(), String::new()));
}

#[test]
fn only_parentheses_inside_each_other_are_deep_and_one_in_a_word_ends_with_it() {
    assert!(Filter::parse(&["not db"; 200].join(" or ")).is_ok());
    assert!(Filter::parse(&["(db)"; 200].join(" ")).is_ok());
    assert!(Filter::parse(&"(".repeat(51)).is_err());
    assert_eq!(Filter::parse("db( x)").map_err(|mistake| mistake.at).map(|_| ()), Err(5), "the second one closes nothing");
}

#[test]
fn what_nothing_is_called_is_told_also_where_everything_matches_by_it() {
    let mut story = Story::new();
    story.poll(&[of("Down", &[("env", "lab")])]);
    let unknown = |text: &str| Filter::parse(text).expect("parses").unknown(&story.world);
    for text in ["env=prod", "env!=prod", "source:prod", "service:postgres"] {
        assert_eq!(unknown(text), None, "{text}");
    }
    for text in ["team=db", "team=~db", "source:west", "service:nobody", "env=lab team=db", "not team=db", "team!=db", "team!~db"]
    {
        assert!(unknown(text).is_some(), "{text}");
    }
}

#[test]
fn a_word_goes_on_at_its_end_alone_and_by_what_can_be_read_and_typed() {
    let (fits, long) = ("x".repeat(80), "y".repeat(81));
    let mut story = Story::new();
    story.poll(&[of("Down", &[("ip", "10.0.0.1"), ("pod", &fits)]), of("mine", &[("pod", &long)])]);
    let ways =
        |text: &str, at: usize| -> Vec<String> { complete(&story.world, text, at).1.into_iter().map(|way| way.text).collect() };
    assert_eq!(ways("Dow", 3), ["Down"]);
    assert_eq!([ways("Dowx", 3), ways("Dow", 0)], [Vec::<String>::new(), vec![]], "inside a word, and before it");
    assert_eq!(ways("(Dow)", 4), ["Down"]);
    assert_eq!(ways("ip=10", 5), ["ip=10.0.0.1"]);
    assert_eq!(ways("ip=~10", 6), [r"ip=~10\.0\.0\.1"], "a dot is no other letter");
    assert_eq!(ways("pod=", 4), [format!("pod={fits}")], "nobody reads a longer one in a line");
    assert_eq!(ways("min", 3), ["mine", "\"mine\""], "the word, and the name of an alert");
}
