//! What speaks against an incident's being over, for whoever says that it is.

use super::World;
use crate::domain::alert::Upstream;
use crate::domain::health::FeedState;
use crate::domain::ids::IncidentId;
use crate::domain::text::inert;

/// So much of it is said.
const MOST: usize = 4;

impl World {
    /// `None` where nothing does. The word is the operator's all the same: alerts come late, and so do their ends.
    pub fn still_bad(&self, incident: IncidentId) -> Option<String> {
        let incident = self.incidents.get(incident)?;
        let open = || incident.alerts.iter().filter_map(|id| self.alerts.get(id)).filter(|it| it.resolved_at.is_none());
        let firing = match open().filter(|it| it.missing == 0 && it.alert.upstream == Upstream::Firing).count() {
            0 => None,
            1 => Some("one of its alerts still fires".to_owned()),
            count => Some(format!("{count} of its alerts still fire")),
        };
        let unlisted = open().filter(|it| it.missing > 0).count();
        let unlisted = (unlisted > 0).then(|| format!("{unlisted} not listed any more and not known to be over"));
        let unwell = incident.services.iter().filter_map(|name| {
            let state = self.health.service(name).filter(|state| *state >= FeedState::Degraded)?;
            Some(format!("{} is {}", inert(name.as_str()), state.word()))
        });
        let all: Vec<String> = firing.into_iter().chain(unlisted).chain(unwell).collect();
        let more = all.len().saturating_sub(MOST);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!all.is_empty()).then(|| format!("{}{more}", all[..all.len().min(MOST)].join(", ")))
    }
}
