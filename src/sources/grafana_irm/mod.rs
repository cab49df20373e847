//! Grafana IRM by the API of its former self, OnCall: the open alert groups, and what can be done to them. Owns address, token and
//! the names of people; knows neither intervals nor what became of an alert.

mod acts;
mod api;
mod group;
mod list;

use super::{CARRIED, Kind, Source, carried};
use crate::domain::act::{Act, ActEnd, ActKind, Found};
use crate::domain::alert::{Alert, Snapshot};
use crate::domain::entry::Intent;
use crate::domain::ids::SourceName;
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::secret::SecretRef;
use crate::domain::settings::Carry;
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use crate::ports::{ADDRESS, Access, Answer, Ports, address};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

pub const KIND: Kind = Kind {
    name: "grafana-irm",
    about: "Grafana IRM, formerly OnCall: the open alert groups, and acts on them",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("url", "the address of its API, as its settings show it: `https://oncall-prod-….grafana.net/oncall`", "needed"),
        FieldSpec::new("token", "a secret: an API key, or the token of a service account of Grafana, which may read alone", "needed"),
        FieldSpec::new("grafana", "the address of the Grafana stack, for the token of a service account", "none"),
        FieldSpec::new("team_id", "only groups of this team", "all"),
        FieldSpec::new("integration_id", "only groups of this integration", "all"),
        FieldSpec::map("ack", CARRIED),
        Access::HEADERS,
        Access::TLS,
    ],
];

struct Irm {
    name: SourceName,
    url: Url,
    access: Access,
    token: SecretRef,
    /// What every question for groups carries.
    filters: Vec<(&'static str, String)>,
    carry: bool,
    /// The names of people, by their ids.
    people: Mutex<BTreeMap<String, Outside>>,
    /// Our own id, once something that we did was read back.
    me: Mutex<Option<String>>,
}

impl Source for Irm {
    fn acts(&self) -> &'static [ActKind] {
        use ActKind::{Acknowledge, Comment, Resolve, Snooze, Unacknowledge, Unsnooze};
        &[Acknowledge, Unacknowledge, Snooze, Unsnooze, Resolve, Comment]
    }

    fn carry(&self) -> Option<Carry> {
        self.carry.then_some(Carry::Acknowledge)
    }

    fn fetch<'a>(&'a self, before: &'a [Arc<Alert>], ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Snapshot, Trouble>> {
        Box::pin(list::fetch(self, before, ports, limit))
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
    let url = fields.need("url", problems).and_then(|node| node.read(ADDRESS, problems, address)).map(base);
    let access = access(&fields, problems);
    let token = fields.need("token", problems).and_then(|node| SecretRef::parse(node, problems));
    let mut filters = Some(Vec::new());
    for key in ["team_id", "integration_id"] {
        let Some(node) = fields.get(key) else { continue };
        let text = node.text(problems).map(str::to_owned);
        filters = filters.zip(text).map(|(all, text)| all.into_iter().chain([(key, text)]).collect());
    }
    let carry = carried(&fields, true, problems);
    let (name, people, me) = (name.clone(), Mutex::default(), Mutex::default());
    Some(Box::new(Irm { name, url: url?, access: access?, token: token?, filters: filters?, carry: carry?, people, me }))
}

/// The address is that of the API, or what is before it.
fn base(mut url: Url) -> Url {
    let path = url.path().trim_end_matches('/').trim_end_matches("/api/v1").to_owned();
    url.set_path(&path);
    url
}

/// The token of a service account of Grafana needs to be told whose it is.
fn access(fields: &Fields, problems: &mut Problems) -> Option<Access> {
    let access = Access::parse(fields, problems);
    let stack = fields.get("grafana").map_or(Some(None), |node| node.read(ADDRESS, problems, address).map(Some));
    Some(
        stack?
            .into_iter()
            .fold(access?, |access, stack| access.with("X-Grafana-URL", stack.as_str().trim_end_matches('/').into())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(yaml: &str) -> (Option<Box<dyn Source>>, String) {
        let mut problems = Problems::default();
        let node = Node::parse(yaml, &mut problems).expect("is YAML");
        let source = parse(&"irm".into(), &node, &mut problems);
        (source, problems.list.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn mistakes_are_told_all_at_once() {
        let (source, told) = parsed("{grafana: nowhere, bearer: {env: T}, ack: {carry: silence}, team_id: [a]}");
        for what in
            ["`url` is missing", "`token` is missing", "unknown key `bearer`", "found `nowhere`", "`acknowledge` or `none`"]
        {
            assert!(source.is_none() && told.contains(what), "{what}: {told}");
        }
        let carry =
            |ack: &str| parsed(&format!("{{url: 'https://oncall', token: {{env: T}}{ack}}}")).0.map(|source| source.carry());
        assert_eq!([carry(""), carry(", ack: {carry: none}")], [Some(Some(Carry::Acknowledge)), Some(None)]);
    }

    #[test]
    fn the_address_may_be_that_of_the_api() {
        for text in ["https://host/oncall/api/v1/", "https://host/oncall/", "https://host/oncall"] {
            assert_eq!(base(text.parse().expect("an address")).as_str(), "https://host/oncall");
        }
    }
}
