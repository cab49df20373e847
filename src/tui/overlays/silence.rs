//! Silencing: which alerts, for how long, why, and what that hides now. Invariant: who is meant is settled when it is asked,
//! and what else the matchers hide is shown before it is done.

mod ending;
mod matchers;

pub use ending::expire;
pub use matchers::{parse, show, told};

use super::ack::hold;
use super::affected::{MANY, counted, listed};
use super::confirm::{self, Question};
use super::dialog::{Dialog, Form, field, proposed};
use crate::domain::act::ActKind;
use crate::domain::alert::{Cover, Labels, Severity, SilenceMatcher, covering};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::Outside;
use crate::model::Command;
use crate::model::world::{Broad, hides_something};
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use std::collections::BTreeSet;
use std::time::Duration;

struct Hide {
    /// Frozen when it was asked for; each of a source that has silences.
    alerts: BTreeSet<AlertId>,
    /// How many of those that were chosen can't be silenced, and whose they are.
    left_out: Option<(usize, String)>,
    covers: Covers,
}

/// What the matchers hide now, and of what it was computed.
#[derive(Default, PartialEq)]
struct Covers {
    of: Option<(String, u64)>,
    alerts: usize,
    critical: usize,
    /// How many of those that were chosen, and how many of them are left out though they are not over.
    chosen: usize,
    missed: usize,
    names: Vec<String>,
}

/// How long a silence lasts unless told otherwise.
const DEFAULT: &str = "1h";
/// Matchers that are longer stand in full below, too.
const NARROW: usize = 56;
/// Alerts that are named.
const NAMED: usize = 4;

/// A silence of all of these: by matchers that cover them, and others only where it can't be helped.
pub fn open(alerts: &[AlertId], view: &View) -> Reply {
    let here = alerts.iter().filter(|id| view.world.alerts.get(id).is_some());
    let (able, unable): (BTreeSet<&AlertId>, BTreeSet<&AlertId>) =
        here.partition(|id| view.world.has_act(&id.source, ActKind::Silence));
    let of = |ids: &BTreeSet<&AlertId>| {
        let sources: BTreeSet<&str> = ids.iter().map(|id| id.source.as_str()).collect();
        sources.into_iter().collect::<Vec<_>>().join(", ")
    };
    match (able.is_empty(), unable.is_empty()) {
        (true, true) => return Reply::Say("The alert has left the queue.".to_owned()),
        (true, false) => return Reply::Say(format!("{} has no silences: x shows what can be done.", of(&unable))),
        _ => {}
    }
    let labels: Vec<&Labels> = able.iter().filter_map(|id| view.world.alerts.get(id)).map(|it| &it.alert.labels).collect();
    let fields = vec![field("reason", ""), proposed("for", DEFAULT), field("matchers", matchers::written(&covering(&labels)))];
    let left_out = (!unable.is_empty()).then(|| (unable.len(), of(&unable)));
    let form = Hide { alerts: able.into_iter().cloned().collect(), left_out, covers: Covers::default() };
    Reply::Open(Box::new(Dialog::new(form, fields)))
}

impl Hide {
    fn sources(&self) -> BTreeSet<&SourceName> {
        self.alerts.iter().map(|id| &id.source).collect()
    }

    fn compute(&self, matchers: &[SilenceMatcher], view: &View) -> Covers {
        let mut covers = Covers::default();
        let Ok(cover) = Cover::of(matchers) else { return covers };
        let (sources, mut chosen) = (self.sources(), Vec::new());
        for tracked in view.world.alerts.queue().filter(|tracked| tracked.resolved_at.is_none()) {
            let (id, labels) = (&tracked.alert.id, &tracked.alert.labels);
            let (is_chosen, hidden) = (self.alerts.contains(id), sources.contains(&id.source) && cover.covers(labels));
            covers.missed += usize::from(is_chosen && !hidden);
            if !hidden {
                continue;
            }
            covers.alerts += 1;
            covers.chosen += usize::from(is_chosen);
            covers.critical += usize::from(tracked.severity == Severity::Critical);
            let names = if is_chosen { &mut chosen } else { &mut covers.names };
            if names.len() < NAMED {
                let (name, target) = (Outside::from(tracked.alert.name()), Outside::from(tracked.alert.target()));
                names.push(format!("{} {}", name.inert(), target.inert()));
            }
        }
        // What else is hidden comes first.
        covers.names.extend(chosen);
        covers.names.truncate(NAMED);
        covers
    }

    fn each(&self, view: &View) -> Vec<(String, Role)> {
        let each = match self.alerts.len() {
            1 => "It gets a silence by exactly its labels.".to_owned(),
            many => format!("Each of the {many} gets a silence of its own, by exactly its labels. Nothing else is hidden."),
        };
        let ids: Vec<AlertId> = self.alerts.iter().cloned().collect();
        [(each, Role::Text)].into_iter().chain(listed(&ids, MANY, view)).collect()
    }

    /// A silence of its own for each of them, or one by these matchers on each of their sources.
    fn ask(&self, matchers: Vec<SilenceMatcher>, reason: String, hold: Duration, view: &View) -> Result<Vec<Reply>, String> {
        let sources: BTreeSet<SourceName> = self.sources().into_iter().cloned().collect();
        let alerts: Vec<AlertId> = self.alerts.iter().cloned().collect();
        let broad = match matchers.is_empty() {
            true => view.world.broad_for(&alerts),
            false => view.world.broad_over(&sources.iter().collect(), &matchers),
        };
        // They are asked for once that number was typed, where there is one.
        let number = broad.as_ref().map(|broad| broad.alerts);
        let commands = match matchers.is_empty() {
            true => vec![Command::SilenceEach { alerts, hold, reason, confirmed: number }],
            false => view.world.silence_on(&sources.iter().collect(), &matchers, (hold, &reason), number)?,
        };
        let ask = move |_| commands.iter().cloned().map(Reply::Ask).chain([Reply::Unmark]).collect();
        Ok(confirmed(broad, self.title(view), "silence them", ask))
    }
}

impl Covers {
    fn told(&self, chosen: usize) -> Vec<(String, Role)> {
        let others = self.alerts - self.chosen;
        let role = if others > 0 { Role::Warning } else { Role::Text };
        let critical = match (self.critical, self.alerts) {
            (0, _) => String::new(),
            (_, 1) => ", a critical one".to_owned(),
            (some, _) => format!(", {some} of them critical"),
        };
        let mut facts =
            vec![(format!("It hides {} now{critical}, and every later one that matches:", counted(self.alerts)), role)];
        facts.extend(self.names.iter().map(|name| (format!("· {name}"), Role::Dim)));
        if chosen > 1 {
            let others = match others {
                0 => "no others".to_owned(),
                1 => "1 other, which stands first".to_owned(),
                many => format!("{many} others, which stand first"),
            };
            facts.push((format!("That is {} of those that were chosen, and {others}.", self.chosen), role));
        }
        if self.missed > 0 {
            let missed =
                if chosen > 1 { format!("{} of those that were chosen", self.missed) } else { "the chosen one".to_owned() };
            facts.push((format!("It leaves out {missed}."), Role::Warning));
        }
        if chosen > 1 {
            facts.push(("Without matchers each of them gets a silence of its own.".to_owned(), Role::Dim));
        }
        facts
    }
}

impl Form for Hide {
    fn title(&self, _view: &View) -> String {
        let sources = self.sources().into_iter().map(SourceName::as_str).collect::<Vec<_>>().join(", ");
        match self.alerts.len() {
            1 => format!("Silence on {sources}"),
            many => format!("Silence on {sources}: {many} alerts"),
        }
    }

    fn verb(&self) -> String {
        let each = self.covers.of.as_ref().is_some_and(|(matchers, _)| matchers.trim().is_empty());
        format!("silence {}", counted(if each { self.alerts.len() } else { self.covers.alerts }))
    }

    fn prepare(&mut self, texts: &[&str], view: &View) {
        let of = Some((texts[2].to_owned(), view.world.alerts.revision()));
        if self.covers.of != of {
            let matchers = parse(texts[2]).unwrap_or_default();
            self.covers = Covers { of, ..self.compute(&matchers, view) };
        }
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let what = match parse(texts[2]) {
            Ok(matchers) if matchers.is_empty() => self.each(view),
            Ok(matchers) => {
                // The line that is typed into may be too narrow for them.
                let whole = (texts[2].len() > NARROW).then(|| (told(&matchers), Role::Dim));
                self.covers.told(self.alerts.len()).into_iter().chain(whole).collect()
            }
            Err(why) => vec![(why, Role::Warning)],
        };
        let left_out = |(count, sources): &(usize, String)| {
            (format!("{} of {sources} stay as they are: there are no silences.", counted(*count)), Role::Warning)
        };
        self.left_out.iter().map(left_out).chain(what).collect()
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let matchers = parse(texts[2])?;
        if !matchers.is_empty() {
            hides_something(&matchers)?;
        }
        let reason = texts[0].trim().to_owned();
        if reason.is_empty() {
            return Err("A silence needs a reason: others will ask why it is quiet.".to_owned());
        }
        // The count that was shown is the one that is recorded; if that has changed since, it is shown first. An answer that changes
        // nothing of it is no reason to be asked again.
        let is_shown = |shown: &(String, u64)| {
            shown.0 == texts[2]
                && (shown.1 == view.world.alerts.revision()
                    || Covers { of: self.covers.of.clone(), ..self.compute(&matchers, view) } == self.covers)
        };
        if !self.covers.of.as_ref().is_some_and(is_shown) {
            return Err("The queue has just changed: look at the count again.".to_owned());
        }
        let hold = hold(texts[1])?.unwrap_or(Duration::from_secs(3600));
        self.ask(matchers, reason, hold, view)
    }
}

/// Does it at once, unless it is broad: then the number of alerts has to be typed first.
pub fn confirmed(
    broad: Option<Broad>,
    title: String,
    verb: &'static str,
    ask: impl Fn(Option<usize>) -> Vec<Reply> + 'static,
) -> Vec<Reply> {
    let Some(Broad { alerts, why }) = broad else { return ask(None) };
    let facts = vec![format!("Look again: {why}."), format!("{alerts} is the number of alerts that it keeps quiet now.")];
    let yes = Box::new(move |typed: Option<String>| ask(typed.and_then(|text| text.parse().ok())));
    vec![Reply::Open(confirm::open(Question { title, facts, verb, typed: Some(alerts.to_string()), yes }))]
}
