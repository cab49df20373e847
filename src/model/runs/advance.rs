//! What follows by itself: from a recorded intent its launch, from an end the next step, from a dead console's run what was found.

use super::answers::passed;
use super::commands::{Here, about, intent, of_run};
use super::whole::{over, resumed};
use super::{Finding, Launch, LiveAttempt, Prepared, RunEffect, Runs, flow};
use crate::domain::entry::{Draft, Entry, Kind};
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{How, Playbook};
use crate::domain::run::{Auto, Goto, Probe, Run, RunMode, RunState, StepEnd, StepState};
use crate::domain::stamp::Stamp;
use crate::model::Effect;
use crate::model::context::Context;
use crate::model::progress::Requests;
use std::borrow::Cow;
use std::sync::Arc;

impl Runs {
    /// Our own entry is durable: what it allows is done now, and only now.
    pub(super) fn on_recorded(&mut self, context: &mut Context<'_>, run: RunId, entry: &Arc<Entry>) -> Vec<Effect> {
        let mut effects = match entry.kind {
            Kind::Run => self.keep(run, entry),
            Kind::StepIntent => self.launch(context, run, entry),
            Kind::StepAnswer if entry.text_of("answer") == Some("cancel") => self.tell_to_end(run, entry),
            Kind::RunDriver if entry.text_of("driver").is_none() => self.release(run),
            Kind::RunEnded if self.get(run).is_some_and(|run| run.ended.is_some()) => self.release(run),
            _ => Vec::new(),
        };
        if let Some(live) = self.live.get_mut(&run) {
            live.asked_until = None;
        }
        effects.extend(self.advance(context, run));
        effects
    }

    fn keep(&mut self, run: RunId, entry: &Entry) -> Vec<Effect> {
        let prepared = entry.data_of("nonce").and_then(|nonce: u64| self.preparing.remove(&nonce));
        // An entry of another console with the same key is not ours, whatever numbers that one counts.
        let Some(Prepared { playbook, params, alert, .. }) = prepared.filter(|prepared| prepared.at == entry.at) else {
            return Vec::new();
        };
        let live = self.live.entry(run).or_default();
        (live.playbook, live.params, live.alert) = (Some(playbook.clone()), params, alert);
        (live.driving, live.engaged) = (true, true);
        vec![Effect::Run(RunEffect::Keep { run, playbook })]
    }

    /// Only the attempt that the fold has taken in: an intent that came too late or twice starts nothing.
    fn launch(&mut self, context: &mut Context<'_>, id: RunId, entry: &Entry) -> Vec<Effect> {
        let Some(run) = self.get(id) else { return Vec::new() };
        let Some((step, attempt)) = run.open_attempt().filter(|(_, attempt)| attempt.intent == entry.id) else {
            return Vec::new();
        };
        if run.is_child(step) {
            return Vec::new();
        }
        let (step, number, setup) = (step.clone(), attempt.number, self.setup(id, run));
        // That it was called off was recorded before this was asked to begin.
        if run.called_off.is_some() {
            let end = StepEnd::without_process(
                StepState::Cancelled,
                context.now.wall,
                "the run was called off before it began: nothing was executed",
            );
            return self.ended(context, id, &step, number, end);
        }
        let mode = run.mode.unwrap_or(RunMode::Live);
        let Some(live) = self.live.get_mut(&id).filter(|live| live.driving) else { return Vec::new() };
        let (Some(intent), Some(playbook)) = (entry.intent(), live.playbook.clone()) else { return Vec::new() };
        let sits = playbook.step(&step).is_some_and(|step| flow::sits(step, mode));
        let attempt = live.attempt.insert(LiveAttempt::begun(step.clone(), number, context));
        Self::when_seated(attempt, Launch { intent, step, attempt: number, playbook, setup }, sits)
    }

    fn tell_to_end(&mut self, run: RunId, entry: &Entry) -> Vec<Effect> {
        let (Some(step), Some(attempt)) = (entry.step.clone(), entry.attempt) else { return Vec::new() };
        if let Some(live) = self.live.get_mut(&run).and_then(|live| live.attempt.as_mut()) {
            live.stopping = true;
        }
        vec![Effect::Run(RunEffect::Cancel { run, step, attempt, who: entry.actor.name.clone() })]
    }

    fn release(&mut self, run: RunId) -> Vec<Effect> {
        let Some(live) = self.live.get_mut(&run) else { return Vec::new() };
        (live.engaged, live.attempt) = (false, None);
        match std::mem::take(&mut live.driving) {
            true => vec![Effect::Run(RunEffect::Release { run })],
            false => Vec::new(),
        }
    }

    /// The attempt has ended: that is recorded with where it leads.
    pub(super) fn ended(
        &mut self,
        context: &mut Context<'_>,
        id: RunId,
        step: &StepId,
        number: u32,
        end: StepEnd,
    ) -> Vec<Effect> {
        if let Some(live) = self.live.get_mut(&id) {
            live.attempt.take_if(|live| live.step == *step && live.number == number);
        }
        let open = self.get(id).and_then(Run::open_attempt).is_some_and(|(at, attempt)| at == step && attempt.number == number);
        if !open || !self.drives(id) {
            return Vec::new();
        }
        let drafts = self.ending(context, id, step, number, &end).into_iter().collect();
        self.ask(context, drafts)
    }

    fn ending(&self, context: &Context<'_>, id: RunId, step: &StepId, number: u32, end: &StepEnd) -> Option<Draft> {
        let run = self.get(id)?;
        let end = &self.tellable(id, end);
        let book = self.live.get(&id).and_then(|live| live.playbook.as_ref());
        let title = run.record(step).map_or(step.as_str(), |record| record.plan.title.as_str());
        let why = end.why();
        let why = if why.is_empty() { why } else { format!(": {why}") };
        let mut draft = context.seen("playbook", Kind::StepEnded, format!("“{title}” {}{why}", end.state));
        if let Ok(serde_json::Value::Object(data)) = serde_json::to_value(end) {
            draft.data = data;
        }
        let mut draft = about(draft, id, run, step, number);
        draft.at = end.ended_at;
        draft.key = Some(format!("run/{id}/{step}/{number}/ended"));
        draft.important = end.state != StepState::Succeeded;
        let part = run.is_child(step).then(|| self.child_of(id)).flatten().and_then(|part| self.get(part));
        if part.and_then(|part| part.ended.as_ref()).is_some_and(|(state, ..)| *state == RunState::CompletedWithExceptions) {
            draft = draft.with("exceptions", true);
        }
        let leads = book.and_then(|book| book.step(step)).and_then(|step| flow::after(run, step, end.state));
        Some(match leads {
            Some((goto, accepted)) => going(draft, run, step, &goto).with("accepted", accepted),
            None => draft,
        })
    }

    /// What may go on without a person does; what has nowhere to go ends.
    pub(super) fn advance(&mut self, context: &mut Context<'_>, id: RunId) -> Vec<Effect> {
        let Some(run) = self.get(id).filter(|run| run.ended.is_none()) else { return Vec::new() };
        let Some(live) = self.live.get(&id).filter(|live| live.driving) else { return Vec::new() };
        if let Some((step, _)) = run.open_attempt() {
            if run.is_child(step) {
                return self.child_ended(context, id);
            }
            return self.heed(context, id, run).map(|drafts| self.ask(context, drafts)).unwrap_or_default();
        }
        if run.is_diagnosis() && (!live.engaged || run.interrupted) {
            let draft = self.given_up(context, id, run, "its console was left");
            return self.ask(context, draft.into_iter().collect());
        }
        if !live.engaged {
            return self.release(id);
        }
        if let Some(drafts) = self.heed(context, id, run) {
            return self.ask(context, drafts);
        }
        if run.interrupted || run.paused {
            return Vec::new();
        }
        if let Some((state, reason)) = flow::ending(run) {
            let draft = over(|kind| context.seen("playbook", kind, ""), id, run, state, &reason);
            return self.ask(context, vec![draft]);
        }
        if let Some((step, number)) = self.wants_probe(id, run).filter(|_| !context.settings.read_only) {
            return self.probe(id, &step, number).into_iter().collect();
        }
        let next = self.unattended(context, id);
        let stuck = next.as_ref().err().cloned();
        let over = stuck.as_ref().and_then(|why| self.given_up(context, id, self.get(id)?, why));
        let drafts = next.unwrap_or_else(|_| over.into_iter().collect());
        if let Some(live) = self.live.get_mut(&id) {
            live.stuck = stuck;
            live.asked_until = (!drafts.is_empty()).then(|| context.now.wall + chrono::Duration::seconds(5));
        }
        self.ask(context, drafts)
    }

    /// What the step that the run has come to does by itself: it is passed over where it is not meant to be run, goes on when its
    /// time has come, and is started where that needs nobody.
    fn unattended(&mut self, context: &mut Context<'_>, id: RunId) -> Result<Vec<Draft>, String> {
        let Some(live) = self.live.get(&id) else { return Ok(Vec::new()) };
        let Some((run, book)) = self.get(id).zip(live.playbook.clone()) else { return Ok(Vec::new()) };
        let Some((record, number)) = run.at().filter(|(record, number)| record.attempt(*number).is_none()) else {
            return Ok(Vec::new());
        };
        let Some(step) = book.step(&record.plan.id) else { return Ok(Vec::new()) };
        let (mode, auto) = (run.mode.unwrap_or(RunMode::Live), run.auto.unwrap_or(Auto::No));
        let here = Here { id, run, record, number, step };
        let passed_over = match flow::acting(step, mode) {
            None => Some(format!("not run in mode `{mode}`")),
            Some(_) if !flow::wanted(run, step)? => Some("its condition does not hold".to_owned()),
            Some(_) => None,
        };
        if let Some(why) = passed_over {
            return Ok(vec![skipped(context, &here, &why)]);
        }
        if let Some(draft) = timely(context, &here) {
            return Ok(vec![draft]);
        }
        let step = flow::acting(step, mode).unwrap_or(Cow::Borrowed(step));
        if live.probing || !flow::unattended(&step, mode, auto, context.settings.environment) {
            return Ok(Vec::new());
        }
        if let Some(why) = flow::stale(run, &book, context.now.wall) {
            return Err(why);
        }
        if run.visit.probe == Some(Probe::Done) {
            let draft = about(context.seen("playbook", Kind::StepAnswer, ""), id, run, &step.id, number);
            return Ok(vec![passed(draft.with("answer", "pass"), &here)]);
        }
        let intent = intent(context.seen("playbook", Kind::StepIntent, ""), id, run, &step, number).with("auto", auto);
        let part = matches!(step.how, How::Child(_)).then(|| step.id.clone());
        match part {
            Some(step) => Ok(vec![intent, self.child(context, id, &step, number)?]),
            None => Ok(vec![intent]),
        }
    }

    /// We hold a run that another console left or died with.
    pub(super) fn adopted(
        &mut self,
        context: &mut Context<'_>,
        requests: &mut Requests,
        id: RunId,
        kept: Result<Arc<Playbook>, String>,
        found: Vec<Finding>,
    ) -> Vec<Effect> {
        let Some(before) = self.get(id).cloned() else { return vec![Effect::Run(RunEffect::Release { run: id })] };
        // Its console may have died before it had kept the text; the library may still have the same one.
        let playbook = kept.or_else(|why| self.same_text(&before).cloned().ok_or(why));
        let live = self.live.entry(id).or_default();
        (live.driving, live.elsewhere) = (true, false);
        live.interrupting = before.driver.is_some() && !before.interrupted && !before.is_diagnosis();
        match playbook {
            Ok(book) => live.playbook = Some(book),
            Err(why) => live.stuck = Some(why),
        }
        let resuming = live.resuming.take();
        let running = found.iter().find(|finding| finding.end.is_none());
        live.attempt = running.map(|finding| LiveAttempt::adopted(finding, &before, context));
        let wanted = resuming.as_ref().map(|(_, params)| self.engage(context, id, params));
        let engaged = matches!(wanted, Some(Ok(())));
        let drafts = self.take_over(context, id, &before, &found, engaged);
        match (resuming, wanted) {
            (Some((request, _)), Some(Err(why))) => requests.refuse(request, "resume the run".into(), why),
            (Some((request, _)), _) => return vec![Effect::Record { request, drafts }],
            _ => {}
        }
        if drafts.is_empty() {
            return self.advance(context, id);
        }
        self.ask(context, drafts)
    }

    fn same_text(&self, run: &Run) -> Option<&Arc<Playbook>> {
        self.playbooks().iter().find(|book| !run.digest.is_empty() && book.digest == run.digest)
    }

    /// What a take-over records: that the console is gone, what was found, and who goes on.
    fn take_over(&self, context: &Context<'_>, id: RunId, run: &Run, found: &[Finding], engaged: bool) -> Vec<Draft> {
        let dead = run.driver.clone().filter(|_| !run.interrupted && !run.is_diagnosis());
        let mut drafts = Vec::new();
        if engaged || dead.is_some() {
            let text = match &dead {
                Some(who) => format!("{who}'s console is gone: playbook “{}” was interrupted", run.title),
                None => format!("took up playbook “{}”", run.title),
            };
            let draft =
                if engaged { context.by_me(Kind::RunDriver, text) } else { context.seen("playbook", Kind::RunDriver, text) };
            let driver = Some(&context.me.name);
            drafts.push(of_run(draft.with("driver", driver).with("interrupted", dead.is_some()), id, run));
        }
        let lost = self.never_begun(id, context.now.wall);
        drafts.extend(lost.and_then(|(step, number, end)| self.ending(context, id, &step, number, &end)));
        let ends =
            found.iter().filter_map(|finding| self.ending(context, id, &finding.step, finding.attempt, finding.end.as_ref()?));
        drafts.extend(ends);
        if engaged {
            let interrupted = Run { interrupted: run.interrupted || dead.is_some(), ..run.clone() };
            drafts.extend(resumed(context, id, &interrupted));
        }
        drafts
    }

    /// Asks the journal for something that nobody typed.
    pub(super) fn ask(&self, context: &mut Context<'_>, drafts: Vec<Draft>) -> Vec<Effect> {
        if drafts.is_empty() || context.settings.read_only {
            return Vec::new();
        }
        let drafts = drafts.into_iter().map(|draft| self.in_its_name(draft)).collect();
        vec![Effect::Record { request: context.request(), drafts }]
    }
}

/// The playbook means it so: that is no exception.
fn skipped(context: &Context<'_>, here: &Here<'_>, why: &str) -> Draft {
    let draft = context.seen("playbook", Kind::StepAnswer, format!("skipped “{}”: {why}", here.step.title));
    let draft = about(draft, here.id, here.run, &here.step.id, here.number).with("answer", "skip");
    here.onward(draft.with("condition", true).with("reason", why))
}

/// A wait that is over, an approval that is complete or has come too late.
fn timely(context: &Context<'_>, here: &Here<'_>) -> Option<Draft> {
    let over = flow::due(here.run, here.step).is_some_and(|at| at <= context.now.wall);
    let owed = flow::owes(here.run, here.record).is_some();
    let title = &here.step.title;
    let (answer, text) = match &here.step.how {
        How::Wait(_) if over && !owed => ("waited", format!("the time of “{title}” has passed")),
        How::Approval(wanted) if flow::missing(here.run, wanted) == 0 && !owed => ("approved", format!("“{title}” is approved")),
        How::Approval(wanted) if over && flow::missing(here.run, wanted) > 0 => {
            ("expired", format!("nobody approved “{title}” in time"))
        }
        _ => return None,
    };
    let mut draft = about(context.seen("playbook", Kind::StepAnswer, text), here.id, here.run, &here.step.id, here.number);
    // Once for each time that the run comes by: a step that was skipped meanwhile has no attempt by which to tell them apart.
    let since = here.run.visit.since.timestamp_millis();
    draft.key = Some(format!("run/{}/{}/{}/{since}/{answer}", here.id, here.step.id, here.number));
    let draft = draft.with("answer", answer);
    Some(match answer {
        "expired" => draft.with("reason", "nobody approved it in time"),
        _ => here.onward(draft),
    })
}

pub(super) fn going(draft: Draft, run: &Run, step: &StepId, goto: &Goto) -> Draft {
    let draft = draft.with("goto", goto);
    if flow::verifies(run, step, goto) { draft.with("verified", true) } else { draft }
}

impl LiveAttempt {
    fn begun(step: StepId, number: u32, context: &Context<'_>) -> Self {
        let none = Arc::from([]);
        let (since, heard) = (context.now, context.now);
        let (pid, running, stopping, sits, waiting) = (None, false, false, false, None);
        Self { step, number, pid, running, stopping, since, heard, tail: none, bytes: 0, sits, waiting }
    }

    /// It has run since it was begun, whoever looked.
    fn adopted(finding: &Finding, run: &Run, context: &Context<'_>) -> Self {
        let attempts = run.record(&finding.step).map(|record| record.attempts.as_slice()).unwrap_or_default();
        let began = attempts.iter().find(|attempt| attempt.number == finding.attempt).map(|attempt| attempt.started_at);
        let ago = began.and_then(|began| (context.now.wall - began).to_std().ok()).unwrap_or_default();
        let since = Stamp { wall: began.unwrap_or(context.now.wall), mono: context.now.mono.saturating_sub(ago) };
        Self { running: true, since, ..Self::begun(finding.step.clone(), finding.attempt, context) }
    }
}
