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
use std::time::Duration;

/// How long a connection, handshake included, may take. Ended here, a request is certain not to have been sent.
const CONNECT: Duration = Duration::from_secs(5);

pub struct Clients {
    names: Names,
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    clients: HashMap<Key, Client>,
    /// Those to which connections are kept: the first ones, as many as a part of the files that may be open.
    kept: HashSet<(String, Option<u16>)>,
}

/// What makes two requests need different clients.
#[derive(PartialEq, Eq, Hash)]
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

    /// Its files may lie where nothing answers: nobody else waits for them.
    pub async fn of(&self, request: &Request) -> Result<Client, Trouble> {
        let key = match self.known(request) {
            Ok(client) => return Ok(client),
            Err(key) => key,
        };
        let names = self.names.clone();
        let made = tokio::task::spawn_blocking(move || make(&key, &names).map(|client| (key, client))).await;
        let (key, client) = made.map_err(|error| local(format!("cannot prepare TLS: {error}")))??;
        Ok(self.made().clients.entry(key).or_insert(client).clone())
    }

    fn known(&self, request: &Request) -> Result<Client, Key> {
        let mut made = self.made();
        let key = Key::of(request, made.keeps(request));
        made.clients.get(&key).cloned().ok_or(key)
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the next request build its client anew.
    pub fn forget(&self, request: &Request) {
        let mut made = self.made();
        let key = Key::of(request, made.keeps(request));
        made.clients.remove(&key);
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
    builder.build().map_err(|error| local(format!("cannot prepare TLS: {}", super::failure::innermost(&error))))
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
