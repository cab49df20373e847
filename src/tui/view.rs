//! What panes and overlays are handed to look at, and what they answer. They change nothing but their own state.

use super::action::Action;
use super::hits::{Hits, Target};
use super::keymap::Keymap;
use super::layout::shares::{Kept, Shares};
use super::overlays::Overlay;
use super::panes::PaneId;
use super::theme::Wear;
use crate::domain::ids::{AlertId, IncidentId, PlaybookId};
use crate::domain::incident::Incident;
use crate::domain::stamp::Stamp;
use crate::domain::text::inert;
use crate::model::groups::By;
use crate::model::reel::Play;
use crate::model::suggestions::Suggestion;
use crate::model::{Command, World};
use chrono_tz::Tz;
use std::time::Duration;

/// Everything that may be looked at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub world: &'a World,
    pub now: Stamp,
    pub zone: Tz,
    pub keymap: &'a Keymap,
    /// The last drawn frame.
    pub hits: &'a Hits,
    pub focus: PaneId,
    /// The incident whose record is shown.
    pub incident: Option<&'a Incident>,
    /// The alert under the cursor of the queue, as the last frame showed it.
    pub alert: Option<&'a AlertId>,
    /// Ways to divide the screen.
    pub presets: &'a [Preset],
    /// When somebody last saw what failed.
    pub looked: Duration,
    /// The operator has pressed no key for a while: the screen may tidy itself up.
    pub idle: bool,
    /// It has been opened a moment ago, and nobody has pressed a key yet.
    pub untouched: bool,
    /// The terminal is slow to take frames.
    pub slow: bool,
}

impl<'a> View<'a> {
    /// What is suggested for the selected alert and the incident that is shown, best first.
    pub fn suggestions(&self) -> Vec<Suggestion> {
        self.world.suggestions(self.alert, self.incident)
    }

    /// For which alert, and why, a playbook is suggested.
    pub fn suggestion(&self, book: &PlaybookId) -> Option<Suggestion> {
        self.suggestions().into_iter().find(|known| known.book.id == *book)
    }

    /// An alert's name and what it is about, inert; its fingerprint when nobody remembers what it was called.
    pub fn name_of(&self, id: &AlertId) -> String {
        match self.world.alerts.get(id).is_some() || self.world.alerts.left(id).is_some() {
            true => self.world.in_full(id),
            false => inert(id.fingerprint.as_str()).into_owned(),
        }
    }

    /// `PostgresDown`, or `HostDown db-1 and 3 more`.
    pub fn names_of(&self, ids: &[AlertId]) -> String {
        match ids {
            [] => "nothing".to_owned(),
            [one] => self.name_of(one),
            [first, rest @ ..] => format!("{} and {} more", self.name_of(first), rest.len()),
        }
    }
}

/// What a key may lead to.
pub enum Reply {
    /// Ask the world.
    Ask(Command),
    /// Ask the shell or the terminal.
    Ui(Ui),
    /// Put something over the panes.
    Open(Box<dyn Overlay>),
    /// Take the topmost overlay away.
    Close,
    /// Do something else, as if its key had been pressed.
    Do(Action),
    /// Go to this: its pane has the keys then, and the cursor there stands on it.
    Go(Target),
    /// Say one sentence in the last line.
    Say(String),
    /// Show only what matches.
    Filter(String),
    /// Group the queue so.
    Arrange(Arranged),
    /// Divide the screen so.
    Divide(Shares),
    /// Show another record.
    Show(Record),
    /// What `undo` would ask for.
    Undo(Command),
    /// The acts are done: the marks have served.
    Unmark,
    /// Keep the text of a note that is not recorded yet.
    Draft(String),
    /// The draft was handed in: it is kept until it is recorded.
    Noted,
}

/// How the queue is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arranged {
    /// What another service explains is folded.
    ByCause,
    /// In groups.
    By(By),
    /// Every alert in a row of its own.
    Plain,
}

/// A way to divide the screen, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    pub name: String,
    pub about: String,
    pub shares: Shares,
}

impl Preset {
    /// Those that come with the program.
    pub fn ours() -> Vec<Self> {
        let preset = |name: &str, about: &str, shares| Self { name: name.into(), about: about.into(), shares };
        let (usual, side) = (Shares::default(), |health, playbook, log| Shares { health, playbook, log, hide: Vec::new() });
        vec![
            preset("usual", "As it comes: the queue between health and playbook, the log below.", usual),
            preset(
                "queue",
                "The queue has most of it, without the playbook.",
                Shares { hide: vec![PaneId::Playbook], ..side(Some(220), None, Some(200)) },
            ),
            preset(
                "run",
                "The playbook has half of it, without health.",
                Shares { hide: vec![PaneId::Health], ..side(None, Some(500), Some(250)) },
            ),
            preset("record", "The log has most of it.", side(None, None, Some(600))),
        ]
    }
}

/// How the screen is divided at the start, by value.
#[derive(Debug, Clone, Default)]
pub struct Layouts {
    /// As it was when the last console ended.
    pub kept: Kept,
    /// Those of the configuration.
    pub presets: Vec<Preset>,
    /// Why what was kept is not taken.
    pub trouble: Option<String>,
}

/// Whose record is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// The newest open incident's; everything while there is none.
    Newest,
    /// This one's as long as somebody works on it: what others declare meanwhile takes nobody's notes.
    Kept(IncidentId),
    Of(IncidentId),
    Everything,
}

impl Record {
    pub fn incident(self, world: &World) -> Option<&Incident> {
        match self {
            Self::Newest => world.incidents.worked_on().next(),
            Self::Kept(id) | Self::Of(id) => world.incidents.get(id),
            Self::Everything => None,
        }
    }

    /// What is shown from now on, unless the operator chooses.
    pub fn kept(self, world: &World) -> Self {
        // What is real comes before a drill.
        let real = world.incidents.open().next().is_some();
        let works = |id: IncidentId| {
            let one = world.incidents.worked_on().find(|incident| incident.id == id);
            one.is_some_and(|incident| incident.drill.is_none() || !real)
        };
        match self {
            Self::Kept(id) if works(id) => self,
            Self::Newest | Self::Kept(_) => {
                world.incidents.worked_on().next().map_or(Self::Newest, |newest| Self::Kept(newest.id))
            }
            chosen => chosen,
        }
    }
}

/// What is asked of the shell rather than of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Ui {
    /// Put a text into the terminal's clipboard.
    Copy(String),
    /// Keep this text of a note that was begun, so that it survives a crash; empty: forget it.
    SaveDraft(String),
    /// Keep how the screen is divided for the next start.
    KeepLayout(String),
    /// Show other colours.
    Wear(Wear),
    /// Draw everything again: something else has written to the terminal.
    Redraw,
    /// Stop, and give the shell the terminal until it lets us go on.
    Suspend,
    /// Of a replay.
    Play(Play),
    Quit,
}

/// What a key asks for beyond the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    Command(Command),
    Ui(Ui),
}
