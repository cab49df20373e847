//! What a console can wear: the themes of the program and the operator's own, at the depth of the terminal; and which one it wears.

use super::{DARK, Depth, LIGHT, Theme};

/// Another theme is tried on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wear {
    /// To look at it; none is the one that the console began with.
    Try(Option<String>),
    /// What is worn is kept until the console ends.
    Keep,
    /// As it was before.
    Back,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Looks {
    depth: Depth,
    ascii: bool,
    /// A file's, by its path.
    own: Option<(String, Theme)>,
    /// The one that it began with.
    first: String,
    /// The one that is kept.
    name: String,
    /// It is the terminal's background that decides, as soon as it is known.
    pub by_background: bool,
}

impl Looks {
    /// The theme of this name, and `own` where it is that of a file; without a name, the one that suits the terminal.
    pub fn new(name: Option<String>, own: Option<Theme>, depth: Depth, ascii: bool) -> Self {
        let by_background = name.is_none();
        let name = name.unwrap_or_else(|| DARK.to_owned());
        Self { depth, ascii, own: own.map(|theme| (name.clone(), theme)), first: name.clone(), name, by_background }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn first(&self) -> &str {
        &self.first
    }

    pub fn worn(&self) -> Theme {
        self.of(&self.name)
    }

    pub fn of(&self, name: &str) -> Theme {
        let own = self.own.as_ref().filter(|(own, _)| own == name).map(|(_, theme)| theme.clone());
        let theme = own.or_else(|| Theme::embedded(name)).unwrap_or_default();
        theme.at_depth(self.depth).in_ascii(self.ascii)
    }

    pub fn keep(&mut self, name: &str) {
        (self.name, self.by_background) = (name.to_owned(), false);
    }

    /// The terminal has told its background; the theme where that makes another one of it.
    pub fn on(&mut self, light: bool) -> Option<Theme> {
        if !std::mem::take(&mut self.by_background) || !light {
            return None;
        }
        (self.first, self.name) = (LIGHT.to_owned(), LIGHT.to_owned());
        Some(self.worn())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_light_background_changes_what_nobody_has_chosen() {
        let mut looks = Looks::new(None, None, Depth::True, false);
        assert_eq!(looks.worn(), Theme::default());
        assert_eq!(looks.on(true), Theme::embedded(LIGHT));
        assert_eq!(looks.name(), LIGHT);
        assert_eq!(looks.on(true), None, "it is asked once");

        let mut chosen = Looks::new(Some("safe".into()), None, Depth::True, false);
        assert_eq!((chosen.on(true), chosen.name()), (None, "safe"));
        let mut kept = Looks::new(None, None, Depth::True, false);
        kept.keep("mono");
        assert_eq!((kept.on(true), kept.name()), (None, "mono"), "what was chosen meanwhile stays");
        let mut dark = Looks::new(None, None, Depth::True, false);
        assert_eq!((dark.on(false), dark.name()), (None, DARK));
    }

    #[test]
    fn one_of_a_file_is_worn_again() {
        let own = Theme { about: "mine".into(), ..Theme::default() };
        let mut looks = Looks::new(Some("my.yaml".into()), Some(own), Depth::None, true);
        assert_eq!((looks.worn().about.as_str(), looks.worn().ascii), ("mine", true));
        looks.keep("mono");
        assert_ne!(looks.worn().about, "mine");
        assert_eq!(looks.of(looks.first()).about, "mine");
    }
}
