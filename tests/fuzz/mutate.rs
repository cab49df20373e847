//! Changes of texts. Knows nothing of what they mean but the words that their grammar is made of.

use super::dice::Dice;

/// Inputs grow no longer than this.
const LONGEST: usize = 6_000;

/// What any text may hold, and what most readers stumble over.
const ODD: &[&str] = &[
    "\n",
    "\n\n",
    " ",
    "\t",
    "\r\n",
    "\r",
    "\0",
    "\u{feff}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{202e}",
    "\u{1b}[2J",
    "\u{fffd}",
    "é",
    "ß",
    "İ",
    "日本",
    "👩‍🚒",
    "e\u{301}",
    "`",
    "``",
    "```",
    "~~~",
    "*",
    "**",
    "_",
    "[",
    "](",
    ")",
    "<",
    ">",
    "|",
    "\\",
    "\\\n",
    "#",
    "&amp;",
    "&#0;",
    "&#x110000;",
    "$",
    "${",
    "}",
    "$(",
    "\"",
    "'",
    ":",
    "- ",
    "  - ",
    "1. ",
    "> ",
    "-",
    "=",
    "0",
    "-1",
    "18446744073709551616",
    "1e999",
    "99999999999y",
    "NaN",
    "%",
    "../",
    "//",
];

/// One to a few changes of an input that is kept.
pub fn mutate(kept: &[String], words: &[&str], dice: &mut Dice) -> String {
    let mut text = kept[dice.below(kept.len())].clone();
    for _ in 0..=dice.below(4) {
        text = once(text, kept, words, dice);
    }
    if text.len() > LONGEST { cut(&text, LONGEST).to_owned() } else { text }
}

fn once(text: String, kept: &[String], words: &[&str], dice: &mut Dice) -> String {
    let (from, to) = range(&text, dice);
    let (before, part, after) = (&text[..from], &text[from..to], &text[to..]);
    match dice.below(9) {
        0 => format!("{before}{after}"),
        1 => format!("{before}{part}{part}{after}"),
        2 => format!("{before}{}{part}{after}", dice.pick(ODD)),
        3 if !words.is_empty() => format!("{before}{}{part}{after}", dice.pick(words)),
        4 if !words.is_empty() => format!("{before}{}{after}", dice.pick(words)),
        5 => format!("{before}{}{after}", part.repeat(2 + dice.below(60))),
        6 => {
            let other = &kept[dice.below(kept.len())];
            let (from, to) = range(other, dice);
            format!("{before}{}{after}", &other[from..to])
        }
        7 => lines(&text, dice),
        _ => format!("{before}{}", dice.pick(ODD)) + after,
    }
}

/// Lines change places, or are indented, or one goes.
fn lines(text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.is_empty() {
        return "\n".to_owned();
    }
    let (one, two) = (dice.below(lines.len()), dice.below(lines.len()));
    match dice.below(3) {
        0 => lines.swap(one, two),
        1 => drop(lines.remove(one)),
        _ => lines.insert(one, ["  ", "    ", "> ", "- ", "\t"][dice.below(5)]),
    }
    lines.concat()
}

/// A part of the text, mostly a short one; both ends between characters.
fn range(text: &str, dice: &mut Dice) -> (usize, usize) {
    let from = cut(text, dice.below(text.len() + 1)).len();
    let most = if dice.below(4) == 0 { text.len() } else { 24 };
    let to = cut(text, (from + dice.below(most + 1)).min(text.len())).len();
    (from, to.max(from))
}

/// The text up to this byte, or to the character before it.
fn cut(text: &str, at: usize) -> &str {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..at]
}
