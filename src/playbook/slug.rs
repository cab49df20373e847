//! Anchors as GitHub makes them from headings.

use regex::Regex;
use std::sync::LazyLock;

/// What GitHub keeps: letters, their marks, decimal digits and what joins words, of any script.
static LEFT_OUT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\- ]").ok());

/// Lower case, spaces become `-`, and only what belongs to words stays.
pub fn slug(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let kept = LEFT_OUT.as_ref().map_or_else(|| lower.as_str().into(), |left_out| left_out.replace_all(&lower, ""));
    kept.replace(' ', "-")
}

/// `3. Choose` as its number and the rest. A heading that begins with a year or a version is left alone.
pub fn numbered(heading: &str) -> (Option<&str>, &str) {
    let digits = heading.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &heading[digits..];
    match rest.strip_prefix(['.', ')']) {
        Some(title) if (1..=3).contains(&digits) && title.starts_with(' ') => (Some(&heading[..digits]), title.trim_start()),
        _ => (None, heading),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_github() {
        assert_eq!(slug("2. Fence the machine!"), "2-fence-the-machine");
        for (text, anchor) in [
            ("What's `up` — now?", "whats-up--now"),
            ("Überprüfe die Größe", "überprüfe-die-größe"),
            ("Проверка №2", "проверка-2"),
            ("手順 1：確認", "手順-1確認"),
            ("हिन्दी", "हिन्दी"),
            ("a\u{301}b", "a\u{301}b"),
            ("I ♥ unicode 😄.", "i--unicode-"),
            ("x² Ⅷ a_b-c", "x-ⅷ-a_b-c"),
            ("Initial    spaces", "initial----spaces"),
            ("tab\tand/slash", "tabandslash"),
            ("İ", "i\u{307}"),
        ] {
            assert_eq!(slug(text), anchor);
        }
        assert_eq!(numbered("12. Choose"), (Some("12"), "Choose"));
        assert_eq!(numbered("3.5 is not a number"), (None, "3.5 is not a number"));
        assert_eq!(numbered("Choose"), (None, "Choose"));
    }
}
