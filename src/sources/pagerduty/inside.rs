//! The alerts that an incident holds, page by page. It may hold a thousand: what pages don't reach is said to be missing.

use super::PagerDuty;
use super::door::Caller;
use super::goal::plain;
use super::list::PAGE;
use super::wire::{Contained, Contents, One, text, time};
use crate::domain::alert::{Alert, Inside, Part};
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use crate::ports::Ports;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

/// More than an incident can hold.
const PAGES: usize = 12;
/// Of so many of its alerts what their sender said is kept: so many names of each, and so much of each text, in characters.
const DETAILED: usize = 10;
const NAMES: usize = 30;
const LONGEST: usize = 2_000;

/// As patient as a poll, and from the same part of the budget: acts go before.
pub async fn inside(source: &PagerDuty, alert: &Alert, ports: &Ports, limit: Duration) -> Result<Inside, Trouble> {
    let id = plain(alert.id.fingerprint.as_str())?;
    let caller = Caller::polling(source, ports, limit);
    let mut found = Found::default();
    if let Err(trouble) = found.read(id, &caller).await {
        if found.parts.is_empty() {
            return Err(trouble);
        }
        found.cut = Some(trouble.text);
    }
    let Found { mut parts, cut, .. } = found;
    parts.sort_by_key(|part| (!part.open, Reverse(part.since)));
    parts.iter_mut().skip(DETAILED).for_each(|part| part.details.clear());
    // What a person has begun holds no alert: what it is about was written beside it.
    let details = if parts.is_empty() { written(id, &caller).await } else { Vec::new() };
    Ok(Inside { at: ports.clock.now().wall, parts, details, cut })
}

/// No answer is no reason to show nothing at all.
async fn written(id: &str, caller: &Caller<'_>) -> Vec<(Outside, Outside)> {
    let query = [("include[]", "body".to_owned())];
    let one: Result<One, Trouble> = caller.read(&format!("incidents/{id}"), &query, "an incident").await;
    one.map(|one| details(one.incident.body.as_ref())).unwrap_or_default()
}

/// `details` of a body: a text, or a map of anything.
fn details(body: Option<&Value>) -> Vec<(Outside, Outside)> {
    let short = |text: &str| Outside::from(text.chars().take(LONGEST).collect::<String>());
    let value = |value: &Value| short(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let details = body.and_then(|body| body.get("details")).filter(|details| !details.is_null());
    match details {
        None => Vec::new(),
        Some(Value::Object(map)) => map.iter().take(NAMES).map(|(name, it)| (short(name), value(it))).collect(),
        Some(Value::String(text)) if text.trim().is_empty() => Vec::new(),
        Some(other) => vec![("details".into(), value(other))],
    }
}

#[derive(Default)]
struct Found {
    ids: BTreeSet<String>,
    parts: Vec<Part>,
    cut: Option<Outside>,
}

impl Found {
    async fn read(&mut self, id: &str, caller: &Caller<'_>) -> Result<(), Trouble> {
        let (path, mut offset) = (format!("incidents/{id}/alerts"), 0);
        for _ in 0..PAGES {
            let query = [("limit", PAGE.to_string()), ("offset", offset.to_string())];
            let page: Contents = caller.read(&path, &query, "a list of alerts").await?;
            let (count, known) = (page.alerts.len(), self.parts.len());
            page.alerts.into_iter().for_each(|alert| self.take(alert));
            if page.more != Some(true) {
                return Ok(());
            }
            if self.parts.len() == known {
                break;
            }
            offset += count;
        }
        self.cut = Some(format!("PagerDuty has more than these {}, and does not come to an end", self.parts.len()).into());
        Ok(())
    }

    /// Pages move while they are read: one may come twice.
    fn take(&mut self, alert: Contained) {
        if !self.ids.insert(alert.id.clone()) {
            return;
        }
        self.parts.push(Part {
            name: text(alert.summary.as_deref()).unwrap_or(alert.id.into()),
            key: text(alert.alert_key.as_deref()),
            severity: text(alert.severity.as_deref()),
            // A word that is new is no end.
            open: alert.status.as_deref() != Some("resolved"),
            suppressed: alert.suppressed == Some(true),
            since: time(alert.created_at.as_deref()),
            details: details(alert.body.as_ref()),
        });
    }
}
