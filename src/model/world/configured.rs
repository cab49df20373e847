//! Another configuration is in force.

use super::World;
use crate::domain::settings::{Settings, SourceSpec};
use crate::model::Effect;
use std::sync::Arc;

impl World {
    /// What the new configuration leaves as it was keeps what is known of it.
    pub(super) fn configure(&mut self, settings: Arc<Settings>) -> Vec<Effect> {
        let removed = self.note_removed(&settings);
        self.alerts.configure(&settings, self.now);
        self.health.configure(&settings);
        self.maintenance.doubt();
        let diagnosed = self.settings.diagnose;
        self.troubles.keep(&settings);
        (self.settings, self.config_trouble, self.duties, self.reminded) = (settings, None, None, None);
        self.suspicions.judge_anew();
        self.diagnose_from_now_on(diagnosed);
        removed
    }

    /// No source of the configuration ever says that something fires: that none does nobody knows.
    pub fn nobody_tells_firing(&self) -> bool {
        let tells = |spec: &SourceSpec| !self.settings.pending_only.contains(&spec.name);
        !self.settings.sources.is_empty() && !self.settings.sources.iter().any(tells)
    }
}
