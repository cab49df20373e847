//! A session in a file, for bug reports: what came into the world, in its order, so that the same session can be played again.
//! Secrets that are known, and parameters that are typed as such, are struck out.

use crate::domain::entry::{Actor, Entry, Seal};
use crate::domain::ids::{IncidentId, PlaybookId, RequestId, RunId};
use crate::domain::incident::{LeftOut, Past};
use crate::domain::playbook::{ParamType, Place, Playbook};
use crate::domain::secret::redacted;
use crate::domain::settings::{Environment, Settings};
use crate::domain::stamp::Stamp;
use crate::model::drills::Drilling;
use crate::model::reel::Reel;
use crate::model::runs::{Finding, Given, RunCommand, RunFact, Typed};
use crate::model::{Body, Command, Event, Fact, World};
use crate::ports::Secrets;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// The form of the file.
const VERSION: u32 = 1;

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    recording: u32,
    version: String,
    begin: Stamp,
    me: Actor,
    settings: Arc<Settings>,
}

/// Every other line.
#[derive(Serialize, Deserialize)]
struct Line {
    stamp: Stamp,
    what: What,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Event(Box<Body>),
    Recorded {
        #[serde(flatten)]
        entry: Sealed,
        request: Option<RequestId>,
    },
    Named(Vec<Sealed>),
    LookedBack {
        incident: IncidentId,
        found: Result<Vec<Sealed>, String>,
        #[serde(default)]
        left_out: Option<LeftOut>,
    },
    /// The library, by its texts.
    Books(Vec<Book>),
    Adopted {
        run: RunId,
        playbook: Result<Book, String>,
        found: Vec<Finding>,
    },
}

/// An entry, and the seal that its own form leaves out.
#[derive(Serialize, Deserialize)]
struct Sealed {
    entry: Arc<Entry>,
    seal: Option<Seal>,
}

impl Sealed {
    fn of(entry: &Arc<Entry>) -> Self {
        Self { entry: entry.clone(), seal: entry.seal().cloned() }
    }

    /// Nothing is ever done of what is played: it only is to be seen how it was.
    fn whole(self) -> Arc<Entry> {
        match self.seal {
            Some(seal) => Arc::new(Entry::clone(&self.entry).sealed(seal)),
            None => self.entry,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Book {
    place: String,
    refused: Option<String>,
    text: Arc<str>,
}

impl Book {
    fn of(book: &Arc<Playbook>) -> Self {
        Self { place: book.place.to_string(), refused: book.refused.clone(), text: book.text.clone() }
    }

    fn read(self, parse: &Parse) -> Arc<Playbook> {
        let book = parse(&self.text, Place::File(self.place.into()));
        Arc::new(Playbook { refused: self.refused, ..book })
    }
}

/// Whoever can read the text of a playbook.
pub type Parse<'a> = dyn Fn(&str, Place) -> Playbook + 'a;

/// Writes in the background: no key waits for it.
pub struct Recorder {
    lines: Sender<Line>,
    thread: JoinHandle<io::Result<()>>,
}

impl Recorder {
    /// Everything from here on, into a file that is not there yet and that nobody else can read.
    ///
    /// # Errors
    /// It can't be made, or is there already.
    pub fn begin(path: &Path, world: &World, secrets: Arc<dyn Secrets>) -> io::Result<Self> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let head = Head {
            recording: VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            begin: world.now,
            me: world.me.clone(),
            settings: given_away(&world.settings),
        };
        write(&mut file, &head, secrets.as_ref())?;
        let (lines, inbox) = channel();
        let thread = std::thread::spawn(move || keep(file, &inbox, secrets.as_ref()));
        Ok(Self { lines, thread })
    }

    pub fn keep(&self, event: &Event, world: &World) {
        let what = match &event.body {
            Body::Fact(Fact::Run(RunFact::Playbooks { books, .. } | RunFact::Shelf(books))) => {
                What::Books(books.iter().map(Book::of).collect())
            }
            Body::Fact(Fact::Run(RunFact::Adopted { run, playbook, found })) => {
                let playbook = playbook.as_ref().map(Book::of).map_err(Clone::clone);
                What::Adopted { run: *run, playbook, found: found.clone() }
            }
            Body::Fact(Fact::Recorded { entry, request }) => What::Recorded { entry: Sealed::of(entry), request: *request },
            Body::Fact(Fact::Named(entries)) => What::Named(entries.iter().map(Sealed::of).collect()),
            Body::Fact(Fact::LookedBack { incident, found }) => {
                let left_out = found.as_ref().ok().and_then(|found| found.left_out);
                let found = found.as_ref().map(|found| found.entries.iter().map(Sealed::of).collect()).map_err(Clone::clone);
                What::LookedBack { incident: *incident, found, left_out }
            }
            Body::Command(request, Command::Run(command)) => {
                What::Event(Box::new(Body::Command(*request, Command::Run(struck(command, world)))))
            }
            Body::Command(request, Command::Drill(asked)) => {
                let mut asked = asked.clone();
                if let Drilling::Start { scenario, params, .. } = &mut asked {
                    strike_secrets(scenario.playbook.as_ref(), params, world);
                }
                What::Event(Box::new(Body::Command(*request, Command::Drill(asked))))
            }
            Body::Fact(Fact::Configured(settings)) => What::Event(Box::new(Body::Fact(Fact::Configured(given_away(settings))))),
            body => What::Event(Box::new(body.clone())),
        };
        // Nobody takes it any more: the file can't be written, which its end tells.
        let _ = self.lines.send(Line { stamp: event.stamp, what });
    }

    /// # Errors
    /// Not everything could be written.
    pub fn end(self) -> io::Result<()> {
        drop(self.lines);
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that writes it has died")))
    }
}

/// Without the parameters that are secret: those that are supplied to a run that is taken up again are nothing else.
fn struck(command: &RunCommand, world: &World) -> RunCommand {
    let mut command = command.clone();
    match &mut command {
        RunCommand::Prepare { playbook, params, .. } => strike_secrets(Some(playbook), params, world),
        RunCommand::Resume { params, .. } => strike(params, |_| true),
        _ => {}
    }
    command
}

fn strike_secrets(playbook: Option<&PlaybookId>, params: &mut Typed, world: &World) {
    let known = playbook.and_then(|name| world.runs.playbook(name));
    let secret = |name: &str| {
        known.is_none_or(|book| book.params.iter().any(|param| param.name == name && param.kind == ParamType::Secret))
    };
    strike(params, secret);
}

/// Without what a team strikes out of its exports: that names what nobody else is to read.
fn given_away(settings: &Settings) -> Arc<Settings> {
    Arc::new(Settings { redact: Vec::new(), ..settings.clone() })
}

fn strike(params: &mut Typed, secret: impl Fn(&str) -> bool) {
    for (name, value) in &mut params.0 {
        if secret(name) {
            "•••".clone_into(value);
        }
    }
}

fn keep(file: File, inbox: &Receiver<Line>, secrets: &dyn Secrets) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    while let Ok(first) = inbox.recv() {
        write(&mut file, &first, secrets)?;
        for line in inbox.try_iter() {
            write(&mut file, &line, secrets)?;
        }
        // A console that dies has left what it did.
        file.flush()?;
    }
    Ok(())
}

fn write(to: &mut impl Write, line: &impl Serialize, secrets: &dyn Secrets) -> io::Result<()> {
    let text = redacted(&serde_json::to_string(line)?, &secrets.known());
    writeln!(to, "{text}")
}

/// Whether a text is a session, and not an incident's export.
pub fn is_one(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    serde_json::from_str::<serde_json::Value>(first).is_ok_and(|line| line.get("recording").is_some())
}

/// A session as it can be played.
///
/// # Errors
/// The line that can't be read, and why. The last one of a console that died may be cut off.
pub fn read(text: &str, parse: &Parse) -> Result<Reel, (usize, String)> {
    let mut lines = text.split_inclusive('\n').enumerate();
    let first = lines.next().map(|(_, line)| line).unwrap_or_default();
    let head: Head = serde_json::from_str(first).map_err(|error| (1, error.to_string()))?;
    if head.recording > VERSION {
        let why = format!("it was recorded by midwatch {}, in a newer form than this one reads", head.version);
        return Err((1, why));
    }
    let mut events = Vec::new();
    for (n, text) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str::<Line>(text) {
            Ok(line) => events.push((line.stamp, body(line.what, parse))),
            Err(_) if !text.ends_with('\n') => break,
            Err(error) => return Err((n + 1, error.to_string())),
        }
    }
    if events.is_empty() {
        events.push((head.begin, Body::Tick));
    }
    Ok(Reel { settings: played(&head.settings), me: head.me, events, whole: true })
}

fn body(what: What, parse: &Parse) -> Body {
    match what {
        What::Books(books) => {
            let books = Arc::new(books.into_iter().map(|book| book.read(parse)).collect());
            Body::Fact(Fact::Run(RunFact::Playbooks { books, given: Arc::new(Given::default()) }))
        }
        What::Adopted { run, playbook, found } => {
            Body::Fact(Fact::Run(RunFact::Adopted { run, playbook: playbook.map(|book| book.read(parse)), found }))
        }
        What::Recorded { entry, request } => Body::Fact(Fact::Recorded { entry: entry.whole(), request }),
        What::Named(entries) => Body::Fact(Fact::Named(entries.into_iter().map(Sealed::whole).collect())),
        What::LookedBack { incident, found, left_out } => {
            let found = found.map(|found| Past { entries: found.into_iter().map(Sealed::whole).collect(), left_out });
            Body::Fact(Fact::LookedBack { incident, found })
        }
        What::Event(body) => match *body {
            Body::Fact(Fact::Configured(settings)) => Body::Fact(Fact::Configured(played(&settings))),
            body => body,
        },
    }
}

/// What is shown of a session is not what is.
fn played(settings: &Settings) -> Arc<Settings> {
    Arc::new(Settings { environment: Environment::Replay, ..settings.clone() })
}
