//! `midwatch services`: the catalogue. Who answers for a service, what it needs, and who feels it when it fails.

use super::{Exit, Failure, Globals, Kind, alerts, out, session};
use crate::domain::catalogue::{Catalogue, Service};
use crate::domain::node::nearest;
use crate::model::World;
use crate::model::suspicions::Written;
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::{Value, json};

pub const KIND: Kind = Kind {
    name: "services",
    about: "Print the services: who answers for them, what they need, and who feels it when one fails",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// Only this one, and every service that needs it, itself or by way of others
    service: Option<String>,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let config = session::load(globals)?;
    let (all, known) = (&config.settings.services, session::remembered(globals, &config)?.world);
    let places: Vec<usize> = match &arguments.service {
        Some(name) => vec![all.place(name).ok_or_else(|| unknown(name, all))?],
        None => (0..all.len()).collect(),
    };
    match (globals.json, arguments.service.is_some()) {
        (true, _) => {
            let services: Vec<Value> = places.iter().map(|at| document(all, &known, *at)).collect();
            out::json(&json!({"schema": 1, "services": services}))?;
        }
        (false, true) => out::text(&places.iter().map(|at| felt(globals, all, *at)).collect::<String>())?,
        (false, false) => out::text(&table(globals, all, &known))?,
    }
    Ok(Exit::Done)
}

fn unknown(name: &str, all: &Catalogue) -> Failure {
    let names: Vec<&str> = all.iter().map(|service| service.name.as_str()).collect();
    let help = nearest(name, &names).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Failure::usage(format!("no service is named `{name}`{help}"))
}

/// What the log says is suspected to be why it is bad.
fn suspected<'a>(known: &'a World, service: &Service) -> Option<&'a Written> {
    known.suspicions().written(&service.name, known.now.wall)
}

fn table(globals: &Globals, all: &Catalogue, known: &World) -> String {
    let row = |at: usize| {
        let (service, felt) = (&all[at], all.blast(at).len());
        let needs: Vec<&str> = service.depends_on.iter().map(|name| name.as_str()).collect();
        let [tier, owner, needs, felt] =
            [tier(service), service.owner.clone().unwrap_or_default(), needs.join(", "), felt.to_string()].map(or_dash);
        let why = suspected(known, service).map(|why| format!("{}, {}", why.cause, why.percent()));
        vec![service.name.to_string(), tier, owner, felt, needs, or_dash(why.unwrap_or_default())]
    };
    let rows: Vec<Vec<String>> = (0..all.len()).map(row).collect();
    out::painted(globals, &["SERVICE", "TIER", "OWNER", "NEEDED BY", "NEEDS", "SUSPECTED CAUSE"], &rows)
}

/// Who feels it, the nearest first.
fn felt(globals: &Globals, all: &Catalogue, at: usize) -> String {
    let row = |(at, steps): (usize, usize)| {
        let service = &all[at];
        let [tier, owner] = [tier(service), service.owner.clone().unwrap_or_default()].map(or_dash);
        vec![service.name.to_string(), tier, owner, steps.to_string()]
    };
    let rows: Vec<Vec<String>> = all.blast(at).into_iter().map(row).collect();
    out::painted(globals, &["FELT BY", "TIER", "OWNER", "STEPS"], &rows)
}

fn tier(service: &Service) -> String {
    service.tier.map(|tier| tier.to_string()).unwrap_or_default()
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

fn document(all: &Catalogue, known: &World, at: usize) -> Value {
    let service = &all[at];
    let why = suspected(known, service);
    let why = why.map(|why| {
        let Written { cause, confidence, since, text, .. } = why;
        json!({"cause": cause, "confidence": confidence, "since": alerts::time(*since), "text": text})
    });
    let felt = |(at, steps): (usize, usize)| {
        let other = &all[at];
        json!({"name": other.name, "tier": other.tier, "owner": other.owner, "steps": steps})
    };
    json!({
        "name": service.name,
        "tier": service.tier,
        "owner": service.owner,
        "vendor": service.vendor,
        "fault_domains": service.fault_domains,
        "depends_on": service.depends_on,
        "needed_by": all.blast(at).into_iter().map(felt).collect::<Vec<_>>(),
        "contacts": service.contacts,
        "dashboards": service.dashboards,
        "playbooks": service.playbooks,
        "suspected": why,
    })
}
