//! One client for each way of judging certificates. A client is dear to make (it loads the system's authorities) and
//! keeps connections open, so it is shared; it is made when it is first needed.

use crate::domain::trouble::Trouble;
use crate::ports::{Request, Tls};
use crate::runtime::ports::most_files;
use crate::runtime::ports::names::Names;
#[cfg(test)]
use crate::runtime::ports::prepared::Answer;
use crate::runtime::ports::prepared::{Prepared, local, unprepared};
use reqwest::{Certificate, Client, ClientBuilder, Identity, redirect};
use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

/// How long a connection, handshake included, may take. Ended here, a request is certain not to have been sent.
const CONNECT: Duration = Duration::from_secs(5);

pub struct Clients {
    names: Names,
    made: Prepared<Key, Client>,
    /// Those to which connections are kept: the first ones, as many as a part of the files that may be open.
    kept: Mutex<HashSet<(String, Option<u16>)>>,
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
        Self { names, made: Prepared::default(), kept: Mutex::default() }
    }

    pub async fn of(&self, request: &Request) -> Result<Client, Trouble> {
        let names = self.names.clone();
        self.made.of(self.key(request), move |key| make(key, &names)).await
    }

    /// Where the client will be.
    #[cfg(test)]
    pub(super) fn asked(&self, request: &Request) -> Result<Answer<Client>, Trouble> {
        let names = self.names.clone();
        self.made.asked(self.key(request), move |key| make(key, &names))
    }

    /// Makes the next request build its client anew.
    pub fn forget(&self, request: &Request) {
        self.made.forget(&self.key(request));
    }

    fn key(&self, request: &Request) -> Key {
        let to = (request.url.host_str().unwrap_or_default().to_owned(), request.url.port_or_known_default());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let keeps = kept.contains(&to) || (kept.len() < most_files() / 4 && kept.insert(to));
        Key::of(request, keeps)
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

/// The client's builder panics without a provider of cryptography.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Another part of the process may have installed one; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
