//! What people say of practice: a turn that is put off, what was found, and what became of that.

use super::World;
use super::commands::Refusal;
use crate::domain::entry::{Draft, Entry, Kind};
use crate::domain::ids::PlaybookId;
use crate::domain::playbook::Playbook;
use crate::domain::readiness::{Board, Row};
use crate::domain::settings::Settings;
use crate::domain::text::inert;
use crate::model::Effect;
use crate::model::practice::board::{Grounds, row};
use crate::model::practice::{Record, Said};
use std::sync::Arc;

/// The longest of them, in bytes.
const LONGEST: usize = 4 * 1024;

/// What was practised longer ago counts as never: nobody is left who did it.
pub const BACK: chrono::Duration = chrono::Duration::days(3 * 366);

/// Whether the journal is being asked what was practised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Recalling {
    #[default]
    No,
    Asked,
    /// It has changed since.
    Again,
}

impl World {
    /// One look at a time: what is asked meanwhile is one more look behind it.
    pub(super) fn recall_practice(&mut self) -> Vec<Effect> {
        self.recalling = match self.recalling {
            Recalling::No => Recalling::Asked,
            Recalling::Asked | Recalling::Again => Recalling::Again,
        };
        match self.recalling {
            Recalling::Asked => vec![Effect::RecallPractice { since: self.now.wall - BACK }],
            _ => Vec::new(),
        }
    }

    pub(super) fn practised(&mut self, record: Result<Record, String>) -> Vec<Effect> {
        self.reminded = None;
        self.practice = Some(record);
        match std::mem::take(&mut self.recalling) {
            Recalling::Again => self.recall_practice(),
            _ => Vec::new(),
        }
    }

    /// Something that the board is made of was recorded: it is looked up again, if anybody ever looked. A diagnosis is no practice.
    pub(super) fn practice_changed(&mut self, entry: &Entry) -> Vec<Effect> {
        let of = matches!(entry.kind, Kind::RunEnded | Kind::Finding | Kind::Drill) && !entry.data.contains_key("diagnosis");
        if of && self.practice.is_some() { self.recall_practice() } else { Vec::new() }
    }

    /// The readiness board as it stands now.
    pub fn board(&self, record: &Record) -> Board {
        self.grounds(record).board(self.now.wall)
    }

    pub(super) fn grounds<'a>(&'a self, record: &'a Record) -> Grounds<'a, Arc<Playbook>> {
        let Settings { services, feeds, hold, .. } = &*self.settings;
        Grounds { books: self.runs.playbooks(), services, feeds, record, hold }
    }

    /// How well one playbook is practised; `None` while nobody has looked.
    pub fn readiness(&self, book: &Playbook) -> Option<Row> {
        let record = self.practice.as_ref()?.as_ref().ok()?;
        Some(row(book, &self.settings.services, record, self.now.wall))
    }

    pub(super) fn practise(&mut self, said: Said) -> Result<Vec<Draft>, Refusal> {
        let draft = match said {
            Said::PutOff { week, playbook, reason } => {
                let reason = needed(&reason, "a turn is put off with a reason: it stays in view")?;
                let text = format!("{playbook} put off in {week}: {}", inert(&reason));
                let draft = self.about_playbook(Kind::Drill, text, &playbook);
                let mut draft = draft.with("step", "skipped").with("week", week.to_string()).with("reason", reason);
                draft.key = Some(self.said(&format!("skip/{playbook}")));
                draft
            }
            Said::Found { playbook, run, text, owner, due } => {
                let text = needed(&text, "a finding says what was found")?;
                let mut draft = self.about_playbook(Kind::Finding, text.clone(), &playbook).with("due", due);
                draft = draft.with("owner", owner.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
                // What a drill has found is of the drill.
                (draft.run, draft.incident) = (run, run.and_then(|run| self.runs.get(run)?.incident));
                draft.key = Some(self.said(&format!("finding/{playbook}")));
                draft
            }
            Said::Closed { finding, playbook, how } => {
                let how = needed(&how, "a finding is closed with what became of it")?;
                let mut draft = self.about_playbook(Kind::Finding, how, &playbook).with("closes", finding);
                draft.key = Some(format!("practice/closed/{finding}"));
                draft
            }
        };
        Ok(vec![draft])
    }

    /// A key by which it is found among all that is no practice; by its time it is no other one's. What was typed is no part of it: a
    /// key is stored as it is.
    fn said(&self, what: &str) -> String {
        format!("practice/{what}/{}", self.now.wall.timestamp_micros())
    }

    fn about_playbook(&mut self, kind: Kind, text: String, playbook: &PlaybookId) -> Draft {
        let mut draft = self.context().by_me(kind, text);
        draft.playbook = Some(playbook.clone());
        draft
    }
}

fn needed(text: &str, why: &str) -> Result<String, Refusal> {
    match text.trim() {
        "" => Err(why.into()),
        text if text.len() > LONGEST => Err(format!("{} bytes are too much: {LONGEST} are kept", text.len())),
        text => Ok(text.to_owned()),
    }
}
