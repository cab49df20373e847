//! One act on alerts in their own system: what it asks, and exactly what it will do where. The table says which acts there are.

use super::Overlay;
use super::ack::hold;
use super::affected::{MANY, became, listed};
use super::choice::{Choice, item};
use super::dialog::{Dialog, Field, Form, field, proposed};
use super::silence::confirmed;
use crate::domain::act::{ActKind, What};
use crate::domain::ids::AlertId;
use crate::domain::stamp::Stamp;
use crate::domain::text::{Outside, inert};
use crate::model::Command;
use crate::model::alerts::Tracked;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::time::Duration;

/// One act as the console offers it.
pub struct Row {
    pub kind: ActKind,
    /// Its key in the menu.
    pub key: &'static str,
    pub about: &'static str,
    /// The fields and what stands in them at first. Why stands before how long, as in every dialog: it is what is typed at once.
    fields: &'static [(&'static str, &'static str)],
    /// What the fields say.
    what: fn(&[&str], Stamp) -> Result<What, String>,
}

const fn row(
    kind: ActKind,
    key: &'static str,
    about: &'static str,
    fields: &'static [(&'static str, &'static str)],
    what: fn(&[&str], Stamp) -> Result<What, String>,
) -> Row {
    Row { kind, key, about, fields, what }
}

/// Every act that is an alert's own system's.
pub const ROWS: &[Row] = &[
    row(ActKind::Snooze, "z", "quiet for a while", &[("reason", ""), ("for", "1h")], |texts, now| {
        Ok(What::Snooze { until: until(texts[1], now)? })
    }),
    row(ActKind::Resolve, "r", "say that it is over", &[("reason", "")], |_, _| Ok(What::Resolve)),
    row(ActKind::Assign, "g", "to somebody else", &[("to", ""), ("reason", "")], |texts, _| {
        Ok(What::Assign { to: named(texts[0], "Whom: a name, mail or id there, or an escalation policy.")? })
    }),
    row(ActKind::Escalate, "e", "the next level is asked now", &[("level", ""), ("reason", "")], |texts, _| {
        Ok(What::Escalate { level: level(texts[0])? })
    }),
    row(ActKind::Comment, "c", "write it down beside it", &[("comment", "")], |texts, _| {
        named(texts[0], "There is nothing to write down yet.")?;
        Ok(What::Comment)
    }),
    row(ActKind::Downtime, "d", "under repair for a while", &[("reason", ""), ("for", "1h")], |texts, now| {
        named(texts[0], "A downtime needs a reason: others will ask why nobody is paged.")?;
        Ok(What::Downtime { until: until(texts[1], now)? })
    }),
    row(ActKind::Recheck, "k", "its check runs now", &[], |_, _| Ok(What::Recheck)),
    row(ActKind::Merge, "m", "a part of another one", &[("into", ""), ("reason", "")], |texts, _| {
        Ok(What::Merge { into: named(texts[0], "Into which one: its fingerprint.")?.as_str().into() })
    }),
    row(ActKind::Prioritise, "p", "by its name there", &[("to", ""), ("reason", "")], |texts, _| {
        Ok(What::Prioritise { to: named(texts[0], "Which priority: its name there.")? })
    }),
];

fn until(text: &str, now: Stamp) -> Result<DateTime<Utc>, String> {
    Ok(now.after(hold(text)?.unwrap_or(Duration::from_secs(3600))))
}

fn named(text: &str, otherwise: &str) -> Result<String, String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty()).ok_or_else(|| otherwise.to_owned())
}

fn level(text: &str) -> Result<Option<u32>, String> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse() {
            Ok(level) if level > 0 => Ok(Some(level)),
            _ => Err(format!("`{text}` is no level: write 2, or nothing for the next one.")),
        },
    }
}

/// Those of the alerts that can have an act; a comment makes sense for what is over, too.
pub fn able(kind: ActKind, alerts: &[AlertId], view: &View) -> Vec<AlertId> {
    let open = |id: &&AlertId| {
        let tracked = view.world.alerts.get(id);
        tracked.is_some_and(|tracked| tracked.resolved_at.is_none() || kind == ActKind::Comment)
    };
    let able = |id: &&AlertId| view.world.may(id, kind) && open(id) || kind == ActKind::Resolve && is_taken_for_over(id, view);
    alerts.iter().filter(able).cloned().collect()
}

/// Nobody has said that it ended: whoever knows may.
pub fn is_taken_for_over(id: &AlertId, view: &View) -> bool {
    view.world.alerts.is_taken_for_over(id)
}

/// `z` in the queue: the one act that has a key of its own there.
pub fn snooze(alerts: &[AlertId], view: &View) -> Vec<Reply> {
    let able = able(ActKind::Snooze, alerts, view);
    match ROWS.iter().find(|row| row.kind == ActKind::Snooze).filter(|_| !able.is_empty()) {
        Some(row) => open(row, able, view),
        None => vec![Reply::Say(format!("{} can't be snoozed: x shows what can be done.", view.names_of(alerts)))],
    }
}

/// Asks what the act needs; which other alert is chosen from those of the same source.
pub fn open(row: &'static Row, alerts: Vec<AlertId>, view: &View) -> Vec<Reply> {
    match (row.kind, alerts.as_slice()) {
        (ActKind::Merge, [first, ..]) => vec![Reply::Open(Box::new(into_which(row, &alerts, first, view)))],
        (ActKind::Prioritise, _) if !priorities(&alerts, view).is_empty() => {
            vec![Reply::Open(Box::new(which_priority(row, &alerts, view)))]
        }
        (ActKind::Recheck, [_]) => {
            let (what, reason) = (What::Recheck, String::new());
            vec![Reply::Ask(Command::Act { alerts, what, reason, confirmed: None }), Reply::Unmark]
        }
        _ => vec![Reply::Open(dialog(row, alerts, None))],
    }
}

/// With what has been chosen for its first field.
fn dialog(row: &'static Row, alerts: Vec<AlertId>, mut chosen: Option<String>) -> Box<dyn Overlay> {
    let one = |(label, text): &(&'static str, &'static str)| match chosen.take() {
        Some(chosen) => field(*label, chosen),
        None => proposed(*label, *text),
    };
    let fields: Vec<Field> = row.fields.iter().map(one).collect();
    Box::new(Dialog::new(Doing { row, alerts }, fields))
}

/// At most so many others to choose from; typing narrows them.
const OTHERS: usize = 1_000;

fn into_which(row: &'static Row, alerts: &[AlertId], first: &AlertId, view: &View) -> Choice {
    let queue = view.world.alerts.queue().filter(|tracked| tracked.resolved_at.is_none());
    let others = queue.filter(|tracked| tracked.alert.id.source == first.source && !alerts.contains(&tracked.alert.id));
    let one = |tracked: &Tracked| {
        let (id, alerts) = (tracked.alert.id.clone(), alerts.to_vec());
        let about = format!("{} {id}", Outside::from(tracked.alert.target()).inert());
        let into = id.fingerprint.as_str().to_owned();
        item(view.name_of(&id), about, move || vec![Reply::Open(dialog(row, alerts.clone(), Some(into.clone())))])
    };
    Choice::new(format!("Merge {} into which one?", view.names_of(alerts)), others.take(OTHERS).map(one).collect())
}

/// What the alerts' systems call their priorities, where that is the same for all of them and known.
fn priorities<'w>(alerts: &[AlertId], view: &View<'w>) -> &'w [String] {
    let known = &view.world.settings.priorities;
    let of = |id: &AlertId| known.iter().find(|(source, _)| *source == id.source).map_or(&[][..], |(_, names)| names);
    let first = alerts.first().map_or(&[][..], of);
    if alerts.iter().all(|id| of(id) == first) { first } else { &[] }
}

fn which_priority(row: &'static Row, alerts: &[AlertId], view: &View) -> Choice {
    let one = |name: &String| {
        let (alerts, to) = (alerts.to_vec(), name.clone());
        item(name.as_str(), "", move || vec![Reply::Open(dialog(row, alerts.clone(), Some(to.clone())))])
    };
    let names = priorities(alerts, view).iter().rev().map(one);
    Choice::new(format!("Which priority for {}?", view.names_of(alerts)), names.collect())
}

struct Doing {
    row: &'static Row,
    /// Frozen when it was asked for.
    alerts: Vec<AlertId>,
}

impl Form for Doing {
    fn title(&self, view: &View) -> String {
        let mut word = self.row.kind.word().to_owned();
        word[..1].make_ascii_uppercase();
        format!("{word}: {}", view.names_of(&self.alerts))
    }

    fn verb(&self) -> String {
        match self.alerts.len() {
            1 => self.row.kind.word().to_owned(),
            many => format!("{} ({many} alerts)", self.row.kind.word()),
        }
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let sources: BTreeSet<_> = self.alerts.iter().map(|id| id.source.as_str()).collect();
        let sources = sources.into_iter().collect::<Vec<_>>().join(", ");
        let known = |id: &AlertId| self.row.kind == ActKind::Resolve && is_taken_for_over(id, view);
        if self.alerts.iter().all(known) {
            let text =
                format!("Recorded as known to be over, by {}: nothing is sent, and it leaves the queue.", view.world.me.name);
            return vec![(text, Role::Text)];
        }
        let mut facts = vec![(format!("At {sources}, as {}.", view.world.me.name), Role::Text)];
        match (self.row.what)(texts, view.now) {
            Ok(what) => facts.extend(self.consequence(&what, view)),
            Err(why) => facts.push((why, Role::Dim)),
        }
        if self.row.kind == ActKind::Downtime {
            facts.extend(self.along(view));
        }
        let gone = |id: &&AlertId| view.world.alerts.get(id).is_none_or(|tracked| tracked.resolved_at.is_some());
        for id in self.alerts.iter().filter(gone).filter(|id| !known(id)).take(3).filter(|_| self.row.kind != ActKind::Comment) {
            facts.push((format!("{}.", became(id, view)), Role::Warning));
        }
        if self.alerts.len() > 1 {
            facts.extend(listed(&self.alerts, MANY, view));
        }
        facts
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let what = (self.row.what)(texts, view.now)?;
        let why = self.row.fields.iter().position(|(label, _)| ["reason", "comment"].contains(label));
        let reason = why.map_or("", |why| texts[why].trim()).to_owned();
        let (broad, alerts) = (view.world.broad_act(&self.alerts, &what), self.alerts.clone());
        let ask = move |confirmed| {
            let (alerts, what, reason) = (alerts.clone(), what.clone(), reason.clone());
            vec![Reply::Ask(Command::Act { alerts, what, reason, confirmed }), Reply::Unmark]
        };
        Ok(confirmed(broad, self.title(view), self.row.kind.word(), ask))
    }
}

impl Doing {
    /// What goes in downtime with hosts, though nobody has chosen it.
    fn along(&self, view: &View) -> Vec<(String, Role)> {
        let Some((told, services)) = view.world.goes_along(&self.alerts) else { return Vec::new() };
        [(told, Role::Warning)].into_iter().chain(listed(&services, MANY, view)).collect()
    }

    /// What follows from it, in a sentence.
    fn consequence(&self, what: &What, view: &View) -> Option<(String, Role)> {
        let at = |until: &DateTime<Utc>| time::until(*until, view.now.wall, view.zone);
        let own = |kind| {
            let spec = self.alerts.first().and_then(|id| view.world.settings.source(&id.source));
            spec.is_some_and(|spec| spec.acts.contains(&kind))
        };
        let text = match what {
            What::Snooze { until } if own(ActKind::Snooze) => format!("Quiet until {}; then it comes back.", at(until)),
            What::Snooze { until } => {
                format!("It has no snooze of its own: it becomes a silence with exactly its labels, until {}.", at(until))
            }
            What::Downtime { until } => format!("Nobody is paged for it until {}.", at(until)),
            What::Resolve => "It ends there for everybody, and can't be opened again from here.".to_owned(),
            What::Merge { into } => format!("It ends as a part of {into}, and can't be taken out again from here."),
            What::Escalate { level: None } => "Whoever is next on its policy is asked now.".to_owned(),
            What::Escalate { level: Some(level) } => format!("Whoever is on call at level {level} is asked now."),
            What::Assign { to } => format!("{to} is asked from now on, instead of those who are asked now."),
            _ => return None,
        };
        Some((inert(&text).into_owned(), Role::Text))
    }
}
