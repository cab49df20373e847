//! Strings shared between alerts and between polls: in a storm the same thousand words come a million times.

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

    /// Forgets what nobody else uses any more.
    pub fn sweep(&mut self) {
        self.0.retain(|text| Arc::strong_count(text) > 1);
        self.0.shrink_to(self.0.len() * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_words_are_one_and_unused_ones_go() {
        let mut pool = Pool::default();
        let (first, second) = (pool.share("critical"), pool.share("critical"));
        assert!(Arc::ptr_eq(&first, &second));
        pool.share("gone");
        pool.sweep();
        assert_eq!(pool.0.len(), 1);
    }
}
