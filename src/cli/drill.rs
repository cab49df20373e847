//! `midwatch drill`: the practice of a week, what was found by it, and what was put off.

use super::readiness::{self, Known};
use super::session::{Needs, Session};
use super::{Exit, Failure, Globals, Kind, ack, log, out};
use crate::domain::ids::{EntryId, PlaybookId, RunId};
use crate::domain::millis;
use crate::domain::node::nearest;
use crate::domain::practice::{Finding, Practised, Verdict, Week};
use crate::domain::readiness::{This, word};
use crate::model::Command;
use crate::model::practice::Said;
use chrono::NaiveDate;
use clap::{ArgMatches, FromArgMatches, Subcommand};
use serde_json::{Value, json};

pub const KIND: Kind = Kind {
    name: "drill",
    about: "Practise: whose turn it is, what was practised, and what was found",
    args: |command| <Doing as Subcommand>::augment_subcommands(command).subcommand_required(true),
    run,
    hidden: false,
};

#[derive(Subcommand)]
enum Doing {
    /// Print what was practised, the newest first, and the findings that are open
    List,
    /// Print whose turn it is this week and in the weeks behind it, if each turn is kept
    Schedule {
        /// How many weeks
        #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=520))]
        weeks: u16,
    },
    /// Put this week's turn off; the next one comes up, and the reason stays in view
    Skip {
        /// The playbook, if it is another than the one whose turn it is
        name: Option<String>,
        /// Why: it stands on the board until it was practised
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Keep what practice has found
    Find {
        /// What it is, in a sentence
        #[arg(value_name = "TEXT", required = true)]
        text: Vec<String>,
        /// The run that found it, or its beginning
        #[arg(long, value_name = "RUN", required_unless_present = "playbook")]
        run: Option<String>,
        /// The playbook that it is about, if no run found it
        #[arg(long, value_name = "NAME", conflicts_with = "run")]
        playbook: Option<String>,
        /// Who mends it
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
        /// Until when: 2026-12-24
        #[arg(long, value_name = "DAY")]
        due: Option<NaiveDate>,
    },
    /// Say what became of a finding
    Close {
        /// The id of the finding, or its beginning
        finding: String,
        /// What became of it
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let doing = Doing::from_arg_matches(matches)?;
    let known = Known::read(globals)?;
    let said = match doing {
        Doing::List => return list(globals, &known),
        Doing::Schedule { weeks } => return schedule(globals, &known, weeks.into()),
        Doing::Skip { name, reason } => put_off(&known, name, reason)?,
        Doing::Find { text, run, playbook, owner, due } => {
            let (playbook, run) = about(&known, run.as_deref(), playbook)?;
            Said::Found { playbook, run, text: text.join(" "), owner, due }
        }
        Doing::Close { finding, reason } => {
            let finding = one(&known, &finding)?;
            Said::Closed { finding: finding.id, playbook: finding.playbook.clone(), how: reason }
        }
    };
    let mut session = Session::open(globals, Needs::Journal)?;
    ack::act(&mut session, globals, Command::Practise(said))
}

fn put_off(known: &Known, name: Option<String>, reason: String) -> anyhow::Result<Said> {
    let this = known.grounds().board(known.now).week;
    let playbook = match (name, this.turn) {
        (Some(name), _) => named(known, &name)?,
        (None, Some(turn)) => turn,
        (None, None) => return Err(Failure::usage("nothing is to be practised this week").into()),
    };
    Ok(Said::PutOff { week: Week::of(known.now), playbook, reason })
}

fn named(known: &Known, name: &str) -> anyhow::Result<PlaybookId> {
    let found = known.books.iter().find(|book| book.id.as_str() == name).map(|book| book.id.clone());
    found.ok_or_else(|| {
        let names: Vec<&str> = known.books.iter().map(|book| book.id.as_str()).collect();
        let help = nearest(name, &names).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        Failure::usage(format!("no playbook is named `{name}`{help}")).into()
    })
}

fn about(known: &Known, run: Option<&str>, playbook: Option<String>) -> anyhow::Result<(PlaybookId, Option<RunId>)> {
    let Some(run) = run else { return Ok((named(known, &playbook.unwrap_or_default())?, None)) };
    let fits = |practised: &&Practised| practised.run.to_string().starts_with(&run.to_ascii_lowercase());
    match known.record.practised.iter().filter(fits).collect::<Vec<_>>().as_slice() {
        [practised] => Ok((practised.playbook.clone(), Some(practised.run))),
        [] => Err(Failure::usage(format!("no run that is over is named `{run}`: `midwatch drill list` has them")).into()),
        several => Err(Failure::usage(format!("{} runs begin with `{run}`: name more of it", several.len())).into()),
    }
}

fn one<'a>(known: &'a Known, finding: &str) -> anyhow::Result<&'a Finding> {
    let id = |id: EntryId| id.to_string().starts_with(&finding.to_ascii_lowercase());
    let open = known.record.findings.iter().filter(|known| known.closed.is_none() && id(known.id));
    match open.collect::<Vec<_>>().as_slice() {
        [one] => Ok(one),
        [] => Err(Failure::usage(format!("no open finding is named `{finding}`: `midwatch drill list` has them")).into()),
        several => Err(Failure::usage(format!("{} findings begin with `{finding}`: name more of it", several.len())).into()),
    }
}

fn list(globals: &Globals, known: &Known) -> anyhow::Result<Exit> {
    let board = known.grounds().board(known.now);
    let rated = |practised: &Practised| {
        let row = board.row(&practised.playbook);
        practised.verdict(row.and_then(|row| row.rto), row.and_then(|row| row.rpo))
    };
    let newest = || known.record.practised.iter().rev();
    let open: Vec<&Finding> = known.record.findings.iter().filter(|finding| finding.closed.is_none()).collect();
    if globals.json {
        let one = |practised: &Practised| {
            let mut one = readiness::practised(practised);
            one["verdict"] = json!(rated(practised));
            one
        };
        let practised: Vec<Value> = newest().map(one).collect();
        let findings: Vec<Value> = known.record.findings.iter().map(finding).collect();
        out::json(&json!({"schema": 1, "practised": practised, "findings": findings, "week": readiness::this(&board.week)}))?;
        return Ok(Exit::Done);
    }
    let zone = known.config.console.zone;
    let row = |practised: &Practised| {
        let verdict: Verdict = rated(practised);
        vec![
            log::time(practised.ended_at, zone),
            practised.playbook.to_string(),
            word(verdict).to_owned(),
            practised.took.map_or("-".to_owned(), out::age),
            practised.by.clone(),
            match (practised.drill, practised.incident) {
                (true, _) => "drill",
                (false, Some(_)) => "real",
                (false, None) => "live",
            }
            .to_owned(),
            practised.run.to_string(),
        ]
    };
    let rows: Vec<_> = newest().map(row).collect();
    let mut text = match rows.is_empty() {
        true => "Nothing was practised yet.\n".to_owned(),
        false => out::table(&["ENDED", "PLAYBOOK", "", "TOOK", "BY", "", "RUN"], &rows),
    };
    if !open.is_empty() {
        let row = |finding: &&Finding| {
            let due = finding.due.map_or("-".to_owned(), |due| due.to_string());
            let owner = finding.owner.clone().unwrap_or_else(|| "nobody".to_owned());
            vec![due, owner, finding.playbook.to_string(), finding.id.to_string(), finding.text.clone()]
        };
        text += "\n";
        text += &out::table(&["DUE", "OWNER", "PLAYBOOK", "ID", "FINDING"], &open.iter().map(row).collect::<Vec<_>>());
    }
    out::text(&format!("{text}\n{}\n", readiness::week(&board.week)))?;
    Ok(Exit::Done)
}

fn finding(finding: &Finding) -> Value {
    let closed = finding.closed.as_ref();
    json!({
        "id": finding.id, "text": finding.text, "playbook": finding.playbook, "run": finding.run, "at": millis::text(finding.at),
        "by": finding.by, "owner": finding.owner, "due": finding.due,
        "closed": closed.map(|closed| json!({"at": millis::text(closed.at), "by": closed.by, "how": closed.how})),
    })
}

fn schedule(globals: &Globals, known: &Known, weeks: usize) -> anyhow::Result<Exit> {
    let ahead = known.grounds().ahead(known.now, weeks);
    if globals.json {
        out::json(&json!({"schema": 1, "weeks": ahead.iter().map(readiness::this).collect::<Vec<_>>()}))?;
        return Ok(Exit::Done);
    }
    let row = |this: &This| {
        let put_off = this.skips.iter().map(|skip| format!("{} put off by {}: {}", skip.playbook, skip.by, skip.reason));
        let done = this.done.then(|| "something was practised".to_owned());
        let held = this.held.as_ref().map(|why| format!("held: {why}"));
        let turn = this.turn.as_ref().filter(|_| this.held.is_none()).map_or("-".to_owned(), ToString::to_string);
        let why = held.into_iter().chain(done).chain(put_off).chain((!this.why.is_empty()).then(|| this.why.join(", ")));
        vec![this.week.to_string(), this.week.monday().to_string(), turn, why.collect::<Vec<_>>().join("; ")]
    };
    out::text(&out::table(&["WEEK", "MONDAY", "PLAYBOOK", ""], &ahead.iter().map(row).collect::<Vec<_>>()))?;
    Ok(Exit::Done)
}
