//! Bell, notifications and the terminal's title: how a terminal reaches an operator who looks elsewhere.

use crate::domain::attention::Way;
use crate::model::World;

/// What one terminal was made to do.
#[derive(Default)]
pub struct Crier {
    title: Option<(usize, &'static str)>,
    rung: u64,
}

impl Crier {
    /// Bell, notification and title; empty when there is no news.
    pub fn cry(&mut self, world: &World) -> Vec<u8> {
        let mut out = Vec::new();
        let shown = (world.urgent(), world.settings.environment.word());
        if self.title.replace(shown) != Some(shown) {
            out.extend_from_slice(title(shown).as_bytes());
        }
        out.extend(rung(world, &mut self.rung));
        out
    }
}

/// What makes a terminal call of what is to ring since this number: each way once, however much there is.
pub fn rung(world: &World, since: &mut u64) -> Vec<u8> {
    let rings = world.calls.since(since);
    let Some(newest) = rings.last() else { return Vec::new() };
    let more = if rings.len() > 1 { format!(" and {} more", rings.len() - 1) } else { String::new() };
    let text = format!("midwatch: {}{more}", newest.text);
    let mut ways: Vec<Way> = rings.iter().flat_map(|ring| ring.by.iter().copied()).collect();
    ways.sort();
    ways.dedup();
    ways.into_iter().flat_map(|way| called(way, &text)).collect()
}

/// What makes the terminal call. The text is inert, so it ends none of these.
fn called(way: Way, text: &str) -> Vec<u8> {
    match way {
        Way::Bell => b"\x07".to_vec(),
        Way::Osc9 => format!("\x1b]9;{text}\x1b\\").into_bytes(),
        Way::Osc777 => format!("\x1b]777;notify;midwatch;{text}\x1b\\").into_bytes(),
        Way::Osc99 => format!("\x1b]99;;{text}\x1b\\").into_bytes(),
        Way::Desktop | Way::Command => Vec::new(),
    }
}

fn title((critical, environment): (usize, &str)) -> String {
    let count = if critical > 0 { format!("({critical}) ") } else { String::new() };
    format!("\x1b]2;{count}midwatch {environment}\x1b\\")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::Actor;
    use crate::domain::ids::RequestId;
    use crate::domain::settings::Settings;
    use crate::domain::stamp::Stamp;
    use crate::model::calls::Call;
    use crate::model::{Body, Command, Event};
    use chrono::DateTime;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn each_way_says_it_in_its_own_words_and_once() {
        let stamp = Stamp { wall: DateTime::UNIX_EPOCH, mono: Duration::from_secs(1_000) };
        let settings = Settings { read_only: true, ..Settings::default() };
        let (mut world, mut crier) = (World::new(Arc::new(settings), Actor::person("ana", None), stamp), Crier::default());
        assert_eq!(crier.cry(&world), b"\x1b]2;midwatch PROD\x1b\\");
        let mut calls = |text: &str, by: &[Way], seen| {
            let call = Call { alerts: Vec::new(), text: text.to_owned(), by: by.to_vec(), seen, again: None };
            world.update(Event { seq: 1, stamp, body: Body::Command(RequestId(1), Command::Call(call)) });
            String::from_utf8(crier.cry(&world)).expect("text")
        };
        let told = calls("Slow is warning", Way::ALL, false);
        let text = "midwatch: Slow is warning";
        assert_eq!(told, format!("\x07\x1b]9;{text}\x1b\\\x1b]777;notify;midwatch;{text}\x1b\\\x1b]99;;{text}\x1b\\"));
        assert_eq!(calls("Down is critical", &[Way::Bell], true), "", "whoever sees it come is not called");
        assert_eq!(calls("Down is critical", &[Way::Command], false), "", "that is no terminal");
    }
}
