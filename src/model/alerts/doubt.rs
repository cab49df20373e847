//! Why an alert may not be as it is shown though its source answers.

use super::{Alerts, SourceHealth, SourceState, Tracked};
use chrono::{DateTime, Utc};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Its own system has forgotten how it is, and has not looked since.
    Unchecked,
    /// Its source lists it no more, and that is no end yet.
    Unlisted,
    /// The part of its source that told of it does not answer.
    Unheard,
    /// It is over only because nobody has told of it since then.
    Untold(DateTime<Utc>),
    /// It is over only because its source, which was restarted, has not listed it since.
    Forgotten,
}

impl Doubt {
    pub fn word(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Unlisted => "not listed",
            Self::Unheard => "stale",
            Self::Untold(_) => "untold",
            Self::Forgotten => "taken for over",
        }
    }
}

impl Alerts {
    pub fn doubt(&self, tracked: &Tracked) -> Option<Doubt> {
        match () {
            () if tracked.resolved_at.is_some() => tracked.presumed(),
            () if self.is_unsure(&tracked.alert.id) => Some(Doubt::Unchecked),
            // Whoever would list it may be the part that is silent.
            () if tracked.unheard || tracked.missing > 0 && self.is_partial(tracked) => Some(Doubt::Unheard),
            () if tracked.missing > 0 => Some(Doubt::Unlisted),
            () => None,
        }
    }

    fn is_partial(&self, tracked: &Tracked) -> bool {
        self.source(&tracked.alert.id.source).is_some_and(SourceState::is_partial)
    }

    /// The same where nothing else tells how its source is: of one that does not answer everything is stale.
    pub fn doubt_beside(&self, tracked: &Tracked) -> Option<Doubt> {
        let source = self.source(&tracked.alert.id.source).filter(|source| tracked.resolved_at.is_none() && !source.is_partial());
        let old = source.is_some_and(|source| source.health != SourceHealth::Fresh);
        if old { Some(Doubt::Unheard) } else { self.doubt(tracked) }
    }
}
