//! How a protocol begins in plain text and goes on encrypted. What was said before counts for nothing: whoever stands in between may have
//! said it.

use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Stream;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Imap,
    Postgres,
    Smtp,
}

impl Protocol {
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "imap" => Some(Self::Imap),
            "postgres" => Some(Self::Postgres),
            "smtp" => Some(Self::Smtp),
            _ => None,
        }
    }
}

/// The longest line, and the most lines of an answer.
const LONGEST: usize = 4_096;
const MOST: usize = 100;

/// Talks until the handshake can begin.
pub async fn begin(protocol: Protocol, mut stream: Box<dyn Stream>) -> Result<Box<dyn Stream>, Trouble> {
    match protocol {
        Protocol::Imap => imap(&mut stream).await?,
        Protocol::Postgres => postgres(&mut stream).await?,
        Protocol::Smtp => smtp(&mut stream).await?,
    }
    Ok(stream)
}

async fn smtp(stream: &mut Box<dyn Stream>) -> Result<(), Trouble> {
    reply(stream, "220").await?;
    say(stream, b"EHLO midwatch\r\n").await?;
    let offered = reply(stream, "250").await?;
    if !offered.iter().any(|line| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"))) {
        return Err(refused("it is not among what it can do"));
    }
    say(stream, b"STARTTLS\r\n").await?;
    reply(stream, "220").await.map(|_| ())
}

/// The lines of one answer, which has to have this code.
async fn reply(stream: &mut Box<dyn Stream>, code: &str) -> Result<Vec<String>, Trouble> {
    let mut lines = Vec::new();
    while lines.len() < MOST {
        let line = line(stream).await?;
        let (found, last) = (line.get(..3).unwrap_or_default().to_owned(), line.get(3..4) != Some("-"));
        if !found.bytes().all(|byte| byte.is_ascii_digit()) || found.len() < 3 {
            return Err(nonsense("SMTP"));
        }
        if last && found != code {
            return Err(refused(&line));
        }
        lines.push(line);
        if last {
            return Ok(lines);
        }
    }
    Err(nonsense("SMTP"))
}

async fn imap(stream: &mut Box<dyn Stream>) -> Result<(), Trouble> {
    if !line(stream).await?.starts_with("* OK") {
        return Err(nonsense("IMAP"));
    }
    say(stream, b"a STARTTLS\r\n").await?;
    for _ in 0..MOST {
        let line = line(stream).await?;
        match line.strip_prefix("a ") {
            Some(end) if end.starts_with("OK") => return Ok(()),
            Some(end) => return Err(refused(end)),
            None if line.starts_with("* ") => {}
            None => break,
        }
    }
    Err(nonsense("IMAP"))
}

async fn postgres(stream: &mut Box<dyn Stream>) -> Result<(), Trouble> {
    say(stream, &[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]).await?;
    match stream.read_u8().await.map_err(|error| broken(&error))? {
        b'S' => Ok(()),
        b'N' => Err(refused("N")),
        _ => Err(nonsense("PostgreSQL's protocol")),
    }
}

async fn say(stream: &mut Box<dyn Stream>, words: &[u8]) -> Result<(), Trouble> {
    stream.write_all(words).await.map_err(|error| broken(&error))
}

/// One line, and nothing of what comes after it: that belongs to the handshake.
async fn line(stream: &mut Box<dyn Stream>) -> Result<String, Trouble> {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        if line.len() == LONGEST {
            return Err(Trouble::new(Reason::TooLarge, "it says lines without an end"));
        }
        line.push(stream.read_u8().await.map_err(|error| broken(&error))?);
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn broken(error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Trouble::new(Reason::Network, "it hung up before the handshake"),
        _ => Trouble::new(Reason::Network, format!("the connection broke: {error}")),
    }
}

fn refused(words: &str) -> Trouble {
    Trouble::new(Reason::Tls, format!("the server does not begin TLS: {words}"))
}

fn nonsense(protocol: &str) -> Trouble {
    Trouble::new(Reason::Nonsense, format!("what answers there does not speak {protocol}"))
}
