//! Secret parameters that nobody has given: asked of the person at the terminal, and seen by nobody.

use super::typist::Typist;
use crate::cli::session::Session;
use crate::cli::{Globals, out};
use crate::domain::ids::RunId;
use crate::domain::playbook::{ParamType, Playbook};
use crate::domain::run::RunMode;
use crate::model::runs::Typed;
use std::collections::BTreeMap;

/// What was given for a new run, and what had to be asked for. Without a terminal nothing is asked: the refusal names what is missing.
pub fn asked(session: &Session, globals: &Globals, book: &Playbook, mode: RunMode, given: Typed) -> anyhow::Result<Typed> {
    let none = BTreeMap::new();
    ask(session, globals, book, mode, (&none, given))
}

/// The same for a run that is taken up, whose other parameters are known.
pub fn again(session: &Session, globals: &Globals, run: RunId, given: Typed) -> anyhow::Result<Typed> {
    let runs = &session.world().runs;
    let Some((known, book)) = runs.get(run).zip(runs.playbook_of(run)) else { return Ok(given) };
    ask(session, globals, book, known.mode.unwrap_or(RunMode::Live), (&known.params, given))
}

fn ask(
    session: &Session,
    globals: &Globals,
    book: &Playbook,
    mode: RunMode,
    (known, mut given): (&BTreeMap<String, String>, Typed),
) -> anyhow::Result<Typed> {
    let all = known.iter().chain(&given.0).map(|(name, value)| (name.clone(), value.clone())).collect();
    let lacking = session.world().resolved(book, &Typed(all), None).refused;
    let is_secret = |name: &str| book.params.iter().any(|param| param.name == name && param.kind == ParamType::Secret);
    let mut names = lacking.iter().filter(|refused| refused.origin.is_none() && is_secret(&refused.name)).peekable();
    // What a drill makes for itself is not asked of anybody.
    if names.peek().is_none() || mode == RunMode::Drill || !out::at_terminal() || globals.json {
        return Ok(given);
    }
    let mut typist = Typist::here(session, globals)?;
    for refused in names {
        let Some(value) = typist.ask_unseen(&format!("{} (secret, not shown)", refused.name)) else { break };
        given.0.insert(refused.name.clone(), value);
    }
    Ok(given)
}
