//! Plays what has been: events of the past on a clock that can be stopped, hurried and moved. What the world asks for while it is
//! played goes nowhere, and nothing that is asked of it is done.

use super::shell::{Ask, Frontend};
use crate::domain::stamp::Stamp;
use crate::model::exported::Exported;
use crate::model::past::Recalled;
use crate::model::reel::{Play, Reel};
use crate::model::{Body, Command, Effect, Event, Fact, World};
use chrono::{DateTime, Utc};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep};

/// Where a replay is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    pub from: DateTime<Utc>,
    pub at: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// How many times as fast as it was.
    pub rate: f64,
    pub playing: bool,
    /// On its way to a moment that is farther than one picture takes.
    pub travels: bool,
}

pub struct Player {
    reel: Reel,
    world: World,
    /// The first event that is still to come.
    next: usize,
    seq: u64,
    wake: Option<Duration>,
    /// Since the first event.
    at: Duration,
    rate: f64,
    playing: bool,
    /// Where to, as long as it is not there.
    target: Option<Duration>,
    slice: Duration,
}

/// Between two pictures of a hurried clock.
const FRAME: Duration = Duration::from_millis(40);
/// So long keys wait while it goes to a moment far away.
const SLICE: Duration = Duration::from_millis(40);
/// How fast it can be played.
pub const RATES: (f64, f64) = (0.125, 4096.0);

impl Player {
    /// Stands at the beginning.
    pub fn new(reel: Reel, rate: f64) -> Self {
        let begin = reel.events.first().map_or(Stamp { wall: DateTime::UNIX_EPOCH, mono: Duration::ZERO }, |(stamp, _)| *stamp);
        let world = World::new(reel.settings.clone(), reel.me.clone(), begin);
        let (at, target) = (Duration::ZERO, None);
        let mut player = Self { reel, world, next: 0, seq: 0, wake: None, at, rate, playing: true, target, slice: SLICE };
        player.forward(Duration::ZERO, None);
        player
    }

    /// Takes so long at a time on its way to a moment.
    #[must_use]
    pub fn in_slices(mut self, slice: Duration) -> Self {
        self.slice = slice;
        self
    }

    pub fn world(&self) -> &World {
        &self.world
    }

    pub fn position(&self) -> Position {
        let (from, to) = (self.begin().wall, self.reel.events.last().map_or(self.begin().wall, |(stamp, _)| stamp.wall));
        Position {
            from,
            at: self.begin().after(self.at),
            to,
            rate: self.rate,
            playing: self.playing,
            travels: self.target.is_some(),
        }
    }

    fn begin(&self) -> Stamp {
        self.reel.events.first().map_or(self.world.now, |(stamp, _)| *stamp)
    }

    fn length(&self) -> Duration {
        self.reel.events.last().map_or(Duration::ZERO, |(stamp, _)| stamp.since(self.begin()))
    }

    pub fn play(&mut self, play: Play) {
        match play {
            // From the end it begins again.
            Play::Toggle if self.at >= self.length() => {
                self.go(Duration::ZERO);
                self.playing = true;
            }
            Play::Toggle => self.playing = !self.playing,
            Play::Stop => (self.playing, self.target) = (false, None),
            Play::Faster => self.rate = (self.rate * 2.0).min(RATES.1),
            Play::Slower => self.rate = (self.rate / 2.0).max(RATES.0),
            Play::By(seconds) => {
                let by = Duration::from_secs(seconds.unsigned_abs());
                self.go(if seconds < 0 { self.at.saturating_sub(by) } else { self.at + by });
            }
            Play::To(at) => self.go((at - self.begin().wall).to_std().unwrap_or_default()),
        }
    }

    /// To this moment. There is no way back but from the beginning.
    fn go(&mut self, to: Duration) {
        if to < self.at {
            self.world = World::new(self.reel.settings.clone(), self.reel.me.clone(), self.begin());
            (self.next, self.seq, self.wake, self.at) = (0, 0, None, Duration::ZERO);
        }
        self.target = Some(to.min(self.length()));
        self.travel();
    }

    /// One slice of the way to where it goes.
    pub fn travel(&mut self) {
        if let Some(to) = self.target
            && self.forward(to, Some(Instant::now() + self.slice))
        {
            self.target = None;
        }
    }

    /// Everything up to this moment, in its order, and the moments at which the world wanted to be woken between; whether it has come
    /// so far before `until`.
    fn forward(&mut self, to: Duration, until: Option<Instant>) -> bool {
        let begin = self.begin();
        loop {
            let event = self.reel.events.get(self.next).map(|(stamp, _)| stamp.since(begin)).filter(|at| *at <= to);
            let wake = self.wake.map(|mono| mono.saturating_sub(begin.mono)).filter(|at| *at <= to && !self.reel.whole);
            match (event, wake) {
                (event, Some(wake)) if event.is_none_or(|event| wake < event) => {
                    self.wake = None;
                    // A world that wants to be woken at once, again and again, is woken a thousand times a second.
                    self.at = wake.max(self.at + Duration::from_millis(1)).min(to);
                    self.happen(self.stamp(self.at), Body::Tick);
                    if self.at == to {
                        return true;
                    }
                }
                (Some(event), _) => {
                    let (stamp, body) = self.reel.events[self.next].clone();
                    self.next += 1;
                    self.at = event;
                    self.happen(stamp, body);
                }
                _ => break,
            }
            if until.is_some_and(|until| until <= Instant::now()) {
                return false;
            }
        }
        self.at = to;
        if !self.reel.whole {
            self.happen(self.stamp(to), Body::Tick);
        }
        true
    }

    fn stamp(&self, at: Duration) -> Stamp {
        let begin = self.begin();
        Stamp { wall: begin.after(at), mono: begin.mono + at }
    }

    fn happen(&mut self, stamp: Stamp, body: Body) {
        self.seq += 1;
        for effect in self.world.update(Event { seq: self.seq, stamp, body }) {
            if let Effect::WakeAt(mono) = effect {
                self.wake = Some(mono);
            }
        }
    }

    /// Plays until whoever watches wants to leave, or `stop` ends.
    ///
    /// # Errors
    /// The terminal is gone.
    pub async fn run<F: Frontend>(
        &mut self,
        front: &mut F,
        inputs: &mut UnboundedReceiver<F::Input>,
        mut stop: Pin<Box<dyn Future<Output = ()>>>,
    ) -> io::Result<()> {
        loop {
            front.playing(self.position());
            let stale = front.draw(&self.world)?;
            let (began, owed) = (Instant::now(), front.owes());
            tokio::select! {
                biased;
                input = inputs.recv() => {
                    let Some(input) = input else { return Ok(()) };
                    self.pass(began.elapsed());
                    for ask in front.input(input, &self.world) {
                        match ask {
                            Ask::Quit => return Ok(()),
                            Ask::Play(play) => self.play(play),
                            Ask::Command(command) => self.refuse(front, &command),
                        }
                    }
                }
                () = &mut stop => return Ok(()),
                () = std::future::ready(()), if self.target.is_some() => self.travel(),
                () = self.pause(stale) => self.pass(began.elapsed()),
                () = sleep(owed.unwrap_or_default()), if owed.is_some() => self.pass(began.elapsed()),
            }
        }
    }

    /// Until the picture changes: by an event, or by a clock in sight.
    async fn pause(&self, stale: Option<Duration>) {
        if !self.playing || self.at >= self.length() {
            return std::future::pending().await;
        }
        let event = self.reel.events.get(self.next).map(|(stamp, _)| stamp.since(self.begin()).saturating_sub(self.at));
        // The time that it has reached is always in sight.
        let next = event.into_iter().chain(stale).chain([Duration::from_secs(1)]).min().unwrap_or_default();
        sleep(next.div_f64(self.rate).max(FRAME)).await;
    }

    /// So much time of the one who watches has passed.
    fn pass(&mut self, time: Duration) {
        if self.playing && self.target.is_none() && self.at < self.length() {
            self.forward((self.at + time.mul_f64(self.rate)).min(self.length()), None);
        }
    }

    /// Only what is looked up is answered: by nobody.
    fn refuse<F: Frontend>(&mut self, front: &mut F, command: &Command) {
        let why = "a replay asks no journal".to_owned();
        let fact = match command {
            Command::Recall { alert } => {
                Fact::Recalled(Recalled { alert: alert.clone(), since: self.world.now.wall, cut: false, episodes: Err(why) })
            }
            // What was known then stands in the recording.
            Command::RecallPractice if self.world.practice.is_some() => return,
            Command::RecallPractice => Fact::Practised(Err(why)),
            Command::Export { incident, file } => {
                Fact::Exported(Exported { incident: *incident, file: file.clone(), outcome: Err(why) })
            }
            _ => return front.refused("This is a replay: nothing of it can be changed, and nothing is asked."),
        };
        self.happen(self.world.now, Body::Fact(fact));
    }
}
