//! What became of each request: pending, recorded, sent, ended. Kept outside the fold: it lives as long as the process.

use crate::domain::act::Act;
use crate::domain::act::{ActEnd, Outcome};
use crate::domain::entry::Draft;
use crate::domain::ids::{AlertId, EntryId, RequestId, SourceName};
use crate::model::Command;
use std::collections::BTreeMap;
use std::time::Duration;

/// How far one target of a request has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Asked of the journal; nothing has been done.
    Recording,
    /// In the journal; nothing more is to be done.
    Recorded,
    /// In the journal, and handed over to be sent: its source has not answered yet.
    Sending,
    /// The source has taken it; whether it is so is being read back.
    Accepted,
    /// The source has answered.
    Ended(ActEnd),
    /// Not done: a guard said no, and why.
    Refused(String),
    /// Not done: the journal could not write it, and why.
    Unwritten(String),
}

impl Stage {
    pub fn settled(&self) -> bool {
        !matches!(self, Self::Recording | Self::Sending | Self::Accepted)
    }

    /// Nothing of it could be sent: it waits for its source.
    pub fn is_kept(&self) -> bool {
        matches!(self, Self::Ended(end) if end.outcome == Outcome::Unsent)
    }

    /// Whether it was done nobody knows.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Ended(end) if end.outcome == Outcome::Unknown)
    }

    /// It did not do what was asked.
    pub fn failed(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Unwritten(_) => true,
            Self::Ended(end) => end.outcome != Outcome::Done,
            _ => false,
        }
    }
}

/// What one draft of a request is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    pub alert: Option<AlertId>,
    /// Who is told of an incident.
    pub to: Option<SourceName>,
    /// The entry that it is done for, where that is recorded already: an acknowledgement that could not be carried.
    pub serves: Option<EntryId>,
}

impl Target {
    pub fn of(draft: &Draft) -> Self {
        let tells = matches!(draft.data_of("act"), Some(Act::Tell(_)));
        Self { alert: draft.alert.clone(), to: draft.data_of("source").filter(|_| tells), serves: draft.data_of("for") }
    }
}

/// One target of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub alert: Option<AlertId>,
    /// Who is told of an incident.
    pub to: Option<SourceName>,
    /// The entry that recorded it.
    pub entry: Option<EntryId>,
    pub stage: Stage,
}

/// One request and its targets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// What was asked, for people: `acknowledge PostgresDown`.
    pub title: String,
    pub items: Vec<Item>,
    /// What it was asked with, where that may be taken back or tried again, or somebody may wait for it.
    pub command: Option<Command>,
    /// Another request tries again what failed of it: that one tells how it went.
    pub retried: bool,
    /// When it was asked for, on the clock that counts sleep.
    pub began: Duration,
    /// When something of it changed last, on the clock that counts sleep.
    pub touched: Duration,
}

/// How long after its end an act may be undone by one key: as long as somebody still knows what it was.
pub const UNDO_WITHIN: Duration = Duration::from_secs(10);

impl Progress {
    pub fn settled(&self) -> bool {
        self.items.iter().all(|item| item.stage.settled())
    }

    /// How many of its targets are still on their way.
    pub fn open(&self) -> usize {
        self.items.iter().filter(|item| !item.stage.settled()).count()
    }

    /// All of it has ended, and did what was asked.
    pub fn went_well(&self) -> bool {
        self.items.iter().all(|item| item.stage.settled() && !item.stage.failed())
    }
}

/// The newest requests of this process.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Requests {
    all: BTreeMap<RequestId, Progress>,
    /// The time of the event that is being dealt with.
    pub(super) now: Duration,
}

/// How many settled requests are remembered.
const KEPT: usize = 200;

impl Requests {
    pub fn get(&self, request: RequestId) -> Option<&Progress> {
        self.all.get(&request)
    }

    /// Newest first.
    pub fn iter(&self) -> impl Iterator<Item = (RequestId, &Progress)> {
        self.all.iter().rev().map(|(id, progress)| (*id, progress))
    }

    pub fn unsettled(&self) -> usize {
        self.all.values().filter(|progress| !progress.settled()).count()
    }

    /// The stage of the newest request on an alert, while it is news.
    pub fn of_alert(&self, alert: &AlertId) -> Option<&Stage> {
        self.asked_of(alert).map(|(_, item)| &item.stage)
    }

    /// The newest request on an alert, while it is news.
    pub fn asked_of(&self, alert: &AlertId) -> Option<(&Progress, &Item)> {
        let items = self.all.values().rev().flat_map(|progress| progress.items.iter().map(move |item| (progress, item)));
        items.into_iter().find(|(_, item)| item.alert.as_ref() == Some(alert))
    }

    pub(super) fn begin(&mut self, request: RequestId, title: String, targets: impl Iterator<Item = Target>) {
        let item = |Target { alert, to, serves }| Item { alert, to, entry: serves, stage: Stage::Recording };
        let items = targets.map(item).collect();
        self.insert(request, title, items);
        while self.all.len() > KEPT {
            let Some(oldest) = self.all.iter().find(|(_, progress)| progress.settled()).map(|(id, _)| *id) else { break };
            self.all.remove(&oldest);
        }
    }

    fn insert(&mut self, request: RequestId, title: String, items: Vec<Item>) {
        self.all.insert(request, Progress { title, items, began: self.now, touched: self.now, ..Progress::default() });
    }

    pub(super) fn asked_with(&mut self, request: RequestId, command: Option<Command>) {
        if let Some(progress) = self.all.get_mut(&request) {
            progress.command = command;
        }
    }

    /// Another request does what failed of this one.
    pub(super) fn retried(&mut self, request: RequestId) {
        if let Some(progress) = self.all.get_mut(&request) {
            (progress.command, progress.retried) = (None, true);
        }
    }

    /// Targets of a request that a guard said no to, while others are on their way.
    pub(super) fn refuse_some(&mut self, request: RequestId, refused: Vec<(AlertId, String)>) {
        let Some(progress) = self.all.get_mut(&request) else { return };
        let item = |(id, why)| Item { alert: Some(id), to: None, entry: None, stage: Stage::Refused(why) };
        progress.items.extend(refused.into_iter().map(item));
    }

    /// These targets of a request are stopped, before anything of them was recorded.
    pub(super) fn stop(&mut self, request: RequestId, targets: impl Iterator<Item = Target>) {
        let Some(progress) = self.all.get_mut(&request) else { return };
        let stopped: Vec<Target> = targets.collect();
        let waits = |item: &&mut Item| {
            item.stage == Stage::Recording && stopped.iter().any(|of| of.alert == item.alert && of.to == item.to)
        };
        for item in progress.items.iter_mut().filter(waits) {
            item.stage = Stage::Refused("stopped before it was sent".to_owned());
        }
        progress.touched = self.now;
    }

    pub(super) fn refuse(&mut self, request: RequestId, title: String, why: String) {
        let items = vec![Item { alert: None, to: None, entry: None, stage: Stage::Refused(why) }];
        self.insert(request, title, items);
    }

    pub(super) fn recorded(&mut self, request: RequestId, target: &Target, entry: EntryId) {
        let Some(progress) = self.all.get_mut(&request) else { return };
        let open = |item: &&mut Item| item.stage == Stage::Recording;
        let is = |item: &Item| item.alert == target.alert && item.to == target.to;
        let same = progress.items.iter().position(|item| item.stage == Stage::Recording && is(item));
        let item = match same {
            Some(index) => progress.items.get_mut(index),
            None => progress.items.iter_mut().find(open),
        };
        if let Some(item) = item {
            (item.entry, item.stage) = (item.entry.or(Some(entry)), Stage::Recorded);
        }
    }

    pub(super) fn journal_failed(&mut self, request: RequestId, why: &str) {
        let Some(progress) = self.all.get_mut(&request) else { return };
        for item in progress.items.iter_mut().filter(|item| item.stage == Stage::Recording) {
            item.stage = Stage::Unwritten(why.to_owned());
        }
    }

    /// Moves the target whose entry this is: an act that serves an acknowledgement moves the acknowledgement's target.
    pub(super) fn stage(&mut self, entry: EntryId, stage: &Stage) {
        for progress in self.all.values_mut() {
            // What another request does by now says nothing of how this one went.
            let done_elsewhere = |item: &Item| progress.retried && item.stage.may_be_retried();
            for item in progress.items.iter_mut().filter(|item| item.entry == Some(entry) && !done_elsewhere(item)) {
                (item.stage, progress.touched) = (stage.clone(), self.now);
            }
        }
    }

    /// How it ended is told in other words now; that is no news of the request.
    pub(super) fn corrected(&mut self, entry: EntryId, end: &ActEnd) {
        let items = self.all.values_mut().flat_map(|progress| &mut progress.items);
        for item in items.filter(|item| item.entry == Some(entry) && matches!(item.stage, Stage::Ended(_))) {
            item.stage = Stage::Ended(end.clone());
        }
    }

    /// The same of a target that still waits for what follows from its entry.
    pub(super) fn stop_waiting(&mut self, entry: EntryId, stage: &Stage) {
        for progress in self.all.values_mut() {
            for item in progress.items.iter_mut().filter(|item| item.entry == Some(entry) && !item.stage.settled()) {
                (item.stage, progress.touched) = (stage.clone(), self.now);
            }
        }
    }
}
