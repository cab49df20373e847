//! One key, and the way people write it: `a`, `G`, `enter`, `ctrl-l`, `gg`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;

/// A key with its modifiers, normalised: shift is part of the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

const NAMES: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
];

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let kept = KeyModifiers::CONTROL | KeyModifiers::ALT;
        Self { code: event.code, modifiers: event.modifiers & kept }
    }
}

impl Key {
    fn plain(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    pub const ESC: Self = Self { code: KeyCode::Esc, modifiers: KeyModifiers::NONE };

    /// The same key without alt; `None` where there is none.
    pub fn without_alt(self) -> Option<Self> {
        self.alt().then(|| Self { modifiers: self.modifiers - KeyModifiers::ALT, ..self })
    }

    /// The character that this key types into a text field.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    pub fn code(self) -> KeyCode {
        self.code
    }

    pub fn control(self) -> bool {
        self.modifiers.contains(KeyModifiers::CONTROL)
    }

    pub fn alt(self) -> bool {
        self.modifiers.contains(KeyModifiers::ALT)
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some((_, code)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Some(Self::plain(*code));
        }
        for (prefix, modifier) in [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT)] {
            if let Some(rest) = text.strip_prefix(prefix).filter(|rest| !rest.is_empty()) {
                let key = Self::parse(rest)?;
                return Some(Self { modifiers: key.modifiers | modifier, ..key });
            }
        }
        let mut chars = text.chars();
        match (chars.next(), chars.as_str()) {
            (Some('f'), digits) if matches!(digits.parse(), Ok(1..=12u8)) => Some(Self::plain(KeyCode::F(digits.parse().ok()?))),
            (Some(c), "") if !c.is_control() && c != ' ' => Some(Self::plain(KeyCode::Char(c))),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, prefix) in [(KeyModifiers::CONTROL, "ctrl-"), (KeyModifiers::ALT, "alt-")] {
            if self.modifiers.contains(modifier) {
                f.write_str(prefix)?;
            }
        }
        match (NAMES.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(n)) => write!(f, "f{n}"),
            (None, other) => write!(f, "{other}"),
        }
    }
}

/// Keys that are pressed one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sequence(pub Vec<Key>);

impl Sequence {
    /// Reads `a`, `gg`, `ctrl-x`, `ctrl-x s`. Two characters without a space are two keys; anything longer must be a name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let unknown = || {
            let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
            format!(
                "`{text}` is not a key: write a character, two characters, one of {}, f1 to f12, or one of these after `ctrl-` or `alt-`",
                names.join(", ")
            )
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let keys: Option<Vec<Key>> = match words.as_slice() {
            [] => None,
            [word] => Key::parse(word).map(|key| vec![key]).or_else(|| pair(word)),
            words => words.iter().map(|word| Key::parse(word)).collect(),
        };
        keys.map(Self).ok_or_else(unknown)
    }

    /// One of them can't be typed without the other.
    pub fn hides(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0) || other.0.starts_with(&self.0)
    }
}

fn pair(word: &str) -> Option<Vec<Key>> {
    let keys: Vec<Key> = word.chars().map(|c| Key::parse(c.encode_utf8(&mut [0; 4]))).collect::<Option<_>>()?;
    (keys.len() == 2).then_some(keys)
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.0.iter().all(|key| key.typed().is_some_and(|c| c != ' '));
        for (index, key) in self.0.iter().enumerate() {
            if index > 0 && !plain {
                f.write_str(" ")?;
            }
            write!(f, "{key}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        for text in ["a", "G", "gg", "enter", "ctrl-l", "alt-enter", "shift-tab", "f12", "-", "?", "space", "ctrl-x s"] {
            assert_eq!(Sequence::parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn a_misspelt_name_is_not_taken_for_letters() {
        for text in ["entr", "", "ctrl-", "f13", "hyper-a"] {
            assert!(Sequence::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_capital_is_the_same_key_whether_the_terminal_reports_shift_or_not() {
        let with = Key::from(KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT));
        let without = Key::from(KeyEvent::new(KeyCode::Char('G'), KeyModifiers::NONE));
        assert_eq!(with, without);
        assert_eq!(with.typed(), Some('G'));
    }
}
