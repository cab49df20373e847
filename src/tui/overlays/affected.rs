//! The alerts that an act is about, before it is done: how many there are, how bad and whose, and each by what tells it from
//! others, in the order of the queue. Who they are is settled elsewhere.

use crate::domain::alert::Severity;
use crate::domain::ids::AlertId;
use crate::domain::text::inert;
use crate::model::alerts::{State, Tracked};
use crate::tui::panes::alerts::severity;
use crate::tui::theme::Role;
use crate::tui::view::View;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// Alerts that are listed where it can be scrolled, and where it can't.
pub const MANY: usize = 500;
pub const FEW: usize = 8;
/// Services that are counted by name.
const SERVICES: usize = 4;

/// In a storm the queue changes with every frame, and walking thousands for each would cost more than the frame.
const SELDOM: Duration = Duration::from_secs(1);

/// What is told of them, anew where the queue has changed, but of many seldom.
#[derive(Default)]
pub struct Told {
    of: Option<u64>,
    at: Duration,
    lines: Vec<(String, Role)>,
}

impl Told {
    pub fn now(lines: Vec<(String, Role)>, view: &View) -> Self {
        Self { of: Some(view.world.alerts.revision()), at: view.now.mono, lines }
    }

    /// It may not be so any more, of so many alerts.
    pub fn is_due(&self, alerts: usize, view: &View) -> bool {
        let recent = self.of.is_some() && alerts > MANY && view.now.mono.saturating_sub(self.at) < SELDOM;
        self.of != Some(view.world.alerts.revision()) && !recent
    }

    pub fn lines(&self) -> &[(String, Role)] {
        &self.lines
    }
}

/// `1 alert`, `290 alerts`.
pub fn counted(alerts: usize) -> String {
    if alerts == 1 { "1 alert".to_owned() } else { format!("{alerts} alerts") }
}

/// `PostgresDown`, or `290 alerts: Noise and 289 more`.
pub fn named(alerts: &[AlertId], view: &View) -> String {
    match alerts.len() {
        0 | 1 => view.names_of(alerts),
        many => format!("{}: {}", counted(many), view.names_of(alerts)),
    }
}

/// What has become of one since the dialog was opened.
pub fn became(id: &AlertId, view: &View) -> String {
    let name = view.name_of(id);
    match view.world.alerts.get(id) {
        Some(tracked) if tracked.presumed().is_some() => format!("{name} is only taken for over: nobody has said that it is"),
        Some(_) => format!("{name} has resolved meanwhile"),
        None => format!("{name} {}", view.world.whereabouts(id)),
    }
}

/// What they are in a line or two, then so many of them, and how many more there are.
pub fn listed(alerts: &[AlertId], most: usize, view: &View) -> Vec<(String, Role)> {
    let mut known: Vec<_> =
        alerts.iter().filter_map(|id| Some((view.world.alerts.rank(id)?, view.world.alerts.get(id)?))).collect();
    known.sort_by_key(|(rank, tracked)| (*rank, &tracked.alert.id));
    let known: Vec<&Tracked> = known.into_iter().map(|(_, tracked)| tracked).collect();
    let gone = alerts.iter().filter(|id| view.world.alerts.get(id).is_none());
    let several = known.windows(2).any(|pair| pair[0].alert.id.source != pair[1].alert.id.source);
    let lines = known
        .iter()
        .map(|tracked| line(tracked, several, view))
        .chain(gone.map(|id| (format!("· {} {}", view.name_of(id), view.world.whereabouts(id)), Role::Dim)));
    let more = alerts.len().saturating_sub(most);
    let more = (more > 0).then(|| (format!("· and {more} more"), Role::Dim));
    summary(&known).into_iter().chain(lines.take(most)).chain(more).collect()
}

/// `290 alerts: 2 critical, 288 warning; 280 of checkout, 10 of stripe.`
fn summary(known: &[&Tracked]) -> Option<(String, Role)> {
    let of = |severity: Severity| known.iter().filter(|tracked| tracked.severity == severity).count();
    let worst_first = [Severity::Critical, Severity::Warning, Severity::Unknown, Severity::Info];
    let severities = worst_first.map(|severity| (of(severity), severity.word())).into_iter().filter(|(count, _)| *count > 0);
    let severities: Vec<String> = severities.map(|(count, word)| format!("{count} {word}")).collect();
    let mut services: BTreeMap<&str, usize> = BTreeMap::new();
    for tracked in known {
        *services.entry(tracked.service.as_ref().map_or("", |service| service.as_str())).or_default() += 1;
    }
    let mut services: Vec<(&str, usize)> = services.into_iter().collect();
    services.sort_by_key(|(_, count)| Reverse(*count));
    let others: usize = services.iter().skip(SERVICES).map(|(_, count)| count).sum();
    let told = services.iter().take(SERVICES).map(|(name, count)| match *name {
        "" => format!("{count} of no service"),
        name => format!("{count} of {}", inert(name)),
    });
    let others = (others > 0).then(|| format!("{others} of others"));
    let services: Vec<String> = told.chain(others).collect();
    let text = format!("{}: {}; {}.", counted(known.len()), severities.join(", "), services.join(", "));
    (!known.is_empty()).then_some((text, Role::Text))
}

/// `· CRIT PostgresDown db-1:5432, postgres`
fn line(tracked: &Tracked, several: bool, view: &View) -> (String, Role) {
    let (word, _) = severity(tracked.severity);
    let alert = &tracked.alert;
    let mut text = format!("· {word} {} {}", inert(alert.name()), inert(alert.target())).trim_end().to_owned();
    text.push_str(&view.world.apart(tracked));
    if let Some(service) = &tracked.service {
        text = format!("{text}, {}", inert(service.as_str()));
    }
    if several {
        text = format!("{text}, at {}", inert(alert.id.source.as_str()));
    }
    if tracked.state == State::Resolved {
        text.push_str(", over");
    }
    (text, Role::Dim)
}
