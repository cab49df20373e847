//! `midwatch demo`: the whole console on a simulated outage. Its servers run inside the process and speak real HTTP on
//! loopback; nothing is written outside a temporary folder, which is gone afterwards.

mod guide;
mod outage;
mod servers;

use super::session::{self, Loaded};
use super::{Exit, Failure, Globals, Kind, console, out};
use crate::config;
use crate::domain::node::{Node, Problems};
use clap::{ArgMatches, Args, FromArgMatches};
use outage::Scenario;
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
    /// Which outage
    #[arg(long, value_name = "NAME", default_value = "database", value_parser = ["database"])]
    scenario: String,
    /// Only serve the simulated world, and print where: for trying other tools and configurations on it
    #[arg(long)]
    serve: bool,
}

/// The outages that can be shown, by name.
fn scenario(name: &str) -> anyhow::Result<Scenario> {
    let text = match name {
        "database" => include_str!("scenario.yaml"),
        _ => return Err(Failure::usage(format!("no scenario is named {name}")).into()),
    };
    Ok(serde_yaml::from_str(text)?)
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let scenario = scenario(&arguments.scenario)?;
    let guide = guide::of(scenario.guide.clone());
    let runtime = session::runtime()?;
    let address = runtime.block_on(servers::start(scenario))?;
    let url = format!("http://{address}");
    if arguments.serve {
        out::text(&include_str!("config.yaml").replace("DEMO_URL", &url))?;
        runtime.block_on(async {
            crate::runtime::shell::ended()?.await;
            std::io::Result::Ok(())
        })?;
        return Ok(Exit::Done);
    }
    let folder = Folder::new()?;
    let globals = Globals { data: Some(folder.0.clone()), ..globals.clone() };
    console::run(&globals, configuration(&url)?, Some(guide), None, None)
}

fn configuration(url: &str) -> anyhow::Result<Loaded> {
    let text = include_str!("config.yaml").replace("DEMO_URL", url);
    let mut problems = Problems::default();
    let config = Node::parse(&text, &mut problems).and_then(|node| config::resolve(&node, &session::kinds(), &mut problems));
    config.ok_or_else(|| {
        let shown: Vec<String> = problems.list.iter().map(|problem| problem.show("demo", &text)).collect();
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
