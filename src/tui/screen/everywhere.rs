//! What a key means wherever the operator is, as long as nothing lies over the panes.

use crate::domain::incident::{Incident, Status};
use crate::model::Command;
use crate::model::reel::Play;
use crate::tui::action::Action;
use crate::tui::overlays::{self, Overlay, confirm};
use crate::tui::panes::PaneId;
use crate::tui::view::{Reply, Ui, View};
use chrono::{DateTime, Utc};

/// What belongs to the whole screen; `None`: to the focused pane.
pub(super) fn global(action: Action, filter: &str, view: &View) -> Option<Vec<Reply>> {
    let of_incident = |open: &dyn Fn(&Incident) -> Box<dyn Overlay>| match view.incident {
        Some(incident) => Reply::Open(open(incident)),
        None => overlays::incident::none_open(view),
    };
    let status = |status: Status| of_incident(&move |incident| overlays::incident::status(incident, status));
    let reply = match action {
        Action::Quit => quit(view),
        Action::Palette => Reply::Open(overlays::palette::open()),
        Action::Theme => Reply::Open(overlays::themes::open()),
        Action::Refresh => Reply::Ask(Command::Refresh),
        Action::History => {
            return Some(vec![Reply::Open(overlays::history::open()), Reply::Ask(Command::Recall { alert: None })]);
        }
        Action::Readiness => {
            return Some(vec![Reply::Open(overlays::readiness::open()), Reply::Ask(Command::RecallPractice)]);
        }
        Action::Drill => Reply::Open(overlays::drill::open(view)),
        Action::Export => {
            return Some(match view.incident.or_else(|| last_ended(view)) {
                Some(incident) => overlays::export::open(incident),
                None => vec![Reply::Say("Whose export? I shows an incident's record first.".to_owned())],
            });
        }
        Action::Page => overlays::call::open(view),
        Action::Views => overlays::views::open(filter, view),
        Action::Map => overlays::map::open(view),
        Action::Changes => Reply::Open(overlays::changes::open()),
        Action::Aging => overlays::aging::open(view),
        Action::Handoff => Reply::Open(overlays::handoff::open()),
        Action::Silences => Reply::Open(overlays::silences::open(view)),
        Action::Sources => Reply::Open(overlays::sources::open()),
        Action::Stop => return Some(overlays::requests::stop(view)),
        Action::Errors => Reply::Open(overlays::errors::open()),
        Action::Requests => Reply::Open(overlays::requests::open()),
        Action::Incident => match view.incident {
            Some(incident) => Reply::Open(overlays::incident::menu(incident, view)),
            None if view.world.is_declaring() => overlays::incident::none_open(view),
            None => Reply::Open(overlays::declare::open(view.alert.into_iter().cloned().collect(), view)),
        },
        Action::SwitchIncident => Reply::Open(overlays::incident::switch(view)),
        Action::Update => of_incident(&|incident| overlays::update::open(incident, view)),
        Action::Severity => of_incident(&overlays::incident::severity),
        Action::Title => of_incident(&overlays::incident::title),
        Action::Lead => of_incident(&overlays::incident::lead),
        Action::Roles => of_incident(&|incident| overlays::roles::open(incident)),
        Action::HandOver => of_incident(&|incident| overlays::handoff::offer(Some(incident))),
        Action::Accept => match view.incident {
            Some(incident) if overlays::incident::offered(incident, view) => {
                Reply::Ask(Command::TakeOver { incident: Some(incident.id) })
            }
            _ => Reply::Say("Nobody has offered you the incident that is shown.".to_owned()),
        },
        Action::Attach if view.focus != PaneId::Log => {
            Reply::Open(overlays::attach::open(view.incident.map(|incident| incident.id)))
        }
        Action::Private => of_incident(&overlays::joining::private),
        Action::Merge => of_incident(&|incident| overlays::joining::merge(incident, view)),
        Action::NextStatus => match view.incident.or_else(|| just_ended(view)) {
            Some(incident) if view.world.is_stating(incident.id) => {
                let label = incident.label();
                Reply::Say(format!("What {label} has become is being recorded: once it is, press that again."))
            }
            Some(incident) => match incident.status.next() {
                Some(next) => status(next),
                None => return Some(overlays::export::open(incident)),
            },
            None => status(Status::Mitigated),
        },
        Action::Mitigate => status(Status::Mitigated),
        Action::Resolve => status(Status::Resolved),
        Action::CloseIncident => status(Status::Closed),
        Action::Reopen => status(Status::Open),
        _ => return None,
    };
    Some(vec![reply])
}

/// The incident that ended last: after a night the one that has just been closed.
fn last_ended<'a>(view: &View<'a>) -> Option<&'a Incident> {
    last_of(view.world.incidents.iter())
}

/// The same while what comes after its end is its export, and not the next night.
fn just_ended<'a>(view: &View<'a>) -> Option<&'a Incident> {
    let lately = |incident: &&Incident| incident.ended_at.is_some_and(|at| view.now.wall - at < SHIFT);
    let closed = |incident: &&Incident| incident.status == Status::Closed && lately(incident);
    last_of(view.world.incidents.iter().filter(closed))
}

/// What was cancelled or merged since is nobody's postmortem: it hides none that was closed.
fn last_of<'a>(incidents: impl Iterator<Item = &'a Incident>) -> Option<&'a Incident> {
    let ended = |incident: &&Incident| (incident.status == Status::Closed, incident.ended_at);
    incidents.filter(|incident| incident.status.is_over()).max_by_key(ended)
}

const SHIFT: chrono::Duration = chrono::Duration::hours(12);

/// What is asked of a replay that goes from then to then.
pub(super) fn played(action: Action, reach: (DateTime<Utc>, DateTime<Utc>)) -> Reply {
    let play = match action {
        Action::Faster => Play::Faster,
        Action::Slower => Play::Slower,
        Action::Later => Play::By(60),
        Action::Earlier => Play::By(-60),
        Action::Moment => return Reply::Open(overlays::moment::open(reach)),
        _ => Play::Toggle,
    };
    Reply::Ui(Ui::Play(play))
}

/// The pane that an action is about from wherever it is asked for: acts on alerts work everywhere, by the palette.
pub(super) fn pane_of(action: Action) -> Option<PaneId> {
    match action {
        Action::Maintain => Some(PaneId::Health),
        Action::Belong | Action::Correct => Some(PaneId::Log),
        act if OF_ALERTS.contains(&act) => Some(PaneId::Alerts),
        _ => None,
    }
}

const OF_ALERTS: &[Action] = &[
    Action::Ack,
    Action::Unack,
    Action::Silence,
    Action::Expire,
    Action::Snooze,
    Action::Acts,
    Action::Mark,
    Action::MarkAll,
    Action::Group,
    Action::Plain,
    Action::Declare,
    Action::Link,
];

/// Leaves at once when nothing is lost by it.
fn quit(view: &View) -> Reply {
    let facts = crate::tui::farewell::facts(view.world, view.zone);
    if facts.is_empty() {
        return Reply::Ui(Ui::Quit);
    }
    Reply::Open(confirm::open(confirm::Question {
        title: "Leave the console?".to_owned(),
        facts,
        verb: "leave",
        typed: None,
        yes: Box::new(|_| vec![Reply::Ui(Ui::Quit)]),
    }))
}
