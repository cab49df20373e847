//! Documents that don't say `playbook: 1`: runbooks as they are. Every step is manual, blocks are shown and never run,
//! lists are prose.

use super::document::{Item, Lines, Part};
use super::outline::{self, MOST_STEPS};
use super::slug::{numbered, slug};
use super::steps::unique;
use crate::domain::ids::StepId;
use crate::domain::node::Problems;
use crate::domain::playbook::{Confirm, Fields, How, Section, Step, TaskItem};
use std::ops::Range;

/// The `###` headings, else the `##` headings, else the items of the first numbered list, else of the first checklist.
pub fn read(parts: &[Part], lines: &Lines<'_>, length: usize, problems: &mut Problems) -> Vec<Step> {
    let steps = [3, 2].iter().map(|level| headings(parts, *level, lines, length)).find(|steps| !steps.is_empty());
    let steps = steps.unwrap_or_else(|| listed(parts, lines));
    if steps.len() == MOST_STEPS {
        let help = "a document with `playbook: 1` says where a step begins";
        problems.warning(steps[MOST_STEPS - 1].span, format!("only the first {MOST_STEPS} steps are read"), help);
    }
    if steps.is_empty() {
        let help = "steps are `###` headings, else `##` headings, else the items of a numbered list or of a checklist";
        problems.warning(Default::default(), "no steps were found", help);
    }
    steps
}

fn headings(parts: &[Part], level: u8, lines: &Lines<'_>, length: usize) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let Part::Heading(heading) = part else { continue };
        if heading.level != level || steps.len() == MOST_STEPS {
            continue;
        }
        let after = &parts[index + 1..];
        let next = after.iter().position(|part| matches!(part, Part::Heading(next) if next.level <= level));
        let (own, end) = next.map_or((after, length), |next| (&after[..next], after[next].range().start));
        steps.push(step(&heading.text, &heading.range, heading.range.end..end, outline::tasks(own, lines), lines, &steps));
    }
    steps
}

fn listed(parts: &[Part], lines: &Lines<'_>) -> Vec<Step> {
    let lists = || parts.iter().filter_map(|part| if let Part::List(list) = part { Some(list) } else { None });
    let list = lists().find(|list| list.ordered).or_else(|| lists().find(|list| list.items.iter().any(|item| item.task)));
    let mut steps = Vec::new();
    for item in list.iter().flat_map(|list| &list.items).take(MOST_STEPS) {
        steps.push(of_item(item, lines, &steps));
    }
    steps
}

fn of_item(item: &Item, lines: &Lines<'_>, before: &[Step]) -> Step {
    let mut tasks = Vec::new();
    item.items.iter().for_each(|item| outline::task(item, lines, &mut tasks));
    step(&item.text(), &item.range, item.range.clone(), tasks, lines, before)
}

fn step(
    heading: &str,
    range: &Range<usize>,
    prose: Range<usize>,
    items: Vec<TaskItem>,
    lines: &Lines<'_>,
    before: &[Step],
) -> Step {
    let (number, title) = numbered(heading.trim());
    let taken: Vec<StepId> = before.iter().map(|step| step.id.clone()).collect();
    let short: String = slug(title).chars().take(60).collect();
    let wanted = if short.is_empty() { format!("step-{}", before.len() + 1) } else { short };
    Step {
        id: unique(&wanted, &taken),
        title: title.to_owned(),
        number: number.map(str::to_owned),
        section: Section::Steps,
        kind: "manual",
        how: How::Person,
        span: lines.span(range),
        prose,
        fields: Fields { confirm: Confirm::No, ..Fields::default() },
        raw: Vec::new(),
        body: None,
        dry_run: None,
        status: None,
        undo: None,
        items,
    }
}
