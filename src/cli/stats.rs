//! `midwatch stats`: the times of many incidents, as a distribution.

use super::{Exit, Failure, Globals, Kind, out, session};
use crate::domain::entry::Entry;
use crate::domain::ids::IncidentId;
use crate::domain::incident::{Incident, Sev, Status};
use crate::domain::millis;
use crate::domain::spread::{FEW, Spread};
use crate::domain::timeline::{People, Times};
use crate::journal::Journal;
use crate::model::incidents::Incidents;
use crate::model::timeline::{View, timeline};
use chrono::{DateTime, Utc};
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "stats",
    about: "Print how long incidents took to be detected, acknowledged, declared, mitigated and resolved",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// How far back
    #[arg(long, value_name = "DUR", default_value = "90d", value_parser = humantime::parse_duration)]
    since: Duration,
    /// Only incidents of this severity; may be given again
    #[arg(long, value_name = "SEV")]
    severity: Vec<Sev>,
    /// Only incidents of this service
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let now = session::ports(globals).clock.now().wall;
    let since = chrono::Duration::from_std(arguments.since).ok().and_then(|back| now.checked_sub_signed(back));
    let since = since.ok_or_else(|| Failure::usage("`--since` lies before all times"))?;
    let mut journal = session::reader(globals)?;
    let counted: Vec<Incident> = counted(&journal.incidents()?, &arguments, since);
    let mut times = Vec::new();
    for incident in &counted {
        times.extend(times_of(&mut journal, incident.id)?);
    }
    let spreads = spreads(&times);
    match globals.json {
        true => out::json(&document(since, &counted, &spreads))?,
        false => out::text(&told(&counted, &spreads))?,
    }
    Ok(Exit::Done)
}

/// What was real and an incident of its own.
fn counted(entries: &[Arc<Entry>], arguments: &Arguments, since: DateTime<Utc>) -> Vec<Incident> {
    let mut known = Incidents::default();
    known.load(entries);
    let practice = |incident: &Incident| known.entries(incident.id).iter().any(|entry| entry.drill.is_some());
    let wanted = |incident: &&Incident| {
        incident.opened_at >= since
            && !matches!(incident.status, Status::Cancelled | Status::Merged)
            && (arguments.severity.is_empty() || arguments.severity.contains(&incident.severity))
            && arguments.service.as_ref().is_none_or(|name| incident.services.iter().any(|one| one.as_str() == name))
            && !practice(incident)
    };
    known.iter().filter(wanted).cloned().collect()
}

fn times_of(journal: &mut dyn Journal, id: IncidentId) -> anyhow::Result<Option<Times>> {
    let view = View { people: People::Names, zone: chrono_tz::Tz::UTC };
    Ok(timeline(&journal.of_incident(id)?, id, Vec::new(), view).map(|timeline| timeline.times))
}

/// By the name of the metric, in their order, each with its formula.
type Spreads = Vec<(&'static str, &'static str, Option<Spread>)>;

fn spreads(times: &[Times]) -> Spreads {
    let metrics: Vec<_> = times.iter().map(Times::metrics).collect();
    let of = |(index, metric): (usize, &crate::domain::timeline::Metric)| {
        (metric.name, metric.formula, Spread::of(metrics.iter().filter_map(|all| all[index].ms).collect()))
    };
    Times::default().metrics().iter().enumerate().map(of).collect()
}

fn by_severity(incidents: &[Incident]) -> BTreeMap<Sev, usize> {
    let mut counts = BTreeMap::new();
    incidents.iter().for_each(|incident| *counts.entry(incident.severity).or_default() += 1);
    counts
}

fn told(incidents: &[Incident], spreads: &Spreads) -> String {
    let severities: Vec<String> = by_severity(incidents).iter().map(|(severity, count)| format!("{count} {severity}")).collect();
    let head = match incidents.len() {
        0 => return "No incident was declared in that time.\n".to_owned(),
        1 => format!("1 incident: {}\n\n", severities.join(", ")),
        many => format!("{many} incidents: {}\n\n", severities.join(", ")),
    };
    let row = |(name, formula, spread): &(&str, &str, Option<Spread>)| {
        let cells = match spread {
            None => ["0".to_owned(), "never recorded".to_owned(), "-".to_owned(), "-".to_owned()],
            Some(spread) => {
                let middle = match spread.middle {
                    Some(middle) => [span(middle.median), format!("{} to {}", span(middle.low), span(middle.high))],
                    None => ["n too small".to_owned(), "-".to_owned()],
                };
                let [median, half] = middle;
                [spread.n.to_string(), median, half, format!("{} to {}", span(spread.least), span(spread.most))]
            }
        };
        let [n, median, half, all] = cells;
        vec![(*name).to_owned(), (*formula).to_owned(), n, median, half, all]
    };
    let rows: Vec<Vec<String>> = spreads.iter().map(row).collect();
    let table = out::table(&["METRIC", "FORMULA", "N", "MEDIAN", "MIDDLE HALF", "ALL"], &rows);
    let few = spreads.iter().any(|(_, _, spread)| spread.is_some_and(|spread| spread.middle.is_none()));
    let why = if few { format!("\nUnder {FEW} values a median says nothing of the next incident.\n") } else { String::new() };
    format!("{head}{table}{why}")
}

fn span(ms: i64) -> String {
    let age = out::age(Duration::from_millis(ms.unsigned_abs()));
    if ms < 0 { format!("-{age}") } else { age }
}

fn document(since: DateTime<Utc>, incidents: &[Incident], spreads: &Spreads) -> Value {
    let one = |(name, formula, spread): &(&str, &str, Option<Spread>)| {
        let middle = spread.and_then(|spread| spread.middle);
        let value = json!({
            "formula": formula,
            "n": spread.map_or(0, |spread| spread.n),
            "least_ms": spread.map(|spread| spread.least),
            "p25_ms": middle.map(|middle| middle.low),
            "median_ms": middle.map(|middle| middle.median),
            "p75_ms": middle.map(|middle| middle.high),
            "most_ms": spread.map(|spread| spread.most),
        });
        ((*name).to_owned(), value)
    };
    let severities: Map<String, Value> =
        by_severity(incidents).iter().map(|(severity, count)| (severity.to_string(), (*count).into())).collect();
    json!({
        "schema": 1,
        "since": millis::text(since),
        "incidents": incidents.len(),
        "severities": severities,
        "metrics": spreads.iter().map(one).collect::<Map<_, _>>(),
    })
}
