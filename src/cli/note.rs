//! `midwatch note`: one line into the incident log, from any shell.

use super::session::{Needs, Session};
use super::{Exit, Failure, Globals, Kind, ack, attach, incident};
use crate::domain::capture;
use crate::domain::entry::{Kind as What, Visibility};
use crate::domain::ids::IncidentId;
use crate::model::command::Marks;
use crate::model::{Command, World};
use clap::{ArgMatches, Args, FromArgMatches};
use std::io::Read;
use std::path::PathBuf;

pub const KIND: Kind = Kind {
    name: "note",
    about: "Add a note to the incident log: `-7m saw 5xx drop`, `! fail over`, `-` reads standard input",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

/// What a person may write into the log.
pub const KINDS: [&str; 6] = ["note", "decision", "hypothesis", "todo", "comms", "evidence"];

#[derive(Args)]
struct Arguments {
    /// The incident, instead of the only open one
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    /// When, if not now: -7m, 14:02 or RFC 3339
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    at: Option<String>,
    /// note, decision, hypothesis, todo, comms, evidence
    #[arg(long, value_parser = KINDS)]
    kind: Option<String>,
    /// A short export has it too
    #[arg(long)]
    important: bool,
    /// Who may see it: public, internal or restricted
    #[arg(long, value_name = "WHO", default_value = "internal")]
    visibility: Visibility,
    /// A file that shows it; kept in the data folder
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// What to note; may begin with a time and a mark (! decision, ? hypothesis, + to-do)
    #[arg(allow_hyphen_values = true)]
    text: String,
    // Not of one piece with the first word: it may begin with a hyphen, and what follows may be an option.
    /// More of it
    words: Vec<String>,
}

/// The most that is read from standard input, in bytes: what is longer is refused whole.
const LONGEST: usize = 64 * 1024;

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut session = Session::open(globals, Needs::Journal)?;
    let incident = match &arguments.incident {
        Some(name) => Some(incident::take_up(&mut session, globals, name)?),
        None => only_open(session.world())?,
    };
    let line = text(&arguments.text, &arguments.words)?;
    let zone = session.config.console.zone;
    let read = capture::parse(&line, session.world().now.wall, zone).map_err(Failure::usage)?;
    let at = incident::moment(&session, arguments.at.as_deref())?.or(read.at);
    let evidence = arguments.attach.iter().map(|path| attach::file(path, globals)).collect::<anyhow::Result<Vec<_>>>()?;
    let kind = match arguments.kind {
        Some(kind) => What::from(kind),
        None if !evidence.is_empty() && read.kind == What::Note => What::Evidence,
        None => read.kind,
    };
    let marks = Marks { important: arguments.important, visibility: arguments.visibility, evidence };
    ack::act(&mut session, globals, Command::Note { incident, kind, text: read.text, at, marks })
}

/// The incident that a note means when it names none: as on the screen, a drill where nothing real is open.
fn only_open(world: &World) -> anyhow::Result<Option<IncidentId>> {
    let open: Vec<_> = world.incidents.open().collect();
    match open.as_slice() {
        [] => Ok(world.incidents.worked_on().next().map(|drill| drill.id)),
        [one] => Ok(Some(one.id)),
        several => {
            let names: Vec<String> =
                several.iter().map(|one| format!("  {}  {}", one.label(), crate::domain::text::inert(&one.title))).collect();
            Err(Failure::usage(format!("several incidents are open; say which with --incident:\n{}", names.join("\n"))).into())
        }
    }
}

/// What was typed; `-` alone reads standard input.
///
/// # Errors
/// That is no text.
pub fn text(first: &str, more: &[String]) -> anyhow::Result<String> {
    if first != "-" || !more.is_empty() {
        let words: Vec<&str> = std::iter::once(first).chain(more.iter().map(String::as_str)).collect();
        return Ok(words.join(" "));
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().take(LONGEST as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::usage(format!("standard input could not be read: {error}")))?;
    if bytes.len() > LONGEST {
        let why =
            format!("standard input has more than the {LONGEST} bytes that a note may have; --attach FILE keeps a longer text");
        return Err(Failure::usage(why).into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::usage(format!("standard input is not text in UTF-8: byte {} is none of it", at + 1)).into()
    })
}
