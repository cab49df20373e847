//! From a playbook to a run: everything that can be refused is refused here, before anything has happened.

use super::commands::Answer;
use super::whole::accepted;
use super::{Prepared, RunCommand, Runs, Typed, flow};
use crate::domain::alert::Labels;
use crate::domain::entry::{Actor, Draft, Kind};
use crate::domain::millis;
use crate::domain::playbook::{
    Child, How, Language, ParamSource, ParamType, Place, Playbook, Resolved, Section, Selector, Step, resolve,
};
use crate::domain::run::{Auto, RunMode};
use crate::domain::settings::{Environment, Settings};
use crate::model::alerts::Alerts;
use crate::model::context::Context;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Runs {
    pub(super) fn prepare(&mut self, context: &mut Context<'_>, alerts: &Alerts, command: RunCommand) -> Answer {
        let RunCommand::Prepare { playbook, params, alert, incident, mode, auto } = command else { return Ok(Vec::new()) };
        let book = self.playbook(&playbook).cloned().ok_or_else(|| format!("there is no playbook `{playbook}`"))?;
        let tracked = alert.as_ref().and_then(|id| alerts.get(id));
        let about = tracked.map(|tracked| (tracked.alert.labels.clone(), tracked.alert.annotations.clone()));
        let mut draft = self.draft(context, &book, &params, about, (mode, auto))?;
        (draft.incident, draft.alert) = (incident, alert);
        draft.service = tracked.and_then(|tracked| tracked.service.clone());
        if let Some(tracked) = tracked.filter(|_| mode == RunMode::Live) {
            draft = draft.with("alert_since", tracked.episode);
        }
        // One of a drill that is held is marked as such by its incident.
        if mode == RunMode::Drill && incident.is_none() {
            draft.drill = Some(format!("{playbook}-{}", context.now.wall.format("%Y%m%dT%H%M%S%3f")));
        }
        Ok(vec![draft])
    }

    /// The entry of a run that may be prepared; its parameters wait here until it is recorded.
    pub(super) fn draft(
        &mut self,
        context: &mut Context<'_>,
        book: &Arc<Playbook>,
        params: &Typed,
        alert: Option<(Labels, Labels)>,
        (mode, auto): (RunMode, Auto),
    ) -> Result<Draft, String> {
        self.fit(context.settings, book, mode)?;
        let labels = alert.as_ref().map(|(labels, notes)| (labels, notes));
        let resolved = excused(self.resolve((context.settings, context.me), book, params, labels), book, mode);
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
            .with("steps", flow::plan(book, mode))
            .with("nonce", number);
        draft.playbook = Some(book.id.clone());
        let at = millis::truncated(draft.at);
        self.preparing.insert(number, Prepared { playbook: book.clone(), params: resolved, alert, at });
        Ok(draft)
    }

    /// Whether a run may be prepared so; why not.
    pub(in crate::model) fn admits(
        &self,
        context: &Context<'_>,
        book: &Playbook,
        params: &Typed,
        mode: RunMode,
    ) -> Result<(), String> {
        self.fit(context.settings, book, mode)?;
        accepted(&excused(self.resolve((context.settings, context.me), book, params, None), book, mode))
    }

    fn fit(&self, settings: &Settings, book: &Playbook, mode: RunMode) -> Result<(), String> {
        if let Some(why) = book.unfit() {
            return Err(why);
        }
        if mode == RunMode::Drill {
            drillable(settings, book)?;
        }
        if let Some(why) = unanswered(settings, book).filter(|_| mode != RunMode::Manual) {
            return Err(why);
        }
        if flow::plan(book, mode).is_empty() {
            return Err(format!("{} has no steps that a run in mode `{mode}` comes to", book.place));
        }
        self.family(settings, book, mode, &mut Vec::new())
    }

    /// The playbooks that this one runs, and theirs: each is there, may be run, and is given what it needs.
    fn family(&self, settings: &Settings, book: &Playbook, mode: RunMode, above: &mut Vec<String>) -> Result<(), String> {
        above.push(book.id.to_string());
        for (step, child) in children(book) {
            let at = |why: String| format!("{}:{}: {why}", book.place, step.span.line);
            let other = self.book_of_child(book, child).map_err(at)?;
            if above.contains(&other.id.to_string()) {
                return Err(at(format!(
                    "`{}` would run itself: {}",
                    other.id,
                    [above.join(", "), other.id.to_string()].join(", ")
                )));
            }
            if let Some(why) = other.unfit() {
                return Err(at(format!("`{}` can't be run: {why}", other.id)));
            }
            given(book, &other, child, mode).map_err(at)?;
            if let Some(why) = unanswered(settings, &other).filter(|_| mode != RunMode::Manual) {
                return Err(at(format!("`{}` can't be run: {why}", other.id)));
            }
            self.family(settings, &other, mode, above)?;
        }
        above.pop();
        Ok(())
    }

    /// The playbook that a step links to: a file below the folder of its own, or a bundled one. Only what the library has
    /// read is found, and the library follows no link out of its folders.
    pub(super) fn book_of_child(&self, book: &Playbook, child: &Child) -> Result<Arc<Playbook>, String> {
        let path = book.place.folder().map(|folder| Place::File(folder.join(&child.link)));
        let named = |other: &&Arc<Playbook>| matches!(&other.place, Place::Bundled(name) if *name == child.link);
        let beside = path.and_then(|path| self.books.iter().find(|other| other.place == path));
        let found = beside.or_else(|| self.books.iter().find(named)).cloned();
        found.ok_or_else(|| format!("there is no playbook `{}` in the library", child.link))
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
        let service = service.as_ref().and_then(|name| settings.services.named(name.as_str()));
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
}

/// What of a playbook nobody here could answer: a query without a Prometheus, a selector of feeds that the configuration
/// doesn't have.
pub fn unanswered(settings: &Settings, book: &Playbook) -> Option<String> {
    let asks = |step: &&Step| step.body.as_ref().is_some_and(|body| body.lang == Language::Promql);
    if let Some(step) =
        book.steps.iter().find(asks).filter(|_| !settings.sources.iter().any(|source| source.kind == "prometheus"))
    {
        return Some(format!("{}:{}: no source of the configuration answers Prometheus queries", book.place, step.span.line));
    }
    let services: Vec<&str> = settings.services.iter().map(|service| service.name.as_str()).collect();
    book.feed_blocks().find_map(|block| {
        let slip = Selector::parse(&block.text).ok()?.stranger(&settings.feeds, &services)?;
        let line = block.span.line + 1 + block.text.get(..slip.at.start).unwrap_or("").matches('\n').count();
        let help = slip.help.map(|help| format!("; {help}")).unwrap_or_default();
        Some(format!("{}:{line}: {}{help}", book.place, slip.message))
    })
}

fn children(book: &Playbook) -> impl Iterator<Item = (&Step, &Child)> {
    book.steps.iter().filter_map(|step| match &step.how {
        How::Child(child) => Some((step, child)),
        _ => None,
    })
}

/// What `with` hands over must be wanted, and a secret stays one.
fn given(ours: &Playbook, theirs: &Playbook, child: &Child, mode: RunMode) -> Result<(), String> {
    let kind = |book: &Playbook, name: &str| book.params.iter().find(|param| param.name == name).map(|param| param.kind);
    for (name, from) in &child.with {
        match (kind(theirs, name), kind(ours, from)) {
            (None, _) => return Err(format!("`{}` has no parameter `{name}`", theirs.id)),
            (Some(kind), Some(ParamType::Secret)) if kind != ParamType::Secret => {
                return Err(format!("`{from}` is a secret, and `{name}` of `{}` is not", theirs.id));
            }
            _ => {}
        }
    }
    let missing = theirs.params.iter().find(|param| {
        let passed = child.with.iter().any(|(name, _)| *name == param.name);
        param.required && param.default.is_none() && param.from.is_none() && !passed && !made(theirs, &param.name, mode)
    });
    match missing {
        Some(param) => Err(format!("`{}` needs `{}`, which `with` does not pass", theirs.id, param.name)),
        None => Ok(()),
    }
}

/// The setup of a drill builds what is drilled on, and says where that is: such a parameter needs no value before.
fn made(book: &Playbook, name: &str, mode: RunMode) -> bool {
    let sets = |step: &Step| step.fields.outputs.iter().any(|output| output.name == name);
    mode == RunMode::Drill && book.section(Section::DrillSetup).any(sets)
}

/// Without the refusals of what the drill itself will say.
pub(super) fn excused(mut resolved: Resolved, book: &Playbook, mode: RunMode) -> Resolved {
    resolved.refused.retain(|refused| refused.origin.is_some() || !made(book, &refused.name, mode));
    resolved
}

/// A drill breaks things on purpose: only where that was allowed.
fn drillable(settings: &Settings, book: &Playbook) -> Result<(), String> {
    if settings.environment == Environment::Lab {
        return Ok(());
    }
    let marked = |name: &&String| settings.services.named(name).is_some_and(|service| service.drill);
    let left: Vec<&str> = book.meta.services.iter().filter(|name| !marked(name)).map(String::as_str).collect();
    match (book.meta.services.is_empty(), left.is_empty()) {
        (false, true) => Ok(()),
        (true, _) => Err(format!("`{}` names no services, so only an environment `lab` may be drilled with it", book.id)),
        (false, false) => Err(format!(
            "{} may not be drilled: mark it with `drill: true` among the services of the configuration, or use an environment `lab`",
            left.join(", ")
        )),
    }
}

fn shown(resolved: &Resolved) -> BTreeMap<&str, &str> {
    resolved.values.iter().filter_map(|(name, value, _)| Some((name.as_str(), value.plain()?))).collect()
}

fn origins(resolved: &Resolved) -> BTreeMap<&str, String> {
    resolved.values.iter().map(|(name, _, origin)| (name.as_str(), origin.to_string())).collect()
}
