//! The powers that adapters are handed. An adapter can do nothing that is not here, and whatever changes the
//! outside demands an `Intent`: proof that the journal holds it. A drill and `--read-only` hand out ports that refuse.

mod access;
mod answer;
mod endpoint;
mod listen;

pub use access::Access;
pub use answer::Fault;
pub use endpoint::{ADDRESS, Endpoint, address, below};
pub use listen::Listen;

use crate::domain::entry::Intent;
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::trouble::Trouble;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// A future that a port or an adapter gives back.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// All of them, cheap to clone.
#[derive(Clone)]
pub struct Ports {
    pub http: Arc<dyn Http>,
    pub exec: Arc<dyn Exec>,
    pub net: Arc<dyn Net>,
    pub files: Arc<dyn Files>,
    pub clock: Arc<dyn Clock>,
    pub secrets: Arc<dyn Secrets>,
}

/// How a server's certificate is judged, and who we are to it. Equal settings share one client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Tls {
    /// PEM file of authorities that are trusted besides the system's.
    pub ca: Option<PathBuf>,
    /// PEM files of our certificate and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// The certificate is not judged at all. Warned of by `check`.
    pub insecure: bool,
}

#[derive(Debug, Clone)]
pub enum Auth {
    Basic(String, Secret),
    Bearer(Secret),
}

/// One HTTP request. Header values are secrets: many of them are.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: &'static str,
    pub url: url::Url,
    pub headers: Vec<(String, Secret)>,
    pub auth: Option<Auth>,
    pub body: Option<Bytes>,
    pub tls: Tls,
    /// From the first packet to the last byte of the body.
    pub timeout: Duration,
    /// Redirects that are followed (GET and HEAD only; secrets never leave the host they were meant for).
    pub redirects: usize,
    /// A body longer than this is `Reason::TooLarge`.
    pub longest: usize,
    /// The address is a secret itself: messages name its host alone.
    pub hidden: bool,
}

impl Request {
    /// A GET with ten seconds, no redirects and at most 256 MiB.
    pub fn get(url: url::Url) -> Self {
        Self {
            method: "GET",
            url,
            headers: Vec::new(),
            auth: None,
            body: None,
            tls: Tls::default(),
            timeout: Duration::from_secs(10),
            redirects: 0,
            longest: 256 << 20,
            hidden: false,
        }
    }

    /// Method and address for messages: without user, password and query, which may be secret.
    pub fn told(&self) -> String {
        if self.hidden {
            return format!("{} {}/…", self.method, self.url.origin().ascii_serialization());
        }
        let mut url = self.url.clone();
        // Only addresses that can't carry credentials refuse this.
        let _ = (url.set_username(""), url.set_password(None));
        url.set_query(None);
        url.set_fragment(None);
        format!("{} {url}", self.method)
    }
}

/// Any answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Bytes,
    /// From sending to the last byte.
    pub took: Duration,
    /// The remote's `Date`, where it sent one.
    pub date: Option<DateTime<Utc>>,
}

/// Whoever takes the pieces of a body. The first is empty: a good answer has begun.
pub type Piece<'a> = &'a mut (dyn FnMut(&[u8]) + Send);

pub trait Http: Send + Sync {
    /// Asks without changing anything. Only GET, HEAD and the POSTs that are queries by the remote's contract.
    fn observe(&self, request: Request) -> Answer<'_, Result<Response, Trouble>>;
    /// Asks as `observe` does, and hands the body of a good answer on piece by piece as it comes, for bodies that are too long
    /// to be held. Of such a body the answer itself has the beginning alone: enough to say what it is.
    fn stream<'a>(&'a self, request: Request, piece: Piece<'a>) -> Answer<'a, Result<Response, Trouble>>;
    /// Changes something; needs the recorded intent.
    fn act(&self, request: Request, intent: Intent) -> Answer<'_, Result<Response, Trouble>>;
}

/// A program to run, with arguments as they are: no shell.
#[derive(Debug, Clone)]
pub struct Program {
    pub argv: Vec<String>,
    pub env: Vec<(String, String)>,
    pub timeout: Duration,
    /// Output past this many bytes is dropped.
    pub longest: usize,
}

#[derive(Debug, Clone)]
pub struct Output {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub out: Bytes,
    pub err: Bytes,
    pub took: Duration,
}

pub trait Exec: Send + Sync {
    /// Runs a program that only looks (a plugin); its whole group is killed at the deadline.
    fn observe(&self, program: Program) -> Answer<'_, Result<Output, Trouble>>;
    /// Runs a program of the operator's own that does something outside; needs the recorded intent. Ends like `observe`.
    fn act(&self, program: Program, intent: Intent) -> Answer<'_, Result<Output, Trouble>>;
}

/// A question that changes nothing there by the protocol's contract.
pub struct Talk<'a> {
    /// Of a program on this machine also the path of its socket, which begins with `/`.
    pub address: &'a str,
    /// Encrypted, and with a server that has to have this name.
    pub tls: Option<(&'a str, &'a Tls)>,
    pub said: Vec<u8>,
    /// A longer answer is `Reason::TooLarge`.
    pub longest: usize,
    /// From the first packet to the end of the answer.
    pub timeout: Duration,
    /// Whether these bytes are the whole answer.
    pub done: &'a (dyn Fn(&[u8]) -> bool + Send + Sync),
}

/// A connection, for protocols of many turns. Whoever has one asks no more of it than its protocol's contract calls a look.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What a server shows in a TLS handshake.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its certificates in DER; its own comes first.
    pub chain: Vec<Vec<u8>>,
    /// Why they aren't trusted here, or not for this name.
    pub distrust: Option<String>,
}

/// What came of echo requests to a host.
#[derive(Debug, Clone)]
pub struct Echoes {
    pub peer: IpAddr,
    pub sent: u16,
    /// How long each answer took that came in time.
    pub took: Vec<Duration>,
}

pub trait Net: Send + Sync {
    /// Opens and closes a TCP connection; how long that took and which address answered.
    fn connect<'a>(&'a self, address: &'a str, timeout: Duration) -> Answer<'a, Result<(SocketAddr, Duration), Trouble>>;
    /// Says something and takes what is answered until it is whole or the other side hangs up.
    fn talk<'a>(&'a self, talk: Talk<'a>) -> Answer<'a, Result<(Bytes, Duration), Trouble>>;
    /// Says something in one datagram, again while nothing comes back, and takes the first one that is an answer by `Talk::done`.
    fn datagram<'a>(&'a self, talk: Talk<'a>) -> Answer<'a, Result<(Bytes, Duration), Trouble>>;
    /// Sends so many echo requests of ICMP; that none was answered is an answer, too. Where the system lets this user send none that
    /// is `Reason::Denied`.
    fn echo<'a>(&'a self, host: &'a str, count: u16, timeout: Duration) -> Answer<'a, Result<Echoes, Trouble>>;
    /// Opens a TCP connection.
    fn open<'a>(&'a self, address: &'a str, timeout: Duration) -> Answer<'a, Result<Box<dyn Stream>, Trouble>>;
    /// Encrypts a connection to a server that has to have this name. Takes as long as the server does.
    fn secure<'a>(&'a self, stream: Box<dyn Stream>, name: &'a str, tls: &'a Tls)
    -> Answer<'a, Result<Box<dyn Stream>, Trouble>>;
    /// Shakes hands with a server that should have this name, and hangs up when it has shown its certificates. Those that aren't
    /// trusted are shown, too. Takes as long as the server does.
    fn handshake<'a>(&'a self, stream: Box<dyn Stream>, name: &'a str, tls: &'a Tls) -> Answer<'a, Result<Shown, Trouble>>;
}

/// A file, or a folder, of which nobody has counted the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    pub bytes: Option<u64>,
    pub modified: DateTime<Utc>,
}

pub trait Files: Send + Sync {
    /// Reads a file of at most `longest` bytes.
    fn read(&self, path: &Path, longest: usize) -> Result<Vec<u8>, Trouble>;
    /// The same of a file that may lie where it hangs: `Reason::Timeout`, and nobody else is held up.
    fn head<'a>(&'a self, path: &'a Path, longest: usize, limit: Duration) -> Answer<'a, Result<Vec<u8>, Trouble>>;
    /// What lies in a folder. A file system that hangs is `Reason::Timeout` and holds up nobody else.
    fn list<'a>(&'a self, folder: &'a Path, limit: Duration) -> Answer<'a, Result<Vec<Listed>, Trouble>>;
}

pub trait Clock: Send + Sync {
    fn now(&self) -> crate::domain::stamp::Stamp;
}

pub trait Secrets: Send + Sync {
    /// The value that the configuration points to, read when it is needed: a command runs once, a file is read each time.
    fn reveal<'a>(&'a self, secret: &'a SecretRef) -> Answer<'a, Result<Secret, Trouble>>;
    /// Every value revealed so far, for whoever must strike them out of text.
    fn known(&self) -> Vec<Secret>;
}
