//! Where updates of incidents go: one file per system, one line in `KINDS`. A teller says one update once, with the ports it is
//! handed; what became of it, and whether it is said again, belong to the core.

mod post;
mod slack;
mod webhook;

use crate::domain::act::ActEnd;
use crate::domain::entry::Intent;
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::update::Update;
use crate::ports::{Answer, Ports};

pub trait Teller: Send + Sync {
    /// Says it, within the twenty seconds after which others think that it was left behind. What may have arrived is not said again.
    fn tell<'a>(&'a self, update: &'a Update, intent: Intent, ports: &'a Ports) -> Answer<'a, ActEnd>;
}

/// A kind of destination, as configuration, help and docs see it.
pub struct Kind {
    /// The key that selects it in the configuration.
    pub name: &'static str,
    /// One sentence for help and docs.
    pub about: &'static str,
    /// What may stand under that key; in groups, of which several kinds may have the same.
    pub keys: &'static [&'static [FieldSpec]],
    pub parse: fn(&Node, &mut Problems) -> Option<Box<dyn Teller>>,
}

/// Every kind, sorted by name.
pub const KINDS: &[Kind] = &[slack::KIND, webhook::KIND];
