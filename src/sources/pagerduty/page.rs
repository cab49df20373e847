//! Pages, by the Events API: whoever is on call for the integration's service is called. It takes an event and works it off later,
//! so it is read back from the incidents. Invariant: the key of an event is the id of its intent, so that one that is sent again
//! joins the first.

use super::PagerDuty;
use super::door::Caller;
use super::wire::{Incident, Page};
use crate::domain::act::{ActEnd, Outcome};
use crate::domain::entry::Intent;
use crate::domain::node::{Node, Problems};
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Ports, Request, Response, below};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use url::Url;

/// How long one request may take, and how often an event is sent whose answer is lost: it is one event all the same.
const PATIENCE: Duration = Duration::from_secs(4);
const TRIES: usize = 2;
/// How often, and after which pause, the incident is looked for: an event is worked off within seconds.
const LOOKS: usize = 6;
const PAUSE: Duration = Duration::from_millis(700);
/// Until when it is looked for.
const READ_BACK: Duration = Duration::from_secs(8);

/// `{dba: {env: PAGERDUTY_DBA_KEY}}`: whom, and the key of the integration that calls them.
pub fn parse(node: &Node, problems: &mut Problems) -> Option<Vec<(String, SecretRef)>> {
    let all: Vec<_> =
        node.map(problems)?.iter().map(|(to, node)| Some((to.text.clone(), SecretRef::parse(node, problems)?))).collect();
    all.into_iter().collect()
}

/// Whatever an event of this intent is called there.
fn key(intent: Intent) -> String {
    format!("midwatch-{}", intent.id())
}

pub async fn page(source: &PagerDuty, said: (&str, &str, &str), intent: Intent, ports: &Ports) -> ActEnd {
    let request = match request(source, said, intent, ports).await {
        Ok(request) => request,
        Err(trouble) => return ActEnd::unsent(&[trouble]),
    };
    match send(request, intent, ports).await {
        Ok(()) => read_back(source, "PagerDuty took it", intent, ports).await,
        Err(end) if end.outcome == Outcome::Unknown => read_back(source, end.detail.raw(), intent, ports).await,
        Err(end) => end,
    }
}

async fn request(
    source: &PagerDuty,
    (to, text, by): (&str, &str, &str),
    intent: Intent,
    ports: &Ports,
) -> Result<Request, Trouble> {
    let nobody = || format!("`page` of {} names nobody `{}`", source.name, crate::domain::text::inert(to));
    let (_, key_of) = source.pages.iter().find(|(name, _)| name == to).ok_or_else(|| Trouble::new(Reason::Local, nobody()))?;
    let routing_key = ports.secrets.reveal(key_of).await?;
    let event = json!({
        "routing_key": routing_key.expose(), "event_action": "trigger", "dedup_key": key(intent), "client": "midwatch",
        "payload": {"summary": text, "source": format!("midwatch, {by}"), "severity": "critical", "custom_details": {"paged_by": by}},
    });
    let mut request = Request { method: "POST", timeout: PATIENCE, ..Request::get(events(&source.door.url)) };
    request.headers.push(("Content-Type".into(), Secret::new("application/json".into())));
    request.body = Some(event.to_string().into());
    Ok(request)
}

/// Events have a host of their own beside that of the API, in every region.
fn events(api: &Url) -> Url {
    let mut url = below(api, "v2/enqueue");
    if let Some(rest) = api.host_str().and_then(|host| host.strip_prefix("api.")) {
        // Another name in the place of a name.
        let _ = url.set_host(Some(&format!("events.{rest}")));
    }
    url
}

/// Sends it until it is taken. An error is the end of the act; an unknown one may have been taken.
async fn send(request: Request, intent: Intent, ports: &Ports) -> Result<(), ActEnd> {
    let asked = request.told();
    let mut unsure = None;
    for _ in 0..TRIES {
        match ports.http.act(request.clone(), intent).await {
            Ok(answer) if answer.good() => return Ok(()),
            Ok(answer) if answer.status >= 500 => unsure = Some(answer.refusal(&asked)),
            Ok(answer) => return Err(refused(&answer, &asked)),
            Err(trouble) if trouble.sent => unsure = Some(trouble),
            Err(trouble) => {
                return Err(
                    unsure.map_or_else(|| ActEnd::unsent(&[trouble]), |before| ActEnd::new(Outcome::Unknown, before.text))
                );
            }
        }
    }
    Err(ActEnd::new(Outcome::Unknown, unsure.map(|trouble| trouble.text).unwrap_or_default()))
}

/// A no. Too many events are none of them wrong: this one waits.
fn refused(answer: &Response, asked: &str) -> ActEnd {
    #[derive(Deserialize, Default)]
    struct Wrong {
        #[serde(default)]
        errors: Vec<String>,
    }
    let trouble = answer.refusal(asked);
    if answer.status == 429 {
        return ActEnd::new(Outcome::Unsent, format!("not sent: {trouble}"));
    }
    let wrong: Wrong = serde_json::from_slice(&answer.body).unwrap_or_default();
    let errors = if wrong.errors.is_empty() { String::new() } else { format!(": {}", wrong.errors.join(", ")) };
    ActEnd::new(Outcome::Failed, format!("{}{errors}", trouble.text.raw()))
}

/// Looks for the incident that it becomes; `sent` says what is known of it otherwise.
async fn read_back(source: &PagerDuty, sent: &str, intent: Intent, ports: &Ports) -> ActEnd {
    let caller = Caller::acting(source, ports, READ_BACK);
    let mut why = "no incident of it is to be seen yet: it may come, or be held back by rules there".to_owned();
    let mut pace = tokio::time::interval(PAUSE);
    for _ in 0..LOOKS {
        pace.tick().await;
        match there(&caller, intent).await {
            Ok(Some(incident)) => return called(&incident),
            Ok(None) => {}
            Err(trouble) => why = format!("it could not be read back: {trouble}"),
        }
    }
    ActEnd::new(Outcome::Unknown, format!("{sent}, but {why}"))
}

/// The incident of this intent.
pub async fn there(caller: &Caller<'_>, intent: Intent) -> Result<Option<Incident>, Trouble> {
    let query = [("incident_key", key(intent)), ("date_range", "all".into()), ("limit", "1".into())];
    let page: Page = caller.read("incidents", &query, "a list of incidents").await?;
    // An account that knows no such filter lists others.
    Ok(page.incidents.into_iter().find(|incident| incident.incident_key.as_deref() == Some(&key(intent))))
}

fn called(incident: &Incident) -> ActEnd {
    let people: Vec<&str> = incident.assignees().map(|who| who.called()).collect();
    let people = if people.is_empty() { "nobody is assigned".to_owned() } else { format!("{} is called", people.join(", ")) };
    let end = ActEnd::new(
        Outcome::Done,
        format!("incident {} is {}; {people}", incident.id, incident.status.as_deref().unwrap_or("there")),
    );
    ActEnd { made: Some(incident.id.as_str().into()), ..end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_a_host_of_their_own_in_every_region() {
        let at = |api: &str| events(&api.parse().expect("an address")).to_string();
        assert_eq!(at("https://api.pagerduty.com"), "https://events.pagerduty.com/v2/enqueue");
        assert_eq!(at("https://api.eu.pagerduty.com/"), "https://events.eu.pagerduty.com/v2/enqueue");
        assert_eq!(at("http://127.0.0.1:8080"), "http://127.0.0.1:8080/v2/enqueue");
    }
}
