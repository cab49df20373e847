//! Ending a silence, letting it last longer, and making one that has ended again: each on every source that it stands on.

use super::lines::{names, told};
use crate::domain::act::ActKind;
use crate::domain::ids::AlertId;
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::silences::{Phase, Standing};
use crate::tui::action::Action;
use crate::tui::overlays::ack::hold;
use crate::tui::overlays::dialog::{Dialog, Form, proposed};
use crate::tui::overlays::silence::{self, confirmed};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};
use std::time::Duration;

/// Alerts that are named before it is done.
const NAMED: usize = 8;

pub fn end(one: &Standing) -> Reply {
    if one.phase == Phase::Ended {
        return Reply::Say("It has ended already.".to_owned());
    }
    let end = End { one: one.clone(), again: (None, Vec::new()), carried: Vec::new() };
    Reply::Open(Box::new(Dialog::new(end, Vec::new())))
}

struct End {
    one: Standing,
    /// What fires again at once, as of a revision of the queue: all that it covers is judged for that.
    again: (Option<u64>, Vec<AlertId>),
    /// Acknowledgements that end with it, and whose they are.
    carried: Vec<(AlertId, String)>,
}

impl Form for End {
    fn title(&self, _view: &View) -> String {
        format!("End the silence on {}", everywhere(&self.one))
    }

    fn verb(&self) -> String {
        "end it now".to_owned()
    }

    fn read_first(&self) -> bool {
        true
    }

    fn prepare(&mut self, _texts: &[&str], view: &View) {
        let of = Some(view.world.alerts.revision());
        if self.again.0 != of {
            self.again = (of, view.world.at_once(&self.one.on, &self.one.alerts));
            self.carried = view.world.acknowledgements_on(&self.one.on);
        }
    }

    fn facts(&self, _texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let mut facts = about(&self.one);
        facts.extend(carries(&self.carried, view).map(|text| (text, Role::Warning)));
        facts.push(at_once(&self.again.1, view));
        facts
    }

    fn submit(&self, _texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        let end = |on: &crate::model::silences::On| Reply::Ask(Command::Expire { source: on.source.clone(), id: on.id.clone() });
        Ok(self.one.on.iter().map(end).collect())
    }
}

/// That a silence is an acknowledgement, which ends with it: there is a key for that, which says so in the log.
pub fn carries(carried: &[(AlertId, String)], view: &View) -> Option<String> {
    let (_, by) = carried.first()?;
    let ids: Vec<AlertId> = carried.iter().map(|(id, _)| id.clone()).collect();
    let key = view.keymap.key_of(Action::Unack);
    let whose = format!("the acknowledgement of {} by {}", names(&ids, NAMED, view), inert(by));
    Some(format!("It carries {whose}, which ends with it: {key} in the queue gives that up."))
}

/// What ends to be quiet with a silence, in a sentence.
pub fn at_once(again: &[AlertId], view: &View) -> (String, Role) {
    match again.len() {
        0 => ("Nothing fires again because of it.".to_owned(), Role::Text),
        _ => (format!("Fires again at once: {}.", names(again, NAMED, view)), Role::Warning),
    }
}

/// Which one is meant.
fn about(one: &Standing) -> Vec<(String, Role)> {
    let by = format!("{}: {}", one.by.inert(), one.comment.inert());
    [(silence::told(&one.matchers), Role::Strong), (by, Role::Dim), (told(one), Role::Text)]
        .into_iter()
        .filter(|(text, _)| !text.is_empty())
        .collect()
}

fn everywhere(one: &Standing) -> String {
    one.sources().into_iter().map(|name| inert(name.as_str()).into_owned()).collect::<Vec<_>>().join(", ")
}

pub fn longer(one: &Standing, view: &View) -> Reply {
    match one.sources().iter().any(|source| view.world.has_act(source, ActKind::Silence)) {
        true => Reply::Open(Box::new(Dialog::new(Longer(one.clone()), vec![proposed("longer by", "1h")]))),
        false => Reply::Say(format!("{} can't change when it ends: end it, and make another one there.", everywhere(one))),
    }
}

/// What has ended can't be taken back: another one like it can be made.
pub fn undo(one: &Standing, view: &View) -> Vec<Reply> {
    let key = |action| view.keymap.key_of(action);
    match one.phase {
        Phase::Ended => {
            let said = format!("A silence that has ended can't be taken back: {} makes it again.", key(Action::Extend));
            vec![Reply::Say(said)]
        }
        _ => vec![Reply::Say(format!(
            "It has not ended: {} ends it. What was done last is undone in the queue: {}, then {}.",
            key(Action::Expire),
            key(Action::Close),
            key(Action::Undo)
        ))],
    }
}

struct Longer(Standing);

impl Longer {
    fn is_over(&self) -> bool {
        self.0.phase == Phase::Ended
    }
}

impl Form for Longer {
    fn title(&self, _view: &View) -> String {
        let what = if self.is_over() { "Silence again on" } else { "Let the silence last longer on" };
        format!("{what} {}", everywhere(&self.0))
    }

    fn verb(&self) -> String {
        if self.is_over() { "silence again".to_owned() } else { "extend".to_owned() }
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let mut facts = about(&self.0);
        let now = view.now.wall;
        let at = |at| time::until(at, now, view.zone);
        let by = hold(texts[0]).ok().flatten().and_then(|by| chrono::Duration::from_std(by).ok());
        facts.push(match by {
            Some(by) if self.is_over() => (format!("From now until {}.", at(now + by)), Role::Text),
            Some(by) => (format!("It ends at {} instead of {}.", at(self.0.ends_at + by), at(self.0.ends_at)), Role::Text),
            None => ("How long is not a duration yet: write 90m or 1h 30m.".to_owned(), Role::Warning),
        });
        if !self.0.alerts.is_empty() {
            facts.push((format!("It keeps quiet: {}.", names(&self.0.alerts, NAMED, view)), Role::Dim));
        }
        facts
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let by = hold(texts[0])?.ok_or("How long? Write 90m or 1h 30m.")?;
        let broad = view.world.broad_on(&self.0);
        // They are asked for once that number was typed, where there is one.
        let commands = self.commands(by, broad.as_ref().map(|broad| broad.alerts), view)?;
        let ask = move |_| commands.iter().cloned().map(Reply::Ask).collect();
        Ok(confirmed(broad, self.title(view), "do it", ask))
    }
}

impl Longer {
    fn commands(&self, by: Duration, confirmed: Option<usize>, view: &View) -> Result<Vec<Command>, String> {
        match self.is_over() {
            true => view.world.anew(&self.0, by, confirmed),
            false => view.world.longer(&self.0, by, confirmed),
        }
    }
}
