//! Another configuration is in force.

use super::World;
use crate::domain::settings::Settings;
use crate::model::Effect;
use std::sync::Arc;

impl World {
    /// What the new configuration leaves as it was keeps what is known of it.
    pub(super) fn configure(&mut self, settings: Arc<Settings>) -> Vec<Effect> {
        self.alerts.configure(&settings, self.now);
        self.health.configure(&settings);
        self.maintenance.doubt();
        let diagnosed = self.settings.diagnose;
        self.troubles.keep(&settings);
        (self.settings, self.config_trouble, self.duties, self.reminded) = (settings, None, None, None);
        self.suspicions.judge_anew();
        self.diagnose_from_now_on(diagnosed);
        Vec::new()
    }
}
