//! Echo requests of ICMP, by the sockets that the kernel has for users without privileges: it fills in who asks and the checksum,
//! and hands over only what answers that.

use super::net::{reason, sentence};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Echoes;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, interval, timeout_at};

/// The longest pause between two requests.
const PAUSE: Duration = Duration::from_millis(200);
/// A header, and as much as `ping` sends: what is lost with a common size is what matters.
const LENGTH: usize = 64;

/// Asks the addresses one after the other, until one answers anything; each gets its share of the time that is left.
pub async fn first_answer(host: &str, addresses: &[SocketAddr], count: u16, deadline: Instant) -> Result<Echoes, Trouble> {
    let mut found = Err(Trouble::new(Reason::Dns, format!("{host}: the name has no address")));
    for (index, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / (addresses.len() - index) as u32;
        match ask(address.ip(), count, Instant::now() + share).await {
            Ok(took) if !took.is_empty() => return Ok(Echoes { peer: address.ip(), sent: count, took }),
            Ok(took) => found = Ok(Echoes { peer: address.ip(), sent: count, took }),
            Err(error) => found = Err(failed(host, address.ip(), &error)),
        }
    }
    found
}

fn failed(host: &str, peer: IpAddr, error: &io::Error) -> Trouble {
    match error.kind() {
        ErrorKind::PermissionDenied => Trouble::new(
            Reason::Denied,
            "the kernel lets this user send no ICMP: an administrator allows it with `sysctl net.ipv4.ping_group_range=\"0 2147483647\"`",
        ),
        _ => Trouble::new(reason(error), format!("{host} ({peer}): {}", sentence(error))),
    }
}

fn open(peer: IpAddr) -> io::Result<UdpSocket> {
    let (domain, protocol) = if peer.is_ipv4() { (Domain::IPV4, Protocol::ICMPV4) } else { (Domain::IPV6, Protocol::ICMPV6) };
    let socket = Socket::new(domain, Type::DGRAM, Some(protocol))?;
    socket.set_nonblocking(true)?;
    socket.connect(&SocketAddr::new(peer, 0).into())?;
    UdpSocket::from_std(socket.into())
}

/// How long each answer took that came before the deadline.
async fn ask(peer: IpAddr, count: u16, deadline: Instant) -> io::Result<Vec<Duration>> {
    let socket = open(peer)?;
    let (mut sent, mut took) = (Vec::new(), vec![None; count.into()]);
    let mut next = interval(PAUSE.min(deadline.saturating_duration_since(Instant::now()) / (u32::from(count) + 1)).max(MOMENT));
    let mut buffer = [0; 512];
    let work = async {
        while took.iter().any(Option::is_none) {
            tokio::select! {
                _ = next.tick(), if sent.len() < count.into() => {
                    socket.send(&request(peer, sent.len() as u16)).await?;
                    sent.push(Instant::now());
                }
                got = socket.recv(&mut buffer) => {
                    let place = answered(peer, &buffer[..got?]).map(usize::from);
                    let asked = place.and_then(|place| Some((took.get_mut(place)?, sent.get(place)?)));
                    if let Some((took, sent)) = asked {
                        took.get_or_insert(sent.elapsed());
                    }
                }
            }
        }
        Ok::<_, io::Error>(())
    };
    // Late or not: what has come counts.
    timeout_at(deadline, work).await.unwrap_or(Ok(()))?;
    Ok(took.into_iter().flatten().collect())
}

const MOMENT: Duration = Duration::from_millis(1);

fn request(peer: IpAddr, number: u16) -> [u8; LENGTH] {
    let mut request = [0; LENGTH];
    request[0] = if peer.is_ipv4() { 8 } else { 128 };
    request[6..8].copy_from_slice(&number.to_be_bytes());
    request
}

/// The number of the request that this answers.
fn answered(peer: IpAddr, packet: &[u8]) -> Option<u16> {
    // Some systems leave the header of IPv4 before it.
    let before = if peer.is_ipv4() && packet.first()? >> 4 == 4 { usize::from(packet[0] & 0xf) * 4 } else { 0 };
    let wanted = if peer.is_ipv4() { 0 } else { 129 };
    match packet.get(before..)? {
        [kind, 0, _, _, _, _, high, low, ..] if *kind == wanted => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_of_its_own_family_is_one() {
        let (four, six) = ("127.0.0.1".parse().expect("an address"), "::1".parse().expect("an address"));
        assert_eq!(request(four, 258)[..8], [8, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(request(six, 258)[..8], [128, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(answered(four, &[0, 0, 9, 9, 7, 7, 1, 2]), Some(258));
        assert_eq!(answered(six, &[129, 0, 9, 9, 7, 7, 1, 2]), Some(258));
        let with_header = [&[0x45][..], &[0; 19], &[0, 0, 9, 9, 7, 7, 0, 3]].concat();
        assert_eq!(answered(four, &with_header), Some(3));
        for nothing in
            [&[][..], &[0, 0, 9], &[3, 1, 9, 9, 7, 7, 1, 2], &[8, 0, 9, 9, 7, 7, 1, 2], &[0x4f], &[0, 1, 0, 0, 0, 0, 0, 0]]
        {
            assert_eq!((answered(four, nothing), answered(six, nothing)), (None, None), "{nothing:?}");
        }
    }
}
