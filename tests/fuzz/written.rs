//! A playbook written down anew from what was understood of it: Markdown that means the same. Only for the tests: people write theirs
//! themselves.

use midwatch::domain::playbook::{Block, Field, Piece, Playbook, Step};

pub fn written(book: &Playbook) -> String {
    // Its front matter is YAML, which has tests of its own: it stays as it stands.
    let front = front(&book.text);
    let mut out = front.to_owned();
    let mut section = None;
    for step in &book.steps {
        if section != Some(step.section) {
            out += &format!("\n## {}\n", step.section.heading());
            section = Some(step.section);
        }
        out += &of_step(step);
    }
    out
}

/// The lines up to the second `---`.
fn front(text: &str) -> &str {
    let mut at = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        at += line.len();
        if index > 0 && matches!(line.trim_end(), "---" | "...") {
            break;
        }
    }
    &text[..at]
}

fn of_step(step: &Step) -> String {
    let mut out = match &step.number {
        Some(number) => format!("\n### {number}. {}\n\n", plain(&step.title)),
        None => format!("\n### {}\n\n", plain(&step.title)),
    };
    step.raw.iter().for_each(|field| out += &of_field(field));
    if !step.items.is_empty() {
        out += "\nTick:\n\n";
        step.items.iter().for_each(|item| out += &format!("- [ ] {}\n", plain(&item.text)));
    }
    let blocks = [("", &step.body), (" dry-run", &step.dry_run), (" status", &step.status), (" undo", &step.undo)];
    blocks
        .iter()
        .filter_map(|(role, block)| Some((role, block.as_ref()?)))
        .for_each(|(role, block)| out += &of_block(role, block));
    out
}

fn of_field(field: &Field) -> String {
    let mut out = format!("- **{}:** {}\n", plain(&field.key), pieces(&field.value));
    // An empty bullet can't stand under a line of text.
    field.items.iter().filter(|item| !pieces(item).is_empty()).for_each(|item| out += &format!("  - {}\n", pieces(item)));
    out
}

fn of_block(role: &str, block: &Block) -> String {
    let fence = "`".repeat(longest_run(&block.text).max(2) + 1);
    let end = if block.text.is_empty() || block.text.ends_with('\n') { "" } else { "\n" };
    format!("\n{fence}{}{role}\n{}{end}{fence}\n", block.lang.word(), block.text)
}

fn pieces(value: &[Piece]) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Text(text) => plain(text),
        Piece::Code(code) => span(code),
        Piece::Link { text, to } => format!("[{}](<{}>)", plain(text), plain(to)),
    };
    value.iter().map(one).collect::<String>().trim().to_owned()
}

/// A code span: its fence is longer than any run of backticks in it.
fn span(code: &str) -> String {
    let fence = "`".repeat(longest_run(code) + 1);
    let blank = !code.is_empty() && code.trim_matches(' ').is_empty();
    let pad = if !blank && (code.starts_with([' ', '`']) || code.ends_with([' ', '`'])) { " " } else { "" };
    format!("{fence}{pad}{code}{pad}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Every sign that could mean something is made to mean itself.
fn plain(text: &str) -> String {
    let escape = |c: char| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() };
    text.chars().map(escape).collect()
}
