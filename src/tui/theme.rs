//! Colours and their meaning. A theme is a YAML file that gives each role a style; how many colours the terminal has
//! is a separate matter, and without any the words and glyphs alone must do.

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use std::collections::BTreeMap;

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

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// `NO_COLOR`, or a terminal without.
    None,
    Sixteen,
    Indexed,
    True,
}

impl Depth {
    /// By the conventions of the environment's variables.
    pub fn detect(var: impl Fn(&str) -> Option<String>) -> Self {
        let has = |name: &str, words: &[&str]| var(name).is_some_and(|value| words.iter().any(|word| value.contains(word)));
        if var("NO_COLOR").is_some_and(|value| !value.is_empty()) || var("TERM").as_deref() == Some("dumb") {
            Self::None
        } else if has("COLORTERM", &["truecolor", "24bit"]) || has("TERM", &["direct"]) {
            Self::True
        } else if has("TERM", &["256"]) {
            Self::Indexed
        } else {
            Self::Sixteen
        }
    }
}

/// The themes that come with the program: name and text.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("midwatch", include_str!("../../themes/midwatch.yaml")),
    ("midwatch-light", include_str!("../../themes/midwatch-light.yaml")),
];

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    about: String,
    foreground: String,
    background: String,
    styles: BTreeMap<String, String>,
}

impl Default for Theme {
    /// The first embedded theme in true colour.
    fn default() -> Self {
        Self::parse(EMBEDDED[0].1).unwrap_or_else(|_| Self::plain())
    }
}

impl Theme {
    fn plain() -> Self {
        let styles = vec![Style::new(); Role::ALL.len()];
        Self { about: String::new(), foreground: (204, 204, 204), background: (0, 0, 0), styles, ascii: false }
    }

    /// Reads a theme file; the error names every style that can't be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let mut theme =
            Self { about: file.about, foreground: rgb(&file.foreground)?, background: rgb(&file.background)?, ..Self::plain() };
        let mut problems = Vec::new();
        for (name, words) in &file.styles {
            match (Role::ALL.iter().find(|role| role.name() == name), style(words)) {
                (Some(role), Ok(style)) => theme.styles[*role as usize] = style,
                (Some(_), Err(why)) => problems.push(format!("{name}: {why}")),
                (None, _) => problems.push(format!(
                    "`{name}` is not a style: {}",
                    Role::ALL.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ")
                )),
            }
        }
        if problems.is_empty() { Ok(theme) } else { Err(problems.join("\n")) }
    }

    pub fn embedded(name: &str) -> Option<Self> {
        let (_, text) = EMBEDDED.iter().find(|(known, _)| *known == name)?;
        Self::parse(text).ok()
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

/// Reads `bold #ff7b72 on #161b22`: modifiers, then a colour, then `on` and the background's.
fn style(words: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut background = false;
    for word in words.split_whitespace() {
        match word {
            "bold" => style = style.add_modifier(Modifier::BOLD),
            "dim" => style = style.add_modifier(Modifier::DIM),
            "italic" => style = style.add_modifier(Modifier::ITALIC),
            "underline" => style = style.add_modifier(Modifier::UNDERLINED),
            "reverse" => style = style.add_modifier(Modifier::REVERSED),
            "on" => background = true,
            colour if background => style = style.bg(parse_colour(colour)?),
            colour => style = style.fg(parse_colour(colour)?),
        }
    }
    Ok(style)
}

fn parse_colour(word: &str) -> Result<Color, String> {
    let unknown = || format!("`{word}` is not a colour: write #rrggbb, a number from 0 to 255, or a name like red or lightblue");
    word.parse().map_err(|_| unknown())
}

fn rgb(word: &str) -> Result<(u8, u8, u8), String> {
    match parse_colour(word)? {
        Color::Rgb(r, g, b) => Ok((r, g, b)),
        _ => Err(format!("`{word}`: write #rrggbb here")),
    }
}

fn reduced(colour: Color, depth: Depth) -> Option<Color> {
    match (colour, depth) {
        (_, Depth::None) => None,
        (Color::Rgb(r, g, b), Depth::Indexed) => Some(Color::Indexed(nearest_of_256(r, g, b))),
        (Color::Rgb(r, g, b), Depth::Sixteen) => Some(nearest_of_16(r, g, b)),
        (other, _) => Some(other),
    }
}

/// The 6×6×6 cube or the grey ramp, whichever is nearer.
fn nearest_of_256(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |value: u8| (0..6).min_by_key(|i| STEPS[*i].abs_diff(value)).unwrap_or(0);
    let (x, y, z) = (step(r), step(g), step(b));
    let grey = (0..24).min_by_key(|i| distance((r, g, b), grey_of(*i))).unwrap_or(0);
    match distance((r, g, b), grey_of(grey)) < distance((r, g, b), (STEPS[x], STEPS[y], STEPS[z])) {
        true => 232 + grey,
        false => u8::try_from(16 + 36 * x + 6 * y + z).unwrap_or(15),
    }
}

fn grey_of(step: u8) -> (u8, u8, u8) {
    (8 + 10 * step, 8 + 10 * step, 8 + 10 * step)
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let square = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    square(a.0, b.0) + square(a.1, b.1) + square(a.2, b.2)
}

/// By hue, so that a pale red stays red: distance alone would make greys of most colours.
fn nearest_of_16(r: u8, g: u8, b: u8) -> Color {
    let (high, low) = (r.max(g).max(b), r.min(g).min(b));
    if high - low < 40 {
        return match high {
            0..=50 => Color::Black,
            51..=150 => Color::DarkGray,
            151..=220 => Color::Gray,
            221.. => Color::White,
        };
    }
    let middle = low + (high - low) / 2;
    let bright = high > 180;
    match (r > middle, g > middle, b > middle) {
        (true, false, false) => {
            if bright {
                Color::LightRed
            } else {
                Color::Red
            }
        }
        (true, true, _) => {
            if bright {
                Color::LightYellow
            } else {
                Color::Yellow
            }
        }
        (false, true, false) => {
            if bright {
                Color::LightGreen
            } else {
                Color::Green
            }
        }
        (_, true, true) => {
            if bright {
                Color::LightCyan
            } else {
                Color::Cyan
            }
        }
        (true, false, true) => {
            if bright {
                Color::LightMagenta
            } else {
                Color::Magenta
            }
        }
        _ => {
            if bright {
                Color::LightBlue
            } else {
                Color::Blue
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_theme_gives_every_role_a_style() {
        for (name, text) in EMBEDDED {
            let file: File = serde_yaml::from_str(text).expect(name);
            let missing: Vec<_> = Role::ALL.iter().filter(|role| !file.styles.contains_key(role.name())).collect();
            assert_eq!(missing, Vec::<&Role>::new(), "{name}");
            assert!(Theme::parse(text).is_ok(), "{name}: {:?}", Theme::parse(text));
        }
    }

    #[test]
    fn what_is_wrong_in_a_theme_is_said_all_at_once() {
        let text = "about: x\nforeground: '#ffffff'\nbackground: '#000000'\nstyles: {critcal: red, ok: grene}\n";
        let why = Theme::parse(text).expect_err("two problems");
        assert!(why.contains("critcal") && why.contains("grene"), "{why}");
    }

    #[test]
    fn without_colours_none_is_left_and_the_cursor_is_reversed() {
        let theme = Theme::default().at_depth(Depth::None);
        assert!(theme.styles.iter().all(|style| style.fg.is_none() && style.bg.is_none()));
        assert!(theme.style(Role::Cursor).add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn the_environment_decides_how_many_colours() {
        let with = |pairs: &'static [(&str, &str)]| {
            Depth::detect(move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(with(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), Depth::None);
        assert_eq!(with(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), Depth::True);
        assert_eq!(with(&[("TERM", "xterm-256color")]), Depth::Indexed);
        assert_eq!(with(&[("TERM", "linux"), ("NO_COLOR", "")]), Depth::Sixteen);
    }

    #[test]
    fn a_pale_red_stays_red_on_sixteen_colours() {
        assert_eq!(nearest_of_16(0xff, 0x7b, 0x72), Color::LightRed);
        assert_eq!(nearest_of_16(0x6e, 0x76, 0x81), Color::DarkGray);
        assert_eq!(nearest_of_256(255, 0, 0), 196);
    }
}
