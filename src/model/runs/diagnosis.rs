//! Runs that nobody began: the checks with which a playbook begins, as far as they only look and need nobody. Such a run is a
//! diagnosis. It is recorded step by step like any other, marked in each of its entries, decides nothing, and is never among
//! the runs of people.

use super::whole::{end, nothing_runs};
use super::{RunCommand, Runs, Typed};
use crate::domain::entry::{Actor, Draft, Kind};
use crate::domain::ids::{AlertId, IncidentId, PlaybookId, RunId};
use crate::domain::playbook::{Confirm, How, Playbook, Risk, Section, Step, When, names};
use crate::domain::run::{Auto, Run, RunMode, RunState};
use crate::model::alerts::Tracked;
use crate::model::context::Context;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The steps of a diagnosis: checks of Before you start that read, want no confirmation, nothing to be ticked or written down and no
/// terminal, and depend on nothing but parameters and on what the checks before them set.
pub fn checks(book: &Playbook) -> Vec<&Step> {
    let param = |name: &str| book.params.iter().any(|param| param.name == name);
    let outputs = |step: &Step| step.fields.outputs.iter().map(|output| output.name.clone()).collect::<Vec<_>>();
    let all: BTreeSet<String> = book.steps.iter().flat_map(outputs).filter(|name| !param(name)).collect();
    let mut set: BTreeSet<String> = BTreeSet::new();
    let mut checks = Vec::new();
    for step in book.section(Section::Before).filter(|step| looks_alone(step)) {
        let wanted = |when: &When| matches!(when, When::Value { name, .. } if param(name));
        let text = step.body.as_ref().map_or("", |body| body.text.as_str());
        let unset = names(text).any(|(_, name)| all.contains(name) && !set.contains(name));
        if step.fields.when.iter().all(wanted) && !unset {
            set.extend(outputs(step));
            checks.push(step);
        }
    }
    checks
}

fn looks_alone(step: &Step) -> bool {
    let fields = &step.fields;
    let by_itself = fields.confirm == Confirm::No && fields.record.is_none() && step.items.is_empty() && !fields.tty;
    step.how == How::Launch && fields.risk == Risk::Read && by_itself
}

impl Runs {
    /// All diagnoses that are known, newest first.
    pub(in crate::model) fn diagnoses(&self) -> impl Iterator<Item = (RunId, &Run)> {
        self.every().filter(|(_, run)| run.is_diagnosis())
    }

    /// The newest diagnosis by a playbook of an alert's episode.
    pub fn diagnosis(&self, alert: &AlertId, episode: DateTime<Utc>, book: &PlaybookId) -> Option<(RunId, &Run)> {
        self.diagnoses_of(alert, episode, book).next()
    }

    /// Those by other texts of the playbook too.
    fn diagnoses_of(&self, alert: &AlertId, episode: DateTime<Utc>, book: &PlaybookId) -> impl Iterator<Item = (RunId, &Run)> {
        self.diagnoses().filter(move |(_, run)| {
            run.alert.as_ref() == Some(alert) && run.alert_since == Some(episode) && run.playbook.as_ref() == Some(book)
        })
    }

    /// This text of a playbook has had its one diagnosis of an alert's episode.
    pub(in crate::model) fn was_diagnosed(&self, alert: &AlertId, episode: DateTime<Utc>, book: &Playbook) -> bool {
        self.diagnoses_of(alert, episode, &book.id).any(|(_, run)| run.digest == book.digest)
    }

    /// The entry of a diagnosis that may begin. Its key makes it once for each episode and text of a playbook, whichever console asks.
    pub(in crate::model) fn diagnose(
        &mut self,
        context: &mut Context<'_>,
        book: &Arc<Playbook>,
        tracked: &Tracked,
        incident: Option<IncidentId>,
    ) -> Result<Draft, String> {
        let alert = &tracked.alert;
        let about = Some((alert.labels.clone(), alert.annotations.clone()));
        let mut draft = self.draft(context, book, &Typed::default(), about, (RunMode::Diagnosis, Auto::Read))?;
        draft.text = format!("looks at the checks of “{}”", book.title);
        draft.key = Some(format!("diagnosis/{}/{}/{}/{}", alert.id, tracked.episode.timestamp_millis(), book.id, book.digest));
        (draft.alert, draft.service, draft.incident) = (Some(alert.id.clone()), tracked.service.clone(), incident);
        Ok(marked(draft.with("alert_since", tracked.episode)))
    }

    /// Marks what belongs to a diagnosis; the rest stays as it is.
    pub(super) fn in_its_name(&self, draft: Draft) -> Draft {
        match draft.run.and_then(|run| self.get(run)).filter(|run| run.is_diagnosis()) {
            Some(run) if draft.kind == Kind::RunEnded => {
                let text = format!("is through with the checks of “{}”", run.title);
                marked(Draft { text, ..draft })
            }
            Some(_) => marked(draft),
            None => draft,
        }
    }

    /// Nobody works with a diagnosis: it may be looked at, and is left with its console.
    pub(super) fn is_nobodys(&self, command: &RunCommand) -> bool {
        let diagnosis = command.run().and_then(|run| self.get(run)).is_some_and(Run::is_diagnosis);
        diagnosis && !command.only_looks() && !matches!(command, RunCommand::Leave { .. })
    }

    /// A diagnosis is not taken up again: what it would see now is no answer to what was asked then.
    pub(super) fn given_up(&self, context: &Context<'_>, id: RunId, run: &Run, why: &str) -> Option<Draft> {
        nothing_runs(run).ok().filter(|()| run.is_diagnosis())?;
        Some(end(context.seen("playbook", Kind::RunEnded, ""), id, run, RunState::Aborted, why))
    }
}

fn marked(draft: Draft) -> Draft {
    let text = format!("diagnosis: {}", draft.text);
    Draft { text, actor: Actor::system("diagnosis"), important: false, ..draft.with("diagnosis", true) }
}
