//! The shape of an executable document: which headings are steps, and what stands under each.

use super::document::{Fence, Heading, Item, Lines, List, Part};
use super::fields;
use super::slug::{numbered, slug};
use crate::domain::node::{Problems, Span};
use crate::domain::playbook::{Block, Field, Language, Section, TaskItem};
use std::collections::HashMap;
use std::ops::Range;

/// More steps than anybody can follow.
pub const MOST_STEPS: usize = 500;

/// One step as it stands in the document, its fields not typed yet.
pub struct Draft {
    pub title: String,
    pub number: Option<String>,
    pub section: Section,
    pub span: Span,
    pub raw: Vec<Field>,
    pub prose: Range<usize>,
    pub blocks: Blocks,
    pub items: Vec<TaskItem>,
}

/// The blocks of a step that may run.
#[derive(Default)]
pub struct Blocks {
    pub body: Option<Block>,
    pub dry_run: Option<Block>,
    pub status: Option<Block>,
    pub undo: Option<Block>,
}

/// More fields than any step has use for.
const MOST_FIELDS: usize = 64;

const ROLES: &[&str] = &["dry-run", "status", "undo", "example"];

/// The sections that a document has.
pub fn sections(parts: &[Part]) -> Vec<Section> {
    parts.iter().filter_map(heading).filter(|heading| heading.level == 2).filter_map(|heading| section(&heading.text)).collect()
}

fn heading(part: &Part) -> Option<&Heading> {
    match part {
        Part::Heading(heading) => Some(heading),
        _ => None,
    }
}

pub fn section(heading: &str) -> Option<Section> {
    Section::parse(&slug(numbered(heading.trim()).1))
}

/// The anchor of every heading as GitHub makes it, with the place of the heading. One that is taken gets a number.
pub fn anchors(parts: &[Part]) -> Vec<(String, &Heading)> {
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut anchors = Vec::new();
    for heading in parts.iter().filter_map(heading) {
        let wanted = slug(heading.text.trim());
        let mut anchor = wanted.clone();
        while taken.contains_key(&anchor) {
            let count = taken.entry(wanted.clone()).or_default();
            *count += 1;
            anchor = format!("{wanted}-{count}");
        }
        taken.insert(anchor.clone(), 0);
        anchors.push((anchor, heading));
    }
    anchors
}

/// The first `#` heading.
pub fn title(parts: &[Part]) -> Option<&Heading> {
    parts.iter().filter_map(heading).find(|heading| heading.level == 1)
}

/// Every `###` under one of the seven headings.
pub fn drafts(parts: &[Part], lines: &Lines<'_>, length: usize, problems: &mut Problems) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut now = None;
    for (index, part) in parts.iter().enumerate() {
        match (heading(part), now) {
            (Some(heading), _) if heading.level <= 2 => now = section(&heading.text).filter(|_| heading.level == 2),
            (Some(heading), Some(section)) if heading.level == 3 => {
                if drafts.len() == MOST_STEPS {
                    let message = format!("a playbook has at most {MOST_STEPS} steps; from here on they are not read");
                    problems.lint("E022", lines.span(&heading.range), message, "make several playbooks of it".to_owned());
                    break;
                }
                drafts.push(draft(heading, section, &parts[index + 1..], lines, length, problems));
            }
            _ => {}
        }
    }
    drafts
}

fn draft(
    heading: &Heading,
    section: Section,
    after: &[Part],
    lines: &Lines<'_>,
    length: usize,
    problems: &mut Problems,
) -> Draft {
    let next = after.iter().position(|part| self::heading(part).is_some_and(|heading| heading.level <= 3));
    let (own, end) = next.map_or((after, length), |next| (&after[..next], after[next].range().start));
    let (raw, fields_end) = own_fields(own, lines, problems);
    let from = fields_end.unwrap_or(heading.range.end);
    late_fields(&own[usize::from(fields_end.is_some())..], lines, problems);
    let (number, title) = numbered(heading.text.trim());
    Draft {
        title: title.to_owned(),
        number: number.map(str::to_owned),
        section,
        span: lines.span(&heading.range),
        raw,
        prose: from..end.max(from),
        blocks: blocks(own, lines, problems),
        items: tasks(own, lines),
    }
}

/// The bullets directly under the heading, if the first is a field, and where they end. Task items may follow in the same
/// list; any other bullet is a slip of the pen that would silently become prose.
fn own_fields(parts: &[Part], lines: &Lines<'_>, problems: &mut Problems) -> (Vec<Field>, Option<usize>) {
    let Some(list) = field_list(parts.first(), lines) else {
        slips(parts.first(), lines, problems);
        return (Vec::new(), None);
    };
    let (mut raw, mut end) = (Vec::new(), list.range.end);
    for item in &list.items {
        match fields::field(item, lines) {
            Some(field) if end == list.range.end && raw.len() < MOST_FIELDS => raw.push(field),
            None if item.task => end = end.min(item.range.start),
            _ => {
                let help = "write `- **key:** value`, or put other bullets after a sentence of their own";
                problems.lint("E010", lines.span(&item.range), "a bullet among the fields is not a field", help.to_owned());
            }
        }
    }
    (raw, Some(end))
}

/// A list in the place of the fields that begins as one and has none: a step would be less dangerous than it is written.
fn slips(part: Option<&Part>, lines: &Lines<'_>, problems: &mut Problems) {
    let Some(Part::List(list)) = part.filter(|part| !matches!(part, Part::List(list) if list.ordered)) else { return };
    for item in &list.items {
        if let Some(key) = fields::slip(item) {
            let help = format!("write `- **{key}:** value`, with both stars on each side and a blank behind them");
            problems.lint("E010", lines.span(&item.range), format!("a bullet that begins with `{key}:` is no field so"), help);
        }
    }
}

fn field_list<'a>(part: Option<&'a Part>, lines: &Lines<'_>) -> Option<&'a List> {
    match part? {
        Part::List(list) if !list.ordered && list.items.first().is_some_and(|item| fields::field(item, lines).is_some()) => {
            Some(list)
        }
        _ => None,
    }
}

/// Fields that would be prose, because they don't stand directly under the heading: never silently.
fn late_fields(parts: &[Part], lines: &Lines<'_>, problems: &mut Problems) {
    let lists = parts.iter().filter_map(|part| field_list(Some(part), lines));
    for field in lists.filter_map(|list| fields::field(&list.items[0], lines)) {
        if fields::COMMON.iter().any(|common| common.key == field.key) {
            let help = "move the list up, before any other text of the step";
            problems.lint("E010", field.span, format!("`{}` is not directly under the heading", field.key), help.to_owned());
        }
    }
}

fn blocks(parts: &[Part], lines: &Lines<'_>, problems: &mut Problems) -> Blocks {
    let mut blocks = Blocks::default();
    let mut fences = Vec::new();
    for part in parts {
        match part {
            Part::Fence(fence) => fences.push(fence),
            Part::List(list) => list.items.iter().for_each(|item| nested(item, &mut fences)),
            _ => {}
        }
    }
    for fence in fences {
        place(&mut blocks, fence, lines, problems);
    }
    blocks
}

fn nested<'a>(item: &'a Item, fences: &mut Vec<&'a Fence>) {
    fences.extend(&item.fences);
    item.items.iter().for_each(|item| nested(item, fences));
}

fn place(blocks: &mut Blocks, fence: &Fence, lines: &Lines<'_>, problems: &mut Problems) {
    let mut words = fence.info.split_whitespace();
    let name = words.next().unwrap_or("").to_lowercase();
    let Some(lang) = Language::parse(&name) else { return mistaken(&name, fence, lines, problems) };
    let span = lines.span(&fence.range);
    let (slot, what) = match words.next() {
        None => (&mut blocks.body, "body"),
        Some("dry-run") => (&mut blocks.dry_run, "`dry-run` block"),
        Some("status") => (&mut blocks.status, "`status` block"),
        Some("undo") => (&mut blocks.undo, "`undo` block"),
        Some("example") => return,
        Some(other) => return problems.coded("E013", |problems| problems.unknown(span, "role", other, ROLES)),
    };
    if let Some(more) = words.next() {
        let message = format!("`{more}` after the role means nothing");
        problems.lint("E013", span, message, "one word after the language, and no more".to_owned());
    }
    if fence.open {
        problems.lint("E021", span, "the fence of this block is never closed", "end it with a line of backticks".to_owned());
    }
    if slot.is_some() {
        let help = "make two steps of it, or write `example` after the language of one";
        return problems.lint("E012", span, format!("a second {what} in one step"), help.to_owned());
    }
    *slot = Some(Block { lang, text: fence.text.clone(), span });
}

/// Languages that somebody may take for ones that run.
const MISTAKEN: &[&str] = &["shell", "shellscript", "zsh", "ksh", "dash", "fish", "curl", "rest", "prom", "promql-query"];

fn mistaken(name: &str, fence: &Fence, lines: &Lines<'_>, problems: &mut Problems) {
    if MISTAKEN.contains(&name) {
        let help =
            format!("the languages that run are {}; `text` or `console` says that it shall not", Language::WORDS.join(", "));
        problems.lint("W116", lines.span(&fence.range), format!("a block in `{name}` is shown and never run"), help);
    }
}

/// The task items of all lists.
pub fn tasks(parts: &[Part], lines: &Lines<'_>) -> Vec<TaskItem> {
    let mut found = Vec::new();
    for part in parts {
        if let Part::List(list) = part {
            list.items.iter().for_each(|item| task(item, lines, &mut found));
        }
    }
    found
}

pub fn task(item: &Item, lines: &Lines<'_>, found: &mut Vec<TaskItem>) {
    if item.task {
        found.push(TaskItem { text: item.text(), span: lines.span(&item.range) });
    }
    item.items.iter().for_each(|item| task(item, lines, found));
}
