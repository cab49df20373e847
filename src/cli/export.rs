//! `midwatch export`: an incident's timeline for the postmortem.

use super::{Exit, Failure, Globals, Kind, out, session, subject};
use crate::domain::capture;
use crate::domain::entry::{Kind as What, Visibility};
use crate::domain::patterns::Patterns;
use crate::domain::timeline::{Cut, Line, People, Timeline};
use crate::exports::{KINDS, template};
use crate::model::timeline::View;
use chrono_tz::Tz;
use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const KIND: Kind =
    Kind { name: "export", about: "Export an incident's timeline for the postmortem", args, run, hidden: false };

fn args(command: Command) -> Command {
    let formats: Vec<PossibleValue> = KINDS.iter().map(|kind| PossibleValue::new(kind.name).help(kind.about)).collect();
    command
        .arg(Arg::new("incident").required(true).help("INC-7, its id, or the beginning of the id"))
        .arg(
            Arg::new("format")
                .long("format")
                .required_unless_present("template")
                .value_name("F")
                .value_parser(formats)
                .help("What to write"),
        )
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Where, instead of standard output (`-`); never overwrites"),
        )
        .arg(
            Arg::new("tz")
                .long("tz")
                .value_name("ZONE")
                .value_parser(zone)
                .help("Zone of the times that are printed, e.g. Europe/Berlin [default: UTC]"),
        )
        .arg(
            Arg::new("people")
                .long("people")
                .value_name("HOW")
                .value_parser(["roles", "names"])
                .default_value("roles")
                .help("How people are called"),
        )
        .arg(
            Arg::new("since")
                .long("since")
                .value_name("WHEN")
                .allow_hyphen_values(true)
                .help("Leave out what was before: -7m, 14:02 or RFC 3339"),
        )
        .arg(
            Arg::new("until")
                .long("until")
                .value_name("WHEN")
                .allow_hyphen_values(true)
                .help("Leave out what came then, and after it"),
        )
        .arg(
            Arg::new("kind")
                .long("kind")
                .value_name("KIND")
                .action(ArgAction::Append)
                .help("Only entries of this kind; may be given again"),
        )
        .arg(Arg::new("important").long("important").action(ArgAction::SetTrue).help("Only what was marked as important"))
        .arg(
            Arg::new("visibility")
                .long("visibility")
                .value_name("WHO")
                .value_parser(|text: &str| text.parse::<Visibility>())
                .default_value("internal")
                .help("For whom: public leaves internal entries out, internal restricted ones"),
        )
        .arg(Arg::new("redact").long("redact").value_name("REGEX").action(ArgAction::Append).help(
            "Strike what matches, besides what looks like a secret and `export.redact` of the configuration; may be given again",
        ))
        .arg(
            Arg::new("template")
                .long("template")
                .value_name("FILE")
                .help("Markdown by a template: a file, or `brief` (makes Markdown: --format md may be left out)"),
        )
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| format!("`{text}` is no time zone: write it as in Europe/Berlin"))
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let format = matches.get_one::<String>("format").map_or("md", String::as_str);
    if globals.json && format != "json" {
        return Err(Failure::usage("--json prints JSON and nothing else: leave it away, or ask for --format json").into());
    }
    let name: &String = matches.get_one("incident").ok_or_else(|| Failure::usage("which incident?"))?;
    let people =
        if matches.get_one::<String>("people").is_some_and(|how| how == "names") { People::Names } else { People::Roles };
    let view = View { people, zone: matches.get_one("tz").copied().unwrap_or(Tz::UTC) };
    // Without what it says is to be struck, nothing leaves the house.
    let config = session::load_unless_missing(globals)?;
    let (cut, patterns) = (cut(matches, globals, config.console.zone)?, patterns(matches, &config.settings.redact)?);
    let mut timeline = subject::timeline(globals, name, view)?;
    if timeline.incident.private && cut.visibility < Visibility::Restricted {
        let why = format!("{name} is private: --visibility restricted exports it, for those who may see it");
        return Err(Failure::usage(why).into());
    }
    timeline.patterns = Arc::new(patterns);
    let timeline = timeline.cut(&cut);
    let bytes = written(matches, format, &timeline)?;
    match matches.get_one::<PathBuf>("output").filter(|path| path.as_os_str() != "-") {
        Some(path) => save(path, &bytes)?,
        None => out::bytes(&bytes)?,
    }
    out::say(globals, &format!("{} entries exported", timeline.lines.len()));
    hint(globals, &timeline);
    Ok(Exit::Done)
}

fn cut(matches: &ArgMatches, globals: &Globals, zone: Tz) -> anyhow::Result<Cut> {
    let now = session::ports(globals).clock.now().wall;
    let time = |name: &str| {
        let text = matches.get_one::<String>(name);
        text.map(|text| capture::when(text, now, zone)).transpose().map_err(Failure::usage)
    };
    let kinds = matches.get_many::<String>("kind").unwrap_or_default();
    let kinds = kinds.map(|word| match What::from(word.clone()) {
        What::Other(_) => {
            let known: Vec<&str> = What::ALL.iter().map(What::word).collect();
            Err(Failure::usage(format!("no entry is of the kind `{}`; there are {}", out::inert(word), known.join(", "))))
        }
        kind => Ok(kind),
    });
    Ok(Cut {
        since: time("since")?,
        until: time("until")?,
        kinds: kinds.collect::<Result<_, _>>()?,
        important: matches.get_flag("important"),
        visibility: matches.get_one("visibility").copied().unwrap_or_default(),
    })
}

/// Those of the configuration, and those of this call.
fn patterns(matches: &ArgMatches, always: &[String]) -> anyhow::Result<Patterns> {
    let own = matches.get_many::<String>("redact").unwrap_or_default();
    Patterns::with(&always.iter().chain(own).cloned().collect::<Vec<_>>())
        .map_err(|why| Failure::usage(format!("--redact: {why}")).into())
}

fn written(matches: &ArgMatches, format: &str, timeline: &Timeline) -> anyhow::Result<Vec<u8>> {
    if let Some(name) = matches.get_one::<String>("template") {
        if format != "md" {
            return Err(Failure::usage("--template makes Markdown: ask for --format md").into());
        }
        return filled(timeline, name);
    }
    let kind =
        KINDS.iter().find(|kind| kind.name == format).ok_or_else(|| Failure::usage(format!("no format is named {format}")))?;
    let mut bytes = Vec::new();
    (kind.write)(timeline, &mut bytes)?;
    Ok(bytes)
}

fn filled(timeline: &Timeline, name: &str) -> anyhow::Result<Vec<u8>> {
    let known = template::NAMED.iter().find(|(known, _)| *known == name);
    let source = match known {
        Some((_, source)) => (*source).to_owned(),
        None => std::fs::read_to_string(name).map_err(|error| {
            let names: Vec<&str> = template::NAMED.iter().map(|(name, _)| *name).collect();
            Failure::usage(format!("{name}: {error}; a template is a file, or {}", names.join(", ")))
        })?,
    };
    let text = template::filled(timeline, &source).map_err(|flaw| {
        let place = [Some(name.to_owned()), flaw.line.map(|n| n.to_string()), flaw.column.map(|n| n.to_string())];
        let place: Vec<String> = place.into_iter().flatten().collect();
        Failure::usage(format!("{}: {}; nothing was written", place.join(":"), flaw.why))
    })?;
    Ok(text.into_bytes())
}

/// Words that look for somebody to blame. A postmortem is read as it is written; so this is a hint, and nothing more.
const BLAMING: [&str; 4] = ["should have", "human error", "careless", "negligen"];

fn hint(globals: &Globals, timeline: &Timeline) {
    let blames = |line: &&Line| {
        let text = line.text.to_lowercase();
        BLAMING.into_iter().find(|word| text.contains(word))
    };
    let found: Vec<&str> = timeline.lines.iter().filter_map(|line| blames(&line)).collect();
    if let Some(first) = found.first() {
        let which = if found.len() == 1 { "an entry looks".to_owned() } else { format!("{} entries look", found.len()) };
        out::say(globals, &format!("hint: {which} for somebody to blame (“{first}”): what made it the sensible thing to do?"));
    }
}

/// Whole or not at all, and never over something that is there.
pub(super) fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    let open = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = open.map_err(|error| Failure::usage(format!("{} can't be written: {error}", path.display())))?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}
