//! One Alertmanager of a cluster: what is asked of it and what is written to it. Knows nothing of merging.

use super::Alertmanager;
use super::wire::{Listed, Reader};
use crate::domain::entry::Intent;
use crate::domain::trouble::Trouble;
use crate::ports::{Ports, Request, Response, below};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::Url;

/// The longest answer: about 180,000 alerts. More than that is no queue.
const LONGEST: usize = 128 << 20;
/// For front doors that insist on another address.
const REDIRECTS: usize = 3;

#[derive(Clone, Copy)]
pub struct Peer<'a> {
    pub source: &'a Alertmanager,
    pub url: &'a Url,
    pub ports: &'a Ports,
    /// How long one answer may take.
    pub limit: Duration,
}

/// An answer that was understood, and the peer's clock.
pub struct Read<T> {
    pub value: T,
    pub date: Option<DateTime<Utc>>,
}

impl Peer<'_> {
    /// Asks and reads the answer with `parse`; `what` it should be stands in messages.
    pub async fn read<T>(
        &self,
        path: &str,
        what: &str,
        parse: impl FnOnce(&str) -> serde_json::Result<T>,
    ) -> Result<Read<T>, Trouble> {
        let (asked, answer) = self.ask(path).await?;
        if !answer.good() {
            return Err(answer.refusal(&asked));
        }
        let value = answer.understood(what, &asked, parse)?;
        Ok(Read { value, date: answer.date })
    }

    /// Like `read`, for something that the peer may not know.
    pub async fn find<T>(
        &self,
        path: &str,
        what: &str,
        parse: impl FnOnce(&str) -> serde_json::Result<T>,
    ) -> Result<Option<T>, Trouble> {
        let (asked, answer) = self.ask(path).await?;
        match answer.status {
            200..=299 => answer.understood(what, &asked, parse).map(Some),
            404 => Ok(None),
            _ => Err(answer.refusal(&asked)),
        }
    }

    /// What these matchers keep, whatever the source lists.
    pub async fn with<T: DeserializeOwned>(&self, path: &str, matchers: &[String], what: &str) -> Result<T, Trouble> {
        let mut request = self.question(path).await?;
        request.url.query_pairs_mut().extend_pairs(matchers.iter().map(|matcher| ("filter", matcher)));
        let (asked, answer) = (request.told(), self.ports.http.observe(request).await?);
        if answer.good() {
            answer.understood(what, &asked, |text| serde_json::from_str(text))
        } else {
            Err(answer.refusal(&asked))
        }
    }

    /// Asks for the alerts and reads them as they come.
    pub async fn alerts(&self, mut reader: Reader<'_>) -> Result<Read<Vec<Listed>>, Trouble> {
        let mut request = self.question("alerts").await?;
        if !self.source.query.is_empty() {
            request.url.query_pairs_mut().extend_pairs(&self.source.query);
        }
        let asked = request.told();
        let answer = self.ports.http.stream(request, &mut |piece| reader.take(piece)).await?;
        if !answer.good() {
            return Err(answer.refusal(&asked));
        }
        let value = answer.judged("a list of alerts", &asked, reader.end())?;
        Ok(Read { value, date: answer.date })
    }

    async fn ask(&self, path: &str) -> Result<(String, Response), Trouble> {
        let request = self.question(path).await?;
        let (asked, answer) = (request.told(), self.ports.http.observe(request).await?);
        self.source.clocks.hear(self.url, &answer, self.ports.clock.now().wall);
        Ok((asked, answer))
    }

    async fn question(&self, path: &str) -> Result<Request, Trouble> {
        Ok(Request { redirects: REDIRECTS, ..self.request("GET", path).await? })
    }

    /// Changes something. Any answer, whatever its status.
    pub async fn write(
        &self,
        method: &'static str,
        path: &str,
        body: Option<Bytes>,
        intent: Intent,
    ) -> Result<Response, Trouble> {
        let mut request = self.request(method, path).await?;
        if body.is_some() {
            request.headers.push(("Content-Type".into(), crate::domain::secret::Secret::new("application/json".into())));
        }
        request.body = body;
        self.ports.http.act(request, intent).await
    }

    async fn request(&self, method: &'static str, path: &str) -> Result<Request, Trouble> {
        let url = below(self.url, &format!("api/v2/{path}"));
        let request = Request { method, timeout: self.limit, longest: LONGEST, ..Request::get(url) };
        self.source.access.onto(request, self.ports).await
    }

    /// `POST http://am-1:9093/api/v2/silences`, for messages.
    pub fn told(&self, method: &'static str, path: &str) -> String {
        Request { method, ..Request::get(below(self.url, &format!("api/v2/{path}"))) }.told()
    }
}
