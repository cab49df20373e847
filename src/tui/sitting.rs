//! What is said on the terminal itself before a step has it, and after.

use crate::domain::text::inert;
use crate::model::World;
use crate::model::runs::Sitting;

/// Whose keys they are now, and for how long.
pub fn begins(to: &Sitting, world: &World) -> String {
    let step = world.runs.playbook_of(to.run).and_then(|book| book.step(&to.step));
    let most = step.map(|step| format!(", for at most {}", humantime::format_duration(step.fields.timeout)));
    format!("midwatch: the terminal belongs to “{}”{}", title(to, world), most.unwrap_or_default())
}

pub fn ended(from: &Sitting, world: &World) -> String {
    format!("midwatch: “{}” has ended; enter goes back to the console", title(from, world))
}

fn title(of: &Sitting, world: &World) -> String {
    let record = world.runs.get(of.run).and_then(|run| run.record(&of.step));
    inert(record.map_or(of.step.as_str(), |record| record.plan.title.as_str())).into_owned()
}
