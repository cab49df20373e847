//! `midwatch stats`: the times of many incidents, as a distribution.

use super::{Exit, Failure, Globals, Kind, duration, out, session};
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
    #[arg(long, value_name = "DUR", default_value = "90d", value_parser = duration, allow_hyphen_values = true)]
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
        false => out::text(&told(&counted, &spreads, &arguments))?,
    }
    Ok(Exit::Done)
}

/// What was real and an incident of its own.
fn counted(entries: &[Arc<Entry>], arguments: &Arguments, since: DateTime<Utc>) -> Vec<Incident> {
    let mut known = Incidents::default();
    known.load(entries);
    let wanted = |incident: &&Incident| {
        incident.opened_at >= since
            && !matches!(incident.status, Status::Cancelled | Status::Merged)
            && (arguments.severity.is_empty() || arguments.severity.contains(&incident.severity))
            && arguments.service.as_ref().is_none_or(|name| incident.services.iter().any(|one| one.as_str() == name))
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

fn told(incidents: &[Incident], spreads: &Spreads, arguments: &Arguments) -> String {
    let severities: Vec<String> = by_severity(incidents).iter().map(|(severity, count)| format!("{count} {severity}")).collect();
    let head = match incidents.len() {
        0 => {
            let such = if arguments.severity.is_empty() && arguments.service.is_none() { "" } else { "such " };
            return format!("No {such}incident was declared in the last {}.\n", out::age(arguments.since));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::{Actor, Clock, Draft, Kind as What};
    use crate::domain::ids::{EntryId, OriginId};
    use uuid::Uuid;

    /// The declaration of one, and what else its entries say.
    fn one(n: u128, at: DateTime<Utc>, service: &str, more: &[(What, &str, &str)]) -> Vec<Arc<Entry>> {
        let ana = || Actor::person("ana", None);
        let mut drafts =
            vec![Draft::new(What::Declare, at, ana(), "declared").with("severity", "SEV2").with("services", [service])];
        drafts.extend(more.iter().map(|(kind, name, value)| Draft::new(kind.clone(), at, ana(), "then").with(name, value)));
        let entry = |(seq, mut draft): (usize, Draft)| {
            let seq = n * 10 + seq as u128;
            draft.incident = Some(IncidentId(Uuid::from_u128(n * 10)));
            let clock = Clock { ms: seq as i64, count: 0 };
            Arc::new(Entry::stamped(EntryId(Uuid::from_u128(seq)), OriginId(Uuid::nil()), seq as u64, clock, at, draft))
        };
        drafts.into_iter().enumerate().map(entry).collect()
    }

    #[test]
    fn what_counts_is_real_of_its_own_and_what_was_asked_for() {
        let since: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().expect("a time");
        let late = since + chrono::Duration::hours(1);
        let mut drill = one(5, late, "checkout", &[]);
        drill.extend(one(6, late, "checkout", &[]));
        let mut practised = (*drill[0]).clone();
        practised.draft.drill = Some("friday".into());
        drill[0] = Arc::new(practised);
        let all = [
            one(1, late, "checkout", &[]),
            one(2, since - chrono::Duration::seconds(1), "checkout", &[]),
            one(3, late, "mail", &[(What::Severity, "severity", "SEV1")]),
            one(4, late, "checkout", &[(What::Status, "status", "merged")]),
            one(7, late, "checkout", &[(What::Status, "status", "cancelled")]),
            drill,
        ]
        .concat();
        let counted = |severity: &[&str], service: Option<&str>| {
            let severity = severity.iter().map(|text| text.parse().expect("one")).collect();
            let arguments = Arguments { since: Duration::ZERO, severity, service: service.map(str::to_owned) };
            counted(&all, &arguments, since).iter().rev().map(|one| one.id.0.as_u128() / 10).collect::<Vec<_>>()
        };
        assert_eq!(counted(&[], None), [1, 3, 6]);
        assert_eq!(counted(&["SEV2"], None), [1, 6]);
        assert_eq!(counted(&[], Some("mail")), [3]);
    }

    #[test]
    fn few_are_told_as_few_and_what_came_before_its_beginning_took_no_time_that_is_known() {
        let times = |minutes: i64| {
            let at = |minutes| DateTime::from_timestamp(minutes * 60, 0);
            Times { impact: at(0), mitigated: at(minutes), ..Times::default() }
        };
        let asked = |severity| Arguments { since: Duration::from_secs(7 * 86_400), severity, service: None };
        let told = |minutes: &[i64]| {
            let times: Vec<_> = minutes.iter().copied().map(times).collect();
            told(&[], &spreads(&times), &asked(vec![]))
        };
        assert_eq!(told(&[]), "No incident was declared in the last 7d.\n");
        let sev = "SEV1".parse().expect("a severity");
        assert_eq!(super::told(&[], &Spreads::new(), &asked(vec![sev])), "No such incident was declared in the last 7d.\n");
        let since = "2026-03-01T00:00:00Z".parse().expect("a time");
        let counted = super::counted(
            &one(1, since, "a", &[]),
            &Arguments { since: Duration::ZERO, severity: vec![], service: None },
            since,
        );
        let text = super::told(&counted, &spreads(&[times(-5), times(3)]), &asked(vec![]));
        assert!(text.starts_with("1 incident: 1 SEV2\n"), "{text}");
        assert!(text.contains("3m00s to 3m00s") && text.contains("n too small") && text.contains("Under 10 values"), "{text}");
        let enough = super::told(&[counted.clone(), counted].concat(), &spreads(&[times(4); 10]), &asked(vec![]));
        assert!(enough.starts_with("2 incidents: 2 SEV2\n") && !enough.contains("Under 10"), "{enough}");
    }
}
