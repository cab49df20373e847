//! Connections and datagrams.

use super::handshake::Judges;
use super::names::{Names, is_unasked};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Echoes, Net, Shown, Stream, Talk, Tls};
use bytes::{Bytes, BytesMut};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant as Deadline, timeout_at};

#[derive(Default)]
pub struct Sockets {
    names: Names,
    judges: Judges,
}

impl Net for Sockets {
    fn connect<'a>(&'a self, address: &'a str, timeout: Duration) -> Answer<'a, Result<(SocketAddr, Duration), Trouble>> {
        Box::pin(async move {
            let deadline = Deadline::now() + timeout;
            let addresses = self.resolve(address, deadline, timeout).await?;
            let (peer, took, _) = first_that_answers(address, addresses, deadline, timeout).await?;
            Ok((peer, took))
        })
    }

    fn talk<'a>(&'a self, talk: Talk<'a>) -> Answer<'a, Result<(Bytes, Duration), Trouble>> {
        Box::pin(async move {
            let (began, deadline) = (Instant::now(), Deadline::now() + talk.timeout);
            let stream = self.dial(talk.address, deadline, talk.timeout).await?;
            match timeout_at(deadline, self.answer(stream, &talk)).await {
                Ok(answer) => Ok((answer?, began.elapsed())),
                Err(_) => {
                    let waited = humantime::format_duration(talk.timeout);
                    Err(Trouble::new(Reason::Timeout, format!("{}: no complete answer within {waited}", talk.address)))
                }
            }
        })
    }

    fn datagram<'a>(&'a self, talk: Talk<'a>) -> Answer<'a, Result<(Bytes, Duration), Trouble>> {
        Box::pin(async move {
            let (began, deadline) = (Instant::now(), Deadline::now() + talk.timeout);
            let addresses = self.resolve(talk.address, deadline, talk.timeout).await?;
            let answer = super::datagrams::first_answer(&talk, &addresses, deadline).await?;
            Ok((answer, began.elapsed()))
        })
    }

    fn echo<'a>(&'a self, host: &'a str, count: u16, timeout: Duration) -> Answer<'a, Result<Echoes, Trouble>> {
        Box::pin(async move {
            let deadline = Deadline::now() + timeout;
            let bare = if host.contains(':') { format!("[{host}]:0") } else { format!("{host}:0") };
            let named = |trouble: Trouble| Trouble { text: trouble.text.raw().replacen(&bare, host, 1).into(), ..trouble };
            let addresses = self.resolve(&bare, deadline, timeout).await.map_err(named)?;
            super::echoes::first_answer(host, &addresses, count, deadline).await
        })
    }

    fn open<'a>(&'a self, address: &'a str, timeout: Duration) -> Answer<'a, Result<Box<dyn Stream>, Trouble>> {
        Box::pin(async move { self.dial(address, Deadline::now() + timeout, timeout).await })
    }

    fn secure<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        name: &'a str,
        tls: &'a Tls,
    ) -> Answer<'a, Result<Box<dyn Stream>, Trouble>> {
        Box::pin(self.judges.secure(stream, name, tls))
    }

    fn handshake<'a>(&'a self, stream: Box<dyn Stream>, name: &'a str, tls: &'a Tls) -> Answer<'a, Result<Shown, Trouble>> {
        Box::pin(self.judges.shake(stream, name, tls))
    }
}

impl Sockets {
    pub fn new(names: Names) -> Self {
        Self { names, judges: Judges::default() }
    }

    async fn resolve(&self, address: &str, deadline: Deadline, timeout: Duration) -> Result<Vec<SocketAddr>, Trouble> {
        let dns = |text: String| Trouble::new(Reason::Dns, format!("{address}: {text}"));
        match timeout_at(deadline, self.names.addresses(address)).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) if error.kind() == ErrorKind::InvalidInput => {
                Err(Trouble::new(Reason::Local, format!("`{address}` is not host:port")))
            }
            Ok(Err(error)) if is_unasked(&error) => Err(Trouble::new(Reason::Local, format!("{address}: {error}"))),
            Ok(Err(error)) => Err(dns(format!("the name does not resolve ({error})"))),
            Err(_) => Err(dns(format!("the name did not resolve within {}", humantime::format_duration(timeout)))),
        }
    }

    /// A connection to a server of the network, or to a socket of this machine.
    async fn dial(&self, address: &str, deadline: Deadline, timeout: Duration) -> Result<Box<dyn Stream>, Trouble> {
        if !address.starts_with('/') {
            let addresses = self.resolve(address, deadline, timeout).await?;
            let (_, _, stream) = first_that_answers(address, addresses, deadline, timeout).await?;
            return Ok(Box::new(stream));
        }
        let trouble = |reason, text: &str| Trouble::new(reason, format!("{address}: {text}"));
        match timeout_at(deadline, UnixStream::connect(address)).await {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) if error.kind() == ErrorKind::PermissionDenied => {
                Err(trouble(Reason::Denied, "permission denied: may this user use the socket?"))
            }
            Ok(Err(error)) if error.kind() == ErrorKind::NotFound => Err(trouble(Reason::Refused, "there is no such socket")),
            Ok(Err(error)) => Err(trouble(reason(&error), &sentence(&error))),
            Err(_) => Err(trouble(Reason::Timeout, &format!("no answer within {}", humantime::format_duration(timeout)))),
        }
    }

    async fn answer(&self, stream: Box<dyn Stream>, talk: &Talk<'_>) -> Result<Bytes, Trouble> {
        let mut stream = match talk.tls {
            Some((name, tls)) => self.judges.secure(stream, name, tls).await?,
            None => stream,
        };
        let broken = |error: io::Error| Trouble::new(reason(&error), format!("{}: {}", talk.address, sentence(&error)));
        stream.write_all(&talk.said).await.map_err(broken)?;
        let mut answer = BytesMut::new();
        while stream.read_buf(&mut answer).await.map_err(broken)? > 0 && !(talk.done)(&answer) {
            if answer.len() > talk.longest {
                let text = format!("the answer is larger than {} KiB; nothing of it is used", talk.longest >> 10);
                return Err(Trouble::new(Reason::TooLarge, format!("{}: {text}", talk.address)));
            }
        }
        Ok(answer.freeze())
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
        let (peer, _) = Sockets::default().connect(&address.to_string(), SECOND).await.expect("connects");
        assert_eq!(peer, address);
        drop(listener);
        assert_eq!(Sockets::default().connect(&address.to_string(), SECOND).await.expect_err("closed").reason, Reason::Refused);
    }

    #[tokio::test]
    async fn a_name_that_cannot_exist_and_a_missing_port_are_not_the_network() {
        let name = format!("{}.test:80", "a".repeat(64));
        assert_eq!(Sockets::default().connect(&name, SECOND).await.expect_err("no such name").reason, Reason::Dns);
        assert_eq!(Sockets::default().connect("db-1", SECOND).await.expect_err("no port").reason, Reason::Local);
        let crowded = Sockets::new(crate::runtime::ports::names::tests::crowded());
        assert_eq!(crowded.connect("db-1:80", SECOND).await.expect_err("too many").reason, Reason::Local);
    }
}
