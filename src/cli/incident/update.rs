//! What people elsewhere are told of an incident, and what became of it at each destination.

use super::take_up;
use crate::cli::session::{Needs, Session};
use crate::cli::{Exit, Globals, ack, note};
use crate::domain::ids::SourceName;
use crate::domain::update::Next;
use crate::model::Command;
use clap::Args;

#[derive(Args)]
pub struct Update {
    incident: String,
    /// How it stands, in a sentence or two; `-` reads standard input
    text: String,
    /// Where to, by a name of `updates` in the configuration; may be given again. `none`: it is only recorded, as said some other way [default: everywhere]
    #[arg(long, value_name = "NAME")]
    to: Vec<SourceName>,
    /// When the next one is promised: 30m, or none [default: by `updates.every` of the configuration]
    #[arg(long, value_name = "DUR")]
    next: Option<Next>,
    /// Post an incident that is private all the same: its label, typed
    #[arg(long, value_name = "INC-N")]
    confirm: Option<String>,
}

pub fn post(globals: &Globals, arguments: Update) -> anyhow::Result<Exit> {
    let mut session = Session::open(globals, Needs::Destinations)?;
    let incident = take_up(&mut session, globals, &arguments.incident)?;
    let text = note::text(&arguments.text, &[])?;
    let to = match arguments.to.as_slice() {
        [] => None,
        [one] if one.as_str() == "none" => Some(Vec::new()),
        _ => Some(arguments.to),
    };
    let next = arguments.next.unwrap_or_default();
    ack::act(&mut session, globals, Command::Update { incident, text, to, next, confirmed: arguments.confirm })
}
