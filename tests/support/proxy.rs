//! Stands between the program and a real server and holds one request back, so that the program can be killed in between.

use super::PATIENCE;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// What becomes of a request that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// It never reaches the server.
    Before,
    /// The server obeys, and its answer never reaches the program.
    After,
}

pub struct Proxy {
    pub address: SocketAddr,
    held: Receiver<()>,
    open: Arc<AtomicBool>,
}

/// What every connection knows.
struct Way {
    upstream: String,
    /// How a request that is held begins, and what becomes of it.
    wanted: String,
    hold: Hold,
    open: Arc<AtomicBool>,
    held: Mutex<Sender<()>>,
}

impl Proxy {
    /// Holds requests that begin like `wanted` (`POST /api/v2/silences`); passes all others on to `upstream` (`host:port`).
    pub fn start(upstream: &str, wanted: &str, hold: Hold) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (sender, held) = channel();
        let open = Arc::<AtomicBool>::default();
        let (upstream, wanted) = (upstream.to_owned(), wanted.to_owned());
        let way = Arc::new(Way { upstream, wanted, hold, open: open.clone(), held: Mutex::new(sender) });
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let way = way.clone();
                // Whoever was killed has hung up: that is what this is for.
                std::thread::spawn(move || way.serve(stream).unwrap_or_default());
            }
        });
        Self { address, held, open }
    }

    /// Waits until a request is held.
    pub fn wait_held(&self) {
        self.held.recv_timeout(PATIENCE).expect("a request comes to be held");
    }

    /// From now on nothing is held.
    pub fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }
}

impl Way {
    /// One request of a connection.
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let (head, body) = request(&client)?;
        let hold = head.starts_with(&self.wanted) && !self.open.load(Ordering::SeqCst);
        if hold && self.hold == Hold::Before {
            return self.keep(client);
        }
        let mut answer = Vec::new();
        let mut server = TcpStream::connect(&self.upstream)?;
        server.write_all(alone(&head).as_bytes())?;
        server.write_all(&body)?;
        server.read_to_end(&mut answer)?;
        if hold { self.keep(client) } else { client.write_all(&answer) }
    }

    /// Says so, and keeps the connection until the program hangs up.
    fn keep(&self, mut client: TcpStream) -> io::Result<()> {
        self.held.lock().expect("not poisoned").send(()).map_err(io::Error::other)?;
        while matches!(client.read(&mut [0; 512]), Ok(1..)) {}
        Ok(())
    }
}

/// Head and body.
fn request(stream: &TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok((head, body))
}

/// The same head, for a connection that ends with its answer.
fn alone(head: &str) -> String {
    let lines = head.trim_end().split("\r\n").filter(|line| !line.to_lowercase().starts_with("connection:"));
    lines.chain(["Connection: close", "", ""]).collect::<Vec<_>>().join("\r\n")
}
