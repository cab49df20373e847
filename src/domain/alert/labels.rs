//! Names with values. The alerts of a rule have the same names, so those stand apart and are shared: of a storm there
//! are few lists of names in memory.

use super::{Outside, SilenceMatcher};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Name and value pairs, sorted by name, unique. Adapters share equal strings, so a storm stays small.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "Vec<(Outside, Outside)>")]
pub struct Labels {
    names: Arc<Vec<Outside>>,
    /// One for each name.
    values: Arc<[Outside]>,
}

impl Labels {
    /// Sorts; of a name that stands twice the last value wins.
    pub fn new(mut pairs: Vec<(Outside, Outside)>) -> Self {
        // Most servers send them so; a storm has a hundred thousand sets.
        if !pairs.is_sorted_by(|a, b| a.0 < b.0) {
            pairs.reverse();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            pairs.dedup_by(|later, kept| later.0 == kept.0);
        }
        let (names, values): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        Self { names: Arc::new(names), values: values.into() }
    }

    /// The same names, in memory once, with a value for each: `value` is handed the one that stands here.
    #[must_use]
    pub fn with(&self, value: impl FnMut(&Outside) -> Outside) -> Self {
        Self { names: self.names.clone(), values: self.values.iter().map(value).collect() }
    }

    /// Names that another set has too are in memory once.
    #[must_use]
    pub fn sharing(self, other: &Self) -> Self {
        if self.names == other.names { Self { names: other.names.clone(), ..self } } else { self }
    }

    /// Alerts of one rule have the same list, in memory once.
    pub fn names(&self) -> &[Outside] {
        &self.names
    }

    /// There are few, and nearly all are told apart by their length: looking at each is quicker than searching.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, _)| key.raw() == name).map(|(_, value)| value.raw())
    }

    /// Matchers that hold for exactly these labels.
    pub fn exactly(&self) -> Vec<SilenceMatcher> {
        let one = |(name, value): (&Outside, &Outside)| SilenceMatcher {
            name: name.clone(),
            value: value.clone(),
            regex: false,
            equal: true,
        };
        self.iter().map(one).collect()
    }

    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Outside, &Outside)> {
        self.names.iter().zip(self.values.iter())
    }
}

impl From<Vec<(Outside, Outside)>> for Labels {
    fn from(pairs: Vec<(Outside, Outside)>) -> Self {
        Self::new(pairs)
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        Labels::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn they_are_sorted_and_of_two_values_the_last_counts() {
        let twice = labels(&[("job", "a"), ("instance", "x"), ("job", "b")]);
        assert_eq!(twice, labels(&[("instance", "x"), ("job", "b")]));
        assert_eq!((twice.get("job"), twice.get("jobs")), (Some("b"), None));
        let back: Labels = serde_json::from_str(&serde_json::to_string(&twice).expect("writable")).expect("readable");
        assert_eq!(back, twice);
    }

    #[test]
    fn equal_names_are_shared_and_others_are_not() {
        let (one, two) = (labels(&[("a", "1"), ("b", "2")]), labels(&[("a", "3"), ("b", "4")]));
        assert!(Arc::ptr_eq(&two.clone().sharing(&one).names, &one.names));
        assert!(Arc::ptr_eq(&one.with(Outside::clone).names, &one.names));
        let other = labels(&[("a", "1"), ("c", "2")]);
        assert_eq!(other.clone().sharing(&one), other);
    }
}
