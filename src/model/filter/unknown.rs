//! What a filter asks for that nothing is called: "nothing matches" would be taken for "nothing fires".

use super::{Expression, Filter, Term, World};
use crate::domain::text::inert;
use crate::model::alerts::Tracked;

/// Of more alerts it isn't said that none has a label: somebody would wait for the answer.
const LOOKED_AT: usize = 20_000;

impl Filter {
    /// A name in it that nothing has, in one sentence; `None` where every name is somebody's.
    pub fn unknown(&self, world: &World) -> Option<String> {
        self.what.as_ref()?.unknown(world)
    }
}

impl Expression {
    fn unknown(&self, world: &World) -> Option<String> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().find_map(|part| part.unknown(world)),
            Self::Not(part) => part.unknown(world),
            Self::Term(term) => term.unknown(world),
        }
    }
}

impl Term {
    fn unknown(&self, world: &World) -> Option<String> {
        match self {
            Self::Service(name) if world.settings.services.named(name).is_none() => {
                let name = inert(name);
                Some(format!("no service is called {name} in the configuration; service={name} asks for the label"))
            }
            Self::Source(name) if world.alerts.sources().all(|(known, _)| known.as_str() != name) => {
                Some(format!("no source is called {}", inert(name)))
            }
            Self::Equal { label, not: false, .. } | Self::Like { label, not: false, .. } => {
                let has = |tracked: &Tracked| tracked.alert.labels.get(label).is_some();
                let few = world.alerts.queue().nth(LOOKED_AT).is_none();
                (few && !world.alerts.queue().any(has)).then(|| format!("no alert has the label {}", inert(label)))
            }
            _ => None,
        }
    }
}
