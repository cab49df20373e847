//! `midwatch incident`: the incident's life.

mod joining;
mod update;

use super::session::{self, Needs, Session};
use super::{Exit, Failure, Globals, Kind, ack, handoff, log, out, subject, target};
use crate::domain::capture::when;
use crate::domain::entry::{Amendment, Entry, Kind as What, Visibility};
use crate::domain::ids::{EntryId, IncidentId, SourceName};
use crate::domain::incident::{Incident, Role, Sev, Status};
use crate::domain::timeline::People;
use crate::exports::json::{document, incident};
use crate::journal::Journal;
use crate::model::incidents::Incidents;
use crate::model::timeline::View;
use crate::model::{Body, Command, Fact};
use clap::{ArgMatches, Args, FromArgMatches, Subcommand};
use serde_json::json;
use std::sync::Arc;

pub const KIND: Kind = Kind {
    name: "incident",
    about: "Open, list, show, change and close incidents",
    args: |command| Verb::augment_subcommands(command).subcommand_required(true),
    run,
    hidden: false,
};

#[derive(Subcommand)]
enum Verb {
    /// Declare an incident; with --alert it takes in the last hour of that alert's service
    Open(Open),
    /// List incidents
    List {
        /// The closed ones too
        #[arg(long)]
        all: bool,
    },
    /// Show one with its log; of an export, by its file
    Show { incident: String },
    /// Change its severity, status, title or lead
    Set(Set),
    /// Tell people elsewhere how it stands, and when they hear of it next
    Update(update::Update),
    /// Offer it to somebody who is to lead it, or take it over
    Handoff {
        incident: String,
        #[command(flatten)]
        sides: handoff::Sides,
    },
    /// Give everything that it has recorded to another one, and go on there
    Merge {
        incident: String,
        /// The one that stays
        #[arg(long, value_name = "INCIDENT")]
        into: String,
    },
    /// Make entries of the log part of it, wherever they were recorded
    Link(joining::Link),
    /// Take entries out again that were made part of it
    Unlink(joining::Link),
    /// Close it
    Close {
        incident: String,
        /// What happened
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Open a closed one again
    Reopen {
        incident: String,
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Args)]
struct Open {
    /// What is wrong, in a few words
    title: String,
    /// SEV1 (worst) to SEV5; when in doubt the higher
    #[arg(long, default_value = "SEV2")]
    severity: Sev,
    /// An alert that it is about
    #[arg(long, value_name = "TARGET")]
    alert: Vec<String>,
    /// When it began, if not now: -7m, 14:02 or RFC 3339
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    at: Option<String>,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// SEV1 (worst) to SEV5
    #[arg(long)]
    severity: Option<Sev>,
    /// open, mitigated, resolved, cancelled
    #[arg(long)]
    status: Option<Status>,
    /// Another title
    #[arg(long)]
    title: Option<String>,
    /// Who leads it
    #[arg(long, value_name = "PERSON")]
    lead: Option<String>,
    /// Who has another role (lead, scribe, expert, liaison): scribe=bo; nobody any more: scribe=
    #[arg(long, value_name = "ROLE=PERSON", value_parser = role)]
    role: Vec<(Role, String)>,
    /// Whether it is private: exported only by --visibility restricted, posted nowhere
    #[arg(long, value_name = "YES", value_parser = clap::builder::BoolishValueParser::new(), num_args = 0..=1, default_missing_value = "yes")]
    private: Option<bool>,
}

#[derive(Args)]
struct Set {
    incident: String,
    #[command(flatten)]
    changes: Changes,
    /// When the status changed, if not now
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    at: Option<String>,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    match Verb::from_arg_matches(matches)? {
        Verb::Open(arguments) => open(globals, arguments),
        Verb::List { all } => list(globals, all),
        Verb::Show { incident } => show(globals, &incident),
        Verb::Set(arguments) => set(globals, arguments),
        Verb::Update(arguments) => update::post(globals, arguments),
        Verb::Handoff { incident, sides } => handoff::of_incident(globals, &incident, sides),
        Verb::Merge { incident, into } => joining::merge(globals, &incident, &into),
        Verb::Link(arguments) => joining::link(globals, &arguments, true),
        Verb::Unlink(arguments) => joining::link(globals, &arguments, false),
        Verb::Close { incident, reason } => status(globals, &incident, Status::Closed, reason),
        Verb::Reopen { incident, reason } => status(globals, &incident, Status::Open, reason),
    }
}

fn open(globals: &Globals, arguments: Open) -> anyhow::Result<Exit> {
    let mut session = Session::open(globals, if arguments.alert.is_empty() { Needs::Journal } else { Needs::All })?;
    let targets = target::Targets { targets: arguments.alert, filter: None, yes: false };
    if !targets.targets.is_empty() {
        session.poll();
    }
    let alerts = targets.resolve(session.world())?;
    let at = moment(&session, arguments.at.as_deref())?;
    let command = Command::Declare { title: arguments.title, severity: arguments.severity, alerts, at };
    let (_, progress) = session.ask(command)?;
    session.settle();
    let exit = ack::exit(&progress);
    let id = progress.items.iter().find_map(|item| item.entry).map(|entry| IncidentId(entry.0));
    match id.and_then(|id| session.world().incidents.get(id)) {
        Some(opened) if globals.json => out::json(&json!({"schema": 1, "incident": incident(opened, People::Names)}))?,
        Some(opened) => out::text(&format!("{} {}\n", opened.label(), opened.id))?,
        None => return ack::refused(&progress),
    }
    Ok(exit)
}

/// `--at`, read in the operator's zone.
///
/// # Errors
/// It is no time.
pub fn moment(session: &Session, at: Option<&str>) -> anyhow::Result<Option<chrono::DateTime<chrono::Utc>>> {
    let now = session.world().now.wall;
    at.map(|text| when(text, now, session.config.console.zone)).transpose().map_err(|why| Failure::usage(why).into())
}

fn list(globals: &Globals, all: bool) -> anyhow::Result<Exit> {
    let entries = session::reader(globals)?.incidents()?;
    let known = folded(&entries);
    let wanted: Vec<&Incident> = known.iter().filter(|incident| all || !incident.status.is_over()).collect();
    if globals.json {
        let incidents: Vec<_> = wanted.iter().map(|one| incident(one, People::Names)).collect();
        out::json(&json!({"schema": 1, "incidents": incidents}))?;
        return Ok(Exit::Done);
    }
    let zone = session::zone(globals)?;
    let row = |incident: &&Incident| {
        let cells = [
            incident.label(),
            incident.severity.to_string(),
            incident.status.word().into(),
            log::time(incident.opened_at, zone),
            incident.title.clone(),
        ];
        cells.to_vec()
    };
    let rows: Vec<Vec<String>> = wanted.iter().map(row).collect();
    out::text(&out::table(&["INCIDENT", "SEVERITY", "STATUS", "OPENED", "TITLE"], &rows))?;
    Ok(Exit::Done)
}

fn folded(entries: &[Arc<Entry>]) -> Incidents {
    let mut incidents = Incidents::default();
    incidents.load(entries);
    incidents
}

/// Which incident a person means: `INC-7`, `7`, an id or its beginning.
///
/// # Errors
/// None, or several.
pub fn find(journal: &mut dyn Journal, target: &str) -> anyhow::Result<IncidentId> {
    // With the declarations come their corrections.
    let mut declared = journal.declared(target)?;
    declared.retain(|entry| entry.kind == What::Declare);
    // Real ones and drills have their numbers together: whoever names the one does not mean the other.
    let named = |begins: &str| target.get(..begins.len()).is_some_and(|start| start.eq_ignore_ascii_case(begins));
    declared.retain(|entry| if entry.drill.is_some() { !named("INC-") } else { !named("DRILL-") });
    match declared.as_slice() {
        [one] => Ok(IncidentId(one.id.0)),
        [] => Err(Failure::usage(format!("no incident is named {target}: `midwatch incident list --all` lists them")).into()),
        several => {
            let names: Vec<String> = several.iter().map(|entry| format!("  {}  {}", entry.id, out::inert(&entry.text))).collect();
            Err(Failure::usage(format!("{target} may mean several incidents; say which by its id:\n{}", names.join("\n"))).into())
        }
    }
}

fn show(globals: &Globals, name: &str) -> anyhow::Result<Exit> {
    let view = View { people: People::Names, zone: session::zone(globals)? };
    let timeline = subject::timeline(globals, name, view)?;
    if globals.json {
        out::json(&document(&timeline))?;
        return Ok(Exit::Done);
    }
    let one = &timeline.incident;
    let head = format!("{} {} {} ({})\n", one.label(), one.severity, out::inert(&one.title), one.status.word());
    let due = one.next_update().map(|at| format!("next update promised for {}\n", log::time(at, view.zone)));
    let head = head + &due.unwrap_or_default();
    out::text(&format!(
        "{head}{}",
        log::lines(timeline.lines.iter().map(|line| (line.at, line.entry.as_ref(), line.text.as_str())), view.zone)
    ))?;
    Ok(Exit::Done)
}

fn set(globals: &Globals, arguments: Set) -> anyhow::Result<Exit> {
    let changes = arguments.changes;
    let status = changes.status;
    let mut session = Session::open(globals, status.map_or(Needs::Journal, |status| asking(globals, status)))?;
    let incident = take_up(&mut session, globals, &arguments.incident)?;
    let at = moment(&session, arguments.at.as_deref())?;
    let commands = [
        changes.severity.map(|severity| Command::SetSeverity { incident, severity }),
        changes.title.map(|title| Command::SetTitle { incident, title }),
        changes.lead.map(|person| Command::SetRole { incident, role: Role::Lead, person }),
        changes.private.map(|private| Command::Correct { entry: EntryId(incident.0), change: seen(private) }),
        changes.status.map(|status| Command::SetStatus { incident, by_way: Vec::new(), status, reason: None, at }),
    ];
    let roles = changes.role.into_iter().map(|(role, person)| Command::SetRole { incident, role, person });
    let exit = ack::act_all(&mut session, globals, commands.into_iter().flatten().chain(roles))?;
    if let Some(status) = status.filter(|_| exit == Exit::Done) {
        tell_unwell(&mut session, incident, status);
    }
    Ok(exit)
}

/// `scribe=bo`; `scribe=` when nobody is any more.
fn role(text: &str) -> Result<(Role, String), String> {
    let (role, person) = text.split_once('=').ok_or_else(|| format!("`{text}`: write ROLE=PERSON, as in scribe=bo"))?;
    Ok((role.parse()?, person.to_owned()))
}

/// Who may see an incident stands in its declaration.
fn seen(private: bool) -> Amendment {
    let visibility = if private { Visibility::Restricted } else { Visibility::Internal };
    Amendment { visibility: Some(visibility), ..Amendment::default() }
}

fn status(globals: &Globals, name: &str, status: Status, reason: Option<String>) -> anyhow::Result<Exit> {
    let mut session = Session::open(globals, asking(globals, status))?;
    let incident = take_up(&mut session, globals, name)?;
    let exit = ack::act(&mut session, globals, Command::SetStatus { incident, by_way: Vec::new(), status, reason, at: None })?;
    if exit == Exit::Done {
        tell_unwell(&mut session, incident, status);
    }
    Ok(exit)
}

/// Whoever says that it is over wants to know what still fires. What can't be asked keeps nobody from saying so.
fn asking(globals: &Globals, status: Status) -> Needs {
    let asks = |config: session::Loaded| !config.sources.is_empty() || !config.feeds.is_empty();
    match status != Status::Open && session::load(globals).is_ok_and(asks) {
        true => Needs::Whole,
        false => Needs::Journal,
    }
}

/// As the console says it before; here it is said behind what was recorded, which waits for no source.
fn tell_unwell(session: &mut Session, id: IncidentId, status: Status) {
    let Some(incident) = session.world().incidents.get(id).filter(|_| status != Status::Open) else { return };
    let (alerts, services) = (incident.alerts.clone(), incident.services.clone());
    if !alerts.is_empty() {
        session.poll();
    }
    session.poll_feeds(|feed| feed.spec.service.as_ref().is_some_and(|service| services.contains(service)));
    if let Some(bad) = session.world().still_bad(id) {
        out::warn(&format!("midwatch: not well yet: {bad}"));
    }
    let of_it = |name: &SourceName| alerts.iter().any(|alert| alert.source == *name);
    for (name, source) in session.world().alerts.sources().filter(|(name, _)| of_it(name)) {
        for doubt in source.doubts() {
            out::warn(&format!("midwatch: whether all of its alerts are over is not known: source {name}: {}", doubt.inert()));
        }
    }
}

/// Finds an incident and, if it is closed, loads it into the world.
///
/// # Errors
/// None, or several, are named so.
pub fn take_up(session: &mut Session, globals: &Globals, name: &str) -> anyhow::Result<IncidentId> {
    let mut journal = session::reader(globals)?;
    let id = find(&mut journal, name)?;
    if session.world().incidents.get(id).is_none() {
        for entry in journal.of_incident(id)? {
            session.shell.event(Body::Fact(Fact::Recorded { entry, request: None }));
        }
    }
    Ok(id)
}
