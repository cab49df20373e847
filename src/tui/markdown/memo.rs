//! What was made of a text, kept until the text or the width changes: a frame must not read a document again. Owns nothing
//! but copies; forgetting it all changes no frame.

use crate::tui::canvas::Line;
use std::cell::RefCell;
use std::rc::Rc;

/// The newest few results, by what they were made of.
pub struct Memo<K> {
    kept: RefCell<Vec<(K, Rc<[Line]>)>>,
}

/// Enough for everything that one frame shows.
const KEPT: usize = 8;

impl<K> Default for Memo<K> {
    fn default() -> Self {
        Self { kept: RefCell::default() }
    }
}

impl<K: PartialEq> Memo<K> {
    /// The lines that belong to this key, made only if they are not at hand.
    pub fn lines(&self, key: K, make: impl FnOnce() -> Vec<Line>) -> Rc<[Line]> {
        if let Some((_, lines)) = self.kept.borrow().iter().find(|(known, _)| *known == key) {
            return lines.clone();
        }
        let lines: Rc<[Line]> = make().into();
        let mut kept = self.kept.borrow_mut();
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push((key, lines.clone()));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_is_made_once_and_the_oldest_goes() {
        let memo = Memo::default();
        let mut made = 0;
        for key in [1, 1, 2, 3, 4, 5, 6, 7, 8, 1, 9, 1] {
            memo.lines(key, || {
                made += 1;
                vec![Line::new()]
            });
        }
        assert_eq!(made, 10, "1 is made anew after the ninth has pushed it out");
    }
}
