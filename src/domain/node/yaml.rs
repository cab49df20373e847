//! Builds nodes from YAML text. Aliases are copied where they stand, within a budget; the depth is bounded, so whoever
//! walks a node may recurse.

use super::{Key, Node, Problems, Span, Value};
use granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError};
use std::collections::{HashMap, HashSet};

/// Lists and maps inside each other.
const DEEPEST: usize = 100;

/// What one document may weigh with its aliases written out: a node is 1, and 1 more for each 32 bytes of its text.
const HEAVIEST: usize = 500_000;

pub(super) fn parse(origin: Span, text: &str, problems: &mut Problems) -> Option<Node> {
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = origin.start + text.len() - bare.len();
    let at = Span { line: origin.line, col: 1, start, end: start };
    let mut builder = Builder { at, problems, open: Vec::new(), anchors: HashMap::new(), weight: 0, documents: 0, root: None };
    match builder.read(bare) {
        Ok(()) => Some(builder.root.unwrap_or(Node { span: at, value: Value::Null })),
        Err((span, message)) => {
            problems.error(span, message);
            None
        }
    }
}

/// Why reading can't go on, and where.
type Stop = (Span, String);

struct Builder<'a> {
    /// Where in the file the text begins.
    at: Span,
    problems: &'a mut Problems,
    open: Vec<Open>,
    anchors: HashMap<usize, Built>,
    weight: usize,
    documents: usize,
    root: Option<Node>,
}

/// A finished node.
#[derive(Clone)]
struct Built {
    node: Node,
    /// Of the whole subtree.
    weight: usize,
    /// Levels of lists and maps in it.
    depth: usize,
    /// A plain `<<`: as a key it merges.
    merges: bool,
}

/// A list or map that has begun.
struct Open {
    span: Span,
    anchor: usize,
    weight: usize,
    depth: usize,
    inner: Inner,
}

enum Inner {
    Seq(Vec<Node>),
    Map(Pairs),
}

impl Builder<'_> {
    fn read(&mut self, text: &str) -> Result<(), Stop> {
        let mut options = granit_parser::Options::default();
        options.set_emit_comments(false);
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|error| self.syntax(&error))?;
            let span = self.place(&span);
            self.event(event, span)?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        match event {
            Event::DocumentStart(..) => self.document(span),
            Event::SequenceStart(_, anchor, tag) => self.open(span, anchor, tag.is_some(), Inner::Seq(Vec::new())),
            Event::MappingStart(_, anchor, tag) => self.open(span, anchor, tag.is_some(), Inner::Map(Pairs::default())),
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Scalar(text, style, anchor, tag) => {
                let text_tag = tag.as_ref().is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                untagged(span, tag.is_some() && !text_tag)?;
                self.add(scalar(span, text.into_owned(), style != ScalarStyle::Plain || text_tag), anchor)
            }
            Event::Alias(anchor) => self.alias(span, anchor),
            _ => Ok(()),
        }
    }

    fn document(&mut self, span: Span) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents > 1 { stop(span, "a second document begins here; a file holds one") } else { Ok(()) }
    }

    fn open(&mut self, span: Span, anchor: usize, tagged: bool, inner: Inner) -> Result<(), Stop> {
        untagged(span, tagged)?;
        self.deepen(span, 1)?;
        self.weigh(span, 1)?;
        self.open.push(Open { span, anchor, weight: 1, depth: 1, inner });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Stop> {
        let Some(Open { span, anchor, weight, depth, inner }) = self.open.pop() else { return Ok(()) };
        let value = match inner {
            Inner::Seq(items) => Value::Seq(items),
            Inner::Map(pairs) => Value::Map(pairs.finish(self.problems)),
        };
        let span = Span { end: end.end.max(span.end), ..span };
        self.keep(Built { node: Node { span, value }, weight, depth, merges: false }, anchor)
    }

    /// A scalar of the text.
    fn add(&mut self, built: Built, anchor: usize) -> Result<(), Stop> {
        self.weigh(built.node.span, built.weight)?;
        self.keep(built, anchor)
    }

    /// A copy of what the alias names. It stands at the alias, what is inside it where it was written.
    fn alias(&mut self, span: Span, anchor: usize) -> Result<(), Stop> {
        let Some(Built { weight, depth, .. }) = self.anchors.get(&anchor) else { return stop(span, "this refers to itself") };
        let (weight, depth) = (*weight, *depth);
        self.deepen(span, depth)?;
        self.weigh(span, weight)?;
        let copy = self.anchors.get(&anchor).cloned();
        copy.map_or(Ok(()), |copy| self.keep(Built { node: Node { span, ..copy.node }, ..copy }, 0))
    }

    /// Puts a finished node where it belongs.
    fn keep(&mut self, built: Built, anchor: usize) -> Result<(), Stop> {
        if anchor != 0 {
            self.weigh(built.node.span, built.weight)?;
            self.anchors.insert(anchor, built.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(built.node);
            return Ok(());
        };
        parent.weight += built.weight;
        parent.depth = parent.depth.max(built.depth + 1);
        match &mut parent.inner {
            Inner::Seq(items) => items.push(built.node),
            Inner::Map(pairs) => pairs.take(built, self.problems)?,
        }
        Ok(())
    }

    fn weigh(&mut self, span: Span, weight: usize) -> Result<(), Stop> {
        self.weight += weight;
        if self.weight > HEAVIEST { stop(span, "the document is too large, or its aliases make it so") } else { Ok(()) }
    }

    fn deepen(&self, span: Span, levels: usize) -> Result<(), Stop> {
        if self.open.len() + levels > DEEPEST {
            stop(span, format!("more than {DEEPEST} lists and maps inside each other"))
        } else {
            Ok(())
        }
    }

    fn syntax(&self, error: &ScanError) -> Stop {
        let span = self.place(&granit_parser::Span::empty(*error.marker()));
        (span, format!("this is not YAML: {}", error.info()))
    }

    fn place(&self, span: &granit_parser::Span) -> Span {
        let byte = |mark: &Marker| self.at.start + mark.byte_offset().unwrap_or(0);
        let line = self.at.line + span.start.line().saturating_sub(1);
        Span { line, col: span.start.col() + 1, start: byte(&span.start), end: byte(&span.end) }
    }
}

fn stop(span: Span, message: impl Into<String>) -> Result<(), Stop> {
    Err((span, message.into()))
}

fn untagged(span: Span, tagged: bool) -> Result<(), Stop> {
    if tagged { stop(span, "tags such as `!name` mean nothing here") } else { Ok(()) }
}

fn scalar(span: Span, text: String, quoted: bool) -> Built {
    let weight = 1 + text.len() / 32;
    let null = !quoted && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
    let merges = !quoted && text == "<<";
    let value = if null { Value::Null } else { Value::Scalar { text, quoted } };
    Built { node: Node { span, value }, weight, depth: 0, merges }
}

/// A map while it is read.
#[derive(Default)]
struct Pairs {
    /// The key whose value comes next; `None` inside for a `<<`.
    key: Option<Option<Key>>,
    list: Vec<(Key, Node)>,
    seen: HashSet<String>,
    /// Values of `<<`.
    merged: Vec<Node>,
}

impl Pairs {
    fn take(&mut self, built: Built, problems: &mut Problems) -> Result<(), Stop> {
        match self.key.take() {
            None => self.key = Some(key(built)?),
            Some(None) => self.merged.push(built.node),
            Some(Some(key)) if self.seen.insert(key.text.clone()) => self.list.push((key, built.node)),
            Some(Some(key)) => self.twice(&key, problems),
        }
        Ok(())
    }

    fn twice(&self, key: &Key, problems: &mut Problems) {
        let first = self.list.iter().find(|(other, _)| other.text == key.text).map_or(0, |(other, _)| other.span.line);
        problems.error(key.span, format!("`{}` stands here a second time; the first is in line {first}", key.text));
    }

    /// What is written in the map itself wins over what is merged; of several merged maps the first wins.
    fn finish(mut self, problems: &mut Problems) -> Vec<(Key, Node)> {
        for node in std::mem::take(&mut self.merged) {
            self.merge(node, problems);
        }
        self.list
    }

    fn merge(&mut self, node: Node, problems: &mut Problems) {
        match node.value {
            Value::Map(pairs) => self.list.extend(pairs.into_iter().filter(|(key, _)| self.seen.insert(key.text.clone()))),
            Value::Seq(nodes) if nodes.iter().all(|node| matches!(node.value, Value::Map(_))) => {
                nodes.into_iter().for_each(|node| self.merge(node, problems));
            }
            _ => problems.error(node.span, "`<<` merges a map or a list of maps"),
        }
    }
}

/// The node as a key; `None` for a `<<`.
fn key(built: Built) -> Result<Option<Key>, Stop> {
    let span = built.node.span;
    match built.node.value {
        _ if built.merges => Ok(None),
        Value::Scalar { text, .. } => Ok(Some(Key { text, span })),
        _ => Err((span, "a key must be plain text".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Option<Node>, Vec<String>) {
        let mut problems = Problems::default();
        let node = Node::parse(text, &mut problems);
        let shown = |problem: super::super::Problem| format!("{}:{} {}", problem.span.line, problem.span.col, problem.message);
        (node, problems.list.into_iter().map(shown).collect())
    }

    /// A node as one line: quotes only where it was quoted.
    fn line(node: &Node) -> String {
        let all = |items: Vec<String>| items.join(", ");
        match &node.value {
            Value::Null => "null".into(),
            Value::Scalar { text, quoted: true } => format!("{text:?}"),
            Value::Scalar { text, .. } => text.clone(),
            Value::Seq(items) => format!("[{}]", all(items.iter().map(line).collect())),
            Value::Map(pairs) => {
                format!("{{{}}}", all(pairs.iter().map(|(key, node)| format!("{}: {}", key.text, line(node))).collect()))
            }
        }
    }

    fn good(text: &str) -> String {
        let (node, problems) = parse(text);
        assert_eq!(problems, Vec::<String>::new(), "{text}");
        line(&node.expect("is a document"))
    }

    fn bad(text: &str) -> String {
        let (_, problems) = parse(text);
        problems.into_iter().next().unwrap_or_else(|| panic!("no problem in {text:.100}"))
    }

    #[test]
    fn scalars_stay_what_was_typed() {
        assert_eq!(
            good("[1.10, 012, no, y, 0x10, 1e3, '1.10', \"a\\tb\"]"),
            "[1.10, 012, no, y, 0x10, 1e3, \"1.10\", \"a\\tb\"]"
        );
        assert_eq!(good("a: ~\nb:\nc: null\nd: 'null'\ne: !!str null"), "{a: null, b: null, c: null, d: \"null\", e: \"null\"}");
        assert_eq!(good("a: |\n  x\n  y\nb: >-\n  x\n  y\n"), "{a: \"x\\ny\\n\", b: \"x y\"}");
    }

    #[test]
    fn every_place_is_a_line_a_column_and_bytes() {
        let text = "ä: 1\nlist:\n  - {näme: wért, x: 'q'}\n";
        let (node, _) = parse(text);
        let Value::Map(pairs) = node.expect("a map").value else { panic!("a map") };
        let Value::Seq(items) = &pairs[1].1.value else { panic!("a list") };
        let Value::Map(inner) = &items[0].value else { panic!("a map") };
        let (key, value) = &inner[0];
        assert_eq!((key.span.line, key.span.col, &text[key.span.start..key.span.end]), (3, 6, "näme"));
        assert_eq!((value.span.line, value.span.col, &text[value.span.start..value.span.end]), (3, 12, "wért"));
        assert_eq!(&text[inner[1].1.span.start..inner[1].1.span.end], "'q'");
        assert_eq!(&text[items[0].span.start..items[0].span.end], "{näme: wért, x: 'q'}");
    }

    #[test]
    fn front_matter_is_placed_in_its_file() {
        let mut problems = Problems::default();
        let file = "---\nid: x\nid: y\n---\n";
        Node::parse_at(Span { line: 2, start: 4, ..Span::default() }, &file[4..16], &mut problems);
        let span = problems.list[0].span;
        assert_eq!((span.line, span.col, &file[span.start..span.end]), (3, 1, "id"));
    }

    #[test]
    fn byte_order_mark_windows_lines_and_emptiness_are_fine() {
        assert_eq!(good("\u{feff}a: 1\r\nb: 2\r\n"), "{a: 1, b: 2}");
        assert_eq!(["", "\n\n", "# only a remark\n", "---\n", "\u{feff}"].map(good), ["null"; 5]);
        assert_eq!(bad("\u{feff}a: 1\na: 2"), "2:1 `a` stands here a second time; the first is in line 1");
    }

    #[test]
    fn aliases_are_copied_and_maps_merged_with_the_nearest_winning() {
        assert_eq!(good("a: &x [1, 2]\nb: *x"), "{a: [1, 2], b: [1, 2]}");
        assert_eq!(
            good("p: &p {a: 1, b: 2}\nq: &q {b: 3, c: 3}\nr: {<<: [*p, *q], a: 9}"),
            "{p: {a: 1, b: 2}, q: {b: 3, c: 3}, r: {a: 9, b: 2, c: 3}}"
        );
        assert_eq!(good("'<<': 1"), "{<<: 1}");
        assert_eq!(bad("<<: 1"), "1:5 `<<` merges a map or a list of maps");
    }

    #[test]
    fn what_is_not_one_good_document_is_refused_at_its_place() {
        assert_eq!(bad("a: 1\n---\nb: 2"), "2:1 a second document begins here; a file holds one");
        assert_eq!(bad("x: &a [*a]"), "1:8 this refers to itself");
        assert_eq!(bad("x: !!binary aGk="), "1:13 tags such as `!name` mean nothing here");
        assert_eq!(bad("? [a]\n: 1"), "1:3 a key must be plain text");
        for broken in ["a: [1, 2", "a: 'x", "a: b: c", "a:\n\tb: 1", "a: {", "*x", "a:\n  b: 1\n c: 2", "%", "@"] {
            assert!(bad(broken).contains("this is not YAML: "), "{broken}");
        }
    }

    #[test]
    fn a_duplicate_hides_nothing_else() {
        let (node, problems) = parse("a: 1\nb: 2\na: 3\nb: 4\n");
        assert_eq!(problems.len(), 2);
        assert_eq!(line(&node.expect("a map")), "{a: 1, b: 2}");
    }

    #[test]
    fn bombs_are_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        (1..9).for_each(|i| bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", ")));
        assert!(bad(&bomb).contains("too large"));
        let long = format!("a: &a {}\nb: [{}]", "x".repeat(1 << 20), "*a, ".repeat(10_000));
        assert!(bad(&long).contains("too large"));
        assert_eq!(bad(&"[".repeat(20_000)), "1:256 this is not YAML: recursion limit exceeded");
        assert_eq!(bad(&("[".repeat(120) + &"]".repeat(120))), "1:101 more than 100 lists and maps inside each other");
        assert!(bad(&format!("{}x", "- ".repeat(20_000))).contains("inside each other"));
        let mut ladder = "a0: &a0 [x]\n".to_owned();
        (1..200).for_each(|i| ladder += &format!("a{i}: &a{i} [*a{}]\n", i - 1));
        assert!(bad(&ladder).contains("inside each other"));
    }
}
