//! The shapes of status pages. Tolerant: fields that aren't needed are not looked at, and a word that is not known is no health.

use crate::domain::health::FeedState;
use crate::feeds::parts;
use serde::Deserialize;
use serde::de::Error;
use serde_json::{Error as NoPage, Result};

pub struct Format {
    pub name: &'static str,
    /// Below the page's address.
    pub path: &'static str,
    pub has_components: bool,
    pub read: fn(&str) -> Result<Page>,
}

/// The first is the one that is meant when none is named.
pub const FORMATS: [Format; 4] = [
    Format { name: "statuspage", path: "api/v2/summary.json", has_components: true, read: summary },
    Format { name: "betterstack", path: "index.json", has_components: false, read: betterstack },
    Format { name: "instatus", path: "summary.json", has_components: false, read: instatus },
    Format { name: "rootly", path: "api/v1/status.json", has_components: false, read: summary },
];

/// What every format comes to.
pub struct Page {
    pub state: FeedState,
    /// The vendor's own summary.
    pub words: String,
    pub maintenance: bool,
    pub components: Vec<Component>,
    pub incidents: Vec<Incident>,
}

pub struct Component {
    pub id: String,
    pub part: parts::Part,
}

/// One that is open, or maintenance that has begun.
pub struct Incident {
    /// `Slow captures (identified)`
    pub told: String,
    /// Ids of components.
    pub touches: Vec<String>,
}

#[derive(Deserialize)]
struct Summary {
    status: Indicator,
    #[serde(default)]
    components: Vec<Part>,
    #[serde(default)]
    incidents: Vec<Event>,
    #[serde(default)]
    scheduled_maintenances: Vec<Event>,
}

#[derive(Deserialize)]
struct Indicator {
    indicator: String,
    description: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    id: String,
    name: String,
    status: String,
}

#[derive(Deserialize)]
struct Event {
    name: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    components: Vec<Touched>,
    #[serde(default)]
    incident_updates: Vec<Update>,
}

#[derive(Deserialize)]
struct Touched {
    id: String,
}

#[derive(Deserialize)]
struct Update {
    affected_components: Option<Vec<Affected>>,
}

#[derive(Deserialize)]
struct Affected {
    code: String,
}

fn summary(text: &str) -> Result<Page> {
    let summary: Summary = serde_json::from_str(text)?;
    let begun = |event: &Event| ["in_progress", "verifying"].contains(&event.status.as_str());
    let open = |event: &Event| !["resolved", "postmortem"].contains(&event.status.as_str());
    let maintenance: Vec<Event> = summary.scheduled_maintenances.into_iter().filter(begun).collect();
    let Indicator { indicator, description } = summary.status;
    Ok(Page {
        state: state(&indicator),
        words: description.filter(|words| !words.is_empty()).unwrap_or(indicator),
        components: summary.components.into_iter().map(component).collect(),
        maintenance: !maintenance.is_empty(),
        incidents: summary.incidents.into_iter().filter(open).chain(maintenance).map(incident).collect(),
    })
}

fn component(part: Part) -> Component {
    let Part { id, name, status } = part;
    Component { id, part: parts::Part { name, state: state(&status), words: status.replace('_', " ") } }
}

fn incident(event: Event) -> Incident {
    let named = event.components.into_iter().map(|touched| touched.id);
    let affected = event.incident_updates.into_iter().flat_map(|update| update.affected_components.unwrap_or_default());
    let touches = named.chain(affected.map(|affected| affected.code)).collect();
    Incident { told: told(&event.name, &event.status), touches }
}

fn told(name: &str, status: &str) -> String {
    if status.is_empty() { name.to_owned() } else { format!("{name} ({})", status.replace('_', " ").to_lowercase()) }
}

/// The words of all formats: none means two things.
fn state(word: &str) -> FeedState {
    match word.to_ascii_lowercase().as_str() {
        "none" | "operational" | "up" => FeedState::Healthy,
        "minor" | "degraded_performance" | "degraded" | "partial_outage" | "hasissues" => FeedState::Degraded,
        "major" | "critical" | "major_outage" | "downtime" => FeedState::Failing,
        "maintenance" | "under_maintenance" | "undermaintenance" => FeedState::Maintenance,
        _ => FeedState::Unknown,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instatus {
    page: Status,
    #[serde(default)]
    active_incidents: Vec<Event>,
    #[serde(default)]
    active_maintenances: Vec<Event>,
}

#[derive(Deserialize)]
struct Status {
    status: String,
}

fn instatus(text: &str) -> Result<Page> {
    let page: Instatus = serde_json::from_str(text)?;
    Ok(Page {
        maintenance: !page.active_maintenances.is_empty(),
        incidents: page.active_incidents.into_iter().chain(page.active_maintenances).map(incident).collect(),
        ..bare(&page.page.status)
    })
}

/// It is JSON:API.
fn betterstack(text: &str) -> Result<Page> {
    let document: serde_json::Value = serde_json::from_str(text)?;
    let word = document.pointer("/data/attributes/aggregate_state").and_then(serde_json::Value::as_str);
    word.map(bare).ok_or_else(|| NoPage::custom("it has no data.attributes.aggregate_state"))
}

fn bare(word: &str) -> Page {
    let words = word.to_lowercase();
    Page { state: state(word), words, maintenance: false, components: Vec::new(), incidents: Vec::new() }
}
