//! One live call to each server that was found: whether it is one, its version, and who belongs together.

use crate::config::import::{Access, Server, What};
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::secret::Secret;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{self, Endpoint, Ports, address};
use futures_util::future::join_all;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::time::Duration;
use url::Url;

/// Nobody waits longer for a server that may not be there.
const PATIENCE: Duration = Duration::from_secs(3);

/// So many Alertmanagers of one Prometheus are asked: nobody knows what it is that told of them.
const MOST: usize = 8;

/// One that was found, and what it said.
pub struct Found {
    pub server: Server,
    /// Who named it, in words.
    pub from: String,
    /// Somebody named it; else it is only where one usually is.
    pub named: bool,
    /// None where nobody was asked.
    pub answer: Option<Result<Answer, Trouble>>,
    /// Of its addresses those where nobody answered, though at another somebody did.
    pub silent: Vec<(Url, Trouble)>,
}

pub struct Answer {
    pub version: String,
    /// Since when it runs, and its peers: the same at whatever address.
    since: BTreeSet<String>,
    /// The names of the cluster's members, itself among them.
    members: BTreeSet<String>,
    /// Alertmanagers that it sends alerts to.
    pub sends_to: Vec<Url>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    version_info: Version,
    uptime: String,
    cluster: Option<Cluster>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

#[derive(Deserialize)]
struct Cluster {
    #[serde(default)]
    peers: Vec<Peer>,
}

#[derive(Deserialize)]
struct Peer {
    name: String,
}

#[derive(Deserialize)]
struct Wrapped<T> {
    data: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Running {
    start_time: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alertmanagers {
    active_alertmanagers: Vec<Active>,
}

#[derive(Deserialize)]
struct Active {
    url: String,
}

/// A server somebody named, or one that may be there.
pub struct Candidate {
    pub server: Server,
    pub from: String,
    pub named: bool,
}

/// All of them at the same time, and then the Alertmanagers that a Prometheus among them sends to.
pub async fn all(candidates: Vec<Candidate>, ports: &Ports) -> Vec<Found> {
    let mut found = join_all(candidates.into_iter().map(|candidate| asked(candidate, ports))).await;
    let known: BTreeSet<Url> = found.iter().flat_map(|found| found.server.urls.clone()).collect();
    let new: Vec<Candidate> = found.iter().flat_map(sent_to).filter(|new| !known.contains(&new.server.urls[0])).collect();
    found.extend(join_all(new.into_iter().map(|candidate| asked(candidate, ports))).await);
    joined(found)
}

/// What Prometheus reaches by its own name need not be reachable from here: they are such that may be there. They get no secret.
fn sent_to(found: &Found) -> Vec<Candidate> {
    let by = found.server.urls.first().map_or("", |url| url.as_str().trim_end_matches('/'));
    let servers = found.answered().into_iter().flat_map(|answer| &answer.sends_to);
    let servers = servers.filter_map(|url| Server::at(What::Alertmanager, url.as_str()).ok()).take(MOST);
    let servers = servers.map(|server| Server { access: Access::default(), ..server });
    servers.map(|server| Candidate { server, from: format!("{by} sends its alerts there"), named: false }).collect()
}

async fn asked(candidate: Candidate, ports: &Ports) -> Found {
    let Candidate { server, from, named } = candidate;
    let answers = join_all(server.urls.iter().map(|url| one(&server, url, ports))).await;
    let (mut answer, mut silent) = (None::<Answer>, Vec::new());
    for (url, told) in server.urls.iter().zip(answers) {
        match (told, &mut answer) {
            (Ok(told), Some(answer)) => answer.since.extend(told.since),
            (Ok(told), none) => *none = Some(told),
            (Err(trouble), _) => silent.push((url.clone(), trouble)),
        }
    }
    // Of a cluster one is enough.
    let answer = match answer {
        Some(answer) => Some(Ok(answer)),
        None if silent.is_empty() => None,
        None => Some(Err(silent.remove(0).1)),
    };
    let silent = if matches!(answer, Some(Ok(_))) { silent } else { Vec::new() };
    Found { server, from, named, answer, silent }
}

async fn one(server: &Server, url: &Url, ports: &Ports) -> Result<Answer, Trouble> {
    let endpoint = endpoint(server, url)?;
    match server.what {
        What::Alertmanager => {
            let status: Status = get(&endpoint, "api/v2/status", "the status of an Alertmanager", ports).await?;
            let members = status.cluster.into_iter().flat_map(|cluster| cluster.peers).map(|peer| peer.name).collect();
            Ok(Answer {
                version: status.version_info.version,
                since: BTreeSet::from([status.uptime]),
                members,
                sends_to: Vec::new(),
            })
        }
        What::Prometheus => {
            let is = "the status of a Prometheus";
            let version: Wrapped<Version> = get(&endpoint, "api/v1/status/buildinfo", is, ports).await?;
            // What only speaks as one may not say since when it runs.
            let running: Result<Wrapped<Running>, _> = get(&endpoint, "api/v1/status/runtimeinfo", is, ports).await;
            let since = running.map_or_else(|_| url.to_string(), |running| running.data.start_time);
            let sends: Result<Wrapped<Alertmanagers>, _> = get(&endpoint, "api/v1/alertmanagers", is, ports).await;
            // One that does not tell is one all the same.
            let sends_to = sends.map(|sends| sends.data.active_alertmanagers).unwrap_or_default();
            let sends_to = sends_to.iter().filter_map(|active| base(&active.url)).collect();
            Ok(Answer { version: version.data.version, since: BTreeSet::from([since]), members: BTreeSet::new(), sends_to })
        }
    }
}

/// An Alertmanager by the address that alerts are posted to.
fn base(text: &str) -> Option<Url> {
    let mut url = address(text)?;
    let path = url.path().trim_end_matches("/api/v2/alerts").trim_end_matches("/api/v1/alerts").to_owned();
    url.set_path(&path);
    Some(url)
}

/// The same keys that the configuration will have, read as they are read there.
fn endpoint(server: &Server, url: &Url) -> Result<Endpoint, Trouble> {
    let here = Server { what: What::Prometheus, urls: vec![url.clone()], ..server.clone() };
    let text = here.source(&mut |_, secret: &Secret| serde_json::Value::from(secret.expose()).to_string());
    let mut problems = Problems::default();
    let fields = Node::parse(&text, &mut problems).and_then(|node| {
        let fields = node.fields(&FieldSpec::all(&[&[Endpoint::URL], ports::Access::KEYS]), &mut problems)?;
        Endpoint::parse(&fields, &mut problems)
    });
    fields.ok_or_else(|| {
        let why = problems.list.first().map_or("", |problem| problem.message.as_str());
        Trouble::new(Reason::Local, format!("what it needs can't be written: {why}"))
    })
}

async fn get<T: DeserializeOwned>(endpoint: &Endpoint, path: &str, what: &str, ports: &Ports) -> Result<T, Trouble> {
    let mut request = endpoint.get(path, ports).await?;
    request.timeout = PATIENCE;
    let told = request.told();
    let response = ports.http.observe(request).await?;
    if !response.good() {
        return Err(response.refusal(&told));
    }
    response.understood(what, &told, |text| serde_json::from_str(text))
}

/// The same server is there once, and the members of one cluster to which we are the same are one source. What only may be there
/// and does not answer is not.
fn joined(all: Vec<Found>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for one in all.into_iter().filter(|found| found.named || found.answered().is_some()) {
        match found.iter_mut().find_map(|known| Some((known.relation(&one)?, known))) {
            Some((Relation::Same, _)) => {}
            Some((Relation::Peer, known)) => known.take_in(one),
            None => found.push(one),
        }
    }
    found
}

enum Relation {
    Same,
    Peer,
}

impl Found {
    pub fn unasked(candidate: Candidate) -> Self {
        let Candidate { server, from, named } = candidate;
        Self { server, from, named, answer: None, silent: Vec::new() }
    }

    fn answered(&self) -> Option<&Answer> {
        self.answer.as_ref()?.as_ref().ok()
    }

    fn relation(&self, other: &Self) -> Option<Relation> {
        if self.server.what != other.server.what {
            return None;
        }
        let (Some(own), Some(others)) = (self.answered(), other.answered()) else {
            return (self.server.urls == other.server.urls).then_some(Relation::Same);
        };
        let cluster = own.members.len() > 1 && own.members == others.members && self.server.access == other.server.access;
        match others.since.is_subset(&own.since) {
            true => Some(Relation::Same),
            false => cluster.then_some(Relation::Peer),
        }
    }

    fn take_in(&mut self, peer: Self) {
        self.server.urls.extend(peer.server.urls);
        self.silent.extend(peer.silent);
        if let (Some(Ok(own)), Some(Ok(peer))) = (&mut self.answer, peer.answer) {
            own.since.extend(peer.since);
        }
    }
}
