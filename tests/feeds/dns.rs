//! A real DNS server (Knot), and what else may answer.

use super::support::program::{Program, free_address};
use super::support::servers::until;
use super::support::{find, missing};
use super::{ask, ask_shortly, failing, told};
use midwatch::domain::health::FeedState;
use midwatch::domain::trouble::Reason;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::Command;

const ZONE: &str = r#"$ORIGIN lab.test.
$TTL 60
@    SOA ns1 hostmaster 2026112301 3600 600 86400 30
@    NS  ns1
@    MX  10 mail
@    TXT "v=spf1 " "-all"
ns1  A   127.0.0.1
web  A   127.0.0.1
web  A   127.0.0.2
www  CNAME web
far  CNAME cdn.elsewhere.test.
_ssh._tcp SRV 0 0 22 web
"#;

/// Knows the zone `lab.test`, can't read `broken.test`, and is not responsible for anything else.
struct Knot {
    address: String,
    program: Program,
    _folder: tempfile::TempDir,
}

impl Knot {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, address) = (folder.path().display(), free_address());
        // An answer with this many addresses fits into no datagram.
        let many: String = (0..200).map(|n| format!("many A 10.0.0.{n}\n")).collect();
        std::fs::write(folder.path().join("lab.zone"), format!("{ZONE}{many}")).expect("written");
        let zone = |name, file| format!("  - domain: {name}\n    storage: \"{path}\"\n    file: {file}\n");
        let workers = "  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n";
        let server = format!("server:\n  rundir: \"{path}\"\n  listen: {}\n{workers}", address.replace(':', "@"));
        let rest = format!("database:\n  storage: \"{path}\"\nlog:\n  - target: stderr\n    any: warning\n");
        let zones = [zone("lab.test", "lab.zone"), zone("broken.test", "missing.zone")].concat();
        let config = format!("{server}{rest}zone:\n{zones}");
        let file = folder.path().join("knot.conf");
        std::fs::write(&file, config).expect("written");
        let mut command = Command::new(find("knotd").expect("knotd"));
        command.arg("-c").arg(&file);
        let ready = || std::net::TcpStream::connect(&address).is_ok();
        let program = Program::start_until(&mut command, &folder.path().join("log"), ready);
        Self { address, program, _folder: folder }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.program.id().to_string()]).status().expect("kill");
        assert!(status.success());
    }
}

#[tokio::test]
async fn a_real_server_is_told_apart_by_what_it_answers() {
    if missing("knotd") {
        return;
    }
    let mut knot = Knot::start();
    let address = knot.address.clone();
    let of = async |rest: &str| told(ask(&format!("dns: {{server: '{address}', {rest}}}")).await);
    let healthy = |message: &str| (FeedState::Healthy, message.to_owned());

    // Before its zone is loaded it can't find out.
    let web = until(async || of("name: web.lab.test").await, |(state, _)| *state == FeedState::Healthy).await;
    assert_eq!(web, healthy("127.0.0.1, 127.0.0.2"));
    assert_eq!(of("name: www.lab.test., records: [127.0.0.2, 127.0.0.1]").await, healthy("127.0.0.1, 127.0.0.2"));
    assert_eq!(of("name: lab.test, type: mx, records: '10 mail.lab.test.'").await, healthy("10 mail.lab.test"));
    assert_eq!(of("name: lab.test, type: TXT, records: '~v=spf1 .*'").await, healthy("v=spf1 -all"));
    assert_eq!(of("name: _ssh._tcp.lab.test, type: SRV").await, healthy("0 0 22 web.lab.test"));
    assert_eq!(of("name: web.lab.test, within: 1ns").await.0, FeedState::Degraded);

    assert_eq!(of("name: ns1.lab.test, records: 10.0.0.9").await, failing("127.0.0.1, expected 10.0.0.9"));
    let more = of("name: web.lab.test, records: 127.0.0.1").await;
    assert_eq!(more, failing("127.0.0.2 is none of the expected records"));
    assert_eq!(of("name: web.lab.test, type: AAAA").await, failing("the name has no AAAA record"));
    let far = of("name: far.lab.test").await;
    assert_eq!(far, failing("only an alias of cdn.elsewhere.test, whose records it doesn't tell"));
    assert_eq!(of("name: nope.lab.test").await, failing("there is no such name (NXDOMAIN)"));
    assert_eq!(of("name: x.broken.test").await, failing("the server could not find out (SERVFAIL)"));
    assert_eq!(of("name: x.unknown.test").await, failing("the server refuses to answer this (REFUSED)"));

    let over_tcp = of("name: many.lab.test, records: '~10[.]0[.]0[.].*'").await;
    assert_eq!(over_tcp, healthy("10.0.0.0, 10.0.0.1, 10.0.0.10, 10.0.0.100 and 196 more"));

    knot.signal("-STOP");
    // It does not stop at once.
    let shortly = format!("dns: {{server: '{address}', name: web.lab.test}}");
    let hung = until(async || told(ask_shortly(&shortly).await), |(state, _)| *state == FeedState::Failing).await;
    assert_eq!(hung, failing("no answer within 300ms"));
    knot.signal("-CONT");
    knot.program.kill();
    assert_eq!(of("name: web.lab.test").await, failing("connection refused: nothing listens there"));
}

/// Answers each datagram with what this makes of it; and TCP, at the same port, with the second.
fn saying(answer: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static, over_tcp: Option<&'static [u8]>) -> SocketAddr {
    let (socket, listener) = both();
    let address = socket.local_addr().expect("an address");
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
            for datagram in answer(&buffer[..length]) {
                let _ = socket.send_to(&datagram, peer);
            }
        }
    });
    if let Some(bytes) = over_tcp {
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let mut asked = [0; 512];
                let length = std::io::Read::read(&mut stream, &mut asked).unwrap_or(0);
                let numbered = [&bytes[..2], &asked[2..4], &bytes[2..]].concat();
                let _ = std::io::Write::write_all(&mut stream, &numbered);
                assert!(length > 12, "a question");
            }
        });
    }
    address
}

fn both() -> (UdpSocket, TcpListener) {
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        if let Ok(socket) = UdpSocket::bind(listener.local_addr().expect("an address")) {
            return (socket, listener);
        }
    }
}

/// The question with these flags, as an answer without records.
fn empty(question: &[u8], flags: [u8; 2]) -> Vec<u8> {
    let end = 12 + question[12..].iter().position(|byte| *byte == 0).expect("a name") + 5;
    [&question[..2], &flags, &[0, 1, 0, 0, 0, 0, 0, 0], &question[12..end]].concat()
}

#[tokio::test]
async fn what_is_no_answer_is_waited_past_and_nonsense_is_no_verdict() {
    let of = async |address: SocketAddr| ask_shortly(&format!("dns: {{server: '{address}', name: a.test}}")).await;
    // What somebody else would slip in has another number.
    let slipped = saying(|question| [empty(&[&[question[0] ^ 1], &question[1..]].concat(), [0x84, 0])].to_vec(), None);
    assert_eq!(told(of(slipped).await), failing("no answer within 300ms"));
    let both = |question: &[u8]| {
        let strange = empty(&[&[question[0] ^ 1], &question[1..]].concat(), [0x84, 3]);
        vec![strange, b"x".to_vec(), question.to_vec(), empty(question, [0x84, 0])]
    };
    assert_eq!(told(of(saying(both, None)).await), failing("the name has no A record"));
    let cut_off = of(saying(|question| vec![empty(question, [0x84, 0])[..14].to_vec()], None)).await.expect_err("no verdict");
    assert_eq!(cut_off.reason, Reason::Nonsense, "{cut_off}");
    let other = |question: &[u8]| {
        let mut answer = empty(question, [0x84, 0]);
        answer[13] = b'b';
        vec![answer]
    };
    let other = of(saying(other, None)).await.expect_err("no verdict");
    assert!(other.to_string().ends_with("it answers another question"), "{other}");
}

#[tokio::test]
async fn a_datagram_that_was_lost_is_sent_again() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let second = move |question: &[u8]| match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0 => Vec::new(),
        _ => vec![empty(question, [0x84, 3])],
    };
    let yaml = format!("dns: {{server: '{}', name: a.test}}", saying(second, None));
    let feed = super::feed_of(&yaml, &Default::default());
    let answer = feed.check(&midwatch::ports::Ports::real(), std::time::Duration::from_secs(9)).await;
    assert_eq!(told(answer), failing("there is no such name (NXDOMAIN)"));
}

#[tokio::test]
async fn one_that_lies_about_what_comes_over_tcp_is_failing() {
    let cut = |question: &[u8]| vec![empty(question, [0x86, 0])];
    let of = async |bytes| told(ask_shortly(&format!("dns: {{server: '{}', name: a.test}}", saying(cut, bytes))).await);
    let before = "the answer is too long for a datagram, and over TCP: ";
    let (state, message) = of(Some(b"\xff\xff\x84\x00")).await;
    assert!(
        state == FeedState::Failing && message.starts_with(before) && message.ends_with("before its answer was whole"),
        "{message}"
    );
    let (state, message) = of(None).await;
    assert!(state == FeedState::Failing && message.starts_with(before), "{message}");
}
