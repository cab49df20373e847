//! The addresses that this process listens on, or would: what is told of each, and those of the configuration beside one that was given.

use super::{AGAIN, Shared, answered};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::time::sleep;

/// Told of every address: that it is listened on from now on, or that it can't be, and why.
pub type Doors = Arc<dyn Fn(SocketAddr, Result<(), &str>) + Send + Sync>;

/// Only after so many tries in vain is that told: a console that has the address gives way in a moment.
const TRIES: u32 = 3;

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
    use super::*;

    #[test]
    fn an_address_of_every_network_covers_those_of_its_port() {
        let given = |given: &str, other: &str| covers(given.parse().expect("an address"), other.parse().expect("an address"));
        assert!(given("127.0.0.1:9095", "127.0.0.1:9095"));
        assert!(given("0.0.0.0:9095", "127.0.0.1:9095") && given("[::]:9095", "127.0.0.1:9095"));
        assert!(!given("127.0.0.1:9095", "127.0.0.1:9096") && !given("0.0.0.0:9095", "127.0.0.1:9096"));
        assert!(!given("127.0.0.1:9095", "0.0.0.0:9095"), "others than this machine would not be heard");
        assert!(!given("0.0.0.0:9095", "[::1]:9095"));
    }
}
