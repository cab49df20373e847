//! The addresses that this process listens on, or would: what is told of each, and those of the configuration beside one that was given.

use super::{AGAIN, Open, Shared, answered, listen, serve, tell};
use crate::journal::listen_elsewhere;
use futures_util::future::join_all;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;

/// Told of every address: that it is listened on from now on, or that it can't be, and why.
pub type Doors = Arc<dyn Fn(SocketAddr, Result<(), &str>) + Send + Sync>;

/// Only after so many tries in vain is that told: a console that has the address gives way in a moment.
const TRIES: u32 = 3;

/// How long after an address of its own could not be had it is tried again: those of the configuration are listened on meanwhile.
const SELDOM: Duration = Duration::from_secs(20);

/// One address.
pub struct Door {
    address: SocketAddr,
    told: Option<Doors>,
    /// In vain, one after the other.
    tries: u32,
    /// Why it can't be listened on, once that is told.
    barred: Option<String>,
}

impl Door {
    pub fn new(address: SocketAddr, shared: &Shared) -> Self {
        Self { address, told: shared.doors.clone(), tries: 0, barred: None }
    }

    /// Tries once, and tells what is new.
    pub async fn open(&mut self) -> Option<TcpListener> {
        match TcpListener::bind(self.address).await {
            Ok(socket) => {
                (self.tries, self.barred) = (0, None);
                self.tell(socket.local_addr().unwrap_or(self.address), Ok(()));
                Some(socket)
            }
            Err(error) => {
                self.tries = self.tries.saturating_add(1);
                if self.tries == TRIES {
                    let why = error.to_string();
                    self.tell(self.address, Err(&why));
                    self.barred = Some(why);
                }
                None
            }
        }
    }

    /// Whether it is told that it can't be had.
    pub fn is_barred(&self) -> bool {
        self.barred.is_some()
    }

    fn tell(&self, address: SocketAddr, open: Result<(), &str>) {
        self.told.iter().for_each(|told| told(address, open));
    }
}

/// Whether who listens on `given` is reached by the other address, too.
pub fn covers(given: SocketAddr, other: SocketAddr) -> bool {
    let all = given.ip().is_unspecified() && (given.is_ipv6() || other.is_ipv4());
    given.port() == other.port() && (all || given.ip() == other.ip())
}

/// Listens on an address of its own, as the one process of its data folder that does, and on the `others` of the configuration; on these
/// alone as long as that one can't be had.
pub async fn instead(address: SocketAddr, shared: Arc<Shared>, others: Vec<(SocketAddr, Arc<Shared>)>) {
    let mut door = Door::new(address, &shared);
    // What can't be had takes nothing from whoever pushes where the configuration says. These stay open while the other one is tried: a
    // heartbeat that nobody can call for a moment is not missed.
    let mut configured = Box::pin(async {
        join_all(others.iter().map(|(other, shared)| listen(*other, shared.clone()))).await;
        // There may be none.
        pending::<()>().await;
    });
    let pause = if others.is_empty() { AGAIN } else { SELDOM };
    let (socket, _said) = loop {
        let said = shared.folder.as_deref().map(|folder| listen_elsewhere(folder, address));
        if let None | Some(Ok(Some(_))) = said
            && let Some(socket) = door.open().await
        {
            break (socket, said);
        }
        if door.is_barred() {
            drop(said);
            tokio::select! {
                () = &mut configured => {}
                () = sleep(pause) => {}
            }
        } else {
            // It stays said meanwhile: a console that has the address gives way.
            tell(&shared, false);
            shared.found(shared.elsewhere());
            sleep(AGAIN).await;
        }
    };
    drop(configured);
    shared.found(Some(address));
    let _open = Open::new(&shared);
    shared.ask();
    // It ends only with the task.
    tokio::join!(serve(socket, &shared), join_all(others.iter().map(|(other, shared)| beside(*other, shared.clone()))));
}

/// An address of the configuration beside the one that was given: who pushes there knows of no other. It says nothing of being awake, which
/// the given one does.
pub async fn beside(address: SocketAddr, shared: Arc<Shared>) {
    let mut door = Door::new(address, &shared);
    loop {
        let before = door.barred.clone();
        let socket = door.open().await;
        if door.barred != before {
            shared.barred(door.barred.as_ref().map(|why| format!("this process can't listen on {address}: {why}")).as_deref());
        }
        if let Some(socket) = socket {
            answered(socket, &shared).await;
        }
        sleep(AGAIN).await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Reached, With};
    use super::*;
    use crate::ports::Ports;
    use crate::runtime::poller::Asker;
    use std::sync::Mutex;
    use tokio::sync::mpsc::unbounded_channel;

    #[test]
    fn an_address_of_every_network_covers_those_of_its_port() {
        let given = |given: &str, other: &str| covers(given.parse().expect("an address"), other.parse().expect("an address"));
        assert!(given("127.0.0.1:9095", "127.0.0.1:9095"));
        assert!(given("0.0.0.0:9095", "127.0.0.1:9095") && given("[::]:9095", "127.0.0.1:9095"));
        assert!(!given("127.0.0.1:9095", "127.0.0.1:9096") && !given("0.0.0.0:9095", "127.0.0.1:9096"));
        assert!(!given("127.0.0.1:9095", "0.0.0.0:9095"), "others than this machine would not be heard");
        assert!(!given("0.0.0.0:9095", "[::1]:9095"));
    }
    #[tokio::test(start_paused = true)]
    async fn those_of_the_configuration_stay_open_while_the_given_one_is_tried_again() {
        let free = || std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let (taken, other) = (free(), free().local_addr().expect("an address"));
        let given = taken.local_addr().expect("an address");
        let opened: Arc<Mutex<Vec<SocketAddr>>> = Arc::default();
        let told = opened.clone();
        let doors: Doors =
            Arc::new(move |address, open| open.into_iter().for_each(|()| told.lock().expect("no panic").push(address)));
        let (facts, _told) = unbounded_channel();
        let with = With {
            ledger: None,
            ports: &Ports::real(),
            poller: Asker::nobody(),
            facts: &facts,
            folder: None,
            doors: Some(&doors),
        };
        let task = tokio::spawn(instead(given, with.shared(Reached::default()), vec![(other, with.shared(Reached::default()))]));
        sleep(SELDOM * 10).await;
        assert_eq!(*opened.lock().expect("no panic"), [other], "once, and for all that time");
        drop(taken);
        sleep(SELDOM * 2).await;
        assert_eq!(*opened.lock().expect("no panic"), [other, given, other]);
        task.abort();
    }
}
