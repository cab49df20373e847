//! Performs what runs ask: holds their folders, starts their attempts, tails them, and finds what dead consoles left.
//!
//! Each attempt has a thread of its own that ends with it; what the process takes down with it is found by the next one, for
//! the command itself belongs to its supervisor. Decides nothing: every result goes back as a fact.

mod adopt;
mod attempt;
mod block;
mod feeds;
mod holding;
mod probe;
mod read;
mod request;
mod tail;

use crate::domain::ids::{QuestionId, RunId, StepId};
use crate::domain::playbook::{Found, Place, Playbook};
use crate::model::Fact;
use crate::model::runs::{Launch, RunEffect, RunFact};
use crate::ports::{Endpoint, Ports};
pub use feeds::Questions;
use holding::{Holding, NotHeld};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

/// Reads a playbook's text with the kinds that this program has.
pub type Reader = Arc<dyn Fn(&str, Place) -> Playbook + Send + Sync>;

/// What a driver is made of.
#[derive(Clone)]
pub struct Setup {
    /// The data folder; runs are below `runs`.
    pub data: PathBuf,
    pub facts: UnboundedSender<Fact>,
    pub ports: Ports,
    /// The console's own environment, and the names that the configuration passes on besides the usual ones.
    pub environment: Vec<(String, String)>,
    pub allowed: Vec<String>,
    /// The words by which a host is reached, one of them `HOST`.
    pub transport: Vec<String>,
    /// Where Prometheus queries are answered, if anywhere.
    pub queries: Option<Endpoint>,
    pub read: Reader,
    /// The program that is started as a supervisor.
    pub program: PathBuf,
    pub runtime: tokio::runtime::Handle,
    /// Selectors that the core has not answered yet.
    pub questions: Arc<Questions>,
}

impl Setup {
    fn folder(&self, run: RunId) -> PathBuf {
        self.data.join("runs").join(run.to_string())
    }

    fn say(&self, fact: RunFact) {
        // Nobody listens any more when the console is on its way out; the next one looks by itself.
        let _ = self.facts.send(Fact::Run(fact));
    }
}

/// Which attempt of which run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Which {
    run: RunId,
    step: StepId,
    attempt: u32,
}

/// Tells an attempt's thread who wants it to end.
type Cancel = watch::Sender<Option<String>>;

pub struct Driver {
    setup: Arc<Setup>,
    held: BTreeMap<RunId, Holding>,
    running: BTreeMap<Which, Cancel>,
}

impl Driver {
    pub fn new(mut setup: Setup) -> Self {
        // Supervisors and blocks work in other folders than we do.
        setup.data = std::path::absolute(&setup.data).unwrap_or(setup.data);
        Self { setup: Arc::new(setup), held: BTreeMap::new(), running: BTreeMap::new() }
    }

    pub fn perform(&mut self, effect: RunEffect) {
        self.running.retain(|_, cancel| !cancel.is_closed());
        match effect {
            RunEffect::Keep { run, playbook } => self.keep(run, &playbook),
            RunEffect::Launch(launch) => self.launch(*launch),
            RunEffect::Probe(look) => {
                let setup = self.setup.clone();
                drop(std::thread::spawn(move || probe::perform(&setup, &look)));
            }
            RunEffect::Cancel { run, step, attempt, who } => self.cancel(Which { run, step, attempt }, &who),
            RunEffect::Adopt(wanted) => self.adopt(*wanted),
            RunEffect::Release { run } => drop(self.held.remove(&run)),
            RunEffect::Read { run, step, attempt, secrets } => {
                let (setup, which) = (self.setup.clone(), Which { run, step, attempt });
                std::thread::spawn(move || read::read(&setup, which, &secrets));
            }
        }
    }

    /// What a step wanted to know of feeds.
    pub fn answer(&self, question: QuestionId, found: Found) {
        self.setup.questions.answer(question, found);
    }

    fn keep(&mut self, run: RunId, playbook: &Playbook) {
        match Holding::take(&self.setup.folder(run)) {
            Ok(holding) => {
                holding.keep(playbook);
                self.held.insert(run, holding);
            }
            // Whatever is wrong with the folder, the first launch says so.
            Err(NotHeld::Broken(_)) => {}
            Err(NotHeld::Elsewhere) => self.setup.say(RunFact::Elsewhere { run }),
        }
    }

    fn launch(&mut self, launch: Launch) {
        let which = Which { run: launch.setup.run, step: launch.step.clone(), attempt: launch.attempt };
        let (setup, wish) = (self.setup.clone(), self.begin(which.clone()));
        std::thread::spawn(move || attempt::perform(&setup, which, &launch, wish));
    }

    fn begin(&mut self, which: Which) -> watch::Receiver<Option<String>> {
        let (cancel, wish) = watch::channel(None);
        self.running.insert(which, cancel);
        wish
    }

    /// The supervisor hears it through its folder, whoever started it; our own thread through its channel.
    fn cancel(&mut self, which: Which, who: &str) {
        block::cancel(&self.setup, &which, who);
        if let Some(cancel) = self.running.get(&which) {
            cancel.send_replace(Some(who.to_owned()));
        }
    }

    fn adopt(&mut self, wanted: crate::model::runs::Adopt) {
        let run = wanted.setup.run;
        if self.held.contains_key(&run) {
            // It is being looked at already, or we drive it: the answer is on its way.
            return;
        }
        match Holding::take(&self.setup.folder(run)) {
            Ok(holding) => {
                let place = self.held.entry(run).or_insert(holding).place();
                let (setup, wishes) = (self.setup.clone(), self.wishes(&wanted));
                std::thread::spawn(move || adopt::look(&setup, wanted, place, wishes));
            }
            Err(NotHeld::Elsewhere) => self.setup.say(RunFact::Elsewhere { run }),
            Err(NotHeld::Broken(why)) => {
                let fact = RunFact::Adopted { run, playbook: Err(why.clone()), found: adopt::lost(&wanted, &self.setup, &why) };
                self.setup.say(fact);
            }
        }
    }

    fn wishes(&mut self, wanted: &crate::model::runs::Adopt) -> Vec<watch::Receiver<Option<String>>> {
        let run = wanted.setup.run;
        let which = |step: &StepId, attempt| Which { run, step: step.clone(), attempt };
        wanted.open.iter().map(|(step, attempt, _)| self.begin(which(step, *attempt))).collect()
    }
}
