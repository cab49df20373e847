//! What is wrong with a playbook only here, today, or beside the others.

use crate::{problems, with_steps};
use chrono::NaiveDate;
use midwatch::domain::playbook::Playbook;
use midwatch::playbook::{Around, Catalogue};
use midwatch::steps::KINDS;
use std::fs;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

const AROUND: fn() -> Around<'static> =
    || Around { today: day("2026-11-20"), installed: &|_| true, env: &[], critical: &[], health: None, rules: None };

fn surveyed(folder: &TempDir, around: &Around<'_>) -> Catalogue {
    let mut catalogue = Catalogue::load(&[folder.path().to_owned()], KINDS);
    catalogue.survey(around);
    catalogue
}

fn found<'a>(catalogue: &'a Catalogue, file: &str) -> &'a Playbook {
    catalogue.get(file).expect(file)
}

/// Of the only file.
#[track_caller]
fn alone(text: &str, around: &Around<'_>, expected: &[&str]) {
    let folder = folder(&[("one.md", text)]);
    let catalogue = surveyed(&folder, around);
    assert_eq!(problems(found(&catalogue, "one.md")), expected, "{:#?}", found(&catalogue, "one.md").problems);
}

fn one(step: &str) -> String {
    with_steps(&format!("## Steps\n\n### One\n\n{step}"))
}

#[test]
fn a_review_that_is_due_or_still_to_come_is_named() {
    let text = one("Do.\n");
    alone(&text, &AROUND(), &[]);
    alone(&text, &Around { today: day("2027-01-30"), ..AROUND() }, &[]);
    alone(&text, &Around { today: day("2027-01-31"), ..AROUND() }, &["9:1 W105"]);
    alone(&text, &Around { today: day("2026-10-31"), ..AROUND() }, &["9:1 W105"]);
    alone(&text.replace("90d", "99999999y"), &AROUND(), &[]);
}

#[test]
fn a_selector_that_nothing_here_could_answer_is_named() {
    use midwatch::domain::health::FeedSpec;
    let second = std::time::Duration::from_secs(1);
    let feed = |name: &str| FeedSpec { service: Some("shop".into()), ..FeedSpec::new(name, "tcp", second, second) };
    let (feeds, services) = (vec![feed("port")], ["shop", "bare"]);
    let around = || Around { health: Some((&feeds, &services)), ..AROUND() };
    let text = |selector: &str| one(&format!("```feed\n{selector}\n```\n"));
    alone(&text("name = port and state = healthy"), &around(), &[]);
    alone(&text("service = $HOST and state = healthy"), &around(), &[]);
    alone(&text("name = prot and state = healthy"), &around(), &["25:8 W119"]);
    alone(&text("state = healthy and\n  service = shpo"), &around(), &["26:13 W119"]);
    alone(&text("service = bare and state = healthy"), &around(), &["25:11 W119"]);
    alone(&text("name = prot and state = healthy"), &AROUND(), &[]);
}

#[test]
fn a_block_without_its_interpreter_stops_a_run_before_it_begins() {
    let text = one("- **timeout:** 5s\n\n```sh\ntrue\n```\n\n```bash undo\ntrue\n```\n");
    let without = Around { installed: &|program| program != "bash", ..AROUND() };
    alone(&text, &without, &["30:1 E024"]);
    let folder = folder(&[("one.md", &text)]);
    let catalogue = surveyed(&folder, &without);
    assert!(found(&catalogue, "one.md").unfit().is_some_and(|why| why.contains("one.md:30: there is no `bash`")));
    alone(&text.replace("- **timeout", "- **host:** `db-1`\n- **timeout"), &without, &[]);
}

#[test]
fn a_variable_that_the_configuration_passes_on_is_set() {
    let text = one("- **timeout:** 5s\n\n```sh\nkubectl --kubeconfig \"$KUBECONFIG\" get pods\n```\n");
    alone(&text, &AROUND(), &["27:23 W115"]);
    alone(&text, &Around { env: &["KUBECONFIG".into()], ..AROUND() }, &[]);
}

#[test]
fn two_playbooks_for_one_alert_are_named_unless_one_is_bundled() {
    let with = |id: &str, alerts: &str| one("Do.\n").replace("id: book", &format!("id: {id}\nalerts: {alerts}"));
    let a = with("a", "[{alertname: PayDown, env: prod}, {alertname: DiskFilling}]");
    let b = with("b", "[{alertname: Other}, {alertname: PayDown, env: prod}]");
    let near = with("c", "[{alertname: PayDown}]");
    let folder = folder(&[("a.md", &a), ("b.md", &b), ("c.md", &near)]);
    let catalogue = surveyed(&folder, &AROUND());
    let all: Vec<_> = ["a.md", "b.md", "c.md"].iter().flat_map(|file| problems(found(&catalogue, file))).collect();
    assert_eq!(all, ["4:1 W110"]);
    assert!(found(&catalogue, "b.md").problems[0].message.contains("alertname: PayDown, env: prod"));
}

#[test]
fn a_matcher_that_no_rule_raises_is_named_where_the_rules_are_known() {
    use midwatch::domain::alert::Labels;
    let rule =
        |pairs: &[(&str, &str)]| Labels::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect());
    let rules = [rule(&[("alertname", "PayDown"), ("severity", "critical")]), rule(&[("alertname", "DiskFilling")])];
    let with = |alerts: &str| one("Do.\n").replace("id: book", &format!("id: book\nalerts: {alerts}"));
    let told = Around { rules: Some(&rules), ..AROUND() };
    // What a rule doesn't fix may come from what it measures.
    alone(&with("[{alertname: PayDown, instance: db-1}, {severity: critical}, {alertname: ~Disk.*}]"), &told, &[]);
    alone(&with("[{alertname: PayDown}, {alertname: PayDwon}]"), &told, &["4:1 W110"]);
    alone(&with("[{alertname: PayDown, severity: warning}]"), &told, &["4:1 W110"]);
    alone(&with("[{alertname: PayDwon}]"), &AROUND(), &[]);
    alone(&with("[{alertname: PayDown}]"), &Around { rules: Some(&[]), ..AROUND() }, &["4:1 W110"]);
}

#[test]
fn links_to_other_playbooks_lead_somewhere_and_never_round() {
    let runs = |id: &str, link: &str, with: &str| {
        one(&format!("- **playbook:** [x]({link})\n{with}")).replace("id: book", &format!("id: {id}"))
    };
    let text =
        |at: &str| folder(&[("a.md", &runs("a", at, "")), ("b.md", &runs("b", "sub/c.md", "")), ("sub/c.md", &one("Do.\n"))]);
    let check = |at: &str, expected: &[&str]| {
        let folder = text(at);
        let catalogue = surveyed(&folder, &AROUND());
        assert_eq!(problems(found(&catalogue, "a.md")), expected, "{at}: {:#?}", found(&catalogue, "a.md").problems);
    };
    check("b.md", &[]);
    check("sub/c.md", &[]);
    check("c.md", &["24:1 E014"]);
    check("a.md", &["24:1 E023"]);
    let circle = folder(&[("a.md", &runs("a", "b.md", "")), ("b.md", &runs("b", "a.md", "")), ("d.md", &runs("d", "a.md", ""))]);
    let catalogue = surveyed(&circle, &AROUND());
    let all: Vec<_> = ["a.md", "b.md", "d.md"].iter().map(|file| problems(found(&catalogue, file)).join(" ")).collect();
    assert_eq!(all, ["24:1 E023", "24:1 E023", ""]);
    assert!(found(&catalogue, "a.md").unfit().is_some_and(|why| why.contains("a.md:24:")));
}

#[test]
fn what_is_handed_on_is_a_parameter_there() {
    let a = one("- **playbook:** [x](b.md)\n- **with:** `HOST` `HOTS=HOST`\n");
    let folder = folder(&[("a.md", &a), ("b.md", &one("Do.\n").replace("id: book", "id: b"))]);
    let catalogue = surveyed(&folder, &AROUND());
    let book = found(&catalogue, "a.md");
    assert_eq!((problems(book), book.problems[0].help.as_deref()), (vec!["25:1 E016".to_owned()], Some("did you mean `HOST`?")));
}

#[test]
fn one_file_is_judged_with_those_that_it_leads_to() {
    let runs = |id: &str, link: &str| one(&format!("- **playbook:** [x]({link})\n")).replace("id: book", &format!("id: {id}"));
    let folder = folder(&[("a.md", &runs("a", "b.md")), ("b.md", &runs("b", "a.md")), ("c.md", &runs("c", "gone.md"))]);
    let judged = |file: &str| {
        let mut catalogue = Catalogue::of_file(&folder.path().join(file), KINDS);
        catalogue.survey(&AROUND());
        problems(&catalogue.all()[0])
    };
    assert_eq!((judged("a.md"), judged("c.md")), (vec!["24:1 E023".to_owned()], vec!["24:1 E014".to_owned()]));
}

#[test]
fn a_critical_service_wants_a_recovery_and_every_practice_a_playbook() {
    let text = one("Do.\n").replace("purpose: diagnosis", "purpose: recovery\nrto: 1m\nrpo: 1m");
    let folder = folder(&[("one.md", &text)]);
    let gaps = |critical: &[&str]| {
        let catalogue = surveyed(&folder, &Around { critical, ..AROUND() });
        catalogue.gaps.iter().map(|gap| format!("{} {}", gap.code.unwrap_or(""), gap.message)).collect::<Vec<_>>()
    };
    assert_eq!(gaps(&[]), Vec::<String>::new());
    let wanting = |found: Vec<String>| found.into_iter().filter(|gap| gap.starts_with("W118")).collect::<Vec<_>>();
    assert_eq!(wanting(gaps(&["shop", "db"])), ["W118 the critical service `db` has no recovery playbook"]);
    let others = midwatch::domain::playbook::Practice::WORDS.iter().filter(|practice| **practice != "testing");
    let unpractised: Vec<String> = others.map(|practice| format!("W117 no playbook is about {practice}")).collect();
    assert_eq!(gaps(&["shop"]), unpractised);
}
