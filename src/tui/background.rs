//! What the terminal stands on. It is asked once, waited for by nobody, and answers among the keys: of its answer none may be taken for
//! one, for `/` and `:` do something.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What is written to ask.
pub const QUESTION: &[u8] = b"\x1b]11;?\x1b\\";

/// Terminals that would show the question, or have one background.
const MUTE: [&str; 4] = ["dumb", "linux", "eterm", "vt"];

/// How an answer begins behind `ESC ]`.
const BEGINS: &str = "11;rgb:";
/// `ffff/ffff/ffff`, and an alpha before or behind it.
const LONGEST: usize = 40;

/// Whether it is worth asking. What a terminal says in the environment counts at once: the last number of `COLORFGBG`.
pub fn known(var: impl Fn(&str) -> Option<String>) -> Option<bool> {
    let told = var("COLORFGBG")?;
    let number: u8 = told.rsplit(';').next()?.trim().parse().ok()?;
    Some(matches!(number, 7 | 9..=15))
}

pub fn answers(term: &str) -> bool {
    !term.is_empty() && !MUTE.iter().any(|mute| term.starts_with(mute))
}

/// What became of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is a key.
    Key,
    /// It is a part of the answer.
    Part,
    /// The answer is there: whether the background is light.
    Light(bool),
}

/// Listens for the answer.
#[derive(Debug, Default)]
pub struct Ear(Option<String>);

impl Ear {
    pub fn hear(&mut self, key: &KeyEvent) -> Heard {
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let Some(text) = &mut self.0 else {
            if alt && key.code == KeyCode::Char(']') {
                self.0 = Some(String::new());
                return Heard::Part;
            }
            return Heard::Key;
        };
        let ends = alt && key.code == KeyCode::Char('\\')
            || key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('g');
        if ends {
            let answer = self.0.take().and_then(|text| light(text.strip_prefix(BEGINS)?));
            return answer.map_or(Heard::Part, Heard::Light);
        }
        if let KeyCode::Char(c) = key.code {
            text.push(c);
            let begins = text.starts_with(BEGINS) || BEGINS.starts_with(text.as_str());
            if begins && text.len() <= LONGEST && !alt {
                return Heard::Part;
            }
        }
        // Somebody was typing after all.
        self.0 = None;
        Heard::Key
    }
}

/// Of `ffff/ffff/ffff`, or with two digits each: whether that is nearer to white.
fn light(told: &str) -> Option<bool> {
    let mut parts = told.split('/').map(|part| {
        let most = (1_u32 << (4 * part.len().clamp(1, 4))) - 1;
        Some(f64::from(u32::from_str_radix(part, 16).ok()?.min(most)) / f64::from(most))
    });
    let (red, green, blue) = (parts.next()??, parts.next()??, parts.next()??);
    Some(0.299 * red + 0.587 * green + 0.114 * blue > 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the terminal's bytes become keys.
    fn keys(bytes: &str) -> Vec<KeyEvent> {
        let (mut out, mut alt) = (Vec::new(), false);
        for c in bytes.chars() {
            match c {
                '\x1b' => alt = true,
                '\x07' => out.push(KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL)),
                c => {
                    let modifiers = if std::mem::take(&mut alt) { KeyModifiers::ALT } else { KeyModifiers::NONE };
                    out.push(KeyEvent::new(KeyCode::Char(c), modifiers));
                }
            }
        }
        out
    }

    /// The keys that were left, and what was told.
    fn heard(bytes: &str) -> (usize, Option<bool>) {
        let mut ear = Ear::default();
        let heard: Vec<Heard> = keys(bytes).iter().map(|key| ear.hear(key)).collect();
        let told = heard.iter().find_map(|heard| if let Heard::Light(light) = heard { Some(*light) } else { None });
        (heard.iter().filter(|heard| **heard == Heard::Key).count(), told)
    }

    #[test]
    fn an_answer_is_no_key() {
        assert_eq!(heard("\x1b]11;rgb:ffff/ffff/ffff\x1b\\"), (0, Some(true)));
        assert_eq!(heard("\x1b]11;rgb:0d0d/1111/1717\x07"), (0, Some(false)));
        assert_eq!(heard("j\x1b]11;rgb:ff/ff/f0\x1b\\k/"), (3, Some(true)));
        assert_eq!(heard("\x1b]11;rgb:zz/ff/f0\x1b\\"), (0, None), "nobody knows what that is, and it is no key either");
    }

    #[test]
    fn whoever_types_is_not_swallowed() {
        assert_eq!(heard("\x1b]jj/"), (3, None));
        assert_eq!(heard("\x1b]11a11"), (3, None), "what was taken for the beginning is gone, no more than that");
        let endless = format!("\x1b]11;rgb:{}", "f".repeat(100));
        assert!(heard(&endless).0 > 60, "{:?}", heard(&endless));
    }

    #[test]
    fn the_environment_knows_without_being_asked() {
        let with = |text: &'static str| known(|name| (name == "COLORFGBG").then(|| text.to_owned()));
        assert_eq!(
            (with("0;15"), with("15;0"), with("0;default;15"), with("12;8")),
            (Some(true), Some(false), Some(true), Some(false))
        );
        assert_eq!((with("default"), known(|_| None)), (None, None));
        assert_eq!([answers("xterm-256color"), answers("linux"), answers("vt220"), answers("")], [true, false, false, false]);
    }
}
