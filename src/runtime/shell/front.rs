//! The loop around whoever shows the world to a person. Keys are taken before anything else; what has arrived is drained and
//! then drawn once.

use super::Shell;
use crate::domain::ids::RequestId;
use crate::model::reel::Play;
use crate::model::runs::{RunFact, Sitting};
use crate::model::{Body, Command, Fact, World};
use crate::runtime::player::Position;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

/// What a frontend wants of the shell.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    Command(Command),
    /// Of a replay.
    Play(Play),
    Quit,
}

/// Whoever shows the world to a person. `cli` fills it with the console or a printer of lines.
pub trait Frontend {
    /// A key, a click, a paste, a new size.
    type Input: Send + 'static;

    fn input(&mut self, input: Self::Input, world: &World) -> Vec<Ask>;

    /// Draws if anything visible changed; how long from now the picture will be out of date by itself.
    ///
    /// # Errors
    /// The terminal is gone.
    fn draw(&mut self, world: &World) -> io::Result<Option<Duration>>;

    /// Whom to call of what is new, before each picture.
    fn calls(&mut self, _world: &World) -> Option<Command> {
        None
    }

    /// The terminal has not taken the last picture yet, and there is a newer one: after how long to try again.
    fn owes(&self) -> Option<Duration> {
        None
    }

    /// The number that a request of this frontend was given.
    fn asked(&mut self, _request: RequestId) {}

    /// Where a replay is, before each picture of it.
    fn playing(&mut self, _position: Position) {}

    /// What was asked for is not done, and why.
    fn refused(&mut self, _why: &str) {}

    /// Something for whoever looks, in one line.
    fn mention(&mut self, _text: &str) {}

    /// The process was stopped, and goes on.
    ///
    /// # Errors
    /// The terminal is gone.
    fn continued(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Whether the terminal may be handed over now; where not, `owes` says when to ask again.
    fn may_lend(&mut self) -> bool {
        true
    }

    /// Hands the terminal to a step: neither read nor written until `take_back`.
    ///
    /// # Errors
    /// It can't be handed over.
    fn lend(&mut self, _to: &Sitting, _world: &World) -> io::Result<()> {
        Err(io::Error::other("there is no terminal to hand over"))
    }

    /// The step has ended.
    ///
    /// # Errors
    /// The terminal is gone.
    fn take_back(&mut self, _from: &Sitting, _world: &World) -> io::Result<()> {
        Ok(())
    }
}

/// The least time between two pictures that no key asked for.
const FRAME: Duration = Duration::from_millis(16);
/// The same for pictures on which only another value of feeds is new, which is as often as a clock in sight moves: with hundreds of
/// feeds there is one in every tenth of a second, and each would cost a picture.
const CALM: Duration = Duration::from_secs(1);
/// How often the alerts are kept for the next session, which the end of this one does too.
const KEEP: Duration = Duration::from_secs(300);

impl Shell {
    /// Runs until the frontend wants to quit or `stop` ends, or the journal could not be read, which `unread` tells.
    ///
    /// # Errors
    /// The terminal is gone.
    pub async fn run<F: Frontend>(
        &mut self,
        front: &mut F,
        inputs: &mut UnboundedReceiver<F::Input>,
        mut stop: Pin<Box<dyn Future<Output = ()>>>,
    ) -> io::Result<()> {
        let mut continued = signal(SignalKind::from_raw(nix::sys::signal::Signal::SIGCONT as i32))?;
        let mut stale = front.draw(&self.world)?;
        let mut drawn = Instant::now();
        let mut kept = drawn;
        // When what has changed since is to be seen.
        let mut due = None;
        loop {
            let wake = self.timer();
            let redraw = earlier(due, stale.map(|after| drawn + after));
            let owed = front.owes().map(|after| Instant::now() + after);
            let mut at_once = false;
            tokio::select! {
                biased;
                input = inputs.recv() => {
                    // Nobody reads the terminal any more: it is gone, and a console that can't be left would be worse.
                    let Some(input) = input else { return Ok(()) };
                    at_once = true;
                    if self.input(front, input, inputs) {
                        return Ok(());
                    }
                }
                () = &mut stop => return Ok(()),
                Some(()) = continued.recv() => {
                    self.follow_turn();
                    front.continued()?;
                    at_once = true;
                }
                Some(fact) = self.facts.recv() => {
                    let pace = if self.take(fact) { FRAME } else { CALM };
                    due = earlier(due, Some(drawn + pace));
                }
                Some(reload) = self.reloads.1.recv(), if !self.is_reading() => {
                    if let Some(said) = self.reload(reload) {
                        front.mention(&said);
                    }
                    due = earlier(due, Some(drawn + FRAME));
                }
                () = wake => {
                    self.tick();
                    due = earlier(due, Some(drawn + FRAME));
                }
                () = maybe(redraw) => {
                    self.event(Body::Tick);
                    at_once = true;
                }
                () = maybe(owed) => at_once = true,
            }
            if self.unread.is_some() {
                return Ok(());
            }
            self.seat(front)?;
            if at_once || due.is_some_and(|due| due <= Instant::now()) {
                if !self.is_reading()
                    && let Some(call) = front.calls(&self.world)
                {
                    self.ask(call);
                }
                stale = front.draw(&self.world)?;
                (drawn, due) = (Instant::now(), None);
            }
            if drawn.duration_since(kept) >= KEEP {
                kept = drawn;
                self.keep();
            }
        }
    }

    /// Takes the terminal back from a step that has ended, and hands it to the one that waits for it.
    fn seat<F: Frontend>(&mut self, front: &mut F) -> io::Result<()> {
        let wanted = self.world.runs.sitting();
        if wanted == self.lent {
            return Ok(());
        }
        if let Some(from) = self.lent.take() {
            front.take_back(&from, &self.world)?;
        }
        if let Some(sitting) = wanted
            && front.may_lend()
        {
            let refused = front.lend(&sitting, &self.world).err().map(|why| why.to_string());
            self.lent = refused.is_none().then(|| sitting.clone());
            self.event(Body::Fact(Fact::Run(RunFact::Lent { sitting, refused })));
        }
        Ok(())
    }

    /// Takes every key that is there; whether one of them ends it all.
    fn input<F: Frontend>(&mut self, front: &mut F, first: F::Input, inputs: &mut UnboundedReceiver<F::Input>) -> bool {
        let mut next = Some(first);
        while let Some(input) = next {
            for ask in front.input(input, &self.world) {
                match ask {
                    Ask::Command(command) => {
                        let request = self.ask(command);
                        front.asked(request);
                    }
                    // There is nothing to play: this is now.
                    Ask::Play(_) => {}
                    Ask::Quit => return true,
                }
            }
            next = inputs.try_recv().ok();
        }
        false
    }
}

/// Starts the thread that reads the terminal: reading blocks, and a task that waits for it would cost each key a hop.
pub fn start_reader(read: impl FnOnce() + Send + 'static) {
    std::thread::spawn(read);
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

async fn maybe(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Polling, Setup};
    use super::*;
    use crate::domain::entry::{Actor, Draft, Kind};
    use crate::domain::health::{FeedSpec, FeedState, Reading};
    use crate::domain::settings::Settings;
    use crate::journal::{Options, SqliteJournal, last_sign, take_over};
    use crate::model::Effect;
    use crate::model::troubles::Subject;
    use crate::ports::Ports;
    use crate::runtime::scribe::Scribe;
    use crate::runtime::watcher::Turn;
    use std::sync::Arc;

    /// Counts its pictures.
    struct Count(usize);

    impl Frontend for Count {
        type Input = ();

        fn input(&mut self, (): (), _world: &World) -> Vec<Ask> {
            vec![Ask::Quit]
        }

        fn draw(&mut self, _world: &World) -> io::Result<Option<Duration>> {
            self.0 += 1;
            Ok(None)
        }
    }

    fn shell() -> Shell {
        let shop = FeedSpec::new("shop", "http", Duration::from_secs(10), Duration::from_secs(5));
        Shell::new(&Setup {
            settings: Arc::new(Settings { feeds: vec![shop], ..Settings::default() }),
            me: Actor::person("ana", None),
            sources: Vec::new(),
            feeds: Vec::new(),
            tellers: Vec::new(),
            ports: Ports::real(),
            journal: None,
            polling: Polling::Nothing,
            watch: false,
        })
    }

    /// The pictures of a second in which such a fact came every ten milliseconds.
    async fn pictures(fact: impl Fn() -> Fact + 'static) -> usize {
        let (mut shell, mut front) = (shell(), Count(0));
        let facts = shell.facts();
        let (_keys, mut inputs) = tokio::sync::mpsc::unbounded_channel();
        let second = async move {
            for _ in 0..100 {
                tokio::time::sleep(Duration::from_millis(10)).await;
                facts.send(fact()).expect("the shell is there");
            }
        };
        shell.run(&mut front, &mut inputs, Box::pin(second)).await.expect("nothing fails");
        front.0
    }

    #[tokio::test(start_paused = true)]
    async fn other_values_alone_are_drawn_once_a_second_and_everything_else_as_it_comes() {
        let reading = || Reading::new(FeedState::Healthy, "fine");
        let calm = pictures(move || Fact::FeedRead { feed: "shop".into(), reading: reading() }).await;
        assert!((2..=3).contains(&calm), "the empty one, the first answer, and perhaps one more: {calm}");
        let urgent = pictures(|| Fact::Watching(true)).await;
        assert!(urgent > 40, "{urgent}");
    }

    /// Without a journal it is told at once.
    fn wait(folder: &std::path::Path, shell: &Shell) -> Turn {
        let facts = shell.facts();
        Turn::wait(folder, shell.ports.clock.clone(), move |news| {
            news.into_iter().for_each(|fact| facts.send(fact).expect("the shell is there"));
        })
    }

    /// The disk knows first, and the loser at the next thing that happens.
    #[tokio::test]
    async fn from_whom_the_watch_is_taken_is_no_watcher_before_anything_else_happens_and_waits_in_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = SqliteJournal::open(folder.path(), Options { reserve: 0, ..Options::default() }).expect("opens");
        let mut shell = shell();
        let scribe = Scribe::start(Box::new(journal), folder.path(), shell.facts(), shell.ports.clock.clone());
        let turn = Turn::wait(folder.path(), shell.ports.clock.clone(), scribe.teller());
        (shell.turn, shell.scribe) = (Some(turn.clone()), Some(scribe));
        assert!(shell.until(Duration::from_secs(60), |world| world.watching).await);
        // It may leave a sign of life in between.
        let (sign, other) = loop {
            let sign = last_sign(folder.path()).expect("it lives");
            if let Some(lock) = take_over(folder.path(), sign, sign.seen).expect("takes") {
                break (sign, lock);
            }
        };
        // What was asked for as the watcher before it was known.
        let late = Draft::new(Kind::Console, sign.seen, Actor::system("test"), "too late");
        shell.perform(Effect::Record { request: RequestId(7).duty(), drafts: vec![late.clone()] });
        shell.perform(Effect::Record { request: RequestId(8), drafts: vec![Draft { text: "a person's".into(), ..late }] });
        let recorded = |world: &World| world.log.entries().map(|entry| entry.text.clone()).collect::<Vec<_>>();
        assert!(shell.until(Duration::from_secs(60), |world| !recorded(world).is_empty()).await);
        assert_eq!(recorded(&shell.world), ["a person's"]);
        assert!(!shell.world.watching && shell.world.journal_trouble.is_none());
        let hung = |world: &World| world.troubles.get(&Subject::Watch).is_some_and(|trouble| trouble.over.is_none());
        assert!(hung(&shell.world), "it is told");
        drop(other);
        assert!(shell.until(Duration::from_secs(60), |world| world.watching).await, "it waits in line");
        assert!(!hung(&shell.world));
    }

    #[tokio::test]
    async fn who_gave_the_watch_up_is_no_watcher_by_what_was_said_before() {
        let (folder, mut shell) = (tempfile::tempdir().expect("a folder"), shell());
        let turn = wait(folder.path(), &shell);
        shell.turn = Some(turn.clone());
        assert!(shell.until(Duration::from_secs(60), |world| world.watching).await);
        shell.facts().send(Fact::Watching(true)).expect("the shell is there");
        turn.give_up();
        let other = crate::journal::try_watch(folder.path()).expect("a lock").expect("nobody watches");
        shell.event(Body::Tick);
        assert!(!shell.world.watching);
        let said = shell.facts.recv().await.expect("it was said");
        shell.event(Body::Fact(said));
        assert!(!shell.world.watching, "that was before");
        drop(other);
        assert!(shell.until(Duration::from_secs(60), |world| world.watching).await, "it waits in line");
    }
}
