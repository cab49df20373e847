//! What is open, state by state and page by page, and what became of what is not open any more. Pages move while they are read:
//! what was known and is missing is asked for by name before it counts as anything.

use super::Irm;
use super::api::Api;
use super::group::{Group, State};
use crate::domain::alert::{Alert, Snapshot, Upstream};
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use crate::ports::Ports;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What is open, as it is asked for.
const OPEN: [&str; 3] = ["new", "acknowledged", "silenced"];
/// How many pages of a state are read: IRM allows a request a second.
const PAGES: usize = 60;
/// How many requests of one poll may go into what has ended: of the thirty that IRM allows in half a minute three are for what is
/// open, and some are for acts. What is not known by then stays as it is until a later poll.
const ENDS: usize = 20;

struct Poll<'a> {
    api: Api<'a>,
    before: &'a [Arc<Alert>],
    found: BTreeMap<String, Arc<Alert>>,
    missing: Vec<Outside>,
    skew_ms: Option<i64>,
}

pub async fn fetch(source: &Irm, before: &[Arc<Alert>], ports: &Ports, limit: Duration) -> Result<Snapshot, Trouble> {
    let api = Api::new(source, ports, limit, limit);
    let mut poll = Poll { api, before, found: BTreeMap::new(), missing: Vec::new(), skew_ms: None };
    for state in OPEN {
        if !poll.open(state).await? {
            poll.missing.push(format!("there are more groups in the state {state} than {PAGES} pages hold").into());
        }
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
    /// Whether that was all.
    async fn open(&mut self, state: &str) -> Result<bool, Trouble> {
        for number in 1..=PAGES {
            if self.page(state, number, None).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes one page in; whether it is the last one.
    async fn page(&mut self, state: &str, number: usize, began: Option<&str>) -> Result<bool, Trouble> {
        let (page, skew_ms) = self.api.groups(state, number, began).await?;
        self.skew_ms = self.skew_ms.or(skew_ms);
        for group in &page.results {
            self.take(group).await;
        }
        Ok(page.next.is_none() || page.results.is_empty())
    }

    /// The alert that it is; the one that is known already where it says the same.
    async fn take(&mut self, group: &Group) {
        let known = self.before.binary_search_by(|known| known.id.fingerprint.as_str().cmp(&group.id));
        let known = known.ok().map(|place| &self.before[place]);
        // Of what nobody knew there is nothing to tell but that it is open, and what was told as over stays so.
        if group.state() == State::Resolved && known.is_none_or(|known| known.upstream != Upstream::Firing) {
            return;
        }
        let by = match &group.acknowledged_by {
            // Not the id for want of a name: it would look as if somebody else had it by then.
            Some(id) if group.state() == State::Acknowledged => self.api.named(id).await,
            _ => None,
        };
        let alert = group.alert(&self.api.source.name, by, self.api.ports.clock.now().wall);
        let alert = known.filter(|known| ***known == alert).cloned().unwrap_or_else(|| Arc::new(alert));
        self.found.insert(group.id.clone(), alert);
    }

    /// Many at once: fifty of them stand on each page of what was resolved and began when they did. One that can't be had is no
    /// trouble: they are asked for one by one. Gives how many requests that took.
    async fn resolved(&mut self, lost: &[Arc<Alert>]) -> usize {
        let began = span(lost);
        for number in 1..=ENDS {
            let last = self.page("resolved", number, Some(&began)).await.unwrap_or(true);
            if last || self.lost_now().len() <= ENDS - number {
                return number;
            }
        }
        ENDS
    }

    fn lost_now(&self) -> Vec<Arc<Alert>> {
        let lost =
            |alert: &&Arc<Alert>| alert.upstream == Upstream::Firing && !self.found.contains_key(alert.id.fingerprint.as_str());
        self.before.iter().filter(lost).cloned().collect()
    }

    /// What was open and is not listed: resolved, deleted, or between two pages.
    async fn lost(&mut self) -> Result<(), Trouble> {
        let mut lost = self.lost_now();
        let asked = if lost.len() > ENDS { self.resolved(&lost).await } else { 0 };
        lost.retain(|alert| !self.found.contains_key(alert.id.fingerprint.as_str()));
        // Not always the same first: some may stay lost for long.
        let from = (self.api.ports.clock.now().mono.as_secs() as usize).checked_rem(lost.len()).unwrap_or(0);
        lost.rotate_left(from);
        for (count, alert) in lost.into_iter().enumerate() {
            let id = alert.id.fingerprint.as_str().to_owned();
            match count + asked < ENDS {
                // One that was deleted is not listed.
                true => {
                    if let Some(group) = self.api.group(&id).await? {
                        self.take(&group).await;
                    }
                }
                false => drop(self.found.insert(id, alert)),
            }
        }
        Ok(())
    }
}

/// When they began, as IRM takes it: `2026-03-01T00:00:00_2026-03-02T00:00:00`, in UTC.
fn span(alerts: &[Arc<Alert>]) -> String {
    let times = || alerts.iter().map(|alert| alert.starts_at);
    let told = |time: Option<DateTime<Utc>>, more| {
        let time = time.unwrap_or_default() + TimeDelta::seconds(more);
        time.format("%Y-%m-%dT%H:%M:%S").to_string()
    };
    format!("{}_{}", told(times().min(), -1), told(times().max(), 1))
}
