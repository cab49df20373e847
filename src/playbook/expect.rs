//! The grammar of `expect`: conditions joined by `;`.

use crate::domain::playbook::{Bounds, Condition, Piece, Stream, TextTest, expand, sound};
use std::time::Duration;

/// A word or a code span of a field's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Word(String),
    Code(String),
}

/// What `expect` may hold, for messages.
pub const GRAMMAR: &str = "exit 0, stdout `text`, stdout ~ `regex`, stdout contains `text`, lines < 5, status 2xx, body ~ `regex`, \
     json `a.b` = `v`, within 500ms, value < 1, empty, not empty, all; joined by `;`";

/// Words and code spans; `;` stands alone.
pub fn tokens(pieces: &[Piece]) -> Vec<Token> {
    let mut tokens = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Code(code) => tokens.push(Token::Code(code.clone())),
            Piece::Text(text) | Piece::Link { text, .. } => {
                let spaced = text.replace(';', " ; ");
                tokens.extend(spaced.split_whitespace().map(|word| Token::Word(word.to_owned())));
            }
        }
    }
    tokens
}

/// Reads all conditions; the error names the one that isn't understood.
pub fn read(pieces: &[Piece]) -> Result<Vec<Condition>, String> {
    let tokens = tokens(pieces);
    let parts = tokens.split(|token| *token == Token::Word(";".into()));
    parts.map(|part| condition(part).ok_or_else(|| format!("`{}` is not a condition", shown(part)))).collect()
}

fn shown(tokens: &[Token]) -> String {
    let text = |token: &Token| match token {
        Token::Word(word) => word.clone(),
        Token::Code(code) => format!("'{code}'"),
    };
    tokens.iter().map(text).collect::<Vec<_>>().join(" ")
}

fn condition(tokens: &[Token]) -> Option<Condition> {
    let Token::Word(first) = tokens.first()? else { return None };
    let rest = &tokens[1..];
    match first.as_str() {
        "exit" => exit(rest),
        "stdout" => Some(Condition::Text(Stream::Stdout, text_test(rest)?)),
        "stderr" => Some(Condition::Text(Stream::Stderr, text_test(rest)?)),
        "body" => Some(Condition::Text(Stream::Body, text_test(rest)?)),
        "lines" => lines(rest),
        "status" => status(rest),
        "json" => json(rest),
        "within" => Some(Condition::Within(duration(rest)?)),
        "value" => Some(Condition::Value(bounds(rest)?)),
        "empty" => rest.is_empty().then_some(Condition::Empty(true)),
        "all" => rest.is_empty().then_some(Condition::All),
        "not" => (words(rest)? == ["empty"]).then_some(Condition::Empty(false)),
        _ => None,
    }
}

/// All of them, if none is a code span.
fn words(tokens: &[Token]) -> Option<Vec<&str>> {
    fn word(token: &Token) -> Option<&str> {
        match token {
            Token::Word(word) => Some(word),
            Token::Code(_) => None,
        }
    }
    tokens.iter().map(word).collect()
}

/// `N`, `N or N`.
fn exit(tokens: &[Token]) -> Option<Condition> {
    let words = words(tokens)?;
    let codes = words.iter().step_by(2).map(|word| word.parse().ok()).collect::<Option<Vec<i32>>>()?;
    let joined = words.iter().skip(1).step_by(2).all(|word| *word == "or");
    (joined && words.len() % 2 == 1 && codes.iter().all(|code| (0..=255).contains(code))).then_some(Condition::Exit(codes))
}

fn text_test(tokens: &[Token]) -> Option<TextTest> {
    match tokens {
        [Token::Code(text)] => Some(TextTest::Equal(text.clone())),
        [Token::Word(word), Token::Code(text)] if word == "contains" => Some(TextTest::Contains(text.clone())),
        [Token::Word(word), Token::Code(text)] if word == "~" && compiles(text) => Some(TextTest::Like(text.clone())),
        _ => None,
    }
}

/// With any value for the names in it.
fn compiles(expression: &str) -> bool {
    let filled = expand(expression, &|_| Some("x".into()));
    filled.is_ok_and(|text| sound(&text))
}

fn lines(tokens: &[Token]) -> Option<Condition> {
    match words(tokens)?.as_slice() {
        ["<", count] => count.parse().ok().map(Condition::LinesBelow),
        _ => None,
    }
}

/// `200` or `2xx`.
fn status(tokens: &[Token]) -> Option<Condition> {
    let words = words(tokens)?;
    let [word] = words.as_slice() else { return None };
    if let Some(class) = word.strip_suffix("xx") {
        let class: u16 = class.parse().ok().filter(|class| (1..=5).contains(class))?;
        return Some(Condition::Status { from: class * 100, to: class * 100 + 99 });
    }
    let code = word.parse().ok().filter(|code| (100..600).contains(code))?;
    Some(Condition::Status { from: code, to: code })
}

fn json(tokens: &[Token]) -> Option<Condition> {
    match tokens {
        [Token::Code(path), Token::Word(equal), Token::Code(value)] if equal == "=" && !path.is_empty() => {
            Some(Condition::Json { path: path.clone(), value: value.clone() })
        }
        _ => None,
    }
}

fn duration(tokens: &[Token]) -> Option<Duration> {
    humantime::parse_duration(&words(tokens)?.join(" ")).ok()
}

fn bounds(tokens: &[Token]) -> Option<Bounds> {
    let number = |word: &str| word.parse::<f64>().ok().filter(|number| number.is_finite());
    Some(match words(tokens)?.as_slice() {
        ["<", limit] => Bounds::Below(number(limit)?),
        ["<=", limit] => Bounds::AtMost(number(limit)?),
        [">", limit] => Bounds::Above(number(limit)?),
        [">=", limit] => Bounds::AtLeast(number(limit)?),
        ["=", value] => Bounds::Equal(number(value)?),
        ["between", low, "and", high] => Bounds::Between(number(low)?, number(high)?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Backticks make code spans, as in a playbook.
    fn pieces(text: &str) -> Vec<Piece> {
        let piece = |(index, part): (usize, &str)| match index % 2 {
            0 => Piece::Text(part.to_owned()),
            _ => Piece::Code(part.to_owned()),
        };
        text.split('`').enumerate().map(piece).collect()
    }

    #[test]
    fn every_condition_is_shown_as_it_was_written() {
        for text in [
            "exit 0",
            "exit 0 or 2",
            "stdout `t`",
            r"stdout ~ `^\s*$`",
            "stderr contains `x; y`",
            "lines < 5",
            "status 200",
            "status 2xx",
            "body ~ `ok|fine`",
            "json `a.b[0]` = `v`",
            "within 500ms",
            "value < 1",
            "value >= 0.5",
            "value between 0 and 5",
            "empty",
            "not empty",
            "all",
        ] {
            let read = read(&pieces(text)).expect(text);
            assert_eq!(read.iter().map(ToString::to_string).collect::<Vec<_>>(), [text]);
        }
        assert_eq!(read(&pieces("exit 0; stdout `;`")).map(|all| all.len()), Ok(2));
    }

    #[test]
    fn what_is_nearly_a_condition_is_refused() {
        for text in [
            "",
            "exit",
            "exit zero",
            "exit 0 or",
            "exit 0 2",
            "exit 256",
            "stdout t",
            "stdout ~ `(`",
            "stdout = `t`",
            "status 9xx",
            "status 20",
            "lines 5",
            "value < x",
            "value < NaN",
            "not",
            "exit 0;",
            "succeeds",
        ] {
            assert!(read(&pieces(text)).is_err(), "{text:?}");
        }
    }
}
