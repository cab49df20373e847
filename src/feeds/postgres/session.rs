//! What it takes of PostgreSQL's protocol to log in and to get one row. Nothing that a server says is believed before it was measured:
//! not the length of a message, and not how much work a login is.

use crate::domain::secret::Secret;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Stream;
use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{DataRowBody, ErrorResponseBody, Header, Message};
use postgres_protocol::message::frontend;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The longest message that is taken, and the most of them.
const LONGEST: i32 = 64 << 10;
const MOST: usize = 1_000;

/// How often a password is hashed at most. PostgreSQL does it 4,096 times.
const ROUNDS: u64 = 1_000_000;

pub struct Login<'a> {
    pub user: &'a str,
    pub database: &'a str,
    pub password: Option<&'a Secret>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Refusal {
    /// The server says no, in its words.
    Server {
        code: String,
        words: String,
    },
    Trouble(Trouble),
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                nonsense("what answers there does not speak PostgreSQL's protocol")
            }
            _ => Self::Trouble(Trouble::new(Reason::Network, format!("the connection broke: {error}"))),
        }
    }
}

fn nonsense(words: &str) -> Refusal {
    Refusal::Trouble(Trouble::new(Reason::Nonsense, words))
}

fn denied(words: &str) -> Refusal {
    Refusal::Server { code: "28000".to_owned(), words: words.to_owned() }
}

/// Asks the server whether it takes TLS up.
pub async fn ready_for_tls(mut stream: Box<dyn Stream>) -> Result<Box<dyn Stream>, Refusal> {
    let mut said = BytesMut::new();
    frontend::ssl_request(&mut said);
    stream.write_all(&said).await?;
    match stream.read_u8().await? {
        b'S' => Ok(stream),
        b'N' => Err(Refusal::Trouble(Trouble::new(Reason::Tls, "the server does not offer TLS"))),
        _ => Err(nonsense("what answers there does not speak PostgreSQL's protocol")),
    }
}

pub struct Session {
    stream: Box<dyn Stream>,
    got: BytesMut,
    /// Messages that may still come.
    left: usize,
}

impl Session {
    pub fn over(stream: Box<dyn Stream>) -> Self {
        Self { stream, got: BytesMut::new(), left: MOST }
    }

    pub async fn log_in(&mut self, login: &Login<'_>) -> Result<(), Refusal> {
        let parameters = [("user", login.user), ("database", login.database), ("application_name", "midwatch")];
        self.say(|said| frontend::startup_message(parameters, said)).await?;
        let mut scram = None;
        loop {
            match self.hear().await? {
                Message::ReadyForQuery(_) => return Ok(()),
                Message::AuthenticationOk
                | Message::BackendKeyData(_)
                | Message::ParameterStatus(_)
                | Message::NoticeResponse(_) => {}
                asked => self.prove(&asked, login, &mut scram).await?,
            }
        }
    }

    /// Answers one of the questions that a login is.
    async fn prove(&mut self, asked: &Message, login: &Login<'_>, scram: &mut Option<ScramSha256>) -> Result<(), Refusal> {
        let password = || {
            let password = login.password.map(|password| password.expose().as_bytes());
            password.ok_or_else(|| denied("it asks for a password: name it in `password`"))
        };
        match asked {
            Message::AuthenticationCleartextPassword => {
                let password = password()?;
                self.say(|said| frontend::password_message(password, said)).await
            }
            Message::AuthenticationMd5Password(body) => {
                let hash = md5_hash(login.user.as_bytes(), password()?, body.salt());
                self.say(|said| frontend::password_message(hash.as_bytes(), said)).await
            }
            Message::AuthenticationSasl(body) if body.mechanisms().any(|name| Ok(name == SCRAM_SHA_256))? => {
                let begun = scram.insert(ScramSha256::new(password()?, ChannelBinding::unsupported()));
                self.say(|said| frontend::sasl_initial_response(SCRAM_SHA_256, begun.message(), said)).await
            }
            Message::AuthenticationSaslContinue(body) => {
                let begun = scram.as_mut().filter(|_| bearable(body.data()));
                let begun = begun.ok_or_else(|| nonsense("its login asks for the impossible"))?;
                begun.update(body.data())?;
                self.say(|said| frontend::sasl_response(begun.message(), said)).await
            }
            Message::AuthenticationSaslFinal(body) => {
                let known = scram.as_mut().is_some_and(|begun| begun.finish(body.data()).is_ok());
                known.then_some(()).ok_or_else(|| denied("it does not know the password itself: it is another server"))
            }
            _ => Err(denied("it asks for a login that midwatch does not know")),
        }
    }

    /// The one row that the answer to a query has.
    pub async fn row(&mut self, query: &str) -> Result<Vec<Option<String>>, Refusal> {
        self.say(|said| frontend::query(query, said)).await?;
        let mut row = None;
        loop {
            match self.hear().await? {
                Message::DataRow(body) => row = Some(cells(&body)?),
                Message::ReadyForQuery(_) => return row.ok_or_else(|| nonsense("its answer is empty")),
                _ => {}
            }
        }
    }

    async fn say(&mut self, write: impl FnOnce(&mut BytesMut) -> io::Result<()>) -> Result<(), Refusal> {
        let mut said = BytesMut::new();
        write(&mut said)?;
        Ok(self.stream.write_all(&said).await?)
    }

    /// The next message; one that says no is a refusal.
    async fn hear(&mut self) -> Result<Message, Refusal> {
        self.left = self.left.checked_sub(1).ok_or_else(|| nonsense("it talks without end"))?;
        loop {
            if Header::parse(&self.got)?.is_some_and(|header| header.len() > LONGEST) {
                return Err(io::Error::from(io::ErrorKind::InvalidData).into());
            }
            match Message::parse(&mut self.got)? {
                Some(Message::ErrorResponse(body)) => return Err(refusal(&body)?),
                Some(message) => return Ok(message),
                None if self.stream.read_buf(&mut self.got).await? == 0 => {
                    return Err(Refusal::Trouble(Trouble::new(Reason::Network, "it hung up before its answer was whole")));
                }
                None => {}
            }
        }
    }
}

/// Whether the rounds that the server asks for can be done in no time.
fn bearable(challenge: &[u8]) -> bool {
    let rounds = challenge.split(|byte| *byte == b',').find_map(|part| part.strip_prefix(b"i="));
    let rounds = rounds.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    rounds.is_some_and(|rounds: u64| rounds <= ROUNDS)
}

fn cells(body: &DataRowBody) -> Result<Vec<Option<String>>, Refusal> {
    let text = |range: std::ops::Range<usize>| body.buffer().get(range).map(|cell| String::from_utf8_lossy(cell).into_owned());
    Ok(body.ranges().map(|range| Ok(range.and_then(text))).collect()?)
}

fn refusal(body: &ErrorResponseBody) -> Result<Refusal, Refusal> {
    let (mut code, mut words) = (String::new(), String::new());
    let mut fields = body.fields();
    while let Some(field) = fields.next()? {
        let value = || String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'C' => code = value(),
            b'M' => words = value(),
            _ => {}
        }
    }
    Ok(Refusal::Server { code, words })
}

#[cfg(test)]
mod tests {
    use super::bearable;

    #[test]
    fn a_login_that_would_take_for_ever_is_refused() {
        assert!(bearable(b"r=abc,s=QSXCR+Q6sek8bf92,i=4096"));
        assert!(!bearable(b"r=abc,s=QSXCR+Q6sek8bf92,i=4294967295") && !bearable(b"r=abc,s=QSXC") && !bearable(b"i=-1"));
    }
}
