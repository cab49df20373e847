//! What is open, page by page, and what became of what is not open any more: closed, or deleted there. Pages go by the place of
//! the last alert, so one that is closed meanwhile moves no other.

use super::GoAlert;
use super::alert::Node;
use super::api::Api;
use crate::domain::alert::{Alert, Snapshot, Upstream};
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use crate::ports::Ports;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The most that every version gives at once.
const PAGE: usize = 100;
/// How many pages are read of what is open, and of what was closed.
const PAGES: usize = 300;
const CLOSED: usize = 20;
/// How many are asked for one by one in one poll. The others stay as they are until a later one.
const ONE_BY_ONE: usize = 20;

type Found = BTreeMap<String, Arc<Alert>>;

struct Poll<'a> {
    api: Api<'a>,
    before: &'a [Arc<Alert>],
    found: Found,
    missing: Vec<Outside>,
    skew_ms: Option<i64>,
}

pub async fn fetch(source: &GoAlert, before: &[Arc<Alert>], ports: &Ports, limit: Duration) -> Result<Snapshot, Trouble> {
    let mut poll =
        Poll { api: Api::new(source, ports, limit, limit), before, found: Found::new(), missing: Vec::new(), skew_ms: None };
    let open = json!({"filterByStatus": ["StatusUnacknowledged", "StatusAcknowledged"]});
    if !poll.pages(open, PAGES, |_| false).await? {
        poll.missing.push(format!("there are more than {} alerts: the older ones are left out", PAGE * PAGES).into());
    }
    if poll.missing.is_empty()
        && let Err(trouble) = poll.lost().await
    {
        poll.missing.push(trouble.text);
    }
    let Poll { found, missing, skew_ms, .. } = poll;
    Ok(Snapshot { alerts: found.into_values().collect(), complete: missing.is_empty(), missing, skew_ms, ..Snapshot::default() })
}

impl Poll<'_> {
    /// Reads so many pages at most, or until that is enough; whether it was all.
    async fn pages(&mut self, mut options: Value, most: usize, enough: impl Fn(&Self) -> bool) -> Result<bool, Trouble> {
        (options["first"], options["sort"]) = (PAGE.into(), "dateID".into());
        if !self.api.source.services.is_empty() {
            options["filterByServiceID"] = self.api.source.services.clone().into();
        }
        for _ in 0..most {
            let (page, skew_ms) = self.api.list(&options).await?;
            self.skew_ms = self.skew_ms.or(skew_ms);
            page.nodes.iter().for_each(|node| self.take(node));
            let cursor = page.page_info.filter(|info| info.has_next_page == Some(true)).and_then(|info| info.end_cursor);
            match cursor.filter(|_| !page.nodes.is_empty()) {
                Some(_) if enough(self) => return Ok(true),
                Some(cursor) => options["after"] = cursor.into(),
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    fn now(&self) -> DateTime<Utc> {
        self.api.ports.clock.now().wall
    }

    /// The alert that it is; the one that is known already where it says the same. What was told as over stays so.
    fn take(&mut self, node: &Node) {
        let alert = node.alert(&self.api.source.name, &self.api.source.url, self.now());
        let known = self.before.binary_search_by(|known| known.id.fingerprint.cmp(&alert.id.fingerprint));
        let known = known.ok().map(|place| &self.before[place]);
        // Of what nobody knew there is nothing to tell but that it is open.
        if node.is_closed() && known.is_none_or(|known| known.upstream != Upstream::Firing) {
            return;
        }
        let alert = known.filter(|known| ***known == alert).cloned().unwrap_or_else(|| Arc::new(alert));
        self.found.insert(alert.id.fingerprint.as_str().to_owned(), alert);
    }

    fn is_lost(&self, alert: &Alert) -> bool {
        alert.upstream == Upstream::Firing && !self.found.contains_key(alert.id.fingerprint.as_str())
    }

    /// What was open and is not: most of it stands in the list of what was closed since, the rest is asked for by its number.
    async fn lost(&mut self) -> Result<(), Trouble> {
        let before = self.before;
        let lost = |poll: &Self| before.iter().filter(|alert| poll.is_lost(alert)).cloned().collect::<Vec<_>>();
        let Some(since) = lost(self).iter().map(|alert| alert.starts_at).min() else { return Ok(()) };
        if lost(self).len() > ONE_BY_ONE {
            let since = since.to_rfc3339_opts(SecondsFormat::Millis, true);
            let closed = json!({"filterByStatus": ["StatusClosed"], "notClosedBefore": since});
            self.pages(closed, CLOSED, |poll| lost(poll).len() <= ONE_BY_ONE).await?;
        }
        for (count, alert) in lost(self).into_iter().enumerate() {
            let id = alert.id.fingerprint.as_str();
            let asked = match id.parse() {
                Ok(number) if count < ONE_BY_ONE => self.api.one(number).await,
                _ => {
                    self.found.insert(id.to_owned(), alert.clone());
                    continue;
                }
            };
            // One that was deleted is not listed.
            if let Some(node) = asked? {
                self.take(&node);
            }
        }
        Ok(())
    }
}
