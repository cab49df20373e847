//! What is wrong with a document: all of it, in one pass, each with its place.

use crate::{book, problems, with_steps};

#[track_caller]
fn finds(text: &str, expected: &[&str]) {
    let book = book(text);
    assert_eq!(problems(&book), expected, "{:#?}\n{text}", book.problems);
}

/// The steps begin in line 20; the first fence or field of `### One` stands in line 24.
#[track_caller]
fn step(fields_and_blocks: &str, expected: &[&str]) {
    finds(&with_steps(&format!("## Steps\n\n### One\n\n{fields_and_blocks}")), expected);
}

const BODY: &str = "\n```sh\ntrue\n```\n";

#[test]
fn a_complete_document_has_no_problems() {
    step(&format!("- **timeout:** 5s\n- **x-note:** kept\n{BODY}"), &[]);
}

#[test]
fn front_matter() {
    let front = |yaml: &str| format!("---\n{yaml}\n---\n# T\n## Steps\n### One\n");
    let wanted: Vec<String> =
        ["drill-every", "id", "owner", "practice", "purpose", "reviewed", "review-every", "services", "title"]
            .map(|_| "1:1 W100".into())
            .to_vec();
    let with = |more: &[&str]| {
        let mut all: Vec<String> = wanted.clone();
        all.extend(more.iter().map(|text| (*text).to_owned()));
        all
    };
    let check = |yaml: &str, more: &[&str]| assert_eq!(problems(&book(&front(yaml))), with(more), "{yaml}");
    check("playbook: 1", &[]);
    check("playbook: 1\nprctice: x", &["3:1 E003"]);
    check("playbook: 1\nrto: soon\nreviewed_: 1", &["3:6 E004", "4:1 E003"]);
    check(
        "playbook: 1\nparams: {path: {}, PATH: {}, PLAYBOOK_X: {}, A: {type: host, default: -x}}",
        &["3:10 E004", "3:20 E004", "3:30 E004", "3:71 E004"],
    );
    check(
        "playbook: 1\nparams:\n  A: {type: enum}\n  B: {type: hots}\n  C: {from: lable.x}\n  D: {pattern: '('}\n  E: {type: secret, default: x}",
        &["4:3 E004", "5:13 E004", "6:13 E004", "7:16 E004", "8:30 E004"],
    );
    check("playbook: 1\nalerts:\n  - {a: '~('}\n  - {}", &["4:9 E004", "5:5 E004"]);
    finds("---\nplaybook: 2\n---\n## A\n", &["2:11 E008"]);
    finds("---\nplaybook: one\n---\n## A\n", &["2:11 E004"]);
    finds("\u{feff}---\ntitle: x\n---\n## A\n", &["1:1 E001"]);
}

#[test]
fn ids_and_practices() {
    let text = with_steps("## Verify\n\n### One\n");
    finds(&text.replace("id: book", "id: Book!"), &["3:5 E005"]);
    finds(&text.replace("practice: testing", "practice: hope"), &["5:11 E007"]);
    finds(&text.replace("drill-every: 4w", "drill-every: never"), &["11:14 W100"]);
    finds(&text.replace("drill-every: 4w", "drill-every: never\nx-reason: needs a vendor"), &[]);
    finds(&text.replace("title: Book", "title: Other"), &["18:1 W100"]);
}

#[test]
fn broken_front_matter_is_one_error_at_its_place_and_the_steps_are_still_shown() {
    let broken = book("---\nplaybook: 1\nid: [a\n---\n## One\n");
    assert_eq!(broken.errors(), 1, "{:?}", broken.problems);
    assert_eq!(broken.problems[0].code, Some("E002"));
    assert!((2..=4).contains(&broken.problems[0].span.line), "{:?}", broken.problems[0].span);
    assert!(broken.unfit().is_some());
    assert_eq!(broken.steps.len(), 1);
}

#[test]
fn fields() {
    step("- **tiemout:** 5s\n- not a field\n", &["24:1 E010", "25:1 E010"]);
    step("Prose first.\n\n- **timeout:** 5s\n", &["26:1 E010"]);
    step("- **id:** `ok`\n\nProse.\n\n- **Remember:** this is prose\n", &[]);
    for bad in [
        "- **risk:** none",
        "- **timeout:** soon",
        "- **timeout:** 0s",
        "- **confirm:** type it",
        "- **expect:** all is well",
        "- **retry:** often",
        "- **on fail:** give up",
        "- **on fail:** [elsewhere](other.md)",
        "- **when:** maybe",
        "- **when:** step `one` happy",
        "- **outputs:** name",
        "- **outputs:** `PATH`",
        "- **idempotent:** perhaps",
        "- **tty:** 1",
        "- **id:** `Not An Anchor`",
        "- **host:** db-1 and db-2",
    ] {
        step(&format!("{bad}\n- **x-timeout:** 5s\n"), &["24:1 E011"]);
    }
    step("- **timeout:** 5s\n- **timeout:** 6s\n", &["25:1 E011"]);
    step("- **kind:** comand\n", &["24:1 E011"]);
}

#[test]
fn links_and_names() {
    step("- **on fail:** [x](#on)\n", &["24:1 E014"]);
    step("- **on fail:** [x](#rollback)\n", &[]);
    step("- **when:** step `two` failed\n", &["24:1 E014"]);
    step(&format!("- **timeout:** 5s\n- **expect:** stdout `$HOTS`\n{BODY}"), &["25:1 E016"]);
    step(&format!("- **timeout:** 5s\n- **expect:** stdout `$HOST`\n{BODY}"), &[]);
    step(&format!("- **timeout:** 5s\n- **confirm:** type `$TOKEN`\n{BODY}"), &["25:1 E016"]);
    step("- **when:** `NOPE` = `x`\n", &["24:1 E016"]);
    step("- **role:** boss\n", &["24:1 E019"]);
    step("- **role:** lead\n", &[]);
    finds(&with_steps("## Steps\n\n### 1. Same\n\n### 2. Same\n"), &["24:1 E015"]);
}

#[test]
fn blocks() {
    let timeout = "- **timeout:** 5s\n";
    step(&format!("{timeout}{BODY}{BODY}"), &["30:1 E012"]);
    step(&format!("{timeout}- **wait:** 5s\n{BODY}"), &["22:1 E012"]);
    step("- **wait:** 5s\n- **approve:** 1 of lead\n", &["22:1 E012"]);
    step(&format!("{timeout}\n```sh stauts\ntrue\n```\n{BODY}"), &["26:1 E013"]);
    step("\n```sh status\ntrue\n```\n", &["25:1 E020"]);
    step(&format!("{timeout}\n```sh\ntrue\n"), &["26:1 E021"]);
    step(&format!("{timeout}- **retry:** 3 times every 1s\n{BODY}"), &["25:1 E011"]);
    step(&format!("{timeout}- **retry:** 3 times every 1s\n- **idempotent:** yes\n{BODY}"), &[]);
    step(&format!("{timeout}- **expect:** status 200\n{BODY}"), &["25:1 E011"]);
    step(&format!("{timeout}- **kind:** manual\n{BODY}"), &["27:1 E012"]);
    step("- **kind:** check\n", &["22:1 E012"]);
    step(&format!("{timeout}\n```http\nFETCH http://h/\n```\n"), &["26:1 E011"]);
    step("- **risk:** read\n\n```http\nDELETE http://h/\n```\n", &["26:1 E011"]);
}

#[test]
fn habits() {
    step(&format!("- **risk:** destructive\n- **timeout:** 5s\n{BODY}"), &["22:1 W101"]);
    step(BODY, &["22:1 W102"]);
    step("- **timeout:** 5s\n\n```sh\ntrue\necho $HOST\n```\n", &["28:1 W106"]);
    let recovery = with_steps("## Steps\n\n### One\n").replace("purpose: diagnosis", "purpose: deployment");
    finds(&recovery, &["1:1 W104", "1:1 W104"]);
}

#[test]
fn a_problem_is_shown_with_its_place_and_its_help() {
    let text = with_steps("## Steps\n\n### One\n\n- **tiemout:** 5s\n");
    let book = book(&text);
    assert_eq!(
        book.problems[0].show("book.md", &text),
        "book.md:24:1: error[E010]: unknown field `tiemout`\n24 | - **tiemout:** 5s\n   | ^^^^^^^^^^^^^^^^^\nhelp: did you mean `timeout`?\n"
    );
}
