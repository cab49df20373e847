//! One client for each way of judging certificates. A client is dear to make (it loads the system's authorities) and
//! keeps connections open, so it is shared; it is made when it is first needed.

use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Request, Tls};
use crate::runtime::ports::most_files;
use crate::runtime::ports::names::Names;
use reqwest::{Certificate, Client, ClientBuilder, Identity, redirect};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::watch;

/// How long a connection, handshake included, may take. Ended here, a request is certain not to have been sent.
const CONNECT: Duration = Duration::from_secs(5);

pub struct Clients {
    names: Names,
    made: Mutex<Made>,
}

/// Where the client is once it is made, or why it could not be.
type Answer = watch::Receiver<Option<Result<Client, Trouble>>>;

#[derive(Default)]
struct Made {
    /// With those that are being made.
    clients: HashMap<Key, Answer>,
    /// Those to which connections are kept: the first ones, as many as a part of the files that may be open.
    kept: HashSet<(String, Option<u16>)>,
}

/// What makes two requests need different clients.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    /// `None` for plain HTTP: no authority is loaded, so it works where the system has none.
    tls: Option<Tls>,
    /// Loopback never goes through a proxy.
    loopback: bool,
    /// Its connections wait for the next request.
    keeps: bool,
}

impl Key {
    fn of(request: &Request, keeps: bool) -> Self {
        let loopback = match request.url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        Self { tls: (request.url.scheme() == "https").then(|| request.tls.clone()), loopback, keeps }
    }
}

impl Clients {
    pub fn new(names: Names) -> Self {
        Self { names, made: Mutex::default() }
    }

    /// Its files may lie where nothing answers: one thread waits for them, however often it is asked for, and none that others need.
    pub async fn of(&self, request: &Request) -> Result<Client, Trouble> {
        let mut answer = self.asked(request)?;
        let made = answer.wait_for(Option::is_some).await.map(|made| made.clone());
        made.ok().flatten().unwrap_or_else(|| Err(unprepared("the thread that did is gone; please report this")))
    }

    /// Where the client will be.
    pub(super) fn asked(&self, request: &Request) -> Result<Answer, Trouble> {
        let mut made = self.made();
        let key = Key::of(request, made.keeps(request));
        if let Some(answer) = made.clients.get(&key).filter(|answer| serves(answer)) {
            return Ok(answer.clone());
        }
        let (tell, answer) = watch::channel(None);
        let (of, names) = (key.clone(), self.names.clone());
        let begun = thread::Builder::new().spawn(move || tell.send_replace(Some(make(&of, &names))));
        begun.map_err(|error| unprepared(format!("the system gives no thread ({error})")))?;
        made.clients.insert(key, answer.clone());
        Ok(answer)
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the next request build its client anew; one that is being built is new.
    pub fn forget(&self, request: &Request) {
        let mut made = self.made();
        let key = Key::of(request, made.keeps(request));
        if made.clients.get(&key).is_some_and(|answer| answer.borrow().is_some()) {
            made.clients.remove(&key);
        }
    }
}

/// It is made, or somebody makes it. What failed is made anew.
fn serves(answer: &Answer) -> bool {
    match &*answer.borrow() {
        Some(made) => made.is_ok(),
        None => answer.has_changed().is_ok(),
    }
}

impl Made {
    fn keeps(&mut self, request: &Request) -> bool {
        let to = (request.url.host_str().unwrap_or_default().to_owned(), request.url.port_or_known_default());
        self.kept.contains(&to) || (self.kept.len() < most_files() / 4 && self.kept.insert(to))
    }
}

fn make(key: &Key, names: &Names) -> Result<Client, Trouble> {
    install_crypto();
    let mut builder = Client::builder()
        .user_agent(concat!("midwatch/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT)
        .dns_resolver(Arc::new(names.clone()));
    if key.loopback {
        builder = builder.no_proxy();
    }
    if !key.keeps {
        builder = builder.pool_max_idle_per_host(0);
    }
    let builder = match &key.tls {
        Some(tls) => judged(builder, tls)?,
        None => builder.tls_certs_only([]),
    };
    builder.build().map_err(|error| unprepared(super::failure::innermost(&error)))
}

fn judged(mut builder: ClientBuilder, tls: &Tls) -> Result<ClientBuilder, Trouble> {
    if let Some(path) = &tls.ca {
        let found = Certificate::from_pem_bundle(&read(path)?).map_err(|_| no_pem(path, "certificate"))?;
        if found.is_empty() {
            return Err(no_pem(path, "certificate"));
        }
        builder = builder.tls_certs_merge(found);
    }
    if let Some((cert, key)) = &tls.identity {
        let pem = [read(cert)?, read(key)?].concat();
        builder = builder.identity(Identity::from_pem(&pem).map_err(|_| no_pem(cert, "certificate with its key"))?);
    }
    Ok(builder.tls_danger_accept_invalid_certs(tls.insecure))
}

fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path).map_err(|error| local(format!("cannot read {}: {error}", path.display())))
}

fn no_pem(path: &Path, what: &str) -> Trouble {
    local(format!("{} holds no PEM {what}", path.display()))
}

fn unprepared(why: impl std::fmt::Display) -> Trouble {
    local(format!("cannot prepare TLS: {why}"))
}

fn local(text: String) -> Trouble {
    Trouble::new(Reason::Local, text)
}

/// The client's builder panics without a provider of cryptography.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Another part of the process may have installed one; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
