//! A drill from its beginning to its end: begun, gone through, called off, finished.

use super::super::ack::refused;
use super::super::playbook::{confirmations, drive, pairs};
use super::super::session::{self, Needs, Session};
use super::super::{Exit, Failure, Globals, ack, console, library, out};
use super::clearing;
use crate::config;
use crate::domain::drill::{Debrief, Drill, Measured};
use crate::domain::ids::{IncidentId, RunId};
use crate::domain::millis;
use crate::domain::practice::Verdict;
use crate::domain::readiness::word;
use crate::domain::run::{Auto, Run};
use crate::domain::scenario::{Kind, Scenario};
use crate::domain::text::inert;
use crate::model::drills::{Drilling, Found};
use crate::model::runs::{RunCommand, Typed};
use crate::model::{Command, World};
use crate::playbook::scenario::{self, Script};
use clap::Args;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// How often is looked how far it has come.
const LOOK: Duration = Duration::from_millis(100);
/// How long it may take to take something over from a console that died.
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Args)]
pub struct Start {
    /// A playbook, a scenario by its name or its file, or an incident that was
    #[arg(value_name = "WHAT")]
    what: String,
    /// How it is held, if otherwise than it says itself: live, game-day, tabletop or replay
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<Kind>,
    /// A parameter of its playbook; as often as needed
    #[arg(long = "param", value_name = "K=V")]
    params: Vec<String>,
    /// Without the console, to its end: steps of this risk start without a person
    #[arg(long, value_name = "RISK", num_args = 0..=1, default_missing_value = "read", value_parser = ["read", "change"])]
    auto: Option<String>,
    /// Start STEP when the run comes to it; TEXT is what it wants typed, or yes
    #[arg(long, value_name = "STEP=TEXT", requires = "auto")]
    confirm: Vec<String>,
    /// Though a real incident is open
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    said: Said,
}

/// The three questions at the end.
#[derive(Args)]
pub struct Said {
    /// What went well
    #[arg(long, value_name = "TEXT")]
    well: Option<String>,
    /// What went badly, or was confusing
    #[arg(long, value_name = "TEXT")]
    badly: Option<String>,
    /// Where we were lucky
    #[arg(long, value_name = "TEXT")]
    lucky: Option<String>,
    /// Something that has to be mended: it stays open until it is closed; as often as needed
    #[arg(long, value_name = "TEXT")]
    finding: Vec<String>,
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::parse(text).ok_or_else(|| "one of live, game-day, tabletop, replay".to_owned())
}

pub fn start(globals: &Globals, wanted: Start) -> anyhow::Result<Exit> {
    let auto = wanted.auto.as_deref().and_then(Auto::parse);
    let (params, given) = (Typed(pairs(&wanted.params)?), confirmations(&wanted.confirm)?);
    let config = session::load(globals)?;
    let scenario = Box::new(script(globals, &config, &wanted.what, wanted.kind)?);
    let begin = Command::Drill(Drilling::Start { scenario, params, auto: auto.unwrap_or(Auto::No), anyway: wanted.anyway });
    if auto.is_none() {
        return console::begin(globals, config, begin);
    }
    let mut session = Session::open(globals, Needs::Watch)?;
    session.playbooks(globals)?;
    // What is real is asked first: a drill does not begin over it unseen.
    session.poll();
    let (_, progress) = session.ask(begin)?;
    let Some(id) = progress.items.iter().find_map(|item| item.entry).map(|entry| IncidentId(entry.0)) else {
        return refused(&progress);
    };
    session.until(PATIENCE, |world| run_of(world, id).is_some() || !world.drills.get(id).is_some_and(Drill::builds));
    match run_of(session.world(), id) {
        Some(run) => drop(drive::carry(&mut session, globals, run, &given, Vec::new())?),
        None => play(&mut session, globals, id),
    }
    over(&mut session, globals, id, wanted.said)
}

/// What is practised: a playbook by itself, or a script by its name or its file.
fn script(globals: &Globals, config: &session::Loaded, what: &str, kind: Option<Kind>) -> anyhow::Result<Scenario> {
    let catalogue = library::catalogue(config);
    let file = Path::new(what);
    let wrong = |script: &Script| Failure::usage(format!("{}\nno drill is begun on it", script.shown().trim_end()));
    let scenario = match catalogue.get(what) {
        _ if file.extension().is_some_and(|end| end == "yaml" || end == "yml") => {
            let script = scenario::file(file, library::around(config, &catalogue));
            script.scenario.clone().ok_or_else(|| wrong(&script))?
        }
        Ok(book) if book.starts_drills() => {
            return Err(Failure::usage(format!("{} starts drills itself: name what is to be practised", book.id)).into());
        }
        Ok(book) => Scenario::for_playbook(book),
        Err(_) if what.get(..4).is_some_and(|begins| begins.eq_ignore_ascii_case("inc-")) => super::new::past(globals, what)?,
        Err(no_book) => {
            let path = config::locate(globals.config.clone()).ok();
            let shelf = library::scenarios(path.as_deref(), config, &catalogue);
            let script = shelf.get(what).map_err(|no_script| Failure::usage(format!("{no_book}; {no_script}")))?;
            script.scenario.clone().ok_or_else(|| wrong(script))?
        }
    };
    Ok(Scenario { kind: kind.unwrap_or(scenario.kind), ..scenario })
}

fn run_of(world: &World, id: IncidentId) -> Option<RunId> {
    world.runs.iter().find(|(_, run)| run.incident == Some(id) && run.parent.is_none()).map(|(run, _)| run)
}

/// Until there is nothing more to come, or nothing comes without a person.
fn play(session: &mut Session, globals: &Globals, id: IncidentId) {
    let goes = |world: &World| world.drills.get(id).is_some_and(|drill| drill.runs() && !played(world, drill));
    if let Some(drill) = session.world().drills.get(id).filter(|_| goes(session.world())) {
        let left = drill.scenario.ends().saturating_sub(session.world().elapsed_in(drill, session.world().now.wall));
        out::say(globals, &format!("midwatch: it goes on for {}", out::age(left)));
    }
    while !session.until(LOOK, |world| !goes(world)) {}
    session.settle();
}

/// Everything that happens in it has happened.
fn played(world: &World, drill: &Drill) -> bool {
    drill.has_begun() && world.elapsed_in(drill, world.now.wall) >= drill.scenario.ends()
}

/// What of a drill is not over by itself, each with what is done about it.
fn left(world: &World, id: IncidentId) -> Vec<String> {
    let drill = world.drills.get(id).filter(|drill| !drill.is_over() && drill.aborted.is_none());
    let why = drill.and_then(|drill| match &drill.paused {
        Some(why) => Some(format!("it is paused ({}): `midwatch drill resume`, then `midwatch`, the console", inert(why))),
        None if drill.builds() && run_of(world, id).is_none() => {
            Some("nothing of it has begun: `midwatch drill abort --reason TEXT`".to_owned())
        }
        None => None,
    });
    if why.is_some() {
        return why.into_iter().collect();
    }
    let open = world.runs.open().filter(|(_, run)| run.incident == Some(id));
    open.map(|(run, state)| match clearing::stuck(run, state) {
        Some(stuck) => stuck,
        None => format!("its run {run} waits: `midwatch playbook resume {run}`, then `midwatch drill finish`"),
    })
    .collect()
}

/// Finishes it where its runs are over, and tells how it stands.
fn over(session: &mut Session, globals: &Globals, id: IncidentId, said: Said) -> anyhow::Result<Exit> {
    session.settle();
    let left = left(session.world(), id);
    if left.is_empty() {
        return finished(session, globals, id, said);
    }
    let open = session.world().runs.open().filter(|(_, run)| run.incident == Some(id));
    open.map(|(run, _)| run).collect::<Vec<RunId>>().into_iter().for_each(|run| drive::leave(session, run));
    told(session, globals, id)?;
    left.iter().for_each(|what| out::say(globals, &format!("midwatch: {what}")));
    Ok(Exit::No)
}

fn finished(session: &mut Session, globals: &Globals, id: IncidentId, said: Said) -> anyhow::Result<Exit> {
    let Said { well, badly, lucky, finding } = said;
    let said = Debrief { well, badly, lucky };
    let found = finding.into_iter().map(|text| Found { text, owner: None, due: None }).collect();
    let (_, progress) = session.ask(Command::Drill(Drilling::Finish { drill: id, said, found }))?;
    if drive::failed(&progress) {
        return refused(&progress);
    }
    session.settle();
    told(session, globals, id)?;
    let verdict = session.world().drills.get(id).map(|drill| session.world().measured(drill).verdict);
    Ok(if matches!(verdict, Some(Verdict::Pass | Verdict::Findings)) { Exit::Done } else { Exit::No })
}

pub fn finish(globals: &Globals, said: Said) -> anyhow::Result<Exit> {
    let (mut session, id) = held(globals)?;
    finished(&mut session, globals, id, said)
}

pub fn pause(globals: &Globals, reason: String) -> anyhow::Result<Exit> {
    let (mut session, drill) = held(globals)?;
    ack::act(&mut session, globals, Command::Drill(Drilling::Pause { drill, reason }))
}

pub fn resume(globals: &Globals) -> anyhow::Result<Exit> {
    let (mut session, drill) = held(globals)?;
    ack::act(&mut session, globals, Command::Drill(Drilling::Resume { drill }))
}

/// Calls it off: whoever drives its runs ends them and clears away; what nobody drives is taken over for that.
pub fn abort(globals: &Globals, reason: String, said: Said) -> anyhow::Result<Exit> {
    let (mut session, id) = held(globals)?;
    let fresh = session.world().drills.get(id).is_some_and(|drill| drill.aborted.is_none());
    if fresh {
        let (_, progress) = session.ask(Command::Drill(Drilling::Abort { drill: id, reason }))?;
        if drive::failed(&progress) {
            return refused(&progress);
        }
    }
    let whole = |world: &World| {
        let whole = |(run, state): (RunId, &Run)| (state.incident == Some(id) && state.parent.is_none()).then_some(run);
        world.runs.open().find_map(whole)
    };
    while let Some(run) = whole(session.world()) {
        let before = drive::before(&session, globals, run);
        let held = |world: &World| {
            let known = world.runs.live(run).is_some_and(|live| live.engaged() || live.elsewhere);
            known || whole(world) != Some(run)
        };
        // What is called off now is taken up with it; what was before, and was left so, is taken up here.
        if !session.until(if fresh { PATIENCE } else { LOOK }, held) {
            session.ask(Command::Run(RunCommand::Resume { run, params: Typed::default() }))?;
            session.until(PATIENCE, held);
        }
        if session.world().runs.live(run).is_some_and(|live| live.driving) {
            drive::carry(&mut session, globals, run, &drive::Confirmations::new(), before)?;
        }
        // Where another console holds it, that one ends it.
        if !session.until(PATIENCE, |world| whole(world) != Some(run)) {
            break;
        }
    }
    let exit = over(&mut session, globals, id, said)?;
    // It was to be called off, and is.
    Ok(if session.world().drills.get(id).is_some_and(Drill::is_over) { Exit::Done } else { exit })
}

fn held(globals: &Globals) -> anyhow::Result<(Session, IncidentId)> {
    let mut session = Session::open(globals, Needs::Journal)?;
    let id = session.world().drills.open().map(|drill| drill.incident);
    let id = id.ok_or_else(|| Failure::usage("no drill is held: `midwatch drill start` begins one"))?;
    session.playbooks(globals)?;
    Ok((session, id))
}

fn told(session: &Session, globals: &Globals, id: IncidentId) -> anyhow::Result<()> {
    let world = session.world();
    let Some(drill) = world.drills.get(id) else { return Ok(()) };
    let results = world.measured(drill);
    match globals.json {
        true => out::json(&json!({"schema": 1, "drill": document(world, drill, Some(&results).filter(|_| drill.is_over()))}))?,
        false => {
            let label = world.incidents.get(id).map(crate::domain::incident::Incident::label).unwrap_or_default();
            let mut lines: Vec<_> = results.told(out::age);
            // Whoever practises it is told how it came when it is over.
            lines.extend(
                drill
                    .scenario
                    .ending
                    .as_ref()
                    .filter(|_| drill.is_over())
                    .map(|ending| ("ending", inert(ending.trim()).into_owned())),
            );
            let lines: String = lines.iter().map(|(name, text)| format!("  {name:<13}{text}\n")).collect();
            out::text(&format!("{label} {}  {}\n{lines}", drill.id, state(drill, &results)))?;
        }
    }
    Ok(())
}

fn state(drill: &Drill, results: &Measured) -> &'static str {
    match (drill.is_over(), &drill.aborted, &drill.paused) {
        (true, ..) => word(results.verdict),
        (false, Some(_), _) => "called off",
        (false, None, Some(_)) => "paused",
        (false, None, None) => "open",
    }
}

/// A drill for other tools.
pub fn document(world: &World, drill: &Drill, results: Option<&Measured>) -> Value {
    let elapsed = u64::try_from(world.elapsed_in(drill, world.now.wall).as_millis()).unwrap_or(u64::MAX);
    json!({
        "id": drill.id, "incident": drill.incident, "scenario": drill.scenario.id, "title": drill.scenario.title,
        "kind": drill.scenario.kind, "playbook": drill.scenario.playbook, "by": drill.by,
        "declared_at": millis::text(drill.declared_at), "elapsed_ms": elapsed, "paused": drill.paused, "aborted": drill.aborted,
        "ended_at": drill.ended_at.map(millis::text), "results": results.map(measures),
    })
}

pub fn measures(results: &Measured) -> Value {
    let ms = |span: Option<Duration>| span.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
    let expected = results.score.all.iter().map(|scored| {
        json!({
            "act": scored.expected.act, "about": scored.expected.about, "within_ms": ms(Some(scored.expected.within)),
            "outcome": scored.outcome, "took_ms": ms(scored.took), "points": scored.expected.points,
        })
    });
    json!({
        "verdict": results.verdict,
        "acknowledged_ms": ms(results.acknowledged), "acted_ms": ms(results.acted), "recovered_ms": ms(results.recovered),
        "rto_ms": ms(results.rto), "lost_ms": ms(results.lost), "rpo_ms": ms(results.rpo), "slips": results.slips,
        "points": results.score.points(), "points_of": results.score.most(), "expected": expected.collect::<Vec<_>>(),
    })
}
