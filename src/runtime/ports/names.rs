//! What names of hosts lead to. The system's resolver takes as long as it likes and can't be told to stop: a name that is looked up has a
//! thread to itself, whoever asks for it meanwhile waits for that one, and nobody longer than he wants to. A crowd of threads that all
//! share would be full of names that nobody answers for, and everything else would wait for them.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The addresses, or why there are none.
type Found = Result<Vec<IpAddr>, (io::ErrorKind, String)>;

/// Cheap to clone; clones share what is under way.
#[derive(Clone, Default)]
pub struct Names(Arc<Mutex<HashMap<String, watch::Receiver<Option<Found>>>>>);

/// For HTTP, where a connection may take longer than this: what is told then is that it was the name.
const PATIENCE: Duration = Duration::from_secs(4);
/// What the resolver needs, of which there may be thousands.
const STACK: usize = 512 << 10;

impl Names {
    /// `host:port`, where the host may be an address.
    pub async fn addresses(&self, address: &str) -> io::Result<Vec<SocketAddr>> {
        if let Ok(known) = address.parse() {
            return Ok(vec![known]);
        }
        let split = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = split.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.look_up(host).await?.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let mut answer = self.asked(host)?;
        let found = answer.wait_for(Option::is_some).await.map(|found| found.clone());
        match found {
            Ok(Some(found)) => found.map_err(|(kind, text)| io::Error::new(kind, text)),
            _ => Err(io::Error::other("the thread that looked it up is gone")),
        }
    }

    /// Where the answer will be.
    fn asked(&self, host: &str) -> io::Result<watch::Receiver<Option<Found>>> {
        let mut under_way = self.under_way();
        if let Some(answer) = under_way.get(host) {
            return Ok(answer.clone());
        }
        let (tell, answer) = watch::channel(None);
        let (names, name) = (self.clone(), host.to_owned());
        thread::Builder::new().stack_size(STACK).spawn(move || {
            let found = system(&name);
            // Whoever asks from now on wants to know anew.
            names.under_way().remove(&name);
            tell.send_replace(Some(found));
        })?;
        under_way.insert(host.to_owned(), answer.clone());
        Ok(answer)
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<String, watch::Receiver<Option<Found>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn system(host: &str) -> Found {
    match (host, 0).to_socket_addrs() {
        Ok(found) => Ok(found.map(|address| address.ip()).collect()),
        Err(error) => Err((error.kind(), error.to_string())),
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let names = self.clone();
        Box::pin(async move {
            let late =
                |_| io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {}", humantime::format_duration(PATIENCE)));
            let found = timeout(PATIENCE, names.look_up(name.as_str())).await.map_err(late)??;
            Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_are_read_names_looked_up_and_anything_else_is_neither() {
        let names = Names::default();
        let told = async |address: &str| names.addresses(address).await.map_err(|error| error.kind());
        assert_eq!(told("127.0.0.1:80").await, Ok(vec!["127.0.0.1:80".parse().expect("an address")]));
        assert_eq!(told("[::1]:80").await, Ok(vec!["[::1]:80".parse().expect("an address")]));
        assert!(told("localhost:81").await.expect("is known").iter().all(|at| at.ip().is_loopback() && at.port() == 81));
        for wrong in ["db-1", "db-1:http", "db-1:", "db-1:70000"] {
            assert_eq!(told(wrong).await, Err(io::ErrorKind::InvalidInput), "{wrong}");
        }
        assert!(names.under_way().is_empty(), "an answer is not kept");
    }

    #[tokio::test]
    async fn whoever_asks_for_a_name_that_is_being_looked_up_gets_the_same_answer() {
        let names = Names::default();
        let (tell, answer) = watch::channel(None);
        names.under_way().insert("db-1".to_owned(), answer);
        let both = async { tokio::join!(names.addresses("db-1:5432"), names.addresses("db-1:5433")) };
        let (said, (first, second)) = tokio::join!(async { tell.send(Some(Ok(vec![[10, 0, 0, 1].into()]))).is_ok() }, both);
        assert!(said, "somebody waits");
        let ports = [first, second].map(|found| found.expect("an answer")[0].port());
        assert_eq!(ports, [5432, 5433]);
        drop(tell);
        assert!(names.addresses("db-1:80").await.is_ok(), "what was said is not lost");
    }
}
