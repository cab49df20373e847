//! `midwatch readiness`: what was really practised, by whom, how long ago, how long it took, and what never was.

use super::{Exit, Failure, Globals, Kind, export, library, out, session};
use crate::domain::millis;
use crate::domain::patterns::Patterns;
use crate::domain::playbook::{Playbook, Practice};
use crate::domain::practice::Practised;
use crate::domain::readiness::{Board, FORMULA, Restore, Row, State, This};
use crate::domain::settings::Settings;
use crate::exports::readiness;
use crate::journal::Journal;
use crate::model::practice::Record;
use crate::model::practice::board::Grounds;
use crate::model::world::BACK;
use chrono::{DateTime, Utc};
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "readiness",
    about: "Print of every playbook how long ago it was practised, and how that went",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// Write it as a page of HTML instead; - is standard output
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    html: Option<PathBuf>,
}

/// The library, the services and the record, as this machine has them.
pub struct Known {
    pub config: session::Loaded,
    pub books: Vec<Arc<Playbook>>,
    pub record: Record,
    pub now: DateTime<Utc>,
}

impl Known {
    /// # Errors
    /// The journal can't be read.
    pub fn read(globals: &Globals) -> anyhow::Result<Self> {
        let config = session::load_if_there(globals)?;
        let books = library::all(&config).all().to_vec();
        let now = session::ports(globals).clock.now().wall;
        let record = Record::read(&session::reader(globals)?.practice(now - BACK)?);
        Ok(Self { config, books, record, now })
    }

    pub fn grounds(&self) -> Grounds<'_, Arc<Playbook>> {
        let Settings { services, feeds, hold, .. } = &self.config.settings;
        Grounds { books: &self.books, services, feeds, record: &self.record, hold }
    }
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let known = Known::read(globals)?;
    let board = known.grounds().board(known.now);
    let open = known.record.findings.iter().filter(|finding| finding.closed.is_none());
    let findings: Vec<_> = open.cloned().collect();
    if let Some(file) = arguments.html {
        let mut page = Vec::new();
        // Without what the configuration says is to be struck, nothing leaves the house.
        let config = session::load_unless_missing(globals)?;
        let patterns = Patterns::with(&config.settings.redact).map_err(Failure::usage)?;
        readiness::write(&board, &findings, &patterns, known.config.console.zone, &mut page)?;
        return write(&file, &page);
    }
    match globals.json {
        true => out::json(&document(&board))?,
        false => out::text(&told(globals, &board))?,
    }
    Ok(Exit::Done)
}

fn write(file: &Path, page: &[u8]) -> anyhow::Result<Exit> {
    match file.as_os_str() == "-" {
        true => out::bytes(page)?,
        false => export::save(file, page)?,
    }
    Ok(Exit::Done)
}

fn told(globals: &Globals, board: &Board) -> String {
    let row = |row: &Row| {
        let practice = row.practice.map_or("-", Practice::word).to_owned();
        let (took, lost) = (row.proven.as_ref().and_then(|last| last.took), row.proven.as_ref().and_then(|last| last.lost));
        vec![
            row.state.word().to_owned(),
            practice,
            row.playbook.to_string(),
            row.last.as_ref().map_or("-".to_owned(), |(last, _)| ago(board.at, last.ended_at)),
            row.last.as_ref().map_or("-", |(last, _)| last.by.as_str()).to_owned(),
            against(took, row.rto),
            against(lost, row.rpo),
            due(board.at, row),
            row.score.to_string(),
            row.notes(),
        ]
    };
    let head = ["STATE", "PRACTICE", "PLAYBOOK", "LAST", "BY", "TOOK/RTO", "LOST/RPO", "DUE", "SCORE", "NOTES"];
    let mut text = out::painted(globals, &head, &board.rows.iter().map(row).collect::<Vec<_>>());
    for practice in board.missing() {
        text += &format!("never     {}: no playbook is about it\n", practice.word());
    }
    if !board.restores.is_empty() {
        let row = |one: &Restore| vec![one.state.word().to_owned(), one.feed.to_string(), one.badge(out::age, board.at)];
        let rows: Vec<_> = board.restores.iter().map(row).collect();
        text += &format!("\n{}", out::painted(globals, &["STATE", "DATA", "RESTORED"], &rows));
    }
    text + &format!("\n{}\n{FORMULA}\n", week(&board.week))
}

fn ago(now: DateTime<Utc>, at: DateTime<Utc>) -> String {
    format!("{} ago", out::age((now - at).to_std().unwrap_or_default()))
}

fn against(measured: Option<Duration>, limit: Option<Duration>) -> String {
    match (measured, limit) {
        (None, None) => "-".to_owned(),
        (None, Some(limit)) => format!("-/{}", out::age(limit)),
        (Some(measured), None) => out::age(measured),
        (Some(measured), Some(limit)) => format!("{}/{}", out::age(measured), out::age(limit)),
    }
}

fn due(now: DateTime<Utc>, row: &Row) -> String {
    match (row.state, row.due) {
        (State::Exempt, _) => "-".to_owned(),
        (_, None) => "now".to_owned(),
        (_, Some(due)) if due <= now => format!("{} over", out::age((now - due).to_std().unwrap_or_default())),
        (_, Some(due)) => format!("in {}", out::age((due - now).to_std().unwrap_or_default())),
    }
}

/// Whose turn it is, in a sentence.
pub fn week(this: &This) -> String {
    let streak = match this.streak {
        0 => "no week in a row yet".to_owned(),
        1 => "1 week in a row".to_owned(),
        weeks => format!("{weeks} weeks in a row"),
    };
    let done = if this.done { ", something was practised" } else { "" };
    match (&this.held, &this.turn) {
        (Some(why), _) => format!("{}: held, {why}; {streak}", this.week),
        (None, None) => format!("{}: nothing is to be practised{done}; {streak}", this.week),
        (None, Some(turn)) => {
            let why = if this.why.is_empty() { String::new() } else { format!(" ({})", this.why.join(", ")) };
            format!("{}: {turn}{why}{done}; {streak}", this.week)
        }
    }
}

pub fn practised(practised: &Practised) -> Value {
    json!({
        "run": practised.run, "playbook": practised.playbook, "drill": practised.drill, "incident": practised.incident,
        "at": millis::text(practised.ended_at), "by": practised.by, "state": practised.ended,
        "took_s": practised.took.map(|took| took.as_secs_f64()), "lost_s": practised.lost.map(|lost| lost.as_secs_f64()),
        "skipped": practised.slips.skipped, "failed": practised.slips.failed, "retried": practised.slips.retried,
        "unknown": practised.slips.unknown, "digest": practised.digest,
    })
}

fn document(board: &Board) -> Value {
    let seconds = |span: Option<Duration>| span.map(|span| span.as_secs_f64());
    let row = |row: &Row| {
        json!({
            "playbook": row.playbook, "title": row.title, "practice": row.practice, "services": row.services, "tier": row.tier,
            "owner": row.owner, "state": row.state, "score": row.score, "times": row.times,
            "rto_s": seconds(row.rto), "rpo_s": seconds(row.rpo), "cadence_s": seconds(row.cadence),
            "due_at": row.due.map(millis::text), "changed": row.changed, "findings": row.findings,
            "last": row.last.as_ref().map(|(last, _)| practised(last)), "verdict": row.last.as_ref().map(|(_, verdict)| verdict),
            "proven": row.proven.as_ref().map(practised),
            "badge": row.badge(out::age, board.at),
            "put_off": row.skip,
        })
    };
    let restore = |one: &Restore| {
        json!({
            "feed": one.feed, "service": one.service, "state": one.state, "playbooks": one.playbooks,
            "proof": one.proof.as_ref().map(practised),
        })
    };
    let cells = board.matrix().into_iter();
    let cell = |((service, practice), state)| json!({"service": service, "practice": practice, "state": state});
    json!({
        "schema": 1, "at": millis::text(board.at), "formula": FORMULA,
        "playbooks": board.rows.iter().map(row).collect::<Vec<_>>(),
        "missing": board.missing(),
        "coverage": cells.map(cell).collect::<Vec<_>>(),
        "restores": board.restores.iter().map(restore).collect::<Vec<_>>(),
        "week": this(&board.week),
    })
}

pub fn this(this: &This) -> Value {
    json!({
        "week": this.week.to_string(), "monday": this.week.monday(), "playbook": this.turn, "why": this.why, "done": this.done,
        "held": this.held, "streak": this.streak, "put_off": this.skips,
    })
}
