//! What a document means.

use crate::{book, problems, with_steps};
use midwatch::domain::node::Level;
use midwatch::domain::playbook::{
    Approval, Cadence, Condition, Confirm, How, Language, OnFail, Output, Picked, Playbook, Resolved, Risk, Section, Target,
    Times, When,
};
use midwatch::playbook::{LONGEST, plan};
use proptest::prelude::*;
use std::time::Duration;

const EXAMPLE: &str = include_str!("pg-primary-failover.md");

fn shape(playbook: &Playbook) -> Vec<(&str, &str, &str)> {
    playbook.steps.iter().map(|step| (step.section.word(), step.id.as_str(), step.kind)).collect()
}

#[test]
fn the_complete_example_has_thirteen_steps_of_the_right_kinds() {
    let book = book(EXAMPLE);
    assert_eq!(book.errors(), 0, "{:#?}", book.problems);
    assert_eq!(
        shape(&book),
        [
            ("before-you-start", "primary-does-not-answer", "check"),
            ("before-you-start", "standby-answers-and-is-a-standby", "check"),
            ("before-you-start", "measure-what-would-be-lost", "check"),
            ("steps", "stop-sending-writes-to-the-old-primary", "command"),
            ("steps", "fence-the-machine", "record"),
            ("steps", "choose", "decision"),
            ("steps", "approve-the-promotion", "approval"),
            ("steps", "promote-the-standby", "command"),
            ("steps", "send-writes-to-the-new-primary", "command"),
            ("steps", "let-clients-reconnect", "wait"),
            ("verify", "writes-are-accepted", "check"),
            ("rollback", "put-the-old-primary-back-in-rotation", "command"),
            ("afterwards", "rebuild-the-old-primary-as-a-standby", "playbook"),
        ]
    );
    let blocks = book.steps.iter().flat_map(|step| [&step.body, &step.status, &step.dry_run, &step.undo]).flatten();
    assert_eq!(blocks.count(), 12);
}

#[test]
fn the_fields_of_the_complete_example_are_typed() {
    let book = book(EXAMPLE);
    let step = |id: &str| book.step(&id.into()).expect(id);
    let first = &step("primary-does-not-answer").fields;
    assert_eq!(first.expect, [Condition::Exit(vec![2])]);
    assert_eq!(first.repeat, Some(Times { count: 3, every: Duration::from_secs(5) }));
    assert_eq!((first.on_fail.clone(), first.risk, first.confirm.clone()), (OnFail::Stop, Risk::Read, Confirm::No));
    let output = |name: &str| Output { name: name.into(), optional: false };
    assert_eq!(step("measure-what-would-be-lost").fields.outputs, [output("GAP_BYTES"), output("LAST_COMMIT")]);
    let stop = step("stop-sending-writes-to-the-old-primary");
    assert_eq!(stop.fields.on_fail, OnFail::Goto(Target::Step("fence-the-machine".into())));
    assert_eq!(stop.fields.expect.iter().map(ToString::to_string).collect::<Vec<_>>(), ["exit 0", r"stdout ~ `^\s*$`"]);
    assert_eq!((stop.number.as_deref(), stop.title.as_str()), (Some("1"), "Stop sending writes to the old primary"));
    assert_eq!(stop.body.as_ref().map(|body| body.lang), Some(Language::Bash));
    assert!(stop.undo.as_ref().is_some_and(|undo| undo.text.ends_with("state ready\" >&3; cat <&3\n")));
    assert_eq!(step("fence-the-machine").items.len(), 2);
    let promote = &step("promote-the-standby").fields;
    assert_eq!((promote.risk, promote.confirm.clone()), (Risk::Destructive, Confirm::Type("$NEW_HOST".into())));
    let guard = When::Step { step: "promote-the-standby".into(), state: "not-started".into() };
    assert_eq!(step("put-the-old-primary-back-in-rotation").fields.when, [guard]);
    assert_eq!(step("choose").field("ask").map(|field| field.items.len()), Some(2));
}

#[test]
fn the_front_matter_of_the_complete_example_is_typed() {
    let book = book(EXAMPLE);
    assert_eq!((book.id.as_str(), book.title.as_str()), ("pg-primary-failover", "PostgreSQL primary failover"));
    assert_eq!(book.meta.rto, Some(Duration::from_secs(300)));
    assert_eq!(book.meta.drill_every, Some(Cadence::Every(Duration::from_secs(28 * 86400))));
    assert_eq!(book.meta.alerts.len(), 2);
    assert_eq!(book.params.len(), 8);
    assert_eq!(book.digest.len(), 64);
    // The lines of the file: the YAML parser's plus one for the delimiter.
    let old_port = book.params.iter().find(|param| param.name == "OLD_PORT").expect("OLD_PORT");
    assert_eq!(EXAMPLE.lines().nth(old_port.span.line - 1), Some("  OLD_PORT: {type: port, default: 5432}"));
    let promote = book.step(&"promote-the-standby".into()).expect("the step");
    assert_eq!(EXAMPLE.lines().nth(promote.span.line - 1), Some("### 5. Promote the standby"));
}

#[test]
fn a_block_with_the_terminal_has_the_time_of_a_person_and_a_question_afterwards() {
    assert_eq!(book(EXAMPLE).unfit(), None);
    let step = |fields: &str| {
        let blocks = "```sh\nvi x\n```\n\n```sh status\ntrue\n```\n";
        let book = crate::book(&with_steps(&format!("## Verify\n\n### One\n\n- **tty:** yes\n{fields}\n{blocks}")));
        assert_eq!((book.unfit(), book.errors()), (None, 0), "{:?}", book.problems);
        book.steps[0].clone()
    };
    let (plain, own) = (step(""), step("- **timeout:** 5m\n- **record:** the new value\n"));
    assert_eq!((plain.fields.timeout.as_secs(), plain.asks()), (3600, Some("what came of it")));
    assert_eq!((own.fields.timeout.as_secs(), own.asks()), (300, Some("the new value")));
    // Nobody sits before a block that only looks.
    let probes = [plain, own].map(|step| step.probing().expect("a status block"));
    assert_eq!(probes.each_ref().map(|step| (step.fields.tty, step.fields.timeout.as_secs())), [(false, 60), (false, 300)]);
}

#[test]
fn kinds_read_their_own_fields() {
    let book = book(EXAMPLE);
    let how = |id: &str| book.step(&id.into()).map(|step| step.how.clone()).expect("the step");
    let picked = |label: &str, to| Picked { label: label.into(), to };
    let options = vec![
        picked("Accept", Target::Step("approve-the-promotion".into())),
        picked("Too much", Target::Section(Section::Rollback)),
    ];
    assert!(
        matches!(how("choose"), How::Choice(choice) if choice.options == options && choice.question.contains("`$GAP_BYTES`"))
    );
    let expires = Some(Duration::from_secs(600));
    assert_eq!(how("approve-the-promotion"), How::Approval(Approval { count: 1, roles: vec!["commander".into()], expires }));
    assert_eq!(how("let-clients-reconnect"), How::Wait(Duration::from_secs(10)));
    assert_eq!(how("fence-the-machine"), How::Person);
    let How::Child(child) = how("rebuild-the-old-primary-as-a-standby") else { panic!("a child") };
    assert_eq!((child.link.as_str(), child.with.len()), ("pg-rebuild-standby.md", 4));
}

#[test]
fn a_kind_whose_field_is_wrong_is_an_error_with_its_line() {
    for (field, why) in [
        ("- **ask:** Well?", "without options"),
        ("- **ask:** Well?\n  - Yes: [no](#nowhere)", "no step or section `nowhere`"),
        ("- **ask:** Well?\n  - Yes", "leads to no step"),
        ("- **ask:** Well?\n  - Yes: [a](#one)\n  - Yes: [b](#rollback)", "stands twice"),
        ("- **wait:** soon", "not a value of `wait`"),
        ("- **approve:** commander", "not a value of `approve`"),
        ("- **approve:** 0 of commander", "not a value of `approve`"),
        ("- **playbook:** [up](../other.md)", "not a value of `playbook`"),
        ("- **playbook:** [out](https://h/other.md)", "not a value of `playbook`"),
        ("- **playbook:** [it](other.md)\n- **with:** HOST", "not a value of `with`"),
        ("- **kind:** decision", "needs the field `ask`"),
        ("- **kind:** record\n- **record:** it\n\n```sh\ntrue\n```", "has no body"),
        ("- **wait:** 1s\n\n```sh\ntrue\n```", "at once"),
    ] {
        let book = crate::book(&with_steps(&format!("## Steps\n\n### One\n\n{field}\n\n## Rollback\n")));
        let found: Vec<&str> =
            book.problems.iter().filter(|one| one.level == Level::Error).map(|one| one.message.as_str()).collect();
        assert!(found.len() == 1 && found[0].contains(why), "{field}: {found:?}");
        assert!(book.unfit().is_some());
    }
}

#[test]
fn an_existing_runbook_opens_unchanged_as_manual_steps() {
    let text = "# Disk full\n\n## Diagnosis\n\n- **confirm:** this is prose\n\n```sh\nrm -rf $X\n```\n\n## Fix\n\n- [ ] call\n";
    let book = book(text);
    assert!(!book.executable);
    assert_eq!((book.id.as_str(), book.title.as_str()), ("book", "Disk full"));
    assert_eq!(shape(&book), [("steps", "diagnosis", "manual"), ("steps", "fix", "manual")]);
    assert!(book.steps.iter().all(|step| step.body.is_none() && step.raw.is_empty() && step.how == How::Person));
    assert!(book.slice(&book.steps[0].prose).contains("rm -rf $X"));
    assert_eq!(book.steps[1].items.len(), 1);
    assert_eq!((book.errors(), book.unfit()), (0, None));
}

#[test]
fn the_steps_of_a_runbook_are_its_deepest_headings_or_its_numbered_list() {
    let ids = |text: &str| book(text).steps.iter().map(|step| step.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids("## A\n### B\n### C\n## D\n"), ["b", "c"]);
    assert_eq!(ids("# T\n\n1. First do *this*\n2. Then that\n\n- not this\n"), ["first-do-this", "then-that"]);
    assert_eq!(ids("## A\n## A\n"), ["a", "a-1"]);
    assert_eq!(ids("only prose\n"), Vec::<String>::new());
    assert_eq!(problems(&book("only prose\n")), ["0:0 warning"]);
}

#[test]
fn only_the_seven_headings_hold_steps() {
    let book = book(&with_steps(
        "## Background\n\n### Not a step\n\n```sh\nfalse\n```\n\n## 1. STEPS\n\n### One\n\ndo it\n\n#### Deeper is prose\n\n## Rollback\n\n### Two\n\nundo it\n",
    ));
    assert_eq!(problems(&book), Vec::<String>::new());
    assert_eq!(shape(&book), [("steps", "one", "manual"), ("rollback", "two", "manual")]);
    assert!(book.slice(&book.steps[0].prose).contains("Deeper"));
}

#[test]
fn illustrations_never_run() {
    let book = book(&with_steps(
        "## Steps\n\n### One\n\n```text\nls\n```\n\n```sh example\nls\n```\n\n> ```sh\n> ls\n> ```\n\n    ls\n\n```\nls\n```\n\n```yaml status\na: b\n```\n",
    ));
    assert_eq!(problems(&book), Vec::<String>::new());
    assert_eq!(book.steps[0].kind, "manual");
}

#[test]
fn a_block_inside_a_bullet_is_the_body_like_any_other() {
    let book = book(&with_steps("## Verify\n\n### One\n\nDo this:\n\n- look\n\n  ```sh\n  true\n  ```\n"));
    assert_eq!(book.steps[0].body.as_ref().map(|body| body.text.as_str()), Some("true\n"));
    assert_eq!(book.steps[0].kind, "check");
}

#[test]
fn what_a_destructive_step_must_have_typed_is_its_target() {
    let typed = |fields: &str, body: &str| {
        let text =
            format!("## Steps\n\n### Drop it\n\n- **risk:** destructive\n- **timeout:** 1s\n{fields}\n```sh\n{body}\n```\n");
        book(&with_steps(&text)).steps[0].fields.confirm.clone()
    };
    assert_eq!(typed("", "drop \"$HOST\""), Confirm::Type("$HOST".into()));
    assert_eq!(typed("", "drop"), Confirm::Type("drop-it".into()));
    assert_eq!(typed("- **host:** `db-1`\n", "drop \"$HOST\""), Confirm::Type("db-1".into()));
    assert_eq!(typed("- **confirm:** yes\n", "drop"), Confirm::Yes);
}

#[test]
fn prose_of_any_shape_leaves_the_steps_alone() {
    let prose = [
        "- a\n  - **b**: c\n- d\n\n| a | b |\n|---|---|\n| `c` | d |\n",
        "> ### quoted\n> - **risk:** destructive\n",
        "<div>\n\n### html\n\n</div>\n".trim_end_matches("\n\n</div>\n"),
        "[link]: http://x 'title'\n\n[link] ![image](x.png) ~~gone~~ <b>html</b>\n",
        "1) one\n2) two\n\n***\n\nA[^1]\n\n[^1]: note\n",
    ];
    for prose in prose.iter().filter(|prose| !prose.contains("### html")) {
        let text = with_steps(&format!("## Verify\n\n### One\n\n- **timeout:** 5s\n\nSay:\n\n{prose}\n```sh\ntrue\n```\n"));
        let book = book(&text);
        assert_eq!(shape(&book), [("verify", "one", "check")], "{prose}");
        assert_eq!((book.steps[0].fields.timeout, problems(&book)), (Duration::from_secs(5), vec![]), "{prose}");
    }
}

#[test]
fn sections_know_which_steps_only_look() {
    let reading: Vec<_> = Section::ALL.iter().filter(|section| section.reads()).collect();
    assert_eq!(reading, [&Section::Before, &Section::Verify]);
    assert!(Section::ALL.iter().all(|section| midwatch::domain::playbook::Section::parse(section.word()) == Some(*section)));
}

#[test]
fn a_document_made_to_hurt_is_read_like_any_other() {
    // Long enough for anything quadratic to be felt, and for recursion to overflow the stack.
    let length = LONGEST / 8;
    let long = |unit: &str| with_steps("## Steps\n\n### One\n\n") + &unit.repeat(length / unit.len());
    for unit in [
        "- ",
        "> ",
        "1. ",
        "[",
        "*",
        "_a ",
        "`",
        "<",
        "![",
        "|a",
        "&#x",
        "# ",
        "### a\n",
        "- [ ] x\n",
        "- **a:** b\n",
        "```sh\n$A\n```\n",
        "$A",
        "\"$A\" ",
        "- **on fail:** [x](#y)\n",
        "\n```sh stauts\n```\n",
        "<!--",
        "\t- ",
        "[a]: b\n",
        "[^a]",
    ] {
        check_places(&long(unit));
        check_places(&unit.repeat(length / unit.len()));
    }
    let names: String = (0..20_000).map(|number| format!("a{number}=\"$b{number}\"\n")).collect();
    check_places(&(with_steps("## Steps\n\n### One\n\n```sh\n") + &names + "```\n"));
    for (fence, unit) in [("```sh\necho ", "\"$A\" #"), ("```sh\n", "(((|"), ("- **risk:** change\n- **x:** ", "[a](#b) ")] {
        let text = with_steps("## Steps\n\n### One\n\n") + fence + &unit.repeat(length / unit.len());
        check_places(&text);
    }
}

#[test]
fn of_a_flood_of_problems_the_error_stays() {
    let text =
        with_steps(&("## Steps\n\n### One\n\n```sh\n".to_owned() + &"echo $HOST\n".repeat(1000) + "```\n\n- **risk:** read\n"));
    let book = book(&text);
    assert_eq!((book.problems.len(), book.errors()), (200, 1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,400}") {
        check_places(&text);
    }

    /// Pieces of real documents in any order reach deeper than arbitrary text does.
    #[test]
    fn no_heap_of_fragments_makes_reading_panic(fragments in proptest::collection::vec(0..FRAGMENTS.len(), 0..60)) {
        check_places(&fragments.iter().map(|index| FRAGMENTS[*index]).collect::<String>());
    }

    #[test]
    fn a_cut_document_is_still_a_document(at in 0..EXAMPLE.len()) {
        let at = (at..EXAMPLE.len()).find(|at| EXAMPLE.is_char_boundary(*at)).unwrap_or(0);
        check_places(&EXAMPLE[..at]);
    }
}

const FRAGMENTS: &[&str] = &[
    "---\n",
    "playbook: 1\n",
    "params:\n",
    "  A: {type: host}\n",
    "\n",
    "# T\n",
    "## Steps\n",
    "## Verify\n",
    "### 1. One\n",
    "### é 👩‍🚒\n",
    "- **risk:** change\n",
    "- **expect:** stdout ~ `^$`; exit 0\n",
    "- **when:** step `one` failed\n",
    "- **on fail:** [x](#one)\n",
    "- **x**: y\n",
    "  - nested: [a](#b)\n",
    "- [ ] task\n",
    "```sh\n",
    "```\n",
    "~~~bash undo\n",
    "> quote\n",
    "1. item\n",
    "    code\n",
    "`a``",
    "**",
    "[",
    "](",
    "\t",
    "\r\n",
    "\u{feff}",
    "\u{0}",
    "$A ${A} $",
    "<<EOF\n",
    "text ",
];

/// Every place that was noted lies inside the text, and showing it works.
fn check_places(text: &str) {
    let book = book(text);
    for step in &book.steps {
        assert!(text.get(step.prose.clone()).is_some(), "{:?} in {text:?}", step.prose);
        assert!(text.get(step.span.start..step.span.end).is_some());
    }
    for problem in &book.problems {
        let _ = problem.show("book.md", text);
    }
    let _ = (book.show(), plan(&book, &Resolved::default(), &|_| true).to_string());
}
