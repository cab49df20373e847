//! Whom the sources tell of the alerts that somebody looks at: asked then, and kept for as long as that may take.

use crate::domain::alert::Route;
use crate::domain::ids::AlertId;
use crate::domain::text::Outside;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq)]
pub struct Routed {
    pub alert: AlertId,
    /// Sorted; the error says why its source can't tell.
    pub routes: Result<Arc<[Route]>, Outside>,
}

/// The last few answers, the newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Routes(Vec<Routed>);

/// More than anybody has open.
const KEPT: usize = 16;

impl Routes {
    pub(super) fn keep(&mut self, routed: Routed) {
        self.0.retain(|known| known.alert != routed.alert);
        self.0.insert(0, routed);
        self.0.truncate(KEPT);
    }

    /// `None` until its source has answered, and for a source that has no routes.
    pub fn of(&self, alert: &AlertId) -> Option<&Routed> {
        self.0.iter().find(|known| known.alert == *alert)
    }
}
