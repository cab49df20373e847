//! `midwatch serve` as a process, and plain requests to where it listens.

use super::home::Home;
use super::until;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Child;

/// Gone at once with the value, as in a crash.
pub struct Serve(pub Child);

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `midwatch serve`, once it listens.
pub fn serve(home: &Home, address: &str, args: &[&str]) -> Serve {
    let serve = Serve(home.command(&[&["serve"], args].concat()).spawn().expect("it starts"));
    until("the socket", || TcpStream::connect(address).ok());
    serve
}

/// Status and words of one request.
pub fn ask(address: &str, head: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!("{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut answer = String::new();
    // It may answer and hang up before it has read everything.
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
    let _ = stream.read_to_string(&mut answer);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or(0), answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned())
}
