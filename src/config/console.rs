//! How the console looks and behaves.

use super::list;
use crate::domain::node::{Key, Node, Problems};
use chrono_tz::Tz;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Console {
    /// A theme's name or file; `None` leaves it to the terminal's background.
    pub theme: Option<String>,
    /// The zone that times are shown in.
    pub zone: Tz,
    pub mouse: bool,
    pub keys: Vec<Binding>,
    /// How long an acknowledgement lasts unless told otherwise.
    pub ack_for: Duration,
}

/// Keys that an action is bound to, in place of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    pub action: Key,
    pub keys: Vec<String>,
}

impl Default for Console {
    fn default() -> Self {
        Self { theme: None, zone: local(), mouse: true, keys: Vec::new(), ack_for: Duration::from_secs(3600) }
    }
}

pub fn read(node: Option<&Node>, actions: &[&str], problems: &mut Problems) -> Console {
    let plain = Console::default();
    let Some(fields) = node.and_then(|node| node.fields(&["theme", "time_zone", "mouse", "ack", "keys"], problems)) else {
        return plain;
    };
    Console {
        theme: fields.get("theme").and_then(|node| list::label(node, problems)),
        zone: fields.get("time_zone").and_then(|node| zone(node, problems)).unwrap_or(plain.zone),
        mouse: fields.get("mouse").and_then(|node| node.bool(problems)).unwrap_or(plain.mouse),
        ack_for: fields.get("ack").and_then(|node| ack(node, problems)).unwrap_or(plain.ack_for),
        keys: fields.get("keys").map(|node| keys(node, actions, problems)).unwrap_or_default(),
    }
}

fn ack(node: &Node, problems: &mut Problems) -> Option<Duration> {
    let fields = node.fields(&["for"], problems)?;
    list::time(fields.get("for"), Duration::from_secs(60)..=Duration::from_secs(7 * 86_400), problems)
}

fn keys(node: &Node, actions: &[&str], problems: &mut Problems) -> Vec<Binding> {
    let pairs = node.map(problems).unwrap_or_default();
    pairs.iter().filter_map(|(action, node)| binding(action, node, actions, problems)).collect()
}

fn binding(action: &Key, node: &Node, actions: &[&str], problems: &mut Problems) -> Option<Binding> {
    if !actions.contains(&action.text.as_str()) {
        problems.unknown(action.span, "action", &action.text, actions);
    }
    Some(Binding { action: action.clone(), keys: node.texts(problems)? })
}

fn zone(node: &Node, problems: &mut Problems) -> Option<Tz> {
    node.read("`local`, `UTC` or a zone such as Europe/Berlin", problems, |text| match text {
        "local" => Some(local()),
        name => name.parse().ok(),
    })
}

/// UTC where no known zone is set.
fn local() -> Tz {
    super::file::zone().unwrap_or(Tz::UTC)
}
