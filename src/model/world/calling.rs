//! Calling somebody: written down, and then done by whoever wrote it first. What was begun and can't have ended any more is told.

use super::World;
use crate::domain::attention::Way;
use crate::domain::entry::{Actor, Draft, Entry, Kind};
use crate::domain::ids::{AlertId, EntryId, RequestId};
use crate::domain::text::{Outside, inert};
use crate::model::Effect;
use crate::model::alerts::News;
use crate::model::calls::{Again, Call, CutOff, Due, Said, medium, said};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// So much later than it may take, whoever made a call is gone.
pub(super) const SLACK: Duration = Duration::from_secs(10);
/// Processes see a storm begin at about the same time.
const STORM: i64 = 60;

impl World {
    pub(super) fn call(&mut self, call: Call) -> Vec<Effect> {
        if self.settings.read_only {
            if !call.seen {
                self.calls.ring(call.text, &call.by);
            }
            return Vec::new();
        }
        let request = self.context().request();
        // No other process of this machine has the same time at the same moment of the same clock.
        let mark = u64::try_from(self.now.mono.as_nanos()).unwrap_or(u64::MAX);
        let mut drafts = Vec::new();
        let media: BTreeSet<&str> = call.by.iter().copied().map(medium).collect();
        for through in media {
            let by: Vec<Way> = call.by.iter().copied().filter(|way| medium(*way) == through).collect();
            if call.alerts.is_empty() || call.again.is_some() {
                drafts.push(self.call_draft(&call, &by, through, mark, None));
            }
            for id in call.alerts.iter().filter(|_| call.again.is_none()) {
                drafts.push(self.call_draft(&call, &by, through, mark, Some(id)));
            }
        }
        self.calls.ask(request, mark, drafts.len(), call);
        vec![Effect::Record { request, drafts }]
    }

    fn call_draft(&mut self, call: &Call, by: &[Way], medium: &str, mark: u64, id: Option<&AlertId>) -> Draft {
        let what = id.map_or_else(|| call.text.clone(), |id| said(self, std::slice::from_ref(id)));
        let me = inert(&self.me.name).into_owned();
        let ways = by.iter().map(|way| way.word()).collect::<Vec<_>>().join(", ");
        let text = match (call.seen, &call.again) {
            (true, _) => format!("{what}: {me} was at the console, so nobody is called"),
            (false, None) => format!("calls {me} by {ways}: {what}"),
            (false, Some(_)) => format!("calls {me} by {ways} once more: {what}"),
        };
        let draft = self.context().seen("attention", Kind::Console, text);
        let mut draft = draft.with("event", "called").with("by", by).with("medium", medium).with("mark", mark);
        if !call.seen && by.iter().any(|way| way.is_outward()) {
            draft = draft.with("what", what).with("until", self.now.after(self.settings.call_within + SLACK));
        }
        let storm = |minute: i64| format!("storm/{minute}/called/{medium}");
        let about = match (&call.again, id) {
            (Some(Again { first, intent }), _) => {
                draft = draft.with("again", first);
                draft.key = Some(format!("call/{intent}/{medium}/again"));
                call.alerts.first()
            }
            (None, Some(id)) => {
                let tracked = self.alerts.get(id);
                let (news, others) = tracked.map_or(News::At(self.now.wall), |tracked| tracked.news).names();
                // What got worse is another thing to be called of.
                let severity = match tracked {
                    Some(tracked) if self.alerts.is_dead_watchdog(tracked) => "ended",
                    tracked => tracked.map_or("", |tracked| tracked.severity.word()),
                };
                let key = |news: String| format!("{id}/{news}/{severity}/called/{medium}");
                (draft.key, draft.also) = (Some(key(news)), others.into_iter().map(key).collect());
                Some(id)
            }
            (None, None) => {
                let minute = self.now.wall.timestamp() / STORM;
                draft.key = Some(storm(minute));
                // Another process may have seen it on the other side of the minute's border.
                draft.also = vec![storm(minute - 1), storm(minute + 1)];
                None
            }
        };
        match about {
            Some(id) => self.about_alert(draft, id),
            None => draft,
        }
    }

    pub(super) fn call_recorded(&mut self, request: RequestId, entry: &Arc<Entry>) -> Vec<Effect> {
        let Some((call, rings, due)) = self.calls.recorded(request, entry) else { return Vec::new() };
        let again = call.again.is_some();
        if let Some(alerts) = rings {
            let text = if alerts.is_empty() { call.text } else { said(self, &alerts) };
            self.calls.ring(text, &call.by);
        }
        let made = due.into_iter().map(|Due { intent, by: way, alerts, text }| {
            let text = if alerts.is_empty() || again { text } else { said(self, &alerts) };
            let facts = self.call_facts(&alerts, &text);
            Effect::Call { intent, way, said: Said { text, facts } }
        });
        made.collect()
    }

    /// What a program is told of the newest of them, in variables.
    fn call_facts(&self, alerts: &[AlertId], text: &str) -> Vec<(String, String)> {
        let tracked = alerts.first().and_then(|id| self.alerts.get(id));
        let of = |value: Option<String>| inert(&value.unwrap_or_default()).into_owned();
        [
            ("TEXT", text.to_owned()),
            ("COUNT", alerts.len().max(1).to_string()),
            ("ENVIRONMENT", self.settings.environment.word().to_owned()),
            ("ALERT", of(tracked.map(|it| it.alert.name().to_owned()))),
            ("ID", of(tracked.map(|it| it.alert.id.to_string()))),
            ("SOURCE", of(tracked.map(|it| it.alert.id.source.to_string()))),
            ("SEVERITY", of(tracked.map(|it| it.severity.word().to_owned()))),
            ("SERVICE", of(tracked.and_then(|it| it.service.as_ref().map(ToString::to_string)))),
            ("INSTANCE", of(tracked.map(|it| it.alert.target().to_owned()))),
            ("SUMMARY", of(tracked.and_then(|it| it.alert.summary().map(str::to_owned)))),
            ("STARTED", of(tracked.map(|it| it.episode.to_rfc3339()))),
        ]
        .map(|(name, value)| (format!("MIDWATCH_{name}"), value))
        .into()
    }

    pub(super) fn call_ended(&mut self, intent: EntryId, way: Way, end: Result<(), Outside>) -> Vec<Effect> {
        let text = match &end {
            Ok(()) => format!("called by {}", way.word()),
            Err(why) => format!("not called by {}: {}", way.word(), why.inert()),
        };
        let draft = self.context().seen("attention", Kind::Console, text);
        let mut draft = draft.with("event", "call-ended").with("intent", intent).with("done", end.is_ok());
        draft.key = Some(format!("call/{intent}/{}/ended", way.word()));
        // Not by the log: in a storm thousands of entries follow on a call before it ends.
        let about = self.calls.begun(intent).cloned();
        let mark: Option<u64> = about.as_ref().and_then(|about| about.data_of("mark"));
        draft = draft.with("mark", mark).with("medium", medium(way));
        if let Some(about) = about {
            (draft.alert, draft.service, draft.incident) = (about.alert.clone(), about.service.clone(), about.incident);
        }
        if self.settings.read_only {
            return Vec::new();
        }
        // Nobody else knows how it ended: whoever watches by now would call again.
        vec![Effect::Record { request: self.context().request(), drafts: vec![draft] }]
    }

    /// What was begun by whoever is gone, and of which nobody knows whether it arrived.
    pub(super) fn tell_cut_off(&mut self) -> Vec<Effect> {
        let left: Vec<(String, Draft)> = self.calls.untold(self.now.wall).into_iter().map(|call| cut_off(&call)).collect();
        let drafts = left.into_iter().filter(|(key, _)| self.telling.insert(key.clone())).map(|(key, draft)| Draft {
            key: Some(key),
            at: self.now.wall,
            ..draft
        });
        let drafts = drafts.collect();
        self.record(drafts)
    }
}

fn cut_off(call: &CutOff<'_>) -> (String, Draft) {
    let (intent, way) = (call.intent, call.name.way.word());
    let more = call.of.len() - 1;
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let what = intent.text_of("what").unwrap_or_default();
    let begun = intent.recorded_at.format("%H:%M");
    let text =
        format!("the call by {way} begun at {begun} UTC was cut off: whether it arrived is not known ({}{more})", inert(what));
    let draft = Draft::new(Kind::Console, intent.recorded_at, Actor::system("attention"), text);
    let draft = draft.with("event", "call-cut-off").with("intent", intent.id).with("mark", call.name.mark).with("medium", way);
    let (alert, service, incident) = (intent.alert.clone(), intent.service.clone(), intent.incident);
    (format!("call/{}/{way}/cut-off", intent.id), Draft { alert, service, incident, ..draft })
}
