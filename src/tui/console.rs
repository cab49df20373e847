//! The screen on a real terminal: events in, one write per frame out, and everything that only a terminal can do: the
//! clipboard, the bell, notifications, the title.

mod handing;

use super::background::{self, Ear, Heard};
use super::crier::Crier;
use super::hint::Hint;
use super::keymap::Key;
use super::outlet::Outlet;
use super::pace::Pace;
use super::paint::Painter;
use super::screen::{Screen, Setup};
use super::terminal::{self, TermEvent, Terminal};
use super::theme::{Looks, Theme, Wear};
use super::view::{Request, Ui};
use crate::domain::attention::Way;
use crate::domain::ids::RequestId;
use crate::model::calls::Call;
use crate::model::runs::Sitting;
use crate::model::{World, crier};
use chrono::{DateTime, Utc};
use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::KeyEventKind;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io::{self, Write};
use std::time::Duration;

/// Who has the terminal.
enum Seat {
    Ours,
    /// A step.
    Lent,
    /// We, but what the step has left there is being read.
    Read(Sitting),
}

pub struct Console {
    /// Ends first: nothing is written any more when the terminal is given back.
    outlet: Outlet,
    pace: Pace,
    /// A key has come since the last frame.
    keyed: bool,
    /// A frame waits for the terminal; after so long it is tried again.
    owed: Option<Duration>,
    terminal: Terminal,
    seat: Seat,
    /// The shell gets it once the terminal has answered.
    leaving: bool,
    painter: Painter,
    /// Addresses are links.
    links: bool,
    frame: Buffer,
    looks: Looks,
    theme: Theme,
    /// The one that is tried on.
    tried: Option<String>,
    ear: Ear,
    /// The terminal has told of its background.
    lit: bool,
    screen: Screen,
    crier: Crier,
    /// Who is called of what is new.
    attention: crier::Crier,
    eye: Option<bool>,
}

impl Console {
    /// Takes the terminal over; dropping gives it back.
    pub fn open(setup: Setup, looks: Looks, mouse: bool) -> io::Result<Self> {
        let links = setup.links;
        let terminal = Terminal::enter(mouse)?;
        let (width, height) = Terminal::size();
        let area = Rect::new(0, 0, width, height);
        let (painter, frame) = (Painter::new(area), Buffer::empty(area));
        let (outlet, pace) = (Outlet::open(), Pace::default());
        let (crier, attention) = (Crier::default(), crier::Crier::default());
        let (theme, screen) = (looks.worn(), Screen::new(setup));
        let (tried, ear, lit) = (None, Ear::default(), false);
        Ok(Self {
            outlet,
            pace,
            keyed: false,
            owed: None,
            terminal,
            seat: Seat::Ours,
            leaving: false,
            painter,
            links,
            frame,
            looks,
            theme,
            tried,
            ear,
            lit,
            screen,
            crier,
            attention,
            eye: None,
        })
    }

    fn looked(&mut self) {
        (self.keyed, self.eye) = (true, Some(true));
    }

    /// From now on answers are heard: what the terminal is asked at first goes behind the next frame.
    pub fn ask(&mut self) {
        if self.looks.by_background {
            self.pace.ask_first();
        }
    }

    /// Whether the operator looks at this console, where what came since the last call says so.
    pub fn eye(&mut self) -> Option<bool> {
        self.eye.take()
    }

    /// Whom to call of what has come since this was asked last; `looked`: when the operator looked at a console last.
    pub fn calls(
        &mut self,
        world: &World,
        looked: impl Fn() -> Option<DateTime<Utc>>,
        can: impl Fn(Way) -> bool,
    ) -> Option<Call> {
        // A terminal that is a step's, or that takes nothing, rings for nobody: the call is left to one that does.
        let rings = matches!(self.seat, Seat::Ours) && !self.outlet.is_stuck();
        self.attention.cry(world, looked, |way| if way.is_outward() { can(way) } else { rings })
    }

    /// Takes what the terminal has sent. What only concerns the terminal is done here; the rest is handed back.
    pub fn input(&mut self, event: TermEvent, world: &World) -> Vec<Request> {
        if terminal::stop_is_asked() {
            self.suspend();
            // A new size only woke us; a key was meant for the console.
            if matches!(event, TermEvent::Resize(..)) {
                return Vec::new();
            }
        }
        match &self.seat {
            Seat::Ours => {}
            Seat::Lent => return Vec::new(),
            Seat::Read(from) => {
                let from = from.clone();
                // A terminal that is gone is met again by the next frame.
                let _ = self.read(&event, &from);
                return Vec::new();
            }
        }
        let requests = match event {
            // Whatever else is typed is meant for whoever comes next.
            TermEvent::Key(key) if self.leaving => {
                if let Heard::Light(light) = self.ear.hear(&key) {
                    self.answered(light);
                }
                Vec::new()
            }
            TermEvent::Key(key) if key.kind != KeyEventKind::Release => match self.ear.hear(&key) {
                Heard::Key => {
                    self.looked();
                    self.screen.key(Key::from(key), world)
                }
                Heard::Part => Vec::new(),
                Heard::Light(light) => {
                    self.answered(light);
                    Vec::new()
                }
            },
            TermEvent::Mouse(event) => {
                self.looked();
                self.screen.mouse(event, world)
            }
            TermEvent::Paste(text) => {
                self.looked();
                self.screen.paste(&text, world)
            }
            TermEvent::Resize(width, height) => {
                // A terminal that shrank and grew again before we looked has our size and none of our content.
                self.keyed = true;
                self.resized(width, height);
                Vec::new()
            }
            TermEvent::FocusLost => {
                self.eye = Some(false);
                Vec::new()
            }
            // Whoever comes to this window comes to look.
            TermEvent::FocusGained => {
                self.eye = Some(true);
                Vec::new()
            }
            TermEvent::Key(_) => Vec::new(),
        };
        requests.into_iter().filter(|request| !self.done_here(request)).collect()
    }

    /// The terminal has said what it stands on.
    fn answered(&mut self, light: bool) {
        self.pace.answered(self.outlet.now());
        // It is asked again for another reason: the background stays what it was.
        if let Some(theme) = self.looks.on(light).filter(|_| !std::mem::replace(&mut self.lit, true)) {
            self.set_theme(theme);
        }
    }

    fn done_here(&mut self, request: &Request) -> bool {
        match request {
            Request::Ui(Ui::Copy(text)) => {
                let mut bytes = String::new();
                if CopyToClipboard::to_clipboard_from(text).write_ansi(&mut bytes).is_ok() {
                    self.painter.with_next(bytes.as_bytes());
                }
                true
            }
            Request::Ui(Ui::Wear(wear)) => {
                self.wear(wear);
                true
            }
            Request::Ui(Ui::Redraw) => {
                self.painter.forget();
                true
            }
            Request::Ui(Ui::Suspend) => {
                self.suspend();
                true
            }
            _ => false,
        }
    }

    /// What somebody who is led may do next.
    pub fn guide(&mut self, hint: Option<Hint>) {
        self.screen.guide(hint);
    }

    /// What is to be kept of a note that was begun, where that has changed without a key.
    pub fn draft_to_keep(&mut self, world: &World) -> Option<&str> {
        self.screen.draft_to_keep(world)
    }

    /// Something that was asked for is not done.
    pub fn refused(&mut self, why: &str) {
        self.screen.refused(why);
    }

    /// Something for whoever looks, until a key is pressed.
    pub fn say(&mut self, text: &str) {
        self.screen.say(text);
    }

    /// The number that a request of this console was given.
    pub fn asked(&mut self, request: RequestId) {
        self.screen.asked(request);
    }

    /// A frame waits for the terminal: after how long to try again.
    pub fn owes(&self) -> Option<Duration> {
        self.owed
    }

    /// Draws what has changed since the last frame, in one write; nothing if nothing has. Gives the time until the frame
    /// changes by the clock alone; `None` while nothing on it shows a time.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, world: &World) -> io::Result<Option<Duration>> {
        if !matches!(self.seat, Seat::Ours) {
            return Ok(None);
        }
        if self.leaving {
            self.suspend();
        }
        if self.leaving {
            return Ok(None);
        }
        if let Some(took) = self.outlet.took() {
            self.pace.wrote(took);
        }
        // A terminal that is slow gets the newest when it has taken the last: until then a key acts by what that shows.
        self.owed = self.pace.hold(self.outlet.now(), self.outlet.is_busy(), self.keyed);
        if self.owed.is_some() {
            return Ok(None);
        }
        self.keyed = false;
        self.screen.slow(self.pace.is_slow());
        self.screen.prepare(world);
        self.frame.reset();
        let hits = self.screen.render(world, &self.theme, &mut self.frame);
        let cursor = hits.cursor;
        if self.links {
            self.painter.link(&hits.links);
        }
        self.screen.seen(hits);
        self.painter.with_next(&self.crier.cry(world));
        let area = self.frame.area;
        let wrote = self.painter.paint(&mut self.frame, cursor, &mut self.outlet)?;
        if self.pace.sends(self.outlet.now(), wrote) {
            self.outlet.write_all(background::QUESTION)?;
        }
        terminal::expect_answer(self.pace.awaits(self.outlet.now()));
        if self.frame.area != area {
            self.frame = Buffer::empty(area);
        }
        Ok(self.changes_in(world.now.wall))
    }

    /// Until the next full second or minute, so that all clocks of the frame turn together.
    fn changes_in(&self, now: DateTime<Utc>) -> Option<Duration> {
        let hits = self.screen.hits();
        let every = match (hits.seconds, hits.minutes) {
            (true, _) => self.pace.tick(),
            (false, true) => 60_000,
            (false, false) => return None,
        };
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Some(Duration::from_millis(every - millis % every))
    }

    /// Nothing moves by itself that need not: clocks and measured values seldom, and the cursor of a field doesn't blink.
    pub fn hold_still(&mut self) {
        self.pace.hold_still();
        self.painter.with_next(terminal::steady());
    }

    /// Other colours or glyphs, from the next frame on.
    fn set_theme(&mut self, theme: Theme) {
        self.theme = theme;
        self.painter.forget();
    }

    fn wear(&mut self, wear: &Wear) {
        match wear {
            Wear::Try(name) => {
                let name = name.as_deref().unwrap_or(self.looks.first()).to_owned();
                self.set_theme(self.looks.of(&name));
                self.tried = Some(name);
            }
            Wear::Keep => {
                if let Some(name) = self.tried.take() {
                    self.looks.keep(&name);
                }
            }
            Wear::Back => {
                if self.tried.take().is_some() {
                    self.set_theme(self.looks.worn());
                }
            }
        }
    }

    fn resized(&mut self, width: u16, height: u16) {
        self.frame = Buffer::empty(Rect::new(0, 0, width, height));
        self.painter.forget();
    }
}
