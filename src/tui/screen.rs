//! What this operator is looking at: which pane has the keys, where each cursor is, what lies on top. Nothing of it is
//! recorded. It changes by keys and the mouse alone, reads the world, and answers with requests.
//!
//! Invariant: keys act on what the last drawn frame showed (`hits`), and exactly one thing has the keys: the topmost
//! overlay, else the focused pane.

mod dividing;
mod draw;
mod everywhere;
mod following;
mod frames;
mod mouse;
mod reaching;
mod touring;
mod undoing;

use super::action::Action;
use super::hint::Hint;
use super::hits::{Hits, Target};
use super::input;
use super::keymap::{Context, Key, Keymap, Meaning};
use super::overlays::{self, Overlay, PASTED};
use super::panes::{PANES, Pane, PaneId, Travel};
use super::view::{Layouts, Record, Reply, Request, Ui, View};
use crate::domain::ids::{AlertId, IncidentId, RequestId};
use crate::model::runs::Sitting;
use crate::model::{Command, World};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use dividing::Division;
use std::collections::VecDeque;
use std::time::Duration;
use touring::Touring;
use undoing::Undoing;

/// What the configuration says of the console, by value.
pub struct Setup {
    pub keymap: Keymap,
    /// Times are shown in it, and times that are typed are read in it.
    pub zone: Tz,
    /// A note that was begun and not recorded before the last console ended.
    pub draft: String,
    /// From when to when what is shown has been, where it is played.
    pub replay: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub layouts: Layouts,
    /// Addresses are links for the terminal to open.
    pub links: bool,
}

pub struct Screen {
    keymap: Keymap,
    zone: Tz,
    replay: Option<(DateTime<Utc>, DateTime<Utc>)>,
    focus: PaneId,
    /// The pane that narrow screens show in the middle: the last one that had the focus but for the log.
    front: PaneId,
    panes: Vec<(PaneId, Box<dyn Pane>)>,
    overlays: Vec<Box<dyn Overlay>>,
    division: Division,
    /// When somebody last saw what failed.
    looked: Duration,
    record: Record,
    /// The newest incident that this operator has declared.
    declared: Option<IncidentId>,
    /// A note that was begun.
    draft: String,
    filter: String,
    undo: Undoing,
    /// For each command that was asked and has no number yet, whether it may be undone, and what was noted by it.
    unnumbered: VecDeque<(bool, Option<String>)>,
    /// What was noted and is not known to be recorded yet; whether what is begun has changed by what became of it.
    noted: Vec<(RequestId, String)>,
    unkept: bool,
    pending: Vec<Key>,
    said: Option<String>,
    touring: Touring,
    /// The last request of this screen, until the operator has seen what became of it.
    asked: Option<RequestId>,
    /// A step that has had the terminal: once it is known how it ended, what is to be done with that is asked.
    came_back: Option<Sitting>,
    /// The alert that is selected, drawn or not.
    selected: Option<AlertId>,
    /// When somebody last pressed a key, or the first frame was drawn.
    last_key: Option<Duration>,
    /// Somebody has pressed a key, or the mouse.
    touched: bool,
    hits: Hits,
    slow: bool,
}

/// So long after the first frame alerts are still told one source after the other, and nobody has read them.
const OPENING: Duration = Duration::from_secs(10);
/// After so long without a key the screen tidies itself up.
const IDLE: Duration = Duration::from_secs(60);

impl Screen {
    pub fn new(setup: Setup) -> Self {
        Self {
            keymap: setup.keymap,
            zone: setup.zone,
            draft: setup.draft,
            replay: setup.replay,
            focus: PaneId::Alerts,
            front: PaneId::Alerts,
            panes: PANES.iter().map(|spec| (spec.id, (spec.make)())).collect(),
            overlays: Vec::new(),
            record: Record::Newest,
            declared: None,
            filter: String::new(),
            undo: Undoing::default(),
            unnumbered: VecDeque::new(),
            noted: Vec::new(),
            unkept: false,
            pending: Vec::new(),
            said: setup.layouts.trouble.clone(),
            division: Division::new(setup.layouts),
            looked: Duration::ZERO,
            touring: Touring::default(),
            asked: None,
            came_back: None,
            selected: None,
            last_key: None,
            touched: false,
            hits: Hits::default(),
            slow: false,
        }
    }

    /// Whether the terminal is slow to take frames.
    pub fn slow(&mut self, slow: bool) {
        self.slow = slow;
    }

    /// What somebody who is led may do next stands where the keys' hints are.
    pub fn guide(&mut self, hint: Option<Hint>) {
        self.touring.hint = hint;
    }

    pub fn focus(&self) -> PaneId {
        self.focus
    }

    /// Something lies over the panes and has the keys.
    pub fn covered(&self) -> bool {
        !self.overlays.is_empty()
    }

    /// A first key was pressed, and what may follow it lies over the last lines.
    pub fn waits(&self) -> bool {
        !self.pending.is_empty()
    }

    /// What the last frame showed.
    pub fn hits(&self) -> &Hits {
        &self.hits
    }

    fn selected_alert(&mut self) -> Option<AlertId> {
        let (_, pane) = self.panes.iter_mut().find(|(id, _)| *id == PaneId::Alerts)?;
        match pane.list().selected() {
            Some(Target::Alert(id)) => Some(id.clone()),
            _ => None,
        }
    }

    /// Runs `work` on the panes and overlays with everything they may look at.
    fn with<T>(&mut self, world: &World, work: impl FnOnce(&mut Parts, &View) -> T) -> T {
        let alert = self.selected_alert();
        let idle = self.overlays.is_empty() && self.last_key.is_some_and(|at| world.now.mono.saturating_sub(at) > IDLE);
        let view = View {
            world,
            now: world.now,
            zone: self.zone,
            keymap: &self.keymap,
            hits: &self.hits,
            focus: self.focus,
            incident: self.record.incident(world),
            alert: alert.as_ref(),
            presets: &self.division.presets,
            looked: self.looked,
            idle,
            untouched: !self.touched && self.last_key.is_none_or(|at| world.now.mono.saturating_sub(at) < OPENING),
            slow: self.slow,
        };
        let mut parts = Parts { panes: &mut self.panes, overlays: &mut self.overlays };
        work(&mut parts, &view)
    }

    /// A key was pressed. Terminals send escape and a key in one go as that key with alt: where it means nothing, both count.
    pub fn key(&mut self, key: Key, world: &World) -> Vec<Request> {
        self.awake(world);
        self.pending.push(key);
        let contexts = self.contexts();
        match self.keymap.meaning(&contexts, &self.pending) {
            Meaning::Begins => Vec::new(),
            Meaning::Does(action) => {
                self.pending.clear();
                self.update(action, world)
            }
            Meaning::Nothing => {
                let alone = self.pending.len() == 1;
                self.pending.clear();
                match key.without_alt().filter(|_| !self.types(key)) {
                    Some(plain) => [Key::ESC, plain].into_iter().flat_map(|key| self.key(key, world)).collect(),
                    None if alone => self.typed(key, world),
                    None => Vec::new(),
                }
            }
        }
    }

    /// A field is open, and edits its line with this key.
    fn types(&self, key: Key) -> bool {
        self.contexts().contains(&Context::Typing) && input::edits(key)
    }

    fn typed(&mut self, key: Key, world: &World) -> Vec<Request> {
        let replies = self.with(world, |parts, view| parts.overlays.last_mut().map(|top| top.typed(key, view)));
        self.answer(replies.unwrap_or_default(), world)
    }

    /// A text was pasted. Without a field to take it, it is dropped, and that is said: a paste must never press keys.
    pub fn paste(&mut self, text: &str, world: &World) -> Vec<Request> {
        self.awake(world);
        let replies = self.with(world, |parts, view| parts.overlays.last_mut().map(|top| top.pasted(text, view)));
        self.answer(replies.unwrap_or_else(|| vec![Reply::Say(PASTED.to_owned())]), world)
    }

    /// Somebody is there: what was said has been read.
    fn awake(&mut self, world: &World) {
        (self.last_key, self.touched) = (Some(world.now.mono), true);
        (self.said, self.undo.early) = (None, None);
        if self.asked.and_then(|id| world.requests.get(id)).is_some_and(|progress| progress.settled()) {
            self.asked = None;
        }
    }

    /// The number that a request of this screen was given: what becomes of it is shown.
    pub fn asked(&mut self, request: RequestId) {
        self.asked = Some(request);
        let (undoable, noted) = self.unnumbered.pop_front().unwrap_or_default();
        if undoable {
            self.undoable(Command::Undo { request });
        }
        self.noted.extend(noted.map(|text| (request, text)));
    }

    fn contexts(&self) -> Vec<Context> {
        let mut contexts = match self.overlays.last() {
            Some(top) => top.contexts().to_vec(),
            None => vec![self.focus.spec().context, Context::Panes],
        };
        if self.replay.is_some() && !contexts.contains(&Context::Typing) {
            contexts.insert(0, Context::Replay);
        }
        contexts
    }

    /// Does what a key means; the requests are for the world and the shell.
    pub fn update(&mut self, action: Action, world: &World) -> Vec<Request> {
        let replies = match action {
            Action::Redraw => return vec![Request::Ui(Ui::Redraw)],
            Action::Suspend => return vec![Request::Ui(Ui::Suspend)],
            Action::Help => vec![Reply::Open(self.help())],
            Action::Play | Action::Faster | Action::Slower | Action::Later | Action::Earlier | Action::Moment => {
                self.replay.map(|reach| everywhere::played(action, reach)).into_iter().collect()
            }
            // What was done in the details of an alert is undone there.
            Action::Undo if !self.contexts().contains(&Context::Silences) => self.undo(world),
            _ if self.covered() => {
                let replies = self.with(world, |parts, view| parts.overlays.last_mut().map(|top| top.update(action, view)));
                replies.unwrap_or_default()
            }
            _ => self.on_panes(action, world),
        };
        self.answer(replies, world)
    }

    pub fn say(&mut self, text: &str) {
        self.said = Some(text.to_owned());
    }

    /// Something that was asked for is not done.
    pub fn refused(&mut self, why: &str) {
        self.unnumbered.pop_front();
        self.said = Some(why.to_owned());
    }

    fn help(&self) -> Box<dyn Overlay> {
        let contexts = self.contexts();
        let place = if self.covered() { contexts.last().map_or("", |context| context.title()) } else { self.focus.spec().name };
        overlays::help::open(contexts, place)
    }

    /// An action while nothing lies over the panes: what belongs to the whole screen, else to the focused pane.
    fn on_panes(&mut self, action: Action, world: &World) -> Vec<Reply> {
        match action {
            Action::NextPane => self.go(self.beside(1)),
            Action::PreviousPane => self.go(self.beside(-1)),
            Action::Health => self.go(PaneId::Health),
            Action::Alerts => self.go(PaneId::Alerts),
            Action::Playbook => self.go(PaneId::Playbook),
            Action::Log => self.go(PaneId::Log),
            Action::Note => {
                let draft = self.draft.clone();
                return self.with(world, |_, view| vec![Reply::Open(overlays::note::open(&draft, view))]);
            }
            Action::Filter => {
                self.go(PaneId::Alerts);
                return vec![Reply::Open(overlays::filter::open(&self.filter))];
            }
            Action::Zoom
            | Action::Wider
            | Action::Narrower
            | Action::Taller
            | Action::Shorter
            | Action::Hide
            | Action::Layout => {
                return self.divide(action);
            }
            Action::Tour => return self.touring.turn(&self.keymap),
            Action::Close if self.filter.is_empty() || self.focus != PaneId::Alerts => return self.in_pane(action, world),
            _ => return self.on_screen(action, world),
        }
        Vec::new()
    }

    fn go(&mut self, pane: PaneId) {
        self.focus = pane;
        if pane != PaneId::Log {
            self.front = pane;
        }
    }

    fn on_screen(&mut self, action: Action, world: &World) -> Vec<Reply> {
        let filter = self.filter.clone();
        let global = self.with(world, |_, view| everywhere::global(action, &filter, view));
        match global {
            Some(replies) => replies,
            None => self.in_pane(action, world),
        }
    }

    /// What belongs to the focused pane. Acts on alerts work from everywhere, by the palette.
    fn in_pane(&mut self, action: Action, world: &World) -> Vec<Reply> {
        let focus = self.focus;
        let pane = everywhere::pane_of(action).unwrap_or(focus);
        let replies = self.with(world, |parts, view| {
            let pane_state = parts.pane(pane)?;
            match Travel::of(action, view.hits.rows_of(pane)) {
                Some(travel) => pane_state.travel(travel, view),
                None => return Some(pane_state.update(action, view)),
            }
            None
        });
        replies.unwrap_or_default()
    }

    /// Carries out what panes and overlays have answered.
    fn answer(&mut self, replies: Vec<Reply>, world: &World) -> Vec<Request> {
        let mut requests = Vec::new();
        for reply in replies {
            match reply {
                Reply::Ask(command) => {
                    let noted = matches!(command, Command::Note { .. }).then(|| self.draft.clone());
                    self.unnumbered.push_back((command.has_a_way_back(), noted));
                    requests.push(Request::Command(command));
                }
                Reply::Ui(ui) => requests.push(Request::Ui(ui)),
                Reply::Open(overlay) => self.overlays.push(overlay),
                Reply::Close => drop(self.overlays.pop()),
                Reply::Do(action) => requests.extend(self.update(action, world)),
                Reply::Go(target) => requests.extend(self.reach(&target, world)),
                Reply::Say(text) => self.said = Some(text),
                Reply::Filter(text) => self.narrow(&text),
                Reply::Arrange(how) => self.panes.iter_mut().for_each(|(_, pane)| pane.arrange(&how)),
                Reply::Divide(shares) => {
                    let replies = self.take(&shares);
                    requests.extend(self.answer(replies, world));
                }
                Reply::Show(record) => self.record = record,
                Reply::Undo(command) => self.undoable(command),
                Reply::Unmark => self.panes.iter_mut().for_each(|(_, pane)| pane.unmark()),
                Reply::Noted => self.draft.clear(),
                Reply::Draft(text) => {
                    self.draft.clone_from(&text);
                    requests.push(Request::Ui(Ui::SaveDraft(text)));
                }
            }
        }
        requests
    }
}

/// The parts that may change while the rest of the screen is looked at.
struct Parts<'a> {
    panes: &'a mut Vec<(PaneId, Box<dyn Pane>)>,
    overlays: &'a mut Vec<Box<dyn Overlay>>,
}

impl Parts<'_> {
    fn pane(&mut self, id: PaneId) -> Option<&mut Box<dyn Pane>> {
        self.panes.iter_mut().find(|(other, _)| *other == id).map(|(_, pane)| pane)
    }
}
