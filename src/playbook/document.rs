//! Markdown as a list of top-level parts with their places. Knows nothing of playbooks; never fails: any text is
//! a document.

use crate::domain::node::Span;
use crate::domain::playbook::{Block, Piece};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// One top-level part of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Heading(Heading),
    List(List),
    Fence(Fence),
    /// Paragraphs, quotes, tables, HTML: only for people.
    Other(Range<usize>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Heading {
    pub level: u8,
    pub text: String,
    pub range: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct List {
    pub ordered: bool,
    pub items: Vec<Item>,
    pub range: Range<usize>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item {
    /// The bold words that it begins with.
    pub bold: Option<String>,
    /// Its own text, after the bold words.
    pub pieces: Vec<Piece>,
    /// `- [ ]` and `- [x]`.
    pub task: bool,
    /// The items of the lists inside it.
    pub items: Vec<Item>,
    /// The fenced blocks inside it.
    pub fences: Vec<Fence>,
    pub range: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Fence {
    /// What stands after the opening fence.
    pub info: String,
    pub text: String,
    pub range: Range<usize>,
    /// It ends with the document, or with what contains it, instead of a fence.
    pub open: bool,
}

impl Item {
    /// Its own text on one line.
    pub fn text(&self) -> String {
        let bold = self.bold.clone().unwrap_or_default();
        (bold + &plain(&self.pieces)).trim().to_owned()
    }
}

impl Part {
    pub fn range(&self) -> Range<usize> {
        match self {
            Self::Heading(Heading { range, .. }) | Self::List(List { range, .. }) | Self::Fence(Fence { range, .. }) => {
                range.clone()
            }
            Self::Other(range) => range.clone(),
        }
    }
}

/// The text of pieces, without markup.
pub fn plain(pieces: &[Piece]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Code(text) | Piece::Link { text, .. } => text.clone(),
    };
    pieces.iter().map(text).collect()
}

/// Lists inside lists; deeper ones are skipped, so that reading may recurse.
const DEEPEST: usize = 32;

/// Reads the text from `start` on; ranges are of the whole text.
pub fn read(text: &str, start: usize) -> Vec<Part> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    let events = Parser::new_ext(&text[start..], options).into_offset_iter();
    let events = events.map(move |(event, range)| (event, range.start + start..range.end + start));
    Reader { text, events, depth: 0 }.parts()
}

struct Reader<'a, I: Iterator<Item = (Event<'a>, Range<usize>)>> {
    text: &'a str,
    events: I,
    depth: usize,
}

impl<'a, I: Iterator<Item = (Event<'a>, Range<usize>)>> Reader<'a, I> {
    fn parts(mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => parts.push(Part::Heading(self.heading(level, range))),
                Event::Start(Tag::List(first)) => {
                    let items = self.list();
                    parts.push(Part::List(List { ordered: first.is_some(), items, range }));
                }
                Event::Start(Tag::CodeBlock(kind)) => parts.push(Part::Fence(self.fence(&kind, range))),
                Event::Start(_) => {
                    self.skip();
                    parts.push(Part::Other(range));
                }
                _ => parts.push(Part::Other(range)),
            }
        }
        parts
    }

    /// Everything up to the end of the element whose start has been taken.
    fn skip(&mut self) {
        let mut depth = 1;
        while depth > 0 {
            match self.events.next() {
                Some((Event::Start(_), _)) => depth += 1,
                Some((Event::End(_), _)) => depth -= 1,
                Some(_) => {}
                None => break,
            }
        }
    }

    fn heading(&mut self, level: HeadingLevel, range: Range<usize>) -> Heading {
        let mut item = Item::default();
        while let Some((event, _)) = self.events.next() {
            match event {
                Event::End(TagEnd::Heading(_)) => break,
                event => self.inline(event, &mut item),
            }
        }
        Heading { level: level as u8, text: item.text(), range }
    }

    fn list(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        self.depth += 1;
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::Start(Tag::Item) => items.push(self.item(range)),
                Event::End(TagEnd::List(_)) => break,
                _ => {}
            }
        }
        self.depth -= 1;
        items
    }

    fn item(&mut self, range: Range<usize>) -> Item {
        let mut item = Item { range, ..Item::default() };
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::End(TagEnd::Item) => break,
                Event::Start(Tag::List(_)) if self.depth == DEEPEST => self.skip(),
                Event::Start(Tag::List(_)) => item.items.extend(self.list()),
                Event::Start(Tag::CodeBlock(kind)) => item.fences.push(self.fence(&kind, range)),
                Event::Start(Tag::BlockQuote(_) | Tag::Table(_) | Tag::HtmlBlock) => self.skip(),
                Event::Start(Tag::Paragraph) if !item.pieces.is_empty() => item.pieces.push(Piece::Text(" ".into())),
                Event::TaskListMarker(_) => item.task = true,
                event => self.inline(event, &mut item),
            }
        }
        item
    }

    /// One event of running text. Bold words count as such only at the very beginning.
    fn inline(&mut self, event: Event<'a>, item: &mut Item) {
        match event {
            Event::Start(Tag::Strong) if item.bold.is_none() && item.pieces.is_empty() => item.bold = Some(self.strong()),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let link = self.link(dest_url);
                item.pieces.push(link);
            }
            Event::Text(text) => push(&mut item.pieces, &text),
            Event::Code(code) => item.pieces.push(Piece::Code(code.into_string())),
            Event::SoftBreak | Event::HardBreak => push(&mut item.pieces, " "),
            _ => {}
        }
    }

    fn strong(&mut self) -> String {
        let mut bold = String::new();
        for (event, _) in self.events.by_ref() {
            match event {
                Event::End(TagEnd::Strong) => break,
                Event::Text(text) | Event::Code(text) => bold += &text,
                Event::SoftBreak | Event::HardBreak => bold.push(' '),
                _ => {}
            }
        }
        bold
    }

    fn link(&mut self, to: CowStr<'a>) -> Piece {
        let mut item = Item::default();
        while let Some((event, _)) = self.events.next() {
            match event {
                Event::End(TagEnd::Link) => break,
                event => self.inline(event, &mut item),
            }
        }
        Piece::Link { text: item.text(), to: to.into_string() }
    }

    fn fence(&mut self, kind: &CodeBlockKind<'a>, range: Range<usize>) -> Fence {
        let mut text = String::new();
        for (event, _) in self.events.by_ref() {
            match event {
                Event::End(TagEnd::CodeBlock) => break,
                Event::Text(part) => text += &part,
                _ => {}
            }
        }
        let fenced = matches!(kind, CodeBlockKind::Fenced(_));
        let info = if let CodeBlockKind::Fenced(info) = kind { info.trim().to_owned() } else { String::new() };
        let open = fenced && !closed(&self.text[range.clone()]);
        Fence { info, text, range, open }
    }
}

/// Whether the last line of a fenced block is a fence of its own, not the opening one.
fn closed(block: &str) -> bool {
    let mut lines = block.trim_end().lines();
    let first = lines.next().unwrap_or("").trim_start();
    let last = lines.last().unwrap_or("").trim_start_matches([' ', '\t', '>']);
    let mark = if first.starts_with('~') { '~' } else { '`' };
    last.chars().count() >= 3 && last.chars().all(|c| c == mark)
}

fn push(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(last)) => *last += text,
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// Turns byte offsets into lines and columns.
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The place of a range, without the blank space at its end.
    pub fn span(&self, range: &Range<usize>) -> Span {
        let line = self.starts.partition_point(|start| *start <= range.start);
        let start = self.starts[line.saturating_sub(1)];
        let col = self.text.get(start..range.start).map_or(0, |before| before.chars().count()) + 1;
        let end = range.start + self.text.get(range.clone()).map_or(0, |text| text.trim_end().len());
        Span { line, col, start: range.start, end }
    }

    /// The place of `length` bytes at a place in a block. Indentation and quotes that the block stands in are not part of its
    /// text, so the line is looked for in the file's.
    pub fn in_block(&self, block: &Block, at: usize, length: usize) -> Span {
        let before = block.text.get(..at).unwrap_or("");
        let line = block.span.line + 1 + before.matches('\n').count();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let own = block.text[start..].lines().next().unwrap_or("");
        self.within(line, own, at - start, length).unwrap_or(Span { line, ..block.span })
    }

    /// The place of `length` bytes at byte `at` of `part`, which stands somewhere in the line.
    pub fn within(&self, line: usize, part: &str, at: usize, length: usize) -> Option<Span> {
        let start = *self.starts.get(line.checked_sub(1)?)?;
        let begin = start + self.text[start..].lines().next().unwrap_or("").rfind(part)? + at;
        Some(self.span(&(begin..(begin + length).min(self.text.len()))))
    }
}
