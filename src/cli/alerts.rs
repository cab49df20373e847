//! `midwatch alerts`: the queue as a table or as JSON.

mod grouped;
mod untold;

use super::session::{Needs, Session};
use super::{Exit, Failure, Globals, Kind, out, target};
use crate::domain::alert::{Labels, Severity};
use crate::domain::ids::{AlertId, Fingerprint, ServiceName, SourceName};
use crate::domain::millis;
use crate::domain::node::nearest;
use crate::domain::playbook::matching;
use crate::model::World;
use crate::model::alerts::{Doubt, Flapping, SourceHealth, State, Tracked};
use crate::model::causes::Causes;
use crate::model::filter::{Filter, no_label};
use crate::model::groups::By;
use crate::model::progress::Stage;
use chrono::{DateTime, Utc};
use clap::{ArgMatches, Args, FromArgMatches};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use untold::Untold;

pub const KIND: Kind =
    Kind { name: "alerts", about: "Print the alert queue", args: <Arguments as Args>::augment_args, run, hidden: false };

#[derive(Args)]
struct Arguments {
    /// Only alerts that this filter holds for: text, label=value, label=~re, state:, severity:, service:, source:, mine
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Only what this view of the configuration shows
    #[arg(long, value_name = "NAME", conflicts_with = "filter")]
    view: Option<String>,
    /// Only alerts in one of these states
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Vec<State>,
    /// Only what is acknowledged and still fires, the oldest acknowledgement first
    #[arg(long, conflicts_with = "state")]
    aging: bool,
    /// How many share a service, a name or the value of a label
    #[arg(long, value_name = "service|name|LABEL", value_parser = grouped::by, conflicts_with = "aging")]
    group_by: Option<By>,
    /// The alerts of the drill that is held, and nothing that is real
    #[arg(long, conflicts_with = "aging")]
    drill: bool,
}

fn state(word: &str) -> Result<State, String> {
    let found = State::ALL.into_iter().find(|state| state.word() == word);
    found.ok_or_else(|| {
        let words = State::ALL.map(State::word);
        let near = nearest(word, &words).map_or(String::new(), |near| format!("did you mean {near}? It is "));
        format!("{near}one of {}", words.join(", "))
    })
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut filter = target::filter(arguments.filter.as_deref().unwrap_or(""))?;
    let mut session = Session::open(globals, Needs::Remotes)?;
    if let Some(name) = &arguments.view {
        filter = view(session.world(), name)?;
    }
    session.know_playbooks();
    session.poll();
    session.recall_unlisted();
    let world = session.world();
    let untold = untold::recorded(globals, world, |tracked| shown(world, tracked, &filter, &arguments.state))?;
    let wanted = |tracked: &&Tracked| shown(world, tracked, &filter, &arguments.state);
    let alerts: Vec<&Tracked> = match arguments.aging {
        true => world.alerts.aging(world.now.wall).into_iter().map(|(tracked, _)| tracked).filter(wanted).collect(),
        false => world.alerts.queue().filter(|tracked| tracked.is_drill() == arguments.drill).filter(wanted).collect(),
    };
    match (globals.json, &arguments.group_by) {
        (true, Some(by)) => {
            let groups = grouped::document(&grouped::grouped(&alerts, by));
            out::json(&json!({"schema": 1, "sources": sources(world), "group_by": by.word(), "groups": groups}))?;
        }
        (false, Some(by)) => out::text(&grouped::table(globals, world, &grouped::grouped(&alerts, by), by))?,
        (true, None) => {
            let (causes, alerts) = (world.causes(), alerts.as_slice());
            let untold = untold.iter().map(Untold::document).collect();
            out::json(&Document { schema: 1, sources: sources(world), alerts: Queue { world, causes, alerts }, untold })?;
        }
        (false, None) if arguments.aging => out::text(&aging(globals, world, &alerts))?,
        (false, None) => out::text(&table(globals, world, &alerts))?,
    }
    if world.alerts.sources().next().is_none() {
        out::warn("midwatch: no alert source is configured: `sources:` names them, and `midwatch init` finds some");
    }
    if world.nobody_tells_firing() {
        out::warn("midwatch: no source tells what fires: `alerts: all` has a Prometheus tell it");
    }
    let label = arguments.group_by.as_ref().and_then(By::label).filter(|_| !alerts.is_empty());
    if let Some(why) = filter.unknown(world).or_else(|| no_label(label?, world)) {
        out::warn(&format!("midwatch: {why}"));
    }
    for told in untold::told(&untold, session.config.console.zone).iter().filter(|_| !arguments.drill) {
        out::warn(&format!("midwatch: {told}"));
    }
    let exit = report_sources(world);
    // The process ends: to take a storm apart first, alert by alert, would cost a fifth of the time.
    std::mem::forget(session);
    Ok(exit)
}

/// The filter that the configuration has under this name.
fn view(world: &World, name: &str) -> anyhow::Result<Filter> {
    let views = &world.settings.views;
    let Some((_, text)) = views.iter().find(|(known, _)| known == name) else {
        let known: Vec<&str> = views.iter().map(|(known, _)| known.as_str()).collect();
        let near = nearest(name, &known).map_or(String::new(), |near| format!(": did you mean {near}?"));
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(Failure::usage(format!("`console.views` has no {name}{near} It has {known}")).into());
    };
    target::filter(text)
}

fn shown(world: &World, tracked: &Tracked, filter: &Filter, states: &[State]) -> bool {
    (states.is_empty() || states.contains(&tracked.state)) && filter.holds(world, tracked)
}

/// Each failure on standard error; `Exit::Remote` if there was one.
pub fn report_sources(world: &World) -> Exit {
    let mut exit = Exit::Done;
    for (name, source) in world.alerts.sources() {
        let why = source.why.as_ref().map(|why| why.inert().into_owned());
        for missing in why.into_iter().chain(source.missing.iter().map(|part| part.inert().into_owned())) {
            out::warn(&format!("midwatch: source {name}: {missing}"));
            exit = Exit::Remote;
        }
    }
    exit
}

fn table(globals: &Globals, world: &World, alerts: &[&Tracked]) -> String {
    let row = |tracked: &&Tracked| {
        // Of what is over: how long it lasted.
        let age = (tracked.resolved_at.unwrap_or(world.now.wall) - tracked.episode).to_std().unwrap_or_default();
        let word = tracked.state.word();
        let by = match tracked.state {
            State::Acknowledged => world.alerts.ack(tracked, world.now.wall).map(|ack| ack.by),
            State::Snoozed => world.alerts.snooze(tracked, world.now.wall).map(|hold| hold.by.raw().to_owned()),
            _ => None,
        };
        let carried = match carrying(world, tracked) {
            Some(UNKNOWN) => ", whether it is carried is unknown",
            Some(QUEUED) => ", not carried yet",
            Some(_) => ", being carried",
            None if world.uncarried(tracked).is_some() => ", not carried",
            None => "",
        };
        let by = by.filter(|by| !by.is_empty()).map(|by| format!(" by {by}{carried}")).unwrap_or_default();
        let state = match (world.alerts.doubt_beside(tracked), tracked.state) {
            (None, _) => format!("{word}{by}"),
            // Who owns it is our own record, and true whatever a server has forgotten.
            (Some(_), State::Acknowledged) => format!("? {word}{by}"),
            (Some(doubt), _) => format!("? {}", doubt.word()),
        };
        let service = tracked.service.as_ref().map(ToString::to_string);
        vec![
            tracked.severity.word().to_owned(),
            tracked.alert.name().to_owned(),
            service.unwrap_or_else(|| "-".into()),
            instance(world, tracked),
            out::age(age),
            state,
            tracked.alert.id.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = alerts.iter().map(row).collect();
    out::painted(globals, &["SEVERITY", "ALERT", "SERVICE", "INSTANCE", "AGE", "STATE", "ID"], &rows)
}

const UNKNOWN: &str = "unknown";
/// Nobody may be there to carry it.
const QUEUED: &str = "queued";

/// How far an acknowledgement has come that is to be carried, in a word; `None` once that is settled.
fn carrying(world: &World, tracked: &Tracked) -> Option<&'static str> {
    world.carrying(tracked).map(|stage| match stage {
        Stage::Ended(_) => UNKNOWN,
        Stage::Recording => QUEUED,
        _ => "under way",
    })
}

/// What it is about, and what tells it from others that are about the same: whoever copies an id has to know which one it is.
fn instance(world: &World, tracked: &Tracked) -> String {
    let target = Some(tracked.alert.target()).filter(|target| !target.is_empty());
    let apart = world.alerts.apart(tracked).map(|(label, value)| format!("{label}={value}"));
    let parts: Vec<String> = target.map(str::to_owned).into_iter().chain(apart).collect();
    if parts.is_empty() { "-".to_owned() } else { parts.join(" ") }
}

/// `false`: its source was restarted, and has not told of it again.
fn listed(tracked: &Tracked) -> bool {
    tracked.missing == 0 || tracked.resolved_at.is_some()
}

/// Whose each is, since when, why, and for how long.
fn aging(globals: &Globals, world: &World, alerts: &[&Tracked]) -> String {
    let now = world.now.wall;
    let age = |span: chrono::TimeDelta| out::age(span.to_std().unwrap_or_default());
    let row = |tracked: &&Tracked| {
        let ack = world.alerts.ack(tracked, now)?;
        Some(vec![
            tracked.severity.word().to_owned(),
            tracked.alert.name().to_owned(),
            ack.by,
            age(now - ack.since.unwrap_or(tracked.episode)),
            ack.until.map_or("-".to_owned(), |until| age(until - now)),
            ack.ticket.unwrap_or_else(|| "-".to_owned()),
            Some(ack.reason).filter(|reason| !reason.is_empty()).unwrap_or_else(|| "-".to_owned()),
            tracked.alert.id.to_string(),
        ])
    };
    let rows: Vec<Vec<String>> = alerts.iter().filter_map(row).collect();
    out::painted(globals, &["SEVERITY", "ALERT", "OWNER", "SINCE", "LEFT", "TICKET", "REASON", "ID"], &rows)
}

/// The document, written alert by alert: a queue of fifty thousand is never in memory twice.
#[derive(Serialize)]
struct Document<'a> {
    schema: u8,
    sources: Vec<Value>,
    alerts: Queue<'a>,
    /// What ended of late only because nobody told of it any more.
    untold: Vec<Value>,
}

struct Queue<'a> {
    world: &'a World,
    causes: Causes,
    alerts: &'a [&'a Tracked],
}

impl Serialize for Queue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.alerts.iter().map(|tracked| Shown::of(self.world, &self.causes, tracked)))
    }
}

/// `sources[]` of every document that has it.
pub fn sources(world: &World) -> Vec<Value> {
    let count = |name: &_| world.alerts.queue().filter(|tracked| tracked.alert.id.source == *name).count();
    let source = |(name, source): (&SourceName, &crate::model::alerts::SourceState)| {
        let missing = source.missing.iter().map(|part| part.raw()).collect::<Vec<_>>().join("; ");
        let error = source.why.as_ref().map(|why| why.raw().to_owned()).or_else(|| (!missing.is_empty()).then_some(missing));
        let state = match source.health {
            SourceHealth::Fresh => "fresh",
            SourceHealth::Stale => "stale",
            SourceHealth::Failed => "failed",
        };
        let age = source.age(world.now).map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        json!({"name": name, "kind": source.kind(), "state": state, "age_ms": age, "error": error, "alerts": count(name)})
    };
    world.alerts.sources().map(source).collect()
}

#[derive(Serialize)]
struct Shown<'a> {
    id: &'a AlertId,
    #[serde(with = "millis")]
    episode: DateTime<Utc>,
    source: &'a SourceName,
    fingerprint: &'a Fingerprint,
    name: &'a str,
    severity: Severity,
    state: State,
    also: Vec<State>,
    service: Option<&'a ServiceName>,
    summary: Option<&'a str>,
    labels: Pairs<'a>,
    annotations: Pairs<'a>,
    #[serde(with = "millis")]
    starts_at: DateTime<Utc>,
    acknowledged_by: Option<String>,
    acknowledged_until: Option<String>,
    acknowledged_since: Option<String>,
    acknowledged_reason: Option<String>,
    acknowledged_ticket: Option<String>,
    /// Why its source goes on calling others though somebody has it.
    not_carried: Option<&'a str>,
    /// Nobody knows yet whether it is carried: `queued`, `under way`, or `unknown` once that has ended so.
    carrying: Option<&'static str>,
    playbooks: Vec<&'a str>,
    /// `false`: its source was restarted, and has not told of it again.
    listed: bool,
    /// Why it may not be so now, in the word of the console's row.
    doubt: Option<&'static str>,
    snoozed_by: Option<String>,
    snoozed_until: Option<String>,
    /// Until when its service is in maintenance.
    maintenance_until: Option<String>,
    /// The service that explains it, where one that its own depends on does.
    cause: Option<&'a ServiceName>,
    /// The alerts of other sources that tell of the same problem.
    same: Vec<&'a AlertId>,
    flapping: Option<Value>,
}

impl<'a> Shown<'a> {
    fn of(world: &'a World, causes: &'a Causes, tracked: &'a Tracked) -> Self {
        let alert = &tracked.alert;
        let states = world.alerts.states_of(tracked, world.now.wall);
        let ack = world.alerts.ack(tracked, world.now.wall);
        let snooze = world.alerts.snooze(tracked, world.now.wall);
        Self {
            id: &alert.id,
            episode: tracked.episode,
            source: &alert.id.source,
            fingerprint: &alert.id.fingerprint,
            name: alert.name(),
            severity: tracked.severity,
            state: tracked.state,
            also: states.into_iter().filter(|state| *state != tracked.state).collect(),
            service: tracked.service.as_ref(),
            summary: alert.summary(),
            labels: Pairs(&alert.labels),
            annotations: Pairs(&alert.annotations),
            starts_at: alert.starts_at,
            acknowledged_until: ack.as_ref().and_then(|ack| ack.until).map(time),
            acknowledged_since: ack.as_ref().and_then(|ack| ack.since).map(time),
            acknowledged_reason: ack.as_ref().map(|ack| ack.reason.clone()),
            acknowledged_ticket: ack.as_ref().and_then(|ack| ack.ticket.clone()),
            acknowledged_by: ack.map(|ack| ack.by),
            not_carried: world.uncarried(tracked).map(|uncarried| uncarried.end.detail.raw()),
            carrying: carrying(world, tracked),
            playbooks: playbooks(world, tracked),
            listed: listed(tracked),
            doubt: world.alerts.doubt_beside(tracked).map(Doubt::word),
            snoozed_until: snooze.as_ref().and_then(|hold| hold.until).map(time),
            snoozed_by: snooze.map(|hold| hold.by.raw().to_owned()),
            maintenance_until: world.worked_on(tracked).map(|work| time(work.until)),
            cause: causes.of(tracked),
            same: world.alerts.twins(tracked).map(|twin| &twin.alert.id).collect(),
            flapping: tracked.flapping.map(flapping),
        }
    }
}

/// How often it began, since when that counts, and until when it has to be quiet.
fn flapping(flapping: Flapping) -> Value {
    json!({"times": flapping.times, "since": time(flapping.since), "until": time(flapping.until)})
}

struct Pairs<'a>(&'a Labels);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name.raw(), value.raw())))
    }
}

/// Ids of the playbooks that fit, best first.
fn playbooks<'a>(world: &'a World, tracked: &Tracked) -> Vec<&'a str> {
    let alert = &tracked.alert;
    let fitting = matching(world.runs.playbooks(), &alert.labels, &alert.annotations, tracked.service.as_ref());
    fitting.into_iter().map(|(book, _)| book.id.as_str()).collect()
}

/// RFC 3339 in UTC with milliseconds, as every document writes times.
pub fn time(at: DateTime<Utc>) -> String {
    millis::text(at)
}
