//! What a person asks of a source: what its system can do to an alert. The guards are here; what passes them is
//! recorded and sent as its source has room for it. Of several alerts each is judged by itself: one that can't have it does
//! not keep the others from it.

use super::World;
use super::commands::{Asked, Refusal, lasting, some};
use super::silencing::{Broad, meant};
use crate::domain::act::{Act, ActKind, What};
use crate::domain::entry::{Draft, Kind};
use crate::domain::ids::{AlertId, RequestId, SourceName};
use crate::domain::text::inert;
use crate::model::Effect;
use crate::model::alerts::SNOOZED;
use crate::model::progress::Target;
use chrono::{DateTime, SecondsFormat, Utc};
use std::collections::BTreeSet;

impl World {
    /// Sends acts that nobody typed and that follow from what this process has recorded: nobody else sees to them.
    pub(super) fn launch(&mut self, drafts: Vec<Draft>) -> Vec<Effect> {
        self.send_by(drafts, |world| world.context().request())
    }

    /// Sends acts that whoever watches sees to.
    pub(super) fn launch_duties(&mut self, drafts: Vec<Draft>) -> Vec<Effect> {
        self.send_by(drafts, Self::duty_request)
    }

    fn send_by(&mut self, drafts: Vec<Draft>, number: fn(&mut Self) -> RequestId) -> Vec<Effect> {
        if self.settings.read_only {
            return Vec::new();
        }
        for draft in drafts {
            let request = number(self);
            self.ends.follows(request, &draft);
            self.line_up(request, draft);
        }
        self.next_acts()
    }

    pub(super) fn launch_for(&mut self, request: RequestId, drafts: Vec<Draft>) -> Vec<Effect> {
        for draft in drafts {
            self.line_up(request, draft);
        }
        self.next_acts()
    }

    fn line_up(&mut self, request: RequestId, draft: Draft) {
        if let Some(source) = draft.data_of("source") {
            self.lanes.push(source, request, draft);
        }
    }

    /// As many of the acts that wait as their sources have room for.
    pub(super) fn next_acts(&mut self) -> Vec<Effect> {
        self.lanes.due().into_iter().map(|(request, drafts)| Effect::Record { request, drafts }).collect()
    }

    /// How many acts of a request wait, and can still be stopped.
    pub fn waiting_for(&self, request: RequestId) -> usize {
        self.lanes.waiting_for(request)
    }

    /// What of a request is not recorded yet is not done. What is under way goes on to its end, which is told as ever.
    pub(super) fn stop(&mut self, request: RequestId, title: &str, stopped: RequestId) -> Vec<Effect> {
        if let Some(draft) = self.attaching.remove(&stopped) {
            self.requests.stop(stopped, std::iter::once(Target::of(&draft)));
            return vec![Effect::StopKeeping { request: stopped }];
        }
        let drafts = self.lanes.stop(stopped);
        if drafts.is_empty() {
            return self.refuse(request, title, "nothing of it waits any more");
        }
        self.requests.stop(stopped, drafts.iter().map(Target::of));
        Vec::new()
    }

    /// One act on each of these alerts.
    pub(super) fn act_on(
        &mut self,
        alerts: Vec<AlertId>,
        what: &What,
        reason: &str,
        confirmed: Option<usize>,
    ) -> Result<Asked, Refusal> {
        some(&alerts)?;
        self.sensible(what, reason)?;
        meant(self.broad_act(&alerts, what), confirmed)?;
        Ok(Asked::each(alerts, |id| self.act_on_one(id, what, reason)))
    }

    /// Why such an act is as broad as a broad silence: it keeps quiet what it is done to.
    pub fn broad_act(&self, alerts: &[AlertId], what: &What) -> Option<Broad> {
        let quiet = matches!(what, What::Snooze { .. } | What::Downtime { .. });
        self.broad_for(alerts).filter(|_| quiet)
    }

    /// A host takes its services into its downtime: the hosts among these alerts, and the services of them that stand in the queue.
    /// A service is called by its host and its own name, with `:` between them.
    pub fn taken_along(&self, alerts: &[AlertId]) -> (Vec<AlertId>, Vec<AlertId>) {
        let is_host = |id: &&AlertId| !id.fingerprint.as_str().contains(':') && self.lists(&id.source, ActKind::Downtime);
        let hosts: Vec<AlertId> = alerts.iter().filter(is_host).cloned().collect();
        let host_of = |id: &AlertId| Some((id.source.clone(), id.fingerprint.as_str().split_once(':')?.0.to_owned()));
        let known: BTreeSet<_> = hosts.iter().map(|id| (id.source.clone(), id.fingerprint.as_str().to_owned())).collect();
        let open = self.alerts.real().filter(|tracked| !known.is_empty() && tracked.resolved_at.is_none());
        let of_them = open.map(|tracked| &tracked.alert.id).filter(|id| host_of(id).is_some_and(|host| known.contains(&host)));
        let services = of_them.filter(|id| !alerts.contains(id)).cloned().collect();
        (hosts, services)
    }

    /// What goes in downtime with hosts though nobody has named it: in a sentence, and what of it stands in the queue.
    pub fn goes_along(&self, alerts: &[AlertId]) -> Option<(String, Vec<AlertId>)> {
        let (hosts, services) = self.taken_along(alerts);
        let which = match hosts.as_slice() {
            [] => return None,
            [host] => format!("Every service of {} goes with it", inert(host.fingerprint.as_str())),
            many => format!("Every service of these {} hosts goes with them", many.len()),
        };
        let now = match services.len() {
            0 => "none is in the queue now".to_owned(),
            1 => "1 is in the queue now:".to_owned(),
            many => format!("{many} are in the queue now:"),
        };
        Some((format!("{which}; {now}"), services))
    }

    fn sensible(&self, what: &What, reason: &str) -> Result<(), Refusal> {
        match what {
            What::Comment if reason.is_empty() => Err("there is nothing to write down beside it".into()),
            What::Downtime { .. } if reason.is_empty() => {
                Err("a downtime needs a reason: others will ask why nobody is paged".into())
            }
            What::Assign { to } | What::Prioritise { to } if to.trim().is_empty() => Err("nothing is named".into()),
            What::Snooze { until } | What::Downtime { until } => lasting((*until - self.now.wall).to_std().unwrap_or_default()),
            _ => Ok(()),
        }
    }

    /// What is only taken for over is none of its system's any more: that it is known to be is recorded, and nothing is sent.
    fn known_over_draft(&mut self, id: &AlertId, reason: &str) -> Option<Draft> {
        let (episode, name) = self.alerts.taken_for_over(id)?;
        let name = name.unwrap_or_else(|| self.in_full(id));
        let why = if reason.is_empty() { String::new() } else { format!(": {}", inert(reason)) };
        let draft = self.context().by_me(Kind::KnownOver, format!("{name} is known to be over{why}"));
        let draft = draft.with("episode", episode).with("name", &name);
        let draft = if reason.is_empty() { draft } else { draft.with("reason", reason) };
        Some(self.about_alert(draft, id))
    }

    fn act_on_one(&mut self, id: AlertId, what: &What, reason: &str) -> Result<Draft, Refusal> {
        if let Some(known) = (*what == What::Resolve).then(|| self.known_over_draft(&id, reason)).flatten() {
            return Ok(known);
        }
        let tracked = self.alerts.get(&id).ok_or_else(|| self.absent(&id))?;
        let (name, labels) = (self.in_full(&id), tracked.alert.labels.clone());
        if tracked.resolved_at.is_some() && *what != What::Comment {
            return Err(format!("{name} has resolved already"));
        }
        if !tracked.alert.allows(what.kind()) {
            let (source, word) = (&id.source, what.kind().word());
            return Err(format!("{source} can't {word} {name}: its version or the settings of this alert there don't allow it"));
        }
        if let What::Merge { into } = what {
            self.mergeable(&id, into)?;
        }
        let why = if reason.is_empty() { String::new() } else { format!(": {}", inert(reason)) };
        let text = format!("{}{why}", told(what, &name));
        let act = match what {
            // What has no snooze of its own is silent by a silence that holds for this alert alone.
            What::Snooze { until } if !self.lists(&id.source, ActKind::Snooze) => {
                self.can(&id.source, ActKind::Snooze)?;
                let comment = if reason.is_empty() { SNOOZED.to_owned() } else { format!("{SNOOZED}: {reason}") };
                let (matchers, starts_at, by) = (labels.exactly(), self.now.wall, self.me.name.clone());
                Act::Silence { id: None, matchers, starts_at, ends_at: *until, by, comment }
            }
            what => {
                self.can(&id.source, what.kind())?;
                let (by, comment) = (self.me.name.clone(), reason.to_owned());
                Act::On { alert: id.fingerprint.clone(), what: what.clone(), by, comment }
            }
        };
        let draft = self.act_draft(&id.source, act, &text);
        Ok(self.about_alert(draft, &id))
    }

    fn mergeable(&self, id: &AlertId, into: &crate::domain::ids::Fingerprint) -> Result<(), Refusal> {
        let target = AlertId { source: id.source.clone(), fingerprint: into.clone() };
        match self.alerts.get(&target) {
            Some(_) if target == *id => Err("an alert can't become a part of itself".into()),
            Some(_) => Ok(()),
            None => Err(format!("no alert {target} is in the queue to merge into: both have to be of one source")),
        }
    }

    /// Whether its system has such an act itself.
    fn lists(&self, source: &SourceName, kind: ActKind) -> bool {
        self.settings.source(source).is_some_and(|spec| spec.acts.contains(&kind))
    }

    /// Whether alerts of this source can have it: where there is no snooze, a silence is one.
    pub fn has_act(&self, source: &SourceName, kind: ActKind) -> bool {
        self.lists(source, kind) || (kind == ActKind::Snooze && self.lists(source, ActKind::Silence))
    }

    /// Whether this alert can have it: its system has it, and does not keep it from this one.
    pub fn may(&self, alert: &AlertId, kind: ActKind) -> bool {
        self.has_act(&alert.source, kind) && self.alerts.get(alert).is_none_or(|tracked| tracked.alert.allows(kind))
    }

    /// The refusal says what it can do instead.
    pub(super) fn can(&self, source: &SourceName, kind: ActKind) -> Result<(), Refusal> {
        let spec = self.settings.source(source).ok_or_else(|| format!("no source is named {source}"))?;
        if self.has_act(source, kind) {
            return Ok(());
        }
        let words: Vec<&str> = ActKind::ALL.into_iter().filter(|kind| self.has_act(source, *kind)).map(ActKind::word).collect();
        let can = if words.is_empty() { "it only lists".to_owned() } else { format!("it can {}", words.join(", ")) };
        Err(format!("{source} ({}) can't {}; {can}", spec.kind, kind.word()))
    }
}

/// What is being done, for the log: what became of it stands in the entry of its end.
fn told(what: &What, name: &str) -> String {
    let time = |time: &DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    match what {
        What::Acknowledge { until, .. } => format!("acknowledging {name} at its source until {}", time(until)),
        What::Unacknowledge => format!("taking the acknowledgement of {name} back at its source"),
        What::Snooze { until } => format!("snoozing {name} until {}", time(until)),
        What::Unsnooze => format!("ending the snooze of {name}"),
        What::Resolve => format!("resolving {name}"),
        What::Assign { to } => format!("assigning {name} to {}", inert(to)),
        What::Escalate { level: None } => format!("escalating {name}"),
        What::Escalate { level: Some(level) } => format!("escalating {name} to level {level}"),
        What::Comment => format!("commenting on {name}"),
        What::Downtime { until } => format!("putting {name} in downtime until {}", time(until)),
        What::Recheck => format!("having {name} checked again"),
        What::Merge { into } => format!("merging {name} into {into}"),
        What::Prioritise { to } => format!("setting the priority of {name} to {}", inert(to)),
    }
}
