//! What docs/playbooks.md teaches is so: its examples are clean, its commands are understood.

use crate::{book, problems, with_steps};

const GUIDE: &str = include_str!("../../docs/playbooks.md");

/// The texts of all blocks that begin with this fence.
pub fn blocks(fence: &str) -> Vec<&'static str> {
    let end = format!("\n{}", fence.trim_end_matches(char::is_alphabetic));
    GUIDE.split(&format!("\n{fence}\n")).skip(1).map(|rest| rest.split(end.as_str()).next().expect("its text")).collect()
}

/// A whole document as it stands, a part of one in a document that lacks nothing else.
fn whole(example: &str) -> String {
    match example.starts_with("## ") {
        true => with_steps(example) + "\n",
        false => example.to_owned() + "\n",
    }
}

#[test]
fn its_examples_are_clean_and_lead_from_a_list_to_a_failover() {
    let mut steps = Vec::new();
    for example in blocks("````markdown") {
        let book = book(&whole(example));
        assert_eq!(problems(&book), Vec::<String>::new(), "{:#?}\n{example}", book.problems);
        assert_eq!(book.unfit(), None);
        steps.push(book.steps.iter().map(|step| step.kind).collect::<Vec<_>>().join(" "));
    }
    assert_eq!(
        steps,
        [
            "manual manual manual",
            "manual",
            "check",
            "check",
            "check",
            "check command",
            "decision approval wait record manual",
            "check check check decision command manual check manual",
            "command",
        ]
    );
}

#[test]
fn its_commands_are_understood() {
    let lines = blocks("```sh").into_iter().flat_map(str::lines).filter(|line| line.starts_with("midwatch ")).collect::<Vec<_>>();
    assert!(lines.len() > 6, "{lines:?}");
    for line in lines {
        let parsed = midwatch::cli::tree().try_get_matches_from(line.split(' '));
        assert!(parsed.is_ok(), "{line}: {}", parsed.expect_err("refused"));
    }
}

#[test]
fn its_links_lead_to_its_headings() {
    let headings: Vec<String> =
        GUIDE.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect();
    let prose = GUIDE.split("````").step_by(2).collect::<String>();
    let links: Vec<&str> = prose.split("](#").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() > 15, "{links:?}");
    for link in links.iter().filter(|link| **link != "step") {
        assert!(headings.iter().any(|heading| heading == link), "{link} is not in {headings:?}");
    }
}

fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}
