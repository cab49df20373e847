//! Which playbooks fit an alert, the best first.

use super::Playbook;
use crate::domain::alert::Labels;
use crate::domain::ids::ServiceName;
use std::cmp::Ordering;
use std::sync::Arc;

/// Why a playbook fits. The better comes first in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// One of its `alerts` matches; the number of labels that it names, more being closer.
    Alert(usize),
    /// The alert's `runbook_url` names it.
    Runbook,
    /// It is for the alert's service.
    Service,
}

impl Fit {
    fn rank(self) -> (u8, usize) {
        match self {
            Self::Alert(labels) => (0, usize::MAX - labels),
            Self::Runbook => (1, 0),
            Self::Service => (2, 0),
        }
    }
}

impl Ord for Fit {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Fit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The playbooks that fit, best first; equals in the order of their ids.
pub fn matching<'a>(
    playbooks: &'a [Arc<Playbook>],
    labels: &Labels,
    annotations: &Labels,
    service: Option<&ServiceName>,
) -> Vec<(&'a Arc<Playbook>, Fit)> {
    let named = annotations.get("runbook_url").map(names).unwrap_or_default();
    let fit = |playbook: &'a Arc<Playbook>| Some((playbook, playbook.fit(labels, &named, service)?));
    let mut found: Vec<_> = playbooks.iter().filter_map(fit).collect();
    found.sort_by(|(a, x), (b, y)| x.cmp(y).then_with(|| a.id.cmp(&b.id)));
    found
}

impl Playbook {
    fn fit(&self, labels: &Labels, named: &[&str], service: Option<&ServiceName>) -> Option<Fit> {
        let sets = self.meta.alerts.iter().filter(|set| set.matches(|name| labels.get(name)));
        if let Some(most) = sets.map(|set| set.0.len()).max() {
            return Some(Fit::Alert(most));
        }
        if named.iter().any(|name| self.is_named(name)) {
            return Some(Fit::Runbook);
        }
        service.filter(|service| self.meta.services.iter().any(|own| own == service.as_str())).map(|_| Fit::Service)
    }

    /// Its id or its file's name, with or without `.md`.
    fn is_named(&self, name: &str) -> bool {
        let file = || {
            let (begins, ending) = self.place.file_name().split_at_checked(name.len())?;
            Some(begins.eq_ignore_ascii_case(name) && (ending.is_empty() || ending.rfind('.') == Some(0)))
        };
        self.id.as_str().eq_ignore_ascii_case(name) || file().unwrap_or(false)
    }
}

/// What a runbook's URL may call a playbook: its anchor and the last part of its path.
fn names(url: &str) -> Vec<&str> {
    let (path, anchor) = url.split_once('#').map_or((url, None), |(path, anchor)| (path, Some(anchor)));
    let path = path.split('?').next().unwrap_or("");
    // Without a path the last part is the host.
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let last = path.rsplit('/').find(|part| !part.is_empty());
    anchor.into_iter().chain(last).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Fit, names};

    #[test]
    fn whoever_names_more_labels_fits_better() {
        let mut fits = [Fit::Service, Fit::Alert(1), Fit::Runbook, Fit::Alert(3)];
        fits.sort();
        assert_eq!(fits, [Fit::Alert(3), Fit::Alert(1), Fit::Runbook, Fit::Service]);
    }

    #[test]
    fn a_runbook_url_names_its_anchor_and_its_last_part() {
        assert_eq!(names("https://h/runbooks/Disk-Filling.md?plain=1#free-space"), ["free-space", "Disk-Filling.md"]);
        assert_eq!(names("https://h/runbooks/alertmanager/failedreload/"), ["failedreload"]);
        assert_eq!(names("https://disk-filling/"), Vec::<&str>::new());
        assert_eq!(names("disk-filling"), ["disk-filling"]);
        assert_eq!(names("#"), Vec::<&str>::new());
    }
}
