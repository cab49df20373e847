//! `midwatch change`: tell that something was changed, from a pipeline or by hand.

use super::session::{Needs, Session};
use super::{Exit, Globals, Kind, ack, incident};
use crate::domain::change::{Told, What};
use crate::domain::ids::ServiceName;
use crate::domain::text::Outside;
use crate::model::Command;
use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, Args, FromArgMatches};

pub const KIND: Kind = Kind {
    name: "change",
    about: "Record a deploy, a configuration, a flag or a migration",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// What was changed, in a few words: `1.42.0, canary first`
    #[arg(value_name = "TEXT", required = true)]
    text: Vec<String>,
    /// The service that was changed
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// What it was: deploy, config, flag, migration, other
    #[arg(long, value_name = "KIND", default_value = "deploy", hide_default_value = false,
          value_parser = PossibleValuesParser::new(What::ALL.map(What::word)))]
    kind: String,
    /// Where it can be read
    #[arg(long, value_name = "URL")]
    link: Option<String>,
    /// When, if not now: -7m, 14:02 or RFC 3339
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    at: Option<String>,
    /// What the pipeline calls it: told twice, it is recorded once
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut session = Session::open(globals, Needs::Journal)?;
    let at = incident::moment(&session, arguments.at.as_deref())?.unwrap_or(session.world().now.wall);
    let told = Told {
        id: arguments.id.map(Outside::from),
        what: What::parse(&arguments.kind).unwrap_or(What::Other),
        service: arguments.service.as_deref().map(ServiceName::from),
        at,
        words: arguments.text.join(" ").into(),
        by: None,
        link: arguments.link.map(Outside::from),
    };
    ack::act(&mut session, globals, Command::Change(told))
}
