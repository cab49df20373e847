//! PagerDuty, REST API v2: the open incidents of an account, and what can be done to them. Owns address, token and the name in
//! which is written; knows neither intervals nor what became of an alert.
//!
//! Reading and writing go through one door, one request at a time. An incident that is not listed any more is asked for by
//! its id: what is over is told, and what only left the filters stays.

mod acts;
mod alert;
mod budget;
mod codes;
mod door;
mod goal;
mod inside;
mod list;
mod page;
mod wire;

use super::{CARRIED, Kind, Source, carried};
use crate::domain::act::{Act, ActEnd, ActKind, Found};
use crate::domain::alert::{Alert, Inside, Snapshot};
use crate::domain::entry::Intent;
use crate::domain::ids::SourceName;
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::secret::SecretRef;
use crate::domain::settings::Carry;
use crate::domain::trouble::Trouble;
use crate::ports::{ADDRESS, Access, Answer, Ports, address};
use door::{Caller, Door};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use url::{Host, Url};
use wire::{Named, Users};

pub const KIND: Kind = Kind {
    name: "pagerduty",
    about: "PagerDuty, REST API v2: the open incidents of an account, and acts on them",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("token", "a secret: a key of the account or of a user", "this or `bearer`"),
        FieldSpec::new("bearer", "a secret: the token of an app", "this or `token`"),
        FieldSpec::new("from", "the mail of the user in whose name is acknowledged, resolved and so on", "needed"),
        FieldSpec::new("url", "another address: `https://api.eu.pagerduty.com` for accounts in Europe", "`https://api.pagerduty.com`"),
        FieldSpec::new("service_ids", "only incidents of these services, one or a list of ids", "all"),
        FieldSpec::new("team_ids", "only incidents of these teams", "all"),
        FieldSpec::new("user_ids", "only incidents that are assigned to these users", "all"),
        FieldSpec::new("urgencies", "only `high`, or only `low`", "both"),
        FieldSpec::map("ack", CARRIED),
        FieldSpec::new("page", "whom `midwatch page` can have called: names, and for each the integration key (Events API v2) of a service, a secret", "nobody"),
        Access::HEADERS,
        Access::TLS,
    ],
];

struct PagerDuty {
    name: SourceName,
    door: Door,
    /// What every question for incidents carries.
    filters: Vec<(&'static str, String)>,
    carry: Option<Carry>,
    /// Whom it can page: the keys of integrations, by the names that the configuration gives them.
    pages: Vec<(String, SecretRef)>,
    /// The user in whose name is written, once that was asked.
    me: OnceCell<Option<Named>>,
}

impl PagerDuty {
    /// Whose acknowledgement is ours; `None` where that can't be found out.
    async fn me(&self, caller: &Caller<'_>) -> Option<Named> {
        let from = &self.door.from;
        let ask = async {
            let query = [("query", from.clone()), ("limit", "100".to_owned())];
            let users = caller.read::<Users>("users", &query, "a list of users").await?.users;
            let mine = |user: &Named| user.email.as_deref().is_some_and(|mail| mail.eq_ignore_ascii_case(from));
            Ok::<_, Trouble>(users.into_iter().find(mine))
        };
        self.me.get_or_try_init(|| ask).await.ok().cloned().flatten()
    }
}

impl Source for PagerDuty {
    fn acts(&self) -> &'static [ActKind] {
        use ActKind::{Acknowledge, Assign, Comment, Escalate, Merge, Page, Prioritise, Resolve, Snooze, Unacknowledge};
        const ALL: [ActKind; 10] =
            [Acknowledge, Unacknowledge, Snooze, Resolve, Assign, Escalate, Comment, Merge, Prioritise, Page];
        if self.pages.is_empty() { &ALL[..ALL.len() - 1] } else { &ALL }
    }

    fn carry(&self) -> Option<Carry> {
        self.carry.clone()
    }

    fn pages(&self) -> Vec<String> {
        self.pages.iter().map(|(to, _)| to.clone()).collect()
    }

    fn inside<'a>(&'a self, alert: &'a Alert, ports: &'a Ports, limit: Duration) -> Option<Answer<'a, Result<Inside, Trouble>>> {
        Some(Box::pin(inside::inside(self, alert, ports, limit)))
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

const API: &str = "https://api.pagerduty.com";
/// Keys of the configuration, and the parameters that they are.
const FILTERS: [(&str, &str); 4] =
    [("service_ids", "service_ids[]"), ("team_ids", "team_ids[]"), ("user_ids", "user_ids[]"), ("urgencies", "urgencies[]")];
fn parse(name: &SourceName, node: &Node, problems: &mut Problems) -> Option<Box<dyn Source>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let url = fields.get("url").map_or_else(|| Url::parse(API).ok(), |node| base(node, problems));
    let access = Access::parse(&fields, problems);
    let token = token(&fields, node, problems);
    let from = fields.need("from", problems).and_then(|node| {
        node.read("the mail of a user of the account", problems, |text| text.contains('@').then(|| text.to_owned()))
    });
    let filters = filters(&fields, problems);
    let carry = carried(&fields, true, problems);
    let pages = fields.get("page").map_or(Some(Vec::new()), |node| page::parse(node, problems));
    let door = Door { url: url?, access: access?, token: token?, from: from?, budget: Default::default() };
    let carry = carry?.then_some(Carry::Acknowledge);
    Some(Box::new(PagerDuty { name: name.clone(), door, filters: filters?, carry, pages: pages?, me: OnceCell::new() }))
}

fn base(node: &Node, problems: &mut Problems) -> Option<Url> {
    let url = node.read(ADDRESS, problems, address)?;
    let here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        host => host == Some(Host::Domain("localhost")),
    };
    if url.scheme() == "http" && !here {
        problems.error_with_help(node.span, "the token would travel unencrypted", "write https://");
        return None;
    }
    Some(url)
}

/// A key of PagerDuty's own, or the token of an app in `bearer`.
fn token(fields: &Fields, node: &Node, problems: &mut Problems) -> Option<Option<SecretRef>> {
    match (fields.get("token"), fields.get("bearer")) {
        (Some(token), None) => SecretRef::parse(token, problems).map(Some),
        (None, Some(_)) => Some(None),
        (Some(token), Some(_)) => {
            problems.error(token.span, "`token` and `bearer` exclude each other");
            None
        }
        (None, None) => {
            problems.error_with_help(node.span, "`token` is missing", "write token: {env: PAGERDUTY_TOKEN}");
            None
        }
    }
}

fn filters(fields: &Fields, problems: &mut Problems) -> Option<Vec<(&'static str, String)>> {
    let mut all = Some(Vec::new());
    for (key, parameter) in FILTERS {
        let Some(node) = fields.get(key) else { continue };
        let texts = if key == "urgencies" { urgencies(node, problems) } else { node.texts(problems) };
        all = all.zip(texts).map(|(mut all, texts)| {
            all.extend(texts.into_iter().map(|text| (parameter, text)));
            all
        });
    }
    all
}

fn urgencies(node: &Node, problems: &mut Problems) -> Option<Vec<String>> {
    let texts = node.texts(problems)?;
    let wrong = texts.iter().find(|text| !["high", "low"].contains(&text.as_str()));
    if let Some(wrong) = wrong {
        problems.error(node.span, format!("expected `high` or `low`, found `{wrong}`"));
        return None;
    }
    Some(texts)
}

#[cfg(test)]
mod tests;
