//! What the core asks of the outside. Plain values, so that tests can compare them.

use super::calls::Said;
use crate::domain::act::Act;
use crate::domain::alert::Alert;
use crate::domain::attention::Way;
use crate::domain::entry::{Draft, Intent};
use crate::domain::ids::{AlertId, FeedName, IncidentId, QuestionId, RequestId, ServiceName, SourceName};
use crate::domain::playbook::Found;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Make these drafts durable in one transaction; answered by one `Recorded` each, or one `RecordFailed`.
    Record { request: RequestId, drafts: Vec<Draft> },
    /// Do a recorded act; answered by one `ActEnded`.
    Act { intent: Intent, source: SourceName, act: Act },
    /// Call the operator by something outside; answered by one `CallEnded`.
    Call { intent: Intent, way: Way, said: Said },
    /// Look whether an act of an earlier process is there; answered by one `ActFound`.
    Find { intent: Intent, source: SourceName, act: Act },
    /// Ask these now, whatever their schedule says.
    Ask { sources: Vec<SourceName>, feeds: Vec<FeedName> },
    /// Look up what the journal remembers since then, of one alert or of all; answered by one `Recalled`.
    Recall { alert: Option<AlertId>, since: DateTime<Utc> },
    /// Look up what happened since then to these alerts and services and belongs to no incident yet; answered by one `LookedBack`.
    LookBack { incident: IncidentId, since: DateTime<Utc>, alerts: BTreeSet<AlertId>, services: BTreeSet<ServiceName> },
    /// Keep a copy of a file with the journal; answered by one `Kept`.
    Keep { request: RequestId, file: PathBuf },
    /// Give the copy up that this request asked for; nothing answers.
    StopKeeping { request: RequestId },
    /// Look up what was practised since then; answered by one `Practised`.
    RecallPractice { since: DateTime<Utc> },
    /// Export an incident; answered by one `Exported`.
    Export { incident: IncidentId, file: Option<PathBuf> },
    /// Ask the sources that keep a record of their own when this alert fired since then; answered by one `Recounted` of each.
    Recount { alert: Arc<Alert>, since: DateTime<Utc> },
    /// Ask the alert's source what it says only when somebody looks at it; answered by one `Routed` where it has routes, and one
    /// `Opened` where its alerts are made of others.
    Look { alert: Arc<Alert> },
    /// Ask these feeds now, and from now on as their schedule says, also where nothing else is asked.
    Follow { feeds: Vec<FeedName> },
    /// The answer to `Fact::FeedsAsked`.
    Answer { question: QuestionId, found: Found },
    /// Send a `Tick` at this time of `Stamp::mono`; replaces an earlier wish.
    WakeAt(Duration),
    /// Runs of playbooks: start or cancel an attempt.
    Run(super::runs::RunEffect),
}
