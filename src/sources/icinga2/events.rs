//! The stream of events. What is in an event is nobody's concern: each one says that the lists are to be asked for again.

use super::api::Api;
use crate::ports::{Piece, Request};
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

/// Listens as long as the server speaks. Why it stopped, or never began, is not told: what a poll finds says it better.
pub async fn follow(api: Api<'_>, tell: Piece<'_>) {
    // Older servers share out what is told among all clients that name the same queue.
    let queue = format!("midwatch-{}-{}", api.source.name, api.ports.clock.now().wall.timestamp_micros());
    let Ok(request) = api.request("events", &json!({"types": TYPES, "queue": queue})).await else { return };
    let request = Request { longest: usize::MAX, ..request };
    let _ = api.ports.http.stream(request, tell).await;
}
