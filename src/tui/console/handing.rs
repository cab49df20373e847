//! The terminal in other hands, and back: a step's, or the shell's. It changes hands while no answer of its own is under way, which would
//! be typed into whatever comes next.

use super::{Console, Seat};
use crate::model::World;
use crate::model::runs::Sitting;
use crate::tui::sitting;
use crate::tui::terminal::{TermEvent, Terminal};
use crossterm::event::{KeyCode, KeyEventKind};
use std::io;
use std::time::Duration;

/// How soon it is looked again whether the terminal has answered.
const ANSWER: Duration = Duration::from_millis(50);

impl Console {
    /// Goes back to the shell, at once or when the terminal has answered.
    pub(super) fn suspend(&mut self) {
        self.leaving = matches!(self.seat, Seat::Ours) && self.pace.awaits(self.outlet.now());
        if self.leaving {
            self.owed = Some(ANSWER);
            return;
        }
        // A terminal that is gone is met again by the next frame; one that takes nothing can't be given back.
        if !matches!(self.seat, Seat::Lent) && self.outlet.settle() {
            let _ = self.terminal.suspend();
            if let Seat::Read(from) = std::mem::replace(&mut self.seat, Seat::Ours) {
                self.screen.came_back(&from);
            }
            self.came_back();
        }
    }

    /// The process was stopped and goes on.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn continued(&mut self) -> io::Result<()> {
        if matches!(self.seat, Seat::Ours) {
            if self.outlet.settle() {
                self.terminal.take_again()?;
            }
            self.came_back();
        }
        Ok(())
    }

    /// Whatever stands on the terminal is not ours, and its size may be another one.
    pub(super) fn came_back(&mut self) {
        self.pace.came_back();
        self.keyed = true;
        let (width, height) = Terminal::size();
        self.resized(width, height);
    }

    /// The terminal may be handed over: no answer of its own is under way, which would be typed into the step.
    pub fn may_lend(&mut self) -> bool {
        let waits = self.pace.awaits(self.outlet.now());
        if waits {
            self.owed = Some(ANSWER);
        }
        !waits
    }

    /// Hands the terminal to a step. Nothing is drawn and no key is taken until it comes back.
    ///
    /// # Errors
    /// The terminal can't be handed over; it is ours as before.
    pub fn lend(&mut self, to: &Sitting, world: &World) -> io::Result<()> {
        if !self.outlet.settle() {
            return Err(io::Error::other("the terminal takes nothing that is written to it"));
        }
        self.terminal.lend(&sitting::begins(to, world))?;
        self.seat = Seat::Lent;
        Ok(())
    }

    /// The step has ended. What it left on the screen can be read until a key says that it has been.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn take_back(&mut self, from: &Sitting, world: &World) -> io::Result<()> {
        self.terminal.take_back(&sitting::ended(from, world))?;
        self.seat = Seat::Read(from.clone());
        Ok(())
    }

    /// Only the key that was named brings the screen back: whoever was typing when the step ended types on for a moment.
    pub(super) fn read(&mut self, event: &TermEvent, from: &Sitting) -> io::Result<()> {
        if !matches!(event, TermEvent::Key(key) if key.code == KeyCode::Enter && key.kind == KeyEventKind::Press) {
            return Ok(());
        }
        self.terminal.take()?;
        self.came_back();
        self.screen.came_back(from);
        self.seat = Seat::Ours;
        Ok(())
    }
}
