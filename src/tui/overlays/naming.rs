//! Names that are completed where the cursor stands: again, the next one that begins as was typed.

use crate::model::mentions;
use crate::tui::input::Input;
use crate::tui::view::View;

/// Names that begin as was typed at this byte.
pub struct Names {
    from: usize,
    names: Vec<String>,
    at: usize,
}

impl Names {
    /// Puts the first of them there.
    pub fn begin(input: &mut Input, (from, names): (usize, Vec<String>)) -> Self {
        let names = Self { from, names, at: 0 };
        names.show(input);
        names
    }

    /// Puts the next one there, as long as the cursor stands behind the one before.
    pub fn next(&mut self, input: &mut Input) -> bool {
        let shown = self.names.get(self.at).map(String::as_str);
        if shown.is_none() || input.text().get(self.from..input.cursor()) != shown {
            return false;
        }
        self.at = (self.at + 1) % self.names.len();
        self.show(input);
        true
    }

    fn show(&self, input: &mut Input) {
        if let Some(name) = self.names.get(self.at) {
            input.replace_from(self.from, name);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Those that come next.
    pub fn others(&self) -> Vec<String> {
        self.names.iter().cycle().skip(self.at + 1).take(self.names.len().saturating_sub(1)).cloned().collect()
    }
}

/// Completes the people whom the fields of a dialog name.
#[derive(Default)]
pub struct People(Option<Names>);

impl People {
    /// Whether it put another name there: where nobody else is known that begins so, or a whole name stands there (one of a person who is
    /// known, or of those that stood there before), the key may mean something else.
    pub fn complete(&mut self, input: &mut Input, view: &View, before: &[String]) -> bool {
        let several = |names: &mut Names| names.names.len() > 1 && names.next(input);
        if self.0.as_mut().is_some_and(several) {
            return true;
        }
        let typed = input.text().trim();
        if before.iter().any(|name| name == typed) || mentions::people(view.world).contains(typed) {
            return false;
        }
        let names = Names::begin(input, mentions::person(view.world, &input.text()[..input.cursor()]));
        self.0 = Some(names).filter(|names| !names.is_empty());
        self.0.is_some()
    }
}
