//! What names of hosts lead to. The system's resolver takes as long as it likes and can't be told to stop: a name that is looked up has a
//! thread to itself, whoever asks for it soon after waits for that one, and nobody longer than he wants to. A crowd of threads that all
//! share would be full of names that nobody answers for, and everything else would wait for them.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::timeout;

/// The addresses, with the scope of those of a link, or why there are none.
type Found = Result<Vec<SocketAddr>, (io::ErrorKind, String)>;

/// Cheap to clone; clones share what is under way.
#[derive(Clone)]
pub struct Names {
    system: fn(&str) -> Found,
    under_way: Arc<Mutex<UnderWay>>,
}

#[derive(Default)]
struct UnderWay {
    begun: u64,
    /// The oldest first.
    of: HashMap<String, Vec<Lookup>>,
}

struct Lookup {
    number: u64,
    since: Instant,
    answer: watch::Receiver<Option<Found>>,
}

/// For HTTP, where a connection may take longer than this: what is told then is that it was the name.
const PATIENCE: Duration = Duration::from_secs(4);
/// What the resolver needs, of which there may be thousands.
const STACK: usize = 512 << 10;
/// One that has taken this long is not waited for any more: the network may be another by now.
const OLD: Duration = Duration::from_secs(10);
/// So many of one name at once, and of all.
const MOST_OF_ONE: usize = 3;
const MOST: usize = 2_048;

/// We could not look the name up, which says nothing of the name.
#[derive(Debug)]
pub struct Unasked(String);

impl fmt::Display for Unasked {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "the name could not be looked up: {}", self.0)
    }
}

impl std::error::Error for Unasked {}

impl Default for Names {
    fn default() -> Self {
        Self { system, under_way: Arc::default() }
    }
}

impl Names {
    /// `host:port`, where the host may be an address.
    pub async fn addresses(&self, address: &str) -> io::Result<Vec<SocketAddr>> {
        if let Ok(known) = address.parse() {
            return Ok(vec![known]);
        }
        let split = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = split.ok_or(io::ErrorKind::InvalidInput)?;
        // An address with the name of its link: what number that has here only the system knows.
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let mut found = self.look_up(host).await?;
        found.iter_mut().for_each(|address| address.set_port(port));
        Ok(found)
    }

    async fn look_up(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let mut answer = self.asked(host)?;
        let found = answer.wait_for(Option::is_some).await.map(|found| found.clone());
        match found {
            Ok(Some(found)) => found.map_err(|(kind, text)| io::Error::new(kind, text)),
            _ => Err(unasked("the thread that did is gone; please report this")),
        }
    }

    /// Where the answer will be.
    fn asked(&self, host: &str) -> io::Result<watch::Receiver<Option<Found>>> {
        let mut under_way = self.under_way();
        if let Some(answer) = under_way.joined(host) {
            return Ok(answer);
        }
        if under_way.threads() >= MOST {
            return Err(unasked(format!("{MOST} others are looked up and not answered; does the name server answer?")));
        }
        under_way.begun += 1;
        let number = under_way.begun;
        let (tell, answer) = watch::channel(None);
        let (names, name) = (self.clone(), host.to_owned());
        let work = move || {
            // Made here: where no thread begins, nothing ends.
            let lookup = Ended { names, name, number };
            let found = (lookup.names.system)(&lookup.name);
            // Whoever asks from now on wants to know anew.
            drop(lookup);
            tell.send_replace(Some(found));
        };
        let begun = thread::Builder::new().stack_size(STACK).spawn(work);
        begun.map_err(|error| unasked(format!("the system gives no thread ({error})")))?;
        let lookup = Lookup { number, since: Instant::now(), answer: answer.clone() };
        under_way.of.entry(host.to_owned()).or_default().push(lookup);
        Ok(answer)
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay {
    /// The newest of this name, unless it is old and another may be begun.
    fn joined(&self, host: &str) -> Option<watch::Receiver<Option<Found>>> {
        let all = self.of.get(host)?;
        let newest = all.last()?;
        (newest.since.elapsed() < OLD || all.len() >= MOST_OF_ONE).then(|| newest.answer.clone())
    }

    fn threads(&self) -> usize {
        self.of.values().map(Vec::len).sum()
    }

    fn end(&mut self, host: &str, number: u64) {
        let Some(all) = self.of.get_mut(host) else { return };
        all.retain(|lookup| lookup.number != number);
        if all.is_empty() {
            self.of.remove(host);
        }
    }
}

/// Takes its own lookup away, and no newer one, also where the thread panics.
struct Ended {
    names: Names,
    name: String,
    number: u64,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.names.under_way().end(&self.name, self.number);
    }
}

fn unasked(why: impl Into<String>) -> io::Error {
    io::Error::other(Unasked(why.into()))
}

/// Whether it says nothing of the name.
pub fn is_unasked(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Unasked>())
}

fn system(host: &str) -> Found {
    match (host, 0).to_socket_addrs() {
        Ok(found) => Ok(found.collect()),
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
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::sync::Barrier;

    fn lookup(number: u64, ago: Duration) -> (watch::Sender<Option<Found>>, Lookup) {
        let (tell, answer) = watch::channel(None);
        (tell, Lookup { number, since: Instant::now().checked_sub(ago).expect("a time"), answer })
    }

    /// As many are under way as may be.
    pub fn crowded() -> Names {
        let names = Names::default();
        let all = (0..MOST as u64).map(|n| (format!("h{n}.test"), vec![lookup(n, Duration::ZERO).1]));
        names.under_way().of.extend(all);
        names
    }

    #[tokio::test]
    async fn addresses_are_read_names_looked_up_and_anything_else_is_neither() {
        let names = Names::default();
        let told = async |address: &str| names.addresses(address).await.map_err(|error| error.kind());
        assert_eq!(told("127.0.0.1:80").await, Ok(vec!["127.0.0.1:80".parse().expect("an address")]));
        assert_eq!(told("[::1]:80").await, Ok(vec!["[::1]:80".parse().expect("an address")]));
        assert_eq!(
            told("[fe80::1%lo]:80").await,
            Ok(vec!["[fe80::1%1]:80".parse().expect("an address")]),
            "on a link by its name"
        );
        assert!(told("localhost:81").await.expect("is known").iter().all(|at| at.ip().is_loopback() && at.port() == 81));
        for wrong in ["db-1", "db-1:http", "db-1:", "db-1:70000"] {
            assert_eq!(told(wrong).await, Err(io::ErrorKind::InvalidInput), "{wrong}");
        }
        assert_eq!(names.under_way().threads(), 0, "an answer is not kept");
    }

    #[tokio::test]
    async fn whoever_asks_for_a_name_that_is_being_looked_up_gets_the_same_answer() {
        let names = Names::default();
        let (tell, lookup) = lookup(1, Duration::ZERO);
        names.under_way().of.insert("db-1".to_owned(), vec![lookup]);
        let both = async { tokio::join!(names.addresses("db-1:5432"), names.addresses("db-1:5433")) };
        let address = "10.0.0.1:0".parse().expect("an address");
        let (said, (first, second)) = tokio::join!(async { tell.send(Some(Ok(vec![address]))).is_ok() }, both);
        assert!(said, "somebody waits");
        let ports = [first, second].map(|found| found.expect("an answer")[0].port());
        assert_eq!(ports, [5432, 5433]);
        drop(tell);
        assert!(names.addresses("db-1:80").await.is_ok(), "what was said is not lost");
    }

    #[tokio::test]
    async fn one_that_has_taken_long_is_begun_anew_a_few_times_and_each_ends_itself_alone() {
        static HELD: Barrier = Barrier::new(2);
        let system = |_: &str| {
            HELD.wait();
            Ok(vec![SocketAddr::V6("[fe80::1%7]:0".parse().expect("an address"))])
        };
        let names = Names { system, ..Names::default() };
        let numbers = || names.under_way().of.get("db-1").into_iter().flatten().map(|lookup| lookup.number).collect::<Vec<_>>();
        names.under_way().begun = 10;
        let (_stuck, lookup) = lookup(1, OLD);
        names.under_way().of.insert("db-1".to_owned(), vec![lookup]);
        let newer = names.asked("db-1").expect("is begun");
        assert_eq!(numbers(), [1, 11], "the old one is not waited for");
        // It stays new, however long this machine stands still meanwhile.
        let hour = Duration::from_secs(3_600);
        names.under_way().of.get_mut("db-1").into_iter().flatten().for_each(|lookup| lookup.since += hour);
        assert!(names.asked("db-1").expect("is joined").same_channel(&newer), "the new one is");
        let found = async {
            let found = names.addresses("db-1:80");
            // Let go only once it is waited for: another lookup would wait for a second time.
            let let_go = async { tokio::task::spawn_blocking(|| HELD.wait()).await };
            let (found, _) = tokio::join!(biased; found, let_go);
            found.expect("an answer")
        };
        assert_eq!(found.await, ["[fe80::1%7]:80".parse().expect("an address")], "with its link");
        assert_eq!(numbers(), [1], "it took nobody else away");
        let stuck: Vec<_> = (1..=MOST_OF_ONE as u64).map(|n| self::lookup(n, OLD)).collect();
        let (_told, all): (Vec<_>, Vec<_>) = stuck.into_iter().unzip();
        names.under_way().of.insert("db-1".to_owned(), all);
        names.asked("db-1").expect("is joined");
        assert_eq!(numbers().len(), MOST_OF_ONE, "and no more are begun");
    }

    #[tokio::test]
    async fn what_we_could_not_ask_is_told_apart_from_what_a_name_lacks() {
        let names = crowded();
        let error = names.addresses("db-1:80").await.expect_err("too many");
        assert!(is_unasked(&error) && error.to_string().contains("2048 others"), "{error}");
        assert_eq!(names.under_way().threads(), MOST);
        let broken = Names { system: |_| panic!("a bug"), ..Names::default() };
        let error = broken.addresses("db-1:80").await.expect_err("a bug");
        assert!(is_unasked(&error), "{error}");
        assert_eq!(broken.under_way().threads(), 0, "it is asked anew next time");
    }
}
