//! A Redis server: whether it answers, its role, the link to its primary or its replicas, and how long they have been silent.

mod replication;
mod resp;

use super::{Feed, Kind, Known, judged, unanswered};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::secret::SecretRef;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Ports, Talk, Tls};
use replication::{Role, Wanted};
use resp::{Read, Reply};
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "redis",
    about: "A Redis server: its role, its replicas or the link to its primary, and lag",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("address", "`host:port`", "needed"),
        FieldSpec::new("user", "the login", "none"),
        FieldSpec::new("password", "a secret", "none"),
        FieldSpec::new("tls", "encrypted: [`tls`](#tls); `{}` trusts what the system trusts", "not encrypted"),
        FieldSpec::new("role", "`primary` or `replica`; the other one is failing", "either"),
        FieldSpec::new("replicas", "a primary with fewer of them is degraded", "`0`"),
        FieldSpec::new("lag", "longer silence of the other side is degraded", "`30s`"),
    ],
];

/// The answer has a line per replica.
const LONGEST: usize = 256 << 10;

struct Redis {
    address: String,
    user: Option<String>,
    password: Option<SecretRef>,
    /// Encrypted, or not.
    tls: Option<Tls>,
    wanted: Wanted,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let address = fields.need("address", problems).and_then(|node| node.read("host:port", problems, super::tcp::address));
    let user = fields.get("user").map_or(Some(None), |node| node.text(problems).map(Some));
    let password = fields.get("password").map_or(Some(None), |node| SecretRef::parse(node, problems).map(Some));
    let tls = fields.get("tls").map_or(Some(None), |node| Tls::parse(node, problems).map(Some));
    let (wanted, user) = (wanted(&fields, problems), user?.map(str::to_owned));
    Some(Box::new(Redis { address: address?, user, password: password?, tls: tls?, wanted: wanted? }))
}

fn wanted(fields: &Fields, problems: &mut Problems) -> Option<Wanted> {
    let role = |node: &Node, problems: &mut Problems| node.read("primary or replica", problems, Role::parse).map(Some);
    let role = fields.get("role").map_or(Some(None), |node| role(node, problems));
    let replicas = fields.get("replicas").map_or(Some(0), |node| node.number(problems));
    let lag = fields.get("lag").map_or(Some(Duration::from_secs(30)), |node| node.duration(problems));
    Some(Wanted { role: role?, replicas: replicas?, lag: lag? })
}

impl Feed for Redis {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let (said, count) = self.question(ports).await?;
            let done = move |bytes: &[u8]| resp::replies(bytes, count) != Read::Begun;
            let tls = self.tls.as_ref().map(|tls| (super::tls::host(&self.address), tls));
            let talk = Talk { address: &self.address, tls, said, longest: LONGEST, timeout: limit, done: &done };
            match ports.net.talk(talk).await {
                Ok((bytes, took)) => self.judge(&bytes, count).map(|reading| Reading { latency: Some(took), ..reading }),
                Err(trouble) => unanswered(super::tcp::short(trouble, &self.address)),
            }
        })
    }
}

impl Redis {
    /// What is said, and how many replies there will be.
    async fn question(&self, ports: &Ports) -> Result<(Vec<u8>, usize), Trouble> {
        let info = resp::command(&["INFO", "replication"]);
        let Some(password) = &self.password else { return Ok((info, 1)) };
        let password = ports.secrets.reveal(password).await?;
        let words: Vec<_> = ["AUTH"].into_iter().chain(self.user.as_deref()).chain([password.expose()]).collect();
        Ok(([resp::command(&words), info].concat(), 2))
    }

    fn judge(&self, bytes: &[u8], count: usize) -> Result<Reading, Trouble> {
        let trouble = |reason, what: &str| Err(Trouble::new(reason, format!("{}: {what}", self.address)));
        let replies = match resp::replies(bytes, count) {
            Read::Whole(replies) => replies,
            Read::Begun => return trouble(Reason::Network, "it hung up before its answer was whole"),
            Read::Nonsense => return trouble(Reason::Nonsense, "what answers there does not speak Redis's protocol"),
        };
        let refused = replies.iter().find_map(|reply| if let Reply::Error(words) = reply { Some(*words) } else { None });
        match (refused, replies.last()) {
            (Some(words), _) => refusal(&self.address, words),
            (None, Some(Reply::Text(info))) => match replication::judge(info, &self.wanted) {
                Some(reading) => Ok(reading),
                None => trouble(Reason::Nonsense, "its answer says no role"),
            },
            _ => trouble(Reason::Nonsense, "it says nothing"),
        }
    }
}

/// Who we are is our own affair; that it still reads its data is the server's.
fn refusal(address: &str, words: &str) -> Result<Reading, Trouble> {
    let reason = match words.split(' ').next().unwrap_or("") {
        "LOADING" | "BUSY" | "MASTERDOWN" => return Ok(judged(FeedState::Degraded, words, None)),
        "NOAUTH" | "WRONGPASS" | "NOPERM" => Reason::Denied,
        _ => Reason::Status,
    };
    Err(Trouble::new(reason, format!("{address} answered {words}")))
}
