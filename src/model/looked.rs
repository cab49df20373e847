//! What sources say only when somebody looks at an alert: asked then, and kept for as long as that may take.

use crate::domain::alert::{Inside, Route};
use crate::domain::ids::AlertId;
use crate::domain::text::Outside;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a source answers of one alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Looked<T> {
    pub alert: AlertId,
    /// The error says why its source can't tell.
    pub told: Result<Arc<T>, Outside>,
}

/// Whom it tells of the alert; sorted.
pub type Routed = Looked<Vec<Route>>;
/// What the alert is made of.
pub type Opened = Looked<Inside>;

/// The last few answers, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers<T>(Vec<Looked<T>>);

/// More than anybody has open.
const KEPT: usize = 16;

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Answers<T> {
    pub(super) fn keep(&mut self, looked: Looked<T>) {
        self.0.retain(|known| known.alert != looked.alert);
        self.0.insert(0, looked);
        self.0.truncate(KEPT);
    }

    /// `None` until its source has answered, and for a source that has nothing to say.
    pub fn of(&self, alert: &AlertId) -> Option<&Result<Arc<T>, Outside>> {
        self.0.iter().find(|known| known.alert == *alert).map(|known| &known.told)
    }
}
