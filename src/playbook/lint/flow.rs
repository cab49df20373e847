//! Ways through a playbook: outputs that are used where they may not be set yet, and jumps that go round and round.

use super::{Document, names, variables};
use crate::domain::node::{Problems, Span};
use crate::domain::playbook::{How, Language, OnFail, Playbook, Risk, Section, Step, Target, When, names as written};
use crate::playbook::shell;
use std::collections::{BTreeSet, VecDeque};

/// More uses of outputs are not followed.
const MOST_USES: usize = 2_000;

/// The steps in the order of a run, and where each may lead.
struct Flow<'a> {
    steps: Vec<&'a Step>,
    ways: Vec<Vec<Way>>,
}

/// From one step to another.
#[derive(Clone, Copy)]
struct Way {
    to: usize,
    why: Why,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It is done.
    Done,
    /// Its `when` doesn't hold.
    Skipped,
    /// It failed, and the run goes on elsewhere or all the same.
    Failed,
}

impl<'a> Flow<'a> {
    fn of(playbook: &'a Playbook) -> Self {
        let order = [Section::Before, Section::Steps, Section::Verify, Section::Afterwards, Section::Rollback];
        let steps: Vec<&Step> = order.iter().flat_map(|section| playbook.section(*section)).collect();
        let mut flow = Self { ways: Vec::new(), steps };
        flow.ways = (0..flow.steps.len()).map(|index| flow.ways(index)).collect();
        flow
    }

    fn ways(&self, index: usize) -> Vec<Way> {
        let step = self.steps[index];
        let way = |why| move |to| Way { to, why };
        let mut ways = Vec::new();
        match &step.how {
            How::Choice(choice) => {
                ways.extend(choice.options.iter().filter_map(|option| self.find(&option.to)).map(way(Why::Done)))
            }
            _ => ways.extend(self.next(index).map(way(Why::Done))),
        }
        if !step.fields.when.is_empty() {
            ways.extend(self.next(index).map(way(Why::Skipped)));
        }
        match &step.fields.on_fail {
            OnFail::Goto(target) => ways.extend(self.find(target).map(way(Why::Failed))),
            OnFail::Continue => ways.extend(self.next(index).map(way(Why::Failed))),
            OnFail::Ask | OnFail::Stop => {}
        }
        ways
    }

    /// The step below; nothing leads from the last one into Rollback.
    fn next(&self, index: usize) -> Option<usize> {
        let rolls = |index: usize| self.steps.get(index).map(|step| step.section == Section::Rollback);
        (rolls(index + 1)? == rolls(index)?).then_some(index + 1)
    }

    fn find(&self, target: &Target) -> Option<usize> {
        self.steps.iter().position(|step| match target {
            Target::Step(id) => step.id == *id,
            Target::Section(section) => step.section == *section,
        })
    }

    /// The steps that can be reached from one by the ways that are open.
    fn reach(&self, from: usize, open: impl Fn(usize, &Way) -> bool) -> Vec<bool> {
        let mut reached = vec![false; self.steps.len()];
        let mut todo = VecDeque::from([from]);
        while let Some(index) = todo.pop_front() {
            for way in self.ways[index].iter().filter(|way| open(index, way)) {
                if !std::mem::replace(&mut reached[way.to], true) {
                    todo.push_back(way.to);
                }
            }
        }
        reached
    }
}

/// E017: there is a way from the start to a step on which nothing sets what it uses.
pub fn unset(document: &Document<'_>, problems: &mut Problems) {
    let outputs = outputs(document.playbook);
    if outputs.is_empty() {
        return;
    }
    let flow = Flow::of(document.playbook);
    let uses = flow.steps.iter().enumerate().flat_map(|(index, step)| {
        let uses = uses(document, step).into_iter();
        uses.filter(|(name, _)| outputs.contains(name.as_str()) && !sets(step, name)).map(move |(name, span)| (index, name, span))
    });
    for (index, name, span) in uses.take(MOST_USES) {
        if !missed(&flow, index, &name) {
            continue;
        }
        let message = format!("`{name}` may not be set here: there is a way to this step on which nothing sets it");
        let help = match flow.steps.iter().find(|step| sets(step, &name)) {
            Some(setter) => format!("`{}` sets it: every way here must pass that step, and not where it is left out", setter.id),
            None => "only the setup of a drill sets it: set it in a step of the run too".to_owned(),
        };
        problems.lint("E017", span, message, help);
    }
}

/// What steps set and no parameter gives.
fn outputs(playbook: &Playbook) -> BTreeSet<&str> {
    let names = playbook.steps.iter().flat_map(|step| &step.fields.outputs).map(|output| output.name.as_str());
    names.filter(|name| !playbook.params.iter().any(|param| param.name == *name)).collect()
}

fn sets(step: &Step, name: &str) -> bool {
    step.fields.outputs.iter().any(|output| output.name == name)
}

/// Whether the step can be reached from the start by ways that don't set the name. A step that is left out only when this
/// one is left out too counts as done.
fn missed(flow: &Flow<'_>, user: usize, name: &str) -> bool {
    let guards = &flow.steps[user].fields.when;
    let together = |step: &Step| step.fields.when.iter().all(|when: &When| guards.contains(when));
    let open = |index: usize, way: &Way| {
        let step = flow.steps[index];
        !sets(step, name) || way.why == Why::Failed || way.why == Why::Skipped && !together(step)
    };
    user == 0 || flow.reach(0, open)[user]
}

/// Names that a step uses, once each, and where.
fn uses(document: &Document<'_>, step: &Step) -> Vec<(String, Span)> {
    let field = |key: &str| step.field(key).map_or(step.span, |field| field.span);
    let mut uses: Vec<_> = names::used(step).into_iter().map(|(key, name)| (name, field(key))).collect();
    if let Some(body) = &step.body {
        let place = |at, length| document.place(body, at, length);
        if matches!(body.lang, Language::Sh | Language::Bash) {
            let script = shell::read(&body.text);
            let own = variables::set(&script);
            let foreign = variables::used(&script).filter(|variable| !variable.defaulted && !own.contains(variable.name));
            uses.extend(foreign.map(|variable| (variable.name.to_owned(), place(variable.at, 1 + variable.name.len()))));
        } else {
            uses.extend(written(&body.text).map(|(range, name)| (name.to_owned(), place(range.start, range.len()))));
        }
    }
    let mut told = BTreeSet::new();
    uses.retain(|(name, _)| told.insert(name.clone()));
    uses
}

/// E018: a jump back from which the same jump is reached again without anything that waits or looks.
pub fn circles(document: &Document<'_>, problems: &mut Problems) {
    let flow = Flow::of(document.playbook);
    let stops = |index: usize| matches!(flow.steps[index].kind, "decision" | "approval" | "wait" | "check");
    for (index, step) in flow.steps.iter().enumerate().filter(|(index, _)| !stops(*index)) {
        let back = flow.ways[index].iter().find(|way| way.why == Why::Failed && way.to <= index && !stops(way.to));
        let Some(back) = back else { continue };
        if back.to == index || flow.reach(back.to, |from, way| !stops(from) && !stops(way.to))[index] {
            let span = step.field("on fail").map_or(step.span, |field| field.span);
            let message = format!("this jump back to `{}` can go round for ever", flow.steps[back.to].id);
            let help = "put a decision, an approval, a wait or a check between, or use `retry`";
            problems.lint("E018", span, message, help.to_owned());
        }
    }
}

/// Something has been looked at, or somebody has agreed, before anything is destroyed (W103).
pub fn guarded(document: &Document<'_>, problems: &mut Problems) {
    let flow = Flow::of(document.playbook);
    let guards = |step: &Step| matches!(step.kind, "check" | "approval" | "decision");
    let first = flow.steps.iter().position(|step| guards(step)).unwrap_or(usize::MAX);
    for (_, step) in flow.steps.iter().enumerate().filter(|(index, step)| *index < first && step.fields.risk == Risk::Destructive)
    {
        let help = "put a step before it that looks whether this is right, or an `approve`";
        let message = "a destructive step with neither a check nor an approval before it";
        problems.lint("W103", step.span, message, help.to_owned());
    }
}
