//! Readers that know nothing of midwatch: three of Markdown, one of CSV, one of JSON by the published schema, one of HTML.

use super::support::missing;
use super::*;
use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use midwatch::domain::timeline::Line;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

const PYTHON: &str = "/usr/bin/python3";

/// What `tests/support/readers.py` reads of a text.
fn read(args: &[&str], text: &str) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/readers.py");
    let mut command = Command::new(PYTHON);
    command.arg(script).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("python starts");
    child.stdin.take().expect("its input").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

type Rows = Vec<Vec<String>>;

fn by_comrak(text: &str) -> Rows {
    let mut options = Options::default();
    (options.extension.table, options.extension.strikethrough, options.extension.autolink) = (true, true, true);
    let arena = Arena::new();
    let rows = parse_document(&arena, text, &options).descendants().filter(|node| is_row(node));
    rows.map(|row| row.children().map(|cell| cell.descendants().map(said).collect()).collect()).collect()
}

fn is_row<'a>(node: &&'a AstNode<'a>) -> bool {
    matches!(node.data.borrow().value, NodeValue::TableRow(_))
}

/// Markup where there should be none is not taken for text.
fn said<'a>(node: &'a AstNode<'a>) -> String {
    match &node.data.borrow().value {
        NodeValue::Text(text) => text.to_string(),
        NodeValue::Code(_) | NodeValue::HtmlInline(_) | NodeValue::Emph | NodeValue::Strong => "<markup>".to_owned(),
        _ => String::new(),
    }
}

fn by_pulldown(text: &str) -> Rows {
    let options = pulldown_cmark::Options::ENABLE_TABLES | pulldown_cmark::Options::ENABLE_STRIKETHROUGH;
    let (mut rows, mut inside): (Rows, bool) = (Vec::new(), false);
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::TableRow | Tag::TableHead) => rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => {
                rows.last_mut().expect("a row").push(String::new());
                inside = true;
            }
            Event::End(TagEnd::TableCell) => inside = false,
            Event::Text(text) if inside => rows.last_mut().and_then(|row| row.last_mut()).expect("a cell").push_str(&text),
            _ if inside => rows.last_mut().and_then(|row| row.last_mut()).expect("a cell").push_str("<markup>"),
            _ => {}
        }
    }
    rows
}

/// Who and what of the last rows: those of the timeline.
fn told(rows: &Rows, count: usize) -> Vec<(String, String)> {
    rows[rows.len() - count..].iter().map(|row| (row[1].clone(), row[2].clone())).collect()
}

fn wanted(name: &str, notes: &[String]) -> Vec<(String, String)> {
    notes.iter().map(|note| (cell(name), cell(note))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_readers_of_markdown_find_the_cells_that_were_written(name in hostile(), title in hostile(), notes in prop::collection::vec(hostile(), 1..5)) {
        let text = written("md", &incident(&name, &title, &notes));
        prop_assert_eq!(told(&by_comrak(&text), notes.len()), wanted(&name, &notes), "comrak of {}", text);
        prop_assert_eq!(told(&by_pulldown(&text), notes.len()), wanted(&name, &notes), "pulldown-cmark of {}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn readers_of_others_find_what_was_written(name in hostile(), title in hostile(), notes in prop::collection::vec(hostile(), 10..40)) {
        if missing(PYTHON)
            || missing("/usr/lib/python3/dist-packages/markdown_it/__init__.py")
            || missing("/usr/lib/python3/dist-packages/jsonschema/__init__.py")
        {
            return Ok(());
        }
        let timeline = incident(&name, &title, &notes);
        let rows: Rows = serde_json::from_value(read(&["markdown"], &written("md", &timeline))).expect("rows");
        prop_assert_eq!(told(&rows, notes.len()), wanted(&name, &notes), "markdown-it");
        let rows: Rows = serde_json::from_value(read(&["csv"], &written("csv", &timeline))).expect("rows");
        let said: Vec<String> = rows[2..].iter().map(|row| row[4].strip_prefix('\'').unwrap_or(&row[4]).to_owned()).collect();
        prop_assert_eq!(said, notes.iter().map(|note| inert(note).into_owned()).collect::<Vec<_>>(), "csv");
        let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/incident.schema.json");
        let document: Value = serde_json::from_str(&written("json", &timeline)).expect("JSON");
        read(&["schema", schema], &format!("{document}\n{}", written("jsonl", &timeline)));
    }
}

#[test]
fn the_schema_knows_corrections_evidence_and_roles_and_refuses_what_is_none() {
    if missing(PYTHON) || missing("/usr/lib/python3/dist-packages/jsonschema/__init__.py") {
        return;
    }
    let mut timeline = incident("ana", "down", &["one".to_owned()]);
    timeline.incident.roles.insert(midwatch::domain::incident::Role::Scribe, "bo".to_owned());
    let line: &mut Line = &mut timeline.lines[1];
    (line.corrected, line.text) = (true, "two".to_owned());
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/incident.schema.json");
    let text = written("json", &timeline);
    let document: Value = serde_json::from_str(&text).expect("JSON");
    read(&["schema", schema], &document.to_string());
    for (path, value) in [
        ("/incident/status", "ended"),
        ("/entries/0/at", "yesterday"),
        ("/entries/1/visibility", "all"),
        ("/incident/opened_at", "2026-03-01"),
    ] {
        let mut wrong = document.clone();
        *wrong.pointer_mut(path).expect(path) = value.into();
        let refused = std::panic::catch_unwind(|| read(&["schema", schema], &wrong.to_string()));
        assert!(refused.is_err(), "{path} = {value}");
    }
}

#[test]
fn a_validator_finds_nothing_wrong_with_the_page() {
    if missing("tidy") {
        return;
    }
    let notes = ["<b>|`x`</b> & \u{202e}", "-5m", "```", "+ 👩‍🚒 日本"].map(str::to_owned);
    let page = written("html", &incident("a<n>a", "down & \"out\"", &notes));
    let mut command = Command::new("tidy");
    command.args(["-errors", "-quiet", "--drop-empty-elements", "no"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("tidy starts");
    child.stdin.take().expect("its input").write_all(page.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
