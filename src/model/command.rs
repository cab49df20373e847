//! What a human can ask of the world. Every command names its targets; the guards are part of it and are checked
//! in `World::update`, so that the console and the command line can't differ.

use crate::domain::act::What;
use crate::domain::alert::SilenceMatcher;
use crate::domain::change::Told;
use crate::domain::entry::{Amendment, Evidence, Kind, Visibility};
use crate::domain::ids::{AlertId, EntryId, IncidentId, RequestId, ServiceName, SourceName};
use crate::domain::incident::{Role, Sev, Status};
use crate::domain::maintenance::Subjects;
use crate::domain::text::Outside;
use crate::domain::update::Next;
use crate::model::calls::Call;
use crate::model::practice::Said;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// What a note bears besides its text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    pub important: bool,
    pub visibility: Visibility,
    /// Files that show what it says.
    pub evidence: Vec<Evidence>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Own these alerts for a while; `hold` is the configuration's default where it is `None`. `confirmed` is the number that was
    /// typed where the silences that carry it are broad.
    Acknowledge {
        alerts: Vec<AlertId>,
        hold: Option<Duration>,
        reason: String,
        ticket: Option<String>,
        #[serde(default)]
        confirmed: Option<usize>,
    },
    /// Give the ownership of these alerts up. What is somebody else's elsewhere is taken from them, and that needs a reason.
    Unacknowledge {
        alerts: Vec<AlertId>,
        #[serde(default)]
        reason: String,
    },
    /// Silence on one source whatever the matchers hold. `covers` is the number of alerts that the operator was shown,
    /// `confirmed` the one that was typed where the silence is broad.
    Silence {
        source: SourceName,
        matchers: Vec<SilenceMatcher>,
        hold: Duration,
        reason: String,
        covers: usize,
        confirmed: Option<usize>,
    },
    /// Silence each of these alerts by exactly its labels.
    SilenceEach {
        alerts: Vec<AlertId>,
        hold: Duration,
        reason: String,
        confirmed: Option<usize>,
    },
    /// Let a silence last longer by so much.
    Extend {
        source: SourceName,
        id: Outside,
        by: Duration,
        confirmed: Option<usize>,
    },
    /// End a silence now.
    Expire {
        source: SourceName,
        id: Outside,
    },
    /// Do something to these alerts, each in its own system. `confirmed` is the number that was typed where it keeps quiet
    /// what nobody should lose sight of.
    Act {
        alerts: Vec<AlertId>,
        what: What,
        reason: String,
        confirmed: Option<usize>,
    },
    /// Have somebody called, by a name of the configuration; about an alert, and for an incident, where there is one.
    Page {
        whom: String,
        text: String,
        about: Option<AlertId>,
        incident: Option<IncidentId>,
    },
    /// Call the operator of what is new; nobody typed it.
    Call(Call),
    /// Take back what a request of a moment ago did: acknowledgements and silences.
    Undo {
        request: RequestId,
    },
    /// Do the same again for the targets alone for which it failed.
    Retry {
        request: RequestId,
    },
    /// Tell people elsewhere how an incident stands: those destinations that are named; where none is, all that there are.
    Update {
        incident: IncidentId,
        text: String,
        to: Option<Vec<SourceName>>,
        next: Next,
        /// The label of an incident that is private, typed by whoever wants it told all the same.
        confirmed: Option<String>,
    },
    /// Open an incident, from alerts or from nothing.
    Declare {
        title: String,
        severity: Sev,
        alerts: Vec<AlertId>,
        at: Option<DateTime<Utc>>,
    },
    /// An incident becomes this; what it passes on the way is recorded before, each in its turn.
    SetStatus {
        incident: IncidentId,
        #[serde(default)]
        by_way: Vec<Status>,
        status: Status,
        reason: Option<String>,
        at: Option<DateTime<Utc>>,
    },
    SetSeverity {
        incident: IncidentId,
        severity: Sev,
    },
    SetTitle {
        incident: IncidentId,
        title: String,
    },
    /// From now on this person has this role in the incident, and nobody else; nobody, where it is empty.
    SetRole {
        incident: IncidentId,
        role: Role,
        person: String,
    },
    /// Ask somebody to take an incident over, or the shift with all that this person leads.
    HandOff {
        incident: Option<IncidentId>,
        to: String,
    },
    /// Take over what was offered.
    TakeOver {
        incident: Option<IncidentId>,
    },
    /// All that one incident has recorded is another one's too, and work goes on there.
    Merge {
        incident: IncidentId,
        into: IncidentId,
    },
    /// These entries belong to an incident, or don't after all.
    LinkEntries {
        incident: IncidentId,
        entries: Vec<EntryId>,
        belong: bool,
    },
    /// Make alerts part of an incident.
    LinkAlerts {
        incident: IncidentId,
        alerts: Vec<AlertId>,
    },
    /// Record that something was changed.
    Change(Told),
    /// Work on services or feeds begins now, and is over by itself after a while.
    Maintain {
        subjects: Subjects,
        hold: Duration,
        reason: String,
    },
    /// Whatever work is on these is over already, whoever said that it is on.
    EndMaintenance {
        subjects: Subjects,
    },
    /// Add a line to the log. `kind` is one of note, decision, hypothesis, todo, comms, evidence.
    Note {
        incident: Option<IncidentId>,
        kind: Kind,
        text: String,
        at: Option<DateTime<Utc>>,
        marks: Marks,
    },
    /// Keep a copy of a file with the journal, and record that it is there: beside an entry, where one is meant.
    Attach {
        incident: Option<IncidentId>,
        file: PathBuf,
        text: String,
        about: Option<EntryId>,
    },
    /// Correct what an entry says; the entry itself stays as it was recorded.
    Correct {
        entry: EntryId,
        change: Amendment,
    },
    /// Look up what was practised.
    RecallPractice,
    /// Say something of practice.
    Practise(Said),
    /// What is suspected to be why this service is bad is not why.
    DenyCause {
        service: ServiceName,
    },
    /// Stop what of a request waits to be sent.
    Stop {
        request: RequestId,
    },
    /// Ask every source and feed now.
    Refresh,
    /// Look up what the journal remembers of an alert; of all that fired of late where it is `None`.
    Recall {
        alert: Option<AlertId>,
    },
    /// Export an incident: into a file whose ending says the format, or to be read.
    Export {
        incident: IncidentId,
        file: Option<PathBuf>,
    },
    /// Drills.
    Drill(super::drills::Drilling),
    /// Playbooks.
    Run(super::runs::RunCommand),
}
