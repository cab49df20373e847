//! Habits in shell blocks that hurt (W106). A reading of words, not of the shell's grammar: it warns, it never refuses.

use crate::domain::node::{Problems, Span};
use crate::domain::playbook::{Block, names};

/// Longer lines are not judged: they are data.
const LONGEST: usize = 2_000;

pub fn check(block: &Block, problems: &mut Problems) {
    let mut heredoc: Option<String> = None;
    for (index, line) in block.text.lines().enumerate() {
        if let Some(end) = &heredoc {
            if line.trim() == end {
                heredoc = None;
            }
            continue;
        }
        if let Some((message, help)) = habit(line) {
            problems.lint("W106", place(block, index), message, help.to_owned());
        }
        heredoc = opens_heredoc(line);
    }
}

/// The line of the block that stands `index` lines under its fence.
fn place(block: &Block, index: usize) -> Span {
    Span { line: block.span.line + 1 + index, ..block.span }
}

fn habit(line: &str) -> Option<(String, &'static str)> {
    if line.len() > LONGEST {
        return None;
    }
    let code = without_comment(line);
    if let Some(name) = unquoted(code) {
        return Some((format!("`${name}` stands without quotes"), "write \"$NAME\": a value may hold spaces or patterns"));
    }
    let words: Vec<&str> = code.split_whitespace().collect();
    if words.contains(&"rm")
        && code.contains("\"$")
        && code.contains("/\"") | code.contains("/*")
        && words.iter().any(|word| recursive(word))
    {
        return Some(("`rm -r` below a variable".into(), "an empty value would mean `/`: check it first, or use \"${NAME:?}\""));
    }
    if code.contains('|') && ["sh", "bash"].contains(&code.rsplit('|').next().unwrap_or("").trim()) && code.contains("curl") {
        return Some(("what the network sends is run as it comes".into(), "download it, check it, then run it"));
    }
    if words.first() == Some(&"sudo") && !words.contains(&"-n") {
        return Some(("`sudo` may ask for a password, and nobody can answer".into(), "write `sudo -n`"));
    }
    if words.contains(&"-9") && (words.contains(&"pkill") || words.contains(&"killall")) {
        return Some(("`kill -9` by name".into(), "kill by process id, TERM first"));
    }
    None
}

fn recursive(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.contains(['r', 'R']) || word == "--recursive"
}

/// `#` begins a comment at the start of a word.
fn without_comment(line: &str) -> &str {
    let quote_free = |at: usize| line[..at].matches(['\'', '"']).count().is_multiple_of(2);
    let start = line.match_indices('#').map(|(at, _)| at).find(|at| (*at == 0 || line[..*at].ends_with(' ')) && quote_free(*at));
    &line[..start.unwrap_or(line.len())]
}

/// The first `$NAME` outside quotes, where splitting would happen: not in assignments, tests or arithmetic.
fn unquoted(line: &str) -> Option<&str> {
    let trimmed = line.trim_start();
    if trimmed.starts_with("case ") || trimmed.contains("[[") || trimmed.contains("$((") {
        return None;
    }
    names(line).find(|(range, _)| !quoted(line, range.start) && !assigned(line, range.start)).map(|(_, name)| name)
}

fn quoted(line: &str, at: usize) -> bool {
    let (mut single, mut double, mut escaped) = (false, false, false);
    for c in line[..at].chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if !single => escaped = true,
            '\'' if !double => single = !single,
            '"' if !single => double = !double,
            _ => {}
        }
    }
    single || double || escaped
}

/// The value of `name=$NAME` is not split.
fn assigned(line: &str, at: usize) -> bool {
    let word = line[..at].rsplit([' ', '\t', ';', '(']).next().unwrap_or("");
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

/// The word that ends the here-document that the line begins.
pub fn opens_heredoc(line: &str) -> Option<String> {
    let at = line.find("<<").filter(|at| !line[*at..].starts_with("<<<"))?;
    let word = line[at + 2..].trim_start_matches('-').split_whitespace().next()?;
    Some(word.trim_matches(['\'', '"', '\\']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::habit;

    #[test]
    fn habits_that_hurt_are_named_and_others_are_left_alone() {
        for (line, warned) in [
            ("echo $DIR", true),
            ("echo \"$DIR\"", false),
            ("echo '$DIR'", false),
            ("x=$DIR", false),
            ("echo a=$b $DIR", true),
            ("# rm $DIR", false),
            ("rm -rf \"$DIR/\"*", true),
            ("rm \"$DIR/file\"", false),
            ("curl -s http://x | sh", true),
            ("sudo systemctl stop x", true),
            ("sudo -n systemctl stop x", false),
            ("pkill -9 postgres", true),
        ] {
            assert_eq!(habit(line).is_some(), warned, "{line}");
        }
    }
}
