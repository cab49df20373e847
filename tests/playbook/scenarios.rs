//! Scenarios of drills: those that come with the program, what is wrong with others, and that writing and reading agree.

use midwatch::domain::catalogue::Service;
use midwatch::domain::playbook::{Fit, Place, Playbook, matching};
use midwatch::domain::scenario::{Scenario, What};
use midwatch::playbook::scenario::{Around, BUNDLED, RULES, Script, Shelf, file, read, write};
use midwatch::playbook::{self};
use midwatch::steps::KINDS;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Everything that a scenario may say.
const WHOLE: &str = r#"scenario: 1
id: whole
title: The whole of it
kind: game-day
playbook: disk-filling
services: [shop]
beats:
  - at: 0s
    note: It begins
  - at: 5s
    fires: {name: Down, severity: critical, service: shop, summary: It is down, labels: {instance: "a:1"}, annotations: {url: "https://x/"}}
  - at: 5s
    feed: {name: shop-front, service: shop, state: failing, text: refused}
  - at: 1m 30s
    resolves: Down
expects:
  - {ack: Down, within: 3m, points: 2}
  - {step: delete-them, after: Down, within: 10m}
  - {note: any, within: 10m}
abort:
  - "service = shop and state = failing for 30s"
ending: It was nothing.
"#;

fn library() -> Vec<Arc<Playbook>> {
    let read = |(name, text): &(&'static str, &str)| Arc::new(playbook::read(text, Place::Bundled(name), KINDS));
    playbook::BUNDLED.iter().map(read).collect()
}

/// `line:col code` of everything that is wrong.
fn found(script: &Script) -> Vec<String> {
    let one = |problem: &midwatch::domain::node::Problem| {
        format!("{}:{} {}", problem.span.line, problem.span.col, problem.code.unwrap_or("-"))
    };
    script.problems.iter().map(one).collect()
}

fn judged(text: &str) -> Script {
    let (services, books) = ([Service::new("shop")], library());
    let around = Around { services: Some(&services), feeds: None, playbooks: Some(&books) };
    read(text, Place::File("/scenarios/whole.yaml".into()), around)
}

#[test]
fn the_list_of_the_bundled_ones_is_the_folder() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks/scenarios");
    let files = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").file_name());
    let files: BTreeSet<String> = files.map(|name| name.into_string().expect("a name")).collect();
    assert_eq!(BUNDLED.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>(), files);
    assert!(BUNDLED.len() >= 10);
}

#[test]
fn the_bundled_ones_are_whole_and_each_is_named_as_its_file() {
    let books = library();
    let shelf = Shelf::load(&[], Around { playbooks: Some(&books), ..Around::default() });
    assert_eq!(shelf.all.len(), BUNDLED.len());
    for script in &shelf.all {
        assert_eq!(script.shown(), "");
        let scenario = script.scenario.as_ref().expect("a scenario");
        assert_eq!(format!("{}.yaml", scenario.id), script.place.file_name());
        assert!(scenario.alerts().count() > 0 && scenario.expects.len() >= 4 && scenario.ending.is_some(), "{}", scenario.id);
        assert!(scenario.beats.iter().any(|beat| matches!(beat.what, What::Note { .. })), "{} has no game master", scenario.id);
        assert!(scenario.beats.iter().any(|beat| matches!(beat.what, What::Feed(_))), "{} changes no feed", scenario.id);
        let over = scenario.beats.iter().filter(|beat| matches!(beat.what, What::Resolves { .. })).count();
        assert_eq!(scenario.alerts().count(), over, "{} leaves something firing", scenario.id);
    }
}

#[test]
fn the_alert_of_a_bundled_one_leads_to_the_playbook_that_is_practised() {
    let books = library();
    let shelf = Shelf::load(&[], Around { playbooks: Some(&books), ..Around::default() });
    for scenario in shelf.all.iter().filter_map(|script| script.scenario.as_ref()) {
        let Some(wanted) = &scenario.playbook else { continue };
        let leads = |alert: &midwatch::domain::scenario::Fires| {
            let (labels, annotations) = (alert.labels("d"), alert.annotations());
            matching(&books, &labels, &annotations, None).first().is_some_and(|(book, _)| book.id == *wanted)
        };
        assert!(scenario.alerts().any(|(_, alert)| leads(alert)), "nothing in {} leads to {wanted}", scenario.id);
    }
}

#[test]
fn of_every_playbook_an_alert_can_be_made_that_leads_to_it() {
    let books = library();
    for book in &books {
        let scenario = Scenario::for_playbook(book);
        let (_, alert) = scenario.alerts().next().expect("an alert");
        let fits = matching(&books, &alert.labels("d"), &alert.annotations(), None);
        let (first, fit) = fits.first().unwrap_or_else(|| panic!("nothing leads to {}", book.id));
        let expected = if book.meta.alerts.is_empty() { Fit::Runbook } else { Fit::Alert(book.meta.alerts[0].0.len()) };
        assert_eq!((&first.id, *fit), (&book.id, expected));
        let kept = read(&write(&scenario), Place::File("/scenarios/kept.yaml".into()), Around::default());
        assert_eq!(kept.scenario.as_ref(), Some(&scenario), "it can be kept as a file: {}", kept.shown());
    }
}

#[test]
fn a_whole_one_is_read_and_written_as_the_same() {
    let script = judged(WHOLE);
    assert_eq!(script.shown(), "");
    let scenario = script.scenario.expect("a scenario");
    assert_eq!((scenario.beats.len(), scenario.expects.len(), scenario.abort.len()), (4, 3, 1));
    let written = write(&scenario);
    let again = judged(&written);
    assert_eq!(again.shown(), "");
    assert_eq!(write(&again.scenario.expect("a scenario")), written);
}

/// Each line of the whole one is replaced, and what is found is the place and the code.
#[test]
fn what_is_wrong_is_told_with_its_place_and_nothing_is_half_read() {
    for (from, to, expected) in [
        ("scenario: 1", "scenario: 2", "1:11 S009"),
        ("scenario: 1\n", "", "1:1 S009"),
        ("id: whole", "id: The Whole", "2:5 S008"),
        ("id: whole", "id: whole\nid: twice", "3:1 S001"),
        ("title:", "titel:", "3:1 S002"),
        ("title: The whole of it\n", "", "1:1 S003"),
        ("game-day", "gameday", "4:7 S002"),
        ("disk-filling", "disk-fillin", "5:11 S006"),
        ("disk-filling", "weekly-practice", "5:11 S007"),
        ("[shop]", "[shp]", "6:12 S006"),
        ("at: 0s", "at: -5s", "8:9 S004"),
        ("at: 0s", "at: soon", "8:9 S003"),
        ("at: 0s", "at: 7s", "10:9 S004"),
        ("at: 1m 30s", "at: 8d", "14:9 S004"),
        ("note: It begins", "nota: It begins", "9:5 S002"),
        ("note: It begins", "note: It begins\n    resolves: Down", "10:5 S003"),
        ("name: Down", "name: a b", "11:19 S003"),
        ("severity: critical", "severity: awful", "11:35 S002"),
        ("service: shop, summary", "service: shap, summary", "11:54 S006"),
        ("state: failing, text", "state: broken, text", "13:52 S002"),
        ("resolves: Down", "resolves: Dawn", "15:15 S005"),
        ("ack: Down", "ack: Dawn", "17:11 S005"),
        ("{ack: Down, within: 3m", "{ack: Down, within: 0s", "17:25 S004"),
        ("{ack: Down, within: 3m", "{ack: Down", "17:5 S003"),
        ("{ack: Down", "{akc: Down", "17:6 S002"),
        ("{ack: Down", "{ack: Down, note: any", "17:17 S003"),
        ("points: 2", "points: 0", "17:37 S003"),
        ("delete-them", "delete-thm", "18:12 S006"),
        ("after: Down", "after: Up", "18:32 S005"),
        ("and state = failing for 30s", "for 30s", "21:5 S003"),
        ("state = failing", "state = awful", "21:5 S003"),
        ("ending: It was nothing.", "ending: [1]", "22:9 S003"),
    ] {
        assert!(WHOLE.contains(from), "{from}");
        let script = judged(&WHOLE.replacen(from, to, 1));
        assert!(found(&script).contains(&expected.to_owned()), "{from} -> {to}: {}", script.shown());
        assert!(script.scenario.is_none(), "{to}");
        let help = script.problems.iter().all(|problem| RULES.iter().any(|(code, _)| problem.code == Some(code)));
        assert!(help, "a problem has a code that nobody knows: {}", script.shown());
    }
}

#[test]
fn an_alert_neither_fires_twice_nor_is_it_over_before_it_fires() {
    let twice = WHOLE.replacen("  - at: 1m 30s", "  - at: 10s\n    fires: {name: Down, severity: info}\n  - at: 1m 30s", 1);
    assert_eq!(found(&judged(&twice)), ["15:19 S005"]);
    let again = WHOLE.replacen("expects:", "  - at: 2m\n    fires: {name: Down, severity: info}\nexpects:", 1);
    assert_eq!(found(&judged(&again)), Vec::<String>::new(), "after its end it may fire again");
    let before = WHOLE.replacen("note: It begins", "resolves: Down", 1);
    assert_eq!(found(&judged(&before)), ["9:15 S005"]);
}

#[test]
fn everything_is_told_in_one_pass_with_an_excerpt_and_the_nearest_name() {
    let text = WHOLE.replace("[shop]", "[shp]").replace("at: 0s", "at: -5s").replace("resolves: Down", "resolves: Dwn");
    let script = judged(&text);
    assert_eq!(found(&script), ["6:12 S006", "8:9 S004", "15:15 S005"]);
    let shown = script.shown();
    let expected = "/scenarios/whole.yaml:6:12: error[S006]: there is no service `shp`\n6 | services: [shp]\n  |            ^^^\n\
                    help: did you mean `shop`?\n";
    assert!(shown.starts_with(expected), "{shown}");
    assert!(shown.contains("help: did you mean `Down`?"), "{shown}");
}

#[test]
fn a_game_day_that_nothing_calls_off_and_one_without_expectations_is_warned_of() {
    let calm = WHOLE.replace("abort:\n  - \"service = shop and state = failing for 30s\"\n", "");
    let script = judged(&calm);
    assert_eq!(found(&script), ["1:1 S010"]);
    assert!(script.scenario.is_some(), "it is none the less played");
    let (before, after) = (WHOLE.find("expects:").expect("expects"), WHOLE.find("abort:").expect("abort"));
    assert_eq!(found(&judged(&format!("{}{}", &WHOLE[..before], &WHOLE[after..]))), ["1:1 S010"]);
}

#[test]
fn hostile_text_is_text_on_the_screen_and_in_the_file() {
    let evil = "\u{1b}[2J\u{202e}\" ]} # | &a *a <<: !!x \\ \u{7f}\u{85}\u{feff}'";
    let mut scenario = judged(WHOLE).scenario.expect("a scenario");
    scenario.title = evil.to_owned();
    scenario.ending = Some(format!("{evil}\n{evil}\r\t"));
    if let What::Fires(alert) = &mut scenario.beats[1].what {
        alert.summary = Some(evil.to_owned());
        alert.labels = [("__proto__\n: x".to_owned(), evil.to_owned())].into();
    }
    let written = write(&scenario);
    assert!(written.chars().all(|c| c == '\n' || !c.is_control()), "{written:?}");
    let again = judged(&written);
    assert_eq!(again.shown(), "");
    let again = again.scenario.expect("a scenario");
    assert_eq!((&again.title, &again.ending, &again.beats), (&scenario.title, &scenario.ending, &scenario.beats));

    let shown = judged(&WHOLE.replace("[shop]", "[\"\\e[2Jshp\"]").replace("id: whole", "id: \"\\e]0;x\\a\"")).shown();
    assert!(!shown.is_empty() && shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
}

#[test]
fn a_team_s_own_takes_the_place_of_a_bundled_one_and_two_of_one_id_are_one_too_many() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("a.yaml", &WHOLE.replace("id: whole", "id: disk-fills"));
    write("b.yml", &WHOLE.replace("id: whole\n", ""));
    write("c.yaml", &WHOLE.replace("id: whole", "id: b"));
    write("notes.md", "# No scenario");
    let folders = [folder.path().to_owned(), PathBuf::from("/nowhere/at/all")];
    let shelf = Shelf::load(&folders, Around::default());
    assert_eq!((shelf.all.len(), shelf.troubles.len()), (BUNDLED.len() + 2, 0));
    assert_eq!(
        shelf.get("disk-fills").expect("it is there").scenario.as_ref().map(|s| s.title.as_str()),
        Some("The whole of it")
    );
    let same: Vec<_> = shelf.all.iter().filter(|script| script.id == "b").map(found).collect();
    assert_eq!(same, [Vec::<String>::new(), vec!["1:1 S008".to_owned()]]);
    assert!(shelf.get("disk-fill").expect_err("none").ends_with("did you mean `disk-fills`?"));
    let lost = file(&folder.path().join("gone.yaml"), Around::default());
    assert_eq!((found(&lost), lost.scenario), (vec!["1:1 S009".to_owned()], None));
}

#[test]
fn every_code_is_known_and_sorted_and_the_example_of_the_page_is_whole() {
    assert!(RULES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    let page = include_str!("../../docs/practice.md");
    let (_, rest) = page.split_once("```yaml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    let (services, books) = (["checkout", "postgres"].map(Service::new), library());
    let around = Around { services: Some(&services), feeds: None, playbooks: Some(&books) };
    let script = read(example, Place::File("/scenarios/checkout-down.yaml".into()), around);
    assert_eq!(script.shown(), "");
    assert_eq!(script.scenario.map(|scenario| (scenario.beats.len(), scenario.expects.len())), Some((4, 5)));
}
