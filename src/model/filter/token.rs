//! The words of a filter as they are typed: quotes, blanks and parentheses. What they mean is read from them elsewhere.

use super::{Mistake, term};

/// A word or a parenthesis, and the character at which it begins.
#[derive(Debug)]
pub(super) struct Token {
    pub at: usize,
    pub text: String,
    /// It began with a quote: it is looked for, whatever it looks like.
    pub quoted: bool,
    /// The name of a label stood in quotes before a sign, and reaches to this byte of the text.
    pub name: Option<usize>,
    /// The value behind a sign stands in quotes, so it may begin with another one.
    pub given: bool,
    /// Where each character of the text was typed: quotes and blanks are left out of it.
    places: Vec<usize>,
    /// A blank stands before its sign.
    spaced: bool,
}

/// Words that connect terms; shouted they are the same.
const WORDS: [&str; 3] = ["and", "or", "not"];

/// It is one of them.
pub(super) fn is_word(text: &str) -> bool {
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

impl Token {
    fn new(at: usize, text: &str, quoted: bool) -> Self {
        Self { at, text: text.to_owned(), quoted, name: None, given: false, places: Vec::new(), spaced: false }
    }

    pub fn is(&self, word: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(word)
    }

    pub fn mistake(&self, message: &str) -> Mistake {
        Mistake { at: self.at, message: message.to_owned() }
    }

    /// Where the character at this byte was typed; past its end, where the next one would be.
    pub fn place(&self, byte: usize) -> usize {
        let right = self.text.get(..byte).unwrap_or_default().chars().count();
        let past = || self.places.last().map_or(self.at, |last| last + 1);
        if right == 0 { self.at } else { self.places.get(right).copied().unwrap_or_else(past) }
    }

    /// Its sign and what stands behind that, as far as it is read.
    fn behind(&self) -> Option<(&'static str, &str)> {
        match self.name {
            Some(end) => term::sign(&self.text[end..]),
            None => term::signed(&self.text).map(|(_, sign, value)| (sign, value)),
        }
    }

    /// A parenthesis straight behind it is none of its own: `-(a or b)`, `not(a)`.
    fn negates(&self) -> bool {
        !self.quoted && (self.text == "-" || is_word(&self.text))
    }

    /// Whether the term goes on behind blanks: before its sign, and behind it where a value is missing.
    fn goes_on(&mut self, rest: &str, at: usize) -> Result<bool, Mistake> {
        let next = rest.trim_start();
        let Some((sign, value)) = self.behind() else {
            let named = self.name.is_some() || !self.quoted && !is_word(&self.text);
            self.spaced = named && term::begins_with_sign(&self.text, next);
            return Ok(self.spaced);
        };
        if !value.is_empty() || self.given || !begins_value(next) {
            // `==` is a mistake, and one that is told whole.
            return Ok(!value.is_empty() && self.spaced && value.chars().all(|c| c == '='));
        }
        // A label may have no value, and then another term follows: whether that is meant, nobody can tell.
        let label = self.text[..self.text.len() - sign.len()].trim_start_matches('-');
        let optional = ["=", "!=", "=~", "!~"].contains(&sign) && !label.is_empty() && !self.spaced;
        match plain_word(next) {
            _ if !optional => Ok(true),
            None => Ok(false),
            Some(word) => {
                let message = format!("write {label}{sign}{word}, or {label}{sign}\"\" {word}");
                Err(Mistake { at: at + rest.chars().count() - next.chars().count(), message })
            }
        }
    }
}

/// What stands here may be a value: there is something, and no word that goes on with the next term.
fn begins_value(next: &str) -> bool {
    let word = next.split(|c: char| c.is_whitespace() || "()".contains(c)).next().unwrap_or_default();
    !next.is_empty() && !next.starts_with(')') && !is_word(word)
}

/// The next word, if it is nothing but a text.
fn plain_word(next: &str) -> Option<&str> {
    if let Some(end) = next.strip_prefix('"').and_then(|quoted| quoted.find('"')) {
        return next.get(..end + 2);
    }
    let word = next.split(|c: char| c.is_whitespace() || c == ')').next().unwrap_or_default();
    let term = word.starts_with(['-', '(']) || word.contains([':', '=', '!', '<', '>']);
    (!term).then_some(word)
}

/// Splits at spaces that are not in quotes nor around a sign; the quotes themselves go. A parenthesis counts where a word begins,
/// and where it closes none of the word itself: `job=~(a|b)` is one word.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Mistake> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut open, mut inside, mut depth, mut first) = (None, false, 0_usize, false);
    for (at, (byte, c)) in text.char_indices().enumerate() {
        let plain = open.is_none();
        first |= plain && !inside;
        match c {
            '"' => open = if plain { Some(at) } else { None },
            c if c.is_whitespace() && plain => {
                // Of several blanks the first has settled it.
                let settled = inside && text[..byte].ends_with(char::is_whitespace);
                let on = match tokens.last_mut().filter(|_| inside && !settled) {
                    Some(token) => token.goes_on(&text[byte..], at)?,
                    None => settled,
                };
                if !on {
                    (inside, depth) = (false, 0);
                }
                continue;
            }
            '(' if plain && (!inside || tokens.last().is_some_and(Token::negates)) => {
                if let Some(token) = tokens.last_mut().filter(|token| inside && token.text == "-") {
                    "not".clone_into(&mut token.text);
                }
                tokens.push(Token::new(at, "(", false));
                inside = false;
                continue;
            }
            ')' if plain && depth == 0 => {
                tokens.push(Token::new(at, ")", false));
                inside = false;
                continue;
            }
            '(' if plain => depth += 1,
            ')' if plain => depth -= 1,
            _ => {}
        }
        if !inside {
            tokens.push(Token::new(at, "", c == '"'));
            inside = true;
        }
        let Some(token) = tokens.last_mut() else { continue };
        match c {
            '"' if !plain && first && term::sign(text[byte + 1..].trim_start()).is_some() => token.name = Some(token.text.len()),
            '"' => token.given |= plain && token.behind().is_some_and(|(_, value)| value.is_empty()),
            c => {
                token.text.push(c);
                token.places.push(at);
            }
        }
        // Whether the next quote begins a name: nothing stands before it but the `-` that negates.
        first &= !plain || token.text == "-" || c == '"';
    }
    match open {
        Some(at) => Err(Mistake { at, message: "this quote is not closed".into() }),
        None => Ok(tokens.into_iter().filter(|token| !token.text.is_empty()).collect()),
    }
}
