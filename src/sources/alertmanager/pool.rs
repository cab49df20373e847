//! Strings that alerts share: in a storm the same thousand words come a million times.
//!
//! A word has one place, and the newest word that belongs there keeps it. So frequent words are shared nearly always, words
//! that come once cost one comparison, nothing ever grows, and no choice of words makes it slow.

use std::sync::Arc;

/// Frequent words of a storm are hundreds; with this many places they seldom push each other out. A power of two.
const PLACES: usize = 4096;

pub struct Pool(Vec<Arc<str>>);

impl Default for Pool {
    fn default() -> Self {
        Self(vec!["".into(); PLACES])
    }
}

impl Pool {
    pub fn share(&mut self, text: &str) -> Arc<str> {
        let place = &mut self.0[place(text)];
        if **place != *text {
            *place = text.into();
        }
        place.clone()
    }
}

/// Eight bytes at a time; only the spread matters.
fn place(text: &str) -> usize {
    let word = |chunk: &[u8]| chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    let hash = chunks.iter().map(|chunk| u64::from_le_bytes(*chunk)).chain([word(rest)]);
    let hash = hash.fold(text.len() as u64, |hash, word| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95));
    (hash >> 52) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_comes_again_is_the_same_one() {
        let mut pool = Pool::default();
        let first = pool.share("critical");
        for n in 0..50 {
            pool.share(&format!("instance-{n}:9100"));
        }
        assert!(Arc::ptr_eq(&first, &pool.share("critical")));
    }

    #[test]
    fn words_that_look_alike_are_spread() {
        let places: std::collections::BTreeSet<_> =
            (0..1_000).map(|n| place(&format!("10.1.{}.{}:9100", n / 250, n % 250))).collect();
        assert!(places.len() > 700, "{} places for a thousand words", places.len());
    }
}
