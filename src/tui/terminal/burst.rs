//! Keys that come all at once. A terminal that does not mark what is pasted sends it as keys, and each of them would be one: `a`, enter,
//! `q`. Nobody types so: what is there at once, is long and has a new line within it was pasted.
//!
//! A slow line brings together what was typed while it stood still, too, and a key that is held down comes by the dozen. So it takes more
//! than anybody types ahead, and a character that is repeated counts once. What is shorter, or one line, stays keys.

use super::TermEvent;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// So many characters, each another one than that before it: ten seconds of quick typing.
const TEXT: usize = 64;

/// More than this is no text that anybody wants in a field.
pub const MOST: usize = 16 * 1024;

/// What a key writes, where it writes at all.
pub fn written(event: &TermEvent) -> Option<char> {
    let TermEvent::Key(KeyEvent { code, modifiers, kind, .. }) = event else { return None };
    let plain = modifiers.difference(KeyModifiers::SHIFT).is_empty() && *kind != KeyEventKind::Release;
    match code {
        KeyCode::Char(c) if plain => Some(*c),
        KeyCode::Enter if plain => Some('\n'),
        KeyCode::Tab if plain => Some('\t'),
        // As it comes where a terminal sends new lines as they are.
        KeyCode::Char('j') if *modifiers == KeyModifiers::CONTROL => Some('\n'),
        _ => None,
    }
}

/// Whether what these keys write was pasted.
pub fn is_paste(text: &str) -> bool {
    let within = text.trim_matches(|c: char| c.is_whitespace());
    let mut before = None;
    let other = |c: &char| before.replace(*c) != Some(*c) && !c.is_whitespace();
    within.contains('\n') && within.chars().filter(other).count() >= TEXT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_long_and_has_a_new_line_within_it() {
        let line = "kubectl -n shop rollout undo deployment/checkout";
        assert!(is_paste(&format!("{line}\n{line}")) && is_paste(&format!("\n{line}\n{line}\n")));
        assert!(is_paste(&"the database is down\n".repeat(10)));
        // Typed ahead, one line with its end, a key that was held down, and an answer to every question.
        let typed = ["nrolled back the deploy of checkout\nj\na\nlooking\n", &format!("{line}{line}\n")];
        assert!(typed.iter().all(|text| !is_paste(text)));
        assert!(!is_paste(&format!("{}\n{}", "j".repeat(500), "k".repeat(500))) && !is_paste(&"\n".repeat(500)));
    }

    #[test]
    fn what_a_key_writes_is_what_was_pasted_and_others_write_nothing() {
        let key = |code, modifiers| written(&TermEvent::Key(KeyEvent::new(code, modifiers)));
        let none = KeyModifiers::NONE;
        assert_eq!([key(KeyCode::Char('a'), none), key(KeyCode::Char('A'), KeyModifiers::SHIFT)], [Some('a'), Some('A')]);
        assert_eq!([key(KeyCode::Enter, none), key(KeyCode::Char('j'), KeyModifiers::CONTROL)], [Some('\n'); 2]);
        let silent = [(KeyCode::Esc, none), (KeyCode::Char('c'), KeyModifiers::CONTROL), (KeyCode::Char('x'), KeyModifiers::ALT)];
        assert!(silent.into_iter().all(|(code, modifiers)| key(code, modifiers).is_none()));
        assert_eq!(written(&TermEvent::FocusGained), None);
    }
}
