//! The frame of a drill: whoever looks at any screen, of any size and colour, sees that what is there is practice.

use super::canvas::fit;
use super::theme::Role;
use super::time;
use super::view::View;
use crate::domain::drill::Drill;
use crate::domain::text::inert;

/// The drill that is held.
pub fn held<'a>(view: &View<'a>) -> Option<&'a Drill> {
    view.world.drills.open()
}

/// Its words in the first line: which it is, what its clock shows, and why it stands still.
pub fn told(drill: &Drill, view: &View, width: u16) -> String {
    let label = view.world.incidents.get(drill.incident).map_or_else(|| "DRILL".to_owned(), |incident| incident.label());
    let clock = match drill.has_begun() {
        true => time::stopwatch(drill.elapsed(view.now.wall)),
        false => "setting up".to_owned(),
    };
    let stands = match (&drill.aborted, &drill.paused) {
        (Some(_), _) => " CALLED OFF",
        (None, Some(_)) => " PAUSED",
        (None, None) => "",
    };
    let name = match width {
        0..60 => String::new(),
        60..100 => format!(" {}", fit(&inert(&drill.scenario.id), 16)),
        _ => format!(" {}", inert(&drill.id)),
    };
    format!(" {label}{name} {clock}{stands} ")
}

/// Borders of panes.
pub fn border(view: &View) -> Role {
    if held(view).is_some() { Role::Warning } else { Role::Border }
}
