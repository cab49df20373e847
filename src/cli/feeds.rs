//! `midwatch feeds`: health feeds as a table.

use super::session::{self, Needs, Session};
use super::{Exit, Globals, Kind, alerts, out};
use crate::domain::health::FeedState;
use crate::domain::text::Outside;
use crate::model::World;
use crate::model::event::Body;
use crate::model::health::FeedHealth;
use crate::model::maintenance::Work;
use crate::runtime::cache::Cache;
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::{Value, json};
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "feeds", about: "Print the health feeds", args: <Arguments as Args>::augment_args, run, hidden: false };

#[derive(Args)]
struct Arguments {
    /// Ask every feed once, print, and say with the exit code whether one fails; otherwise a terminal is kept fresh
    #[arg(long)]
    once: bool,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut session = Session::open(globals, Needs::Remotes)?;
    // A trend takes longer than one command: it goes on from what the console has kept.
    let past = session::cache_folder(globals).and_then(|folder| Cache::new(folder).feeds());
    past.into_iter().for_each(|past| session.shell.event(Body::Fact(past)));
    session.poll_feeds(|_| true);
    if !arguments.once && !globals.json && out::on_terminal() {
        return keep_fresh(globals, &mut session);
    }
    let world = session.world();
    match globals.json {
        true => {
            out::json(&json!({"schema": 1, "feeds": world.health.iter().map(|feed| document(world, feed)).collect::<Vec<_>>()}))?
        }
        false => out::text(&table(globals, world))?,
    }
    // What is worked on wakes nobody.
    let bad = |feed: &FeedHealth| {
        matches!(feed.state, FeedState::Failing | FeedState::Stale | FeedState::Unknown) && worked_on(world, feed).is_none()
    };
    Ok(if world.health.iter().any(bad) { Exit::No } else { Exit::Done })
}

/// Until somebody interrupts it.
fn keep_fresh(globals: &Globals, session: &mut Session) -> anyhow::Result<Exit> {
    loop {
        out::text(&format!("{CLEAR}{}", table(globals, session.world())))?;
        session.until(Duration::from_secs(1), |_| false);
    }
}

/// Cursor home, and everything below it gone.
const CLEAR: &str = "\x1b[H\x1b[J";

fn table(globals: &Globals, world: &World) -> String {
    let row = |feed: &FeedHealth| {
        let quiet = worked_on(world, feed).map(|work| format!("(in maintenance until {}) ", alerts::time(work.until)));
        let unsettled =
            feed.unsettled().map(|found| format!("({} {} of {}) ", found.said.word(), found.agree, found.votes.needed));
        let ahead = feed.ahead().map(|ahead| {
            let left = out::age(ahead.breach.saturating_sub(world.now.mono));
            format!("({} {} in about {left}) ", ahead.limit.word(), ahead.limit.value())
        });
        let message = quiet.unwrap_or_default()
            + &ahead.unwrap_or_default()
            + &unsettled.unwrap_or_default()
            + feed.message().map(Outside::raw).unwrap_or_default();
        let age = feed.age(world.now).map(out::age).unwrap_or_else(|| "-".into());
        let service = feed.spec.service.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        vec![word(feed.state).to_owned(), feed.spec.name.to_string(), feed.spec.kind.clone(), service, age, message]
    };
    let rows: Vec<Vec<String>> = world.health.iter().map(row).collect();
    out::painted(globals, &["STATE", "FEED", "KIND", "SERVICE", "AGE", "MESSAGE"], &rows)
}

fn worked_on<'a>(world: &'a World, feed: &FeedHealth) -> Option<&'a Work> {
    world.maintenance.of_feed(&feed.spec.name, feed.spec.service.as_ref())
}

pub fn word(state: FeedState) -> &'static str {
    match state {
        FeedState::Healthy => "healthy",
        FeedState::Maintenance => "maintenance",
        FeedState::Unknown => "unknown",
        FeedState::Stale => "stale",
        FeedState::Degraded => "degraded",
        FeedState::Failing => "failing",
    }
}

fn document(world: &World, feed: &FeedHealth) -> Value {
    let reading = feed.reading.as_ref().map(|(reading, _)| reading);
    let age = feed.age(world.now);
    let checked = age.and_then(|age| Some(world.now.wall - chrono::Duration::from_std(age).ok()?));
    let ms = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    json!({
        "name": feed.spec.name,
        "kind": feed.spec.kind,
        "service": feed.spec.service,
        "state": feed.state,
        "message": feed.message().map(|message| message.raw()),
        "value": reading.and_then(|reading| reading.value),
        "unit": reading.and_then(|reading| reading.unit.clone()),
        "latency_ms": reading.and_then(|reading| reading.latency).map(ms),
        "checked_at": checked.map(alerts::time),
        "age_ms": age.map(ms),
        "forecast": feed.ahead().map(|ahead| {
            let at = |moment| alerts::time(ahead.wall(moment, world.now));
            json!({"breach_at": at(ahead.breach), "earliest": at(ahead.earliest), "latest": at(ahead.latest), "limit": ahead.limit})
        }),
        "maintenance": worked_on(world, feed).map(|work| {
            json!({"until": alerts::time(work.until), "by": work.by, "why": work.why})
        }),
        "forecasts": {"right": feed.proven().right, "wrong": feed.proven().wrong},
        "unsettled": feed.unsettled().map(|found| {
            json!({"state": found.said, "answers": found.agree, "needed": found.votes.needed, "of": found.votes.of})
        }),
    })
}
