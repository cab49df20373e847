//! The terminal interface: reads the world, draws it, and turns keys into requests. It knows the model and nothing of
//! how facts arrive; theme, keys and zone are handed to it by value.

pub mod action;
mod ascii;
pub mod background;
mod canvas;
mod console;
pub mod crier;
mod drill;
pub mod farewell;
mod hint;
pub mod hits;
mod input;
pub mod keymap;
pub mod layout;
mod leader;
mod links;
mod list;
pub mod markdown;
#[expect(clippy::disallowed_methods, reason = "the thread that writes to the terminal, and how long that takes")]
mod outlet;
mod overlays;
mod pace;
mod paint;
pub mod panes;
pub mod picture;
pub mod screen;
pub mod sitting;
mod status;
pub mod terminal;
pub mod theme;
mod time;
mod view;

pub use console::Console;
pub use hint::Hint;
pub use screen::{Screen, Setup};
pub use view::{Layouts, Preset, Request, Ui};
