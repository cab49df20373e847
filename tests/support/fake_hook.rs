//! Whoever takes messages by an incoming webhook, with Slack's words: `ok`, and plain words for what it does not take.

use super::fake::{Asked, Contract, Fake, Honest};
use serde_json::Value;
use std::ops::Deref;

/// The path of the one webhook that there is; it is the secret.
pub const PATH: &str = "/services/T0AAAAAAA/B0BBBBBBB/xoxhooksecret24";

#[derive(Default)]
pub struct Hook {
    /// What was taken, with the headers that tell one from another.
    pub taken: Vec<(Value, String)>,
    /// So many requests are told to come back after so many seconds before one is taken.
    pub busy: (usize, u32),
}

pub struct FakeHook(Fake<Hook>);

impl Deref for FakeHook {
    type Target = Fake<Hook>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl FakeHook {
    pub fn start() -> Self {
        Self(Fake::start(Hook::default()))
    }

    pub fn address(&self) -> String {
        self.url.join(PATH).expect("an address").to_string()
    }

    /// The texts that were taken.
    pub fn texts(&self) -> Vec<String> {
        self.with(|hook| hook.taken.iter().map(|(body, _)| body["text"].as_str().unwrap_or("").to_owned()).collect())
    }
}

/// The address of a webhook behind which nobody listens: the port is bound as long as it is held, so that no other test gets it.
pub fn nobody() -> (socket2::Socket, String) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    socket.bind(&any.into()).expect("a port");
    let address = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("an address");
    (socket, format!("http://{address}{PATH}"))
}

impl Contract for Hook {
    fn obey(&mut self, asked: &Asked) -> Honest {
        let body = asked.json();
        match () {
            () if self.busy.0 > 0 => {
                self.busy.0 -= 1;
                let headers = vec![("retry-after", self.busy.1.to_string())];
                Honest { headers, ..Honest::of(429, "rate_limited") }
            }
            () if asked.path() != PATH => Honest::of(404, "no_service"),
            () if asked.method != "POST" => Honest::of(405, "method_not_allowed"),
            () if !asked.header("content-type").starts_with("application/json") => Honest::of(400, "invalid_payload"),
            () if body["text"].as_str().is_none_or(str::is_empty) => Honest::of(400, "no_text"),
            () => {
                self.taken.push((body, asked.header("idempotency-key").to_owned()));
                Honest::of(200, "ok")
            }
        }
    }
}
