//! Bare TCP connections.

use super::handshake::shake;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Net, Shown, Tls};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant as Deadline, timeout_at};

pub struct Sockets;

impl Net for Sockets {
    fn connect<'a>(&'a self, address: &'a str, timeout: Duration) -> Answer<'a, Result<(SocketAddr, Duration), Trouble>> {
        Box::pin(async move {
            let deadline = Deadline::now() + timeout;
            let addresses = resolve(address, deadline, timeout).await?;
            let (peer, took, _) = first_that_answers(address, addresses, deadline, timeout).await?;
            Ok((peer, took))
        })
    }

    fn handshake<'a>(
        &'a self,
        address: &'a str,
        name: &'a str,
        tls: &'a Tls,
        timeout: Duration,
    ) -> Answer<'a, Result<Shown, Trouble>> {
        Box::pin(async move {
            let (began, deadline) = (Instant::now(), Deadline::now() + timeout);
            let addresses = resolve(address, deadline, timeout).await?;
            let (_, _, stream) = first_that_answers(address, addresses, deadline, timeout).await?;
            let late = |_| format!("{address}: no handshake within {}", humantime::format_duration(timeout));
            let shown = timeout_at(deadline, shake(stream, name, tls.clone())).await;
            let shown = shown.map_err(|elapsed| Trouble::new(Reason::Timeout, late(elapsed)))??;
            Ok(Shown { took: began.elapsed(), ..shown })
        })
    }
}

async fn resolve(address: &str, deadline: Deadline, timeout: Duration) -> Result<Vec<SocketAddr>, Trouble> {
    let dns = |text: String| Trouble::new(Reason::Dns, format!("{address}: {text}"));
    match timeout_at(deadline, lookup_host(address)).await {
        Ok(Ok(found)) => Ok(found.collect()),
        Ok(Err(error)) if error.kind() == ErrorKind::InvalidInput => {
            Err(Trouble::new(Reason::Local, format!("`{address}` is not host:port")))
        }
        Ok(Err(error)) => Err(dns(format!("the name does not resolve ({error})"))),
        Err(_) => Err(dns(format!("the name did not resolve within {}", humantime::format_duration(timeout)))),
    }
}

/// Tries the addresses one after the other; each gets its share of the time that is left.
async fn first_that_answers(
    name: &str,
    addresses: Vec<SocketAddr>,
    deadline: Deadline,
    timeout: Duration,
) -> Result<(SocketAddr, Duration, TcpStream), Trouble> {
    let mut trouble = Trouble::new(Reason::Dns, format!("{name}: the name has no address"));
    for (index, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Deadline::now());
        let share = left / (addresses.len() - index) as u32;
        let began = Instant::now();
        trouble = match tokio::time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((*address, began.elapsed(), stream)),
            Ok(Err(error)) => Trouble::new(reason(&error), format!("{name} ({address}): {}", sentence(&error))),
            Err(_) => {
                let waited = humantime::format_duration(timeout);
                Trouble::new(Reason::Timeout, format!("{name} ({address}): no answer within {waited}"))
            }
        };
    }
    Err(trouble)
}

/// What a failure of a socket means.
pub(super) fn reason(error: &io::Error) -> Reason {
    match error.kind() {
        ErrorKind::ConnectionRefused => Reason::Refused,
        ErrorKind::TimedOut => Reason::Timeout,
        _ => Reason::Network,
    }
}

/// A failure of a socket, without the number that the system adds.
pub(super) fn sentence(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused: nothing listens there".to_owned(),
        ErrorKind::ConnectionReset => "the connection was reset by the other side".to_owned(),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "no route to it".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn an_open_port_tells_its_address_and_a_closed_one_refuses() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (peer, _) = Sockets.connect(&address.to_string(), SECOND).await.expect("connects");
        assert_eq!(peer, address);
        drop(listener);
        assert_eq!(Sockets.connect(&address.to_string(), SECOND).await.expect_err("closed").reason, Reason::Refused);
    }

    #[tokio::test]
    async fn a_name_that_cannot_exist_and_a_missing_port_are_not_the_network() {
        let name = format!("{}.test:80", "a".repeat(64));
        assert_eq!(Sockets.connect(&name, SECOND).await.expect_err("no such name").reason, Reason::Dns);
        assert_eq!(Sockets.connect("db-1", SECOND).await.expect_err("no port").reason, Reason::Local);
    }
}
