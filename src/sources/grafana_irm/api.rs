//! One question or one change, as somebody whom IRM knows. Pages are asked for by their number: an address that an answer names is
//! followed nowhere.

use super::Irm;
use super::group::{Group, Note, Person};
use crate::domain::entry::Intent;
use crate::domain::secret::Secret;
use crate::domain::text::Outside;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Ports, Request, Response, below};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::PoisonError;
use std::time::Duration;

/// The longest answer: far more than a page of groups with their payloads.
const LONGEST: usize = 64 << 20;

#[derive(Clone, Copy)]
pub struct Api<'a> {
    pub source: &'a Irm,
    pub ports: &'a Ports,
    /// When all answers must be there, on the clock that counts sleep.
    until: Duration,
    patience: Duration,
}

#[derive(Deserialize)]
pub struct Page<T> {
    pub results: Vec<T>,
    /// Only whether there is one counts.
    pub next: Option<String>,
}

/// An id stands in an address: only what can't lead elsewhere.
pub fn plain(id: &str) -> Result<&str, Trouble> {
    match !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        true => Ok(id),
        false => Err(Trouble::new(Reason::Local, format!("`{}` is no alert group", crate::domain::text::inert(id)))),
    }
}

impl<'a> Api<'a> {
    pub fn new(source: &'a Irm, ports: &'a Ports, limit: Duration, patience: Duration) -> Self {
        Self { source, ports, until: ports.clock.now().mono + limit, patience }
    }

    /// A page of the groups in this state, of those that began within a span where one is given, and by how many milliseconds
    /// the clock there is ahead.
    pub async fn groups(&self, state: &str, page: usize, began: Option<&str>) -> Result<(Page<Group>, Option<i64>), Trouble> {
        let mut query = self.source.filters.clone();
        query.extend(began.map(|span| ("started_at", span.to_owned())));
        query.extend([("state", state.to_owned()), ("page", page.to_string())]);
        let before = self.ports.clock.now().wall;
        let (asked, answer) = self.ask("alert_groups/", &query).await?;
        let skew_ms = answer.skew_ms(before, self.ports.clock.now().wall);
        Ok((understood(&answer, &asked, "a list of alert groups")?, skew_ms))
    }

    /// One group; `None` where there is none.
    pub async fn group(&self, id: &str) -> Result<Option<Group>, Trouble> {
        let (asked, answer) = self.ask(&format!("alert_groups/{}/", plain(id)?), &[]).await?;
        if answer.status == 404 { Ok(None) } else { understood(&answer, &asked, "an alert group").map(Some) }
    }

    /// The newest notes on a group.
    pub async fn notes(&self, id: &str) -> Result<Vec<Note>, Trouble> {
        let (asked, answer) = self.ask("resolution_notes/", &[("alert_group_id", plain(id)?.to_owned())]).await?;
        Ok(understood::<Page<Note>>(&answer, &asked, "a list of notes")?.results)
    }

    /// What somebody is called; the id where that can't be found out.
    pub async fn person(&self, id: &str) -> Outside {
        self.named(id).await.unwrap_or_else(|| id.into())
    }

    /// The same; `None` where it can't be told now and may be later. Whoever may not see people is refused once for each.
    pub async fn named(&self, id: &str) -> Option<Outside> {
        let known = || self.source.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = known().get(id) {
            return Some(name.clone());
        }
        let Ok(path) = plain(id).map(|id| format!("users/{id}/")) else { return Some(id.into()) };
        let (asked, answer) = self.ask(&path, &[]).await.ok()?;
        if answer.status == 429 || answer.status >= 500 {
            return None;
        }
        let person = understood::<Person>(&answer, &asked, "a user").ok();
        let name = person.and_then(|person| person.username).filter(|name| !name.is_empty()).unwrap_or_else(|| id.into());
        known().insert(id.to_owned(), name.clone());
        Some(name)
    }

    /// Changes something. Any answer, whatever its status, with what was asked.
    pub async fn write(&self, path: &str, body: Option<&Value>, intent: Intent) -> Result<(String, Response), Trouble> {
        let mut request = self.request(path).await?;
        request.method = "POST";
        request.headers.push(("Content-Type".into(), Secret::new("application/json".into())));
        request.body = Some(body.map_or_else(String::new, Value::to_string).into());
        Ok((request.told(), self.ports.http.act(request, intent).await?))
    }

    async fn ask(&self, path: &str, query: &[(&str, String)]) -> Result<(String, Response), Trouble> {
        let mut request = self.request(path).await?;
        if !query.is_empty() {
            request.url.query_pairs_mut().extend_pairs(query);
        }
        Ok((request.told(), self.ports.http.observe(request).await?))
    }

    async fn request(&self, path: &str) -> Result<Request, Trouble> {
        let left = self.until.saturating_sub(self.ports.clock.now().mono);
        let url = below(&self.source.url, &format!("api/v1/{path}"));
        let request = Request { timeout: left.min(self.patience), longest: LONGEST, ..Request::get(url) };
        if left.is_zero() {
            return Err(Trouble::new(Reason::Timeout, format!("{} was not sent: no time was left for it", request.told())));
        }
        let mut request = self.source.access.onto(request, self.ports).await?;
        request.headers.push(("Authorization".into(), self.ports.secrets.reveal(&self.source.token).await?));
        Ok(request)
    }
}

fn understood<T: DeserializeOwned>(answer: &Response, asked: &str, what: &str) -> Result<T, Trouble> {
    if !answer.good() {
        return Err(answer.refusal(asked));
    }
    answer.understood(what, asked, |text| serde_json::from_str(text))
}
