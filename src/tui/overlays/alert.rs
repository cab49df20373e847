//! Everything about one alert.

mod inside;

use super::Overlay;
use super::page::{Content, Line, Page, field, heading, plain};
use crate::domain::act::Outcome;
use crate::domain::alert::{Firing, Labels, Route, Silence};
use crate::domain::ids::{AlertId, Fingerprint};
use crate::domain::text::{Outside, inert};
use crate::model::alerts::{Doubt, State, Tracked};
use crate::model::health::FeedHealth;
use crate::model::past::{self, Recounted};
use crate::model::progress::Stage;
use crate::model::world::uncarried::Uncarried;
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::panes::alerts::{act, severity, trust};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};
use std::time::Duration;

struct Detail {
    id: AlertId,
}

pub fn open(id: AlertId) -> Box<dyn Overlay> {
    Box::new(Page::new(Detail { id }))
}

impl Content for Detail {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Reading, Context::AlertDetail]
    }

    fn title(&self, view: &View) -> String {
        format!("Alert {}", view.name_of(&self.id))
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let Some(tracked) = view.world.alerts.get(&self.id) else {
            let became = format!("It {}. What was recorded of it stands in the log.", view.world.whereabouts(&self.id));
            return vec![plain(became, Role::Stale)];
        };
        let mut lines = now(tracked, view, columns);
        lines.extend(before(&self.id, view, columns));
        lines.extend(twins(tracked, view, columns));
        lines.extend(why(tracked, view, columns));
        lines.extend(ahead(tracked, view, columns));
        lines.extend(ownership(tracked, view, columns));
        lines.extend(notified(tracked, view, columns));
        lines.extend(quiet(tracked, view, columns));
        let (annotations, long) = annotations(&tracked.alert.annotations, columns);
        lines.extend(annotations);
        lines.extend(labels("Labels", &tracked.alert.labels, columns));
        lines.extend(inside::lines(&self.id, view, columns));
        lines.extend(long);
        lines.extend(episodes(&self.id, view));
        lines.extend(view.world.past.recounted(&self.id).flat_map(|told| recounted(told, view, columns)));
        lines.extend(history(&self.id, view));
        lines
    }

    /// What can be done with an alert can be done here, and then with this problem only.
    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        act(action, view.world.alerts.with_twins(vec![self.id.clone()]), view)
    }
}

fn now(tracked: &Tracked, view: &View, columns: usize) -> Vec<Line> {
    let alerts = &view.world.alerts;
    let word = |state: &State| match tracked.presumed() {
        Some(doubt) if *state == State::Resolved => format!("? {}", doubt.word()),
        _ => state.word().to_owned(),
    };
    let states: Vec<_> = alerts.states_of(tracked, view.now.wall).iter().map(word).collect();
    let (word, role) = severity(tracked.severity);
    let (from, now) = (tracked.episode, view.now.wall);
    let times = match tracked.resolved_at {
        None => format!(" for {}, since {}", time::age(time::since(from, now)), time::full(from, view.zone)),
        // How long ago it was over, and how long it lasted, are two things.
        Some(to) => {
            let (ago, lasted) = (time::age(time::since(to, now)), time::age(time::since(from, to)));
            let after = if tracked.presumed().is_some() { String::new() } else { format!(", after {lasted}") };
            format!(" {ago} ago{after}; it began {}", time::full(from, view.zone))
        }
    };
    let mut lines = vec![vec![(format!("{word} "), role), (states.join(", "), Role::Strong), (times, Role::Text)]];
    lines.extend(field("id", &tracked.alert.id.to_string(), Role::Text, columns));
    if let Some(service) = &tracked.service {
        lines.extend(field("service", service.as_str(), Role::Text, columns));
    }
    if let Some(work) = view.world.worked_on(tracked) {
        lines.extend(field("quiet", &super::feed::told(work, view), Role::Info, columns));
    }
    if let Some(url) = &tracked.alert.url {
        let address = view.world.settings.reachable(url.raw());
        lines.extend(field("source", &inert(&address), Role::Text, columns));
    }
    if let Some((source, word)) = alerts.source(&tracked.alert.id.source).and_then(|it| Some((it, trust(it)?))) {
        let why = source.doubts().map(Outside::inert).collect::<Vec<_>>().join("; ");
        let age = source.age(view.now).map(|age| format!("; last answered {} ago", time::age(age))).unwrap_or_default();
        lines.extend(field("? source", &format!("{} is {word}: {why}{age}", tracked.alert.id.source), Role::Stale, columns));
    }
    if let Some(flapping) = tracked.flapping {
        let until = time::until(flapping.until, view.now.wall, view.zone);
        let text = format!(
            "it began {} times since {}, and is news again when it stays: it has to be quiet until {until}",
            flapping.times,
            time::clock(flapping.since, view.zone)
        );
        lines.extend(field("flapping", &text, Role::Warning, columns));
    }
    if let Some(doubt) = tracked.presumed() {
        let text = match doubt {
            Doubt::Untold(since) => {
                let since = time::until(since, view.now.wall, view.zone);
                format!(
                    "nobody has told of it since {since}, so its server takes it for over: whoever should tell of it is silent"
                )
            }
            _ => format!(
                "only taken for over: {} was restarted and has not listed it since; nobody has said that it ended",
                inert(tracked.alert.id.source.as_str())
            ),
        };
        lines.extend(field("? ended", &text, Role::Stale, columns));
    }
    if tracked.missing > 0 && tracked.resolved_at.is_none() {
        let text = format!("missed by {} polls: not listed, and not taken for resolved yet", tracked.missing);
        lines.extend(field("? missing", &text, Role::Stale, columns));
    }
    if tracked.unheard && tracked.resolved_at.is_none() {
        let text = "the part of its source that told of it does not answer: it is shown as it was";
        lines.extend(field("? heard", text, Role::Stale, columns));
    }
    if alerts.is_unsure(&tracked.alert.id) && tracked.resolved_at.is_none() {
        let text = "its own system has forgotten how it is, and has not looked since: it is shown as it was";
        lines.extend(field("? checked", text, Role::Stale, columns));
    }
    lines
}

/// Whether it is an old acquaintance.
fn before(id: &AlertId, view: &View, columns: usize) -> Vec<Line> {
    let Some(recalled) = view.world.past.of(Some(id)) else { return Vec::new() };
    let Ok(episodes) = &recalled.episodes else { return Vec::new() };
    let within = view.world.settings.memory;
    // Beside another's record it is said whose this is: neither knows all, and the two may be of different times.
    let told = match view.world.past.recounted(id).any(|other| other.firings.as_ref().is_ok_and(|firings| !firings.is_empty())) {
        true => Some(format!("{}, by midwatch's own journal", past::told(episodes, within, time::age))),
        false => past::summary(episodes, within, time::age),
    };
    let told = told.map(|told| if recalled.cut { format!("at least: {told}") } else { told });
    told.map(|told| field("before", &inert(&told), Role::Text, columns)).unwrap_or_default()
}

/// The last times that it fired, before this one.
fn episodes(id: &AlertId, view: &View) -> Vec<Line> {
    let recalled = view.world.past.of(Some(id)).map(|recalled| recalled.episodes.as_ref());
    let lines: Vec<Line> = match recalled {
        Some(Ok(episodes)) if episodes.len() > 1 => {
            episodes.iter().take(SHOWN).map(|episode| super::history::line(episode, view, false)).collect()
        }
        Some(Err(why)) => vec![plain(format!("The journal can't be read: {}", inert(why)), Role::Critical)],
        _ => return Vec::new(),
    };
    heading("Fired").into_iter().chain(lines).collect()
}

/// When it fired by the record of a source; a record that doesn't know it is not this alert's.
fn recounted(told: &Recounted, view: &View, columns: usize) -> Vec<Line> {
    let firings = match &told.firings {
        Err(why) => {
            let why = field("?", &format!("it can't say when this fired: {}", why.inert()), Role::Stale, columns);
            return heading(&format!("Record of {}", told.source)).into_iter().chain(why).collect();
        }
        Ok(firings) if firings.is_empty() => return Vec::new(),
        Ok(firings) => firings,
    };
    let line = |firing: &Firing| {
        let lasted = firing.to.map(|to| time::age(time::since(firing.from, to)));
        let from = time::until(firing.from, view.now.wall, view.zone);
        vec![(format!("{from:<11} "), Role::Dim), (format!("{:>6}", lasted.as_deref().unwrap_or("still")), Role::Text)]
    };
    let back = time::age(time::since(told.since, view.now.wall));
    let times = if firings.len() == 1 { "once".to_owned() } else { format!("{} times", firings.len()) };
    let title = format!("Fired {times} in {back} by the record of {}, to the minute", told.source);
    heading(&title).into_iter().chain(firings.iter().take(SHOWN).map(line)).collect()
}

/// So many of its episodes are told one by one.
const SHOWN: usize = 10;

/// Which other sources tell of the same problem, and what each of them says.
fn twins(tracked: &Tracked, view: &View, columns: usize) -> Vec<Line> {
    let told = |other: &Tracked| {
        let age = time::age(time::since(other.episode, view.now.wall));
        field("also", &format!("{} {}, for {age}", other.alert.id, other.state.word()), Role::Text, columns)
    };
    view.world.alerts.twins(tracked).flat_map(told).collect()
}

/// Which service is taken for the cause, and what speaks for it.
fn why(tracked: &Tracked, view: &View, columns: usize) -> Vec<Line> {
    let suspected = |name| super::service::suspected(name, view, columns);
    let mut lines = tracked.service.as_ref().map(suspected).unwrap_or_default();
    let Some(why) = view.world.why(tracked) else { return lines };
    let path = why.path.iter().map(|service| service.as_str()).collect::<Vec<_>>().join(" → ");
    let Some(first) = why.first else {
        lines.extend(field("↳ cause", &format!("depends on it ({path}), and its feeds say that it is bad"), Role::Text, columns));
        return lines;
    };
    let (word, _) = severity(first.severity);
    let lead = (tracked.episode - first.episode).num_seconds();
    let (far, when) = (time::age(Duration::from_secs(lead.unsigned_abs())), if lead < 0 { "later" } else { "earlier" });
    let more = if why.count > 1 { format!(", the first of {} there", why.count) } else { String::new() };
    let text =
        format!("depends on it ({path}), and {word} {} fires there since {far} {when}{more}", view.name_of(&first.alert.id));
    lines.extend(field("↳ cause", &text, Role::Text, columns));
    lines
}

/// What will become of its service, by the values of its feeds.
fn ahead(tracked: &Tracked, view: &View, columns: usize) -> Vec<Line> {
    let feeds = tracked.service.iter().flat_map(|service| view.world.health.of_service(service));
    let told = |feed: &FeedHealth| Some(format!("{} {}", feed.spec.name, super::feed::ahead(feed, view)?));
    feeds.filter_map(told).flat_map(|text| field("ahead", &text, Role::Warning, columns)).collect()
}

fn ownership(tracked: &Tracked, view: &View, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(ack) = view.world.alerts.ack(tracked, view.now.wall) {
        let until = ack.until.map(|until| format!(" until {}", time::until(until, view.now.wall, view.zone)));
        lines.extend(field("✓ owner", &format!("{}{}", inert(&ack.by), until.unwrap_or_default()), Role::Ok, columns));
        if !ack.reason.is_empty() {
            lines.extend(field("reason", &inert(&ack.reason), Role::Text, columns));
        }
        for (other, _) in view.world.acked_beside(tracked) {
            let until = other.until.map(|until| format!(" until {}", time::until(until, view.now.wall, view.zone)));
            let why = if other.reason.is_empty() { String::new() } else { format!(": {}", inert(&other.reason)) };
            let text = format!("{} has acknowledged it at its source, too{}{why}", inert(&other.by), until.unwrap_or_default());
            lines.extend(field("! owner", &text, Role::Warning, columns));
        }
        if let Some(uncarried) = view.world.uncarried(tracked) {
            let text =
                format!("its source goes on calling others: {}; {}", uncarried.end.detail.inert(), tried_again(&uncarried, view));
            lines.extend(field("! carried", &text, Role::Warning, columns));
        }
    }
    // Whoever asked for it may be gone.
    let asked = match view.world.requests.asked_of(&tracked.alert.id) {
        // What it was, and when: by now it may be otherwise.
        Some((progress, item)) => {
            let at = view.now.wall - view.now.mono.saturating_sub(progress.began);
            Some(format!("{}, {}: {}", inert(&progress.title), time::clock(at, view.zone), told(&item.stage)))
        }
        None => view.world.carrying(tracked).map(|stage| told(&stage)),
    };
    if let Some(asked) = asked {
        lines.extend(field("last asked", &asked, Role::Text, columns));
    }
    lines
}

/// When what carries an acknowledgement is tried again.
pub fn tried_again(uncarried: &Uncarried, view: &View) -> String {
    match uncarried.again {
        Some(at) => format!("it is tried again at {}", time::clock(at.max(view.now.wall), view.zone)),
        None if uncarried.end.outcome == Outcome::Unsent => "it is tried again when that answers".to_owned(),
        None => format!("it is not tried again by itself: {} does", view.keymap.key_of(Action::Ack)),
    }
}

/// Whom its source tells of it, and together with what: the names that it lists until it has answered for this alert.
fn notified(tracked: &Tracked, view: &View, columns: usize) -> Vec<Line> {
    let listed: Vec<_> = tracked.alert.receivers.iter().map(Outside::inert).collect();
    let listed = if listed.is_empty() { Vec::new() } else { field("notifies", &listed.join(", "), Role::Text, columns) };
    match view.world.routes.of(&tracked.alert.id) {
        Some(Ok(routes)) if !routes.is_empty() => {
            routes.iter().flat_map(|route| field("notifies", &way(route, &tracked.alert.labels), Role::Text, columns)).collect()
        }
        Some(Err(why)) => {
            let why = format!("what it is told together with can't be said: {}", why.inert());
            listed.into_iter().chain(field("?", &why, Role::Stale, columns)).collect()
        }
        _ => listed,
    }
}

fn way(route: &Route, labels: &Labels) -> String {
    let names = |all: &[Outside]| all.iter().map(Outside::inert).collect::<Vec<_>>().join(", ");
    let together = match route.together_by.len() {
        0 => ", all in one".to_owned(),
        count if count == labels.names().len() => ", each by itself".to_owned(),
        _ => format!(", by {}", names(&route.together_by)),
    };
    let muted = if route.muted_by.is_empty() { String::new() } else { format!("; muted now by {}", names(&route.muted_by)) };
    format!("{}{together}{muted}", route.to.inert())
}

/// How far a request has come, in words.
pub fn told(stage: &Stage) -> String {
    match stage {
        Stage::Recording => "… queued: it is recorded before it is sent".to_owned(),
        Stage::Recorded => "✓ recorded".to_owned(),
        Stage::Sending => "… under way: recorded, and its source has not answered yet".to_owned(),
        Stage::Accepted => "… accepted: the source took it, and is asked whether it is so".to_owned(),
        Stage::Refused(why) | Stage::Unwritten(why) => format!("✗ not done: {}", inert(why)),
        Stage::Ended(end) => {
            let word = match end.outcome {
                Outcome::Done => "✓ confirmed",
                Outcome::Failed => "✗ failed",
                Outcome::Unknown => "? outcome unknown",
                Outcome::Contradicted => "✗ contradicted",
                Outcome::Expired => "✗ given up",
                Outcome::Unsent => "… kept, and sent again when the source answers",
            };
            format!("{word}: {}", end.detail.inert())
        }
    }
}

fn quiet(tracked: &Tracked, view: &View, columns: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    if let Some(hold) = view.world.alerts.snooze(tracked, view.now.wall) {
        let until = hold.until.map(|until| format!(" until {}", time::until(until, view.now.wall, view.zone)));
        let by = Some(hold.by.inert()).filter(|by| !by.is_empty()).map(|by| format!("by {by}"));
        let told = format!("{}{}", by.unwrap_or_default(), until.unwrap_or_default());
        lines.extend(field("◌ snoozed", told.trim_start(), Role::Text, columns));
    }
    for silence in view.world.alerts.silences_on(tracked) {
        lines.extend(heading("Silenced"));
        lines.extend(silenced(silence, view, columns));
    }
    let causes = tracked.alert.inhibited_by.iter().map(|fingerprint| cause(tracked, fingerprint, view));
    let muted = tracked.alert.muted_by.iter().map(|name| format!("muted by {}", name.inert()));
    lines.extend(causes.chain(muted).map(|text| plain(text, Role::Dim)));
    lines
}

/// The alert that another one is taken to follow from, by its name where it is listed.
fn cause(tracked: &Tracked, by: &Fingerprint, view: &View) -> String {
    let id = AlertId { source: tracked.alert.id.source.clone(), fingerprint: by.clone() };
    let listed = view.world.alerts.get(&id).map(|cause| {
        let (word, _) = severity(cause.severity);
        format!("{word} {} {}, {}: ", inert(cause.alert.name()), inert(cause.alert.target()), cause.state.word())
    });
    format!("inhibited by {}{}", listed.unwrap_or_default(), inert(by.as_str()))
}

fn silenced(silence: &Silence, view: &View, columns: usize) -> Vec<Line> {
    let until = time::until(silence.ends_at, view.now.wall, view.zone);
    let mut lines = field("by", &format!("{} until {until}", silence.created_by.inert()), Role::Text, columns);
    lines.extend(field("comment", &silence.comment.inert(), Role::Text, columns));
    lines.extend(field("matchers", &super::silence::show(&silence.matchers), Role::Dim, columns));
    lines.extend(field("id", &silence.id.inert(), Role::Dim, columns));
    lines
}

fn labels(title: &str, labels: &Labels, columns: usize) -> Vec<Line> {
    let mut lines: Vec<Line> =
        labels.iter().flat_map(|(name, value)| field(&name.inert(), &value.inert(), Role::Text, columns)).collect();
    if !lines.is_empty() {
        lines.splice(0..0, heading(title));
    }
    lines
}

/// Lines of an annotation that stand before the labels; of a longer one the rest stands behind them.
const SHORT: usize = 6;

fn annotations(all: &Labels, columns: usize) -> (Vec<Line>, Vec<Line>) {
    let (mut short, mut long) = (Vec::new(), Vec::new());
    for (name, value) in all.iter() {
        let mut lines = field(&name.inert(), &value.inert(), Role::Text, columns);
        if lines.len() > SHORT {
            long.extend(heading(&format!("{}, whole", name.inert())));
            long.extend(lines.iter().cloned());
            lines.truncate(SHORT - 1);
            lines.extend(field("", "… whole below the labels", Role::Dim, columns));
        }
        short.extend(lines);
    }
    if !short.is_empty() {
        short.splice(0..0, heading("Annotations"));
    }
    (short, long)
}

/// The newest lines of the log about it.
fn history(id: &AlertId, view: &View) -> Vec<Line> {
    let entries = view.world.log.lines(&view.world.corrections).rev().filter(|entry| entry.alert.as_ref() == Some(id));
    let mut lines: Vec<Line> = entries
        .take(20)
        .map(|entry| {
            let at = format!("{} ", time::full(entry.at, view.zone));
            vec![
                (at, Role::Dim),
                (format!("{:<10} ", inert(&entry.actor.name)), Role::Key),
                (inert(&entry.text).into_owned(), Role::Text),
            ]
        })
        .collect();
    if !lines.is_empty() {
        lines.splice(0..0, heading("Recorded"));
    }
    lines
}
