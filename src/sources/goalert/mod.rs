//! GoAlert by its GraphQL API: the open alerts, and what can be done to them. Owns address and who we are there; knows neither
//! intervals nor what became of an alert.
//!
//! It has no snooze, no comment, and no way to take an acknowledgement back; so nothing can be written there by which an act
//! would be known again: it is known by how the alert is.

mod acts;
mod alert;
mod api;
mod list;

use super::{Kind, Source, carried};
use crate::domain::act::{Act, ActEnd, ActKind, Found};
use crate::domain::alert::{Alert, Snapshot};
use crate::domain::entry::Intent;
use crate::domain::ids::SourceName;
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::settings::Carry;
use crate::domain::trouble::Trouble;
use crate::ports::{ADDRESS, Access, Answer, Ports, address};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

pub const KIND: Kind =
    Kind { name: "goalert", about: "GoAlert, its GraphQL API: the open alerts, and acts on them", keys: KEYS, parse };

#[rustfmt::skip]
const LOGIN: &[FieldSpec] = &[
    FieldSpec::new("user", "who logs in, and again when the session has ended", "this or `keys`"),
    FieldSpec::new("password", "a secret", "this or `keys`"),
];

#[rustfmt::skip]
const API_KEYS: &[FieldSpec] = &[
    FieldSpec::new("list", "an API key, a secret, to see what there is", "this or `login`"),
    FieldSpec::new("one", "another, to see one of them", "this or `login`"),
    FieldSpec::new("update", "one to acknowledge and close", "none: neither is done"),
    FieldSpec::new("escalate", "one to ask the next step", "none"),
];

#[rustfmt::skip]
const ACK: &[FieldSpec] = &[
    FieldSpec::new("carry", "`acknowledge`: an acknowledgement is given in GoAlert too; `none`", "`none`"),
];

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("url", "its address, as in the browser", "needed"),
        FieldSpec::map("login", LOGIN),
        FieldSpec::map("keys", API_KEYS),
        FieldSpec::new("service_ids", "only alerts of these services, one or a list of ids", "all"),
        FieldSpec::map("ack", ACK),
        Access::HEADERS,
        Access::TLS,
    ],
];

struct GoAlert {
    name: SourceName,
    url: Url,
    access: Access,
    login: Login,
    /// Only alerts of these services; all where there are none.
    services: Vec<String>,
    carry: Option<Carry>,
    session: Mutex<Option<Secret>>,
    /// What we are called there, once something that we did was read back.
    known_as: Mutex<Option<String>>,
}

/// Who we are: a user who logs in, or keys, each of which may ask one thing.
enum Login {
    User(String, SecretRef),
    Keys { list: SecretRef, one: SecretRef, update: Option<SecretRef>, escalate: Option<SecretRef> },
}

impl Source for GoAlert {
    fn acts(&self) -> &'static [ActKind] {
        use ActKind::{Acknowledge, Escalate, Resolve};
        match &self.login {
            Login::Keys { update: None, escalate: None, .. } => &[],
            Login::Keys { update: None, .. } => &[Escalate],
            Login::Keys { escalate: None, .. } => &[Acknowledge, Resolve],
            _ => &[Acknowledge, Resolve, Escalate],
        }
    }

    fn carry(&self) -> Option<Carry> {
        self.carry.clone()
    }

    fn fetch<'a>(&'a self, before: &'a [Arc<Alert>], ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Snapshot, Trouble>> {
        Box::pin(list::fetch(self, before, ports, limit))
    }

    fn act<'a>(&'a self, act: &'a Act, intent: Intent, ports: &'a Ports) -> Answer<'a, ActEnd> {
        Box::pin(acts::act(self, act, intent, ports))
    }

    fn find<'a>(&'a self, act: &'a Act, _intent: Intent, ports: &'a Ports) -> Answer<'a, Result<Found, Trouble>> {
        Box::pin(acts::find(self, act, ports))
    }
}

fn parse(name: &SourceName, node: &Node, problems: &mut Problems) -> Option<Box<dyn Source>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let url = fields.need("url", problems).and_then(|node| node.read(ADDRESS, problems, address));
    let access = Access::parse(&fields, problems);
    let login = login(&fields, node, problems);
    let services = fields.get("service_ids").map_or(Some(Vec::new()), |node| node.texts(problems));
    // An acknowledgement can't be taken back there, and never ends.
    let carry = carried(&fields, false, problems);
    let (url, access, login, services, name) = (url?, access?, login?, services?, name.clone());
    let carry = carry?.then_some(Carry::Acknowledge);
    let (session, known_as) = (Mutex::default(), Mutex::default());
    let source = GoAlert { name, url, access, login, services, carry, session, known_as };
    if source.carry.is_some() && !source.acts().contains(&ActKind::Acknowledge) {
        problems.error(node.span, "`ack.carry` needs the key `update`");
        return None;
    }
    Some(Box::new(source))
}

fn login(fields: &Fields, node: &Node, problems: &mut Problems) -> Option<Login> {
    match (fields.get("login"), fields.get("keys")) {
        (Some(login), None) => {
            let fields = login.fields(&FieldSpec::keys(LOGIN), problems)?;
            let user = fields.need("user", problems).and_then(|node| node.text(problems));
            let password = fields.need("password", problems).and_then(|node| SecretRef::parse(node, problems));
            Some(Login::User(user?.to_owned(), password?))
        }
        (None, Some(keys)) => {
            let fields = keys.fields(&FieldSpec::keys(API_KEYS), problems)?;
            let list = fields.need("list", problems).and_then(|node| SecretRef::parse(node, problems));
            let one = fields.need("one", problems).and_then(|node| SecretRef::parse(node, problems));
            let mut maybe = |key| fields.get(key).map_or(Some(None), |node| SecretRef::parse(node, problems).map(Some));
            let (update, escalate) = (maybe("update"), maybe("escalate"));
            Some(Login::Keys { list: list?, one: one?, update: update?, escalate: escalate? })
        }
        (Some(_), Some(keys)) => {
            problems.error(keys.span, "`login` and `keys` exclude each other");
            None
        }
        (None, None) => {
            let help = "write login: {user: NAME, password: {env: GOALERT_PASSWORD}}, or keys: {list: …, one: …}";
            problems.error_with_help(node.span, "`login` is missing", help);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(yaml: &str) -> (Option<Box<dyn Source>>, String) {
        let mut problems = Problems::default();
        let node = Node::parse(yaml, &mut problems).expect("is YAML");
        let source = parse(&"go".into(), &node, &mut problems);
        (source, problems.list.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn what_can_be_done_depends_on_the_keys() {
        use ActKind::{Acknowledge, Escalate, Resolve};
        let acts = |who: &str| parsed(&format!("{{url: 'https://go', {who}}}")).0.expect("is good").acts();
        assert_eq!(acts("login: {user: ana, password: {env: P}}"), [Acknowledge, Resolve, Escalate]);
        assert_eq!(acts("keys: {list: {env: L}, one: {env: O}}"), []);
        assert_eq!(acts("keys: {list: {env: L}, one: {env: O}, update: {env: U}}"), [Acknowledge, Resolve]);
        assert_eq!(acts("keys: {list: {env: L}, one: {env: O}, escalate: {env: E}}"), [Escalate]);
    }

    #[test]
    fn mistakes_are_told_and_an_acknowledgement_is_carried_only_where_that_is_wanted() {
        let (source, told) = parsed("{ack: {carry: silence}, bearer: {env: T}}");
        for what in ["`url` is missing", "`login` is missing", "`acknowledge` or `none`", "unknown key `bearer`"] {
            assert!(source.is_none() && told.contains(what), "{what}: {told}");
        }
        let both = parsed("{url: 'https://go', login: {user: a, password: {env: P}}, keys: {list: {env: L}, one: {env: O}}}");
        assert_eq!(both.1, "`login` and `keys` exclude each other");
        let carries = |ack: &str| {
            let (source, told) = parsed(&format!("{{url: 'https://go', keys: {{list: {{env: L}}, one: {{env: O}}{ack}}}}}"));
            source.map(|source| source.carry()).ok_or(told)
        };
        assert_eq!(carries(", update: {env: U}"), Ok(None));
        let (source, _) = parsed("{url: 'https://go', login: {user: a, password: {env: P}}, ack: {carry: acknowledge}}");
        assert_eq!(source.expect("is good").carry(), Some(Carry::Acknowledge));
        let (source, told) = parsed("{url: 'https://go', keys: {list: {env: L}, one: {env: O}}, ack: {carry: acknowledge}}");
        assert!(source.is_none() && told.contains("`ack.carry` needs the key `update`"), "{told}");
    }
}
