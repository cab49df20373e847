//! A PostgreSQL server: whether it lets us in, its role, how far its standbys or it itself are behind, and how many of its connections
//! are taken.

mod session;
mod standing;

use super::{Feed, Kind, Known, judged, unanswered};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::secret::SecretRef;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Ports, Tls};
use session::{Login, Refusal, Session};
use standing::{Role, Wanted};
use std::time::Duration;
use tokio::time::timeout;

pub const KIND: Kind = Kind {
    name: "postgres",
    about: "A PostgreSQL server: its role, replication lag, and how many connections are taken",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("address", "`host:port`", "needed"),
        FieldSpec::new("user", "the role that logs in", "needed"),
        FieldSpec::new("password", "a secret", "none"),
        FieldSpec::new("database", "where it logs in", "`postgres`"),
        FieldSpec::new("tls", "encrypted: [`tls`](#tls); `{}` trusts the system's authorities", "not encrypted"),
        FieldSpec::new("role", "`primary` or `standby`; the other one is failing", "either"),
        FieldSpec::new("standbys", "a primary to which fewer are connected is degraded", "`0`"),
        FieldSpec::new("lag", "further behind is degraded", "`30s`"),
        FieldSpec::new("lag_bytes", "more bytes behind are degraded", "none"),
        FieldSpec::new("connections", "more taken, in percent, is degraded", "`90`"),
    ],
];

struct Postgres {
    address: String,
    user: String,
    database: String,
    password: Option<SecretRef>,
    /// Encrypted, or not.
    tls: Option<Tls>,
    wanted: Wanted,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let address = fields.need("address", problems).and_then(|node| node.read("host:port", problems, super::tcp::address));
    let user = fields.need("user", problems).and_then(|node| named(node, problems));
    let database = fields.get("database").map_or(Some("postgres".to_owned()), |node| named(node, problems));
    let password = fields.get("password").map_or(Some(None), |node| SecretRef::parse(node, problems).map(Some));
    let tls = fields.get("tls").map_or(Some(None), |node| Tls::parse(node, problems).map(Some));
    let wanted = wanted(&fields, problems);
    let (address, user, database) = (address?, user?, database?);
    Some(Box::new(Postgres { address, user, database, password: password?, tls: tls?, wanted: wanted? }))
}

/// The protocol ends its texts with a zero.
fn named(node: &Node, problems: &mut Problems) -> Option<String> {
    node.read("a name", problems, |text| Some(text.to_owned()).filter(|text| !text.is_empty() && !text.contains('\0')))
}

fn wanted(fields: &Fields, problems: &mut Problems) -> Option<Wanted> {
    let role = |node: &Node, problems: &mut Problems| node.read("primary or standby", problems, Role::parse).map(Some);
    let role = fields.get("role").map_or(Some(None), |node| role(node, problems));
    let standbys = fields.get("standbys").map_or(Some(0), |node| node.number(problems));
    let lag = fields.get("lag").map_or(Some(Duration::from_secs(30)), |node| node.duration(problems));
    let bytes = |text: &str| text.parse().ok().filter(|bytes: &f64| bytes.is_finite() && *bytes >= 0.0);
    let lag_bytes = fields.get("lag_bytes").map_or(Some(None), |node| node.read("a number of bytes", problems, bytes).map(Some));
    let percent = |text: &str| text.parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    let connections = fields.get("connections").map_or(Some(90.0), |node| node.read("a number of percent", problems, percent));
    Some(Wanted { role: role?, standbys: standbys?, lag: lag?, lag_bytes: lag_bytes?, connections: connections? })
}

impl Feed for Postgres {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let began = ports.clock.now();
            let password = match &self.password {
                Some(password) => Some(ports.secrets.reveal(password).await?),
                None => None,
            };
            let login = Login { user: &self.user, database: &self.database, password: password.as_ref() };
            let answer = timeout(limit, self.ask(&login, ports, limit)).await;
            let late = |_| format!("no complete answer within {}", humantime::format_duration(limit));
            let answer = answer.map_err(|elapsed| Refusal::Trouble(Trouble::new(Reason::Timeout, late(elapsed))));
            match answer.flatten() {
                Ok(row) if !standing::may_see(&row) => {
                    let words = format!("the role {} may not see replication: grant pg_monitor to it", self.user);
                    Err(self.trouble(Reason::Denied, &words))
                }
                Ok(row) => {
                    let reading = standing::judge(&row, &self.wanted);
                    let reading = reading.ok_or_else(|| self.trouble(Reason::Nonsense, "its answer is another one"))?;
                    Ok(Reading { latency: Some(ports.clock.now().since(began)), ..reading })
                }
                Err(Refusal::Server { code, words }) => self.refused(&code, &words),
                Err(Refusal::Trouble(trouble)) if trouble.reason == Reason::Nonsense => {
                    Err(self.trouble(Reason::Nonsense, trouble.text.raw()))
                }
                Err(Refusal::Trouble(trouble)) => unanswered(super::tcp::short(trouble, &self.address)),
            }
        })
    }
}

impl Postgres {
    /// The one row that says how the server is.
    async fn ask(&self, login: &Login<'_>, ports: &Ports, limit: Duration) -> Result<Vec<Option<String>>, Refusal> {
        let stream = ports.net.open(&self.address, limit).await?;
        let mut session = match &self.tls {
            None => Session::over(stream),
            Some(tls) => {
                let stream = session::ready_for_tls(stream).await?;
                Session::over(ports.net.secure(stream, super::tls::host(&self.address), tls).await?)
            }
        };
        session.log_in(login).await?;
        session.row(standing::QUERY).await
    }

    /// Who we are is our own affair; that it takes nobody in is the server's.
    fn refused(&self, code: &str, words: &str) -> Result<Reading, Trouble> {
        match code {
            // Starting, shutting down, or without a connection that is free.
            "57P01" | "57P02" | "57P03" | "53300" => Ok(judged(FeedState::Failing, words, None)),
            "28000" | "28P01" | "42501" => Err(self.trouble(Reason::Denied, words)),
            _ => Err(self.trouble(Reason::Status, words)),
        }
    }

    fn trouble(&self, reason: Reason, words: &str) -> Trouble {
        Trouble::new(reason, format!("{}: {words}", self.address))
    }
}
