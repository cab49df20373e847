//! Where others call us, as the configuration names it: the keys `listen` and `token` of whatever is pushed to. One process
//! gets the address, or was started with another one; the others ask that one, so that every console shows the same.

use super::{Auth, Ports, Request, Response};
use crate::domain::node::{FieldSpec, Fields, Node, Problems, Value};
use crate::domain::secret::SecretRef;
use crate::domain::trouble::{Reason, Trouble};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9095);

#[derive(Debug, Clone)]
pub struct Listen {
    pub address: SocketAddr,
    /// What a caller has to know; `None` where the configuration says so.
    pub token: Option<SecretRef>,
    /// Where the process that listens was found, where that is another address.
    found: Arc<Mutex<Option<SocketAddr>>>,
}

const TOKEN: &str = "say what a sender has to know: token: {env: NAME}; on a loopback address it may be `token: none`";

impl Listen {
    /// The keys that `parse` reads; they stand among the other keys of the item.
    pub const KEYS: &[FieldSpec] = &[
        FieldSpec::new("token", "what a sender has to know: a secret, or `none` on a loopback address", "needed"),
        FieldSpec::new("listen", "`HOST:PORT`", "`127.0.0.1:9095`"),
    ];

    /// `what` is the kind of the item, and `harm` what a stranger could do there, for messages.
    pub fn parse(node: &Node, fields: &Fields, [what, harm]: [&str; 2], problems: &mut Problems) -> Option<Self> {
        let address =
            fields.get("listen").map_or(Some(ADDRESS), |node| node.read("HOST:PORT", problems, |text| text.parse().ok()));
        let token = token(node, fields, what, problems);
        let listen = Self { address: address?, token: token?, found: Arc::default() };
        if listen.token.is_none() && !listen.address.ip().is_loopback() {
            problems.error_with_help(node.span, format!("whoever reaches this address could {harm} here"), TOKEN);
        }
        Some(listen)
    }

    /// `None`: whoever listens does so where the configuration says.
    pub fn find(&self, at: Option<SocketAddr>) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// Where it can be called.
    pub fn at(&self) -> SocketAddr {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(self.address)
    }

    /// Asks the process that listens. With the answer comes what was asked, for messages.
    pub async fn ask(&self, path: &str, longest: usize, limit: Duration, ports: &Ports) -> Result<(Response, String), Trouble> {
        let address = format!("http://{}/{path}", self.at());
        let url = Url::parse(&address).map_err(|error| Trouble::new(Reason::Local, format!("{address}: {error}")))?;
        let mut request = Request { timeout: limit, longest, ..Request::get(url) };
        if let Some(token) = &self.token {
            request.auth = Some(Auth::Bearer(ports.secrets.reveal(token).await?));
        }
        let asked = request.told();
        let response = ports.http.observe(request).await.map_err(|trouble| self.nobody(trouble))?;
        if response.good() { Ok((response, asked)) } else { Err(response.refusal(&asked)) }
    }

    fn nobody(&self, trouble: Trouble) -> Trouble {
        if trouble.reason != Reason::Refused {
            return trouble;
        }
        let text = format!("nobody listens on {}: keep `midwatch serve` running", self.at());
        Trouble { text: text.into(), ..trouble }
    }
}

fn token(node: &Node, fields: &Fields, what: &str, problems: &mut Problems) -> Option<Option<SecretRef>> {
    match fields.get("token") {
        Some(Node { value: Value::Scalar { text, quoted: false }, .. }) if text == "none" => Some(None),
        Some(node) => SecretRef::parse(node, problems).map(Some),
        None => {
            problems.error_with_help(node.span, format!("a {what} needs a `token`"), TOKEN);
            None
        }
    }
}
