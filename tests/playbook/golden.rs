//! Small documents and what each means: every case of `golden.txt` is a document and, below `%=`, its steps with all that was
//! understood of them and the `line:col code` of its problems.
//!
//! `@front` stands for complete front matter of 16 lines, `@step` for that, a title, `## Steps` and `### One`, in all 22 lines.

use crate::{book, problems, with_steps};
use midwatch::domain::node::Level;
use midwatch::domain::playbook::{Confirm, Fields, How, OnFail, Playbook, Section, Step, Target, When};
use midwatch::playbook::{Around, Catalogue, RULES};
use midwatch::steps::KINDS;
use std::collections::BTreeSet;
use std::fmt::Write;

const CASES: &str = include_str!("golden.txt");
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/playbook/golden.txt");

struct Case {
    name: &'static str,
    document: String,
    expected: &'static str,
}

fn cases() -> Vec<Case> {
    let case = |text: &'static str| {
        let (name, rest) = text.split_once('\n').expect("a name");
        let (document, expected) = rest.split_once("%=\n").expect("what is expected");
        Case { name, document: whole(document), expected }
    };
    CASES.split("%% ").skip(1).map(case).collect()
}

fn whole(document: &str) -> String {
    let front = with_steps("");
    let front = front.split("# Book").next().expect("the front matter").trim_end().to_owned() + "\n";
    match (document.strip_prefix("@front\n"), document.strip_prefix("@step\n")) {
        (Some(rest), _) => front + rest,
        (_, Some(rest)) => with_steps("## Steps\n\n### One\n") + rest,
        _ => document.to_owned(),
    }
}

fn meaning(book: &Playbook) -> String {
    let mut out = String::new();
    if !book.executable {
        out += "not executable\n";
    }
    book.steps.iter().for_each(|step| out += &format!("{}\n", line(step)));
    problems(book).iter().for_each(|problem| out += &format!("{problem}\n"));
    out
}

/// A step on one line: what differs from the defaults of any step, and always its risk, confirmation and timeout.
fn line(step: &Step) -> String {
    let fields = &step.fields;
    let mut out = format!("{}/{} {}", step.section.word(), step.id, if step.kind.is_empty() { "-" } else { step.kind });
    let mut say = |key: &str, value: String| write!(out, " {key}={}", value.replace(' ', "_")).expect("written");
    step.number.iter().for_each(|number| say("number", number.clone()));
    say("risk", fields.risk.word().into());
    say("confirm", confirm(&fields.confirm));
    say("timeout", humantime::format_duration(fields.timeout).to_string());
    fields.host.iter().for_each(|host| say("host", host.clone()));
    fields.expect.iter().for_each(|condition| say("expect", condition.to_string()));
    fields.retry.iter().for_each(|times| say("retry", format!("{}x{:?}", times.count, times.every)));
    fields.repeat.iter().for_each(|times| say("repeat", format!("{}x{:?}", times.count, times.every)));
    fields.when.iter().for_each(|when| say("when", guard(when)));
    fields.outputs.iter().for_each(|output| say("output", format!("{}{}", output.name, if output.optional { "?" } else { "" })));
    let rest = Fields::default();
    let differ = [
        ("quiet", fields.quiet != rest.quiet, humantime::format_duration(fields.quiet).to_string()),
        ("on-fail", fields.on_fail != rest.on_fail, on_fail(&fields.on_fail)),
        ("idempotent", fields.idempotent, "yes".into()),
        ("tty", fields.tty, "yes".into()),
        ("role", fields.role.is_some(), fields.role.clone().unwrap_or_default()),
        ("record", fields.record.is_some(), fields.record.clone().unwrap_or_default()),
        ("drill", fields.drill != rest.drill, fields.drill.word().into()),
        ("how", !matches!(step.how, How::Person | How::Launch), how(&step.how)),
        ("items", !step.items.is_empty(), step.items.len().to_string()),
    ];
    differ.into_iter().filter(|(_, differs, _)| *differs).for_each(|(key, _, value)| say(key, value));
    let blocks = [("body", &step.body), ("dry-run", &step.dry_run), ("status", &step.status), ("undo", &step.undo)];
    blocks.iter().filter_map(|(role, block)| Some((role, block.as_ref()?))).for_each(|(role, block)| {
        say(role, format!("{}:{}", block.lang.word(), block.text.trim_end().replace('\n', "\\n")));
    });
    out
}

fn confirm(confirm: &Confirm) -> String {
    match confirm {
        Confirm::No => "no".into(),
        Confirm::Yes => "yes".into(),
        Confirm::Type(text) => format!("`{text}`"),
    }
}

fn to(target: &Target) -> String {
    match target {
        Target::Step(step) => format!("#{step}"),
        Target::Section(section) => format!("##{}", section.word()),
    }
}

fn on_fail(on_fail: &OnFail) -> String {
    match on_fail {
        OnFail::Goto(target) => to(target),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn guard(when: &When) -> String {
    match when {
        When::Step { step, state } => format!("#{step}:{state}"),
        When::Value { name, equal, value } => format!("{name}{}{value}", if *equal { "=" } else { "!=" }),
    }
}

fn how(how: &How) -> String {
    match how {
        How::Choice(choice) => {
            let options: Vec<String> =
                choice.options.iter().map(|option| format!("{}:{}", option.label, to(&option.to))).collect();
            format!("{}[{}]", choice.question, options.join(","))
        }
        How::Approval(approval) => format!("{}of{:?}", approval.count, approval.roles),
        How::Wait(time) => format!("{time:?}"),
        How::Child(child) => format!("{}{:?}", child.link, child.with),
        How::Unsupported => "unsupported".into(),
        How::Person | How::Launch => String::new(),
    }
}

#[test]
fn every_document_means_what_stands_below_it() {
    let mut file = String::new();
    let mut wrong = Vec::new();
    for (case, raw) in cases().into_iter().zip(CASES.split("%% ").skip(1)) {
        let found = meaning(&book(&case.document)) + "\n";
        let document = raw.split_once("%=\n").expect("a case").0;
        file += &format!("%% {document}%=\n{found}");
        if found.trim_end() != case.expected.trim_end() {
            wrong.push(format!("{}\nexpected\n{}\nfound\n{found}", case.name, case.expected));
        }
    }
    if std::env::var_os("MIDWATCH_BLESS").is_some() {
        let head = CASES.split("%% ").next().expect("its head");
        std::fs::write(FILE, format!("{head}{}\n", file.trim_end())).expect("written");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases().len() >= 60, "{}", cases().len());
}

/// What a document alone can't break: other playbooks, the day and the machine, and a file that can't be read.
fn surveyed() -> BTreeSet<&'static str> {
    let folder = tempfile::tempdir().expect("a folder");
    let base = with_steps("## Steps\n\n### One\n\n- **timeout:** 5s\n\n```bash\ntrue\n```\n");
    let with = |name: &str, id: &str, more: &str| {
        let text = base.replace("id: book", &format!("id: {id}\nalerts: [{{alertname: A}}]"));
        std::fs::write(folder.path().join(name), text + more).expect("written");
    };
    let runs = |to: &str| format!("\n### Part\n\n- **playbook:** [x]({to})\n");
    with("a.md", "a", &(runs("b.md") + "\n### Feed\n\n```feed\nstate = healthy\n```\n"));
    with("b.md", "b", &runs("a.md"));
    with("c.md", "a", "");
    std::fs::write(folder.path().join("d.md"), b"# Caf\xe9\n").expect("written");
    let mut catalogue = Catalogue::load(&[folder.path().to_owned()], KINDS);
    let today = "2027-11-20".parse().expect("a day");
    catalogue.survey(&Around {
        today,
        installed: &|program| program != "bash",
        env: &[],
        critical: &["db"],
        health: Some((&[], &[])),
        rules: None,
    });
    let of_books = catalogue.all().iter().flat_map(|book| book.problems.iter().filter_map(|problem| problem.code));
    of_books.chain(catalogue.gaps.iter().filter_map(|gap| gap.code)).collect()
}

#[test]
fn every_rule_is_broken_by_some_document() {
    let mut broken = surveyed();
    let steps: String = (0..501).map(|number| format!("\n### Step {number}\n")).collect();
    let many = book(&with_steps(&format!("## Steps\n{steps}")));
    broken.extend(many.problems.iter().filter(|problem| problem.level == Level::Error).filter_map(|problem| problem.code));
    for case in cases() {
        broken.extend(book(&case.document).problems.iter().filter_map(|problem| problem.code));
    }
    let kept: Vec<_> = RULES.iter().map(|rule| rule.code).filter(|code| !broken.contains(code)).collect();
    assert_eq!(kept, [""; 0], "no document breaks these rules");
}

#[test]
fn every_section_field_and_kind_occurs() {
    let all: Vec<Playbook> = cases().iter().map(|case| book(&case.document)).collect();
    let steps = || all.iter().flat_map(|book| &book.steps);
    for section in Section::ALL {
        assert!(steps().any(|step| step.section == *section), "{section:?}");
    }
    for kind in KINDS {
        assert!(steps().any(|step| step.kind == kind.name), "{}", kind.name);
    }
    let fields = midwatch::playbook::FIELDS.iter().chain(KINDS.iter().flat_map(|kind| kind.fields));
    for field in fields {
        assert!(steps().any(|step| step.field(field.key).is_some()), "{}", field.key);
    }
}
