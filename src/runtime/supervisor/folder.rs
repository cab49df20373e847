//! The files of one attempt: what stands in them, and how they are written so that a reader finds all of one or none of it.

use super::processes::Process;
use crate::domain::ids::EntryId;
use crate::steps::Sends;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The version of the protocol that this program speaks; another one is refused.
pub const VERSION: u32 = 1;

/// `exit.json` gets this much room before the block starts, so that a block that fills the disk can't suppress it.
const ROOM: usize = 32 * 1024;

/// `intent.json`: what the supervisor is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub v: u32,
    /// The journal's entry that allows it.
    pub intent: EntryId,
    /// SHA-256 of the block, lower-case hex: a block that differs is not run.
    pub digest: String,
    pub timeout_ms: u64,
    /// Between TERM and KILL.
    pub grace_ms: u64,
    /// Tells this order from any other.
    pub nonce: String,
    /// The boot of the machine that it was given in.
    pub boot_id: String,
    /// The interpreter with its options; the block's path follows them.
    pub argv: Vec<String>,
    /// Working directory of the block.
    pub cwd: PathBuf,
    /// `out` and `err` together hold at most this many bytes; the newest are kept.
    pub longest: u64,
    /// The block gets the terminal of the console that is this process, and is hung up when that is gone.
    #[serde(default)]
    pub terminal: Option<i32>,
    /// The block goes to the program's standard input with this before it, instead of being its last argument.
    #[serde(default)]
    pub sends: Option<Sends>,
    /// The variables of its environment whose values are never written anywhere.
    #[serde(default)]
    pub hidden: Vec<String>,
}

impl Order {
    /// An order with the design's defaults: one minute, 5 s of grace, 16 MiB of output.
    pub fn new(intent: EntryId, block: &str, argv: &[&str], cwd: impl Into<PathBuf>) -> Self {
        Self {
            v: VERSION,
            intent,
            digest: digest(block.as_bytes()),
            timeout_ms: 60_000,
            grace_ms: 5_000,
            nonce: uuid::Uuid::now_v7().to_string(),
            boot_id: super::boot_id(),
            argv: argv.iter().map(|&word| word.to_owned()).collect(),
            cwd: cwd.into(),
            longest: 16 << 20,
            terminal: None,
            sends: None,
            hidden: Vec::new(),
        }
    }

    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }
}

/// `started.json`: the supervisor lives and is about to start the block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    pub v: u32,
    /// The supervisor's process, told from a later one of that number by its start (clock ticks since boot).
    pub pid: i32,
    pub pid_start: u64,
    pub boot_id: String,
    pub at: DateTime<Utc>,
}

/// `exit.json`: how the block ended, in the kernel's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    pub v: u32,
    /// One of code and signal; neither when the block could not be started (`error`) or its end was not seen.
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub timed_out: bool,
    pub cancelled: bool,
    /// What the block left running: background work after a normal end, whatever escaped the group after a forced one.
    pub survivors: Vec<Process>,
    /// Output was dropped: the files hold the newest part.
    pub truncated: bool,
    pub at: DateTime<Utc>,
    /// Who asked for the end.
    #[serde(default)]
    pub cancelled_by: Option<String>,
    /// A survivor still held the output open 500 ms after the end; what it wrote later is not kept.
    #[serde(default)]
    pub output_held: bool,
    /// The terminal that it had was gone, or the console that it belonged to.
    #[serde(default)]
    pub hung_up: bool,
    /// It outlived TERM, so that KILL came.
    #[serde(default)]
    pub killed: bool,
    /// Nothing was executed, and why; or why output is missing.
    #[serde(default)]
    pub error: Option<String>,
}

/// How `error` begins where a block ran and not all of its output could be kept.
pub(super) const UNKEPT: &str = "output could not be written: ";

impl Exit {
    /// Why output is missing that the block wrote, for the record and the screen.
    pub fn lost(&self) -> Option<String> {
        let why = self.error.as_ref()?.strip_prefix(UNKEPT)?;
        Some(format!("output incomplete: {why}"))
    }
}

/// Why an attempt's folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("{}: {source}", .path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} is not what it should be: {why}", .path.display())]
    Broken { path: PathBuf, why: String },
    #[error("{} has version {found}, this program speaks {VERSION}: finish it with the version that started it", .path.display())]
    Version { path: PathBuf, found: u32 },
    #[error("{}: this attempt was started before; it is never started twice", .0.display())]
    Again(PathBuf),
    #[error("{}: another console has declared this attempt over", .0.display())]
    Fenced(PathBuf),
    #[error("{}: the block differs from the one that was ordered", .0.display())]
    Changed(PathBuf),
    #[error("the supervisor could not leave its session: {0}")]
    Session(nix::Error),
}

/// The folder of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Makes it, for its owner's eyes only.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, Refusal> {
        let folder = Self(path.into());
        let made = DirBuilder::new().mode(0o700).recursive(true).create(&folder.0);
        made.map_err(|source| Refusal::Io { path: folder.0.clone(), source })?;
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.file(name).exists()
    }

    pub fn order(&self) -> Result<Option<Order>, Refusal> {
        self.read("intent.json")
    }

    pub fn started(&self) -> Result<Option<Started>, Refusal> {
        self.read("started.json")
    }

    pub fn exit(&self) -> Result<Option<Exit>, Refusal> {
        self.read("exit.json")
    }

    /// The block, if it is the one that was ordered.
    pub fn block(&self, order: &Order) -> Result<PathBuf, Refusal> {
        let path = self.file("block");
        let text = fs::read(&path).map_err(|source| Refusal::Io { path: path.clone(), source })?;
        if digest(&text) == order.digest { Ok(path) } else { Err(Refusal::Changed(path)) }
    }

    /// Who asked for the end, if anybody did.
    pub fn cancelled(&self) -> Option<String> {
        let text = fs::read_to_string(self.file("control")).ok()?;
        // A line counts once it is whole.
        let whole = &text[..text.rfind('\n')?];
        whole.lines().find_map(|line| line.strip_prefix("cancel ")).map(str::to_owned)
    }

    /// Asks the supervisor for the end; it looks every 200 ms.
    pub fn cancel(&self, who: &str) -> Result<(), Refusal> {
        let line = format!("cancel {}\n", who.replace(['\n', '\r'], " "));
        let path = self.file("control");
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).map_err(|source| Refusal::Io { path, source })
    }

    /// The file whose lock tells that the attempt is being watched.
    pub(super) fn lock_file(&self) -> Result<File, Refusal> {
        let path = self.file("lock");
        let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        opened.map_err(|source| Refusal::Io { path, source })
    }

    /// Writes a file that a reader finds whole or not at all.
    pub(super) fn write(&self, name: &str, value: &impl Serialize) -> Result<(), Refusal> {
        self.write_text(name, &json(value))
    }

    pub(super) fn write_text(&self, name: &str, text: &str) -> Result<(), Refusal> {
        let temporary = self.file(&format!("{name}.tmp"));
        let io = |source| Refusal::Io { path: self.file(name), source };
        new_file(&temporary).and_then(|file| settle(file, text)).map_err(io)?;
        self.install(&temporary, name).map_err(io)
    }

    /// Sets room aside for `exit.json` while there is some.
    pub(super) fn reserve_exit(&self) -> Result<(), Refusal> {
        let path = self.file("exit.json.tmp");
        let written = new_file(&path).and_then(|file| settle(file, &" ".repeat(ROOM)));
        written.map_err(|source| Refusal::Io { path, source })
    }

    pub(super) fn write_exit(&self, exit: &Exit) -> Result<(), Refusal> {
        let reserved = self.file("exit.json.tmp");
        let io = |source| Refusal::Io { path: self.file("exit.json"), source };
        let file = OpenOptions::new().write(true).open(&reserved).map_err(io)?;
        settle(file, &json(exit)).map_err(io)?;
        self.install(&reserved, "exit.json").map_err(io)
    }

    fn install(&self, temporary: &Path, name: &str) -> io::Result<()> {
        fs::rename(temporary, self.file(name))?;
        File::open(&self.0)?.sync_all()
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Refusal> {
        let path = self.file(name);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Refusal::Io { path, source }),
        };
        let broken = |error: serde_json::Error| Refusal::Broken { path: path.clone(), why: error.to_string() };
        match serde_json::from_str::<Version>(&text).map_err(broken)? {
            Version { v: VERSION } => serde_json::from_str(&text).map(Some).map_err(broken),
            Version { v: found } => Err(Refusal::Version { path, found }),
        }
    }
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

/// SHA-256 as lower-case hex.
pub(super) fn digest(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn json(value: &impl Serialize) -> String {
    // These are plain structs: they always are JSON.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Replaces a file's content in place, without ever needing more room than it has, and waits for the disk.
fn settle(mut file: File, text: &str) -> io::Result<()> {
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)?;
    file.sync_all()
}
