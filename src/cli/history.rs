//! `midwatch history`: what fired, and how it ended. From the journal alone, unless a source's own record is asked for, too.

mod records;

use super::{Exit, Failure, Globals, Kind, duration, log, out, session};
use crate::domain::ids::AlertId;
use crate::domain::millis;
use crate::domain::node::nearest;
use crate::domain::text::inert;
use crate::journal::Journal;
use crate::model::past::{self, Episode, NIGHT, episodes, looked_for};
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::{Value, json};
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "history",
    about: "Print which alerts fired, for how long, and who handled them",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

/// As many entries of the journal are read at most.
const MOST: usize = 20_000;

#[derive(Args)]
struct Arguments {
    /// Only this alert: its id, its fingerprint, a beginning of either, or its name
    #[arg(value_name = "TARGET")]
    target: Option<String>,
    /// How far back: a day, for one alert `queue.memory` of the configuration
    #[arg(long, value_name = "DUR", value_parser = duration, allow_hyphen_values = true)]
    since: Option<Duration>,
    /// Ask the sources that keep a record of their own (Prometheus) when it fired, too
    #[arg(long, requires = "target")]
    ask: bool,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let config = session::load_if_there(globals)?;
    let back = arguments.since.unwrap_or(if arguments.target.is_some() { config.settings.memory } else { NIGHT });
    let now = session::ports(globals).clock.now().wall;
    let since = chrono::Duration::from_std(back).ok().and_then(|back| now.checked_sub_signed(back));
    let since = since.ok_or_else(|| Failure::usage("`--since` lies before all times"))?;
    let entries = session::reader(globals)?.past(None, since, MOST)?;
    if looked_for(&entries, since) >= MOST {
        out::warn(&format!("midwatch: only the newest {MOST} entries were looked at: ask for less with --since"));
    }
    let mut found = episodes(&entries);
    if let Some(target) = &arguments.target {
        let (meant, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|episode| means(target, episode));
        if meant.is_empty() {
            out::warn(&format!("midwatch: {}", nobody(target, &others, back)));
        }
        found = meant;
    }
    let records = if arguments.ask {
        let wanted = |id: &AlertId| found.iter().any(|episode| episode.alert == *id);
        records::ask(globals, &config, &entries, wanted, (since, now))?
    } else {
        Vec::new()
    };
    if globals.json {
        let found: Vec<Value> = found.iter().map(document).collect();
        let records: Vec<Value> = records.iter().map(records::document).collect();
        out::json(&json!({"schema": 1, "since": millis::text(since), "episodes": found, "records": records}))?;
        return Ok(Exit::Done);
    }
    if arguments.ask {
        // Whose count is whose: neither knows all.
        out::text(&format!("{}, by midwatch's own journal\n", inert(&past::told(&found, back, out::age))))?;
        out::text(&records::counts(&records, back))?;
    } else if let Some(told) = past::summary(&found, back, out::age).filter(|_| arguments.target.is_some()) {
        out::text(&format!("{}\n", inert(&told)))?;
    }
    out::text(&table(globals, &found, config.console.zone))?;
    if arguments.ask {
        out::text(&format!("\n{}", records::table(globals, &records, config.console.zone)))?;
        records::warn(&records);
    }
    Ok(Exit::Done)
}

fn means(target: &str, episode: &Episode) -> bool {
    let id = &episode.alert;
    id.to_string().starts_with(target) || id.fingerprint.as_str().starts_with(target) || episode.name == target
}

/// That nothing of that name fired, which is no quiet alert's history, and what may be meant.
fn nobody(target: &str, others: &[Episode], back: Duration) -> String {
    let mut names: Vec<&str> = others.iter().map(|episode| episode.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let near = nearest(target, &names).map_or(String::new(), |near| format!("; did you mean {}?", inert(near)));
    format!("the journal knows of no alert {} that fired in the last {}{near}", inert(target), out::age(back))
}

fn table(globals: &Globals, found: &[Episode], zone: chrono_tz::Tz) -> String {
    let or_none = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let row = |episode: &Episode| {
        let used = episode.playbooks.iter().map(|used| match used.helped() {
            true => used.playbook.to_string(),
            false => format!("{} ({})", used.playbook, used.state.as_deref().unwrap_or("running")),
        });
        vec![
            log::time(episode.from, zone),
            episode.duration(out::age),
            episode.severity.map_or("-", |severity| severity.word()).to_owned(),
            episode.name.clone(),
            or_none(episode.target.clone()),
            or_none(episode.service.iter().map(ToString::to_string).collect()),
            or_none(episode.owners.join(", ")),
            or_none(used.collect::<Vec<_>>().join(", ")),
            episode.alert.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    out::painted(globals, &["FIRED", "LASTED", "SEVERITY", "ALERT", "INSTANCE", "SERVICE", "BY", "PLAYBOOKS", "ID"], &rows)
}

fn document(episode: &Episode) -> Value {
    let lasted = episode.lasted().map(|lasted| u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX));
    json!({
        "alert": episode.alert, "name": episode.name, "target": episode.target, "severity": episode.severity,
        "service": episode.service, "starts_at": millis::text(episode.from), "ended_at": episode.to.map(millis::text), "lasted_ms": lasted, "end": episode.to.map(|_| episode.end),
        "acknowledged_by": episode.owners, "playbooks": episode.playbooks, "incident": episode.incident,
    })
}
