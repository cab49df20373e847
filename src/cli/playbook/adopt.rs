//! `playbook adopt`: a runbook gets the front matter that makes it executable, and nothing else of it changes.

use super::tell;
use crate::cli::{Exit, Failure, Globals, out};
use crate::domain::playbook::{Place, Playbook};
use crate::playbook::{self, Adopted};
use crate::steps::KINDS;
use serde_json::json;
use std::path::Path;

pub fn run(globals: &Globals, file: &Path) -> anyhow::Result<Exit> {
    let name = file.display().to_string();
    let refused = |why: String| Failure::usage(format!("{name} can't be adopted, and was not changed: {why}"));
    let text = playbook::text_of(file).map_err(refused)?;
    let Adopted { text: new, playbook } = playbook::adopt(&text, &Place::File(file.to_owned()), KINDS).map_err(refused)?;
    let (changes, writes) = (new != text, !globals.read_only);
    if changes && writes {
        playbook::replace(file, &new).map_err(|error| refused(error.to_string()))?;
    }
    match globals.json {
        true => {
            let (adopted, steps) = (changes && writes, tell::plan(&playbook));
            let problems: Vec<_> = playbook.problems.iter().map(|problem| &problem.message).collect();
            out::json(&json!({"schema": 1, "path": name, "adopted": adopted, "steps": steps, "problems": problems}))?;
        }
        false => out::text(&report(&name, &playbook, changes, writes))?,
    }
    Ok(Exit::Done)
}

/// Each step with its kind and the lines that would run, then what is still wrong, then what was done.
fn report(name: &str, book: &Playbook, changes: bool, writes: bool) -> String {
    let mut text = String::new();
    for step in &book.steps {
        text += &format!("{} {} ({})\n", if step.body.is_some() { "runs " } else { "shown" }, out::inert(&step.title), step.kind);
        let lines = step.body.iter().flat_map(|body| body.text.lines());
        text.extend(lines.map(|line| format!("        {}\n", out::inert(line))));
    }
    text.extend(book.problems.iter().map(|problem| problem.show(name, &book.text)));
    let done = match (changes, writes) {
        (false, _) => "is executable already; nothing was changed",
        (true, true) => "is executable now; only the front matter was added",
        (true, false) => "was not changed: this console is read-only",
    };
    text + &format!("{} {done}\n", out::inert(name))
}
