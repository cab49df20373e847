//! One line of the incident record: what somebody wants kept (`Draft`), and what the journal has kept (`Entry`).

mod clock;
mod flat;
mod kind;

use super::ids::{AlertId, EntryId, IncidentId, OriginId, PlaybookId, RunId, ServiceName, StepId};
use super::millis;
use super::secret::{Secret, redacted};
use chrono::{DateTime, Utc};
pub use clock::Clock;
use flat::Flat;
pub use kind::Kind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

/// The format version that this program writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// Who caused an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub kind: ActorKind,
    pub name: String,
    pub role: Option<String>,
    pub os_user: Option<String>,
    pub tty: Option<String>,
}

impl Actor {
    /// The program itself, reporting what it saw.
    pub fn system(name: impl Into<String>) -> Self {
        Self { kind: ActorKind::System, name: name.into(), role: None, os_user: None, tty: None }
    }

    pub fn person(name: impl Into<String>, role: Option<String>) -> Self {
        Self { kind: ActorKind::Person, name: name.into(), role, os_user: None, tty: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    Person,
    System,
}

/// What the console itself tells that belongs to an incident's past: that a source was lost or is back, that it answered only in part or does
/// as a whole again, that a storm began or is over.
pub const SIGHTS: [&str; 4] = ["source-lost", "source-back", "source-partial", "source-whole"];
pub const STORMS: [&str; 2] = ["storm-began", "storm-ended"];
/// That nobody watched for a time, from `at` until `until`.
pub const UNWATCHED: &str = "unwatched";

/// Whose clock `at` was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AtSource {
    Console,
    Provider,
    Operator,
}

/// The export's filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    Public,
    #[default]
    Internal,
    Restricted,
}

impl Visibility {
    pub const ALL: [Visibility; 3] = [Self::Public, Self::Internal, Self::Restricted];

    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Restricted => "restricted",
        }
    }
}

impl FromStr for Visibility {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|visibility| visibility.word() == text);
        found.ok_or_else(|| format!("`{text}` is none of {}", Self::ALL.map(Self::word).join(", ")))
    }
}

/// A file or page that shows what the entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub name: Option<String>,
    pub sha256: Option<String>,
    pub size: Option<u64>,
    pub url: Option<String>,
}

/// What a correction changes of an entry; the rest stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Amendment {
    pub at: Option<DateTime<Utc>>,
    pub text: Option<String>,
    pub kind: Option<Kind>,
    /// It belongs to this incident.
    pub incident: Option<IncidentId>,
    pub visibility: Option<Visibility>,
    pub important: Option<bool>,
}

/// What somebody wants recorded. All fields stand in the stored JSON; unknown things are null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Names an outside fact, so that two observers make one entry of it.
    pub key: Option<String>,
    /// Other names under which it may stand already: whoever saw it at another moment may have called it so. Not kept.
    #[serde(skip)]
    pub also: Vec<String>,
    /// When it happened.
    #[serde(with = "millis")]
    pub at: DateTime<Utc>,
    pub at_source: AtSource,
    pub actor: Actor,
    pub kind: Kind,
    /// One line, past tense.
    pub text: String,
    pub incident: Option<IncidentId>,
    pub service: Option<ServiceName>,
    pub alert: Option<AlertId>,
    pub playbook: Option<PlaybookId>,
    pub run: Option<RunId>,
    pub step: Option<StepId>,
    pub attempt: Option<u32>,
    /// The drill that it belongs to; null in real life.
    pub drill: Option<String>,
    pub data: Map<String, Value>,
    pub evidence: Vec<Evidence>,
    pub visibility: Visibility,
    pub important: bool,
    pub corrects: Option<EntryId>,
    pub links: Vec<String>,
    /// Fields of newer versions, kept.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Draft {
    pub fn new(kind: Kind, at: DateTime<Utc>, actor: Actor, text: impl Into<String>) -> Self {
        Self {
            key: None,
            also: Vec::new(),
            at,
            at_source: AtSource::Console,
            actor,
            kind,
            text: text.into(),
            incident: None,
            service: None,
            alert: None,
            playbook: None,
            run: None,
            step: None,
            attempt: None,
            drill: None,
            data: Map::new(),
            evidence: Vec::new(),
            visibility: Visibility::Internal,
            important: false,
            corrects: None,
            links: Vec::new(),
            rest: Map::new(),
        }
    }

    /// Adds one field to `data`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        // Values that are put into drafts are plain data; what can't be JSON is kept as null.
        self.data.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// Without the values of these secrets in anything that a person may have typed. What the program itself relies on
    /// (ids, labels, digests) stays as it is.
    pub fn without(mut self, secrets: &[Secret]) -> Self {
        const TYPED: [&str; 11] =
            ["reason", "text", "title", "ticket", "note", "person", "comment", "detail", "well", "badly", "lucky"];
        self.text = redacted(&self.text, secrets);
        for inside in ["act", "said"] {
            let mut object = self.data.get_mut(inside).and_then(Value::as_object_mut);
            let fields = object.iter_mut().flat_map(|object| object.iter_mut());
            for (_, value) in fields.filter(|(name, _)| TYPED.contains(&name.as_str())) {
                strike(value, secrets);
            }
        }
        for (_, value) in self.data.iter_mut().filter(|(name, _)| TYPED.contains(&name.as_str())) {
            strike(value, secrets);
        }
        self
    }

    /// A text field of `data`.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.data.get(name)?.as_str()
    }

    /// A field of `data` as the type that the reader expects; `None` where it is missing or of another shape.
    pub fn data_of<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.data.get(name)?.clone()).ok()
    }
}

/// A draft that the journal has made durable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Flat")]
pub struct Entry {
    pub v: u32,
    pub id: EntryId,
    pub origin: OriginId,
    /// Gap-free from 1 in its origin.
    pub seq: u64,
    pub clock: Clock,
    #[serde(with = "millis")]
    pub recorded_at: DateTime<Utc>,
    #[serde(flatten)]
    pub draft: Draft,
    /// The chain; not part of the stored JSON.
    #[serde(skip)]
    seal: Option<Seal>,
}

/// What makes tampering visible: `hash = SHA-256(prev ‖ body)`, lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    pub prev: Arc<str>,
    pub hash: Arc<str>,
}

impl Deref for Entry {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.draft
    }
}

impl Entry {
    /// An entry as the journal stamps it, not stored yet.
    ///
    /// An entry that begins something carries its own id: a declaration its incident's, a run its run's.
    pub fn stamped(id: EntryId, origin: OriginId, seq: u64, clock: Clock, recorded_at: DateTime<Utc>, mut draft: Draft) -> Self {
        match draft.kind {
            Kind::Declare => draft.incident = Some(IncidentId(id.0)),
            Kind::Run => draft.run = Some(RunId(id.0)),
            _ => {}
        }
        // In memory it is what it will be when it is read again.
        draft.at = millis::truncated(draft.at);
        draft.also = Vec::new();
        millis::normalise(&mut draft.data);
        Self { v: VERSION, id, origin, seq, clock, recorded_at: millis::truncated(recorded_at), draft, seal: None }
    }

    /// Marks an entry as durable. Only the journal calls this, once the commit has succeeded.
    #[must_use]
    pub fn sealed(mut self, seal: Seal) -> Self {
        self.seal = Some(seal);
        self
    }

    pub fn seal(&self) -> Option<&Seal> {
        self.seal.as_ref()
    }

    /// The order of the fold.
    pub fn order(&self) -> (Clock, OriginId, u64) {
        (self.clock, self.origin, self.seq)
    }

    /// The permission to act on this entry: `None` unless the journal has made it durable.
    pub fn intent(&self) -> Option<Intent> {
        self.seal.as_ref().map(|_| Intent { id: self.id, drill: self.drill.is_some(), began: self.data_of("began") })
    }
}

/// Proof that an intent is durably recorded. Ports that act demand it; only a sealed entry gives one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Intent {
    id: EntryId,
    drill: bool,
    began: Option<DateTime<Utc>>,
}

impl Intent {
    pub fn id(self) -> EntryId {
        self.id
    }

    /// When the problem began that it is about, as it stood on the screen: where an adapter finds one there that began later, that is
    /// another one, which nobody has seen.
    pub fn began(self) -> Option<DateTime<Utc>> {
        self.began
    }

    /// It is of a drill: the ports that reach what is real refuse it.
    pub fn is_drill(self) -> bool {
        self.drill
    }

    /// The same, of a step whose run was let begin only because all that it may touch is declared drillable.
    #[must_use]
    pub fn where_drillable(self) -> Self {
        Self { drill: false, ..self }
    }
}

/// Where a chain stood when something was exported or copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub origin: OriginId,
    pub seq: u64,
    pub hash: String,
}

fn strike(value: &mut Value, secrets: &[Secret]) {
    if let Value::String(text) = value {
        *text = redacted(text, secrets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_typed_into_an_object_loses_its_secrets_too() {
        let typed = json!({"badly": "hunter2 was wrong", "kind": "hunter2"});
        let draft =
            Draft::new(Kind::Drill, DateTime::UNIX_EPOCH, Actor::system("test"), "over").with("said", &typed).with("act", &typed);
        let draft = draft.with("lucky", "hunter2 held").with("digest", "hunter2").without(&[Secret::new("hunter2".into())]);
        assert!(!draft.data["lucky"].to_string().contains("hunter2"), "{:?}", draft.data);
        for inside in ["said", "act"] {
            assert!(!draft.data[inside]["badly"].to_string().contains("hunter2"), "{:?}", draft.data);
            assert_eq!(draft.data[inside]["kind"], "hunter2", "what the program itself relies on stays");
        }
        assert_eq!(draft.data["digest"], "hunter2");
    }

    #[test]
    fn what_a_newer_version_wrote_is_kept() {
        let text = r#"{"v":1,"id":"0193a1b2-0000-7000-8000-000000000001","origin":"0193a1b2-0000-7000-8000-000000000002","seq":1,
            "clock":"5.0000","recorded_at":"2026-01-01T00:00:00.000Z","key":null,"at":"2026-01-01T00:00:00.000Z","at_source":"console",
            "actor":{"kind":"person","name":"ana","role":null,"os_user":null,"tty":null},"kind":"telepathy","text":"t","incident":null,
            "service":null,"alert":"prod/abc","playbook":null,"run":null,"step":null,"attempt":null,"drill":null,"data":{},"evidence":[],
            "visibility":"internal","important":false,"corrects":null,"links":[],"aura":"blue"}"#;
        let entry: Entry = serde_json::from_str(text).expect("parses");
        assert_eq!(entry.kind, Kind::Other("telepathy".into()));
        assert_eq!(entry.rest["aura"], "blue");
        assert_eq!(entry.intent(), None);
    }

    #[test]
    fn an_intent_knows_whether_it_is_practice() {
        let at = DateTime::UNIX_EPOCH;
        let intent = |drill: Option<&str>| {
            let mut draft = Draft::new(Kind::Act, at, Actor::system("s"), "t");
            draft.drill = drill.map(str::to_owned);
            let entry = Entry::stamped(EntryId(uuid::Uuid::nil()), OriginId(uuid::Uuid::nil()), 1, Clock::default(), at, draft);
            entry.sealed(Seal { prev: "".into(), hash: "".into() }).intent().expect("sealed")
        };
        assert!(!intent(None).is_drill());
        assert!(intent(Some("d")).is_drill());
        assert!(!intent(Some("d")).where_drillable().is_drill());
    }
}
