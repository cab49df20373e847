//! One call of the API, by whichever version answers: where who we are stands in it, and what a no means. Errors come with
//! HTTP 200. Tokens stand in headers and bodies, and in no message.

use super::wire::{Failure, Reply};
use super::{Login, Zabbix};
use crate::domain::entry::Intent;
use crate::domain::secret::Secret;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Auth, Ports, Request, Response, below};
use chrono::{DateTime, Utc};
use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Value, json};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

/// The longest answer: far more than a page of problems.
const LONGEST: usize = 128 << 20;

/// 6.0 is (6, 0).
pub type Version = (u32, u32);

/// What was found out about the server, until it says that it is otherwise.
#[derive(Default)]
pub struct Known {
    version: Option<Version>,
    session: Option<Secret>,
}

#[derive(Clone, Copy)]
pub struct Api<'a> {
    pub source: &'a Zabbix,
    pub ports: &'a Ports,
    /// When all answers must be there, on the clock that counts sleep.
    until: Duration,
    /// How long one answer may take.
    patience: Duration,
}

/// What the server said to an act.
pub enum Said {
    Done,
    /// Nothing was done, or, for a status of 500 and more, probably nothing.
    Refused(u16, Trouble),
}

/// A good answer, or a no, with what was asked and what time it was there.
struct Heard<T> {
    answer: Result<T, Failure>,
    asked: String,
    date: Option<DateTime<Utc>>,
}

impl<'a> Api<'a> {
    pub fn new(source: &'a Zabbix, ports: &'a Ports, limit: Duration) -> Self {
        Self { source, ports, until: ports.clock.now().mono + limit, patience: limit }
    }

    /// Each answer is waited for only so long.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    pub async fn ask<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, Trouble> {
        self.ask_dated(method, params).await.map(|(value, _)| value)
    }

    /// With what time it is there.
    pub async fn ask_dated<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<(T, Option<DateTime<Utc>>), Trouble> {
        let mut heard = self.as_us(method, &params).await?;
        if heard.answer.as_ref().is_err_and(Failure::is_about_us) {
            self.forget();
            heard = self.as_us(method, &params).await?;
        }
        let asked = heard.asked;
        heard.answer.map(|value| (value, heard.date)).map_err(|failure| failure.trouble(&asked))
    }

    async fn as_us<T: DeserializeOwned>(&self, method: &str, params: &Value) -> Result<Heard<T>, Trouble> {
        let (asked, request) = self.request(method, params).await?;
        let answer = self.ports.http.observe(request).await?;
        understood(&answer, asked)
    }

    /// Does something to one event. An error that was `sent` may have been done.
    pub async fn write(&self, params: Value, intent: Intent) -> Result<Said, Trouble> {
        let (asked, request) = self.request("event.acknowledge", &params).await?;
        let answer = self.ports.http.act(request, intent).await?;
        match answer.status {
            200..300 => {}
            400..=500 => return Ok(Said::Refused(answer.status, answer.refusal(&asked))),
            _ => return Err(Trouble { sent: true, ..answer.refusal(&asked) }),
        }
        let heard = understood::<Value>(&answer, asked)?;
        Ok(match heard.answer {
            Ok(_) => Said::Done,
            Err(failure) => {
                if failure.is_about_us() {
                    self.forget();
                }
                Said::Refused(if failure.is_broken() { 500 } else { 400 }, failure.trouble(&heard.asked))
            }
        })
    }

    /// The version decides how it is asked, and is asked without saying who we are.
    pub async fn version(&self) -> Result<Version, Trouble> {
        if let Some(version) = self.known().version {
            return Ok(version);
        }
        let (asked, request) = self.request_as("apiinfo.version", &json!([]), None).await?;
        let answer = self.ports.http.observe(request).await?;
        let heard: Heard<String> = understood(&answer, asked)?;
        let text = heard.answer.map_err(|failure| failure.trouble(&heard.asked))?;
        let nonsense = || Trouble::new(Reason::Nonsense, format!("{} answered no version: {text}", heard.asked));
        let version = parsed(&text).ok_or_else(nonsense)?;
        self.known().version = Some(version);
        Ok(version)
    }

    async fn session(&self) -> Result<Secret, Trouble> {
        let (user, password) = match &self.source.login {
            Login::Token(token) => return self.ports.secrets.reveal(token).await,
            Login::User(user, password) => (user, password),
        };
        if let Some(session) = self.known().session.clone() {
            return Ok(session);
        }
        let password = self.ports.secrets.reveal(password).await?;
        let name = if self.version().await? < (5, 4) { "user" } else { "username" };
        let params = json!({name: user, "password": password.expose()});
        let (asked, request) = self.request_as("user.login", &params, None).await?;
        let answer = self.ports.http.observe(request).await?;
        let heard: Heard<String> = understood(&answer, asked)?;
        let session = heard.answer.map_err(|failure| Trouble { reason: Reason::Denied, ..failure.trouble(&heard.asked) })?;
        let session = Secret::new(session);
        self.known().session = Some(session.clone());
        Ok(session)
    }

    /// It was updated meanwhile, or the session has ended.
    fn forget(&self) {
        *self.known() = Known::default();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.source.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn request(&self, method: &str, params: &Value) -> Result<(String, Request), Trouble> {
        let version = self.version().await?;
        let session = self.session().await?;
        self.request_as(method, params, Some((version, session))).await
    }

    /// What is asked, for messages, and the request itself.
    async fn request_as(
        &self,
        method: &str,
        params: &Value,
        who: Option<(Version, Secret)>,
    ) -> Result<(String, Request), Trouble> {
        let url = below(&self.source.url, "api_jsonrpc.php");
        let left = self.until.saturating_sub(self.ports.clock.now().mono);
        let request = Request { method: "POST", timeout: left.min(self.patience), longest: LONGEST, ..Request::get(url) };
        let asked = format!("{method} by {}", request.told());
        if left.is_zero() {
            return Err(Trouble::new(Reason::Timeout, format!("{asked} was not sent: no time was left for it")));
        }
        let mut request = self.source.access.onto(request, self.ports).await?;
        request.headers.push(("Content-Type".into(), Secret::new("application/json-rpc".into())));
        let mut body = json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1});
        match who {
            Some((version, session)) if version >= (6, 4) => request.auth = Some(Auth::Bearer(session)),
            Some((_, session)) => body["auth"] = session.expose().into(),
            None => {}
        }
        request.body = Some(body.to_string().into());
        Ok((asked, request))
    }
}

fn understood<T: DeserializeOwned>(answer: &Response, asked: String) -> Result<Heard<T>, Trouble> {
    if !answer.good() {
        return Err(answer.refusal(&asked));
    }
    let answered = answer.understood("a JSON-RPC answer", &asked, |text| {
        let reply: Reply = serde_json::from_str(text)?;
        match (reply.error, reply.result) {
            (Some(failure), _) => Ok(Err(failure)),
            (None, Some(result)) => serde_json::from_str(result.get()).map(Ok),
            (None, None) => Err(serde_json::Error::custom("it has neither a result nor an error")),
        }
    })?;
    Ok(Heard { answer: answered, asked, date: answer.date })
}

fn parsed(text: &str) -> Option<Version> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

impl Failure {
    fn words(&self) -> String {
        let data = self.data.as_deref().filter(|data| !data.is_empty());
        data.or(self.message.as_deref()).unwrap_or("no reason").to_owned()
    }

    /// Who we are was not understood or has ended: no session, an old token, or the other way of saying it.
    fn is_about_us(&self) -> bool {
        let words = self.words().to_lowercase();
        let signs = ["not authori", "re-login", "session terminated", "api token expired", "unexpected parameter \"auth\""];
        signs.iter().any(|sign| words.contains(sign))
    }

    /// The server or its database broke: what was done by then is not known.
    fn is_broken(&self) -> bool {
        matches!(self.code, 1 | -32603 | -32400 | -32300)
    }

    fn trouble(&self, asked: &str) -> Trouble {
        let (reason, advice) = match () {
            () if self.is_about_us() => (Reason::Denied, "; check the credentials in the configuration"),
            () if self.words().contains("o permissions") => (Reason::Denied, ""),
            () => (Reason::Status, ""),
        };
        let text = format!("{asked} was refused: {}{advice}", self.words());
        Trouble { sent: self.is_broken(), ..Trouble::new(reason, text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: i64, data: &str) -> Failure {
        Failure { code, message: Some("Invalid params.".into()), data: Some(data.into()) }
    }

    #[test]
    fn versions_are_read_as_they_are_written() {
        let read = ["6.0.14", "7.0.0rc1", "6.4", "five", ""].map(parsed);
        assert_eq!(read, [Some((6, 0)), Some((7, 0)), Some((6, 4)), None, None]);
    }

    #[test]
    fn an_end_of_the_session_is_told_from_other_refusals() {
        let ours = [
            "Not authorized.",
            "Not authorised.",
            "Session terminated, re-login, please.",
            "API token expired.",
            "Invalid parameter \"/\": unexpected parameter \"auth\".",
        ];
        assert!(ours.iter().all(|words| failure(-32602, words).is_about_us()));
        let other = failure(-32500, "No permissions to referred object or it does not exist!");
        assert!(!other.is_about_us());
        assert_eq!((other.trouble("x").reason, other.trouble("x").sent), (Reason::Denied, false));
        let broken = failure(1, "Error connecting to database.").trouble("problem.get by POST http://z/api_jsonrpc.php");
        assert_eq!((broken.reason, broken.sent), (Reason::Status, true));
        assert!(broken.to_string().ends_with("was refused: Error connecting to database."), "{broken}");
    }
}
