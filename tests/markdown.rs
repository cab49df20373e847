//! What the screen makes of a document: all of its text, at any width, as a second parser reads it too.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use midwatch::tui::markdown;
use midwatch::tui::theme::Role;
use proptest::prelude::*;
use std::collections::BTreeSet;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

type Line = Vec<(String, Role)>;

fn all(text: &str, columns: usize) -> Vec<Line> {
    markdown::lines(text, &(0..text.len()), &BTreeSet::new(), columns)
}

fn plain(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| line.iter().map(|(text, _)| text.as_str()).collect::<String>().trim_end().to_owned()).collect()
}

/// The document's own text without spaces, as we show it.
fn ours(text: &str, columns: usize) -> String {
    let lines = all(text, columns);
    let own = lines.iter().flatten().filter(|(_, role)| *role != Role::Mark).map(|(text, _)| text.as_str());
    own.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect()
}

/// The same as comrak reads it.
fn theirs(text: &str) -> String {
    let mut options = Options::default();
    (options.extension.table, options.extension.strikethrough, options.extension.tasklist) = (true, true, true);
    let arena = Arena::new();
    let mut out = String::new();
    for node in parse_document(&arena, text, &options).descendants() {
        out.push_str(&text_of(node));
        out.push(' ');
    }
    let words = out.split([' ', '\t', '\r', '\n']).map(|word| midwatch::domain::text::inert(word).into_owned());
    words.collect::<String>().chars().filter(|c| !c.is_whitespace()).collect()
}

fn text_of<'a>(node: &'a AstNode<'a>) -> String {
    match &node.data.borrow().value {
        NodeValue::Text(text) => text.to_string(),
        NodeValue::Code(code) => code.literal.clone(),
        NodeValue::CodeBlock(block) => block.literal.clone(),
        NodeValue::HtmlBlock(block) => block.literal.clone(),
        NodeValue::HtmlInline(text) => text.clone(),
        _ => String::new(),
    }
}

const EVERYTHING: &str = "\
# Fail over

Look *twice* at **db-1**, see [the map](https://wiki/map) and <https://status.example>.

> [!WARNING]
> There is no way back.

1. Stop the `writers`
   - first the *loud* ones
   - then the rest
2. Wait

- [x] asked
- [ ] told

| node | role | lag |
|:-----|------|----:|
| db-1 | primary | 0 |
| db-2 | replica with a long story to tell | 12 |

```sh status
psql -c 'select 1' # is it there
```

![the plan](plan.png) <b>bold</b>

---
";

#[test]
fn a_page_is_read_as_it_was_meant() {
    let expected = "\
# Fail over

Look twice at db-1, see the map (https://wiki/map) and
https://status.example.

│ ▲ Warning
│ There is no way back.

1. Stop the writers
   • first the loud ones
   • then the rest
2. Wait

✓ asked
○ told

node │ role                              │ lag
─────┼───────────────────────────────────┼────
db-1 │ primary                           │   0
db-2 │ replica with a long story to tell │  12

sh status
  psql -c 'select 1' # is it there

image: the plan (plan.png) <b>bold</b>

────────────────────────────────────────────────────────────";
    assert_eq!(plain(&all(EVERYTHING, 60)).join("\n"), expected);
}

const COMMONMARK: &str = include_str!("playbook/commonmark/examples.json");
const GITHUB: &str = include_str!("playbook/commonmark/gfm.json");

#[test]
fn the_examples_of_the_specifications_are_read_as_comrak_reads_them() {
    let examples = [COMMONMARK, GITHUB].map(|list| serde_json::from_str::<Vec<String>>(list).expect("a list"));
    let differs = |text: &&String| ours(text, 2_000) != theirs(text);
    assert_eq!(examples.each_ref().map(Vec::len), [652, 24]);
    let found: Vec<String> = examples
        .iter()
        .flatten()
        .filter(differs)
        .map(|text| format!("{text:?}\n  ours   {}\n  theirs {}", ours(text, 2_000), theirs(text)))
        .collect();
    assert!(found.is_empty(), "{} differ:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_narrow_page_loses_nothing() {
    let sorted = |columns| {
        let mut letters: Vec<char> = ours(EVERYTHING, columns).chars().filter(|c| *c != '│').collect();
        letters.sort_unstable();
        letters
    };
    assert_eq!(sorted(200), sorted(24), "cells of several lines stand beside each other");
    let table = plain(&all(EVERYTHING, 24)).join("\n");
    assert!(table.contains("db-2 │ replica     │  12\n     │ with a long │\n"), "{table}");
    let tiny = plain(&all(EVERYTHING, 12)).join("\n");
    assert!(tiny.contains("node: db-2\n"), "without room for columns each cell has its name:\n{tiny}");
}

#[test]
fn only_a_cell_that_fills_the_screen_is_cut_and_says_so() {
    let text = format!("| a | b |\n|---|---|\n| x | {} |\n", "word ".repeat(400));
    let lines = plain(&all(&text, 40));
    assert!(lines.len() < 14 && lines.last().is_some_and(|line| line.ends_with('…')), "{lines:?}");
}

#[test]
fn a_part_keeps_its_links_and_takes_its_ticks_from_the_run() {
    let text = "# One\n\n[before][x]\n\n## Two\n\nsee [the map][x]\n\n- [ ] first\n- [ ] second\n\n[x]: https://wiki\n";
    let part = text.find("see").expect("there")..text.len();
    let lines = plain(&markdown::lines(text, &part, &BTreeSet::from([1]), 40));
    assert_eq!(lines, ["see the map (https://wiki)", "", "○ first", "✓ second"]);
}

#[test]
fn front_matter_stands_last_and_is_no_heading() {
    for text in [
        "---\nplaybook: 1\n---\n# Title\n",
        "---\r\nplaybook: 1\r\n---\r\n# Title\r\n",
        "\u{feff}--- \nplaybook: 1\n...\n# Title",
    ] {
        assert_eq!(plain(&markdown::document(text, 40)), ["# Title", "", "yaml", "  playbook: 1"], "{text:?}");
    }
}

#[test]
fn text_from_outside_is_inert_wherever_it_stands() {
    let bad = "\u{1b}[2J\u{202e}x\u{7}";
    let text = format!(
        "# {bad}\n\n{bad} `{bad}` [{bad}]({bad})\n\n```{bad}\n{bad}\n```\n\n| {bad} |\n|---|\n| {bad} |\n\n<div>{bad}</div>\n"
    );
    for line in all(&text, 30).iter().flatten() {
        assert!(!line.0.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
    }
}

/// Thousands of open quotes or lists: no stack overflows, and nothing is wider than the screen.
#[test]
fn what_is_nested_without_end_is_still_shown() {
    for text in [format!("{} deep", ">".repeat(5_000)), format!("{}deep", "- ".repeat(500)), format!("{}deep", "1. ".repeat(500))]
    {
        let lines = all(&text, 40);
        assert!(plain(&lines).concat().contains("deep"));
        assert!(lines.iter().all(|line| width(line) <= 40));
    }
}

fn width(line: &Line) -> usize {
    line.iter().map(|(text, _)| text.width()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is written: it fits the width, and is all there.
    #[test]
    fn any_text_fits_any_width(parts in prop::collection::vec((0usize..PARTS.len(), "[a-z日é ]{0,9}"), 0..12), columns in 1usize..50) {
        let text: String = parts.iter().map(|(part, words)| format!("{}{words}", PARTS[*part])).collect();
        for line in all(&text, columns) {
            let one = line.iter().map(|(text, _)| text.graphemes(true).count()).sum::<usize>() <= 1;
            prop_assert!(width(&line) <= columns || one, "{line:?} in {columns}");
        }
    }

    /// Two parsers read the same text.
    #[test]
    fn any_text_is_read_as_comrak_reads_it(parts in prop::collection::vec((0usize..PARTS.len(), "[a-z]{1,4}"), 0..12)) {
        let text: String = parts.iter().map(|(part, words)| format!("{}{words}", PARTS[*part])).collect();
        // Whether an indented line goes on with a table is where the two themselves differ.
        prop_assume!(!(text.contains("|---|") && text.contains("\n    ")));
        prop_assert_eq!(ours(&text, 500), theirs(&text), "{}", text);
    }
}

const PARTS: &[&str] = &[
    "\n# ",
    "\n\n",
    "\n- ",
    "\n  - ",
    "\n1. ",
    "\n> ",
    "\n- [ ] ",
    "\n- [x] ",
    " *",
    "* ",
    " **",
    "** ",
    " `",
    "` ",
    "\n```sh\n",
    "\n```\n",
    "\n\n| a | b |\n|---|:-:|\n| ",
    " | ",
    " [x](https://y) ",
    " <b> ",
    "\n<div>\n",
    " ![i](p.png) ",
    "  \n",
    "\n---\n",
    " ~~",
    "~~ ",
    "\n    ",
];
