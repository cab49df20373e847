//! Silences that people made and that are not there any more before their time: a server that was started without its data calls
//! everybody again. Invariant: only what a whole answer had, and the next ones have not even as ended, is lost, and only where nobody
//! here has ended it.

use super::World;
use super::taken::LOOKS;
use crate::domain::act::{Act, ActEnd, Outcome};
use crate::domain::alert::SilenceState;
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::{EntryId, SourceName};
use crate::domain::text::{Outside, inert};
use crate::model::Effect;
use crate::model::outbox::Sent;
use crate::model::progress::Stage;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A silence of somebody that should be in force.
struct Made {
    intent: EntryId,
    id: Outside,
    by: String,
    until: DateTime<Utc>,
}

impl World {
    /// A whole answer has come.
    pub(super) fn note_forgotten_silences(&mut self, source: &SourceName) -> Vec<Effect> {
        if !self.watching || !self.alerts.source(source).is_some_and(|state| state.is_whole()) {
            return Vec::new();
        }
        let made = self.silences_made(source);
        let wanted: BTreeSet<EntryId> = made.iter().map(|silence| silence.intent).collect();
        let of_source = |intent: EntryId| self.outbox.get(intent).and_then(Sent::at).is_none_or(|name| name == source);
        let over: Vec<EntryId> = self.forgotten.keys().filter(|id| !wanted.contains(id) && of_source(**id)).copied().collect();
        over.iter().for_each(|intent| _ = self.forgotten.remove(intent));
        made.into_iter().flat_map(|silence| self.lost_at(source, silence)).collect()
    }

    /// What people have made there and nobody here has ended. Those that carry an acknowledgement are made anew instead.
    fn silences_made(&self, source: &SourceName) -> Vec<Made> {
        let own = |(intent, sent): &(&Arc<Entry>, &Sent)| !intent.data.contains_key("for") && sent.at() == Some(source);
        let acts = || self.outbox.acts().filter(own);
        let expire = |act: &Act| if let Act::Expire { id } = act { Some(id.clone()) } else { None };
        let ended: BTreeSet<Outside> = acts().filter_map(|(_, sent)| expire(sent.doing()?)).collect();
        let made = acts().filter_map(|(intent, sent)| {
            let Some(Act::Silence { ends_at, by, .. }) = sent.doing() else { return None };
            let end = sent.end.as_ref().filter(|end| end.outcome == Outcome::Done && self.now.wall < *ends_at)?;
            let id = end.made.clone().filter(|id| !ended.contains(id))?;
            Some((id.clone(), Made { intent: intent.id, id, by: by.clone(), until: *ends_at }))
        });
        // One that was extended is one: the newest act tells of it.
        made.collect::<BTreeMap<Outside, Made>>().into_values().collect()
    }

    fn lost_at(&mut self, source: &SourceName, silence: Made) -> Vec<Effect> {
        let there = self.alerts.source(source).and_then(|state| state.silence(&silence.id)).map(|there| there.state);
        if let Some(there) = there {
            // One that has been ended there may be forgotten there.
            match there {
                SilenceState::Expired => _ = self.forgotten.remove(&silence.intent),
                _ => _ = self.forgotten.insert(silence.intent, 0),
            }
            return Vec::new();
        }
        let Some(lacks) = self.forgotten.get_mut(&silence.intent) else { return Vec::new() };
        *lacks += 1;
        let key = format!("act/{}/lost", silence.intent);
        if *lacks < LOOKS || !self.telling.insert(key.clone()) {
            return Vec::new();
        }
        let (id, by, until) = (silence.id.inert(), inert(&silence.by), silence.until.format("%Y-%m-%d %H:%M"));
        let text = format!("{source} has lost the silence {id} of {by}, which was to last until {until} UTC");
        let end = ActEnd { made: Some(silence.id.clone()), ..ActEnd::new(Outcome::Failed, text.clone()) };
        let draft = self.context().seen("sources", Kind::ActEnded, text).with("intent", silence.intent);
        let mut draft = draft.with("outcome", end.outcome).with("detail", &end.detail).with("made", &end.made);
        draft.key = Some(key);
        if let Some(about) = self.outbox.get(silence.intent).and_then(|sent| sent.intent.clone()) {
            (draft.alert, draft.service, draft.incident) = (about.alert.clone(), about.service.clone(), about.incident);
        }
        self.stage(silence.intent, &Stage::Ended(end));
        self.record(vec![draft])
    }
}
