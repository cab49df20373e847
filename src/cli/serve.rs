//! `midwatch serve`: feeds, sources, carried acks, pushed alerts and the journal without a screen.

use super::lasting::Told;
use super::session::{self, Needs, Presence, Session};
use super::{Exit, Failure, Globals, Kind, out, reload};
use crate::journal;
use crate::model::crier::Crier;
use crate::model::{Command, World};
use crate::runtime::shell::{Ask, Frontend, can_call, ended, start_reader};
use crate::runtime::{Doors, Listens, Turn, covers};
use crate::tui::terminal;
use clap::{ArgMatches, Args, FromArgMatches};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;

pub const KIND: Kind = Kind {
    name: "serve",
    about: "Watch without a screen: record alerts and feeds, keep carried acknowledgements alive; ends on SIGTERM",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// Where alerts are pushed and heartbeats called, beside the addresses of the configuration
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    // Before any thread is started.
    terminal::hold_stops();
    let mut session = Session::open(globals, Needs::Watch)?;
    let data = session::data_folder(globals)?;
    if let Some(address) = arguments.listen {
        guarded(&session, address)?;
        if let Some(other) = journal::listened_elsewhere(&data) {
            out::warn(&format!(
                "midwatch: another process of this data folder listens on {other}: this one asks there, and listens on {address} once that one has ended"
            ));
        }
    }
    session.shell.tell_doors(doors(globals.clone()));
    session.listen(arguments.listen.map_or(Listens::Configured, Listens::At));
    session.know_practice();
    out::say(globals, "midwatch: watching; SIGTERM ends it");
    let _watched = reload::watch(session.shell.reloads(), globals, &session.config.text);
    let presence = Presence::of(&data, globals.read_only);
    let mut front = Headless { crier: Crier::default(), presence, globals: globals.clone(), journal: Told::default() };
    // Nobody types, and nobody ends it by not typing.
    let (_typed, mut inputs) = unbounded_channel();
    let stop = {
        let _guard = session.enter();
        Box::pin(ended()?)
    };
    // Who stands still watches nothing: another process may.
    let turn = session.shell.turn();
    start_reader(move || terminal::await_stops(|| turn.iter().for_each(Turn::give_up)));
    session.run(&mut front, &mut inputs, stop)?;
    Ok(Exit::Done)
}

/// Shows nothing but that it can't record. It calls by what is no terminal, and not while the operator looks at a console.
struct Headless {
    crier: Crier,
    presence: Presence,
    globals: Globals,
    journal: Told,
}

impl Frontend for Headless {
    type Input = Infallible;

    fn input(&mut self, input: Infallible, _world: &World) -> Vec<Ask> {
        match input {}
    }

    fn mention(&mut self, text: &str) {
        out::say(&self.globals, &format!("midwatch: {text}"));
    }

    fn calls(&mut self, world: &World) -> Option<Command> {
        self.crier.cry(world, || self.presence.looked(world.now.wall), |way| way.is_outward() && can_call(way)).map(Command::Call)
    }

    fn draw(&mut self, world: &World) -> io::Result<Option<Duration>> {
        for (bad, text) in self.journal.news(world) {
            let text = format!("midwatch: {text}");
            if bad { out::warn(&text) } else { out::say(&self.globals, &text) }
        }
        Ok(self.journal.due(world))
    }
}

/// What is sent to an address that only seems to be listened on is lost.
fn doors(globals: Globals) -> Doors {
    Arc::new(move |address, open| match open {
        Ok(()) => out::say(&globals, &format!("midwatch: listening on {address}")),
        Err(why) => out::warn(&format!("midwatch: can't listen on {address}: {why}; it is tried again")),
    })
}

/// The address of a network wants a token, like one of the configuration.
fn guarded(session: &Session, address: SocketAddr) -> anyhow::Result<()> {
    let pushed = session.config.sources.iter().filter_map(|(spec, source)| Some((spec.name.as_str(), source.hears()?.listen())));
    let called = session.config.feeds.iter().filter_map(|(spec, feed)| Some((spec.name.as_str(), feed.called()?.listen())));
    let mut all = pushed.chain(called).peekable();
    if all.peek().is_none() {
        let need = "--listen needs a source of kind `webhook` or a feed of kind `heartbeat` in the configuration";
        return Err(Failure::usage(need).into());
    }
    if let Some((name, listen)) = all.clone().find(|(_, listen)| listen.address != address && covers(listen.address, address)) {
        let wide = listen.address;
        return Err(Failure::usage(format!(
            "`{name}` of the configuration listens on {wide}, of which {address} is a part: one of the two could not be had; leave --listen out, or give another port"
        ))
        .into());
    }
    match all.find(|(_, listen)| listen.token.is_none()).filter(|_| !address.ip().is_loopback()) {
        Some((name, _)) => Err(Failure::usage(format!(
            "whoever reaches {address} could push to `{name}`, which has `token: none`: give it a token, or listen on a loopback address"
        ))
        .into()),
        None => Ok(()),
    }
}
