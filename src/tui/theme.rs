//! Colours and their meaning. A theme is a YAML file that gives each role a style; how many colours the terminal has
//! is a separate matter, and without any the words and glyphs alone must do.

mod depth;
mod looks;
mod read;

use crate::domain::node::Problems;
pub use depth::Depth;
use depth::reduced;
pub use looks::{Looks, Wear};
use ratatui::style::{Modifier, Style};

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What a style is for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Role {
            $($(#[$doc])* $name,)*
        }

        impl Role {
            pub const ALL: &[Role] = &[$(Role::$name,)*];

            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

roles! {
    /// Plain text.
    Text = "text",
    /// What matters less: ages, sources, hints.
    Dim = "dim",
    /// Headings.
    Strong = "strong",
    /// Borders of panes.
    Border = "border",
    /// Borders and titles of the pane that has the keys.
    Focus = "focus",
    /// The bar and name of the selected row.
    Cursor = "cursor",
    /// A key in a hint.
    Key = "key",
    /// A critical alert, a feed that fails, a step that failed.
    Critical = "critical",
    /// A warning, a degraded feed.
    Warning = "warning",
    /// An alert for information.
    Info = "info",
    /// Healthy, done.
    Ok = "ok",
    /// Not known any more: stale, unknown.
    Stale = "stale",
    /// Asked for, and not yet answered.
    Pending = "pending",
    /// What a filter or search has matched.
    Match = "match",
    /// New since the operator last looked.
    New = "new",
    /// A field that is typed into.
    Input = "input",
    /// The environment where a mistake hurts.
    Danger = "danger",
    /// The environment where it doesn't.
    Safe = "safe",
    /// Borders of what lies over the panes.
    Overlay = "overlay",
    /// Emphasised words of a text that is read.
    Emphasis = "emphasis",
    /// Commands and other code.
    Code = "code",
    /// The text of a link.
    Link = "link",
    /// What the screen adds to a text that is read: bullets, bars, where a link leads.
    Mark = "mark",
}

/// The themes that come with the program: name and text.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("contrast", include_str!("../../themes/contrast.yaml")),
    ("midwatch", include_str!("../../themes/midwatch.yaml")),
    ("midwatch-light", include_str!("../../themes/midwatch-light.yaml")),
    ("mono", include_str!("../../themes/mono.yaml")),
    ("safe", include_str!("../../themes/safe.yaml")),
    ("terminal", include_str!("../../themes/terminal.yaml")),
];

/// For dark backgrounds, and for those of which nothing is known; for light ones.
const DARK: &str = "midwatch";
const LIGHT: &str = "midwatch-light";

#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    pub about: String,
    /// What pictures stand on; a terminal keeps its own.
    pub foreground: (u8, u8, u8),
    pub background: (u8, u8, u8),
    styles: Vec<Style>,
    /// Everything that isn't ASCII is replaced before it reaches the terminal.
    pub ascii: bool,
}

impl Default for Theme {
    /// The program's own, in true colour.
    fn default() -> Self {
        Self::embedded(DARK).unwrap_or_else(Self::plain)
    }
}

impl Theme {
    fn plain() -> Self {
        let styles = vec![Style::new(); Role::ALL.len()];
        Self { about: String::new(), foreground: (204, 204, 204), background: (0, 0, 0), styles, ascii: false }
    }

    /// Reads a theme's file; what is wrong with it stands in `problems`.
    pub fn parse(text: &str, problems: &mut Problems) -> Option<Self> {
        read::theme(text, problems)
    }

    pub fn embedded(name: &str) -> Option<Self> {
        let (_, text) = EMBEDDED.iter().find(|(known, _)| *known == name)?;
        Self::parse(text, &mut Problems::default())
    }

    /// The theme as a terminal with so many colours can show it.
    #[must_use]
    pub fn at_depth(mut self, depth: Depth) -> Self {
        for style in &mut self.styles {
            style.fg = style.fg.and_then(|colour| reduced(colour, depth));
            style.bg = style.bg.and_then(|colour| reduced(colour, depth));
        }
        if depth == Depth::None {
            for role in [Role::Cursor, Role::Danger, Role::Input] {
                self.styles[role as usize] = Style::new().add_modifier(Modifier::REVERSED);
            }
        }
        self
    }

    /// Replaces every glyph by ASCII.
    #[must_use]
    pub fn in_ascii(mut self, ascii: bool) -> Self {
        self.ascii = ascii;
        self
    }

    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

#[cfg(test)]
mod tests;
