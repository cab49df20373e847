//! Code as it stands in a document: every character of it, lines that are too long broken with a mark, and so much colour as
//! a look at single words gives. Knows no grammar: what it colours wrongly is still the text.

use super::flow::push;
use crate::domain::text::inert;
use crate::tui::canvas::Line;
use crate::tui::theme::Role;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What of a language is told apart.
struct Look {
    comment: &'static str,
    /// `$NAME` and `${NAME}` are variables.
    variables: bool,
    /// A word before a colon is a key.
    keys: bool,
    words: &'static [&'static str],
}

const PLAIN: Look = Look { comment: "", variables: false, keys: false, words: &[] };
const SHELL: &[&str] = &[
    "if", "then", "else", "elif", "fi", "for", "in", "do", "done", "while", "until", "case", "esac", "exit", "return", "set",
    "export", "local",
];
const SQL: &[&str] = &[
    "select", "from", "where", "insert", "into", "values", "update", "delete", "create", "table", "drop", "alter", "and", "or",
    "not", "null", "join", "on", "group", "order", "by", "limit", "as", "begin", "commit", "rollback",
];
const PROMQL: &[&str] =
    &["sum", "rate", "irate", "increase", "avg", "max", "min", "count", "by", "without", "on", "and", "or", "unless"];
const HTTP: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

fn look(language: &str) -> Look {
    match language {
        "sh" | "bash" | "shell" | "zsh" => Look { comment: "#", variables: true, words: SHELL, ..PLAIN },
        "http" => Look { keys: true, variables: true, words: HTTP, ..PLAIN },
        "promql" => Look { comment: "#", variables: true, words: PROMQL, ..PLAIN },
        "sql" => Look { comment: "--", words: SQL, ..PLAIN },
        "yaml" | "yml" => Look { comment: "#", keys: true, ..PLAIN },
        "json" => Look { keys: true, words: &["true", "false", "null"], ..PLAIN },
        _ => PLAIN,
    }
}

/// A block's lines, each no wider than this. `language` is the first word of its fence.
pub fn lines(text: &str, language: &str, columns: usize) -> Vec<Line> {
    let look = look(language);
    text.lines().flat_map(|line| broken(&coloured(&untabbed(line), &look), columns.max(1))).collect()
}

/// Tabs as the spaces that they stand for, so that no terminal decides it.
fn untabbed(line: &str) -> String {
    let mut out = String::new();
    for part in line.split_inclusive('\t') {
        out.push_str(part.trim_end_matches('\t'));
        if part.ends_with('\t') {
            out.push_str(&" ".repeat(4 - out.width() % 4));
        }
    }
    out
}

/// Breaks where the room ends: in code a space may matter.
fn broken(line: &Line, columns: usize) -> Vec<Line> {
    const MORE: &str = "↳ ";
    let (mut lines, mut used) = (vec![Line::new()], 0);
    for (text, role) in line {
        for chunk in text.split_inclusive(' ') {
            for glyph in inert(chunk).graphemes(true) {
                let wide = glyph.width();
                if used > 0 && used + wide > columns {
                    let mark = if columns > 8 { MORE } else { "" };
                    lines.push(Line::new());
                    lines.last_mut().filter(|_| !mark.is_empty()).into_iter().for_each(|line| push(line, mark, Role::Mark));
                    used = mark.width();
                }
                lines.last_mut().into_iter().for_each(|line| push(line, glyph, *role));
                used += wide;
            }
        }
    }
    lines
}

fn coloured(line: &str, look: &Look) -> Line {
    let (mut out, mut rest, mut quote, mut before) = (Line::new(), line, None, ' ');
    while let Some(first) = rest.chars().next() {
        let (length, role) = match quote {
            None if starts_comment(rest, before, look) => (rest.len(), Role::Dim),
            quote => token(rest, first, quote, look),
        };
        if role == Role::Code && (quote == Some(first) || (quote.is_none() && matches!(first, '"' | '\''))) {
            quote = if quote.is_some() { None } else { Some(first) };
        }
        let (head, tail) = rest.split_at(length);
        before = head.chars().next_back().unwrap_or(' ');
        push(&mut out, head, role);
        rest = tail;
    }
    out
}

fn starts_comment(rest: &str, before: char, look: &Look) -> bool {
    !look.comment.is_empty() && rest.starts_with(look.comment) && before.is_whitespace()
}

/// The next piece of a line: its length and what it is.
fn token(rest: &str, first: char, quote: Option<char>, look: &Look) -> (usize, Role) {
    if look.variables && first == '$' && quote != Some('\'') {
        return (variable(rest), Role::Key);
    }
    if first == '\\' && quote == Some('"') {
        return (rest.chars().take(2).map(char::len_utf8).sum(), Role::Code);
    }
    let length = rest.find(|c: char| !word(c)).unwrap_or(rest.len());
    if length == 0 {
        return (first.len_utf8(), Role::Code);
    }
    let key = look.keys && is_key(&rest[length..]);
    let known = quote.is_none() && look.words.iter().any(|known| known.eq_ignore_ascii_case(&rest[..length]));
    (
        length,
        if key {
            Role::Key
        } else if known {
            Role::Strong
        } else {
            Role::Code
        },
    )
}

/// A colon follows that parts a key from its value, and none of an address.
fn is_key(behind: &str) -> bool {
    let bare = behind.trim_start_matches(['"', '\'']);
    bare.strip_prefix(':').is_some_and(|value| bare != behind || value.is_empty() || value.starts_with(' '))
}

fn word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// `$NAME`, `${NAME}` or a sign on its own.
fn variable(rest: &str) -> usize {
    match rest[1..].strip_prefix('{').map(|inner| inner.find('}')) {
        Some(Some(end)) => end + 3,
        _ => 1 + rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len() - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn roles(line: &str, language: &str) -> Vec<(String, Role)> {
        coloured(line, &look(language)).into_iter().filter(|(_, role)| *role != Role::Code).collect()
    }

    #[test]
    fn variables_words_and_comments_are_told_apart() {
        let of = |text: &str, role| (text.to_owned(), role);
        assert_eq!(
            roles("if test \"$A\" = '$B #'; then # why", "sh"),
            [of("if", Role::Strong), of("$A", Role::Key), of("then", Role::Strong), of("# why", Role::Dim)]
        );
        assert_eq!(roles("url: http://h:1 # no", "yaml"), [of("url", Role::Key), of("# no", Role::Dim)]);
        assert_eq!(roles("SELECT 1 -- one", "sql"), [of("SELECT", Role::Strong), of("-- one", Role::Dim)]);
        assert_eq!(roles("echo a#b ${X}y", "bash"), [of("${X}", Role::Key)]);
    }

    #[test]
    fn a_tab_is_as_wide_as_it_stands() {
        assert_eq!(untabbed("a\tb\t\tc"), "a   b       c");
    }

    proptest! {
        #[test]
        fn no_character_is_lost(line in "[a-z$#{}\"'\\\\: é日-]{0,40}", kind in 0usize..7, columns in 1usize..30) {
            let language = ["sh", "http", "promql", "sql", "yaml", "json", "text"][kind];
            let lines = lines(&line, language, columns);
            let shown: String = lines.iter().flatten().filter(|(_, role)| *role != Role::Mark).map(|(text, _)| text.as_str()).collect();
            prop_assert_eq!(shown, line);
        }
    }
}
