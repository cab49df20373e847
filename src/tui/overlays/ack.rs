//! Acknowledging: why, and for how long.

use super::Overlay;
use super::affected::{MANY, Told, became, counted, listed, named};
use super::dialog::{Dialog, Form, field};
use super::silence::confirmed;
use crate::domain::alert::Severity;
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::settings::Carry;
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::alerts::State;
use crate::tui::action::Action;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

struct Ack {
    alerts: Vec<AlertId>,
    /// Which alerts it is about.
    told: Told,
}

/// So many silences are a load for their source, and one by matchers would do.
const MANY_SILENCES: usize = 500;

pub fn open(alerts: Vec<AlertId>) -> Box<dyn Overlay> {
    let fields = vec![field("reason", ""), field("for", ""), field("ticket", "")];
    Box::new(Dialog::new(Ack { alerts, told: Told::default() }, fields))
}

/// Reads `90m`, `1h 30m`; empty is the configuration's.
pub fn hold(text: &str) -> Result<Option<Duration>, String> {
    match text.trim() {
        "" => Ok(None),
        text => {
            humantime::parse_duration(text).map(Some).map_err(|_| format!("`{text}` is not a duration: write 90m or 1h 30m."))
        }
    }
}

impl Form for Ack {
    fn title(&self, view: &View) -> String {
        format!("Acknowledge {}", named(&self.alerts, view))
    }

    fn verb(&self) -> String {
        match self.alerts.len() {
            1 => "acknowledge".to_owned(),
            many => format!("acknowledge {}", counted(many)),
        }
    }

    fn prepare(&mut self, _texts: &[&str], view: &View) {
        if self.told.is_due(self.alerts.len(), view) {
            let mut lines: Vec<_> = self.too_many(view).into_iter().chain(self.of_others(view)).collect();
            lines.extend(if self.alerts.len() > 1 { listed(&self.alerts, MANY, view) } else { Vec::new() });
            self.told = Told::now(lines, view);
        }
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let holds = match hold(texts[1]) {
            Ok(Some(hold)) => humantime::format_duration(hold).to_string(),
            _ => self.usual(view),
        };
        let mut facts = vec![(format!("Owner: {}, for {holds}.", view.world.me.name), Role::Text)];
        facts.extend(self.carried(view));
        let gone = |id: &&AlertId| {
            let tracked = view.world.alerts.get(id);
            tracked.is_none_or(|tracked| tracked.state == State::Resolved)
        };
        for id in self.alerts.iter().filter(gone).take(3) {
            // What was pending and fires is acknowledged where it fires.
            let follows = if view.world.alerts.now(id) == id { "." } else { ": that is acknowledged." };
            facts.push((format!("{}{follows}", became(id, view)), Role::Warning));
        }
        facts.extend(self.told.lines().iter().cloned());
        facts
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let (alerts, hold, reason) = (self.alerts.clone(), hold(texts[1])?, texts[0].trim().to_owned());
        let ticket = Some(texts[2].trim().to_owned()).filter(|ticket| !ticket.is_empty());
        let (broad, title) = (view.world.broad_acks(&alerts), self.title(view));
        let ask = move |confirmed| {
            let (alerts, reason, ticket) = (alerts.clone(), reason.clone(), ticket.clone());
            vec![Reply::Ask(Command::Acknowledge { alerts, hold, reason, ticket, confirmed }), Reply::Unmark]
        };
        Ok(confirmed(broad, title, "acknowledge", ask))
    }
}

impl Ack {
    /// Each alert that is carried as a silence gets one of its own.
    fn too_many(&self, view: &View) -> Option<(String, Role)> {
        let quiet: BTreeSet<&SourceName> = view.world.silencing_acks().collect();
        let of: Vec<&SourceName> = self.alerts.iter().map(|id| &id.source).filter(|source| quiet.contains(source)).collect();
        let (count, names) = (of.len(), of.into_iter().map(|name| inert(name.as_str())).collect::<BTreeSet<_>>());
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        let key = view.keymap.key_of(Action::Silence);
        let text = format!("That makes {count} silences on {names}: {key} makes one by matchers that covers them.");
        (count > MANY_SILENCES).then_some((text, Role::Warning))
    }

    /// Whom it is taken from: two who both believe that it is theirs get in each other's way.
    fn of_others(&self, view: &View) -> Vec<(String, Role)> {
        let mut had: BTreeMap<String, usize> = BTreeMap::new();
        for who in self.alerts.iter().filter_map(|id| view.world.taken_from(id)) {
            *had.entry(who).or_default() += 1;
        }
        let line = |(who, count): (String, usize)| match self.alerts.len() {
            1 => format!("{who} has it: you take it over."),
            _ => format!("{who} has {count} of them: you take {} over.", if count == 1 { "it" } else { "them" }),
        };
        had.into_iter().map(|had| (line(had), Role::Warning)).collect()
    }

    /// How long it lasts by the configuration: once where it is the same for all, else by severity.
    fn usual(&self, view: &View) -> String {
        let severity = |id: &AlertId| view.world.alerts.get(id).map_or(Severity::Unknown, |tracked| tracked.severity);
        let here: BTreeSet<Reverse<Severity>> = self.alerts.iter().map(severity).map(Reverse).collect();
        let lasts = |severity: Severity| humantime::format_duration(view.world.settings.ack_for.of(severity)).to_string();
        let different: BTreeSet<String> = here.iter().map(|it| lasts(it.0)).collect();
        match different.into_iter().collect::<Vec<_>>().as_slice() {
            [one] => one.clone(),
            _ => here.iter().map(|it| format!("{} ({})", lasts(it.0), it.0.word())).collect::<Vec<_>>().join(", "),
        }
    }

    /// Where it is acknowledged too, or becomes a silence.
    fn carried(&self, view: &View) -> Vec<(String, Role)> {
        let sources: BTreeSet<&SourceName> = self.alerts.iter().map(|id| &view.world.alerts.now(id).source).collect();
        let (mut there, mut quiet, mut here, mut soon) = (Vec::new(), Vec::new(), Vec::new(), false);
        for source in sources {
            match view.world.settings.source(source).and_then(|spec| spec.carry.as_ref()) {
                Some(Carry::Acknowledge) => there.push(inert(source.as_str())),
                Some(Carry::Silence { .. }) => quiet.push(inert(source.as_str())),
                None if self.is_all_pending(source, view) => soon = true,
                None => here.push(inert(source.as_str())),
            }
        }
        let alive = "extended while the alert fires and this console or `midwatch serve` runs";
        let there = (!there.is_empty()).then(|| format!("It is acknowledged on {} too.", there.join(", ")));
        let quiet = (!quiet.is_empty()).then(|| format!("It becomes a short silence on {}, {alive}.", quiet.join(", ")));
        let goes = if here.len() == 1 { "goes" } else { "go" };
        let here = (!here.is_empty()).then(|| format!("Kept here alone: {} {goes} on notifying others.", here.join(", ")));
        let soon = soon.then(|| "Kept here: nobody is notified of what is pending. It holds when that fires, too.".to_owned());
        there.into_iter().chain(quiet).chain(here).chain(soon).map(|text| (text, Role::Dim)).collect()
    }

    /// What this source tells of is all about to fire: it comes from another one then.
    fn is_all_pending(&self, source: &SourceName, view: &View) -> bool {
        let mut of =
            self.alerts.iter().filter_map(|id| view.world.alerts.get(id)).filter(|tracked| tracked.alert.id.source == *source);
        of.all(|tracked| tracked.state == State::Pending)
    }
}
