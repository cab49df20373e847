//! Every source and feed of a configuration, asked once, all at the same time.

use crate::cli::session::{self, Loaded};
use crate::cli::{Globals, feeds, out};
use crate::domain::alert::{Labels, Snapshot};
use crate::domain::health::{FeedSpec, FeedState, Reading};
use crate::domain::settings::SourceSpec;
use crate::domain::trouble::{Reason, Trouble};
use crate::feeds::Feed;
use crate::ports::Ports;
use crate::runtime::poller;
use crate::sources::Source;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// What came of asking one thing.
pub struct Asked {
    /// `source` or `feed`.
    what: &'static str,
    name: String,
    kind: String,
    answer: Result<Answer, Trouble>,
}

struct Answer {
    good: bool,
    text: String,
}

/// # Errors
/// No network can be set up in this process.
pub fn ask(globals: &Globals, config: &Loaded) -> anyhow::Result<Vec<Asked>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ports = session::ports(globals);
    session::find_listener(globals, config);
    let sources = config.sources.iter().map(|(spec, source)| source_asked(spec, source.as_ref(), &ports));
    let feeds = config.feeds.iter().map(|(spec, feed)| feed_asked(spec, feed.as_ref(), &ports));
    let (mut asked, feeds) = runtime.block_on(join(join_all(sources), join_all(feeds)));
    asked.extend(feeds);
    Ok(asked)
}

/// What the rules of the sources can raise; `None` where a source that has rules did not tell, or none has any.
///
/// # Errors
/// No network can be set up in this process.
pub fn rules(globals: &Globals, config: &Loaded) -> anyhow::Result<Option<Vec<Labels>>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ports = session::ports(globals);
    let told = config.sources.iter().map(|(spec, source)| source.rules(&ports, spec.timeout));
    // What answers badly is told where all are asked.
    let told: Result<Vec<_>, Trouble> = runtime.block_on(join_all(told)).into_iter().collect();
    let known: Vec<Vec<Labels>> = told.unwrap_or_default().into_iter().flatten().collect();
    Ok((!known.is_empty()).then(|| known.concat()))
}

async fn source_asked(spec: &SourceSpec, source: &dyn Source, ports: &Ports) -> Asked {
    let answer = poller::fetch(spec, source, &[], ports).await;
    let answer = match source.hears() {
        Some(hears) => heard(hears.listen().at(), answer).await,
        None => answer.map(listed),
    };
    Asked { what: "source", name: spec.name.to_string(), kind: spec.kind.clone(), answer }
}

/// What is pushed to has nobody to reach: some process of ours listens, or one could.
async fn heard(at: SocketAddr, answer: Result<Snapshot, Trouble>) -> Result<Answer, Trouble> {
    let answer = match answer {
        Ok(snapshot) => {
            let barred = snapshot.pushed.and_then(|pushed| pushed.barred);
            let but = barred.as_ref().map_or(String::new(), |why| format!(", but {}", why.inert()));
            let text = format!("listening on {at}: {} alerts{but}", snapshot.alerts.len());
            return Ok(Answer { good: barred.is_none(), text });
        }
        Err(trouble) if trouble.reason == Reason::Refused => match TcpListener::bind(at).await {
            Ok(_) => Ok(format!("nobody listens on {at} yet, which is free: a console or `midwatch serve` will")),
            Err(error) => Err(Trouble::new(Reason::Local, format!("nobody can listen on {at}: {error}"))),
        },
        Err(trouble) => Err(trouble),
    };
    answer.map(|text| Answer { good: true, text })
}

/// An incomplete answer means that a peer did not give one.
fn listed(snapshot: Snapshot) -> Answer {
    let alerts = format!("{} alerts, {} silences", snapshot.alerts.len(), snapshot.silences.len());
    let partly = if snapshot.complete { "" } else { ", but not all of its servers answered" };
    Answer { good: snapshot.complete, text: alerts + partly }
}

async fn feed_asked(spec: &FeedSpec, feed: &dyn Feed, ports: &Ports) -> Asked {
    let answer = poller::check(spec, feed, ports).await.map(read);
    Asked { what: "feed", name: spec.name.to_string(), kind: spec.kind.clone(), answer }
}

fn read(reading: Reading) -> Answer {
    let good = matches!(reading.state, FeedState::Healthy | FeedState::Maintenance);
    Answer { good, text: format!("{}: {}", feeds::word(reading.state), reading.message.inert()) }
}

impl Asked {
    /// It could not be asked.
    pub fn unreached(&self) -> bool {
        self.answer.is_err()
    }

    /// It answered, and not well.
    pub fn bad(&self) -> bool {
        self.answer.as_ref().is_ok_and(|answer| !answer.good)
    }

    pub fn named(&self) -> String {
        format!("{} {}", self.what, out::inert(&self.name))
    }

    fn text(&self) -> String {
        self.answer.as_ref().map_or_else(ToString::to_string, |answer| answer.text.clone())
    }

    pub fn shown(&self) -> String {
        let state = if self.unreached() { "unreachable: " } else { "" };
        format!("{} {} ({}): {state}{}\n", self.what, self.name, self.kind, out::inert(&self.text()))
    }

    pub fn document(&self) -> Value {
        let (ok, error) = (!self.unreached() && !self.bad(), self.answer.as_ref().err().map(ToString::to_string));
        let answer = self.answer.as_ref().ok().map(|answer| &answer.text);
        json!({"what": self.what, "name": self.name, "kind": self.kind, "ok": ok, "answer": answer, "error": error})
    }
}
