//! Text from outside. It may hold escape sequences, newlines, bidi overrides or ten kilobytes of
//! anything, so it has no `Display`: whoever shows it must ask for the inert form.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Text that somebody else wrote: labels, annotations, answers of servers, output of commands.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outside(Arc<str>);

impl Outside {
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// As it came: for matching, hashing, environment variables and the journal; never for a terminal.
    #[inline]
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// On one line, harmless on any terminal.
    pub fn inert(&self) -> Cow<'_, str> {
        inert(&self.0)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Outside {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Outside {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &self.0)
    }
}

/// The longest text that is kept whole on one line of the screen, in characters.
const LONGEST: usize = 2_000;

/// Makes text harmless on a terminal and fit for one line: control characters become their pictures (`␛`, `␊`),
/// bidi and other invisible characters become `·`, and what is past 2,000 characters is cut with `…`. What joins characters into one, or
/// chooses how one looks, is taken out of it: terminals disagree about how wide that is, and what is drawn over it then is read for what it
/// is not.
pub fn inert(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST && !text.chars().any(hostile) {
        return Cow::Borrowed(text);
    }
    let mut out: String = text.chars().take(LONGEST).filter(|c| !is_look(*c)).map(harmless).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    Cow::Owned(out)
}

fn hostile(c: char) -> bool {
    c.is_control() || invisible(c) || is_look(c) || flag(c).is_some()
}

/// Format characters that reorder, hide or join text (Unicode categories Cf, Zl, Zp), and fillers that are blank.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Says how the character before it looks: as text or as a picture, in which colour of skin.
fn is_look(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0100}'..='\u{e01ef}')
}

/// The letter that a regional indicator stands for: two of them are a flag to some terminals.
fn flag(c: char) -> Option<char> {
    let place = u32::from(c).checked_sub(0x1f1e6).filter(|place| *place < 26)?;
    char::from_u32(u32::from('A') + place)
}

fn harmless(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('·'),
        '\u{7f}' => '␡',
        c => flag(c).unwrap_or(if hostile(c) { '·' } else { c }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_or_reorders_text_is_made_visible() {
        assert_eq!(inert("a\u{1b}[2Jb\n\u{9b}c"), "a␛[2Jb␊·c");
        assert_eq!(inert("safe\u{202e}txt.exe"), "safe·txt.exe");
        assert!(matches!(inert("plain ünïcode 🚒"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_terminals_count_in_different_widths_is_taken_apart() {
        let cases = [
            ("👩\u{200d}🚒", "👩·🚒"),
            ("⚠\u{fe0f} full", "⚠ full"),
            ("👍🏿r", "👍r"),
            ("🇩🇪 down", "DE down"),
            ("a\u{3164}b", "a·b"),
        ];
        for (text, expected) in cases {
            assert_eq!(inert(text), expected);
            let each: usize = expected.chars().map(|c| unicode_width::UnicodeWidthChar::width(c).unwrap_or(0)).sum();
            assert_eq!(unicode_width::UnicodeWidthStr::width(inert(text).as_ref()), each, "{text}");
        }
    }

    #[test]
    fn a_label_of_ten_kilobytes_is_cut_with_a_mark() {
        let long = "x".repeat(10_240);
        assert_eq!(inert(&long).chars().count(), LONGEST + 1);
        assert!(inert(&long).ends_with('…'));
    }
}
