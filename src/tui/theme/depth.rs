//! How many colours a terminal shows, and what is left of a colour there.

use ratatui::style::Color;

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

/// The nearest that is shown; `None` where nothing is.
pub fn reduced(colour: Color, depth: Depth) -> Option<Color> {
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
