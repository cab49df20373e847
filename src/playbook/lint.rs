//! What is wrong with a document as a whole. The table of all codes is here; a family of rules is a file beside. Knows
//! neither the clock nor this machine nor other playbooks: what those tell is `survey`'s.

mod blocks;
mod flow;
mod habits;
mod literals;
mod names;
mod order;
mod rehearsal;
mod selectors;
mod shape;
mod variables;

use super::document::{Lines, Part};
use crate::domain::node::{Problems, Span};
use crate::domain::playbook::{Block, Language, Playbook, Step};

/// One code, as the program, the documentation and reports for machines name it.
pub struct Rule {
    pub code: &'static str,
    /// What it finds, in a few words.
    pub about: &'static str,
    find: Find,
}

/// When a problem is found.
enum Find {
    /// While the document is read.
    Reading,
    /// In the document as a whole.
    Document(fn(&Document<'_>, &mut Problems)),
    /// In each step.
    Step(fn(&Document<'_>, &Step, &mut Problems)),
    /// In each block of shell.
    Shell(fn(&Document<'_>, &Shell<'_>, &mut Problems)),
    /// By `survey` or the catalogue, with what the machine, the day and the other playbooks tell.
    Survey,
}

use Find::{Document as OfDocument, Reading, Shell as OfShell, Step as OfStep, Survey};

/// All of them, sorted by code: an `E` makes the playbook unfit to run, a `W` doesn't.
pub const RULES: &[Rule] = &[
    rule("E001", "the file begins with a byte order mark", Reading),
    rule("E002", "the front matter is not YAML, or a key stands twice", Reading),
    rule("E003", "an unknown key in the front matter", Reading),
    rule("E004", "a value of the wrong type in the front matter", Reading),
    rule("E005", "an `id` that is none", Reading),
    rule("E006", "an `id` that another playbook has", Survey),
    rule("E007", "a `practice` that is none of the ten", Reading),
    rule("E008", "a format version that this program doesn't know", Reading),
    rule("E009", "a file that can't be read at all", Reading),
    rule("E010", "an unknown field, or one that doesn't stand directly under the heading", Reading),
    // Fields and requests are judged while they are read.
    rule("E011", "a field, or an `http` or `feed` block, outside its grammar", OfStep(selectors::grammar)),
    rule("E012", "two bodies in a step, or a body with something that excludes it", Reading),
    rule("E013", "an unknown word after the language of a block", Reading),
    rule("E014", "a link to nowhere", Reading),
    rule("E015", "two steps with one id", Reading),
    rule("E016", "a name that is neither a parameter that may be shown nor a declared output", OfStep(names::known)),
    rule("E017", "an output that is used where it may not be set yet", OfDocument(flow::unset)),
    rule("E018", "a jump back with neither decision, approval, wait nor check on the way round", OfDocument(flow::circles)),
    rule("E019", "a role that `roles` doesn't declare", OfStep(names::role)),
    rule("E020", "an `undo`, `dry-run` or `status` block without a body", OfStep(blocks::alone)),
    rule("E021", "a block that is never closed", Reading),
    rule("E022", "more than 500 steps", Reading),
    rule("E023", "playbooks that run each other in a circle", Survey),
    rule("E024", "a block whose interpreter is not on this machine", Survey),
    rule("W100", "metadata that is missing or doesn't fit, or a bundled playbook that is replaced", OfDocument(shape::title)),
    rule("W101", "a destructive step without a `status` block", OfStep(blocks::status)),
    rule("W102", "a step that changes something and states no `timeout`", OfStep(blocks::timeout)),
    rule("W103", "a destructive step with neither a check nor an approval before it", OfDocument(flow::guarded)),
    rule("W104", "no steps, or no Verify or Rollback in a recovery or deployment", OfDocument(shape::sections)),
    rule("W105", "a review that is due, or dated in the future", Survey),
    rule(
        "W106",
        "a shell habit that hurts: unquoted variables, `rm -r` below one, what the network sends run as it comes",
        OfShell(habits::hurt),
    ),
    rule("W107", "a program left in the background that holds the output open", OfShell(habits::daemons)),
    rule("W108", "more than nine items in a step, or a step longer than 40 lines", OfStep(shape::length)),
    rule("W109", "a `dry-run` block that changes something", OfStep(rehearsal::changes)),
    rule("W110", "an alert matcher that another playbook has too, or that no rule raises (`check --live`)", Survey),
    rule("W111", "an address, a token or a password written into a block", OfStep(literals::found)),
    rule("W112", "a program that wants a terminal in a step without `tty`", OfShell(habits::interactive)),
    rule("W113", "a step's number that is out of order", OfDocument(order::numbers)),
    rule("W114", "a substitution among the arguments of `echo` or `printf`: its failure is lost", OfShell(habits::swallowed)),
    rule("W115", "a variable that is neither parameter nor output nor set in its block", OfShell(variables::unset)),
    rule("W116", "a block in a language that looks as if it would run, and doesn't", Reading),
    rule("W117", "a practice without a playbook, where a service is critical", Survey),
    rule("W118", "a critical service (tier 1) without a recovery playbook", Survey),
    rule("W119", "a `feed` block that names what the configuration doesn't have", Survey),
];

const fn rule(code: &'static str, about: &'static str, find: Find) -> Rule {
    Rule { code, about, find }
}

/// A document that has been read, as the rules see it.
pub struct Document<'a> {
    pub playbook: &'a Playbook,
    pub parts: &'a [Part],
    /// The front matter's title.
    pub title: Option<&'a (String, Span)>,
    pub lines: &'a Lines<'a>,
}

/// One block of shell, read as commands.
pub struct Shell<'a> {
    pub step: &'a Step,
    pub block: &'a Block,
    pub script: super::shell::Script<'a>,
}

pub fn check(document: &Document<'_>, problems: &mut Problems) {
    let steps = &document.playbook.steps;
    let shells: Vec<Shell<'_>> = steps.iter().flat_map(shells).collect();
    for rule in RULES {
        match rule.find {
            Reading | Survey => {}
            OfDocument(find) => find(document, problems),
            OfStep(find) => steps.iter().for_each(|step| find(document, step, problems)),
            OfShell(find) => shells.iter().for_each(|shell| find(document, shell, problems)),
        }
    }
}

fn shells(step: &Step) -> impl Iterator<Item = Shell<'_>> {
    let shell = |block: &&Block| matches!(block.lang, Language::Sh | Language::Bash);
    all(step).filter(shell).map(move |block| Shell { step, block, script: super::shell::read(&block.text) })
}

/// Every block of a step.
fn all(step: &Step) -> impl Iterator<Item = &Block> {
    [&step.body, &step.dry_run, &step.status, &step.undo].into_iter().flatten()
}

impl Document<'_> {
    /// The place in the file of `length` bytes at a place in a block.
    fn place(&self, block: &Block, at: usize, length: usize) -> Span {
        self.lines.in_block(block, at, length)
    }
}
