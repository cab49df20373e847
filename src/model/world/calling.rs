//! Calling somebody: written down, and then done by whoever wrote it first.

use super::World;
use crate::domain::attention::Way;
use crate::domain::entry::{Draft, Entry, Kind};
use crate::domain::ids::{AlertId, EntryId, RequestId};
use crate::domain::text::{Outside, inert};
use crate::model::Effect;
use crate::model::calls::{Call, Due, Said, medium, said};
use std::collections::BTreeSet;
use std::sync::Arc;

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
            if call.alerts.is_empty() {
                drafts.push(self.call_draft(&call, &by, through, mark, None));
            }
            for id in &call.alerts {
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
        let text = match call.seen {
            true => format!("{what}: {me} was at the console, so nobody is called"),
            false => format!("calls {me} by {ways}: {what}"),
        };
        let draft = self.context().seen("attention", Kind::Console, text);
        let mut draft = draft.with("event", "called").with("by", by).with("medium", medium).with("mark", mark);
        let news = |id: &AlertId| self.alerts.get(id).map_or(self.now.wall, |tracked| tracked.news).timestamp_millis();
        let of = match id {
            Some(id) => format!("{id}/{}", news(id)),
            // Processes see a storm begin at about the same time.
            None => format!("storm/{}", self.now.wall.timestamp() / 60),
        };
        draft.key = Some(format!("{of}/called/{medium}"));
        match id {
            Some(id) => self.about_alert(draft, id),
            None => draft,
        }
    }

    pub(super) fn call_recorded(&mut self, request: RequestId, entry: &Arc<Entry>) -> Vec<Effect> {
        let Some((call, rings, due)) = self.calls.recorded(request, entry) else { return Vec::new() };
        if let Some(alerts) = rings {
            let text = if alerts.is_empty() { call.text } else { said(self, &alerts) };
            self.calls.ring(text, &call.by);
        }
        let made = due.into_iter().map(|Due { intent, by: way, alerts, text }| {
            let text = if alerts.is_empty() { text } else { said(self, &alerts) };
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
        let about = self.log.entries().find(|entry| entry.id == intent).cloned();
        if let Some(about) = about {
            (draft.alert, draft.service, draft.incident) = (about.alert.clone(), about.service.clone(), about.incident);
        }
        self.record(vec![draft])
    }
}
