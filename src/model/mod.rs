//! What is true and how it changes. Pure: time and ids arrive in events, what shall happen leaves as effects.

pub mod alerts;
pub mod causes;
pub mod changes;
pub mod command;
pub mod context;
pub mod diagnosis;
pub mod effect;
pub mod event;
pub mod filter;
pub mod fold;
pub mod groups;
pub mod health;
pub mod incidents;
pub mod lanes;
pub mod log;
pub mod looked;
pub mod maintenance;
pub mod notes;
pub mod offline;
pub mod outbox;
pub mod past;
pub mod progress;
pub mod questions;
pub mod runs;
pub mod shift;
pub mod silences;
pub mod storm;
pub mod suggestions;
pub mod suspicions;
pub mod timeline;
pub mod world;

pub use command::Command;
pub use context::Context;
pub use effect::Effect;
pub use event::{Body, Event, Fact};
pub use world::World;
