//! What a filter asks for that nothing is called: "nothing matches" would be taken for "nothing fires", and what is said not to be
//! so holds for everything.

use super::{Expression, Filter, Term, World};
use crate::domain::node::nearest;
use crate::domain::text::inert;
use std::collections::BTreeSet;

/// Of more alerts it isn't said that none has a label: somebody would wait for the answer.
const LOOKED_AT: usize = 20_000;

/// The labels of so many are those that a slip may mean: a pane says it while somebody types.
const NEAR: usize = 1_000;

impl Filter {
    /// A name in it that nothing has, in one sentence; `None` where every name is somebody's.
    pub fn unknown(&self, world: &World) -> Option<String> {
        self.what.as_ref()?.unknown(world, LOOKED_AT)
    }

    /// The same before all that it holds for is acted on, however many there are: `not sevrity=critical` holds for everything.
    pub fn misnamed(&self, world: &World) -> Option<String> {
        self.what.as_ref()?.unknown(world, usize::MAX)
    }
}

impl Expression {
    fn unknown(&self, world: &World, most: usize) -> Option<String> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().find_map(|part| part.unknown(world, most)),
            Self::Not(part) => part.unknown(world, most),
            Self::Term(term) => term.unknown(world, most),
        }
    }
}

impl Term {
    fn unknown(&self, world: &World, most: usize) -> Option<String> {
        match self {
            Self::Service(name) if world.settings.services.named(name).is_none() => {
                let name = inert(name);
                Some(format!("no service is called {name} in the configuration; service={name} asks for the label"))
            }
            Self::Source(name) if world.alerts.sources().all(|(known, _)| known.as_str() != name) => {
                Some(format!("no source is called {}", inert(name)))
            }
            Self::Equal { label, .. } | Self::Like { label, .. } => {
                let few = most == usize::MAX || world.alerts.queue().nth(most).is_none();
                few.then(|| no_label(label, world)).flatten()
            }
            _ => None,
        }
    }
}

/// That no alert has such a label, in one sentence with the one that may be meant; `None` where an alert has it.
pub fn no_label(label: &str, world: &World) -> Option<String> {
    if is_label(label, world) {
        return None;
    }
    let names = world.alerts.queue().take(NEAR).flat_map(|tracked| tracked.alert.labels.names());
    let known: Vec<&str> = names.map(|name| name.raw()).collect::<BTreeSet<_>>().into_iter().collect();
    let near = nearest(label, &known).map_or(String::new(), |near| format!("; did you mean {}?", inert(near)));
    Some(format!("no alert has the label {}{near}", inert(label)))
}

/// Alerts of one rule have one list of names: it is looked through once, not for each of a storm.
fn is_label(label: &str, world: &World) -> bool {
    let mut lists = world.alerts.queue().map(|tracked| tracked.alert.labels.names());
    let mut last = std::ptr::null();
    lists.any(|list| std::mem::replace(&mut last, list.as_ptr()) != list.as_ptr() && list.iter().any(|name| name.raw() == label))
}
