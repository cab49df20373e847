//! Giving acknowledgements up: one's own by a key, somebody else's with a reason. What is ours ends here first and then at its
//! source; what only its source knows of is taken from whoever holds it there, as an act like any other.

use super::World;
use super::commands::{Asked, Refusal, some};
use crate::domain::act::{Act, ActKind, Outcome, What};
use crate::domain::entry::{Draft, Entry, Kind};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::inert;
use crate::model::alerts::{Ack, Tracked};
use crate::model::outbox::Sent;
use std::collections::BTreeSet;

impl World {
    pub(super) fn unacknowledge(&mut self, alerts: Vec<AlertId>, reason: &str) -> Result<Asked, Refusal> {
        some(&alerts)?;
        let mut asked = Asked { apart: true, ..Asked::each(alerts, |id| self.unack_draft(id, reason)) };
        // One silence may say so of many: it ends once.
        let mut ended = BTreeSet::new();
        asked.drafts.retain(|draft| match draft.data_of("act") {
            Some(Act::Expire { id }) => ended.insert((draft.data_of::<SourceName>("source"), id)),
            _ => true,
        });
        Ok(asked)
    }

    pub(super) fn unack_draft(&mut self, id: AlertId, reason: &str) -> Result<Draft, Refusal> {
        let tracked = self.alerts.get(&id).ok_or_else(|| self.absent(&id))?.clone();
        let name = self.in_full(&id);
        let ack = self.alerts.ack(&tracked, self.now.wall).ok_or_else(|| format!("{name} is not acknowledged"))?;
        if reason.is_empty() && ack.by != self.me.name {
            let (holder, elsewhere) = (inert(&ack.by), if ack.entry.is_none() { " elsewhere" } else { "" });
            return Err(format!("{name} is acknowledged by {holder}{elsewhere}: say why it is to be taken from them"));
        }
        let Some(entry) = ack.entry else { return self.taking_draft(&tracked, &ack, reason) };
        // Given up here alone it would still keep its system quiet.
        if self.outbox.carried(entry).is_some_and(|carrier| carrier.native) {
            self.can(&id.source, ActKind::Unacknowledge)?;
        }
        let why = if reason.is_empty() { String::new() } else { format!(": {}", inert(reason)) };
        let draft = self.context().by_me(Kind::Unack, format!("gave up the acknowledgement of {name}{why}"));
        let draft = draft.with("episode", tracked.episode).with("ack", entry).with("why", "taken back");
        let draft = if reason.is_empty() { draft } else { draft.with("reason", reason) };
        Ok(self.about_alert(draft, &id))
    }

    /// The act that takes it from somebody who has acknowledged it elsewhere.
    fn taking_draft(&mut self, tracked: &Tracked, ack: &Ack, reason: &str) -> Result<Draft, Refusal> {
        let (id, holder) = (&tracked.alert.id, inert(&ack.by));
        let name = self.in_full(id);
        let why = if reason.is_empty() { String::new() } else { format!(": {}", inert(reason)) };
        let (act, text) = match self.alerts.acking_silence(tracked, self.now.wall) {
            Some(silence) => {
                self.can(&id.source, ActKind::Expire)?;
                let text = format!("ending the silence by which {holder} acknowledges {name}{why}");
                (Act::Expire { id: silence.id.clone() }, text)
            }
            None => {
                self.can(&id.source, ActKind::Unacknowledge)?;
                let (by, comment) = (self.me.name.clone(), reason.to_owned());
                let act = Act::On { alert: id.fingerprint.clone(), what: What::Unacknowledge, by, comment };
                (act, format!("taking the acknowledgement of {name} from {holder} at its source{why}"))
            }
        };
        let draft = self.act_draft(&id.source, act, &text).with("from", &ack.by);
        Ok(self.about_alert(draft, id))
    }

    /// What has been taken back there, by whatever process, is nobody's from then on: not only when its source is asked next.
    pub(super) fn note_given_back(&mut self, ended: &Entry) {
        let intent =
            ended.data_of("intent").filter(|_| ended.kind == Kind::ActEnded && ended.data_of("outcome") == Some(Outcome::Done));
        let Some(sent) = intent.and_then(|intent| self.outbox.get(intent)) else { return };
        let (settings, at) = (self.settings.clone(), ended.recorded_at);
        match (sent.act(), &ended.alert) {
            (Some((_, Act::On { what: What::Unacknowledge, .. })), Some(id)) => self.alerts.let_go(&settings, id, at, self.now),
            (Some((source, Act::Expire { id })), alert) => {
                // What carried one acknowledgement covers one alert. A thousand are taken back at once: none goes through the whole queue.
                let carried = sent.intent.as_ref().is_some_and(|intent| intent.data.contains_key("for"));
                let on = alert.as_ref().filter(|_| carried);
                self.alerts.silence_ended(&settings, (&source, &id), on, at, self.now);
            }
            _ => {}
        }
    }

    /// Only its source still says who has it, and there it is being taken back, whoever asked for that: it has not been confirmed yet. One of
    /// ours that was given since is in force all the same.
    pub fn is_taken_back(&self, id: &AlertId) -> bool {
        let ack = self.alerts.get(id).and_then(|tracked| self.alerts.ack(tracked, self.now.wall));
        if ack.is_none_or(|ack| ack.entry.is_some()) {
            return false;
        }
        let takes = |sent: &Sent| {
            matches!(sent.doing(), Some(Act::On { what: What::Unacknowledge, .. } | Act::Expire { .. })) && sent.end.is_none()
        };
        self.outbox.open().any(|(intent, sent)| intent.alert.as_ref() == Some(id) && takes(sent))
    }

    /// Who holds an alert that is not given up without a reason: somebody else.
    pub fn taken_from(&self, id: &AlertId) -> Option<String> {
        let ack = self.alerts.ack(self.alerts.get(id)?, self.now.wall)?;
        (ack.by != self.me.name).then(|| inert(&ack.by).into_owned())
    }
}
