//! One Alertmanager of a cluster: what is asked of it and what is written to it. Knows nothing of merging. Invariant: nothing goes there but
//! with a place on its line; who is told that too many ask now asks again, and says nothing of it.

use super::Alertmanager;
use super::line::Line;
use super::wire::{Listed, Reader};
use crate::domain::entry::Intent;
use crate::domain::stamp::Stamp;
use crate::domain::trouble::Trouble;
use crate::ports::{Piece, Ports, Request, Response, below};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use url::Url;

/// The longest answer: about 180,000 alerts. More than that is no queue.
const LONGEST: usize = 128 << 20;
/// For front doors that insist on another address.
const REDIRECTS: usize = 3;
/// How long it is left alone first when too many ask; then twice as long each time.
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Clone, Copy)]
pub struct Peer<'a> {
    pub source: &'a Alertmanager,
    pub url: &'a Url,
    pub ports: &'a Ports,
    /// How long one answer may take.
    pub limit: Duration,
}

/// An answer that was understood, and how far the peer's clock is ahead by it.
pub struct Read<T> {
    pub value: T,
    pub skew_ms: Option<i64>,
}

/// Too many ask at this moment: it says no, and means later.
fn says_later(answer: &Response) -> bool {
    answer.status == 503 && answer.words().is_some_and(|words| words.starts_with("Limit of concurrent GET requests reached"))
}

/// Any answer, and to what.
struct Heard {
    asked: String,
    answer: Response,
    skew_ms: Option<i64>,
}

impl Peer<'_> {
    /// Asks and reads the answer with `parse`; `what` it should be stands in messages.
    pub async fn read<T>(
        &self,
        path: &str,
        what: &str,
        parse: impl FnOnce(&str) -> serde_json::Result<T>,
    ) -> Result<Read<T>, Trouble> {
        let Heard { asked, answer, skew_ms } = self.look(self.question(path).await?, None).await?;
        if !answer.good() {
            return Err(answer.refusal(&asked));
        }
        let value = answer.understood(what, &asked, parse)?;
        Ok(Read { value, skew_ms })
    }

    /// Like `read`, for something that the peer may not know.
    pub async fn find<T>(
        &self,
        path: &str,
        what: &str,
        parse: impl FnOnce(&str) -> serde_json::Result<T>,
    ) -> Result<Option<T>, Trouble> {
        let Heard { asked, answer, .. } = self.look(self.question(path).await?, None).await?;
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
        let Heard { asked, answer, .. } = self.look(request, None).await?;
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
        let Heard { asked, answer, skew_ms } = self.look(request, Some(&mut |piece| reader.take(piece))).await?;
        if !answer.good() {
            return Err(answer.refusal(&asked));
        }
        let value = answer.judged("a list of alerts", &asked, reader.end())?;
        Ok(Read { value, skew_ms })
    }

    /// Asks, within the time for one answer also once more.
    async fn look(&self, request: Request, mut piece: Option<Piece<'_>>) -> Result<Heard, Trouble> {
        let (asked, began, mut pause) = (request.told(), self.ports.clock.now(), PAUSE);
        loop {
            let (answer, skew_ms) = self.look_once(request.clone(), &asked, began, &mut piece).await?;
            let spent = self.ports.clock.now().since(began) + pause;
            if !says_later(&answer) || spent >= self.limit {
                return Ok(Heard { asked, answer, skew_ms });
            }
            sleep(pause).await;
            pause *= 2;
        }
    }

    async fn look_once(
        &self,
        request: Request,
        asked: &str,
        began: Stamp,
        piece: &mut Option<Piece<'_>>,
    ) -> Result<(Response, Option<i64>), Trouble> {
        let line = self.line();
        let _place = line.place(self.limit / 2, asked).await?;
        let before = self.ports.clock.now();
        let timeout = match before.since(began) {
            spent if spent < PAUSE => self.limit,
            spent => self.limit.saturating_sub(spent).max(self.limit / 4),
        };
        let request = Request { timeout, ..request };
        let answer = match piece {
            Some(piece) => self.ports.http.stream(request, &mut **piece).await,
            None => self.ports.http.observe(request).await,
        };
        let now = self.ports.clock.now();
        line.hear(&answer, now.mono);
        let answer = answer?;
        self.source.clocks.hear(self.url, &answer, before.wall, now.wall);
        let skew_ms = answer.skew_ms(before.wall, now.wall);
        Ok((answer, skew_ms))
    }

    pub fn line(&self) -> Arc<Line> {
        self.source.lines.to(self.url)
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
        let line = self.line();
        let _place = line.place(self.limit / 2, &request.told()).await?;
        let answer = self.ports.http.act(request, intent).await;
        line.hear(&answer, self.ports.clock.now().mono);
        answer
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
