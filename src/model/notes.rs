//! Turns of alerts on their way into the journal. A storm brings tens of thousands at once; only some of them are drafts
//! at any time, the others wait as ids.

use super::alerts::Turn;
use crate::domain::ids::RequestId;
use std::collections::{BTreeMap, VecDeque};

/// The most turns that the journal is asked to take in at a time: their drafts are made in one step, which holds up keys.
const MOST: usize = 200;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Notes {
    waiting: VecDeque<Turn>,
    /// How many answers each request still owes.
    asked: BTreeMap<RequestId, usize>,
}

impl Notes {
    pub fn push(&mut self, turns: Vec<Turn>) {
        self.waiting.extend(turns);
    }

    /// What is to be asked of the journal now: nothing while half of what it was asked is still to come.
    pub fn due(&mut self) -> Vec<Turn> {
        let asked: usize = self.asked.values().sum();
        match asked <= MOST / 2 {
            true => self.waiting.drain(..self.waiting.len().min(MOST - asked)).collect(),
            false => Vec::new(),
        }
    }

    pub fn asked(&mut self, request: RequestId, drafts: usize) {
        self.asked.insert(request, drafts);
    }

    /// One draft of a request is recorded; whether the request is one of these.
    pub fn recorded(&mut self, request: RequestId) -> bool {
        let Some(left) = self.asked.get_mut(&request) else { return false };
        *left -= 1;
        if *left == 0 {
            self.asked.remove(&request);
            self.waiting.shrink_to(MOST);
        }
        true
    }

    /// The journal could not be written, or recording is another process's business from now on.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
