//! Markdown made for reading on a terminal: any document, at any width. What comes out is lines of inert text; nothing of a
//! document is executed, fetched or interpreted beyond its shape, and HTML stands as it was written.
//!
//! Invariant: whatever isn't `Role::Mark` is the document's own text, all of it and in its order; but for the bar and the name
//! of an alert, which are as loud as it is.

mod code;
mod flow;
mod memo;
mod table;

pub use code::lines as code;
pub use flow::{width, wrap};
pub use memo::Memo;

use super::canvas::Line;
use super::theme::Role;
use flow::push;
use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;
use std::ops::Range;
use table::Table;

/// The lines of a part of a document. The whole is read, for the meaning of a part depends on what stands around it: where
/// its links lead, above all. `ticked` are the numbers of the task items that are done, besides those that say so.
pub fn lines(text: &str, part: &Range<usize>, ticked: &BTreeSet<u32>, columns: usize) -> Vec<Line> {
    let mut writer = Writer::new(ticked, columns);
    for (event, range) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        if range.start >= part.start && range.end <= part.end {
            writer.event(event);
        }
    }
    writer.flush();
    writer.lines
}

/// A whole document; its front matter, which is for machines first, stands at the end.
pub fn document(text: &str, columns: usize) -> Vec<Line> {
    let (front, start) = front_matter(text);
    let mut writer = Writer::new(const { &BTreeSet::new() }, columns);
    for event in Parser::new_ext(&text[start..], OPTIONS) {
        writer.event(event);
    }
    if let Some(front) = front {
        writer.code("yaml", front);
    }
    writer.flush();
    writer.lines
}

const OPTIONS: Options =
    Options::ENABLE_TABLES.union(Options::ENABLE_TASKLISTS).union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_GFM);

/// What stands between the two lines of dashes, whatever ends lines here, and where the rest begins.
fn front_matter(text: &str) -> (Option<&str>, usize) {
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = text[bom..].split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else { return (None, bom) };
    let start = bom + first.len();
    let mut at = start;
    for line in lines {
        if matches!(line.trim_end(), "---" | "...") {
            return (text.get(start..at), at + line.len());
        }
        at += line.len();
    }
    (None, bom)
}

/// What stands around the lines that are being written.
enum Frame {
    Quote(Role),
    /// The bullet, number or tick; and whether it has been written.
    Item {
        marker: String,
        written: bool,
    },
}

struct Writer<'a> {
    columns: usize,
    ticked: &'a BTreeSet<u32>,
    lines: Vec<Line>,
    frames: Vec<Frame>,
    /// The number of the next item of each list that is open; `None` for bullets.
    lists: Vec<Option<u64>>,
    /// The text of the paragraph, heading or cell that is being read.
    inline: Line,
    roles: Vec<Role>,
    /// Where the links that are open lead, and where their texts begin.
    links: Vec<(String, usize)>,
    table: Option<Table>,
    /// The language of a code block, and its text so far.
    block: Option<(String, String)>,
    /// Task items so far.
    items: u32,
    /// Nothing stands before the next block that a blank line would part it from.
    fresh: bool,
}

impl<'a> Writer<'a> {
    fn new(ticked: &'a BTreeSet<u32>, columns: usize) -> Self {
        Self {
            columns: columns.max(1),
            ticked,
            lines: Vec::new(),
            frames: Vec::new(),
            lists: Vec::new(),
            inline: Line::new(),
            roles: Vec::new(),
            links: Vec::new(),
            table: None,
            block: None,
            items: 0,
            fresh: true,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) => self.text(&text),
            Event::Code(text) => push(&mut self.inline, &text, Role::Code),
            Event::InlineHtml(text) => push(&mut self.inline, &text, Role::Dim),
            Event::SoftBreak => self.text(" "),
            Event::HardBreak => self.text("\n"),
            Event::Rule => self.rule(),
            Event::TaskListMarker(done) => self.task(done),
            // Extensions that are not switched on.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => self.text(&text),
        }
    }

    fn text(&mut self, text: &str) {
        match &mut self.block {
            Some((_, block)) => block.push_str(text),
            None => push(&mut self.inline, text, self.roles.last().copied().unwrap_or(Role::Text)),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.part(),
            Tag::Heading { level, .. } => self.heading(level),
            Tag::BlockQuote(kind) => self.quote(kind),
            Tag::CodeBlock(kind) => self.block = Some((info(&kind), String::new())),
            Tag::HtmlBlock => self.block = Some(("html".into(), String::new())),
            Tag::List(first) => self.list(first),
            Tag::Item => self.item(),
            Tag::Table(alignments) => self.begin_table(alignments),
            Tag::TableRow | Tag::TableHead => self.table.iter_mut().for_each(|table| table.rows.push(Vec::new())),
            Tag::Emphasis | Tag::Strikethrough => self.roles.push(self.stronger(Role::Emphasis)),
            Tag::Strong => self.roles.push(Role::Strong),
            Tag::Link { dest_url, .. } => self.link(&dest_url, Role::Link),
            Tag::Image { dest_url, .. } => {
                push(&mut self.inline, "image: ", Role::Mark);
                self.link(&dest_url, Role::Emphasis);
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.flush(),
            TagEnd::Heading(_) => {
                self.flush();
                self.roles.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.frames.pop();
                self.fresh = false;
            }
            TagEnd::CodeBlock | TagEnd::HtmlBlock => self.end_block(),
            TagEnd::List(_) => drop(self.lists.pop()),
            TagEnd::Item => self.end_item(),
            TagEnd::Table => self.end_table(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                let row = self.table.as_mut().and_then(|table| table.rows.last_mut());
                row.into_iter().for_each(|row| row.push(cell.clone()));
            }
            TagEnd::Emphasis | TagEnd::Strikethrough | TagEnd::Strong => drop(self.roles.pop()),
            TagEnd::Link | TagEnd::Image => self.end_link(),
            _ => {}
        }
    }

    /// Strong words stay strong when they are emphasised too.
    fn stronger(&self, role: Role) -> Role {
        if self.roles.last() == Some(&Role::Strong) { Role::Strong } else { role }
    }

    /// A block begins: a blank line parts it from the one before.
    fn part(&mut self) {
        self.flush();
        if !std::mem::replace(&mut self.fresh, false) {
            let prefix: Line = self.frames.iter().filter(|frame| matches!(frame, Frame::Quote(_))).map(later).collect();
            let fits = width(&prefix) < self.columns;
            self.lines.push(if fits { prefix } else { Line::new() });
        }
    }

    fn heading(&mut self, level: HeadingLevel) {
        self.part();
        push(&mut self.inline, &format!("{} ", "#".repeat(level as usize)), Role::Mark);
        self.roles.push(Role::Strong);
    }

    fn quote(&mut self, kind: Option<BlockQuoteKind>) {
        self.part();
        let (role, title) = kind.map_or((Role::Mark, ""), alert);
        self.frames.push(Frame::Quote(role));
        if !title.is_empty() {
            let title = wrap(&[(title.to_owned(), role)], self.room());
            self.write(title);
        }
        self.fresh = true;
    }

    fn list(&mut self, first: Option<u64>) {
        self.flush();
        if self.lists.is_empty() || !matches!(self.frames.last(), Some(Frame::Item { .. })) {
            self.part();
        }
        self.lists.push(first);
    }

    fn item(&mut self) {
        let marker = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "• ".to_owned(),
        };
        self.frames.push(Frame::Item { marker, written: false });
        self.fresh = true;
    }

    fn task(&mut self, done: bool) {
        let done = done || self.ticked.contains(&self.items);
        self.items += 1;
        if let Some(Frame::Item { marker, .. }) = self.frames.last_mut() {
            *marker = if done { "✓ " } else { "○ " }.to_owned();
        }
    }

    fn end_item(&mut self) {
        self.flush();
        if matches!(self.frames.last(), Some(Frame::Item { written: false, .. })) {
            self.write(vec![Line::new()]);
        }
        self.frames.pop();
        self.fresh = false;
    }

    fn begin_table(&mut self, alignments: Vec<pulldown_cmark::Alignment>) {
        self.part();
        self.table = Some(Table { alignments, rows: Vec::new() });
    }

    fn end_table(&mut self) {
        if let Some(table) = self.table.take() {
            let lines = table.lines(self.room());
            self.write(lines);
        }
    }

    fn end_block(&mut self) {
        match self.block.take() {
            Some((language, text)) if language == "html" => {
                self.part();
                let lines = code::lines(&text, "", self.room());
                let dim = |(text, role): (String, Role)| (text, if role == Role::Code { Role::Dim } else { role });
                self.write(lines.into_iter().map(|line| line.into_iter().map(dim).collect()).collect());
            }
            Some((info, text)) => self.code(&info, &text),
            None => {}
        }
    }

    fn code(&mut self, info: &str, text: &str) {
        self.part();
        let room = self.room();
        let indent = if room > 12 { 2 } else { 0 };
        if !info.is_empty() {
            self.write(wrap(&[(info.to_owned(), Role::Mark)], room));
        }
        let language = info.split_whitespace().next().unwrap_or("");
        let lines = code::lines(text, language, room - indent);
        let shifted = |line: Line| std::iter::once((" ".repeat(indent), Role::Mark)).chain(line).collect();
        self.write(lines.into_iter().map(shifted).collect());
    }

    fn rule(&mut self) {
        self.part();
        let rule = "─".repeat(self.room().min(200));
        self.write(vec![vec![(rule, Role::Mark)]]);
    }

    fn link(&mut self, to: &str, role: Role) {
        self.links.push((to.to_owned(), self.inline.iter().map(|(text, _)| text.len()).sum()));
        self.roles.push(role);
    }

    /// Where a link leads stands behind its text, unless the text says it.
    fn end_link(&mut self) {
        self.roles.pop();
        let Some((to, from)) = self.links.pop() else { return };
        let all: String = self.inline.iter().map(|(text, _)| text.as_str()).collect();
        let said = all.get(from..).is_some_and(|text| text == to || to.strip_prefix("mailto:") == Some(text));
        if !said && !to.is_empty() {
            push(&mut self.inline, &format!(" ({to})"), Role::Mark);
        }
    }

    /// Writes the text that has been read.
    fn flush(&mut self) {
        let inline = std::mem::take(&mut self.inline);
        if inline.iter().any(|(text, _)| !text.trim().is_empty()) && self.table.is_none() {
            self.fresh = false;
            let lines = wrap(&inline, self.room());
            self.write(lines);
        }
    }

    /// Columns that the frames leave.
    fn room(&self) -> usize {
        self.columns - self.framed()
    }

    /// Columns that the frames take; none where there would be no room for a text.
    fn framed(&self) -> usize {
        let wide = self.frames.iter().map(|frame| width(&[later(frame)])).sum::<usize>();
        if wide + wide.min(8) < self.columns { wide } else { 0 }
    }

    fn write(&mut self, lines: Vec<Line>) {
        let framed = self.framed() > 0;
        for line in lines {
            let mut out = Line::new();
            if framed {
                self.frames.iter_mut().map(first).for_each(|(text, role)| push(&mut out, &text, role));
            } else {
                self.write_markers();
            }
            line.iter().for_each(|(text, role)| push(&mut out, text, *role));
            self.lines.push(out);
        }
    }

    /// Where they have no room beside the text, markers stand above it.
    fn write_markers(&mut self) {
        for frame in &mut self.frames {
            if matches!(frame, Frame::Item { written: false, .. }) {
                self.lines.extend(wrap(&[first(frame)], self.columns));
            }
        }
    }
}

/// What stands before the next line of a frame.
fn first(frame: &mut Frame) -> (String, Role) {
    match frame {
        Frame::Item { marker, written } if !*written => {
            *written = true;
            (marker.clone(), Role::Mark)
        }
        other => later(other),
    }
}

/// What stands before every further line of a frame.
fn later(frame: &Frame) -> (String, Role) {
    match frame {
        Frame::Quote(role) => ("│ ".to_owned(), *role),
        Frame::Item { marker, .. } => (" ".repeat(width(&[(marker.clone(), Role::Mark)])), Role::Mark),
    }
}

fn info(kind: &CodeBlockKind<'_>) -> String {
    match kind {
        CodeBlockKind::Fenced(info) => info.trim().to_owned(),
        CodeBlockKind::Indented => String::new(),
    }
}

/// How GitHub's alerts look, and what they are called.
fn alert(kind: BlockQuoteKind) -> (Role, &'static str) {
    match kind {
        BlockQuoteKind::Note => (Role::Info, "Note"),
        BlockQuoteKind::Tip => (Role::Ok, "Tip"),
        BlockQuoteKind::Important => (Role::New, "Important"),
        BlockQuoteKind::Warning => (Role::Warning, "▲ Warning"),
        BlockQuoteKind::Caution => (Role::Critical, "▲ Caution"),
    }
}
