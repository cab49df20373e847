//! Icinga 2 by its API: problems of hosts and services, who has acknowledged them, and downtimes. Owns the address and the
//! filters; knows neither intervals nor what became of an alert.
//!
//! Objects are named one by one in every act: an act that named none would be refused by the server, never done to all.

mod acts;
mod alert;
mod api;
mod around;
mod events;
mod listing;
mod name;
mod wire;

use super::{Kind, Source, carries};
use crate::domain::act::{Act, ActEnd, ActKind, Found};
use crate::domain::alert::{Alert, Snapshot};
use crate::domain::entry::Intent;
use crate::domain::ids::SourceName;
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::settings::Carry;
use crate::domain::trouble::Trouble;
use crate::ports::{Access, Answer, Endpoint, Piece, Ports};
use api::Api;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "icinga2",
    about: "Icinga 2, API v1: problems of hosts and services, acknowledgements and downtimes",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const ACK: &[FieldSpec] = &[
    FieldSpec::new("carry", "`acknowledge`: an acknowledgement is also one there, with the same end; `none`", "`acknowledge`"),
    FieldSpec::new("sticky", "`true`: it stays while the problem gets better or worse, until that is over", "`false`"),
];

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("url", "the address of its API, `https://HOST:5665`", "needed"),
        FieldSpec::new("hosts", "an expression of Icinga's own, such as `\"linux\" in host.groups`: only problems of hosts for which it holds", "all"),
        FieldSpec::new("services", "the same for services: `service.vars.tier == 1`", "all"),
        FieldSpec::new("soft", "`true`: soft states are listed too, as pending", "`false`"),
        FieldSpec::map("ack", ACK),
    ],
    Access::KEYS,
];

struct Icinga {
    name: SourceName,
    endpoint: Endpoint,
    /// What of its hosts and services is listed, in Icinga's own language; `None` for all of them.
    hosts: Option<String>,
    services: Option<String>,
    /// Soft states are listed too, as pending.
    soft: bool,
    ack: Ack,
    /// Newer servers may forbid filters: then everything is asked for, and filtered here.
    unfiltered: AtomicBool,
}

/// How acknowledgements are given there.
#[derive(Debug, Clone, Copy)]
struct Ack {
    carry: bool,
    /// They stay while the problem gets better or worse.
    sticky: bool,
}

impl Source for Icinga {
    fn acts(&self) -> &'static [ActKind] {
        use ActKind::{Acknowledge, Comment, Downtime, Expire, Recheck, Unacknowledge};
        &[Expire, Acknowledge, Unacknowledge, Comment, Downtime, Recheck]
    }

    fn carry(&self) -> Option<Carry> {
        self.ack.carry.then_some(Carry::Acknowledge)
    }

    fn news<'a>(&'a self, ports: &'a Ports, limit: Duration, tell: Piece<'a>) -> Option<Answer<'a, Result<(), Trouble>>> {
        Some(Box::pin(events::follow(Api { source: self, ports, limit }, tell)))
    }

    fn fetch<'a>(&'a self, before: &'a [Arc<Alert>], ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Snapshot, Trouble>> {
        Box::pin(listing::fetch(self, before, ports, limit))
    }

    fn act<'a>(&'a self, act: &'a Act, intent: Intent, ports: &'a Ports) -> Answer<'a, ActEnd> {
        Box::pin(acts::act(self, act, intent, ports))
    }

    fn find<'a>(&'a self, act: &'a Act, intent: Intent, ports: &'a Ports) -> Answer<'a, Result<Found, Trouble>> {
        Box::pin(acts::find(self, act, intent, ports))
    }
}

fn parse(name: &SourceName, node: &Node, problems: &mut Problems) -> Option<Box<dyn Source>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let endpoint = Endpoint::parse(&fields, problems).map(without_version);
    let (hosts, services) = (filter("hosts", &fields, problems), filter("services", &fields, problems));
    let soft = fields.get("soft").map_or(Some(false), |node| node.bool(problems));
    let ack = fields.get("ack").map_or(Some(Ack { carry: true, sticky: false }), |node| ack(node, problems));
    let unfiltered = AtomicBool::new(false);
    let (name, endpoint) = (name.clone(), endpoint?);
    Some(Box::new(Icinga { name, endpoint, hosts: hosts?, services: services?, soft: soft?, ack: ack?, unfiltered }))
}

/// The address is that of the API, with or without its version.
fn without_version(mut endpoint: Endpoint) -> Endpoint {
    let path = endpoint.url.path().trim_end_matches('/').trim_end_matches("/v1").to_owned();
    endpoint.url.set_path(&path);
    endpoint
}

/// An expression that says something: an empty one is a mistake, and no wish for everything.
fn filter(key: &str, fields: &Fields, problems: &mut Problems) -> Option<Option<String>> {
    let Some(node) = fields.get(key) else { return Some(None) };
    let what = "an expression such as \"linux\" in host.groups";
    node.read(what, problems, |text| Some(text.trim().to_owned()).filter(|text| !text.is_empty())).map(Some)
}

fn ack(node: &Node, problems: &mut Problems) -> Option<Ack> {
    let fields = node.fields(&FieldSpec::keys(ACK), problems)?;
    let carry = fields.get("carry").map_or(Some(true), |node| carries(node, problems));
    let sticky = fields.get("sticky").map_or(Some(false), |node| node.bool(problems));
    Some(Ack { carry: carry?, sticky: sticky? })
}

#[cfg(test)]
mod tests;
