//! Drafts become steps: ids, typed fields, kinds.

use super::document::Heading;
use super::fields::{self, Anchors};
use super::outline::{self, Draft};
use super::slug::slug;
use crate::domain::ids::StepId;
use crate::domain::node::Problems;
use crate::domain::playbook::{
    Block, Claim, Confirm, How, KindSpec, Mode, Param, ParamType, Reading, Risk, SITTING, Section, Step, Target, expectation,
    names,
};
use std::collections::HashMap;

/// What steps are read with, besides themselves.
pub struct Setting<'a> {
    pub params: &'a [Param],
    pub mode: Option<Mode>,
    pub kinds: &'a [&'static KindSpec],
    /// The anchor of every heading of the document.
    pub headings: &'a [(String, &'a Heading)],
}

pub fn read(drafts: Vec<Draft>, setting: &Setting<'_>, problems: &mut Problems) -> Vec<Step> {
    let ids = ids(&drafts, problems);
    let anchors = anchors(&drafts, &ids, setting.headings);
    let steps = drafts.into_iter().zip(ids);
    steps.map(|(draft, id)| step(draft, id, &anchors, setting, problems)).collect()
}

/// The id of each draft; one that is taken is reported and made unique.
fn ids(drafts: &[Draft], problems: &mut Problems) -> Vec<StepId> {
    let mut ids: Vec<StepId> = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        let wanted = fields::own_id(&draft.raw, &draft.title, problems);
        let wanted = if wanted.is_empty() { format!("step-{}", index + 1) } else { wanted };
        if let Some(first) = ids.iter().position(|id| id.as_str() == wanted) {
            let message = format!("the id `{wanted}` is that of the step in line {} too", drafts[first].span.line);
            problems.lint("E015", draft.span, message, "change the title, or add `- **id:** `other-id``".to_owned());
            ids.push(unique(&wanted, &ids));
        } else {
            ids.push(StepId::new(wanted));
        }
    }
    ids
}

/// The id, or the first of `id-1`, `id-2`, ... that is free.
pub fn unique(wanted: &str, taken: &[StepId]) -> StepId {
    let free = |id: &str| !taken.iter().any(|other| other.as_str() == id);
    if free(wanted) {
        return StepId::new(wanted);
    }
    let mut number = 1;
    while !free(&format!("{wanted}-{number}")) {
        number += 1;
    }
    StepId::new(format!("{wanted}-{number}"))
}

/// Ids first: they win over the anchors of headings, and those over titles without their number.
fn anchors(drafts: &[Draft], ids: &[StepId], headings: &[(String, &Heading)]) -> Anchors {
    let of_step = |(draft, id): (&Draft, &StepId)| (draft.span.start, Target::Step(id.clone()));
    let starts: HashMap<usize, Target> = drafts.iter().zip(ids).map(of_step).collect();
    let leads = |heading: &Heading| match heading.level {
        2 => outline::section(&heading.text).map(Target::Section),
        _ => starts.get(&heading.range.start).cloned(),
    };
    let of_heading = headings.iter().filter_map(|(anchor, heading)| Some((anchor.clone(), leads(heading)?)));
    let titles = drafts.iter().map(|draft| slug(&draft.title)).zip(ids.iter().map(|id| Target::Step(id.clone())));
    let mut anchors = Anchors(ids.iter().map(|id| (id.to_string(), Target::Step(id.clone()))).collect());
    anchors.0.extend(Anchors::sections().0);
    anchors.0.extend(of_heading.chain(titles));
    anchors
}

fn step(draft: Draft, id: StepId, anchors: &Anchors, setting: &Setting<'_>, problems: &mut Problems) -> Step {
    let Setting { params, kinds, .. } = *setting;
    unknown_fields(&draft, kinds, problems);
    let fields = fields::read(&draft.raw, draft.section, anchors, problems);
    let mut step = Step {
        id,
        title: draft.title,
        number: draft.number,
        section: draft.section,
        kind: "",
        how: How::Unsupported,
        span: draft.span,
        prose: draft.prose,
        fields,
        raw: draft.raw,
        body: draft.blocks.body,
        dry_run: draft.blocks.dry_run,
        status: draft.blocks.status,
        undo: draft.blocks.undo,
        items: draft.items,
    };
    defaults(&mut step, params);
    own_outputs(&step, params, problems);
    done_from_memory(&step, setting.mode, problems);
    if let Some(kind) = kind(&step, kinds, problems) {
        step.kind = kind.name;
        step.how = (kind.how)(&step, &mut Reading { anchors: &anchors.0, problems });
        (kind.check)(&step, problems);
    }
    step
}

fn unknown_fields(draft: &Draft, kinds: &[&'static KindSpec], problems: &mut Problems) {
    let known = || fields::COMMON.iter().chain(kinds.iter().flat_map(|kind| kind.fields)).map(|field| field.key);
    for field in draft.raw.iter().filter(|field| known().all(|key| key != field.key) && !field.key.starts_with("x-")) {
        let known: Vec<&str> = known().collect();
        problems.coded("E010", |problems| problems.unknown(field.span, "field", &field.key, &known));
    }
}

/// A parameter is frozen at the start: nothing sets it but the setup of a drill, which builds what it is drilled on.
fn own_outputs(step: &Step, params: &[Param], problems: &mut Problems) {
    if step.section == Section::DrillSetup {
        return;
    }
    let taken = step.fields.outputs.iter().find(|output| params.iter().any(|param| param.name == output.name));
    if let (Some(output), Some(field)) = (taken, step.field("outputs")) {
        let message = format!("`{}` is a parameter, and nothing sets those", output.name);
        problems.lint("E011", field.span, message, "give the output another name".to_owned());
    }
}

/// In a do-confirm playbook people do the Steps from memory and tick them afterwards; nothing of them runs.
fn done_from_memory(step: &Step, mode: Option<Mode>, problems: &mut Problems) {
    if let (Some(Mode::DoConfirm), Section::Steps, Some(body)) = (mode, step.section, &step.body) {
        let message = "this block would never run: the steps of a do-confirm playbook are done by people";
        problems.lint("E012", body.span, message, "write `example` after the language, or use `mode: read-do`".to_owned());
    }
}

/// What depends on other fields or on the body.
fn defaults(step: &mut Step, params: &[Param]) {
    if step.field("expect").is_none() {
        step.fields.expect = step.body.as_ref().map(|body| expectation(body.lang)).unwrap_or_default();
    }
    // A query changes nothing, wherever it stands.
    if step.field("risk").is_none() && step.body.as_ref().is_some_and(|body| body.lang.asks()) {
        step.fields.risk = Risk::Read;
    }
    if step.fields.tty && step.field("timeout").is_none() {
        step.fields.timeout = SITTING;
    }
    if step.field("confirm").is_none() {
        step.fields.confirm = match (step.fields.risk, &step.body) {
            (Risk::Read, _) | (Risk::Change, None) => Confirm::No,
            (Risk::Change, Some(_)) => Confirm::Yes,
            (Risk::Destructive, _) => Confirm::Type(target(step, params)),
        };
    }
}

/// What a destructive step acts on: its host, else the first host, path or URL that its body names, else the step itself.
fn target(step: &Step, params: &[Param]) -> String {
    let place = |name: &str| {
        let kind = params.iter().find(|param| param.name == name).map(|param| param.kind);
        matches!(kind, Some(ParamType::Host | ParamType::Path | ParamType::Url))
    };
    let in_body = |body: &Block| names(&body.text).map(|(_, name)| name).find(|name| place(name)).map(|name| format!("${name}"));
    step.fields.host.clone().or_else(|| in_body(step.body.as_ref()?)).unwrap_or_else(|| step.id.to_string())
}

/// The kind that is stated, else the one with the strongest claim.
fn kind(step: &Step, kinds: &[&'static KindSpec], problems: &mut Problems) -> Option<&'static KindSpec> {
    let strong: Vec<_> = kinds.iter().filter(|kind| (kind.infer)(step) == Claim::Strong).collect();
    if strong.len() > 1 {
        let names: Vec<_> = strong.iter().map(|kind| kind.name).collect();
        let message = format!("this step is of several kinds at once: {}", names.join(", "));
        problems.lint("E012", step.span, message, "make a step of each".to_owned());
    }
    let Some(field) = step.field("kind") else {
        return kinds.iter().copied().rev().max_by_key(|kind| (kind.infer)(step));
    };
    let stated = field.text();
    let found = kinds.iter().copied().find(|kind| kind.name == stated);
    if found.is_none() {
        let known: Vec<_> = kinds.iter().map(|kind| kind.name).collect();
        problems.coded("E011", |problems| problems.unknown(field.span, "kind", &stated, &known));
    }
    found
}
