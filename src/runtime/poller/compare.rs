//! What a source's new snapshot changed. Pure; runs on a worker, because a snapshot may hold 100,000 alerts.
//!
//! Invariant: an alert is gone only if a complete snapshot lacks it.

use crate::domain::alert::Alert;
use crate::domain::ids::Fingerprint;
use std::cmp::Ordering;
use std::sync::Arc;

/// Sorted by fingerprint, unique.
pub type Alerts = Vec<Arc<Alert>>;

/// The most alerts that the core is handed at once, so that it stays free for keys: each new one of a hundred thousand takes ten microseconds.
pub const CHUNK: usize = 125;

/// The difference, and the snapshot to compare the next one with.
#[derive(Debug, Default)]
pub struct Difference {
    pub upserts: Alerts,
    pub gone: Vec<Fingerprint>,
    /// What an incomplete snapshot lacks: it is neither there nor gone.
    pub unheard: Vec<Fingerprint>,
    pub now: Alerts,
}

/// Compares by walking both sides at once. Of two equal alerts the old one is kept: others share it already.
pub fn compare(before: &[Arc<Alert>], mut after: Alerts, complete: bool) -> Difference {
    sort(&mut after);
    let mut found = Difference { now: Vec::with_capacity(after.len()), ..Difference::default() };
    let mut before = before.iter().peekable();
    for alert in after {
        while let Some(absent) = before.next_if(|old| order(old, &alert) == Ordering::Less) {
            found.absent(absent, complete);
        }
        match before.next_if(|old| order(old, &alert) == Ordering::Equal) {
            Some(same) if **same == *alert => found.now.push(same.clone()),
            _ => found.changed(alert),
        }
    }
    before.for_each(|absent| found.absent(absent, complete));
    found
}

impl Difference {
    fn changed(&mut self, alert: Arc<Alert>) {
        self.upserts.push(alert.clone());
        self.now.push(alert);
    }

    fn absent(&mut self, alert: &Arc<Alert>, complete: bool) {
        if complete {
            self.gone.push(alert.id.fingerprint.clone());
        } else {
            self.unheard.push(alert.id.fingerprint.clone());
            self.now.push(alert.clone());
        }
    }

    /// In portions that the core can take in one step.
    pub fn chunks(self) -> impl Iterator<Item = (Alerts, Vec<Fingerprint>)> {
        let upserts = portions(self.upserts).map(|alerts| (alerts, Vec::new()));
        upserts.chain(portions(self.gone).map(|gone| (Vec::new(), gone)))
    }
}

/// An adapter that sorts otherwise must not make alerts resolve; of two with one fingerprint the last counts.
fn sort(alerts: &mut Alerts) {
    if !alerts.is_sorted_by(|a, b| order(a, b) == Ordering::Less) {
        alerts.reverse();
        alerts.sort_by(|a, b| order(a, b));
        alerts.dedup_by(|a, b| order(a, b) == Ordering::Equal);
    }
}

fn order(a: &Alert, b: &Alert) -> Ordering {
    a.id.fingerprint.cmp(&b.id.fingerprint)
}

fn portions<T>(items: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let mut items = items.into_iter();
    std::iter::from_fn(move || Some(items.by_ref().take(CHUNK).collect::<Vec<_>>()).filter(|portion| !portion.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::{Labels, Upstream};
    use crate::domain::ids::AlertId;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn alert(name: &str, summary: &str) -> Arc<Alert> {
        Arc::new(Alert {
            id: AlertId { source: "am".into(), fingerprint: name.into() },
            labels: Labels::default(),
            annotations: Labels::new(vec![("summary".into(), summary.into())]),
            upstream: Upstream::Firing,
            starts_at: chrono::DateTime::UNIX_EPOCH,
            url: None,
            receivers: Arc::default(),
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            held: None,
        })
    }

    fn names(alerts: &Alerts) -> Vec<&str> {
        alerts.iter().map(|alert| alert.id.fingerprint.as_str()).collect()
    }

    #[test]
    fn only_what_changed_is_told_and_equal_alerts_are_shared() {
        let before = vec![alert("a", "1"), alert("b", "1"), alert("c", "1")];
        let found = compare(&before, vec![alert("b", "1"), alert("c", "2"), alert("d", "1")], true);
        assert_eq!(names(&found.upserts), ["c", "d"]);
        assert_eq!(found.gone, ["a".into()]);
        assert_eq!(names(&found.now), ["b", "c", "d"]);
        assert!(Arc::ptr_eq(&found.now[0], &before[1]));
    }

    #[test]
    fn an_incomplete_snapshot_takes_nothing_away_and_the_next_complete_one_does() {
        let before = vec![alert("a", "1"), alert("c", "1")];
        let partial = compare(&before, vec![alert("b", "1")], false);
        assert_eq!((names(&partial.now), partial.gone.len()), (vec!["a", "b", "c"], 0));
        assert_eq!(partial.unheard, ["a".into(), "c".into()], "nobody has told of them now");
        let whole = compare(&partial.now, vec![alert("b", "1")], true);
        assert_eq!((whole.gone, whole.unheard), (vec!["a".into(), "c".into()], vec![]));
    }

    #[test]
    fn the_core_gets_portions_and_nothing_is_lost_between_them() {
        let after: Alerts = (0..2 * CHUNK + 7).map(|n| alert(&format!("{n:05}"), "1")).collect();
        let before = vec![alert("zzz", "1")];
        let sizes: Vec<_> = compare(&before, after, true).chunks().map(|(up, gone)| (up.len(), gone.len())).collect();
        assert_eq!(sizes, [(CHUNK, 0), (CHUNK, 0), (7, 0), (0, 1)]);
    }

    proptest! {
        /// Whatever the order and however often a fingerprint stands there, applying the difference gives the new snapshot.
        #[test]
        fn before_and_difference_make_after(before in snapshot(), after in snapshot(), complete: bool) {
            let before = compare(&[], before, true).now;
            let last: BTreeMap<_, _> = after.iter().map(|alert| (alert.id.fingerprint.clone(), alert.clone())).collect();
            let found = compare(&before, after, complete);
            let mut core: BTreeMap<_, _> = before.iter().map(|alert| (alert.id.fingerprint.clone(), alert.clone())).collect();
            let kept = core.clone();
            let Difference { upserts, gone, now, .. } = found;
            for (upserts, gone) in (Difference { upserts, gone, ..Difference::default() }).chunks() {
                core.extend(upserts.into_iter().map(|alert| (alert.id.fingerprint.clone(), alert)));
                gone.iter().for_each(|name| drop(core.remove(name)));
            }
            let mut wanted = if complete { BTreeMap::new() } else { kept };
            wanted.extend(last);
            prop_assert_eq!(&core, &wanted);
            prop_assert_eq!(now, wanted.into_values().collect::<Vec<_>>());
        }
    }

    fn snapshot() -> impl Strategy<Value = Alerts> {
        let one = ("[a-f]{1,2}", "[12]").prop_map(|(name, summary)| alert(&name, &summary));
        proptest::collection::vec(one, 0..20)
    }
}
