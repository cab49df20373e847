//! Turns that are due and were not kept: what stands in the queue until somebody has practised, or has said why not.

use super::board::Grounds;
use crate::domain::alert::{Alert, Labels, Upstream};
use crate::domain::ids::{AlertId, Fingerprint, PlaybookId, SourceName};
use crate::domain::playbook::Playbook;
use crate::domain::practice::{SOURCE, Skip, Week};
use chrono::{DateTime, NaiveTime, Utc, Weekday};
use std::borrow::Borrow;
use std::sync::Arc;

/// Turns of longer ago are not asked for any more: the board has them as overdue.
const BACK: i64 = 4;

/// The turn of a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    pub week: Week,
    pub playbook: PlaybookId,
    /// The day of its week from which it is asked for.
    pub since: DateTime<Utc>,
}

impl<B: Borrow<Playbook>> Grounds<'_, B> {
    /// The oldest first; in each week from this day on. Whoever has never practised, nor put anything off, is not asked at all: for
    /// them the board speaks.
    pub fn owed(&self, now: DateTime<Utc>, from: Weekday) -> Vec<Owed> {
        let record = self.record;
        let said = record
            .practised
            .first()
            .map(|practised| practised.ended_at)
            .into_iter()
            .chain(record.skips.iter().map(|skip| skip.at));
        let Some(began) = said.min() else { return Vec::new() };
        let first = Week::of(began).max(Week::of(now).after(-BACK));
        let weeks = (0..=BACK).map(|ahead| first.after(ahead));
        weeks.filter_map(|week| self.owes(week, from)).filter(|owed| owed.since <= now).collect()
    }

    fn owes(&self, week: Week, from: Weekday) -> Option<Owed> {
        let monday = week.monday().and_time(NaiveTime::MIN).and_utc();
        let this = self.week(monday);
        let playbook = this.turn.filter(|_| this.held.is_none() && !this.done && this.skips.is_empty())?;
        let practised = self.record.of(&playbook).any(|practised| practised.ended_at >= monday);
        let put_off = |skip: &Skip| skip.playbook == playbook && skip.at >= monday;
        let settled = practised || self.record.skips.iter().any(put_off);
        let since = monday + chrono::Duration::days(from.num_days_from_monday().into());
        (!settled).then_some(Owed { week, playbook, since })
    }
}

impl Owed {
    pub fn alert(&self) -> Arc<Alert> {
        let (playbook, week) = (self.playbook.as_str(), self.week.to_string());
        let summary = format!("{playbook}, the practice of {week}, was not done: midwatch drill start {playbook}");
        let labels = [("alertname", "PracticeDue"), ("playbook", playbook), ("severity", "info"), ("week", week.as_str())];
        // It leads to its playbook as any alert does that names one.
        let annotations = [("runbook_url", playbook), ("summary", summary.as_str())];
        let pairs =
            |pairs: &[(&str, &str)]| Labels::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect());
        Arc::new(Alert { labels: pairs(&labels), annotations: pairs(&annotations), ..bare(self.id(), self.since) })
    }

    fn id(&self) -> AlertId {
        AlertId { source: SourceName::from(SOURCE), fingerprint: Fingerprint::new(self.week.to_string()) }
    }
}

/// The end of one: it was done, or put off. Nobody concludes that from its absence.
pub fn over(alert: &Alert, at: DateTime<Utc>) -> Arc<Alert> {
    Arc::new(Alert { upstream: Upstream::Resolved { at }, ..alert.clone() })
}

/// One of which nothing but its name is known.
pub fn bare(id: AlertId, starts_at: DateTime<Utc>) -> Alert {
    Alert {
        id,
        labels: Labels::default(),
        annotations: Labels::default(),
        upstream: Upstream::Firing,
        starts_at,
        url: None,
        receivers: Arc::default(),
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
        held: None,
    }
}
