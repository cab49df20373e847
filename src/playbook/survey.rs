//! What only the machine, the day, the configuration and the other playbooks tell of a playbook: the rules that no
//! document can be judged by alone. Asks nobody itself: whoever calls brings the answers.

use super::catalogue::Catalogue;
use super::document::Lines;
use super::in_order;
use crate::domain::alert::Labels;
use crate::domain::health::FeedSpec;
use crate::domain::matcher::LabelSet;
use crate::domain::node::{Level, Problem, Problems, Span, nearest};
use crate::domain::playbook::{Block, Child, How, Language, Place, Playbook, Practice, Purpose, Selector, Step, names};
use chrono::NaiveDate;
use std::collections::VecDeque;
use std::sync::Arc;

/// What is known of the world around the playbooks.
pub struct Around<'a> {
    pub today: NaiveDate,
    /// Whether a program can be found.
    pub installed: &'a dyn Fn(&str) -> bool,
    /// Variables that the configuration passes on to every command.
    pub env: &'a [String],
    /// The services on which the most depends, and that we run ourselves.
    pub critical: &'a [&'a str],
    /// The feeds and services of the configuration, where there is one.
    pub health: Option<(&'a [FeedSpec], &'a [&'a str])>,
    /// What the rules of the sources can raise, by the labels that are known of it; `None` where nobody has been asked.
    pub rules: Option<&'a [Labels]>,
}

impl Catalogue {
    /// Judges every playbook by what is around it; those that are wrong can't be run.
    pub fn survey(&mut self, around: &Around<'_>) {
        let lacking =
            [Language::Sh, Language::Bash].into_iter().filter(|lang| !(around.installed)(lang.word())).collect::<Vec<_>>();
        let judged = |index| problems(&self.list, index, around, &lacking);
        let found: Vec<Problems> = (0..self.list.len()).map(judged).collect();
        for (playbook, found) in self.list.iter_mut().zip(found) {
            let passed = |problem: &Problem| problem.code == Some("W115") && is_passed(playbook, problem, around.env);
            if found.list.is_empty() && !playbook.problems.iter().any(passed) {
                continue;
            }
            let kept = playbook.problems.iter().filter(|problem| !passed(problem)).cloned();
            let all = in_order(kept.chain(found.list).collect());
            Arc::make_mut(playbook).problems = all;
        }
        self.gaps = gaps(&self.list, around);
    }
}

fn problems(list: &[Arc<Playbook>], index: usize, around: &Around<'_>, lacking: &[Language]) -> Problems {
    let (mut problems, playbook) = (Problems::default(), &list[index]);
    if playbook.executable {
        review(playbook, around.today, &mut problems);
        interpreters(playbook, lacking, &mut problems);
        matchers(list, index, &mut problems);
        unraised(playbook, around, &mut problems);
        children(list, index, &mut problems);
        feeds(playbook, around, &mut problems);
    }
    problems
}

/// Whether the variable that W115 misses is one that the configuration passes on.
fn is_passed(playbook: &Playbook, problem: &Problem, env: &[String]) -> bool {
    let text = playbook.text.get(problem.span.start..).unwrap_or("");
    names(text).next().is_some_and(|(range, name)| range.start == 0 && env.iter().any(|passed| passed == name))
}

/// Where a key of the front matter stands.
fn key(playbook: &Playbook, name: &str) -> Span {
    let mut start = 0;
    for (index, line) in playbook.text.split_inclusive('\n').enumerate() {
        if line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')) {
            return Span { line: index + 1, col: 1, start, end: start + name.len() };
        }
        start += line.len();
    }
    Span { line: 1, col: 1, start: 0, end: 3 }
}

/// W105.
fn review(playbook: &Playbook, today: NaiveDate, problems: &mut Problems) {
    let Some(reviewed) = playbook.meta.reviewed else { return };
    let every = playbook.meta.review_every.and_then(|every| chrono::Duration::from_std(every).ok());
    let due = every.and_then(|every| reviewed.checked_add_signed(every));
    let message = match due {
        _ if reviewed > today => format!("it says that it was read through on {reviewed}, a day still to come"),
        Some(due) if due < today => format!("it was to be read through again by {due}"),
        _ => return,
    };
    let help = "read it through, mend what is no longer so, and set `reviewed` to today".to_owned();
    problems.lint("W105", key(playbook, "reviewed"), message, help);
}

/// E024: what would end with "not found" in the middle of a run.
fn interpreters(playbook: &Playbook, lacking: &[Language], problems: &mut Problems) {
    let here = |step: &&Step| step.fields.host.is_none();
    let blocks = |step: &'_ Step| [step.body.clone(), step.status.clone(), step.undo.clone(), step.dry_run.clone()];
    let lacks = |block: &Block| lacking.contains(&block.lang);
    for block in playbook.steps.iter().filter(here).flat_map(blocks).flatten().filter(lacks) {
        let message = format!("there is no `{}` on this machine to run this block", block.lang.word());
        problems.lint("E024", block.span, message, "install it, or write the block for another shell".to_owned());
    }
}

/// W119: nobody here could answer it; a run is refused.
fn feeds(playbook: &Playbook, around: &Around<'_>, problems: &mut Problems) {
    let Some((feeds, services)) = around.health else { return };
    for block in playbook.feed_blocks() {
        let Some(slip) = Selector::parse(&block.text).ok().and_then(|selector| selector.stranger(feeds, services)) else {
            continue;
        };
        let span = Lines::new(&playbook.text).in_block(block, slip.at.start, slip.at.len());
        problems.lint("W119", span, slip.message, slip.help);
    }
}

/// W110: which of two playbooks is meant for an alert would be a matter of their names.
fn matchers(list: &[Arc<Playbook>], index: usize, problems: &mut Problems) {
    let playbook = &list[index];
    let rival = |other: &&Arc<Playbook>| is_bundled(other) == is_bundled(playbook) && other.id != playbook.id;
    for other in list[..index].iter().filter(rival) {
        if let Some(set) = playbook.meta.alerts.iter().find(|set| other.meta.alerts.contains(set)) {
            let message = format!("`{}` stands under `alerts` of {} too", shown(set), other.place);
            let help = "add a label that tells the two cases apart, or make one playbook of both".to_owned();
            problems.lint("W110", key(playbook, "alerts"), message, help);
        }
    }
}

fn shown(set: &LabelSet) -> String {
    set.0.iter().map(|(name, matcher)| format!("{name}: {matcher}")).collect::<Vec<_>>().join(", ")
}

/// W110: nobody would ever be led to this playbook by that alert.
fn unraised(playbook: &Playbook, around: &Around<'_>, problems: &mut Problems) {
    let Some(rules) = around.rules.filter(|_| !is_bundled(playbook)) else { return };
    let raised = |set: &&LabelSet| rules.iter().any(|rule| set.may_match(|name| rule.get(name)));
    let known: Vec<&str> = rules.iter().filter_map(|rule| rule.get("alertname")).collect();
    for set in playbook.meta.alerts.iter().filter(|set| !raised(set)) {
        let message = format!("no rule of the sources raises an alert with `{}`", shown(set));
        let near =
            set.0.iter().filter(|(name, _)| name == "alertname").find_map(|(_, wanted)| nearest(&wanted.to_string(), &known));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write the rule, or take the matcher out".to_owned(),
        };
        problems.lint("W110", key(playbook, "alerts"), message, help);
    }
}

fn is_bundled(playbook: &Playbook) -> bool {
    matches!(playbook.place, Place::Bundled(_))
}

fn child(step: &Step) -> Option<&Child> {
    match &step.how {
        How::Child(child) => Some(child),
        _ => None,
    }
}

/// The playbook that a link leads to: a file beside or below the one that has the link.
fn follow(list: &[Arc<Playbook>], from: &Playbook, link: &str) -> Option<usize> {
    let path = link.split('#').next().unwrap_or(link);
    list.iter().position(|other| match (&from.place, &other.place) {
        (Place::Bundled(_), Place::Bundled(name)) => *name == path,
        (Place::File(_), Place::File(file)) => from.place.folder().is_some_and(|folder| folder.join(path) == *file),
        _ => false,
    })
}

/// E014, E016 and E023 of the steps that run another playbook.
fn children(list: &[Arc<Playbook>], index: usize, problems: &mut Problems) {
    let playbook = &list[index];
    for (step, child) in playbook.steps.iter().filter_map(|step| Some((step, child(step)?))) {
        let span = step.field("playbook").map_or(step.span, |field| field.span);
        let Some(other) = follow(list, playbook, &child.link) else {
            let names: Vec<&str> = list.iter().map(|other| other.place.file_name()).collect();
            let help = nearest(&child.link, &names).map(|near| format!("did you mean `{near}`?"));
            problems.lint("E014", span, format!("there is no playbook `{}` beside or below this one", child.link), help);
            continue;
        };
        handed(step, child, &list[other], problems);
        if reaches(list, other, index) {
            let message = format!("`{}` comes back to this playbook: a run would never end", child.link);
            problems.lint("E023", span, message, "put what both need into a third playbook".to_owned());
        }
    }
}

/// What `with` hands on must be a parameter there.
fn handed(step: &Step, child: &Child, other: &Playbook, problems: &mut Problems) {
    let known: Vec<&str> = other.params.iter().map(|param| param.name.as_str()).collect();
    let span = step.field("with").map_or(step.span, |field| field.span);
    for (theirs, _) in child.with.iter().filter(|(theirs, _)| !known.contains(&theirs.as_str())) {
        let help = nearest(theirs, &known).map(|near| format!("did you mean `{near}`?"));
        problems.lint("E016", span, format!("`{theirs}` is no parameter of {}", other.place), help);
    }
}

/// Whether a run of one playbook comes to another.
fn reaches(list: &[Arc<Playbook>], from: usize, to: usize) -> bool {
    let (mut seen, mut todo) = (vec![false; list.len()], VecDeque::from([from]));
    while let Some(index) = todo.pop_front() {
        if index == to {
            return true;
        }
        if !std::mem::replace(&mut seen[index], true) {
            let children = list[index].steps.iter().filter_map(child);
            todo.extend(children.filter_map(|child| follow(list, &list[index], &child.link)));
        }
    }
    false
}

/// W117 and W118: what the library as a whole lacks. Asked only where something critical runs; for practices, of whoever writes playbooks.
fn gaps(list: &[Arc<Playbook>], around: &Around<'_>) -> Vec<Problem> {
    let mut gaps = Vec::new();
    let mut gap = |code, message: String, help: &str| {
        gaps.push(Problem { code: Some(code), help: Some(help.to_owned()), ..Problem::whole(Level::Warning, message) });
    };
    let recovers = |book: &Playbook, name: &str| {
        matches!(book.meta.purpose, Some(Purpose::Recovery | Purpose::Rollback))
            && book.meta.services.iter().any(|own| own == name)
    };
    for name in around.critical.iter().filter(|name| !list.iter().any(|book| recovers(book, name))) {
        gap(
            "W118",
            format!("the critical service `{name}` has no recovery playbook"),
            "write one that names it under `services`",
        );
    }
    // The bundled ones are about all of them, and about nobody's services.
    let own = || list.iter().filter(|book| !is_bundled(book));
    let practised = |practice: &Practice| own().any(|book| book.meta.practice == Some(*practice));
    let asked = !around.critical.is_empty() && own().next().is_some();
    for practice in Practice::ALL.iter().filter(|practice| asked && !practised(practice)) {
        gap("W117", format!("no playbook is about {}", practice.word()), "a practice that is not written down is not practised");
    }
    gaps
}
