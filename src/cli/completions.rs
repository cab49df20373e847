//! `midwatch completions SHELL`: made from the tree of commands.

use super::{Exit, Globals, Kind};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use clap_complete::Shell;

pub const KIND: Kind = Kind {
    name: "completions",
    about: "Print completions for a shell",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    shell: Shell,
}

fn run(matches: &ArgMatches, _globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut tree: Command = super::tree();
    clap_complete::generate(arguments.shell, &mut tree, "midwatch", &mut std::io::stdout());
    Ok(Exit::Done)
}
