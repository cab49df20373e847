//! Zabbix by its JSON-RPC: the open problems of triggers, who has acknowledged them, and what can be done to them. Owns the
//! address and who we are there; knows neither intervals nor what became of an alert.
//!
//! An alert is a trigger, for that is what fires again and again: its problems are the alert's episodes. Only of a trigger that
//! has several problems at once each is an alert of its own.

mod acts;
mod alert;
mod api;
mod list;
mod name;
mod wire;

use super::{CARRIED, Kind, Source, carried};
use crate::domain::act::{Act, ActEnd, ActKind, Found};
use crate::domain::alert::{Alert, Snapshot};
use crate::domain::entry::Intent;
use crate::domain::ids::SourceName;
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::secret::SecretRef;
use crate::domain::settings::Carry;
use crate::domain::trouble::Trouble;
use crate::ports::{ADDRESS, Access, Answer, Ports, address};
use api::Known;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

pub const KIND: Kind =
    Kind { name: "zabbix", about: "Zabbix, its JSON-RPC API: the problems of triggers, and acts on them", keys: KEYS, parse };

#[rustfmt::skip]
const LOGIN: &[FieldSpec] = &[
    FieldSpec::new("user", "who logs in, and again when the session has ended", "this or `token`"),
    FieldSpec::new("password", "a secret", "this or `token`"),
];

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("url", "the address of its frontend, as in the browser; `…/api_jsonrpc.php` is one too", "needed"),
        FieldSpec::new("token", "a secret: an API token (5.4 and newer)", "this or `login`"),
        FieldSpec::map("login", LOGIN),
        FieldSpec::new("severity", "only problems that are at least `information`, `warning`, `average`, `high` or `disaster`", "all"),
        FieldSpec::new("tags", "tags and their values: all must be there", "none"),
        FieldSpec::new("group_ids", "only hosts of these host groups, one or a list of ids", "all"),
        FieldSpec::map("ack", CARRIED),
        Access::HEADERS,
        Access::TLS,
    ],
];

struct Zabbix {
    name: SourceName,
    /// Of the frontend: its pages are below.
    url: Url,
    access: Access,
    login: Login,
    /// What every question for problems carries.
    filters: serde_json::Map<String, serde_json::Value>,
    carry: bool,
    known: Mutex<Known>,
}

/// Who we are: an API token, or a user who logs in.
#[derive(Debug, Clone)]
enum Login {
    Token(SecretRef),
    User(String, SecretRef),
}

impl Source for Zabbix {
    fn acts(&self) -> &'static [ActKind] {
        use ActKind::{Acknowledge, Comment, Prioritise, Resolve, Snooze, Unacknowledge, Unsnooze};
        &[Acknowledge, Unacknowledge, Snooze, Unsnooze, Resolve, Comment, Prioritise]
    }

    fn carry(&self) -> Option<Carry> {
        self.carry.then_some(Carry::Acknowledge)
    }

    fn priorities(&self) -> &'static [&'static str] {
        &alert::SEVERITIES
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
    let url = fields.need("url", problems).and_then(|node| node.read(ADDRESS, problems, address)).map(frontend);
    let access = Access::parse(&fields, problems);
    let login = login(&fields, node, problems);
    let filters = filters(&fields, problems);
    let carry = carried(&fields, true, problems);
    let (name, known) = (name.clone(), Mutex::default());
    Some(Box::new(Zabbix { name, url: url?, access: access?, login: login?, filters: filters?, carry: carry?, known }))
}

/// The address is that of the frontend, or of the API in it.
fn frontend(mut url: Url) -> Url {
    let path = url.path().trim_end_matches("api_jsonrpc.php").trim_end_matches('/').to_owned();
    url.set_path(&path);
    url
}

fn login(fields: &Fields, node: &Node, problems: &mut Problems) -> Option<Login> {
    match (fields.get("token"), fields.get("login")) {
        (Some(token), None) => SecretRef::parse(token, problems).map(Login::Token),
        (None, Some(login)) => {
            let fields = login.fields(&FieldSpec::keys(LOGIN), problems)?;
            let user = fields.need("user", problems).and_then(|node| node.text(problems));
            let password = fields.need("password", problems).and_then(|node| SecretRef::parse(node, problems));
            Some(Login::User(user?.to_owned(), password?))
        }
        (Some(token), Some(_)) => {
            problems.error(token.span, "`token` and `login` exclude each other");
            None
        }
        (None, None) => {
            problems.error_with_help(node.span, "`token` is missing", "write token: {env: ZABBIX_TOKEN}");
            None
        }
    }
}

fn filters(fields: &Fields, problems: &mut Problems) -> Option<serde_json::Map<String, serde_json::Value>> {
    let mut all = serde_json::Map::new();
    if let Some(node) = fields.get("severity") {
        let what = "`information`, `warning`, `average`, `high` or `disaster`";
        let least = node.read(what, problems, |text| alert::SEVERITIES.iter().position(|word| *word == text))?;
        all.insert("severities".into(), (least..alert::SEVERITIES.len()).collect());
    }
    if let Some(node) = fields.get("group_ids") {
        all.insert("groupids".into(), node.texts(problems)?.into());
    }
    if let Some(node) = fields.get("tags") {
        let pairs = node.map(problems)?.iter();
        // 1: equal, and not only a part of it.
        let tag = |tag: &str, value: &str| serde_json::json!({"tag": tag, "value": value, "operator": 1});
        let tags: Option<Vec<_>> = pairs.map(|(key, node)| Some(tag(&key.text, node.text(problems)?))).collect();
        all.insert("tags".into(), tags?.into());
    }
    Some(all)
}

#[cfg(test)]
mod tests;
