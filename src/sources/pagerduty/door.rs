//! The one way to PagerDuty: one request at a time, as it asks for, within the time and the number of requests that are left.
//! Knows nothing of incidents.

use super::PagerDuty;
use super::budget::{Budget, Use};
use super::codes::refusal;
use crate::domain::entry::Intent;
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Access, Ports, Request, Response, below};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::Mutex;
use url::Url;

/// How long one request of an act may take.
const PATIENCE: Duration = Duration::from_secs(4);
/// A page of a hundred incidents has less than one.
const LONGEST: usize = 32 << 20;

pub struct Door {
    pub url: Url,
    pub access: Access,
    /// A key of PagerDuty's own; none where `bearer` holds another.
    pub token: Option<SecretRef>,
    /// The mail of the user in whose name is written.
    pub from: String,
    pub budget: Mutex<Budget>,
}

/// Somebody who asks, and until when.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    pub source: &'a PagerDuty,
    pub ports: &'a Ports,
    polls: bool,
    until: Duration,
}

impl<'a> Caller<'a> {
    /// For a poll.
    pub fn polling(source: &'a PagerDuty, ports: &'a Ports, limit: Duration) -> Self {
        Self { source, ports, polls: true, until: ports.clock.now().mono + limit }
    }

    /// For an act.
    pub fn acting(source: &'a PagerDuty, ports: &'a Ports, limit: Duration) -> Self {
        Self { polls: false, ..Self::polling(source, ports, limit) }
    }

    pub fn with_more(self, more: Duration) -> Self {
        Self { until: self.until + more, ..self }
    }

    fn now(&self) -> Duration {
        self.ports.clock.now().mono
    }

    /// Asks for something that is there. `what` it should be stands in messages.
    pub async fn read<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)], what: &str) -> Result<T, Trouble> {
        let (asked, answer) = self.ask(path, query).await?;
        understood(&asked, &answer, what)
    }

    /// Asks for something that PagerDuty may not know.
    pub async fn find<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        what: &str,
    ) -> Result<Option<T>, Trouble> {
        let (asked, answer) = self.ask(path, query).await?;
        if answer.status == 404 { Ok(None) } else { understood(&asked, &answer, what).map(Some) }
    }

    /// Any answer, with what was asked for messages.
    pub async fn ask(&self, path: &str, query: &[(&str, String)]) -> Result<(String, Response), Trouble> {
        let mut url = below(&self.source.door.url, path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(Request::get(url), if self.polls { Use::Poll } else { Use::Look }, None).await
    }

    /// Changes something. Any answer, whatever its status.
    pub async fn write(
        &self,
        method: &'static str,
        path: &str,
        body: &Value,
        intent: Intent,
    ) -> Result<(String, Response), Trouble> {
        let mut request = Request { method, ..Request::get(below(&self.source.door.url, path)) };
        request.headers.push(("Content-Type".into(), Secret::new("application/json".into())));
        request.headers.push(("From".into(), Secret::new(self.source.door.from.clone())));
        request.body = Some(body.to_string().into());
        self.send(request, Use::Write, Some(intent)).await
    }

    async fn send(&self, request: Request, used: Use, intent: Option<Intent>) -> Result<(String, Response), Trouble> {
        let mut request = self.known(request).await?;
        let asked = request.told();
        let mut budget = self.source.door.budget.lock().await;
        budget.room(used, self.now()).map_err(|wait| full(&asked, used, wait))?;
        let left = self.until.saturating_sub(self.now());
        if left.is_zero() {
            return Err(Trouble::new(Reason::Timeout, format!("{asked} was not sent: no time was left for it")));
        }
        (request.timeout, request.longest) = (if self.polls { left } else { left.min(PATIENCE) }, LONGEST);
        let answer = match intent {
            Some(intent) => self.ports.http.act(request, intent).await?,
            None => self.ports.http.observe(request).await?,
        };
        budget.heard(used, &answer, self.now());
        Ok((asked, answer))
    }

    /// The request as somebody whom PagerDuty knows.
    async fn known(&self, request: Request) -> Result<Request, Trouble> {
        let door = &self.source.door;
        let mut request = door.access.onto(request, self.ports).await?;
        request.headers.push(("Accept".into(), Secret::new("application/vnd.pagerduty+json;version=2".into())));
        if let Some(token) = &door.token {
            let token = self.ports.secrets.reveal(token).await?;
            request.headers.push(("Authorization".into(), Secret::new(format!("Token token={}", token.expose()))));
        }
        Ok(request)
    }
}

/// Reads a good answer.
pub fn understood<T: DeserializeOwned>(asked: &str, answer: &Response, what: &str) -> Result<T, Trouble> {
    if !answer.good() {
        return Err(refusal(answer, asked));
    }
    answer.understood(what, asked, |text| serde_json::from_str(text))
}

fn full(asked: &str, used: Use, wait: Duration) -> Trouble {
    let kept = if used == Use::Poll { "; what is left is kept for acts" } else { "" };
    let wait = Duration::from_secs(wait.as_secs() + 1);
    let text = format!(
        "{asked} was not sent: the requests that PagerDuty allows are used up for {}{kept}",
        humantime::format_duration(wait)
    );
    Trouble { retry_after: Some(wait), ..Trouble::new(Reason::Limited, text) }
}
