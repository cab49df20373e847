//! Anchors as GitHub makes them from headings.

/// Lower case, spaces become `-`, and only letters, digits, `-` and `_` stay.
pub fn slug(text: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
    text.trim().to_lowercase().chars().filter(|c| kept(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
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
        assert_eq!(slug("What's `up` — now?"), "whats-up--now");
        assert_eq!(numbered("12. Choose"), (Some("12"), "Choose"));
        assert_eq!(numbered("3.5 is not a number"), (None, "3.5 is not a number"));
        assert_eq!(numbered("Choose"), (None, "Choose"));
    }
}
