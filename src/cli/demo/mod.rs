//! `midwatch demo`: the whole console on a simulated outage. Its servers run inside the process and speak real HTTP on
//! loopback; nothing is written outside a temporary folder, which is gone afterwards.

mod scenario;
mod servers;
mod sim;
mod tour;

use super::session::{self, Loaded};
use super::{Exit, Failure, Globals, Kind, console, out, plain};
use crate::config;
use crate::domain::node::{Node, Problems};
use crate::tui::terminal;
use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::json;
use std::path::PathBuf;

pub const KIND: Kind = Kind {
    name: "demo",
    about: "Show everything on a simulated outage: no configuration, nothing left behind",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// Which outage: `--list` tells of each
    #[arg(value_name = "NAME", default_value = "database", value_parser = PossibleValuesParser::new(scenario::names()))]
    name: String,
    /// The same
    #[arg(long, value_name = "NAME", conflicts_with = "name", value_parser = PossibleValuesParser::new(scenario::names()))]
    scenario: Option<String>,
    /// Say which outages there are
    #[arg(long, conflicts_with_all = ["serve", "plain"])]
    list: bool,
    /// As spoken lines, in which every command can be typed
    #[arg(long)]
    plain: bool,
    /// Only serve the simulated world, and print where: for trying other tools and configurations on it
    #[arg(long, conflicts_with = "plain")]
    serve: bool,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    if arguments.list {
        return list(globals);
    }
    let scenario = scenario::named(arguments.scenario.as_ref().unwrap_or(&arguments.name))?;
    let (text, guide) = (scenario.config.clone(), tour::guide(scenario.tour.clone())?);
    if !arguments.serve && !arguments.plain {
        // Its servers are threads, too.
        terminal::hold_stops();
    }
    let runtime = session::runtime()?;
    let address = runtime.block_on(servers::start(scenario))?;
    let text = text.replace("DEMO_URL", &format!("http://{address}"));
    if arguments.serve {
        out::text(&text)?;
        runtime.block_on(async {
            crate::runtime::shell::ended()?.await;
            std::io::Result::Ok(())
        })?;
        return Ok(Exit::Done);
    }
    let folder = Folder::new()?;
    let globals = Globals { data: Some(folder.0.clone()), ..globals.clone() };
    if arguments.plain {
        plain::refuse(false, globals.json)?;
        // What is typed are commands of their own, which read it, too.
        let file = folder.0.join("config.yaml");
        std::fs::write(&file, text)?;
        return plain::run(&Globals { config: Some(file), ..globals }, Some(guide));
    }
    console::run(&globals, configuration(&text)?, Some(guide), None, None)
}

fn list(globals: &Globals) -> anyhow::Result<Exit> {
    let all = scenario::names().map(|name| Ok((name, scenario::named(name)?))).collect::<anyhow::Result<Vec<_>>>()?;
    if globals.json {
        let scenario =
            |(name, it): &(&str, scenario::Scenario)| json!({"name": name, "about": it.about, "playbook": it.playbook});
        out::json(&json!({"schema": 1, "scenarios": all.iter().map(scenario).collect::<Vec<_>>()}))?;
    } else {
        let lines = all.iter().map(|(name, it)| format!("{name:<10}{} Its playbook: {}.\n", it.about, it.playbook));
        out::text(&lines.collect::<String>())?;
    }
    Ok(Exit::Done)
}

fn configuration(text: &str) -> anyhow::Result<Loaded> {
    let mut problems = Problems::default();
    let config = Node::parse(text, &mut problems).and_then(|node| config::resolve(&node, &session::kinds(), &mut problems));
    config.ok_or_else(|| {
        let shown: Vec<String> = problems.list.iter().map(|problem| problem.show("demo", text)).collect();
        Failure::usage(shown.join("")).into()
    })
}

/// A folder that is ours alone and goes with us.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let path = std::env::temp_dir().join(format!("midwatch-demo-{}", uuid::Uuid::now_v7()));
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A leftover in the temporary folder is the system's to clean.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
