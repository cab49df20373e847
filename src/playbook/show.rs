//! A playbook and a plan as text for people: Markdown that is harmless on a terminal.

use super::plan::{Plan, PlanParam};
use crate::domain::playbook::{Block, Confirm, How, OnFail, Playbook, Risk, Step, Target, Times};
use crate::domain::text::inert;
use std::fmt::{self, Write};

impl Playbook {
    /// What it is, what is wrong with it, and its text as it stands.
    pub fn show(&self) -> String {
        let mut out = format!("{} · {}\n{}\n", self.id, inert(&self.title), self.place);
        for line in self.facts() {
            out += &format!("{line}\n");
        }
        for problem in &self.problems {
            out += &problem.show(&self.place.to_string(), &self.text);
        }
        out.push('\n');
        out + &harmless(&self.text)
    }

    /// One line each: what it is for, whether it can run.
    fn facts(&self) -> Vec<String> {
        let meta = &self.meta;
        let words = [meta.practice.map(|practice| practice.word()), meta.purpose.map(|purpose| purpose.word())];
        let mut facts = vec![words.into_iter().flatten().collect::<Vec<_>>().join(", ")];
        facts.extend(meta.owner.as_ref().map(|owner| format!("owner {}", inert(owner))));
        if !self.executable {
            facts.push("its steps are manual: it doesn't say `playbook: 1`".into());
        }
        facts.extend(self.unfit().map(|why| format!("can't be run: {}", inert(&why))));
        facts.retain(|fact| !fact.is_empty());
        facts
    }
}

/// Line breaks and tabs stay; every other line is made inert.
fn harmless(text: &str) -> String {
    let line = |line: &str| line.split('\t').map(|part| inert(part).into_owned()).collect::<Vec<_>>().join("\t");
    text.lines().map(|text| line(text) + "\n").collect()
}

impl fmt::Display for Plan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Plan: {}\n", inert(&self.playbook.title))?;
        writeln!(f, "{} · {} · nothing has been executed\n", self.playbook.id, self.playbook.place)?;
        self.obstacles.iter().try_for_each(|why| writeln!(f, "- can't start: {}", inert(why)))?;
        self.missing.iter().try_for_each(|tool| writeln!(f, "- not found on this machine: `{tool}`"))?;
        if !self.params.is_empty() {
            writeln!(f, "\n## Parameters\n")?;
            self.params.iter().try_for_each(|param| param.write(f))?;
        }
        sections(f, self.playbook, &self.steps)?;
        sections(f, self.playbook, &self.rollback)
    }
}

impl PlanParam<'_> {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.value, &self.origin) {
            (Some(value), Some(origin)) => writeln!(f, "- {} = `{}` (from {origin})", self.name, inert(value)),
            _ => writeln!(f, "- {} has no value", self.name),
        }
    }
}

/// The steps under their sections' headings, numbered.
fn sections(f: &mut fmt::Formatter<'_>, playbook: &Playbook, steps: &[&Step]) -> fmt::Result {
    let mut section = None;
    for (index, step) in steps.iter().enumerate() {
        if section != Some(step.section) {
            writeln!(f, "\n## {}", step.section.heading())?;
            section = Some(step.section);
        }
        writeln!(f, "\n{}. **{}** `{}` {}", index + 1, inert(&step.title), step.id, words(step))?;
        again(step, playbook).iter().try_for_each(|line| writeln!(f, "   - {line}"))?;
        asks(step, playbook).iter().try_for_each(|line| writeln!(f, "   - {line}"))?;
        step.items.iter().try_for_each(|item| writeln!(f, "   - [ ] {}", inert(&item.text)))?;
        step.body.iter().try_for_each(|body| block(f, body))?;
    }
    Ok(())
}

/// How often it is tried, and where a failure leads.
fn again(step: &Step, playbook: &Playbook) -> Vec<String> {
    if step.body.is_none() && !matches!(step.how, How::Child(_)) {
        return Vec::new();
    }
    let every = |times: &Times| humantime::format_duration(times.every);
    let retry = step.fields.retry.iter().map(|times| format!("tried up to {} times, every {}", times.count, every(times)));
    let repeat = step.fields.repeat.iter();
    let repeat = repeat.map(|times| format!("has to hold {} times in a row, every {}", times.count, every(times)));
    let fails = match &step.fields.on_fail {
        OnFail::Ask => "a person is asked".to_owned(),
        OnFail::Stop => "the run stops".to_owned(),
        OnFail::Continue => "the run goes on, with an exception".to_owned(),
        OnFail::Goto(target) => format!("goes on at {}", place(target, playbook)),
    };
    retry.chain(repeat).chain([format!("on fail: {fails}")]).collect()
}

fn place(target: &Target, playbook: &Playbook) -> String {
    match target {
        Target::Step(id) => format!("“{}”", inert(playbook.step(id).map_or(id.as_str(), |step| &step.title))),
        Target::Section(section) => section.heading().to_owned(),
    }
}

/// What a person is asked: a decision with where each answer leads, and what is to be written down.
fn asks(step: &Step, playbook: &Playbook) -> Vec<String> {
    let mut lines = Vec::new();
    if let How::Choice(choice) = &step.how {
        lines.push(format!("asks: {}", inert(&choice.question)));
        lines.extend(
            choice.options.iter().map(|option| format!("`{}` goes on at {}", inert(&option.label), place(&option.to, playbook))),
        );
    }
    lines.extend(step.asks().map(|text| format!("to be written down: {}", inert(text))));
    lines
}

/// `command, risk change, timeout 10s, expects exit 0`; `approval, 1 of lead, within 10m`; `wait, 10s`.
fn words(step: &Step) -> String {
    let mut out = step.kind.to_owned();
    match &step.how {
        How::Wait(time) => {
            let _ = write!(out, ", {}", humantime::format_duration(*time));
        }
        How::Approval(wanted) => {
            let _ = write!(out, ", {} of {}", wanted.count, inert(&wanted.roles.join(" or ")));
            let _ = wanted.expires.map_or(Ok(()), |time| write!(out, ", within {}", humantime::format_duration(time)));
        }
        How::Child(child) => {
            let _ = write!(out, ", {}", inert(&child.link));
        }
        _ => {}
    }
    if step.body.is_none() {
        return out;
    }
    if step.fields.risk != Risk::Read {
        let _ = write!(out, ", risk {}", step.fields.risk.word());
    }
    let _ = write!(out, ", timeout {}", humantime::format_duration(step.fields.timeout));
    let conditions: Vec<String> = step.fields.expect.iter().map(ToString::to_string).collect();
    let _ = write!(out, ", expects {}", conditions.join("; "));
    if let Confirm::Type(text) = &step.fields.confirm {
        let _ = write!(out, ", type `{}` to start", inert(text));
    }
    out
}

fn block(f: &mut fmt::Formatter<'_>, block: &Block) -> fmt::Result {
    writeln!(f, "\n   ```{}", block.lang.word())?;
    harmless(&block.text).lines().try_for_each(|line| writeln!(f, "   {line}"))?;
    writeln!(f, "   ```")
}
