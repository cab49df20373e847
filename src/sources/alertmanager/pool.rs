//! Strings that alerts share: in a storm the same thousand words come a million times.

use std::collections::HashSet;
use std::sync::Arc;

#[derive(Default)]
pub struct Pool(HashSet<Arc<str>>);

impl Pool {
    pub fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let new: Arc<str> = text.into();
        self.0.insert(new.clone());
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_words_are_one() {
        let mut pool = Pool::default();
        let (first, second) = (pool.share("critical"), pool.share("critical"));
        assert!(Arc::ptr_eq(&first, &second));
    }
}
