//! One message to an address that may be a secret itself, and what its answer means. Nobody can be asked later whether it arrived, so
//! what may have arrived is unknown; what certainly has not waits, also as long as the other side wants to be left alone.

use crate::domain::act::{ActEnd, Outcome};
use crate::domain::entry::Intent;
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Access, Ports, Request, Response, address};
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(6);
/// How long a program may take that gives a secret: all of it has to end before somebody else looks what became of it.
const READY: Duration = Duration::from_secs(3);
/// As long as this a person waits with it; after that it is kept.
const WAITED: Duration = Duration::from_secs(5);
/// How long nothing is sent after a 429 that does not say when to come back.
const UNTOLD: Duration = Duration::from_secs(20);
/// An answer is a word or two.
const LONGEST: usize = 64 << 10;

/// Where it is.
pub enum Place {
    /// Written as anything is written: it is struck out of nothing, though it isn't shouted about either.
    Plain(Url),
    Secret(SecretRef),
}

pub struct Door {
    pub place: Place,
    pub access: Access,
    /// On the clock that counts sleep.
    closed_until: Mutex<Duration>,
}

impl Door {
    pub fn new(place: Place, access: Access) -> Self {
        Self { place, access, closed_until: Mutex::default() }
    }

    pub async fn send(&self, body: &Value, intent: Intent, ports: &Ports) -> ActEnd {
        let ready = tokio::time::timeout(READY, self.request(body, intent, ports)).await;
        let late = || Err(Trouble::new(Reason::Local, "its secrets were not there in time"));
        let request = match ready.unwrap_or_else(|_| late()) {
            Ok(request) => request,
            Err(trouble) => return ActEnd::unsent(&[trouble]),
        };
        match self.once(request.clone(), intent, ports).await {
            Err(wait) if wait <= WAITED => {
                tokio::time::sleep(wait).await;
                let again = self.once(request, intent, ports).await;
                again.unwrap_or_else(busy)
            }
            ended => ended.unwrap_or_else(busy),
        }
    }

    async fn request(&self, body: &Value, intent: Intent, ports: &Ports) -> Result<Request, Trouble> {
        let url = match &self.place {
            Place::Plain(url) => url.clone(),
            Place::Secret(secret) => revealed(secret, ports).await?,
        };
        let mut request = self.access.onto(Request { method: "POST", ..Request::get(url) }, ports).await?;
        request.headers.push(("Content-Type".into(), Secret::new("application/json".into())));
        // Who has had it already knows it by this.
        request.headers.push(("Idempotency-Key".into(), Secret::new(intent.id().to_string())));
        (request.timeout, request.longest, request.hidden) = (PATIENCE, LONGEST, true);
        request.body = Some(body.to_string().into());
        Ok(request)
    }

    /// An error is how long it has to wait: nothing was taken.
    async fn once(&self, request: Request, intent: Intent, ports: &Ports) -> Result<ActEnd, Duration> {
        let left = self.closed_until().saturating_sub(ports.clock.now().mono);
        if !left.is_zero() {
            return Err(left);
        }
        let asked = request.told();
        match ports.http.act(request, intent).await {
            Ok(answer) if answer.status == 429 => {
                let wait = answer.retry_after().unwrap_or(UNTOLD);
                *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner) = ports.clock.now().mono + wait;
                Err(wait)
            }
            Ok(answer) => Ok(meant(&answer, &asked)),
            Err(trouble) if trouble.sent => Ok(ActEnd::new(Outcome::Unknown, format!("it may have arrived: {trouble}"))),
            Err(trouble) => Ok(ActEnd::unsent(&[trouble])),
        }
    }

    fn closed_until(&self) -> Duration {
        *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn revealed(secret: &SecretRef, ports: &Ports) -> Result<Url, Trouble> {
    let url = ports.secrets.reveal(secret).await?;
    address(url.expose())
        .ok_or_else(|| Trouble::new(Reason::Local, format!("{secret} holds no address such as https://host/path")))
}

fn meant(answer: &Response, asked: &str) -> ActEnd {
    match answer.status {
        // A login page or a proxy's takes nothing on.
        _ if answer.good() && answer.is_page() => {
            let page = answer.words().unwrap_or_else(|| "a page".to_owned());
            ActEnd::new(Outcome::Failed, format!("{asked} answered {page}: is this the right address?"))
        }
        _ if answer.good() => ActEnd::new(Outcome::Done, "taken"),
        500.. => ActEnd::new(Outcome::Unknown, format!("it may have arrived: {}", answer.refusal(asked))),
        _ => ActEnd::new(Outcome::Failed, answer.refusal(asked).text),
    }
}

fn busy(wait: Duration) -> ActEnd {
    let wait = humantime::format_duration(Duration::from_secs(wait.as_secs().max(1)));
    ActEnd::new(Outcome::Unsent, format!("not sent: it wants to be left alone for another {wait}"))
}
