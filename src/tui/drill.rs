//! The frame of a drill: whoever looks at any screen, of any size and colour, sees that what is there is practice.

use super::canvas::fit;
use super::theme::Role;
use super::time;
use super::view::View;
use crate::domain::drill::Drill;
use crate::domain::ids::RunId;
use crate::domain::run::StepRecord;
use crate::domain::text::inert;

/// The drill that is held.
pub fn held<'a>(view: &View<'a>) -> Option<&'a Drill> {
    view.world.drills.open()
}

/// Its words in the first line: which it is, what its clock shows, and why it stands still. On a narrow screen they are few: what is
/// real may have to stand beside them.
pub fn told(drill: &Drill, view: &View, width: u16) -> String {
    let stuck = stuck(view, drill).is_some();
    if width < NARROW {
        let real = view.incident.is_some_and(|incident| incident.drill.is_none());
        if stuck {
            return " DRILL STUCK ".to_owned();
        }
        return match (&drill.aborted, &drill.paused, drill.has_begun() && !real) {
            (Some(_), _, _) => " DRILL OFF ".to_owned(),
            (None, Some(_), _) => " DRILL PAUSED ".to_owned(),
            (None, None, true) => format!(" DRILL {} ", time::stopwatch(view.world.elapsed_in(drill, view.now.wall))),
            (None, None, false) => " DRILL ".to_owned(),
        };
    }
    let label = view.world.incidents.get(drill.incident).map_or_else(|| "DRILL".to_owned(), |incident| incident.label());
    let clock = match drill.has_begun() {
        true => time::stopwatch(view.world.elapsed_in(drill, view.now.wall)),
        false => "setting up".to_owned(),
    };
    let stands = match (&drill.aborted, &drill.paused) {
        _ if stuck => " NOT CLEARED AWAY",
        (Some(_), _) => " CALLED OFF",
        (None, Some(_)) => " PAUSED",
        (None, None) => "",
    };
    let name = match width {
        ..100 => format!(" {}", fit(&inert(&drill.scenario.id), 16)),
        _ => format!(" {}", inert(&drill.scenario.id)),
    };
    format!(" {label}{name} {clock}{stands} ")
}

/// A run of it that can't clear away what it made, and where: it is open until a person ends it.
pub fn stuck<'a>(view: &View<'a>, drill: &Drill) -> Option<(RunId, &'a StepRecord)> {
    let of = view.world.runs.open().filter(|(_, run)| run.incident == Some(drill.incident));
    of.into_iter().find_map(|(id, run)| Some((id, run.stuck_clearing()?)))
}

/// Fewer columns have no room for its name.
const NARROW: u16 = 60;

/// Borders of panes.
pub fn border(view: &View) -> Role {
    if held(view).is_some() { Role::Warning } else { Role::Border }
}
