//! The open incidents, page by page, and what became of those that are not open any more. Pages move while they are read:
//! what was known and is missing is asked for by name before it counts as anything.

use super::door::{Caller, understood};
use super::wire::{Incident, One, Page, told};
use super::{PagerDuty, alert};
use crate::domain::alert::{Alert, Snapshot, Upstream};
use crate::domain::text::Outside;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Ports;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The most that PagerDuty gives at once. Always said: without it nobody knows by how much to go on.
pub const PAGE: usize = 100;
/// The furthest that pages reach.
const CEILING: usize = 10_000;
/// The longest span that may be asked for, a little less than six months.
const SPAN: TimeDelta = TimeDelta::days(179);
/// How many incidents are asked for one by one in one poll. The others stay as they are until a later one.
const ONE_BY_ONE: usize = 20;

type Found = BTreeMap<String, Arc<Alert>>;

struct Poll<'a> {
    caller: Caller<'a>,
    /// What is known already, sorted by fingerprint.
    before: &'a [Arc<Alert>],
    found: Found,
    missing: Vec<Outside>,
    skew_ms: Option<i64>,
}

pub async fn fetch(source: &PagerDuty, before: &[Arc<Alert>], ports: &Ports, limit: Duration) -> Result<Snapshot, Trouble> {
    let caller = Caller::polling(source, ports, limit);
    let mut poll = Poll { caller, before, found: Found::new(), missing: Vec::new(), skew_ms: None };
    if let Err(trouble) = poll.open().await {
        if poll.found.is_empty() {
            return Err(trouble);
        }
        poll.missing.push(trouble.text);
    }
    // Where pages are missing, nothing is known of what they would have held.
    if poll.missing.is_empty() {
        poll.ended().await;
    }
    let Poll { found, missing, skew_ms, .. } = poll;
    let alerts = found.into_values().collect();
    Ok(Snapshot { alerts, complete: missing.is_empty(), missing, skew_ms, ..Snapshot::default() })
}

impl Poll<'_> {
    /// All pages of what is triggered or acknowledged, the newest first.
    async fn open(&mut self) -> Result<(), Trouble> {
        let statuses = ["triggered", "acknowledged"].map(|status| ("statuses[]", status.to_owned()));
        let mut before = None;
        loop {
            let mut query = statuses.to_vec();
            query.extend(self.caller.source.filters.iter().cloned());
            query.push(("sort_by", "created_at:desc".into()));
            query.push(("include[]", "services".into()));
            query.extend(span(before));
            let oldest = self.window(&query).await?;
            match oldest {
                None => return Ok(()),
                Some(oldest) if Some(oldest) == before => return Err(crowded(oldest)),
                Some(oldest) => before = Some(oldest),
            }
        }
    }

    /// The pages of one question. Where there are more than pages reach, the time of the oldest.
    async fn window(&mut self, query: &[(&str, String)]) -> Result<Option<DateTime<Utc>>, Trouble> {
        let (mut offset, mut oldest) = (0, None::<DateTime<Utc>>);
        while offset + PAGE <= CEILING {
            let page = self.page(query, offset).await?;
            let (count, known) = (page.incidents.len(), self.found.len());
            for incident in page.incidents {
                let alert = self.take(&incident);
                oldest = Some(oldest.map_or(alert.starts_at, |oldest| oldest.min(alert.starts_at)));
                self.found.insert(incident.id, alert);
            }
            if page.more != Some(true) {
                return Ok(None);
            }
            if self.found.len() == known {
                return Err(standstill(offset));
            }
            offset += count;
        }
        Ok(oldest)
    }

    async fn page(&mut self, query: &[(&str, String)], offset: usize) -> Result<Page, Trouble> {
        let place = [("limit", PAGE.to_string()), ("offset", offset.to_string())];
        let before = self.caller.ports.clock.now().wall;
        let (asked, answer) = self.caller.ask("incidents", &[query, &place].concat()).await?;
        let page = understood(&asked, &answer, "a list of incidents")?;
        self.skew_ms = self.skew_ms.or(answer.skew_ms(before, self.caller.ports.clock.now().wall));
        Ok(page)
    }

    /// The alert that an incident is; the one that is known already where it says the same.
    fn take(&self, incident: &Incident) -> Arc<Alert> {
        let alert = alert::of(&self.caller.source.name, incident, self.caller.ports.clock.now().wall);
        let known = self.before.binary_search_by(|known| known.id.fingerprint.cmp(&alert.id.fingerprint));
        let known = known.ok().map(|place| &self.before[place]).filter(|known| ***known == alert);
        known.cloned().unwrap_or_else(|| Arc::new(alert))
    }

    /// What was open and is not listed: resolved, or out of the filters, or between two pages.
    async fn ended(&mut self) {
        let mut lost: Vec<Arc<Alert>> = self.before.iter().filter(|alert| self.is_lost(alert)).cloned().collect();
        if lost.len() > ONE_BY_ONE {
            self.newly_resolved(&lost).await;
            lost.retain(|alert| self.is_lost(alert));
        }
        // Not always the same first: some may stay lost for long.
        let turn = self.caller.ports.clock.now().mono.as_secs() as usize;
        let from = turn.checked_rem(lost.len()).unwrap_or(0);
        lost.rotate_left(from);
        for (count, alert) in lost.into_iter().enumerate() {
            let answered = count < ONE_BY_ONE && self.missing.is_empty() && self.one(&alert).await;
            if !answered {
                self.found.insert(alert.id.fingerprint.as_str().to_owned(), alert);
            }
        }
    }

    fn is_lost(&self, alert: &Alert) -> bool {
        !matches!(alert.upstream, Upstream::Resolved { .. }) && !self.found.contains_key(alert.id.fingerprint.as_str())
    }

    /// Many at once: most of them stand in the list of what was resolved last. One that can't be had is no trouble: they are
    /// asked for one by one.
    async fn newly_resolved(&mut self, lost: &[Arc<Alert>]) {
        let source = self.caller.source;
        let mut query = vec![("statuses[]", "resolved".to_owned()), ("date_range", "all".to_owned())];
        // What is resolved is assigned to nobody.
        query.extend(source.filters.iter().filter(|(name, _)| *name != "user_ids[]").cloned());
        query.push(("sort_by", "resolved_at:desc".into()));
        for page in 0..lost.len().div_ceil(PAGE) + 1 {
            let Ok(page) = self.page(&query, page * PAGE).await else { return };
            let wanted = |incident: &&Incident| lost.iter().any(|alert| alert.id.fingerprint.as_str() == incident.id);
            for incident in page.incidents.iter().filter(wanted).filter(|incident| incident.is("resolved")) {
                let alert = self.take(incident);
                self.found.insert(incident.id.clone(), alert);
            }
            if page.more != Some(true) || lost.iter().all(|alert| !self.is_lost(alert)) {
                return;
            }
        }
    }

    /// Asks for one; whether its fate is known. One that PagerDuty does not know any more is not listed.
    async fn one(&mut self, alert: &Alert) -> bool {
        let query = [("include[]", "services".to_owned())];
        let path = format!("incidents/{}", alert.id.fingerprint);
        match self.caller.find::<One>(&path, &query, "an incident").await {
            Ok(Some(One { incident })) => {
                let alert = self.take(&incident);
                self.found.insert(incident.id, alert);
                true
            }
            Ok(None) => true,
            Err(trouble) => {
                self.missing.push(trouble.text);
                false
            }
        }
    }
}

/// Everything, whenever it began; or what began up to then, where pages did not reach further.
fn span(before: Option<DateTime<Utc>>) -> Vec<(&'static str, String)> {
    match before {
        None => vec![("date_range", "all".into())],
        Some(until) => vec![("since", told(until - SPAN)), ("until", told(until + TimeDelta::seconds(1)))],
    }
}

fn standstill(offset: usize) -> Trouble {
    Trouble::new(Reason::Nonsense, format!("the page of incidents after {offset} held none that was new; the rest was not read"))
}

fn crowded(at: DateTime<Utc>) -> Trouble {
    let text = format!("more than {CEILING} incidents began at {}; the rest can't be listed", told(at));
    Trouble::new(Reason::TooLarge, text)
}
