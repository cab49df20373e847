//! What doesn't belong into a block: addresses of one machine, tokens, passwords.

use super::{Document, all};
use crate::domain::node::Problems;
use crate::domain::playbook::{Block, Step};
use regex::Regex;
use std::sync::LazyLock;

/// A kind of literal: what it is, how it looks, what to do instead.
struct Literal {
    what: &'static str,
    look: LazyLock<Regex>,
    help: &'static str,
}

/// ASCII only: the tables of Unicode's letters and digits took six megabytes.
static LITERALS: [Literal; 4] = [
    Literal {
        what: "an address",
        look: LazyLock::new(|| expression(r"(?-u:\b(?:\d{1,3}\.){3}\d{1,3}\b)")),
        help: "make it a parameter: the next incident is on another machine",
    },
    Literal {
        what: "something that looks like a token",
        look: LazyLock::new(|| {
            expression(concat!(
                r"(?-u:\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|AKIA[0-9A-Z]{16}|xox[abprs]-[\w-]{10,}",
                r"|sk-[A-Za-z0-9_-]{20,}|eyJ[\w-]{10,}\.[\w-]{10,}|AIza[\w-]{30,}))"
            ))
        }),
        help: SECRET,
    },
    Literal {
        what: "a password in an address",
        look: LazyLock::new(|| expression(r#"://[^ \t\r\n/:@"'$]+:([^ \t\r\n/@"'$]+)@"#)),
        help: SECRET,
    },
    Literal {
        what: "a password",
        look: LazyLock::new(|| {
            expression(
                r#"(?i-u:password|passwd|secret|token|api_?key)["']?[ \t]*[=:][ \t]*["']?([^ \t\r\n"'$&|;)(`\\<{}\[]{4,})"#,
            )
        }),
        help: SECRET,
    },
];

const SECRET: &str = "make it a parameter of type `secret`: what stands here is in the repository, the log and the export";

#[expect(clippy::expect_used, reason = "the expressions above are constant, and a test compiles them all")]
fn expression(text: &str) -> Regex {
    Regex::new(text).expect("compiles")
}

pub fn found(document: &Document<'_>, step: &Step, problems: &mut Problems) {
    all(step).for_each(|block| in_block(document, block, problems));
}

fn in_block(document: &Document<'_>, block: &Block, problems: &mut Problems) {
    for literal in &LITERALS {
        let matches = literal.look.captures_iter(&block.text);
        let places = matches.filter_map(|found| found.get(1).or_else(|| found.get(0))).filter(|found| !harmless(found.as_str()));
        for place in places.take(MOST) {
            let span = document.place(block, place.start(), place.len());
            problems.lint("W111", span, format!("{} is written into this block", literal.what), literal.help.to_owned());
        }
    }
}

/// More in one block say nothing new.
const MOST: usize = 5;

/// Addresses that are the same everywhere; words that stand where a password would.
fn harmless(text: &str) -> bool {
    let local = text.starts_with("127.") || text == "0.0.0.0" || text.starts_with("255.");
    let number = text.split('.').count() == 4 && text.split('.').any(|part| part.parse::<u16>().is_ok_and(|part| part > 255));
    local || number || ["true", "false", "none", "null", "required"].contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_elsewhere_is_found_and_the_rest_is_left_alone() {
        for (text, what) in [
            ("ping 10.0.0.7", "an address"),
            ("ping 127.0.0.1; nc 0.0.0.0 300.1.2.3", ""),
            ("curl -H 'X: ghp_0123456789abcdefghijABCD'", "something that looks like a token"),
            ("psql postgres://me:hunter2@db/x", "a password in an address"),
            ("psql postgres://me:$PGPASSWORD@db/x", ""),
            ("PGPASSWORD=hunter2 psql", "a password"),
            ("PGPASSWORD=\"$SECRET\" psql", ""),
            ("{\"password\": \"hunter2\"}", "a password"),
            ("--token-file=/run/token", ""),
        ] {
            let found = LITERALS.iter().find(|literal| {
                let first = literal.look.captures(text).and_then(|found| found.get(1).or_else(|| found.get(0)));
                first.is_some_and(|found| !harmless(found.as_str()))
            });
            assert_eq!(found.map_or("", |literal| literal.what), what, "{text}");
        }
    }
}
