//! What a human asks of a run: the guards, and the drafts that the journal is asked to hold. Nothing is changed here, but for
//! the parameters of a run that is being prepared, which are too secret for the journal.

use super::{RunCommand, Runs, Typed, flow};
use crate::domain::alert::Labels;
use crate::domain::entry::{Actor, Draft, Kind};
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{Origin, ParamSource, ParamType, ParamValue, Playbook, Resolved, Step, resolve};
use crate::domain::run::{Auto, Run, RunMode, RunState, StepRecord, StepState};
use crate::domain::settings::Settings;
use crate::model::alerts::Alerts;
use crate::model::context::Context;
use std::collections::BTreeMap;
use std::sync::Arc;

type Answer = Result<Vec<Draft>, String>;

/// A step at which the run is, with everything that a guard asks about.
struct Here<'a> {
    id: RunId,
    run: &'a Run,
    record: &'a StepRecord,
    number: u32,
    step: &'a Step,
}

impl Here<'_> {
    /// How the current attempt stands; `None` before it has begun.
    fn state(&self) -> Option<StepState> {
        self.record.attempt(self.number).map(|attempt| attempt.state)
    }

    fn title(&self) -> &str {
        &self.record.plan.title
    }

    fn answer(&self, context: &Context<'_>, answer: &str, text: String) -> Draft {
        let draft = context.by_me(Kind::StepAnswer, text).with("answer", answer);
        about(draft, self.id, self.run, &self.step.id, self.number)
    }

    fn going(&self, draft: Draft, to: &crate::domain::run::Goto) -> Draft {
        let draft = draft.with("goto", to);
        if flow::verifies(self.run, &self.step.id, to) { draft.with("verified", true) } else { draft }
    }

    fn onward(&self, draft: Draft) -> Draft {
        self.going(draft, &flow::next(self.run, &self.step.id))
    }
}

/// Puts a draft where it belongs.
pub(super) fn of_run(mut draft: Draft, id: RunId, run: &Run) -> Draft {
    draft.run = Some(id);
    (draft.playbook, draft.incident, draft.alert) = (run.playbook.clone(), run.incident, run.alert.clone());
    draft
}

pub(super) fn about(draft: Draft, id: RunId, run: &Run, step: &StepId, attempt: u32) -> Draft {
    let mut draft = of_run(draft, id, run);
    (draft.step, draft.attempt) = (Some(step.clone()), Some(attempt));
    draft
}

impl Runs {
    pub(super) fn drafts(&mut self, context: &mut Context<'_>, alerts: &Alerts, command: RunCommand) -> Answer {
        match command {
            RunCommand::Prepare { .. } => self.prepare(context, alerts, command),
            RunCommand::Start { run, step, confirmed } => self.start(context, run, &step, confirmed.as_deref()),
            RunCommand::Tick { run, step, item, done } => self.tick_item(context, run, &step, item, done),
            RunCommand::Skip { run, step, reason } => self.skip(context, run, &step, &reason),
            RunCommand::Retry { run, step, confirmed } => self.retry(context, run, &step, confirmed.as_deref()),
            RunCommand::Accept { run, step, reason } => self.accept(context, run, &step, &reason),
            RunCommand::Assert { run, step, done, note } => self.assert(context, run, &step, done, &note),
            RunCommand::Cancel { run } => self.cancel(context, run),
            RunCommand::Abort { run, reason } => self.abort(context, run, &reason),
            RunCommand::Resume { run, params } => self.resume(context, run, &params),
            RunCommand::Abandon { run, reason } => self.abandon(context, run, &reason),
            RunCommand::Leave { run } => self.leave(context, run),
            RunCommand::Look { .. } | RunCommand::LookAway => Ok(Vec::new()),
        }
    }

    fn prepare(&mut self, context: &mut Context<'_>, alerts: &Alerts, command: RunCommand) -> Answer {
        let RunCommand::Prepare { playbook, params, alert, incident, mode, auto } = command else { return Ok(Vec::new()) };
        let book = self.playbook(&playbook).cloned().ok_or_else(|| format!("there is no playbook `{playbook}`"))?;
        if let Some(why) = book.unfit() {
            return Err(why);
        }
        if matches!(mode, RunMode::Drill | RunMode::DryRun) {
            return Err(format!("this version can't run a playbook in mode `{mode}`"));
        }
        let tracked = alert.as_ref().and_then(|id| alerts.get(id));
        let alert_labels = tracked.map(|tracked| (&tracked.alert.labels, &tracked.alert.annotations));
        let resolved = self.resolve((context.settings, context.me), &book, &params, alert_labels);
        accepted(&resolved)?;
        let number = context.request().0;
        let mut draft = context
            .by_me(Kind::Run, format!("prepared playbook “{}”", book.title))
            .with("title", &book.title)
            .with("digest", &book.digest)
            .with("mode", mode)
            .with("auto", auto)
            .with("params", shown(&resolved))
            .with("origins", origins(&resolved))
            .with("steps", flow::plan(&book, mode))
            .with("nonce", number);
        (draft.playbook, draft.incident, draft.alert) = (Some(playbook), incident, alert);
        draft.service = tracked.and_then(|tracked| tracked.service.clone());
        self.preparing.insert(number, (book, resolved));
        Ok(vec![draft])
    }

    /// Gives the parameters of a playbook their values, for an alert's labels and annotations where there is one.
    pub(in crate::model) fn resolve(
        &self,
        (settings, me): (&Settings, &Actor),
        book: &Playbook,
        typed: &Typed,
        alert: Option<(&Labels, &Labels)>,
    ) -> Resolved {
        let service = alert.and_then(|(labels, _)| settings.service(labels));
        let service = settings.services.iter().find(|known| Some(&known.name) == service.as_ref());
        let lookup = |source: &ParamSource| match source {
            ParamSource::Label(name) => alert.and_then(|(labels, _)| labels.get(name)).map(str::to_owned),
            ParamSource::Annotation(name) => alert.and_then(|(_, notes)| notes.get(name)).map(str::to_owned),
            ParamSource::Env(_) | ParamSource::File(_) => self.given.0.get(source).map(|value| value.expose().to_owned()),
            ParamSource::Service(name) => match name.as_str() {
                "name" => service.map(|service| service.name.to_string()),
                "tier" => service.and_then(|service| service.tier).map(|tier| tier.to_string()),
                _ => None,
            },
            ParamSource::Run(name) => match name.as_str() {
                "operator" => Some(me.name.clone()),
                "environment" => Some(settings.environment.word().to_lowercase()),
                _ => None,
            },
        };
        resolve(&book.params, &typed.0, &lookup)
    }

    /// The run at this step, driven by us and not interrupted.
    fn here(&self, id: RunId, step: &StepId) -> Result<Here<'_>, String> {
        let run = self.ours(id)?;
        if run.interrupted {
            return Err("the run was interrupted: resume it first".into());
        }
        let (record, number) = run.at().ok_or("the run is past its last step")?;
        if record.plan.id != *step {
            return match run.record(step) {
                Some(_) => Err(format!("the run is at “{}” ({}), not at `{step}`", record.plan.title, record.plan.id)),
                None => Err(format!("the run has no step `{step}`; it is at `{}`", record.plan.id)),
            };
        }
        let step = self.live.get(&id).and_then(|live| live.playbook.as_ref()).and_then(|book| book.step(step));
        let step = step.ok_or("the playbook's text of this run is lost: it can only be abandoned")?;
        Ok(Here { id, run, record, number, step })
    }

    fn ours(&self, id: RunId) -> Result<&Run, String> {
        let run = self.known(id)?;
        match self.drives(id) {
            true => Ok(run),
            false => Err("this console doesn't hold the run: resume it first".into()),
        }
    }

    fn known(&self, id: RunId) -> Result<&Run, String> {
        let run = self.get(id).filter(|run| run.id.is_some()).ok_or("there is no such run")?;
        match &run.ended {
            Some((over, ..)) => Err(format!("the run is over: {over}")),
            None => Ok(run),
        }
    }

    fn start(&self, context: &Context<'_>, id: RunId, step: &StepId, confirmed: Option<&str>) -> Answer {
        let here = self.here(id, step)?;
        if let Some(state) = here.state() {
            return Err(format!("“{}” is {state}", here.title()));
        }
        if !flow::wanted(here.run, here.step)? {
            return Err(format!("“{}” is not wanted here: its condition does not hold", here.title()));
        }
        if !flow::by_person(here.step, here.run.mode.unwrap_or(RunMode::Live)) {
            flow::confirm(here.run, here.step, confirmed)?;
            return Ok(vec![self.intent(context, &here, confirmed)]);
        }
        if let flow @ Err(_) = confirm_manual(&here, confirmed) {
            return flow.map(|()| Vec::new());
        }
        let open = here.record.plan.items as usize - here.record.ticked.len();
        match open {
            0 => Ok(vec![here.onward(here.answer(context, "done", format!("did “{}”", here.title())))]),
            open => Err(format!("“{}” has {open} items that are not ticked", here.title())),
        }
    }

    fn intent(&self, context: &Context<'_>, here: &Here<'_>, confirmed: Option<&str>) -> Draft {
        intent(context.by_me(Kind::StepIntent, ""), here.id, here.run, here.step, here.number).with("confirmed", confirmed)
    }

    fn tick_item(&self, context: &Context<'_>, id: RunId, step: &StepId, item: u32, done: bool) -> Answer {
        let here = self.here(id, step)?;
        let text = here.step.items.get(item as usize).map(|item| item.text.clone());
        let text = text.ok_or_else(|| format!("“{}” has no item {item}; it has {}", here.title(), here.step.items.len()))?;
        if here.state().is_some() {
            return Err(format!("“{}” is done", here.title()));
        }
        let said = format!("{} “{text}”", if done { "ticked" } else { "took back the tick of" });
        let mut drafts = vec![here.answer(context, "tick", said).with("item", item).with("done", done)];
        let all = done && (0..here.record.plan.items).all(|other| other == item || here.record.ticked.contains(&other));
        if all && matches!(here.step.fields.confirm, crate::domain::playbook::Confirm::No | crate::domain::playbook::Confirm::Yes)
        {
            drafts.push(here.onward(here.answer(context, "done", format!("did “{}”", here.title()))));
        }
        Ok(drafts)
    }

    fn skip(&self, context: &Context<'_>, id: RunId, step: &StepId, reason: &str) -> Answer {
        let here = self.here(id, step)?;
        let reason = needed(reason, "a step is skipped with a reason")?;
        match here.state() {
            Some(state) if state.is_open() => Err(format!("“{}” is {state}: cancel it first", here.title())),
            Some(StepState::Unknown) => Err(unknown(&here)),
            _ => {
                let draft = here.answer(context, "skip", format!("skipped “{}”: {reason}", here.title())).with("reason", reason);
                Ok(vec![here.onward(draft)])
            }
        }
    }

    fn retry(&self, context: &Context<'_>, id: RunId, step: &StepId, confirmed: Option<&str>) -> Answer {
        let here = self.here(id, step)?;
        match here.state() {
            Some(state) if state.is_failure() => {}
            Some(StepState::Unknown) if here.step.fields.idempotent => {}
            Some(StepState::Unknown) => return Err(unknown(&here)),
            Some(state) => return Err(format!("“{}” is {state}", here.title())),
            None => return Err(format!("“{}” has not been tried: start it", here.title())),
        }
        flow::confirm(here.run, here.step, confirmed)?;
        let again = here.answer(context, "retry", format!("tries “{}” again", here.title()));
        let (mode, auto) = (here.run.mode.unwrap_or(RunMode::Live), here.run.auto.unwrap_or(Auto::No));
        if flow::unattended(here.step, mode, auto, context.settings.environment) {
            // It starts by itself as soon as this is recorded.
            return Ok(vec![again]);
        }
        let next = Here { number: here.number + 1, ..here };
        Ok(vec![again, self.intent(context, &next, confirmed)])
    }

    fn accept(&self, context: &Context<'_>, id: RunId, step: &StepId, reason: &str) -> Answer {
        let here = self.here(id, step)?;
        let reason = needed(reason, "a failure is accepted with a reason")?;
        match here.state() {
            Some(state) if state.is_failure() => {
                let text = format!("accepted “{}” as it is: {reason}", here.title());
                Ok(vec![here.onward(here.answer(context, "accept", text).with("reason", reason))])
            }
            Some(StepState::Unknown) => Err(unknown(&here)),
            _ => Err(format!("“{}” has not failed", here.title())),
        }
    }

    fn assert(&self, context: &Context<'_>, id: RunId, step: &StepId, done: bool, note: &str) -> Answer {
        let here = self.here(id, step)?;
        let note = needed(note, "say how you know")?;
        if here.state() != Some(StepState::Unknown) {
            return Err(format!("what became of “{}” is known", here.title()));
        }
        let said = if done { "was done" } else { "was not done" };
        let text = format!("asserts that “{}” {said}: {note}", here.title());
        let draft = here.answer(context, "assert", text).with("done", done).with("note", note);
        Ok(vec![if done { here.onward(draft) } else { draft }])
    }

    /// Any console may ask for the end: the supervisor hears it, whoever drives the run.
    fn cancel(&self, context: &Context<'_>, id: RunId) -> Answer {
        let run = self.known(id)?;
        let (step, attempt) = run.open_attempt().ok_or("nothing is running")?;
        let title = run.record(step).map_or(step.as_str(), |record| record.plan.title.as_str());
        let draft = context.by_me(Kind::StepAnswer, format!("cancels “{title}”")).with("answer", "cancel");
        Ok(vec![about(draft, id, run, step, attempt.number)])
    }

    fn abort(&self, context: &Context<'_>, id: RunId, reason: &str) -> Answer {
        let run = self.ours(id)?;
        let reason = needed(reason, "a run is aborted with a reason")?;
        nothing_runs(run)?;
        Ok(vec![end(context.by_me(Kind::RunEnded, ""), id, run, RunState::Aborted, reason)])
    }

    /// Of a run that we hold: what a take-over records is made in `adopted`.
    fn resume(&mut self, context: &Context<'_>, id: RunId, params: &Typed) -> Answer {
        let run = self.ours(id)?;
        if !run.interrupted && self.live.get(&id).is_some_and(|live| live.engaged) {
            return Err("the run is in your hands already".into());
        }
        let over = self.live.get(&id).is_some_and(|live| live.interrupting);
        let run = Run { interrupted: run.interrupted || over, ..run.clone() };
        self.engage(context, id, params)?;
        let takes = context.by_me(Kind::RunDriver, format!("took up playbook “{}”", run.title)).with("driver", &context.me.name);
        Ok(std::iter::once(of_run(takes, id, &run)).chain(resumed(context, id, &run)).collect())
    }

    /// The parameters that are not written are supplied again, and the run may go on by itself where it may.
    pub(super) fn engage(&mut self, context: &Context<'_>, id: RunId, typed: &Typed) -> Result<(), String> {
        let run = self.known(id)?;
        let book = self.live.get(&id).and_then(|live| live.playbook.clone());
        let params = match &book {
            Some(book) => self.supplied(context, run, book, typed)?,
            None => plain(run),
        };
        let live = self.live.entry(id).or_default();
        (live.params, live.engaged, live.elsewhere) = (params, true, false);
        Ok(())
    }

    fn supplied(&self, context: &Context<'_>, run: &Run, book: &Arc<Playbook>, typed: &Typed) -> Result<Resolved, String> {
        let frozen = |name: &str| run.params.contains_key(name);
        if let Some(name) = typed.0.keys().find(|name| frozen(name)) {
            return Err(format!("parameter {name} was frozen when the run was prepared"));
        }
        let secret = |name: &String| book.params.iter().any(|param| param.name == *name && param.kind == ParamType::Secret);
        let all = run.params.iter().chain(typed.0.iter().filter(|(name, _)| secret(name) || !frozen(name)));
        let all = Typed(all.map(|(name, value)| (name.clone(), value.clone())).collect());
        let resolved = self.resolve((context.settings, context.me), book, &all, None);
        accepted(&resolved)?;
        Ok(resolved)
    }

    fn abandon(&self, context: &Context<'_>, id: RunId, reason: &str) -> Answer {
        let run = self.known(id)?;
        let reason = needed(reason, "a run is abandoned with a reason")?;
        nothing_runs(run)?;
        let held = run.driver.as_ref().filter(|_| !run.interrupted && !self.drives(id));
        match held {
            Some(who) => Err(format!("{who}'s console holds the run: resume it first, or abort it there")),
            None => Ok(vec![end(context.by_me(Kind::RunEnded, ""), id, run, RunState::Abandoned, reason)]),
        }
    }

    fn leave(&self, context: &Context<'_>, id: RunId) -> Answer {
        let run = self.ours(id)?;
        let draft = context.by_me(Kind::RunDriver, "left the run").with("driver", None::<String>);
        Ok(vec![of_run(draft, id, run)])
    }
}

/// The entry that allows an attempt.
pub(super) fn intent(draft: Draft, id: RunId, run: &Run, step: &Step, number: u32) -> Draft {
    let again = if number > 1 { format!(" (attempt {number})") } else { String::new() };
    let digest = step.body.as_ref().map(|body| sha256(&body.text));
    let mut draft = about(draft, id, run, &step.id, number).with("digest", digest).with("risk", step.fields.risk.word());
    draft.text = format!("started “{}”{again}", step.title);
    draft
}

pub(super) fn end(draft: Draft, id: RunId, run: &Run, state: RunState, reason: &str) -> Draft {
    let mut draft = of_run(draft, id, run).with("state", state).with("reason", reason);
    draft.key = Some(format!("run/{id}/ended"));
    draft.important = true;
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    draft.text = format!("playbook “{}” is {state}{why}", run.title);
    draft
}

/// A named person takes up a run whose console died.
pub(super) fn resumed(context: &Context<'_>, id: RunId, run: &Run) -> Option<Draft> {
    let gap = run.last_at.map(|at| (context.now.wall - at).num_milliseconds().max(0));
    let text = format!("resumed playbook “{}”", run.title);
    run.interrupted.then(|| of_run(context.by_me(Kind::RunResumed, text), id, run).with("gap_ms", gap))
}

/// What a run's entry knows of its parameters.
pub(super) fn plain(run: &Run) -> Resolved {
    let values = run.params.iter().map(|(name, value)| (name.clone(), ParamValue::Plain(value.clone()), Origin::Operator));
    Resolved { values: values.collect(), refused: Vec::new() }
}

fn shown(resolved: &Resolved) -> BTreeMap<&str, &str> {
    resolved.values.iter().filter_map(|(name, value, _)| Some((name.as_str(), value.plain()?))).collect()
}

fn origins(resolved: &Resolved) -> BTreeMap<&str, String> {
    resolved.values.iter().map(|(name, _, origin)| (name.as_str(), origin.to_string())).collect()
}

fn accepted(resolved: &Resolved) -> Result<(), String> {
    let refused: Vec<String> = resolved.refused.iter().map(ToString::to_string).collect();
    if refused.is_empty() { Ok(()) } else { Err(refused.join("; ")) }
}

/// A manual step is its own confirmation, unless it wants something typed.
fn confirm_manual(here: &Here<'_>, confirmed: Option<&str>) -> Result<(), String> {
    match &here.step.fields.confirm {
        crate::domain::playbook::Confirm::Type(_) => flow::confirm(here.run, here.step, confirmed),
        _ => Ok(()),
    }
}

fn nothing_runs(run: &Run) -> Result<(), String> {
    match run.open_attempt() {
        Some((step, _)) => Err(format!("`{step}` may still be running: cancel it first")),
        None => Ok(()),
    }
}

fn unknown(here: &Here<'_>) -> String {
    format!("nobody knows whether “{}” was done: look, and say so first", here.title())
}

fn needed<'a>(text: &'a str, why: &str) -> Result<&'a str, String> {
    let text = text.trim();
    if text.is_empty() { Err(why.to_owned()) } else { Ok(text) }
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
