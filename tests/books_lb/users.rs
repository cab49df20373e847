//! Users who ask for a page all the time, one request after the other, and remember what they got.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

pub struct Users {
    leave: Arc<AtomicBool>,
    asking: JoinHandle<BTreeMap<String, usize>>,
}

impl Users {
    /// Begins to ask; each answer counts by its status and its body's first line.
    pub fn of(url: &str) -> Self {
        let leave = Arc::new(AtomicBool::new(false));
        let (address, left) = (url.trim_start_matches("http://").to_owned(), leave.clone());
        let asking = std::thread::spawn(move || {
            let mut got = BTreeMap::new();
            while !left.load(Ordering::SeqCst) {
                *got.entry(ask(&address).unwrap_or_else(|why| why.to_string())).or_default() += 1;
            }
            got
        });
        Self { leave, asking }
    }

    /// What they got since, and how often.
    pub fn leave(self) -> BTreeMap<String, usize> {
        self.leave.store(true, Ordering::SeqCst);
        self.asking.join().expect("they asked")
    }
}

/// One request for `/version`: `200 v1`.
fn ask(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(format!("GET /version HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).unwrap_or("nothing");
    let body = answer.split_once("\r\n\r\n").and_then(|(_, body)| body.lines().next()).unwrap_or_default();
    Ok(format!("{status} {body}"))
}
