//! What was practised, as the log tells it: every run of a playbook that is over, what was found by it, and what was put off.

pub mod board;
pub mod owed;
pub mod turn;

use super::fold::Corrections;
use crate::domain::drill::Held;
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::{EntryId, PlaybookId, RunId};
use crate::domain::practice::{Closed, Finding, Practised, Skip, Week};
use crate::domain::run::Run;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// All of it, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub practised: Vec<Practised>,
    pub findings: Vec<Finding>,
    pub skips: Vec<Skip>,
    /// Drills that were finished. Records of before there were any are still read.
    #[serde(default)]
    pub drills: Vec<Held>,
}

impl Record {
    /// Of entries in the order of the fold, corrections among them.
    pub fn read(entries: &[Arc<Entry>]) -> Self {
        let mut corrections = Corrections::default();
        entries.iter().for_each(|entry| _ = corrections.insert(entry));
        let mut record = Self::default();
        let mut runs: Vec<Run> = Vec::new();
        let mut places: HashMap<RunId, usize> = HashMap::new();
        for entry in entries.iter().filter(|entry| entry.corrects.is_none()) {
            let entry = corrections.applied(entry);
            match entry.kind {
                Kind::Finding => record.finding(&entry),
                Kind::Drill => {
                    record.skips.extend(skip(&entry));
                    record.drills.extend(Held::of(&entry));
                }
                _ => {
                    let Some(id) = entry.run else { continue };
                    let place = *places.entry(id).or_insert_with(|| {
                        runs.push(Run::default());
                        runs.len() - 1
                    });
                    runs[place].apply(&entry);
                }
            }
        }
        record.practised = runs.iter().filter_map(Practised::of).collect();
        record.practised.sort_by_key(|practised| (practised.ended_at, practised.run));
        record
    }

    fn finding(&mut self, entry: &Entry) {
        if let Some(closes) = entry.data_of::<EntryId>("closes") {
            let found = self.findings.iter_mut().find(|finding| finding.id == closes && finding.closed.is_none());
            if let Some(finding) = found {
                finding.closed = Some(Closed { at: entry.at, by: entry.actor.name.clone(), how: entry.text.clone() });
            }
            return;
        }
        let Some(playbook) = entry.playbook.clone() else { return };
        self.findings.push(Finding {
            id: entry.id,
            text: entry.text.clone(),
            playbook,
            run: entry.run,
            at: entry.at,
            by: entry.actor.name.clone(),
            owner: entry.data_of("owner"),
            due: entry.data_of("due"),
            closed: None,
        });
    }

    /// As it stood then.
    #[must_use]
    pub fn before(&self, at: DateTime<Utc>) -> Self {
        Self {
            practised: self.practised.iter().filter(|practised| practised.ended_at < at).cloned().collect(),
            findings: self.findings.iter().filter(|finding| finding.at < at).cloned().collect(),
            skips: self.skips.iter().filter(|skip| skip.at < at).cloned().collect(),
            drills: self.drills.iter().filter(|held| held.at < at).cloned().collect(),
        }
    }

    /// Of one playbook, the newest first.
    pub fn of<'a>(&'a self, playbook: &'a PlaybookId) -> impl Iterator<Item = &'a Practised> {
        self.practised.iter().rev().filter(move |practised| practised.playbook == *playbook)
    }

    /// The findings of one playbook that nobody has closed.
    pub fn open<'a>(&'a self, playbook: &'a PlaybookId) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().filter(move |finding| finding.playbook == *playbook && finding.closed.is_none())
    }
}

fn skip(entry: &Entry) -> Option<Skip> {
    if entry.text_of("step") != Some("skipped") {
        return None;
    }
    Some(Skip {
        week: Week::parse(entry.text_of("week")?)?,
        playbook: entry.playbook.clone()?,
        at: entry.at,
        by: entry.actor.name.clone(),
        reason: entry.text_of("reason")?.to_owned(),
    })
}

/// What a person says of practice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Said {
    /// It is not done in this week, and why.
    PutOff { week: Week, playbook: PlaybookId, reason: String },
    /// Something that has to be mended, by whom and until when.
    Found { playbook: PlaybookId, run: Option<RunId>, text: String, owner: Option<String>, due: Option<NaiveDate> },
    /// What became of a finding.
    Closed { finding: EntryId, playbook: PlaybookId, how: String },
}
