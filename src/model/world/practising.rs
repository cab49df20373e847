//! What people say of practice: a turn that is put off, what was found, and what became of that.

use super::World;
use super::commands::Refusal;
use crate::domain::entry::{Draft, Entry, Kind};
use crate::domain::ids::PlaybookId;
use crate::domain::playbook::Playbook;
use crate::domain::readiness::{Board, Row};
use crate::domain::text::inert;
use crate::model::Effect;
use crate::model::practice::board::{Grounds, row};
use crate::model::practice::{Record, Said};

/// The longest of them, in bytes.
const LONGEST: usize = 4 * 1024;

/// What was practised longer ago counts as never: nobody is left who did it.
pub const BACK: chrono::Duration = chrono::Duration::days(3 * 366);

impl World {
    pub(super) fn recall_practice(&self) -> Effect {
        Effect::RecallPractice { since: self.now.wall - BACK }
    }

    /// Something that the board is made of was recorded: it is looked up again, if anybody looks at it.
    pub(super) fn practice_changed(&self, entry: &Entry) -> Option<Effect> {
        let of = matches!(entry.kind, Kind::RunEnded | Kind::Finding | Kind::Drill);
        (of && self.practice.is_some()).then(|| self.recall_practice())
    }

    /// The readiness board as it stands now.
    pub fn board(&self, record: &Record) -> Board {
        let settings = &self.settings;
        let grounds = Grounds { books: self.runs.playbooks(), services: &settings.services, record, hold: &settings.hold };
        grounds.board(self.now.wall)
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
                draft.key = Some(format!("practice/skip/{week}/{playbook}"));
                draft
            }
            Said::Found { playbook, run, text, owner, due } => {
                let text = needed(&text, "a finding says what was found")?;
                let mut draft = self.about_playbook(Kind::Finding, text.clone(), &playbook).with("due", due);
                draft = draft.with("owner", owner.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
                draft.run = run;
                draft.key =
                    Some(format!("practice/finding/{playbook}/{}/{text}", run.map_or(String::new(), |run| run.to_string())));
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
