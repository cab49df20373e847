//! `midwatch silences`: every silence of every source as a table or as JSON; and what TARGET means where a silence is meant.

use super::session::{Needs, Session};
use super::{Exit, Failure, Globals, Kind, alerts, out, target};
use crate::domain::alert::SilenceMatcher;
use crate::model::World;
use crate::model::silences::{On, Phase, Standing, Tool};
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::{Value, json};

pub const KIND: Kind = Kind {
    name: "silences",
    about: "Print the silences of all sources, the one that ends next first",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// Those that have ended within a day too
    #[arg(long)]
    all: bool,
    /// As commands that make them again, instead of a table
    #[arg(long = "as", value_name = "TOOL", value_enum, conflicts_with = "json")]
    tool: Option<As>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum As {
    Amtool,
    Curl,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut session = Session::open(globals, Needs::Remotes)?;
    session.poll();
    let world = session.world();
    let mut silences = world.silences();
    silences.retain(|one| arguments.all || one.phase != Phase::Ended);
    match (globals.json, arguments.tool) {
        (_, Some(tool)) => out::text(&commands(world, &silences, tool))?,
        (true, None) => {
            let silences: Vec<Value> = silences.iter().map(document).collect();
            out::json(&json!({"schema": 1, "sources": alerts::sources(world), "silences": silences}))?;
        }
        (false, None) => out::text(&table(world, &silences))?,
    }
    Ok(alerts::report_sources(world))
}

fn commands(world: &World, silences: &[Standing], tool: As) -> String {
    let tool = match tool {
        As::Amtool => Tool::Amtool,
        As::Curl => Tool::Curl,
    };
    let lines = silences.iter().map(|one| world.in_shell(one, tool)).filter(|text| !text.is_empty());
    lines.map(|text| text + "\n").collect()
}

fn table(world: &World, silences: &[Standing]) -> String {
    let now = world.now.wall;
    let row = |one: &Standing| {
        let (word, at) = match one.phase {
            Phase::Active => ("", one.ends_at - now),
            Phase::Pending => ("begins in ", one.starts_at - now),
            Phase::Ended => ("ended ", now - one.ends_at),
        };
        let alerts = match one.matches_nothing() {
            true => "nothing".to_owned(),
            false => one.alerts.len().to_string(),
        };
        vec![
            format!("{word}{}", out::age(at.to_std().unwrap_or_default())),
            alerts,
            one.again.len().to_string(),
            one.by.inert().into_owned(),
            shown(&one.matchers),
            one.comment.inert().into_owned(),
            one.on.iter().map(name).collect::<Vec<_>>().join(" "),
        ]
    };
    let rows: Vec<Vec<String>> = silences.iter().map(row).collect();
    out::table(&["ENDS", "ALERTS", "AGAIN", "BY", "MATCHERS", "COMMENT", "ID"], &rows)
}

fn name(on: &On) -> String {
    format!("{}/{}", on.source, on.id.inert())
}

fn shown(matchers: &[SilenceMatcher]) -> String {
    let one = |it: &SilenceMatcher| format!("{}{}{:?}", it.name.inert(), it.sign(), it.value.inert());
    matchers.iter().map(one).collect::<Vec<_>>().join(" ")
}

pub fn document(one: &Standing) -> Value {
    let on = |on: &On| json!({"source": on.source, "id": on.id, "ends_at": alerts::time(on.ends_at)});
    let matcher = |it: &SilenceMatcher| json!({"name": it.name, "value": it.value, "is_regex": it.regex, "is_equal": it.equal});
    json!({
        "on": one.on.iter().map(on).collect::<Vec<_>>(),
        "matchers": one.matchers.iter().map(matcher).collect::<Vec<_>>(),
        "created_by": one.by,
        "comment": one.comment,
        "state": one.phase.word(),
        "starts_at": alerts::time(one.starts_at),
        "ends_at": alerts::time(one.ends_at),
        "alerts": one.alerts,
        "fires_again": one.again,
    })
}

/// The silence that a target names: by its id wherever it stands, by `source/id` on that source alone. The beginning is enough.
///
/// # Errors
/// It names nothing, or several.
pub fn one(world: &World, target: &str) -> anyhow::Result<Standing> {
    if target.is_empty() {
        return Err(Failure::usage("an empty target names no silence: `midwatch silences` lists them").into());
    }
    let all = world.silences();
    let exactly: Vec<Standing> = all.iter().filter_map(|one| meant(one, |name| name == target)).collect();
    let found = match exactly.is_empty() {
        true => all.iter().filter_map(|one| meant(one, |name| name.starts_with(target))).collect(),
        false => exactly,
    };
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(target::unknown_source(world, target)
            .unwrap_or_else(|| target::not_there(world, format!("no silence is named {target}: `midwatch silences` lists them")))
            .into()),
        several => {
            let names: Vec<String> = several
                .iter()
                .take(5)
                .filter_map(|one| Some(format!("  {}  {}", name(one.on.first()?), shown(&one.matchers))))
                .collect();
            Err(Failure::usage(format!("{target} may mean {} silences:\n{}", several.len(), names.join("\n"))).into())
        }
    }
}

/// All of it where its id is named, the copy alone where its source is named too.
fn meant(one: &Standing, is: impl Fn(&str) -> bool) -> Option<Standing> {
    if one.on.iter().any(|on| is(on.id.raw())) {
        return Some(one.clone());
    }
    let on: Vec<On> = one.on.iter().filter(|on| is(&format!("{}/{}", on.source, on.id.raw()))).cloned().collect();
    (!on.is_empty()).then(|| Standing { on, ..one.clone() })
}
