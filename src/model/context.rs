//! What a slice of the world is handed besides its own state: the time, the settings, who asks, and fresh request numbers.

use crate::domain::entry::{Actor, Draft, Kind};
use crate::domain::ids::RequestId;
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;

pub struct Context<'a> {
    pub now: Stamp,
    pub settings: &'a Settings,
    /// The person at this console.
    pub me: &'a Actor,
    pub(super) next_request: &'a mut u64,
}

/// Requests that the core makes by itself are numbered from here, so that they never meet a person's.
const OWN: u64 = 1 << 63;

impl Context<'_> {
    /// A number for a request that nobody typed.
    pub fn request(&mut self) -> RequestId {
        *self.next_request += 1;
        RequestId(OWN | *self.next_request)
    }

    /// A draft of what the person at this console did.
    pub fn by_me(&self, kind: Kind, text: impl Into<String>) -> Draft {
        Draft::new(kind, self.now.wall, self.me.clone(), text)
    }

    /// A draft of what the program saw, `name` saying which part of it.
    pub fn seen(&self, name: &str, kind: Kind, text: impl Into<String>) -> Draft {
        Draft::new(kind, self.now.wall, Actor::system(name), text)
    }
}
