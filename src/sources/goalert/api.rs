//! One question or one change: who asks, and what a no means. Errors come with HTTP 200. A user's session ends at some time and
//! is begun anew; a key has its query stored with it, and is sent none.

use super::alert::{Alerts, Node};
use super::{GoAlert, Login};
use crate::domain::entry::Intent;
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Auth, Fault, Ports, Request, Response, below};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Value, json};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

/// The longest answer: far more than a page of alerts.
const LONGEST: usize = 64 << 20;

/// What is asked, one query text for each: whoever makes a key stores it there as it stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    List,
    One,
    Update,
    Escalate,
}

impl Operation {
    fn word(self) -> &'static str {
        match self {
            Self::List => "alerts",
            Self::One => "alert",
            Self::Update => "updateAlerts",
            Self::Escalate => "escalateAlerts",
        }
    }

    fn query(self) -> &'static str {
        match self {
            Self::List => {
                "query($in: AlertSearchOptions) { alerts(input: $in) { nodes { alertID status summary details createdAt service { name } \
                 state { stepNumber lastEscalation } meta { key value } recentEvents(input: {limit: 10}) { nodes { timestamp message } } } \
                 pageInfo { endCursor hasNextPage } } }"
            }
            Self::One => {
                "query($id: Int!) { alert(id: $id) { alertID status summary details createdAt service { name } \
                 state { stepNumber lastEscalation } meta { key value } recentEvents(input: {limit: 10}) { nodes { timestamp message } } } }"
            }
            Self::Update => "mutation($in: UpdateAlertsInput!) { updateAlerts(input: $in) { alertID status } }",
            Self::Escalate => "mutation($ids: [Int!]) { escalateAlerts(input: $ids) { alertID status } }",
        }
    }
}

#[derive(Clone, Copy)]
pub struct Api<'a> {
    pub source: &'a GoAlert,
    pub ports: &'a Ports,
    /// When all answers must be there, on the clock that counts sleep.
    until: Duration,
    patience: Duration,
}

/// What the server said to a change.
pub enum Said {
    Done,
    /// Nothing was done, or, for a status of 500 and more, probably nothing.
    Refused(u16, Trouble),
}

#[derive(Deserialize)]
struct Reply<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Option<Vec<Failure>>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Deserialize, Default)]
struct Extensions {
    code: Option<String>,
}

impl<'a> Api<'a> {
    pub fn new(source: &'a GoAlert, ports: &'a Ports, limit: Duration, patience: Duration) -> Self {
        Self { source, ports, until: ports.clock.now().mono + limit, patience }
    }

    /// A page of alerts, and by how many milliseconds the clock there is ahead.
    pub async fn list(&self, options: &Value) -> Result<(Alerts, Option<i64>), Trouble> {
        #[derive(Deserialize)]
        struct Data {
            alerts: Alerts,
        }
        let before = self.ports.clock.now().wall;
        let (asked, answer) = self.ask(Operation::List, &json!({"in": options})).await?;
        let skew_ms = answer.skew_ms(before, self.ports.clock.now().wall);
        let data: Data = understood(&answer, &asked)?.map_err(|failure| failure.trouble(&asked))?;
        Ok((data.alerts, skew_ms))
    }

    /// One alert; `None` where there is none of this number.
    pub async fn one(&self, id: i64) -> Result<Option<Node>, Trouble> {
        #[derive(Deserialize)]
        struct Data {
            alert: Option<Node>,
        }
        let (asked, answer) = self.ask(Operation::One, &json!({"id": id})).await?;
        match understood::<Data>(&answer, &asked)? {
            Ok(data) => Ok(data.alert),
            Err(failure) if failure.is_about_nothing() => Ok(None),
            Err(failure) => Err(failure.trouble(&asked)),
        }
    }

    /// Changes something. An error that was `sent` may have been done.
    pub async fn write(&self, operation: Operation, variables: &Value, intent: Intent) -> Result<Said, Trouble> {
        let (asked, request) = self.request(operation, variables).await?;
        let answer = self.ports.http.act(request, intent).await?;
        match answer.status {
            200..300 => {}
            400..=500 => return Ok(Said::Refused(answer.status, answer.refusal(&asked))),
            _ => return Err(Trouble { sent: true, ..answer.refusal(&asked) }),
        }
        let understood: Result<Value, Failure> =
            understood(&answer, &asked).map_err(|trouble| Trouble { sent: true, ..trouble })?;
        Ok(understood.map_or_else(|failure| Said::Refused(400, failure.trouble(&asked)), |_| Said::Done))
    }

    async fn ask(&self, operation: Operation, variables: &Value) -> Result<(String, Response), Trouble> {
        let (asked, request) = self.request(operation, variables).await?;
        let answer = self.ports.http.observe(request).await?;
        if answer.status != 401 || self.session().take().is_none() {
            return Ok((asked, answer));
        }
        // The session has ended: who we are is said once more.
        let (asked, request) = self.request(operation, variables).await?;
        Ok((asked, self.ports.http.observe(request).await?))
    }

    fn session(&self) -> MutexGuard<'_, Option<Secret>> {
        self.source.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is asked, for messages, and the request itself.
    async fn request(&self, operation: Operation, variables: &Value) -> Result<(String, Request), Trouble> {
        let (token, query) = match &self.source.login {
            Login::User(user, password) => (self.logged_in(user, password).await?, Some(operation.query())),
            Login::Keys { list, one, update, escalate } => {
                let key = match operation {
                    Operation::List => Some(list),
                    Operation::One => Some(one),
                    Operation::Update => update.as_ref(),
                    Operation::Escalate => escalate.as_ref(),
                };
                let missing = || Trouble::new(Reason::Local, format!("there is no key for {}", operation.word()));
                (self.ports.secrets.reveal(key.ok_or_else(missing)?).await?, None)
            }
        };
        let mut request = self.plain("api/graphql").await?;
        let mut body = json!({"variables": variables});
        if let Some(query) = query {
            body["query"] = query.into();
        }
        request.headers.push(("Content-Type".into(), Secret::new("application/json".into())));
        (request.auth, request.body) = (Some(Auth::Bearer(token)), Some(body.to_string().into()));
        Ok((format!("{} by {}", operation.word(), request.told()), request))
    }

    async fn plain(&self, path: &str) -> Result<Request, Trouble> {
        let left = self.until.saturating_sub(self.ports.clock.now().mono);
        let url = below(&self.source.url, path);
        let request = Request { method: "POST", timeout: left.min(self.patience), longest: LONGEST, ..Request::get(url) };
        if left.is_zero() {
            return Err(Trouble::new(Reason::Timeout, format!("{} was not sent: no time was left for it", request.told())));
        }
        self.source.access.onto(request, self.ports).await
    }

    /// The token of the session, which is begun where there is none.
    async fn logged_in(&self, user: &str, password: &SecretRef) -> Result<Secret, Trouble> {
        if let Some(session) = self.session().clone() {
            return Ok(session);
        }
        let password = self.ports.secrets.reveal(password).await?;
        let mut request = self.plain("api/v2/identity/providers/basic").await?;
        request.url.set_query(Some("noRedirect=1"));
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("username", user)
            .append_pair("password", password.expose())
            .finish();
        request.headers.push(("Content-Type".into(), Secret::new("application/x-www-form-urlencoded".into())));
        // It wants to be sure that its own page asks.
        request.headers.push(("Referer".into(), Secret::new(self.source.url.to_string())));
        request.body = Some(form.into());
        let asked = request.told();
        let answer = self.ports.http.observe(request).await?;
        if !answer.good() {
            return Err(answer.refusal(&asked));
        }
        let session = Secret::new(answer.judged("the token of a session", &asked, token(&answer.body))?);
        *self.session() = Some(session.clone());
        Ok(session)
    }
}

fn token(body: &[u8]) -> Result<String, Fault> {
    let text = std::str::from_utf8(body).map_err(|_| Fault::NotText)?.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte);
    match !text.is_empty() && text.bytes().all(fits) {
        true => Ok(text.to_owned()),
        false => Err(Fault::Other("it has other signs than a token".into())),
    }
}

/// What was answered, or the first thing that was wrong.
fn understood<T: DeserializeOwned>(answer: &Response, asked: &str) -> Result<Result<T, Failure>, Trouble> {
    if !answer.good() {
        return Err(answer.refusal(asked));
    }
    answer.understood("a GraphQL answer", asked, |text| {
        // What came with an error is of any shape.
        let failed: Reply<serde::de::IgnoredAny> = serde_json::from_str(text)?;
        if let Some(failure) = failed.errors.unwrap_or_default().into_iter().next() {
            return Ok(Err(failure));
        }
        let reply: Reply<T> = serde_json::from_str(text)?;
        reply.data.map(Ok).ok_or_else(|| serde_json::Error::custom("it has neither data nor errors"))
    })
}

impl Failure {
    fn is_about_nothing(&self) -> bool {
        let words = self.message.to_lowercase();
        words.contains("not found") || words.contains("no rows")
    }

    fn trouble(&self, asked: &str) -> Trouble {
        let message = if self.message.is_empty() { "no reason" } else { &self.message };
        let (reason, advice) = match self.extensions.code.as_deref() {
            Some("invalid_query") => {
                (Reason::Denied, "; the key was made for another query: see the documentation of this source")
            }
            _ if message.contains("permission") || message.contains("access denied") => (Reason::Denied, ""),
            _ => (Reason::Status, ""),
        };
        Trouble::new(reason, format!("{asked} was refused: {message}{advice}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queries_that_keys_are_made_with_stand_in_the_documentation() {
        let docs = include_str!("../../../docs/sources.md");
        for operation in [Operation::List, Operation::One, Operation::Update, Operation::Escalate] {
            assert!(docs.contains(&format!("\n{}\n", operation.query())), "{operation:?}: {}", operation.query());
        }
    }

    #[test]
    fn a_token_is_one_word() {
        assert_eq!(token(b" abc-_.~+/= \n").ok().as_deref(), Some("abc-_.~+/="));
        assert!(token(b"").is_err() && token(b"{\"status\": 1}").is_err() && token(b"\xff").is_err());
    }
}
