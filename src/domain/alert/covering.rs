//! Matchers that cover several alerts, and of other alerts as few as can be.

use super::{Labels, SilenceMatcher};
use std::collections::BTreeSet;

/// A label with more values than this is left out: nobody reads on.
const VALUES: usize = 12;

/// Each label that all of them have: with its value, or with its values where they are few. Empty where nothing is common.
pub fn covering(all: &[&Labels]) -> Vec<SilenceMatcher> {
    let Some((first, rest)) = all.split_first() else { return Vec::new() };
    let one = |name: &super::Outside| {
        let values: Option<BTreeSet<&str>> = [first].into_iter().chain(rest).map(|labels| labels.get(name.raw())).collect();
        // A value that is empty is a label that is not there.
        let values = values.filter(|values| values.len() <= VALUES && !values.contains(""))?;
        let regex = values.len() > 1;
        let value = match regex {
            true => values.into_iter().map(literally).collect::<Vec<_>>().join("|"),
            false => values.into_iter().collect(),
        };
        Some(SilenceMatcher { name: name.clone(), value: value.into(), regex, equal: true })
    };
    first.iter().filter_map(|(name, _)| one(name)).collect()
}

/// Only what would mean something else stands behind a backslash: people read it, and others than our parser.
fn literally(value: &str) -> String {
    let meant = |c: char| if r"\.+*?()|[]{}^$".contains(c) { vec!['\\', c] } else { vec![c] };
    value.chars().flat_map(meant).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Cover;
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        Labels::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    fn shown(all: &[Labels]) -> Vec<String> {
        let one = |it: SilenceMatcher| format!("{}{}{}", it.name.raw(), it.sign(), it.value.raw());
        covering(&all.iter().collect::<Vec<_>>()).into_iter().map(one).collect()
    }

    #[test]
    fn what_all_have_is_asked_for_and_what_one_lacks_is_not() {
        let both = [
            labels(&[("job", "db"), ("instance", "a.b"), ("disk", "sda"), ("zone", "")]),
            labels(&[("job", "db"), ("instance", "c|d-{1}"), ("zone", "x")]),
        ];
        assert_eq!(shown(&both), ["instance=~a\\.b|c\\|d-\\{1\\}", "job=db"]);
        let cover = Cover::of(&covering(&both.iter().collect::<Vec<_>>())).expect("readable");
        assert!(both.iter().all(|labels| cover.covers(labels)));
        assert!(!cover.covers(&labels(&[("job", "db"), ("instance", "axb")])), "a dot is a dot");
        assert!(shown(&[labels(&[("a", "1")]), labels(&[("b", "1")])]).is_empty() && shown(&[]).is_empty());
    }

    #[test]
    fn a_label_with_many_values_is_left_out() {
        let each = |n: usize| labels(&[("job", "db"), ("instance", &format!("db-{n}"))]);
        assert_eq!(shown(&(0..=VALUES).map(each).collect::<Vec<_>>()), ["job=db"]);
        assert_eq!(shown(&(0..VALUES).map(each).collect::<Vec<_>>()).len(), 2);
    }
}
