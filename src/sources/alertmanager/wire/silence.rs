//! Silences, as they are listed and as they are written.

use super::{Text, time};
use crate::domain::alert::{Silence, SilenceMatcher, SilenceState};
use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A silence as one peer lists it.
#[derive(Debug)]
pub struct Kept {
    pub silence: Silence,
    pub updated: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GettableSilence<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(default)]
    matchers: Option<Vec<Matcher>>,
    #[serde(borrow, default)]
    starts_at: Option<Text<'a>>,
    #[serde(borrow, default)]
    ends_at: Option<Text<'a>>,
    #[serde(borrow, default)]
    updated_at: Option<Text<'a>>,
    #[serde(default)]
    created_by: Option<Outside>,
    #[serde(default)]
    comment: Option<Outside>,
    #[serde(borrow, default)]
    status: Option<SilenceStatus<'a>>,
}

#[derive(Deserialize)]
struct SilenceStatus<'a> {
    #[serde(borrow, default)]
    state: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Matcher {
    name: Outside,
    value: Outside,
    #[serde(default)]
    is_regex: bool,
    /// Since 0.22; left out, it is true.
    #[serde(default = "yes")]
    is_equal: bool,
}

fn yes() -> bool {
    true
}

impl From<&SilenceMatcher> for Matcher {
    fn from(matcher: &SilenceMatcher) -> Self {
        let SilenceMatcher { name, value, regex, equal } = matcher.clone();
        Self { name, value, is_regex: regex, is_equal: equal }
    }
}

impl From<Matcher> for SilenceMatcher {
    fn from(matcher: Matcher) -> Self {
        Self { name: matcher.name, value: matcher.value, regex: matcher.is_regex, equal: matcher.is_equal }
    }
}

pub fn silences(text: &str) -> serde_json::Result<Vec<Kept>> {
    let list: Vec<GettableSilence> = serde_json::from_str(text)?;
    Ok(list.into_iter().map(kept).collect())
}

pub fn silence(text: &str) -> serde_json::Result<Kept> {
    serde_json::from_str(text).map(kept)
}

fn kept(wire: GettableSilence) -> Kept {
    let state = wire.status.and_then(|status| status.state);
    let silence = Silence {
        id: (*wire.id.0).into(),
        matchers: wire.matchers.unwrap_or_default().into_iter().map(Into::into).collect(),
        starts_at: time(wire.starts_at.as_ref()),
        ends_at: time(wire.ends_at.as_ref()),
        created_by: wire.created_by.unwrap_or_default(),
        comment: wire.comment.unwrap_or_default(),
        state: match state.as_ref().map(|text| &*text.0) {
            Some("expired") => SilenceState::Expired,
            Some("pending") => SilenceState::Pending,
            _ => SilenceState::Active,
        },
    };
    Kept { silence, updated: time(wire.updated_at.as_ref()) }
}

/// A silence to be written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostableSilence<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    pub matchers: Vec<Matcher>,
    pub starts_at: String,
    pub ends_at: String,
    pub created_by: &'a str,
    pub comment: String,
}

/// The answer to a silence that was written.
pub fn written(text: &str) -> serde_json::Result<String> {
    #[derive(Deserialize)]
    struct Written {
        #[serde(rename = "silenceID")]
        id: String,
    }
    serde_json::from_str::<Written>(text).map(|written| written.id)
}
