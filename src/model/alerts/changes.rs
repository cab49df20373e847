//! Which alerts have changed lately. Whoever keeps a view of a long queue makes anew what has changed since they last looked,
//! and not all of it.

use crate::domain::ids::AlertId;
use std::collections::VecDeque;

/// So many are kept; whoever looks less often than that makes their view anew.
const KEPT: usize = 8_192;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Changes {
    ids: VecDeque<AlertId>,
    /// How many are not kept any more.
    dropped: u64,
}

impl Changes {
    pub fn add(&mut self, id: &AlertId) {
        if self.ids.len() == KEPT {
            self.ids.pop_front();
            self.dropped += 1;
        }
        self.ids.push_back(id.clone());
    }

    /// How many there have been.
    pub fn count(&self) -> u64 {
        self.dropped + self.ids.len() as u64
    }

    /// Those after the first `seen`, some perhaps twice; `None` where not all of them are kept.
    pub fn since(&self, seen: u64) -> Option<impl Iterator<Item = &AlertId>> {
        let first = usize::try_from(seen.checked_sub(self.dropped)?).ok()?;
        Some(self.ids.iter().skip(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> AlertId {
        AlertId { source: "prod".into(), fingerprint: number.to_string().as_str().into() }
    }

    #[test]
    fn what_has_been_seen_is_not_told_again_and_what_is_lost_is_told_as_lost() {
        let mut changes = Changes::default();
        (0..10).for_each(|number| changes.add(&id(number)));
        let seen = changes.count();
        assert_eq!(changes.since(seen).map(Iterator::count), Some(0));
        (10..12).for_each(|number| changes.add(&id(number)));
        let new: Vec<_> = changes.since(seen).into_iter().flatten().cloned().collect();
        assert_eq!(new, [id(10), id(11)]);
        (0..KEPT - 1).for_each(|number| changes.add(&id(number)));
        assert!(changes.since(seen).is_none(), "the first of them is gone");
        assert_eq!(changes.since(seen + 1).map(Iterator::count), Some(KEPT));
    }
}
