//! Questions over UDP. A datagram may be lost, so a question is said again while there is time; and anybody may send one, so only
//! what the asker takes for the answer is one.

use super::net::{reason, sentence};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Talk;
use bytes::Bytes;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, interval, timeout};

/// How often a question is said to one address.
const TIMES: u32 = 3;

/// Asks the addresses one after the other; each gets its share of the time that is left.
pub async fn first_answer(talk: &Talk<'_>, addresses: &[SocketAddr], deadline: Instant) -> Result<Bytes, Trouble> {
    let name = talk.address;
    let mut trouble = Trouble::new(Reason::Dns, format!("{name}: the name has no address"));
    for (index, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / (addresses.len() - index) as u32;
        trouble = match timeout(share, answer(talk, *address, share / TIMES)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => Trouble::new(reason(&error), format!("{name} ({address}): {}", sentence(&error))),
            Err(_) => {
                let waited = humantime::format_duration(talk.timeout);
                Trouble::new(Reason::Timeout, format!("{name} ({address}): no answer within {waited}"))
            }
        };
    }
    Err(trouble)
}

async fn answer(talk: &Talk<'_>, address: SocketAddr, pause: Duration) -> io::Result<Bytes> {
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await?;
    // Only what comes from there is received, and that nothing listens there is told.
    socket.connect(address).await?;
    let mut again = interval(pause.max(Duration::from_millis(1)));
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        tokio::select! {
            _ = again.tick() => drop(socket.send(&talk.said).await?),
            got = socket.recv(&mut buffer) => {
                let got = &buffer[..got?];
                if (talk.done)(got) {
                    return Ok(Bytes::copy_from_slice(got));
                }
            }
        }
    }
}
