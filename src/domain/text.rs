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
/// bidi and other invisible format characters become `·`, and what is past 2,000 characters is cut with `…`.
pub fn inert(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST && !text.chars().any(hostile) {
        return Cow::Borrowed(text);
    }
    let mut out: String = text.chars().take(LONGEST).map(harmless).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    Cow::Owned(out)
}

fn hostile(c: char) -> bool {
    c.is_control() || invisible(c)
}

/// Format characters that reorder or hide text (Unicode categories Cf, Zl, Zp), but for the joiner that emoji need.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn harmless(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('·'),
        '\u{7f}' => '␡',
        c if hostile(c) => '·',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_or_reorders_text_is_made_visible() {
        assert_eq!(inert("a\u{1b}[2Jb\n\u{9b}c"), "a␛[2Jb␊·c");
        assert_eq!(inert("safe\u{202e}txt.exe"), "safe·txt.exe");
        assert!(matches!(inert("plain ünïcode 👩‍🚒"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_label_of_ten_kilobytes_is_cut_with_a_mark() {
        let long = "x".repeat(10_240);
        assert_eq!(inert(&long).chars().count(), LONGEST + 1);
        assert!(inert(&long).ends_with('…'));
    }
}
