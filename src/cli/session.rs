//! A shell for one command: configuration, journal and world, without a screen.

mod configured;
mod ending;
mod kinds;
mod presence;
mod record;

pub use configured::{configured, load, load_if_there, load_unless_missing, zone};
use ending::Ending;
pub use ending::runtime;
pub use kinds::kinds;
pub use presence::Presence;
pub use record::{known, open_journal, reader};

use super::{Failure, Globals, library, out};
use crate::config::{self, Config};
use crate::domain::alert::Alert;
use crate::domain::entry::Actor;
use crate::domain::ids::{AlertId, RequestId, SourceName};
use crate::domain::secret::SecretRef;
use crate::domain::settings::Settings;
use crate::feeds::Feed;
use crate::journal::{self, Journal};
use crate::model::alerts::SourceHealth;
use crate::model::health::FeedHealth;
use crate::model::progress::Progress;
use crate::model::runs::{RunFact, Sitting};
use crate::model::{Body, Command, Fact, World};
use crate::playbook::Catalogue;
use crate::ports::Ports;
use crate::runtime::cache::Cache;
use crate::runtime::ports::refusing;
use crate::runtime::shell::{Caller, Frontend};
use crate::runtime::{Listens, Polling, Setup, Shell};
use crate::sources::Source;
use crate::tellers::Teller;
use crate::tui::sitting;
use crate::tui::terminal::Lent;
use futures_util::FutureExt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// The configuration with real sources and feeds.
pub type Loaded = Config<Arc<dyn Source>, Arc<dyn Feed>, Arc<dyn Teller>>;

/// What a command needs of the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Neither: the configuration may be missing.
    Nothing,
    /// The journal alone: the configuration may be missing.
    Journal,
    /// The journal, and whoever an act goes to; nothing is asked. The configuration may be missing, but not wrong.
    Destinations,
    /// Sources and feeds, each asked once; the journal to read.
    Remotes,
    /// Both, to act.
    All,
    /// All of it, and feeds, each asked once.
    Whole,
    /// Both, again and again, and to record what happens outside.
    Watch,
}

/// How long the journal may take to answer one request.
const JOURNAL: Duration = Duration::from_secs(30);

pub struct Session {
    // Declared before the runtime: the shell's threads end first.
    pub shell: Shell,
    runtime: Ending,
    pub config: Loaded,
    globals: Globals,
}

impl Session {
    /// # Errors
    /// The configuration is needed and wrong, or the journal can't be opened.
    pub fn open(globals: &Globals, needs: Needs) -> anyhow::Result<Self> {
        let config = match needs {
            Needs::Nothing | Needs::Journal => load_if_there(globals)?,
            Needs::Destinations => load_unless_missing(globals)?,
            Needs::Remotes | Needs::All | Needs::Whole | Needs::Watch => load(globals)?,
        };
        let runtime = Ending::new(runtime()?);
        let guard = runtime.enter();
        let mut shell = Shell::start(setup(globals, &config, needs)?)?;
        shell.call_by(caller(&config.console));
        if needs == Needs::Remotes {
            remember(&mut shell, globals)?;
        }
        drop(guard);
        Ok(Self { shell, runtime, config, globals: globals.clone() })
    }

    pub fn world(&self) -> &World {
        &self.shell.world
    }

    /// Tells the world of the library, to say which playbooks fit.
    pub fn know_playbooks(&mut self) {
        let books = Arc::new(library::all(&self.config).all().to_vec());
        self.shell.event(Body::Fact(Fact::Run(RunFact::Shelf(books))));
    }

    /// Tells it what was practised, too: a turn that was not kept is an alert.
    pub fn know_practice(&mut self) {
        self.know_playbooks();
        let _guard = self.runtime.enter();
        self.shell.ask(Command::RecallPractice);
    }

    /// Every source is asked once at the start: waits until each has answered or failed.
    pub fn poll(&mut self) {
        let patience =
            self.config.sources.iter().map(|(spec, _)| spec.timeout).max().unwrap_or_default() + Duration::from_secs(2);
        let asked = |world: &World| {
            world.alerts.sources().all(|(_, source)| source.answered.is_some() || source.health == SourceHealth::Failed)
        };
        self.runtime.block_on(self.shell.until(patience, asked));
        self.recall_unheard();
        for (name, source) in self.world().alerts.sources() {
            let silences = source.silences().len();
            let answer =
                source.why.as_ref().map_or_else(|| format!("answered, {silences} silences"), |why| why.inert().into_owned());
            out::more(&self.globals, &format!("source {name} ({}): {answer}", source.kind()));
        }
    }

    /// Of a source that does not answer, or not as a whole, what the last console kept and the journal holds open is all that is known.
    fn recall_unheard(&mut self) {
        let silent = self.world().alerts.sources().filter(|(_, source)| source.answered.is_none());
        let silent: Vec<SourceName> = silent.map(|(name, _)| name.clone()).collect();
        if silent.is_empty() && !self.world().alerts.sources().any(|(_, source)| source.is_partial()) {
            return;
        }
        let kept = cache_folder(&self.globals).filter(|_| !silent.is_empty()).map(|folder| Cache::there(folder).of(&silent));
        let _guard = self.runtime.enter();
        kept.into_iter().flatten().chain([Fact::Read]).for_each(|fact| self.shell.event(Body::Fact(fact)));
    }

    /// What the journal holds open, the last console kept, and a source that was started only now has not listed again: as a console
    /// shows it, which has seen it listed.
    pub fn recall_unlisted(&mut self) {
        let Some(cache) = cache_folder(&self.globals).map(Cache::there) else { return };
        let now = self.world().now.wall;
        let forgot = |source: &SourceName| self.world().alerts.may_lack(source, now);
        let of: Vec<SourceName> = self.world().alerts.sources().map(|(name, _)| name.clone()).filter(forgot).collect();
        if of.is_empty() {
            return;
        }
        let alerts = &self.world().alerts;
        // What it knows of and does not list is well by its own word.
        let unsaid = |id: &AlertId| alerts.is_unsure(id) || alerts.may_have_forgotten(&id.source, now);
        let lacks = |alert: &Arc<Alert>| alerts.get(&alert.id).is_none() && alerts.is_open(&alert.id) && unsaid(&alert.id);
        let lacking: Vec<Arc<Alert>> = cache.alerts(&of).into_iter().filter(lacks).collect();
        for source in of {
            let upserts: Vec<Arc<Alert>> = lacking.iter().filter(|alert| alert.id.source == source).cloned().collect();
            let gone = upserts.iter().map(|alert| alert.id.fingerprint.clone()).collect();
            let fact = |upserts, gone| Body::Fact(Fact::AlertsChanged { source: source.clone(), upserts, gone });
            self.shell.event(fact(upserts, Vec::new()));
            self.shell.event(fact(Vec::new(), gone));
        }
    }

    /// Every feed is asked once at the start: waits until each that is wanted has answered or failed.
    pub fn poll_feeds(&mut self, wanted: impl Fn(&FeedHealth) -> bool) {
        let patience = self.config.feeds.iter().map(|(spec, _)| spec.timeout).max().unwrap_or_default() + Duration::from_secs(2);
        let asked =
            |world: &World| world.health.iter().all(|feed| !wanted(feed) || feed.reading.is_some() || feed.trouble.is_some());
        self.runtime.block_on(self.shell.until(patience, asked));
    }

    /// Lets alerts be pushed and heartbeats called, or follows whoever does.
    pub fn listen(&mut self, listens: Listens) {
        let _guard = self.runtime.enter();
        self.shell.listen(listens, cache_folder(&self.globals).map(Cache::new));
    }

    /// Where tasks and signals of a frontend belong.
    pub fn enter(&self) -> tokio::runtime::EnterGuard<'_> {
        self.runtime.enter()
    }

    /// Runs the shell with a frontend.
    ///
    /// # Errors
    /// What the frontend says.
    pub fn run<F: Frontend>(
        &mut self,
        front: &mut F,
        inputs: &mut UnboundedReceiver<F::Input>,
        stop: Pin<Box<dyn Future<Output = ()>>>,
    ) -> io::Result<()> {
        let shell = &mut self.shell;
        self.runtime.block_on(shell.run(front, inputs, stop))
    }

    /// Does one command and waits for its end.
    ///
    /// # Errors
    /// Nothing came back in time.
    pub fn ask(&mut self, command: Command) -> anyhow::Result<(RequestId, Progress)> {
        let _guard = self.runtime.enter();
        let request = self.shell.ask(command);
        let settled = |world: &World| world.requests.get(request).is_some_and(Progress::settled);
        self.runtime.block_on(self.shell.until(JOURNAL, settled));
        let progress = self.shell.world.requests.get(request).cloned();
        progress.map(|progress| (request, progress)).ok_or_else(|| Failure::journal("the request was lost").into())
    }

    /// Does one command on however many alerts, as long as one after the other is done.
    ///
    /// # Errors
    /// Nothing came back in time.
    pub fn ask_all(&mut self, command: Command) -> anyhow::Result<RequestId> {
        let (request, mut progress) = self.ask(command)?;
        while !progress.settled() {
            let before = progress.open();
            let fewer = |world: &World| world.requests.get(request).is_none_or(|progress| progress.open() < before);
            if !self.until(JOURNAL, fewer) {
                break;
            }
            let Some(now) = self.world().requests.get(request).cloned() else { break };
            progress = now;
        }
        self.settle();
        Ok(request)
    }

    /// Gives the shell the library of playbooks and lets it drive runs.
    ///
    /// # Errors
    /// There is no data folder, or our own program can't be found.
    pub fn playbooks(&mut self, globals: &Globals) -> anyhow::Result<Catalogue> {
        super::library::attach(&mut self.shell, globals, &self.config, &self.runtime)
    }

    /// Waits for something in the world; `false` if it did not come in time.
    pub fn until(&mut self, deadline: Duration, done: impl Fn(&World) -> bool) -> bool {
        let _guard = self.runtime.enter();
        self.runtime.block_on(self.shell.until(deadline, done))
    }

    /// Whether nothing is under way any more, after at most this long.
    pub fn quiet_within(&mut self, deadline: Duration) -> bool {
        let _guard = self.runtime.enter();
        self.runtime.block_on(self.shell.until_quiet(deadline))
    }

    /// Hands the terminal to the step that waits for it, and waits for its end.
    pub fn sit(&mut self, to: &Sitting) {
        out::warn(&sitting::begins(to, self.world()));
        let lent = Lent::now();
        self.shell.event(Body::Fact(Fact::Run(RunFact::Lent { sitting: to.clone(), refused: None })));
        // The timeout of the step is its supervisor's.
        while !self.until(JOURNAL, |world| world.runs.sitting().as_ref() != Some(to)) {}
        match std::env::var("TERM").is_ok_and(|term| term != "dumb") {
            true => lent.back(&mut io::stderr()),
            false => lent.back(&mut io::sink()),
        }
    }

    /// Waits until nothing is under way any more: what a command caused has been recorded too.
    pub fn settle(&mut self) {
        let _guard = self.runtime.enter();
        let shell = &mut self.shell;
        self.runtime.block_on(shell.until_quiet(JOURNAL));
    }
}

/// A shell that asks nothing and knows what the journal holds.
///
/// # Errors
/// The journal can't be read.
pub fn remembered(globals: &Globals, config: &Loaded) -> anyhow::Result<Shell> {
    let mut shell = Shell::new(&setup(globals, config, Needs::Nothing)?);
    remember(&mut shell, globals)?;
    Ok(shell)
}

/// What the journal holds is known without being able to write: acknowledgements are nowhere else.
fn remember(shell: &mut Shell, globals: &Globals) -> anyhow::Result<()> {
    let Some(mut journal) = known(globals)? else { return Ok(()) };
    let now = shell.world.now.wall;
    Ok(journal.open_state(now, &mut |entry| shell.event(Body::Fact(Fact::Recorded { entry, request: None })))?)
}

/// What a shell for these needs is made of.
///
/// # Errors
/// The journal can't be opened.
pub fn setup(globals: &Globals, config: &Loaded, needs: Needs) -> anyhow::Result<Setup> {
    // Whoever asks for one thing begins no other by himself.
    let diagnose = config.settings.diagnose && needs == Needs::Watch;
    let settings = Settings { read_only: globals.read_only, diagnose, ..config.settings.clone() };
    let journal = match needs {
        Needs::Nothing | Needs::Remotes => None,
        Needs::Journal | Needs::Destinations | Needs::All | Needs::Whole | Needs::Watch => Some(open_journal(globals)?),
    };
    find_listener(globals, config);
    Ok(Setup {
        me: me(&settings),
        settings: Arc::new(settings),
        sources: config.sources.clone(),
        feeds: config.feeds.clone(),
        tellers: config.tellers.clone(),
        ports: knowing(ports(globals), config),
        journal,
        polling: match needs {
            Needs::Nothing | Needs::Journal | Needs::Destinations => Polling::Nothing,
            Needs::All => Polling::Sources,
            Needs::Remotes | Needs::Whole => Polling::All,
            Needs::Watch => Polling::Following,
        },
        // Who records nothing takes that from nobody who would.
        watch: needs == Needs::Watch && !globals.read_only,
    })
}

/// What is pushed to is asked where the process of this data folder is that listens elsewhere than the configuration says.
pub fn find_listener(globals: &Globals, config: &Loaded) {
    let at = data_folder(globals).ok().and_then(|folder| journal::listened_elsewhere(&folder));
    config.sources.iter().filter_map(|(_, source)| source.hears()).for_each(|hears| hears.listen().find(at));
    config.feeds.iter().filter_map(|(_, feed)| feed.called()).for_each(|called| called.listen().find(at));
}

/// The operator's own program that calls them.
pub fn caller(console: &config::Console) -> Option<Caller> {
    console.call.as_ref().map(|call| Caller { command: call.command.clone(), within: call.within })
}

/// Powers that know what must be struck out of what people type. A command that gives a secret is not run for that.
fn knowing(ports: Ports, config: &Loaded) -> Ports {
    for secret in config.secrets.iter().filter(|secret| !matches!(secret, SecretRef::Command(_))) {
        // One that can't be read is told when it is needed.
        let _ = ports.secrets.reveal(secret).now_or_never();
    }
    ports
}

/// The data folder: `--data`, else the platform's. Absolute, because commands run in the folder of their playbook.
///
/// # Errors
/// The platform has none, because there is no home.
pub fn data_folder(globals: &Globals) -> anyhow::Result<PathBuf> {
    let standard = || directories::ProjectDirs::from("", "", "midwatch").map(|dirs| dirs.data_dir().to_owned());
    let folder = globals.data.clone().or_else(standard);
    let folder = folder.ok_or_else(|| Failure::usage("there is no home folder to keep data in: name one with --data DIR"))?;
    Ok(std::path::absolute(folder)?)
}

/// Where snapshots are kept: beside the data where that was named, else in the platform's cache.
pub fn cache_folder(globals: &Globals) -> Option<PathBuf> {
    let standard = || directories::ProjectDirs::from("", "", "midwatch").map(|dirs| dirs.cache_dir().to_owned());
    globals.data.as_ref().map(|data| data.join("cache")).or_else(standard)
}

/// The powers that this command has.
pub fn ports(globals: &Globals) -> Ports {
    let real = Ports::real();
    if globals.read_only { refusing(&real, "this console is read-only") } else { real }
}

/// The person at this console, as entries name them.
pub fn me(settings: &Settings) -> Actor {
    let operator = &settings.operator;
    let mut me = Actor::person(operator.name.clone(), operator.role.clone());
    me.os_user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|user| user.name);
    me.tty = nix::unistd::ttyname(std::io::stdin()).ok().map(|path| path.display().to_string());
    me
}
