//! The stream of events. What is in an event is nobody's concern: each one says that the lists are to be asked for again.

use super::api::{Api, missing_permission};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Piece, Request, Response};
use serde_json::json;

/// The events after which a list may be another one.
const TYPES: [&str; 7] = [
    "StateChange",
    "AcknowledgementSet",
    "AcknowledgementCleared",
    "DowntimeAdded",
    "DowntimeRemoved",
    "DowntimeTriggered",
    "Flapping",
];

/// Listens as long as the server speaks. Of what ends that only a right that is missing is told: it stays so, and a poll, which
/// needs another one, does not find it.
pub async fn follow(api: Api<'_>, tell: Piece<'_>) -> Result<(), Trouble> {
    // Older servers share out what is told among all clients that name the same queue.
    let queue = format!("midwatch-{}-{}", api.source.name, api.ports.clock.now().wall.timestamp_micros());
    let Ok(request) = api.request("events", &json!({"types": TYPES, "queue": queue, "verbose": 1})).await else { return Ok(()) };
    let request = Request { longest: usize::MAX, ..request };
    let answer = api.ports.http.stream(request, tell).await;
    match answer {
        Ok(answer) if !answer.good() => lacking(api, &answer).await.map_or(Ok(()), Err),
        _ => Ok(()),
    }
}

/// What the user may not listen to. Servers that don't say so themselves answer as if there were no events; they tell all
/// that a user may.
async fn lacking(api: Api<'_>, answer: &Response) -> Option<Trouble> {
    let permissions = match missing_permission(answer) {
        Some(permission) => permission,
        None if answer.status == 404 => unlisted(&api.permissions().await.ok()?)?,
        None => return None,
    };
    Some(Trouble::new(Reason::Denied, format!("its API user lacks the permission {permissions}")))
}

/// The permissions for events that are not among these; `None` where all of them are.
fn unlisted(permissions: &[String]) -> Option<String> {
    let has = |kind: &str| permissions.iter().any(|permission| holds(permission, &format!("events/{kind}")));
    let lacking: Vec<_> = TYPES.iter().filter(|kind| !has(kind)).map(|kind| format!("events/{kind}")).collect();
    match lacking.len() {
        0 => None,
        all if all == TYPES.len() => Some("events/*".to_owned()),
        _ => Some(lacking.join(", ")),
    }
}

/// Letters of any case, and `*` for any number of characters.
fn holds(permission: &str, wanted: &str) -> bool {
    let expression = regex::escape(permission).replace("\\*", ".*");
    regex::Regex::new(&format!("(?i)^{expression}$")).is_ok_and(|expression| expression.is_match(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_be_heard_is_named() {
        let lacking = |permissions: &[&str]| unlisted(&permissions.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(lacking(&["objects/query/*", "status/query"]).as_deref(), Some("events/*"));
        assert_eq!((lacking(&["*"]), lacking(&["events/*"])), (None, None));
        let most = ["events/statechange", "events/Ack*", "events/*ing", "events/Downtime?", "events/DowntimeA*"];
        assert_eq!(lacking(&most).as_deref(), Some("events/DowntimeRemoved, events/DowntimeTriggered"));
    }
}
