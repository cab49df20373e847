//! Alert sources: one file per system, one line in `KINDS`. A source does one fetch or one act with the ports it is
//! handed; when to ask, how long to wait and when to give up belong to `runtime::poller`.

pub mod alertmanager;
mod fingerprint;
mod goalert;
mod grafana;
mod grafana_irm;
mod icinga2;
mod pagerduty;
mod prometheus;
pub mod webhook;
mod zabbix;

use crate::domain::act::{Act, ActEnd, ActKind, Found, Outcome};
use crate::domain::alert::{Alert, Firing, Inside, Labels, Route, Snapshot};
use crate::domain::entry::Intent;
use crate::domain::ids::SourceName;
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::settings::{Carry, SourceSpec};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Endpoint, Listen, Piece, Ports};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;

pub trait Source: Send + Sync {
    /// The acts that this system really has.
    fn acts(&self) -> &'static [ActKind] {
        &[]
    }

    /// How acknowledgements are carried to it, where the configuration wants that.
    fn carry(&self) -> Option<Carry> {
        None
    }

    /// The same source where no other kind is configured, if it leaves it to others to tell what fires.
    fn alone(&self) -> Option<Box<dyn Source>> {
        None
    }

    /// Where it answers Prometheus queries, for feeds that name it (`promql: {source: NAME}`).
    fn queries(&self) -> Option<Endpoint> {
        None
    }

    /// The address under which other programs find Alertmanager's way of taking silences, without any credentials.
    fn silences_at(&self) -> Option<String> {
        None
    }

    /// Whom it can page, by the names that the configuration gives them.
    fn pages(&self) -> Vec<String> {
        Vec::new()
    }

    /// What its priorities are called, from the least on; none where that is a matter of its configuration.
    fn priorities(&self) -> &'static [&'static str] {
        &[]
    }

    /// What its rules can raise: of each rule the labels that every alert of it has. `None` for a system that doesn't tell.
    fn rules<'a>(&'a self, _ports: &'a Ports, _limit: Duration) -> Answer<'a, Result<Option<Vec<Labels>>, Trouble>> {
        Box::pin(async { Ok(None) })
    }

    /// When the alert with these labels fired between two times, by the system's own record; the newest first. `None` for a
    /// system that keeps none.
    fn fired<'a>(
        &'a self,
        _labels: &'a Labels,
        _between: (DateTime<Utc>, DateTime<Utc>),
        _ports: &'a Ports,
        _limit: Duration,
    ) -> Option<Answer<'a, Result<Vec<Firing>, Trouble>>> {
        None
    }

    /// On which ways it tells people of an alert that it lists. `None` for a system that tells nobody, or does not say whom.
    fn routes<'a>(
        &'a self,
        _alert: &'a Alert,
        _ports: &'a Ports,
        _limit: Duration,
    ) -> Option<Answer<'a, Result<Vec<Route>, Trouble>>> {
        None
    }

    /// What an alert that it lists is made of. `None` for a system that does not group several into one.
    fn inside<'a>(
        &'a self,
        _alert: &'a Alert,
        _ports: &'a Ports,
        _limit: Duration,
    ) -> Option<Answer<'a, Result<Inside, Trouble>>> {
        None
    }

    /// Whether it lists what fires, and not at most what is about to.
    fn tells_firing(&self) -> bool {
        true
    }

    /// Where others push alerts to it, for a source that can't ask.
    fn hears(&self) -> Option<&dyn Hears> {
        None
    }

    /// Follows what the system tells of changes, as long as it tells or for `limit`. `tell` gets whatever comes, and an empty piece
    /// first: from then on no change is missed. An error is why it tells us nothing and won't until somebody changes that there;
    /// of everything else a poll says more. `None` for a system that tells nothing by itself.
    fn news<'a>(&'a self, _ports: &'a Ports, _limit: Duration, _tell: Piece<'a>) -> Option<Answer<'a, Result<(), Trouble>>> {
        None
    }

    /// Everything it knows now, within `limit`: a part that is late is left out. Partial answers are `complete: false`; no
    /// answer at all is the trouble. `before` is what is known already, sorted by fingerprint: an alert that comes again as
    /// it was is best given back from there, so that there is one of it.
    fn fetch<'a>(&'a self, before: &'a [Arc<Alert>], ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Snapshot, Trouble>>;

    /// Does one act and reads it back.
    fn act<'a>(&'a self, _act: &'a Act, _intent: Intent, _ports: &'a Ports) -> Answer<'a, ActEnd> {
        Box::pin(async { ActEnd { outcome: Outcome::Failed, detail: NO_ACTS.into(), made: None } })
    }

    /// Looks for an act that an earlier process may have sent: find before repeat.
    fn find<'a>(&'a self, _act: &'a Act, _intent: Intent, _ports: &'a Ports) -> Answer<'a, Result<Found, Trouble>> {
        Box::pin(async { Err(Trouble::new(Reason::Local, NO_ACTS)) })
    }
}

/// `ack` of a system with acknowledgements of its own that can be taken back.
#[rustfmt::skip]
const CARRIED: &[FieldSpec] = &[
    FieldSpec::new("carry", "`acknowledge`: an acknowledgement is given there too, and taken back with it; `none`", "`acknowledge`"),
];

/// `ack: {carry: acknowledge | none}`, of a system with acknowledgements of its own.
fn carried(fields: &Fields, unless_told: bool, problems: &mut Problems) -> Option<bool> {
    let Some(node) = fields.get("ack") else { return Some(unless_told) };
    let ack = node.fields(&FieldSpec::keys(CARRIED), problems)?;
    ack.get("carry").map_or(Some(unless_told), |node| carries(node, problems))
}

fn carries(node: &Node, problems: &mut Problems) -> Option<bool> {
    node.read("`acknowledge` or `none`", problems, |text| match text {
        "acknowledge" => Some(true),
        "none" => Some(false),
        _ => None,
    })
}

/// The sources that take silences as Alertmanager does, and where.
pub fn silences_at(sources: &[(SourceSpec, Arc<dyn Source>)]) -> Vec<(SourceName, String)> {
    sources.iter().filter_map(|(spec, source)| Some((spec.name.clone(), source.silences_at()?))).collect()
}

/// Everybody whom the sources can page, and which of them does.
pub fn pages(sources: &[(SourceSpec, Arc<dyn Source>)]) -> Vec<(SourceName, String)> {
    sources.iter().flat_map(|(spec, source)| source.pages().into_iter().map(|to| (spec.name.clone(), to))).collect()
}

/// The sources whose priorities have fixed names, and those.
pub fn priorities(sources: &[(SourceSpec, Arc<dyn Source>)]) -> Vec<(SourceName, Vec<String>)> {
    let names = |source: &Arc<dyn Source>| source.priorities().iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let all = sources.iter().map(|(spec, source)| (spec.name.clone(), names(source)));
    all.filter(|(_, names)| !names.is_empty()).collect()
}

/// The sources that never say that something fires.
pub fn pending_only(sources: &[(SourceSpec, Arc<dyn Source>)]) -> Vec<SourceName> {
    sources.iter().filter(|(_, source)| !source.tells_firing()).map(|(spec, _)| spec.name.clone()).collect()
}

const NO_ACTS: &str = "this source only lists; nothing was sent";

/// A source that is pushed to. The runtime owns the socket, checks token and size, and hands over what came.
pub trait Hears: Send + Sync {
    fn listen(&self) -> &Listen;

    /// A socket of this process receives for it from now on, or no longer.
    fn opened(&self, open: bool, now: DateTime<Utc>);

    /// Its own address can't be listened on beside the one where it receives, and why; or it can again.
    fn barred(&self, why: Option<&str>);

    /// Takes in what was pushed; gives how many alerts it held. The error is for whoever sent it, and nothing was taken in.
    fn hear(&self, body: &[u8], now: DateTime<Utc>) -> Result<usize, String>;

    /// What became of a message of this sender: taken in, or why not.
    fn pushed(&self, from: &str, taken: Result<(), &str>, now: DateTime<Utc>);

    /// Alerts that were told to an earlier process and never told to be over. What was heard since counts more.
    fn remember(&self, told: Vec<Arc<Alert>>, now: DateTime<Utc>);

    /// What it knows, for another process that does not listen itself.
    fn tell(&self, now: DateTime<Utc>) -> Vec<u8>;
}

/// A kind of source, as configuration, help and docs see it.
pub struct Kind {
    /// The key that selects it in the configuration.
    pub name: &'static str,
    /// One sentence for help and docs.
    pub about: &'static str,
    /// What may stand under that key; in groups, of which several kinds may have the same.
    pub keys: &'static [&'static [FieldSpec]],
    pub parse: fn(&SourceName, &Node, &mut Problems) -> Option<Box<dyn Source>>,
}

/// Every kind, sorted by name.
pub const KINDS: &[Kind] = &[
    alertmanager::KIND,
    goalert::KIND,
    grafana::KIND,
    grafana_irm::KIND,
    icinga2::KIND,
    pagerduty::KIND,
    prometheus::KIND,
    webhook::KIND,
    zabbix::KIND,
];
